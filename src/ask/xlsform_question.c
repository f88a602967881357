/* What single types ask of their row: parameters that are known, values that they may have, columns that
 * must or must not be filled. */
#include <string.h>

#include "ask/xlsform_inside.h"
#include "base/number.h"

static void parameter_fault(struct tf_xread *x, const struct tf_xnode *n, const char *name,
                            const char *help)
{
    const char *value = tf_xr_pair_get(&n->parameters, name);
    tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", help, "%s cannot be '%.80s'", name,
              value == NULL ? "" : value);
}

/* A value that is there must be one of these (ended by NULL). */
static void among(struct tf_xread *x, const struct tf_xnode *n, const char *name,
                  const char *const *word, const char *help)
{
    const char *value = tf_xr_pair_get(&n->parameters, name);
    for (size_t k = 0; value != NULL && word[k] != NULL; k++)
        if (strcmp(value, word[k]) == 0)
            return;
    if (value != NULL)
        parameter_fault(x, n, name, help);
}

static bool whole(struct tf_xread *x, const struct tf_xnode *n, const char *name, int64_t least,
                  int64_t *ret)
{
    const char *value = tf_xr_pair_get(&n->parameters, name);
    if (value == NULL || (tf_parse_int(value, ret) && *ret >= least))
        return true;
    parameter_fault(x, n, name, least > 0 || least == 0 ? "It is a whole number, zero or above."
                                                        : "It is a whole number.");
    return false;
}

static const char *const yes_no[] = {"true", "false", NULL};

/* ---- Audit ------------------------------------------------------------------------------------- */

static void check_location(struct tf_xread *x, const struct tf_xnode *n)
{
    static const char *const name[] = {"location-priority", "location-min-interval",
                                       "location-max-age"};
    static const char *const priority[] = {"no-power", "low-power", "balanced", "high-accuracy",
                                           NULL};
    size_t there = 0;
    int64_t least = 0, oldest = 0;
    for (size_t k = 0; k < 3; k++)
        there += tf_xr_pair_get(&n->parameters, name[k]) != NULL;
    if (there == 0)
        return;
    if (there < 3) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters",
                  "Give location-priority, location-min-interval and location-max-age.",
                  "the audit logs places only with all three of their parameters");
        return;
    }
    among(x, n, name[0], priority, "It is no-power, low-power, balanced or high-accuracy.");
    if (whole(x, n, name[1], 0, &least) && whole(x, n, name[2], 0, &oldest) && oldest < least)
        parameter_fault(x, n, name[2], "It is at least location-min-interval.");
}

void tf_xr_audit_check(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const accepted[] = {
        "location-priority", "location-min-interval", "location-max-age", "track-changes",
        "track-changes-reasons", "identify-user", NULL};
    static const char *const reason[] = {"on-form-edit", NULL};
    n->type = "audit";
    if (n->name != NULL && strcmp(n->name, "audit") != 0)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "name", "Leave the name empty.",
                  "an audit is always named 'audit', not '%.80s'", n->name);
    n->name = "audit";
    if (!tf_xr_parameters_among(x, n, accepted))
        return;
    among(x, n, "track-changes", yes_no, "It is true or false.");
    among(x, n, "identify-user", yes_no, "It is true or false.");
    among(x, n, "track-changes-reasons", reason, "It is on-form-edit.");
    check_location(x, n);
}

/* ---- Media ------------------------------------------------------------------------------------- */

/* What is wrong with the name of an Android package, or NULL. */
static const char *package_fault(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
    if (strchr(name, '.') == NULL)
        return "It has at least one point.";
    if (name[strspn(name, letters)] != '\0')
        return "It has letters, digits, points and underscores.";
    for (const char *part = name; part != NULL; part = strchr(part, '.') == NULL ? NULL : strchr(part, '.') + 1)
        if (*part == '.' || *part == '\0' || *part == '_' || (*part >= '0' && *part <= '9'))
            return "Each of its parts begins with a letter.";
    return NULL;
}

static void check_image(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const accepted[] = {"max-pixels", "app", NULL};
    const char *appearance = tf_xr_pair_get(&n->control, "appearance");
    int64_t pixels;
    if (n->default_value != NULL && strstr(n->default_value, "jr://images/") == NULL)
        n->default_value = tf_printf(x->arena, "jr://images/%s", n->default_value);
    if (!tf_xr_parameters_among(x, n, accepted))
        return;
    const char *app = tf_xr_pair_get(&n->parameters, "app");
    if (tf_xr_pair_get(&n->parameters, "max-pixels") == NULL)
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, "parameters",
                 "Set max-pixels=1024 or so: pictures are then sent sooner.",
                 "the picture '%.80s' has no max-pixels and is kept at full size", n->name);
    (void)whole(x, n, "max-pixels", INT64_MIN, &pixels);
    if (app != NULL && (appearance == NULL || strcmp(appearance, "annotate") == 0) &&
        package_fault(app) != NULL)
        parameter_fault(x, n, "app", package_fault(app));
}

static void check_audio(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const accepted[] = {"quality", NULL};
    static const char *const quality[] = {"voice-only", "low", "normal", "external", NULL},
                            *const behind[] = {"voice-only", "low", "normal", NULL};
    const bool background = strcmp(n->type, "audio") != 0;
    if (tf_xr_parameters_among(x, n, accepted))
        among(x, n, "quality", background ? behind : quality,
              background ? "It is voice-only, low or normal."
                         : "It is voice-only, low, normal or external.");
}

/* ---- Others ------------------------------------------------------------------------------------ */

static void check_text(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const accepted[] = {"rows", NULL};
    int64_t rows;
    if (tf_xr_parameters_among(x, n, accepted))
        (void)whole(x, n, "rows", INT64_MIN, &rows);
}

static void check_geometry(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const point[] = {"allow-mock-accuracy", "capture-accuracy",
                                        "warning-accuracy", "reference-geometry", NULL},
                            *const line[] = {"allow-mock-accuracy", "incremental",
                                             "reference-geometry", NULL},
                            *const accuracy[] = {"capture-accuracy", "warning-accuracy"};
    const bool is_point = strcmp(n->type, "geopoint") == 0;
    double number;
    if (!tf_xr_parameters_among(x, n, is_point ? point : line))
        return;
    for (size_t k = 0; k < 2; k++) {
        const char *value = tf_xr_pair_get(&n->parameters, accuracy[k]);
        if (value != NULL && !tf_parse_double(value, &number))
            parameter_fault(x, n, accuracy[k], "It is a number of metres.");
    }
    const char *incremental = tf_xr_pair_get(&n->parameters, "incremental");
    if (incremental != NULL && tf_xr_yes(incremental) != 1)
        parameter_fault(x, n, "incremental", "It is true, or left out.");
    among(x, n, "allow-mock-accuracy", yes_no, "It is true or false.");
    n->list = tf_xr_pair_get(&n->parameters, "reference-geometry");
    if (n->list == NULL)
        return;
    x->geometry = tf_grow(x->arena, x->geometry, x->n_geometries, &x->cap_geometries,
                          sizeof *x->geometry);
    x->geometry[x->n_geometries++] = (struct tf_xref){n->list, n->row};
}

static void check_background_point(struct tf_xread *x, struct tf_xnode *n)
{
    if (n->trigger == NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "trigger", "Name the question: ${name}.",
                  "a background-geopoint needs the question that starts it");
    if (tf_xr_pair_get(&n->bind, "calculate") != NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "calculation", "Leave it empty.",
                  "a background-geopoint cannot be calculated");
}

/* Choices and maps that devices load from a file. */
static void check_instance(struct tf_xread *x, struct tf_xnode *n)
{
    (void)tf_names_put(&x->files, n->name, n->row);
    for (size_t k = 1; k < x->n_places; k++)
        if (x->place[k].node->kind == TF_XREPEAT) {
            tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Move it out of the repeat.",
                      "an external instance cannot stand in a repeat");
            return;
        }
}

void tf_xr_question_check(struct tf_xread *x, struct tf_xnode *n, const char *written)
{
    /* By what is written, not by what it means: older spellings never had parameters. */
    static const struct {
        const char *written;
        void (*check)(struct tf_xread *x, struct tf_xnode *n);
    } check[] = {{"range", tf_xr_range_check},
                 {"text", check_text},
                 {"photo", check_image},
                 {"image", check_image},
                 {"add image prompt", check_image},
                 {"add photo prompt", check_image},
                 {"audio", check_audio},
                 {"add audio prompt", check_audio},
                 {"background-audio", check_audio},
                 {"geopoint", check_geometry},
                 {"geoshape", check_geometry},
                 {"geotrace", check_geometry},
                 {"background-geopoint", check_background_point},
                 {"csv-external", check_instance},
                 {"xml-external", check_instance}};
    for (size_t k = 0; k < sizeof check / sizeof *check; k++)
        if (strcmp(check[k].written, written) == 0)
            check[k].check(x, n);
}
