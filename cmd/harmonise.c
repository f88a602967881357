/* trefoil harmonise: import and check series of counts
 *
 *     trefoil harmonise import --country XA        every series the study declares for the country
 *     trefoil harmonise list   --country XA        what the store holds
 *     trefoil harmonise check  FILE MAPPING        one file and its mapping; stores nothing
 *     trefoil harmonise sum     SERIES… --country XA --periods 2019,2020
 *     trefoil harmonise compare SERIES SERIES --country XA --periods 2019,2020
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
 * `sum` adds the periods of one series, or of several that count the same thing by the same rule from
 * the same source; `compare` puts two series beside each other and gives their ratio. Both refuse
 * what differs in unit, counting rule or location, and a missing cell, which is never a zero.
 *
 * Examples:
 *     trefoil harmonise import --country XB --study demo-study
 *     trefoil harmonise check demo-study/threats/XB/helpline.csv demo-study/threats/helpline.yaml
 *     trefoil harmonise sum cybertips --country XB --periods 2019,2020 --study demo-study
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

/* The named series of a country, in the order named. */
static enum tf_code get_series(struct tf_run *run, struct tf_counts *counts, const char **id,
                               size_t n, struct tf_series **ret, struct tf_err *reterr)
{
    *ret = TF_NEW_N(run->arena, struct tf_series, n);
    for (size_t k = 0; k < n; k++)
        TF_TRY(tf_counts_get(run->arena, counts, id[k], &(*ret)[k], reterr));
    return TF_OK;
}

static enum tf_code sum(struct tf_run *run, const struct tf_series *s, size_t n,
                        const char *const *period, size_t n_periods, struct tf_err *reterr)
{
    double total = 0;
    for (size_t k = 0; k < n; k++) {
        double one;
        for (size_t j = 0; j < k; j++)
            TF_TRY(tf_series_may_add(&s[j], &s[k], reterr));
        TF_TRY(tf_series_sum(&s[k], period, n_periods, &one, reterr));
        total += one;
    }
    struct tf_buf text = {.arena = run->arena};
    tf_buf_grouped(&text, total);
    if (run->json)
        tf_say_json(json_pack("{s:f, s:s, s:s, s:s}", "sum", total, "unit", s[0].unit,
                              "counting_rule", s[0].counting_rule, "caveat",
                              s[0].caveat == NULL ? "" : s[0].caveat));
    else
        tf_say("%s (unit: %s; counting rule: %s)\n%s\n", tf_buf_text(&text), s[0].unit,
               s[0].counting_rule, s[0].caveat == NULL ? "" : s[0].caveat);
    return TF_OK;
}

static enum tf_code compare(struct tf_run *run, const struct tf_series *s,
                            const char *const *period, size_t n_periods, struct tf_err *reterr)
{
    const char **cell = TF_NEW_N(run->arena, const char *, 4 * (n_periods + 1));
    json_t *list = json_array();
    enum tf_code code = tf_series_may_compare(&s[0], &s[1], reterr);
    cell[0] = "period";
    cell[1] = s[0].id;
    cell[2] = s[1].id;
    cell[3] = "ratio";
    for (size_t p = 0; p < n_periods && code == TF_OK; p++) {
        struct tf_buf ratio = {.arena = run->arena};
        double x[2] = {0, 0};
        for (size_t k = 0; k < 2 && code == TF_OK; k++)
            code = tf_series_sum(&s[k], &period[p], 1, &x[k], reterr);
        if (x[1] > 0)
            tf_buf_fixed(&ratio, x[0] / x[1], 2);
        cell[4 * (p + 1)] = period[p];
        cell[4 * (p + 1) + 1] = tf_double_text(run->arena, x[0]);
        cell[4 * (p + 1) + 2] = tf_double_text(run->arena, x[1]);
        cell[4 * (p + 1) + 3] = tf_buf_text(&ratio);
        (void)json_array_append_new(list, json_pack("{s:s, s:[f,f]}", "period", period[p], "values",
                                                    x[0], x[1]));
    }
    if (code != TF_OK || !run->json) {
        json_decref(list);
        if (code == TF_OK)
            tf_say_table(run->arena, cell, n_periods + 1, 4);
        return code;
    }
    tf_say_json(json_pack("{s:[s,s], s:s, s:o}", "series", s[0].id, s[1].id, "unit", s[0].unit,
                          "periods", list));
    return TF_OK;
}

/* sum and compare: series by name, periods by list. */
static enum tf_code reckon(struct tf_run *run, struct tf_counts *counts, const char **word, size_t n,
                           const char *periods, struct tf_err *reterr)
{
    const bool summing = strcmp(word[0], "sum") == 0;
    struct tf_series *s;
    char **period;
    if (tf_is_blank(periods))
        return tf_usage(run, reterr, "name the periods, for example --periods 2019,2020");
    if (n < 2 || (!summing && n != 3))
        return tf_usage(run, reterr, summing ? "sum which series?" : "compare two series");
    const size_t n_periods = tf_split(run->arena, periods, ',', &period);
    TF_TRY(get_series(run, counts, word + 1, n - 1, &s, reterr));
    return summing ? sum(run, s, n - 1, (const char *const *)period, n_periods, reterr)
                   : compare(run, s, (const char *const *)period, n_periods, reterr);
}

enum tf_code cmd_harmonise(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, *periods = NULL, **word;
    const struct tf_option option[] = {{"--country", &country, NULL}, {"--periods", &periods, NULL}};
    struct tf_study *study;
    struct tf_counts *counts;
    struct tf_series *s;
    size_t n;
    bool changed;
    TF_TRY(tf_options(run, option, 2, &word, &n, reterr));
    if (n == 3 && strcmp(word[0], "check") == 0)
        return check_file(run, word[1], word[2], country, reterr);
    const bool reckoning = n > 0 && (strcmp(word[0], "sum") == 0 || strcmp(word[0], "compare") == 0);
    if (!reckoning && (n != 1 || (strcmp(word[0], "import") != 0 && strcmp(word[0], "list") != 0)))
        return tf_usage(run, reterr, "harmonise what? import, list, sum, compare, or check FILE MAPPING");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(need_country(run, study, country, reterr));
    if (strcmp(word[0], "import") == 0) {
        TF_TRY(tf_harmonise_study(run->arena, study, country, &changed, reterr));
        if (!run->json)
            tf_say("%s\n", changed ? "Imported:" : "Nothing changed:");
    }
    TF_TRY(tf_counts_open(run->arena, study->dir, country, false, &counts, reterr));
    if (reckoning)
        return reckon(run, counts, word, n, periods, reterr);
    TF_TRY(tf_counts_all(run->arena, counts, &s, &n, reterr));
    say_series(run, s, n);
    return TF_OK;
}
