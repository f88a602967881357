/* A received submission against its form: relevance, required, types, choices, constraints.
 *
 * A client has checked all of this before it sent the record; here it is seen whether it did (an old
 * version, another tool, a record made by hand). Nothing is refused: each finding is a notice with path
 * and, in repeats, number, never with the value. "Wrong" is said only when it is sure: what needs the
 * clock, a list that only the device has, or chance, counts as right (struct xeval, unknown).
 *
 * Relevance is found in the order in which expressions need each other (expr_order.c), so that a field
 * that is not relevant reads as empty for those after it. Constraints are for answers; an empty field
 * meets each (ODK XForms specification, "Bind Attributes").
 *
 * Not looked at: whether calculations were made right, and required fields in groups that the record
 * leaves out as a whole. */
#include <math.h>
#include <string.h>

#include "ask/expr_inside.h"
#include "ask/xform_read.h"

struct checking {
    struct tf_arena *arena;
    const struct tf_xform *form;
    const struct tf_instance *in;
    struct tf_notices *out;
    bool *irrelevant;                 /* [n_answers] */
    struct tf_xpath **relevant, **constraint, **required; /* [n_fields], NULL where none */
    size_t *first, *next;             /* answers of a field, as lists: [n_fields], [n_answers] */
};

/* ---- saying it ---------------------------------------------------------------------------------- */

/* "/data/kid[2]/name" */
static const char *place(const struct checking *c, size_t answer)
{
    const struct tf_answer *a = &c->in->answer[answer];
    const bool row = a->field != SIZE_MAX && c->form->field[a->field].type == TF_X_REPEAT;
    const char *name = strrchr(a->path, '/');
    const char *above = a->parent == SIZE_MAX ? "" : place(c, a->parent);
    if (!row)
        return tf_printf(c->arena, "%s%s", above, name);
    return tf_printf(c->arena, "%s%s[%zu]", above, name, c->in->row[a->row].number);
}

static void say(const struct checking *c, const char *id, const char *where, const char *what,
                const char *help)
{
    tf_notice_add(c->out, TF_WARNING, id, NULL, 0, 0, help, "%s %s", where, what);
}

/* ---- types -------------------------------------------------------------------------------------- */

static bool is_int(const char *s)
{
    s += *s == '-' || *s == '+';
    const size_t n = strspn(s, "0123456789");
    return n > 0 && n <= 18 && s[n] == '\0';
}

static bool is_number(const char *s)
{
    double x;
    return tf_parse_double(s, &x) && isfinite(x);
}

static bool is_when(const char *s, bool date, bool time)
{
    struct xdate d;
    return tf_xdate_read(s, &d) && d.has_date == date && d.has_time == time;
}

static bool is_point(struct tf_arena *arena, const char *s)
{
    double x;
    char **part;
    const size_t n = tf_split(arena, tf_trim(arena, s), ' ', &part);
    if (n < 2 || n > 4)
        return false;
    for (size_t k = 0; k < n; k++)
        if (!tf_parse_double(part[k], &x) || (k == 0 && fabs(x) > 90) || (k == 1 && fabs(x) > 180))
            return false;
    return true;
}

static bool is_line(struct tf_arena *arena, const char *s, size_t least)
{
    char **part;
    size_t n = tf_split(arena, s, ';', &part), points = 0;
    for (size_t k = 0; k < n; k++) {
        if (tf_is_blank(part[k]) && k + 1 == n)
            continue;
        if (!is_point(arena, part[k]))
            return false;
        points++;
    }
    return points >= least;
}

static bool is_of_type(struct tf_arena *arena, enum tf_xtype type, const char *s)
{
    switch (type) {
    case TF_X_INT:
        return is_int(s);
    case TF_X_DECIMAL:
        return is_number(s);
    case TF_X_DATE:
        return is_when(s, true, false);
    case TF_X_TIME:
        return is_when(s, false, true);
    case TF_X_DATETIME:
        return is_when(s, true, true);
    case TF_X_BOOLEAN:
        return strcmp(s, "true") == 0 || strcmp(s, "false") == 0 || strcmp(s, "1") == 0 ||
               strcmp(s, "0") == 0;
    case TF_X_GEOPOINT:
        return is_point(arena, s);
    case TF_X_GEOTRACE:
        return is_line(arena, s, 2);
    case TF_X_GEOSHAPE:
        return is_line(arena, s, 3);
    case TF_X_BINARY:
        return strpbrk(s, "/\\") == NULL && strcmp(s, "..") != 0;
    case TF_X_GROUP:
    case TF_X_REPEAT:
    case TF_X_STRING:
    case TF_X_BARCODE:
    case TF_X_SELECT_ONE:
    case TF_X_SELECT_MANY:
    case TF_X_RANK:
        break;
    }
    return true;
}

static bool is_choice(const struct tf_xfield *f, const char *s, size_t n)
{
    for (size_t k = 0; k < f->n_items; k++)
        if (strlen(f->item[k].value) == n && memcmp(f->item[k].value, s, n) == 0)
            return true;
    return false;
}

static bool are_choices(const struct tf_xfield *f, const char *s)
{
    if (f->n_items == 0 || (f->appearance != NULL && strstr(f->appearance, "search(") != NULL))
        return true; /* a list that only the device has */
    if (f->type == TF_X_SELECT_ONE)
        return is_choice(f, s, strlen(s));
    for (;;) {
        s += strspn(s, " \t\r\n");
        const size_t n = strcspn(s, " \t\r\n");
        if (n == 0)
            return true;
        if (!is_choice(f, s, n))
            return false;
        s += n;
    }
}

/* ---- expressions -------------------------------------------------------------------------------- */

/* Sure that it is `want`: +1 yes, 0 not known. */
static bool surely(const struct checking *c, const struct tf_xpath *x, struct xref node, bool want)
{
    struct tf_guard guard;
    struct tf_err err;
    const struct tf_xscope scope = {.form = c->form, .instance = c->in, .answer = node.a};
    struct xval v;
    bool unknown = true, sure = false;
    if (x == NULL)
        return false;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return false; /* too large to say */
    struct tf_arena *scratch = tf_arena_new("a check", (size_t)64 << 20);
    if (tf_xeval(scratch, x, &scope, node, c->irrelevant, &v, &unknown, &err) == TF_OK)
        sure = !unknown && tf_xval_true(&v) == want;
    tf_arena_free(scratch);
    tf_guard_end(&guard);
    return sure;
}

static struct tf_xpath *parsed(const struct checking *c, const struct tf_xfield *f, const char *text)
{
    struct tf_xpath *x = NULL;
    struct tf_err err;
    if (text == NULL ||
        tf_xpath_parse(c->arena, text, c->form->file, f->line, &x, &err) != TF_OK)
        return NULL;
    return x;
}

static void prepare(struct checking *c)
{
    const size_t fields = c->form->n_fields, answers = c->in->n_answers;
    c->irrelevant = TF_NEW_N(c->arena, bool, answers + 1);
    c->relevant = TF_NEW_N(c->arena, struct tf_xpath *, fields + 1);
    c->constraint = TF_NEW_N(c->arena, struct tf_xpath *, fields + 1);
    c->required = TF_NEW_N(c->arena, struct tf_xpath *, fields + 1);
    c->first = TF_NEW_N(c->arena, size_t, fields + 1);
    c->next = TF_NEW_N(c->arena, size_t, answers + 1);
    for (size_t k = 0; k < fields; k++) {
        const struct tf_xfield *f = &c->form->field[k];
        c->relevant[k] = parsed(c, f, f->relevant);
        c->constraint[k] = parsed(c, f, f->constraint);
        c->required[k] = parsed(c, f, f->required);
        c->first[k] = SIZE_MAX;
    }
    for (size_t k = answers; k-- > 0;)
        if (c->in->answer[k].field != SIZE_MAX) {
            c->next[k] = c->first[c->in->answer[k].field];
            c->first[c->in->answer[k].field] = k;
        }
}

static void find_irrelevant(struct checking *c)
{
    size_t *order, n;
    struct tf_err err;
    if (tf_xform_order(c->arena, c->form, &order, &n, &err) != TF_OK)
        return; /* such a form is not taken in the first place */
    for (size_t k = 0; k < n; k++) {
        const size_t field = order[k];
        if (c->relevant[field] == NULL)
            continue;
        for (size_t a = c->first[field]; a != SIZE_MAX; a = c->next[a])
            if (!c->irrelevant[a] &&
                surely(c, c->relevant[field], (struct xref){XR_ANSWER, a, 0, 0}, false))
                for (size_t j = a; j < c->in->answer[a].end; j++)
                    c->irrelevant[j] = true;
        c->relevant[field] = NULL; /* a field stands twice when it is calculated, too */
    }
}

/* ---- answers ------------------------------------------------------------------------------------ */

static void check_value(struct checking *c, size_t at, const struct tf_xfield *f, size_t field)
{
    const struct tf_answer *a = &c->in->answer[at];
    if (c->irrelevant[at] && !f->meta) {
        say(c, "irrelevant-value", place(c, at), "holds a value, though it is not relevant",
            "The client should have left it out; it counts as empty.");
        return;
    }
    if (!is_of_type(c->arena, f->type, a->text))
        say(c, "value-type", place(c, at), "is not of its type", "Look at the client's version.");
    else if (f->type >= TF_X_SELECT_ONE && !are_choices(f, a->text))
        say(c, "value-choice", place(c, at), "is not one of its choices",
            "Was it sent from another version of the form?");
    else if (surely(c, c->constraint[field], (struct xref){XR_ANSWER, at, 0, 0}, false))
        say(c, "constraint", place(c, at), "does not meet its constraint",
            "The client should not have let it pass.");
}

static void check_answer(struct checking *c, size_t at)
{
    const struct tf_answer *a = &c->in->answer[at];
    if (a->field == SIZE_MAX) {
        if (a->parent == SIZE_MAX || c->in->answer[a->parent].field != SIZE_MAX)
            say(c, "unknown-node", place(c, at), "is no node of this version of the form",
                "Was it sent from another version?");
        return;
    }
    const struct tf_xfield *f = &c->form->field[a->field];
    if (a->text == NULL)
        return;
    if (*a->text != '\0') {
        check_value(c, at, f, a->field);
        return;
    }
    if (f->control && !c->irrelevant[at] &&
        surely(c, c->required[a->field], (struct xref){XR_ANSWER, at, 0, 0}, true))
        say(c, "required-empty", place(c, at), "is required and was not answered",
            "The client should have asked for it.");
}

/* Required questions that the record leaves out, below a group that it has. */
static void check_absent(struct checking *c, size_t group, const bool *relevant_there)
{
    const struct tf_answer *a = &c->in->answer[group];
    const struct tf_xform *f = c->form;
    for (size_t k = a->field + 1; k < f->field[a->field].end; k = f->field[k].end) {
        bool there = false;
        if (!f->field[k].control || c->required[k] == NULL || f->field[k].type <= TF_X_REPEAT)
            continue;
        for (size_t j = group + 1; j < a->end && !there; j = c->in->answer[j].end)
            there = c->in->answer[j].field == k;
        const struct xref node = {XR_ABSENT, group, k, 0};
        if (there || relevant_there[k] || !surely(c, c->required[k], node, true))
            continue;
        say(c, "required-empty", tf_printf(c->arena, "%s/%s", place(c, group), f->field[k].name),
            "is required and was left out", "The client should have asked for it.");
    }
}

void tf_instance_check(struct tf_arena *arena, const struct tf_xform *form,
                       const struct tf_instance *instance, struct tf_notices *out)
{
    struct checking c = {.arena = arena, .form = form, .in = instance, .out = out};
    prepare(&c);
    bool *has_relevant = TF_NEW_N(arena, bool, form->n_fields + 1);
    for (size_t k = 0; k < form->n_fields; k++) /* then it may have been left out by right */
        has_relevant[k] = c.relevant[k] != NULL;
    find_irrelevant(&c);
    for (size_t k = 0; k < instance->n_answers; k++) {
        const struct tf_answer *a = &instance->answer[k];
        check_answer(&c, k);
        if (a->field != SIZE_MAX && a->text == NULL && !c.irrelevant[k])
            check_absent(&c, k, has_relevant);
    }
}
