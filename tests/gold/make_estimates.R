# Gold numbers for tests/measure/test_estimates.c, from R survey 4.1-1 on R 4.2. Run in this folder:
#     Rscript make_estimates.R
# Writes estimates.csv: one line a number: data file, design and estimate as a recipe says them, the item,
# the field (ci:METHOD:lo), the value with 17 digits, and the tolerance (relative).
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
options(survey.lonely.psu = "fail", digits = 17)
out <- NULL
data <- design <- before <- ask <- ""
put <- function(item, field, value, tol = 1e-9)
  out <<- rbind(out, data.frame(data, design, before, ask, item, field,
    value = ifelse(is.finite(value), sprintf("%.17g", value), ""), tolerance = format(tol)))
puts <- function(item, m, df, dff = NA) {        # a svystat of one number: everything of it
  put(item, "estimate", as.numeric(coef(m))); put(item, "se", as.numeric(SE(m)))
  ci <- as.numeric(confint(m, df = df)); put(item, "ci:t:lo", ci[1]); put(item, "ci:t:hi", ci[2])
  put(item, "df", df)
  if (!is.na(dff)) put(item, "deff", dff)
}
read <- function(f) read.csv(paste0(f, ".csv"), stringsAsFactors = FALSE)
strat <- read("apistrat"); clus <- read("apiclus1"); syn <- read("syn"); lonely <- read("lonely")

# ---- intervals of shares -------------------------------------------------------------------------------
wilson <- function(p, v, t) {                    # no peer in survey: the closed form
  n <- p * (1 - p) / v
  (p + t^2 / (2 * n) + c(-1, 1) * t * sqrt(p * (1 - p) / n + t^2 / (4 * n^2))) / (1 + t^2 / n)
}
methods <- c("logit", "xlogit", "likelihood", "beta", "asin", "mean")
shares <- function(des, var, cats, item, sub = TRUE, deff = TRUE) {
  d <- des$variables
  for (k in cats) {
    dom <- sub & !is.na(d[[var]])
    s <- des[dom, ]
    df <- degf(des[which(sub & rep(TRUE, nrow(d))), ])
    s$variables$.y <- as.numeric(s$variables[[var]] == k)
    m <- svymean(~.y, s, deff = "replace")
    it <- item(k)
    put(it, "estimate", as.numeric(coef(m))); put(it, "se", as.numeric(SE(m)))
    if (deff) put(it, "deff", as.numeric(deff(m)))
    put(it, "df", df)
    for (w in methods) {
      if (w == "beta" && df != degf(s)) next     # R takes no df there
      ci <- attr(svyciprop(~.y, s, method = w, df = df), "ci")
      if (w == "asin") {                         # R squares the sine of a negative angle: 0 there
        reach <- qt(.975, df) * SE(m) / (2 * sqrt(coef(m) * (1 - coef(m))))
        if (asin(sqrt(coef(m))) < reach) ci[1] <- 0
        if (asin(sqrt(coef(m))) + reach > pi / 2) ci[2] <- 1
      }
      tol <- c(logit = 1e-7, likelihood = 1e-3)[w]   # R's profile is a spline through 5 points a side
      put(it, paste0("ci:", w, ":lo"), ci[1], ifelse(is.na(tol), 1e-9, tol))
      put(it, paste0("ci:", w, ":hi"), ci[2], ifelse(is.na(tol), 1e-9, tol))
    }
    ci <- wilson(coef(m), as.numeric(SE(m))^2, qt(.975, df))
    put(it, "ci:wilson:lo", ci[1]); put(it, "ci:wilson:hi", ci[2])
  }
}
words <- "ci: [logit, xlogit, likelihood, beta, asin, mean, wilson], deff: true"
data <- "apistrat"; design <- "{weight: pw, strata: [stype]}"
dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat)
ask <- sprintf("{stat: prop, vars: [awards, target], %s}", words)
shares(dstrat, "awards", c("No", "Yes"), function(k) paste0("awards:", k))
shares(dstrat, "target", c("No", "Yes"), function(k) paste0("target:", k))
data <- "apiclus1"; design <- "{weight: pw, psu: [dnum]}"
dclus <- svydesign(id = ~dnum, weights = ~pw, data = clus)
ask <- sprintf("{stat: prop, vars: [stype], %s}", words)
shares(dclus, "stype", c("E", "H", "M"), identity)
data <- "syn"; design <- "{weight: w, strata: [stratum], psu: [psu], nest: true}"
dsyn <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = syn, nest = TRUE)
ask <- sprintf("{stat: prop, vars: [y, q], by: [sex], where: area == 'urban', %s}", words)
for (s in 1:2) {
  sub <- syn$sex == s & syn$area == "urban"
  shares(dsyn, "y", 0:1, function(k) paste0(s, ":y:", k), sub)
  shares(dsyn, "q", 1:4, function(k) paste0(s, ":q:", k), sub)
}

# ---- means, totals, variances, ratios ------------------------------------------------------------------
numbers <- function(des, what, vars, by = NULL, kind = "replace") {
  groups <- if (is.null(by)) NA else sort(unique(des$variables[[by]]))
  for (g in groups) for (v in vars) {
    dom <- if (is.na(g)) rep(TRUE, nrow(des)) else des$variables[[by]] == g
    s <- des[dom & !is.na(des$variables[[v]]), ]
    f <- as.formula(paste0("~", v))
    m <- what(f, s, deff = kind)
    df <- degf(des[dom, ])
    words <- is.character(des$variables[[v]])
    cats <- if (words) sort(unique(s$variables[[v]])) else NA
    for (i in seq_along(cats)) {
      it <- paste(c(if (!is.na(g)) g, if (length(vars) > 1 || (is.na(g) && !words)) v,
                    if (words) cats[i]), collapse = ":")
      put(it, "estimate", coef(m)[[i]]); put(it, "se", SE(m)[[i]])
      put(it, "deff", diag(as.matrix(attr(m, "deff")))[[i]])
      ci <- confint(m, df = df); put(it, "ci:t:lo", ci[i, 1]); put(it, "ci:t:hi", ci[i, 2])
    }
  }
}
sets <- list(list("apistrat", "{weight: pw, strata: [stype]}", dstrat, c("api00", "enroll", "awards"), "stype"),
             list("apiclus1", "{weight: pw, psu: [dnum]}", dclus, c("api00", "meals", "stype"), "awards"),
             list("syn", "{weight: w, strata: [stratum], psu: [psu], nest: true}", dsyn, c("x", "y", "area"), "sex"))
for (s in sets) for (w in c("mean", "total")) for (kind in c("replace", "srs")) {
  data <- s[[1]]; design <- s[[2]]
  f <- if (w == "mean") svymean else svytotal
  k <- if (kind == "replace") "replace" else TRUE
  ask <- sprintf("{stat: %s, vars: [%s], deff: %s}", w, paste(s[[4]], collapse = ", "), kind)
  numbers(s[[3]], f, s[[4]], NULL, k)
  ask <- sprintf("{stat: %s, vars: [%s], by: [%s], deff: %s}", w, paste(s[[4]][1:2], collapse = ", "), s[[5]], kind)
  numbers(s[[3]], f, s[[4]][1:2], s[[5]], k)
}
for (s in sets) {
  data <- s[[1]]; design <- s[[2]]; des <- s[[3]]; v <- s[[4]][1:2]
  ask <- sprintf("{stat: variance, vars: [%s]}", paste(v, collapse = ", "))
  for (one in v) {
    sub <- des[!is.na(des$variables[[one]]), ]
    m <- svyvar(as.formula(paste0("~", one)), sub)
    put(one, "estimate", coef(m)[[1]]); put(one, "se", SE(m)[[1]])
  }
  ask <- sprintf("{stat: variance, vars: [%s], by: [%s]}", v[1], s[[5]])
  for (g in sort(unique(des$variables[[s[[5]]]]))) {
    sub <- des[des$variables[[s[[5]]]] == g & !is.na(des$variables[[v[1]]]), ]
    m <- svyvar(as.formula(paste0("~", v[1])), sub)
    put(paste(g), "estimate", coef(m)[[1]]); put(paste(g), "se", SE(m)[[1]])
  }
  for (kind in c("replace", "srs")) {
    sub <- des[!is.na(des$variables[[v[1]]]) & !is.na(des$variables[[v[2]]]), ]
    r <- svyratio(as.formula(paste0("~", v[1])), as.formula(paste0("~", v[2])), sub,
                  deff = if (kind == "replace") "replace" else TRUE)
    ask <- sprintf("{stat: ratio, numerator: %s, denominator: %s, deff: %s, df: inf}", v[1], v[2], kind)
    it <- paste0(v[1], "/", v[2])
    put(it, "estimate", as.numeric(r$ratio)); put(it, "se", as.numeric(SE(r)))
    put(it, "deff", as.numeric(attr(r, "deff")))
    ci <- confint(r); put(it, "ci:t:lo", ci[1]); put(it, "ci:t:hi", ci[2])
  }
}
data <- "apistrat"; design <- "{weight: pw, strata: [stype]}"
ask <- "{stat: ratio, numerator: [api00, meals], denominator: [enroll], separate: strata}"
for (v in c("api00", "meals")) {
  r <- svyratio(as.formula(paste0("~", v)), ~enroll, dstrat, separate = TRUE)
  for (s in r$strata) {
    put(paste0(s, ":", v, "/enroll"), "estimate", as.numeric(r$ratios[[s]]$ratio))
    put(paste0(s, ":", v, "/enroll"), "se", as.numeric(SE(r$ratios[[s]])))
  }
}

# ---- keys of every estimate: missing, df, level, two domains ------------------------------------------------
data <- "syn"; design <- "{weight: w, strata: [stratum], psu: [psu], nest: true}"
ask <- "{stat: mean, vars: [x, y], missing: listwise, df: design, deff: true}"
m <- svymean(~x + y, dsyn, na.rm = TRUE, deff = "replace")  # with na.rm: cases with both
for (v in c("x", "y")) {
  ci <- confint(m, df = degf(dsyn))[v, ]
  put(v, "estimate", coef(m)[[v]]); put(v, "se", SE(m)[[which(names(coef(m)) == v)]])
  put(v, "ci:t:lo", ci[1]); put(v, "ci:t:hi", ci[2])
  put(v, "deff", diag(attr(m, "deff"))[[which(names(coef(m)) == v)]])
}
before <- "{id: m, stat: mean, vars: [x, y], missing: listwise}"
ask <- "{stat: contrast, of: m, expr: x - 10*y}"
k <- svycontrast(m, c(1, -10)); put("contrast", "estimate", as.numeric(coef(k))); put("contrast", "se", as.numeric(SE(k)))
before <- ""
for (level in c(.9, .99)) for (df in c("inf", "7")) {
  ask <- sprintf("{stat: mean, vars: [x], by: [sex, area], level: %s, df: %s}", level, df)
  for (a in 1:2) for (b in c("rural", "urban")) {
    g <- svymean(~x, dsyn[syn$sex == a & syn$area == b & !is.na(syn$x), ])
    ci <- confint(g, level = level, df = if (df == "inf") Inf else 7)
    it <- paste(a, b, sep = ".")
    put(it, "estimate", coef(g)[[1]]); put(it, "ci:t:lo", ci[1]); put(it, "ci:t:hi", ci[2])
  }
}

# ---- lonely PSUs ----------------------------------------------------------------------------------------
for (rule in c("adjust", "average", "remove", "certainty")) {
  data <- "lonely"; design <- sprintf("{weight: w, strata: [stratum], psu: [psu], nest: true, lonely_psu: %s}", rule)
  options(survey.lonely.psu = rule)
  des <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = lonely, nest = TRUE)
  ask <- "{stat: mean, vars: [x, rare], deff: true}"
  numbers(des, svymean, c("x", "rare"))
  ask <- "{stat: total, vars: [x, rare], deff: true}"
  numbers(des, svytotal, c("x", "rare"))
}
options(survey.lonely.psu = "fail")

# ---- quantiles ------------------------------------------------------------------------------------------
rules <- c("math", "school", "shahvaish", paste0("hf", 1:9))
quantiles <- function(des, v, p, type, rule, item, dom = TRUE) {
  s <- des[dom & !is.na(des$variables[[v]]), ]
  q <- suppressWarnings(svyquantile(as.formula(paste0("~", v)), s, p, interval.type = type, qrule = rule,
                                    ci = TRUE))[[1]]
  for (i in seq_along(p)) {
    it <- item(p[i])
    put(it, "estimate", q[i, 1])
    if (isTRUE(q[i, 4] == 0)) next                # every case at or below it: R prints no width, we none
    put(it, "se", q[i, 4])
    put(it, paste0("ci:", type, ":lo"), q[i, 2]); put(it, paste0("ci:", type, ":hi"), q[i, 3])
  }
}
p <- c(.1, .25, .5, .75, .9)
for (s in sets) {
  data <- s[[1]]; design <- s[[2]]; v <- s[[4]][1]
  for (rule in rules) {
    ask <- sprintf("{stat: quantile, vars: [%s], quantiles: [0.1, 0.25, 0.5, 0.75, 0.9], qrule: %s}", v, rule)
    quantiles(s[[3]], v, p, "mean", rule, function(p) paste0(v, ":", p))
  }
  for (type in c("beta", "xlogit", "asin", "score")) {
    ask <- sprintf("{stat: quantile, vars: [%s], quantiles: [0.25, 0.5, 0.75], interval: %s}", v, type)
    quantiles(s[[3]], v, c(.25, .5, .75), type, "math", function(p) paste0(v, ":", p))
  }
  ask <- sprintf("{stat: quantile, vars: [%s], quantiles: [0.5], by: [%s]}", v, s[[5]])
  for (g in sort(unique(s[[3]]$variables[[s[[5]]]])))
    quantiles(s[[3]], v, .5, "mean", "math", function(p) paste0(g, ":", p), s[[3]]$variables[[s[[5]]]] == g)
}

# ---- replicates -----------------------------------------------------------------------------------------
reps <- list(list("apistrat", "{weight: pw, strata: [stype], replicates: {type: jkn}}", as.svrepdesign(dstrat, type = "JKn"), "api00", "enroll"),
             list("apiclus1", "{weight: pw, psu: [dnum], replicates: {type: jk1}}", as.svrepdesign(dclus, type = "JK1"), "api00", "meals"))
for (s in reps) {
  data <- s[[1]]; design <- s[[2]]; des <- s[[3]]; v <- s[[4]]
  f <- as.formula(paste0("~", v)); g <- as.formula(paste0("~", s[[5]]))
  ask <- sprintf("{stat: mean, vars: [%s], deff: true}", v); m <- svymean(f, des, deff = "replace")
  puts(v, m, degf(des), as.numeric(deff(m)))
  ask <- sprintf("{stat: total, vars: [%s]}", v); puts(v, svytotal(f, des), degf(des))
  ask <- sprintf("{stat: variance, vars: [%s]}", v); m <- svyvar(f, des)
  put(v, "estimate", as.numeric(m)); put(v, "se", as.numeric(sqrt(attr(m, "var"))))
  ask <- sprintf("{stat: ratio, numerator: %s, denominator: %s}", v, s[[5]]); m <- svyratio(f, g, des)
  put(paste0(v, "/", s[[5]]), "estimate", as.numeric(m$ratio)); put(paste0(v, "/", s[[5]]), "se", as.numeric(SE(m)))
  ask <- "{stat: prop, vars: [awards], ci: [logit, beta, asin]}"
  des$variables$.y <- as.numeric(des$variables$awards == "Yes")
  for (w in c("logit", "beta", "asin")) {
    ci <- attr(svyciprop(~.y, des, method = w), "ci")
    put("Yes", paste0("ci:", w, ":lo"), ci[1], ifelse(w == "logit", 1e-7, 1e-9))
    put("Yes", paste0("ci:", w, ":hi"), ci[2], ifelse(w == "logit", 1e-7, 1e-9))
  }
  for (type in c("mean", "beta", "quantile")) {
    ask <- sprintf("{stat: quantile, vars: [%s], quantiles: [0.25, 0.5], interval: %s, qrule: hf4}", v, type)
    q <- suppressWarnings(svyquantile(f, des, c(.25, .5), interval.type = type, qrule = "hf4"))[[1]]
    if (type == "beta") for (i in 1:2) {           # svyquantile of replicates forgets the type asked for
      q[i, 2:3] <- survey:::woodruffCI(des$variables[[v]], q[i, 1], c(.25, .5)[i], des, survey:::qrule_hf4,
                                       .05, degf(des), "beta")
      q[i, 4] <- (q[i, 3] - q[i, 2]) / (2 * qt(.975, degf(des)))
    }
    for (i in 1:2) {
      it <- paste0(v, ":", c(.25, .5)[i])
      put(it, "estimate", q[i, 1]); put(it, "se", q[i, 4])
      put(it, paste0("ci:", type, ":lo"), q[i, 2]); put(it, paste0("ci:", type, ":hi"), q[i, 3])
    }
  }
}

# ---- contrasts ------------------------------------------------------------------------------------------
contrasts <- function(m, exprs, df) for (e in names(exprs)) {   # named: recipe's text = R's expression
  k <- svycontrast(m, exprs[[e]])
  ask <<- sprintf("{stat: contrast, of: m, expr: \"%s\"%s}", e, df)
  put("contrast", "estimate", as.numeric(coef(k))); put("contrast", "se", as.numeric(SE(k)))
}
data <- "apistrat"; design <- "{weight: pw, strata: [stype]}"
before <- "{id: m, stat: mean, vars: [api00, enroll, meals]}"
m <- svymean(~api00 + enroll + meals, dstrat)
contrasts(m, list("api00 - enroll" = c(1, -1, 0), "api00/enroll" = quote(api00 / enroll),
                  "log(api00) - 2*sqrt(meals)^3" = quote(log(api00) - 2 * sqrt(meals)^3),
                  "exp(-api00/1000)*meals - 2^(meals/50)" = quote(exp(-api00 / 1000) * meals - 2^(meals / 50)),
                  "-meals^2/(api00 + enroll)" = quote(-meals^2 / (api00 + enroll))), "")
data <- "syn"; design <- "{weight: w, strata: [stratum], psu: [psu], nest: true}"
before <- "{id: m, stat: mean, vars: [rare], by: [sex]}"
m <- svyby(~rare, ~sex, dsyn, svymean, covmat = FALSE)
J <- svymean(~I(rare * (sex == 1)) + I(1 * (sex == 1)) + I(rare * (sex == 2)) + I(1 * (sex == 2)), dsyn)
names(J) <- c("a", "A", "b", "B")                # by hand, with the covariance of the two domains
contrasts2 <- function(e, q) { k <- svycontrast(J, q); ask <<- sprintf("{stat: contrast, of: m, expr: \"%s\"}", e)
  put("contrast", "estimate", as.numeric(coef(k))); put("contrast", "se", as.numeric(SE(k))) }
contrasts2("`1` - `2`", quote(a / A - b / B))
contrasts2("sex=1 / sex=2", quote((a / A) / (b / B)))
contrasts2("log(`1`/(1-`1`)) - log(`2`/(1-`2`))", quote(log((a / A) / (1 - a / A)) - log((b / B) / (1 - b / B))))
data <- "apiclus1"; design <- "{weight: pw, psu: [dnum], replicates: {type: jk1}}"
before <- "{id: m, stat: mean, vars: [api00, meals]}"
m <- svymean(~api00 + meals, as.svrepdesign(dclus, type = "JK1"))
contrasts(m, list("api00 - 2*meals" = c(1, -2), "api00/meals" = quote(api00 / meals)), "")

write.csv(out, "estimates.csv", row.names = FALSE, na = "")
cat(nrow(out), "numbers\n")
