/* The way of the evidence, as one step: bring all that a country's report rests on up to date.
 *
 * Each room is idempotent (the same content keeps its id), so the way is walked whole each time:
 * files into the vault, series and interviews into theirs, estimates, release. What has not changed
 * costs a hash. An interruption between rooms leaves each store whole, and the next walk mends it. */
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "draw/draw.h"
#include "field/field.h"
#include "harmonise/harmonise.h"
#include "keep/approvals.h"
#include "keep/keep.h"
#include "listen/listen.h"
#include "measure/measure.h"
#include "protect/protect.h"

/* Register a file of the study (a form, a frame) by its content. */
static enum tf_code register_file(struct tf_arena *a, const struct tf_study *s,
                                  struct tf_register *reg, const char *kind, const char *country,
                                  const char *strand, const char *name, const char *pattern,
                                  struct tf_err *reterr)
{
    const char *path = tf_study_path(a, s, pattern, country, NULL);
    struct tf_hash hash;
    if (path == NULL || !tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_file_hash(path, &hash, reterr));
    const struct tf_evidence e = {.kind = kind, .country = country, .strand = strand,
                                  .name = name, .title = name, .hash = hash.hex,
                                  .file = pattern, .detail = "{}"};
    return tf_evidence_put(reg, &e, NULL, reterr);
}

/* Does the dataset come from the inbox (`trefoil keep open-submissions`), not from a file? */
static enum tf_code is_opened(struct tf_arena *a, struct tf_keep *keep, const struct tf_dataset *d,
                              const char *country, bool *ret, struct tf_err *reterr)
{
    struct tf_evidence e;
    bool found;
    TF_TRY(tf_evidence_current(a, tf_keep_register(keep), "dataset", country, d->id, &found, &e,
                               reterr));
    *ret = found && strcmp(e.file, TF_OPENED_FROM) == 0;
    return TF_OK;
}

static enum tf_code import_datasets(struct tf_arena *a, const struct tf_study *s,
                                    struct tf_keep *keep, const char *country,
                                    struct tf_err *reterr)
{
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        if (!tf_country_in(d->country, d->n_countries, country))
            continue;
        const char *path = tf_study_path(a, s, d->file, country, NULL);
        bool opened;
        TF_TRY(is_opened(a, keep, d, country, &opened, reterr));
        if (opened)
            continue; /* made of submissions: what the vault has is the newest */
        if (!tf_file_exists(path)) {
            (void)tf_fail_at(reterr, TF_E_IO, d->at.file, d->at.line, d->at.column,
                             "the data file of '%s' for %s is not there", d->id, country);
            (void)tf_fact(reterr, "%s", path);
            return tf_help(reterr, "Put the file there, or change `file` of the dataset.");
        }
        const char *id;
        bool changed;
        TF_TRY(tf_keep_import_file(a, keep, s->dir, path, country, tf_strand_name(d->strand), d->id,
                                   d->title, &id, &changed, reterr));
        if (d->instrument != NULL)
            TF_TRY(register_file(a, s, tf_keep_register(keep), "form", country,
                                 tf_strand_name(d->strand), d->id, d->instrument, reterr));
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was lost");
    }
    return TF_OK;
}

/* The door-level case-flow, from the contact sheets, for the release. */
static enum tf_code read_flow(struct tf_arena *a, const struct tf_study *s, const char *country,
                              struct tf_protect_extra *extra, struct tf_err *reterr)
{
    const char *path = tf_study_path(a, s, s->contacts, country, NULL);
    struct tf_flow *flow;
    if (path == NULL || !tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_flow_from_contacts(a, path, &flow, reterr));
    struct tf_flow_input *row = TF_NEW_N(a, struct tf_flow_input, flow->n);
    for (size_t k = 0; k < flow->n; k++)
        row[k] = (struct tf_flow_input){flow->row[k].id, flow->row[k].label, flow->row[k].count,
                                        flow->row[k].why};
    extra->flow = row;
    extra->n_flow = flow->n;
    return TF_OK;
}

/* Does a release stand that rests on all this as it is now? Then estimates and release are not made
 * again: the same content would be enciphered anew, and backups would see a change. */
static bool is_fresh(struct tf_arena *a, const struct tf_study *s, struct tf_keep *keep,
                     const char *country)
{
    struct tf_err ignored; /* whatever is wrong with the old release, a new one is made */
    return tf_file_exists(tf_path_join(a, s->dir, ".trefoil/release.db")) &&
           tf_release_fresh(a, s, keep, country, &ignored) == TF_OK;
}

enum tf_code tf_way_release(struct tf_arena *arena, const struct tf_study *study,
                            struct tf_keep *keep, const char *country, struct tf_err *reterr)
{
    struct tf_protect_extra extra = {0};
    TF_TRY(tf_approvals_need(arena, study, country, "release", tf_today(arena), reterr));
    TF_TRY(read_flow(arena, study, country, &extra, reterr));
    return tf_protect_country_with(arena, study, keep, country, &extra, reterr);
}

enum tf_code tf_way_refresh(struct tf_arena *arena, const struct tf_study *study,
                            const char *country, struct tf_err *reterr)
{
    struct tf_keep *keep;
    bool changed;
    TF_TRY(tf_need_country(arena, study, country, reterr));
    TF_TRY(tf_keep_open(arena, study->dir, true, &keep, reterr));
    tf_progress_start("bringing the evidence up to date", 5);
    TF_TRY(import_datasets(arena, study, keep, country, reterr));
    TF_TRY(register_file(arena, study, tf_keep_register(keep), "sample", country, "children",
                         "frame", study->frame, reterr));
    TF_TRY(register_file(arena, study, tf_keep_register(keep), "contacts", country, "children",
                         "contacts", study->contacts, reterr));
    tf_progress_at(1);
    TF_TRY(tf_harmonise_study(arena, study, country, &changed, reterr));
    tf_progress_at(2);
    TF_TRY(tf_listen_study(arena, study, keep, country, &changed, reterr));
    tf_progress_at(3);
    if (is_fresh(arena, study, keep, country)) { /* a lapsed approval stops a fresh release, too */
        tf_progress_stop();
        return tf_approvals_need(arena, study, country, "release", tf_today(arena), reterr);
    }
    TF_TRY(tf_measure_country(arena, study, keep, country, reterr));
    tf_progress_at(4);
    TF_TRY(tf_way_release(arena, study, keep, country, reterr));
    tf_progress_stop();
    return TF_OK;
}
