# Gold recipes: whole recipes with the numbers that R survey 4.1 gives, over the designs it ships and
# some of our own. Run in this folder: Rscript make_recipes.R
# Writes recipes/<name>.yaml, recipes/*.csv (data) and recipes/expected.csv: one line a number.
# (R 4.2.2, survey 4.1-1, survival 3.5)
suppressMessages({library(survey); library(survival)})
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
dir.create("recipes", showWarnings = FALSE)
out <- list()
put <- function(recipe, id, item, field, value, tol = 1e-9)
  out[[length(out) + 1]] <<- data.frame(recipe, id, item, field, value = sprintf("%.17g", as.numeric(value)), tol)
data_csv <- function(name, d) write.csv(d, file.path("recipes", paste0(name, ".csv")), row.names = FALSE, na = "", quote = TRUE)
recipe <- function(name, text) writeLines(text, file.path("recipes", paste0(name, ".yaml")))
# estimates with se of a named vector
vec <- function(recipe, id, names, est, se, tol = 1e-9) for (i in seq_along(names)) {
  put(recipe, id, names[i], "estimate", est[i], tol); if (!is.null(se)) put(recipe, id, names[i], "se", se[i], tol) }
cis <- function(recipe, id, names, word, ci, tol = 1e-9) for (i in seq_along(names)) if (!any(is.na(ci[i, ]))) {
  put(recipe, id, names[i], paste0("ci.", word, ".1"), ci[i, 1], tol); put(recipe, id, names[i], paste0("ci.", word, ".2"), ci[i, 2], tol) }

data(api); data(fpc); data(mu284); data(scd); data(election); data(hospital); data(nhanes)
keep <- c("cds", "stype", "snum", "dnum", "pw", "fpc", "api00", "api99", "enroll", "meals", "ell", "awards", "sch.wide", "both", "mobility", "emer", "api.stu", "hsg", "not.hsg")
for (n in c("apisrs", "apistrat", "apiclus1", "apiclus2")) {
  d <- get(n); d <- d[, intersect(c(keep, "fpc1", "fpc2"), names(d))]; d$cds <- NULL
  names(d) <- gsub(".", "_", names(d), fixed = TRUE); for (v in names(d)) if (is.factor(d[[v]])) d[[v]] <- as.character(d[[v]])
  assign(n, d); data_csv(n, d) }

designs <- list(
  apisrs   = list(d = svydesign(~1, weights = ~pw, fpc = ~fpc, data = apisrs), y = "design: {weight: pw, fpc: fpc}", data = "apisrs"),
  apistrat = list(d = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat), y = "design: {weight: pw, strata: stype, fpc: fpc}", data = "apistrat"),
  apistratwr = list(d = svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat), y = "design: {weight: pw, strata: stype}", data = "apistrat"),
  apiclus1 = list(d = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), y = "design: {weight: pw, psu: dnum, fpc: fpc}", data = "apiclus1"),
  apiclus2 = list(d = svydesign(~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), y = "design: {psu: [dnum, snum], fpc: [fpc1, fpc2]}", data = "apiclus2"),
  apiclus2wr = list(d = svydesign(~dnum + snum, weights = ~pw, data = apiclus2), y = "design: {weight: pw, psu: [dnum, snum]}", data = "apiclus2"))
rep_of <- function(name, type, y, ...) { d <- designs[[name]]
  list(d = as.svrepdesign(d$d, type = type, ...), y = sub("}$", paste0(", replicates: {type: ", y, "}}"), d$y), data = d$data) }
designs$jk1 <- rep_of("apiclus1", "JK1", "jk1")
designs$jkn <- rep_of("apistrat", "JKn", "jkn")
designs$jk1m <- rep_of("apiclus1", "JK1", "jk1, mse: true", mse = TRUE)

estimates <- '
estimates:
  - {id: m, stat: mean, vars: [api00, enroll], deff: true}
  - {id: msrs, stat: mean, vars: [api00], deff: srs}
  - {id: minf, stat: mean, vars: [api00], df: inf}
  - {id: t, stat: total, vars: [api_stu]}
  - {id: mby, stat: mean, vars: [api00], by: [stype]}
  - {id: mby2, stat: mean, vars: [api00], by: [stype, awards]}
  - {id: mw, stat: mean, vars: [enroll], where: "meals > 50"}
  - {id: p, stat: prop, vars: [awards], ci: [logit, beta, mean, asin, xlogit, likelihood]}
  - {id: pby, stat: prop, vars: [awards], by: [stype], ci: [xlogit, mean, beta]}
  - {id: r, stat: ratio, numerator: api_stu, denominator: enroll}
  - {id: v, stat: variance, vars: [api00]}
  - {id: q, stat: quantile, vars: [api00], quantiles: [0.25, 0.5, 0.75]}
  - {id: c1, stat: contrast, of: mby, expr: "E - H"}
  - {id: c2, stat: contrast, of: mby, expr: "log(E / M)"}
  - {id: tab, stat: crosstab, rows: awards, cols: stype, tests: [F, Chisq, Wald, adjWald, lincom, saddlepoint]}
  - {id: tt, stat: ttest, var: api00, groups: awards}
  - {id: rk, stat: ranktest, var: api00, groups: awards}
  - {id: g, stat: glm, family: gaussian, formula: "api00 ~ ell + meals + mobility"}
  - {id: gb, stat: glm, epsilon: 0, family: binomial, formula: "awards ~ meals + stype", terms: true}
  - {id: gd, stat: glm, family: binomial, formula: "awards ~ meals + stype"}
  - {id: gpd, stat: glm, family: poisson, formula: "api_stu ~ ell + meals"}
  - {id: gpr, stat: glm, family: binomial, link: probit, formula: "awards ~ meals + stype"}
  - {id: gp, stat: glm, epsilon: 0, family: poisson, formula: "api_stu ~ ell + meals"}
'
for (n in names(designs)) {
  x <- designs[[n]]; des <- x$d; rname <- paste0("basic_", n)
  recipe(rname, c(paste0("data: ", x$data, ".csv"), x$y, estimates))
  has_rep <- inherits(des, "svyrep.design")
  for (v in c("api00", "enroll")) {      # each with the cases that have it
    m <- svymean(make.formula(v), des, deff = if (has_rep) FALSE else "replace", na.rm = TRUE)
    vec(rname, "m", v, coef(m), SE(m)); cis(rname, "m", v, "t", confint(m, df = degf(des)))
    if (!has_rep) put(rname, "m", v, "deff", deff(m)) }
  if (!has_rep) put(rname, "msrs", "api00", "deff", deff(svymean(~api00, des, deff = TRUE)))
  cis(rname, "minf", "api00", "t", confint(svymean(~api00, des)))
  put(rname, "m", "api00", "df", degf(des))
  t <- svytotal(~api_stu, des); vec(rname, "t", "api_stu", coef(t), SE(t))
  b <- svyby(~api00, ~stype, des, svymean, covmat = TRUE); vec(rname, "mby", c("E", "H", "M"), coef(b), SE(b))
  for (k in c("E", "H", "M")) put(rname, "mby", k, "df", degf(subset(des, stype == k)))
  b2 <- svyby(~api00, ~stype + awards, des, svymean); vec(rname, "mby2", names(coef(b2)), coef(b2), SE(b2))
  s <- subset(des, meals > 50); w <- svymean(~enroll, s, na.rm = TRUE); vec(rname, "mw", "enroll", coef(w), SE(w)); put(rname, "mw", "enroll", "df", degf(s))
  des <- update(des, yes = as.numeric(awards == "Yes"))
  p <- svymean(~yes, des); vec(rname, "p", "Yes", coef(p), SE(p))
  for (w in c("logit", "beta", "mean", "asin", "xlogit", "likelihood")) {
    ci <- tryCatch(attr(svyciprop(~yes, des, method = w), "ci"), error = function(e) NULL)
    if (!is.null(ci)) cis(rname, "p", "Yes", w, t(ci), c(likelihood = 1e-4, logit = 1e-6)[w] %in% NA | 1e-9) }
  for (k in c("E", "H", "M")) { s <- subset(des, stype == k); p <- svymean(~yes, s); vec(rname, "pby", paste0(k, ":Yes"), coef(p), SE(p))
    for (w in c("xlogit", "mean", "beta")) cis(rname, "pby", paste0(k, ":Yes"), w, t(attr(svyciprop(~yes, s, method = w), "ci"))) }
  r <- svyratio(~api_stu, ~enroll, des, na.rm = TRUE); vec(rname, "r", "api_stu/enroll", coef(r), SE(r))
  v <- svyvar(~api00, des); vec(rname, "v", "api00", coef(v)[1], SE(v)[1])
  q <- svyquantile(~api00, des, c(.25, .5, .75)); qq <- as.data.frame(q[[1]])
  for (i in 1:3) { qn <- paste0("api00:", c(.25, .5, .75)[i]); put(rname, "q", qn, "estimate", qq[i, 1]); put(rname, "q", qn, "se", SE(q)[i])
    put(rname, "q", qn, "ci.mean.1", qq[i, 2]); put(rname, "q", qn, "ci.mean.2", qq[i, 3]) }
  c1 <- svycontrast(b, quote(E - H)); put(rname, "c1", "*", "estimate", coef(c1)); put(rname, "c1", "*", "se", SE(c1))
  c2 <- svycontrast(b, quote(log(E / M))); put(rname, "c2", "*", "estimate", coef(c2)); put(rname, "c2", "*", "se", SE(c2))
  for (w in c("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint")) {
    x2 <- svychisq(~awards + stype, des, statistic = w); tol <- if (w %in% c("lincom", "saddlepoint")) 1e-5 else 1e-9
    put(rname, "tab", paste0("test:", w), "statistic", x2$statistic, tol); put(rname, "tab", paste0("test:", w), "p", x2$p.value, tol) }
  tt <- svyttest(api00 ~ awards, des); put(rname, "tt", "test:t", "statistic", tt$statistic); put(rname, "tt", "test:t", "p", tt$p.value)
  rk <- svyranktest(api00 ~ awards, des); put(rname, "rk", "test:wilcoxon", "statistic", rk$statistic, 1e-7); put(rname, "rk", "test:wilcoxon", "p", rk$p.value, 1e-7)
  g <- svyglm(api00 ~ ell + meals + mobility, des); sm <- coef(summary(g)); vec(rname, "g", rownames(sm), sm[, 1], sm[, 2])
  for (k in rownames(sm)) { put(rname, "g", k, "statistic", sm[k, 3]); put(rname, "g", k, "p", sm[k, 4]) }
  for (k in c("gd", "gpr")) {             # as R stops by default
    g <- suppressWarnings(svyglm(I(awards == "Yes") ~ meals + stype, des, family = quasibinomial(if (k == "gd") "logit" else "probit"))); sm <- coef(summary(g)); vec(rname, k, rownames(sm), sm[, 1], sm[, 2]) }
  g <- suppressWarnings(svyglm(api_stu ~ ell + meals, des, family = quasipoisson)); sm <- coef(summary(g)); vec(rname, "gpd", rownames(sm), sm[, 1], sm[, 2])
  ctl <- glm.control(epsilon = 1e-14, maxit = 50)
  g <- suppressWarnings(svyglm(I(awards == "Yes") ~ meals + stype, des, family = quasibinomial, control = ctl)); sm <- coef(summary(g)); vec(rname, "gb", rownames(sm), sm[, 1], sm[, 2], 1e-7)
  rt <- regTermTest(g, ~stype); put(rname, "gb", "test:Wald:stype", "statistic", rt$Ftest, 1e-7); put(rname, "gb", "test:Wald:stype", "p", rt$p, 1e-7)
  g <- suppressWarnings(svyglm(api_stu ~ ell + meals, des, family = quasipoisson, control = ctl)); sm <- coef(summary(g)); vec(rname, "gp", rownames(sm), sm[, 1], sm[, 2], 1e-7)
}

# ---- weighting: standard errors that know it -------------------------------------------------------
few <- '
estimates:
  - {id: m, stat: mean, vars: [api00, enroll]}
  - {id: t, stat: total, vars: [api_stu]}
  - {id: mby, stat: mean, vars: [api00], by: [awards]}
  - {id: r, stat: ratio, numerator: api_stu, denominator: enroll}
  - {id: p, stat: prop, vars: [both], ci: [xlogit]}
'
some <- function(rname, des, tol = 1e-9) {
  des$degf <- NULL  # R keeps the df of before some calibrations; the definition is rank - 1
  for (v in c("api00", "enroll")) { m <- svymean(make.formula(v), des, na.rm = TRUE); vec(rname, "m", v, coef(m), SE(m), tol) }
  # after an iterated calibration the rank of replicate weights hangs on the iteration's last digits
  sure <- tol == 1e-9 || !inherits(des, "svyrep.design"); if (sure) put(rname, "m", "api00", "df", degf(des))
  t <- svytotal(~api_stu, des); vec(rname, "t", "api_stu", coef(t), SE(t), tol)
  for (k in c("No", "Yes")) { w <- svymean(~api00, subset(des, awards == k)); vec(rname, "mby", k, coef(w), SE(w), tol) }
  r <- svyratio(~api_stu, ~enroll, des, na.rm = TRUE); vec(rname, "r", "api_stu/enroll", coef(r), SE(r), tol)
  des <- update(des, yes = as.numeric(both == "Yes")); p <- svymean(~yes, des); vec(rname, "p", "Yes", coef(p), SE(p), tol)
  if (sure) cis(rname, "p", "Yes", "xlogit", t(attr(svyciprop(~yes, des, method = "xlogit"), "ci")), tol) }
clus1 <- designs$apiclus1$d; y1 <- designs$apiclus1$y; strat <- designs$apistrat$d; ys <- designs$apistrat$y; jk <- designs$jk1$d; yj <- designs$jk1$y
pop.types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)); pop.wide <- data.frame(sch_wide = c("No", "Yes"), Freq = c(1072, 5122))
pop.cross <- data.frame(stype = rep(c("E", "H", "M"), 2), sch_wide = rep(c("No", "Yes"), each = 3), Freq = c(500, 250, 322, 3921, 505, 696))
data_csv("pop_types", pop.types); data_csv("pop_wide", pop.wide); data_csv("pop_cross", pop.cross)
tot <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
data_csv("pop_api99", data.frame(term = names(tot), total = tot))
weighting <- list(
  post = list(y = "weights:\n  - {step: poststratify, margin: {vars: [stype], totals: pop_types.csv}}", f = function(d) postStratify(d, ~stype, pop.types)),
  post2 = list(y = "weights:\n  - {step: poststratify, margin: {vars: [stype, sch_wide], totals: pop_cross.csv}}", f = function(d) postStratify(d, ~stype + sch_wide, pop.cross)),
  rake = list(y = "weights:\n  - {step: rake, margins: [{var: stype, totals: {E: 4421, H: 755, M: 1018}}, {var: sch_wide, totals: pop_wide.csv}], epsilon: 1e-12}",
              f = function(d) rake(d, list(~stype, ~sch_wide), list(pop.types, pop.wide), control = list(maxit = 500, epsilon = 1e-9))),
  linear = list(y = "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: linear}", f = function(d) calibrate(d, ~stype + api99, tot)),
  raking = list(y = "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: raking, epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot, calfun = "raking", epsilon = 1e-11, maxit = 200)),
  logit = list(y = "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: logit, bounds: [0.3, 3], epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot, calfun = "logit", bounds = c(.3, 3), epsilon = 1e-11, maxit = 200)),
  bounded = list(y = "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: linear, bounds: [0.6, 1.6], epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot, bounds = c(.6, 1.6), epsilon = 1e-11, maxit = 200)),
  sinh = list(y = "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: sinh, bounds: [0.3, 3], epsilon: 1e-11}", f = function(d) calibrate(d, ~stype + api99, tot, calfun = cal.sinh, bounds = c(.3, 3), epsilon = 1e-11, maxit = 200)))
for (base in c("apiclus1", "apistrat", "jk1", "jkn")) for (w in names(weighting)) {
  rname <- paste("weights", base, w, sep = "_")
  if (base == "jk1" && w == "bounded") next # R: some replicates miss the bounds
  des <- tryCatch(suppressWarnings(weighting[[w]]$f(designs[[base]]$d)), error = function(e) NULL)
  if (is.null(des)) { cat("R has no", rname, "\n"); next }
  recipe(rname, c(paste0("data: ", designs[[base]]$data, ".csv"), designs[[base]]$y, weighting[[w]]$y, few))
  some(rname, des, if (w %in% c("rake", "raking", "logit", "bounded", "sinh")) 1e-7 else 1e-9)
}
agg <- calibrate(clus1, ~stype + api99, tot, aggregate.stage = 1)
recipe("weights_apiclus1_aggregate", c("data: apiclus1.csv", y1, "weights:\n  - {step: calibrate, formula: \"~ stype + api99\", totals: pop_api99.csv, method: linear, aggregate: psu}", few))
some("weights_apiclus1_aggregate", agg, 1e-7)
two <- postStratify(designs$apiclus2$d, ~stype, pop.types)
recipe("weights_apiclus2_post", c("data: apiclus2.csv", designs$apiclus2$y, "weights:\n  - {step: poststratify, margin: {vars: [stype], totals: pop_types.csv}}", few)); some("weights_apiclus2_post", two)
tr <- trimWeights(svydesign(~1, weights = ~pw, data = transform(apistrat, pw = pw * (1 + (meals > 50)))), upper = 60, strict = TRUE)
recipe("weights_trim", c("data: trim.csv", "design: {weight: pw}", "weights:\n  - {step: trim, upper: 60, redistribute: true}", few)); data_csv("trim", transform(apistrat, pw = pw * (1 + (meals > 50))))
some("weights_trim", tr)

# ---- PPS, fixed replicate weights, two phases ------------------------------------------------------
data(election); el <- election_pps; el$id <- seq_len(nrow(el)); data_csv("election", el[, c("id", "County", "TotPrecincts", "votes", "Bush", "Kerry", "Nader", "wt", "p")])
data_csv("election_fewer", el[!el$id %in% c(5, 17), c("id", "County", "TotPrecincts", "votes", "Bush", "Kerry", "Nader", "wt", "p")]) # two units without a case
jp <- as.data.frame(election_jointprob); names(jp) <- seq_len(nrow(jp)); data_csv("election_joint", cbind(id = names(jp), jp))
epps <- list(brewer = list(y = "design: {psu: id, fpc: p, pps: brewer}", d = svydesign(~1, fpc = ~p, pps = "brewer", data = el)),
  overton = list(y = "design: {psu: id, fpc: p, pps: overton}", d = svydesign(~1, fpc = ~p, pps = "overton", data = el)),
  hr = list(y = "design: {psu: id, fpc: p, pps: hr}", d = svydesign(~1, fpc = ~p, pps = HR(), data = el)),
  joint = list(y = "design: {psu: id, fpc: p, pps: {joint: election_joint.csv}}", d = svydesign(~1, fpc = ~p, pps = ppsmat(election_jointprob), data = el)),
  yg = list(y = "design: {psu: id, fpc: p, pps: {joint: election_joint.csv}, variance: yg}", d = svydesign(~1, fpc = ~p, pps = ppsmat(election_jointprob), variance = "YG", data = el)),
  wr = list(y = "design: {psu: id, prob: p, pps: with_replacement}", d = svydesign(~1, probs = ~p, data = el)))
for (n in names(epps)) { rname <- paste0("pps_", n); des <- epps[[n]]$d
  recipe(rname, c("data: election.csv", epps[[n]]$y, "estimates:\n  - {id: t, stat: total, vars: [Bush, Kerry, Nader]}\n  - {id: r, stat: ratio, numerator: Bush, denominator: votes}\n  - {id: d, stat: contrast, of: t, expr: \"Bush - Kerry\"}"))
  t <- svytotal(~Bush + Kerry + Nader, des); vec(rname, "t", c("Bush", "Kerry", "Nader"), coef(t), SE(t))
  r <- svyratio(~Bush, ~votes, des); vec(rname, "r", "Bush/votes", coef(r), SE(r))
  d <- svycontrast(t, quote(Bush - Kerry)); put(rname, "d", "*", "estimate", coef(d)); put(rname, "d", "*", "se", SE(d)) }
scd$alive2 <- scd$alive; data_csv("scd", scd)
sc <- svydesign(data = scd, prob = ~1, id = ~ambulance, strata = ~ESA, nest = TRUE)
repw <- 2 * cbind(c(1,0,1,0,1,0), c(1,0,0,1,0,1), c(0,1,1,0,0,1), c(0,1,0,1,1,0))
data_csv("scd_repw", as.data.frame(repw))
scds <- list(taylor = list(y = "design: {strata: ESA, psu: ambulance, nest: true}", d = sc), brr = list(y = "design: {strata: ESA, psu: ambulance, nest: true, replicates: {type: brr}}", d = as.svrepdesign(sc, type = "BRR")),
  fay = list(y = "design: {strata: ESA, psu: ambulance, nest: true, replicates: {type: fay, rho: 0.3}}", d = as.svrepdesign(sc, type = "Fay", fay.rho = 0.3)),
  given = list(y = "design: {replicates: {type: brr, file: scd_repw.csv, combined: false}}", d = suppressWarnings(svrepdesign(data = scd, type = "BRR", repweights = repw, combined.weights = FALSE))))
for (n in names(scds)) { rname <- paste0("scd_", n); des <- scds[[n]]$d
  recipe(rname, c("data: scd.csv", scds[[n]]$y, "estimates:\n  - {id: r, stat: ratio, numerator: alive, denominator: arrests}\n  - {id: t, stat: total, vars: [alive, arrests]}"))
  r <- svyratio(~alive, ~arrests, des); vec(rname, "r", "alive/arrests", coef(r), SE(r)); t <- svytotal(~alive + arrests, des); vec(rname, "t", c("alive", "arrests"), coef(t), SE(t)) }
data(mu284); data_csv("mu284", mu284); dm <- svydesign(~id1 + id2, fpc = ~n1 + n2, data = mu284)
recipe("mu284", c("data: mu284.csv", "design: {psu: [id1, id2], fpc: [n1, n2]}", "estimates:\n  - {id: t, stat: total, vars: [y1]}\n  - {id: m, stat: mean, vars: [y1]}"))
t <- svytotal(~y1, dm); vec("mu284", "t", "y1", coef(t), SE(t)); m <- svymean(~y1, dm); vec("mu284", "m", "y1", coef(m), SE(m))
data_csv("fpc", fpc); df1 <- svydesign(~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, data = fpc, nest = TRUE); df0 <- svydesign(~psuid, strata = ~stratid, weights = ~weight, data = fpc, nest = TRUE)
for (n in c("fpc_with", "fpc_without")) { des <- if (n == "fpc_with") df1 else df0
  recipe(n, c("data: fpc.csv", paste0("design: {psu: psuid, strata: stratid, weight: weight, nest: true", if (n == "fpc_with") ", fpc: Nh}" else "}"), "estimates:\n  - {id: t, stat: total, vars: [x]}\n  - {id: m, stat: mean, vars: [x]}"))
  t <- svytotal(~x, des); vec(n, "t", "x", coef(t), SE(t)); m <- svymean(~x, des); vec(n, "m", "x", coef(m), SE(m)) }
data(hospital); data_csv("hospital", hospital)
dh <- svydesign(strata = ~oblevel, id = ~hospno, weights = ~weighta, fpc = ~tothosp, data = hospital)
recipe("hospital", c("data: hospital.csv", "design: {strata: oblevel, psu: hospno, weight: weighta, fpc: tothosp}", "estimates:\n  - {id: t, stat: total, vars: [births]}\n  - {id: m, stat: mean, vars: [births], by: [oblevel]}"))
t <- svytotal(~births, dh); vec("hospital", "t", "births", coef(t), SE(t)); b <- svyby(~births, ~oblevel, dh, svymean); vec("hospital", "m", as.character(b$oblevel), coef(b), SE(b))

# ---- NHANES: strata, PSUs nested, missing answers ---------------------------------------------------
set.seed(1); nh <- nhanes[sort(sample(nrow(nhanes), 3000)), ]; data_csv("nhanes", nh)
dn <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nh)
recipe("nhanes", c("data: nhanes.csv", "design: {psu: SDMVPSU, strata: SDMVSTRA, weight: WTMEC2YR, nest: true}", '
estimates:
  - {id: p, stat: prop, vars: [HI_CHOL], by: [RIAGENDR], ci: [xlogit, beta], deff: true}
  - {id: pr, stat: prop, vars: [race, agecat]}
  - {id: tab, stat: crosstab, rows: HI_CHOL, cols: race, tests: [F, Chisq, Wald, adjWald]}
  - {id: g, stat: glm, epsilon: 0, family: binomial, formula: "HI_CHOL ~ factor(race) + agecat + RIAGENDR", terms: true}
'))
for (k in 1:2) { s <- subset(dn, RIAGENDR == k); p <- svymean(~HI_CHOL, s, na.rm = TRUE, deff = "replace"); it <- paste0(k, ":1"); vec("nhanes", "p", it, coef(p), SE(p)); put("nhanes", "p", it, "deff", deff(p))
  ok <- subset(s, !is.na(HI_CHOL)); cis("nhanes", "p", it, "xlogit", t(attr(svyciprop(~HI_CHOL, ok, method = "xlogit"), "ci"))); cis("nhanes", "p", it, "beta", t(attr(svyciprop(~HI_CHOL, ok, method = "beta"), "ci"))) }
p <- svymean(~factor(race), dn); vec("nhanes", "pr", paste0("race:", 1:4), coef(p), SE(p))
for (w in c("F", "Chisq", "Wald", "adjWald")) { x2 <- svychisq(~HI_CHOL + race, dn, statistic = w); put("nhanes", "tab", paste0("test:", w), "statistic", x2$statistic); put("nhanes", "tab", paste0("test:", w), "p", x2$p.value) }
g <- svyglm(HI_CHOL ~ factor(race) + agecat + RIAGENDR, dn, family = quasibinomial, control = glm.control(epsilon = 1e-14, maxit = 50)); sm <- coef(summary(g)); vec("nhanes", "g", rownames(sm), sm[, 1], sm[, 2], 1e-7)
rt <- regTermTest(g, ~agecat); put("nhanes", "g", "test:Wald:agecat", "statistic", rt$Ftest, 1e-7)
e <- do.call(rbind, out)
e$tol[grepl("likelihood", e$field)] <- 1e-4; e$tol[grepl("ci.logit", e$field)] <- 1e-6
write.csv(e, "recipes/expected.csv", row.names = FALSE)
cat(nrow(e), "numbers\n"); print(table(e$recipe))
