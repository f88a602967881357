/* References, names, and what makes a text an expression.
 *
 * ${name} stands for the question of that name; ${last-saved#name} for what it held in the record saved
 * last. Whatever else stands between the braces is a slip of the pen and a fault, and so is a name that
 * no row has, or that several have. All cells that may hold one are looked through, of rows that are
 * disabled too: a form is corrected once.
 *
 * Names are XML's: a letter or _, then letters, digits, _ - . and the like; a prefix may stand before a
 * colon. */
#include <string.h>

#include "ask/xlsform_inside.h"

/* ---- Names ------------------------------------------------------------------------------------- */

static bool between(uint32_t c, uint32_t a, uint32_t b)
{
    return c >= a && c <= b;
}

static bool begins_name(uint32_t c)
{
    return between(c, 'A', 'Z') || between(c, 'a', 'z') || c == '_' || between(c, 0xC0, 0xD6) ||
           between(c, 0xD8, 0xF6) || between(c, 0xF8, 0x2FF) || between(c, 0x370, 0x37D) ||
           between(c, 0x37F, 0x1FFF) || between(c, 0x200C, 0x200D) || between(c, 0x2070, 0x218F) ||
           between(c, 0x2C00, 0x2FEF) || between(c, 0x3001, 0xD7FF) || between(c, 0xF900, 0xFDCF) ||
           between(c, 0xFDF0, 0xFFFD) || between(c, 0x10000, 0xEFFFF);
}

static bool goes_on(uint32_t c)
{
    return begins_name(c) || between(c, '0', '9') || c == '-' || c == '.' || c == 0xB7 ||
           between(c, 0x300, 0x36F) || between(c, 0x203F, 0x2040);
}

/* Bytes of the name (without a prefix) at s[0..n), 0 when there is none. */
static size_t ncname(const char *s, size_t n)
{
    uint32_t c;
    size_t at = 0;
    for (size_t step; (step = tf_utf8_next(s + at, n - at, &c)) > 0; at += step)
        if (!(at == 0 ? begins_name(c) : goes_on(c)))
            break;
    return at;
}

/* The same, with a prefix. */
static size_t qname(const char *s, size_t n)
{
    const size_t first = ncname(s, n);
    const size_t more = first > 0 && first < n && s[first] == ':' ? ncname(s + first + 1, n - first - 1) : 0;
    return more > 0 ? first + 1 + more : first;
}

bool tf_xls_is_name(const char *text)
{
    const size_t n = text == NULL ? 0 : strlen(text);
    return n > 0 && qname(text, n) == n;
}

/* ---- ${name} ----------------------------------------------------------------------------------- */

enum tf_xfound tf_xr_reference(struct tf_arena *arena, const char *text, size_t *at,
                             const char **ret_name)
{
    static const char last_saved[] = "last-saved#";
    const char *open = text + *at;
    while ((open = strstr(open, "${")) != NULL && open[2] == '}')
        open += 3; /* ${} is text */
    if (open == NULL)
        return TF_X_NO_MORE;
    const char *name = open + 2, *close = strchr(name, '}');
    if (close == NULL)
        return TF_X_MALFORMED;
    *at = (size_t)(close + 1 - text);
    if (strncmp(name, last_saved, sizeof last_saved - 1) == 0)
        name += sizeof last_saved - 1;
    const size_t n = (size_t)(close - name);
    if (n == 0 || ncname(name, n) != n)
        return TF_X_MALFORMED;
    *ret_name = tf_strndup(arena, name, n);
    return TF_X_REFERENCE;
}

const char *tf_xr_reference_only(struct tf_arena *arena, const char *text)
{
    const char *name;
    size_t at = 0;
    if (strncmp(text, "${", 2) != 0 || tf_xr_reference(arena, text, &at, &name) != TF_X_REFERENCE ||
        text[at] != '\0')
        return NULL;
    return name;
}

bool tf_xr_reference_in(struct tf_arena *arena, const char *text)
{
    const char *name;
    size_t at = 0;
    return tf_xr_reference(arena, text, &at, &name) == TF_X_REFERENCE;
}

/* ---- All cells --------------------------------------------------------------------------------- */

static void check_cell(struct tf_xread *x, enum tf_xsheet sheet, size_t row, size_t col)
{
    const struct tf_grid_sheet *s = x->sheet[sheet];
    const char *text = s->cell[row * s->n_cols + col], *name;
    size_t at = 0;
    if (strchr(text, '$') == NULL)
        return;
    for (enum tf_xfound found;
         (found = tf_xr_reference(x->arena, text, &at, &name)) != TF_X_NO_MORE;) {
        if (found == TF_X_MALFORMED) {
            tf_xr_fault(x, sheet, s->row[row], s->head[col],
                      "Write ${ and the name of a question and }.",
                      "a reference is malformed in '%.120s'", text);
            return;
        }
        const size_t often = tf_names_get(&x->elements, name);
        if (often == SIZE_MAX)
            tf_xr_fault(x, sheet, s->row[row], s->head[col],
                      tf_xr_near_names(x, name, &x->elements, "Names stand in the column 'name' of "
                                                            "the sheet survey."),
                      "there is no question '%.80s'", name);
        else if (often > 1)
            tf_xr_fault(x, sheet, s->row[row], s->head[col], "Give each of them a name of its own.",
                      "'%.80s' is the name of %zu rows: which is meant?", name, often);
    }
}

/* May the column hold references? */
static bool refers(enum tf_xsheet sheet, const char *head, const struct tf_xhead *h)
{
    switch (sheet) {
    case TF_X_SURVEY:
        return h->slot != TF_S_TYPE && h->slot != TF_S_NAME && h->slot != TF_S_TRIGGER;
    case TF_X_CHOICES:
        return h->slot == TF_S_LABEL;
    case TF_X_ENTITIES:
        return strcmp(head, "list name") != 0 && strcmp(head, "list_name") != 0 &&
               strcmp(head, "repeat") != 0;
    default:
        return true;
    }
}

void tf_xr_references_check(struct tf_xread *x)
{
    static const enum tf_xsheet all[] = {TF_X_SETTINGS, TF_X_ENTITIES, TF_X_SURVEY, TF_X_CHOICES};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const struct tf_grid_sheet *s = x->sheet[all[k]];
        if (s == NULL || !x->head[all[k]].any)
            continue;
        for (size_t c = 0; c < s->n_cols; c++)
            for (size_t r = 0; refers(all[k], s->head[c], &x->head[all[k]].col[c]) && r < s->n_rows;
                 r++)
                check_cell(x, all[k], r, c);
    }
}

/* ---- Expressions ------------------------------------------------------------------------------- */

static size_t digits(const char *s)
{
    size_t n = 0;
    while (s[n] >= '0' && s[n] <= '9')
        n++;
    return n;
}

/* Does s begin with digits and marks as in pattern (0 = a digit)? Its length, or 0. */
static size_t like(const char *s, const char *pattern)
{
    size_t k = 0;
    for (; pattern[k] != '\0'; k++)
        if (pattern[k] == '0' ? s[k] < '0' || s[k] > '9' : s[k] != pattern[k])
            return 0;
    return k;
}

/* A date, a time, both, or a number at s: its length, or 0. Their hyphens are no arithmetic. */
static size_t literal(const char *s)
{
    const size_t sign = s[0] == '-' ? 1 : 0, date = like(s + sign, "0000-00-00");
    size_t time = like(s, "00:00:00"), n = sign;
    if (date > 0) {
        n += date;
        if (s[n] != 'T' || (time = like(s + n + 1, "00:00:00")) == 0)
            return n;
        n += 1 + time;
    } else if (time > 0) {
        n = time;
    } else {
        const size_t whole = digits(s + sign), point = s[sign + whole] == '.' ? 1 : 0;
        const size_t part = point > 0 ? digits(s + sign + whole + 1) : 0;
        return whole + part == 0 ? 0 : sign + whole + point + part;
    }
    const size_t zone = s[n] == '+' ? like(s + n, "+00:00") : like(s + n, "-00:00");
    return n + (s[n] == 'Z' ? 1 : zone);
}

bool tf_xls_dynamic(const char *text, const char *type)
{
    static const char *const dated[] = {"date", "dateTime", "geopoint", "geotrace", "geoshape"};
    bool hyphen_is_text = false;
    for (size_t k = 0; k < sizeof dated / sizeof *dated; k++)
        hyphen_is_text = hyphen_is_text || tf_streq(type, dated[k]);
    for (size_t n = strlen(text), at = 0, step; at < n; at += step) {
        const char *s = text + at;
        step = literal(s);
        if (step > 0)
            continue;
        step = 1;
        if (strchr("*+-", *s) != NULL || strncmp(s, " mod ", 5) == 0 || strncmp(s, " div ", 5) == 0) {
            if (*s == '-' && hyphen_is_text)
                return false;
            return true;
        }
        if (*s == '|')
            return true;
        if (*s == '"' || *s == '\'') {
            const char *close = strchr(s + 1, *s);
            step = close == NULL ? 1 : (size_t)(close + 1 - s);
        } else if (s[0] == '$' && s[1] == '{') {
            const char *close = strchr(s, '}');
            const char *name = strncmp(s + 2, "last-saved#", 11) == 0 ? s + 13 : s + 2;
            if (close != NULL && close > name && ncname(name, (size_t)(close - name)) == (size_t)(close - name))
                return true;
            step = 2;
        } else {
            const size_t name = qname(s, n - at);
            if (name > 0 && s[name] == '(')
                return true;
            step = name > 0 ? name : 1;
        }
    }
    return false;
}
