/* The terms of a log-linear model (loglinear.h).
 *
 * A term is a set of variables. a * b stands for a + b + a:b; a product may not stand without what
 * it contains. A term's columns are products of its variables' contrasts, of which each has one
 * for each category but the last:
 *
 *     column l of a variable   1 in category l, -1 in the last, else 0     (R's contr.sum)
 *
 * and are called as in R: stype1, stype2, stype1:awards1. Categories are those with cases among the
 * rows that answered every variable. */
#include <string.h>

#include "measure/loglinear.h"

/* ---- Formulas ------------------------------------------------------------------------------ */

static void add_term(struct tf_terms *t, unsigned set)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->set[k] == set)
            return;
    t->set[t->n++] = set;
}

static unsigned count_bits(unsigned set)
{
    unsigned n = 0;
    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

static enum tf_code variable_bit(struct tf_runner *r, const struct tf_yaml *at, const char *name,
                                 struct tf_grid *g, unsigned *ret, struct tf_err *reterr)
{
    size_t column;
    for (unsigned k = 0; k < g->n_vars; k++)
        if (strcmp(g->name[k], name) == 0) {
            *ret = 1u << k;
            return TF_OK;
        }
    TF_TRY(tf_ask_column(r, at, name, &column, reterr));
    if (g->n_vars == TF_GRID_VARS)
        return tf_yaml_fail(at, reterr, "a log-linear model has up to 8 variables");
    g->codes[g->n_vars] = tf_codes_make(r->arena, r->t, column);
    g->name[g->n_vars] = name;
    *ret = 1u << g->n_vars++;
    return TF_OK;
}

/* One summand: variables joined by ':' (one term) or '*' (with all that it contains). */
static enum tf_code read_product(struct tf_runner *r, const struct tf_yaml *at, const char *from,
                                 const char *to, struct tf_grid *g, struct tf_terms *t,
                                 struct tf_err *reterr)
{
    unsigned list[1 << TF_GRID_VARS] = {0}, whole = 0;
    bool star = false;
    while (from < to) {
        const char *end = from;
        unsigned bit = 0;
        while (end < to && *end != ':' && *end != '*')
            end++;
        star |= end < to && *end == '*';
        const char *name = tf_trim(r->arena, tf_strndup(r->arena, from, (size_t)(end - from)));
        if (*name == '\0' || (end < to && end + 1 == to))
            return tf_yaml_fail(at, reterr, "a variable is missing in '%s'", at->text);
        TF_TRY(variable_bit(r, at, name, g, &bit, reterr));
        whole |= bit;
        from = end < to ? end + 1 : to;
    }
    size_t n = 0;
    for (unsigned set = 1; set <= whole; set++)
        if ((set & whole) == set && (star || set == whole))
            list[n++] = set;
    for (size_t k = 0; k < n; k++)
        add_term(t, list[k]);
    return TF_OK;
}

/* Lower orders first; as they were written within an order. */
static void sort_terms(struct tf_terms *t)
{
    for (size_t i = 1; i < t->n; i++)
        for (size_t j = i; j > 0 && count_bits(t->set[j]) < count_bits(t->set[j - 1]); j--) {
            const unsigned keep = t->set[j];
            t->set[j] = t->set[j - 1];
            t->set[j - 1] = keep;
        }
}

static enum tf_code check_whole(const struct tf_yaml *at, const struct tf_terms *t,
                                struct tf_err *reterr)
{
    for (size_t k = 0; k < t->n; k++)
        for (unsigned set = 1; set < t->set[k]; set++) {
            bool there = (set & t->set[k]) != set;
            for (size_t j = 0; j < t->n && !there; j++)
                there = t->set[j] == set;
            if (!there) {
                (void)tf_yaml_fail(at, reterr, "'%s' has a product without its parts", at->text);
                return tf_help(reterr, "Write a * b for a + b + a:b.");
            }
        }
    return TF_OK;
}

enum tf_code tf_terms_read(struct tf_runner *r, const struct tf_yaml *at, struct tf_grid *g,
                           struct tf_terms *t, struct tf_err *reterr)
{
    const char *s = at->kind == TF_YAML_SCALAR ? at->text : NULL;
    if (s == NULL || s[strspn(s, " ")] != '~') {
        (void)tf_yaml_fail(at, reterr, "a log-linear model begins with '~'");
        return tf_help(reterr, "Name its terms: formula: \"~ a * b + c\".");
    }
    for (s += strspn(s, " ") + 1; *s != '\0';) {
        const size_t length = strcspn(s, "+");
        TF_TRY(read_product(r, at, s, s + length, g, t, reterr));
        s += length;
        if (*s == '+' && s[1 + strspn(s + 1, " ")] == '\0')
            return tf_yaml_fail(at, reterr, "nothing after the last '+' of '%s'", at->text);
        s += *s == '+';
    }
    if (t->n == 0)
        return tf_yaml_fail(at, reterr, "a log-linear model without a term");
    sort_terms(t);
    return check_whole(at, t, reterr);
}

/* ---- The table ----------------------------------------------------------------------------- */

static bool answered(const struct tf_grid *g, const struct tf_domain *d, size_t i)
{
    bool all = d->in[i];
    for (size_t v = 0; v < g->n_vars; v++)
        all = all && g->codes[v]->of[i] != TF_NO_CODE;
    return all;
}

/* Categories with cases, then the cell of each row: the first variable varies fastest. */
enum tf_code tf_grid_make(struct tf_runner *r, const struct tf_ask *ask, struct tf_grid *g,
                          const struct tf_domain *d, uint32_t *of, struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *number[TF_GRID_VARS];
    g->cells = 1;
    for (size_t v = 0; v < g->n_vars; v++) {
        const size_t codes = g->codes[v]->n;
        bool *seen = TF_NEW_N(r->arena, bool, codes);
        number[v] = TF_NEW_N(r->arena, uint32_t, codes);
        g->size[v] = 0;
        for (size_t i = 0; i < n; i++)
            if (answered(g, d, i))
                seen[g->codes[v]->of[i]] = true;
        for (uint32_t c = 0; c < codes; c++)
            if (seen[c])
                number[v][c] = (uint32_t)g->size[v]++;
        g->cells *= g->size[v];
        if (g->cells > TF_GRID_CELLS)
            return tf_yaml_fail(ask->at, reterr, "a log-linear model of more than %d cells",
                                TF_GRID_CELLS);
    }
    for (size_t i = 0; i < n; i++) {
        size_t cell = 0;
        of[i] = TF_NO_CODE;
        if (!answered(g, d, i))
            continue;
        for (size_t v = g->n_vars; v-- > 0;)
            cell = cell * g->size[v] + number[v][g->codes[v]->of[i]];
        of[i] = (uint32_t)cell;
    }
    return TF_OK;
}

/* Place of variable v's category in a cell. */
static size_t place(const struct tf_grid *g, size_t v, size_t cell)
{
    for (size_t u = 0; u < v; u++)
        cell /= g->size[u];
    return cell % g->size[v];
}

/* ---- Columns ------------------------------------------------------------------------------- */

static size_t columns_of(const struct tf_grid *g, unsigned set)
{
    size_t p = 1;
    for (size_t v = 0; v < g->n_vars; v++)
        if ((set >> v & 1) != 0)
            p *= g->size[v] - 1;
    return p;
}

/* Column m of a term: the product of its variables' contrasts, the first varying fastest. */
static void make_column(struct tf_arena *arena, const struct tf_grid *g, unsigned set, size_t m,
                        double *x, const char **name)
{
    *name = "";
    for (size_t c = 0; c < g->cells; c++)
        x[c] = 1;
    for (size_t v = 0; v < g->n_vars; v++) {
        if ((set >> v & 1) == 0)
            continue;
        const size_t level = m % (g->size[v] - 1);
        m /= g->size[v] - 1;
        *name = tf_printf(arena, "%s%s%s%zu", *name, **name != '\0' ? ":" : "", g->name[v],
                          level + 1);
        for (size_t c = 0; c < g->cells; c++) {
            const size_t at = place(g, v, c);
            x[c] *= at + 1 == g->size[v] ? -1 : at == level ? 1 : 0;
        }
    }
}

double *tf_terms_matrix(struct tf_arena *arena, const struct tf_grid *g, const struct tf_terms *t,
                        const char ***ret_name, size_t *ret_p)
{
    size_t p = 0;
    for (size_t k = 0; k < t->n; k++)
        p += columns_of(g, t->set[k]);
    double *x = TF_NEW_N(arena, double, g->cells * p);
    const char **name = TF_NEW_N(arena, const char *, p);
    for (size_t k = 0, at = 0; k < t->n; k++)
        for (size_t j = 0; j < columns_of(g, t->set[k]); j++, at++)
            make_column(arena, g, t->set[k], j, x + at * g->cells, &name[at]);
    *ret_name = name;
    *ret_p = p;
    return x;
}

void tf_terms_all(const struct tf_grid *g, struct tf_terms *t)
{
    for (unsigned set = 1; set < 1u << g->n_vars; set++)
        add_term(t, set);
    sort_terms(t);
}

bool tf_terms_contain(const struct tf_terms *large, const struct tf_terms *small)
{
    for (size_t k = 0; k < small->n; k++) {
        bool there = false;
        for (size_t j = 0; j < large->n; j++)
            there |= large->set[j] == small->set[k];
        if (!there)
            return false;
    }
    return true;
}
