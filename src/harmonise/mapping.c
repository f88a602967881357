/* The sidecar mapping of a series: what a person declares so that nothing has to be guessed.
 *
 * A CSV of counts does not say what it counts. The mapping does: source, indicator, unit of count,
 * counting rule, basis of location, vintage, caveat, grade, handling, purpose, and why a cell may
 * be empty. Each may be a word for the whole series or the name of the column that holds it.
 * A series in which one of the mandatory ones is not told is refused: a number whose unit nobody
 * wrote down will be added to one of another unit sooner or later.
 *
 * Source of the list: UNODC-ICCS metadata and the European Sourcebook's practice of publishing the
 * counting grid with the figure; docs/FORMATS.md has the keys. */
#include <string.h>

#include "harmonise/inside.h"

/* clang-format off */
static const char *const keys[] = {
    "id", "title", "source", "source_label", "indicator", "unit", "counting_rule",
    "location_basis", "period", "value", "area", "breakdown", "breakdown_kind", "labels", "only",
    "status", "document", "note", "vintage", "caveat", "grade", "handling", "purpose",
    "review_by", "definition", "missing", NULL};
static const char *const units[] = {
    "report", "case", "incident", "offence", "victim", "suspect", "offender", "person", "child",
    "contact", "call", "investigation", "referral", "arrest", "charge", "prosecution",
    "conviction", "file", "image", "video", "item", "url", "account", "notice", "request",
    "device", "officer", "index", "share", "rate", "score", "person_estimate", NULL};
static const char *const bases[] = {
    "upload", "hosting", "victim", "offender", "recording_agency", "unknown", NULL};
static const char *const kinds[] = {"partition", "multi_response", NULL};
static const char *const grade_keys[] = {"scheme", "code", NULL};
static const struct {
    const char *scheme, *first, *second, *third; /* characters allowed at each place */
} grades[] = {
    {"admiralty", "ABCDEF", "123456", ""},
    {"5x5x5",     "ABCDE",  "12345",  "12345"},
    {"3x5x2",     "123",    "ABCDE",  "PC"},
    {"4x4",       "ABCX",   "1234",   ""},
};
/* clang-format on */
enum { N_GRADES = sizeof grades / sizeof grades[0] };

static bool among(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static enum tf_code not_among(const struct tf_yaml *at, const char *what, const char *word,
                              const char *const *list, struct tf_err *reterr)
{
    const char *near = tf_nearest(word, list);
    (void)tf_yaml_fail(at, reterr, "'%s' is no %s", word, what);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "docs/FORMATS.md lists the words.");
}

bool tf_unit_known(const char *word, const char **ret_near)
{
    *ret_near = tf_nearest(word, units);
    return among(word, units);
}

/* ---- pieces ------------------------------------------------------------------------------------ */

/* `key: word` or `key: {column: name}`. */
static enum tf_code told(const struct tf_yaml *map, const char *key, bool bare_is_column,
                         struct tf_told *ret, struct tf_err *reterr)
{
    static const char *const known[] = {"column", "map", "others", NULL};
    const struct tf_yaml *v = tf_yaml_get(map, key);
    *ret = (struct tf_told){.at = v, .col = SIZE_MAX};
    if (v == NULL)
        return TF_OK;
    if (v->kind == TF_YAML_MAP) {
        TF_TRY(tf_yaml_known(v, known, reterr));
        return tf_yaml_need_text(v, "column", &ret->column, reterr);
    }
    if (v->kind != TF_YAML_SCALAR || tf_is_blank(v->text)) {
        (void)tf_yaml_fail(v, reterr, "'%s' must be a word or {column: name}", key);
        return tf_help(reterr, "For example: %s: {column: %s}", key, key);
    }
    *(bare_is_column ? &ret->column : &ret->word) = v->text;
    return TF_OK;
}

static enum tf_code must_be_told(const struct tf_yaml *map, const struct tf_told *t,
                                 const char *key, const char *why, struct tf_err *reterr)
{
    if (t->at != NULL)
        return TF_OK;
    (void)tf_yaml_fail(map, reterr, "the series has no %s", key);
    (void)tf_fact(reterr, "%s", why);
    return tf_help(reterr, "Add '%s: …' to the mapping (docs/FORMATS.md, Series).", key);
}

static enum tf_code need_text(const struct tf_yaml *map, const char *key, const char **ret,
                              struct tf_err *reterr)
{
    TF_TRY(tf_yaml_need_text(map, key, ret, reterr));
    if (!tf_is_blank(*ret))
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(map, key), reterr, "'%s' is empty", key);
    return tf_help(reterr, "A series is stored only with its %s stated.", key);
}

static enum tf_code grade(const struct tf_yaml *root, struct tf_mapping *m, struct tf_err *reterr)
{
    const struct tf_yaml *g = tf_yaml_get(root, "grade");
    const char *schemes[N_GRADES + 1] = {NULL};
    if (g == NULL)
        return TF_OK;
    TF_TRY(tf_yaml_known(g, grade_keys, reterr));
    TF_TRY(tf_yaml_need_text(g, "scheme", &m->grade_scheme, reterr));
    TF_TRY(tf_yaml_need_text(g, "code", &m->grade, reterr));
    for (size_t k = 0; k < N_GRADES; k++) {
        schemes[k] = grades[k].scheme;
        if (strcmp(grades[k].scheme, m->grade_scheme) != 0)
            continue;
        const char *const place[] = {grades[k].first, grades[k].second, grades[k].third};
        const size_t n = grades[k].third[0] == '\0' ? 2 : 3;
        bool fits = strlen(m->grade) == n;
        for (size_t j = 0; fits && j < n; j++)
            fits = strchr(place[j], m->grade[j]) != NULL;
        if (fits)
            return TF_OK;
        (void)tf_yaml_fail(tf_yaml_get(g, "code"), reterr, "'%s' is no grade of the scheme '%s'",
                           m->grade, m->grade_scheme);
        return tf_help(reterr, "First one of %s, then one of %s%s%s.", place[0], place[1],
                       n == 3 ? ", then one of " : "", place[2]);
    }
    return not_among(tf_yaml_get(g, "scheme"), "grading scheme", m->grade_scheme, schemes, reterr);
}

static enum tf_code area(const struct tf_yaml *root, struct tf_mapping *m, struct tf_err *reterr)
{
    TF_TRY(told(root, "area", false, &m->area, reterr));
    if (m->area.at == NULL || m->area.at->kind != TF_YAML_MAP)
        return TF_OK;
    const struct tf_yaml *map = tf_yaml_get(m->area.at, "map");
    if (map != NULL && map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "'map' must pair the file's codes with the study's");
    for (size_t k = 0; map != NULL && k < map->n; k++)
        if (map->item[k]->kind != TF_YAML_SCALAR || tf_is_blank(map->item[k]->text))
            return tf_yaml_fail(map->item[k], reterr, "the area '%s' is mapped to no code",
                                map->key[k]->text);
    m->area_map = map;
    const char *others;
    TF_TRY(tf_yaml_opt_text(m->area.at, "others", "refuse", &others, reterr));
    static const char *const words[] = {"refuse", "skip", NULL};
    if (!among(others, words))
        return not_among(tf_yaml_get(m->area.at, "others"), "word for other areas", others, words,
                         reterr);
    m->area_others_skipped = strcmp(others, "skip") == 0;
    return TF_OK;
}

static enum tf_code breakdown(struct tf_arena *arena, const struct tf_yaml *root,
                              struct tf_mapping *m, struct tf_err *reterr)
{
    const char **name;
    const struct tf_yaml *list = tf_yaml_get(root, "breakdown");
    TF_TRY(tf_yaml_opt_texts(arena, root, "breakdown", &name, &m->n_breakdowns, reterr));
    m->breakdown = TF_NEW_N(arena, struct tf_told, m->n_breakdowns);
    for (size_t k = 0; k < m->n_breakdowns; k++)
        m->breakdown[k] =
            (struct tf_told){.at = list->kind == TF_YAML_LIST ? list->item[k] : list,
                             .column = name[k],
                             .col = SIZE_MAX};
    TF_TRY(tf_yaml_opt_text(root, "breakdown_kind", NULL, &m->breakdown_kind, reterr));
    if (m->breakdown_kind != NULL && !among(m->breakdown_kind, kinds))
        return not_among(tf_yaml_get(root, "breakdown_kind"), "kind of breakdown",
                         m->breakdown_kind, kinds, reterr);
    if (m->n_breakdowns == 0 || m->breakdown_kind != NULL)
        return TF_OK;
    (void)tf_yaml_fail(list, reterr, "the breakdown does not say of which kind it is");
    (void)tf_fact(reterr, "Parts that exclude each other add up to the whole; others do not.");
    return tf_help(reterr, "Add 'breakdown_kind: partition' or 'breakdown_kind: multi_response'.");
}

static enum tf_code only(struct tf_arena *arena, const struct tf_yaml *root, struct tf_mapping *m,
                         struct tf_err *reterr)
{
    const struct tf_yaml *map = tf_yaml_get(root, "only");
    if (map == NULL)
        return TF_OK;
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "'only' must name columns and the words to keep");
    m->only = TF_NEW_N(arena, struct tf_pick, map->n);
    for (size_t k = 0; k < map->n; k++) {
        struct tf_pick *p = &m->only[m->n_only++];
        *p = (struct tf_pick){.at = map->key[k], .column = map->key[k]->text, .col = SIZE_MAX};
        TF_TRY(tf_yaml_opt_texts(arena, map, p->column, &p->word, &p->n_words, reterr));
        if (p->n_words == 0)
            return tf_yaml_fail(map->item[k], reterr, "'only' names no word of '%s'", p->column);
    }
    return TF_OK;
}

/* labels: {offence: {"the source's words": the words shown}} */
static enum tf_code labels(struct tf_arena *arena, const struct tf_yaml *root, struct tf_mapping *m,
                           struct tf_err *reterr)
{
    const struct tf_yaml *map = tf_yaml_get(root, "labels");
    size_t cap = 0;
    if (map == NULL)
        return TF_OK;
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "'labels' must name columns and their words");
    for (size_t k = 0; k < map->n; k++) {
        const struct tf_yaml *words = map->item[k];
        bool broken_down = false;
        for (size_t b = 0; b < m->n_breakdowns; b++)
            broken_down = broken_down || tf_streq(m->breakdown[b].column, map->key[k]->text);
        if (!broken_down)
            return tf_yaml_fail(map->key[k], reterr, "'%s' is no column of the breakdown",
                                map->key[k]->text);
        if (words->kind != TF_YAML_MAP)
            return tf_yaml_fail(words, reterr, "pair the source's words with the words shown");
        for (size_t j = 0; j < words->n; j++) {
            if (words->item[j]->kind != TF_YAML_SCALAR || tf_is_blank(words->item[j]->text))
                return tf_yaml_fail(words->item[j], reterr, "the word shown for '%s' is empty",
                                    words->key[j]->text);
            m->shown = tf_grow(arena, m->shown, m->n_shown, &cap, sizeof *m->shown);
            m->shown[m->n_shown++] = (struct tf_shown){.column = map->key[k]->text,
                                                       .verbatim = words->key[j]->text,
                                                       .shown = words->item[j]->text};
        }
    }
    return TF_OK;
}

/* A reason that a count may be missing for: the general "missing" explains nothing. */
static enum tf_code reason(const struct tf_yaml *at, enum tf_miss *ret, struct tf_err *reterr)
{
    static const char *const words[] = {"not_recorded", "not_supplied", "no_category",
                                        "withheld",     "not_found",    NULL};
    if (at->kind == TF_YAML_SCALAR && among(at->text, words) && tf_miss_named(at->text, ret))
        return TF_OK;
    (void)not_among(at, "reason for a missing count",
                    at->kind == TF_YAML_SCALAR ? at->text : "a list", words, reterr);
    return tf_fact(reterr, "The reasons are not_recorded, not_supplied, no_category, withheld and "
                           "not_found; zero is a value.");
}

static enum tf_code missing(const struct tf_yaml *root, struct tf_mapping *m, struct tf_err *reterr)
{
    static const char *const known[] = {"by", "words", "as", NULL};
    const struct tf_yaml *map = tf_yaml_get(root, "missing"), *as = tf_yaml_get(map, "as");
    enum tf_miss unused;
    m->missing_by.col = SIZE_MAX;
    if (map == NULL)
        return TF_OK;
    TF_TRY(tf_yaml_known(map, known, reterr));
    m->missing_at = map;
    m->missing_words = tf_yaml_get(map, "words");
    if (as != NULL) {
        if (m->missing_words != NULL || tf_yaml_get(map, "by") != NULL)
            return tf_yaml_fail(as, reterr, "'missing' has both 'as' and 'by': choose one");
        return reason(as, &m->missing_as, reterr);
    }
    TF_TRY(tf_yaml_need_text(map, "by", &m->missing_by.column, reterr));
    m->missing_by.at = tf_yaml_get(map, "by");
    if (m->missing_words == NULL || m->missing_words->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "'missing' has no 'words' that say what '%s' means",
                            m->missing_by.column);
    for (size_t k = 0; k < m->missing_words->n; k++)
        TF_TRY(reason(m->missing_words->item[k], &unused, reterr));
    return TF_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static enum tf_code texts(const struct tf_yaml *root, struct tf_mapping *m, struct tf_err *reterr)
{
    const struct {
        const char *key, **to;
        bool needed;
    } list[] = {
        {"id", &m->id, true},           {"title", &m->title, true},
        {"source", &m->source, true},   {"indicator", &m->indicator, true},
        {"caveat", &m->caveat, true},   {"handling", &m->handling, true},
        {"purpose", &m->purpose, true}, {"review_by", &m->review_by, false},
        {"definition", &m->definition, false},
    };
    for (size_t k = 0; k < sizeof list / sizeof list[0]; k++)
        if (list[k].needed)
            TF_TRY(need_text(root, list[k].key, list[k].to, reterr));
        else
            TF_TRY(tf_yaml_opt_text(root, list[k].key, NULL, list[k].to, reterr));
    TF_TRY(tf_yaml_opt_text(root, "location_basis", "unknown", &m->location_basis, reterr));
    if (!among(m->location_basis, bases))
        return not_among(tf_yaml_get(root, "location_basis"), "basis of location",
                         m->location_basis, bases, reterr);
    if (m->review_by != NULL && !tf_period_valid(m->review_by)) {
        (void)tf_yaml_fail(tf_yaml_get(root, "review_by"), reterr, "'%s' is no date", m->review_by);
        return tf_help(reterr, "Write it as 2027-01-01.");
    }
    return TF_OK;
}

static enum tf_code tolds(const struct tf_yaml *root, struct tf_mapping *m, struct tf_err *reterr)
{
    const struct {
        const char *key;
        struct tf_told *to;
        bool column;
        const char *why; /* not NULL: mandatory */
    } list[] = {
        {"unit", &m->unit, false, "Counts of different units may never be added."},
        {"counting_rule", &m->counting_rule, false,
         "Counts made by different rules may never be compared."},
        {"period", &m->period, true, "A count belongs to a year, a quarter or another span."},
        {"value", &m->value, true, "The column that holds the counts must be named."},
        {"vintage", &m->vintage, false, "Sources revise their counts; the date tells which these are."},
        {"status", &m->status, false, NULL},
        {"document", &m->document, false, NULL},
        {"note", &m->note, false, NULL},
        {"source_label", &m->source_label, false, NULL},
    };
    for (size_t k = 0; k < sizeof list / sizeof list[0]; k++) {
        TF_TRY(told(root, list[k].key, list[k].column, list[k].to, reterr));
        if (list[k].why != NULL)
            TF_TRY(must_be_told(root, list[k].to, list[k].key, list[k].why, reterr));
    }
    if (m->unit.word != NULL && !among(m->unit.word, units))
        return not_among(m->unit.at, "unit of count", m->unit.word, units, reterr);
    if (m->vintage.word != NULL && !tf_period_valid(m->vintage.word)) {
        (void)tf_yaml_fail(m->vintage.at, reterr, "'%s' is no date", m->vintage.word);
        return tf_help(reterr, "Write 2024-04-12, or {column: name} for a column of dates.");
    }
    return TF_OK;
}

enum tf_code tf_mapping_parse(struct tf_arena *arena, const char *file, const char *text, size_t n,
                              struct tf_mapping **ret, struct tf_err *reterr)
{
    struct tf_mapping *m = TF_NEW(arena, struct tf_mapping);
    struct tf_yaml *root;
    TF_TRY(tf_yaml_parse(arena, file, 1, text, n, &root, reterr));
    m->file = tf_strdup(arena, file);
    TF_TRY(tf_yaml_known(root, keys, reterr));
    TF_TRY(texts(root, m, reterr));
    TF_TRY(tolds(root, m, reterr));
    TF_TRY(area(root, m, reterr));
    TF_TRY(grade(root, m, reterr));
    TF_TRY(breakdown(arena, root, m, reterr));
    TF_TRY(labels(arena, root, m, reterr));
    TF_TRY(only(arena, root, m, reterr));
    TF_TRY(missing(root, m, reterr));
    *ret = m;
    return TF_OK;
}

/* ---- binding ----------------------------------------------------------------------------------- */

static enum tf_code bind(const struct tf_sheet *s, const struct tf_yaml *at, const char *column,
                         size_t *ret, struct tf_err *reterr)
{
    struct tf_err e = {0};
    if (column == NULL || tf_table_need(s->t, column, ret, &e) == TF_OK)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "the file '%s' has no column '%s'", s->file, column);
    return tf_help(reterr, "%s", e.help);
}

/* Everything of a mapping that may be one column. */
enum { N_TOLD = 11 };
static size_t all_told(struct tf_mapping *m, struct tf_told **list)
{
    struct tf_told *const fixed[] = {&m->unit,   &m->counting_rule, &m->period,
                                     &m->value,  &m->area,          &m->status,
                                     &m->document, &m->note,        &m->vintage,
                                     &m->source_label, &m->missing_by};
    memcpy(list, fixed, sizeof fixed);
    return sizeof fixed / sizeof fixed[0];
}

enum tf_code tf_mapping_bind(struct tf_mapping *m, const struct tf_sheet *s, struct tf_err *reterr)
{
    struct tf_told *list[N_TOLD];
    const size_t n = all_told(m, list);
    for (size_t k = 0; k < n; k++)
        TF_TRY(bind(s, list[k]->at, list[k]->column, &list[k]->col, reterr));
    for (size_t k = 0; k < m->n_breakdowns; k++)
        TF_TRY(bind(s, m->breakdown[k].at, m->breakdown[k].column, &m->breakdown[k].col, reterr));
    for (size_t k = 0; k < m->n_only; k++)
        TF_TRY(bind(s, m->only[k].at, m->only[k].column, &m->only[k].col, reterr));
    return TF_OK;
}

bool tf_mapping_uses(struct tf_mapping *m, size_t col)
{
    struct tf_told *list[N_TOLD];
    const size_t n = all_told(m, list);
    bool used = false;
    for (size_t k = 0; k < n; k++)
        used = used || list[k]->col == col;
    for (size_t k = 0; k < m->n_breakdowns; k++)
        used = used || m->breakdown[k].col == col;
    for (size_t k = 0; k < m->n_only; k++)
        used = used || m->only[k].col == col;
    return used;
}
