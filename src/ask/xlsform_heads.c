/* Heads of columns: what "Label::English (en)", "relevance" or "body:accuracyThreshold" hold.
 *
 * A head is a path: its first step names a property, the next ones a part of it or a language. The
 * steps are parted by "::"; by ":" only when no head of the sheet has "::", because prefixes of XML
 * (jr:count) have a colon too. Names are found whatever their case, with spaces for underscores; some
 * have several spellings. A head that nothing knows is kept as it stands: in choices it is data for
 * filters, elsewhere it is a note of the author's. Source: XLSForm reference table; pyxform 4.5.
 *
 * Two heads for one thing (relevant and relevance) are a fault, for one of them would be lost. */
#include <stdio.h>
#include <string.h>

#include "ask/xlsform_inside.h"

const char *const tf_xsheet_name[TF_N_XSHEETS] = {"survey", "choices", "settings",
                                                  "external_choices", "entities", "osm"};

struct alias {
    const char *from, *to, *then; /* then: second step, or NULL */
};

static const struct alias survey_alias[] = {
    {"compact_tag", "instance", "odk:tag"},
    {"read_only", "bind", "readonly"},
    {"readonly", "bind", "readonly"},
    {"relevant", "bind", "relevant"},
    {"caption", "label", NULL},
    {"appearance", "control", "appearance"},
    {"relevance", "bind", "relevant"},
    {"required", "bind", "required"},
    {"constraint", "bind", "constraint"},
    {"constraining_message", "bind", "jr:constraintMsg"},
    {"constraint_message", "bind", "jr:constraintMsg"},
    {"calculation", "bind", "calculate"},
    {"calculate", "bind", "calculate"},
    {"command", "type", NULL},
    {"tag", "name", NULL},
    {"value", "name", NULL},
    {"image", "media", "image"},
    {"big-image", "media", "big-image"},
    {"audio", "media", "audio"},
    {"video", "media", "video"},
    {"count", "control", "jr:count"},
    {"repeat_count", "control", "jr:count"},
    {"jr:count", "control", "jr:count"},
    {"autoplay", "control", "autoplay"},
    {"rows", "control", "rows"},
    {"noapperrorstring", "bind", "jr:noAppErrorString"},
    {"no_app_error_string", "bind", "jr:noAppErrorString"},
    {"requiredmsg", "bind", "jr:requiredMsg"},
    {"required_message", "bind", "jr:requiredMsg"},
    {"body", "control", NULL},
    {"save_to", "bind", "entities:saveto"},
    {"sms_field", "sms_field", NULL},
    {"sms_option", "sms_option", NULL},
    {"sms_separator", "sms_separator", NULL},
    {"sms_allow_media", "sms_allow_media", NULL},
    {"sms_date_format", "sms_date_format", NULL},
    {"sms_datetime_format", "sms_datetime_format", NULL},
    {"sms_response", "sms_response", NULL},
    {NULL, NULL, NULL}};
static const char *const survey_column[] = {
    "type",    "name",       "label",  "hint",          "guidance_hint", "media", "bind",
    "control", "instance",   "action", "default",       "parameters",    "query", "trigger",
    "itemset", "list_name",  "choices", "choice_filter", "actions",       NULL};

static const struct alias list_alias[] = {{"caption", "label", NULL},
                                          {"list_name", "list name", NULL},
                                          {"value", "name", NULL},
                                          {"image", "media", "image"},
                                          {"big-image", "media", "big-image"},
                                          {"audio", "media", "audio"},
                                          {"video", "media", "video"},
                                          {NULL, NULL, NULL}};
static const char *const list_column[] = {"name", "label", "media", "sms_option", NULL};

static const struct alias settings_alias[] = {{"form_title", "title", NULL},
                                              {"set_form_title", "title", NULL},
                                              {"form_id", "id_string", NULL},
                                              {"set_form_id", "id_string", NULL},
                                              {"prefix", "prefix", NULL},
                                              {NULL, NULL, NULL}};
static const char *const settings_column[] = {
    "name",           "label",          "add_none_option",  "clean_text_values",
    "attribute",      "auto_delete",    "auto_send",        "default_language",
    "id_string",      "instance_name",  "instance_xmlns",   "namespaces",
    "omit_instanceID", "public_key",    "sms_allow_media",  "sms_date_format",
    "sms_datetime_format", "sms_keyword", "sms_response",   "sms_separator",
    "style",          "submission_url", "title",            "version",
    "allow_choice_duplicates", "client_editable", "delimiter", NULL};

static const struct alias entities_alias[] = {{"list_name", "dataset", NULL}, {NULL, NULL, NULL}};
static const char *const entities_column[] = {"dataset",   "entity_id", "create_if", "update_if",
                                              "label",     "repeat",    NULL};

static const struct {
    const struct alias *alias;
    const char *const *column;
} known[TF_N_XSHEETS] = {[TF_X_SURVEY] = {survey_alias, survey_column},
                         [TF_X_CHOICES] = {list_alias, list_column},
                         [TF_X_SETTINGS] = {settings_alias, settings_column},
                         [TF_X_EXTERNAL] = {list_alias, list_column},
                         [TF_X_ENTITIES] = {entities_alias, entities_column},
                         [TF_X_OSM] = {list_alias, list_column}};

/* ---- One head ---------------------------------------------------------------------------------- */

static const struct alias *alias_of(enum tf_xsheet sheet, const char *name)
{
    for (const struct alias *a = known[sheet].alias; a->from != NULL; a++)
        if (strcmp(a->from, name) == 0)
            return a;
    return NULL;
}

static bool is_column(enum tf_xsheet sheet, const char *name)
{
    for (const char *const *c = known[sheet].column; *c != NULL; c++)
        if (strcmp(*c, name) == 0)
            return alias_of(sheet, name) == NULL;
    return false;
}

/* "Constraint  message" -> "constraint_message" */
static const char *snake(struct tf_arena *arena, const char *s)
{
    char *copy = tf_lower(arena, s), *put = copy;
    for (const char *at = copy; *at != '\0'; at++)
        if (strchr(" \t\r\n", *at) == NULL)
            *put++ = *at;
        else if (put > copy && put[-1] != '_' && at[1] != '\0' && strchr(" \t\r\n", at[1]) == NULL)
            *put++ = '_';
    *put = '\0';
    return copy;
}

/* The steps of a head, at most four; "jr", "count" become one when the colon parts. */
static void split_head(struct tf_arena *arena, const char *head, bool doubled, struct tf_xhead *h)
{
    const char *const mark = doubled || strstr(head, "::") != NULL ? "::" : ":";
    for (const char *from = head; from != NULL && h->n < 4;) {
        const char *to = h->n == 3 ? NULL : strstr(from, mark);
        h->token[h->n] = tf_trim(
            arena, to == NULL ? from : tf_strndup(arena, from, (size_t)(to - from)));
        from = to == NULL ? NULL : to + strlen(mark);
        if (h->n > 0 && mark[1] == '\0' && strcmp(h->token[h->n - 1], "jr") == 0)
            h->token[h->n - 1] = tf_printf(arena, "jr:%s", h->token[h->n]);
        else
            h->n++;
    }
}

/* Names the head; returns what it is called then, for telling two of the same apart. */
static const char *name_head(struct tf_xread *x, enum tf_xsheet sheet, const char *head,
                             bool doubled, struct tf_xhead *h)
{
    const char *plain = snake(x->arena, head);
    h->known = true;
    if (is_column(sheet, head) || is_column(sheet, plain)) {
        h->token[h->n++] = is_column(sheet, head) ? head : plain;
        return h->token[0];
    }
    split_head(x->arena, head, doubled, h);
    const char *first = snake(x->arena, h->token[0]);
    const struct alias *a = alias_of(sheet, first);
    if (a == NULL && !is_column(sheet, first)) {
        h->known = false;
        return head;
    }
    if (a != NULL && a->then != NULL) {
        for (size_t k = h->n < 4 ? h->n : 3; k > 1; k--)
            h->token[k] = h->token[k - 1];
        h->n = h->n < 4 ? h->n + 1 : 4;
        h->token[1] = a->then;
    }
    h->token[0] = a == NULL ? first : a->to;
    return a != NULL && a->then == NULL && h->n == 1 ? a->to : "";
}

/* ---- What it holds ----------------------------------------------------------------------------- */

static size_t media_of(const char *name)
{
    static const char *const kind[TF_N_MEDIA] = {"image", "big-image", "audio", "video"};
    for (size_t k = 0; k < TF_N_MEDIA; k++)
        if (tf_streq(name, kind[k]))
            return k;
    return TF_N_MEDIA;
}

static void slot_of_bind(struct tf_xhead *h)
{
    static const struct {
        const char *name;
        enum tf_xslot slot;
    } special[] = {{"jr:constraintMsg", TF_S_CONSTRAINT_MESSAGE},
                   {"jr:requiredMsg", TF_S_REQUIRED_MESSAGE},
                   {"jr:noAppErrorString", TF_S_NO_APP},
                   {"entities:saveto", TF_S_SAVE_TO}};
    h->slot = TF_S_BIND;
    h->name = h->token[1];
    for (size_t k = 0; k < sizeof special / sizeof *special; k++)
        if (strcmp(h->name, special[k].name) == 0) {
            h->slot = special[k].slot;
            h->lang = h->n > 2 ? h->token[2] : NULL;
        }
}

static void slot_of_survey(struct tf_xhead *h)
{
    static const struct {
        const char *name;
        enum tf_xslot slot;
    } plain[] = {{"type", TF_S_TYPE},           {"name", TF_S_NAME},
                 {"label", TF_S_LABEL},         {"hint", TF_S_HINT},
                 {"guidance_hint", TF_S_GUIDANCE}, {"parameters", TF_S_PARAMETERS},
                 {"default", TF_S_DEFAULT},     {"choice_filter", TF_S_CHOICE_FILTER},
                 {"trigger", TF_S_TRIGGER},     {"query", TF_S_QUERY},
                 {"disabled", TF_S_DISABLED},   {"intent", TF_S_INTENT}};
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++)
        if (strcmp(h->token[0], plain[k].name) == 0) {
            h->slot = plain[k].slot;
            h->known = true;
            h->lang = h->n > 1 ? h->token[1] : NULL;
            return;
        }
    if (h->n < 2)
        return;
    h->name = h->token[1];
    if (strcmp(h->token[0], "bind") == 0) {
        slot_of_bind(h);
    } else if (strcmp(h->token[0], "control") == 0) {
        h->slot = strcmp(h->name, "autoplay") == 0 ? TF_S_AUTOPLAY : TF_S_CONTROL;
    } else if (strcmp(h->token[0], "instance") == 0) {
        h->slot = TF_S_INSTANCE;
    }
}

static void slot_of_list(struct tf_xhead *h)
{
    if (strcmp(h->token[0], "list name") == 0)
        h->slot = TF_S_LIST;
    else if (strcmp(h->token[0], "name") == 0)
        h->slot = TF_S_NAME;
    else if (strcmp(h->token[0], "label") == 0)
        h->slot = TF_S_LABEL;
    else
        h->slot = TF_S_EXTRA;
    h->name = h->token[0];
    h->lang = h->n > 1 ? h->token[1] : NULL;
}

static void find_slot(enum tf_xsheet sheet, struct tf_xhead *h)
{
    if (sheet == TF_X_SURVEY)
        slot_of_survey(h);
    else
        slot_of_list(h);
    if (strcmp(h->token[0], "media") == 0 && sheet != TF_X_SETTINGS) {
        h->slot = h->n > 1 ? TF_S_MEDIA : TF_S_NONE;
        h->media = h->n > 1 ? media_of(h->token[1]) : TF_N_MEDIA;
        h->lang = h->n > 2 ? h->token[2] : NULL;
        h->name = h->n > 1 ? h->token[1] : "";
    }
}

/* ---- All heads of a sheet ---------------------------------------------------------------------- */

static const char *joined(struct tf_arena *arena, const struct tf_xhead *h)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < h->n; k++)
        tf_buf_printf(&b, "%s\x1f", h->token[k]);
    return tf_buf_text(&b);
}

/* A column that nothing knows is often a slip of the pen. */
static void note_unknown(struct tf_xread *x, enum tf_xsheet sheet, const struct tf_xhead *h,
                         const char *head)
{
    const char *candidate[96];
    size_t n = 0;
    for (const char *const *c = known[sheet].column; *c != NULL && n < 95; c++)
        candidate[n++] = *c;
    for (const struct alias *a = known[sheet].alias; a->from != NULL && n < 95; a++)
        candidate[n++] = a->from;
    candidate[n] = NULL;
    const char *near = tf_nearest(snake(x->arena, h->token[0]), candidate);
    if (near != NULL)
        tf_xr_tell(x, TF_NOTE, sheet, 1, head, tf_printf(x->arena, "Did you mean '%s'?", near),
                 "nothing is read from this column");
}

void tf_xr_heads_read(struct tf_xread *x, enum tf_xsheet sheet)
{
    const struct tf_grid_sheet *s = x->sheet[sheet];
    struct tf_xheads *heads = &x->head[sheet];
    struct tf_names seen = {.arena = x->arena};
    bool doubled = false;
    if (s == NULL || s->n_cols == 0)
        return;
    heads->any = true;
    heads->col = TF_NEW_N(x->arena, struct tf_xhead, s->n_cols);
    for (size_t c = 0; c < s->n_cols; c++)
        doubled = doubled || strstr(s->head[c], "::") != NULL;
    for (size_t c = 0; c < s->n_cols; c++) {
        struct tf_xhead *h = &heads->col[c];
        h->media = TF_N_MEDIA;
        const char *name = name_head(x, sheet, s->head[c], doubled, h), *key = joined(x->arena, h);
        const size_t other = tf_names_get(&seen, key);
        if (other != SIZE_MAX && strcmp(name, s->head[c]) != 0)
            tf_xr_fault(x, sheet, 1, s->head[c], "Rename or remove one of them.",
                      "the columns '%.80s' and '%.80s' are two names of the same", s->head[other],
                      s->head[c]);
        (void)tf_names_put(&seen, key, c);
        find_slot(sheet, h);
        heads->width[h->slot]++;
        if (h->media < TF_N_MEDIA)
            heads->media_width[h->media]++;
        if (!h->known && sheet != TF_X_CHOICES && sheet != TF_X_EXTERNAL)
            note_unknown(x, sheet, h, s->head[c]);
    }
}

void tf_xr_heads_need(struct tf_xread *x, enum tf_xsheet sheet, const char *token)
{
    const struct tf_xheads *heads = &x->head[sheet];
    for (size_t c = 0; heads->any && c < x->sheet[sheet]->n_cols; c++)
        if (strcmp(heads->col[c].token[0], token) == 0)
            return;
    tf_xr_fault(x, sheet, 1, NULL, "The first row of a sheet holds the names of its columns.",
              "the column '%s' is missing", token);
}
