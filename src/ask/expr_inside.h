/* ask, inside: the tree of an expression, and what its evaluation shares.
 *
 *     expr_parse   text -> tree              expr_functions  the table of functions
 *     expr_paths   what a tree reads         expr_order      in which order a form is computed
 *     expr_eval    values of a tree          expr_steps      location paths over nodes
 *     expr_values  conversions               expr_call_*     the functions themselves */
#ifndef TF_ASK_EXPR_INSIDE_H
#define TF_ASK_EXPR_INSIDE_H

#include "ask/expr.h"
#include "base/rng.h"

enum { XPATH_TEXT = 64 * 1024, XPATH_DEPTH = 200 };

enum xop { /* of a chain: a op b op c, left to right */
    XO_OR, XO_AND, XO_EQ, XO_NE, XO_LT, XO_LE, XO_GT, XO_GE, XO_ADD, XO_SUB, XO_MUL, XO_DIV, XO_MOD,
    XO_UNION
};
enum xkind { XK_CHAIN, XK_MINUS, XK_NUMBER, XK_STRING, XK_CALL, XK_PATH };
enum xaxis {
    XA_CHILD, XA_PARENT, XA_SELF, XA_ATTRIBUTE, XA_DESCENDANT_OR_SELF, XA_DESCENDANT, XA_ANCESTOR,
    XA_ANCESTOR_OR_SELF, XA_FOLLOWING_SIBLING, XA_PRECEDING_SIBLING
};
enum xtest { XT_NAME, XT_ANY, XT_NODE, XT_TEXT };
struct xpr;
struct xpreds {
    struct xpr **item;
    size_t n;
};
struct xstep {
    enum xaxis axis;
    enum xtest test;
    const char *name; /* local name */
    struct xpreds preds;
};
struct xfunction;
struct xpr { /* a node of the tree */
    enum xkind kind;
    size_t column;
    double number;               /* XK_NUMBER */
    const char *string;          /* XK_STRING */
    struct xpr **kid;            /* operands of a chain, the one of a minus, arguments of a call */
    size_t n_kids;
    enum xop *op;                /* [n_kids - 1] of a chain */
    bool odd;                    /* XK_MINUS: an odd number of them */
    const struct xfunction *f;   /* XK_CALL */
    bool absolute;               /* XK_PATH: from the root */
    struct xpr *from;            /* XK_PATH: from the value of this, or NULL */
    struct xpreds preds;         /* of `from` */
    struct xstep *step;
    size_t n_steps;
};
struct tf_xpath {
    const char *text, *file;
    size_t line;
    struct xpr *root;
};

/* expr_words.c: names at a place in a text */
bool tf_xis_curly(const char *s); /* a quote of word processors */
bool tf_xis_digit(char c);
bool tf_xstarts_name(const char *s);
size_t tf_xname_length(const char *s);  /* 0 when there is none */
size_t tf_xqname_length(const char *s); /* with or without prefix */

/* ---- evaluation ---- */
enum xref_kind { XR_ROOT, XR_ANSWER, XR_ABSENT, XR_ATTRIBUTE, XR_INSTANCE, XR_ITEMS, XR_ITEM, XR_CELL };
struct xref { /* a node */
    enum xref_kind kind;
    size_t a, b, c; /* ANSWER: index. ABSENT: answer above, field. ATTRIBUTE: answer, number.
                       INSTANCE, ITEMS: instance. ITEM: instance, row. CELL: instance, row, column */
};
struct xset {
    struct xref *item;
    size_t n, cap;
};
struct xval {
    enum tf_xvalue_kind kind;
    const char *string;
    double number;
    bool boolean;
    struct xset set;
};
struct xeval {
    struct tf_arena *arena;
    const struct tf_xpath *x;
    const struct tf_xscope *scope;
    const bool *irrelevant; /* [n_answers]: these read as empty; NULL: none */
    struct xref current;    /* what current() is */
    bool unknown;           /* something was read that is not known here: the value may be wrong */
    size_t work;            /* nodes and calls so far, for the limit */
    bool rolled;
    struct tf_rng rng;
    struct tf_err *reterr;
};
struct xat { /* where an expression is evaluated */
    struct xref node;
    size_t position, size;
};
typedef enum tf_code xcall(struct xeval *e, const struct xpr *x, const struct xat *at, struct xval *arg,
                           size_t n, struct xval *ret);
struct xfunction {
    const char *name;
    int min, max;      /* number of arguments; max -1: any */
    xcall *call;
    enum { XF_EAGER, XF_LAZY } how; /* lazy: it evaluates its arguments itself */
    bool collect;      /* ODK Collect (JavaRosa) knows it */
    int parity;        /* 0 any, 1 odd, 2 even number of arguments */
};
extern const struct xfunction tf_xfunctions[];
extern const size_t tf_n_xfunctions;
const struct xfunction *tf_xfunction(const char *name);

/* The whole of an evaluation, with what the public face leaves out. node: the context. */
enum tf_code tf_xeval(struct tf_arena *arena, const struct tf_xpath *x,
                      const struct tf_xscope *scope, struct xref node, const bool *irrelevant,
                      struct xval *ret, bool *ret_unknown, struct tf_err *reterr);
enum tf_code tf_xeval_node(struct xeval *e, const struct xpr *x, const struct xat *at,
                           struct xval *ret);
enum tf_code tf_xeval_steps(struct xeval *e, const struct xpr *x, const struct xat *at,
                            struct xset *set);
enum tf_code tf_xeval_filter(struct xeval *e, const struct xpreds *preds, struct xset *set,
                             size_t from, bool backward);
enum tf_code tf_xfail(const struct xeval *e, const struct xpr *x, const char *format, ...)
    TF_PRINTF(3, 4);
enum tf_code tf_xwork(struct xeval *e, const struct xpr *x, size_t more);

/* expr_steps.c: nodes */
void tf_xset_add(struct xeval *e, struct xset *s, struct xref node);
bool tf_xref_same(struct xref a, struct xref b);
int tf_xref_order(struct xref a, struct xref b);
bool tf_xref_parent(const struct xeval *e, struct xref n, struct xref *ret);
const char *tf_xref_name(const struct xeval *e, struct xref n);
const char *tf_xref_text(struct xeval *e, struct xref n);
const struct tf_xfield *tf_xref_field(const struct xeval *e, struct xref n);

/* expr_values.c: conversions (XPath 1.0 section 4, with ODK's dates as numbers of days) */
double tf_xnumber(const char *text);
const char *tf_xnumber_text(struct tf_arena *arena, double x);
double tf_xval_number(struct xeval *e, const struct xval *v);
const char *tf_xval_text(struct xeval *e, const struct xval *v);
bool tf_xval_true(const struct xval *v);
bool tf_xcompare(struct xeval *e, enum xop op, const struct xval *a, const struct xval *b);
struct xval tf_xstring(const char *s);
struct xval tf_xnum(double x);
struct xval tf_xbool(bool b);

/* expr_dates.c: ISO 8601 as ODK writes it */
struct xdate {
    bool has_date, has_time, has_zone;
    long year;
    int month, day, hour, minute;
    double second;
    int zone; /* minutes east of UTC */
};
bool tf_xdate_read(const char *s, struct xdate *ret);
long tf_xdate_days(long year, int month, int day); /* since 1970-01-01 */
void tf_xdate_civil(long days, long *year, int *month, int *day);
double tf_xdate_number(const struct xdate *d);     /* days since 1970-01-01 UTC */

/* expr_paths.c: tf_xpath_paths, and each instance('id') that is named. */
size_t tf_xpath_reads(struct tf_arena *arena, const struct tf_xpath *x, const char *context,
                      void (*on_instance)(void *arg, const char *id), void *arg, const char ***ret);
bool tf_path_is_pattern(const char *path);
bool tf_path_matches(const char *pattern, const char *path);

#endif
