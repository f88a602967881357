/* `trefoil keep export`: a dataset as a file for the survey team. Help stands in keep.c.
 *
 * Giving microdata out is an act: the ledger gets what was exported, as what, with which purpose, by
 * the dataset's evidence id; never the path, which may name a person. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/keep_parts.h"
#include "keep/export.h"

/* "child", or "child.roster": the dataset that study.yaml declares. */
static const struct tf_dataset *base_dataset(struct tf_arena *arena, const struct tf_study *s,
                                             const char *name)
{
    const struct tf_dataset *d = tf_study_dataset(s, name);
    for (const char *dot = name; d == NULL && (dot = strchr(dot, '.')) != NULL; dot++)
        d = tf_study_dataset(s, tf_strndup(arena, name, (size_t)(dot - name)));
    return d;
}

static enum tf_code no_dataset(struct tf_run *run, const struct tf_study *s, const char *name,
                               struct tf_err *reterr)
{
    const char **known = TF_NEW_N(run->arena, const char *, s->n_datasets + 1);
    for (size_t k = 0; k < s->n_datasets; k++)
        known[k] = s->dataset[k].id;
    const char *near = tf_nearest(name, known);
    (void)tf_fail_at(reterr, TF_E_USAGE, s->file, 0, 0, "the study declares no dataset '%s'", name);
    return tf_help(reterr, near == NULL ? "`trefoil keep list` shows what is in the vault."
                                        : "Did you mean '%s'?", near);
}

static enum tf_code load(struct tf_run *run, struct tf_keep *keep, const struct tf_study *s,
                         const struct tf_dataset *d, const char *name, const char *country,
                         struct tf_arena *arena, struct tf_table **ret, struct tf_evidence *ret_ev,
                         struct tf_err *reterr)
{
    const char *form = tf_study_path(run->arena, s, d->instrument, country, NULL);
    struct tf_instrument *instrument;
    bool found;
    TF_TRY(tf_keep_dataset_get(arena, keep, country, tf_strand_name(d->strand), name, &found, ret,
                               ret_ev, reterr));
    if (!found) {
        (void)tf_fail(reterr, TF_E_INPUT, "the dataset '%s' of %s is not in the vault", name, country);
        return tf_help(reterr, "`trefoil keep import` or `trefoil keep open-submissions` puts it there.");
    }
    /* What came from a form has its texts; a delivered file gets them from its instrument. */
    if (form != NULL && tf_file_exists(form) && strcmp(ret_ev->file, TF_OPENED_FROM) != 0) {
        TF_TRY(tf_instrument_read(run->arena, form, &instrument, reterr));
        tf_instrument_label(instrument, "en", *ret);
    }
    tf_export_type(*ret, d);
    return TF_OK;
}

static enum tf_code note_export(struct tf_run *run, struct tf_keep *keep,
                                const struct tf_evidence *e, const struct keep_words *w, size_t rows,
                                struct tf_err *reterr)
{
    json_t *detail = json_pack("{s:s, s:b, s:s, s:I}", "as", w->as, "counts", w->counts, "purpose",
                               w->purpose == NULL ? "not stated" : w->purpose, "rows",
                               (json_int_t)rows);
    char *text = json_dumps(detail, JSON_SORT_KEYS | JSON_COMPACT);
    const char *kept = tf_strdup(run->arena, text == NULL ? "{}" : text);
    free(text);
    json_decref(detail);
    return tf_ledger_add(tf_keep_register(keep), "export", e->id, kept, reterr);
}

static void say_done(const struct tf_run *run, const struct keep_words *w, const struct tf_evidence *e,
                     const struct tf_table *t, const struct tf_notices *out, bool microdata)
{
    if (run->json) {
        tf_say_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:b}", "evidence", e->id, "as", w->as, "file",
                              w->out, "rows", (json_int_t)t->n_rows, "columns", (json_int_t)t->n_cols,
                              "microdata", microdata));
    } else {
        for (size_t k = 0; k < out->n; k++)
            tf_say("note: %s\n", out->item[k].text);
        tf_say("%s: %zu columns%s\n", w->out, t->n_cols, microdata ? "" : ", no answers");
    }
    if (microdata)
        (void)fprintf(stderr,
                      "warning: %s holds the answers of %zu persons or visits, before disclosure "
                      "control. It is for the survey team; what is published goes through `trefoil "
                      "protect`.\n",
                      w->out, t->n_rows);
}

static enum tf_code export(struct tf_run *run, const struct keep_words *w, struct tf_arena *arena,
                           enum tf_export_kind kind, struct tf_err *reterr)
{
    struct tf_notices out = {.arena = run->arena};
    struct tf_evidence e;
    struct tf_study *s;
    struct tf_keep *keep;
    struct tf_table *t;
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    TF_TRY(tf_need_country(run->arena, s, w->country, reterr));
    const struct tf_dataset *d = base_dataset(run->arena, s, w->word[1]);
    if (d == NULL)
        return no_dataset(run, s, w->word[1], reterr);
    TF_TRY(tf_keep_open(run->arena, run->study, false, &keep, reterr));
    TF_TRY(load(run, keep, s, d, w->word[1], w->country, arena, &t, &e, reterr));
    const struct tf_export_opt opt = {.kind = kind,
                                      .title = e.title,
                                      .source = d->source,
                                      .dataset = d,
                                      .counts = w->counts};
    const bool microdata = kind != TF_EXPORT_CODEBOOK || w->counts;
    if (microdata) /* first the ledger, then the file: none leaves unnoted */
        TF_TRY(note_export(run, keep, &e, w, t->n_rows, reterr));
    TF_TRY(tf_export_write(t, &opt, w->out, &out, reterr));
    say_done(run, w, &e, t, &out, microdata);
    return TF_OK;
}

enum tf_code tf_keep_run_export(struct tf_run *run, const struct keep_words *w,
                                struct tf_err *reterr)
{
    enum tf_export_kind kind;
    if (w->n != 2 || w->country == NULL || w->as == NULL || w->out == NULL)
        return tf_usage(run, reterr,
                        "export wants DATASET --country CODE --as csv|sav|dta|xlsx|codebook -o FILE");
    if (!tf_export_named(w->as, &kind))
        return tf_usage(run, reterr, "'%s' is no kind of export: csv, sav, dta, xlsx or codebook", w->as);
    (void)umask(077); /* whatever is written is for its owner only */
    struct tf_arena *arena = tf_arena_new_wiped("an exported dataset", (size_t)3 << 30);
    const enum tf_code code = export(run, w, arena, kind, reterr);
    tf_arena_free(arena);
    return code;
}
