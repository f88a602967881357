/* Which columns a form becomes, and how its older versions share them.
 *
 *     question             columns
 *     text, date, media    name                  texts as they stand (dates are ISO 8601)
 *     number               name
 *     choice of one        name                  a number where every code is one, with labels
 *     choice of several    name, name/choice …   as given; then 0 or 1 for each choice
 *     order of choices     name, name/choice …   as given; then the place, from 1
 *     point                name/lat /lon /alt /acc
 *     note                 none
 *
 * A column is called by the last step of its path when that is unique in its table, else by as many
 * steps as make it so, joined by '_'. Versions of a form meet in the column of the same name, or
 * where a crosswalk sends them; the newest version is taken in first and gives order and texts, older
 * ones add the choices and questions that are gone now, at the end.
 *
 * A choice that is a reason ("prefer not to say": by the study's `missing` codes, or by its name)
 * gets no column and no code of its own: the value is then missing for that reason. */
#include <math.h>
#include <string.h>

#include "keep/flatten_inside.h"

enum { MOST_COLUMNS = 20000 };

struct tf_flat *tf_flat_new(struct tf_arena *arena, const struct tf_flat_opt *opt)
{
    struct tf_flat *flat = TF_NEW(arena, struct tf_flat);
    flat->arena = arena;
    flat->opt = *opt;
    flat->table = tf_grow(arena, NULL, 0, &flat->cap_tables, sizeof *flat->table);
    flat->table[flat->n_tables++] = (struct flat_table){.name = opt->dataset};
    return flat;
}

const char *tf_form_text(const struct tf_words *words, const char *language)
{
    const size_t n = strlen(language);
    const char *text = NULL;
    for (size_t k = 0; k < words->n && text == NULL; k++) {
        const char *lang = words->item[k].lang, *tag = lang == NULL ? NULL : strrchr(lang, '(');
        if (tag != NULL && strncmp(tag + 1, language, n) == 0 && tag[1 + n] == ')')
            text = words->item[k].text;
    }
    if (text == NULL)
        text = tf_words_in(words, language);
    return tf_is_blank(text) ? NULL : text;
}

/* ---- Names ------------------------------------------------------------------------------------- */

/* A note shows a text; nothing is answered. */
static bool is_note(const struct tf_xfield *f)
{
    return f->control && f->type == TF_X_STRING && f->readonly != NULL && f->calculate == NULL &&
           f->setvalue == NULL && f->preload == NULL && f->n_items == 0 && tf_is_blank(f->preset);
}

static bool becomes_column(const struct tf_xfield *f)
{
    static const char *const identity[] = {"instanceID", "deprecatedID", NULL};
    if (f->type == TF_X_GROUP || f->type == TF_X_REPEAT || is_note(f))
        return false;
    for (size_t k = 0; f->meta && identity[k] != NULL; k++)
        if (strcmp(f->name, identity[k]) == 0)
            return false;
    return !(f->meta && strstr(f->path, "/entity/") != NULL);
}

/* The last `steps` steps of a path, joined. */
static const char *last_steps(struct tf_arena *arena, const char *path, size_t steps)
{
    const char *at = path + strlen(path);
    while (at > path && steps > 0)
        if (*--at == '/')
            steps--;
    return tf_replace(arena, *at == '/' ? at + 1 : at, "/", "_");
}

static bool is_rival(const struct tf_xform *form, size_t a, size_t b, bool columns)
{
    const struct tf_xfield *x = &form->field[a], *y = &form->field[b];
    return a != b && strcmp(x->name, y->name) == 0 &&
           (columns ? becomes_column(y) && x->repeat == y->repeat : y->type == TF_X_REPEAT);
}

static const char *unique_name(struct tf_arena *arena, const struct tf_xform *form, size_t at,
                               bool columns)
{
    const size_t depth = form->n_fields < 256 ? form->n_fields : 256;
    for (size_t steps = 1; steps <= depth; steps++) {
        const char *name = last_steps(arena, form->field[at].path, steps);
        bool unique = true;
        for (size_t k = 0; k < form->n_fields && unique; k++)
            if (is_rival(form, at, k, columns))
                unique = strcmp(last_steps(arena, form->field[k].path, steps), name) != 0;
        if (unique)
            return name;
    }
    return tf_replace(arena, form->field[at].path + 1, "/", "_");
}

static size_t table_named(struct tf_flat *flat, const char *repeat)
{
    const char *name = tf_printf(flat->arena, "%s.%s", flat->opt.dataset, repeat);
    for (size_t k = 1; k < flat->n_tables; k++)
        if (strcmp(flat->table[k].name, name) == 0)
            return k;
    flat->table = tf_grow(flat->arena, flat->table, flat->n_tables, &flat->cap_tables,
                          sizeof *flat->table);
    flat->table[flat->n_tables] = (struct flat_table){.name = name};
    return flat->n_tables++;
}

/* ---- Choices ----------------------------------------------------------------------------------- */

/* Codes by the study's list, names by what questionnaires call them. */
static enum tf_miss reason_of(const struct tf_flat *flat, const char *value)
{
    static const struct {
        const char *name;
        enum tf_miss why;
    } words[] = {
        {"dont_know", TF_MISS_DONT_KNOW},         {"do_not_know", TF_MISS_DONT_KNOW},
        {"dontknow", TF_MISS_DONT_KNOW},          {"dk", TF_MISS_DONT_KNOW},
        {"prefer_not", TF_MISS_PREFER_NOT},       {"prefer_not_to_say", TF_MISS_PREFER_NOT},
        {"prefer_not_to_answer", TF_MISS_PREFER_NOT}, {"pnts", TF_MISS_PREFER_NOT},
        {"pns", TF_MISS_PREFER_NOT},              {"refused", TF_MISS_REFUSED},
    };
    double x;
    if (tf_parse_double(value, &x))
        for (size_t k = 0; k < flat->opt.n_missing; k++)
            if (flat->opt.missing[k].code == x)
                return flat->opt.missing[k].why;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (tf_casecmp(words[k].name, value) == 0)
            return words[k].why;
    return TF_PRESENT;
}

static void add_items(struct tf_flat *flat, struct flat_question *q, const struct tf_xfield *f,
                      const struct tf_crosswalk_field *way)
{
    for (size_t k = 0; k < f->n_items; k++) {
        const struct tf_crosswalk_code *code = tf_crosswalk_recode(way, f->item[k].value);
        const char *value = code == NULL ? f->item[k].value : code->to;
        bool known = code != NULL && code->why != TF_PRESENT;
        for (size_t j = 0; j < q->n_items && !known; j++)
            known = strcmp(q->item[j].value, value) == 0;
        if (known)
            continue;
        struct flat_item item = {.value = value,
                                 .label = tf_form_text(&f->item[k].label, flat->opt.language),
                                 .number = (double)NAN,
                                 .why = reason_of(flat, value)};
        double x;
        if (tf_parse_double(value, &x) && !tf_is_code(value))
            item.number = x;
        q->item = tf_grow(flat->arena, q->item, q->n_items, &q->cap_items, sizeof item);
        q->item[q->n_items++] = item;
    }
}

static void add_truth(struct tf_flat *flat, struct flat_question *q)
{
    static const struct flat_item truth[] = {{"false", "No", 0, TF_PRESENT}, {"true", "Yes", 1, TF_PRESENT}};
    for (size_t k = 0; k < 2 && q->n_items < 2; k++) {
        q->item = tf_grow(flat->arena, q->item, q->n_items, &q->cap_items, sizeof *q->item);
        q->item[q->n_items++] = truth[k];
    }
}

/* ---- Questions --------------------------------------------------------------------------------- */

static enum flat_kind kind_of(const struct tf_xfield *f)
{
    switch (f->type) {
    case TF_X_INT:
    case TF_X_DECIMAL:
    case TF_X_BOOLEAN:
        return FLAT_NUMBER;
    case TF_X_GEOPOINT:
        return FLAT_GEO;
    case TF_X_SELECT_MANY:
        return f->n_items > 0 ? FLAT_MANY : FLAT_TEXT;
    case TF_X_RANK:
        return f->n_items > 0 ? FLAT_RANK : FLAT_TEXT;
    default:
        return FLAT_TEXT;
    }
}

static size_t question_of(struct tf_flat *flat, const char *name, size_t table,
                          const struct tf_xfield *f, const struct flat_plan *plan,
                          struct tf_notices *out)
{
    const enum flat_kind kind = kind_of(f);
    const bool choice = f->type == TF_X_SELECT_ONE && f->n_items > 0;
    for (size_t k = 0; k < flat->n_questions; k++) {
        struct flat_question *q = &flat->question[k];
        if (q->table != table || strcmp(q->name, name) != 0)
            continue;
        const bool same = q->kind == kind || (q->choice && kind == FLAT_NUMBER) ||
                          (q->kind == FLAT_MANY && choice);
        if (!same)
            tf_notice_add(out, TF_WARNING, "types-differ", NULL, 0, 0,
                          "Give the older one a column of its own in the crosswalk.",
                          "'%s' was of another type in version '%s'; what is not of the newest "
                          "version's type will be missing",
                          name, plan->version);
        q->choice = q->choice || (choice && q->kind == FLAT_TEXT);
        return k;
    }
    flat->question = tf_grow(flat->arena, flat->question, flat->n_questions, &flat->cap_questions,
                             sizeof *flat->question);
    flat->question[flat->n_questions] =
        (struct flat_question){.name = name,
                               .label = tf_form_text(&f->label, flat->opt.language),
                               .kind = kind,
                               .choice = choice,
                               .table = table};
    return flat->n_questions++;
}

/* Is it, or a group round it, asked under a condition? */
static bool is_routed(const struct tf_xform *form, size_t at)
{
    for (size_t k = at; k != SIZE_MAX && (k == at || form->field[k].type != TF_X_REPEAT);
         k = form->field[k].parent)
        if (form->field[k].relevant != NULL)
            return true;
    return false;
}

static void plan_field(struct tf_flat *flat, struct flat_plan *plan, const struct tf_crosswalk *cw,
                       bool *used, size_t at, struct tf_notices *out)
{
    const struct tf_xfield *f = &plan->form->field[at];
    struct flat_field *to = &plan->field[at];
    struct tf_err ignored; /* what cannot be read is not evaluated: the value is then just not there */
    *to = (struct flat_field){.question = SIZE_MAX, .table = SIZE_MAX};
    to->routed = is_routed(plan->form, at);
    if (f->relevant != NULL && tf_xpath_parse(flat->arena, f->relevant, plan->form->id, f->line,
                                              &to->relevant, &ignored) != TF_OK)
        to->relevant = NULL;
    if (f->type == TF_X_REPEAT)
        to->table = table_named(flat, unique_name(flat->arena, plan->form, at, false));
    if (!becomes_column(f))
        return;
    const char *name = unique_name(flat->arena, plan->form, at, true);
    to->way = tf_crosswalk_find(cw, plan->version, name);
    if (to->way != NULL)
        used[to->way - cw->item] = true;
    if (to->way != NULL && to->way->field == NULL)
        return;
    const size_t table = f->repeat == SIZE_MAX ? 0 : plan->field[f->repeat].table;
    to->question = question_of(flat, to->way == NULL ? name : to->way->field, table, f, plan, out);
    struct flat_question *q = &flat->question[to->question];
    if (f->type == TF_X_BOOLEAN)
        add_truth(flat, q);
    add_items(flat, q, f, to->way);
}

static enum tf_code check_used(const struct tf_crosswalk *cw, const struct flat_plan *plan,
                               const bool *used, struct tf_err *reterr)
{
    for (size_t k = 0; cw != NULL && k < cw->n; k++)
        if (!used[k] && strcmp(cw->item[k].version, plan->version) == 0) {
            (void)tf_fail_at(reterr, TF_E_INPUT, cw->file, cw->item[k].line, 0,
                             "version '%s' of '%s' has no question '%s'", plan->version,
                             plan->form->id, cw->item[k].old_name);
            return tf_help(reterr, "Write its name as that version has it.");
        }
    return TF_OK;
}

enum tf_code tf_flat_form(struct tf_flat *flat, const struct tf_xform *form,
                          const struct tf_crosswalk *cw, struct tf_notices *out, size_t *ret,
                          struct tf_err *reterr)
{
    bool *used = TF_NEW_N(flat->arena, bool, cw == NULL ? 1 : cw->n);
    struct flat_plan plan = {.form = form, .version = form->version};
    plan.field = TF_NEW_N(flat->arena, struct flat_field, form->n_fields);
    for (size_t k = 0; k < form->n_fields; k++) /* a repeat stands before what is in it */
        plan_field(flat, &plan, cw, used, k, out);
    TF_TRY(check_used(cw, &plan, used, reterr));
    flat->plan = tf_grow(flat->arena, flat->plan, flat->n_plans, &flat->cap_plans, sizeof plan);
    flat->plan[flat->n_plans] = plan;
    *ret = flat->n_plans++;
    return TF_OK;
}

/* ---- Columns ----------------------------------------------------------------------------------- */

static struct flat_column *add_column(struct tf_flat *flat, size_t table, const char *name,
                                      const char *label, bool is_text)
{
    struct flat_table *t = &flat->table[table];
    t->col = tf_grow(flat->arena, t->col, t->n_cols, &t->cap_cols, sizeof *t->col);
    t->col[t->n_cols] = (struct flat_column){.name = name, .label = label, .is_text = is_text};
    return &t->col[t->n_cols++];
}

static void label_choices(struct tf_flat *flat, const struct flat_question *q, struct flat_column *c)
{
    c->labels = TF_NEW_N(flat->arena, struct tf_label, q->n_items);
    for (size_t k = 0; k < q->n_items; k++)
        if (q->item[k].label != NULL && q->item[k].why == TF_PRESENT)
            c->labels[c->n_labels++] = (struct tf_label){
                .value = c->is_text ? 0 : q->item[k].number,
                .text = c->is_text ? q->item[k].value : NULL,
                .label = q->item[k].label};
}

static void choice_columns(struct tf_flat *flat, const struct flat_question *q)
{
    static struct tf_label yes_no[] = {{.value = 0, .label = "not chosen"}, {.value = 1, .label = "chosen"}};
    for (size_t k = 0; k < q->n_items; k++) {
        const struct flat_item *i = &q->item[k];
        if (i->why != TF_PRESENT)
            continue;
        const char *label = i->label == NULL ? i->value : i->label;
        if (q->label != NULL)
            label = tf_printf(flat->arena, "%s: %s", q->label, label);
        struct flat_column *c = add_column(flat, q->table,
                                           tf_printf(flat->arena, "%s/%s", q->name, i->value), label,
                                           false);
        if (q->kind == FLAT_MANY) {
            c->labels = yes_no;
            c->n_labels = 2;
        }
    }
}

static void question_columns(struct tf_flat *flat, struct flat_question *q)
{
    static const char *const axes[] = {"lat", "lon", "alt", "acc"};
    bool numbers = q->choice;
    for (size_t k = 0; k < q->n_items && numbers; k++)
        numbers = isfinite(q->item[k].number) || q->item[k].why != TF_PRESENT;
    if (q->choice && q->kind == FLAT_TEXT && numbers)
        q->kind = FLAT_NUMBER;
    q->first = flat->table[q->table].n_cols;
    for (size_t k = 0; k < 4 && q->kind == FLAT_GEO; k++)
        (void)add_column(flat, q->table, tf_printf(flat->arena, "%s/%s", q->name, axes[k]), q->label,
                         false);
    if (q->kind == FLAT_GEO)
        return;
    struct flat_column *c = add_column(flat, q->table, q->name, q->label, q->kind != FLAT_NUMBER);
    if (q->kind == FLAT_NUMBER || q->kind == FLAT_TEXT)
        label_choices(flat, q, c);
    else
        choice_columns(flat, q);
}

/* A row in which nothing stands: what is asked under a condition was not asked; what this version has
 * not was not asked either; the rest is empty. */
static void blank_rows(struct tf_flat *flat, struct flat_plan *plan)
{
    plan->blank = TF_NEW_N(flat->arena, uint8_t *, flat->n_tables);
    for (size_t t = 0; t < flat->n_tables; t++) {
        plan->blank[t] = TF_NEW_N(flat->arena, uint8_t, flat->table[t].n_cols);
        memset(plan->blank[t], TF_MISS_ROUTING, flat->table[t].n_cols);
    }
    for (size_t k = 0; k < plan->form->n_fields; k++) {
        if (plan->field[k].question == SIZE_MAX || plan->field[k].routed)
            continue;
        const struct flat_question *q = &flat->question[plan->field[k].question];
        memset(plan->blank[q->table] + q->first, TF_MISS_SYSTEM, q->n_cols);
    }
}

enum tf_code tf_flat_seal(struct tf_flat *flat, struct tf_err *reterr)
{
    size_t columns = 0;
    for (size_t t = 0; t < flat->n_tables; t++) {
        (void)add_column(flat, t, t == 0 ? "KEY" : "PARENT_KEY", NULL, true);
        (void)add_column(flat, t, t == 0 ? "FORM_VERSION" : "KEY", NULL, true);
        if (t > 0)
            (void)add_column(flat, t, "ROW", "Number of the row among its parent's", false);
        if (t > 0 && flat->opt.id_var != NULL) /* so that a row is known to be whose it is */
            (void)add_column(flat, t, flat->opt.id_var, NULL, true);
    }
    for (size_t k = 0; k < flat->n_questions; k++) {
        struct flat_question *q = &flat->question[k];
        question_columns(flat, q);
        q->n_cols = flat->table[q->table].n_cols - q->first;
    }
    for (size_t t = 0; t < flat->n_tables; t++)
        columns += flat->table[t].n_cols;
    if (columns > MOST_COLUMNS) {
        (void)tf_fail(reterr, TF_E_LIMIT, "'%s' has more than %d columns", flat->opt.dataset, MOST_COLUMNS);
        return tf_help(reterr, "Choices of several make a column each: are lists of places among them?");
    }
    for (size_t k = 0; k < flat->n_plans; k++)
        blank_rows(flat, &flat->plan[k]);
    flat->sealed = true;
    return TF_OK;
}
