/* A formula as it was read: variables, terms, offsets (formula.c), and what an expression is worth
 * (formula_value.c). Private to the files that read and expand formulas. */
#ifndef TF_MEASURE_FORMULA_H
#define TF_MEASURE_FORMULA_H

#include "measure/model.h"

enum tf_op {
    TF_OP_NUMBER, TF_OP_TEXT, TF_OP_COLUMN, TF_OP_PAREN, TF_OP_NEGATE, TF_OP_NOT, TF_OP_CALL,
    TF_OP_OR, TF_OP_AND, TF_OP_LT, TF_OP_LE, TF_OP_GT, TF_OP_GE, TF_OP_EQ, TF_OP_NE,
    TF_OP_ADD, TF_OP_SUB, TF_OP_MUL, TF_OP_DIV, TF_OP_POW
};
struct tf_expr {
    enum tf_op op;
    struct tf_expr *a, *b;
    double number;     /* NUMBER */
    const char *text;  /* TEXT; the name of a COLUMN or CALL */
    size_t col;        /* COLUMN */
    double (*call)(double); /* CALL; NULL: I(), as.numeric() */
};
struct tf_variable {
    const char *name;  /* as R prints it: "age", "factor(region)", "I(age^2)", "log(income)" */
    struct tf_expr *e; /* of a factor: a COLUMN, or what is to be cut into its values */
    bool factor;       /* by contrasts: a column of words, or factor(v) */
    bool logical;      /* by contrasts FALSE, TRUE: I(age > 14) */
    const char *ref;   /* relevel(v, ref = "…"), or NULL: the first category */
    size_t at;         /* offset in the text, for messages */
};
enum { TF_FORMULA_VARIABLES = 64 };
struct tf_formula {
    const struct tf_yaml *at;
    const char *text;
    struct tf_variable variable[TF_FORMULA_VARIABLES];
    size_t n_variables;
    uint64_t *term;    /* [n_terms] sets of variables, by degree, then as written */
    size_t n_terms, cap_terms;
    bool intercept;
    struct tf_variable *response; /* or NULL */
    struct tf_variable *event;    /* of Surv(time, event), whose time is the response; or NULL */
    struct tf_variable **offset;
    size_t n_offsets, cap_offsets;
};

/* An error at a byte of the formula's text: file, line, column. */
enum tf_code tf_formula_fail(const struct tf_formula *f, size_t at, struct tf_err *reterr,
                             const char *format, ...) TF_PRINTF(4, 5);
/* The function of this name, or false; *ret NULL for those that change nothing. */
bool tf_formula_call(const char *name, double (**ret)(double));
/* All names, for messages. */
const char *tf_formula_calls(void);
/* The expression as R deparses it. */
void tf_expr_print(const struct tf_expr *e, struct tf_buf *b);
/* Is it a comparison (true or false)? Is it words? */
bool tf_expr_logical(const struct tf_expr *e);
bool tf_expr_words(const struct tf_expr *e, const struct tf_table *t);
/* Its values [n_rows], NaN where missing or undefined. May be the table's own column: read only. */
const double *tf_expr_values(struct tf_arena *arena, const struct tf_expr *e,
                             const struct tf_table *t);

#endif
