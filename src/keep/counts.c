/* Counts: the store of administrative series, by vintage.
 *
 * Sources revise what they published. A series as it stood in one release is a vintage; a vintage is
 * never changed, only followed by the next, and the register says which is current. What makes a
 * number mean something (source, unit of count, counting rule, caveat, handling) is part of the
 * vintage: when the caveat changes, it is another one.
 *
 * The texts of a series are a table of fields below: reading, writing and hashing walk the same
 * table, so none can forget one. A missing count is NULL with its reason, never 0. */
#include "keep/counts.h"

#include <math.h>
#include <string.h>

#include "keep/inside.h"

#include "gen/keep_counts_sql.h" /* wants struct tf_named_sql */

struct tf_counts {
    struct tf_arena *arena;
    const char *country;
    struct tf_register *reg;
    struct tf_db *db; /* NULL: there is no file, so there are no series */
};

/* In the order they are stored under: add at the end only. */
static const size_t fields[] = {
    offsetof(struct tf_series, id),           offsetof(struct tf_series, country),
    offsetof(struct tf_series, title),        offsetof(struct tf_series, source),
    offsetof(struct tf_series, indicator),    offsetof(struct tf_series, unit),
    offsetof(struct tf_series, counting_rule), offsetof(struct tf_series, location_basis),
    offsetof(struct tf_series, vintage),      offsetof(struct tf_series, caveat),
    offsetof(struct tf_series, grade_scheme), offsetof(struct tf_series, grade),
    offsetof(struct tf_series, handling),     offsetof(struct tf_series, purpose),
    offsetof(struct tf_series, review_by),    offsetof(struct tf_series, definition),
    offsetof(struct tf_series, source_label), offsetof(struct tf_series, partition),
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

static const char **field_of(struct tf_series *s, size_t k)
{
    return (const char **)(void *)((char *)s + fields[k]);
}

static const char *field_text(const struct tf_series *s, size_t k)
{
    return *(const char *const *)(const void *)((const char *)s + fields[k]);
}

static struct tf_hash series_hash(const struct tf_series *s)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    for (size_t k = 0; k < N_FIELDS; k++)
        tf_hasher_text(&h, field_text(s, k));
    for (size_t k = 0; k < s->n_obs; k++) {
        const struct tf_obs *o = &s->obs[k];
        tf_hasher_text(&h, o->area);
        tf_hasher_text(&h, o->period);
        tf_hasher_text(&h, o->breakdown);
        tf_hasher_double(&h, o->value);
        tf_hasher_u64(&h, o->missing);
        tf_hasher_text(&h, o->status);
        tf_hasher_text(&h, o->note);
        tf_hasher_text(&h, o->document);
    }
    return tf_hasher_end(&h);
}

enum tf_code tf_counts_open(struct tf_arena *arena, const char *study_dir, const char *country,
                            bool create, struct tf_counts **ret, struct tf_err *reterr)
{
    struct tf_counts *c = TF_NEW(arena, struct tf_counts);
    struct tf_key *key;
    char *name;
    c->arena = arena;
    c->country = country == NULL ? "" : tf_strdup(arena, country);
    TF_TRY(tf_vault_name(arena, c->country, "threats", "counts", &name, reterr));
    TF_TRY(tf_key_open(arena, study_dir, create, &key, reterr));
    if (create)
        TF_TRY(tf_keep_folder(arena, study_dir, reterr));
    TF_TRY(tf_register_open(arena, study_dir, create, &c->reg, reterr));
    if (create || tf_file_exists(tf_keep_path(arena, study_dir, name)))
        TF_TRY(tf_vault_open(arena, study_dir, key, name, create ? TF_DB_CREATE : TF_DB_WRITE,
                             tf_keep_counts_sql, &c->db, reterr));
    *ret = c;
    return TF_OK;
}

/* ---- Putting in ------------------------------------------------------------------------------ */

static enum tf_code write_observation(struct tf_db *db, const char *hash, size_t at,
                                      const struct tf_obs *o, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "observation_add", &q, reterr));
    tf_bind_text(q, 1, hash);
    tf_bind_int(q, 2, (int64_t)at);
    tf_bind_text(q, 3, o->area);
    tf_bind_text(q, 4, o->period);
    tf_bind_text(q, 5, o->breakdown);
    tf_bind_real(q, 6, o->value);
    tf_bind_int(q, 7, o->missing);
    tf_bind_text(q, 8, o->status);
    tf_bind_text(q, 9, o->note);
    tf_bind_text(q, 10, o->document);
    return tf_run(q, reterr);
}

static enum tf_code write_series(struct tf_db *db, const char *hash, const struct tf_series *s,
                                 struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "series_add", &q, reterr));
    tf_bind_text(q, 1, hash);
    tf_bind_text(q, 2, s->id);
    tf_bind_int(q, 3, (int64_t)s->n_obs);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < N_FIELDS; k++) {
        if (field_text(s, k) == NULL)
            continue;
        TF_TRY(tf_sql(db, "field_add", &q, reterr));
        tf_bind_text(q, 1, hash);
        tf_bind_int(q, 2, (int64_t)k);
        tf_bind_text(q, 3, field_text(s, k));
        TF_TRY(tf_run(q, reterr));
    }
    for (size_t k = 0; k < s->n_obs; k++)
        TF_TRY(write_observation(db, hash, k, &s->obs[k], reterr));
    return TF_OK;
}

static enum tf_code series_size(struct tf_db *db, const char *hash, bool *ret_there, size_t *ret_n,
                                struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "series_by_hash", &q, reterr));
    tf_bind_text(q, 1, hash);
    *ret_there = false;
    while (tf_step(q, &code, reterr)) {
        *ret_there = true;
        *ret_n = (size_t)tf_col_int(q, 0);
    }
    return code;
}

/* Put a vintage into its file, whole or not at all. */
static enum tf_code store(struct tf_db *db, const char *hash, const struct tf_series *s,
                          struct tf_err *reterr)
{
    size_t n;
    bool there;
    TF_TRY(series_size(db, hash, &there, &n, reterr));
    if (there)
        return TF_OK;
    TF_TRY(tf_db_begin(db, reterr));
    enum tf_code code = write_series(db, hash, s, reterr);
    if (code == TF_OK)
        code = tf_db_commit(db, reterr);
    if (code != TF_OK)
        tf_db_rollback(db);
    return code;
}

enum tf_code tf_counts_put(struct tf_counts *c, const struct tf_series *s,
                           const char **ret_evidence, struct tf_err *reterr)
{
    const struct tf_hash hash = series_hash(s);
    if (c->db == NULL)
        return tf_fail(reterr, TF_E_BUG, "the store of counts is open for reading only");
    TF_TRY(store(c->db, hash.hex, s, reterr));
    const struct tf_evidence e = {.kind = "series",
                                  .country = c->country,
                                  .strand = "threats",
                                  .name = s->id,
                                  .title = s->title,
                                  .hash = hash.hex,
                                  .file = "",
                                  .detail = tf_printf(c->arena, "{\"observations\":%zu}", s->n_obs)};
    return tf_evidence_put(c->reg, &e, ret_evidence, reterr);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum tf_code read_fields(struct tf_arena *arena, struct tf_db *db, const char *hash,
                                struct tf_series *s, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "field_list", &q, reterr));
    tf_bind_text(q, 1, hash);
    while (tf_step(q, &code, reterr)) {
        const int64_t k = tf_col_int(q, 0);
        if (k >= 0 && k < N_FIELDS)
            *field_of(s, (size_t)k) = tf_col_text(arena, q, 1);
    }
    return code;
}

static enum tf_code read_observations(struct tf_arena *arena, struct tf_db *db, const char *hash,
                                      struct tf_series *s, size_t n, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    s->obs = TF_NEW_N(arena, struct tf_obs, n);
    TF_TRY(tf_sql(db, "observation_list", &q, reterr));
    tf_bind_text(q, 1, hash);
    while (tf_step(q, &code, reterr)) {
        const int64_t why = tf_col_int(q, 4);
        if (s->n_obs == n)
            continue; /* more than there should be: the hash will tell */
        s->obs[s->n_obs++] = (struct tf_obs){
            .area = tf_col_text(arena, q, 0),
            .period = tf_col_text(arena, q, 1),
            .breakdown = tf_col_text(arena, q, 2),
            .value = tf_col_real(q, 3),
            .missing = why >= 0 && why < TF_N_MISS ? (enum tf_miss)why : TF_MISS_SYSTEM,
            .status = tf_col_text(arena, q, 5),
            .note = tf_col_text(arena, q, 6),
            .document = tf_col_text(arena, q, 7)};
    }
    return code;
}

static enum tf_code read_series(struct tf_arena *arena, struct tf_counts *c,
                                const struct tf_evidence *e, struct tf_series *ret,
                                struct tf_err *reterr)
{
    struct tf_series s = {.evidence = e->id, .hash = e->hash};
    bool there = false;
    size_t n = 0;
    if (c->db != NULL)
        TF_TRY(series_size(c->db, e->hash, &there, &n, reterr));
    if (!there)
        return tf_keep_altered(reterr, e->id);
    TF_TRY(read_fields(arena, c->db, e->hash, &s, reterr));
    TF_TRY(read_observations(arena, c->db, e->hash, &s, n, reterr));
    if (strcmp(series_hash(&s).hex, e->hash) != 0)
        return tf_keep_altered(reterr, e->id);
    *ret = s;
    return TF_OK;
}

enum tf_code tf_counts_get(struct tf_arena *arena, struct tf_counts *c, const char *id,
                           struct tf_series *ret, struct tf_err *reterr)
{
    struct tf_evidence e;
    bool found;
    TF_TRY(tf_evidence_current(arena, c->reg, "series", c->country, id, &found, &e, reterr));
    if (found)
        return read_series(arena, c, &e, ret, reterr);
    (void)tf_fail(reterr, TF_E_INPUT, "there is no series '%s'%s%s", id,
                  c->country[0] == '\0' ? "" : " of ", c->country);
    return tf_help(reterr, "`trefoil keep list` shows what there is.");
}

enum tf_code tf_counts_all(struct tf_arena *arena, struct tf_counts *c, struct tf_series **ret,
                           size_t *ret_n, struct tf_err *reterr)
{
    struct tf_evidence *list;
    size_t n_list, n = 0;
    TF_TRY(tf_evidence_list(arena, c->reg, c->country, &list, &n_list, reterr));
    struct tf_series *series = TF_NEW_N(arena, struct tf_series, n_list);
    for (size_t k = 0; k < n_list; k++)
        if (strcmp(list[k].kind, "series") == 0 && strcmp(list[k].country, c->country) == 0)
            TF_TRY(read_series(arena, c, &list[k], &series[n++], reterr));
    *ret = series;
    *ret_n = n;
    return TF_OK;
}
