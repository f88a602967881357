# Gold recipes, second set: whole recipes with the numbers of R survey 4.1, after the examples on R's help pages,
# the other designs it ships, and synthetic surveys. Run in this folder: Rscript make_recipes_ref.R
# (R 4.2.2, survey 4.1-1, survival 3.5, mitools)
suppressMessages({library(survey); library(survival)})
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
dir.create("recipes_ref", showWarnings = FALSE)
out <- list()
put <- function(recipe, id, item, field, value, tol = 1e-9)
  out[[length(out) + 1]] <<- data.frame(recipe, id, item, field, value = sprintf("%.17g", as.numeric(value)), tol)
data_csv <- function(name, d) write.csv(d, file.path("recipes_ref", paste0(name, ".csv")), row.names = FALSE, na = "", quote = TRUE)
recipe <- function(name, ...) writeLines(c(...), file.path("recipes_ref", paste0(name, ".yaml")))
vec <- function(recipe, id, names, est, se = NULL, tol = 1e-9) for (i in seq_along(names)) {
  put(recipe, id, names[i], "estimate", est[i], tol); if (!is.null(se)) put(recipe, id, names[i], "se", se[i], tol) }
cis <- function(recipe, id, names, word, ci, tol = 1e-9) { ci <- rbind(ci); for (i in seq_along(names)) {
  put(recipe, id, names[i], paste0("ci.", word, ".1"), ci[i, 1], tol); put(recipe, id, names[i], paste0("ci.", word, ".2"), ci[i, 2], tol) } }
tst <- function(recipe, id, name, stat, p, df = NULL, ddf = NULL, tol = 1e-9) { put(recipe, id, paste0("test:", name), "statistic", stat, tol); put(recipe, id, paste0("test:", name), "p", p, tol)
  if (!is.null(df)) put(recipe, id, paste0("test:", name), "df", df, tol); if (!is.null(ddf)) put(recipe, id, paste0("test:", name), "ddf", ddf, tol) }
mod <- function(recipe, id, g, tol = 1e-7) { sm <- coef(summary(g)); vec(recipe, id, rownames(sm), sm[, 1], sm[, 2], tol); for (k in rownames(sm)) { put(recipe, id, k, "statistic", sm[k, 3], tol); put(recipe, id, k, "p", sm[k, 4], tol * 1000) } }
ctl <- glm.control(epsilon = 1e-14, maxit = 100)
yesci <- function(des, w, ...) attr(suppressWarnings(svyciprop(~yes, des, method = w, ...)), "ci")
# ---- help pages over api ---------------------------------------------------------------------------
data(api); data(fpc); data(mu284); data(scd); data(election); data(hospital); data(nhanes)
keep <- c("stype", "snum", "dnum", "cname", "pw", "fpc", "api00", "api99", "enroll", "meals", "ell", "awards", "sch.wide", "comp.imp", "target", "both", "mobility", "emer", "api.stu", "hsg", "acs.46", "pcttest", "yr.rnd","fpc1","fpc2")
for (n in c("apisrs", "apistrat", "apiclus1", "apiclus2")) {
  d <- get(n); d <- d[, intersect(keep, names(d))]
  names(d) <- gsub(".", "_", names(d), fixed = TRUE); for (v in names(d)) if (is.factor(d[[v]])) d[[v]] <- as.character(d[[v]])
  rownames(d) <- NULL; data_csv(n, d); assign(n, read.csv(file.path("recipes_ref", paste0(n, ".csv")), na.strings = c("NA", ""), colClasses = c(awards = "character"))) }
srs <- svydesign(~1, fpc = ~fpc, data = apisrs)
strat <- svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
clus1 <- svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
clus2 <- svydesign(~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
Y <- list(srs = "design: {fpc: fpc}", strat = "design: {weight: pw, strata: [stype], fpc: [fpc]}", clus1 = "design: {weight: pw, psu: [dnum], fpc: [fpc]}", clus2 = "design: {psu: [dnum, snum], fpc: [fpc1, fpc2]}")
D <- list(srs = "data: apisrs.csv", strat = "data: apistrat.csv", clus1 = "data: apiclus1.csv", clus2 = "data: apiclus2.csv")
des <- list(srs = srs, strat = strat, clus1 = clus1, clus2 = clus2)
for (n in names(des)) { d <- des[[n]]; R <- paste0("a_", n)
  recipe(R, D[[n]], Y[[n]], '
estimates:
  - id: all
    stat: mean
    vars: [api00, api99, meals]
    missing: listwise
  - {id: stype, stat: mean, vars: [stype]}
  - {id: stypet, stat: total, vars: [stype]}
  - {id: inter, stat: prop, vars: [awards], by: [comp_imp], ci: [xlogit, beta, asin], df: design}
  - {id: where, stat: total, vars: [enroll], where: "comp_imp == \'Yes\' and stype != \'H\'"}
  - {id: ratio, stat: ratio, numerator: [api_stu, meals], denominator: [enroll], missing: listwise}
  - {id: ratioby, stat: ratio, numerator: api_stu, denominator: enroll, by: stype, deff: true}
  - {id: diff, stat: contrast, of: all, expr: "api00 - api99"}
  - {id: rel, stat: contrast, of: all, expr: "api00/api99"}
  - {id: lg, stat: contrast, of: all, expr: "exp(log(api00) - log(api99))^2 - sqrt(meals)"}
  - {id: q, stat: quantile, vars: [api00], quantiles: [0.1, 0.5, 0.9], interval: xlogit, by: [comp_imp]}
  - {id: qb, stat: quantile, vars: [enroll], quantiles: 0.5, interval: beta, qrule: hf7}
  - {id: qs, stat: quantile, vars: [enroll], quantiles: 0.25, interval: score}
  - {id: v, stat: variance, vars: [api00, api99], by: [comp_imp]}
  - {id: g1, stat: glm, epsilon: 0, family: gaussian, formula: "api00 ~ ell * meals + stype"}
  - {id: g2, stat: glm, epsilon: 0, family: gaussian, formula: "api00 ~ log(api99) + I(meals^2) + factor(stype):ell", where: "comp_imp == \'Yes\'"}
  - {id: g3, stat: glm, epsilon: 0, family: binomial, link: probit, formula: "(comp_imp == \'Yes\') ~ ell + meals + stype", terms: true, margins: [stype]}
  - {id: g4, stat: glm, epsilon: 0, family: binomial, link: cloglog, formula: "I(comp_imp == \'Yes\') ~ ell + meals"}
  - {id: g5, stat: glm, epsilon: 0, family: poisson, formula: "api_stu ~ stype + meals + offset(log(enroll))"}
  - {id: g6, stat: glm, epsilon: 0, family: quasibinomial, formula: "I(awards == \'Yes\') ~ meals", by: [comp_imp]}
  - {id: g7, stat: glm, epsilon: 0, family: gaussian, formula: "api00 ~ 0 + stype"}
  - {id: gof, stat: gof, var: stype, p: {E: 0.7, H: 0.1, M: 0.2}, tests: [Chisq, saddlepoint]}
  - {id: tp, stat: ttest, var: api00, groups: comp_imp}
  - {id: rk, stat: ranktest, var: enroll, groups: comp_imp, test: vanderWaerden}
  - {id: rm, stat: ranktest, var: enroll, groups: comp_imp, test: median}
  - {id: rw, stat: ranktest, var: enroll, groups: stype, test: KruskalWallis}
  - {id: kap, stat: kappa, vars: [comp_imp, sch_wide]}
  - {id: alpha, stat: alpha, vars: [ell, mobility, emer], missing: listwise}
  - {id: xt, stat: crosstab, rows: sch_wide, cols: comp_imp, tests: [F, Chisq, Wald, adjWald, lincom, saddlepoint]}
')
  m <- svymean(~api00 + api99 + meals, d); vec(R, "all", c("api00", "api99", "meals"), coef(m), SE(m))
  s <- svymean(~stype, d); vec(R, "stype", c("E", "H", "M"), coef(s), SE(s)); s <- svytotal(~stype, d); vec(R, "stypet", c("E", "H", "M"), coef(s), SE(s))
  d <- update(d, yes = as.numeric(awards == "Yes"))
  for (k in c("No", "Yes")) { u <- subset(d, comp_imp == k); p <- svymean(~yes, u); vec(R, "inter", paste0(k, ":Yes"), coef(p), SE(p))
    for (w in c("xlogit", "asin")) if (coef(p) > 0) cis(R, "inter", paste0(k, ":Yes"), w, yesci(u, w, df = degf(d))) }
  t <- svytotal(~enroll, subset(d, comp_imp == "Yes" & stype != "H"), na.rm = TRUE); vec(R, "where", "enroll", coef(t), SE(t))
  r <- svyratio(~api_stu + meals, ~enroll, d, na.rm = TRUE); vec(R, "ratio", c("api_stu/enroll", "meals/enroll"), r$ratio, SE(r))
  for (k in c("E", "H", "M")) { r <- svyratio(~api_stu, ~enroll, subset(d, stype == k), na.rm = TRUE); vec(R, "ratioby", k, r$ratio, SE(r)) }
  for (e in list(list("diff", quote(api00 - api99)), list("rel", quote(api00 / api99)), list("lg", quote(exp(log(api00) - log(api99))^2 - sqrt(meals))))) { x <- svycontrast(m, e[[2]]); vec(R, e[[1]], "*", coef(x), SE(x)) }
  qs <- c(.1, .5, .9); for (k in c("No", "Yes")) { q <- svyquantile(~api00, subset(d, comp_imp == k), qs, interval.type = "xlogit"); x <- q[[1]]
    for (i in 1:3) { it <- paste0(k, ":", qs[i]); put(R, "q", it, "estimate", x[i, 1]); put(R, "q", it, "se", SE(q)[i]); cis(R, "q", it, "xlogit", x[i, 2:3]) } }
  q <- svyquantile(~enroll, d, .5, interval.type = "beta", qrule = "hf7", na.rm = TRUE); put(R, "qb", "*", "estimate", q[[1]][1]); cis(R, "qb", "*", "beta", q[[1]][2:3])
  q <- svyquantile(~enroll, d, .25, interval.type = "score", na.rm = TRUE); put(R, "qs", "*", "estimate", q[[1]][1]); cis(R, "qs", "*", "score", q[[1]][2:3], 1e-5)
  for (k in c("No", "Yes")) for (v in c("api00", "api99")) { x <- svyvar(make.formula(v), subset(d, comp_imp == k)); vec(R, "v", paste0(k, ":", v), coef(x), SE(x)) }
  mod(R, "g1", svyglm(api00 ~ ell * meals + stype, d), 1e-8)
  mod(R, "g2", svyglm(api00 ~ log(api99) + I(meals^2) + factor(stype):ell, subset(d, comp_imp == "Yes")), 1e-8)
  d <- update(d, ci = as.numeric(comp_imp == "Yes"))
  g <- suppressWarnings(svyglm(ci ~ ell + meals + stype, d, family = quasibinomial("probit"), control = ctl)); mod(R, "g3", g)
  rt <- regTermTest(g, ~stype); tst(R, "g3", "Wald:stype", rt$Ftest, rt$p, tol = 1e-7)
  g0 <- suppressWarnings(svyglm(ci ~ ell + meals, d, family = quasibinomial("probit"), control = ctl))
  df <- update(d, stype = factor(stype)); g0 <- suppressWarnings(svyglm(ci ~ ell + meals, df, family = quasibinomial("probit"), control = ctl)); pm <- svypredmeans(g0, ~stype); vec(R, "g3", paste0("stype:", names(coef(pm)), ":margin"), coef(pm), SE(pm), 1e-5)
  g <- suppressWarnings(svyglm(ci ~ ell + meals, d, family = quasibinomial("cloglog"), control = ctl)); mod(R, "g4", g, 1e-6)
  mod(R, "g5", suppressWarnings(svyglm(api_stu ~ stype + meals + offset(log(enroll)), d, family = quasipoisson, control = ctl)))
  for (k in c("No", "Yes")) { g <- suppressWarnings(svyglm(I(awards == "Yes") ~ meals, subset(d, comp_imp == k), family = quasibinomial, control = ctl)); if (max(abs(coef(g))) < 20) { sm <- coef(summary(g)); vec(R, "g6", paste0(k, ":", rownames(sm)), sm[, 1], sm[, 2], 1e-7) } }
  mod(R, "g7", svyglm(api00 ~ 0 + stype, d), 1e-8)
  x <- svygofchisq(~stype, p = c(.7, .1, .2), d); tst(R, "gof", "Chisq", x$statistic, x$p.value)
  x <- svyttest(api00 ~ comp_imp, d); tst(R, "tp", "t", x$statistic, x$p.value); put(R, "tp", "test:t", "df", x$parameter)
  e <- subset(d, !is.na(enroll))
  x <- svyranktest(enroll ~ comp_imp, e, test = "vanderWaerden"); tst(R, "rk", "vanderWaerden", x$statistic, x$p.value, tol = 1e-7)
  x <- svyranktest(enroll ~ comp_imp, e, test = "median"); tst(R, "rm", "median", x$statistic, x$p.value, tol = 1e-7)
  x <- svyranktest(enroll ~ stype, e, test = "KruskalWallis"); put(R, "rw", "test:KruskalWallis", "p", x$p.value, tol = 1e-7)
  x <- svykappa(~comp_imp + sch_wide, update(d, comp_imp = factor(comp_imp), sch_wide = factor(sch_wide))); vec(R, "kap", "*", coef(x), SE(x))
  x <- svycralpha(~ell + mobility + emer, d, na.rm = TRUE); put(R, "alpha", "*", "estimate", x)
  for (w in c("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint")) { x <- svychisq(~sch_wide + comp_imp, d, statistic = w); tst(R, "xt", w, x$statistic, x$p.value, tol = if (w %in% c("lincom", "saddlepoint")) 1e-5 else 1e-9) }
}
# ---- replicates over api: created types, given columns, domains, calibration ------------------------
reps <- list(
  jk1 = list(d = as.svrepdesign(clus1, type = "JK1"), y = sub("}", ", replicates: {type: jk1}}", Y$clus1, fixed = TRUE), data = D$clus1),
  jkn = list(d = as.svrepdesign(strat, type = "JKn"), y = sub("}", ", replicates: {type: jkn}}", Y$strat, fixed = TRUE), data = D$strat),
  jknmse = list(d = as.svrepdesign(strat, type = "JKn", mse = TRUE), y = sub("}", ", replicates: {type: jkn, mse: true}}", Y$strat, fixed = TRUE), data = D$strat))
set.seed(11); bs <- as.svrepdesign(clus1, type = "subbootstrap", replicates = 20)
bw <- as.data.frame(round(weights(bs, "analysis"), 5)); names(bw) <- paste0("rep", 1:20); data_csv("clus1_boot", bw)
bw <- read.csv("recipes_ref/clus1_boot.csv"); apiclus1b <- cbind(apiclus1, bw); data_csv("apiclus1b", apiclus1b)
reps$bootfile <- list(d = svrepdesign(data = apiclus1, weights = ~pw, repweights = bw, type = "bootstrap", scale = bs$scale, rscales = bs$rscales, combined.weights = TRUE),
  y = sprintf("design: {weight: pw, replicates: {file: clus1_boot.csv, type: bootstrap, scale: %.17g, rscales: [%s]}}", bs$scale, paste(bs$rscales, collapse = ", ")), data = D$clus1)
reps$bootcols <- list(d = svrepdesign(data = apiclus1b, weights = ~pw, repweights = "rep[0-9]+", type = "bootstrap", combined.weights = TRUE, mse = TRUE),
  y = "design:\n  weight: pw\n  replicates: {columns: rep1-rep20, type: bootstrap, mse: true}", data = "data: apiclus1b.csv")
reps$other <- list(d = svrepdesign(data = apiclus1b, weights = ~pw, repweights = "rep[0-9]+", type = "other", scale = 0.05, rscales = rep(c(1, 0.5), 10), combined.weights = TRUE),
  y = sprintf("design:\n  weight: pw\n  replicates: {file: clus1_boot.csv, scale: 0.05, rscales: [%s]}", paste(rep(c(1, .5), 10), collapse = ", ")), data = D$clus1)
reps$acs <- list(d = svrepdesign(data = apiclus1b, weights = ~pw, repweights = "rep[0-9]+", type = "ACS", combined.weights = TRUE),
  y = "design:\n  weight: pw\n  replicates: {columns: rep1-rep20, type: acs}", data = "data: apiclus1b.csv")
reps$sdw <- list(d = svrepdesign(data = apiclus1b, weights = ~pw, repweights = "rep[0-9]+", type = "successive-difference", combined.weights = TRUE),
  y = "design:\n  weight: pw\n  replicates: {columns: rep1-rep20, type: sdr}", data = "data: apiclus1b.csv")
reps$fayw <- list(d = svrepdesign(data = apiclus1b, weights = ~pw, repweights = "rep[0-9]+", type = "Fay", rho = 0.4, combined.weights = TRUE),
  y = "design:\n  weight: pw\n  replicates: {columns: rep1-rep20, type: fay, rho: 0.4}", data = "data: apiclus1b.csv")
reps$jkcal <- list(d = calibrate(as.svrepdesign(clus1, type = "JK1"), ~stype + api99, c(6194, 755, 1018, 3914069)), y = paste0(sub("}", ", replicates: {type: jk1}}", Y$clus1, fixed = TRUE), "\nweights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: {(Intercept): 6194, stypeH: 755, stypeM: 1018, api99: 3914069}}"), data = D$clus1)
reps$jkrake <- list(d = rake(as.svrepdesign(clus1, type = "JK1"), list(~stype, ~sch_wide), list(data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)), data.frame(sch_wide = c("No", "Yes"), Freq = c(1072, 5122))), control = list(epsilon = 1e-10, maxit = 200)),
  y = paste0(sub("}", ", replicates: {type: jk1}}", Y$clus1, fixed = TRUE), "\nweights:\n  - {step: rake, margins: [{var: stype, totals: {E: 4421, H: 755, M: 1018}}, {var: sch_wide, totals: {No: 1072, Yes: 5122}}], epsilon: 1e-12}"), data = D$clus1)
for (n in names(reps)) { d <- reps[[n]]$d; R <- paste0("b_", n)
  recipe(R, reps[[n]]$data, reps[[n]]$y, '
estimates:
  - {id: m, stat: mean, vars: [api00, meals]}
  - {id: mb, stat: mean, vars: [api00], by: [stype]}
  - {id: t, stat: total, vars: [ell], where: "meals >= 40"}
  - {id: p, stat: prop, vars: [awards], ci: [logit, xlogit, beta, asin, mean], by: [sch_wide]}
  - {id: r, stat: ratio, numerator: api00, denominator: api99, by: stype}
  - {id: v, stat: variance, vars: [api00]}
  - {id: c, stat: contrast, of: mb, expr: "E/M"}
  - {id: x, stat: crosstab, rows: stype, cols: awards, tests: [F, Chisq, Wald, adjWald]}
  - {id: g, stat: glm, epsilon: 0, family: gaussian, formula: "api00 ~ ell + stype"}
  - {id: gb, stat: glm, epsilon: 0, family: binomial, formula: "I(awards == \'Yes\') ~ ell + meals", terms: true}
  - {id: tt, stat: ttest, var: api00, groups: awards}
  - {id: k, stat: kappa, vars: [awards, comp_imp]}
')
  tl <- if (n == "jkrake") 1e-7 else 1e-9
  m <- svymean(~api00 + meals, d); vec(R, "m", c("api00", "meals"), coef(m), SE(m), tl)
  b <- svyby(~api00, ~stype, d, svymean, covmat = TRUE); vec(R, "mb", c("E", "H", "M"), coef(b), SE(b), tl)
  cc <- svycontrast(b, quote(E / M)); vec(R, "c", "*", coef(cc), SE(cc), tl)
  t <- svytotal(~ell, subset(d, meals >= 40)); vec(R, "t", "ell", coef(t), SE(t), tl)
  d <- update(d, yes = as.numeric(awards == "Yes"))
  for (k in c("No", "Yes")) { u <- subset(d, sch_wide == k); p <- svymean(~yes, u); if (coef(p) < 1e-9) next; vec(R, "p", paste0(k, ":Yes"), coef(p), SE(p), tl); if (!grepl("cal|rake", n)) put(R, "p", paste0(k, ":Yes"), "df", degf(u))
    if (!grepl("cal|rake", n)) for (w in c("logit", "xlogit", "beta", "asin", "mean")) { x <- yesci(u, w); if (all(is.finite(x))) cis(R, "p", paste0(k, ":Yes"), w, x, if (w == "logit") 1e-6 else tl) } }
  for (k in c("E", "H", "M")) { r <- svyratio(~api00, ~api99, subset(d, stype == k)); vec(R, "r", k, coef(r), SE(r), tl) }
  v <- svyvar(~api00, d); vec(R, "v", "api00", coef(v)[1], SE(v)[1], tl)
  for (w in c("F", "Chisq", "Wald", "adjWald")) { x <- try(svychisq(~stype + awards, d, statistic = w), silent = TRUE); if (!inherits(x, "try-error")) tst(R, "x", w, x$statistic, x$p.value, tol = max(tl, 1e-8)) }
  mod(R, "g", svyglm(api00 ~ ell + stype, d), max(tl, 1e-8))
  g <- suppressWarnings(svyglm(I(awards == "Yes") ~ ell + meals, d, family = quasibinomial, control = ctl)); mod(R, "gb", g)
  rt <- regTermTest(g, ~meals); tst(R, "gb", "Wald:meals", rt$Ftest, rt$p, tol = 1e-6)
  x <- svyttest(api00 ~ awards, d); tst(R, "tt", "t", x$statistic, x$p.value, tol = 1e-7)
  x <- try(svykappa(~awards + comp_imp, update(d, awards = factor(awards), comp_imp = factor(comp_imp))), silent = TRUE); if (!inherits(x, "try-error")) vec(R, "k", "*", coef(x), SE(x), 1e-7)
}
# ---- a synthetic survey ---------------------------------------------------------------------------
set.seed(2026)
H <- 8; frame <- do.call(rbind, lapply(1:H, function(h) { nps <- c(4, 5, 3, 2, 6, 4, 1, 3)[h]; do.call(rbind, lapply(1:nps, function(j) { m <- sample(5:12, 1)
  data.frame(h, j, ssu = rep(1:ceiling(m / 2), each = 2)[1:m], N1 = c(20, 30, 12, 8, 40, 25, 1, 15)[h], N2 = sample(9:15, 1), u = rnorm(1, sd = 0.6)) })) }))
n <- nrow(frame)
syn <- within(frame, { sex <- sample(c("girl", "boy"), n, TRUE); age <- sample(12:17, n, TRUE); urban <- as.integer(h %in% c(1, 2, 5))
  w <- round(exp(rnorm(n, 3 + 0.2 * h, 0.4)), 4); y <- round(40 + 5 * u + 2 * (age - 14) + rnorm(n, sd = 6), 3)
  q1 <- as.integer(runif(n) < plogis(-0.4 + u + 0.2 * (age - 14))); q2 <- sample(c(1:4, 888, 999), n, TRUE, c(.3, .3, .2, .1, .05, .05)); never <- 0L; always <- 1L
  rare <- as.integer(runif(n) < 0.03); q3 <- sample(c("a", "b", "c"), n, TRUE); q3[sample(n, 9)] <- NA; one <- ifelse(h == 5 & j == 2, "in", "out"); k <- rpois(n, exp(0.1 * age - 1)); z <- round(y * 0.5 + rnorm(n, 20, 4), 2); z[sample(n, 12)] <- NA
  t <- round(rexp(n, 0.1 * exp(0.4 * q1)), 2) + .01; ev <- as.integer(runif(n) < 0.7); ord <- as.character(cut(y + rnorm(n, sd = 4), c(-Inf, 36, 42, 48, Inf), labels = c("1low", "2mid", "3high", "4top"))) })
syn$u <- NULL; data_csv("syn", syn); syn <- read.csv("recipes_ref/syn.csv", na.strings = c("NA", "")); syn$q2[syn$q2 %in% c(888, 999)] <- NA
body <- '
estimates:
  - {id: m, stat: mean, vars: [y, z, k], by: [sex]}
  - {id: mo, stat: mean, vars: [y], by: [one]}
  - {id: p, stat: prop, vars: [q1, q2, q3, rare], ci: [logit, beta, wilson, likelihood, asin, xlogit, mean], deff: true}
  - {id: pz, stat: prop, vars: [never, always], ci: [logit, beta, wilson], flags: nchs}
  - {id: pw, stat: prop, vars: [q1], where: "age >= 14 and sex == \'girl\'", ci: [logit, beta]}
  - {id: pq, stat: prop, vars: [q2], by: [sex, urban], ci: beta}
  - {id: t, stat: total, vars: [q1, y], by: [urban]}
  - {id: r, stat: ratio, numerator: [y, z], denominator: k}
  - {id: v, stat: variance, vars: [z]}
  - {id: q, stat: quantile, vars: [y, z], quantiles: [0.05, 0.25, 0.5, 0.75, 0.95], interval: [mean, beta, xlogit, asin]}
  - {id: qd, stat: quantile, vars: [z], quantiles: [0.3], qrule: hf4, by: [sex]}
  - {id: c1, stat: contrast, of: m, expr: "girl:y - boy:y"}
  - {id: x, stat: crosstab, rows: q2, cols: sex, tests: [F, Chisq, Wald, adjWald, saddlepoint]}
  - {id: xd, stat: crosstab, rows: q1, cols: q3, by: [urban], tests: [F, adjWald]}
  - {id: g, stat: glm, epsilon: 0, family: binomial, formula: "q1 ~ factor(q2) * sex + age", terms: true, margins: [sex]}
  - {id: gp, stat: glm, epsilon: 0, family: poisson, formula: "k ~ age + sex + I(age^2)"}
  - {id: gn, stat: glm, epsilon: 0, family: gaussian, formula: "z ~ y + sex:age", by: [urban]}
  - {id: tt, stat: ttest, var: z, groups: sex}
  - {id: t1, stat: ttest, var: z, minus: y}
  - {id: rk, stat: ranktest, var: y, groups: q3}
  - {id: o, stat: olr, formula: "ord ~ age + sex"}
  - {id: km, stat: km, time: t, event: ev, times: [2, 5, 10], quantiles: [0.25, 0.5]}
  - {id: cx, stat: cox, time: t, event: ev, formula: "~ q1 + age + sex"}
  - {id: lr, stat: logrank, time: t, event: ev, formula: "~ sex"}
'
fill <- function(R, d, q2tests = TRUE) {
  tryCatch({ for (v in c("y", "z", "k")) for (s in c("boy", "girl")) { m <- svymean(make.formula(v), subset(d, sex == s), na.rm = TRUE); vec(R, "m", paste0(s, ":", v), coef(m), SE(m)) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (v in c(y, z\n"))
  tryCatch({ for (s in c("in", "out")) { u <- subset(d, one == s); m <- svymean(~y, u); put(R, "mo", s, "estimate", coef(m)); if (s == "out") { put(R, "mo", s, "se", SE(m)); cis(R, "mo", s, "t", confint(m, df = degf(u))) } } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (s in c(in, o\n"))
  one <- function(d, id, item, v, val, ws, rep = FALSE) { if (v %in% c("q2", "q3", "z")) d <- d[!is.na(d$variables[[v]]), ]
    d$variables$yes <- as.numeric(d$variables[[v]] == val); m <- svymean(~yes, d, deff = "replace"); if (coef(m) < 1e-12) return(); vec(R, id, item, coef(m), SE(m)); if (!rep) { put(R, id, item, "deff", deff(m)) }; put(R, id, item, "df", degf(d)); for (w in ws) cis(R, id, item, w, yesci(d, w), c(logit = 1e-6, likelihood = 1e-4)[w] %in% 0 | 1e-9) }
  isrep <- inherits(d, "svyrep.design")
  if (!isrep) { for (v in c("q1", "q2", "q3", "rare")) for (val in sort(unique(na.omit(syn[[v]])))) one(d, "p", paste0(v, ":", val), v, val, c("logit", "beta", "likelihood", "asin", "xlogit", "mean"))
    u <- subset(d, age >= 14 & sex == "girl"); u$variables$yes <- u$variables$q1; cis(R, "pw", "1", "logit", yesci(u, "logit"), 1e-6); cis(R, "pw", "1", "beta", yesci(u, "beta"))
    for (s in c("boy", "girl")) for (ur in 0:1) { u <- subset(d, sex == s & urban == ur & !is.na(q2)); for (val in 1:4) { u$variables$yes <- as.numeric(u$variables$q2 == val); m <- svymean(~yes, u); if (coef(m) > 1e-12) { it <- paste0(s, ".", ur, ":", val); vec(R, "pq", it, coef(m), SE(m)); cis(R, "pq", it, "beta", yesci(u, "beta")) } } } }
  tryCatch({ for (ur in 0:1) { t <- svytotal(~q1 + y, subset(d, urban == ur)); vec(R, "t", paste0(ur, ":", c("q1", "y")), coef(t), SE(t)) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (ur in 0:1) { t \n"))
  tryCatch({ for (v in c("y", "z")) { r <- svyratio(make.formula(v), ~k, d, na.rm = TRUE); vec(R, "r", paste0(v, "/k"), r$ratio, SE(r)) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (v in c(y, z\n"))
  tryCatch({ v <- svyvar(~z, d, na.rm = TRUE); vec(R, "v", "z", coef(v)[1], SE(v)[1]) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "v <- svyvar(~z, d, n\n"))
  if (!isrep) { ps <- c(.05, .25, .5, .75, .95); for (v in c("y", "z")) for (w in c("mean", "beta", "xlogit", "asin")) { q <- svyquantile(make.formula(v), d, ps, interval.type = w, na.rm = TRUE); x <- q[[1]]; for (i in 1:5) { it <- paste0(v, ":", ps[i]); put(R, "q", it, "estimate", x[i, 1]); for (e in 1:2) if (!is.na(x[i, e + 1])) put(R, "q", it, paste0("ci.", w, ".", e), x[i, e + 1]) } }
    for (s in c("boy", "girl")) { q <- svyquantile(~z, subset(d, sex == s), .3, qrule = "hf4", na.rm = TRUE)[[1]]; put(R, "qd", paste0(s, ":0.3"), "estimate", q[1]) } }
  tryCatch({ b <- svyby(~y, ~sex, d, svymean, covmat = TRUE); cc <- svycontrast(b, quote(girl - boy)); vec(R, "c1", "*", coef(cc), SE(cc)) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "b <- svyby(~y, ~sex,\n"))
  tryCatch({ for (w in c("F", "Chisq", "Wald", "adjWald", "saddlepoint")) { x <- tryCatch(svychisq(~q2 + sex, d, statistic = w), error = function(e) NULL); if (is.null(x)) cat(R, w, "R fails\n") else tst(R, "x", w, x$statistic, x$p.value, tol = if (w == "saddlepoint") 1e-5 else 1e-8) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (w in c(F, Ch\n"))
  d$variables$q2f <- factor(d$variables$q2)
  tryCatch({ g <- suppressWarnings(svyglm(q1 ~ factor(q2) * sex + age, d, family = quasibinomial, control = ctl)); mod(R, "g", g) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "g <- suppressWarning\n"))
  tryCatch({ rt <- regTermTest(g, ~factor(q2):sex); tst(R, "g", "Wald:factor(q2):sex", rt$Ftest, rt$p, tol = 1e-6) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "rt <- regTermTest(g,\n"))
  tryCatch({ mod(R, "gp", suppressWarnings(svyglm(k ~ age + sex + I(age^2), d, family = quasipoisson, control = ctl))) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "mod(R, gp, suppres\n"))
  tryCatch({ for (ur in 0:1) { g <- svyglm(z ~ y + sex:age, subset(d, urban == ur)); sm <- coef(summary(g)); vec(R, "gn", paste0(ur, ":", rownames(sm)), sm[, 1], sm[, 2], 1e-8) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "for (ur in 0:1) { g \n"))
  tryCatch({ x <- svyttest(z ~ sex, d); tst(R, "tt", "t", x$statistic, x$p.value, tol = 1e-8); x <- svyttest(I(z - y) ~ 0, subset(d, !is.na(z))); tst(R, "t1", "t", x$statistic, x$p.value, tol = 1e-8) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "x <- svyttest(z ~ se\n"))
  tryCatch({ if (!isrep) { x <- svyranktest(y ~ q3, d[!is.na(d$variables$q3), ]); put(R, "rk", "test:wilcoxon", "p", x$p.value, 1e-7) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "if (!isrep) { x <- s\n"))
  d$variables$ordf <- factor(d$variables$ord); o <- try(svyolr(ordf ~ age + sex, d), silent = TRUE)
  tryCatch({ if (!inherits(o, "try-error")) { vec(R, "o", c("age", "sexgirl"), coef(o)[1:2], SE(o)[1:2], 1e-4); vec(R, "o", names(o$zeta), o$zeta, SE(o)[3:5], 1e-4) } }, error = function(e) cat(R, "R fails:", conditionMessage(e), "if (!inherits(o, tr\n"))
  tryCatch({ cx <- svycoxph(Surv(t, ev) ~ q1 + age + sex, d, control = coxph.control(eps = 1e-14, iter.max = 50)); vec(R, "cx", c("q1", "age", "sexgirl"), coef(cx), SE(cx), if (isrep) 1e-5 else 1e-7) }, error = function(e) cat(R, "R fails:", conditionMessage(e), "cx <- svycoxph(Surv(\n"))
  if (!isrep) { s <- svykm(Surv(t, ev) ~ 1, d, se = TRUE); for (tt in c(2, 5, 10)) { i <- max(which(s$time <= tt)); put(R, "km", as.character(tt), "estimate", s$surv[i]); put(R, "km", as.character(tt), "se", s$surv[i] * sqrt(s$varlog[i])) }
    lr <- svylogrank(Surv(t, ev) ~ sex, d); tst(R, "lr", "Chisq", lr[[2]][1], lr[[2]][2], tol = 1e-6) }
}
LY <- "data: syn.csv\nmissing: {q2: [888, 999]}"
for (L in c("adjust", "average", "remove", "certainty")) { options(survey.lonely.psu = L)
  d <- svydesign(~j, strata = ~h, weights = ~w, nest = TRUE, data = syn); R <- paste0("c_lonely_", L)
  recipe(R, LY, sprintf("design: {weight: w, strata: [h], psu: [j], nest: true, lonely_psu: %s}", L), body); fill(R, d)
  if (L != "certainty") { options(survey.adjust.domain.lonely = TRUE); R <- paste0("c_lonelydom_", L); recipe(R, LY, sprintf("design: {weight: w, strata: [h], psu: [j], nest: true, lonely_psu: %s, lonely_in_domains: true}", L), '
estimates:
  - {id: m, stat: mean, vars: [y, k], by: [one, sex]}
  - {id: t, stat: total, vars: [y], where: "age == 17 and sex == \'girl\'"}
  - {id: g, stat: glm, epsilon: 0, family: gaussian, formula: "y ~ age", where: "age > 15"}')
    for (o in c("in", "out")) for (s in c("boy", "girl")) for (v in c("y", "k")) { u <- subset(d, one == o & sex == s); if (nrow(u) > 1) { m <- svymean(make.formula(v), u); if (o == "out" || L == "adjust") vec(R, "m", paste0(o, ".", s, ":", v), coef(m), if (o == "out") SE(m)) } }
    u <- subset(d, age == 17 & sex == "girl"); t <- svytotal(~y, u); vec(R, "t", "y", coef(t), SE(t)); g <- svyglm(y ~ age, subset(d, age > 15)); sm <- coef(summary(g)); vec(R, "g", rownames(sm), sm[, 1], sm[, 2], 1e-8); options(survey.adjust.domain.lonely = FALSE) } }
options(survey.lonely.psu = "adjust")
syn$f1 <- with(syn, ave(j, h, FUN = function(x) length(unique(x))) / N1); data_csv("synf", syn); synf <- read.csv("recipes_ref/synf.csv", na.strings = c("NA", "")); 
d <- svydesign(~j, strata = ~h, weights = ~w, nest = TRUE, fpc = ~f1, data = synf); recipe("c_fraction", "data: synf.csv", "design: {weight: w, strata: h, psu: j, fpc: f1, nest: true, lonely_psu: adjust}", body); fill("c_fraction", d)
syn6 <- subset(syn, h != 7); data_csv("syn6", syn6); syn6 <- read.csv("recipes_ref/syn6.csv", na.strings = c("NA", ""))
d <- as.svrepdesign(svydesign(~j, strata = ~h, weights = ~w, nest = TRUE, data = syn6), type = "JKn"); recipe("c_jkn", "data: syn6.csv", "design: {weight: w, strata: h, psu: j, nest: true, replicates: {type: jkn}}", body); fill("c_jkn", d); out <- Filter(function(o) !(o$recipe == "c_jkn" && o$id == "o" && o$field == "se"), out)
d <- svydesign(~1, weights = ~w, data = syn6); recipe("c_plain", "data: syn6.csv", "design: {weight: w}", body); fill("c_plain", d); out <- Filter(function(o) !(o$recipe == "c_plain" && (o$id %in% c("pq", "t1") || (o$id == "p" && grepl("q[23]", o$item) && o$field == "df"))), out)
tt <- round(with(syn6, c(1.03 * sum(w), 1.08 * sum(w[sex == "girl"]), 1.02 * sum(w * age))))
d <- calibrate(svydesign(~j, strata = ~h, weights = ~w, nest = TRUE, data = syn6), ~sex + age, tt); recipe("c_cal", "data: syn6.csv", "design: {weight: w, strata: h, psu: j, nest: true}", sprintf("weights:\n  - {step: calibrate, formula: \"~ sex + age\", totals: {(Intercept): %g, sexgirl: %g, age: %g}}", tt[1], tt[2], tt[3]), "estimates:\n  - {id: m, stat: mean, vars: [y, k]}\n  - {id: t, stat: total, vars: y}\n  - {id: g, stat: glm, epsilon: 0, formula: q1 ~ age + sex, family: binomial}\n  - {id: x, stat: crosstab, rows: q1, cols: urban, tests: [F, Wald]}\n  - {id: q, stat: quantile, vars: [y], quantiles: [0.5]}")
m <- svymean(~y + k, d); vec("c_cal", "m", c("y", "k"), coef(m), SE(m)); m <- svytotal(~y, d); vec("c_cal", "t", "y", coef(m), SE(m)); mod("c_cal", "g", svyglm(q1 ~ age + sex, d, family = quasibinomial, control = ctl))
for (w in c("F")) { x <- svychisq(~q1 + urban, d, statistic = w); tst("c_cal", "x", w, x$statistic, x$p.value) }; q <- svyquantile(~y, d, .5)[[1]]; put("c_cal", "q", "*", "estimate", q[1]); cis("c_cal", "q", "*", "mean", q[2:3])
syn7 <- within(syn6, { N1 <- N1 + 0; s1 <- h * 1000 + j * 10 + ssu; j1 <- h * 100 + j }); syn7 <- syn7[ave(syn7$s1, syn7$j1, FUN = function(x) length(unique(x))) > 1, ]; data_csv("syn7", syn7); syn7 <- read.csv("recipes_ref/syn7.csv", na.strings = c("NA", ""))
d <- svydesign(~j1 + s1, strata = ~h, weights = ~w, fpc = ~N1 + N2, data = syn7); R <- "c_twostage"
recipe(R, "data: syn7.csv", "design:\n  weight: w\n  strata: [h]\n  psu:\n    - j1\n    - s1\n  fpc:\n  - N1\n  - N2", "estimates:\n  - {id: m, stat: mean, vars: [y, k], by: sex}\n  - {id: t, stat: total, vars: y}\n  - {id: g, stat: glm, epsilon: 0, formula: y ~ age + sex, family: gaussian}\n  - {id: x, stat: crosstab, rows: q1, cols: sex}")
for (v in c("y", "k")) for (k in c("boy", "girl")) { u <- tryCatch(svymean(make.formula(v), subset(d, sex == k)), error = function(e) NULL); if (!is.null(u)) vec(R, "m", paste0(k, ":", v), coef(u), SE(u)) }
t <- svytotal(~y, d); vec(R, "t", "y", coef(t), SE(t)); mod(R, "g", svyglm(y ~ age + sex, d)); x <- svychisq(~q1 + sex, d); tst(R, "x", "F", x$statistic, x$p.value)
# ---- other designs R ships, help pages --------------------------------------------------------------
suppressMessages(library(mitools))
R <- "d_nhanes"; data(nhanes); set.seed(5); nh <- nhanes[sort(sample(nrow(nhanes), 1200)), ]; data_csv("nhanes1200", nh); nh <- read.csv("recipes_ref/nhanes1200.csv", na.strings = c("NA", ""))
d <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nh)
recipe(R, "data: nhanes1200.csv", "design:\n  psu: [SDMVPSU]\n  strata: [SDMVSTRA]\n  weight: WTMEC2YR\n  nest: true", '
estimates:
  - id: by
    stat: mean
    vars:
      - HI_CHOL
    by:
      - race
      - RIAGENDR
    df: inf
  - {id: chi, stat: crosstab, rows: race, cols: HI_CHOL, tests: [F, Chisq, Wald, adjWald, saddlepoint, lincom]}
  - {id: chi2, stat: crosstab, rows: race, cols: agecat, tests: [F]}
  - {id: m, stat: glm, epsilon: 0, family: quasibinomial, formula: "HI_CHOL ~ agecat + RIAGENDR + factor(race)", tests: [Wald, LRT]}
  - {id: l, stat: loglin, formula: "~ race + RIAGENDR", against: "~ race * RIAGENDR", tests: [F, Chisq]}
  - {id: g, stat: gof, var: race, p: [0.2, 0.5, 0.2, 0.1], tests: [Chisq, saddlepoint]}
  - {id: pr, stat: prop, vars: HI_CHOL, by: agecat, ci: [logit, likelihood, beta, asin, xlogit, mean], deff: srs}
')
for (r in 1:4) for (k in 1:2) { m <- svymean(~HI_CHOL, subset(d, race == r & RIAGENDR == k), na.rm = TRUE); it <- paste0(r, ".", k); vec(R, "by", it, coef(m), SE(m)); cis(R, "by", it, "t", confint(m)) }
for (w in c("F", "Chisq", "Wald", "adjWald", "saddlepoint", "lincom")) { x <- suppressWarnings(svychisq(~race + HI_CHOL, d, statistic = w)); tst(R, "chi", w, x$statistic, x$p.value, tol = if (w %in% c("lincom", "saddlepoint")) 1e-5 else 1e-9) }
x <- svychisq(~race + agecat, d); tst(R, "chi2", "F", x$statistic, x$p.value, x$parameter[1], x$parameter[2])
g <- svyglm(HI_CHOL ~ agecat + RIAGENDR + factor(race), d, family = quasibinomial, control = ctl); mod(R, "m", g)
for (tm in c("agecat", "factor(race)", "RIAGENDR")) { f <- as.formula(paste("~", tm)); rt <- regTermTest(g, f); tst(R, "m", paste0("Wald:", tm), rt$Ftest, rt$p, rt$df, rt$ddf, 1e-6); rl <- tryCatch(regTermTest(g, f, method = "LRT"), error = function(e) NULL); if (!is.null(rl)) put(R, "m", paste0("test:LRT:", tm), "p", rl$p, 1e-4) }
l0 <- svyloglin(~race + RIAGENDR, d); l1 <- update(l0, ~race * RIAGENDR); an <- anova(l0, l1); cf <- coef(summary(l0)); invisible(an)
x <- svygofchisq(~factor(race), p = c(.2, .5, .2, .1), d); tst(R, "g", "Chisq", x$statistic, x$p.value)
for (a in levels(factor(nh$agecat))) { u <- subset(d, agecat == a & !is.na(HI_CHOL)); u <- update(u, yes = HI_CHOL); m <- svymean(~yes, u, deff = TRUE); it <- paste0(a, ":1"); vec(R, "pr", it, coef(m), SE(m)); put(R, "pr", it, "deff", deff(m)); if (coef(m) > 0) for (w in c("logit", "beta", "asin", "xlogit", "mean")) cis(R, "pr", it, w, yesci(u, w), c(logit = 1e-6, likelihood = 1e-4, beta = 1e-9, asin = 1e-9, xlogit = 1e-9, mean = 1e-9)[w]) }

R <- "d_pbc"; data(pbc, package = "survival"); pb <- subset(pbc, !is.na(trt)); pb$randprob <- 0.25 + 0.5 * (pb$age > 50); pb <- pb[, c("id", "time", "status", "age", "sex", "edema", "bili", "protime", "albumin", "ascites", "randprob")]; data_csv("pbc", pb); pb <- read.csv("recipes_ref/pbc.csv")
d <- svydesign(id = ~1, prob = ~randprob, strata = ~edema, data = pb)
recipe(R, "data: pbc.csv", "design: {prob: randprob, strata: [edema]}", '
estimates:
  - {id: cox, stat: cox, time: time, event: "status == 2", formula: "~ log(bili) + protime + albumin", tests: [Wald]}
  - {id: coxs, stat: cox, formula: "~ log(bili) + sex", time: time, event: "status == 2", ties: breslow, where: "age > 45"}
  - {id: km, stat: km, time: time, event: "status == 2", times: [400, 1000, 2500], by: [sex], quantiles: [0.25]}
  - {id: kmp, stat: km, time: time, event: "status > 0", times: [1000], type: km}
  - {id: lr, stat: logrank, time: time, event: "status == 2", formula: "~ sex"}
  - {id: lr1, stat: logrank, time: time, event: "status == 2", formula: "~ sex", rho: 1}
')
cc <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 60)
g <- suppressWarnings(svycoxph(Surv(time, status == 2) ~ log(bili) + protime + albumin, d, control = cc)); vec(R, "cox", names(coef(g)), coef(g), SE(g), 1e-7)
g <- suppressWarnings(svycoxph(Surv(time, status == 2) ~ log(bili) + sex, subset(d, age > 45), control = cc, method = "breslow")); vec(R, "coxs", names(coef(g)), coef(g), SE(g), 1e-7)
for (k in c("f", "m")) { s <- svykm(Surv(time, status == 2) ~ 1, subset(d, sex == k), se = TRUE); for (tt in c(400, 1000, 2500)) { i <- max(which(s$time <= tt)); it <- paste0(k, ":", tt); put(R, "km", it, "estimate", s$surv[i]); put(R, "km", it, "se", s$surv[i] * sqrt(s$varlog[i])); cis(R, "km", it, "log", pmin(1, exp(log(s$surv[i]) + c(-1, 1) * qnorm(.975) * sqrt(s$varlog[i])))) } }
s <- svykm(Surv(time, status > 0) ~ 1, d); put(R, "kmp", "*", "estimate", s$surv[max(which(s$time <= 1000))])
x <- svylogrank(Surv(time, status == 2) ~ sex, d); tst(R, "lr", "Chisq", x[[2]][1], x[[2]][2], tol = 1e-7); x <- svylogrank(Surv(time, status == 2) ~ sex, d, rho = 1); tst(R, "lr1", "Chisq", x[[2]][1], x[[2]][2], tol = 1e-7)

R <- "d_nwtco"; data(nwtco, package = "survival"); nw <- nwtco; nw$incc2 <- as.logical(with(nw, ifelse(rel | instit == 2, 1, rbinom(nrow(nw), 1, .1)))); set.seed(2); nw <- nw[sort(sample(nrow(nw), 1000)), ]; nw$incc2 <- as.integer(nw$incc2); nw$id <- seq_len(nrow(nw)); nw$strat <- with(nw, rel * 10 + instit); data_csv("nw", nw); nw <- read.csv("recipes_ref/nw.csv")
for (m in c("full", "approx")) { d <- twophase(id = list(~seqno, ~seqno), strata = list(NULL, ~strat), subset = ~I(incc2 == 1), data = nw, method = m); R <- paste0("d_nwtco_", m)
  recipe(R, "data: nw.csv", sprintf("design: {psu: seqno, phase2: {subset: incc2, strata: strat, psu: seqno, method: %s}}", m), '
estimates:
  - {id: m, stat: mean, vars: [age], by: [histol]}
  - {id: t, stat: total, vars: [rel]}
  - {id: g, stat: glm, epsilon: 0, family: binomial, formula: "rel ~ factor(stage) * factor(histol) + age", terms: true}
  - {id: c, stat: cox, time: edrel, event: rel, formula: "~ factor(stage) + factor(histol) + I(age / 12)"}
  - {id: r, stat: ratio, numerator: age, denominator: stage}')
  for (k in 1:2) { x <- svymean(~age, subset(d, histol == k)); vec(R, "m", as.character(k), coef(x), SE(x)) }
  x <- svytotal(~rel, d); vec(R, "t", "rel", coef(x), SE(x)); x <- svyratio(~age, ~stage, d); vec(R, "r", "age/stage", x$ratio, SE(x))
  mod(R, "g", suppressWarnings(svyglm(rel ~ factor(stage) * factor(histol) + age, d, family = quasibinomial, control = ctl)), 1e-6)
  g <- suppressWarnings(svycoxph(Surv(edrel, rel) ~ factor(stage) + factor(histol) + I(age / 12), d, control = cc)); vec(R, "c", names(coef(g)), coef(g), SE(g), 1e-6) }

R <- "d_crowd"; data(crowd); data_csv("crowd", crowd); cr <- read.csv("recipes_ref/crowd.csv")
d <- svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = cr)
recipe(paste0(R, "_t"), "data: crowd.csv", "design: {psu: cluster, strata: stratum, weight: weight}", "estimates:\n  - {id: m, stat: mean, vars: [rooms, person]}\n  - {id: r, stat: ratio, numerator: person, denominator: rooms}")
vv <- names(cr); wv <- intersect(c("rooms", "person", "fefam"), vv)
for (ty in c("t", "brr", "fay", "jkn")) { d2 <- switch(ty, t = d, brr = as.svrepdesign(d, type = "BRR"), fay = as.svrepdesign(d, type = "Fay", fay.rho = 0.3), jkn = as.svrepdesign(d)); Rn <- paste0("d_crowd_", ty)
  recipe(Rn, "data: crowd.csv", paste0("design: {psu: cluster, strata: stratum, weight: weight", switch(ty, t = "", brr = ", replicates: {type: brr}", fay = ", replicates: {type: fay, rho: 0.3}", jkn = ", replicates: {type: jkn}"), "}"), paste0("estimates:\n  - {id: m, stat: mean, vars: [", paste(wv, collapse = ", "), "]}\n  - {id: q, stat: prop, vars: [", wv[1], "]}"))
  for (v in wv) { x <- svymean(make.formula(v), d2); vec(Rn, "m", v, coef(x), SE(x)); put(Rn, "m", v, "df", degf(d2)) } }

R <- "d_mi"; data(smi, package = "mitools"); im <- smi$imputations; for (i in 1:5) { z <- im[[i]]; z <- z[z$id %in% unique(z$id)[c(TRUE, FALSE, FALSE)], ]; z$w <- 1; z$drk <- as.integer(z$drkfre != "Non drinker"); im[[i]] <- z[, c("id", "wave", "sex", "drk", "mdrkfre", "cistot", "w")[c("id", "wave", "sex", "drk", "mdrkfre", "cistot", "w") %in% names(z)]]; data_csv(paste0("smi", i), im[[i]]) }
ims <- lapply(1:5, function(i) read.csv(paste0("recipes_ref/smi", i, ".csv"), na.strings = c("NA", ""))); d <- svydesign(id = ~id, weights = ~w, data = imputationList(ims))
f <- if ("cistot" %in% names(ims[[1]])) drk ~ wave + sex + cistot else drk ~ wave + sex
recipe(R, "data: smi1.csv", "design: {psu: id, weight: w}", paste0('
estimates:
  - {id: g, stat: pooled, imputations: [smi1.csv, smi2.csv, smi3.csv, smi4.csv, smi5.csv], estimate: {stat: glm, epsilon: 0, family: binomial, formula: "', deparse(f), '"}}
  - id: p
    stat: pooled
    imputations: [smi1.csv, smi2.csv, smi3.csv, smi4.csv, smi5.csv]
    complete_df: 100
    estimate: {stat: mean, vars: [drk], by: [sex]}'))
mc <- MIcombine(with(d, svyglm(f, family = quasibinomial, control = ctl))); vec(R, "g", names(coef(mc)), coef(mc), sqrt(diag(vcov(mc))), 1e-7); for (k in seq_along(coef(mc))) put(R, "g", names(coef(mc))[k], "df", mc$df[k], 1e-5)
b <- lapply(ims, function(x) svyby(~drk, ~sex, svydesign(id = ~id, weights = ~w, data = x), svymean, covmat = TRUE)); mc <- MIcombine(lapply(b, coef), lapply(b, vcov), df.complete = 100); vec(R, "p", names(coef(mc)), coef(mc), sqrt(diag(vcov(mc))))
for (k in seq_along(coef(mc))) put(R, "p", names(coef(mc))[k], "df", mc$df[k], 1e-7)

R <- "d_yrbs"; data(yrbs); yr <- yrbs[yrbs$stratum %in% sort(unique(yrbs$stratum))[1:6], ]; yr <- yr[sort(sample(nrow(yr), 900)), ]; data_csv("yrbs", yr); yr <- read.csv("recipes_ref/yrbs.csv", na.strings = c("NA", ""))
d <- svydesign(id = ~psu, weights = ~weight, strata = ~stratum, data = yr, nest = TRUE)
recipe(R, "data: yrbs.csv", "design: {psu: psu, weight: weight, strata: stratum, nest: true}", "estimates:\n  - {id: q, stat: prop, vars: [qn8], ci: [logit, likelihood, beta, xlogit, asin, mean]}")
u <- update(d, yes = as.numeric(qn8 == 1)); m <- svymean(~yes, u, na.rm = TRUE); vec(R, "q", "1", coef(m), SE(m)); for (w in c("logit", "xlogit", "asin", "mean")) cis(R, "q", "1", w, yesci(u, w, na.rm = TRUE), c(logit = 1e-6, xlogit = 1e-9, asin = 1e-9, mean = 1e-9)[w])
# ---- weighting steps in their forms; PPS, domains, formulas ------------------------------------------
few <- '
estimates:
  - {id: m, stat: mean, vars: [api00, meals]}
  - {id: mb, stat: mean, vars: [api00], by: [awards, sch_wide]}
  - {id: t, stat: total, vars: [ell, stype]}
  - {id: w, stat: total, vars: [meals], where: "ell > 20"}
  - {id: x, stat: crosstab, rows: awards, cols: comp_imp, tests: [F, Chisq]}
  - {id: g, stat: glm, epsilon: 0, family: binomial, formula: "I(awards == \'Yes\') ~ meals + stype"}
  - {id: q, stat: quantile, vars: api00, quantiles: [0.5]}
'
pt <- function(R, d, tol = 1e-9) {
  m <- svymean(~api00 + meals, d); vec(R, "m", c("api00", "meals"), coef(m), SE(m), tol)
  for (a in c("No", "Yes")) for (b in c("No", "Yes")) { u <- subset(d, awards == a & sch_wide == b); m <- try(svymean(~api00, u), silent = TRUE); if (!inherits(m, "try-error") && is.finite(coef(m))) vec(R, "mb", paste0(a, ".", b), coef(m), SE(m), tol) }
  t <- svytotal(~ell, d); vec(R, "t", "ell", coef(t), SE(t), tol)
  t <- svytotal(~meals, subset(d, ell > 20)); vec(R, "w", "meals", coef(t), SE(t), tol)
  for (w in c("F", "Chisq")) { x <- svychisq(~awards + comp_imp, d, statistic = w); tst(R, "x", w, x$statistic, x$p.value, tol = max(tol, 1e-8) * 10) }
  g <- suppressWarnings(svyglm(I(awards == "Yes") ~ meals + stype, d, family = quasibinomial, control = ctl)); mod(R, "g", g)
  q <- svyquantile(~api00, d, .5)[[1]]; put(R, "q", "*", "estimate", q[1]); cis(R, "q", "*", "mean", q[2:3]) }
pop <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)); popw <- data.frame(sch_wide = c("No", "Yes"), Freq = c(1072, 5122)); popc <- data.frame(comp_imp = c("No", "Yes"), Freq = c(1712, 4482)); popa <- data.frame(awards = c("No", "Yes"), Freq = c(2028, 4166))
names(pop)[2] <- "N"; data_csv("tot_stype", pop); names(pop)[2] <- "Freq"
popsc <- data.frame(stype = rep(c("E", "H", "M"), 2), comp_imp = rep(c("No", "Yes"), each = 3), Freq = c(1069, 391, 252, 3352, 364, 766)); data_csv("tot_stype_comp", popsc)
tt <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069, "stypeH:api99" = 755 * 620, "stypeM:api99" = 1018 * 631); tot4 <- tt[1:4]
writeLines(c(paste0("\"", names(tot4), "\"", collapse = ","), paste(tot4, collapse = ",")), "recipes_ref/tot_row.csv")
reweights <- list(
  rake3 = list(y = "  - step: rake\n    margins:\n      - {var: stype, totals: tot_stype.csv}\n      - {var: comp_imp, totals: {No: 1712, Yes: 4482}}\n      - {vars: [sch_wide], totals: {No: 1072, Yes: 5122}}\n    epsilon: 1e-12\n    max_sweeps: 2000", f = function(d) rake(d, list(~stype, ~comp_imp, ~sch_wide), list(pop, popc, popw), control = list(epsilon = 1e-9, maxit = 1000)), tol = 1e-7),
  postx = list(y = "  - {step: poststratify, margin: {vars: [stype, comp_imp], totals: tot_stype_comp.csv}}", f = function(d) postStratify(d, ~stype + comp_imp, popsc), tol = 1e-9),
  postcal = list(y = "  - {step: poststratify, margin: {var: stype, totals: {E: 4421, H: 755, M: 1018}}}\n  - {step: calibrate, formula: \"~ stype + api99\", totals: tot_row.csv}", f = function(d) calibrate(postStratify(d, ~stype, pop), ~stype + api99, tot4), tol = 1e-9),
  calint = list(y = sprintf("  - step: calibrate\n    formula: \"~ stype * api99\"\n    totals: {%s}\n    method: linear", paste0("\"", names(tt), "\": ", format(tt, scientific = FALSE, trim = TRUE), collapse = ", ")), f = function(d) calibrate(d, ~stype * api99, tt), tol = 1e-9),
  calb = list(y = "  - {step: calibrate, formula: \"~ stype + api99\", totals: tot_row.csv, method: linear, bounds: [0.5, inf], epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot4, bounds = c(.5, Inf), epsilon = 1e-11, maxit = 200), tol = 1e-7),
  calraking = list(y = "  - {step: calibrate, formula: \"~ stype + api99\", totals: tot_row.csv, method: raking, bounds: [0.4, 3], epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot4, calfun = "raking", bounds = c(.4, 3), epsilon = 1e-11, maxit = 200), tol = 1e-6))
for (b in c("clus1", "strat", "clus2")) for (w in names(reweights)) { R <- paste("e", b, w, sep = "_"); x <- reweights[[w]]; d <- tryCatch(suppressWarnings(x$f(des[[b]])), error = function(e) { cat(R, conditionMessage(e), "\n"); NULL }); if (is.null(d)) next
  if (any(weights(d) < 0)) { cat(R, "negative\n"); next }
  recipe(R, D[[b]], Y[[b]], "weights:", x$y, few); pt(R, d, x$tol) }
for (b in c("jk1", "jkn")) for (w in c("rake3", "postx", "postcal")) { R <- paste("e", b, w, sep = "_"); x <- reweights[[w]]; d <- tryCatch(suppressWarnings(x$f(reps[[b]]$d)), error = function(e) { cat(R, conditionMessage(e), "\n"); NULL }); if (is.null(d)) next
  recipe(R, reps[[b]]$data, reps[[b]]$y, "weights:", x$y, few); pt(R, d, x$tol) }
R <- "e_trim"; d0 <- svydesign(~1, weights = ~w, data = transform(apistrat, w = pw * (1 + (meals > 50) * 2))); data_csv("trim2", transform(apistrat, w = pw * (1 + (meals > 50) * 2)))
d <- trimWeights(d0, upper = 5 * median(weights(d0)) / 3, lower = 16, strict = TRUE)
recipe(R, "data: trim2.csv", "design: {weight: w}", sprintf("weights:\n  - {step: trim, upper: %.17g, lower: 16, redistribute: true, repeat: true}", 5 * median(weights(d0)) / 3), few); pt(R, d, 1e-8)
R <- "e_trim1"; d <- trimWeights(d0, upper = 1.9 * median(weights(d0))); recipe(R, "data: trim2.csv", "design: {weight: w}", "weights:\n  - {step: trim, upper: {ratio_to_median: 1.9}, redistribute: true}", few); pt(R, d, 1e-8)
# PPS with domains
el <- election_pps; el$id <- seq_len(nrow(el)); el <- el[, c("id", "County", "TotPrecincts", "votes", "Bush", "Kerry", "Nader", "wt", "p")]; el$big <- as.integer(el$votes > 40000); data_csv("elec", el); el <- read.csv("recipes_ref/elec.csv")
jp <- as.data.frame(election_jointprob); names(jp) <- seq_len(nrow(jp)); data_csv("elec_joint", cbind(id = names(jp), signif(jp, 9))); jm <- as.matrix(read.csv("recipes_ref/elec_joint.csv", row.names = 1, check.names = FALSE))
P <- list(brewer = list("pps: brewer", list(pps = "brewer")), overton = list("pps: overton", list(pps = "overton")), hr = list("pps: hr", list(pps = HR())), hr2 = list(sprintf("pps: {hr: {p2bar: %.17g}}", sum(election$p^2) / 40), list(pps = HR(sum(election$p^2) / 40))),
  ht = list("pps: {joint: elec_joint.csv}, variance: ht", list(pps = ppsmat(jm))), yg = list("pps: {joint: elec_joint.csv}, variance: yg", list(pps = ppsmat(jm), variance = "YG")))
for (n in names(P)) { R <- paste0("e_pps_", n); d <- do.call(svydesign, c(list(ids = ~1, fpc = ~p, data = el), P[[n]][[2]]))
  recipe(R, "data: elec.csv", paste0("design: {fpc: p, ", P[[n]][[1]], "}"), '
estimates:
  - {id: t, stat: total, vars: [Bush, Kerry], where: "big == 1"}
  - {id: m, stat: mean, vars: [Bush], by: big}
  - {id: s, stat: ratio, numerator: [Bush, Kerry], denominator: votes}
  - {id: g, stat: glm, epsilon: 0, formula: "Bush ~ Kerry + big"}')
  t <- svytotal(~Bush + Kerry, subset(d, big == 1)); vec(R, "t", c("Bush", "Kerry"), coef(t), SE(t)); for (k in 0:1) { m <- svymean(~Bush, subset(d, big == k)); vec(R, "m", as.character(k), coef(m), SE(m)) }
  s <- svyratio(~Bush + Kerry, ~votes, d); vec(R, "s", c("Bush/votes", "Kerry/votes"), s$ratio, SE(s)); g <- svyglm(Bush ~ Kerry + big, d); vec(R, "g", names(coef(g)), coef(g), SE(g), 1e-8) }
# formulas
R <- "e_formula"; recipe(R, D$strat, Y$strat, '
estimates:
  - {id: a, stat: glm, epsilon: 0, formula: "api00 ~ relevel(factor(stype), ref = \\"M\\") * ell", terms: true}
  - {id: b, stat: glm, epsilon: 0, family: poisson, link: log, formula: "enroll ~ stype:awards + offset(log(api99))", where: "awards == \'Yes\' or stype != \'H\'"}
  - {id: c, stat: glm, epsilon: 0, family: gaussian, formula: "log(api00) ~ (ell + meals + stype)^2 - ell:meals"}
  - {id: d, stat: glm, epsilon: 0, family: binomial, formula: "I(ell > 20) ~ stype/meals"}
  - {id: e, stat: glm, epsilon: 0, family: binomial, link: cloglog, formula: "I(comp_imp == \'Yes\') ~ sqrt(meals) + I(ell / 10)"}
  - {id: k, stat: kappa, vars: [stype, stype2]}
  - {id: l, stat: loglin, formula: "~ stype + awards + comp_imp"}
  - {id: o, stat: olr, formula: "stype ~ ell + meals", method: logistic}
', "columns: []")
s2 <- strat
mod(R, "a", svyglm(api00 ~ relevel(factor(stype), ref = "M") * ell, s2), 1e-8); g <- svyglm(api00 ~ relevel(factor(stype), ref = "M") * ell, s2)
recipe(R, D$strat, Y$strat, '
estimates:
  - {id: a, stat: glm, epsilon: 0, formula: "api00 ~ relevel(factor(stype), ref = \\"M\\") * ell"}
  - {id: c, stat: glm, epsilon: 0, family: gaussian, formula: "log(api00) ~ (ell + meals + stype)^2 - ell:meals"}
  - {id: d, stat: glm, epsilon: 0, family: binomial, formula: "I(ell > 20) ~ stype/meals"}
  - {id: e, stat: glm, epsilon: 0, family: binomial, link: cloglog, formula: "I(comp_imp == \'Yes\') ~ sqrt(meals) + I(ell / 10)"}
  - {id: f, stat: glm, epsilon: 0, family: gaussian, link: log, formula: "api00 ~ ell"}
  - {id: o, stat: olr, formula: "stype ~ ell + meals"}
')
mod(R, "c", svyglm(log(api00) ~ (ell + meals + stype)^2 - ell:meals, s2), 1e-8)
mod(R, "d", suppressWarnings(svyglm(I(ell > 20) ~ stype/meals, s2, family = quasibinomial, control = ctl)), 1e-6)
mod(R, "e", suppressWarnings(svyglm(I(comp_imp == "Yes") ~ sqrt(meals) + I(ell / 10), s2, family = quasibinomial("cloglog"), control = ctl)), 1e-6)
g <- try(svyglm(api00 ~ ell, s2, family = gaussian("log"), control = ctl, start = c(6.5, 0))); if (!inherits(g, "try-error")) mod(R, "f", g, 1e-6)
s2$variables$st <- factor(s2$variables$stype); o <- svyolr(st ~ ell + meals, s2); vec(R, "o", c("ell", "meals"), coef(o)[1:2], NULL, 1e-4); vec(R, "o", names(o$zeta), o$zeta, NULL, 1e-4)
# ---- several stages, forms of the recipe -------------------------------------------------------------
set.seed(77); ms <- do.call(rbind, lapply(1:3, function(h) do.call(rbind, lapply(1:4, function(j) do.call(rbind, lapply(1:2, function(g) do.call(rbind, lapply(1:3, function(s) data.frame(h, j = 10 * h + j, g, s = 1000 * h + 100 * j + 10 * g + s, i = 1:3))))))))); ms$id <- seq_len(nrow(ms))
ms <- within(ms, { N1 <- c(12, 15, 9)[h]; N2 <- 6 + g; N3 <- 5; g2 <- 100 * j + g; y <- round(rnorm(nrow(ms), 10 + h + g, 2), 3); x <- round(runif(nrow(ms), 1, 5), 3); b <- as.integer(runif(nrow(ms)) < .4); p1 <- 4 / N1; p2 <- 3 / N2; w <- round(N1 * N2 * N3 / 36, 4) })
data_csv("ms", ms); ms <- read.csv("recipes_ref/ms.csv")
est <- '
estimates:
  - {id: m, stat: mean, vars: [y, b]}
  - {id: t, stat: total, vars: [x], by: [b]}
  - {id: r, stat: ratio, numerator: y, denominator: x}
  - {id: p, stat: prop, vars: [b], ci: [beta, xlogit]}
'
doit <- function(R, d, by = TRUE) { m <- svymean(~y + b, d); vec(R, "m", c("y", "b"), coef(m), SE(m)); if (by) for (k in 0:1) { t <- svytotal(~x, subset(d, b == k)); vec(R, "t", as.character(k), coef(t), SE(t)) }
  r <- svyratio(~y, ~x, d); vec(R, "r", "y/x", r$ratio, SE(r)); d$variables$yes <- d$variables$b; put(R, "p", "1", "df", degf(d)); for (w in c("beta", "xlogit")) cis(R, "p", "1", w, yesci(d, w)) }
ys <- list(
  s3 = list("design:\n  strata: [h, g2]\n  psu: [j, s, id]\n  fpc: [N1, N2, N3]", svydesign(~j + s + id, strata = ~h + g2, fpc = ~N1 + N2 + N3, data = ms)),
  s2w = list("design: {strata: [h, g2], psu: [j, s], fpc: [N1, N2], weight: w}", svydesign(~j + s, strata = ~h + g2, fpc = ~N1 + N2, weights = ~w, data = ms)),
  s1 = list("design: {strata: h, psu: [j], fpc: [N1], weight: w}", svydesign(~j, strata = ~h, fpc = ~N1, weights = ~w, data = ms)),
  frac = list("design: {strata: [h, g2], psu: [j, s], fpc: [p1, p2]}", svydesign(~j + s, strata = ~h + g2, fpc = ~p1 + p2, data = ms)),
  brw = list("design: {psu: [j, s], fpc: [p1, p2], pps: brewer}", svydesign(~j + s, fpc = ~p1 + p2, data = ms, pps = "brewer")),
  prob2 = list("design: {strata: h, psu: j, prob: [p1, p2]}", svydesign(~j, strata = ~h, probs = ~p1 + p2, data = ms)),
  multi = list("design: {strata: [[h, g]], psu: s, weight: w}", svydesign(~s, strata = ~interaction(h, g), weights = ~w, data = ms)))
for (n in names(ys)) { R <- paste0("f_", n); ok <- tryCatch({ recipe(R, "data: ms.csv", ys[[n]][[1]], est); doit(R, ys[[n]][[2]]); 1 }, error = function(e) cat(R, conditionMessage(e), "\n")) }
# singular PPS forms, with replacement
d <- svydesign(~j, probs = ~p1, data = ms); recipe("f_wr", "data: ms.csv", "design: {psu: j, prob: p1, pps: with_replacement}", est); doit("f_wr", d)
# replicates of every type on pairs
pr <- subset(ms, j %% 10 <= 2); data_csv("pairs", pr); pr <- read.csv("recipes_ref/pairs.csv"); dp <- svydesign(~j, strata = ~h, weights = ~w, data = pr)
for (ty in c("brr", "fay", "jkn", "jk1")) { d <- switch(ty, brr = as.svrepdesign(dp, type = "BRR"), fay = as.svrepdesign(dp, type = "Fay", fay.rho = .5), jkn = as.svrepdesign(dp, type = "JKn", mse = TRUE), jk1 = as.svrepdesign(svydesign(~j, weights = ~w, data = pr), type = "JK1"))
  R <- paste0("f_pairs_", ty); recipe(R, "data: pairs.csv", switch(ty, brr = "design: {strata: h, psu: j, weight: w, replicates: {type: brr}}", fay = "design: {strata: h, psu: j, weight: w, replicates: {type: fay, rho: 0.5}}", jkn = "design: {strata: h, psu: j, weight: w, replicates: {type: jkn, mse: true}}", jk1 = "design: {psu: j, weight: w, replicates: {type: jk1}}"), est); m <- svymean(~y + b, d); vec(R, "m", c("y", "b"), coef(m), SE(m)); put(R, "p", "1", "df", degf(d)) }
# files of other programmes
library(foreign); z <- apistrat[, c("stype", "pw", "fpc", "api00", "awards", "ell")]; z$q5 <- rep(c(1, 2, 888, 999), 50); suppressWarnings(write.dta(transform(z, stype = as.character(stype), awards = factor(awards)), "recipes_ref/strat.dta", version = 10)); write.dbf <- NULL
recipe("f_dta", "data: strat.dta", "missing: {q5: [888, 999]}", "design: {weight: pw, strata: stype, fpc: fpc}", "estimates:\n  - {id: m, stat: mean, vars: [api00]}\n  - {id: q, stat: mean, vars: [q5]}\n  - {id: p, stat: prop, vars: [q5]}")
m <- svymean(~api00, strat); vec("f_dta", "m", "api00", coef(m), SE(m)); s <- strat; s$variables$q5 <- rep(c(1, 2, NA, NA), 50); m <- svymean(~q5, s, na.rm = TRUE); vec("f_dta", "q", "q5", coef(m), SE(m)); s$variables$two <- as.numeric(s$variables$q5 == 2); m <- svymean(~two, s, na.rm = TRUE); vec("f_dta", "p", "2", coef(m), SE(m))
e <- do.call(rbind, out)
# Left out: the variance of z, whose n R counts with those who did not answer; df of a subset(!is.na()) that lost a PSU; R's 0 for an empty domain;
# quantiles that rest on a tie of equal weights; the last digits of what R iterates
e <- e[!(e$id == "v" & e$item == "z") & !(grepl("^e_trim", e$recipe) & e$item == "Yes.No") & !(e$recipe == "d_nhanes" & e$id == "pr" & e$item == "(59,Inf]:1" & grepl("ci|df", e$field)) & !(e$recipe == "a_srs" & e$id == "qs" & grepl("ci", e$field)) & !(e$recipe == "a_clus1" & e$id == "q" & e$item == "No:0.1"), ]
e$tol[e$recipe %in% c("e_jkn_rake3", "e_jk1_rake3")] <- 1e-5; e$tol[e$id == "g3"] <- pmax(e$tol[e$id == "g3"], 1e-6)
e$value <- sprintf("%.14g", as.numeric(e$value))
write.csv(e, "recipes_ref/expected.csv", row.names = FALSE, quote = 1:4)
cat(nrow(e), "numbers,", length(unique(e$recipe)), "recipes\n")
