# The peer of bench/read.sh: the same files read by R. usage: Rscript read.R FILE
# data.table's fread where it is installed (2 threads), else base R's read.csv; foreign for .sav.
path <- commandArgs(TRUE)[1]
if (grepl("[.]z?sav$", path)) {
    d <- if (requireNamespace("haven", quietly = TRUE)) haven::read_sav(path) else
        suppressWarnings(foreign::read.spss(path, to.data.frame = FALSE, use.value.labels = FALSE))
} else if (requireNamespace("data.table", quietly = TRUE)) {
    data.table::setDTthreads(2)
    d <- data.table::fread(path, showProgress = FALSE)
} else {
    d <- read.csv(path)
}
cat(length(d), "columns\n")
