# The peer: the same 20 questions by sex as a user of R's survey package writes it, but only the share of
# code 1 of each (one category, where the other side gives all). usage: Rscript yrbs.R FILE
suppressPackageStartupMessages({library(foreign); library(survey)})
data <- suppressWarnings(read.spss(commandArgs(TRUE)[1], to.data.frame = TRUE, use.value.labels = FALSE))
names(data) <- tolower(names(data))
data <- data[!is.na(data$weight), ]
data$sex <- trimws(data$q2)
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data, nest = TRUE)
for (k in 12:31) {
    design$variables$y <- as.numeric(trimws(design$variables[[paste0("q", k)]]) == "1")
    design$variables$y[trimws(design$variables[[paste0("q", k)]]) == ""] <- NA
    print(svyby(~y, ~sex, subset(design, !is.na(y) & sex != ""), svyciprop, vartype = "ci", method = "logit"))
}
