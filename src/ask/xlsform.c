/* An XLSForm read: the sheets in their order, the settings, and how faults are told.
 *
 * XLSForm is how surveys of the ODK family are written: the sheet survey has a row per question, choices
 * the lists to choose from, settings what concerns the whole form; entities, external_choices and osm
 * are rare. Source: the XLSForm reference table (xlsform.org) and, where it is silent, what pyxform 4.5
 * accepts, refuses and warns of.
 *
 * A form is read to its end whatever is wrong in it: each fault is told with its sheet, row and column
 * and with what to do, so that its author corrects all of them at once. Only then is it refused.
 *
 * Does not: make nodes that no row asks for (that is the writer's), read expressions (expr.c). */
#include <stdio.h>
#include <string.h>

#include "ask/xlsform_inside.h"

/* ---- Telling ----------------------------------------------------------------------------------- */

/* Whoever has more faults than these has one: the wrong file. */
enum { MOST_TOLD = 500, MOST_COMPARED = 50 };

static const char *place_text(struct tf_xread *x, enum tf_xsheet sheet, size_t row,
                              const char *column)
{
    struct tf_buf b = {.arena = x->arena};
    tf_buf_printf(&b, "sheet '%s'", tf_xsheet_name[sheet]);
    if (row > 0)
        tf_buf_printf(&b, ", row %zu", row);
    if (column != NULL)
        tf_buf_printf(&b, ", column '%.80s'", column);
    return tf_buf_text(&b);
}

static void tell(struct tf_xread *x, enum tf_level level, enum tf_xsheet sheet, size_t row,
                 const char *column, const char *help, const char *text)
{
    static const char *const id[] = {
        [TF_NOTE] = "form-note", [TF_WARNING] = "form-warning", [TF_ERROR] = "form-error"};
    const char *place = place_text(x, sheet, row, column);
    if (level == TF_ERROR && x->n_errors >= MOST_TOLD) {
        x->n_errors++;
        return;
    }
    if (x->out != NULL)
        tf_notice_add(x->out, level, id[level], x->grid->file, row, 0, help, "%s: %s", place, text);
    if (level != TF_ERROR || x->n_errors++ > 0)
        return;
    (void)tf_fail_at(x->reterr, TF_E_INPUT, x->grid->file, row, 0, "%s", text);
    (void)tf_fact(x->reterr, "%s", place);
    if (help != NULL)
        (void)tf_help(x->reterr, "%s", help);
}

void tf_xr_fault(struct tf_xread *x, enum tf_xsheet sheet, size_t row, const char *column,
               const char *help, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tell(x, TF_ERROR, sheet, row, column, help, text);
}

void tf_xr_tell(struct tf_xread *x, enum tf_level level, enum tf_xsheet sheet, size_t row,
              const char *column, const char *help, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tell(x, level, sheet, row, column, help, text);
}

const char *tf_xr_near(struct tf_xread *x, const char *word, const char *const *candidates,
                     const char *otherwise)
{
    const char *near = x->n_errors > MOST_COMPARED ? NULL : tf_nearest(word, candidates);
    return near == NULL ? otherwise : tf_printf(x->arena, "Did you mean '%s'?", near);
}

const char *tf_xr_near_names(struct tf_xread *x, const char *word, const struct tf_names *names,
                           const char *otherwise)
{
    enum { MOST = 5000 }; /* a look for a slip of the pen, not worth more */
    if (x->n_errors > MOST_COMPARED)
        return otherwise;
    const size_t n = names->n < MOST ? names->n : MOST;
    const char **list = TF_NEW_N(x->arena, const char *, n + 1);
    if (n > 0)
        memcpy(list, names->name, n * sizeof *list);
    return tf_xr_near(x, word, list, otherwise);
}

/* ---- Cells ------------------------------------------------------------------------------------- */

/* Curly quotes of word processors, straight; runs of spaces as one, where asked. */
static const char *clean(struct tf_arena *arena, const char *s, bool spaces)
{
    if (strstr(s, "\xE2\x80") == NULL && (!spaces || strstr(s, "  ") == NULL))
        return s;
    char *copy = tf_strdup(arena, s), *put = copy;
    for (const char *at = s; *at != '\0'; at++) {
        const unsigned char third = at[0] == '\xE2' && at[1] == '\x80' ? (unsigned char)at[2] : 0;
        if (third == 0x98 || third == 0x99 || third == 0x9C || third == 0x9D) {
            *put++ = third < 0x9C ? '\'' : '"';
            at += 2;
        } else if (!spaces || at[0] != ' ' || at[1] != ' ') {
            *put++ = *at;
        }
    }
    *put = '\0';
    return copy;
}

const char *tf_xr_cell(struct tf_xread *x, enum tf_xsheet sheet, size_t row, size_t col)
{
    const struct tf_grid_sheet *s = x->sheet[sheet];
    return clean(x->arena, s->cell[row * s->n_cols + col], sheet == TF_X_SURVEY && x->clean);
}

/* A text without language among others is one in the default language; a column that names that
 * language itself counts for more. */
void tf_xr_text_add(struct tf_xread *x, struct tf_xtexts *t, size_t width, const char *lang,
                  const char *text)
{
    const char *own = x->form->default_language;
    if (t->item == NULL)
        t->item = TF_NEW_N(x->arena, struct tf_xtext, width);
    for (size_t k = 0; k < t->n; k++) {
        struct tf_xtext *i = &t->item[k];
        const bool same = tf_streq(i->lang == NULL ? own : i->lang, lang == NULL ? own : lang);
        if (same && (lang != NULL || i->lang == NULL))
            *i = (struct tf_xtext){lang, text};
        if (same)
            return;
    }
    if (t->n == 1 && t->item[0].lang == NULL)
        t->item[0].lang = own;
    if (t->n < width) {
        t->item[t->n] = (struct tf_xtext){t->n > 0 && lang == NULL ? own : lang, text};
        t->n++;
    }
}

void tf_xr_pair_set(struct tf_arena *arena, struct tf_xpairs *p, size_t room, const char *name,
                  const char *value)
{
    enum { MORE = 12 }; /* what parameters may add */
    for (size_t k = 0; k < p->n; k++)
        if (strcmp(p->item[k].name, name) == 0) {
            p->item[k].value = value;
            return;
        }
    if (p->item == NULL)
        p->item = TF_NEW_N(arena, struct tf_xpair, room + MORE);
    p->item[p->n++] = (struct tf_xpair){name, value};
}

const char *tf_xr_pair_get(const struct tf_xpairs *p, const char *name)
{
    for (size_t k = 0; k < p->n; k++)
        if (strcmp(p->item[k].name, name) == 0)
            return p->item[k].value;
    return NULL;
}

int tf_xr_yes(const char *s)
{
    static const char *const yes[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "true()", NULL},
                            *const no[] = {"no", "No", "NO", "false", "False", "FALSE", "false()",
                                           NULL};
    for (size_t k = 0; s != NULL && yes[k] != NULL; k++)
        if (strcmp(s, yes[k]) == 0)
            return 1;
    for (size_t k = 0; s != NULL && no[k] != NULL; k++)
        if (strcmp(s, no[k]) == 0)
            return 0;
    return -1;
}

/* ---- Sheets ------------------------------------------------------------------------------------ */

static bool is_sheet(const char *name)
{
    for (size_t k = 0; k < TF_N_XSHEETS; k++)
        if (tf_casecmp(name, tf_xsheet_name[k]) == 0)
            return true;
    return false;
}

/* Edit distance of at most two. Names of sheets are short. */
static bool nearly(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    const size_t n = strlen(a), m = strlen(b);
    size_t before[LONGEST + 1], now[LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return false;
    for (size_t j = 0; j <= m; j++)
        before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t swap = before[j - 1] + (a[i - 1] != b[j - 1]);
            const size_t side = (now[j - 1] < before[j] ? now[j - 1] : before[j]) + 1;
            now[j] = swap < side ? swap : side;
        }
        memcpy(before, now, (m + 1) * sizeof *now);
    }
    return before[m] <= 2;
}

const char *tf_xr_like_sheet(struct tf_xread *x, enum tf_xsheet sheet)
{
    struct tf_buf b = {.arena = x->arena};
    for (size_t k = 0; k < x->grid->n_sheets; k++) {
        const char *name = x->grid->sheet[k].name;
        if (!is_sheet(name) && name[0] != '_' &&
            nearly(tf_lower(x->arena, name), tf_xsheet_name[sheet]))
            tf_buf_printf(&b, " The sheet '%.80s' has nearly this name.", name);
    }
    return tf_buf_text(&b);
}

static void find_sheets(struct tf_xread *x)
{
    for (size_t k = x->grid->n_sheets; k-- > 0;)
        for (size_t s = 0; s < TF_N_XSHEETS; s++)
            if (tf_casecmp(x->grid->sheet[k].name, tf_xsheet_name[s]) == 0)
                x->sheet[s] = &x->grid->sheet[k];
}

/* A sheet that may be left out, and one that is called nearly so. */
static void warn_like(struct tf_xread *x, enum tf_xsheet sheet)
{
    const char *like = tf_xr_like_sheet(x, sheet);
    if ((x->sheet[sheet] == NULL || x->sheet[sheet]->n_rows == 0) && like[0] != '\0')
        tf_xr_tell(x, TF_WARNING, sheet, 0, NULL,
                 "Rename it; a sheet that is not for the form may begin with an underscore.",
                 "there is no such sheet.%s", like);
}

/* ---- Settings ---------------------------------------------------------------------------------- */

static void read_namespaces(struct tf_xread *x, const char *text)
{
    static const char *const own[] = {"h", "ev", "xsd", "orx", "jr", "odk", NULL};
    char **piece;
    const size_t n = tf_split(x->arena, tf_replace(x->arena, text, "\n", " "), ' ', &piece);
    for (size_t k = 0; k < n; k++) {
        const char *mark = strchr(piece[k], '=');
        bool taken = mark == NULL || mark == piece[k] || strchr(mark + 1, '=') != NULL;
        const char *prefix =
            taken ? "" : tf_strndup(x->arena, piece[k], (size_t)(mark - piece[k]));
        for (size_t j = 0; own[j] != NULL; j++)
            taken = taken || strcmp(prefix, own[j]) == 0;
        if (!taken)
            tf_xr_pair_set(x->arena, &x->form->namespaces, n, prefix,
                         tf_replace(x->arena, tf_replace(x->arena, mark + 1, "\"", ""), "'", ""));
    }
}

static const char *setting(const struct tf_xread *x, const char *name)
{
    return tf_xr_pair_get(&x->form->settings, name);
}

static void read_settings_row(struct tf_xread *x, size_t row, size_t skip)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_SETTINGS];
    for (size_t c = 0; c < s->n_cols; c++) {
        const struct tf_xhead *h = &x->head[TF_X_SETTINGS].col[c];
        const char *text = tf_xr_cell(x, TF_X_SETTINGS, row, c);
        if (text[0] == '\0' || c == skip)
            continue;
        if (strcmp(h->token[0], "attribute") == 0 && h->n > 1)
            tf_xr_pair_set(x->arena, &x->form->attribute, s->n_cols, h->token[1], text);
        else if (h->n == 1)
            tf_xr_pair_set(x->arena, &x->form->settings, s->n_cols, h->token[0], text);
    }
}

/* Settings that say yes or no are kept as "true" or "false". */
static void resolve_settings(struct tf_xread *x)
{
    static const struct {
        const char *name, *otherwise;
    } flag[] = {{"add_none_option", "no"}, {"clean_text_values", "yes"},
                {"omit_instanceID", "no"}, {"allow_choice_duplicates", "no"},
                {"auto_delete", "no"},     {"auto_send", "no"},
                {"client_editable", "no"}};
    for (size_t k = 0; k < sizeof flag / sizeof *flag; k++) {
        const char *value = setting(x, flag[k].name);
        if (value == NULL)
            continue;
        if (tf_xr_yes(value) < 0)
            tf_xr_tell(x, TF_WARNING, TF_X_SETTINGS, 2, flag[k].name, "Write yes or no.",
                     "'%.80s' is neither yes nor no: %s is taken", value, flag[k].otherwise);
        const bool on = tf_xr_yes(tf_xr_yes(value) < 0 ? flag[k].otherwise : value) == 1;
        tf_xr_pair_set(x->arena, &x->form->settings, 0, flag[k].name, on ? "true" : "false");
    }
    x->clean = !tf_streq(setting(x, "clean_text_values"), "false");
    x->duplicates = tf_streq(setting(x, "allow_choice_duplicates"), "true");
}

/* form_id beside id_string: the second is left out. Its column, or SIZE_MAX. */
static size_t second_id(struct tf_xread *x)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_SETTINGS];
    size_t id = SIZE_MAX, string = SIZE_MAX;
    for (size_t c = 0; c < s->n_cols; c++) {
        id = strcmp(s->head[c], "form_id") == 0 ? c : id;
        string = strcmp(s->head[c], "id_string") == 0 ? c : string;
    }
    if (id == SIZE_MAX || string == SIZE_MAX)
        return SIZE_MAX;
    tf_xr_tell(x, TF_WARNING, TF_X_SETTINGS, 1, "id_string", "Keep form_id alone.",
             "form_id and id_string both name the form: id_string is left out");
    return string;
}

static void read_settings(struct tf_xread *x)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_SETTINGS];
    size_t row = 0, skip;
    if (s == NULL || s->n_rows == 0) {
        warn_like(x, TF_X_SETTINGS);
        return;
    }
    skip = second_id(x);
    if (skip != SIZE_MAX) { /* as if it were not there */
        struct tf_grid_sheet *without = TF_NEW(x->arena, struct tf_grid_sheet);
        *without = *s;
        without->head = TF_NEW_N(x->arena, const char *, s->n_cols);
        for (size_t c = 0; c < s->n_cols; c++)
            without->head[c] = c == skip ? "_id_string" : s->head[c];
        x->sheet[TF_X_SETTINGS] = s = without;
    }
    tf_xr_heads_read(x, TF_X_SETTINGS);
    for (bool any = false; row < s->n_rows && !any; row += !any) /* the first row that says anything */
        for (size_t c = 0; c < s->n_cols; c++)
            any = any || s->cell[row * s->n_cols + c][0] != '\0';
    if (row < s->n_rows)
        read_settings_row(x, row, skip);
    resolve_settings(x);
    if (setting(x, "namespaces") != NULL)
        read_namespaces(x, setting(x, "namespaces"));
    if (setting(x, "name") != NULL && !tf_xls_is_name(setting(x, "name")))
        tf_xr_fault(x, TF_X_SETTINGS, s->row[row], "name",
                  "A name begins with a letter or _, and goes on with letters, digits, _ - or .",
                  "'%.80s' cannot name the root of the form", setting(x, "name"));
}

/* What the form is called, by its settings or by what the caller knows. */
static void name_form(struct tf_xread *x)
{
    struct tf_xlsform *f = x->form;
    const char *id = setting(x, "id_string"), *title = setting(x, "title");
    f->id = id != NULL ? id : x->opt->stem != NULL ? x->opt->stem : "data";
    f->title = title != NULL ? title : f->id;
    f->version = setting(x, "version");
    f->root = setting(x, "name");
    if (f->root == NULL)
        f->root = x->opt->name != NULL ? x->opt->name : "data";
    if (setting(x, "default_language") != NULL)
        f->default_language = setting(x, "default_language");
    if (tf_streq(setting(x, "omit_instanceID"), "true") && setting(x, "public_key") != NULL)
        tf_xr_fault(x, TF_X_SETTINGS, 2, "omit_instanceID", "Leave instanceID in.",
                  "a form that is encrypted needs its instanceID");
}

/* ---- The whole --------------------------------------------------------------------------------- */

static void read_sheets(struct tf_xread *x)
{
    if (x->sheet[TF_X_SURVEY] == NULL || x->sheet[TF_X_SURVEY]->n_cols == 0) {
        tf_xr_fault(x, TF_X_SURVEY, 0, NULL, "A form has the sheets survey, choices and settings.",
                  "there is no such sheet.%s", tf_xr_like_sheet(x, TF_X_SURVEY));
        return;
    }
    read_settings(x);
    name_form(x);
    tf_xr_choices_read(x);
    tf_xr_entities_read(x);
    if (x->sheet[TF_X_ENTITIES] == NULL || x->sheet[TF_X_ENTITIES]->n_rows == 0)
        warn_like(x, TF_X_ENTITIES);
    tf_xr_heads_read(x, TF_X_SURVEY);
    tf_xr_heads_need(x, TF_X_SURVEY, "type");
    tf_xr_translations_check(x);
    if (x->n_errors == 0 || x->sheet[TF_X_SURVEY]->n_rows > 0)
        tf_xr_survey_read(x);
    tf_xr_references_check(x);
}

enum tf_code tf_xlsform_read(struct tf_arena *arena, const struct tf_grid *grid,
                             const struct tf_convert_opt *opt, struct tf_notices *out,
                             struct tf_xlsform **ret, struct tf_err *reterr)
{
    struct tf_err first = {.code = TF_OK};
    struct tf_xread *x = TF_NEW(arena, struct tf_xread);
    *x = (struct tf_xread){.arena = arena, .grid = grid, .opt = opt, .out = out, .clean = true};
    x->reterr = &first;
    struct tf_names *const sets[] = {&x->lists,   &x->external,  &x->osm,     &x->elements,
                                     &x->files,   &x->questions, &x->repeats, &x->entities};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
        sets[k]->arena = arena;
    x->form = TF_NEW(arena, struct tf_xlsform);
    x->form->file = grid->file;
    x->form->default_language = "default";
    if (opt->name != NULL && !tf_xls_is_name(opt->name)) {
        (void)tf_fail(reterr, TF_E_INPUT, "'%.80s' cannot name the root of a form", opt->name);
        return tf_help(reterr, "A name begins with a letter or _, and goes on with letters, digits, "
                               "_ - or .");
    }
    find_sheets(x);
    read_sheets(x);
    x->reterr = NULL;
    if (x->n_errors > 0) {
        if (reterr != NULL)
            *reterr = first;
        return TF_E_INPUT;
    }
    *ret = x->form;
    return TF_OK;
}
