# Gold numbers for tests/measure/test_gold.c, from R survey 4.1. Run in this folder:
#     Rscript make_gold.R
# Writes the data (api*.csv from the survey package; syn.csv and lonely.csv, synthetic), gold.csv (one
# line per estimate), contrast.csv and rake.csv. Numbers carry 17 digits.
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")

# ---- data ------------------------------------------------------------------------------------------
data(api)
keep <- c("stype", "dnum", "pw", "api00", "enroll", "meals", "awards", "sch.wide")
tidy <- function(d) { d <- d[, keep]; names(d)[8] <- "target"; d }
apistrat <- tidy(apistrat)
apiclus1 <- tidy(apiclus1)

set.seed(20210315)                       # synthetic: 8 strata of 2-5 PSUs, PSU codes used again
syn <- do.call(rbind, lapply(1:8, function(h) do.call(rbind, lapply(1:(2 + h %% 4), function(i) {
  n <- 5 + (3 * h + 7 * i) %% 9
  u <- rnorm(1, 0, .7)
  data.frame(stratum = paste0("S", h), psu = i, w = round(exp(rnorm(n, 2, .8)), 3),
             sex = sample(1:2, n, TRUE), area = sample(c("rural", "urban"), n, TRUE),
             y = rbinom(n, 1, plogis(-1 + u)), q = sample(1:4, n, TRUE, c(.5, .3, .15, .05)),
             x = round(rnorm(n, 12 + u, 3), 2), rare = rbinom(n, 1, .03))
}))))
syn$rare[5] <- 1
syn$never <- 0
syn$always <- 1
syn$alone <- as.integer(syn$stratum == "S3" & syn$psu == 2)  # a domain that rests on one PSU
syn$y[sample(nrow(syn), 14)] <- NA
syn$x[sample(nrow(syn), 9)] <- NA
syn$q[syn$stratum == "S5" & syn$psu == 1] <- NA              # a PSU in which nobody answered
syn$half <- ifelse(syn$psu == 1, syn$y, NA)                  # answers in one PSU of each stratum
lonely <- syn[!(syn$stratum %in% c("S2", "S6") & syn$psu > 1), ]   # two strata keep one PSU
for (d in c("apistrat", "apiclus1", "syn", "lonely"))
  write.csv(get(d), paste0(d, ".csv"), row.names = FALSE, na = "", quote = FALSE)

# ---- estimates -------------------------------------------------------------------------------------
out <- NULL
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "")
emit <- function(data, spec, stat, ci, var, category, by, where, n, base, e, se, lo, hi, deff, df)
  out <<- rbind(out, data.frame(data, weight = spec$w, strata = spec$s, psu = spec$p,
    lonely = spec$l, stat, ci, var, category, by, where, n, base, estimate = num(e), se = num(se),
    lo = num(lo), hi = num(hi), deff = num(deff), df))

# Interval of a share of 0 or 1: Clopper-Pearson on Kish's effective size, less for few df.
one_sided <- function(w, df, full) {
  n <- length(w)
  ne <- sum(w)^2 / sum(w^2) * (qt(.975, n - 1) / qt(.975, df))^2
  if (full) c(qbeta(.025, ne, 1), 1) else c(0, qbeta(.975, 1, ne))
}

# One domain (logical over rows) of one variable; every number from survey's own functions.
one <- function(name, spec, des, stat, var, by, where, dom) {
  d <- des$variables
  df <- degf(des[dom, ])          # where the domain has cases, answered or not
  dom <- dom & !is.na(d[[var]])
  sub <- des[dom, ]
  y <- d[[var]]
  cats <- if (stat == "prop") sort(unique(y[!is.na(y)])) else NA
  for (k in cats) {
    sub$variables$.y <- if (stat == "prop") as.numeric(y[dom] == k) else y[dom]
    m <- if (stat == "total") svytotal(~.y, sub, deff = "replace") else svymean(~.y, sub, deff = "replace")
    e <- as.numeric(coef(m)); se <- as.numeric(SE(m)); de <- as.numeric(deff(m))
    n <- if (stat == "prop") sum(y[dom] == k) else sum(dom)
    if (!any(dom)) e <- NA               # nobody answered: R's total is 0
    # Answers in one PSU of each stratum. Where the linearised variance is 0 by construction, and R's
    # the rounding of a 0, there is no standard error.
    silent <- (df < 1 || degf(sub) < 1) && (!is.finite(se) || is.na(e) || se < 1e-12 * abs(e) || n == 0 ||
      (stat != "total" && nrow(unique(cbind(sub$strata[, 1], sub$cluster[, 1]))) == 1))
    for (ci in if (stat == "prop") c("logit", "t") else "t") {
      if (silent) { se <- de <- NA; b <- c(NA, NA) }
      else if (df < 1) b <- c(NA, NA)  # R: NaN, the quantile of t with 0 df
      else if (stat == "prop" && n %in% c(0, sum(dom))) { se <- 0; de <- NA; b <- one_sided(weights(sub), df, n > 0) }
      else if (ci == "logit") {
        b <- attr(svyciprop(~.y, sub, method = "xlogit", df = df), "ci")
        g <- attr(svyciprop(~.y, sub, method = "logit", df = df), "ci")
        stopifnot(abs(b / g - 1) < 1e-5)   # the same interval, to glm's own stopping rule
      } else b <- confint(m, df = df)
      emit(name, spec, stat, ci, var, ifelse(stat == "prop", k, ""), by, where, n, sum(dom), e, se,
           b[1], b[2], de, df)
    }
  }
}
all_of <- function(name, spec, des, stat, var, by = NULL, where = "") {
  d <- des$variables
  W <- if (where == "") rep(TRUE, nrow(d)) else with(d, eval(parse(text = where))) %in% TRUE
  if (is.null(by)) return(one(name, spec, des, stat, var, "", where, W))
  groups <- unique(d[W & complete.cases(d[, by]), by, drop = FALSE])
  for (g in seq_len(nrow(groups))) {
    dom <- W
    for (b in by) dom <- dom & d[[b]] %in% groups[g, b]
    one(name, spec, des, stat, var, paste(by, unlist(groups[g, ]), sep = "=", collapse = ";"), where, dom)
  }
}

spec <- list(w = "pw", s = "stype", p = "", l = "error")
des <- svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat)
for (s in c("mean", "total")) for (v in c("api00", "enroll")) all_of("apistrat", spec, des, s, v)
all_of("apistrat", spec, des, "mean", "api00", "awards")
all_of("apistrat", spec, des, "prop", "awards")
all_of("apistrat", spec, des, "prop", "awards", c("stype", "target"))
all_of("apistrat", spec, des, "prop", "stype", where = "meals > 50")

spec <- list(w = "pw", s = "", p = "dnum", l = "error")
des <- svydesign(~dnum, weights = ~pw, data = apiclus1)
for (s in c("mean", "total")) for (v in c("api00", "enroll")) all_of("apiclus1", spec, des, s, v, "stype")
all_of("apiclus1", spec, des, "prop", "awards", "stype")
all_of("apiclus1", spec, des, "prop", "stype")

spec <- list(w = "w", s = "stratum", p = "psu", l = "error")
des <- svydesign(~psu, strata = ~stratum, weights = ~w, data = syn, nest = TRUE)
for (v in c("y", "q", "rare", "never", "always")) for (b in list(NULL, "sex", c("sex", "area")))
  all_of("syn", spec, des, "prop", v, b)
all_of("syn", spec, des, "prop", "y", "alone")
all_of("syn", spec, des, "prop", "y", "sex", where = "x > 12")
all_of("syn", spec, des, "prop", "q", NULL, where = "area == 'urban'")
for (s in c("mean", "total")) for (b in list(NULL, "area", c("area", "q"))) all_of("syn", spec, des, s, "x", b)
all_of("syn", spec, des, "mean", "x", "alone")
all_of("syn", spec, des, "total", "x", "alone")
for (s in c("mean", "total")) all_of("syn", spec, des, s, "x", "psu")  # PSU 1 of every stratum: df 0
all_of("syn", spec, des, "prop", "q", "psu", where = "sex == 1")
all_of("syn", spec, des, "prop", "half", "sex")
for (s in c("mean", "total")) all_of("syn", spec, des, s, "half", "alone")

# each case its own PSU; no strata
spec <- list(w = "w", s = "", p = "", l = "error")
des <- svydesign(~1, weights = ~w, data = syn)
all_of("syn", spec, des, "prop", "q", "sex")
all_of("syn", spec, des, "mean", "x")

for (l in c("adjust", "average", "remove", "certainty")) {
  options(survey.lonely.psu = l)
  spec <- list(w = "w", s = "stratum", p = "psu", l = l)
  des <- svydesign(~psu, strata = ~stratum, weights = ~w, data = lonely, nest = TRUE)
  all_of("lonely", spec, des, "prop", "y")
  all_of("lonely", spec, des, "prop", "y", "sex")
  all_of("lonely", spec, des, "prop", "y", NULL, where = "stratum != 'S2'")
  for (s in c("mean", "total")) all_of("lonely", spec, des, s, "x", "area")
}
options(survey.lonely.psu = "fail")
write.csv(out, "gold.csv", row.names = FALSE, na = "")

# ---- differences of two domains --------------------------------------------------------------------
# as a function of four totals over the whole sample, which carries their covariance
diffs <- NULL
differ <- function(name, spec, des, var, category, by, a, b) {
  d <- des$variables
  ok <- !is.na(d[[var]])
  value_ <- if (category == "") ifelse(ok, d[[var]], 0) else as.numeric(ok & d[[var]] %in% category)
  side <- function(k) ok & d[[by]] %in% k
  des <- update(des, na = value_ * side(a), da = as.numeric(side(a)), nb = value_ * side(b), db = as.numeric(side(b)))
  m <- svycontrast(svytotal(~na + da + nb + db, des), quote(na / da - nb / db))
  df <- degf(des[d[[by]] %in% c(a, b), ])
  e <- as.numeric(coef(m)); se <- as.numeric(SE(m)); r <- qt(.975, df) * se
  diffs <<- rbind(diffs, data.frame(data = name, weight = spec$w, strata = spec$s, psu = spec$p,
    lonely = spec$l, var, category, by, a, b, difference = num(e), se = num(se), lo = num(e - r),
    hi = num(e + r), p = num(2 * pt(-abs(e / se), df)), df))
}
spec <- list(w = "w", s = "stratum", p = "psu", l = "error")
des <- svydesign(~psu, strata = ~stratum, weights = ~w, data = syn, nest = TRUE)
differ("syn", spec, des, "y", 1, "sex", 1, 2)
differ("syn", spec, des, "y", 1, "area", "rural", "urban")
differ("syn", spec, des, "q", 2, "sex", 1, 2)
differ("syn", spec, des, "x", "", "area", "rural", "urban")
differ("syn", spec, des, "x", "", "q", 1, 3)
spec$l <- "adjust"
options(survey.lonely.psu = "adjust")
des <- svydesign(~psu, strata = ~stratum, weights = ~w, data = lonely, nest = TRUE)
differ("lonely", spec, des, "y", 1, "sex", 1, 2)
options(survey.lonely.psu = "fail")
spec <- list(w = "pw", s = "", p = "dnum", l = "error")
differ("apiclus1", spec, svydesign(~dnum, weights = ~pw, data = apiclus1), "awards", "Yes", "stype", "E", "H")
write.csv(diffs, "contrast.csv", row.names = FALSE, na = "")

# ---- raking ----------------------------------------------------------------------------------------
des <- svydesign(~psu, strata = ~stratum, weights = ~w, data = syn, nest = TRUE)
raked <- rake(des, list(~sex, ~area), list(data.frame(sex = 1:2, Freq = c(1200, 1300)),
  data.frame(area = c("rural", "urban"), Freq = c(900, 1600))), control = list(maxit = 1000, epsilon = 1e-12))
write.csv(data.frame(w = num(weights(raked))), "rake.csv", row.names = FALSE)
cat(nrow(out), "estimates,", nrow(diffs), "differences\n")
