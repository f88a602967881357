/* Formulas in R's language (Wilkinson & Rogers 1973, Appl. Statist. 22, 392-399): "y ~ sex * age".
 *
 * The right side is a sum of terms; a term is a set of variables, so a formula is a list of sets
 * and its algebra is that of sets (bits of a word: at most 64 variables):
 *
 *     a + b    both lists              a:b     each set of a joined with each of b
 *     a - b    without those of b      a * b   a + b + a:b
 *     a / b    a + a:b                 a ^ 2   a * a, without what occurs twice
 *
 * 1 and 0 (or - 1) ask for and refuse the intercept. What stands inside a function or I() is
 * arithmetic again. A variable is an expression: two that print alike are one. Terms stand in order
 * of their degree, then as written, as in R.
 *
 *     sum    = [ + - ] product { ( + - ) product }     loosest
 *     product= ratio { ( * / ) … }  : and ^ bind closer, as in R
 *
 * Not read: "." (all other variables; a study names what it uses), poly(), ns(), strata(): each is
 * refused by name. */
#include "measure/formula_read.h"

#include <string.h>

enum { LENGTH_LIMIT = 10000, TERM_LIMIT = 300, STEP_LIMIT = 100000 };
struct terms {
    uint64_t *set;
    size_t n, cap;
};

/* ---- Variables ---------------------------------------------------------------------------- */

/* factor(v) and relevel(v, ref = "a"): both cut v into its values. */
static enum tf_code read_factor(struct tf_phrase *r, const char *name, struct tf_variable *v)
{
    struct tf_expr *ref;
    const size_t open = r->at;
    const char *inner;
    (void)tf_phrase_take(r, "(");
    (void)tf_phrase_peek(r);
    size_t back = r->at;
    if (tf_phrase_is_word(r->text[back]) && !tf_phrase_starts_number(r->text + back)) {
        TF_TRY(tf_phrase_name(r, &inner));
        if (strcmp(inner, "factor") == 0 && tf_phrase_peek(r) == '(') { /* relevel(factor(v), …) */
            TF_TRY(read_factor(r, inner, v));
            back = SIZE_MAX;
        } else {
            r->at = back;
        }
    }
    if (back != SIZE_MAX) {
        struct tf_buf b = {.arena = r->arena};
        TF_TRY(tf_phrase_expr(r, &v->e));
        tf_expr_print(v->e, &b);
        v->name = tf_buf_text(&b);
    }
    v->factor = true;
    if (strcmp(name, "factor") == 0)
        v->name = tf_printf(r->arena, "factor(%s)", v->name);
    if (strcmp(name, "relevel") == 0) {
        const char *key;
        if (!tf_phrase_take(r, ","))
            return tf_phrase_fail(r, r->at, "relevel takes a variable and ref = \"a category\"");
        TF_TRY(tf_phrase_name(r, &key));
        if (strcmp(key, "ref") != 0 || !tf_phrase_take(r, "="))
            return tf_phrase_fail(r, r->at, "relevel takes a variable and ref = \"a category\"");
        (void)tf_phrase_peek(r);
        if (r->text[r->at] == '"' || r->text[r->at] == '\'') {
            TF_TRY(tf_phrase_text(r, &ref));
            v->ref = ref->text;
        } else {
            const size_t from = r->at;
            TF_TRY(tf_phrase_number(r, &ref));
            v->ref = tf_strndup(r->arena, r->text + from, r->at - from);
        }
        v->name = tf_printf(r->arena, "relevel(%s, ref = \"%s\")", v->name, v->ref);
    }
    TF_TRY(tf_phrase_close(r, open));
    return TF_OK;
}

/* A variable of the formula by what it prints as; a new one joins the list. */
static enum tf_code intern(struct tf_phrase *r, struct tf_variable v, size_t *ret)
{
    struct tf_formula *f = r->f;
    for (*ret = 0; *ret < f->n_variables; (*ret)++)
        if (strcmp(f->variable[*ret].name, v.name) == 0)
            return TF_OK;
    if (f->n_variables == TF_FORMULA_VARIABLES)
        return tf_phrase_fail(r, v.at, "it has more than 64 variables");
    f->variable[f->n_variables++] = v;
    return TF_OK;
}

static enum tf_code finish_variable(struct tf_phrase *r, struct tf_variable *v)
{
    if (v->name == NULL) {
        struct tf_buf b = {.arena = r->arena};
        tf_expr_print(v->e, &b);
        v->name = tf_buf_text(&b);
    }
    v->factor = v->factor || tf_expr_words(v->e, r->t);
    v->logical = !v->factor && tf_expr_logical(v->e);
    return TF_OK;
}

/* A variable of the right side: a column, or a function of columns. */
static enum tf_code read_variable(struct tf_phrase *r, struct tf_variable *v)
{
    const char c = tf_phrase_peek(r), *name;
    v->at = r->at;
    TF_TRY(tf_phrase_name(r, &name));
    if (tf_phrase_peek(r) != '(' || c == '`') {
        TF_TRY(tf_phrase_column(r, name, v->at, &v->e));
    } else if (strcmp(name, "factor") == 0 || strcmp(name, "relevel") == 0) {
        TF_TRY(read_factor(r, name, v));
    } else {
        TF_TRY(tf_phrase_call(r, name, v->at, &v->e));
    }
    return finish_variable(r, v);
}

/* ---- Terms -------------------------------------------------------------------------------- */

static enum tf_code add_term(struct tf_phrase *r, struct terms *t, uint64_t set)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->set[k] == set)
            return ++r->steps > STEP_LIMIT ? tf_phrase_fail(r, r->at, "it is too long") : TF_OK;
    if (t->n == TERM_LIMIT)
        return tf_phrase_fail(r, r->at, "it has more than 300 terms");
    t->set = tf_grow(r->arena, t->set, t->n, &t->cap, sizeof *t->set);
    t->set[t->n++] = set;
    return TF_OK;
}

static enum tf_code add_terms(struct tf_phrase *r, struct terms *t, const struct terms *more)
{
    for (size_t k = 0; k < more->n; k++)
        TF_TRY(add_term(r, t, more->set[k]));
    return TF_OK;
}

static enum tf_code cross(struct tf_phrase *r, const struct terms *a, const struct terms *b,
                          struct terms *ret)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            TF_TRY(add_term(r, ret, a->set[i] | b->set[j]));
    return TF_OK;
}

static enum tf_code read_sum(struct tf_phrase *r, struct terms *ret);

static enum tf_code read_offset(struct tf_phrase *r)
{
    struct tf_formula *f = r->f;
    struct tf_variable *v = TF_NEW(r->arena, struct tf_variable);
    const size_t open = r->at;
    v->at = r->at;
    (void)tf_phrase_take(r, "(");
    TF_TRY(tf_phrase_expr(r, &v->e));
    TF_TRY(tf_phrase_close(r, open));
    TF_TRY(finish_variable(r, v));
    f->offset = tf_grow(r->arena, f->offset, f->n_offsets, &f->cap_offsets, sizeof *f->offset);
    f->offset[f->n_offsets++] = v;
    return TF_OK;
}

/* A lone 0 or 1; anything else is a list of terms. */
static enum tf_code read_atom(struct tf_phrase *r, struct terms *ret, int *ret_literal)
{
    const char c = tf_phrase_peek(r);
    const size_t start = r->at;
    if (c == '(') {
        r->at++;
        TF_TRY(read_sum(r, ret));
        return tf_phrase_close(r, start);
    }
    if (tf_phrase_starts_number(r->text + start)) {
        struct tf_expr *e;
        TF_TRY(tf_phrase_number(r, &e));
        if (r->at != start + 1 || (c != '0' && c != '1'))
            return tf_phrase_fail(r, start, "only 0 and 1 stand alone; arithmetic goes into I()");
        *ret_literal = c - '0';
        return TF_OK;
    }
    if (tf_starts(r->text + start, "offset") && !tf_phrase_is_word(r->text[start + 6])) {
        r->at += 6;
        if (tf_phrase_peek(r) == '(')
            return read_offset(r);
        r->at = start;
    }
    struct tf_variable v = {0};
    size_t k;
    TF_TRY(read_variable(r, &v));
    TF_TRY(intern(r, v, &k));
    return add_term(r, ret, (uint64_t)1 << k);
}

static enum tf_code read_power(struct tf_phrase *r, struct terms *ret, int *literal)
{
    TF_TRY(read_atom(r, ret, literal));
    while (tf_phrase_take(r, "^")) {
        (void)tf_phrase_peek(r);
        const size_t at = r->at;
        struct tf_expr *e;
        if (!tf_phrase_starts_number(r->text + at))
            return tf_phrase_fail(r, at,
                                  "a power of terms is a whole number; arithmetic goes into I()");
        TF_TRY(tf_phrase_number(r, &e));
        if (!(e->number >= 1 && e->number <= 20) || *literal >= 0)
            return tf_phrase_fail(r, at, "a power of terms is a whole number from 1 to 20");
        const struct terms base = *ret;
        for (int k = 1; k < (int)e->number; k++) {
            struct terms next = {0};
            TF_TRY(add_terms(r, &next, ret));
            TF_TRY(cross(r, ret, &base, &next));
            *ret = next;
        }
    }
    return TF_OK;
}

static enum tf_code read_interaction(struct tf_phrase *r, struct terms *ret, int *literal)
{
    TF_TRY(read_power(r, ret, literal));
    while (tf_phrase_take(r, ":")) {
        struct terms b = {0}, both = {0};
        int other = -1;
        TF_TRY(read_power(r, &b, &other));
        if (other >= 0 || *literal >= 0)
            return tf_phrase_fail(r, r->at, "0 and 1 do not interact");
        TF_TRY(cross(r, ret, &b, &both));
        *ret = both;
    }
    return TF_OK;
}

static enum tf_code read_product(struct tf_phrase *r, struct terms *ret, int *literal)
{
    TF_TRY(read_interaction(r, ret, literal));
    for (;;) {
        const bool star = tf_phrase_take(r, "*");
        struct terms b = {0}, made = {0};
        int other = -1;
        if (!star && !tf_phrase_take(r, "/"))
            return TF_OK;
        TF_TRY(read_interaction(r, &b, &other));
        if (other >= 0 || *literal >= 0)
            return tf_phrase_fail(r, r->at, "0 and 1 do not interact");
        TF_TRY(add_terms(r, &made, ret));
        if (star) {
            TF_TRY(add_terms(r, &made, &b));
            TF_TRY(cross(r, ret, &b, &made));
        } else { /* a / b: b within all of a */
            uint64_t all = 0;
            for (size_t k = 0; k < ret->n; k++)
                all |= ret->set[k];
            for (size_t k = 0; k < b.n; k++)
                TF_TRY(add_term(r, &made, all | b.set[k]));
        }
        *ret = made;
    }
}

static void without(struct terms *t, const struct terms *gone)
{
    size_t n = 0;
    for (size_t k = 0; k < t->n; k++) {
        bool stays = true;
        for (size_t g = 0; g < gone->n; g++)
            stays = stays && t->set[k] != gone->set[g];
        if (stays)
            t->set[n++] = t->set[k];
    }
    t->n = n;
}

static enum tf_code read_sum(struct tf_phrase *r, struct terms *ret)
{
    TF_TRY(tf_phrase_deeper(r));
    for (bool first = true;; first = false) {
        const bool minus = tf_phrase_take(r, "-");
        struct terms part = {0};
        int literal = -1;
        if (!minus && !tf_phrase_take(r, "+") && !first)
            break;
        TF_TRY(read_product(r, &part, &literal));
        if (literal >= 0)
            r->f->intercept = (literal == 1) != minus;
        else if (minus)
            without(ret, &part);
        else
            TF_TRY(add_terms(r, ret, &part));
    }
    r->depth--;
    return TF_OK;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static int degree(uint64_t set)
{
    int n = 0;
    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

/* Surv(time, event): *is tells whether it stands here. */
static enum tf_code read_surv(struct tf_phrase *r, bool *is)
{
    struct tf_variable *time = TF_NEW(r->arena, struct tf_variable);
    struct tf_variable *event = TF_NEW(r->arena, struct tf_variable);
    const size_t start = r->at;
    *is = tf_starts(r->text + start, "Surv") && !tf_phrase_is_word(r->text[start + 4]);
    r->at += *is ? 4 : 0;
    *is = *is && tf_phrase_peek(r) == '(';
    if (!*is) { /* a column may have this name */
        r->at = start;
        return TF_OK;
    }
    const size_t open = r->at++;
    (void)tf_phrase_peek(r);
    time->at = r->at;
    TF_TRY(tf_phrase_expr(r, &time->e));
    if (!tf_phrase_take(r, ","))
        return tf_phrase_fail(r, r->at, "Surv takes a time and an event");
    (void)tf_phrase_peek(r);
    event->at = r->at;
    TF_TRY(tf_phrase_expr(r, &event->e));
    if (tf_phrase_peek(r) == ',')
        return tf_phrase_fail(r, r->at, "Surv takes a time and an event, no more");
    TF_TRY(tf_phrase_close(r, open));
    TF_TRY(finish_variable(r, time));
    TF_TRY(finish_variable(r, event));
    r->f->response = time;
    r->f->event = event;
    return TF_OK;
}

static enum tf_code read_response(struct tf_phrase *r)
{
    bool surv;
    struct tf_variable *v = TF_NEW(r->arena, struct tf_variable);
    (void)tf_phrase_peek(r);
    const size_t start = r->at;
    v->at = start;
    TF_TRY(read_surv(r, &surv));
    if (surv)
        return TF_OK;
    if (tf_starts(r->text + start, "factor") && !tf_phrase_is_word(r->text[start + 6])) {
        TF_TRY(read_variable(r, v));
    } else {
        TF_TRY(tf_phrase_expr(r, &v->e));
        TF_TRY(finish_variable(r, v));
    }
    r->f->response = v;
    return TF_OK;
}

enum tf_code tf_formula_read(struct tf_arena *arena, const struct tf_yaml *at,
                             const struct tf_table *t, struct tf_formula **ret,
                             struct tf_err *reterr)
{
    struct tf_formula *f = TF_NEW(arena, struct tf_formula);
    struct terms terms = {0};
    if (at->kind != TF_YAML_SCALAR)
        return tf_yaml_fail(at, reterr, "a formula is one text, for example \"q24 ~ q2 + age\"");
    *f = (struct tf_formula){.at = at, .text = at->text, .intercept = true};
    struct tf_phrase r = {.arena = arena, .f = f, .t = t, .text = at->text, .err = reterr};
    if (strlen(at->text) > LENGTH_LIMIT)
        return tf_phrase_fail(&r, 0, "it is longer than 10,000 bytes");
    if (tf_phrase_peek(&r) != '~')
        TF_TRY(read_response(&r));
    if (!tf_phrase_take(&r, "~"))
        return tf_phrase_fail(&r, r.at, "here '~' is expected");
    TF_TRY(read_sum(&r, &terms));
    if (tf_phrase_peek(&r) != '\0')
        return tf_phrase_fail(&r, r.at, "here an operator or the end is expected");
    for (int d = 1; d <= TF_FORMULA_VARIABLES; d++)
        for (size_t k = 0; k < terms.n; k++)
            if (degree(terms.set[k]) == d) {
                f->term = tf_grow(arena, f->term, f->n_terms, &f->cap_terms, sizeof *f->term);
                f->term[f->n_terms++] = terms.set[k];
            }
    *ret = f;
    return TF_OK;
}
