/* Errors as values.
 *
 * Rooms return, doors talk: a function that can fail returns an enum tf_code and fills the
 * struct tf_err given as its last argument. The message has the three parts a person needs:
 * what happened / the fact / what to do; and, where a file was read, file, line and column.
 * A struct tf_err lives on the caller's stack, owns nothing, and is left untouched on success. */
#ifndef TF_BASE_ERR_H
#define TF_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define TF_MUST_CHECK __attribute__((warn_unused_result))
#define TF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TF_UNUSED __attribute__((unused))

enum tf_code {
    TF_OK = 0,
    TF_E_USAGE,       /* the words of a command are off */
    TF_E_INPUT,       /* a file or value that a person wrote is wrong */
    TF_E_IO,          /* the disk, a pipe, a permission */
    TF_E_MEMORY,      /* the machine has no more memory */
    TF_E_LIMIT,       /* a limit of ours was reached: the message names it */
    TF_E_DESIGN,      /* the sample design cannot carry the estimate asked for */
    TF_E_CONVERGE,    /* an iteration did not reach its tolerance */
    TF_E_KEY,         /* wrong, missing or unprotected key */
    TF_E_STALE,       /* derived from evidence that has changed since */
    TF_E_REFUSED,     /* possible, but against a rule of the study: the message names the rule */
    TF_E_INTERRUPTED, /* ^C: nothing was changed */
    TF_E_BUG          /* a promise inside the program was broken */
};

struct tf_err {
    enum tf_code code;
    char what[512]; /* what happened, one line */
    char fact[512]; /* the fact behind it, or "" */
    char help[512]; /* what to do, or "" */
    char file[512]; /* where, or "" */
    size_t line;    /* 1-based; 0 = no line */
    size_t column;  /* 1-based, in bytes; 0 = no column */
};

/* Fill *reterr (may be NULL) and return code, so that a failing function can end with
 * `return tf_fail(reterr, TF_E_INPUT, "…", …)`. Clears fact, help and place. */
enum tf_code tf_fail(struct tf_err *reterr, enum tf_code code, const char *format, ...)
    TF_PRINTF(3, 4);
/* The same, with the place in a file. line and column are 1-based, 0 = unknown. */
enum tf_code tf_fail_at(struct tf_err *reterr, enum tf_code code, const char *file, size_t line,
                        size_t column, const char *format, ...) TF_PRINTF(6, 7);
/* Add the fact, or the help, to an error just made; both return its code. */
enum tf_code tf_fact(struct tf_err *reterr, const char *format, ...) TF_PRINTF(2, 3);
enum tf_code tf_help(struct tf_err *reterr, const char *format, ...) TF_PRINTF(2, 3);

/* Pass a failure on. */
#define TF_TRY(call)                          \
    do {                                      \
        const enum tf_code tf_try_c = (call); \
        if (tf_try_c != TF_OK)                \
            return tf_try_c;                  \
    } while (0)

/* Findings of a check: many at once, each with its place. A list grows in its arena. */
enum tf_level { TF_NOTE, TF_WARNING, TF_ERROR };
struct tf_notice {
    enum tf_level level;
    const char *id;   /* short name of the rule, e.g. "duplicate-id" */
    const char *file; /* or NULL */
    size_t line, column;
    const char *text; /* what is wrong, one sentence */
    const char *help; /* what to do, or NULL */
};
struct tf_arena;
struct tf_notices {
    struct tf_arena *arena;
    struct tf_notice *item;
    size_t n, cap;
};
/* Append one notice; strings are copied into the list's arena. file and help may be NULL. */
void tf_notice_add(struct tf_notices *list, enum tf_level level, const char *id, const char *file,
                   size_t line, size_t column, const char *help, const char *format, ...)
    TF_PRINTF(8, 9);
/* Append an error as a notice of level TF_ERROR. */
void tf_notice_err(struct tf_notices *list, const char *id, const struct tf_err *err);
/* How many notices have at least this level. */
size_t tf_notices_count(const struct tf_notices *list, enum tf_level at_least);

#endif
