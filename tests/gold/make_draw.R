# Gold numbers of the draw room: tests/gold/draw_*.csv. Run from the project's folder:
#   Rscript tests/gold/make_draw.R
# Made with R 4.2.2 and package sampling 2.9 (inclusion and joint probabilities), stats (sample sizes).
# Populations are made by formula, so that no random numbers enter.
suppressMessages(library(sampling))
options(digits = 17)
num <- function(x) ifelse(is.na(x), "", trimws(formatC(as.numeric(x), digits = 17, format = "g")))

# ---- populations: sizes by a formula; name, N, n ----
size <- function(kind, N) {
  i <- seq_len(N)
  switch(kind,
    even = rep(10, N),
    mild = 50 + (i * 37) %% 61,
    wide = (1 + (i * 29) %% 47)^1.5,
    steep = round(1000 * 0.8^(i - 1)) + 1,       # some become certain
    decimal = 3.7 + sin(i) * 2.9)
}
cases <- expand.grid(kind = c("even", "mild", "wide", "decimal"),
                     Nn = c("6/2", "10/3", "12/5", "20/4", "30/15", "40/6"),
                     stringsAsFactors = FALSE)
lists <- lapply(seq_len(nrow(cases)), function(k) {
  Nn <- as.integer(strsplit(cases$Nn[k], "/")[[1]])
  list(kind = cases$kind[k], N = Nn[1], n = Nn[2])
})
lists <- c(lists, list(list(kind = "steep", N = 12, n = 4), list(kind = "steep", N = 20, n = 8),
                       list(kind = "wide", N = 9, n = 7)))

# ---- inclusion probabilities ----
rows <- list()
for (l in lists) {
  p <- inclusionprobabilities(size(l$kind, l$N), l$n)
  rows[[length(rows) + 1]] <- data.frame(kind = l$kind, N = l$N, n = l$n, unit = seq_len(l$N),
                                         size = num(size(l$kind, l$N)), p = num(p))
}
write.csv(do.call(rbind, rows), "tests/gold/draw_inclusion.csv", row.names = FALSE, quote = FALSE)

# ---- joint probabilities: some pairs of each population by each method ----
# UPmaxentropypi2 finds its coins to 1e-6 only: its own parts are run to 1e-15.
maxent <- function(pik) {
  M <- outer(pik, pik)
  open <- pik < 1
  q <- UPMEpiktildefrompik(pik[open], eps = 1e-13)
  M[open, open] <- UPMEpik2frompikw(pik[open], q / (1 - q))
  M
}
with_certain <- function(f) function(pik) { # the package's function on the open part
  M <- outer(pik, pik)
  open <- pik < 1
  M[open, open] <- f(pik[open])
  M
}
methods <- list(sampford = with_certain(UPsampfordpi2), tille = with_certain(UPtillepi2),
                maxent = maxent, pps_systematic = with_certain(UPsystematicpi2))
rows <- list()
for (l in lists) {
  p <- inclusionprobabilities(size(l$kind, l$N), l$n)
  pair <- t(combn(l$N, 2))
  pair <- pair[unique(round(seq(1, nrow(pair), length.out = 12))), , drop = FALSE]
  for (m in names(methods)) {
    # UPsampfordpi2 fails below 3 units (its Lm2 has n - 1 places); n = 2 is Brewer's closed form
    open_n <- sum(p[p < 1])
    if (m == "sampford" && round(open_n) < 3) next
    # UPMEpik2frompikw divides by w_k - w_l: equal p need care there, and it gives them by its own rule
    M <- methods[[m]](p)
    rows[[length(rows) + 1]] <- data.frame(method = m, kind = l$kind, N = l$N, n = l$n,
      k = pair[, 1], l = pair[, 2], p2 = num(M[pair]))
  }
  if (l$n == 2) { # Brewer (1963) = Sampford for two: 2 p_k p_l (1 - ...) in z = p / 2
    z <- p / 2
    D <- 1 + sum(z / (1 - 2 * z))
    p2 <- 2 * z[pair[, 1]] * z[pair[, 2]] / D *
      (1 / (1 - 2 * z[pair[, 1]]) + 1 / (1 - 2 * z[pair[, 2]]))
    for (m in c("sampford", "brewer"))
      rows[[length(rows) + 1]] <- data.frame(method = m, kind = l$kind, N = l$N, n = l$n,
        k = pair[, 1], l = pair[, 2], p2 = num(p2))
  }
}
write.csv(do.call(rbind, rows), "tests/gold/draw_joint.csv", row.names = FALSE, quote = FALSE)

# ---- sample sizes ----
z <- qnorm(0.975)
rows <- list()
add <- function(id, share = NA, margin = NA, relative = 0, deff = 1, population = NA, compare = NA,
                power = NA, ratio = NA, level = 0.95, n)
  rows[[length(rows) + 1]] <<- data.frame(id, share = num(share), margin = num(margin), relative,
    deff = num(deff), population = num(population), compare = num(compare), power = num(power),
    ratio = num(ratio), level, n = num(n))
for (p in c(0.01, 0.05, 0.1, 0.2, 0.5)) for (e in c(0.01, 0.02, 0.05)) for (N in c(NA, 500, 20000)) {
  S2 <- if (is.na(N)) p * (1 - p) else N / (N - 1) * p * (1 - p)
  for (deff in c(1, 1.7)) {
    inv <- e^2 / (z^2 * deff * S2) + if (is.na(N)) 0 else 1 / N
    add("margin", share = p, margin = e, deff = deff, population = N, n = 1 / inv)
  }
}
for (p in c(0.02, 0.1, 0.4)) for (r in c(0.1, 0.25))
  add("relative", share = p, margin = r, relative = 1, n = qnorm(0.975)^2 * (1 - p) / (p * r^2))
for (p1 in c(0.05, 0.1, 0.3)) for (d in c(0.03, 0.1)) for (w in c(0.8, 0.9))
  add("power", share = p1, compare = p1 + d, power = w, ratio = 1,
      n = 2 * power.prop.test(p1 = p1, p2 = p1 + d, power = w, tol = 1e-12)$n)
write.csv(do.call(rbind, rows), "tests/gold/draw_plan.csv", row.names = FALSE, quote = FALSE)
