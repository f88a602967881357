/* The release store: .trefoil/release.db, written by protect and read by relate and tell.
 *
 * The file is encrypted with its own key, derived from the study's. A country is replaced as a whole
 * in one transaction: a reader sees the old release or the new one, never a half. Each figure has a
 * hash of its content, and the release a hash of those: the report's "evidence snapshot". Reading
 * computes both anew, so a release that was altered by hand is refused.
 *
 * A number that is not released is NULL in the file and NaN in memory; the writer blanks suppressed
 * cells itself and does not rely on the makers to have done so. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

#include "gen/protect_sql.h"

/* ---- hashes ---- */

static void hash_texts(struct tf_hasher *h, const char *const *text, size_t n)
{
    for (size_t k = 0; k < n; k++)
        tf_hasher_text(h, text[k]);
}

struct tf_hash tf_figure_hash(const struct tf_figure *f)
{
    struct tf_hasher h;
    const char *const texts[] = {f->id, f->country, f->title, f->unit, f->population, f->source,
                                 f->caveat, f->question, f->recall, f->base_text, f->indicator,
                                 f->indicator_version, f->policy, f->vintage, f->trace};
    tf_hasher_begin(&h);
    hash_texts(&h, texts, sizeof texts / sizeof texts[0]);
    tf_hasher_u64(&h, (uint64_t)f->kind * 4 + (uint64_t)f->strand);
    tf_hasher_u64(&h, (uint64_t)f->flags * 4 + (f->probability ? 2U : 0U) + (f->sensitive ? 1U : 0U));
    tf_hasher_u64(&h, f->n_cells);
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        const char *const names[] = {c->row, c->row_label, c->col, c->col_label, c->text};
        const double numbers[] = {c->value, c->lo, c->hi, c->se, c->df, c->deff, c->n, c->base, c->psu};
        hash_texts(&h, names, 5);
        tf_hasher_u64(&h, (uint64_t)c->state);
        tf_hasher_u64(&h, c->flags);
        for (size_t j = 0; j < 9; j++)
            tf_hasher_double(&h, numbers[j]);
    }
    tf_hasher_u64(&h, f->n_contrasts);
    for (size_t k = 0; k < f->n_contrasts; k++) {
        const struct tf_contrast *c = &f->contrast[k];
        const char *const names[] = {c->row, c->col_a, c->col_b};
        const double numbers[] = {c->difference, c->se, c->lo, c->hi, c->p, c->df};
        hash_texts(&h, names, 3);
        for (size_t j = 0; j < 6; j++)
            tf_hasher_double(&h, numbers[j]);
    }
    return tf_hasher_end(&h);
}

struct tf_hash tf_release_hash(const struct tf_release *r)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, r->country);
    tf_hasher_u64(&h, r->n_figures);
    for (size_t k = 0; k < r->n_figures; k++)
        tf_hasher_text(&h, r->figure[k].hash);
    tf_hasher_u64(&h, r->n_quotes);
    for (size_t k = 0; k < r->n_quotes; k++) {
        const struct tf_quote *q = &r->quote[k];
        const char *const texts[] = {q->id, q->text, q->attribution, q->code, q->theme, q->participant,
                                     q->segment, q->transcript, q->transcript_hash, q->consent};
        hash_texts(&h, texts, sizeof texts / sizeof texts[0]);
        tf_hasher_u64(&h, q->start);
        tf_hasher_u64(&h, q->end);
    }
    tf_hasher_u64(&h, r->n_legal);
    for (size_t k = 0; k < r->n_legal; k++) {
        const struct tf_legal *l = &r->legal[k];
        const char *const texts[] = {l->id, l->instrument, l->article, l->criterion,
                                     l->criterion_label, l->status, l->date, l->note, l->evidence};
        hash_texts(&h, texts, sizeof texts / sizeof texts[0]);
    }
    return tf_hasher_end(&h);
}

/* ---- the file ---- */

static const char *release_path(struct tf_arena *a, const char *study_dir)
{
    return tf_path_join(a, study_dir, ".trefoil/release.db");
}

enum tf_code tf_release_open(struct tf_arena *arena, const char *study_dir, bool create,
                             struct tf_db **ret, struct tf_err *reterr)
{
    struct tf_key *key;
    const unsigned char *own;
    TF_TRY(tf_key_open(arena, study_dir, false, &key, reterr));
    TF_TRY(tf_key_need(arena, key, "release", create, &own, reterr));
    return tf_db_open(arena, release_path(arena, study_dir), create ? TF_DB_CREATE : TF_DB_READ, own,
                      tf_protect_sql, ret, reterr);
}

/* ---- writing ---- */

static enum tf_code clear(struct tf_db *db, const char *country, struct tf_err *reterr)
{
    static const char *const names[] = {"clear_release", "clear_source", "clear_figure", "clear_cell",
                                        "clear_contrast", "clear_quote", "clear_legal"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        struct tf_stmt *q;
        TF_TRY(tf_sql(db, names[k], &q, reterr));
        tf_bind_text(q, 1, country);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static void bind_texts(struct tf_stmt *q, int from, const char *const *text, size_t n)
{
    for (size_t k = 0; k < n; k++)
        tf_bind_text(q, from + (int)k, text[k]);
}

static void bind_reals(struct tf_stmt *q, int from, const double *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        tf_bind_real(q, from + (int)k, x[k]);
}

static enum tf_code write_cells(struct tf_db *db, const struct tf_figure *f, struct tf_err *reterr)
{
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        const char *const names[] = {c->row, c->row_label, c->col, c->col_label};
        const double numbers[] = {c->value, c->lo, c->hi, c->se, c->df, c->deff, c->n, c->base, c->psu};
        struct tf_stmt *q;
        TF_TRY(tf_sql(db, "put_cell", &q, reterr));
        tf_bind_text(q, 1, f->country);
        tf_bind_text(q, 2, f->id);
        tf_bind_int(q, 3, (int64_t)k);
        bind_texts(q, 4, names, 4);
        tf_bind_int(q, 8, c->state);
        if (c->state != TF_CELL_SUPPRESSED) {
            bind_reals(q, 9, numbers, 9);
            tf_bind_text(q, 18, c->text);
        }
        tf_bind_int(q, 19, c->flags);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code write_contrasts(struct tf_db *db, const struct tf_figure *f,
                                    struct tf_err *reterr)
{
    for (size_t k = 0; k < f->n_contrasts; k++) {
        const struct tf_contrast *c = &f->contrast[k];
        const char *const names[] = {c->row, c->col_a, c->col_b};
        const double numbers[] = {c->difference, c->se, c->lo, c->hi, c->p, c->df};
        struct tf_stmt *q;
        TF_TRY(tf_sql(db, "put_contrast", &q, reterr));
        tf_bind_text(q, 1, f->country);
        tf_bind_text(q, 2, f->id);
        tf_bind_int(q, 3, (int64_t)k);
        bind_texts(q, 4, names, 3);
        bind_reals(q, 7, numbers, 6);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code write_figure(struct tf_db *db, const struct tf_figure *f, size_t at,
                                 struct tf_err *reterr)
{
    const char *const texts[] = {f->unit, f->population, f->source, f->caveat, f->question, f->recall,
                                 f->base_text, f->indicator, f->indicator_version, f->policy,
                                 f->vintage, f->trace, f->hash};
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "put_figure", &q, reterr));
    tf_bind_text(q, 1, f->country);
    tf_bind_text(q, 2, f->id);
    tf_bind_int(q, 3, (int64_t)at);
    tf_bind_text(q, 4, f->title);
    tf_bind_int(q, 5, f->kind);
    tf_bind_int(q, 6, f->strand);
    bind_texts(q, 7, texts, 13);
    tf_bind_int(q, 20, f->probability);
    tf_bind_int(q, 21, f->sensitive);
    tf_bind_int(q, 22, f->flags);
    TF_TRY(tf_run(q, reterr));
    TF_TRY(write_cells(db, f, reterr));
    return write_contrasts(db, f, reterr);
}

static enum tf_code write_words(struct tf_db *db, const struct tf_release *r, struct tf_err *reterr)
{
    struct tf_stmt *q;
    for (size_t k = 0; k < r->n_quotes; k++) {
        const struct tf_quote *x = &r->quote[k];
        const char *const texts[] = {r->country, x->id, x->text, x->attribution, x->code, x->theme,
                                     x->participant, x->segment, x->transcript, x->transcript_hash,
                                     x->consent};
        TF_TRY(tf_sql(db, "put_quote", &q, reterr));
        bind_texts(q, 1, texts, 11);
        tf_bind_int(q, 12, (int64_t)x->start);
        tf_bind_int(q, 13, (int64_t)x->end);
        TF_TRY(tf_run(q, reterr));
    }
    for (size_t k = 0; k < r->n_legal; k++) {
        const struct tf_legal *x = &r->legal[k];
        const char *const texts[] = {r->country, x->id, x->instrument, x->article, x->criterion,
                                     x->criterion_label, x->status, x->date, x->note, x->evidence};
        TF_TRY(tf_sql(db, "put_legal", &q, reterr));
        bind_texts(q, 1, texts, 10);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code write_all(struct tf_making *m, struct tf_db *db,
                              const struct tf_release_source *source, size_t n_sources,
                              struct tf_err *reterr)
{
    const struct tf_release *r = &m->release;
    struct tf_stmt *q;
    TF_TRY(clear(db, r->country, reterr));
    for (size_t k = 0; k < r->n_figures; k++)
        TF_TRY(write_figure(db, &r->figure[k], k, reterr));
    TF_TRY(write_words(db, r, reterr));
    for (size_t k = 0; k < n_sources; k++) {
        const char *const texts[] = {r->country, source[k].what, source[k].name, source[k].hash};
        TF_TRY(tf_sql(db, "put_source", &q, reterr));
        bind_texts(q, 1, texts, 4);
        TF_TRY(tf_run(q, reterr));
    }
    const char *const texts[] = {r->country, r->hash, m->policy->name, "1"};
    TF_TRY(tf_sql(db, "put_release", &q, reterr));
    bind_texts(q, 1, texts, 4);
    return tf_run(q, reterr);
}

enum tf_code tf_release_write(struct tf_making *m, const struct tf_release_source *source,
                              size_t n_sources, struct tf_err *reterr)
{
    struct tf_arena *a = tf_arena_new("the release store", (size_t)512 << 20);
    struct tf_db *db;
    enum tf_code code = tf_release_open(a, m->study->dir, true, &db, reterr);
    if (code == TF_OK)
        code = tf_db_begin(db, reterr);
    if (code == TF_OK) {
        code = write_all(m, db, source, n_sources, reterr);
        if (code == TF_OK)
            code = tf_db_commit(db, reterr);
        if (code != TF_OK)
            tf_db_rollback(db);
    }
    tf_arena_free(a); /* closes the file */
    return code;
}

/* ---- reading ---- */

static void read_reals(struct tf_stmt *q, int from, double *const *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        *x[k] = tf_col_real(q, from + (int)k);
}

static void read_texts(struct tf_arena *a, struct tf_stmt *q, int from, const char **const *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        *x[k] = tf_col_text(a, q, from + (int)k);
}

static enum tf_code read_cells(struct tf_arena *a, struct tf_db *db, struct tf_figure *f,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t cap = 0;
    TF_TRY(tf_sql(db, "get_cells", &q, reterr));
    tf_bind_text(q, 1, f->country);
    tf_bind_text(q, 2, f->id);
    while (tf_step(q, &code, reterr)) {
        f->cell = tf_grow(a, f->cell, f->n_cells, &cap, sizeof *f->cell);
        struct tf_cell *c = &f->cell[f->n_cells++];
        *c = (struct tf_cell){0};
        const char **const names[] = {&c->row, &c->row_label, &c->col, &c->col_label};
        double *const numbers[] = {&c->value, &c->lo, &c->hi, &c->se, &c->df, &c->deff,
                                   &c->n, &c->base, &c->psu};
        read_texts(a, q, 0, names, 4);
        c->state = (enum tf_cell_state)tf_col_int(q, 4);
        read_reals(q, 5, numbers, 9);
        c->text = tf_col_text(a, q, 14);
        c->flags = (unsigned)tf_col_int(q, 15);
    }
    TF_TRY(code);
    cap = 0;
    TF_TRY(tf_sql(db, "get_contrasts", &q, reterr));
    tf_bind_text(q, 1, f->country);
    tf_bind_text(q, 2, f->id);
    while (tf_step(q, &code, reterr)) {
        f->contrast = tf_grow(a, f->contrast, f->n_contrasts, &cap, sizeof *f->contrast);
        struct tf_contrast *c = &f->contrast[f->n_contrasts++];
        const char **const names[] = {&c->row, &c->col_a, &c->col_b};
        double *const numbers[] = {&c->difference, &c->se, &c->lo, &c->hi, &c->p, &c->df};
        read_texts(a, q, 0, names, 3);
        read_reals(q, 3, numbers, 6);
    }
    return code;
}

static enum tf_code altered(const char *study_dir, const char *what, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "the release was altered: %s does not have its hash", what);
    (void)tf_fact(reterr, "%s/.trefoil/release.db", study_dir);
    return tf_help(reterr, "Make it anew: `trefoil protect release COUNTRY`.");
}

static enum tf_code read_figures(struct tf_arena *a, struct tf_db *db, const char *study_dir,
                                 struct tf_release *r, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t cap = 0;
    TF_TRY(tf_sql(db, "get_figures", &q, reterr));
    tf_bind_text(q, 1, r->country);
    while (tf_step(q, &code, reterr)) {
        r->figure = tf_grow(a, r->figure, r->n_figures, &cap, sizeof *r->figure);
        struct tf_figure *f = &r->figure[r->n_figures++];
        *f = (struct tf_figure){.country = r->country};
        const char **const texts[] = {&f->unit, &f->population, &f->source, &f->caveat, &f->question,
                                      &f->recall, &f->base_text, &f->indicator, &f->indicator_version,
                                      &f->policy, &f->vintage, &f->trace, &f->hash};
        f->id = tf_col_text(a, q, 0);
        f->title = tf_col_text(a, q, 1);
        f->kind = (enum tf_figure_kind)tf_col_int(q, 2);
        f->strand = (enum tf_strand)tf_col_int(q, 3);
        read_texts(a, q, 4, texts, 13);
        f->probability = tf_col_int(q, 17) != 0;
        f->sensitive = tf_col_int(q, 18) != 0;
        f->flags = (unsigned)tf_col_int(q, 19);
    }
    TF_TRY(code);
    for (size_t k = 0; k < r->n_figures; k++) {
        struct tf_figure *f = &r->figure[k];
        TF_TRY(read_cells(a, db, f, reterr));
        const struct tf_hash hash = tf_figure_hash(f);
        if (!tf_streq(hash.hex, f->hash))
            return altered(study_dir, tf_printf(a, "figure '%s'", f->id), reterr);
    }
    return TF_OK;
}

static enum tf_code read_words(struct tf_arena *a, struct tf_db *db, struct tf_release *r,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t cap = 0;
    TF_TRY(tf_sql(db, "get_quotes", &q, reterr));
    tf_bind_text(q, 1, r->country);
    while (tf_step(q, &code, reterr)) {
        r->quote = tf_grow(a, r->quote, r->n_quotes, &cap, sizeof *r->quote);
        struct tf_quote *x = &r->quote[r->n_quotes++];
        *x = (struct tf_quote){.country = r->country};
        const char **const texts[] = {&x->id, &x->text, &x->attribution, &x->code, &x->theme,
                                      &x->participant, &x->segment, &x->transcript,
                                      &x->transcript_hash, &x->consent};
        read_texts(a, q, 0, texts, 10);
        x->start = (size_t)tf_col_int(q, 10);
        x->end = (size_t)tf_col_int(q, 11);
    }
    TF_TRY(code);
    cap = 0;
    TF_TRY(tf_sql(db, "get_legal", &q, reterr));
    tf_bind_text(q, 1, r->country);
    while (tf_step(q, &code, reterr)) {
        r->legal = tf_grow(a, r->legal, r->n_legal, &cap, sizeof *r->legal);
        struct tf_legal *x = &r->legal[r->n_legal++];
        *x = (struct tf_legal){.country = r->country};
        const char **const texts[] = {&x->id, &x->instrument, &x->article, &x->criterion,
                                      &x->criterion_label, &x->status, &x->date, &x->note,
                                      &x->evidence};
        read_texts(a, q, 0, texts, 9);
    }
    return code;
}

static enum tf_code nothing_released(const char *country, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_STALE, "nothing has been released for %s", country);
    return tf_help(reterr, "`trefoil tell report %s` walks the whole way, or run `trefoil protect "
                           "release %s`.", country, country);
}

enum tf_code tf_release_read(struct tf_arena *arena, const char *study_dir, const char *country,
                             struct tf_release **ret, struct tf_err *reterr)
{
    struct tf_release *r = TF_NEW(arena, struct tf_release);
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    if (!tf_file_exists(release_path(arena, study_dir)))
        return nothing_released(country, reterr);
    TF_TRY(tf_release_open(arena, study_dir, false, &db, reterr));
    r->country = tf_strdup(arena, country);
    TF_TRY(tf_sql(db, "get_release", &q, reterr));
    tf_bind_text(q, 1, country);
    while (tf_step(q, &code, reterr))
        r->hash = tf_col_text(arena, q, 0);
    if (code == TF_OK && r->hash == NULL)
        code = nothing_released(country, reterr);
    if (code == TF_OK)
        code = read_figures(arena, db, study_dir, r, reterr);
    if (code == TF_OK)
        code = read_words(arena, db, r, reterr);
    tf_db_close(db);
    if (code != TF_OK)
        return code;
    const struct tf_hash hash = tf_release_hash(r);
    if (!tf_streq(hash.hex, r->hash))
        return altered(study_dir, tf_printf(arena, "the release of %s", country), reterr);
    *ret = r;
    return TF_OK;
}

enum tf_code tf_release_countries(struct tf_arena *arena, const char *study_dir, const char ***ret,
                                  size_t *ret_n, struct tf_err *reterr)
{
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    const char **item = NULL;
    size_t n = 0, cap = 0;
    *ret_n = 0;
    if (!tf_file_exists(release_path(arena, study_dir)))
        return TF_OK;
    TF_TRY(tf_release_open(arena, study_dir, false, &db, reterr));
    code = tf_sql(db, "get_countries", &q, reterr);
    while (code == TF_OK && tf_step(q, &code, reterr)) {
        item = tf_grow(arena, item, n, &cap, sizeof *item);
        item[n++] = tf_col_text(arena, q, 0);
    }
    tf_db_close(db);
    if (code != TF_OK)
        return code;
    *ret = item;
    *ret_n = n;
    return TF_OK;
}
