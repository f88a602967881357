/* From records to a dataset.
 *
 * Of each record the newest state stands in the dataset, under the identity of its first: an edit names
 * the instance it replaces (deprecatedID), and so on back to the first.
 *
 *     uuid:1 ◄── uuid:5 ◄── uuid:9        one row, KEY uuid:1, answers of uuid:9, place of uuid:1
 *
 * Rows stand in the order in which their first states arrived, so what is new comes at the end and the
 * same records make the same dataset. Left out, and counted: what fieldwork rejected, with its reason;
 * whoever withdrew (their key is gone, so nothing could be read anyway; the row of the record goes
 * now). Two records with one participant's code are both kept, and named: which of them holds is for
 * people to decide.
 *
 * A dataset made here is the only snapshot of itself that is kept: earlier ones could hold somebody who
 * has withdrawn since, and can be made again from the records. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "keep/flatten.h"
#include "keep/open_inside.h"
#include "keep/records.h"

static const size_t dataset_limit = (size_t)3 << 30;

struct record {
    const char *instance, *version, *deprecated, *code, *root;
    int64_t number, first; /* first: the number of the first state */
    const unsigned char *key;
    bool coded, stopped;
};
struct building {
    struct opening *o;
    const struct tf_study_form *form;
    const struct tf_dataset *dataset;
    struct tf_open_count *count;
    struct tf_db *db;
    struct tf_arena *arena; /* wiped */
    struct record *record;
    size_t n, cap;
    struct record **row;    /* those that stand in the dataset, in order */
    size_t n_rows;
    struct used_version {
        struct open_version *version;
        size_t number; /* in the flat */
        bool used;
    } *version;
    size_t n_versions;
};

/* ---- Which records ------------------------------------------------------------------------------ */

static enum tf_code list_records(struct building *b, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(b->db, "record_list", &q, reterr));
    tf_bind_text(q, 1, b->form->id);
    while (tf_step(q, &code, reterr)) {
        b->record = tf_grow(b->arena, b->record, b->n, &b->cap, sizeof *b->record);
        b->record[b->n++] = (struct record){.instance = tf_col_text(b->arena, q, 0),
                                            .number = tf_col_int(q, 1),
                                            .version = tf_col_text(b->arena, q, 2),
                                            .deprecated = tf_col_text(b->arena, q, 3),
                                            .code = tf_col_text(b->arena, q, 4),
                                            .coded = tf_col_int(q, 5) == 1,
                                            .stopped = tf_col_int(q, 6) == 1};
    }
    return code;
}

/* The keys of all; what has none any more goes. */
static enum tf_code give_keys(struct building *b, struct tf_err *reterr)
{
    struct tf_record_key *key;
    struct tf_stmt *q;
    const char **code = TF_NEW_N(b->arena, const char *, b->n);
    size_t left = 0;
    for (size_t k = 0; k < b->n; k++)
        code[k] = b->record[k].code;
    TF_TRY(tf_record_keys(b->arena, b->o->keep->key, b->o->opt->country, code, b->n, false, &key,
                          reterr));
    for (size_t k = 0; k < b->n; k++) {
        if (key[k].state == TF_RECORD_HELD) {
            b->record[left] = b->record[k];
            b->record[left++].key = key[k].key;
            continue;
        }
        b->count->withdrawn++;
        TF_TRY(tf_sql(b->db, "record_remove", &q, reterr));
        tf_bind_text(q, 1, b->record[k].instance);
        TF_TRY(tf_run(q, reterr));
    }
    b->n = left;
    return TF_OK;
}

static int by_instance(const void *a, const void *b)
{
    return strcmp(((const struct record *)a)->instance, ((const struct record *)b)->instance);
}

static int by_root(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    const int c = strcmp(x->root, y->root);
    return c != 0 ? c : (x->number > y->number) - (x->number < y->number);
}

static int by_first(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : strcmp(x->root, y->root);
}

static struct record *find(const struct building *b, const char *instance)
{
    const struct record key = {.instance = instance};
    return instance == NULL ? NULL
                            : bsearch(&key, b->record, b->n, sizeof *b->record, by_instance);
}

/* The identity of a record: follow what it edits back to the first. A ring ends where it began. */
static const char *root_of(const struct building *b, const struct record *r)
{
    const char *root = r->instance;
    for (size_t steps = 0; r != NULL && r->deprecated != NULL && steps <= b->n; steps++) {
        root = r->deprecated;
        r = find(b, root);
    }
    return root;
}

static const struct tf_open_reject *rejection(const struct building *b, const char *root)
{
    for (size_t k = 0; k < b->o->opt->n_rejects; k++)
        if (strcmp(b->o->opt->reject[k].instance, root) == 0 &&
            strcmp(b->o->opt->reject[k].form, b->form->id) == 0)
            return &b->o->opt->reject[k];
    return NULL;
}

/* The newest of each record, in the order of their first. */
static void choose_rows(struct building *b)
{
    struct record **all = TF_NEW_N(b->arena, struct record *, b->n);
    b->row = TF_NEW_N(b->arena, struct record *, b->n);
    if (b->n == 0)
        return;
    qsort(b->record, b->n, sizeof *b->record, by_instance);
    for (size_t k = 0; k < b->n; k++) {
        b->record[k].root = root_of(b, &b->record[k]);
        all[k] = &b->record[k];
    }
    qsort(all, b->n, sizeof(struct record *), by_root);
    for (size_t k = 0, next; k < b->n; k = next) {
        for (next = k + 1; next < b->n && strcmp(all[next]->root, all[k]->root) == 0;)
            next++;
        struct record *newest = all[next - 1];
        newest->first = all[k]->number;
        b->count->edits += next - k - 1;
        const struct tf_open_reject *no = rejection(b, newest->root);
        if (no == NULL) {
            b->row[b->n_rows++] = newest;
            continue;
        }
        b->count->rejected++;
        tf_notice_add(b->o->out, TF_NOTE, "rejected", NULL, 0, 0, NULL,
                      "record %lld (%s) is left out: it was rejected%s%s", (long long)newest->number,
                      newest->root, tf_is_blank(no->reason) ? "" : ": ",
                      tf_is_blank(no->reason) ? "" : no->reason);
    }
    qsort(b->row, b->n_rows, sizeof(struct record *), by_first);
}

static int by_code(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    const int c = strcmp(x->code, y->code);
    return c != 0 ? c : by_first(a, b);
}

static void name_doubles(const struct building *b)
{
    struct record **sorted = TF_NEW_N(b->arena, struct record *, b->n_rows);
    size_t n = 0;
    for (size_t k = 0; k < b->n_rows; k++)
        if (b->row[k]->coded)
            sorted[n++] = b->row[k];
    qsort(sorted, n, sizeof(struct record *), by_code);
    for (size_t k = 1; k < n; k++)
        if (strcmp(sorted[k]->code, sorted[k - 1]->code) == 0)
            tf_notice_add(b->o->out, TF_WARNING, "same-participant", NULL, 0, 0,
                          "Both stand in the dataset; reject the one that does not hold.",
                          "records %lld (%s) and %lld (%s) carry the same participant code",
                          (long long)sorted[k - 1]->number, sorted[k - 1]->root,
                          (long long)sorted[k]->number, sorted[k]->root);
}

/* ---- Their forms --------------------------------------------------------------------------------- */

/* "10" comes after "9", "v2" after "v1": runs of digits count as numbers. */
static int compare_versions(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t x = strspn(a, "0123456789"), y = strspn(b, "0123456789");
        if (x == 0 || y == 0) {
            if (*a != *b)
                return *a < *b ? -1 : 1;
            a++, b++;
            continue;
        }
        for (; *a == '0' && x > 1; x--)
            a++;
        for (; *b == '0' && y > 1; y--)
            b++;
        const int c = x != y ? (x < y ? -1 : 1) : strncmp(a, b, x);
        if (c != 0)
            return c;
        a += x;
        b += y;
    }
    return (*a != '\0') - (*b != '\0');
}

/* Newest first: the one that devices are given, then by version. */
static int newest_first(const void *a, const void *b)
{
    const struct tf_open_form *x = &((const struct used_version *)a)->version->form;
    const struct tf_open_form *y = &((const struct used_version *)b)->version->form;
    return x->current != y->current ? (x->current ? -1 : 1) : compare_versions(y->version, x->version);
}

static enum tf_code flat_forms(struct building *b, struct tf_flat *flat, struct tf_err *reterr)
{
    struct opening *o = b->o;
    struct tf_crosswalk *cw = NULL;
    if (b->form->crosswalk != NULL)
        TF_TRY(tf_crosswalk_read(b->arena,
                                 tf_study_path(b->arena, o->study, b->form->crosswalk,
                                               o->opt->country, NULL),
                                 &cw, reterr));
    b->version = TF_NEW_N(b->arena, struct used_version, o->opt->n_versions);
    for (size_t k = 0; k < o->opt->n_versions; k++)
        if (strcmp(o->version[k].form.id, b->form->id) == 0 &&
            strcmp(o->version[k].form.country, o->opt->country) == 0)
            b->version[b->n_versions++].version = &o->version[k];
    qsort(b->version, b->n_versions, sizeof *b->version, newest_first);
    for (size_t k = 0; k < b->n_versions; k++) {
        const struct tf_open_form *f = &b->version[k].version->form;
        const struct tf_xform *x = tf_open_form(o, f->id, f->version);
        b->version[k].number = SIZE_MAX;
        if (x != NULL)
            TF_TRY(tf_flat_form(flat, x, cw, o->out, &b->version[k].number, reterr));
    }
    return TF_OK;
}

static struct used_version *version_of(const struct building *b, const char *version)
{
    for (size_t k = 0; k < b->n_versions; k++)
        if (strcmp(b->version[k].version->form.version, version) == 0)
            return &b->version[k];
    return NULL;
}

/* ---- Rows ---------------------------------------------------------------------------------------- */

static enum tf_code read_part(struct building *b, struct tf_arena *arena, const struct record *r,
                              struct tf_bytes *ret, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    const void *data = NULL;
    size_t n = 0;
    TF_TRY(tf_sql(b->db, "part_get", &q, reterr));
    tf_bind_text(q, 1, r->instance);
    tf_bind_text(q, 2, "");
    while (tf_step(q, &code, reterr))
        data = tf_col_blob(arena, q, 0, &n);
    TF_TRY(code);
    if (data == NULL || !tf_open_unseal(arena, r->key, r->instance, "", data, n, ret))
        return tf_fail(reterr, TF_E_REFUSED, "its answers in the vault are not what was put in");
    return TF_OK;
}

static enum tf_code add_row(struct building *b, struct tf_flat *flat, struct tf_arena *arena,
                            const struct record *r, struct tf_err *reterr)
{
    struct used_version *v = version_of(b, r->version);
    struct tf_instance *in;
    struct tf_bytes xml;
    if (v == NULL || v->number == SIZE_MAX)
        return tf_fail(reterr, TF_E_INPUT, "version '%.60s' of its form cannot be read", r->version);
    TF_TRY(read_part(b, arena, r, &xml, reterr));
    TF_TRY(tf_instance_read(arena, v->version->read, xml.data, xml.n, &in, reterr));
    const struct tf_flat_record record = {.form = v->number,
                                          .instance = in,
                                          .key = r->root,
                                          .code = r->coded ? r->code : NULL,
                                          .broken_off = r->stopped};
    v->used = true;
    b->count->records++;
    b->count->stopped += r->stopped;
    return tf_flat_add(flat, &record, b->o->out, reterr);
}

static enum tf_code add_rows(struct building *b, struct tf_flat *flat, struct tf_err *reterr)
{
    for (size_t k = 0; k < b->n_rows; k++) {
        struct tf_err err;
        struct tf_arena *arena = tf_arena_new_wiped("a submission", (size_t)256 << 20);
        const enum tf_code code = add_row(b, flat, arena, b->row[k], &err);
        tf_arena_free(arena);
        if (code == TF_E_LIMIT)
            return tf_fail(reterr, code, "%s", err.what);
        if (code != TF_OK)
            tf_notice_add(b->o->out, TF_ERROR, "does-not-read", NULL, 0, 0, NULL,
                          "record %lld (%s): %s", (long long)b->row[k]->number, b->row[k]->root,
                          err.what);
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; the dataset is as it was");
    }
    return TF_OK;
}

/* ---- The dataset --------------------------------------------------------------------------------- */

/* t is records, or one of its repeats. */
static enum tf_code put_table(struct building *b, struct tf_table *t, const struct tf_table *records,
                              struct tf_err *reterr)
{
    const struct tf_dataset *d = b->dataset;
    struct tf_keep *keep = b->o->keep;
    const char *country = b->o->opt->country, *strand = tf_strand_name(d->strand), *id;
    const char *repeat = t->name + strlen(d->id);
    const char *title = *repeat == '\0' ? d->title
                                        : tf_printf(keep->arena, "%s: %s", d->title, repeat + 1);
    struct tf_evidence before;
    bool found;
    TF_TRY(tf_void_apply(d, country, t, records, b->o->out, reterr));
    TF_TRY(tf_evidence_current(b->arena, keep->reg, "dataset", country, t->name, &found, &before,
                               reterr));
    TF_TRY(tf_keep_dataset_put(keep, country, strand, t->name, title, t, TF_OPENED_FROM, NULL, &id, reterr));
    TF_TRY(tf_keep_dataset_forget(keep, country, strand, t->name, tf_table_hash(t).hex, reterr));
    if (*repeat == '\0') {
        b->count->evidence = id;
        b->count->changed = !found || strcmp(before.id, id) != 0;
    }
    for (size_t k = 0; k < b->n_versions; k++)
        if (b->version[k].used && b->version[k].version->form.evidence != NULL)
            TF_TRY(tf_evidence_link(keep->reg, id, b->version[k].version->form.evidence, reterr));
    return TF_OK;
}

static enum tf_code note_act(const struct building *b, struct tf_err *reterr)
{
    const struct tf_open_count *c = b->count;
    const char *detail = tf_printf(
        b->arena,
        "{\"bad\":%zu,\"edits\":%zu,\"form\":\"%s\",\"records\":%zu,\"rejected\":%zu,\"taken\":%zu,"
        "\"waiting\":%zu,\"withdrawn\":%zu}",
        c->bad, c->edits, c->form, c->records, c->rejected, c->taken, c->waiting, c->withdrawn);
    return tf_ledger_add(b->o->keep->reg, "open", c->evidence, detail, reterr);
}

static enum tf_code make_dataset(struct building *b, struct tf_err *reterr)
{
    struct opening *o = b->o;
    const char *language = o->opt->language;
    struct tf_table **table;
    if (language == NULL)
        language = o->study->n_report_languages > 0 ? o->study->report_language[0] : "en";
    const struct tf_flat_opt opt = {.dataset = b->dataset->id,
                                    .language = language,
                                    .id_var = b->dataset->id_var,
                                    .missing = b->dataset->missing,
                                    .n_missing = b->dataset->n_missing};
    struct tf_flat *flat = tf_flat_new(b->arena, &opt);
    TF_TRY(flat_forms(b, flat, reterr));
    TF_TRY(add_rows(b, flat, reterr));
    TF_TRY(tf_flat_tables(flat, &table, &b->count->tables, reterr));
    for (size_t k = 0; k < b->count->tables; k++)
        TF_TRY(put_table(b, table[k], table[0], reterr));
    return b->count->changed ? note_act(b, reterr) : TF_OK;
}

static enum tf_code count_closed(struct building *b, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(b->db, "form_counts", &q, reterr));
    tf_bind_text(q, 1, b->form->id);
    while (tf_step(q, &code, reterr)) {
        if (tf_col_int(q, 0) == OPEN_WAITING)
            b->count->waiting = (size_t)tf_col_int(q, 1);
        if (tf_col_int(q, 0) == OPEN_BAD)
            b->count->bad = (size_t)tf_col_int(q, 1);
    }
    return code;
}

static enum tf_code build(struct building *b, struct tf_err *reterr)
{
    struct tf_evidence before;
    bool found;
    TF_TRY(list_records(b, reterr));
    TF_TRY(give_keys(b, reterr));
    TF_TRY(count_closed(b, reterr));
    choose_rows(b);
    name_doubles(b);
    b->count->records = b->dataset == NULL ? b->n_rows : 0;
    if (b->dataset == NULL || strcmp(b->form->purpose, "response") != 0)
        return TF_OK; /* its records are kept; nothing is analysed of them */
    TF_TRY(tf_evidence_current(b->arena, b->o->keep->reg, "dataset", b->o->opt->country,
                               b->dataset->id, &found, &before, reterr));
    if (b->n_rows == 0 && !(found && strcmp(before.file, TF_OPENED_FROM) == 0))
        return TF_OK; /* nothing came yet */
    return make_dataset(b, reterr);
}

enum tf_code tf_open_build(struct opening *o, const struct tf_study_form *form,
                           struct tf_open_count *count, struct tf_err *reterr)
{
    struct building b = {.o = o, .form = form, .count = count};
    b.dataset = tf_study_dataset(o->study, form->dataset);
    TF_TRY(tf_open_store(o, form, &b.db, reterr));
    b.arena = tf_arena_new_wiped("opening submissions", dataset_limit);
    const enum tf_code code = build(&b, reterr);
    tf_arena_free(b.arena);
    return code;
}
