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
write.csv(out, "designs.csv", row.names = FALSE)
cat(nrow(out), "lines\n")
