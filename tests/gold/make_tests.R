# Gold numbers for tests/measure/test_chisqsum.c and test_tests.c, from R 4.2 and survey 4.1. Run in
# this folder:
#     Rscript make_tests.R
suppressMessages(library(survey))
stopifnot(packageVersion("survey") >= "4.1", packageVersion("survey") < "4.2")
num <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "")

# ---- sums of chi-squares ---------------------------------------------------------------------------
# exact: the last weight is integrated out, and the one before it, ...: P(Q > x) as the mean over a
# chi-square of the same question with one weight less. Slow, and independent of any inversion.
exact <- function(x, a, ddf) {
  if (is.finite(ddf)) {                 # over the denominator: whole df, as pFsum takes it
    m <- floor(ddf)
    return(integrate(function(u) sapply(u, function(v) exact(x / ddf * qchisq(v, m), a, Inf)), 0, 1,
                     rel.tol = 1e-9, subdivisions = 2000)$value)
  }
  if (length(a) == 1) return(pchisq(x / a, 1, lower.tail = FALSE))
  n <- length(a)                        # chi2_1 = z^2, so that nothing is infinite at 0
  top <- sqrt(x / a[n])
  inner <- integrate(function(z) sapply(z, function(v) 2 * dnorm(v) * exact(x - a[n] * v^2, a[-n], Inf)),
                     0, top, rel.tol = 1e-10, subdivisions = 2000)$value
  inner + 2 * pnorm(top, lower.tail = FALSE)
}
out <- NULL
for (a in list(c(1.2), c(2, .5), c(1.9, 1.1, .6), c(3, .02)))
  for (ddf in c(Inf, 3, 31.4, 182.9)) {
    if (length(a) == 3 && is.finite(ddf)) next       # minutes of integration
    for (x in c(.2, 1, 2.5) * sum(a) + c(0, .35, 7)) {
      sad <- if (is.finite(ddf)) pFsum(x, rep(1, length(a)), a, ddf, FALSE, "saddlepoint") else
        pchisqsum(x, rep(1, length(a)), a, FALSE, "saddlepoint")
      sat <- if (is.finite(ddf)) pFsum(x, rep(1, length(a)), a, ddf, FALSE, "satterthwaite") else
        pchisqsum(x, rep(1, length(a)), a, FALSE, "satterthwaite")
      out <- rbind(out, data.frame(t(num(c(a, NA, NA, NA)[1:3])), ddf = num(ddf), x = num(x),
        saddlepoint = num(sad), satterthwaite = num(sat), exact = num(exact(x, a, ddf))))
    }
  }
names(out)[1:3] <- paste0("a", 1:3)
write.csv(cbind(out[1:3], a4 = "", a5 = "", a6 = "", out[-(1:3)]), "chisqsum.csv", row.names = FALSE,
          quote = FALSE)
