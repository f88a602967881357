# Gold numbers for tests/measure/test_weights_gold.c, from R survey 4.1. Run in this folder:
#     Rscript make_weights.R
# Writes the data (w_strat.csv, w_clus1.csv, w_clus2.csv from the survey package; w_answer.csv and
# roster.csv, synthetic), files of totals (totals_*.csv), the weights after each case (weights_w.csv:
# case, row, w) and estimates after them (weights_est.csv). Numbers carry 17 digits.
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
num <- function(x) sprintf("%.17g", x)
put <- function(d, name) write.csv(d, name, row.names = FALSE, na = "", quote = FALSE)

# ---- data ------------------------------------------------------------------------------------------
data(api)
keep <- c("stype", "dnum", "snum", "pw", "api99", "api00", "enroll", "awards", "comp.imp", "sch.wide")
tidy <- function(d, more) { d <- d[, c(keep, more)]; names(d) <- sub("[.]", "_", names(d)); d }
strat <- tidy(apistrat, "fpc")
clus1 <- tidy(apiclus1, "fpc")
clus2 <- tidy(apiclus2, c("fpc1", "fpc2"))
clus2$pw <- weights(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2))
clus2$enroll[is.na(clus2$enroll)] <- 400   # R 4.1 cannot drop rows of a calibrated design
put(transform(strat, pw = num(pw)), "w_strat.csv")
put(transform(clus1, pw = num(pw)), "w_clus1.csv")
put(transform(clus2, pw = num(pw)), "w_clus2.csv")
pop <- apipop; names(pop) <- sub("[.]", "_", names(pop))
count <- function(...) as.data.frame(table(pop[, c(...), drop = FALSE]))
put(count("sch_wide", "awards"), "totals_wide_awards.csv")
put(count("stype"), "totals_stype.csv")
terms <- colSums(model.matrix(~ stype * sch_wide + api99, pop))
put(data.frame(term = names(terms), total = num(terms)), "totals_terms.csv")

# ---- what is written -------------------------------------------------------------------------------
out <- NULL; all_w <- NULL
est <- function(case, stat, s) out <<- rbind(out, data.frame(case, stat,
  estimate = num(coef(s)), se = num(sqrt(diag(vcov(s)))), row.names = NULL))
take <- function(case, d, weights = TRUE) {
  w <- weights(d, "sampling")
  if (weights) all_w <<- rbind(all_w, data.frame(case, row = seq_along(w), w = num(as.vector(w))))
  est(case, "mean api00", svymean(~api00, d))
  est(case, "total enroll", svytotal(~enroll, d))
  est(case, "ratio api00 enroll", svyratio(~api00, ~enroll, d))
  est(case, "mean api00 in stype=H", svymean(~api00, subset(d, stype == "H")))
}
dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat, fpc = ~fpc)
dclus1 <- svydesign(id = ~dnum, weights = ~pw, data = clus1, fpc = ~fpc)
dclus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = clus2)
wr <- svydesign(id = ~dnum, weights = ~pw, data = clus1)
ws <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat)
tight <- list(maxit = 5000, epsilon = 1e-13)
N <- nrow(pop)

# ---- post-stratification, raking -------------------------------------------------------------------
take("ps_clus1", postStratify(dclus1, ~stype, count("stype")))
take("ps_clus2", postStratify(dclus2, ~stype, count("stype")))
take("ps_cross", postStratify(dstrat, ~sch_wide + awards, count("sch_wide", "awards")))
take("ps_partial", postStratify(dclus1, ~stype, rbind(count("stype"), data.frame(stype = "X", Freq = 50)), partial = TRUE))
r2 <- function(d) rake(d, list(~stype, ~sch_wide), list(count("stype"), count("sch_wide")), control = tight)
take("rake_clus1", r2(dclus1))
take("rake_clus2", r2(dclus2))
take("rake_three", rake(dstrat, list(~sch_wide, ~awards, ~comp_imp),
                        list(count("sch_wide"), count("awards"), count("comp_imp")), control = tight))
take("rake_cross", rake(dclus1, list(~stype + sch_wide, ~comp_imp),
                        list(count("stype", "sch_wide"), count("comp_imp")), control = tight))

# The exact least-squares residual that R's sweeps tend to, and the weighted one.
exact <- function(case, r, weighted) {
  ps <- r$postStrata[[1]]
  w <- weights(r)
  mm <- do.call(cbind, lapply(ps, function(a) model.matrix(~ factor(as.vector(a)))))
  m <- weighted.mean(r$variables$api00, w)
  z <- w * (r$variables$api00 - m) / sum(w)
  e <- if (weighted) lm.wfit(mm, z / w, w)$residuals else lm.fit(mm, z / w)$residuals
  v <- svyrecvar(e * w, r$cluster, r$strata, r$fpc, postStrata = NULL)
  out <<- rbind(out, data.frame(case, stat = "mean api00", estimate = num(m), se = num(sqrt(v[1]))))
}
r3 <- rake(dstrat, list(~sch_wide, ~awards, ~comp_imp),
           list(count("sch_wide"), count("awards"), count("comp_imp")), control = tight)
exact("rake_exact", r3, FALSE)
exact("rake_weighted", r3, TRUE)

# ---- calibration -----------------------------------------------------------------------------------
t4 <- c(`(Intercept)` = N, stypeH = 755, stypeM = 1018, api99 = sum(pop$api99))
cal <- function(d, ...) calibrate(d, ~ stype + api99, t4, epsilon = 1e-13, maxit = 200, ...)
take("cal_linear", cal(dclus1))
take("cal_linear_clus2", cal(dclus2))
take("cal_raking", cal(dclus1, calfun = "raking"))
take("cal_logit", cal(dclus1, calfun = "logit", bounds = c(0.5, 2.5)))
take("cal_bounded", cal(dclus1, calfun = "linear", bounds = c(0.6, 1.6)))
take("cal_raking_bounded", cal(dclus1, calfun = "raking", bounds = c(0.6, 1.6)))
take("cal_sinh", cal(dclus1, calfun = cal.sinh, bounds = c(0.5, 2)))
take("cal_const", cal(dclus1, bounds = c(18, 56), bounds.const = TRUE))
take("cal_psu", cal(dclus1, aggregate.stage = 1))
take("cal_psu_raking", calibrate(dclus1, ~stype, t4[1:3], aggregate.stage = 1, calfun = "raking", epsilon = 1e-13, maxit = 200))
take("cal_terms", calibrate(dstrat, ~ stype * sch_wide + api99, terms, calfun = "raking", epsilon = 1e-13, maxit = 200))
low <- svydesign(id = ~dnum, weights = ~I(pw / 100), data = clus1, fpc = ~fpc)
take("cal_rescaled", cal(low, calfun = "logit", bounds = c(0.5, 2.5)))
take("ps_then_cal", calibrate(postStratify(dclus1, ~stype, count("stype")), ~api99, t4[c(1, 4)]))
take("cal_then_rake", r2(calibrate(dclus1, ~api99, t4[c(1, 4)])))

# ---- trimming and scaling --------------------------------------------------------------------------
take("trim_upper", trimWeights(dstrat, upper = 40))
take("trim_strict", trimWeights(r2(dclus1), upper = 37, lower = 31.5, strict = TRUE))
w2 <- weights(dclus2)
take("trim_median", trimWeights(dclus2, upper = 2 * median(w2)))
take("scale_population", postStratify(update(dclus1, one = 1), ~one, data.frame(one = 1, Freq = 6000)))
take("scale_equal", postStratify(dclus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = 61)))

# ---- replicates that follow every step -------------------------------------------------------------
jk1 <- as.svrepdesign(wr, type = "JK1"); jkn <- as.svrepdesign(ws, type = "JKn")
take("jk1_ps", postStratify(jk1, ~stype, count("stype")))
take("jk1_rake", r2(jk1))
take("jk1_linear", cal(jk1))
take("jk1_raking", cal(jk1, calfun = "raking"))
take("jkn_ps", postStratify(jkn, ~sch_wide, count("sch_wide")))
take("jkn_logit", calibrate(jkn, ~ stype + api99, t4, calfun = "logit", bounds = c(0.5, 2), epsilon = 1e-13, maxit = 200))
set.seed(20240101)                        # replicate weights that came with the data
boot <- sapply(1:12, function(r) { m <- table(factor(sample(unique(clus1$dnum), 15, TRUE), unique(clus1$dnum)))
  round(clus1$pw * as.vector(m[as.character(clus1$dnum)]), 6) })
colnames(boot) <- paste0("r", 1:12)
put(boot, "w_boot.csv")
given12 <- svrepdesign(data = clus1, weights = ~pw, repweights = boot, type = "bootstrap", combined.weights = TRUE)
take("given_ps", postStratify(given12, ~comp_imp, count("comp_imp")))
take("given_rake", rake(given12, list(~comp_imp, ~sch_wide), list(count("comp_imp"), count("sch_wide")), control = tight))
take("given_raking", calibrate(given12, ~ comp_imp + api99, c(`(Intercept)` = N, comp_impYes = 4482, api99 = sum(pop$api99)), calfun = "raking", compress = FALSE, epsilon = 1e-13, maxit = 200))
# steps R has no function for: the same R code over the weights of the sample and of each replicate
follow <- function(d, f) {
  full <- weights(d, "sampling"); rep <- weights(d, "analysis")
  svrepdesign(data = d$variables, weights = f(full), repweights = apply(rep, 2, f), combined.weights = TRUE,
              type = "other", scale = d$scale, rscales = d$rscales, mse = FALSE)
}
trim <- function(w, up) { o <- w > up; w2 <- pmin(w, up); i <- !o & w > 0
  w2[i] <- w2[i] + sum(w - w2) / sum(i); w2 }
ps <- function(w, g, t) w * (t / tapply(w, g, sum)[names(t)])[as.character(g)]
st <- setNames(count("stype")$Freq, count("stype")$stype)
take("jk1_ps_trim", follow(jk1, function(w) trim(as.vector(ps(w, clus1$stype, st)), 45)))

# ---- nonresponse -----------------------------------------------------------------------------------
set.seed(20240611)                        # synthetic: 6 strata of 4 PSUs of 12 cases
ans <- expand.grid(i = 1:12, psu = 1:4, stratum = 1:6)
ans$psu <- ans$stratum * 10 + ans$psu
n <- nrow(ans)
ans$pw <- round(exp(rnorm(n, 3, .3)), 2)
ans$urban <- sample(0:1, n, TRUE); ans$age <- sample(12:17, n, TRUE); ans$sex <- sample(1:2, n, TRUE)
ans$found <- ifelse(runif(n) < .1, NA, as.integer(runif(n) < .9))
ans$done <- as.integer(runif(n) < plogis(.9 - .5 * ans$urban + .1 * (ans$age - 14)))
ans$api00 <- round(600 + 20 * ans$age - 30 * ans$urban + rnorm(n, 0, 50), 1)
ans$enroll <- sample(100:900, n, TRUE)
ans$stype <- sample(c("E", "H"), n, TRUE)
ans$i <- NULL
put(ans, "w_answer.csv")
given <- function(case, w) {               # the factors count as given
  d <- svydesign(id = ~psu, strata = ~stratum, weights = w, data = ans)
  all_w <<- rbind(all_w, data.frame(case, row = seq_along(w), w = num(as.vector(w))))
  take(case, subset(d, w > 0), FALSE)
}
classes <- function(w, g, r, e = rep(1, length(w))) {
  unk <- is.na(e); g <- interaction(g, drop = TRUE)
  s <- function(k) { x <- tapply(w * k, g, sum); x[as.character(g)] }
  w <- w * (1 + s(unk) / s(!unk)); ok <- !unk & e %in% 1
  as.vector(ifelse(ok & r == 1, w * s(ok) / s(ok & r == 1), 0))
}
given("nr_classes", classes(ans$pw, ans[, c("stratum", "urban")], ans$done))
given("nr_eligible", classes(ans$pw, ans[, "urban", drop = FALSE], ans$done, ans$found))
fit <- function(w, pred) suppressWarnings(fitted(glm(done ~ urban + age, quasibinomial, ans, weights = w,
                                                    control = list(epsilon = 1e-14, maxit = 100))))
given("nr_inverse", ifelse(ans$done == 1, ans$pw / fit(ans$pw), 0))
given("nr_unweighted", ifelse(ans$done == 1, ans$pw / fit(rep(1, n)), 0))
strata5 <- function(w) { keep <- w > 0; p <- rep(NA, n); wk <- w
  p <- predict(suppressWarnings(glm(done ~ urban + age, quasibinomial, ans, weights = wk,
                                    control = list(epsilon = 1e-14, maxit = 100))), ans, type = "response")
  p <- round(p, 12); q <- quantile(p[keep], 1:4 / 5); g <- 1 + rowSums(outer(p, q, ">"))
  f <- tapply(w, g, sum) / tapply(w * ans$done, g, sum)
  ifelse(ans$done == 1 & keep, w * f[as.character(g)], 0) }
given("nr_strata", as.vector(strata5(ans$pw)))
rep_ans <- as.svrepdesign(svydesign(id = ~psu, strata = ~stratum, weights = ~pw, data = ans), type = "JKn")
jk_nr <- function(case, f) {
  d <- follow(rep_ans, f)
  all_w <<- rbind(all_w, data.frame(case, row = 1:n, w = num(weights(d, "sampling"))))
  take(case, subset(d, done == 1), FALSE)
}
jk_nr("jkn_nr_classes", function(w) classes(w, ans[, "urban", drop = FALSE], ans$done))
jk_nr("jkn_nr_inverse", function(w) as.vector(ifelse(ans$done == 1 & w > 0, w /
  predict(suppressWarnings(glm(done ~ urban + age, quasibinomial, ans, weights = w, subset = w > 0,
          control = list(epsilon = 1e-14, maxit = 100))), ans, type = "response"), 0)))
sexes <- c(`1` = 4000, `2` = 4200)
jk_nr("jkn_nr_ps", function(w) as.vector(ps(classes(w, ans[, "urban", drop = FALSE], ans$done), ans$sex, sexes)))

# ---- the whole screened roster: 12-17-year-olds of each contacted household ---------------------------
set.seed(20250102)
ros <- do.call(rbind, lapply(1:30, function(p) do.call(rbind, lapply(1:8, function(h) {
  k <- sample(0:3, 1, prob = c(.4, .35, .2, .05)); if (k == 0) return(NULL)
  age <- sample(12:17, k, TRUE)
  data.frame(region = if (p <= 15) "north" else "south", psu = p, household = h, sex = sample(1:2, k, TRUE),
             age, p_psu = num(round(.05 + .01 * (p %% 7), 3)), p_household = num(8 / (60 + 5 * (p %% 9))),
             internet = rbinom(k, 1, plogis(-3 + .25 * age + ifelse(p <= 15, .6, -.2))))
}))))
ros$agegrp <- cut(ros$age, c(11, 13, 15, 17), labels = c("12-13", "14-15", "16-17"))
put(ros, "roster.csv")
rt <- data.frame(sex = rep(1:2, each = 3), agegrp = rep(c("12-13", "14-15", "16-17"), 2),
                 Freq = c(5200, 5000, 4700, 5000, 4900, 4600))
put(rt, "totals_roster.csv")
ros$w <- 1 / (as.numeric(ros$p_psu) * as.numeric(ros$p_household))
dr <- postStratify(svydesign(id = ~psu, strata = ~region, weights = ~w, data = ros), ~sex + agegrp, rt)
all_w <- rbind(all_w, data.frame(case = "roster", row = seq_along(weights(dr)), w = num(weights(dr))))
est("roster", "mean internet", svymean(~internet, dr))
est("roster", "total internet", svytotal(~internet, dr))
all_w <- all_w[all_w$row %% 3 == 1, ]      # enough to hold them
put(all_w, "weights_w.csv")
put(out, "weights_est.csv")
cat(nrow(out), "estimates,", nrow(all_w), "weights,", length(unique(all_w$case)), "cases\n")
