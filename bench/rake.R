# R's rake() on the rows of bench/rake.c. usage: rake.R [ROWS]
suppressMessages(library(survey))
n <- as.numeric(c(commandArgs(TRUE), 1e6)[1]); i <- seq_len(n)
k <- c(2, 3, 4, 5); step <- c(7919, 104729, 15485863, 32452843)
d <- as.data.frame(lapply(1:4, function(m) (i * step[m]) %% 1000003 %% k[m])); names(d) <- paste0("m", 1:4)
d$w <- 1 + (i * 49979687) %% 1000033 / 1000033
s <- svydesign(id = ~1, weights = ~w, data = d)
tot <- lapply(1:4, function(m) setNames(data.frame(0:(k[m] - 1), (2:(k[m] + 1)) * 10080000 / (k[m] * (k[m] + 3) / 2)), c(paste0("m", m), "Freq")))
f <- list(~m1, ~m2, ~m3, ~m4)
t0 <- system.time(suppressWarnings(rake(s, f, tot)))[["elapsed"]]
t1 <- system.time(r <- rake(s, f, tot, control = list(maxit = 1000, epsilon = 1e-13)))[["elapsed"]]
cat(sprintf("  peer: R survey 4.1 rake(), %d rows: %.2f s with its defaults (10 sweeps, a change of 1), %.2f s to 1e-13 (sum of squares %.10g)\n", n, t0, t1, sum(weights(r)^2)))
