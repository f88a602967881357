# The peer of bench/logistic.c: Rscript bench/logistic.R data.csv
suppressMessages(library(survey))
d <- read.csv(commandArgs(TRUE)[1])
des <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = d)
t <- system.time(m <- svyglm(y ~ x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9, des,
                             family = quasibinomial()))[["elapsed"]]
print(cbind(coef(m), SE(m)), digits = 15)
cat(sprintf("  peer: R survey %s, %d rows: %.3f s\n", packageVersion("survey"), nrow(d), t))
