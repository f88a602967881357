# Gold numbers for tests/measure/test_survey.c and test_replicates.c: how designs vary, from R survey 4.1 (R 4.2).
# Run in this folder:
#     Rscript make_designs.R
# Writes data_*.csv (survey's own examples, columns chosen; data_lone synthetic) and designs.csv: one line
# per statistic, with the design as a recipe writes it. Numbers carry 17 digits.
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
options(warn = -1)
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "")
save <- function(d, name) write.csv(d, paste0("data_", name, ".csv"), row.names = FALSE, na = "",
                                    quote = FALSE)

# ---- statistics ------------------------------------------------------------------------------------
out <- NULL
# data: file; yaml: the `design:` of the recipe; des: the same for survey; where: a domain, or ""
one <- function(data, yaml, des, stat, vars, where = "") {
  d <- if (where == "") des else eval(bquote(subset(des, .(parse(text = gsub(" and ", " & ", where))[[1]]))))
  df <- as.numeric(degf(d))
  f <- lapply(vars, function(v) as.formula(paste0("~", v)))
  both <- as.formula(paste0("~", paste(vars, collapse = "+")))
  e <- switch(stat, mean = svymean(both, d, na.rm = TRUE), total = svytotal(both, d, na.rm = TRUE),
              ratio = svyratio(f[[1]], f[[2]], d, na.rm = TRUE))
  v <- as.matrix(vcov(e))
  b <- as.numeric(coef(e))
  second <- length(b) > 1
  out <<- rbind(out, data.frame(data, design = yaml, where, stat, vars = paste(vars, collapse = ";"),
    estimate = num(b[1]), se = num(sqrt(v[1, 1])),
    estimate2 = if (second) num(b[2]) else "", se2 = if (second) num(sqrt(v[2, 2])) else "",
    cov = if (second) num(v[1, 2]) else "", df = num(df)))
}
# Each of these statistics, in all and in domains.
several <- function(data, yaml, des, vars, domains = character()) {
  for (where in c("", domains)) {
    one(data, yaml, des, "mean", vars, where)
    one(data, yaml, des, "total", vars[1], where)
    if (length(vars) > 1) one(data, yaml, des, "ratio", vars[1:2], where)
  }
}
rule <- function(lonely, domains = FALSE)
  options(survey.lonely.psu = ifelse(lonely == "error", "fail", lonely),
          survey.adjust.domain.lonely = domains)

# ---- stages ----------------------------------------------------------------------------------------
data(api); data(mu284); data(fpc); data(scd); data(hospital); data(crowd); data(nhanes)
keep <- c("stype", "dnum", "snum", "pw", "api00", "api99", "enroll", "meals")
small <- function(d, more) { d <- d[, c(keep, more)]; d$met <- as.integer(d$api00 > d$api99); d }
apistrat <- small(apistrat, "fpc"); apiclus1 <- small(apiclus1, "fpc")
apiclus2 <- small(apiclus2, c("fpc1", "fpc2")); apisrs <- small(apisrs, "fpc")
for (d in c("apistrat", "apiclus1", "apiclus2", "apisrs", "mu284", "fpc", "scd", "hospital", "crowd"))
  save(get(d), d)
nhanes <- nhanes[nhanes$SDMVSTRA %in% 75:79, ]
names(nhanes) <- tolower(names(nhanes))
nhanes$agecat <- as.integer(nhanes$agecat)
save(nhanes, "nhanes")

rule("error")
where <- c("stype == 'E'", "met == 1")
several("apisrs", "{weight: pw, fpc: fpc}", svydesign(id = ~1, weights = ~pw, fpc = ~fpc, data = apisrs),
        c("api00", "enroll"), where)
several("apisrs", "{fpc: fpc}", svydesign(id = ~1, fpc = ~fpc, data = apisrs), c("api00", "meals"))
several("apistrat", "{strata: stype, weight: pw, fpc: [fpc]}",
        svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
        c("api00", "api99"), where)
several("apistrat", "{strata: [stype], weight: pw}",
        svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat), c("enroll", "met"), where)
several("apiclus1", "{psu: dnum, weight: pw, fpc: fpc}",
        svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1), c("api00", "enroll"), where)
several("apiclus1", "{psu: dnum, weight: pw}", svydesign(id = ~dnum, weights = ~pw, data = apiclus1),
        c("api00", "meals"), where)
several("apiclus2", "{psu: [dnum, snum], fpc: [fpc1, fpc2]}",
        svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), c("api00", "api99"), where)
several("apiclus2", "{psu: [dnum, snum], weight: pw}",
        svydesign(id = ~dnum + snum, weights = ~pw, data = apiclus2), c("api00", "enroll"), where)
options(survey.ultimate.cluster = TRUE)
several("apiclus2", "{psu: [dnum, snum], fpc: [fpc1, fpc2], one_stage: true, weight: pw}",
        svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = apiclus2), c("api00", "met"))
options(survey.ultimate.cluster = FALSE)
several("mu284", "{psu: [id1, id2], fpc: [n1, n2]}", svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284),
        "y1", "id1 < 40")
several("fpc", "{strata: stratid, psu: psuid, nest: true, weight: weight, fpc: Nh}",
        svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, data = fpc, nest = TRUE),
        c("x", "Nh"), "x > 3")
several("fpc", "{strata: stratid, psu: psuid, nest: true, weight: weight}",
        svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, data = fpc, nest = TRUE), "x")
several("scd", "{strata: ESA, psu: ambulance, nest: true}",
        svydesign(id = ~ambulance, strata = ~ESA, data = scd, nest = TRUE), c("alive", "arrests"),
        "ambulance == 1")
several("hospital", "{psu: [hospno, oblevel], strata: [oblevel], nest: true, weight: weighta}",
        svydesign(id = ~hospno + oblevel, strata = ~oblevel, weights = ~weighta, data = hospital, nest = TRUE),
        c("births", "tothosp"))
several("hospital", "{strata: oblevel, psu: hospno, nest: true, fpc: tothosp}",
        svydesign(id = ~hospno, strata = ~oblevel, fpc = ~tothosp, data = hospital, nest = TRUE), "births")
several("crowd", "{strata: stratum, psu: cluster, nest: true, weight: weight}",
        svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = crowd, nest = TRUE),
        c("rooms", "person"))
several("nhanes", "{strata: sdmvstra, psu: sdmvpsu, nest: true, weight: wtmec2yr}",
        svydesign(id = ~sdmvpsu, strata = ~sdmvstra, weights = ~wtmec2yr, data = nhanes, nest = TRUE),
        c("hi_chol", "riagendr"), c("race == 1", "riagendr == 2 and agecat == 2"))

# ---- lonely PSUs -------------------------------------------------------------------------------------
# Strata of 1, 2, 3, 2 and 1 PSUs (the last one certain), PSUs of 1 to 3 second-stage units.
set.seed(4711)
lone <- do.call(rbind, lapply(1:5, function(h) do.call(rbind, lapply(1:c(1, 2, 3, 2, 1)[h], function(i)
  do.call(rbind, lapply(1:(1 + (h + i) %% 3), function(j) {
    n <- 2 + (h + 2 * i + j) %% 4
    data.frame(h = letters[h], i, j, N1 = c(6, 5, 9, 8, 1)[h], N2 = 2 + (3 * h + i) %% 5 + (h + i) %% 3,
               w = round(exp(rnorm(n, 2, .5)), 2), y = round(rnorm(n, 10 + h + i, 3), 1),
               x = rpois(n, 3) + 1, sex = sample(1:2, n, TRUE))
  }))))))
lone$rare <- as.integer((lone$h == "c" & lone$i == 2) | (lone$h %in% c("b", "d") & lone$sex == 1))
lone$y[c(4, 17)] <- NA
save(lone, "lone")
for (lonely in c("adjust", "average", "remove", "certainty")) for (domains in c(FALSE, TRUE)) {
  rule(lonely, domains)
  extra <- sprintf("lonely_psu: %s%s", lonely, ifelse(domains, ", lonely_in_domains: true", ""))
  where <- c("sex == 1", "rare == 1")
  several("lone", sprintf("{strata: h, psu: i, nest: true, weight: w, %s}", extra),
          svydesign(id = ~i, strata = ~h, weights = ~w, data = lone, nest = TRUE), c("y", "x"), where)
  several("lone", sprintf("{strata: h, psu: i, nest: true, weight: w, fpc: N1, %s}", extra),
          svydesign(id = ~i, strata = ~h, weights = ~w, fpc = ~N1, data = lone, nest = TRUE), "y", where)
  several("lone", sprintf("{strata: [h], psu: [i, j], nest: true, weight: w, fpc: [N1, N2], %s}", extra),
          svydesign(id = ~i + j, strata = ~h, weights = ~w, fpc = ~N1 + N2, data = lone, nest = TRUE),
          c("y", "x"), where)
}
rule("error")
# ---- unequal probabilities -----------------------------------------------------------------------
data(election)
names(election_pps) <- tolower(names(election_pps))
election_pps$id <- 101:140
pps <- election_pps[, c("id", "bush", "kerry", "nader", "votes", "p")]
pps$half <- rep(1:2, length.out = 40)
pps$p <- num(pps$p)
save(pps, "pps")
pps$p <- as.numeric(pps$p)
joint <- data.frame(id = 101:140, election_jointprob)
names(joint) <- c("id", 101:140)
joint <- joint[sample(40), c(1, 1 + sample(40))]        # ids tell, not the order
write.csv(as.data.frame(lapply(joint, num), check.names = FALSE), "data_joint.csv", row.names = FALSE,
          quote = FALSE)
domain <- c("half == 1", "bush > 50000")
vars <- c("bush", "kerry")
several("pps", "{fpc: p, pps: brewer}", svydesign(id = ~1, fpc = ~p, data = pps, pps = "brewer"), vars, domain)
several("pps", "{fpc: p, pps: brewer, strata: half}",
        svydesign(id = ~1, fpc = ~p, strata = ~half, data = pps, pps = "brewer"), vars, domain[2])
several("pps", "{fpc: p, pps: overton}", svydesign(id = ~1, fpc = ~p, data = pps, pps = "overton"), vars, domain)
several("pps", "{fpc: p, pps: overton, strata: half}",
        svydesign(id = ~1, fpc = ~p, strata = ~half, data = pps, pps = "overton"), vars, domain[2])
several("pps", "{fpc: p, pps: hr}", svydesign(id = ~1, fpc = ~p, data = pps, pps = HR()), vars, domain)
q <- sum(election$p^2, na.rm = TRUE) / 40
several("pps", sprintf("{fpc: p, pps: {hr: {p2bar: %.17g}}}", q),
        svydesign(id = ~1, fpc = ~p, data = pps, pps = HR(q)), vars)
several("pps", "{fpc: p, psu: id, pps: {joint: data_joint.csv}}",
        svydesign(id = ~1, fpc = ~p, data = pps, pps = ppsmat(election_jointprob)), vars, domain)
several("pps", "{prob: p, pps: with_replacement}", svydesign(id = ~1, probs = ~p, data = pps), vars, domain)
for (k in 1:3) several("pps", sprintf("{prob: p, psu: id, variance: yg, pps: %s}",
                                      c("overton", "hr", "{joint: data_joint.csv}")[k]),
  svydesign(id = ~1, probs = ~p, data = pps, variance = "YG",
            pps = list("overton", HR(), ppsmat(election_jointprob))[[k]]), vars, domain)
# two stages: Brewer at the first, simple random at the second
set.seed(99)
brewer2 <- do.call(rbind, lapply(1:9, function(i) {
  n <- 2 + i %% 3; N <- n + 3 * i %% 5
  data.frame(i, j = 1:n, p1 = round(.08 * (1 + i / 3), 3), p2 = num(n / N), y = round(rnorm(n, 20 + i, 4), 2),
             x = rpois(n, 8) + 1)
}))
save(brewer2, "brewer2")
brewer2$p2 <- as.numeric(brewer2$p2)
several("brewer2", "{psu: [i, j], fpc: [p1, p2], pps: brewer}",
        svydesign(id = ~i + j, fpc = ~p1 + p2, data = brewer2, pps = "brewer"), c("y", "x"), "x > 7")
# ---- two phases ------------------------------------------------------------------------------------
data(pbc, package = "survival"); data(nwtco, package = "survival")
data(mu284)
pbc <- data.frame(id = 1:nrow(pbc), randomized = as.integer(!is.na(pbc$trt) & pbc$trt > 0), bili = pbc$bili,
                  age = round(pbc$age, 4), edema = pbc$edema)
save(pbc, "pbc")
mu <- mu284[with(mu284, c(1:15, rep(1:5, n2[1:5] - 3))), ]
mu$id <- 1:nrow(mu); mu$sub <- rep(1:0, c(15, 34 - 15))
save(mu, "mu284b")
nwtco <- nwtco[seq(1, nrow(nwtco), 3), ]
nwtco <- with(nwtco, data.frame(id = seqno, rel, instit, histol, stage, age,
                                sub = as.integer(in.subcohort | rel)))
save(nwtco, "nwtco")
set.seed(31)                          # two equal strata at phase 1, drawn with known probabilities
ph <- data.frame(id = 1:80, c = rep(1:20, each = 4), h = rep(1:2, each = 40), N = rep(c(60, 45), each = 40),
                 k = rep(1:4, 20), N2 = rep(c(9, 7, 6, 12), each = 20), g = sample(1:3, 80, TRUE),
                 p = rep(c(.125, .25), each = 40), y = round(rnorm(80, 30, 6), 1), x = rpois(80, 5) + 1)
ph$sub <- as.integer(ave(runif(80), ph$g, FUN = rank) <= 12)
ph$f2 <- ave(ph$sub, ph$g)
ph$f2 <- num(ph$f2)
save(ph, "phases")
ph$f2 <- as.numeric(ph$f2)
for (method in c("full", "approx")) {
  m <- sprintf("method: %s", method)
  d <- twophase(id = list(~id, ~id), data = pbc, subset = ~I(randomized == 1), method = method)
  several("pbc", sprintf("{phase2: {subset: randomized, %s}}", m), d, c("bili", "age"),
          "edema > 0")
  d <- twophase(id = list(~id1, ~id), strata = list(NULL, ~id1), fpc = list(~n1, NULL), data = mu,
                subset = ~I(sub == 1), method = method)
  several("mu284b", sprintf("{psu: id1, fpc: n1, phase2: {subset: sub, strata: id1, psu: id, %s}}", m), d, "y1")
  d <- twophase(id = list(~id, ~id), strata = list(NULL, ~rel), data = nwtco, subset = ~I(sub == 1), method = method)
  several("nwtco", sprintf("{psu: id, phase2: {subset: sub, strata: rel, psu: id, %s}}", m), d,
          c("age", "stage"), c("histol == 2", "instit == 1 and stage > 2"))
  one("nwtco", sprintf("{phase2: {subset: sub, strata: rel, %s}}", m), d, "mean", "age", "histol == 2")
  d <- twophase(id = list(~id, ~id), strata = list(~h, ~g), fpc = list(~N, NULL), data = ph,
                subset = ~I(sub == 1), method = method)
  several("phases", sprintf("{strata: h, psu: id, fpc: N, phase2: {subset: sub, strata: g, %s}}", m), d, c("y", "x"),
          "x > 5")
  d <- twophase(id = list(~id, ~id), strata = list(~h, ~g), probs = list(~p, NULL), data = ph,
                subset = ~I(sub == 1), method = method)
  several("phases", sprintf("{strata: h, prob: p, phase2: {subset: sub, strata: [g], psu: [id], %s}}", m), d, c("y", "x"),
          "x > 5")
  d <- twophase(id = list(~c, ~id), strata = list(~h, ~g), fpc = list(~N, ~f2), data = ph,
                subset = ~I(sub == 1), method = method)
  several("phases", sprintf("{strata: h, psu: c, fpc: N, phase2: {subset: sub, strata: g, psu: id, fpc: f2, %s}}", m),
          d, c("y", "x"))
  d <- twophase(id = list(~c + k, ~id), strata = list(~h, ~g), fpc = list(~N + N2, NULL), data = ph,
                subset = ~I(sub == 1), method = method)
  for (lonely in c("adjust", "average", "remove")) for (domains in unique(c(FALSE, lonely == "adjust"))) {
    rule(lonely, domains)
    extra <- sprintf("lonely_psu: %s, lonely_in_domains: %s", lonely, tolower(domains))
    several("phases", sprintf(
      "{strata: h, psu: [c, k], fpc: [N, N2], %s, phase2: {subset: sub, strata: g, psu: id, %s}}", extra, m),
      d, c("y", "x"), "x > 5")
  }
  rule("error")
}
write.csv(out, "designs.csv", row.names = FALSE)
cat(nrow(out), "lines of designs\n")

# ---- replicates ------------------------------------------------------------------------------------
out <- NULL
where <- c("stype == 'E'", "met == 1")
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1)
clus1f <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat)
stratf <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
as <- function(d, ...) as.svrepdesign(d, ...)
several("apiclus1", "{psu: dnum, weight: pw, replicates: {type: jk1}}", as(clus1, type = "JK1"),
        c("api00", "enroll"), where)
several("apiclus1", "{psu: dnum, weight: pw, fpc: fpc, replicates: {type: jk1, mse: true}}",
        as(clus1f, type = "JK1", mse = TRUE), c("api00", "meals"), where)
several("apistrat", "{strata: stype, weight: pw, replicates: {type: jkn}}", as(strat, type = "JKn"),
        c("api00", "api99"), where)
several("apistrat", "{strata: stype, weight: pw, fpc: fpc, replicates: {type: jkn, mse: true}}",
        as(stratf, type = "JKn", mse = TRUE), c("api00", "met"), where)
lone <- lone[lone$h != "e", ]
save(lone, "lone2")
for (lonely in c("adjust", "average", "remove", "certainty")) {
  rule(lonely)
  several("lone2", sprintf("{strata: h, psu: i, nest: true, weight: w, lonely_psu: %s, replicates: {type: jkn}}",
                           lonely), as(svydesign(id = ~i, strata = ~h, weights = ~w, data = lone, nest = TRUE),
                                       type = "JKn"), c("x", "y"), c("sex == 1", "rare == 1", "h == 'a'"))
}
rule("error")
scdd <- svydesign(id = ~ambulance, strata = ~ESA, data = scd, nest = TRUE)
several("scd", "{strata: ESA, psu: ambulance, nest: true, replicates: {type: brr}}", as(scdd, type = "BRR"),
        c("alive", "arrests"))
several("scd", "{strata: ESA, psu: ambulance, nest: true, replicates: {type: fay, rho: 0.3, mse: true}}",
        as(scdd, type = "Fay", fay.rho = .3, mse = TRUE), c("alive", "arrests"))
# pairs of PSUs in 3 to 40 strata: each of the ways to a Hadamard matrix; the ratio tells them apart
for (H in c(3, 6, 10, 13, 18, 25, 33, 40)) {
  n <- rep(2, H); if (H == 10) n[c(2, 7)] <- c(4, 6); if (H == 13) n[c(3, 5)] <- c(3, 5)
  pairs <- data.frame(h = rep(1:H, 2 * n), i = unlist(lapply(n, function(k) rep(1:k, each = 2))))
  pairs$w <- round(exp(rnorm(nrow(pairs), 1, .4)), 2); pairs$x <- rpois(nrow(pairs), 20)
  pairs$y <- round(pairs$x * .3 + rnorm(nrow(pairs), 3, 2), 2)
  pairs <- pairs[sample(nrow(pairs)), ]
  save(pairs, paste0("pairs", H))
  large <- ifelse(H == 13, "merge", "split")
  d <- svydesign(id = ~i, strata = ~h, weights = ~w, data = pairs, nest = TRUE)
  several(paste0("pairs", H), sprintf("{strata: h, psu: i, nest: true, weight: w, replicates: {type: brr, large: %s}}",
                                      large), as(d, type = "BRR", large = large), c("y", "x"), c("h < 6", "x > 20"))
  several(paste0("pairs", H), sprintf(
    "{strata: h, psu: i, nest: true, weight: w, replicates: {type: fay, rho: 0.5, large: %s}}", large),
    as(d, type = "Fay", fay.rho = .5, large = large), c("y", "x"), "i == 1")
}
# given: R's bootstraps by file, multipliers and weights
file <- function(rep, name, combined) {
  w <- weights(rep, if (combined) "analysis" else "replication")
  colnames(w) <- paste0("r", 1:ncol(w))
  write.csv(as.data.frame(apply(w, 2, num)), paste0("data_", name, ".csv"), row.names = FALSE, quote = FALSE)
}
clus2 <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
for (type in c("bootstrap", "subbootstrap", "mrbbootstrap")) {
  r <- as(if (type == "mrbbootstrap") clus2 else clus1f, type = type, replicates = 23)
  data <- if (type == "mrbbootstrap") "apiclus2" else "apiclus1"
  base <- if (type == "mrbbootstrap") "fpc: [fpc1, fpc2], psu: [dnum, snum]" else "weight: pw, psu: dnum"
  file(r, paste0("rep_", type), FALSE)
  several(data, sprintf("{%s, replicates: {file: data_rep_%s.csv, combined: false, scale: %.17g, rscales: %.17g}}",
                        base, type, r$scale, r$rscales[1]), r, c("api00", "enroll"), "met == 1")
}
r <- as(clus1f, type = "JK1")
file(r, "rep_jk1", TRUE)
given <- function(...) svrepdesign(data = apiclus1, repweights = weights(r, "analysis"), weights = ~pw, ...)
several("apiclus1", "{weight: pw, replicates: {file: data_rep_jk1.csv, type: jk1}}", given(type = "JK1"),
        c("api00", "enroll"), where)
several("apiclus1", "{weight: pw, replicates: {file: data_rep_jk1.csv, type: bootstrap, mse: true}}",
        given(type = "bootstrap", mse = TRUE), c("api00", "enroll"))
several("apiclus1", "{weight: pw, replicates: {file: data_rep_jk1.csv, type: acs}}", given(type = "ACS"), "api00")
several("apiclus1", "{weight: pw, replicates: {file: data_rep_jk1.csv, type: fay, rho: 0.4}}",
        given(type = "Fay", rho = .4), "api00")
several("apiclus1", "{weight: pw, replicates: {file: data_rep_jk1.csv, scale: 0.9, rscales: 0.5}}",
        given(type = "other", scale = .9, rscales = rep(.5, 15)), "api00")
columns <- data.frame(apiclus1[, c("pw", "api00", "enroll")], unclass(weights(r, "replication")))
names(columns)[-(1:3)] <- paste0("rw", 1:15)
for (k in 4:18) columns[[k]] <- num(columns[[k]])
save(columns, "columns")
several("columns", "{weight: pw, replicates: {columns: rw1-rw15, type: jkn, combined: false}}",
        svrepdesign(data = apiclus1, repweights = as.data.frame(unclass(weights(r, "replication"))), weights = ~pw, type = "JKn",
                    combined.weights = FALSE), c("api00", "enroll"))
write.csv(out, "replicates.csv", row.names = FALSE)
cat(nrow(out), "lines of replicates\n")
