/* Records into rows.
 *
 * A value is there, or it is not there for a reason:
 *
 *     not in the document             asked under a condition: not asked (routing); else empty
 *     there, empty                    its condition, evaluated, does not hold: not asked (routing);
 *                                     stopped early and behind the last answer: broken off; else empty
 *     a code or choice that says so   don't know, prefer not to say, refused
 *     not in this version             not asked (routing)
 *     not of its type                 empty, and a notice
 *
 * Conditions are evaluated only for what is empty, and once for each group. The rows of a repeat name
 * their parent as ODK does: KEY of a row is its parent's KEY, the path between, and its number:
 *
 *     uuid:4c…     uuid:4c…/home/child[2]     uuid:4c…/home/child[2]/toy[1]
 */
#include <math.h>
#include <string.h>

#include "keep/flatten_inside.h"

struct place { /* a row of a table */
    size_t table, row;
    const char *key;
};
struct adding { /* one record on its way */
    struct tf_flat *flat;
    const struct flat_plan *plan;
    const struct tf_flat_record *r;
    struct tf_arena *scratch;
    const char *code;     /* the participant's, kept */
    struct place *place;  /* [n_rows] where each of its rows landed */
    size_t *above;        /* [n_fields] the last node of each field so far: groups round a node */
    signed char *asked;   /* [n_answers] -1 not yet known, else whether its condition holds */
    size_t last;          /* index of the last answer given */
    struct tf_notices *out;
};

/* ---- Rows -------------------------------------------------------------------------------------- */

static void more_room(struct tf_flat *flat, struct flat_table *t)
{
    const size_t cap = t->cap_rows == 0 ? 64 : t->cap_rows * 2;
    for (size_t k = 0; k < t->n_cols; k++) {
        struct flat_column *c = &t->col[k];
        uint8_t *miss = TF_NEW_N(flat->arena, uint8_t, cap);
        if (t->n_rows > 0)
            memcpy(miss, c->miss, t->n_rows);
        c->miss = miss;
        if (c->is_text) {
            const char **text = TF_NEW_N(flat->arena, const char *, cap);
            if (t->n_rows > 0)
                memcpy(text, c->text, t->n_rows * sizeof *text);
            c->text = text;
        } else {
            double *num = TF_NEW_N(flat->arena, double, cap);
            if (t->n_rows > 0)
                memcpy(num, c->num, t->n_rows * sizeof *num);
            c->num = num;
        }
    }
    t->cap_rows = cap;
}

static void put_text(struct flat_table *t, size_t col, size_t row, const char *text)
{
    t->col[col].text[row] = text;
    t->col[col].miss[row] = TF_PRESENT;
}

static void put_number(struct flat_table *t, size_t col, size_t row, double x)
{
    t->col[col].num[row] = x;
    t->col[col].miss[row] = TF_PRESENT;
}

static size_t new_row(const struct adding *a, size_t table)
{
    struct flat_table *t = &a->flat->table[table];
    if (t->n_rows == t->cap_rows)
        more_room(a->flat, t);
    for (size_t k = 0; k < t->n_cols; k++) {
        t->col[k].miss[t->n_rows] = a->plan->blank[table][k];
        if (t->col[k].is_text)
            t->col[k].text[t->n_rows] = "";
        else
            t->col[k].num[t->n_rows] = (double)NAN;
    }
    return t->n_rows++;
}

/* The path of a repeat below the one round it: "/home/child". */
static const char *path_below(const struct tf_xform *form, const struct tf_xfield *f)
{
    if (f->repeat != SIZE_MAX)
        return f->path + strlen(form->field[f->repeat].path);
    const char *second = f->path[0] == '/' ? strchr(f->path + 1, '/') : NULL;
    return second == NULL ? f->path : second;
}

static void add_rows(struct adding *a)
{
    const struct tf_instance *in = a->r->instance;
    struct flat_table *main = &a->flat->table[0];
    a->place = TF_NEW_N(a->scratch, struct place, in->n_rows);
    const char *key = tf_strdup(a->flat->arena, a->r->key);
    a->code = a->r->code == NULL ? NULL : tf_strdup(a->flat->arena, a->r->code);
    a->place[0] = (struct place){0, new_row(a, 0), key};
    put_text(main, MAIN_KEY, a->place[0].row, key);
    put_text(main, MAIN_VERSION, a->place[0].row, a->plan->version);
    for (size_t k = 1; k < in->n_rows; k++) {
        const struct tf_repeat_row *r = &in->row[k];
        const struct tf_xfield *f = &a->plan->form->field[r->field];
        const struct place *up = &a->place[r->parent];
        const size_t table = a->plan->field[r->field].table, row = new_row(a, table);
        struct flat_table *t = &a->flat->table[table];
        key = tf_printf(a->flat->arena, "%s%s[%zu]", up->key, path_below(a->plan->form, f), r->number);
        a->place[k] = (struct place){table, row, key};
        put_text(t, ROW_PARENT, row, up->key);
        put_text(t, ROW_KEY, row, key);
        put_number(t, ROW_NUMBER, row, (double)r->number);
        if (a->flat->opt.id_var != NULL && a->r->code != NULL)
            put_text(t, ROW_CODE, row, a->code);
    }
}

/* ---- Reasons ----------------------------------------------------------------------------------- */

/* Does the condition of a node hold, and that of every group round it? */
static bool is_asked(struct adding *a, size_t answer)
{
    const struct tf_answer *n = &a->r->instance->answer[answer];
    const struct tf_xform *form = a->plan->form;
    if (n->field == SIZE_MAX || a->asked[answer] >= 0)
        return n->field == SIZE_MAX || a->asked[answer] == 1;
    const size_t parent = form->field[n->field].parent;
    bool asked = parent == SIZE_MAX || a->above[parent] == SIZE_MAX || is_asked(a, a->above[parent]);
    const struct tf_xpath *x = a->plan->field[n->field].relevant;
    if (asked && x != NULL) {
        const struct tf_xscope scope = {.form = form,
                                        .instance = a->r->instance,
                                        .answer = answer,
                                        .language = a->flat->opt.language};
        struct tf_xvalue v;
        struct tf_err ignored; /* a condition that cannot be evaluated is taken to hold */
        asked = tf_xpath_eval(a->scratch, x, &scope, &v, &ignored) != TF_OK || tf_xvalue_true(&v);
    }
    a->asked[answer] = asked;
    return asked;
}

static void put_reason(const struct adding *a, const struct flat_question *q, size_t row,
                       enum tf_miss why)
{
    struct flat_table *t = &a->flat->table[q->table];
    for (size_t k = q->first; k < q->first + q->n_cols; k++)
        t->col[k].miss[row] = (uint8_t)why;
}

static void put_empty(struct adding *a, const struct flat_question *q, size_t row, size_t answer)
{
    enum tf_miss why = TF_MISS_ROUTING;
    if (is_asked(a, answer))
        why = a->r->broken_off && answer > a->last ? TF_MISS_BROKEN_OFF : TF_MISS_SYSTEM;
    put_reason(a, q, row, why);
}

/* What a record that was stopped early has not in its document at all, behind the last answer. */
static void break_off(const struct adding *a)
{
    const struct tf_instance *in = a->r->instance;
    const size_t last = a->last == SIZE_MAX ? 0 : in->answer[a->last].field;
    for (size_t k = last; k < a->plan->form->n_fields; k++) {
        const struct flat_field *f = &a->plan->field[k];
        if (f->question == SIZE_MAX || f->routed)
            continue;
        const struct flat_question *q = &a->flat->question[f->question];
        struct flat_table *t = &a->flat->table[q->table];
        for (size_t c = q->first; q->table == 0 && c < q->first + q->n_cols; c++)
            if (t->col[c].miss[a->place[0].row] == TF_MISS_SYSTEM)
                t->col[c].miss[a->place[0].row] = TF_MISS_BROKEN_OFF;
    }
}

static size_t last_given(const struct adding *a)
{
    const struct tf_instance *in = a->r->instance;
    for (size_t k = in->n_answers; k-- > 0;) {
        const struct tf_answer *n = &in->answer[k];
        if (n->field != SIZE_MAX && n->text != NULL && n->text[0] != '\0' &&
            a->plan->form->field[n->field].control)
            return k;
    }
    return SIZE_MAX;
}

/* ---- Values ------------------------------------------------------------------------------------ */

static void not_of_its_type(const struct adding *a, const struct tf_answer *n, const char *what)
{
    tf_notice_add(a->out, TF_WARNING, "not-of-its-type", NULL, 0, 0, NULL,
                  "%s: %s is not %s; it is taken as missing", a->r->key, n->path, what);
}

static const struct flat_item *item_of(const struct flat_question *q, const char *value)
{
    for (size_t k = 0; k < q->n_items; k++)
        if (strcmp(q->item[k].value, value) == 0)
            return &q->item[k];
    return NULL;
}

static enum tf_miss number_reason(const struct tf_flat *flat, double x)
{
    for (size_t k = 0; k < flat->opt.n_missing; k++)
        if (flat->opt.missing[k].code == x)
            return flat->opt.missing[k].why;
    return TF_PRESENT;
}

static void put_one_number(const struct adding *a, const struct flat_question *q, size_t row,
                           const struct tf_answer *n, const char *value)
{
    const struct flat_item *item = item_of(q, value);
    enum tf_miss why = item == NULL ? TF_PRESENT : item->why;
    double x = item == NULL ? (double)NAN : item->number;
    if (why == TF_PRESENT && item == NULL && tf_parse_double(value, &x))
        why = number_reason(a->flat, x);
    if (why == TF_PRESENT && !isfinite(x)) {
        not_of_its_type(a, n, q->choice ? "one of its choices" : "a number");
        why = TF_MISS_SYSTEM;
    }
    if (why == TF_PRESENT)
        put_number(&a->flat->table[q->table], q->first, row, x);
    else
        put_reason(a, q, row, why);
}

static void put_one_text(const struct adding *a, const struct flat_question *q, size_t row,
                         const char *value)
{
    const struct flat_item *item = item_of(q, value);
    if (item != NULL && item->why != TF_PRESENT)
        put_reason(a, q, row, item->why);
    else
        put_text(&a->flat->table[q->table], q->first, row,
                 item != NULL ? item->value : tf_strdup(a->flat->arena, value));
}

/* "3 1 2" as given; then for each choice 0 or 1, or its place in the order. */
static void put_several(const struct adding *a, const struct flat_question *q, size_t row,
                        const struct tf_answer *n, const char *value,
                        const struct tf_crosswalk_field *way)
{
    struct flat_table *t = &a->flat->table[q->table];
    struct tf_buf all = {.arena = a->flat->arena};
    double *place = TF_NEW_N(a->scratch, double, q->n_items);
    enum tf_miss why = TF_PRESENT;
    size_t chosen = 0;
    for (const char *at = value; *at != '\0';) {
        const size_t skip = strspn(at, " \t\r\n"), len = strcspn(at + skip, " \t\r\n");
        const char *word = tf_strndup(a->scratch, at + skip, len);
        at += skip + len;
        if (len == 0)
            continue;
        const struct tf_crosswalk_code *code = tf_crosswalk_recode(way, word);
        word = code == NULL ? word : code->to;
        const struct flat_item *item = item_of(q, word);
        if ((code != NULL && code->why != TF_PRESENT) || (item != NULL && item->why != TF_PRESENT))
            why = code != NULL && code->why != TF_PRESENT ? code->why : item->why;
        else if (item == NULL)
            not_of_its_type(a, n, "made of its choices alone");
        else
            place[item - q->item] = q->kind == FLAT_RANK ? (double)++chosen : 1;
        tf_buf_printf(&all, "%s%s", all.n == 0 ? "" : " ", word);
    }
    if (why != TF_PRESENT) {
        put_reason(a, q, row, why);
        return;
    }
    put_text(t, q->first, row, tf_buf_text(&all));
    size_t col = q->first + 1;
    for (size_t k = 0; k < q->n_items; k++) {
        if (q->item[k].why != TF_PRESENT)
            continue;
        if (q->kind == FLAT_RANK && place[k] == 0)
            t->col[col].miss[row] = TF_MISS_SYSTEM;
        else
            put_number(t, col, row, place[k]);
        col++;
    }
}

static void put_point(const struct adding *a, const struct flat_question *q, size_t row,
                      const struct tf_answer *n)
{
    char **part;
    const size_t parts = tf_split(a->scratch, tf_trim(a->scratch, n->text), ' ', &part);
    put_reason(a, q, row, TF_MISS_SYSTEM);
    for (size_t k = 0; k < 4 && k < parts; k++) {
        double x;
        if (tf_parse_double(part[k], &x))
            put_number(&a->flat->table[q->table], q->first + k, row, x);
        else
            not_of_its_type(a, n, "a point of latitude, longitude, altitude and accuracy");
    }
}

static void put_answer(struct adding *a, const struct tf_answer *n, size_t answer)
{
    const struct flat_field *f = &a->plan->field[n->field];
    if (f->question == SIZE_MAX)
        return;
    const struct flat_question *q = &a->flat->question[f->question];
    const size_t row = a->place[n->row].row;
    if (a->place[n->row].table != q->table)
        return;
    if (n->text == NULL || n->text[0] == '\0') {
        put_empty(a, q, row, answer);
        return;
    }
    if (q->kind == FLAT_MANY || q->kind == FLAT_RANK) {
        put_several(a, q, row, n, n->text, f->way);
        return;
    }
    const struct tf_crosswalk_code *code = tf_crosswalk_recode(f->way, n->text);
    const char *value = code == NULL ? n->text : code->to;
    if (code != NULL && code->why != TF_PRESENT)
        put_reason(a, q, row, code->why);
    else if (q->kind == FLAT_NUMBER)
        put_one_number(a, q, row, n, value);
    else if (q->kind == FLAT_GEO)
        put_point(a, q, row, n);
    else
        put_one_text(a, q, row, value);
}

/* ---- A record ---------------------------------------------------------------------------------- */

static void add_record(struct adding *a)
{
    const struct tf_instance *in = a->r->instance;
    const size_t n_fields = a->plan->form->n_fields;
    a->above = TF_NEW_N(a->scratch, size_t, n_fields);
    a->asked = TF_NEW_N(a->scratch, signed char, in->n_answers);
    memset(a->asked, -1, in->n_answers);
    for (size_t k = 0; k < n_fields; k++)
        a->above[k] = SIZE_MAX;
    add_rows(a);
    a->last = a->r->broken_off ? last_given(a) : SIZE_MAX;
    if (a->r->broken_off)
        break_off(a);
    for (size_t k = 0; k < in->n_answers; k++) {
        const struct tf_answer *n = &in->answer[k];
        if (n->field == SIZE_MAX)
            continue;
        a->above[n->field] = k;
        put_answer(a, n, k);
    }
}

enum tf_code tf_flat_add(struct tf_flat *flat, const struct tf_flat_record *r,
                         struct tf_notices *out, struct tf_err *reterr)
{
    if (!flat->sealed)
        TF_TRY(tf_flat_seal(flat, reterr));
    struct adding a = {.flat = flat,
                       .plan = &flat->plan[r->form],
                       .r = r,
                       .scratch = tf_arena_new_wiped("a record's rows", (size_t)256 << 20),
                       .out = out};
    add_record(&a);
    tf_arena_free(a.scratch);
    return TF_OK;
}

enum tf_code tf_flat_tables(struct tf_flat *flat, struct tf_table ***ret, size_t *ret_n,
                            struct tf_err *reterr)
{
    if (!flat->sealed)
        TF_TRY(tf_flat_seal(flat, reterr));
    struct tf_table **table = TF_NEW_N(flat->arena, struct tf_table *, flat->n_tables);
    for (size_t k = 0; k < flat->n_tables; k++) {
        const struct flat_table *t = &flat->table[k];
        table[k] = tf_table_new(flat->arena, t->name, t->n_rows);
        for (size_t c = 0; c < t->n_cols; c++)
            (void)tf_table_adopt(table[k], (struct tf_column){
                                               .name = t->col[c].name,
                                               .label = t->col[c].label,
                                               .type = t->col[c].is_text ? TF_TEXT : TF_NUMBER,
                                               .num = t->col[c].num,
                                               .text = t->col[c].text,
                                               .miss = t->col[c].miss,
                                               .labels = t->col[c].labels,
                                               .n_labels = t->col[c].n_labels});
    }
    *ret = table;
    *ret_n = flat->n_tables;
    return TF_OK;
}
