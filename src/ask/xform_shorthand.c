/* Shorthand: what one row of a survey sheet stands for besides itself.
 *
 *     select_one L or_other        the choice `other`, and a question name_other behind it
 *     repeat_count 2 * ${n}        a calculate name_count before the repeat, which counts by it
 *     appearance table-list        a field list whose first select shows the labels of the choices
 *     begin_loop over L            the rows inside once for each choice: %(name)s, %(label)s
 *
 * Source: XLSForm reference table; names of what is made, and its place, as pyxform 4.5 has them,
 * for data of a form that was converted before must fit the form converted now. */
#include <string.h>

#include "ask/xform_write.h"

static struct tf_xnode *copy_of(struct tf_xwriter *w, const struct tf_xnode *x)
{
    struct tf_xnode *copy = TF_NEW(w->arena, struct tf_xnode);
    *copy = *x;
    return copy;
}

static struct tf_xnode *
made(struct tf_xwriter *w, const struct tf_xnode *x, const char *type, const char *name)
{
    struct tf_xnode *node = TF_NEW(w->arena, struct tf_xnode);
    node->kind = TF_XQUESTION;
    node->type = type;
    node->name = name;
    node->row = x->row;
    return node;
}

/* ---- repeats with a calculated count --------------------------------------------------------- */

static bool only_reference(const char *s)
{
    const char *name;
    size_t n;
    bool last;
    const size_t len = tf_xref_at(s, &name, &n, &last);
    return len > 0 && s[len] == '\0';
}

const struct tf_xnode *
tf_xshort_repeat(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x)
{
    const char *count = tf_xpair(&x->control, "jr:count");
    if (count == NULL || only_reference(count))
        return x;
    struct tf_xnode *node = made(w, x, "calculate", tf_printf(w->arena, "%s_count", x->name));
    tf_xpair_set(w->arena, &node->bind, "readonly", "true()");
    tf_xpair_set(w->arena, &node->bind, "calculate", count);
    (void)tf_xitem_question(w, parent, node);
    struct tf_xnode *copy = copy_of(w, x);
    tf_xpair_set(w->arena, &copy->control, "jr:count", tf_printf(w->arena, "${%s}", node->name));
    return copy;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* "w1 table-list" -> "field-list w1"; NULL when it is no table. */
static const char *table_appearance(struct tf_xwriter *w, const char *appearance)
{
    struct tf_buf b = {.arena = w->arena};
    bool table = false;
    tf_buf_add(&b, "field-list");
    for (const char *s = appearance; s != NULL && *s != '\0';) {
        s += strspn(s, " \t\n");
        const size_t n = strcspn(s, " \t\n");
        if (n == 10 && strncmp(s, "table-list", n) == 0) {
            table = true;
        } else if (n > 0) {
            tf_buf_char(&b, ' ');
            tf_buf_addn(&b, s, n);
        }
        s += n;
    }
    return table ? tf_buf_text(&b) : NULL;
}

/* The group's own words go into a note, which is shown above the table. */
const struct tf_xnode *tf_xshort_table(struct tf_xwriter *w, struct tf_xshort *s,
                                       const struct tf_xnode *x, struct tf_xnode **ret_note)
{
    const char *appearance = table_appearance(w, tf_xpair(&x->control, "appearance"));
    if (appearance == NULL)
        return x;
    s->table = "";
    struct tf_xnode *copy = copy_of(w, x);
    tf_xpair_set(w->arena, &copy->control, "appearance", appearance);
    if (tf_xtexts_any(&x->label) || tf_xtexts_any(&x->hint)) {
        struct tf_xnode *note =
            made(w, x, "note", tf_printf(w->arena, "generated_table_list_label_%zu", x->row));
        note->label = x->label;
        note->hint = x->hint;
        memset(&copy->label, 0, sizeof copy->label);
        memset(&copy->hint, 0, sizeof copy->hint);
        *ret_note = note;
    }
    return copy;
}

const struct tf_xnode *tf_xshort_select(struct tf_xwriter *w, struct tf_xshort *s,
                                        struct tf_item *parent, const struct tf_xnode *x)
{
    if (s->table == NULL || x->list == NULL)
        return x;
    if (*s->table == '\0') {
        s->table = x->list;
        if (!tf_is_blank(x->choice_filter))
            tf_xfault(w, x->row, "Leave choice_filter empty, or take table-list from the group.",
                      "a table-list shows the same choices in each line: '%s' may not filter them",
                      x->name);
        struct tf_xnode *head = made(
            w, x, x->type, tf_printf(w->arena, "reserved_name_for_field_list_labels_%zu", x->row));
        tf_xpair_set(w->arena, &head->control, "appearance", "label");
        head->list = x->list;
        (void)tf_xitem_question(w, parent, head);
    } else if (strcmp(s->table, x->list) != 0) {
        tf_xfault(w, x->row, "Give all selects of the group the same list, or make two groups.",
                  "the table-list began with the list '%s', and '%s' has '%s'", s->table, x->name,
                  x->list);
    }
    struct tf_xnode *copy = copy_of(w, x);
    tf_xpair_set(w->arena, &copy->control, "appearance", "list-nolabel");
    return copy;
}

/* ---- or_other -------------------------------------------------------------------------------- */

static bool has_lang(const struct tf_xtexts *t, const char *lang)
{
    for (size_t k = 0; k < t->n; k++)
        if (tf_streq(t->item[k].lang, lang))
            return true;
    return false;
}

/* "Other" in each language that a choice has, in order of first meeting. */
static void
label_other(struct tf_xwriter *w, const struct tf_xlist_state *list, struct tf_xtexts *ret)
{
    size_t cap = 0;
    for (size_t c = 0; c < list->n; c++) {
        const struct tf_xtexts *label = &list->choice[c].label;
        for (size_t k = 0; k < label->n && tf_xtexts_many(label); k++) {
            const char *lang =
                label->item[k].lang == NULL ? w->form->default_language : label->item[k].lang;
            if (has_lang(ret, lang))
                continue;
            ret->item = tf_grow(w->arena, ret->item, ret->n, &cap, sizeof *ret->item);
            ret->item[ret->n].lang = lang;
            ret->item[ret->n++].text = "Other";
        }
    }
    if (ret->n == 0)
        tf_xtexts_set(w->arena, ret, "Other");
}

static void add_choice(struct tf_xwriter *w, struct tf_xlist_state *list)
{
    for (size_t c = 0; c < list->n; c++)
        if (strcmp(list->choice[c].name, "other") == 0)
            return;
    struct tf_xchoice other = {.name = "other"};
    label_other(w, list, &other.label);
    list->choice = tf_grow(w->arena, list->choice, list->n, &list->cap, sizeof *list->choice);
    list->choice[list->n++] = other;
}

void tf_xshort_other(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x)
{
    struct tf_xlist_state *list = tf_xlist_named(w, x->list);
    if (list != NULL)
        add_choice(w, list);
    struct tf_xnode *node = made(w, x, "text", tf_printf(w->arena, "%s_other", x->name));
    tf_xtexts_set(w->arena, &node->label, "Specify other.");
    tf_xpair_set(w->arena, &node->bind, "relevant",
                 tf_printf(w->arena, "selected(../%s, 'other')", x->name));
    (void)tf_xitem_question(w, parent, node);
}

/* ---- loops ----------------------------------------------------------------------------------- */

static const char *label_in(const struct tf_xtexts *label, const char *lang)
{
    for (size_t k = 0; k < label->n; k++)
        if (tf_streq(label->item[k].lang, lang))
            return label->item[k].text;
    return label->n > 0 ? label->item[0].text : "";
}

static const char *
fill_in(struct tf_xwriter *w, const char *s, const struct tf_xchoice *column, const char *lang)
{
    if (s == NULL || strstr(s, "%(") == NULL)
        return s;
    s = tf_replace(w->arena, s, "%(name)s", column->name);
    return tf_replace(w->arena, s, "%(label)s", label_in(&column->label, lang));
}

static void fill_texts(struct tf_xwriter *w, struct tf_xtexts *t, const struct tf_xchoice *column)
{
    struct tf_xtext *item = TF_NEW_N(w->arena, struct tf_xtext, t->n + 1);
    for (size_t k = 0; k < t->n; k++) {
        item[k].lang = t->item[k].lang;
        item[k].text = fill_in(w, t->item[k].text, column, item[k].lang);
    }
    t->item = item;
}

static void fill_pairs(struct tf_xwriter *w, struct tf_xpairs *p, const struct tf_xchoice *column)
{
    struct tf_xpair *item = TF_NEW_N(w->arena, struct tf_xpair, p->n + 1);
    for (size_t k = 0; k < p->n; k++) {
        item[k].name = p->item[k].name;
        item[k].value = fill_in(w, p->item[k].value, column, NULL);
    }
    p->item = item;
}

/* The row for one choice of the loop's list. Rows inside groups of the loop stay as they are. */
struct tf_xnode *
tf_xshort_column(struct tf_xwriter *w, const struct tf_xnode *x, const struct tf_xchoice *column)
{
    struct tf_xnode *copy = copy_of(w, x);
    copy->name = fill_in(w, x->name, column, NULL);
    fill_texts(w, &copy->label, column);
    fill_texts(w, &copy->hint, column);
    fill_texts(w, &copy->guidance, column);
    fill_texts(w, &copy->constraint_message, column);
    fill_texts(w, &copy->required_message, column);
    fill_pairs(w, &copy->bind, column);
    fill_pairs(w, &copy->control, column);
    copy->default_value = fill_in(w, x->default_value, column, NULL);
    copy->choice_filter = fill_in(w, x->choice_filter, column, NULL);
    copy->trigger = fill_in(w, x->trigger, column, NULL);
    return copy;
}
