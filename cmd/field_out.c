/* `trefoil field publish | forms | state`: what devices are given. Help stands in field.c. */
#include <jansson.h>
#include <string.h>

#include "cmd/field_parts.h"

static const char *const states[] = {"draft", "open", "closing", "closed", NULL};

static enum tf_code unknown_form(struct tf_run *run, const struct tf_study *s, const char *id,
                                 struct tf_err *reterr)
{
    const char **known = TF_NEW_N(run->arena, const char *, s->n_forms + 1);
    for (size_t k = 0; k < s->n_forms; k++)
        known[k] = s->form[k].id;
    const char *near = tf_nearest(id, known);
    (void)tf_fail_at(reterr, TF_E_USAGE, s->file, 0, 0, "the study declares no form '%s'", id);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "Forms stand under `forms:` of study.yaml (docs/FORMATS.md).");
}

static void say_published(struct tf_run *run, const struct tf_out_form *f)
{
    if (run->json) {
        tf_say_json(json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s?}", "country", f->country, "form",
                              f->id, "version", f->version, "state", states[f->state], "encrypted",
                              f->encrypted, "evidence", f->evidence, "draft_token",
                              f->draft_secret));
        return;
    }
    tf_say("%s, version %s, is %s in %s%s\n%s\n", f->id, *f->version == '\0' ? "(none)" : f->version,
           f->state == TF_FORM_DRAFT ? "a draft" : "out", f->country,
           f->encrypted ? "; answers leave the tablet sealed" : "; answers are not sealed",
           f->evidence);
    if (f->draft_secret != NULL)
        tf_say("test it at …/test/%s/ (this address is shown once)\n", f->draft_secret);
}

enum tf_code tf_field_publish(struct tf_run *run, const struct field_words *w,
                              struct tf_err *reterr)
{
    struct tf_notices out = {.arena = run->arena};
    struct tf_fieldwork *fw;
    struct tf_out_form made;
    struct tf_study *s;
    if (w->n != 2)
        return tf_usage(run, reterr, "publish wants FORM --country CODE");
    TF_TRY(tf_field_open(run, w, true, &s, &fw, reterr));
    const struct tf_study_form *form = tf_study_form(s, w->word[1]);
    if (form == NULL)
        return unknown_form(run, s, w->word[1], reterr);
    const enum tf_code code =
        tf_form_publish(run->arena, fw, s, form, w->country,
                        w->draft ? TF_FORM_DRAFT : TF_FORM_OPEN, w->day, &out, &made, reterr);
    for (size_t k = 0; k < out.n && !run->json; k++)
        if (out.item[k].level != TF_ERROR)
            tf_say("%s: %s\n", out.item[k].level == TF_WARNING ? "warning" : "note",
                   out.item[k].text);
    TF_TRY(code);
    say_published(run, &made);
    return TF_OK;
}

enum tf_code tf_field_forms(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    enum { COLS = 7 };
    static const char *const head[COLS] = {"country", "form",      "version", "state",
                                           "current", "encrypted", "media"};
    struct tf_fieldwork *fw;
    struct tf_out_form *f;
    size_t n;
    json_t *list = json_array();
    if (w->n != 1)
        return tf_usage(run, reterr, "forms wants no more words");
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_forms_out(run->arena, fw, &f, &n, reterr));
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char *row[COLS] = {f[k].country,
                                 f[k].id,
                                 f[k].version,
                                 states[f[k].state],
                                 f[k].current ? "yes" : "no",
                                 f[k].encrypted ? "yes" : "no",
                                 tf_printf(run->arena, "%zu of %zu", f[k].n_media,
                                           f[k].n_media + f[k].n_expected)};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:s, s:s}", "country",
                            f[k].country, "form", f[k].id, "version", f[k].version, "title",
                            f[k].title, "state", states[f[k].state], "current", f[k].current,
                            "encrypted", f[k].encrypted, "media", (json_int_t)f[k].n_media,
                            "expected", (json_int_t)f[k].n_expected, "md5", f[k].md5, "evidence",
                            f[k].evidence));
    }
    if (run->json) {
        tf_say_json(list);
        return TF_OK;
    }
    json_decref(list);
    tf_say_table(run->arena, cell, n + 1, COLS);
    return TF_OK;
}

enum tf_code tf_field_state(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    struct tf_study *s;
    size_t state = 1;
    if (w->n != 3)
        return tf_usage(run, reterr, "state wants FORM open|closing|closed --country CODE");
    while (states[state] != NULL && strcmp(states[state], w->word[2]) != 0)
        state++;
    if (states[state] == NULL)
        return tf_usage(run, reterr, "'%s' is no state: open, closing or closed", w->word[2]);
    TF_TRY(tf_field_open(run, w, false, &s, &fw, reterr));
    TF_TRY(tf_form_state_set(fw, w->country, w->word[1], (enum tf_form_state)state, reterr));
    tf_say("%s in %s: %s\n", w->word[1], w->country, states[state]);
    return TF_OK;
}
