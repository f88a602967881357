/* The column `parameters`: key=value pairs, with spaces, commas or semicolons between; and those of a
 * range, whose arithmetic is exact.
 *
 * Keys and values are in small letters whatever their writing, but for names (of columns, lists and
 * questions). A range from 0 to 1 by 0.1 has eleven places: that is decided in whole billionths, not in
 * binary fractions, so 0.3 is a multiple of 0.1. */
#include <string.h>

#include "ask/xlsform_inside.h"

static const char delimiters[] = " \t\r\n\v\f,;";

/* The next word, or "=": its length, 0 at the end. */
static size_t next_word(const char **at)
{
    *at += strspn(*at, delimiters);
    if (**at == '=')
        return 1;
    return strcspn(*at, " \t\r\n\v\f,;=");
}

static bool keeps_case(const char *key, const char *value)
{
    static const char *const keys[] = {"reference-geometry", "label", "value", "tick_labelset"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (strcmp(key, keys[k]) == 0)
            return true;
    return strncmp(value, "${", 2) == 0;
}

bool tf_xr_parameters(struct tf_xread *x, const char *text, size_t row, struct tf_xpairs *ret)
{
    size_t room = 0;
    for (const char *s = text; s != NULL && *s != '\0'; s++)
        room += *s == '=';
    for (const char *at = text; at != NULL;) {
        size_t n = next_word(&at);
        if (n == 0)
            return true;
        const char *key = tf_lower(x->arena, tf_strndup(x->arena, at, n)), *value;
        at += n;
        bool good = key[0] != '=' && next_word(&at) == 1 && *at == '=';
        if (good) {
            at++;
            n = next_word(&at);
            good = n > 0 && *at != '=';
        }
        if (!good) {
            tf_xr_fault(x, TF_X_SURVEY, row, "parameters", "Write key=value, with spaces between pairs.",
                      "'%.120s' is no list of parameters", text);
            return false;
        }
        value = tf_strndup(x->arena, at, n);
        at += n;
        tf_xr_pair_set(x->arena, ret, room, key,
                     keeps_case(key, value) ? value : tf_lower(x->arena, value));
    }
    return true;
}

bool tf_xr_parameters_among(struct tf_xread *x, const struct tf_xnode *n,
                          const char *const *accepted)
{
    bool good = true;
    for (size_t k = 0; k < n->parameters.n; k++) {
        const char *key = n->parameters.item[k].name;
        struct tf_buf all = {.arena = x->arena};
        bool found = false;
        for (size_t j = 0; accepted[j] != NULL; j++) {
            found = found || strcmp(key, accepted[j]) == 0;
            tf_buf_printf(&all, "%s%s", j == 0 ? "This type takes " : ", ", accepted[j]);
        }
        if (!found)
            tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters",
                      tf_xr_near(x, key, accepted, tf_printf(x->arena, "%s.", tf_buf_text(&all))),
                      "there is no parameter '%.80s' for the type %s", key, n->type);
        good = good && found;
    }
    return good;
}

/* ---- Range ------------------------------------------------------------------------------------- */

static const int64_t one = 1000000000;

/* A decimal number in billionths; false when it is none, or finer, or larger than 9 billion. */
static bool parse_decimal(const char *s, int64_t *ret)
{
    const bool minus = *s == '-';
    int64_t whole = 0, part = 0, unit = one;
    size_t digits = 0;
    s += *s == '-' || *s == '+';
    for (; *s >= '0' && *s <= '9'; s++, digits++) {
        whole = whole * 10 + (*s - '0');
        if (whole > 9 * one)
            return false;
    }
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++, digits++) {
            unit /= 10;
            if (unit == 0 && *s != '0')
                return false;
            part += (*s - '0') * unit;
        }
    *ret = (whole * one + part) * (minus ? -1 : 1);
    return *s == '\0' && digits > 0;
}

struct range {
    int64_t start, end, step, tick, placeholder;
    bool has_tick, has_placeholder, fraction; /* one of them is no whole number */
};

static bool range_number(struct tf_xread *x, const struct tf_xnode *n, const char *name,
                         struct range *r, int64_t *ret, bool *ret_there)
{
    const char *text = tf_xr_pair_get(&n->parameters, name);
    if (ret_there != NULL)
        *ret_there = text != NULL;
    if (text == NULL)
        return true;
    if (!parse_decimal(text, ret)) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters",
                  "A number has at most nine decimals and is below 9 billion.",
                  "%s is no number: '%.80s'", name, text);
        return false;
    }
    r->fraction = r->fraction || *ret % one != 0;
    return true;
}

static void range_fault(struct tf_xread *x, const struct tf_xnode *n, const char *name,
                        const char *what, const char *help)
{
    tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", help, "%s %s", name, what);
}

static bool inside(const struct range *r, int64_t value)
{
    return r->start <= r->end ? value >= r->start && value <= r->end
                              : value >= r->end && value <= r->start;
}

static bool check_steps(struct tf_xread *x, const struct tf_xnode *n, const struct range *r)
{
    const int64_t width = r->end > r->start ? r->end - r->start : r->start - r->end;
    const char *fault = r->step == 0       ? "is zero"
                        : r->step > width  ? "is wider than the range"
                                           : NULL;
    if (fault != NULL) {
        range_fault(x, n, "step", fault, "It is the distance from one place to the next.");
        return false;
    }
    fault = !r->has_tick           ? NULL
            : r->tick == 0         ? "is zero"
            : r->tick > width      ? "is wider than the range"
            : r->tick % r->step != 0 ? "is no multiple of step"
                                   : NULL;
    if (fault != NULL)
        range_fault(x, n, "tick_interval", fault, "Ticks stand at places of the range.");
    fault = !r->has_placeholder                            ? NULL
            : (r->placeholder - r->start) % r->step != 0   ? "is no place of the range"
            : !inside(r, r->placeholder)                   ? "lies outside the range"
                                                           : NULL;
    if (fault != NULL)
        range_fault(x, n, "placeholder", fault, "It is where the mark stands before an answer.");
    return !r->has_tick || r->tick != 0;
}

static void check_labels(struct tf_xread *x, const struct tf_xnode *n, const struct range *r,
                         bool no_ticks)
{
    const struct tf_xlist *list = &x->form->list[tf_names_get(&x->lists, n->list)];
    bool start = false, end = false, other = false;
    for (size_t k = 0; k < list->n; k++) {
        int64_t value;
        const char *name = list->choice[k].name, *fault = NULL;
        if (name == NULL)
            continue;
        if (!parse_decimal(name, &value))
            fault = "is no number";
        else if (!inside(r, value))
            fault = "lies outside the range";
        else if ((r->has_tick && (value - r->start) % r->tick != 0) ||
                 (value - r->start) % r->step != 0)
            fault = "is no place of the range";
        if (fault != NULL) {
            tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", "Its choices are places of the range.",
                      "the label '%.80s' of tick_labelset %s", name, fault);
            return;
        }
        start = start || value == r->start;
        end = end || value == r->end;
        other = other || (value != r->start && value != r->end);
    }
    if (no_ticks && (!start || !end || other))
        range_fault(x, n, "tick_labelset", "labels other places than both ends",
                    "Without ticks only the two ends can have labels.");
}

/* A plain line of places, as against stars or a wheel; other words may stand beside (columns of
 * a grid, say). */
static bool plain_appearance(const char *s)
{
    return s == NULL || strstr(s, "vertical") != NULL || strstr(s, "no-ticks") != NULL;
}

void tf_xr_range_check(struct tf_xread *x, struct tf_xnode *n)
{
    static const char *const accepted[] = {"start", "end", "step", "tick_interval", "placeholder",
                                           "tick_labelset", NULL},
                            *const preset[] = {"1", "10", "1"};
    const char *appearance = tf_xr_pair_get(&n->control, "appearance");
    struct range r = {.start = 0};
    if (!tf_xr_parameters_among(x, n, accepted))
        return;
    n->list = tf_xr_pair_get(&n->parameters, "tick_labelset");
    for (size_t k = 3; k < 6; k++)
        if (!plain_appearance(appearance) && tf_xr_pair_get(&n->parameters, accepted[k]) != NULL)
            range_fault(x, n, accepted[k], "does not go with this appearance",
                        "It needs the appearance vertical, no-ticks, both, or none.");
    for (size_t k = 0; k < 3; k++)
        if (tf_xr_pair_get(&n->parameters, accepted[k]) == NULL)
            tf_xr_pair_set(x->arena, &n->parameters, 0, accepted[k], preset[k]);
    if (!range_number(x, n, "start", &r, &r.start, NULL) ||
        !range_number(x, n, "end", &r, &r.end, NULL) ||
        !range_number(x, n, "step", &r, &r.step, NULL) ||
        !range_number(x, n, "tick_interval", &r, &r.tick, &r.has_tick) ||
        !range_number(x, n, "placeholder", &r, &r.placeholder, &r.has_placeholder) ||
        !check_steps(x, n, &r))
        return;
    if (n->list != NULL && !tf_names_has(&x->lists, n->list))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters",
                  tf_xr_near_names(x, n->list, &x->lists, "Add it to the sheet choices."),
                  "there is no list '%.80s' for tick_labelset", n->list);
    else if (n->list != NULL)
        check_labels(x, n, &r, appearance != NULL && strstr(appearance, "no-ticks") != NULL);
    if (r.fraction)
        tf_xr_pair_set(x->arena, &n->bind, x->head[TF_X_SURVEY].width[TF_S_BIND], "type", "decimal");
}
