/* ask/expr: XPath 1.0 with the functions of ODK XForms, as trees. Part of the public face of ask.
 *
 * Grammar: XPath 1.0 (W3C 1999) section 3; functions: ODK XForms specification, "XPath Functions".
 * Limits: 64 KB of text, depth 200. Parsing never fails half-way: a tree or an error with its column. */
#ifndef TF_ASK_EXPR_H
#define TF_ASK_EXPR_H

#include "ask/xform.h"

struct tf_xpath;
/* Parse; file and line are for messages (column counts bytes of the text, from 1). */
TF_MUST_CHECK enum tf_code tf_xpath_parse(struct tf_arena *arena, const char *text,
                                          const char *file, size_t line, struct tf_xpath **ret,
                                          struct tf_err *reterr);
/* The location paths it reads, as written, relative ones resolved against context ("/data/g/q");
 * paths into secondary instances are left out. */
size_t tf_xpath_paths(struct tf_arena *arena, const struct tf_xpath *x, const char *context,
                      const char ***ret);

/* The order in which a form's calculate and relevant must be evaluated: *ret_order holds field
 * indices; a field that has both stands twice, its relevance first. TF_E_INPUT names the cycle, field
 * by field. */
TF_MUST_CHECK enum tf_code tf_xform_order(struct tf_arena *arena, const struct tf_xform *form,
                                          size_t **ret_order, size_t *ret_n, struct tf_err *reterr);

/* Evaluation over a submission. Values are XPath's four kinds. */
enum tf_xvalue_kind { TF_XV_STRING, TF_XV_NUMBER, TF_XV_BOOLEAN, TF_XV_NODES };
struct tf_xvalue {
    enum tf_xvalue_kind kind;
    const char *string; /* of nodes: the text of the first */
    double number;
    bool boolean;       /* of nodes: are there any */
    size_t *node; /* indices of answers, document order (nodes of other instances are left out) */
    size_t n_nodes;
};
struct tf_xscope { /* what an expression is evaluated in */
    const struct tf_xform *form;
    const struct tf_instance *instance;
    size_t answer;     /* the context node: index of an answer */
    const char *now;   /* dateTime that today() and now() give ("2026-11-24T10:00:00.000Z"), or
                          NULL: they give "" (there is no clock here) */
    const char *language; /* for itext labels, or NULL */
    uint64_t seed;     /* for random(), once(), uuid(), randomize without seed */
};
TF_MUST_CHECK enum tf_code tf_xpath_eval(struct tf_arena *arena, const struct tf_xpath *x,
                                         const struct tf_xscope *scope, struct tf_xvalue *ret,
                                         struct tf_err *reterr);
bool tf_xvalue_true(const struct tf_xvalue *v);
double tf_xvalue_number(const struct tf_xvalue *v, const struct tf_xscope *scope);
const char *tf_xvalue_text(struct tf_arena *arena, const struct tf_xvalue *v,
                           const struct tf_xscope *scope);
#endif
