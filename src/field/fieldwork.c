/* The field's book: opening it, and the forms that are out.
 *
 * One small encrypted file, <study>/.trefoil/field.db, says what devices are given, who holds one, and
 * who goes where. The collecting process reads it often and writes it rarely; another process (the
 * command door) writes it while the server runs. So who reads keeps tf_fieldwork_version: SQLite's
 * data_version, which changes when another connection has written.
 *
 * Lists of names are kept as lines of one text: names hold no line end (forms.c sees to it).
 *
 * Does not: hold an answer, or a secret that opens anything by itself. */
#include <string.h>
#include <sys/stat.h>

#include "field/inside.h"

#include "gen/field_sql.h" /* wants struct tf_named_sql */

enum tf_code tf_fieldwork_open(struct tf_arena *arena, const char *study_dir, bool create,
                               struct tf_fieldwork **ret, struct tf_err *reterr)
{
    const char *folder = tf_path_join(arena, study_dir, ".trefoil"),
               *path = tf_path_join(arena, folder, "field.db"),
               *key_path = tf_path_join(arena, folder, "field.key");
    const bool there = tf_file_exists(path);
    const unsigned char *key;
    if (!there && !create) {
        (void)tf_fail(reterr, TF_E_STALE, "the study has no fieldwork yet");
        return tf_help(reterr, "`trefoil field publish FORM --country CODE` puts a form out.");
    }
    if (create && !tf_dir_exists(folder)) {
        TF_TRY(tf_dir_make(folder, reterr));
        if (chmod(folder, 0700) != 0)
            return tf_fail_at(reterr, TF_E_IO, folder, 0, 0, "the folder stays open to others");
    }
    TF_TRY(tf_field_key(arena, key_path, create && !there, &key, reterr));
    struct tf_fieldwork *fw = TF_NEW(arena, struct tf_fieldwork);
    fw->arena = arena;
    fw->dir = tf_strdup(arena, study_dir);
    TF_TRY(tf_db_open(arena, path, there ? TF_DB_WRITE : TF_DB_CREATE, key, tf_field_sql, &fw->db,
                      reterr));
    *ret = fw;
    return TF_OK;
}

int64_t tf_fieldwork_version(struct tf_fieldwork *fw)
{
    struct tf_stmt *q;
    enum tf_code code;
    int64_t version = -1;
    if (tf_sql(fw->db, "changes", &q, NULL) == TF_OK && tf_step(q, &code, NULL)) {
        version = tf_col_int(q, 0);
        (void)tf_step(q, &code, NULL); /* to the end, so that no lock stays */
    }
    return version;
}

/* ---- forms that are out --------------------------------------------------------------------- */

const char *tf_lines_join(struct tf_arena *arena, const char *const *name, size_t n)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s", k == 0 ? "" : "\n", name[k]);
    return tf_buf_text(&b);
}

static void lines_split(struct tf_arena *arena, const char *text, const char ***ret, size_t *ret_n)
{
    char **piece;
    *ret_n = 0;
    *ret = NULL;
    if (tf_is_blank(text))
        return;
    *ret_n = tf_split(arena, text, '\n', &piece);
    *ret = TF_NEW_N(arena, const char *, *ret_n);
    for (size_t k = 0; k < *ret_n; k++)
        (*ret)[k] = piece[k];
}

/* The columns of form_list and form_one. */
static void read_form(struct tf_arena *arena, struct tf_fieldwork *fw, struct tf_stmt *q,
                      struct tf_out_form *ret)
{
    *ret = (struct tf_out_form){
        .country = tf_col_text(arena, q, 0),
        .id = tf_col_text(arena, q, 1),
        .version = tf_col_text(arena, q, 2),
        .title = tf_col_text(arena, q, 3),
        .evidence = tf_col_text(arena, q, 4),
        .state = (enum tf_form_state)tf_col_int(q, 5),
        .current = tf_col_int(q, 6) != 0,
        .encrypted = tf_col_int(q, 7) != 0,
        .xml = tf_path_join(arena, fw->dir, tf_col_text(arena, q, 8)),
        .md5 = tf_col_text(arena, q, 9),
        .draft_token = tf_col_text(arena, q, 10),
        .own_assignments = tf_col_int(q, 11) != 0,
        .own_quotas = tf_col_int(q, 12) != 0,
        .self = tf_col_text(arena, q, 14),
        .who = (enum tf_respondent)tf_col_int(q, 15),
        .strand = (enum tf_strand)tf_col_int(q, 16),
        .purpose = tf_col_text(arena, q, 17),
        .dataset = tf_col_text(arena, q, 18),
    };
    lines_split(arena, tf_col_text(arena, q, 13), &ret->clear, &ret->n_clear);
}

/* Media that are there, and names of those that are not. */
static enum tf_code read_media(struct tf_arena *arena, struct tf_fieldwork *fw,
                               struct tf_out_form *f, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t cap = 0, cap_expected = 0;
    TF_TRY(tf_sql(fw->db, "media_list", &q, reterr));
    tf_bind_text(q, 1, f->country);
    tf_bind_text(q, 2, f->id);
    tf_bind_text(q, 3, f->version);
    while (tf_step(q, &code, reterr)) {
        const char *name = tf_col_text(arena, q, 0);
        if (tf_col_null(q, 1)) {
            f->expected = tf_grow(arena, f->expected, f->n_expected, &cap_expected,
                                  sizeof *f->expected);
            f->expected[f->n_expected++] = name;
            continue;
        }
        f->media = tf_grow(arena, f->media, f->n_media, &cap, sizeof *f->media);
        f->media[f->n_media++] =
            (struct tf_out_media){.name = name,
                                  .path = tf_path_join(arena, fw->dir, tf_col_text(arena, q, 1)),
                                  .md5 = tf_col_text(arena, q, 2)};
    }
    return code;
}

enum tf_code tf_forms_out(struct tf_arena *arena, struct tf_fieldwork *fw,
                          struct tf_out_form **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_out_form *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "form_list", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        read_form(arena, fw, q, &list[n++]);
    }
    TF_TRY(code);
    for (size_t k = 0; k < n; k++)
        TF_TRY(read_media(arena, fw, &list[k], reterr));
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_form_out_find(struct tf_arena *arena, struct tf_fieldwork *fw, const char *country,
                              const char *id, const char *version, bool *ret_found,
                              struct tf_out_form *ret, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "form_one", &q, reterr));
    tf_bind_text(q, 1, country);
    tf_bind_text(q, 2, id);
    tf_bind_text(q, 3, version);
    *ret_found = tf_step(q, &code, reterr);
    if (!*ret_found)
        return code;
    read_form(arena, fw, q, ret);
    TF_TRY(tf_run(q, reterr));
    return read_media(arena, fw, ret, reterr);
}

static enum tf_code write_media(struct tf_fieldwork *fw, const struct tf_out_form *f,
                                struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(fw->db, "media_clear", &q, reterr));
    tf_bind_text(q, 1, f->country);
    tf_bind_text(q, 2, f->id);
    tf_bind_text(q, 3, f->version);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < f->n_media + f->n_expected; k++) {
        const struct tf_out_media *m = k < f->n_media ? &f->media[k] : NULL;
        TF_TRY(tf_sql(fw->db, "media_put", &q, reterr));
        tf_bind_text(q, 1, f->country);
        tf_bind_text(q, 2, f->id);
        tf_bind_text(q, 3, f->version);
        tf_bind_text(q, 4, m != NULL ? m->name : f->expected[k - f->n_media]);
        tf_bind_text(q, 5, m != NULL ? m->path : NULL);
        tf_bind_text(q, 6, m != NULL ? m->md5 : NULL);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code write_form(struct tf_fieldwork *fw, const struct tf_out_form *f,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    if (f->current) {
        TF_TRY(tf_sql(fw->db, "form_retire", &q, reterr));
        tf_bind_text(q, 1, f->country);
        tf_bind_text(q, 2, f->id);
        TF_TRY(tf_run(q, reterr));
    }
    TF_TRY(tf_sql(fw->db, "form_put", &q, reterr));
    const char *const text[] = {f->country, f->id, f->version, f->title, f->evidence};
    for (int k = 0; k < 5; k++)
        tf_bind_text(q, k + 1, text[k]);
    tf_bind_int(q, 6, (int64_t)f->state);
    tf_bind_int(q, 7, f->current);
    tf_bind_int(q, 8, f->encrypted);
    tf_bind_text(q, 9, f->xml);
    tf_bind_text(q, 10, f->md5);
    tf_bind_text(q, 11, f->draft_token);
    tf_bind_int(q, 12, f->own_assignments);
    tf_bind_int(q, 13, f->own_quotas);
    tf_bind_text(q, 14, tf_lines_join(fw->arena, f->clear, f->n_clear));
    tf_bind_text(q, 15, f->self);
    tf_bind_int(q, 16, (int64_t)f->who);
    tf_bind_int(q, 17, (int64_t)f->strand);
    tf_bind_text(q, 18, f->purpose);
    tf_bind_text(q, 19, f->dataset);
    TF_TRY(tf_run(q, reterr));
    return write_media(fw, f, reterr);
}

enum tf_code tf_form_out_put(struct tf_fieldwork *fw, const struct tf_out_form *f,
                             struct tf_err *reterr)
{
    TF_TRY(tf_db_begin(fw->db, reterr));
    enum tf_code code = write_form(fw, f, reterr);
    if (code == TF_OK)
        code = tf_db_commit(fw->db, reterr);
    if (code != TF_OK)
        tf_db_rollback(fw->db);
    return code;
}

enum tf_code tf_form_state_set(struct tf_fieldwork *fw, const char *country, const char *id,
                               enum tf_form_state state, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t n = 0;
    if (state == TF_FORM_DRAFT) {
        (void)tf_fail(reterr, TF_E_USAGE, "a form that is out cannot become a draft again");
        return tf_help(reterr, "Close it, or publish a draft of a new version.");
    }
    TF_TRY(tf_sql(fw->db, "form_state", &q, reterr));
    tf_bind_text(q, 1, country);
    tf_bind_text(q, 2, id);
    tf_bind_int(q, 3, (int64_t)state);
    while (tf_step(q, &code, reterr))
        n++;
    if (code != TF_OK || n > 0)
        return code;
    (void)tf_fail(reterr, TF_E_INPUT, "no form '%s' is out in %s", id, country);
    return tf_help(reterr, "`trefoil field forms` lists what is out.");
}
