/* What is wrong in a study's own files, all of it at once, each with its place.
 *
 * Reading (study.c) stops at the first thing it cannot read. What is looked at here is read already:
 * names that name nothing, promises that do not fit together, what the study cannot do without. An
 * error is what would break or mislead a later room; a warning, what a team will want to know; a note,
 * what is merely not there yet. A study just begun has notes and no errors.
 *
 * "Lapsed" is judged without a clock: a step still planned that stands before one already done. */
#include <math.h>
#include <string.h>

#include "ask/inside.h"

/* ---- Places --------------------------------------------------------------------------------- */

/* Add a notice at a place. */
#define SAY(out, level, id, place, help, ...)                                                   \
    tf_notice_add((out), (level), (id), (place).file, (place).line, (place).column, (help), __VA_ARGS__)

static struct tf_place place_or_none(const struct tf_yaml *node)
{
    if (node != NULL)
        return tf_place_of(node);
    return (struct tf_place){.file = NULL};
}

/* Where list[k].key is written; else the entry itself. */
static struct tf_place place_in(const struct tf_yaml *root, const char *list, size_t k,
                                const char *key)
{
    const struct tf_yaml *entries = tf_yaml_get(root, list);
    const struct tf_yaml *entry = entries != NULL && k < entries->n ? entries->item[k] : NULL;
    const struct tf_yaml *value = tf_yaml_get(entry, key);
    if (value == NULL)
        value = entry;
    return place_or_none(value);
}

static struct tf_place place_under(const struct tf_yaml *root, const char *map, const char *key)
{
    const struct tf_yaml *value = tf_yaml_get(tf_yaml_get(root, map), key);
    return place_or_none(value);
}

static bool among(const char *word, const char *const *list, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k], word) == 0)
            return true;
    return false;
}

/* ---- Countries and activities ---------------------------------------------------------------- */

static void check_taken(const struct tf_study *s, const struct tf_country *c,
                        const struct tf_country_activity *a, struct tf_notices *out)
{
    const struct tf_activity *of = tf_study_activity(s, a->activity);
    if (of == NULL) {
        SAY(out, TF_ERROR, "unknown-activity", a->at, "Activities stand under `activities:`.",
            "%s takes part in '%s', which is no activity of the study", c->code, a->activity);
        return;
    }
    const double target = isnan(a->target) ? of->target_min : a->target;
    const bool done = strcmp(a->status, "done") == 0;
    if (done && isnan(a->achieved) && !isnan(target))
        SAY(out, TF_WARNING, "no-count", a->at, "Add `achieved:`.",
            "%s: '%s' is done, but what was achieved is not stated", c->code, a->activity);
    if (done && a->achieved < target)
        SAY(out, TF_NOTE, "target-missed", a->at,
            a->note == NULL ? "Say why in `note:`; the report prints it." : NULL,
            "%s: '%s' reached %s of %s %s", c->code, a->activity,
            tf_double_text(out->arena, a->achieved), tf_double_text(out->arena, target),
            of->unit == NULL ? "" : of->unit);
    if (strcmp(a->status, "planned") == 0 && a->achieved > 0)
        SAY(out, TF_WARNING, "lapsed-status", a->at, "Set `status:` to running or done.",
            "%s: '%s' is planned, yet %s were achieved", c->code, a->activity,
            tf_double_text(out->arena, a->achieved));
    if ((strcmp(c->status, "left") == 0 || strcmp(c->status, "paused") == 0) &&
        strcmp(a->status, "running") == 0)
        SAY(out, TF_WARNING, "lapsed-status", a->at, "Set it to done, paused or dropped.",
            "%s has status '%s', yet '%s' is running", c->code, c->status, a->activity);
    if (a->from != NULL && a->to != NULL && strncmp(a->to, a->from, strlen(a->to)) < 0)
        SAY(out, TF_ERROR, "dates", a->at, NULL, "%s: '%s' ends (%s) before it begins (%s)",
            c->code, a->activity, a->to, a->from);
}

static void check_coverage(const struct tf_country *c, struct tf_notices *out)
{
    double excluded = 0;
    for (size_t k = 0; k < c->n_exclusions; k++)
        excluded += c->exclusion[k].share;
    if (!isnan(c->coverage) && c->n_exclusions > 0 && fabs(c->coverage + excluded - 1) > 0.005)
        SAY(out, TF_WARNING, "coverage", c->at, "Coverage and exclusions should add up to 1.",
            "%s: coverage %s and exclusions %s do not add up", c->code,
            tf_double_text(out->arena, c->coverage), tf_double_text(out->arena, excluded));
}

static void check_countries(const struct tf_study *s, struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_countries; k++) {
        const struct tf_country *c = &s->country[k];
        const bool active = strcmp(c->status, "active") == 0;
        if (c->n_activities == 0 && s->n_activities > 0)
            SAY(out, active ? TF_WARNING : TF_NOTE, "no-activities", c->at,
                "Add them under its `activities:`.", "%s takes part in no activity", c->code);
        for (size_t j = 0; j < c->n_activities; j++)
            check_taken(s, c, &c->activity[j], out);
        if (c->policy != NULL && tf_study_policy(s, c->policy) == NULL)
            SAY(out, TF_ERROR, "unknown-policy", place_in(s->yaml, "countries", k, "policy"),
                "Policies stand under `policies:`.", "%s names the policy '%s', which is not there",
                c->code, c->policy);
        if (c->policy == NULL)
            SAY(out, active ? TF_WARNING : TF_NOTE, "no-policy", c->at,
                "Add `policy:`; without one nothing says how small numbers are treated.",
                "%s names no small-base policy", c->code);
        if (active && (c->age_max == 0 || c->n_languages == 0))
            SAY(out, TF_WARNING, "country", c->at, "Add `ages:` and `languages:`.",
                "%s does not state its %s", c->code, c->age_max == 0 ? "ages" : "languages");
        check_coverage(c, out);
    }
}

/* An activity that no country takes part in. */
static void check_activities(const struct tf_study *s, struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_activities; k++) {
        bool taken = false;
        for (size_t c = 0; c < s->n_countries; c++)
            for (size_t j = 0; j < s->country[c].n_activities; j++)
                taken = taken || strcmp(s->country[c].activity[j].activity, s->activity[k].id) == 0;
        if (!taken && !isnan(s->activity[k].across))
            SAY(out, TF_NOTE, "activity-unused", s->activity[k].at,
                "Add it to the `activities:` of these countries.",
                "it is not yet said in which countries '%s' takes place", s->activity[k].id);
        else if (!taken)
            SAY(out, TF_WARNING, "activity-unused", s->activity[k].at, NULL,
                "no country takes part in '%s'", s->activity[k].id);
    }
    for (size_t k = 0; k < s->n_questions; k++)
        if (s->question[k].activity != NULL &&
            tf_study_activity(s, s->question[k].activity) == NULL)
            SAY(out, TF_ERROR, "unknown-activity",
                place_in(s->yaml, "questions", k, "activity"), NULL,
                "the question '%s' is put to '%s', which is no activity", s->question[k].id,
                s->question[k].activity);
}

static void check_timeline(const struct tf_study *s, struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_milestones; k++) {
        const struct tf_milestone *m = &s->milestone[k];
        const char *end = m->to != NULL ? m->to : m->from;
        if (m->from != NULL && m->to != NULL && strncmp(m->to, m->from, strlen(m->to)) < 0)
            SAY(out, TF_ERROR, "dates", m->at, NULL, "'%s' ends (%s) before it begins (%s)", m->id,
                m->to, m->from);
        for (size_t j = 0; j < s->n_milestones && strcmp(m->status, "planned") == 0; j++) {
            const struct tf_milestone *later = &s->milestone[j];
            if (end == NULL || later->from == NULL || strcmp(later->status, "done") != 0 ||
                strcmp(end, later->from) >= 0)
                continue;
            SAY(out, TF_WARNING, "lapsed-status", m->at, "Set its status, or its dates, anew.",
                "'%s' is still planned for %s, but the later '%s' is done", m->id, end, later->id);
            break;
        }
    }
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* Which countries miss a file of this pattern: one notice for all. */
static void check_file(const struct tf_study *s, const char *pattern, const char *const *country,
                       size_t n, enum tf_level level, struct tf_place at, const char *what,
                       struct tf_notices *out)
{
    struct tf_buf codes = {.arena = out->arena};
    size_t missing = 0;
    if (pattern == NULL)
        return;
    const bool each = strstr(pattern, "{country}") != NULL;
    for (size_t k = 0; k < (each ? n : 1); k++) {
        const char *path = tf_study_path(out->arena, s, pattern, each ? country[k] : NULL, NULL);
        if (tf_file_exists(path) || tf_dir_exists(path))
            continue;
        tf_buf_printf(&codes, "%s%s", missing++ == 0 ? "" : ", ", each ? country[k] : pattern);
    }
    if (missing == 0)
        return;
    SAY(out, level, "no-file", at, level == TF_NOTE ? NULL : "Put the file there, or correct its name.",
        "%s '%s' is not there yet%s%s", what, pattern, each ? ": " : "",
        each ? tf_buf_text(&codes) : "");
}

/* Files of countries that work already are missed more than those of countries yet to come. */
static enum tf_level data_level(const struct tf_study *s)
{
    for (size_t k = 0; k < s->n_countries; k++)
        if (strcmp(s->country[k].status, "active") == 0)
            return TF_WARNING;
    return TF_NOTE;
}

static void check_files(const struct tf_study *s, struct tf_notices *out)
{
    const struct {
        const char *map, *key, *what, *pattern;
    } files[] = {{"context", "transcripts", "the folder of transcripts", s->transcripts},
                 {"context", "participants", "the list of participants", s->participants},
                 {"context", "codebook", "the codebook", s->codebook},
                 {"context", "segments", "the file of coded passages", s->segments},
                 {"context", "legal", "the legal grid", s->legal},
                 {"threats", "capacity", "the capacity matrix", s->capacity},
                 {"fieldwork", "frame", "the sampling frame", s->frame},
                 {"fieldwork", "contacts", "the contact sheet", s->contacts},
                 {"fieldwork", "roster", "the roster", s->roster}};
    const char **code = TF_NEW_N(out->arena, const char *, s->n_countries);
    size_t n = 0;
    for (size_t k = 0; k < s->n_countries; k++)
        if (strcmp(s->country[k].status, "left") != 0)
            code[n++] = s->country[k].code;
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        check_file(s, files[k].pattern, code, n, data_level(s),
                   place_under(s->yaml, files[k].map, files[k].key), files[k].what, out);
    if (s->findings != NULL)
        check_file(s, s->findings, code, n, TF_WARNING, tf_place_of(tf_yaml_get(s->yaml, "findings")),
                   "the folder of findings", out);
    for (size_t k = 0; k < s->n_report_languages && s->report != NULL; k++) {
        const char *path = tf_replace(out->arena, s->report, "{lang}", s->report_language[k]);
        check_file(s, path, code, n, TF_WARNING, place_under(s->yaml, "report", "text"),
                   "the folder of report text", out);
    }
}

/* ---- Datasets and series ---------------------------------------------------------------------- */

static void check_codes(const struct tf_study *s, const char *list, size_t at, const char *id,
                        const char *const *country, size_t n, struct tf_notices *out)
{
    for (size_t k = 0; k < n; k++)
        if (tf_study_country(s, country[k]) == NULL)
            SAY(out, TF_ERROR, "unknown-country", place_in(s->yaml, list, at, "countries"),
                "Countries stand under `countries:`.", "'%s' names the country '%s', which is not "
                "there", id, country[k]);
}

static void check_datasets(const struct tf_study *s, struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        const struct {
            const char *key, *what, *file;
        } files[] = {{"instrument", "the instrument", d->instrument},
                     {"cleaning", "the file of cleaning rules", d->cleaning},
                     {"recipe", "the recipe", d->recipe}};
        check_codes(s, "datasets", k, d->id, d->country, d->n_countries, out);
        check_file(s, d->file, d->country, d->n_countries, data_level(s),
                   place_in(s->yaml, "datasets", k, "file"), "the data file", out);
        for (size_t j = 0; j < sizeof files / sizeof *files; j++)
            check_file(s, files[j].file, d->country, d->n_countries, TF_ERROR,
                       place_in(s->yaml, "datasets", k, files[j].key), files[j].what, out);
        if (d->kind != TF_CONVENIENCE)
            continue;
        if (tf_is_blank(d->caveat))
            SAY(out, TF_ERROR, "no-caveat", d->at, "Say of whom it speaks, and of whom not.",
                "'%s' is a convenience sample without a caveat", d->id);
        if (d->weight_var != NULL)
            SAY(out, TF_ERROR, "weighted-convenience",
                place_in(s->yaml, "datasets", k, "weight"),
                "Take `weight:` out: these answers stand for those who gave them.",
                "'%s' is a convenience sample and names a weight", d->id);
    }
    for (size_t k = 0; k < s->n_series; k++) {
        const struct tf_series_source *t = &s->series[k];
        check_codes(s, "series", k, t->id, t->country, t->n_countries, out);
        check_file(s, t->file, t->country, t->n_countries, data_level(s),
                   place_in(s->yaml, "series", k, "file"), "the series", out);
        check_file(s, t->mapping, t->country, t->n_countries, TF_ERROR,
                   place_in(s->yaml, "series", k, "mapping"), "the mapping", out);
    }
}

/* ---- Indicators ------------------------------------------------------------------------------- */

struct forms { /* the instrument of each dataset, where it could be read */
    struct tf_instrument **of;
};

static void read_forms(const struct tf_study *s, struct forms *f, struct tf_notices *out)
{
    f->of = TF_NEW_N(out->arena, struct tf_instrument *, s->n_datasets);
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        struct tf_err err;
        if (d->instrument == NULL || strstr(d->instrument, "{country}") != NULL)
            continue;
        const char *path = tf_study_path(out->arena, s, d->instrument, NULL, NULL);
        if (tf_file_exists(path) &&
            tf_instrument_read(out->arena, path, &f->of[k], &err) != TF_OK)
            tf_notice_err(out, "instrument", &err);
    }
}

/* Languages in which children or workers are interviewed, without words in them. */
static void check_languages(const struct tf_study *s, const struct forms *f,
                            struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_datasets; k++)
        for (size_t c = 0; f->of[k] != NULL && c < s->dataset[k].n_countries; c++) {
            const struct tf_country *country = tf_study_country(s, s->dataset[k].country[c]);
            for (size_t j = 0; country != NULL && j < country->n_languages; j++)
                if (!among(country->language[j], f->of[k]->language, f->of[k]->n_languages))
                    SAY(out, TF_WARNING, "no-label",
                        place_in(s->yaml, "datasets", k, "instrument"),
                        "Add a column `label::Language (code)`.",
                        "the instrument of '%s' has no words in '%s', a language of %s",
                        s->dataset[k].id, country->language[j], country->code);
        }
    for (size_t k = 0; k < s->n_indicators; k++)
        for (size_t j = 0; j < s->n_report_languages; j++) {
            const struct tf_words *w = &s->indicator[k].label;
            bool there = false;
            for (size_t i = 0; i < w->n; i++)
                there = there || strcmp(w->item[i].lang, s->report_language[j]) == 0;
            if (!there)
                SAY(out, TF_WARNING, "no-label", s->indicator[k].at, NULL,
                    "the indicator '%s' has no label in '%s', a language of the report",
                    s->indicator[k].id, s->report_language[j]);
        }
}

static void check_indicators(const struct tf_study *s, const struct forms *f,
                             struct tf_notices *out)
{
    for (size_t k = 0; k < s->n_indicators; k++) {
        const struct tf_indicator *i = &s->indicator[k];
        const struct tf_dataset *d = tf_study_dataset(s, i->dataset);
        if (tf_is_blank(i->source))
            SAY(out, TF_WARNING, "no-source", i->at, "Say where the definition comes from.",
                "the indicator '%s' names no source", i->id);
        if (i->recall == NULL && i->sensitive)
            SAY(out, TF_WARNING, "no-recall", i->at, "Add `recall: past 12 months`, or another.",
                "the indicator '%s' is about experiences and names no recall period", i->id);
        if (d == NULL) {
            SAY(out, TF_ERROR, "unknown-dataset",
                place_in(s->indicators_yaml, "indicators", k, "dataset"),
                "Datasets stand under `datasets:` of study.yaml.",
                "the indicator '%s' is made from '%s', which is no dataset", i->id, i->dataset);
            continue;
        }
        const struct tf_instrument *form = f->of[d - s->dataset];
        for (size_t j = 0; form != NULL && j < i->n_items; j++)
            if (tf_instrument_question(form, i->item[j]) == NULL)
                SAY(out, TF_ERROR, "not-asked",
                    place_in(s->indicators_yaml, "indicators", k, "items"),
                    "Correct the name, or add the question.",
                    "the indicator '%s' needs '%s', which %s does not ask", i->id, i->item[j],
                    d->instrument);
    }
}

/* ---- Terms ------------------------------------------------------------------------------------ */

static void check_term(const char *text, struct tf_place at, struct tf_notices *out)
{
    size_t n = 0;
    const char *say, *avoid = text == NULL ? NULL : tf_term_to_avoid(text, &n, &say);
    if (avoid != NULL)
        SAY(out, TF_WARNING, "term", at,
            tf_printf(out->arena, "Say \"%s\" (Luxembourg Guidelines).", say),
            "'%.60s' holds a term to avoid, '%.*s'", text, (int)n, avoid);
}

static void check_terms(const struct tf_study *s, const struct forms *f, struct tf_notices *out)
{
    const struct tf_place top = tf_place_of(s->yaml);
    const char *const texts[] = {s->title, s->subtitle, s->kicker, s->why, s->term};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        check_term(texts[k], top, out);
    for (size_t k = 0; k < s->n_questions; k++)
        check_term(s->question[k].text, s->question[k].at, out);
    for (size_t k = 0; k < s->n_activities; k++)
        check_term(s->activity[k].title, s->activity[k].at, out);
    for (size_t k = 0; k < s->n_indicators; k++)
        for (size_t j = 0; j < s->indicator[k].label.n; j++)
            check_term(s->indicator[k].label.item[j].text, s->indicator[k].at, out);
    for (size_t k = 0; k < s->n_datasets; k++)
        for (size_t j = 0; f->of[k] != NULL && j < f->of[k]->n_questions; j++) {
            const struct tf_question *q = &f->of[k]->question[j];
            const struct tf_place at = {.file = f->of[k]->file, .line = q->row, .column = 0};
            for (size_t i = 0; i < q->label.n; i++)
                check_term(q->label.item[i].text, at, out);
        }
}

void tf_study_check(const struct tf_study *s, struct tf_notices *out)
{
    struct forms forms;
    read_forms(s, &forms, out);
    check_countries(s, out);
    check_activities(s, out);
    check_timeline(s, out);
    check_datasets(s, out);
    check_files(s, out);
    tf_forms_check(s, out);
    check_indicators(s, &forms, out);
    check_languages(s, &forms, out);
    check_terms(s, &forms, out);
}
