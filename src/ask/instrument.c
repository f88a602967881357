/* Instruments: the questions of an XLSForm workbook.
 *
 * XLSForm is how surveys of the ODK family are written: a sheet `survey` (type, name, label, relevant,
 * …), a sheet `choices` (list_name, name, label) and a sheet `settings`. Labels stand in one column
 * per language, `label::English (en)`. Source: xlsform.org, "What is an XLSForm?", and pyxform's
 * aliases of types.
 *
 * Read here is what evidence needs: which question a variable answers, its words in every language,
 * its codes and who was asked (relevant). Columns beside these are left alone. Names and lists are
 * checked, because a label on the wrong variable is worse than none.
 *
 * Does not: check expressions, constraints or calculations, or make a form: collecting is field's. */
#include <stdio.h>
#include <string.h>

#include "ask/inside.h"
#include "base/xlsx.h"

/* ---- Sheets and columns ------------------------------------------------------------------------ */

struct grid { /* a sheet, with the columns that matter found */
    const char *file;
    const struct tf_sheet *sheet;
    size_t type, name, list, relevant; /* SIZE_MAX: no such column */
    size_t *label;                     /* columns of labels */
    const char **lang;                 /* [n_labels] */
    size_t n_labels;
};

static const char *cell(const struct grid *g, size_t row, size_t col)
{
    return col == SIZE_MAX ? "" : g->sheet->cell[row * g->sheet->n_cols + col];
}

/* Errors speak as the spreadsheet does: sheet, row from 1, column by letter. */
static enum tf_code fail_cell(const struct grid *g, size_t row, size_t col, struct tf_err *reterr,
                              const char *format, ...) TF_PRINTF(5, 6);
static enum tf_code fail_cell(const struct grid *g, size_t row, size_t col, struct tf_err *reterr,
                              const char *format, ...)
{
    char letters[8] = "", what[400];
    size_t at = sizeof letters - 1;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    for (size_t c = col + 1; col != SIZE_MAX && c > 0 && at > 0; c = (c - 1) / 26)
        letters[--at] = (char)('A' + (int)((c - 1) % 26));
    (void)tf_fail_at(reterr, TF_E_INPUT, g->file, row + 1, col == SIZE_MAX ? 0 : col + 1, "%s",
                     what);
    return tf_fact(reterr, "sheet '%s', row %zu%s%s", g->sheet->name, row + 1,
                   col == SIZE_MAX ? "" : ", column ", letters + at);
}

/* "label" -> "en"; "label::English (en)" -> "en"; "label::km" -> "km"; else NULL. */
static const char *label_language(struct tf_arena *arena, const char *head)
{
    if (strcmp(head, "label") == 0)
        return "en";
    if (strncmp(head, "label::", 7) != 0 && strncmp(head, "label:", 6) != 0)
        return NULL;
    const char *name = head + (head[6] == ':' ? 7 : 6), *open = strrchr(name, '(');
    if (open == NULL || strchr(open, ')') == NULL)
        return tf_trim(arena, name);
    return tf_trim(arena, tf_strndup(arena, open + 1, strcspn(open + 1, ")")));
}

static enum tf_code find_columns(struct tf_arena *arena, struct grid *g, struct tf_err *reterr)
{
    const struct tf_sheet *s = g->sheet;
    const struct {
        const char *head, *or_head;
        size_t *at;
    } wanted[] = {{"type", NULL, &g->type},
                  {"name", "value", &g->name},
                  {"list_name", "list name", &g->list},
                  {"relevant", "relevance", &g->relevant}};
    g->type = g->name = g->list = g->relevant = SIZE_MAX;
    g->label = TF_NEW_N(arena, size_t, s->n_cols);
    g->lang = TF_NEW_N(arena, const char *, s->n_cols);
    for (size_t c = 0; s->n_rows > 0 && c < s->n_cols; c++) {
        const char *head = tf_trim(arena, cell(g, 0, c)), *lang = label_language(arena, head);
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
            if (strcmp(head, wanted[k].head) == 0 || tf_streq(head, wanted[k].or_head)) {
                if (*wanted[k].at != SIZE_MAX)
                    return fail_cell(g, 0, c, reterr, "the column '%s' stands twice", head);
                *wanted[k].at = c;
            }
        if (lang == NULL)
            continue;
        for (size_t k = 0; k < g->n_labels; k++)
            if (strcmp(g->lang[k], lang) == 0)
                return fail_cell(g, 0, c, reterr, "two columns hold labels in '%s'", lang);
        g->label[g->n_labels] = c;
        g->lang[g->n_labels++] = lang;
    }
    return TF_OK;
}

static enum tf_code open_grid(struct tf_arena *arena, const struct tf_workbook *book,
                              const char *name, const char *path, bool need, struct grid *ret,
                              struct tf_err *reterr)
{
    *ret = (struct grid){.file = path};
    for (size_t k = 0; k < book->n_sheets; k++)
        if (tf_casecmp(book->sheet[k].name, name) == 0) {
            ret->sheet = &book->sheet[k];
            return find_columns(arena, ret, reterr);
        }
    if (!need)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "the workbook has no sheet '%s'", name);
    return tf_help(reterr, "An XLSForm has the sheets survey, choices and settings.");
}

static enum tf_code need_column(const struct grid *g, size_t col, const char *name,
                                struct tf_err *reterr)
{
    if (col != SIZE_MAX)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, g->file, 1, 0, "the sheet '%s' has no column '%s'",
                     g->sheet->name, name);
    return tf_help(reterr, "Its first row holds the names of the columns.");
}

static struct tf_words row_labels(struct tf_arena *arena, const struct grid *g, size_t row)
{
    struct tf_words w = {.item = TF_NEW_N(arena, struct tf_word, g->n_labels)};
    for (size_t k = 0; k < g->n_labels; k++) {
        const char *text = tf_trim(arena, cell(g, row, g->label[k]));
        if (text[0] != '\0')
            w.item[w.n++] = (struct tf_word){.lang = g->lang[k], .text = text};
    }
    return w;
}

/* ---- Types -------------------------------------------------------------------------------------- */

/* Every type a form may hold, with its aliases; `list` types are followed by the name of a list. */
static const struct type {
    const char *written, *type;
    bool list, structure;
} types[] = {
    {"select_one", "select_one", true, false},
    {"select one", "select_one", true, false},
    {"select_multiple", "select_multiple", true, false},
    {"select multiple", "select_multiple", true, false},
    {"rank", "rank", true, false},
    {"integer", "integer", false, false},
    {"int", "integer", false, false},
    {"decimal", "decimal", false, false},
    {"range", "range", false, false},
    {"text", "text", false, false},
    {"string", "text", false, false},
    {"note", "note", false, false},
    {"calculate", "calculate", false, false},
    {"acknowledge", "acknowledge", false, false},
    {"trigger", "acknowledge", false, false},
    {"date", "date", false, false},
    {"time", "time", false, false},
    {"dateTime", "datetime", false, false},
    {"datetime", "datetime", false, false},
    {"geopoint", "geopoint", false, false},
    {"geotrace", "geotrace", false, false},
    {"geoshape", "geoshape", false, false},
    {"image", "image", false, false},
    {"audio", "audio", false, false},
    {"video", "video", false, false},
    {"file", "file", false, false},
    {"barcode", "barcode", false, false},
    {"hidden", "hidden", false, false},
    {"start", "metadata", false, false},
    {"end", "metadata", false, false},
    {"today", "metadata", false, false},
    {"deviceid", "metadata", false, false},
    {"username", "metadata", false, false},
    {"audit", "metadata", false, false},
    {"begin group", "group", false, true},
    {"begin_group", "group", false, true},
    {"end group", "end", false, true},
    {"end_group", "end", false, true},
    {"begin repeat", "repeat", false, true},
    {"begin_repeat", "repeat", false, true},
    {"end repeat", "end", false, true},
    {"end_repeat", "end", false, true},
};

static const struct type *find_type(const char *written, const char **ret_list)
{
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        const struct type *t = &types[k];
        const size_t n = strlen(t->written);
        if (!t->list && strcmp(written, t->written) == 0)
            return t;
        if (t->list && strncmp(written, t->written, n) == 0 && written[n] == ' ') {
            *ret_list = written + n + strspn(written + n, " ");
            return t;
        }
    }
    return NULL;
}

static enum tf_code unknown_type(const struct grid *g, size_t row, const char *written,
                                 struct tf_err *reterr)
{
    const char *known[sizeof types / sizeof *types + 1];
    size_t n = 0;
    for (; n < sizeof types / sizeof *types; n++)
        known[n] = types[n].written;
    known[n] = NULL;
    const char *nearest = tf_nearest(written, known);
    (void)fail_cell(g, row, g->type, reterr, "'%.80s' is no type of question", written);
    if (nearest != NULL)
        return tf_help(reterr, "Did you mean '%s'?", nearest);
    return tf_help(reterr, "A type is such as integer, text, or select_one followed by a list.");
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static enum tf_code read_choices(struct tf_arena *arena, const struct grid *g,
                                 const struct grid *survey, size_t row, struct tf_question *q,
                                 struct tf_err *reterr)
{
    size_t cap = 0, space = strcspn(q->list, " ");
    q->list = tf_strndup(arena, q->list, space); /* "yesno or_other" */
    for (size_t r = 1; g->sheet != NULL && r < g->sheet->n_rows; r++) {
        const char *value = tf_trim(arena, cell(g, r, g->name));
        if (strcmp(tf_trim(arena, cell(g, r, g->list)), q->list) != 0)
            continue;
        if (value[0] == '\0')
            return fail_cell(g, r, g->name, reterr, "a choice of the list '%s' has no name",
                             q->list);
        for (size_t k = 0; k < q->n_choices; k++)
            if (strcmp(q->choice[k].value, value) == 0)
                return fail_cell(g, r, g->name, reterr, "the choice '%s' stands twice in its list",
                                 value);
        q->choice = tf_grow(arena, q->choice, q->n_choices, &cap, sizeof *q->choice);
        q->choice[q->n_choices++] =
            (struct tf_choice){.value = value, .label = row_labels(arena, g, r)};
    }
    if (q->n_choices > 0)
        return TF_OK;
    (void)fail_cell(survey, row, survey->type, reterr, "there is no list of choices '%s'", q->list);
    return tf_help(reterr, "Add it to the sheet 'choices', or correct the name.");
}

struct reading {
    struct tf_arena *arena;
    struct grid survey, choices;
    struct tf_instrument *i;
    size_t cap, depth, open[32]; /* rows that began a group */
};

static enum tf_code read_structure(struct reading *r, const struct type *t, size_t row,
                                   const char *written, struct tf_err *reterr)
{
    if (strcmp(t->type, "end") == 0) {
        if (r->depth == 0)
            return fail_cell(&r->survey, row, r->survey.type, reterr,
                             "'%s' ends what was not begun", written);
        r->depth--;
        return TF_OK;
    }
    if (r->depth == sizeof r->open / sizeof *r->open)
        return fail_cell(&r->survey, row, r->survey.type, reterr, "'%s' is nested too deeply",
                         written);
    r->open[r->depth++] = row;
    return TF_OK;
}

static enum tf_code read_question(struct reading *r, size_t row, struct tf_err *reterr)
{
    const struct grid *g = &r->survey;
    struct tf_question q = {.row = row + 1};
    const char *written = tf_trim(r->arena, cell(g, row, g->type));
    const char *relevant = tf_trim(r->arena, cell(g, row, g->relevant));
    if (written[0] == '\0')
        return TF_OK; /* empty rows and comments */
    const struct type *t = find_type(written, &q.list);
    if (t == NULL)
        return unknown_type(g, row, written, reterr);
    if (t->structure)
        return read_structure(r, t, row, written, reterr);
    q.name = tf_trim(r->arena, cell(g, row, g->name));
    q.type = t->type;
    q.relevant = relevant[0] == '\0' ? NULL : relevant;
    q.label = row_labels(r->arena, g, row);
    if (q.name[0] == '\0')
        return fail_cell(g, row, g->name, reterr, "a question of type '%s' has no name", written);
    if (tf_instrument_question(r->i, q.name) != NULL)
        return fail_cell(g, row, g->name, reterr, "the name '%s' is taken", q.name);
    if (q.list != NULL)
        TF_TRY(read_choices(r->arena, &r->choices, g, row, &q, reterr));
    r->i->question =
        tf_grow(r->arena, r->i->question, r->i->n_questions, &r->cap, sizeof q);
    r->i->question[r->i->n_questions++] = q;
    return TF_OK;
}

static enum tf_code read_form(struct reading *r, const struct tf_workbook *book, const char *path,
                              struct tf_err *reterr)
{
    TF_TRY(open_grid(r->arena, book, "survey", path, true, &r->survey, reterr));
    TF_TRY(open_grid(r->arena, book, "choices", path, false, &r->choices, reterr));
    TF_TRY(need_column(&r->survey, r->survey.type, "type", reterr));
    TF_TRY(need_column(&r->survey, r->survey.name, "name", reterr));
    if (r->choices.sheet != NULL && r->choices.sheet->n_rows > 1) {
        TF_TRY(need_column(&r->choices, r->choices.list, "list_name", reterr));
        TF_TRY(need_column(&r->choices, r->choices.name, "name", reterr));
    }
    r->i->language = r->survey.lang;
    r->i->n_languages = r->survey.n_labels;
    for (size_t row = 1; row < r->survey.sheet->n_rows; row++)
        TF_TRY(read_question(r, row, reterr));
    if (r->depth > 0)
        return fail_cell(&r->survey, r->open[r->depth - 1], r->survey.type, reterr,
                         "a group is begun here and never ended");
    return TF_OK;
}

enum tf_code tf_instrument_read(struct tf_arena *arena, const char *path,
                                struct tf_instrument **ret, struct tf_err *reterr)
{
    struct tf_workbook *book;
    struct reading r = {.arena = arena, .i = TF_NEW(arena, struct tf_instrument)};
    r.i->file = tf_strdup(arena, path);
    TF_TRY(tf_file_hash(path, &r.i->hash, reterr));
    TF_TRY(tf_xlsx_read(arena, path, &book, reterr));
    TF_TRY(read_form(&r, book, r.i->file, reterr));
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
