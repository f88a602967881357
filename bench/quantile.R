# The peer of bench/quantile.c: Rscript bench/quantile.R data.csv
suppressMessages(library(survey))
d <- read.csv(commandArgs(TRUE)[1])
des <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = d)
t <- system.time(q <- svyquantile(~income, des, c(.25, .5, .75)))[["elapsed"]]
print(q[[1]], digits = 10)
cat(sprintf("  peer: R survey %s, %d rows: %.3f s\n", packageVersion("survey"), nrow(d), t))
