/* `trefoil keep open-submissions`: from the inbox to datasets. Help stands in keep.c.
 *
 * The door brings together what rooms may not tell each other: which versions of the forms were
 * published and which records were rejected is field's knowledge, opening is keep's. */
#include <jansson.h>
#include <string.h>

#include "cmd/keep_parts.h"
#include "field/field.h"

static enum tf_code add_versions(struct tf_run *run, struct tf_fieldwork *fw,
                                 struct tf_open_opt *opt, struct tf_err *reterr)
{
    struct tf_out_form *form;
    size_t n;
    TF_TRY(tf_forms_out(run->arena, fw, &form, &n, reterr));
    struct tf_open_form *version = TF_NEW_N(run->arena, struct tf_open_form, n);
    for (size_t k = 0; k < n; k++)
        if (form[k].state != TF_FORM_DRAFT)
            version[opt->n_versions++] = (struct tf_open_form){.country = form[k].country,
                                                               .id = form[k].id,
                                                               .version = form[k].version,
                                                               .xml = form[k].xml,
                                                               .evidence = form[k].evidence,
                                                               .current = form[k].current};
    opt->version = version;
    return TF_OK;
}

static enum tf_code add_rejects(struct tf_run *run, struct tf_fieldwork *fw,
                                struct tf_open_opt *opt, struct tf_err *reterr)
{
    struct tf_review *review;
    struct tf_records records;
    size_t n;
    TF_TRY(tf_reviews(run->arena, fw, opt->country, &review, &n, reterr));
    if (n == 0)
        return TF_OK;
    TF_TRY(tf_records_read(run->arena, run->study, opt->country, &records, reterr));
    const struct tf_review **last = tf_records_reviewed(run->arena, &records, review, n);
    struct tf_open_reject *reject = TF_NEW_N(run->arena, struct tf_open_reject, records.n);
    for (size_t k = 0; k < records.n; k++)
        if (strcmp(tf_record_state(&records.item[k], last[k]), "rejected") == 0)
            reject[opt->n_rejects++] = (struct tf_open_reject){.form = records.item[k].form,
                                                               .instance = records.item[k].instance,
                                                               .reason = last[k]->comment};
    opt->reject = reject;
    return TF_OK;
}

static json_t *notices_json(const struct tf_notices *out)
{
    static const char *const level[] = {"note", "warning", "error"};
    json_t *list = json_array();
    for (size_t k = 0; k < out->n; k++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s?, s:s, s:s?}", "level", level[out->item[k].level], "id",
                            out->item[k].id, "file", out->item[k].file, "text", out->item[k].text,
                            "help", out->item[k].help));
    return list;
}

static void say_json(const struct tf_open_result *r, const struct tf_notices *out)
{
    json_t *list = json_array();
    for (size_t k = 0; k < r->n_forms; k++) {
        const struct tf_open_count *c = &r->form[k];
        const struct {
            const char *name;
            size_t n;
        } count[] = {{"taken", c->taken},       {"records", c->records},     {"edits", c->edits},
                     {"waiting", c->waiting},   {"bad", c->bad},             {"rejected", c->rejected},
                     {"withdrawn", c->withdrawn}, {"stopped", c->stopped},   {"tables", c->tables}};
        json_t *one = json_pack("{s:s, s:s?, s:s, s:b}", "form", c->form, "dataset", c->dataset,
                                "evidence", c->evidence, "changed", c->changed);
        for (size_t j = 0; j < sizeof count / sizeof *count; j++)
            (void)json_object_set_new(one, count[j].name, json_integer((json_int_t)count[j].n));
        (void)json_array_append_new(list, one);
    }
    tf_say_json(json_pack("{s:o, s:o}", "forms", list, "notices", notices_json(out)));
}

static void say_counts(struct tf_run *run, const struct tf_open_result *r)
{
    enum { COLS = 9 };
    static const char *const head[COLS] = {"form",     "taken",     "records", "edits",   "waiting",
                                           "bad", "rejected", "withdrawn", "dataset"};
    const char **cell = TF_NEW_N(run->arena, const char *, (r->n_forms + 1) * COLS);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < r->n_forms; k++) {
        const struct tf_open_count *c = &r->form[k];
        const size_t count[] = {c->taken, c->records, c->edits, c->waiting, c->bad, c->rejected,
                                c->withdrawn};
        const char **row = cell + (k + 1) * COLS;
        row[0] = c->form;
        for (size_t j = 0; j < sizeof count / sizeof *count; j++)
            row[j + 1] = tf_printf(run->arena, "%zu", count[j]);
        row[COLS - 1] = c->evidence[0] == '\0' ? "-"
                        : c->changed           ? c->evidence
                                               : tf_printf(run->arena, "%s (unchanged)", c->evidence);
    }
    tf_say_table(run->arena, cell, r->n_forms + 1, COLS);
}

static void say_notices(const struct tf_notices *out)
{
    static const char *const level[] = {"note", "warning", "error"};
    for (size_t k = 0; k < out->n; k++) {
        const struct tf_notice *n = &out->item[k];
        tf_say("%s%s%s: %s\n", n->file == NULL ? "" : n->file, n->file == NULL ? "" : ": ",
               level[n->level], n->text);
        if (n->help != NULL)
            tf_say("    %s\n", n->help);
    }
}

enum tf_code tf_keep_run_open(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr)
{
    struct tf_open_opt opt = {.country = w->country, .form = w->form, .language = w->language};
    struct tf_notices out = {.arena = run->arena};
    struct tf_open_result result;
    struct tf_fieldwork *fw;
    struct tf_study *study;
    struct tf_keep *keep;
    if (w->n != 1)
        return tf_usage(run, reterr, "open-submissions takes no further words");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    if (opt.country == NULL && study->n_countries == 1)
        opt.country = study->country[0].code;
    if (opt.country == NULL)
        return tf_usage(run, reterr, "open-submissions wants --country CODE");
    TF_TRY(tf_need_country(run->arena, study, opt.country, reterr));
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(add_versions(run, fw, &opt, reterr));
    TF_TRY(add_rejects(run, fw, &opt, reterr));
    TF_TRY(tf_keep_open(run->arena, run->study, true, &keep, reterr));
    TF_TRY(tf_open_submissions(run->arena, study, keep, &opt, &out, &result, reterr));
    if (run->json) {
        say_json(&result, &out);
        return TF_OK;
    }
    say_notices(&out);
    say_counts(run, &result);
    return TF_OK;
}
