/* Reading a part (partial.c writes them; docs/FORMATS.md, "Parts").
 *
 * A part comes from another house, so every line is checked for what it refers to: numbers whole and
 * in range, keys complete, sums that hexadecimal digits spell. Each kind of line is a row of `kinds`
 * with the fields it needs; the readers below find them split. The file must end with `end`, or it
 * was cut off on the way. */
#include <string.h>

#include "measure/partial.h"

enum { MOST_FIELDS = 1 << 20 };

struct reading {
    struct tf_arena *arena;
    struct tf_part *p;
    const char *file;
    size_t line;
    char **field;
    size_t n, cap;
    struct tf_part_family *f; /* the open estimate */
    struct tf_err *reterr;
};

static enum tf_code bad(struct reading *r, const char *what)
{
    (void)tf_fail_at(r->reterr, TF_E_INPUT, r->file, r->line, 0, "%s", what);
    return tf_help(r->reterr, "A part is written by `trefoil measure partial` and not by hand; it "
                              "may be damaged.");
}

/* ---- Fields --------------------------------------------------------------------------------- */

/* Undo the escapes in place; NULL for an absent text. */
static enum tf_code plain(struct reading *r, char *s, const char **ret)
{
    char *to = s;
    *ret = NULL;
    if (strcmp(s, "\\-") == 0)
        return TF_OK;
    *ret = s;
    for (; *s != '\0'; s++) {
        if (*s != '\\') {
            *to++ = *s;
            continue;
        }
        s++;
        const char *known = "tnr\\", *is = "\t\n\r\\";
        const char *at = *s == '\0' ? NULL : strchr(known, *s);
        if (at == NULL)
            return bad(r, "an escape that does not exist");
        *to++ = is[at - known];
    }
    *to = '\0';
    return TF_OK;
}

static enum tf_code text(struct reading *r, size_t k, const char **ret)
{
    TF_TRY(plain(r, r->field[k], ret));
    return *ret != NULL ? TF_OK : bad(r, "a text is missing");
}

/* A whole number below `limit`. */
static enum tf_code whole(struct reading *r, const char *s, size_t limit, size_t *ret)
{
    size_t n = 0;
    const char *at = s;
    for (; *at >= '0' && *at <= '9' && n < limit; at++)
        n = n * 10 + (size_t)(*at - '0');
    if (at == s || *at != '\0' || n >= limit)
        return bad(r, "a whole number is missing, or too large");
    *ret = n;
    return TF_OK;
}

static enum tf_code number(struct reading *r, size_t k, size_t limit, size_t *ret)
{
    return whole(r, r->field[k], limit, ret);
}

static enum tf_code exact(struct reading *r, size_t k, struct tf_exact *ret)
{
    return tf_exact_parse(r->field[k], strlen(r->field[k]), ret)
               ? TF_OK
               : bad(r, "a sum that is no hexadecimal number");
}

static enum tf_code real(struct reading *r, size_t k, double *ret)
{
    return tf_parse_double(r->field[k], ret) ? TF_OK : bad(r, "a number is missing");
}

/* Below 2^120, so that parts can be added. */
static bool hexadecimal(const char *s, size_t n, tf_u128 *ret)
{
    tf_u128 x = 0;
    if (n == 0 || n > 30)
        return false;
    for (size_t k = 0; k < n; k++) {
        const char c = s[k];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        x = x << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret = x;
    return true;
}

/* ---- Head and design -------------------------------------------------------------------------- */

static enum tf_code read_recipe(struct reading *r)
{
    TF_TRY(text(r, 1, &r->p->recipe));
    TF_TRY(text(r, 2, &r->p->recipe_hash));
    return text(r, 3, &r->p->recipe_text);
}

static enum tf_code read_data(struct reading *r)
{
    TF_TRY(text(r, 1, &r->p->data));
    return text(r, 2, &r->p->data_hash);
}

static enum tf_code read_design(struct reading *r)
{
    size_t nest, fpc;
    TF_TRY(text(r, 1, &r->p->design));
    r->p->by_rows = strcmp(r->field[2], "rows") == 0;
    TF_TRY(number(r, 3, 2, &nest));
    TF_TRY(number(r, 4, 2, &fpc));
    r->p->nest = nest == 1;
    r->p->fpc = fpc == 1;
    return TF_OK;
}

static enum tf_code add_key(struct reading *r, struct tf_part_keys *keys)
{
    struct tf_part_key *grown = TF_NEW_N(r->arena, struct tf_part_key, keys->n + 1);
    size_t is_number;
    if (keys->n >= 100)
        return bad(r, "more than 100 keys");
    for (size_t k = 0; k < keys->n; k++)
        grown[k] = keys->key[k];
    keys->key = grown;
    TF_TRY(text(r, 1, &keys->key[keys->n].var));
    TF_TRY(number(r, 2, 2, &is_number));
    keys->key[keys->n++].number = is_number == 1;
    return TF_OK;
}

static enum tf_code read_stratum_key(struct reading *r)
{
    return r->p->n_strata > 0 ? bad(r, "a key after what it tells") : add_key(r, &r->p->strata);
}

static enum tf_code read_psu_key(struct reading *r)
{
    return r->p->n_units > 0 ? bad(r, "a key after what it tells") : add_key(r, &r->p->psu);
}

/* The key's texts from field `from` to the end of the line. */
static enum tf_code read_key(struct reading *r, const struct tf_part_keys *keys, size_t from,
                             const char ***ret)
{
    if (r->n != from + keys->n)
        return bad(r, "a key with another number of parts");
    *ret = TF_NEW_N(r->arena, const char *, keys->n + 1);
    for (size_t k = 0; k < keys->n; k++)
        TF_TRY(text(r, from + k, &(*ret)[k]));
    return TF_OK;
}

static enum tf_code read_stratum(struct reading *r)
{
    struct tf_part *p = r->p;
    struct tf_part_stratum st;
    double x;
    TF_TRY(number(r, 1, UINT32_MAX, &st.units));
    TF_TRY(number(r, 2, UINT32_MAX, &st.rows));
    TF_TRY(plain(r, r->field[3], &st.fpc));
    if ((st.fpc != NULL) != p->fpc || (st.fpc != NULL && (!tf_parse_double(st.fpc, &x) || x < 0)))
        return bad(r, "a population that is no number");
    TF_TRY(read_key(r, &p->strata, 4, &st.key));
    p->stratum = tf_grow(r->arena, p->stratum, p->n_strata, &p->cap_strata, sizeof st);
    p->stratum[p->n_strata++] = st;
    return TF_OK;
}

static enum tf_code read_psu(struct reading *r)
{
    struct tf_part *p = r->p;
    struct tf_part_unit u;
    if (p->by_rows)
        return bad(r, "a PSU in a sample of rows");
    TF_TRY(number(r, 1, p->n_strata, &u.stratum));
    TF_TRY(number(r, 2, UINT32_MAX, &u.rows));
    TF_TRY(read_key(r, &p->psu, 3, &u.key));
    p->unit = tf_grow(r->arena, p->unit, p->n_units, &p->cap_units, sizeof u);
    p->unit[p->n_units++] = u;
    return TF_OK;
}

/* ---- Estimates ------------------------------------------------------------------------------- */

static enum tf_code read_estimate(struct reading *r)
{
    static const char *const words[] = {[TF_OF_SHARE] = "prop", [TF_OF_MEAN] = "mean",
                                        [TF_OF_TOTAL] = "total"};
    struct tf_part *p = r->p;
    struct tf_part_family f = {.line = r->line};
    size_t of = 0, exponent;
    const bool minus = r->field[3][0] == '-';
    TF_TRY(text(r, 1, &f.id));
    while (of < 3 && strcmp(words[of], r->field[2]) != 0)
        of++;
    if (of == 3)
        return bad(r, "a statistic that has no parts");
    f.of = (enum tf_interval_of)of;
    TF_TRY(whole(r, r->field[3] + minus, 128, &exponent));
    f.exponent = minus ? -(int)exponent : (int)exponent;
    p->family = tf_grow(r->arena, p->family, p->n_families, &p->cap_families, sizeof f);
    p->family[p->n_families] = f;
    r->f = &p->family[p->n_families++];
    return TF_OK;
}

static enum tf_code read_by(struct reading *r)
{
    return r->f->n_domains > 0 ? bad(r, "a key after what it tells") : add_key(r, &r->f->by);
}

static enum tf_code read_domain(struct reading *r)
{
    struct tf_part_family *f = r->f;
    const size_t n = f->by.n;
    struct tf_by *by = r->n == 1 ? NULL : TF_NEW_N(r->arena, struct tf_by, n + 1);
    if (r->n != 1 && r->n != 1 + 2 * n)
        return bad(r, "a domain with another number of keys");
    for (size_t k = 0; k < n && by != NULL; k++) {
        by[k].var = f->by.key[k].var;
        TF_TRY(text(r, 1 + 2 * k, &by[k].value));
        TF_TRY(plain(r, r->field[2 + 2 * k], &by[k].label));
    }
    f->domain = tf_grow(r->arena, f->domain, f->n_domains, &f->cap_domains, sizeof *f->domain);
    f->domain[f->n_domains++] = by;
    return TF_OK;
}

static size_t cells_before(const struct tf_part_family *f, size_t var)
{
    size_t n = 0;
    for (size_t v = 0; v < var; v++)
        n += f->var[v].number ? 0 : f->var[v].n > 0 ? f->var[v].n : 1;
    return n;
}

static enum tf_code read_var(struct reading *r)
{
    struct tf_part_family *f = r->f;
    struct tf_family_var var = {0};
    size_t flags;
    if (f->n_sums + f->n_values + f->n_all > 0)
        return bad(r, "a variable after its sums");
    TF_TRY(text(r, 1, &var.name));
    TF_TRY(plain(r, r->field[2], &var.label));
    TF_TRY(number(r, 3, 1u << 16, &flags));
    var.flags = (unsigned)flags;
    var.number = strcmp(r->field[4], "number") == 0;
    var.numbers_as_codes = strcmp(r->field[4], "codes") == 0;
    if (!var.number && !var.numbers_as_codes && strcmp(r->field[4], "words") != 0)
        return bad(r, "a kind of variable that does not exist");
    var.n = var.number;
    var.cell = cells_before(f, f->n_vars);
    f->var = tf_grow(r->arena, f->var, f->n_vars, &f->cap_vars, sizeof var);
    f->var[f->n_vars++] = var;
    return TF_OK;
}

static enum tf_code read_category(struct reading *r)
{
    struct tf_part_family *f = r->f;
    struct tf_family_var *var = f->n_vars > 0 ? &f->var[f->n_vars - 1] : NULL;
    enum { LIMIT = 1024 };
    if (var == NULL || var->number || var->n >= LIMIT || f->n_sums > 0)
        return bad(r, "a category without a variable");
    if (var->n == 0) {
        var->text = TF_NEW_N(r->arena, const char *, LIMIT);
        var->text_label = TF_NEW_N(r->arena, const char *, LIMIT);
    }
    TF_TRY(text(r, 1, &var->text[var->n]));
    TF_TRY(plain(r, r->field[2], &var->text_label[var->n]));
    var->n++;
    return TF_OK;
}

static size_t units_of(const struct tf_part *p)
{
    return p->by_rows ? p->n_strata : p->n_units;
}

/* cell:count:sum or cell:count:sum:square */
static enum tf_code read_cell(struct reading *r, char *s, size_t n_cells, struct tf_part_cell *ret)
{
    char *piece[5] = {s};
    size_t n = 1, count;
    for (char *at = s; *at != '\0' && n < 5; at++)
        if (*at == ':') {
            *at = '\0';
            piece[n++] = at + 1;
        }
    *ret = (struct tf_part_cell){0};
    if (n != (r->p->by_rows ? 4u : 3u))
        return bad(r, "a sum without its count");
    TF_TRY(whole(r, piece[0], n_cells, &ret->cell));
    TF_TRY(whole(r, piece[1], UINT32_MAX, &count));
    ret->count = (uint32_t)count;
    if (!hexadecimal(piece[2], strlen(piece[2]), &ret->sum) ||
        (n == 4 && !hexadecimal(piece[3], strlen(piece[3]), &ret->square)))
        return bad(r, "a sum that is no hexadecimal number");
    return TF_OK;
}

static enum tf_code read_sums(struct reading *r)
{
    struct tf_part_family *f = r->f;
    struct tf_part_sums s = {0};
    size_t rows;
    TF_TRY(number(r, 1, units_of(r->p), &s.unit));
    TF_TRY(number(r, 2, f->n_domains, &s.domain));
    TF_TRY(number(r, 3, UINT32_MAX, &rows));
    s.rows = (uint32_t)rows;
    s.n = r->n - 4;
    s.cell = TF_NEW_N(r->arena, struct tf_part_cell, s.n + 1);
    for (size_t k = 0; k < s.n; k++)
        TF_TRY(read_cell(r, r->field[4 + k], cells_before(f, f->n_vars), &s.cell[k]));
    f->sums = tf_grow(r->arena, f->sums, f->n_sums, &f->cap_sums, sizeof s);
    f->sums[f->n_sums++] = s;
    return TF_OK;
}

static enum tf_code add_all(struct reading *r, const struct tf_part_all *all)
{
    struct tf_part_family *f = r->f;
    f->all = tf_grow(r->arena, f->all, f->n_all, &f->cap_all, sizeof *all);
    f->all[f->n_all++] = *all;
    return TF_OK;
}

static enum tf_code read_squares(struct reading *r)
{
    struct tf_part_all all = {0};
    TF_TRY(number(r, 1, r->f->n_vars, &all.var));
    TF_TRY(number(r, 2, r->f->n_domains, &all.domain));
    TF_TRY(exact(r, 3, &all.all.ww));
    return r->f->var[all.var].number ? bad(r, "a number where categories are") : add_all(r, &all);
}

static enum tf_code read_number(struct reading *r)
{
    struct tf_part_all all = {0};
    TF_TRY(number(r, 1, r->f->n_vars, &all.var));
    TF_TRY(number(r, 2, r->f->n_domains, &all.domain));
    TF_TRY(exact(r, 3, &all.all.wyy));
    TF_TRY(exact(r, 4, &all.all.ww));
    TF_TRY(real(r, 5, &all.all.low));
    TF_TRY(real(r, 6, &all.all.high));
    return r->f->var[all.var].number ? add_all(r, &all) : bad(r, "categories where a number is");
}

static enum tf_code read_value(struct reading *r)
{
    struct tf_part_family *f = r->f;
    struct tf_part_value v = {0};
    size_t n;
    TF_TRY(number(r, 1, f->n_vars, &v.var));
    TF_TRY(number(r, 2, units_of(r->p), &v.unit));
    TF_TRY(number(r, 3, f->n_domains, &v.domain));
    TF_TRY(number(r, 4, UINT32_MAX, &n));
    v.sum.n = (uint32_t)n;
    struct tf_exact *const to[] = {&v.sum.w, &v.sum.v, &v.sum.vv, &v.sum.vw, &v.sum.ww};
    for (size_t k = 0; k < 5; k++)
        TF_TRY(exact(r, 5 + k, to[k]));
    if (!f->var[v.var].number)
        return bad(r, "a number where categories are");
    f->value = tf_grow(r->arena, f->value, f->n_values, &f->cap_values, sizeof v);
    f->value[f->n_values++] = v;
    return TF_OK;
}

/* ---- The file -------------------------------------------------------------------------------- */

static const struct kind {
    const char *word;
    enum tf_code (*read)(struct reading *r);
    size_t fields; /* with the word; `more`: at least so many */
    bool more, in_estimate;
} kinds[] = {
    {"recipe", read_recipe, 4, false, false},
    {"data", read_data, 3, false, false},
    {"design", read_design, 5, false, false},
    {"stratum-key", read_stratum_key, 3, false, false},
    {"psu-key", read_psu_key, 3, false, false},
    {"stratum", read_stratum, 4, true, false},
    {"psu", read_psu, 3, true, false},
    {"estimate", read_estimate, 4, false, false},
    {"by", read_by, 3, false, true},
    {"domain", read_domain, 1, true, true},
    {"var", read_var, 5, false, true},
    {"category", read_category, 3, false, true},
    {"sums", read_sums, 4, true, true},
    {"squares", read_squares, 4, false, true},
    {"number", read_number, 7, false, true},
    {"value", read_value, 10, false, true},
};

static enum tf_code split_line(struct reading *r, char *line)
{
    r->n = 0;
    for (char *at = line;; at++) {
        if (r->n == 0 || at[-1] == '\0') {
            if (r->n >= MOST_FIELDS)
                return bad(r, "a line of more than a million fields");
            r->field = tf_grow(r->arena, r->field, r->n, &r->cap, sizeof *r->field);
            r->field[r->n++] = at;
        }
        if (*at == '\0')
            return TF_OK;
        if (*at == '\t')
            *at = '\0';
    }
}

static enum tf_code read_line(struct reading *r, char *line)
{
    TF_TRY(split_line(r, line));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kinds[k].word, r->field[0]) != 0)
            continue;
        if (kinds[k].in_estimate ? r->f == NULL : r->f != NULL && kinds[k].read != read_estimate)
            return bad(r, "a line out of its place");
        if (kinds[k].more ? r->n < kinds[k].fields : r->n != kinds[k].fields)
            return bad(r, "a line with another number of fields");
        return kinds[k].read(r);
    }
    return bad(r, "a kind of line that does not exist");
}

static enum tf_code wrong_head(struct reading *r, const char *line)
{
    r->line = 1;
    if (!tf_starts(line, "trefoil-part\t"))
        return bad(r, "this is no part");
    (void)tf_fail_at(r->reterr, TF_E_INPUT, r->file, 1, 0, "a part of another version (%.20s)",
                     line + strlen("trefoil-part\t"));
    (void)tf_fact(r->reterr, "this program reads version %d", TF_PART_VERSION);
    return tf_help(r->reterr, "Make all parts with the same version of the program.");
}

enum tf_code tf_part_parse(struct tf_arena *arena, const char *file, const char *data, size_t n,
                           struct tf_part **ret, struct tf_err *reterr)
{
    struct reading r = {.arena = arena, .file = file, .reterr = reterr,
                        .p = TF_NEW(arena, struct tf_part)};
    char *copy = tf_strndup(arena, data, n), *end = NULL;
    bool ended = false;
    r.p->file = file;
    r.line = 1;
    if (strlen(copy) != n)
        return bad(&r, "a byte 0 in a text");
    if (n == 0)
        return bad(&r, "this is no part");
    r.line = 0;
    for (char *line = copy; line != NULL && *line != '\0'; line = end) {
        char *stop = strchr(line, '\n');
        end = stop != NULL ? stop + 1 : NULL;
        if (stop != NULL)
            *stop = '\0';
        r.line++;
        if (ended)
            return bad(&r, "lines after the end");
        if (r.line == 1 && strcmp(line, "trefoil-part\t1") != 0)
            return wrong_head(&r, line);
        ended = strcmp(line, "end") == 0 && stop != NULL;
        if (r.line > 1 && !ended)
            TF_TRY(read_line(&r, line));
    }
    if (!ended || r.p->recipe == NULL || r.p->data == NULL || r.p->design == NULL)
        return bad(&r, "the part is not whole");
    *ret = r.p;
    return TF_OK;
}
