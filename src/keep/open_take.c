/* From the inbox into the vault.
 *
 *     inbox record ──► posts of its instance united ──► files missing? ──yes──► waits, as it came
 *                                                        │ no
 *                           manifest? opened by the form's private key, signature proved
 *                                                        │
 *                           read with its version of the form: the participant's code
 *                                                        │
 *                           sealed under the participant's key, put
 *
 * Records come in batches of some hundred, since the keys of participants are one file: their answers
 * stand open in one arena for as long as a batch takes, and the arena is wiped. A batch is one
 * transaction; interrupted at any instant the vault has whole batches, and the next run goes on.
 *
 * What waits for files lies as it came (encrypted by the tablet, where the form is) in the vault's
 * encrypted file. A record that does not open is kept in the same way, named, and tried again at the
 * next run: the key, or the version of its form, may be there then. Of a participant who withdrew
 * nothing is kept. */
#include <string.h>

#include "keep/open_record.h"

enum { BATCH = 256 };
static const size_t batch_bytes = (size_t)48 << 20, batch_limit = (size_t)2 << 30;

static enum tf_code load_waiting(struct open_taking *t, struct tf_db *db, struct open_record *r,
                                 struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "part_list", &q, reterr));
    tf_bind_text(q, 1, r->instance);
    while (tf_step(q, &code, reterr)) {
        size_t n;
        const void *data = tf_col_blob(t->batch, q, 1, &n);
        tf_open_add(t, r, tf_col_text(t->batch, q, 0), data == NULL ? "" : data, n);
    }
    return code;
}

/* ---- A batch ------------------------------------------------------------------------------------ */

static enum tf_code put_parts(struct open_taking *t, struct tf_db *db, const struct open_record *r,
                              const unsigned char *key, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "part_clear", &q, reterr));
    tf_bind_text(q, 1, r->instance);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < r->n_files; k++) {
        struct tf_bytes data = {r->file[k].data, r->file[k].n};
        if (key != NULL)
            tf_open_seal(t->batch, key, r->instance, &r->file[k], &data);
        TF_TRY(tf_sql(db, "part_put", &q, reterr));
        tf_bind_text(q, 1, r->instance);
        tf_bind_text(q, 2, r->file[k].name);
        tf_bind_blob(q, 3, data.data, data.n);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code put_record(struct open_taking *t, struct tf_db *db, const struct open_record *r,
                               struct tf_err *reterr)
{
    const bool withdrawn = r->key != NULL && r->key->state == TF_RECORD_WITHDRAWN;
    struct tf_stmt *q;
    for (size_t k = 0; k < r->n_posts; k++) {
        TF_TRY(tf_sql(db, "post_add", &q, reterr));
        tf_bind_int(q, 1, r->post[k]);
        tf_bind_text(q, 2, r->instance);
        TF_TRY(tf_run(q, reterr));
    }
    TF_TRY(tf_sql(db, withdrawn ? "record_remove" : "record_put", &q, reterr));
    tf_bind_text(q, 1, r->instance);
    if (withdrawn)
        return tf_run(q, reterr);
    tf_bind_int(q, 2, r->number);
    tf_bind_text(q, 3, r->form->id);
    tf_bind_text(q, 4, r->version);
    tf_bind_text(q, 5, r->deprecated);
    tf_bind_int(q, 6, r->state);
    tf_bind_text(q, 7, r->state == OPEN_OPENED ? r->code : NULL);
    tf_bind_int(q, 8, r->coded);
    tf_bind_int(q, 9, r->stopped);
    tf_bind_text(q, 10, r->why);
    TF_TRY(tf_run(q, reterr));
    return put_parts(t, db, r, r->key == NULL ? NULL : r->key->key, reterr);
}

static struct tf_open_count *count_of(struct tf_open_result *counts, const char *form)
{
    for (size_t k = 0; k < counts->n_forms; k++)
        if (strcmp(counts->form[k].form, form) == 0)
            return &counts->form[k];
    return NULL;
}

/* All of a batch that lies in one file of the vault, as one transaction. */
static enum tf_code put_batch(struct open_taking *t, struct tf_db *db, struct tf_err *reterr)
{
    TF_TRY(tf_db_begin(db, reterr));
    enum tf_code code = TF_OK;
    for (size_t k = 0; k < t->n && code == TF_OK; k++) {
        struct tf_db *own;
        code = tf_open_store(t->o, t->record[k].form, &own, reterr);
        if (code != TF_OK || own != db || t->record[k].put)
            continue;
        t->record[k].put = true;
        code = put_record(t, db, &t->record[k], reterr);
        count_of(t->counts, t->record[k].form->id)->taken += t->record[k].n_posts;
    }
    if (code == TF_OK)
        code = tf_db_commit(db, reterr);
    if (code != TF_OK)
        tf_db_rollback(db);
    return code;
}

static void new_batch(struct open_taking *t)
{
    t->batch = tf_arena_new_wiped("a batch of submissions", batch_limit);
    t->record = NULL;
    t->n = t->cap = t->bytes = 0;
}

static enum tf_code open_all(struct open_taking *t, struct tf_err *reterr)
{
    for (size_t k = 0; k < t->n; k++) {
        struct tf_db *db;
        TF_TRY(tf_open_store(t->o, t->record[k].form, &db, reterr));
        if (t->record[k].known)
            TF_TRY(load_waiting(t, db, &t->record[k], reterr));
        tf_open_try(t, &t->record[k]);
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; what was taken in before stands");
    }
    return TF_OK;
}

/* The keys of those that opened; new participants are given one. */
static enum tf_code keys_of(struct open_taking *t, struct tf_err *reterr)
{
    struct tf_record_key *key;
    const char **code = TF_NEW_N(t->batch, const char *, t->n);
    size_t n = 0;
    for (size_t k = 0; k < t->n; k++)
        if (t->record[k].state == OPEN_OPENED)
            code[n++] = t->record[k].code;
    TF_TRY(tf_record_keys(t->batch, t->o->keep->key, t->o->opt->country, code, n, true, &key, reterr));
    for (size_t k = 0; k < t->n; k++)
        t->record[k].key = t->record[k].state == OPEN_OPENED ? key++ : NULL;
    return TF_OK;
}

static enum tf_code finish_batch(struct open_taking *t, struct tf_err *reterr)
{
    struct tf_db *db;
    TF_TRY(open_all(t, reterr));
    TF_TRY(keys_of(t, reterr));
    TF_TRY(tf_open_consents(t, reterr));
    for (size_t k = 0; k < t->o->study->n_forms; k++) {
        if (!tf_open_wants(t->o, &t->o->study->form[k]))
            continue;
        TF_TRY(tf_open_store(t->o, &t->o->study->form[k], &db, reterr));
        TF_TRY(put_batch(t, db, reterr));
    }
    return TF_OK;
}

static enum tf_code flush(struct open_taking *t, struct tf_err *reterr)
{
    const enum tf_code code = t->n == 0 ? TF_OK : finish_batch(t, reterr);
    tf_arena_free(t->batch);
    new_batch(t);
    return code;
}

/* ---- The walk ----------------------------------------------------------------------------------- */

static const struct tf_study_form *form_of(const struct open_taking *t, const struct tf_inbox_head *head)
{
    const struct tf_study_form *f = tf_study_form(t->o->study, head->form);
    return f != NULL && strcmp(head->country, t->o->opt->country) == 0 && tf_open_wants(t->o, f) ? f
                                                                                                 : NULL;
}

static enum tf_code is_known(struct tf_db *db, const struct tf_inbox_head *head, bool *ret_post,
                             bool *ret_record, int64_t *ret_number, int *ret_state,
                             struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "post_known", &q, reterr));
    tf_bind_int(q, 1, (int64_t)head->number);
    *ret_post = tf_step(q, &code, reterr);
    TF_TRY(*ret_post ? tf_run(q, reterr) : code);
    TF_TRY(tf_sql(db, "record_get", &q, reterr));
    tf_bind_text(q, 1, head->instance);
    *ret_record = tf_step(q, &code, reterr);
    if (!*ret_record)
        return code;
    *ret_number = tf_col_int(q, 0);
    *ret_state = (int)tf_col_int(q, 4);
    return tf_run(q, reterr);
}

static struct open_record *in_batch(struct open_taking *t, const char *instance)
{
    for (size_t k = 0; k < t->n; k++)
        if (strcmp(t->record[k].instance, instance) == 0)
            return &t->record[k];
    return NULL;
}

static struct open_record *new_record(struct open_taking *t, const struct tf_study_form *form,
                                 const struct tf_inbox_head *head)
{
    t->record = tf_grow(t->batch, t->record, t->n, &t->cap, sizeof *t->record);
    struct open_record *r = &t->record[t->n++];
    *r = (struct open_record){.instance = tf_strdup(t->batch, head->instance),
                         .version = tf_strdup(t->batch, head->version),
                         .deprecated = head->deprecated == NULL ? NULL
                                                                : tf_strdup(t->batch, head->deprecated),
                         .form = form,
                         .language = "",
                         .day = "",
                         .sender = tf_strdup(t->batch, head->sender == NULL ? "" : head->sender),
                         .sw = TF_NEW_N(t->batch, struct tf_switch, form->n_consents),
                         .number = (int64_t)head->number};
    return r;
}

static void add_post(struct open_taking *t, struct open_record *r, const struct tf_inbox_record *record)
{
    const struct tf_inbox_head *head = record->head;
    for (size_t k = 0; k < record->n_parts; k++)
        tf_open_add(t, r, k == 0 ? OPEN_XML : record->part[k].name, record->part[k].data,
                 record->part[k].n);
    for (size_t k = 0; k < head->n_clear; k++)
        if (strcmp(head->clear[k].name, "completion") == 0)
            r->stopped = strcmp(head->clear[k].value, "complete") != 0;
    r->post = tf_grow(t->batch, r->post, r->n_posts, &r->cap_posts, sizeof *r->post);
    r->post[r->n_posts++] = (int64_t)head->number;
}

static enum tf_code on_record(const struct tf_inbox_record *record, void *to, struct tf_err *reterr)
{
    struct open_taking *t = to;
    const struct tf_inbox_head *head = record->head;
    const struct tf_study_form *form = form_of(t, head);
    bool post, known;
    int64_t number = 0;
    int state = OPEN_WAITING;
    struct tf_db *db;
    t->gap = t->gap || head->number != t->next;
    if (!t->gap)
        t->next = head->number + 1;
    if (form == NULL)
        return TF_OK;
    TF_TRY(tf_open_store(t->o, form, &db, reterr));
    TF_TRY(is_known(db, head, &post, &known, &number, &state, reterr));
    if (post)
        return TF_OK;
    struct open_record *r = in_batch(t, head->instance);
    if (r == NULL) {
        r = new_record(t, form, head);
        r->known = known && state != OPEN_OPENED;
        r->number = known ? number : r->number;
    }
    add_post(t, r, record);
    return t->n >= BATCH || t->bytes > batch_bytes ? flush(t, reterr) : TF_OK;
}

/* ---- Again -------------------------------------------------------------------------------------- */

struct closed { /* a record that waits, or did not open */
    const char *instance, *version, *deprecated;
    int64_t number, posts;
    bool stopped;
};

static enum tf_code list_closed(struct opening *o, const struct tf_study_form *form,
                                struct closed **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct closed *list = NULL;
    struct tf_stmt *q;
    struct tf_db *db;
    enum tf_code code;
    size_t n = 0, cap = 0;
    TF_TRY(tf_open_store(o, form, &db, reterr));
    TF_TRY(tf_sql(db, "record_closed", &q, reterr));
    tf_bind_text(q, 1, form->id);
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(o->arena, list, n, &cap, sizeof *list);
        list[n++] = (struct closed){.instance = tf_col_text(o->arena, q, 0),
                                    .number = tf_col_int(q, 1),
                                    .version = tf_col_text(o->arena, q, 2),
                                    .deprecated = tf_col_text(o->arena, q, 3),
                                    .stopped = tf_col_int(q, 4) == 1,
                                    .posts = tf_col_int(q, 5)};
    }
    *ret = list;
    *ret_n = n;
    return code;
}

/* Those that were closed before this run and got nothing new in it: the key, or the form, may be here
 * now. Both lists are by number. */
static enum tf_code try_again(struct open_taking *t, const struct tf_study_form *form,
                              const struct closed *before, size_t n_before, struct tf_err *reterr)
{
    struct closed *now;
    size_t n, at = 0;
    TF_TRY(list_closed(t->o, form, &now, &n, reterr));
    for (size_t k = 0; k < n_before; k++) {
        while (at < n && now[at].number < before[k].number)
            at++;
        if (at == n || now[at].number != before[k].number || now[at].posts != before[k].posts)
            continue;
        const struct tf_inbox_head head = {.instance = before[k].instance,
                                           .number = (uint64_t)before[k].number,
                                           .version = before[k].version,
                                           .deprecated = before[k].deprecated};
        struct open_record *r = new_record(t, form, &head);
        r->known = true;
        r->stopped = before[k].stopped;
        if (t->n >= BATCH)
            TF_TRY(flush(t, reterr));
    }
    return flush(t, reterr);
}

/* ---- How far -------------------------------------------------------------------------------------- */

static enum tf_code walked(struct opening *o, const struct tf_study_form *form, uint64_t *ret,
                           struct tf_err *reterr)
{
    struct tf_stmt *q;
    struct tf_db *db;
    enum tf_code code;
    TF_TRY(tf_open_store(o, form, &db, reterr));
    TF_TRY(tf_sql(db, "walked_get", &q, reterr));
    tf_bind_text(q, 1, form->id);
    *ret = 0;
    while (tf_step(q, &code, reterr))
        *ret = (uint64_t)tf_col_int(q, 0);
    return code;
}

static enum tf_code set_walked(struct opening *o, const struct tf_study_form *form, uint64_t through,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    struct tf_db *db;
    uint64_t before;
    TF_TRY(walked(o, form, &before, reterr));
    if (before >= through)
        return TF_OK;
    TF_TRY(tf_open_store(o, form, &db, reterr));
    TF_TRY(tf_sql(db, "walked_put", &q, reterr));
    tf_bind_text(q, 1, form->id);
    tf_bind_int(q, 2, (int64_t)through);
    return tf_run(q, reterr);
}

static enum tf_code walk_inbox(struct open_taking *t, uint64_t from, struct tf_err *reterr)
{
    const struct opening *o = t->o;
    if (!tf_dir_exists(tf_keep_path(o->arena, o->study->dir, "inbox")))
        return TF_OK; /* nothing was ever sent */
    t->next = from;
    TF_TRY(tf_inbox_each(o->arena, o->study->dir, o->keep->key, from, on_record, t, o->out, reterr));
    return flush(t, reterr);
}

static enum tf_code take_all(struct open_taking *t, struct tf_err *reterr)
{
    struct opening *o = t->o;
    const struct tf_study *s = o->study;
    struct closed **before = TF_NEW_N(o->arena, struct closed *, s->n_forms);
    size_t *n_before = TF_NEW_N(o->arena, size_t, s->n_forms);
    uint64_t from = UINT64_MAX;
    for (size_t k = 0; k < s->n_forms; k++) {
        uint64_t through;
        if (!tf_open_wants(o, &s->form[k]))
            continue;
        TF_TRY(walked(o, &s->form[k], &through, reterr));
        TF_TRY(list_closed(o, &s->form[k], &before[k], &n_before[k], reterr));
        from = through + 1 < from ? through + 1 : from;
    }
    if (from == UINT64_MAX)
        return TF_OK; /* no form is meant */
    TF_TRY(walk_inbox(t, from, reterr));
    for (size_t k = 0; k < s->n_forms; k++) {
        if (!tf_open_wants(o, &s->form[k]))
            continue;
        TF_TRY(try_again(t, &s->form[k], before[k], n_before[k], reterr));
        TF_TRY(set_walked(o, &s->form[k], t->next == 0 ? 0 : t->next - 1, reterr));
    }
    return TF_OK;
}

enum tf_code tf_open_take(struct opening *o, struct tf_open_result *counts, struct tf_err *reterr)
{
    struct open_taking t = {.o = o, .counts = counts};
    new_batch(&t);
    const enum tf_code code = take_all(&t, reterr);
    tf_arena_free(t.batch);
    return code;
}
