/* Inside the reading of CSV files: the careful reader (csv.c), the fast one (csv_fast.c), its index
 * of a text (csv_index.c) and its cells (csv_cells.c). Nobody else includes this, tests apart. */
#ifndef TF_BASE_CSV_INSIDE_H
#define TF_BASE_CSV_INSIDE_H

#include "base/table.h"

enum { TF_CSV_MAX_COLUMNS = 20000, TF_CSV_MAX_ROWS = 100 * 1000 * 1000 };

/* The innermost functions are compiled twice, and the processor's better one is taken when the
 * program starts. They compute with integers, and with division, which is exactly rounded everywhere:
 * the result is the same. (Sanitizers come too late for the choice.) */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define TF_CSV_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define TF_CSV_CLONES
#endif

/* ---- csv_index.c: where fields end -------------------------------------------------------- */

/* Bytes that must be readable before and after a text that is indexed. */
enum { TF_CSV_PAD = 64 };

/* What one look at a stretch of bytes tells, before anybody knows whether it begins in quotes. */
struct tf_csv_survey {
    size_t quotes;
    size_t ends[2];     /* line ends after an even and an odd number of its quotes */
    size_t after[2];    /* offset just after the last of each; 0 = none */
    unsigned skip, spill; /* UTF-8: bytes of a letter begun before it; and of its last beyond it */
    bool broken;        /* holds a NUL or what is not UTF-8 */
};
/* Survey text[0..n); `more` bytes (at most 3) that follow may be read to end a letter. */
struct tf_csv_survey tf_csv_survey(const char *text, size_t n, size_t more);

/* The commas and line ends of text[0..n) that stand outside quotes: their offsets in at[] (room for
 * n + 64), in order. The text begins outside quotes. *ret_odd: it holds quotes, or a carriage
 * return without a line end, so that fields must be looked at one by one. */
size_t tf_csv_index(const char *text, size_t n, uint32_t *at, bool *ret_odd);

/* ---- csv_cells.c: what stands in a field --------------------------------------------------- */

enum tf_csv_cell {
    TF_CSV_NUMBER,  /* a number that loses no digit */
    TF_CSV_EMPTY,   /* nothing */
    TF_CSV_BLANK,   /* white space */
    TF_CSV_NA,      /* NA */
    TF_CSV_WORD,    /* anything else */
    TF_CSV_BROKEN   /* not a field by the rules of csv.c, or too long to say: read carefully */
};
/* The field text[0..n), 64 bytes of whatever before and after it. `odd` as from tf_csv_index.
 * *ret is the number; *ret_plain whether a column with NA among it may be taken for numbers. */
enum tf_csv_cell tf_csv_cell(const char *text, size_t n, bool odd, double *ret, bool *ret_plain);
/* The bytes of the field's content, without quotes: *ret_text and the length; SIZE_MAX = broken.
 * *ret_doubled counts quotes that stand for one (the content holds two). */
size_t tf_csv_content(const char *text, size_t n, bool odd, const char **ret_text,
                      size_t *ret_doubled);

/* A run of number cells: row r of `n` is text[from[r * step] .. to[r * step]), with the first from
 * given apart for the first column. */
struct tf_csv_run {
    const char *text;
    const uint32_t *from; /* where the field before ended, or (first) where the row begins */
    const uint32_t *to;
    size_t n, from_step, to_step;
    bool first, last, odd;
};
struct tf_csv_seen { /* of one column, all rows so far */
    bool number, na, space, unplain, word, broken;
};
/* Parse a run into num[n] and miss[n] (zero before). Stops at a word or a broken field. */
void tf_csv_numbers(const struct tf_csv_run *run, double *num, uint8_t *miss,
                    struct tf_csv_seen *seen);

/* ---- csv.c and csv_fast.c ------------------------------------------------------------------ */

/* tf_csv_parse by the careful reader alone, whose word is law. */
TF_MUST_CHECK enum tf_code tf_csv_careful(struct tf_arena *arena, const char *name,
                                          const char *data, size_t n, struct tf_csv_opt opt,
                                          struct tf_table **ret, struct tf_err *reterr);
/* By the fast reader alone: false when it declines. piece: bytes looked at at a time (0 = the usual). */
bool tf_csv_try(struct tf_arena *arena, const char *name, const char *data, size_t n, size_t piece,
                struct tf_csv_opt opt, struct tf_table **ret);

struct tf_csv_source { /* bytes [0, n): of a file, or in memory */
    int fd;            /* -1: memory */
    const char *data;
    size_t n;
};
bool tf_csv_fetch(const struct tf_csv_source *s, size_t at, char *to, size_t n);
/* The body of a table: its records begin at `from`; names has n_cols. True when the table was made;
 * false when anything is unusual, and the careful reader must judge the text. */
bool tf_csv_fast(struct tf_arena *arena, const struct tf_csv_source *source, size_t from,
                 const char *const *names, size_t n_cols, const char *table_name, size_t piece,
                 struct tf_csv_opt opt, struct tf_table **ret);

#endif
