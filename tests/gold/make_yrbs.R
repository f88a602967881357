# Gold numbers of the National Youth Risk Behavior Survey 2019 for tests/measure/test_yrbs.c, from R
# survey 4.1. The file itself is not here; give it as CSV:
#     Rscript make_yrbs.R yrbs2019.csv
suppressMessages(library(survey))
d <- read.csv(commandArgs(TRUE)[1], na.strings = c("", "NA"))
names(d) <- tolower(names(d))
des <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = d, nest = TRUE)
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "")
out <- NULL
one <- function(var, by) {
  groups <- if (by == "") NA else sort(unique(d[[by]][!is.na(d[[by]])]))
  for (g in groups) {
    dom <- if (by == "") rep(TRUE, nrow(d)) else d[[by]] %in% g
    df <- degf(des[dom, ])
    dom <- dom & !is.na(d[[var]])
    sub <- des[dom, ]
    for (k in sort(unique(d[[var]][!is.na(d[[var]])]))) {
      sub$variables$.y <- as.numeric(d[[var]][dom] == k)
      n <- sum(sub$variables$.y)
      if (n == 0 || n == sum(dom)) next
      m <- svymean(~.y, sub, deff = "replace")
      b <- attr(svyciprop(~.y, sub, method = "xlogit", df = df), "ci")
      out <<- rbind(out, data.frame(var, category = k, by, value = ifelse(by == "", "", g), n,
        base = sum(dom), estimate = num(as.numeric(coef(m))), se = num(as.numeric(SE(m))),
        lo = num(b[1]), hi = num(b[2]), deff = num(as.numeric(deff(m))), df))
    }
  }
}
for (v in c("q15", "q16", "q17", "q18", "q19", "q20", "q21", "q22", "q23", "q24", "q25"))
  for (b in c("", "q2", "q3", "raceeth")) one(v, b)
write.csv(out, "yrbs.csv", row.names = FALSE, na = "", quote = FALSE)
cat(nrow(out), "estimates\n")
