# Gold numbers for tests/measure/test_models.c, from R 4.2, survey 4.1, survival, laeken, mitools. Run
# in this folder:
#     Rscript make_models.R
# Writes m_*.csv (data of the survey, survival and laeken packages, columns and rows chosen; the
# imputations are synthetic) and models.csv, one line a number: data, design, weighting steps and
# estimate as a recipe writes them; item (its place, from 0) and field, or test (with its term) and
# field; the tolerance. Iterations of R are asked to go on beyond their default stop.
suppressMessages({library(survey); library(survival); library(laeken); library(mitools)})
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), ifelse(is.infinite(x) & x > 0, "inf", ""))
save <- function(d, name) write.csv(d, paste0("m_", name, ".csv"), row.names = FALSE, na = "",
                                    quote = FALSE)
read <- function(name) read.csv(paste0("m_", name, ".csv"), na.strings = "", stringsAsFactors = TRUE)

# ---- data ------------------------------------------------------------------------------------------
data(api)
tidy <- function(d, more) {
  d <- d[, c("stype", "dnum", "snum", "pw", "api00", "api99", "enroll", "meals", "ell", "mobility",
             "sch.wide", "awards", "comp.imp", "api.stu", more)]
  names(d)[names(d) == "sch.wide"] <- "sch"
  d$yes <- as.integer(d$sch == "Yes")
  d$level <- cut(d$api00, c(0, 580, 660, 740, 1000), labels = FALSE)
  d$mobility[seq(3, nrow(d), 17)] <- NA
  d
}
save(tidy(apistrat, "fpc"), "strat")
save(tidy(apiclus1, "fpc"), "clus1")
save(tidy(apiclus2, c("fpc1", "fpc2")), "clus2")
data(pbc, package = "survival")
pbc$randomized <- with(pbc, !is.na(trt) & trt > 0)
pbc$randprob <- fitted(glm(randomized ~ age * edema, data = pbc, family = binomial))
p <- subset(pbc, randomized)[, c("id", "time", "status", "trt", "age", "sex", "edema", "bili",
                                 "protime", "albumin", "randprob")]
p$dead <- as.integer(p$status == 2)
p$years <- pmax(1, round(p$time / 365.25))             # with many ties
p$pw <- 1 / p$randprob
p$clinic <- 1 + p$id %% 23
save(p, "pbc")
data(eusilc)
set.seed(7)
households <- sort(sample(unique(eusilc$db030), 500))
s <- eusilc[eusilc$db030 %in% households, c("db030", "db040", "rb050", "rb090", "eqIncome")]
names(s) <- c("hh", "region", "w", "sex", "income")
s$region <- gsub(" ", "", iconv(as.character(s$region), to = "ASCII//TRANSLIT"))
save(s, "silc")
set.seed(11)
base <- tidy(apistrat, "fpc")[, c("stype", "pw", "fpc", "api00", "enroll", "meals", "yes")]
gone <- sample(nrow(base), 50)
all <- NULL
for (l in 1:5) {
  d <- base
  d$meals[gone] <- pmin(100, pmax(0, round(rnorm(50, 100 - (d$api00[gone] - 400) / 5, 15))))
  d$yes[gone[1:20]] <- rbinom(20, 1, .7)
  save(d, paste0("imp", l))
  all <- rbind(all, cbind(imp = l, d))
}
save(all, "imp")

# ---- how a number is written -----------------------------------------------------------------------
out <- NULL
emit <- function(case, tol, item, test, term, values)
  for (f in names(values)) # a small p magnifies the last digits of R's standard error
                           out <<- rbind(out, data.frame(data = case$data, design = case$design,
    weights = case$weights, estimate = case$estimate, item = item, test = test, term = term,
    field = f, value = num(as.numeric(values[[f]])),
    tolerance = if (f == "p" && tol == 1e-7) 1e-6 else tol))
CLOSED <- 1e-9; NEWTON <- 1e-7; SADDLE <- 1e-5
tight <- list(epsilon = 1e-14, maxit = 100)
case <- function(data, design, estimate, weights = "") list(data = paste0("m_", data, ".csv"),
  design = design, weights = weights, estimate = estimate)
strat <- read("strat"); clus1 <- read("clus1"); clus2 <- read("clus2"); pbc <- read("pbc")
silc <- read("silc")
ds <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat)
ds0 <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat)
d1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = clus1)
d2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = clus2)
Ys <- "{weight: pw, strata: [stype], fpc: [fpc]}"
Ys0 <- "{weight: pw, strata: [stype]}"
Y1 <- "{weight: pw, psu: [dnum], fpc: [fpc]}"
Y2 <- "{psu: [dnum, snum], fpc: [fpc1, fpc2]}"

# ---- glm -------------------------------------------------------------------------------------------
coefficients <- function(m, k, tol, first = 0, up = identity, by = list()) {
  ci <- confint(m); t <- coef(m) / SE(m)
  for (j in seq_along(coef(m)))
    emit(k, tol, first + j - 1, "", "", list(estimate = up(coef(m)[j]), lo = up(ci[j, 1]), hi = up(ci[j, 2]),
      statistic = t[j], p = 2 * pt(-abs(t[j]), m$df.residual), df = m$df.residual))
}
glm_case <- function(k, m, tol = NEWTON, tests = character(), labels = attr(stats::terms(m), "term.labels")) {
  coefficients(m, k, tol)
  for (t in labels) {
    f <- reformulate(t)
    if ("Wald" %in% tests) {
      w <- regTermTest(m, f)
      emit(k, tol, NA, "Wald", t, list(statistic = w$Ftest, df = w$df, ddf = w$ddf, p = w$p))
    }
    for (method in intersect(c("LRT", "WorkingWald"), tests)) {
      w <- regTermTest(m, f, method = method)
      emit(k, if (tol < 1e-6) 1e-6 else tol, NA, method, t, list(statistic = w$chisq / mean(w$lambda)))
      emit(k, SADDLE, NA, method, t, list(p = w$p))
    }
  }
}
one <- function(data, yaml, des, formula, family, fam, tests = c("Wald"), link = "", tol = NEWTON, weights = "") {
  e <- sprintf("{stat: glm, epsilon: 0, family: %s, %sformula: \"%s\", terms: true, tests: [%s]}", family,
               link, formula, paste(tests, collapse = ", "))
  FAM <<- fam; DES <<- des              # svyglm looks for them outside of functions
  m <- suppressWarnings(svyglm(as.formula(formula), DES, family = FAM, control = tight))
  glm_case(case(data, yaml, e, weights), m, tol, tests)
  invisible(m)
}
all3 <- c("Wald", "LRT", "WorkingWald")
one("strat", Ys, ds, "api00 ~ ell + meals + stype", "gaussian", gaussian(), all3, tol = CLOSED)
one("clus1", Y1, d1, "api00 ~ ell * meals + log(enroll)", "gaussian", gaussian(), tol = CLOSED)
one("clus2", Y2, d2, "api00 ~ ell + mobility", "gaussian", gaussian(), tol = CLOSED)  # missing answers
one("strat", Ys0, ds0, "api00 ~ stype:meals + I(enroll/100) - 1", "gaussian", gaussian(), character(), tol = CLOSED)
one("strat", Ys, ds, "yes ~ ell + meals + stype", "binomial", quasibinomial(), all3)
one("clus1", Y1, d1, "sch ~ stype + enroll + ell", "quasibinomial", quasibinomial(), all3)
one("clus1", Y1, d1, "sch ~ stype + enroll + mobility", "quasibinomial", quasibinomial(), "Wald")  # missing
# (R's LRT would take more cases for a smaller model without the variable that is missing.)
one("clus2", Y2, d2, "yes ~ meals", "binomial", quasibinomial(), "Wald")
one("strat", Ys, ds, "yes ~ ell + enroll", "binomial", quasibinomial("probit"), "Wald", "link: probit, ")
one("strat", Ys, ds, "yes ~ ell + enroll", "binomial", quasibinomial("cloglog"), "Wald", "link: cloglog, ")
one("strat", Ys, ds, "api.stu ~ ell + stype", "quasipoisson", quasipoisson(), all3)
one("clus1", Y1, d1, "api.stu ~ offset(log(enroll)) + ell", "poisson", quasipoisson(), "Wald")
one("strat", Ys, ds, "I(api00 > 700) ~ meals * stype", "binomial", quasibinomial(), "Wald")
r <- "{step: rake, margins: [{var: stype, totals: {E: 4421, H: 755, M: 1018}}]}"
dp <- postStratify(d1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)))
one("clus1", Y1, dp, "yes ~ ell + meals", "binomial", quasibinomial(), "Wald", weights = r)
one("clus1", Y1, dp, "api00 ~ ell + meals", "gaussian", gaussian(), "Wald", weights = r, tol = CLOSED)
jk <- as.svrepdesign(ds, type = "JKn")
one("strat", sub("}", ", replicates: {type: jkn}}", Ys, fixed = TRUE), jk, "yes ~ ell + meals + stype",
    "binomial", quasibinomial(), all3)
jk1 <- as.svrepdesign(d1, type = "JK1")
one("clus1", sub("}", ", replicates: {type: jk1}}", Y1, fixed = TRUE), jk1, "api00 ~ mobility + enroll",
    "gaussian", gaussian(), "Wald", tol = CLOSED)

# odds ratios; domains; aliased columns; pseudo-R2; design effects
k <- case("strat", Ys, "{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ ell + stype\", exponentiate: true}")
m <- svyglm(yes ~ ell + stype, ds, family = quasibinomial(), control = tight)
ci <- confint(m)
for (j in 1:4) emit(k, NEWTON, j - 1, "", "", list(estimate = exp(coef(m)[j]), lo = exp(ci[j, 1]),
  hi = exp(ci[j, 2]), se = exp(coef(m)[j]) * SE(m)[j]))
k <- case("strat", Ys, "{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ ell + enroll\", by: [stype]}")
for (t in c("E", "H", "M"))
  coefficients(svyglm(yes ~ ell + enroll, subset(ds, stype == t), family = quasibinomial(),
                      control = tight), k, NEWTON, first = 3 * match(t, c("E", "H", "M")) - 3)
k <- case("clus1", Y1, "{stat: glm, epsilon: 0, formula: \"api00 ~ ell + meals\", where: \"stype = 'E'\", deff: true}")
m <- svyglm(api00 ~ ell + meals, subset(d1, stype == "E"), deff = TRUE)
coefficients(m, k, CLOSED)
for (j in 1:3) emit(k, CLOSED, j - 1, "", "", list(deff = deff(m)[j]))
k <- case("strat", Ys, "{stat: glm, epsilon: 0, aliased: drop, formula: \"api00 ~ ell + I(2 * ell) + meals\"}")
m <- svyglm(api00 ~ ell + meals, ds)
emit(k, CLOSED, 1, "", "", list(estimate = coef(m)[2], se = SE(m)[2]))
emit(k, CLOSED, 2, "", "", list(estimate = NaN, se = NaN))
emit(k, CLOSED, 3, "", "", list(estimate = coef(m)[3], se = SE(m)[3], df = m$df.residual))
k <- case("strat", Ys, "{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ ell + stype\", tests: [Nagelkerke, Cox-Snell]}")
m <- svyglm(yes ~ ell + stype, ds, family = quasibinomial(), control = tight)
emit(k, NEWTON, NA, "Nagelkerke", "", list(statistic = psrsq(m, "Nagelkerke")))
emit(k, NEWTON, NA, "Cox-Snell", "", list(statistic = psrsq(m, "Cox-Snell")))

# predictive margins
margins <- function(k, m, factor, first, values, tol) {
  p <- svypredmeans(m, factor)
  for (j in seq_along(values)) emit(k, tol, first + j - 1, "", "",
    list(estimate = coef(p)[values[j]], se = SE(p)[match(values[j], names(coef(p)))]))
}
k <- case("strat", Ys, "{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ ell + meals\", margins: [stype]}")
margins(k, svyglm(yes ~ ell + meals, ds, family = quasibinomial(), control = tight), ~stype, 3, c("E", "H", "M"), NEWTON)
k <- case("strat", Ys, "{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ ell + meals + stype\", margins: [stype]}")
margins(k, svyglm(yes ~ ell + meals, ds, family = quasibinomial(), control = tight), ~stype, 5, c("E", "H", "M"), NEWTON)
k <- case("clus1", Y1, "{stat: glm, epsilon: 0, formula: \"api00 ~ ell + mobility\", margins: [sch]}")
margins(k, svyglm(api00 ~ ell + mobility, d1), ~sch, 3, c("No", "Yes"), CLOSED)
k <- case("clus2", Y2, "{stat: glm, epsilon: 0, family: quasipoisson, formula: \"api.stu ~ ell + enroll\", margins: [awards]}")
margins(k, svyglm(api.stu ~ ell + enroll, d2, family = quasipoisson(), control = tight), ~awards, 3, c("No", "Yes"), NEWTON)

# ---- ordinal ---------------------------------------------------------------------------------------
# svyolr stops its optimiser near the optimum and takes second derivatives by differences of 1e-3, good
# to 1e-3 or so: here its coefficients start Newton's method, with derivatives by Richardson's rule.
olr <- function(data, yaml, des, method, word, formula) {
  des <- update(des, level = factor(level))
  m <- svyolr(as.formula(formula), des, method = method, control = list(reltol = 1e-16, maxit = 2000))
  k <- case(data, yaml, sprintf("{stat: olr, formula: \"%s\", method: %s}", formula, word))
  b <- c(m$coefficients, m$zeta)
  if (length(m$na.action)) des <- des[-m$na.action, ]
  f <- model.frame(as.formula(formula), model.frame(des))
  x <- model.matrix(as.formula(formula), f)[, -1, drop = FALSE]
  y <- unclass(model.response(f)); w <- weights(des); q <- length(m$zeta); p <- ncol(x)
  cdf <- switch(method, logistic = plogis, probit = pnorm, cloglog = function(q) exp(-exp(-q)))
  pdf <- switch(method, logistic = dlogis, probit = dnorm, cloglog = function(q) exp(-q - exp(-q)))
  scores <- function(b) {
    z <- c(-Inf, b[p + 1:q], Inf); eta <- drop(x %*% b[1:p])
    hi <- z[y + 1] - eta; lo <- z[y] - eta
    fhi <- ifelse(is.finite(hi), pdf(hi), 0); flo <- ifelse(is.finite(lo), pdf(lo), 0)
    pr <- cdf(hi) - cdf(lo)
    cbind(-x * (fhi - flo), outer(y, 1:q, "==") * fhi - outer(y, 1:q + 1, "==") * flo) / pr
  }
  total <- function(b) colSums(w * scores(b))
  for (i in 1:6) { h <- -numDeriv::jacobian(total, b); b <- b + solve(h, total(b)) }
  stopifnot(max(abs(b / c(m$coefficients, m$zeta) - 1)) < 1e-3)
  s <- SE(svytotal(scores(b) %*% solve(h), des))
  r <- sqrt(diag(vcov(m)))
  for (j in seq_along(b)) {
    emit(k, NEWTON, j - 1, "", "", list(estimate = b[j], se = s[j], df = m$df.residual))
    emit(k, 2e-3 * (1 + 49 * grepl("enroll", formula)), j - 1, "", "", list(se = r[j]))  # R's own
  }
}
olr("strat", Ys, ds, "logistic", "logit", "level ~ ell + enroll")
olr("clus1", Y1, d1, "logistic", "logit", "level ~ ell + mobility")
olr("strat", Ys, ds, "probit", "probit", "level ~ ell + stype")
olr("strat", Ys, ds, "cloglog", "cloglog", "level ~ ell")

# ---- survival --------------------------------------------------------------------------------------
dp1 <- svydesign(id = ~1, prob = ~randprob, strata = ~edema, data = pbc)
dp2 <- svydesign(id = ~clinic, weights = ~pw, data = pbc)
YP <- "{weight: pw, strata: [edema]}"; YC <- "{weight: pw, psu: [clinic]}"
curve <- function(yaml, des, time, at, by) {
  k <- case("pbc", yaml, sprintf("{stat: km, time: %s, event: dead, times: [%s]%s}", time, paste(at, collapse = ", "),
                                 if (by) ", by: [sex]" else ""))
  f <- as.formula(paste0("Surv(", time, ", dead) ~ 1"))
  first <- 0
  for (g in if (by) c("f", "m") else "") {
    s <- svykm(f, if (by) subset(des, sex == g) else des, se = TRUE)
    ci <- confint(s, parm = at)
    for (j in seq_along(at)) {
      i <- max(which(s$time <= at[j]))
      emit(k, CLOSED, first, "", "", list(estimate = s$surv[i], se = s$surv[i] * sqrt(s$varlog[i]),
                                          lo = ci[j, 1], hi = ci[j, 2]))
      first <- first + 1
    }
  }
}
curve(YP, dp1, "time", c(400, 1000, 2000, 3000), FALSE)
curve(YC, dp2, "years", c(1, 3, 7), TRUE)
k <- case("pbc", YP, "{stat: km, time: time, event: \"status == 2\", quantiles: [0.25, 0.5]}")
s <- svykm(Surv(time, status == 2) ~ 1, dp1, se = TRUE)
q <- quantile(s, c(.75, .5), ci = TRUE)
for (j in 1:2) emit(k, CLOSED, j - 1, "", "", list(estimate = q[j], lo = attr(q, "ci")[j, 1], hi = attr(q, "ci")[j, 2]))
k <- case("pbc", YP, "{stat: km, time: time, event: dead, times: [1000, 3000], type: km}")
s <- svykm(Surv(time, dead) ~ 1, dp1, se = FALSE)
for (j in 1:2) emit(k, CLOSED, j - 1, "", "", list(estimate = s$surv[max(which(s$time <= c(1000, 3000)[j]))]))

rank <- function(yaml, des, formula, time, rho, g = 0) {
  k <- case("pbc", yaml, sprintf("{stat: logrank, time: %s, event: dead, formula: \"~ %s\", rho: %g, gamma: %g}", time, formula, rho, g))
  x <- svylogrank(as.formula(paste0("Surv(", time, ", dead) ~ ", formula)), des, rho = rho, gamma = g)
  for (j in seq_len(nrow(x[[1]]))) emit(k, CLOSED, j - 1, "", "",
    list(estimate = x[[1]][j, 1], se = x[[1]][j, 2], statistic = x[[1]][j, 3], p = x[[1]][j, 4]))
  emit(k, CLOSED, NA, "Chisq", "", list(statistic = x[[2]][1], p = x[[2]][2]))
}
rank(YP, dp1, "sex", "time", 0)
rank(YC, dp2, "sex", "time", 1)
rank(YC, dp2, "factor(edema)", "time", 0)
rank(YC, dp2, "sex", "years", 0)
rank(YP, dp1, "sex", "time", 1, 1)

hazards <- function(yaml, des, formula, time, ties, tests) {
  k <- case("pbc", yaml, sprintf("{stat: cox, time: %s, event: dead, formula: \"~ %s\", ties: %s, tests: [%s]}",
                                 time, formula, ties, paste(tests, collapse = ", ")))
  TIES <<- ties; DES <<- des
  fit <- function(f) eval(parse(text = sprintf(paste("svycoxph(Surv(%s, dead) ~ %s, DES, method = TIES,",
    "control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))"), time, f)), globalenv())
  m <- fit(formula)
  b <- coef(m); v <- vcov(m); df <- c(m$degf.resid, m$degf.residual)[1]
  for (j in seq_along(b)) emit(k, NEWTON, j - 1, "", "", list(estimate = b[j], se = sqrt(v[j, j])))
  # Tests by their formulas: regTermTest of 4.1-1 takes the wrong coefficients of this coxph (its
  # model.matrix now counts an intercept).
  labels <- attr(terms(as.formula(paste("~", formula))), "term.labels")
  for (t in labels) {
    i <- which(startsWith(names(b), t)); q <- length(i)
    x <- drop(b[i] %*% solve(v[i, i], b[i])) / q
    emit(k, NEWTON, NA, "Wald", t, list(statistic = x, df = q, ddf = df, p = pf(x, q, df, lower.tail = FALSE)))
    if (!"LRT" %in% tests) next
    v0 <- m$naive.var[i, i]            # inv.info, in 4.1-1, is survival's own sandwich for such weights
    lambda <- eigen(solve(v0) %*% v[i, i])$values
    small <- fit(paste(setdiff(labels, t), collapse = " + "))
    x2 <- c(LRT = 2 * (m$ll[2] - small$ll[2]), WorkingWald = drop(b[i] %*% solve(v0, b[i])))
    for (method in names(x2)) {
      emit(k, 1e-6, NA, method, t, list(statistic = x2[[method]] / mean(lambda)))
      emit(k, SADDLE, NA, method, t, list(p = pFsum(x2[[method]], rep(1, q), lambda, df, FALSE, "saddlepoint")))
    }
  }
}
hazards(YP, dp1, "log(bili) + protime + albumin", "time", "efron", all3)
hazards(YC, dp2, "log(bili) + sex + factor(edema)", "years", "efron", c("Wald"))
hazards(YC, dp2, "log(bili) + age", "years", "breslow", c("Wald"))
jp <- as.svrepdesign(dp2, type = "JK1")
hazards(sub("}", ", replicates: {type: jk1}}", YC, fixed = TRUE), jp, "log(bili) + sex", "time", "efron", "Wald")

# ---- inequality ------------------------------------------------------------------------------------
# Points of laeken; errors by numerical derivation of laeken's own functions in each weight (gini, qsr
# are smooth in the weights but for the quantiles, so only gini), through svytotal.
dsi <- svydesign(id = ~hh, strata = ~region, weights = ~w, data = silc)
YI <- "{weight: w, strata: [region], psu: [hh]}"
with(silc, {
  k <- case("silc", YI, "{stat: gini, var: income}")
  h <- 1e-4
  z <- sapply(seq_along(w), function(i) {
    up <- w; up[i] <- up[i] * (1 + h); down <- w; down[i] <- down[i] * (1 - h)
    (laeken:::giniCoeff(income, up) - laeken:::giniCoeff(income, down)) / (200 * h * w[i]) })
  emit(k, CLOSED, 0, "", "", list(estimate = gini(income, w)$value / 100))
  emit(k, 1e-6, 0, "", "", list(se = SE(svytotal(z, dsi))))
  k <- case("silc", YI, "{stat: gini, var: income, by: [sex]}")
  g <- gini(income, w, breakdown = sex)$valueByStratum
  for (j in 1:2) emit(k, CLOSED, j - 1, "", "", list(estimate = g$value[match(c("female", "male")[j], g$stratum)] / 100))
  for (s in c("arpr", "rmpg")) {
    k <- case("silc", YI, sprintf("{stat: %s, var: income}", s))
    emit(k, CLOSED, 0, "", "", list(estimate = get(s)(income, w)$value / 100))
  }
  emit(case("silc", YI, "{stat: qsr, var: income}"), CLOSED, 0, "", "", list(estimate = qsr(income, w)$value))
  emit(case("silc", YI, "{stat: arpt, var: income}"), CLOSED, 0, "", "", list(estimate = arpt(income, w)))
  g <- arpr(income, w, breakdown = sex)$valueByStratum
  k <- case("silc", YI, "{stat: arpr, var: income, by: [sex]}")
  for (j in 1:2) emit(k, CLOSED, j - 1, "", "", list(estimate = g$value[match(c("female", "male")[j], g$stratum)] / 100))
  # linearised errors of threshold and rate, written out after Deville and Osier
  n <- sum(w); q <- weightedMedian(income, w); t <- .6 * q; p <- sum(w[income < t]) / n
  band <- sqrt(sum(w * income^2) / n - (sum(w * income) / n)^2) / n^.2
  f <- function(x) sum(w * dnorm((x - income) / band)) / (n * band)
  zt <- -.6 * ((income <= q) - .5) / (n * f(q))
  emit(case("silc", YI, "{stat: arpt, var: income}"), CLOSED, 0, "", "", list(se = SE(svytotal(zt, dsi))))
  emit(case("silc", YI, "{stat: arpr, var: income}"), CLOSED, 0, "", "",
       list(se = SE(svytotal(((income < t) - p) / n + f(t) * zt, dsi))))
})

# ---- imputations -----------------------------------------------------------------------------------
imputed <- imputationList(lapply(1:5, function(l) read(paste0("imp", l))))
di <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = imputed)
files <- "imputations: [m_imp1.csv, m_imp2.csv, m_imp3.csv, m_imp4.csv, m_imp5.csv]"
pool <- function(e, des, x, df = Inf, data = "imp1", given = files, yaml = Ys, tol = NEWTON) {
  k <- case(data, yaml, sprintf("{stat: pooled, %s, %sestimate: %s}", given,
                              if (is.finite(df)) sprintf("complete_df: %g, ", df) else "", e))
  m <- MIcombine(x, df.complete = df)
  for (j in seq_along(coef(m)))
    emit(k, tol, j - 1, "", "", list(estimate = coef(m)[j], se = SE(m)[j], df = m$df[j],
      lo = coef(m)[j] - qt(.975, m$df[j]) * SE(m)[j]))
  for (j in seq_along(coef(m))) emit(k, tol, NA, "fmi", names(coef(m))[j], list(statistic = m$missinfo[j]))
}
pool("{stat: glm, epsilon: 0, family: binomial, formula: \"yes ~ meals + enroll\"}", di,
     with(di, svyglm(yes ~ meals + enroll, family = quasibinomial(), control = tight)))
pool("{stat: glm, epsilon: 0, formula: \"api00 ~ meals\"}", di, with(di, svyglm(api00 ~ meals)), df = 197, tol = CLOSED)
pool("{stat: mean, vars: [meals, yes]}", di, with(di, svymean(~meals + yes)), tol = CLOSED)
di0 <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = imputed)
pool("{stat: mean, vars: [meals, yes]}", di0, with(di0, svymean(~meals + yes)), tol = CLOSED,
     data = "imp", given = "imputations: imp", yaml = Ys0)
write.csv(out, "models.csv", row.names = FALSE, na = "")
cat(nrow(out), "numbers\n")
