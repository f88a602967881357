# Gold numbers for tests/measure/test_chisqsum.c and test_tests.c, from R 4.2 and survey 4.1. Run in
# this folder:
#     Rscript make_tests.R
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "")

# ---- sums of chi-squares ---------------------------------------------------------------------------
# exact: the last weight is integrated out, and the one before it, ...: P(Q > x) as the mean over a
# chi-square of the same question with one weight less. Slow, and independent of any inversion.
exact <- function(x, a, ddf) {
  if (is.finite(ddf)) {                 # over the denominator: whole df, as pFsum takes it
    m <- floor(ddf)
    return(integrate(function(u) sapply(u, function(v) exact(x / ddf * qchisq(v, m), a, Inf)), 0, 1,
                     rel.tol = 1e-9, subdivisions = 2000)$value)
  }
  if (length(a) == 1) return(pchisq(x / a, 1, lower.tail = FALSE))
  n <- length(a)                        # chi2_1 = z^2, so that nothing is infinite at 0
  top <- sqrt(x / a[n])
  inner <- integrate(function(z) sapply(z, function(v) 2 * dnorm(v) * exact(x - a[n] * v^2, a[-n], Inf)),
                     0, top, rel.tol = 1e-10, subdivisions = 2000)$value
  inner + 2 * pnorm(top, lower.tail = FALSE)
}
out <- NULL
for (a in list(c(1.2), c(2, .5), c(1.9, 1.1, .6), c(3, .02)))
  for (ddf in c(Inf, 3, 31.4, 182.9)) {
    if (length(a) == 3 && is.finite(ddf)) next       # minutes of integration
    for (x in c(.2, 1, 2.5) * sum(a) + c(0, .35, 7)) {
      sad <- if (is.finite(ddf)) pFsum(x, rep(1, length(a)), a, ddf, FALSE, "saddlepoint") else
        pchisqsum(x, rep(1, length(a)), a, FALSE, "saddlepoint")
      sat <- if (is.finite(ddf)) pFsum(x, rep(1, length(a)), a, ddf, FALSE, "satterthwaite") else
        pchisqsum(x, rep(1, length(a)), a, FALSE, "satterthwaite")
      out <- rbind(out, data.frame(t(num(c(a, NA, NA, NA)[1:3])), ddf = num(ddf), x = num(x),
        saddlepoint = num(sad), satterthwaite = num(sat), exact = num(exact(x, a, ddf))))
    }
  }
names(out)[1:3] <- paste0("a", 1:3)
write.csv(cbind(out[1:3], a4 = "", a5 = "", a6 = "", out[-(1:3)]), "chisqsum.csv", row.names = FALSE,
          quote = FALSE)

# ---- data ------------------------------------------------------------------------------------------
# apistrat.csv, apiclus1.csv, syn.csv and lonely.csv are made by make_gold.R.
data(nhanes)
nhanes$agecat <- as.integer(nhanes$agecat)
write.csv(nhanes, "nhanes.csv", row.names = FALSE, na = "", quote = FALSE)
data(scd)
scd$w <- 1
write.csv(scd, "scd.csv", row.names = FALSE, na = "", quote = FALSE)

# ---- cases -----------------------------------------------------------------------------------------
# One line a number: data, design and estimate as a recipe writes them; item (its place, from 0) and
# field, or test (with its term) and field.
cases <- NULL
emit <- function(d, est, item, test, term, ...) {
  v <- list(...)
  for (f in names(v)) cases <<- rbind(cases, data.frame(data = d$data, design = d$yaml, estimate = est,
    item = item, test = test, term = term, field = f, value = num(as.numeric(v[[f]]))))
}
quiet <- suppressWarnings
read <- function(f) read.csv(f, stringsAsFactors = FALSE)
strat <- list(data = "apistrat.csv", yaml = "{weight: pw, strata: [stype]}")
strat$des <- svydesign(~1, strata = ~stype, weights = ~pw, data = read(strat$data))
clus1 <- list(data = "apiclus1.csv", yaml = "{weight: pw, psu: [dnum]}")
clus1$des <- svydesign(~dnum, weights = ~pw, data = read(clus1$data))
nh <- list(data = "nhanes.csv", yaml = "{weight: WTMEC2YR, strata: [SDMVSTRA], psu: [SDMVPSU], nest: true}")
nh$des <- svydesign(~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = read(nh$data))
syn <- list(data = "syn.csv", yaml = "{weight: w, strata: [stratum], psu: [psu], nest: true}")
syn$des <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = read(syn$data))
lon <- list(data = "lonely.csv",
            yaml = "{weight: w, strata: [stratum], psu: [psu], nest: true, lonely_psu: adjust}")
lon$des <- svydesign(~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = read(lon$data))
options(survey.lonely.psu = "adjust")
sc <- list(data = "scd.csv", yaml = "{weight: w, strata: [ESA], psu: [ambulance], nest: true}")
sc$des <- svydesign(~ambulance, strata = ~ESA, weights = ~w, nest = TRUE, data = read(sc$data))
jkn <- list(data = "syn.csv",
  yaml = "{weight: w, strata: [stratum], psu: [psu], nest: true, replicates: {type: jkn}}")
jkn$des <- as.svrepdesign(syn$des, type = "JKn")
jk1 <- list(data = "apiclus1.csv", yaml = "{weight: pw, psu: [dnum], replicates: {type: jk1}}")
jk1$des <- as.svrepdesign(clus1$des, type = "JK1")

# lincom is not here: without the package CompQuadForm R answers it by saddlepoint.
chisq <- function(d, rows, cols, where = NULL, which = c("F", "Chisq", "Wald", "adjWald", "saddlepoint")) {
  des <- d$des
  if (!is.null(where)) des <- eval(bquote(subset(des, .(parse(text = where)[[1]]))))
  f <- as.formula(paste0("~", rows, "+", cols))
  est <- sprintf("{stat: crosstab, rows: %s, cols: %s, tests: [%s]%s}", rows, cols,
    paste(which, collapse = ", "), if (is.null(where)) "" else sprintf(", where: \"%s\"", sub("==", "=", where)))
  for (s in which) {
    x <- quiet(svychisq(f, des, statistic = s))
    par <- switch(s, saddlepoint = list(), Chisq = list(df = x$parameter[[1]]),
                  list(df = x$parameter[[1]], ddf = x$parameter[[2]]))
    do.call(emit, c(list(d, est, NA, s, ""), list(statistic = x$statistic), par, list(p = x$p.value)))
  }
  m <- svymean(as.formula(sprintf("~interaction(factor(%s), factor(%s))", cols, rows)), des, na.rm = TRUE)
  k <- length(coef(m))                 # columns vary fastest: the order of our items
  for (i in unique(c(1, 2, k))) emit(d, est, i - 1, "", "", estimate = coef(m)[i], se = SE(m)[i])
}
chisq(strat, "stype", "awards")
chisq(clus1, "stype", "target")
chisq(clus1, "stype", "awards", "meals > 30")
chisq(nh, "race", "HI_CHOL")                   # missing answers
chisq(nh, "agecat", "HI_CHOL", "RIAGENDR == 2")
chisq(syn, "sex", "q")                         # missing, one PSU without an answer
chisq(syn, "y", "area")
chisq(syn, "rare", "q", which = c("F", "Chisq", "saddlepoint"))   # empty cells
chisq(syn, "area", "y", "sex == 1")
chisq(lon, "y", "sex")
chisq(lon, "q", "area")
chisq(jkn, "y", "sex")
chisq(jkn, "q", "area")
chisq(jkn, "y", "area", "sex == 1")             # replicates in a domain: the rank of their weights there
chisq(jk1, "stype", "awards")

percent <- function(d, rows, cols, which) {    # of the row, or of the column
  est <- sprintf("{stat: crosstab, rows: %s, cols: %s, percent: %s, tests: []}", rows, cols, which)
  f <- as.formula(paste0("~factor(", if (which == "row") cols else rows, ")"))
  g <- if (which == "row") rows else cols
  v <- d$des$variables
  groups <- sort(unique(v[[g]])); inside <- sort(unique(v[[if (which == "row") cols else rows]]))
  n <- length(if (which == "row") inside else groups)
  for (a in seq_along(groups)) {
    sub <- d$des[which(v[[g]] == groups[a]), ]
    m <- svymean(f, sub, na.rm = TRUE, deff = "replace")
    for (b in seq_along(inside)) {
      i <- if (which == "row") (a - 1) * n + b - 1 else (b - 1) * n + a - 1
      emit(d, est, i, "", "", estimate = coef(m)[b], se = SE(m)[b])
    }
  }
}
percent(strat, "stype", "awards", "row")
percent(clus1, "stype", "awards", "column")
percent(syn, "sex", "area", "row")
percent(jkn, "sex", "area", "column")

gof <- function(d, var, p) {
  est <- sprintf("{stat: gof, var: %s, tests: [Chisq, saddlepoint], p: {%s}}", var,
                 paste(names(p), p, sep = ": ", collapse = ", "))
  f <- as.formula(paste0("~factor(", var, ")"))
  x <- svygofchisq(f, p, d$des, na.rm = TRUE)
  emit(d, est, NA, "Chisq", "", statistic = x$statistic, df = x$parameter[["df"]], p = x$p.value)
  emit(d, est, NA, "saddlepoint", "", p = pchisqsum(x$statistic, rep(1, length(x$lambda)), pmax(x$lambda, 0),
       FALSE, "saddlepoint"))
}
gof(strat, "awards", c(No = .4, Yes = .6))
gof(clus1, "stype", c(E = 70, H = 10, M = 20))
gof(syn, "q", c("1" = .4, "2" = .3, "3" = .2, "4" = .1))
gof(nh, "race", c("1" = .15, "2" = .65, "3" = .12, "4" = .08))
gof(jkn, "q", c("1" = .4, "2" = .3, "3" = .2, "4" = .1))

ttest <- function(d, y, g) {
  x <- svyttest(as.formula(paste(y, "~", g)), d$des)
  est <- sprintf("{stat: ttest, var: %s, groups: %s}", y, g)
  emit(d, est, NA, "t", "", statistic = x$statistic, df = x$parameter, p = x$p.value)
  emit(d, est, 0, "", "", estimate = x$estimate, lo = x$conf.int[1], hi = x$conf.int[2])
}
ttest(strat, "api00", "awards"); ttest(clus1, "enroll", "target"); ttest(syn, "x", "sex")
ttest(syn, "y", "area"); ttest(lon, "x", "area"); ttest(jkn, "x", "sex"); ttest(jk1, "api00", "awards")
ttest(nh, "HI_CHOL", "RIAGENDR")
one <- function(d, y, minus = NULL) {
  f <- if (is.null(minus)) sprintf("%s ~ 0", y) else sprintf("I(%s - %s) ~ 0", y, minus)
  est <- if (is.null(minus)) sprintf("{stat: ttest, var: %s}", y) else
    sprintf("{stat: ttest, var: %s, minus: %s}", y, minus)
  x <- svyttest(as.formula(f), d$des, na.rm = TRUE)
  emit(d, est, NA, "t", "", statistic = x$statistic, df = x$parameter, p = x$p.value)
  emit(d, est, 0, "", "", estimate = x$estimate, lo = x$conf.int[1], hi = x$conf.int[2])
}
one(strat, "api00"); one(syn, "x"); one(clus1, "api00", "enroll"); one(jkn, "x", "q"); one(sc, "alive")
one(sc, "arrests", "alive")

rank <- function(d, y, g, test) {
  x <- svyranktest(as.formula(sprintf("%s ~ factor(%s)", y, g)), d$des, test = test)
  est <- sprintf("{stat: ranktest, var: %s, groups: %s, test: %s}", y, g, test)
  if (is.null(x$ddf)) {
    emit(d, est, NA, test, "", statistic = x$statistic, df = x$parameter, p = x$p.value)
    emit(d, est, 0, "", "", estimate = x$estimate)
  } else emit(d, est, NA, test, "", statistic = x$parameter, df = x$statistic, ddf = x$ddf, p = x$p.value)
}
for (test in c("wilcoxon", "vanderWaerden", "median", "KruskalWallis")) {
  rank(strat, "api00", "awards", test); rank(clus1, "api00", "stype", test)
  rank(syn, "x", "sex", test); rank(syn, "x", "q", test)
}
rank(lon, "x", "area", "wilcoxon"); rank(jkn, "x", "sex", "wilcoxon"); rank(jk1, "api00", "awards", "median")
rank(nh, "race", "RIAGENDR", "wilcoxon")       # nothing but ties

# svykappa wants names, and counts NA as a category
fact <- function(d, ...) { for (v in c(...)) d$des$variables[[v]] <- factor(d$des$variables[[v]]); d }
kappa <- function(d, a, b) {
  answered <- !is.na(d$des$variables[[a]]) & !is.na(d$des$variables[[b]])
  x <- svykappa(as.formula(sprintf("~%s + %s", a, b)), fact(d, a, b)$des[answered, ])
  emit(d, sprintf("{stat: kappa, vars: [%s, %s]}", a, b), 0, "", "", estimate = coef(x), se = SE(x))
}
kappa(strat, "awards", "target"); kappa(clus1, "awards", "target"); kappa(syn, "y", "rare")
kappa(jkn, "y", "rare"); kappa(lon, "y", "rare")

alpha <- function(d, ...) {
  v <- c(...)
  x <- svycralpha(as.formula(paste("~", paste(v, collapse = "+"))), d$des, na.rm = TRUE)
  est <- sprintf("{stat: alpha, vars: [%s]}", paste(v, collapse = ", "))
  emit(d, est, 0, "", "", estimate = x)
}
alpha(strat, "api00", "meals", "enroll"); alpha(syn, "x", "q", "sex"); alpha(jkn, "x", "q"); alpha(nh, "race", "agecat")
# its standard error, which R does not give, by replicates done by hand
se <- withReplicates(subset(jkn$des, !is.na(x) & !is.na(q)), function(w, data) {
  v <- function(y) { m <- sum(w * y) / sum(w); sum(w * (y - m)^2) / sum(w) }
  2 * (1 - (v(data$x) + v(data$q)) / v(data$x + data$q)) })
emit(jkn, "{stat: alpha, vars: [x, q]}", 0, "", "", estimate = coef(se), se = SE(se))

loglin <- function(d, ..., small, large) {
  e <- fact(d, ...)$des
  a <- svyloglin(as.formula(small), e); b <- svyloglin(as.formula(large), e)
  x <- anova(a, b)
  est <- sprintf("{stat: loglin, formula: \"%s\", against: \"%s\", tests: [F, Chisq, saddlepoint]}", small, large)
  for (i in c(1, length(coef(a)))) emit(d, est, i - 1, "", "", estimate = coef(a)[i], se = sqrt(diag(vcov(a)))[i])
  for (k in 1:2) {
    y <- x[[c("dev", "score")[k]]]; term <- c("deviance", "score")[k]
    emit(d, est, NA, "Chisq", term, statistic = y[[1]], p = y$p[2])
    emit(d, est, NA, "F", term, statistic = y[[1]], p = y$p[3])
    emit(d, est, NA, "saddlepoint", term, p = y$p[4])
  }
}
loglin(syn, "sex", "area", small = "~ sex + area", large = "~ sex * area")
loglin(clus1, "stype", "awards", "target", small = "~ stype + awards + target",
       large = "~ stype * awards + target")
loglin(clus1, "stype", "awards", small = "~ stype + awards", large = "~ stype * awards")
loglin(nh, "RIAGENDR", "HI_CHOL", small = "~ RIAGENDR + HI_CHOL", large = "~ RIAGENDR * HI_CHOL")
loglin(jk1, "stype", "awards", small = "~ stype + awards", large = "~ stype * awards")

write.csv(cases, "tests.csv", row.names = FALSE, na = "")
