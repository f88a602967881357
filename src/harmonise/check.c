/* Checks of a series: what a careful reader would ask its owner.
 *
 * Jumps. Counts move on a log scale, so the steps d_t = ln(v_t / v_(t-1)) of consecutive periods are
 * compared with their own median: a step is named when it is more than a factor of two away from the
 * median step, or when its robust z = 0.6745 (d - median) / MAD exceeds 3.5 and the step is at least a
 * factor of 1.5 (Iglewicz & Hoaglin 1993); with fewer than three steps, only a factor of ten is named.
 * It is a suggestion, a note: jumps are often true (a law, a platform's new detection, a viral clip).
 *
 * Parts and whole. Where a partition has a total, its parts must add up to it; what is left is named,
 * with its sign. Parts of which one is missing cannot be compared, and that is said. Parts of
 * a multi-response breakdown may exceed the whole, and shares of it may not be stacked to 100 %.
 *
 * Missing cells are counted by reason. A review date that has passed cannot be judged: nothing in
 * this program reads a clock; only its absence is named.
 *
 * Words shown. Sources use words that the Luxembourg Guidelines (2016, 2025) advise against; the
 * source's words are kept in source_label, and those shown are held against ask's list. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harmonise/inside.h"

/* ---- jumps ------------------------------------------------------------------------------------- */

struct step {
    const struct tf_obs *from, *to;
    double d;
};

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_size);
    return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static bool jumps(double d, double middle, double mad, size_t n)
{
    const double off = fabs(d - middle);
    if (n < 3)
        return fabs(d) >= log(10);
    if (off >= log(2))
        return true;
    return mad > 0 && 0.6745 * off / mad > 3.5 && fabs(d) >= log(1.5);
}

static void name_jumps(const struct tf_series *s, const char *file, const struct step *step,
                       size_t n, struct tf_notices *out)
{
    double *d = TF_NEW_N(out->arena, double, n);
    for (size_t k = 0; k < n; k++)
        d[k] = step[k].d;
    const double middle = median(d, n);
    for (size_t k = 0; k < n; k++)
        d[k] = fabs(step[k].d - middle);
    const double mad = median(d, n);
    for (size_t k = 0; k < n; k++) {
        if (!jumps(step[k].d, middle, mad, n))
            continue;
        const struct tf_obs *a = step[k].from, *b = step[k].to;
        struct tf_buf text = {.arena = out->arena};
        tf_buf_printf(&text, "'%s', %s%s%s: ", s->id, b->area, *b->breakdown == '\0' ? "" : ", ",
                      b->breakdown);
        tf_buf_grouped(&text, a->value);
        tf_buf_printf(&text, " in %s, ", a->period);
        tf_buf_grouped(&text, b->value);
        tf_buf_printf(&text, " in %s: ", b->period);
        tf_buf_fixed(&text, exp(fabs(step[k].d)), 1);
        tf_buf_printf(&text, " times %s", step[k].d > 0 ? "more" : "less");
        tf_notice_add(out, TF_NOTE, "jump", file, 0, 0,
                      "Ask the source what changed (law, system, coverage, detection), and say so "
                      "beside the figure.",
                      "%s", tf_buf_text(&text));
    }
}

static int by_run(const void *x, const void *y)
{
    const struct tf_obs *a = *(const struct tf_obs *const *)x, *b = *(const struct tf_obs *const *)y;
    int c = strcmp(a->area, b->area);
    if (c == 0)
        c = strcmp(a->breakdown, b->breakdown);
    return c != 0 ? c : strcmp(a->period, b->period);
}

static void check_jumps(const struct tf_series *s, const char *file,
                        const struct tf_obs *const *obs, struct tf_notices *out)
{
    struct step *step = TF_NEW_N(out->arena, struct step, s->n_obs + 1);
    size_t n = 0;
    for (size_t k = 0; k < s->n_obs; k++) {
        const struct tf_obs *a = k == 0 ? NULL : obs[k - 1], *b = obs[k];
        if (a != NULL && (!tf_streq(a->area, b->area) || !tf_streq(a->breakdown, b->breakdown))) {
            if (n > 0)
                name_jumps(s, file, step, n, out);
            n = 0;
        } else if (a != NULL && a->value > 0 && b->value > 0) { /* NaN is not > 0 */
            step[n++] = (struct step){.from = a, .to = b, .d = log(b->value / a->value)};
        }
    }
    if (n > 0)
        name_jumps(s, file, step, n, out);
}

/* ---- parts and whole --------------------------------------------------------------------------- */

/* The keys of "a=x;b=y" are those of the other: the two belong to one breakdown. */
bool tf_same_breakdown(const char *a, const char *b)
{
    for (;;) {
        const size_t n = strcspn(a, "="), m = strcspn(b, "=");
        if (n != m || strncmp(a, b, n) != 0)
            return false;
        a += strcspn(a, ";");
        b += strcspn(b, ";");
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

static const char *keys_of(struct tf_arena *arena, const char *breakdown)
{
    struct tf_buf b = {.arena = arena};
    while (*breakdown != '\0') {
        if (b.n > 0)
            tf_buf_add(&b, " and ");
        tf_buf_addn(&b, breakdown, strcspn(breakdown, "="));
        breakdown += strcspn(breakdown, ";");
        breakdown += *breakdown == ';';
    }
    return tf_buf_text(&b);
}

/* The parts with the keys of `like` beside one total. */
static void compare(const struct tf_series *s, const char *file, const struct tf_obs *whole,
                    const char *like, struct tf_notices *out)
{
    const struct tf_obs *gap = NULL;
    double sum = 0;
    for (size_t k = 0; k < s->n_obs; k++) {
        const struct tf_obs *o = &s->obs[k];
        if (!tf_streq(o->area, whole->area) || !tf_streq(o->period, whole->period) ||
            o->breakdown[0] == '\0' || !tf_same_breakdown(o->breakdown, like))
            continue;
        if (o->missing != TF_PRESENT)
            gap = o;
        else
            sum += o->value;
    }
    const char *keys = keys_of(out->arena, like);
    if (gap != NULL) {
        tf_notice_add(out, TF_NOTE, "parts-incomplete", file, 0, 0, NULL,
                      "'%s', %s, %s: the parts by %s cannot be held against the whole: '%s' is "
                      "missing (%s)",
                      s->id, whole->area, whole->period, keys, gap->breakdown,
                      tf_miss_plain(gap->missing));
        return;
    }
    const double left = whole->value - sum;
    const bool several = tf_streq(s->partition, "multi_response");
    if (fabs(left) < 1e-9 * fmax(1, fabs(whole->value)) || (several && left < 0))
        return;
    struct tf_buf text = {.arena = out->arena};
    tf_buf_printf(&text, "'%s', %s, %s: the parts by %s add up to ", s->id, whole->area,
                  whole->period, keys);
    tf_buf_grouped(&text, sum);
    tf_buf_add(&text, ", the whole is ");
    tf_buf_grouped(&text, whole->value);
    tf_buf_add(&text, ": ");
    tf_buf_grouped(&text, fabs(left));
    tf_buf_add(&text, left > 0 ? " are in no part" : " too many in the parts");
    tf_notice_add(out, TF_WARNING, "parts-whole", file, 0, 0,
                  several ? "Name the part that is not shown, or ask the source."
                          : "Name the residual (unknown, other) as a part, ask the source, or "
                            "declare 'breakdown_kind: multi_response'.",
                  "%s", tf_buf_text(&text));
}

static void check_parts(const struct tf_series *s, const char *file,
                        const struct tf_obs *const *obs, struct tf_notices *out)
{
    const char **kind = TF_NEW_N(out->arena, const char *, s->n_obs + 1); /* one of each key set */
    size_t n = 0;
    for (size_t k = 0; k < s->n_obs; k++) {
        bool known = obs[k]->breakdown[0] == '\0';
        for (size_t j = 0; j < n && !known; j++)
            known = tf_same_breakdown(kind[j], obs[k]->breakdown);
        if (!known)
            kind[n++] = obs[k]->breakdown;
    }
    for (size_t k = 0; k < s->n_obs; k++) {
        if (obs[k]->breakdown[0] != '\0' || obs[k]->missing != TF_PRESENT)
            continue;
        for (size_t j = 0; j < n; j++) {
            bool any = false;
            for (size_t i = 0; i < s->n_obs && !any; i++)
                any = tf_streq(s->obs[i].area, obs[k]->area) &&
                      tf_streq(s->obs[i].period, obs[k]->period) &&
                      s->obs[i].breakdown[0] != '\0' &&
                      tf_same_breakdown(s->obs[i].breakdown, kind[j]);
            if (any)
                compare(s, file, obs[k], kind[j], out);
        }
    }
}

/* ---- the rest ---------------------------------------------------------------------------------- */

static void check_missing(const struct tf_series *s, const char *file, struct tf_notices *out)
{
    for (enum tf_miss why = TF_MISS_SYSTEM; why < TF_N_MISS; why++) {
        size_t n = 0;
        for (size_t k = 0; k < s->n_obs; k++)
            n += s->obs[k].missing == why;
        if (n > 0)
            tf_notice_add(out, why == TF_MISS_SYSTEM ? TF_ERROR : TF_NOTE, "missing", file, 0, 0,
                          NULL, "'%s', %s: %zu of %zu cells: %s; never read as zero", s->id,
                          s->country, n, s->n_obs, tf_miss_plain(why));
    }
}

static void check_words(const struct tf_series *s, const char *file, const char *text,
                        struct tf_notices *out)
{
    const char *say, *avoid;
    size_t n;
    if (text == NULL || (avoid = tf_term_to_avoid(text, &n, &say)) == NULL)
        return;
    tf_notice_add(out, TF_ERROR, "term", file, 0, 0,
                  tf_printf(out->arena,
                            "Show '%s', under 'title' or 'labels'; the source's own words are kept "
                            "apart in source_label.", say),
                  "'%s' would show '%.*s', which the Luxembourg Guidelines advise against", s->id,
                  (int)n, avoid);
}

static void check_declared(const struct tf_series *s, const char *file, struct tf_notices *out)
{
    static const char *const handlings[] = {"public", "official", "restricted", "confidential",
                                            "clear",  "green",    "amber",      "red"};
    bool known = false;
    for (size_t k = 0; k < sizeof handlings / sizeof handlings[0]; k++)
        known = known || (s->handling != NULL && tf_casecmp(s->handling, handlings[k]) == 0);
    if (!known)
        tf_notice_add(out, TF_WARNING, "handling", file, 0, 0,
                      "Use public, official, restricted or confidential, or a colour of TLP 2.0.",
                      "'%s': the handling '%s' is in no scheme", s->id,
                      s->handling == NULL ? "" : s->handling);
    if (tf_is_blank(s->review_by))
        tf_notice_add(out, TF_WARNING, "review-by", file, 0, 0,
                      "Add 'review_by: 2027-01-01' to the mapping.",
                      "'%s' says nowhere when its owner is to be asked again", s->id);
    if (tf_is_blank(s->grade))
        tf_notice_add(out, TF_WARNING, "grade", file, 0, 0,
                      "Add 'grade: {scheme: admiralty, code: F6}' when it cannot be judged.",
                      "'%s' has no grade of its source", s->id);
}

static void check_whole_counts(const struct tf_series *s, const char *file, struct tf_notices *out)
{
    static const char *const fractions[] = {"index", "share", "rate", "score", "person_estimate"};
    for (size_t k = 0; k < sizeof fractions / sizeof fractions[0]; k++)
        if (tf_streq(s->unit, fractions[k]))
            return;
    for (size_t k = 0; k < s->n_obs; k++)
        if (s->obs[k].missing == TF_PRESENT && s->obs[k].value != floor(s->obs[k].value))
            tf_notice_add(out, TF_WARNING, "not-whole", file, 0, 0,
                          "Counts are whole numbers; a computed value is another unit.",
                          "'%s', %s, %s: %s %ss", s->id, s->obs[k].area, s->obs[k].period,
                          tf_double_text(out->arena, s->obs[k].value), s->unit);
}

void tf_series_check(const struct tf_series *s, const char *file, struct tf_notices *out)
{
    const struct tf_obs **obs = TF_NEW_N(out->arena, const struct tf_obs *, s->n_obs + 1);
    for (size_t k = 0; k < s->n_obs; k++)
        obs[k] = &s->obs[k];
    qsort(obs, s->n_obs, sizeof *obs, by_run);
    check_declared(s, file, out);
    check_words(s, file, s->title, out);
    for (size_t k = 0; k < s->n_obs; k++)
        if (k == 0 || !tf_streq(obs[k]->breakdown, obs[k - 1]->breakdown))
            check_words(s, file, obs[k]->breakdown, out);
    check_missing(s, file, out);
    check_whole_counts(s, file, out);
    check_jumps(s, file, obs, out);
    check_parts(s, file, obs, out);
}
