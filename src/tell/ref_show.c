/* Numbers as people read them: "16 %", "14–18", "1,012", "12 of 38", "1 point (−4 to 6)".
 *
 * Shares are 0..1 inside and become percentages only here, at the printing edge. A share that is
 * above nothing never prints as "0 %": it prints "under 1 %", and short of all "over 99 %". Minus is
 * U+2212, ranges have an en dash, and a no-break space keeps a number and its sign together. One
 * language's customs hold for now (English); lang is passed so that others join here alone. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

void tf_show_number(struct tf_buf *out, double x, int decimals, const char *lang TF_UNUSED)
{
    struct tf_buf digits = {.arena = out->arena};
    if (decimals == 0)
        tf_buf_grouped(&digits, floor(fabs(x) + 0.5 + 1e-9));
    else
        tf_buf_fixed(&digits, fabs(x), decimals);
    const char *s = tf_buf_text(&digits);
    if (x < 0 && strpbrk(s, "123456789") != NULL)
        tf_buf_add(out, TF_MINUS);
    tf_buf_add(out, s);
}

void tf_show_points(struct tf_buf *out, double share, int decimals, const char *lang)
{
    struct tf_buf digits = {.arena = out->arena};
    tf_buf_fixed(&digits, fabs(share) * 100, decimals);
    const char *s = tf_buf_text(&digits);
    if (share < 0 && strpbrk(s, "123456789") != NULL)
        tf_buf_add(out, TF_MINUS);
    tf_buf_add(out, s);
    (void)lang;
}

void tf_show_share(struct tf_buf *out, double share, int decimals, const char *lang)
{
    if (decimals == 0 && share > 0 && share < 0.005)
        tf_buf_add(out, "under 1");
    else if (decimals == 0 && share < 1 && share > 0.995)
        tf_buf_add(out, "over 99");
    else
        tf_show_points(out, share, decimals, lang);
    tf_buf_add(out, TF_NBSP "%");
}

char *tf_show_mark(const struct tf_cell *c)
{
    static char confidential[] = "[c]", unreliable[] = "[u]", missing[] = "[x]", na[] = "[z]";
    switch (c->state) {
    case TF_CELL_SUPPRESSED: return confidential;
    case TF_CELL_UNRELIABLE: return unreliable;
    case TF_CELL_MISSING: return missing;
    case TF_CELL_NA: return na;
    default: return NULL;
    }
}

static bool is_share(const struct tf_figure *f)
{
    return f->unit == NULL || strcmp(f->unit, "share") == 0 || strcmp(f->unit, "prop") == 0;
}

static void show_interval(struct tf_buf *out, const struct tf_figure *f, const struct tf_cell *c,
                          int decimals, const char *lang)
{
    const bool share = is_share(f);
    if (isnan(c->lo) || isnan(c->hi))
        return;
    for (int k = 0; k < 2; k++) {
        const double x = k == 0 ? c->lo : c->hi;
        if (share)
            tf_show_points(out, x, decimals, lang);
        else
            tf_show_number(out, x, decimals, lang);
        if (k == 0)
            tf_buf_add(out, c->lo < 0 ? " to " : TF_NDASH);
    }
}

/* "1 in 6", "1 in 50" rather than "1 in 49"; a share of a half or more is said in tens. */
static void show_per_n(struct tf_buf *out, double share)
{
    if (share <= 0) {
        tf_buf_add(out, "none");
        return;
    }
    if (share > 0.4) {
        tf_buf_fixed(out, share * 10, 0);
        tf_buf_add(out, TF_NBSP "in" TF_NBSP "10");
        return;
    }
    const double n = 1 / share, step = n < 20 ? 1 : n < 100 ? 5 : n < 1000 ? 50 : 500;
    tf_buf_add(out, "1" TF_NBSP "in" TF_NBSP);
    tf_buf_grouped(out, floor(n / step + 0.5) * step);
}

/* A figure that counts in thousands, written out: 129.3 is "129,000", not more exact than the survey
 * is: whole thousands, and three digits of what is larger. */
static void show_thousands(struct tf_buf *out, double x, const char *lang)
{
    double step = 1;
    while (fabs(x) / step >= 999.5)
        step *= 10;
    tf_show_number(out, floor(x / step + 0.5) * step * 1000, 0, lang);
}

static void show_value(struct tf_buf *out, const struct tf_figure *f, const struct tf_cell *c,
                       const char *format, const char *lang)
{
    const bool mean = tf_streq(f->unit, "mean");
    if (tf_streq(format, "mean1") || (mean && !tf_streq(format, "count")))
        tf_show_number(out, c->value, 1, lang);
    else if (!is_share(f) || tf_streq(format, "count"))
        tf_show_number(out, tf_streq(format, "count") && is_share(f) ? c->n : c->value, 0, lang);
    else
        tf_show_share(out, c->value, tf_streq(format, "pct1") ? 1 : 0, lang);
}

char *tf_show_cell(struct tf_arena *a, const struct tf_figure *f, const struct tf_cell *c,
                   const char *format, const char *lang)
{
    struct tf_buf out = {.arena = a};
    const bool series = f->kind == TF_FIG_SERIES || f->kind == TF_FIG_FLOW;
    if (c->state == TF_CELL_TEXT) { /* a lone code word such as not_met is said in words */
        const char *text = c->text == NULL ? "" : c->text;
        return strchr(text, ' ') == NULL ? tf_replace(a, text, "_", " ") : tf_strdup(a, text);
    }
    if (c->state == TF_CELL_MISSING)
        return tf_strdup(a, c->text == NULL || *c->text == '\0' ? "not available" : c->text);
    if (tf_show_mark(c) != NULL)
        return tf_show_mark(c);
    if (tf_streq(format, "n")) {
        tf_show_number(&out, c->base, 0, lang);
        return out.s;
    }
    if (c->state == TF_CELL_COUNT && !series && f->kind != TF_FIG_GRID && !isnan(c->base)) {
        tf_show_number(&out, isnan(c->n) ? c->value : c->n, 0, lang);
        tf_buf_add(&out, TF_NBSP "of" TF_NBSP);
        tf_show_number(&out, c->base, 0, lang);
        return out.s;
    }
    if (series || f->kind == TF_FIG_GRID) {
        tf_show_number(&out, isnan(c->value) ? c->n : c->value, 0, lang);
        return out.s;
    }
    if (tf_streq(format, "thousands-ci") && !isnan(c->lo) && !isnan(c->hi)) {
        show_thousands(&out, c->lo, lang);
        tf_buf_add(&out, TF_NDASH);
        show_thousands(&out, c->hi, lang);
        return out.s;
    }
    if (tf_streq(format, "ci")) {
        show_interval(&out, f, c, tf_streq(f->unit, "mean") ? 1 : 0, lang);
        return tf_strdup(a, tf_buf_text(&out));
    }
    if (c->state == TF_CELL_FLAGGED)
        tf_buf_char(&out, '(');
    if (tf_streq(format, "per-n") && is_share(f))
        show_per_n(&out, c->value);
    else if (tf_streq(format, "thousands"))
        show_thousands(&out, c->value, lang);
    else
        show_value(&out, f, c, format, lang);
    if (c->state == TF_CELL_FLAGGED)
        tf_buf_char(&out, ')');
    if (tf_streq(format, "full")) {
        tf_buf_add(&out, " (");
        if (!isnan(c->lo) && !isnan(c->hi)) {
            tf_buf_add(&out, "95" TF_NBSP "% CI ");
            show_interval(&out, f, c, tf_streq(f->unit, "mean") ? 1 : 0, lang);
            tf_buf_add(&out, "; ");
        }
        tf_buf_add(&out, "n" TF_NBSP "=" TF_NBSP);
        tf_show_number(&out, c->base, 0, lang);
        tf_buf_char(&out, ')');
    }
    return out.s;
}

char *tf_show_contrast(struct tf_arena *a, const struct tf_figure *f, const struct tf_contrast *d,
                       bool swapped, const char *lang)
{
    struct tf_buf out = {.arena = a};
    const double sign = swapped ? -1 : 1, x = sign * d->difference;
    const double lo = swapped ? -d->hi : d->lo, hi = swapped ? -d->lo : d->hi;
    const int decimals = is_share(f) ? 0 : 1;
    struct tf_buf value = {.arena = a};
    if (is_share(f))
        tf_show_points(&value, x, decimals, lang);
    else
        tf_show_number(&value, x, decimals, lang);
    const char *v = tf_buf_text(&value);
    tf_buf_add(&out, v);
    if (is_share(f))
        tf_buf_add(&out, strcmp(v, "1") == 0 || strcmp(v, TF_MINUS "1") == 0 ? TF_NBSP "point"
                                                                             : TF_NBSP "points");
    tf_buf_add(&out, " (");
    for (int k = 0; k < 2; k++) {
        const double end = k == 0 ? lo : hi;
        if (is_share(f))
            tf_show_points(&out, end, decimals, lang);
        else
            tf_show_number(&out, end, decimals, lang);
        tf_buf_add(&out, k == 0 ? TF_NBSP "to" TF_NBSP : ")");
    }
    return out.s;
}

char *tf_show_law(struct tf_arena *a, const struct tf_legal *law)
{
    struct tf_buf out = {.arena = a};
    const char *article = law->article == NULL ? "" : law->article;
    if (*article >= '0' && *article <= '9')
        tf_buf_add(&out, "Article" TF_NBSP);
    tf_buf_add(&out, article);
    if (*article != '\0')
        tf_buf_add(&out, ", ");
    tf_buf_add(&out, law->instrument == NULL ? "" : law->instrument);
    const bool dated = law->instrument != NULL && strpbrk(law->instrument, "0123456789") != NULL;
    if (!dated && law->date != NULL && strlen(law->date) >= 4)
        tf_buf_printf(&out, " (%.4s)", law->date);
    return tf_strdup(a, tf_buf_text(&out));
}

char *tf_show_evidence(struct tf_arena *a, const struct tf_figure *f, const struct tf_cell *c,
                       const char *lang)
{
    struct tf_buf out = {.arena = a};
    const char *mark = tf_show_mark(c);
    if (mark != NULL) {
        tf_buf_printf(&out, "withheld or missing %s", mark);
        return out.s;
    }
    if (c->state == TF_CELL_COUNT && !isnan(c->n) && c->base > 0) {
        tf_buf_add(&out, tf_show_cell(a, f, c, NULL, lang));
        tf_buf_add(&out, " (");
        tf_show_share(&out, c->n / c->base, 0, lang);
        tf_buf_char(&out, ')');
    } else {
        tf_buf_add(&out, tf_show_cell(a, f, c,
                                      f->kind == TF_FIG_ESTIMATE ? "full" : NULL, lang));
    }
    return tf_replace(a, out.s, TF_NBSP, " ");
}
