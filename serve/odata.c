/* The words of an OData v4 query, as far as form servers offer them.
 *
 *     filter = term { ("and" | "or") term }        term = field op value
 *     field  = __system/submissionDate | __system/updatedAt | __system/reviewState | __system/submitterId
 *     op     = eq ne lt le gt ge                   value = a moment, 'text', number, or null
 *
 * "and" binds more tightly than "or"; parentheses are not offered. Moments are ISO 8601 with any zone, or a
 * day. What is not understood is refused by name, never skipped: a feed that ignores a filter would give
 * more than was asked for. Source: OASIS OData 4.01, part 2, 5.1. */
#include "serve/odata.h"

#include <string.h>

#include "field/field.h"

enum { LONGEST = 2000 };
static const struct {
    const char *name;
    enum tf_odata_field field;
    bool moment;
} fields[] = {{"__system/submissionDate", TF_OD_DATE, true},
              {"__system/updatedAt", TF_OD_UPDATED, true},
              {"__system/reviewState", TF_OD_STATE, false},
              {"__system/submitterId", TF_OD_SUBMITTER, false}};
static const char *const ops[] = {"eq", "ne", "lt", "le", "gt", "ge", NULL};

void tf_odata_begin(struct tf_odata_query *q)
{
    *q = (struct tf_odata_query){.top = SIZE_MAX};
}

static enum tf_code refuse(struct tf_err *reterr, const char *name, const char *fact)
{
    (void)tf_fail(reterr, TF_E_INPUT, "the query option '%.40s' cannot be followed", name);
    return tf_fact(reterr, "%s", fact);
}

/* ---- filters --------------------------------------------------------------------------------------- */

/* The next word of a filter: a quoted text ('' is one quote) or anything up to a blank. */
static bool next_word(struct tf_arena *arena, const char **s, const char **ret, bool *ret_quoted)
{
    struct tf_buf b = {.arena = arena};
    while (**s == ' ')
        (*s)++;
    *ret_quoted = **s == '\'';
    if (**s == '\0')
        return false;
    if (!*ret_quoted) {
        const size_t n = strcspn(*s, " ");
        *ret = tf_strndup(arena, *s, n);
        *s += n;
        return true;
    }
    for ((*s)++; **s != '\0'; (*s)++) {
        if (**s == '\'' && (*s)[1] != '\'') {
            (*s)++;
            *ret = tf_buf_text(&b);
            return **s == '\0' || **s == ' ';
        }
        *s += **s == '\'';
        tf_buf_char(&b, **s);
    }
    return false; /* the quote is not closed */
}

static bool read_moment(struct tf_arena *arena, const char *text, int64_t *ret)
{
    struct tf_moment m;
    if (strlen(text) == 10)
        text = tf_printf(arena, "%sT00:00:00Z", text);
    if (!tf_moment_parse(text, &m))
        return false;
    *ret = m.seconds;
    return true;
}

static enum tf_code read_term(struct tf_arena *arena, const char **s, struct tf_odata_term *t,
                              struct tf_err *reterr)
{
    const char *name, *op, *value;
    bool quoted, unused;
    size_t f = 0, o = 0;
    if (!next_word(arena, s, &name, &unused) || !next_word(arena, s, &op, &unused) ||
        !next_word(arena, s, &value, &quoted))
        return refuse(reterr, "$filter", "a comparison has a field, an operator and a value");
    while (f < 4 && strcmp(fields[f].name, name) != 0)
        f++;
    while (ops[o] != NULL && strcmp(ops[o], op) != 0)
        o++;
    if (f == 4)
        return refuse(reterr, "$filter", "fields are __system/submissionDate, __system/updatedAt, "
                                         "__system/reviewState and __system/submitterId");
    if (ops[o] == NULL)
        return refuse(reterr, "$filter", "operators are eq, ne, lt, le, gt and ge");
    *t = (struct tf_odata_term){.field = fields[f].field, .op = (enum tf_odata_op)o,
                                .text = !quoted && strcmp(value, "null") == 0 ? NULL : value};
    if (!fields[f].moment)
        return o < 2 ? TF_OK : refuse(reterr, "$filter", "states and senders are compared by eq or ne");
    if (t->text == NULL)
        return o < 2 ? TF_OK : refuse(reterr, "$filter", "null is compared by eq or ne");
    return read_moment(arena, value, &t->seconds)
               ? TF_OK
               : refuse(reterr, "$filter", "a moment looks like 2026-11-24T08:00:00Z");
}

static enum tf_code read_filter(struct tf_arena *arena, const char *s, struct tf_odata_query *q,
                                struct tf_err *reterr)
{
    const char *word = "";
    bool quoted;
    q->term = TF_NEW_N(arena, struct tf_odata_term, TF_OD_TERMS);
    q->or_before = TF_NEW_N(arena, bool, TF_OD_TERMS);
    q->n_terms = 0;
    for (;;) {
        if (q->n_terms == TF_OD_TERMS)
            return refuse(reterr, "$filter", "it has more than 16 comparisons");
        q->or_before[q->n_terms] = strcmp(word, "or") == 0;
        TF_TRY(read_term(arena, &s, &q->term[q->n_terms++], reterr));
        if (s[strspn(s, " ")] == '\0')
            return TF_OK;
        if (!next_word(arena, &s, &word, &quoted) || quoted ||
            (strcmp(word, "and") != 0 && strcmp(word, "or") != 0))
            return refuse(reterr, "$filter", "comparisons are joined by 'and' or 'or'");
    }
}

static bool compare(enum tf_odata_op op, int c)
{
    switch (op) {
    case TF_OD_EQ: return c == 0;
    case TF_OD_NE: return c != 0;
    case TF_OD_LT: return c < 0;
    case TF_OD_LE: return c <= 0;
    case TF_OD_GT: return c > 0;
    case TF_OD_GE: return c >= 0;
    }
    return false;
}

static bool term_fits(const struct tf_odata_term *t, const struct tf_odata_row *row)
{
    const bool date = t->field == TF_OD_DATE, updated = t->field == TF_OD_UPDATED;
    if (date || updated) {
        const int64_t x = date ? row->date : row->updated;
        if (t->text == NULL || (updated && x == 0)) /* nothing is less or more than null */
            return t->op == TF_OD_NE ? (t->text == NULL) != (updated && x == 0)
                                     : t->op == TF_OD_EQ && t->text == NULL && updated && x == 0;
        return compare(t->op, (x > t->seconds) - (x < t->seconds));
    }
    const char *x = t->field == TF_OD_STATE ? row->state : row->submitter;
    return tf_streq(x, t->text) == (t->op == TF_OD_EQ);
}

bool tf_odata_fits(const struct tf_odata_query *q, const struct tf_odata_row *row)
{
    bool all = true;
    for (size_t k = 0; k < q->n_terms; k++) {
        if (q->or_before[k] && all)
            return true; /* one side of an "or" held */
        all = (all || q->or_before[k]) && term_fits(&q->term[k], row);
    }
    return all;
}

/* ---- the other options ------------------------------------------------------------------------------ */

static enum tf_code read_count(const char *name, const char *value, size_t *ret,
                               struct tf_err *reterr)
{
    int64_t n;
    if (!tf_parse_int(value, &n) || n < 0 || n > 1000000000)
        return refuse(reterr, name, "it wants a whole number");
    *ret = (size_t)n;
    return TF_OK;
}

static enum tf_code read_bool(const char *name, const char *value, bool *ret, struct tf_err *reterr)
{
    *ret = strcmp(value, "true") == 0;
    return *ret || strcmp(value, "false") == 0 ? TF_OK : refuse(reterr, name, "it is true or false");
}

static enum tf_code read_select(struct tf_arena *arena, const char *value, struct tf_odata_query *q)
{
    char **name;
    q->n_select = tf_split(arena, value, ',', &name);
    q->select = TF_NEW_N(arena, const char *, q->n_select + 1);
    for (size_t k = 0; k < q->n_select; k++)
        q->select[k] = name[k];
    return TF_OK;
}

static enum tf_code read_order(const char *value, struct tf_odata_query *q, struct tf_err *reterr)
{
    q->descending = strcmp(value, "__system/submissionDate desc") == 0;
    if (q->descending || strcmp(value, "__system/submissionDate asc") == 0 ||
        strcmp(value, "__system/submissionDate") == 0)
        return TF_OK;
    return refuse(reterr, "$orderby", "only __system/submissionDate, asc or desc");
}

enum tf_code tf_odata_read(struct tf_arena *arena, const char *name, const char *value,
                           struct tf_odata_query *q, struct tf_err *reterr)
{
    if (strlen(value) > LONGEST)
        return refuse(reterr, name, "it is longer than 2,000 bytes");
    if (strcmp(name, "$top") == 0)
        return read_count(name, value, &q->top, reterr);
    if (strcmp(name, "$skip") == 0)
        return read_count(name, value, &q->skip, reterr);
    if (strcmp(name, "$count") == 0)
        return read_bool(name, value, &q->count, reterr);
    if (strcmp(name, "$wkt") == 0)
        return read_bool(name, value, &q->wkt, reterr);
    if (strcmp(name, "$filter") == 0)
        return read_filter(arena, value, q, reterr);
    if (strcmp(name, "$orderby") == 0)
        return read_order(value, q, reterr);
    if (strcmp(name, "$select") == 0)
        return read_select(arena, value, q);
    if (strcmp(name, "$skiptoken") == 0) {
        q->token = value;
        return TF_OK;
    }
    if (strcmp(name, "$format") == 0)
        return strcmp(value, "json") == 0 || strcmp(value, "application/json") == 0
                   ? TF_OK
                   : refuse(reterr, name, "only json");
    if (strcmp(name, "$expand") == 0)
        return strcmp(value, "*") == 0 ? TF_OK : refuse(reterr, name, "only *");
    return name[0] == '$' ? refuse(reterr, name, "it is not offered") : TF_OK;
}

bool tf_odata_selected(const struct tf_odata_query *q, const char *name)
{
    for (size_t k = 0; k < q->n_select; k++) {
        const size_t n = strlen(name);
        if (strcmp(q->select[k], name) == 0 ||
            (strncmp(q->select[k], name, n) == 0 && q->select[k][n] == '/'))
            return true;
    }
    return q->n_select == 0;
}
