/* A question's bind and control: what its type brings, what its row says, and what the row's
 * `parameters` mean. The reader has checked the values; here they become attributes.
 *
 * Sources: XLSForm reference table (parameters), ODK XForms Specification (Bindings, Body
 * Attributes, Audit). */
#include <math.h>
#include <string.h>

#include "ask/xform_write.h"

/* ---- parameters that are one attribute each -------------------------------------------------- */

struct mapped {
    const char *types; /* of questions, between bars */
    const char *parameter;
    bool bind; /* else of the control */
    const char *attribute;
    const char *value; /* when not the parameter's own */
};

#define GEO "|geopoint|geotrace|geoshape|"
/* clang-format off */
static const struct mapped maps[] = {
    {"|text|",     "rows",                  false, "rows", NULL},
    {"|image|",    "max-pixels",            true,  "orx:max-pixels", NULL},
    {"|audio|",    "quality",               true,  "odk:quality", NULL},
    {GEO,          "allow-mock-accuracy",   true,  "odk:allow-mock-accuracy", NULL},
    {GEO,          "capture-accuracy",      false, "accuracyThreshold", NULL},
    {GEO,          "warning-accuracy",      false, "unacceptableAccuracyThreshold", NULL},
    {GEO,          "incremental",           false, "incremental", "true"},
    {"|audit|",    "track-changes",         true,  "odk:track-changes", NULL},
    {"|audit|",    "track-changes-reasons", true,  "odk:track-changes-reasons", NULL},
    {"|audit|",    "identify-user",         true,  "odk:identify-user", NULL},
    {"|audit|",    "location-max-age",      true,  "odk:location-max-age", NULL},
    {"|audit|",    "location-min-interval", true,  "odk:location-min-interval", NULL},
    {"|audit|",    "location-priority",     true,  "odk:location-priority", NULL},
    {"|range|",    "start",                 false, "start", NULL},
    {"|range|",    "end",                   false, "end", NULL},
    {"|range|",    "step",                  false, "step", NULL},
    {"|range|",    "tick_interval",         false, "odk:tick-interval", NULL},
    {"|range|",    "placeholder",           false, "odk:placeholder", NULL},
};
/* clang-format on */

static bool for_type(const char *types, const char *type)
{
    const size_t n = strlen(type);
    for (const char *p = strstr(types, type); p != NULL; p = strstr(p + 1, type))
        if (p > types && p[-1] == '|' && p[n] == '|')
            return true;
    return false;
}

static void map_parameters(struct tf_xwriter *w, struct tf_item *it)
{
    for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
        const char *value = tf_xpair(&it->x->parameters, maps[k].parameter);
        if (value != NULL && for_type(maps[k].types, it->type->type))
            tf_xpair_set(w->arena, maps[k].bind ? &it->bind : &it->control, maps[k].attribute,
                         maps[k].value != NULL ? maps[k].value : value);
    }
}

/* ---- types with more to say ------------------------------------------------------------------ */

static void range(struct tf_xwriter *w, struct tf_item *it)
{
    static const char *const part[][2] = {
        {"start",             "1" },
        {"end",               "10"},
        {"step",              "1" },
        {"odk:tick-interval", NULL},
        {"odk:placeholder",   NULL}
    };
    for (size_t k = 0; k < 5; k++) {
        double x = 0;
        const char *value = tf_xpair(&it->control, part[k][0]);
        if (value == NULL && part[k][1] != NULL)
            tf_xpair_set(w->arena, &it->control, part[k][0], part[k][1]);
        else if (value != NULL && tf_parse_double(value, &x) && x != floor(x))
            tf_xpair_set(w->arena, &it->bind, "type", "decimal");
    }
}

/* An external picture app is asked for only where it can help: drawing and signing have their own.
 */
static void image(struct tf_xwriter *w, struct tf_item *it)
{
    const char *app = tf_xpair(&it->x->parameters, "app");
    const char *appearance = tf_xpair(&it->control, "appearance");
    if (app != NULL && (appearance == NULL || strcmp(appearance, "annotate") == 0))
        tf_xpair_set(w->arena, &it->control, "intent", app);
    if (!tf_is_blank(it->default_value) && !it->x->dynamic_default &&
        strstr(it->default_value, "jr://images/") == NULL)
        it->default_value = tf_printf(w->arena, "jr://images/%s", it->default_value);
}

/* With the setting `flat` groups are no nodes: what they depend on is asked of each question. */
static const char *flat_relevant(struct tf_xwriter *w, const struct tf_item *it)
{
    const char *own = tf_xpair(&it->bind, "relevant");
    const char *above = it->parent == NULL ? NULL : flat_relevant(w, it->parent);
    if (above == NULL || own == NULL)
        return above == NULL ? own : above;
    return tf_printf(w->arena, "%s and (%s)", above, own);
}

/* "list#property" -> "property" */
static const char *property_name(const char *save_to)
{
    const char *hash = strchr(save_to, '#');
    return hash == NULL ? save_to : hash + 1;
}

static void of_type(struct tf_xwriter *w, struct tf_item *it)
{
    const struct tf_xtype_row *t = it->type;
    struct tf_arena *a = w->arena;
    if (t->media != NULL)
        tf_xpair_set(a, &it->control, "mediatype", t->media);
    if (t->bind != NULL)
        tf_xpair_set(a, &it->bind, "type", t->bind);
    if (t->readonly)
        tf_xpair_set(a, &it->bind, "readonly", "true()");
    if (t->constraint != NULL)
        tf_xpair_set(a, &it->bind, "constraint", t->constraint);
    if (t->preload != NULL) {
        tf_xpair_set(a, &it->bind, "jr:preload", t->preload);
        tf_xpair_set(a, &it->bind, "jr:preloadParams", t->params);
    }
}

void tf_xparameters(struct tf_xwriter *w, struct tf_item *it)
{
    const struct tf_xnode *x = it->x;
    of_type(w, it);
    for (size_t k = 0; k < x->bind.n; k++)
        tf_xpair_set(w->arena, &it->bind, x->bind.item[k].name, x->bind.item[k].value);
    for (size_t k = 0; k < x->control.n; k++)
        tf_xpair_set(w->arena, &it->control, x->control.item[k].name, x->control.item[k].value);
    if (!tf_is_blank(x->autoplay))
        tf_xpair_set(w->arena, &it->control, "autoplay", x->autoplay);
    if (!tf_is_blank(x->save_to))
        tf_xpair_set(w->arena, &it->bind, "entities:saveto", property_name(x->save_to));
    it->default_value = x->default_value;
    map_parameters(w, it);
    if (strcmp(it->type->type, "range") == 0)
        range(w, it);
    if (strcmp(it->type->type, "image") == 0)
        image(w, it);
    const char *list = tf_xpair(&x->parameters, "tick_labelset");
    if (list == NULL)
        list = tf_xpair(&x->parameters, "reference-geometry");
    it->list = tf_xlist_named(w, list != NULL ? list : x->list);
    if (tf_xpair(&w->form->settings, "flat") != NULL && flat_relevant(w, it) != NULL)
        tf_xpair_set(w->arena, &it->bind, "relevant", flat_relevant(w, it));
}
