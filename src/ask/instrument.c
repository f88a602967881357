/* Instruments: the questions of a form, as evidence needs them.
 *
 * The form is read by the one reader of XLSForms (xlsform.c), so whatever can be converted can be an
 * instrument: a workbook, a folder of CSVs, a Markdown table. Kept is which question a variable answers,
 * its words in every language, its codes and who was asked (relevant). A row without a type is a remark
 * here even when it has a label.
 *
 * Does not: check expressions, constraints or calculations, or make a form: xform_convert.c does. */
#include <stdio.h>
#include <string.h>

#include "ask/inside.h"
#include "ask/xlsform.h"
#include "base/names.h"

/* ---- Types -------------------------------------------------------------------------------------- */

/* What a form calls them, and what evidence does: what the device fills in is "metadata". */
static const char *type_of(const char *type)
{
    static const struct {
        const char *form, *evidence;
    } same[] = {{"select one", "select_one"},
                {"select one external", "select_one"},
                {"select multiple", "select_multiple"},
                {"dateTime", "datetime"},
                {"trigger", "acknowledge"},
                {"percentage", "integer"},
                {"phone number", "text"},
                {"number of days in last month", "integer"},
                {"number of days in last six months", "integer"},
                {"number of days in last year", "integer"},
                {"start", "metadata"},
                {"end", "metadata"},
                {"today", "metadata"},
                {"deviceid", "metadata"},
                {"subscriberid", "metadata"},
                {"simserial", "metadata"},
                {"phonenumber", "metadata"},
                {"username", "metadata"},
                {"email", "metadata"},
                {"audit", "metadata"}};
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
        if (strcmp(type, same[k].form) == 0)
            return same[k].evidence;
    return tf_starts(type, "uri:") ? "metadata" : type;
}

/* ---- Words -------------------------------------------------------------------------------------- */

/* "English (en)" -> "en"; "km" -> "km"; a column without a language is English. */
static const char *code_of(struct tf_arena *arena, const char *lang)
{
    if (lang == NULL || strcmp(lang, "default") == 0)
        return "en";
    const char *open = strrchr(lang, '(');
    if (open == NULL || strchr(open, ')') == NULL)
        return tf_trim(arena, lang);
    return tf_trim(arena, tf_strndup(arena, open + 1, strcspn(open + 1, ")")));
}

struct reading {
    struct tf_arena *arena;
    const struct tf_xlsform *form;
    struct tf_instrument *i;
    struct tf_names lists, languages;
    size_t cap, cap_languages;
    struct tf_err *reterr;
};

static struct tf_words words_of(struct reading *r, const struct tf_xtexts *t)
{
    struct tf_words w = {.item = TF_NEW_N(r->arena, struct tf_word, t->n)};
    for (size_t k = 0; k < t->n; k++)
        w.item[w.n++] = (struct tf_word){.lang = code_of(r->arena, t->item[k].lang),
                                         .text = t->item[k].text};
    return w;
}

/* The languages of questions and choices, in the order in which they are met. */
static enum tf_code note_languages(struct reading *r, const struct tf_words *w, const char *sheet)
{
    struct tf_instrument *i = r->i;
    for (size_t k = 0; k < w->n; k++) {
        for (size_t j = 0; j < k; j++)
            if (strcmp(w->item[j].lang, w->item[k].lang) == 0) {
                (void)tf_fail_at(r->reterr, TF_E_INPUT, i->file, 1, 0,
                                 "two columns hold labels in '%s'", w->item[k].lang);
                (void)tf_fact(r->reterr, "sheet '%s', row 1", sheet);
                return tf_help(r->reterr, "Rename or remove one of them.");
            }
        if (!tf_names_put(&r->languages, w->item[k].lang, k))
            continue;
        i->language = tf_grow(r->arena, i->language, i->n_languages, &r->cap_languages,
                              sizeof *i->language);
        i->language[i->n_languages++] = w->item[k].lang;
    }
    return TF_OK;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static enum tf_code read_choices(struct reading *r, struct tf_question *q)
{
    const size_t at = q->list == NULL ? SIZE_MAX : tf_names_get(&r->lists, q->list);
    if (at == SIZE_MAX) /* of a file, or of an earlier answer */
        return TF_OK;
    const struct tf_xlist *list = &r->form->list[at];
    q->choice = TF_NEW_N(r->arena, struct tf_choice, list->n);
    for (size_t k = 0; k < list->n; k++) {
        const struct tf_choice one = {.value = list->choice[k].name,
                                      .label = words_of(r, &list->choice[k].label)};
        TF_TRY(note_languages(r, &one.label, "choices"));
        q->choice[q->n_choices++] = one;
    }
    return TF_OK;
}

static const char *relevant_of(const struct tf_xnode *n)
{
    for (size_t k = 0; k < n->bind.n; k++)
        if (strcmp(n->bind.item[k].name, "relevant") == 0)
            return n->bind.item[k].value;
    return NULL;
}

static enum tf_code read_nodes(struct reading *r, struct tf_xnode *const *node, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const struct tf_xnode *x = node[k];
        if (x->kind != TF_XQUESTION) {
            TF_TRY(read_nodes(r, x->child, x->n_children));
            continue;
        }
        struct tf_question q = {.name = x->name,
                                .type = type_of(x->type),
                                .list = x->list,
                                .relevant = relevant_of(x),
                                .label = words_of(r, &x->label),
                                .row = x->row};
        TF_TRY(note_languages(r, &q.label, "survey"));
        TF_TRY(read_choices(r, &q));
        r->i->question =
            tf_grow(r->arena, r->i->question, r->i->n_questions, &r->cap, sizeof q);
        r->i->question[r->i->n_questions++] = q;
    }
    return TF_OK;
}

/* What a file is called by: of a folder, all its files count. */
static enum tf_code hash_of(struct tf_arena *arena, const char *path, struct tf_hash *ret,
                            struct tf_err *reterr)
{
    struct tf_hasher hasher;
    char **name;
    size_t n;
    if (!tf_dir_exists(path))
        return tf_file_hash(path, ret, reterr);
    TF_TRY(tf_dir_list(arena, path, &name, &n, reterr));
    tf_hasher_begin(&hasher);
    for (size_t k = 0; k < n; k++) {
        struct tf_hash one;
        if (!tf_ends(name[k], ".csv"))
            continue;
        TF_TRY(tf_file_hash(tf_path_join(arena, path, name[k]), &one, reterr));
        tf_hasher_text(&hasher, name[k]);
        tf_hasher_text(&hasher, one.hex);
    }
    *ret = tf_hasher_end(&hasher);
    return TF_OK;
}

enum tf_code tf_instrument_read(struct tf_arena *arena, const char *path,
                                struct tf_instrument **ret, struct tf_err *reterr)
{
    const struct tf_convert_opt opt = {.stem = "instrument", .remarks = true};
    struct tf_grid *grid;
    struct tf_xlsform *form;
    struct reading r = {.arena = arena, .i = TF_NEW(arena, struct tf_instrument), .reterr = reterr};
    r.lists.arena = r.languages.arena = arena;
    r.i->file = tf_strdup(arena, path);
    TF_TRY(hash_of(arena, path, &r.i->hash, reterr));
    TF_TRY(tf_grid_read(arena, path, &grid, reterr));
    TF_TRY(tf_xlsform_read(arena, grid, &opt, NULL, &form, reterr));
    r.form = form;
    for (size_t k = 0; k < form->n_lists; k++)
        (void)tf_names_put(&r.lists, form->list[k].name, k);
    TF_TRY(read_nodes(&r, form->node, form->n_nodes));
    *ret = r.i;
    return TF_OK;
}

const struct tf_question *tf_instrument_question(const struct tf_instrument *i, const char *name)
{
    for (size_t k = 0; k < i->n_questions; k++)
        if (strcmp(i->question[k].name, name) == 0)
            return &i->question[k];
    return NULL;
}

/* ---- Labels on data ------------------------------------------------------------------------------ */

/* A number column takes the choices whose value is a number; a text column takes all. */
static void label_column(struct tf_arena *arena, const struct tf_question *q, const char *lang,
                         struct tf_column *c)
{
    struct tf_label *label = TF_NEW_N(arena, struct tf_label, q->n_choices);
    size_t n = 0;
    const char *text = tf_words_in(&q->label, lang);
    if (text[0] != '\0')
        c->label = tf_strdup(arena, text);
    for (size_t k = 0; k < q->n_choices; k++) {
        const struct tf_choice *choice = &q->choice[k];
        struct tf_label l = {.label = tf_strdup(arena, tf_words_in(&choice->label, lang))};
        if (c->type == TF_TEXT)
            l.text = tf_strdup(arena, choice->value);
        else if (!tf_parse_double(choice->value, &l.value))
            continue;
        label[n++] = l;
    }
    if (n == 0)
        return;
    c->labels = label;
    c->n_labels = n;
}

void tf_instrument_label(const struct tf_instrument *i, const char *lang, struct tf_table *t)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        const struct tf_question *q = tf_instrument_question(i, t->col[k].name);
        if (q != NULL)
            label_column(t->arena, q, lang, &t->col[k]);
    }
}
