/* trefoil harmonise: import and check series of counts
 *
 *     trefoil harmonise import --country XA        every series the study declares for the country
 *     trefoil harmonise list   --country XA        what the store holds
 *     trefoil harmonise check  FILE MAPPING        one file and its mapping; stores nothing
 *
 * A series is a CSV and a mapping that says what it counts: source, unit, counting rule, vintage, caveat,
 * and why a cell may be empty (docs/FORMATS.md, "Series"). Nothing is guessed: what the mapping
 * does not explain is an error with file, line and column. A file in which a column looks like persons
 * is refused whole.
 *
 * `import` judges every file before it stores the first, and importing twice is importing once.
 * `check` lists jumps, parts that do not add up, missing cells by reason, and what is not declared;
 * jumps are suggestions.
 *
 * Examples:
 *     trefoil harmonise import --country XB --study demo-study
 *     trefoil harmonise check demo-study/threats/XB/helpline.csv demo-study/threats/helpline.yaml
 *
 * Options: --country CODE; --json prints one object. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "harmonise/harmonise.h"

static json_t *obs_json(const struct tf_obs *o)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "area", o->area, "period", o->period, "breakdown",
                          o->breakdown, "missing",
                          o->missing == TF_PRESENT ? "" : tf_miss_word(o->missing));
    (void)json_object_set_new(j, "value",
                              o->missing == TF_PRESENT ? json_real(o->value) : json_null());
    return j;
}

static json_t *series_json(const struct tf_series *s)
{
    json_t *obs = json_array();
    for (size_t k = 0; k < s->n_obs; k++)
        (void)json_array_append_new(obs, obs_json(&s->obs[k]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:o}", "id", s->id, "country",
                     s->country, "title", s->title, "source", s->source, "unit", s->unit,
                     "counting_rule", s->counting_rule, "vintage", s->vintage, "evidence",
                     s->evidence, "observations", obs);
}

static void say_series(struct tf_run *run, const struct tf_series *list, size_t n)
{
    enum { COLS = 8 };
    static const char *const head[COLS] = {"series", "country", "unit",    "source",
                                           "cells",  "missing", "vintage", "evidence"};
    if (run->json) {
        json_t *array = json_array();
        for (size_t k = 0; k < n; k++)
            (void)json_array_append_new(array, series_json(&list[k]));
        tf_say_json(json_pack("{s:o}", "series", array));
        return;
    }
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const struct tf_series *s = &list[k];
        size_t missing = 0;
        for (size_t j = 0; j < s->n_obs; j++)
            missing += s->obs[j].missing != TF_PRESENT;
        const char *const row[COLS] = {s->id,
                                       s->country,
                                       s->unit,
                                       s->source,
                                       tf_printf(run->arena, "%zu", s->n_obs),
                                       tf_printf(run->arena, "%zu", missing),
                                       s->vintage,
                                       s->evidence == NULL ? "(not stored)" : s->evidence};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
    }
    tf_say_table(run->arena, cell, n + 1, COLS);
}

static enum tf_code check_file(struct tf_run *run, const char *csv, const char *mapping,
                               const char *country, struct tf_err *reterr)
{
    struct tf_notices out = {.arena = run->arena};
    struct tf_series *s;
    size_t n;
    TF_TRY(tf_series_read(run->arena, csv, mapping, country, &s, &n, reterr));
    for (size_t k = 0; k < n; k++)
        tf_series_check(&s[k], csv, &out);
    if (!run->json)
        say_series(run, s, n);
    return tf_say_notices(run, &out, reterr);
}

static enum tf_code need_country(struct tf_run *run, const struct tf_study *study,
                                 const char *country, struct tf_err *reterr)
{
    if (country == NULL)
        return tf_usage(run, reterr, "which country? Give --country CODE");
    return tf_need_country(run->arena, study, country, reterr);
}

enum tf_code cmd_harmonise(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, **word;
    const struct tf_option option[] = {{"--country", &country, NULL}};
    struct tf_study *study;
    struct tf_counts *counts;
    struct tf_series *s;
    size_t n;
    bool changed;
    TF_TRY(tf_options(run, option, 1, &word, &n, reterr));
    if (n == 3 && strcmp(word[0], "check") == 0)
        return check_file(run, word[1], word[2], country, reterr);
    if (n != 1 || (strcmp(word[0], "import") != 0 && strcmp(word[0], "list") != 0))
        return tf_usage(run, reterr, "harmonise what? import, list, or check FILE MAPPING");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(need_country(run, study, country, reterr));
    if (strcmp(word[0], "import") == 0) {
        TF_TRY(tf_harmonise_study(run->arena, study, country, &changed, reterr));
        if (!run->json)
            tf_say("%s\n", changed ? "Imported:" : "Nothing changed:");
    }
    TF_TRY(tf_counts_open(run->arena, study->dir, country, false, &counts, reterr));
    TF_TRY(tf_counts_all(run->arena, counts, &s, &n, reterr));
    say_series(run, s, n);
    return TF_OK;
}
