# The tests of bench/raoscott.c in R survey: a sample of the same shape, a few tables, scaled to a hundred
# (said in the line). usage: Rscript raoscott.R ROWS PSUS TABLES
suppressMessages(library(survey))
a <- as.numeric(commandArgs(TRUE))
n <- a[1]; units <- a[2]; tables <- a[3]
set.seed(20210315)
unit <- floor((seq_len(n) - 1) * units / n)
taste <- .6 + .8 * runif(units)
question <- function(k) {
  x <- floor(k * runif(n)^taste[unit + 1])
  x[runif(n) < .05] <- NA
  x
}
d <- data.frame(unit, stratum = unit %/% 4, w = 1 + 2 * runif(n), col = question(2))
for (k in seq_len(tables)) d[[paste0("q", k)]] <- question(2 + (k - 1) %% 4)
des <- svydesign(~unit, strata = ~stratum, weights = ~w, data = d)
took <- sapply(seq_len(tables), function(k)
  system.time(svychisq(as.formula(paste0("~q", k, "+col")), des))[["elapsed"]])
cat(sprintf("%d rows, %d PSUs: %.3f s a table (%d measured), so %.1f s for 100\n", n, units, mean(took),
            tables, 100 * mean(took)))
