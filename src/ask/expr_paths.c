/* What an expression reads: its location paths, made absolute against the field it hangs on.
 *
 *     ../age > 12 and count(/data/kid[name != ''])   on /data/person/job
 *     -> /data/person/age, /data/kid, /data/kid/name
 *
 * A relative path within a predicate is relative to the path before it; within a secondary instance it
 * is about that instance and left out. "*" and "//" stay as written: whoever asks must match them
 * (tf_path_matches). Steps along other axes are given up: the path up to there is what counts. */
#include <string.h>

#include "ask/expr_inside.h"
#include "ask/xform_read.h"

struct gather {
    struct tf_arena *arena;
    const char *top;
    const char **item;
    size_t n, cap;
    void (*on_instance)(void *arg, const char *id);
    void *arg;
};

static void gather(struct gather *g, const struct xpr *x, const char *context);

static void gather_preds(struct gather *g, const struct xpreds *preds, const char *context)
{
    for (size_t k = 0; k < preds->n; k++)
        gather(g, preds->item[k], context);
}

static void add(struct gather *g, const char *path)
{
    for (size_t k = 0; k < g->n; k++)
        if (strcmp(g->item[k], path) == 0)
            return;
    g->item = tf_grow(g->arena, g->item, g->n, &g->cap, sizeof *g->item);
    g->item[g->n++] = path;
}

static const char *parent_of(struct tf_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? NULL : tf_strndup(arena, path, (size_t)(slash - path));
}

/* The path after a step; NULL when it is not known any more. "" is the root. */
static const char *after_step(struct tf_arena *arena, const char *path, const struct xstep *s)
{
    const char *name = s->test == XT_NAME ? s->name : "*";
    if (path == NULL)
        return NULL;
    switch (s->axis) {
    case XA_SELF:
        return path;
    case XA_PARENT:
        return parent_of(arena, path);
    case XA_CHILD:
        return s->test == XT_TEXT ? path : tf_printf(arena, "%s/%s", path, name);
    case XA_ATTRIBUTE:
        return tf_printf(arena, "%s/@%s", path, name);
    case XA_DESCENDANT_OR_SELF:
        return tf_printf(arena, "%s/", path);
    case XA_DESCENDANT:
        return tf_printf(arena, "%s//%s", path, name);
    case XA_ANCESTOR:
    case XA_ANCESTOR_OR_SELF:
    case XA_FOLLOWING_SIBLING:
    case XA_PRECEDING_SIBLING:
        break;
    }
    return NULL;
}

static void gather_path(struct gather *g, const struct xpr *x, const char *context)
{
    const char *path = x->absolute ? "" : context, *known = path;
    bool primary = true;
    if (x->from != NULL) {
        const struct xpr *f = x->from;
        const bool is_current = f->kind == XK_CALL && strcmp(f->f->name, "current") == 0;
        path = is_current ? g->top : NULL;
        known = path;
        primary = is_current;
        gather(g, f, context);
        gather_preds(g, &x->preds, path);
    }
    for (size_t k = 0; k < x->n_steps; k++) {
        path = after_step(g->arena, path, &x->step[k]);
        known = path == NULL ? known : path;
        gather_preds(g, &x->step[k].preds, path);
    }
    if (primary && known != NULL && *known != '\0')
        add(g, known);
}

static void gather(struct gather *g, const struct xpr *x, const char *context)
{
    if (x->kind == XK_PATH) {
        gather_path(g, x, context);
        return;
    }
    if (x->kind == XK_CALL && g->on_instance != NULL && strcmp(x->f->name, "instance") == 0 &&
        x->kid[0]->kind == XK_STRING)
        g->on_instance(g->arg, x->kid[0]->string);
    if (x->kind == XK_CALL && strcmp(x->f->name, "jr:choice-name") == 0 &&
        x->kid[1]->kind == XK_STRING && context != NULL) {
        const char *path = tf_path_plain(g->arena, x->kid[1]->string, g->top);
        if (path != NULL)
            add(g, path);
    }
    for (size_t k = 0; k < x->n_kids; k++)
        gather(g, x->kid[k], context);
}

size_t tf_xpath_reads(struct tf_arena *arena, const struct tf_xpath *x, const char *context,
                      void (*on_instance)(void *arg, const char *id), void *arg, const char ***ret)
{
    struct gather g = {.arena = arena, .top = context, .on_instance = on_instance, .arg = arg};
    gather(&g, x->root, context);
    *ret = g.item;
    return g.n;
}

size_t tf_xpath_paths(struct tf_arena *arena, const struct tf_xpath *x, const char *context,
                      const char ***ret)
{
    return tf_xpath_reads(arena, x, context, NULL, NULL, ret);
}

bool tf_path_is_pattern(const char *path)
{
    return strstr(path, "//") != NULL || strstr(path, "/*") != NULL || tf_ends(path, "/");
}

/* Does a path with "*" and "//" name this plain path? */
bool tf_path_matches(const char *pattern, const char *path)
{
    if (*pattern == '\0')
        return *path == '\0';
    if (*path == '\0')
        return strcmp(pattern, "/") == 0; /* "//" at the end: the node itself */
    if (pattern[0] == '/' && (pattern[1] == '/' || pattern[1] == '\0')) {
        for (const char *at = path; at != NULL; at = strchr(at + 1, '/'))
            if (tf_path_matches(pattern + 1, at))
                return true;
        return pattern[1] == '\0';
    }
    const size_t n = strcspn(pattern + 1, "/"), m = strcspn(path + 1, "/");
    const bool any = n == 1 && pattern[1] == '*';
    if (!any && (n != m || strncmp(pattern + 1, path + 1, n) != 0))
        return false;
    return tf_path_matches(pattern + 1 + n, path + 1 + m);
}
