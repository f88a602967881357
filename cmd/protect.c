/* trefoil protect: release figures and quotes under the study's policy
 *
 * usage: trefoil protect release COUNTRY [--json]
 *        trefoil protect show COUNTRY [FIGURE] [--json]
 *        trefoil protect explain COUNTRY FIGURE.ROW [COL] [--json]
 *
 * The second door. `release` decides every cell by the country's policy and writes what may be
 * printed to .trefoil/release.db, in one transaction. A suppressed cell has no numbers there.
 * `show` lists the figures of a release, or the cells of one. `explain` says which rule gave a cell
 * its state.
 *
 * States of a cell: shown, count ("12 of 38"), flagged (in parentheses), suppressed [c],
 * unreliable [u], missing [x], not applicable [z], text.
 *
 * `trefoil tell report` walks the whole way by itself; these commands are for looking closely.
 *
 * examples:
 *   trefoil protect release XB --study demo-study
 *   trefoil protect show XB exp --study demo-study
 *   trefoil protect explain XB exp.exp_g sex=girls --study demo-study
 */
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "keep/keep.h"
#include "protect/protect.h"
#include "relate/relate.h"

static const char *number(struct tf_arena *a, double x, bool share)
{
    struct tf_buf b = {.arena = a};
    if (isnan(x))
        return "";
    if (share)
        tf_buf_fixed(&b, 100 * x, 1);
    else if (x == floor(x))
        tf_buf_grouped(&b, x);
    else
        tf_buf_fixed(&b, x, 2);
    return tf_buf_text(&b);
}

static json_t *json_double(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *cell_json(const struct tf_cell *c)
{
    json_t *o = json_object();
    const struct {
        const char *key, *text;
    } texts[] = {{"row", c->row}, {"row_label", c->row_label}, {"col", c->col},
                 {"col_label", c->col_label}, {"state", tf_cell_state_word(c->state)},
                 {"text", c->text}};
    const struct {
        const char *key;
        double x;
    } numbers[] = {{"value", c->value}, {"lo", c->lo}, {"hi", c->hi}, {"se", c->se}, {"df", c->df},
                   {"deff", c->deff}, {"n", c->n}, {"base", c->base}, {"psu", c->psu}};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        (void)json_object_set_new(o, texts[k].key, texts[k].text == NULL ? json_null()
                                                                       : json_string(texts[k].text));
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        (void)json_object_set_new(o, numbers[k].key, json_double(numbers[k].x));
    return o;
}

/* ---- release ---- */

static enum tf_code release(struct tf_run *run, const struct tf_study *study, const char *country,
                            struct tf_err *reterr)
{
    struct tf_keep *keep;
    struct tf_release *r;
    size_t counts[TF_CELL_TEXT + 1] = {0};
    TF_TRY(tf_keep_open(run->arena, study->dir, false, &keep, reterr));
    TF_TRY(tf_way_release(run->arena, study, keep, country, reterr));
    TF_TRY(tf_release_read(run->arena, study->dir, country, &r, reterr));
    for (size_t k = 0; k < r->n_figures; k++)
        for (size_t j = 0; j < r->figure[k].n_cells; j++)
            counts[r->figure[k].cell[j].state]++;
    if (run->json) {
        json_t *o = json_object(), *states = json_object();
        (void)json_object_set_new(o, "country", json_string(country));
        (void)json_object_set_new(o, "hash", json_string(r->hash));
        (void)json_object_set_new(o, "figures", json_integer((json_int_t)r->n_figures));
        (void)json_object_set_new(o, "quotes", json_integer((json_int_t)r->n_quotes));
        (void)json_object_set_new(o, "laws", json_integer((json_int_t)r->n_legal));
        for (int k = 0; k <= TF_CELL_TEXT; k++)
            (void)json_object_set_new(states, tf_cell_state_word((enum tf_cell_state)k),
                                      json_integer((json_int_t)counts[k]));
        (void)json_object_set_new(o, "cells", states);
        tf_say_json(o);
        return TF_OK;
    }
    tf_say("%s: released %zu figures, %zu quotes, %zu laws\n", country, r->n_figures, r->n_quotes,
           r->n_legal);
    for (int k = 0; k <= TF_CELL_TEXT; k++)
        if (counts[k] > 0)
            tf_say("  %6zu cells %s\n", counts[k], tf_cell_state_word((enum tf_cell_state)k));
    tf_say("  hash %s\n", r->hash);
    return TF_OK;
}

/* ---- show ---- */

static void show_figures(struct tf_run *run, const struct tf_release *r)
{
    if (run->json) {
        json_t *list = json_array();
        for (size_t k = 0; k < r->n_figures; k++) {
            const struct tf_figure *f = &r->figure[k];
            (void)json_array_append_new(
                list, json_pack("{s:s, s:s?, s:s, s:s?, s:I}", "id", f->id, "title", f->title, "kind",
                                tf_figure_kind_word(f->kind), "unit", f->unit, "cells",
                                (json_int_t)f->n_cells));
        }
        tf_say_json(list);
        return;
    }
    const char **cell = TF_NEW_N(run->arena, const char *, (r->n_figures + 1) * 4);
    static const char *const head[] = {"figure", "kind", "cells", "title"};
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < r->n_figures; k++) {
        cell[4 * k + 4] = r->figure[k].id;
        cell[4 * k + 5] = tf_figure_kind_word(r->figure[k].kind);
        cell[4 * k + 6] = tf_printf(run->arena, "%zu", r->figure[k].n_cells);
        cell[4 * k + 7] = r->figure[k].title != NULL ? r->figure[k].title : "";
    }
    tf_say_table(run->arena, cell, r->n_figures + 1, 4);
    tf_say("%zu quotes, %zu laws; hash %s\n", r->n_quotes, r->n_legal, r->hash);
}

static void show_cells(struct tf_run *run, const struct tf_figure *f)
{
    enum { WIDTH = 8 };
    static const char *const head[WIDTH] = {"row", "col", "state", "value", "lo", "hi", "n", "base"};
    const bool share = tf_streq(f->unit, "share");
    if (run->json) {
        json_t *list = json_array();
        for (size_t k = 0; k < f->n_cells; k++)
            (void)json_array_append_new(list, cell_json(&f->cell[k]));
        tf_say_json(list);
        return;
    }
    const char **cell = TF_NEW_N(run->arena, const char *, (f->n_cells + 1) * WIDTH);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        const char **to = &cell[(k + 1) * WIDTH];
        to[0] = c->row;
        to[1] = c->col;
        to[2] = tf_cell_state_word(c->state);
        to[3] = isnan(c->value) && c->text != NULL ? c->text : number(run->arena, c->value, share);
        to[4] = number(run->arena, c->lo, share);
        to[5] = number(run->arena, c->hi, share);
        to[6] = number(run->arena, c->n, false);
        to[7] = number(run->arena, c->base, false);
    }
    tf_say("%s: %s (%s%s)\n", f->id, f->title != NULL ? f->title : "", f->unit != NULL ? f->unit : "",
           share ? ", in percent" : "");
    tf_say_table(run->arena, cell, f->n_cells + 1, WIDTH);
}

static enum tf_code need_figure(struct tf_run *run, const struct tf_release *r, const char *id,
                                const struct tf_figure **ret, struct tf_err *reterr)
{
    const char **known = TF_NEW_N(run->arena, const char *, r->n_figures + 1);
    *ret = tf_release_figure(r, id);
    if (*ret != NULL)
        return TF_OK;
    for (size_t k = 0; k < r->n_figures; k++)
        known[k] = r->figure[k].id;
    const char *near = tf_nearest(id, known);
    (void)tf_fail(reterr, TF_E_USAGE, "the release of %s has no figure '%s'", r->country, id);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "`trefoil protect show %s` lists the figures.", r->country);
}

/* ---- explain ---- */

static enum tf_code explain(struct tf_run *run, const struct tf_study *study,
                            const struct tf_release *r, const char *ref, struct tf_err *reterr)
{
    const char *figure, *row, *col;
    const struct tf_figure *f;
    tf_ref_parts(run->arena, r, ref, &figure, &row, &col);
    TF_TRY(need_figure(run, r, figure, &f, reterr));
    const struct tf_cell *c = tf_figure_cell(f, row, col);
    const struct tf_policy *p = tf_study_policy(study, f->policy);
    if (c == NULL) {
        (void)tf_fail(reterr, TF_E_USAGE, "figure '%s' has no cell '%s'", f->id, ref);
        return tf_help(reterr, "`trefoil protect show %s %s` lists its rows and columns.", r->country,
                       f->id);
    }
    if (p == NULL)
        return tf_fail(reterr, TF_E_STALE, "the release was made under the policy '%s', which the "
                                           "study no longer has", f->policy);
    const char *why = tf_cell_why(run->arena, p, f, c);
    if (run->json) {
        json_t *o = cell_json(c);
        (void)json_object_set_new(o, "figure", json_string(f->id));
        (void)json_object_set_new(o, "policy", json_string(p->name));
        (void)json_object_set_new(o, "why", json_string(why));
        tf_say_json(o);
        return TF_OK;
    }
    tf_say("%s.%s %s: %s\n  %s\n  policy '%s' of %s", f->id, c->row, c->col,
           tf_cell_state_word(c->state), why, p->name, r->country);
    tf_say(": suppress below %d, counts below %d, flag below %d, hide numerators %d to %d\n",
           p->suppress_below, p->counts_below, p->flag_below, p->hide_from, p->hide_to);
    return TF_OK;
}

enum tf_code cmd_protect(struct tf_run *run, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    struct tf_study *study;
    struct tf_release *r;
    const struct tf_figure *f;
    TF_TRY(tf_options(run, NULL, 0, &word, &n, reterr));
    if (n < 2)
        return tf_usage(run, reterr, "say what and where: release, show or explain, and a country");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(tf_need_country(run->arena, study, word[1], reterr));
    if (strcmp(word[0], "release") == 0 && n == 2)
        return release(run, study, word[1], reterr);
    if (strcmp(word[0], "show") != 0 && strcmp(word[0], "explain") != 0)
        return tf_usage(run, reterr, "`trefoil protect` does not know '%s'", word[0]);
    TF_TRY(tf_release_read(run->arena, study->dir, word[1], &r, reterr));
    if (strcmp(word[0], "explain") == 0) {
        if (n < 3 || n > 4)
            return tf_usage(run, reterr, "explain needs FIGURE.ROW and perhaps a column");
        return explain(run, study, r,
                       n == 4 ? tf_printf(run->arena, "%s %s", word[2], word[3]) : word[2], reterr);
    }
    if (n == 2) {
        show_figures(run, r);
        return TF_OK;
    }
    TF_TRY(need_figure(run, r, word[2], &f, reterr));
    show_cells(run, f);
    return TF_OK;
}
