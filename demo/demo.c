/* The synthetic study, written whole: static texts first, then each country in the order of a real
 * study: frame and sample, doors, children, caregivers, frontline workers, recorded counts,
 * interviews.
 *
 * What must be the same in every copy stands as a file under demo/study (built into the program);
 * what is drawn stands in the tables of this folder. Files under _make are sources for the
 * generator and are not copied. */
#include <string.h>

#include "base/embedded.h"
#include "demo/demo.h"
#include "demo/inside.h"
#include "demo_study.h"

const struct demo_preset demo_preset[DEMO_COUNTRIES] = {
    {"XA",
     0, 1200000,
     0.90, 0.135,
     0.02, {0.060, 0.065, 0.031, 0.026, 0, 0, 0, 0},
     0.03, 1000,
     4,   3,
     {"en", "km", "km"},
     {0.30, 0.50, 0.20},
     NULL,   0.03,
     "remoteness", DEMO_PSUS,
     2},
    {"XB",
     1, 2100000,
     0.67, 0.165,
     0.10, {0.160, 0.155, 0.090, 0.090, 0, 0, 0, 0},
     0.17, 1016,
     4,   4,
     {"en", "th", "vi"},
     {0.20, 0.60, 0.20},
     NULL,   0.02,
     "remoteness", 32,
     6},
    {"XC",
     2, 3400000,
     0.41, 0.245,
     0.20, {0.240, 0.260, 0.150, 0.140, 0, 0, 0, 0},
     0.33, 1103,
     110, 5,
     {"en", "am", "vi"},
     {0.25, 0.59, 0.16},
     "East", 0,
     "security",   DEMO_PSUS,
     3},
};

const char *demo_static(const char *name, size_t *ret_n)
{
    for (const struct tf_embedded *e = tf_demo_study; e->name != NULL; e++) {
        if (!tf_streq(e->name, name))
            continue;
        *ret_n = e->n;
        return (const char *)e->data;
    }
    return NULL;
}

const char *demo_name(const struct demo_country *c, const char *pattern)
{
    return tf_replace(c->arena, pattern, "{country}", c->preset->code);
}

static enum tf_code put(struct tf_arena *arena, const char *dir, const char *name, const void *data,
                        size_t n, struct tf_err *reterr)
{
    const char *path = tf_path_join(arena, dir, name);
    TF_TRY(tf_dir_make(tf_path_dir(arena, path), reterr));
    return tf_file_write(path, data, n, reterr);
}

enum tf_code demo_put(const struct demo_country *c, const char *name, const struct tf_buf *text,
                      struct tf_err *reterr)
{
    return put(c->arena, c->dir, demo_name(c, name), tf_buf_text(text), text->n, reterr);
}

static enum tf_code must_be_free(struct tf_arena *arena, const char *dir, struct tf_err *reterr)
{
    char **name;
    size_t n = 0;
    if (tf_file_exists(dir) && !tf_dir_exists(dir)) {
        (void)tf_fail(reterr, TF_E_REFUSED, "%s is a file, not a folder", dir);
        return tf_help(reterr, "Name a folder that does not exist yet.");
    }
    if (tf_dir_exists(dir))
        TF_TRY(tf_dir_list(arena, dir, &name, &n, reterr));
    if (n == 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_REFUSED, "the folder %s is not empty", dir);
    (void)tf_fact(reterr, "It holds %zu files or folders; nothing was changed.", n);
    return tf_help(reterr, "Name a folder that does not exist yet, or empty this one.");
}

static enum tf_code one_country(const struct demo_preset *p, const char *dir, struct tf_err *reterr)
{
    struct demo_country c = {
        .arena = tf_arena_new("a country of the demo", (size_t)1 << 30), .preset = p, .dir = dir};
    static enum tf_code (*const part[])(struct demo_country *, struct tf_err *) = {
        demo_frame,     demo_doors,        demo_children, demo_caregivers,
        demo_frontline, demo_consultation, demo_threats,  demo_context};
    enum tf_code code = TF_OK;
    for (size_t k = 0; k < sizeof part / sizeof part[0] && code == TF_OK; k++)
        code = part[k](&c, reterr);
    tf_arena_free(c.arena);
    return code;
}

enum tf_code tf_demo_write(struct tf_arena *arena, const char *dir, struct tf_err *reterr)
{
    TF_TRY(must_be_free(arena, dir, reterr));
    for (const struct tf_embedded *e = tf_demo_study; e->name != NULL; e++)
        if (!tf_starts(e->name, "_make/"))
            TF_TRY(put(arena, dir, e->name, e->data, e->n, reterr));
    TF_TRY(demo_instruments(arena, dir, reterr));
    for (size_t k = 0; k < DEMO_COUNTRIES; k++)
        TF_TRY(one_country(&demo_preset[k], dir, reterr));
    return TF_OK;
}
