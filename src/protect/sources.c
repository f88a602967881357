/* What a release was made from, and whether that is still so.
 *
 * Three kinds of source, each with a hash: every piece of evidence the register holds as current for
 * the country; every file of the study that decides a number (data files, recipes, cleaning rules,
 * mappings, the indicator registry, the capacity sheet); and the rules, that is what study.yaml says
 * about policy, samples and sensitive variables. Freshness is a comparison of two such lists, of
 * then and of now: changed, gone and new each make a release stale, and the first is named.
 *
 * A file's hash is of its bytes, so a comment added to a recipe asks for a new release too: cheap,
 * and never wrong the other way. */
#include <string.h>

#include "protect/inside.h"

struct list {
    struct tf_arena *arena;
    struct tf_release_source *item;
    size_t n, cap;
};

static void add(struct list *l, const char *what, const char *name, const char *hash)
{
    for (size_t k = 0; k < l->n; k++)
        if (strcmp(l->item[k].what, what) == 0 && strcmp(l->item[k].name, name) == 0)
            return;
    l->item = tf_grow(l->arena, l->item, l->n, &l->cap, sizeof *l->item);
    l->item[l->n++] = (struct tf_release_source){what, tf_strdup(l->arena, name),
                                                 tf_strdup(l->arena, hash)};
}

/* A file of the study by its pattern; one that is not there counts as empty. */
static enum tf_code add_file(struct list *l, const struct tf_study *s, const char *pattern,
                             const char *country, struct tf_err *reterr)
{
    const char *path = tf_study_path(l->arena, s, pattern, country, "en");
    struct tf_hash hash = {{0}};
    if (path == NULL)
        return TF_OK;
    const char *shown = tf_replace(l->arena, pattern, "{country}", country);
    if (tf_dir_exists(path)) {
        char **name;
        size_t n;
        TF_TRY(tf_dir_list(l->arena, path, &name, &n, reterr));
        for (size_t k = 0; k < n; k++) {
            TF_TRY(tf_file_hash(tf_path_join(l->arena, path, name[k]), &hash, reterr));
            add(l, "file", tf_path_join(l->arena, shown, name[k]), hash.hex);
        }
        return TF_OK;
    }
    if (tf_file_exists(path))
        TF_TRY(tf_file_hash(path, &hash, reterr));
    add(l, "file", shown, hash.hex);
    return TF_OK;
}

static enum tf_code add_files(struct list *l, const struct tf_study *s, const char *country,
                              struct tf_err *reterr)
{
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        const char *const files[] = {d->file, d->instrument, d->cleaning, d->recipe};
        for (size_t j = 0; tf_country_in(d->country, d->n_countries, country) && j < 4; j++)
            TF_TRY(add_file(l, s, files[j], country, reterr));
    }
    for (size_t k = 0; k < s->n_series; k++) {
        const struct tf_series_source *x = &s->series[k];
        if (!tf_country_in(x->country, x->n_countries, country))
            continue;
        TF_TRY(add_file(l, s, x->file, country, reterr));
        TF_TRY(add_file(l, s, x->mapping, country, reterr));
    }
    const char *const files[] = {"indicators.yaml", s->participants, s->codebook, s->segments,
                                 s->transcripts, s->legal, s->capacity, s->contacts};
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++)
        TF_TRY(add_file(l, s, files[k], country, reterr));
    return TF_OK;
}

/* The rules of study.yaml that decide what may be printed. */
static void add_rules(struct list *l, const struct tf_study *s, const struct tf_country *country,
                      const struct tf_policy *p)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, p->name);
    const int numbers[] = {p->suppress_below, p->counts_below, p->flag_below, p->hide_from, p->hide_to};
    for (size_t k = 0; k < 5; k++)
        tf_hasher_u64(&h, (uint64_t)numbers[k]);
    tf_hasher_u64(&h, s->synthetic);
    add(l, "rules", "policy", tf_hasher_end(&h).hex);
    for (size_t k = 0; k < s->n_datasets; k++) {
        const struct tf_dataset *d = &s->dataset[k];
        if (!tf_country_in(d->country, d->n_countries, country->code))
            continue;
        const char *const texts[] = {d->id, d->title, d->unit, d->population, d->source, d->caveat,
                                     d->weight_var};
        tf_hasher_begin(&h);
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
            tf_hasher_text(&h, texts[j]);
        tf_hasher_u64(&h, (uint64_t)d->kind);
        for (size_t j = 0; j < d->n_sensitive; j++)
            tf_hasher_text(&h, d->sensitive[j]);
        add(l, "rules", tf_printf(l->arena, "dataset %s", d->id), tf_hasher_end(&h).hex);
    }
}

/* Evidence made later than a release, or by it, is no source of it. */
static bool is_source(const struct tf_evidence *e)
{
    static const char *const later[] = {"release", "claim", "report"};
    for (size_t k = 0; k < 3; k++)
        if (strcmp(e->kind, later[k]) == 0)
            return false;
    return true;
}

enum tf_code tf_sources_now(struct tf_arena *arena, const struct tf_study *study,
                            struct tf_keep *keep, const struct tf_country *country,
                            struct tf_release_source **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct list l = {.arena = arena};
    const struct tf_policy *policy;
    struct tf_evidence *e;
    size_t n;
    TF_TRY(tf_policy_of(study, country, &policy, reterr));
    TF_TRY(tf_evidence_list(arena, tf_keep_register(keep), "", &e, &n, reterr));
    for (size_t k = 0; k < n; k++)
        if (is_source(&e[k]) && (e[k].country == NULL || e[k].country[0] == '\0' ||
                                 strcmp(e[k].country, country->code) == 0))
            add(&l, "evidence", tf_printf(arena, "%s %s", e[k].kind, e[k].name), e[k].hash);
    TF_TRY(add_files(&l, study, country->code, reterr));
    add_rules(&l, study, country, policy);
    *ret = l.item;
    *ret_n = l.n;
    return TF_OK;
}

enum tf_code tf_policy_of(const struct tf_study *study, const struct tf_country *country,
                          const struct tf_policy **ret, struct tf_err *reterr)
{
    const struct tf_policy *p = NULL;
    if (country->policy != NULL)
        p = tf_study_policy(study, country->policy);
    else if (study->n_policies == 1)
        p = &study->policy[0];
    if (p != NULL) {
        *ret = p;
        return TF_OK;
    }
    (void)tf_fail_at(reterr, TF_E_INPUT, country->at.file != NULL ? country->at.file : study->file,
                     country->at.line, country->at.column,
                     "country %s has no small-base policy", country->code);
    (void)tf_fact(reterr, "Nothing can be released without one.");
    return tf_help(reterr, "Name one of the study's `policies` as its `policy`.");
}

/* ---- then against now ---- */

static const struct tf_release_source *find(const struct tf_release_source *list, size_t n,
                                            const struct tf_release_source *one)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k].what, one->what) == 0 && strcmp(list[k].name, one->name) == 0)
            return &list[k];
    return NULL;
}

static enum tf_code stale(const char *country, const struct tf_release_source *s, const char *how,
                          struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_STALE, "the release of %s is older than what it was made from", country);
    (void)tf_fact(reterr, "%s '%s' %s since.", s->what, s->name, how);
    return tf_help(reterr, "`trefoil tell report %s` brings everything up to date.", country);
}

static enum tf_code read_then(struct tf_arena *arena, const struct tf_study *study,
                              const char *country, struct tf_release_source **ret, size_t *ret_n,
                              struct tf_err *reterr)
{
    struct list l = {.arena = arena};
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_release_open(arena, study->dir, false, &db, reterr));
    code = tf_sql(db, "get_sources", &q, reterr);
    if (code == TF_OK)
        tf_bind_text(q, 1, country);
    while (code == TF_OK && tf_step(q, &code, reterr))
        add(&l, tf_col_text(arena, q, 0), tf_col_text(arena, q, 1), tf_col_text(arena, q, 2));
    tf_db_close(db);
    *ret = l.item;
    *ret_n = l.n;
    return code;
}

enum tf_code tf_release_fresh(struct tf_arena *arena, const struct tf_study *study,
                              struct tf_keep *keep, const char *country, struct tf_err *reterr)
{
    const struct tf_country *c = tf_study_country(study, country);
    struct tf_release *release;
    struct tf_release_source *then = NULL, *now = NULL;
    size_t n_then = 0, n_now = 0;
    if (c == NULL)
        return tf_fail(reterr, TF_E_INPUT, "the study has no country '%s'", country);
    TF_TRY(tf_release_read(arena, study->dir, country, &release, reterr));
    TF_TRY(read_then(arena, study, country, &then, &n_then, reterr));
    TF_TRY(tf_sources_now(arena, study, keep, c, &now, &n_now, reterr));
    for (size_t k = 0; k < n_then; k++) {
        const struct tf_release_source *same = find(now, n_now, &then[k]);
        if (same == NULL)
            return stale(country, &then[k], "has gone", reterr);
        if (strcmp(same->hash, then[k].hash) != 0)
            return stale(country, &then[k], "has changed", reterr);
    }
    for (size_t k = 0; k < n_now; k++)
        if (find(then, n_then, &now[k]) == NULL)
            return stale(country, &now[k], "has come", reterr);
    return TF_OK;
}
