/* trefoil check: say everything that is wrong or stale in a study
 *
 * usage: trefoil check [DIR] [--country XA] [--json]
 *
 * Reads the whole study and changes nothing. Each finding names file, line and column, and what to
 * do. Looked at:
 *   - study.yaml, the indicator registry, instruments, recipes
 *   - data files: duplicate ids, padded texts, codes out of order, runs of broken-off interviews,
 *     items void in one language, rows without a weight; and whether a declared cleaning rule
 *     handles each
 *   - contact sheets, series and their mappings, transcripts, consent, the legal grid
 *   - the vault, if there is one: keys, hashes, the ledger's chain
 *   - the release, if there is one: is it older than its evidence? claims and report texts against it
 *
 * Exit status 0 when no error was found (warnings may be), 2 when one was.
 *
 * examples:
 *   trefoil check examples/yrbs2019
 *   trefoil check demo-study --country XC --json
 */
#include <string.h>

#include "ask/ask.h"
#include "base/import.h"
#include "cmd/cmd.h"
#include "field/field.h"
#include "harmonise/harmonise.h"
#include "keep/keep.h"
#include "listen/listen.h"
#include "measure/measure.h"
#include "protect/protect.h"
#include "relate/relate.h"
#include "tell/tell.h"

static void check_data(struct tf_arena *a, const struct tf_study *s, const char *country,
                       struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        const char *path = tf_study_path(a, s, d->file, country, NULL);
        struct tf_instrument *instrument = NULL;
        struct tf_table *t;
        struct tf_err err;
        if (!tf_country_in(d->country, d->n_countries, country) || !tf_file_exists(path))
            continue; /* a missing file is a finding of tf_study_check */
        const char *form = tf_study_path(a, s, d->instrument, country, NULL);
        if (form != NULL && tf_file_exists(form) &&
            tf_instrument_read(a, form, &instrument, &err) != TF_OK)
            tf_notice_err(out, "instrument", &err);
        if (tf_import_file(a, path, &t, &err) != TF_OK) {
            tf_notice_err(out, "data-file", &err);
            continue;
        }
        if (instrument != NULL)
            tf_instrument_label(instrument, "en", t);
        tf_clean_scan(a, d, instrument, country, path, t, tf_study_path(a, s, d->cleaning, country, NULL),
                      out);
    }
}

static void check_release(struct tf_arena *a, const struct tf_study *s, const char *country,
                          struct tf_notices *out)
{
    struct tf_release *release;
    struct tf_keep *keep;
    struct tf_err err;
    if (!tf_file_exists(tf_path_join(a, s->dir, ".trefoil/release.db")))
        return;
    if (tf_release_read(a, s->dir, country, &release, &err) != TF_OK) {
        if (err.code != TF_E_STALE)
            tf_notice_err(out, "release", &err);
        return;
    }
    if (tf_keep_open(a, s->dir, false, &keep, &err) != TF_OK) {
        tf_notice_err(out, "vault", &err);
        return;
    }
    if (tf_release_fresh(a, s, keep, country, &err) != TF_OK)
        tf_notice_add(out, TF_WARNING, "stale", s->file, 0, 0,
                      err.help[0] != '\0' ? err.help : "`trefoil tell report` brings it up to date.",
                      "%s: %s%s%s", country, err.what, err.fact[0] != '\0' ? ": " : "", err.fact);
    tf_relate_check(a, s, country, release, out);
    tf_tell_check(a, s, country, release, out);
}

static void check_country(struct tf_arena *a, const struct tf_study *s, const char *country,
                          struct tf_notices *out)
{
    const struct tf_listen_files files = tf_listen_files_of(a, s, country);
    const char *contacts = tf_study_path(a, s, s->contacts, country, NULL);
    check_data(a, s, country, out);
    if (contacts != NULL && tf_file_exists(contacts))
        tf_field_check(a, contacts, tf_study_path(a, s, s->frame, country, NULL), out);
    tf_harmonise_study_check(a, s, country, out);
    if (files.participants != NULL && tf_file_exists(files.participants))
        tf_listen_check(a, country, &files, out);
    check_release(a, s, country, out);
}

enum tf_code cmd_check(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, **word;
    size_t n;
    struct tf_study *study;
    struct tf_notices found = {.arena = run->arena};
    const struct tf_option options[] = {{.name = "--country", .text = &country}};
    TF_TRY(tf_options(run, options, 1, &word, &n, reterr));
    if (n > 1)
        return tf_usage(run, reterr, "check one study at a time");
    TF_TRY(tf_study_read(run->arena, n == 1 ? word[0] : run->study, &study, reterr));
    if (country != NULL)
        TF_TRY(tf_need_country(run->arena, study, country, reterr));
    tf_study_check(study, &found);
    tf_measure_check(run->arena, study, &found);
    if (tf_dir_exists(tf_path_join(run->arena, study->dir, ".trefoil")))
        tf_keep_check(run->arena, study->dir, &found);
    tf_progress_start("checking", study->n_countries);
    for (size_t k = 0; k < study->n_countries; k++) {
        const struct tf_country *c = &study->country[k];
        if (country == NULL || strcmp(country, c->code) == 0)
            check_country(run->arena, study, c->code, &found);
        tf_progress_at(k + 1);
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was changed");
    }
    tf_progress_stop();
    const enum tf_code code = tf_say_notices(run, &found, reterr);
    if (code == TF_OK && !run->json) {
        const size_t warnings = tf_notices_count(&found, TF_WARNING);
        tf_say("%s: no errors, %zu warning%s, %zu note%s\n", study->dir, warnings,
               warnings == 1 ? "" : "s", found.n - warnings, found.n - warnings == 1 ? "" : "s");
    }
    return code;
}
