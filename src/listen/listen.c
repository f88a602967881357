/* Into the vault and back: see listen.h.
 *
 * Everything is judged before anything is stored: a fault in the last row of the last file leaves the
 * vault as it was. What is stored lies in two files of the vault: participants and transcripts are
 * keep's own; codes, passages and laws are this room's, replaced in one transaction. Each file is
 * evidence; each row of the legal grid is evidence of its own, because claims cite laws one by one.
 *
 * Reading back applies the consent switches: a withdrawn participant's passages and transcript
 * are left out before anybody else sees them. */
#include <string.h>

#include "listen/inside.h"

#include "gen/listen_sql.h" /* wants struct tf_named_sql */

struct tf_judged *tf_listen_judge(struct tf_arena *arena, const struct tf_listen_files *files,
                                  struct tf_notices *out)
{
    struct tf_judged *j = TF_NEW(arena, struct tf_judged);
    tf_codebook_judge(arena, files->codebook, j, out);
    tf_participants_judge(arena, files->participants, j, out);
    tf_transcripts_judge(arena, files->transcripts, j, out);
    tf_segments_judge(arena, files->segments, j, out);
    tf_legal_judge(arena, files->legal, j, out);
    return j;
}

void tf_listen_check(struct tf_arena *arena, const char *country,
                     const struct tf_listen_files *files, struct tf_notices *out)
{
    const struct tf_judged *j = tf_listen_judge(arena, files, out);
    for (size_t k = 0; k < j->l.n_participants; k++) {
        const struct tf_participant *p = &j->l.participant[k];
        if (p->withdrawn || !p->use)
            tf_notice_add(out, TF_NOTE, "left-out", files->participants, 0, 0, NULL,
                          "%s: everything of '%s' is left out: %s", country, p->id,
                          tf_quote_barred(p));
    }
}

/* ---- import ------------------------------------------------------------------------------------ */

/* The first fault that stops an import, as an error. */
static enum tf_code first_fault(const struct tf_notices *faults, struct tf_err *reterr)
{
    for (size_t k = 0; k < faults->n; k++) {
        const struct tf_notice *n = &faults->item[k];
        if (n->level != TF_ERROR || strcmp(n->id, TF_BARRED) == 0)
            continue;
        (void)tf_fail_at(reterr, TF_E_INPUT, n->file, n->line, n->column, "%s", n->text);
        return tf_help(reterr, "%s", n->help == NULL ? "Nothing was imported." : n->help);
    }
    return TF_OK;
}

struct import {
    struct tf_arena *arena;
    struct tf_keep *keep;
    const char *country;
    const struct tf_listen_files *files;
    struct tf_judged *j;
    struct tf_db *db;
    const char *codebook_evidence, *segments_evidence;
};

/* A path as evidence names it: relative to the study, never with a machine's folders. */
static const char *relative(const struct import *m, const char *path)
{
    const char *base = m->files->base;
    const size_t n = base == NULL ? 0 : strlen(base);
    if (path == NULL)
        return "";
    if (tf_streq(base, ".") && path[0] != '/')
        return path[0] == '.' && path[1] == '/' ? path + 2 : path;
    if (n > 0 && strncmp(path, base, n) == 0 && (path[n] == '/' || base[n - 1] == '/'))
        return path + n + (path[n] == '/');
    return tf_path_name(path);
}

/* Register one thing. */
static enum tf_code put_evidence(struct import *m, const char *kind, const char *name,
                                 const char *title, const struct tf_hash *hash, const char *file,
                                 const char **ret, struct tf_err *reterr)
{
    const struct tf_evidence e = {.kind = kind,
                                  .country = m->country,
                                  .strand = "context",
                                  .name = name,
                                  .title = title,
                                  .hash = hash->hex,
                                  .file = relative(m, file),
                                  .detail = "{}"};
    return tf_evidence_put(tf_keep_register(m->keep), &e, ret, reterr);
}

static struct tf_hash law_hash(const struct tf_law *l)
{
    const char *const text[] = {l->id, l->instrument, l->article, l->criterion, l->criterion_label,
                                l->status, l->date, l->note};
    struct tf_hasher h;
    tf_hasher_begin(&h);
    for (size_t k = 0; k < sizeof text / sizeof text[0]; k++)
        tf_hasher_text(&h, text[k]);
    return tf_hasher_end(&h);
}

static enum tf_code register_all(struct import *m, struct tf_err *reterr)
{
    struct tf_judged *j = m->j;
    if (j->has_codebook)
        TF_TRY(put_evidence(m, "codebook", "codebook", "Codebook", &j->codebook_hash,
                            m->files->codebook, &m->codebook_evidence, reterr));
    if (j->has_segments) {
        TF_TRY(put_evidence(m, "segments", "segments", "Coded passages", &j->segments_hash,
                            m->files->segments, &m->segments_evidence, reterr));
        if (m->codebook_evidence != NULL)
            TF_TRY(tf_evidence_link(tf_keep_register(m->keep), m->segments_evidence,
                                    m->codebook_evidence, reterr));
    }
    for (size_t k = 0; k < j->l.n_laws; k++) {
        struct tf_law *l = &j->l.law[k];
        const struct tf_hash hash = law_hash(l);
        const char *title = tf_printf(m->arena, "%s%s%s", l->instrument,
                                      *l->article == '\0' ? "" : ", ", l->article);
        TF_TRY(put_evidence(m, "law", l->id, title, &hash, m->files->legal, &l->evidence, reterr));
    }
    return TF_OK;
}

static enum tf_code clear(struct tf_db *db, const char *statement, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, statement, &q, reterr));
    return tf_run(q, reterr);
}

static enum tf_code put_codes(struct import *m, struct tf_err *reterr)
{
    for (size_t k = 0; k < m->j->l.n_codes; k++) {
        const struct tf_code_entry *e = &m->j->l.code[k];
        struct tf_stmt *q;
        TF_TRY(tf_sql(m->db, "put_code", &q, reterr));
        tf_bind_int(q, 1, (int64_t)k);
        tf_bind_text(q, 2, e->id);
        tf_bind_text(q, 3, e->label);
        tf_bind_text(q, 4, e->theme);
        tf_bind_text(q, 5, e->definition);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code put_segments(struct import *m, struct tf_err *reterr)
{
    const struct tf_listened *l = &m->j->l;
    for (size_t k = 0; k < l->n_segments; k++) {
        const struct tf_segment *g = &l->segment[k];
        struct tf_hash hash = {{0}};
        const char *who = "", *text, *quote;
        struct tf_stmt *q;
        for (size_t t = 0; t < l->n_transcripts; t++)
            if (strcmp(l->transcript[t].id, g->transcript) == 0) {
                who = l->transcript[t].participant;
                hash = tf_hash_bytes(l->transcript[t].text, strlen(l->transcript[t].text));
            }
        TF_TRY(tf_keep_words_seal(m->arena, m->keep, m->country, who, g->text, &text, reterr));
        TF_TRY(tf_keep_words_seal(m->arena, m->keep, m->country, who, g->quote, &quote, reterr));
        TF_TRY(tf_sql(m->db, "put_segment", &q, reterr));
        tf_bind_int(q, 1, (int64_t)k);
        tf_bind_text(q, 2, g->id);
        tf_bind_text(q, 3, g->transcript);
        tf_bind_text(q, 4, g->code);
        tf_bind_text(q, 5, g->coder);
        tf_bind_int(q, 6, (int64_t)g->start);
        tf_bind_int(q, 7, (int64_t)g->end);
        tf_bind_text(q, 8, text);
        tf_bind_text(q, 9, quote);
        tf_bind_text(q, 10, hash.hex);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code put_laws(struct import *m, struct tf_err *reterr)
{
    for (size_t k = 0; k < m->j->l.n_laws; k++) {
        const struct tf_law *l = &m->j->l.law[k];
        const char *const text[] = {l->id,     l->instrument, l->article, l->criterion,
                                    l->criterion_label, l->status, l->date, l->note, l->evidence};
        struct tf_stmt *q;
        TF_TRY(tf_sql(m->db, "put_law", &q, reterr));
        tf_bind_int(q, 1, (int64_t)k);
        for (size_t c = 0; c < sizeof text / sizeof text[0]; c++)
            tf_bind_text(q, (int)c + 2, text[c]);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code put_origin(struct import *m, const char *name, const struct tf_hash *hash,
                               const char *evidence, struct tf_err *reterr)
{
    struct tf_stmt *q;
    if (evidence == NULL)
        return TF_OK;
    TF_TRY(tf_sql(m->db, "put_origin", &q, reterr));
    tf_bind_text(q, 1, name);
    tf_bind_text(q, 2, hash->hex);
    tf_bind_text(q, 3, evidence);
    return tf_run(q, reterr);
}

/* Hash of all that will be stored: codebook, passages with the text they are cut from, laws. */
static struct tf_hash content_hash(const struct import *m)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, m->j->has_codebook ? m->j->codebook_hash.hex : NULL);
    tf_hasher_text(&h, m->j->has_segments ? m->j->segments_hash.hex : NULL);
    for (size_t k = 0; k < m->j->l.n_transcripts; k++) {
        tf_hasher_text(&h, m->j->l.transcript[k].id);
        tf_hasher_text(&h, m->j->l.transcript[k].text);
    }
    for (size_t k = 0; k < m->j->l.n_laws; k++)
        tf_hasher_text(&h, law_hash(&m->j->l.law[k]).hex);
    return tf_hasher_end(&h);
}

/* Does the store hold this already? Then it is left alone: written again it would be enciphered
 * anew, and a backup would see a change where there is none. */
static enum tf_code stands_already(struct import *m, const struct tf_hash *content, bool *ret,
                                   struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    *ret = false;
    TF_TRY(tf_sql(m->db, "origin", &q, reterr));
    tf_bind_text(q, 1, "content");
    while (tf_step(q, &code, reterr))
        *ret = tf_streq(tf_col_text(m->arena, q, 0), content->hex);
    return code;
}

static enum tf_code replace_all(struct import *m, struct tf_err *reterr)
{
    const struct tf_hash content = content_hash(m);
    bool same;
    TF_TRY(stands_already(m, &content, &same, reterr));
    if (same)
        return TF_OK;
    static const char *const tables[] = {"clear_code", "clear_segment", "clear_law", "clear_origin"};
    TF_TRY(tf_db_begin(m->db, reterr));
    enum tf_code code = TF_OK;
    for (size_t k = 0; k < sizeof tables / sizeof tables[0] && code == TF_OK; k++)
        code = clear(m->db, tables[k], reterr);
    if (code == TF_OK)
        code = put_codes(m, reterr);
    if (code == TF_OK)
        code = put_segments(m, reterr);
    if (code == TF_OK)
        code = put_laws(m, reterr);
    if (code == TF_OK)
        code = put_origin(m, "segments", &m->j->segments_hash, m->segments_evidence, reterr);
    if (code == TF_OK)
        code = put_origin(m, "content", &content, "", reterr);
    if (code == TF_OK)
        code = tf_db_commit(m->db, reterr);
    if (code != TF_OK)
        tf_db_rollback(m->db);
    return code;
}

static enum tf_code put_people(struct import *m, struct tf_err *reterr)
{
    const struct tf_listened *l = &m->j->l;
    if (m->j->has_participants)
        TF_TRY(tf_keep_participants_put(m->keep, m->country, l->participant, l->n_participants,
                                        relative(m, m->files->participants), reterr));
    for (size_t k = 0; k < l->n_transcripts; k++) {
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted between two transcripts");
        TF_TRY(tf_keep_transcript_put(m->keep, m->country, &l->transcript[k],
                                      relative(m, m->j->transcript_file[k]), reterr));
    }
    return TF_OK;
}

static enum tf_code import_judged(struct import *m, struct tf_err *reterr)
{
    TF_TRY(tf_keep_file(m->keep, m->country, "context", "coding", tf_listen_sql, &m->db, reterr));
    TF_TRY(put_people(m, reterr));
    TF_TRY(register_all(m, reterr));
    return replace_all(m, reterr);
}

enum tf_code tf_listen_import(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                              const struct tf_listen_files *files, struct tf_err *reterr)
{
    struct tf_notices faults = {.arena = arena};
    struct import m = {.arena = arena, .keep = keep, .country = country, .files = files};
    m.j = tf_listen_judge(arena, files, &faults);
    TF_TRY(first_fault(&faults, reterr));
    return import_judged(&m, reterr);
}

/* ---- the study --------------------------------------------------------------------------------- */

struct tf_listen_files tf_listen_files_of(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country)
{
    struct tf_listen_files f = {.base = study->dir};
    const struct {
        const char *pattern, **to;
    } list[] = {{study->participants, &f.participants}, {study->codebook, &f.codebook},
                {study->segments, &f.segments},         {study->legal, &f.legal}};
    for (size_t k = 0; k < sizeof list / sizeof list[0]; k++) {
        const char *path = tf_study_path(arena, study, list[k].pattern, country, NULL);
        if (path != NULL && tf_file_exists(path))
            *list[k].to = path;
    }
    const char *dir = tf_study_path(arena, study, study->transcripts, country, NULL);
    if (dir != NULL && tf_dir_exists(dir))
        f.transcripts = dir;
    return f;
}

/* How many entries a country's context strand has in the register, and a hash over their ids. */
static enum tf_code context_hash(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                                 struct tf_hash *ret, struct tf_err *reterr)
{
    struct tf_evidence *list;
    struct tf_hasher h;
    size_t n;
    TF_TRY(tf_evidence_list(arena, tf_keep_register(keep), country, &list, &n, reterr));
    tf_hasher_begin(&h);
    for (size_t k = 0; k < n; k++)
        if (tf_streq(list[k].strand, "context"))
            tf_hasher_text(&h, list[k].id);
    *ret = tf_hasher_end(&h);
    return TF_OK;
}

enum tf_code tf_listen_study(struct tf_arena *arena, const struct tf_study *study,
                             struct tf_keep *keep, const char *country, bool *ret_changed,
                             struct tf_err *reterr)
{
    const struct tf_listen_files files = tf_listen_files_of(arena, study, country);
    struct tf_hash before, after;
    if (files.transcripts == NULL && files.participants == NULL && files.segments == NULL &&
        files.legal == NULL) {
        if (ret_changed != NULL)
            *ret_changed = false;
        return TF_OK;
    }
    TF_TRY(context_hash(arena, keep, country, &before, reterr));
    TF_TRY(tf_listen_import(arena, keep, country, &files, reterr));
    TF_TRY(context_hash(arena, keep, country, &after, reterr));
    if (ret_changed != NULL)
        *ret_changed = strcmp(before.hex, after.hex) != 0;
    return TF_OK;
}
