/* What a server may read of a submission that was sent clear: the names of its files, and the values of
 * the few fields that the form's declaration (study.yaml `clear:`) leaves readable for quality control.
 *
 * Only forms that workers and interviewers answer are clear; a child's or a survivor's record arrives
 * sealed, with the same values in a header that the device wrote. Nothing is passed on that is not
 * declared by name, so a new question of a form stays unread until somebody decides otherwise. A field
 * in a repeat gives its first value; values of more than 255 bytes are left out: they are no quality
 * measures but texts.
 *
 * The audit log (audit.csv of ODK Collect; getodk/docs form-audit-log) is a list of events with times in
 * milliseconds since 1970: five numbers of it tell haste, night and trouble without telling an answer. */
#include <string.h>

#include "field/openrosa.h"

enum { MAX_VALUE = 255, MAX_AUDIT = 16 << 20 };

/* ---- the audit log ---- */

static const char *number(struct tf_arena *arena, double x)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_fixed(&b, x, 0);
    return tf_buf_text(&b);
}

static bool time_at(const struct tf_column *c, size_t row, double *ret)
{
    return c->text != NULL && tf_parse_double(c->text[row], ret) && *ret > 0 && *ret < 1e14;
}

bool tf_audit_summary(struct tf_arena *arena, const char *csv, size_t n,
                      struct tf_inbox_field ret[TF_AUDIT_FIELDS])
{
    struct tf_table *t;
    double first = 0, last = 0, shown = 0, from, to;
    size_t errors = 0;
    if (n > MAX_AUDIT || tf_csv_parse(arena, "audit.csv", csv, n,
                                      (struct tf_csv_opt){.threads = 1}, &t, NULL) != TF_OK)
        return false;
    const size_t event = tf_table_find(t, "event"), start = tf_table_find(t, "start"),
                 end = tf_table_find(t, "end");
    if (event >= t->n_cols || start >= t->n_cols || end >= t->n_cols || t->n_rows == 0)
        return false;
    for (size_t k = 0; k < t->n_rows; k++) {
        const char *what = t->col[event].text[k];
        const bool question = tf_streq(what, "question") || tf_streq(what, "group questions");
        errors += tf_streq(what, "constraint error");
        if (!time_at(&t->col[start], k, &from))
            continue;
        if (!time_at(&t->col[end], k, &to) || to < from) /* a clock was set back */
            to = from;
        first = first == 0 || from < first ? from : first;
        last = to > last ? to : last;
        shown += question ? to - from : 0;
    }
    const double hour = (first - 86400000.0 * (double)(int64_t)(first / 86400000.0)) / 3600000.0;
    const struct tf_inbox_field field[TF_AUDIT_FIELDS] = {
        {"audit.events", number(arena, (double)t->n_rows)},
        {"audit.seconds", number(arena, (last - first) / 1000)},
        {"audit.form_seconds", number(arena, shown / 1000)},
        {"audit.start_hour", number(arena, (double)(int64_t)hour)},
        {"audit.constraint_errors", number(arena, (double)errors)}};
    memcpy(ret, field, sizeof field);
    return true;
}

/* ---- the answers ---- */

struct reading {
    struct tf_arena *arena;
    const struct tf_out_form *form;
    const struct tf_xform *xform;
    size_t cap_files, cap_fields;
    struct tf_clear_read *to;
};

static void add_field(struct reading *r, const char *name, const char *value)
{
    for (size_t k = 0; k < r->to->n_fields; k++)
        if (strcmp(r->to->field[k].name, name) == 0)
            return;
    r->to->field = tf_grow(r->arena, r->to->field, r->to->n_fields, &r->cap_fields,
                           sizeof *r->to->field);
    r->to->field[r->to->n_fields++] = (struct tf_inbox_field){name, value};
}

static void one_answer(struct reading *r, const struct tf_answer *a)
{
    if (a->field == SIZE_MAX || tf_is_blank(a->text))
        return;
    const struct tf_xfield *f = &r->xform->field[a->field];
    if (f->type == TF_X_BINARY) {
        r->to->file = tf_grow(r->arena, r->to->file, r->to->n_files, &r->cap_files,
                              sizeof *r->to->file);
        r->to->file[r->to->n_files++] = tf_trim(r->arena, a->text);
        return;
    }
    for (size_t k = 0; k < r->form->n_clear; k++)
        if (strcmp(r->form->clear[k], f->name) == 0 && strlen(a->text) <= MAX_VALUE)
            add_field(r, f->name, a->text);
}

static bool declares(const struct tf_out_form *form, const char *name)
{
    for (size_t k = 0; k < form->n_clear; k++)
        if (strcmp(form->clear[k], name) == 0)
            return true;
    return false;
}

enum tf_code tf_clear_read(struct tf_arena *arena, const struct tf_out_form *form,
                           const struct tf_xform *xform, const struct tf_part *xml,
                           const struct tf_part *audit, struct tf_clear_read *ret,
                           struct tf_err *reterr)
{
    struct tf_inbox_field summary[TF_AUDIT_FIELDS];
    struct tf_clear_read read = {.n_files = 0};
    struct reading r = {.arena = arena, .form = form, .xform = xform, .to = &read};
    struct tf_instance *in;
    TF_TRY(tf_instance_read(arena, xform, xml->data, xml->n, &in, reterr));
    for (size_t k = 0; k < in->n_answers; k++)
        one_answer(&r, &in->answer[k]);
    if (audit != NULL && declares(form, "audit") &&
        tf_audit_summary(arena, audit->data, audit->n, summary))
        for (size_t k = 0; k < TF_AUDIT_FIELDS; k++)
            add_field(&r, summary[k].name, summary[k].value);
    *ret = read;
    return TF_OK;
}
