/* The study's declared series, into its store of counts.
 *
 * Everything is read and judged before the first series is stored, so that a fault in the third file
 * leaves the store as it was. Storing is append-only by vintage, and the same content is no
 * change (keep/counts), so importing twice is importing once. */
#include <string.h>

#include "harmonise/inside.h"

/* One declared series of one country. */
static enum tf_code read_declared(struct tf_arena *arena, const struct tf_study *study,
                                  const struct tf_series_source *source, const char *country,
                                  struct tf_series *ret, const char **ret_file,
                                  struct tf_err *reterr)
{
    const char *csv = tf_study_path(arena, study, source->file, country, NULL);
    const char *mapping = tf_study_path(arena, study, source->mapping, country, NULL);
    struct tf_series *list;
    size_t n;
    TF_TRY(tf_series_read(arena, csv, mapping, country, &list, &n, reterr));
    *ret = list[0]; /* one country asked for, one series */
    *ret_file = csv;
    if (strcmp(ret->id, source->id) == 0)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, source->at.file, source->at.line, source->at.column,
                     "the series '%s' has a mapping for '%s'", source->id, ret->id);
    return tf_help(reterr, "Give %s the same id, or name another mapping.", mapping);
}

static const char *stored(const struct tf_series *list, size_t n, const char *id)
{
    for (size_t k = 0; k < n; k++)
        if (tf_streq(list[k].id, id))
            return list[k].evidence;
    return NULL;
}

enum tf_code tf_harmonise_study(struct tf_arena *arena, const struct tf_study *study,
                                const char *country, bool *ret_changed, struct tf_err *reterr)
{
    struct tf_series *series = TF_NEW_N(arena, struct tf_series, study->n_series + 1), *before;
    size_t n = 0, n_before;
    const char *file;
    bool changed = false;
    for (size_t k = 0; k < study->n_series; k++) {
        const struct tf_series_source *source = &study->series[k];
        if (tf_country_in(source->country, source->n_countries, country))
            TF_TRY(read_declared(arena, study, source, country, &series[n++], &file, reterr));
    }
    if (n > 0) {
        struct tf_counts *counts;
        TF_TRY(tf_counts_open(arena, study->dir, country, true, &counts, reterr));
        TF_TRY(tf_counts_all(arena, counts, &before, &n_before, reterr));
        for (size_t k = 0; k < n; k++) {
            const char *evidence, *old = stored(before, n_before, series[k].id);
            TF_TRY(tf_counts_put(counts, &series[k], &evidence, reterr));
            changed = changed || !tf_streq(old, evidence);
        }
    }
    if (ret_changed != NULL)
        *ret_changed = changed;
    return TF_OK;
}

void tf_harmonise_study_check(struct tf_arena *arena, const struct tf_study *study,
                              const char *country, struct tf_notices *out)
{
    for (size_t k = 0; k < study->n_series; k++) {
        struct tf_series s;
        struct tf_err e = {0};
        const char *file = NULL;
        const struct tf_series_source *source = &study->series[k];
        if (!tf_country_in(source->country, source->n_countries, country) ||
            !tf_file_exists(tf_study_path(arena, study, source->file, country, NULL)))
            continue; /* a file that is missing is a finding of tf_study_check */
        if (read_declared(arena, study, source, country, &s, &file, &e) != TF_OK)
            tf_notice_err(out, "series", &e);
        else
            tf_series_check(&s, file, out);
    }
}
