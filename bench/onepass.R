# The peer: shares of every category of a few of the same questions in the same 6 domains, with standard
# errors and logit-free intervals, as a user of R's survey package writes it; and 20 bootstrap replicates
# of one. What 100 questions and 500 replicates would take is stated as that many times more.
# usage: Rscript onepass.R FILE QUESTIONS
suppressPackageStartupMessages(library(survey))
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1])
questions <- paste0("q", seq_len(as.integer(arguments[2])))
for (q in questions) data[[q]] <- factor(data[[q]])
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = data, nest = TRUE)
took <- system.time(for (q in questions) {
    by <- svyby(as.formula(paste0("~", q)), ~domain, design, svymean, na.rm = TRUE, vartype = c("se", "ci"))
})["elapsed"]
cat(sprintf("  R survey %s: svyby, %d questions x 6 domains %28.0f ms   (x %.0f = %.1f s for 100)\n",
            packageVersion("survey"), length(questions), 1e3 * took, 100 / length(questions),
            took * 100 / length(questions)))
if (nrow(data) <= 100000) {
    took <- system.time({
        replicated <- as.svrepdesign(design, type = "subbootstrap", replicates = 20)
        svymean(as.formula(paste0("~", questions[1])), replicated, na.rm = TRUE)
    })["elapsed"]
    cat(sprintf("  R survey: 20 bootstrap replicates of 1 question %24.0f ms\n", 1e3 * took))
}
