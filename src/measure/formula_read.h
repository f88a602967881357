/* Reading the text of a formula: words, numbers, columns, arithmetic (formula_read.c). Private to
 * formula.c. Each takes what it names from the text, or fails at its place. */
#ifndef TF_MEASURE_FORMULA_READ_H
#define TF_MEASURE_FORMULA_READ_H

#include "measure/formula.h"

struct tf_phrase {
    struct tf_arena *arena;
    struct tf_formula *f;
    const struct tf_table *t;
    const char *text;
    size_t at;    /* byte in the text */
    int depth;
    size_t steps; /* sets joined so far: (a+b+…)^20 must not take for ever */
    struct tf_err *err;
};
enum tf_code tf_phrase_fail(struct tf_phrase *r, size_t at, const char *what);
/* One level deeper; the caller takes it back from r->depth. */
enum tf_code tf_phrase_deeper(struct tf_phrase *r);
/* The next character that is no blank; a sign, if it is next. */
char tf_phrase_peek(struct tf_phrase *r);
bool tf_phrase_take(struct tf_phrase *r, const char *sign);
bool tf_phrase_is_word(char c);
bool tf_phrase_starts_number(const char *s);
/* A name, in backticks where it is odd; a column by its name; "text"; a number. */
enum tf_code tf_phrase_name(struct tf_phrase *r, const char **ret);
enum tf_code tf_phrase_column(struct tf_phrase *r, const char *name, size_t at,
                              struct tf_expr **ret);
enum tf_code tf_phrase_text(struct tf_phrase *r, struct tf_expr **ret);
enum tf_code tf_phrase_number(struct tf_phrase *r, struct tf_expr **ret);
/* Arithmetic; a function whose name was read; the parenthesis that closes the one at `open`. */
enum tf_code tf_phrase_expr(struct tf_phrase *r, struct tf_expr **ret);
enum tf_code tf_phrase_call(struct tf_phrase *r, const char *name, size_t start,
                            struct tf_expr **ret);
enum tf_code tf_phrase_close(struct tf_phrase *r, size_t open);

#endif
