/* References: ${name} in an expression becomes the path of the node.
 *
 * Outside repeats a path from the root. Where the expression and the node named stand in the same
 * repeat, a path relative to the expression's own node, so that it means "of this round": up to the
 * nearest group or repeat that holds both, then down. In a predicate over the items of a secondary
 * instance `.` is the item, so the relative path starts from current(). indexed-repeat() counts
 * rounds itself: its first, second, fourth and sixth arguments are paths from the root.
 * ${last-saved#name} is the node of the record saved before.
 *
 * A select whose choices are the answers of a repeat (select_one ${name}) needs the repeat itself
 * on its path, because a predicate is put behind it: TF_XREF_PARENT goes one step further up.
 *
 * Source: ODK XForms Specification (XPath Paths), XLSForm (References), and for where which form is
 * used the forms that pyxform 4.5 makes, blanks included. */
#include <string.h>

#include "ask/xform_write.h"

/* ---- finding ${name} ------------------------------------------------------------------------- */

static bool name_start(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

static bool name_more(unsigned char c)
{
    return name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

size_t tf_xref_at(const char *s, const char **ret_name, size_t *ret_n, bool *ret_last)
{
    static const char last[] = "last-saved#";
    if (s[0] != '$' || s[1] != '{')
        return 0;
    const char *p = s + 2;
    const bool is_last = strncmp(p, last, sizeof last - 1) == 0;
    if (is_last)
        p += sizeof last - 1;
    const char *name = p;
    if (!name_start((unsigned char)*p))
        return 0;
    while (name_more((unsigned char)*p))
        p++;
    if (*p != '}')
        return 0;
    *ret_name = name;
    *ret_n = (size_t)(p - name);
    *ret_last = is_last;
    return (size_t)(p + 1 - s);
}

static bool any_ref(const char *s, bool want_last)
{
    const char *name;
    size_t n;
    bool last;
    for (; s != NULL && (s = strstr(s, "${")) != NULL; s++)
        if (tf_xref_at(s, &name, &n, &last) > 0 && (last || !want_last))
            return true;
    return false;
}

bool tf_xref_in(const char *s)
{
    return any_ref(s, false);
}

bool tf_xref_last_in(const char *s)
{
    return any_ref(s, true);
}

/* ---- where a reference stands ---------------------------------------------------------------- */

/* In the brackets of a path into a secondary instance? The text has "instance(" with something in
 * its parentheses, and a pair of brackets, the first that closes, is round the reference. */
static bool in_item_predicate(const char *text, size_t at, size_t n)
{
    const char *call = text;
    while ((call = strstr(call, "instance(")) != NULL) {
        call += 9;
        if (*call != ')' && *call != '\0' && call[1] != '\0')
            break;
    }
    if (call == NULL)
        return false;
    for (const char *open = strchr(text, '['); open != NULL;) {
        const char *close = strchr(open + 1, ']');
        if (close == open + 1) { /* nothing between: no predicate */
            open = strchr(close, '[');
            continue;
        }
        if (close == NULL)
            return false;
        if (at >= (size_t)(open - text) && at + n <= (size_t)(close - text) + 1)
            return true;
        open = strchr(close + 1, '[');
    }
    return false;
}

struct call { /* indexed-repeat(…) up to its first ')' */
    size_t from, to;
};

static bool next_call(const char *text, size_t from, struct call *ret)
{
    static const char head[] = "indexed-repeat(";
    const char *p = text + from;
    while ((p = strstr(p, head)) != NULL) {
        const char *open = p + sizeof head - 1, *close = strchr(open, ')');
        if (close != NULL && close > open) {
            ret->from = (size_t)(p - text);
            ret->to = (size_t)(close - text) + 1;
            return true;
        }
        p = open;
    }
    return false;
}

/* Which argument of the call is the reference in? The last that holds it; SIZE_MAX when none. */
static size_t argument_of(const char *text, const struct call *call, const char *name, size_t n)
{
    size_t arg = 0, found = SIZE_MAX;
    for (size_t k = call->from + sizeof "indexed-repeat(" - 1; k + 1 < call->to; k++) {
        if (text[k] == ',')
            arg++;
        else if (text[k] == '$' && text[k + 1] == '{' && strncmp(text + k + 2, name, n) == 0 &&
                 text[k + 2 + n] == '}')
            found = arg;
    }
    return found;
}

/* May the reference be relative, as far as indexed-repeat() has a say? */
static bool relative_here(const char *text, size_t at, size_t n, const char *name, size_t name_n)
{
    if (strstr(text, "indexed-repeat(") == NULL)
        return true;
    struct call call;
    size_t from = 0;
    while (next_call(text, from, &call)) {
        from = call.to;
        if (at + n >
            call.to) { /* behind this call: pyxform leaves out the next one, and so do we */
            struct call skipped;
            if (!next_call(text, from, &skipped))
                return true;
            from = skipped.to;
            continue;
        }
        if (at + n < call.from || at > call.to)
            return true;
        const size_t arg = argument_of(text, &call, name, name_n);
        return arg != SIZE_MAX && arg != 0 && arg != 1 && arg != 3 && arg != 5;
    }
    return false;
}

/* ---- the way from one node to another -------------------------------------------------------- */

static bool is_group(const struct tf_item *it)
{
    return it->kind == TF_XI_GROUP || it->kind == TF_XI_META || it->kind == TF_XI_REPEAT;
}

/* The nearest item above both (neither counts itself) that is a repeat, or a group or repeat. */
static const struct tf_item *
common(const struct tf_item *a, const struct tf_item *b, bool repeat, size_t *ret_steps)
{
    size_t steps = 1;
    for (const struct tf_item *up = a->parent; up != NULL; up = up->parent, steps++) {
        if (repeat ? up->kind != TF_XI_REPEAT : !is_group(up))
            continue;
        for (const struct tf_item *other = b->parent; other != NULL; other = other->parent)
            if (other == up) {
                *ret_steps = steps;
                return up;
            }
    }
    return NULL;
}

static const struct tf_item *repeat_above(const struct tf_item *it)
{
    const struct tf_item *up = it->parent;
    while (up != NULL && up->kind != TF_XI_REPEAT)
        up = up->parent;
    return up;
}

static const char *relative_path(struct tf_xwriter *w, const struct tf_item *from,
                                 const struct tf_item *to, unsigned how)
{
    size_t steps;
    const struct tf_item *shared = common(from, to, true, &steps);
    if (shared == NULL)
        return NULL;
    const struct tf_item *base = NULL;
    if ((how & TF_XREF_PARENT) && shared == repeat_above(to) &&
        (repeat_above(shared) == NULL || repeat_above(from) != shared)) {
        steps++;
        base = shared->parent;
    }
    if (base == NULL)
        base = common(from, to, false, &steps);
    struct tf_buf b = {.arena = w->arena};
    tf_buf_add(&b, how & TF_XREF_CURRENT ? " current()/" : " ");
    for (size_t k = 0; k < steps; k++)
        tf_buf_add(&b, k == 0 ? ".." : "/..");
    tf_buf_add(&b, to->path + strlen(base->path));
    tf_buf_char(&b, ' ');
    return tf_buf_text(&b);
}

const char *tf_xref_path(struct tf_xwriter *w, const char *text, size_t at, size_t n,
                         const struct tf_item *context, unsigned how)
{
    const char *name;
    size_t name_n;
    bool last;
    (void)tf_xref_at(text + at, &name, &name_n, &last);
    const struct tf_item *to = tf_xitem_named(w, name, name_n, context);
    if (to == NULL)
        return "";
    if (!last && context != NULL && relative_here(text, at, n, name, name_n)) {
        if (in_item_predicate(text, at, n))
            how |= TF_XREF_CURRENT;
        const char *path = relative_path(w, context, to, how);
        if (path != NULL)
            return path;
    }
    return tf_printf(w->arena, " %s%s ", last ? "instance('__last-saved')" : "", to->path);
}

const char *
tf_xrefs(struct tf_xwriter *w, const char *text, const struct tf_item *context, unsigned how)
{
    if (strstr(text, "${") == NULL)
        return text;
    struct tf_buf b = {.arena = w->arena};
    const char *name;
    size_t name_n;
    bool last;
    for (size_t at = 0; text[at] != '\0';) {
        const size_t n = tf_xref_at(text + at, &name, &name_n, &last);
        if (n == 0) {
            tf_buf_char(&b, text[at++]);
            continue;
        }
        tf_buf_add(&b, tf_xref_path(w, text, at, n, context, how));
        at += n;
    }
    return tf_buf_text(&b);
}
