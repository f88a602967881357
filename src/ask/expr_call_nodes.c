/* Functions of nodes, repeats, choices and secondary instances.
 *
 * randomize with a seed gives the order that Collect and web forms give: the "inside-out" shuffle of
 * Fisher and Yates with the generator of Park and Miller (1988), CACM 31, 1192-1201: x' = 16807 x mod
 * (2^31 - 1), as the ODK XForms specification asks. */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"
#include "ask/xform_read.h"

XCALL(tf_xc_last)
{
    *ret = tf_xnum((double)at->size);
    return TF_OK;
}

/* Among the siblings of the same name. */
static double place_of(struct xeval *e, struct xref node)
{
    const struct tf_instance *in = e->scope->instance;
    if (node.kind == XR_ITEM)
        return (double)node.b + 1;
    if (node.kind != XR_ANSWER || in->answer[node.a].parent == SIZE_MAX)
        return 1;
    double place = 1;
    const size_t up = in->answer[node.a].parent;
    for (size_t k = up + 1; k < node.a; k = in->answer[k].end)
        place += strcmp(in->answer[k].path, in->answer[node.a].path) == 0;
    return place;
}

XCALL(tf_xc_position)
{
    if (n == 0) {
        *ret = tf_xnum((double)at->position);
        return TF_OK;
    }
    if (arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "position() takes a node, such as position(..)");
    *ret = tf_xnum(arg[0].set.n == 0 ? (double)NAN : place_of(e, arg[0].set.item[0]));
    return TF_OK;
}

XCALL(tf_xc_count)
{
    if (arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "count() takes nodes, such as count(/data/person)");
    *ret = tf_xnum((double)arg[0].set.n);
    return TF_OK;
}

XCALL(tf_xc_count_non_empty)
{
    size_t full = 0;
    if (arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "count-non-empty() takes nodes, such as /data/person/age");
    for (size_t k = 0; k < arg[0].set.n; k++)
        full += *tf_xref_text(e, arg[0].set.item[k]) != '\0';
    *ret = tf_xnum((double)full);
    return TF_OK;
}

XCALL(tf_xc_name)
{
    if (n == 1 && arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "%s() takes a node", x->f->name);
    if (n == 1 && arg[0].set.n == 0)
        *ret = tf_xstring("");
    else
        *ret = tf_xstring(tf_xref_name(e, n == 0 ? at->node : arg[0].set.item[0]));
    return TF_OK;
}

XCALL(tf_xc_current)
{
    *ret = (struct xval){.kind = TF_XV_NODES};
    tf_xset_add(e, &ret->set, e->current);
    return TF_OK;
}

/* ---- secondary instances ------------------------------------------------------------------------ */

static size_t instance_named(const struct xeval *e, const char *id)
{
    const struct tf_xform *f = e->scope->form;
    size_t k = 0;
    while (f != NULL && k < f->n_instances && strcmp(f->instance[k].id, id) != 0)
        k++;
    return f == NULL || k == f->n_instances ? SIZE_MAX : k;
}

XCALL(tf_xc_instance)
{
    const size_t k = instance_named(e, tf_xval_text(e, &arg[0]));
    *ret = (struct xval){.kind = TF_XV_NODES};
    if (k != SIZE_MAX)
        tf_xset_add(e, &ret->set, (struct xref){XR_INSTANCE, k, 0, 0});
    return TF_OK;
}

static const char *cell(const struct tf_xpairs_row *row, const char *name)
{
    for (size_t k = 0; k < row->n; k++)
        if (strcmp(row->name[k], name) == 0)
            return row->value[k];
    return NULL;
}

XCALL(tf_xc_pulldata)
{
    const char *id = tf_xval_text(e, &arg[0]), *want = tf_xval_text(e, &arg[1]);
    const char *key = tf_xval_text(e, &arg[2]), *value = tf_xval_text(e, &arg[3]);
    if (tf_ends(id, ".csv"))
        id = tf_strndup(e->arena, id, strlen(id) - 4);
    const size_t k = instance_named(e, id);
    *ret = tf_xstring("");
    if (k == SIZE_MAX || (e->scope->form->instance[k].n_items == 0 &&
                          e->scope->form->instance[k].src != NULL)) {
        e->unknown = true; /* a list that only the device has */
        return TF_OK;
    }
    const struct tf_xinstance *s = &e->scope->form->instance[k];
    TF_TRY(tf_xwork(e, x, s->n_items));
    for (size_t row = 0; row < s->n_items; row++) {
        const char *here = cell(&s->item[row], key), *found = cell(&s->item[row], want);
        if (here != NULL && strcmp(here, value) == 0) {
            *ret = tf_xstring(found == NULL ? "" : found);
            return TF_OK;
        }
    }
    return TF_OK;
}

XCALL(tf_xc_randomize)
{
    static const double modulus = 2147483647.0;
    struct xset all;
    if (arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "randomize() takes nodes");
    all = arg[0].set;
    double seed = n == 2 ? trunc(tf_xval_number(e, &arg[1])) : (double)NAN;
    if (isnan(seed) || isinf(seed)) {
        e->unknown = true; /* each device has its own order */
        seed = (double)(e->scope->seed % 2147483646u) + 1;
    }
    double state = fmod(seed, modulus);
    if (state <= 0)
        state += modulus - 1;
    struct xref *out = TF_NEW_N(e->arena, struct xref, all.n + 1);
    for (size_t k = 0; k < all.n; k++) {
        state = fmod(state * 16807, modulus);
        const double share = (state - 1) / (modulus - 1);
        const size_t j = (size_t)floor(share * (double)(k + 1));
        if (j != k)
            out[k] = out[j];
        out[j] = all.item[k];
    }
    *ret = (struct xval){.kind = TF_XV_NODES, .set = {out, all.n, all.n}};
    return TF_OK;
}

/* ---- repeats ------------------------------------------------------------------------------------ */

/* The answer at or above `node` that is an instance of this repeat. */
static size_t row_above(const struct xeval *e, struct xref node, const char *repeat)
{
    const struct tf_instance *in = e->scope->instance;
    if (node.kind != XR_ANSWER)
        return SIZE_MAX;
    for (size_t k = node.a; k != SIZE_MAX; k = in->answer[k].parent)
        if (strcmp(in->answer[k].path, repeat) == 0)
            return k;
    return SIZE_MAX;
}

/* indexed-repeat(node, repeat, index, …): of all nodes of the first path, those whose repeats have the
 * indices. Paths are read from the root, whatever the row of the context. */
XCALL(tf_xc_indexed_repeat)
{
    struct xval all, rows, number;
    const struct xat root = {{.kind = XR_ROOT}, 1, 1};
    const bool absolute = x->kid[0]->kind == XK_PATH && x->kid[0]->absolute;
    TF_TRY(tf_xeval_node(e, x->kid[0], absolute ? &root : at, &all));
    if (all.kind != TF_XV_NODES)
        return tf_xfail(e, x, "indexed-repeat() takes a path first");
    for (size_t k = 1; k + 1 < n; k += 2) {
        TF_TRY(tf_xeval_node(e, x->kid[k], at, &rows));
        TF_TRY(tf_xeval_node(e, x->kid[k + 1], at, &number));
        if (rows.kind != TF_XV_NODES)
            return tf_xfail(e, x, "indexed-repeat() takes a repeat before each number");
        double want = trunc(tf_xval_number(e, &number));
        want = want < 1 || isnan(want) ? 1 : want;
        size_t kept = 0;
        TF_TRY(tf_xwork(e, x, all.set.n));
        for (size_t j = 0; j < all.set.n && rows.set.n > 0 && rows.set.item[0].kind == XR_ANSWER; j++) {
            const char *repeat = e->scope->instance->answer[rows.set.item[0].a].path;
            const size_t row = row_above(e, all.set.item[j], repeat);
            if (row != SIZE_MAX && place_of(e, (struct xref){XR_ANSWER, row, 0, 0}) == want)
                all.set.item[kept++] = all.set.item[j];
        }
        all.set.n = kept;
    }
    *ret = tf_xstring(all.set.n == 0 ? "" : tf_xref_text(e, all.set.item[0]));
    return TF_OK;
}

/* ---- choices ------------------------------------------------------------------------------------ */

/* The k-th word of a list that spaces part; NULL when there are fewer. */
static const char *word_at(const char *list, size_t k, size_t *n)
{
    for (;;) {
        list += strspn(list, " \t\r\n");
        *n = strcspn(list, " \t\r\n");
        if (*n == 0)
            return NULL;
        if (k-- == 0)
            return list;
        list += *n;
    }
}

XCALL(tf_xc_selected)
{
    const char *list = tf_xval_text(e, &arg[0]);
    const char *want = tf_trim(e->arena, tf_xval_text(e, &arg[1]));
    const size_t length = strlen(want);
    size_t k;
    bool found = false;
    for (const char *w = list; (w = word_at(w, 0, &k)) != NULL && !found; w += k)
        found = k == length && memcmp(w, want, k) == 0;
    /* nothing is selected in an empty list, and nothing is in it: JavaRosa says so, too */
    *ret = tf_xbool(found || (length == 0 && tf_is_blank(list)));
    return TF_OK;
}

XCALL(tf_xc_selected_at)
{
    const double place = trunc(tf_xval_number(e, &arg[1]));
    const char *list = tf_xval_text(e, &arg[0]), *word = NULL;
    size_t length = 0;
    if (place >= 0 && place < 1e6)
        word = word_at(list, (size_t)place, &length);
    *ret = tf_xstring(word == NULL ? "" : tf_strndup(e->arena, word, length));
    return TF_OK;
}

XCALL(tf_xc_count_selected)
{
    size_t count = 0, length;
    for (const char *w = tf_xval_text(e, &arg[0]); (w = word_at(w, 0, &length)) != NULL; w += length)
        count++;
    *ret = tf_xnum((double)count);
    return TF_OK;
}

static const char *in_language(const struct xeval *e, const struct tf_words *words)
{
    const char *lang = e->scope->language;
    return tf_words_in(words, lang != NULL ? lang : e->scope->form->default_language);
}

/* jr:choice-name(value, 'path'): the path is a text, and may be relative. */
XCALL(tf_xc_choice_name)
{
    const char *value = tf_xval_text(e, &arg[0]);
    const char *context = "/";
    const struct tf_xfield *here = tf_xref_field(e, e->current), *field = NULL;
    if (here != NULL)
        context = here->path;
    const char *path = tf_xval_text(e, &arg[1]);
    *ret = tf_xstring("");
    if (e->scope->form == NULL || *value == '\0')
        return TF_OK;
    path = tf_path_plain(e->arena, path, context);
    if (path != NULL)
        field = tf_xform_field(e->scope->form, path);
    if (field == NULL || field->n_items == 0) {
        e->unknown = true;
        return TF_OK;
    }
    for (size_t k = 0; k < field->n_items; k++)
        if (strcmp(field->item[k].value, value) == 0) {
            *ret = tf_xstring(in_language(e, &field->item[k].label));
            break;
        }
    return TF_OK;
}

/* Texts of the form are for labels: no logic should rest on them. */
XCALL(tf_xc_itext)
{
    e->unknown = true;
    *ret = tf_xstring(tf_xval_text(e, &arg[0]));
    return TF_OK;
}
