/* The rows of the survey: questions, and the groups they stand in.
 *
 * A row is read whole (its cells go where their heads say), then its type decides what it is: the
 * beginning or end of a group, repeat or loop, a setting, or a question. Groups are a stack; each knows
 * the names in it, for names are unique among neighbours, and those of repeats in the whole form.
 *
 * What a type asks of its row is in xlsform_question.c and xlsform_select.c. */
#include <stdio.h>
#include <string.h>

#include "ask/xlsform_inside.h"

struct row { /* what of a row does not belong to the node */
    size_t at, number; /* in the sheet's cells; for messages */
    const char *type, *disabled, *parameters, *intent;
    bool any; /* a cell is not empty */
};

/* ---- Cells into a node ------------------------------------------------------------------------- */

static struct tf_xtexts *texts_of(struct tf_xnode *n, const struct tf_xhead *h)
{
    switch (h->slot) {
    case TF_S_LABEL: return &n->label;
    case TF_S_HINT: return &n->hint;
    case TF_S_GUIDANCE: return &n->guidance;
    case TF_S_CONSTRAINT_MESSAGE: return &n->constraint_message;
    case TF_S_REQUIRED_MESSAGE: return &n->required_message;
    case TF_S_NO_APP: return &n->no_app_message;
    case TF_S_MEDIA: return h->media < TF_N_MEDIA ? &n->media[h->media] : NULL;
    default: return NULL;
    }
}

static const char **text_of(struct tf_xnode *n, struct row *row, enum tf_xslot slot)
{
    switch (slot) {
    case TF_S_TYPE: return &row->type;
    case TF_S_NAME: return &n->name;
    case TF_S_PARAMETERS: return &row->parameters;
    case TF_S_DEFAULT: return &n->default_value;
    case TF_S_CHOICE_FILTER: return &n->choice_filter;
    case TF_S_TRIGGER: return &n->trigger;
    case TF_S_SAVE_TO: return &n->save_to;
    case TF_S_AUTOPLAY: return &n->autoplay;
    case TF_S_QUERY: return &n->query;
    case TF_S_DISABLED: return &row->disabled;
    case TF_S_INTENT: return &row->intent;
    default: return NULL;
    }
}

static void read_cell(struct tf_xread *x, struct row *row, size_t col, const char *text,
                      struct tf_xnode *n)
{
    const struct tf_xheads *heads = &x->head[TF_X_SURVEY];
    const struct tf_xhead *h = &heads->col[col];
    struct tf_xtexts *texts = texts_of(n, h);
    const char **one = text_of(n, row, h->slot);
    struct tf_xpairs *pairs = h->slot == TF_S_BIND       ? &n->bind
                              : h->slot == TF_S_CONTROL  ? &n->control
                              : h->slot == TF_S_INSTANCE ? &n->instance
                                                         : NULL;
    if (texts != NULL)
        tf_xr_text_add(x, texts,
                     h->slot == TF_S_MEDIA ? heads->media_width[h->media] : heads->width[h->slot],
                     h->lang, text);
    else if (one != NULL)
        *one = text;
    else if (pairs != NULL)
        tf_xr_pair_set(x->arena, pairs, heads->width[h->slot], h->name, text);
    else if (h->slot == TF_S_NONE && tf_streq(h->token[0], "media"))
        n->bare_media = true;
    else if (h->slot == TF_S_MEDIA)
        tf_xr_fault(x, TF_X_SURVEY, row->number, x->sheet[TF_X_SURVEY]->head[col],
                  "Media are image, big-image, audio and video.", "'%.80s' is no kind of media",
                  h->name);
}

static struct tf_xnode *read_row(struct tf_xread *x, struct row *row)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_SURVEY];
    struct tf_xnode *n = TF_NEW(x->arena, struct tf_xnode);
    n->row = row->number;
    for (size_t c = 0; c < s->n_cols; c++)
        if (s->cell[row->at * s->n_cols + c][0] != '\0') {
            row->any = true;
            read_cell(x, row, c, tf_xr_cell(x, TF_X_SURVEY, row->at, c), n);
        }
    return n;
}

/* ---- Groups ------------------------------------------------------------------------------------ */

struct group { /* "begin loop over list" */
    const char *list;
    enum tf_xkind kind;
    bool begin;
};

static bool parse_group(const char *type, struct group *ret)
{
    static const struct {
        const char *word;
        enum tf_xkind kind;
    } kinds[] = {{"group", TF_XGROUP},          {"lgroup", TF_XREPEAT}, {"repeat", TF_XREPEAT},
                 {"looped group", TF_XREPEAT},  {"loop", TF_XLOOP}};
    const bool begin = strncmp(type, "begin", 5) == 0, end = strncmp(type, "end", 3) == 0;
    const char *word = type + (begin ? 5 : 3);
    if ((!begin && !end) || (*word != '_' && *word != ' ' && *word != '\t'))
        return false;
    word++;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const size_t n = strlen(kinds[k].word);
        const char *rest = word + n;
        if (strncmp(word, kinds[k].word, n) != 0 || (*rest != '\0' && (end || *rest != ' ')))
            continue;
        *ret = (struct group){NULL, kinds[k].kind, begin};
        if (*rest == '\0')
            return true;
        rest += strncmp(rest, " over ", 6) == 0 ? 6 : 1;
        ret->list = rest;
        return *rest != '\0' && strpbrk(rest, " \t\n") == NULL;
    }
    return false;
}

static const char *kind_word(enum tf_xkind kind)
{
    static const char *const word[] = {[TF_XQUESTION] = "question",
                                       [TF_XGROUP] = "group",
                                       [TF_XREPEAT] = "repeat",
                                       [TF_XLOOP] = "loop"};
    return word[kind];
}

static struct tf_xplace *innermost(struct tf_xread *x)
{
    return &x->place[x->n_places - 1];
}

static bool push(struct tf_xread *x, struct tf_xnode *n, size_t row)
{
    enum { DEEPEST = 60 };
    if (x->n_places > DEEPEST) {
        tf_xr_fault(x, TF_X_SURVEY, row, "type", "Groups within groups are few in a good form.",
                  "groups are nested more than %d deep", DEEPEST);
        return false;
    }
    x->place = tf_grow(x->arena, x->place, x->n_places, &x->cap_places, sizeof *x->place);
    struct tf_xplace *p = &x->place[x->n_places++];
    *p = (struct tf_xplace){.node = n, .row = row};
    p->names.arena = p->lower.arena = x->arena;
    (void)tf_names_put(&p->names, "meta", 0); /* the form's own */
    return true;
}

static void append(struct tf_xread *x, struct tf_xnode *n)
{
    struct tf_xnode *up = innermost(x)->node;
    struct tf_xlsform *f = x->form;
    n->parent = up;
    if (up == NULL) {
        f->node = tf_grow(x->arena, f->node, f->n_nodes, &f->cap_nodes, sizeof *f->node);
        f->node[f->n_nodes++] = n;
    } else {
        up->child = tf_grow(x->arena, up->child, up->n_children, &up->cap_children,
                            sizeof *up->child);
        up->child[up->n_children++] = n;
    }
}

static void end_group(struct tf_xread *x, const struct group *g, const struct tf_xnode *n)
{
    const struct tf_xplace *p = innermost(x);
    if (n->save_to != NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "save_to", "Put it on a question.",
                  "the end of a group cannot be saved to an entity");
    if (p->node == NULL) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Remove it, or begin what it ends.",
                  "a %s ends here that was not begun", kind_word(g->kind));
        return;
    }
    if (p->node->kind != g->kind)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                  tf_printf(x->arena, "End the %s first.", kind_word(p->node->kind)),
                  "a %s ends here, but the innermost is the %s '%.80s' of row %zu",
                  kind_word(g->kind), kind_word(p->node->kind),
                  p->node->name == NULL ? "" : p->node->name, p->row);
    x->n_places--;
}

static void check_repeat(struct tf_xread *x, const struct tf_xnode *n)
{
    bool told = n->label.n > 0 || n->bare_media;
    for (size_t k = 0; k < TF_N_MEDIA; k++)
        told = told || n->media[k].n > 0;
    if (!told)
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, "label",
                 "Its label heads each turn: say of what.", "the repeat '%.80s' has no label",
                 n->name);
    if (strcmp(n->name, x->form->root) == 0)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name", "Give the repeat another name.",
                  "the repeat has the name of the form's root, '%.80s'", n->name);
    if (!tf_names_put(&x->repeats, n->name, n->row))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name", "Names of repeats are unique in the whole form.",
                  "a repeat '%.80s' stands already elsewhere", n->name);
}

static void check_loop(struct tf_xread *x, struct tf_xnode *n, const struct group *g)
{
    n->list = g->list;
    if (g->list == NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Write begin_loop over and the name of a list.",
                  "the loop '%.80s' names no list", n->name);
    else if (!tf_names_has(&x->lists, g->list))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                  tf_xr_near_names(x, g->list, &x->lists, "Add it to the sheet choices."),
                  "there is no list '%.80s' to loop over", g->list);
}

static bool has_word(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = text; at != NULL && (at = strstr(at, word)) != NULL; at++)
        if ((at == text || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}

static void begin_group(struct tf_xread *x, const struct group *g, const struct row *row,
                        struct tf_xnode *n)
{
    const char *required = tf_xr_pair_get(&n->bind, "required");
    n->kind = g->kind;
    n->type = kind_word(g->kind);
    if (required != NULL && tf_xr_yes(required) != 0)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "required", "Require the questions in it.",
                  "a %s cannot be required", n->type);
    if (g->kind == TF_XREPEAT)
        check_repeat(x, n);
    if (g->kind == TF_XLOOP)
        check_loop(x, n, g);
    if (row->intent != NULL)
        tf_xr_pair_set(x->arena, &n->control, 0, "intent", row->intent);
    append(x, n);
    /* A label's table that is open stays so in groups within. */
    const char *outer = innermost(x)->table_list;
    if (push(x, n, n->row))
        innermost(x)->table_list =
            has_word(tf_xr_pair_get(&n->control, "appearance"), "table-list") ? "" : outer;
}

/* ---- Names ------------------------------------------------------------------------------------- */

static bool check_name(struct tf_xread *x, struct tf_xnode *n, const char *type)
{
    struct tf_xplace *p = innermost(x);
    if (n->name == NULL && strcmp(type, "note") == 0)
        n->name = tf_printf(x->arena, "generated_note_name_%zu", n->row);
    if (n->name == NULL) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name", "Give it a name; data will be kept under it.",
                  "a row of type '%.80s' has no name", type);
        return false;
    }
    if (!tf_xls_is_name(n->name)) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name",
                  "A name begins with a letter or _, and goes on with letters, digits, _ - or .",
                  "'%.80s' is no name", n->name);
        return false;
    }
    const size_t often = tf_names_get(&x->elements, n->name);
    (void)tf_names_put(&x->elements, n->name, often == SIZE_MAX ? 1 : often + 1);
    if (!tf_names_put(&p->names, n->name, n->row)) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name",
                  "Names are unique in their group, and 'meta' is the form's own.",
                  "the name '%.80s' is taken", n->name);
        return true;
    }
    if (!tf_names_put(&p->lower, tf_lower(x->arena, n->name), n->row))
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, "name",
                 "Programs that take capitals for small letters would mix them up.",
                 "the name '%.80s' differs from another only by capitals", n->name);
    return true;
}

/* ---- Rows -------------------------------------------------------------------------------------- */

static void read_trigger(struct tf_xread *x, const struct tf_xnode *n)
{
    char **piece;
    const size_t pieces = n->trigger == NULL ? 0 : tf_split(x->arena, n->trigger, ',', &piece);
    bool good = n->trigger == NULL || strstr(n->trigger, "${") != NULL;
    for (size_t k = 0; good && k < pieces; k++) {
        const char *name;
        size_t at = 0, found = 0;
        for (enum tf_xfound f;
             (f = tf_xr_reference(x->arena, piece[k], &at, &name)) != TF_X_NO_MORE; found++) {
            good = f == TF_X_REFERENCE && found == 0;
            if (!good)
                break;
            x->trigger = tf_grow(x->arena, x->trigger, x->n_triggers, &x->cap_triggers,
                                 sizeof *x->trigger);
            x->trigger[x->n_triggers++] = (struct tf_xref){name, n->row};
        }
    }
    if (!good)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "trigger",
                  "Write ${name}, or several with commas between.",
                  "'%.120s' names no question", n->trigger);
}

/* A setting may stand in the survey: its type is the setting, its name the value. */
static bool is_setting(struct tf_xread *x, const char *type, const struct tf_xnode *n)
{
    const char *value = n->name == NULL ? "None" : n->name;
    if (strcmp(type, "form_title") == 0 || strcmp(type, "set_form_title") == 0)
        x->form->title = value;
    else if (strcmp(type, "form_id") == 0 || strcmp(type, "set_form_id") == 0)
        x->form->id = value;
    else
        return false;
    return true;
}

/* A row without a type is a remark, unless it has a name or a label. */
static void read_untyped(struct tf_xread *x, const struct tf_xnode *n)
{
    if (n->name == NULL && (n->label.n == 0 || x->opt->remarks))
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, NULL, "A remark may stand in a column of its own.",
                 "the row has no type, name or label and is left out");
    else
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                  "A type is such as integer, text, or select_one followed by the name of a list.",
                  "the row '%.80s' has no type",
                  n->name != NULL ? n->name : n->label.item[0].text);
}

static void read_question(struct tf_xread *x, struct tf_xnode *n, const char *written)
{
    struct tf_xselect s;
    (void)tf_names_put(&x->questions, n->name, n->row);
    if (tf_xr_select_parse(x->arena, written, &s)) {
        tf_xr_select_check(x, n, &s);
        append(x, n);
        return;
    }
    if (strncmp(written, "osm ", 4) == 0) {
        n->type = "osm";
        n->list = written + 4;
        if (x->head[TF_X_OSM].any && !tf_names_has(&x->osm, n->list))
            tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                      tf_xr_near_names(x, n->list, &x->osm, "Add it to the sheet osm."),
                      "there is no list '%.80s' of tags", n->list);
        append(x, n);
        return;
    }
    n->type = tf_xr_type(written);
    if (n->type == NULL) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", tf_xr_type_near(x, written),
                  "'%.80s' is no type of question", written);
        return;
    }
    tf_xr_question_check(x, n, written);
    append(x, n);
}

static bool is_written(const char *type, const char *a, const char *b)
{
    return strcmp(type, a) == 0 || strcmp(type, b) == 0;
}

static void take_row(struct tf_xread *x, struct row *row)
{
    struct group g = {.list = NULL};
    struct tf_xnode *n = read_row(x, row);
    if (row->disabled != NULL) {
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, row->number, "disabled",
                 "Use relevant, or take the row out.", "the column is of an older notation");
        if (tf_xr_yes(row->disabled) == 1)
            return;
    }
    if (row->type == NULL) {
        if (row->any)
            read_untyped(x, n);
        return;
    }
    const char *type = strcmp(row->type, "imei") == 0 ? "deviceid" : row->type;
    const bool group = parse_group(type, &g);
    read_trigger(x, n);
    n->dynamic_default = n->default_value != NULL && tf_xls_dynamic(n->default_value, type);
    if (!tf_xr_parameters(x, row->parameters, n->row, &n->parameters) || is_setting(x, type, n))
        return;
    if (strcmp(type, "audit") == 0) {
        tf_xr_audit_check(x, n);
        append(x, n);
        return;
    }
    if (strcmp(type, "calculate") == 0 && tf_xr_pair_get(&n->bind, "calculate") == NULL &&
        !n->dynamic_default)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "calculation", "Say what is to be calculated.",
                  "the calculation of '%.80s' is missing", n->name == NULL ? "" : n->name);
    if (is_written(type, "subscriberid", "simserial"))
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, "type", "Leave it out.",
                 "'%s' is empty on all but the oldest tablets", type);
    if (group && !g.begin) {
        end_group(x, &g, n);
        return;
    }
    if (!check_name(x, n, type)) {
        if (group) /* so that its end finds it */
            n->name = "_";
        else
            return;
    }
    if (group)
        begin_group(x, &g, row, n);
    else
        read_question(x, n, type);
}

/* ---- The whole --------------------------------------------------------------------------------- */

/* An entity that is changed is looked up in its list. A form without it is written, but no client can
 * open it. */
static void check_updates(struct tf_xread *x)
{
    const struct tf_xlsform *f = x->form;
    for (size_t k = 0; k < f->n_entities; k++)
        if (f->entity[k].entity_id != NULL && f->entity[k].dataset != NULL &&
            !tf_names_has(&x->files, f->entity[k].dataset))
            tf_xr_tell(x, TF_WARNING, TF_X_ENTITIES, f->entity[k].row, "list_name",
                       tf_xr_near_names(x, f->entity[k].dataset, &x->files,
                                        "Add a csv-external of this name to the survey, or a "
                                        "select_one_from_file of its .csv."),
                       "entities of '%.80s' are changed, and the form does not have this list",
                       f->entity[k].dataset);
}

/* What rows said of each other. */
static void check_targets(struct tf_xread *x)
{
    check_updates(x);
    for (size_t k = 0; k < x->n_triggers; k++)
        if (!tf_names_has(&x->questions, x->trigger[k].name))
            tf_xr_fault(x, TF_X_SURVEY, x->trigger[k].row, "trigger",
                      tf_xr_near_names(x, x->trigger[k].name, &x->questions,
                                     "A trigger is a question, not a group."),
                      "there is no question '%.80s'", x->trigger[k].name);
    for (size_t k = 0; k < x->n_geometries; k++) {
        const char *name = x->geometry[k].name;
        const char *repeat = tf_xr_reference_only(x->arena, name);
        if (tf_names_has(&x->files, name) || tf_names_has(&x->lists, name) ||
            tf_names_has(&x->entities, name) ||
            (repeat != NULL && tf_names_has(&x->repeats, repeat)))
            continue;
        tf_xr_fault(x, TF_X_SURVEY, x->geometry[k].row, "parameters",
                  "It is a list of choices, an entity list, a file without its ending, or ${repeat}.",
                  "reference-geometry names nothing that is there: '%.80s'", name);
    }
}

void tf_xr_survey_read(struct tf_xread *x)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_SURVEY];
    (void)push(x, NULL, 0);
    for (size_t r = 0; r < s->n_rows; r++) {
        struct row row = {.at = r, .number = s->row[r]};
        take_row(x, &row);
    }
    if (x->or_other_seen && x->translated)
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, 0, NULL,
                 "Write the choice and the question yourself, in every language.",
                 "or_other makes a choice and a question that are not translated");
    check_targets(x);
    while (x->n_places > 1) {
        const struct tf_xplace *p = innermost(x);
        tf_xr_fault(x, TF_X_SURVEY, p->row, "type",
                  tf_printf(x->arena, "Add an end_%s.", p->node->type),
                  "the %s '%.80s' is begun here and never ended", p->node->type, p->node->name);
        x->n_places--;
    }
    if (!tf_streq(tf_xr_pair_get(&x->form->settings, "omit_instanceID"), "true"))
        (void)tf_names_put(&x->elements, "instanceID",
                           tf_names_has(&x->elements, "instanceID") ? 2 : 1);
}
