/* Functions of truth and choice. if, coalesce and once evaluate only what they need. */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"

XCALL(tf_xc_true)
{
    *ret = tf_xbool(true);
    return TF_OK;
}

XCALL(tf_xc_false)
{
    *ret = tf_xbool(false);
    return TF_OK;
}

XCALL(tf_xc_boolean)
{
    *ret = tf_xbool(tf_xval_true(&arg[0]));
    return TF_OK;
}

XCALL(tf_xc_not)
{
    *ret = tf_xbool(!tf_xval_true(&arg[0]));
    return TF_OK;
}

XCALL(tf_xc_from_string)
{
    const char *s = tf_xval_text(e, &arg[0]);
    *ret = tf_xbool(strcmp(s, "1") == 0 || tf_casecmp(s, "true") == 0);
    return TF_OK;
}

XCALL(tf_xc_if)
{
    struct xval truth;
    TF_TRY(tf_xeval_node(e, x->kid[0], at, &truth));
    return tf_xeval_node(e, x->kid[tf_xval_true(&truth) ? 1 : 2], at, ret);
}

XCALL(tf_xc_coalesce)
{
    TF_TRY(tf_xeval_node(e, x->kid[0], at, ret));
    const bool nan = ret->kind == TF_XV_NUMBER && isnan(ret->number);
    if (!nan && *tf_xval_text(e, ret) != '\0')
        return TF_OK;
    return tf_xeval_node(e, x->kid[1], at, ret);
}

/* The value that stands, or the argument when none does. */
XCALL(tf_xc_once)
{
    const char *stands = tf_xref_text(e, e->current);
    if (*stands == '\0')
        return tf_xeval_node(e, x->kid[0], at, ret);
    *ret = tf_xstring(stands);
    return TF_OK;
}

/* Arguments from the third on; a single node-set gives its nodes (ODK: they count by their number). */
static size_t count_true(struct xeval *e, const struct xval *arg, size_t n)
{
    size_t count = 0;
    if (n == 1 && arg[0].kind == TF_XV_NODES) {
        for (size_t k = 0; k < arg[0].set.n; k++)
            count += tf_xnumber(tf_xref_text(e, arg[0].set.item[k])) > 0;
        return count;
    }
    for (size_t k = 0; k < n; k++)
        count += arg[k].kind == TF_XV_BOOLEAN ? arg[k].boolean : tf_xval_number(e, &arg[k]) > 0;
    return count;
}

XCALL(tf_xc_checklist)
{
    const double min = tf_xval_number(e, &arg[0]), max = tf_xval_number(e, &arg[1]);
    const double count = (double)count_true(e, arg + 2, n - 2);
    *ret = tf_xbool((min < 0 || count >= min) && (max < 0 || count <= max));
    return TF_OK;
}

XCALL(tf_xc_weighted)
{
    const double min = tf_xval_number(e, &arg[0]), max = tf_xval_number(e, &arg[1]);
    double sum = 0;
    if (n == 4 && arg[2].kind == TF_XV_NODES && arg[3].kind == TF_XV_NODES) {
        if (arg[2].set.n != arg[3].set.n)
            return tf_xfail(e, x, "weighted-checklist() has %zu values and %zu weights",
                            arg[2].set.n, arg[3].set.n);
        for (size_t k = 0; k < arg[2].set.n; k++)
            if (tf_xnumber(tf_xref_text(e, arg[2].set.item[k])) > 0)
                sum += tf_xnumber(tf_xref_text(e, arg[3].set.item[k]));
    } else {
        for (size_t k = 2; k + 1 < n; k += 2)
            if (count_true(e, arg + k, 1) > 0)
                sum += tf_xval_number(e, &arg[k + 1]);
    }
    *ret = tf_xbool((min < 0 || sum >= min) && (max < 0 || sum <= max));
    return TF_OK;
}

XCALL(tf_xc_depend)
{
    *ret = arg[0];
    return TF_OK;
}

XCALL(tf_xc_version)
{
    *ret = tf_xstring(e->scope->form == NULL ? "" : e->scope->form->version);
    return TF_OK;
}

/* What only the device knows. */
XCALL(tf_xc_unknown)
{
    e->unknown = true;
    *ret = tf_xstring("");
    return TF_OK;
}
