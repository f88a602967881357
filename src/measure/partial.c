/* Writing a part: what one shard of a survey contributes, as text that a person can read.
 *
 * A part holds the recipe, the keys of strata and PSUs, and for each estimate the exact sums of weights
 * (and counts) by PSU, domain and category; where no PSU is declared, by stratum, with the sums of
 * squares. Lines of words between tabs (docs/FORMATS.md, "Parts"); sums are whole numbers, written in
 * hexadecimal, so nothing is rounded on the way. It is made for estimates that follow from such sums:
 * prop, mean and total under a design with one stage in its variance and weights that come with the
 * data. What needs the whole at once (weighting steps, models, tests, quantiles) is refused by name. */
#include <math.h>
#include <string.h>

#include "measure/design_parts.h"
#include "measure/partial.h"
#include "measure/result.h"

struct writing {
    struct tf_runner *r;
    struct tf_buf b;
    struct tf_design_parts strata, psu;
    const struct tf_yaml *fpc;
};

/* ---- What cannot be split -------------------------------------------------------------------- */

static enum tf_code stat_of(const struct tf_yaml *map, enum tf_interval_of *ret,
                            struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_interval_of of;
    } known[] = {{"prop", TF_OF_SHARE}, {"mean", TF_OF_MEAN}, {"total", TF_OF_TOTAL}};
    const char *word;
    TF_TRY(tf_yaml_need_text(map, "stat", &word, reterr));
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].word, word) == 0) {
            *ret = known[k].of;
            return TF_OK;
        }
    (void)tf_yaml_fail(tf_yaml_get(map, "stat"), reterr, "'%s' cannot be made from parts", word);
    return tf_help(reterr, "Parts carry sums for prop, mean and total. Leave this estimate out, or "
                           "run the recipe on the whole.");
}

static enum tf_code can_be_split(struct writing *w, struct tf_err *reterr)
{
    const struct tf_runner *r = w->r;
    const struct tf_yaml *design = tf_yaml_get(r->root, "design");
    const struct tf_yaml *steps = tf_yaml_get(r->root, "weights");
    const struct tf_yaml *list = tf_yaml_get(r->root, "estimates");
    enum tf_interval_of of;
    if (steps != NULL && steps->n > 0) {
        (void)tf_yaml_fail(steps, reterr, "weighting steps need the whole sample at once");
        return tf_help(reterr, "Weight the whole first (`measure run … --weights FILE.csv`), then "
                               "name the finished weight in the design of the parts' recipe.");
    }
    if (tf_yaml_get(design, "weight") == NULL && tf_yaml_get(design, "prob") == NULL) {
        (void)tf_yaml_fail(design, reterr, "a shard does not know the weights of the whole");
        return tf_help(reterr, "Name a weight: design: {weight: …}.");
    }
    for (size_t k = 0; k < list->n; k++)
        TF_TRY(stat_of(list->item[k], &of, reterr));
    if (tf_family_fits(r))
        return TF_OK;
    (void)tf_yaml_fail(design, reterr, "this design cannot be split into parts");
    (void)tf_fact(reterr, "its variance does not follow from sums over PSUs alone, or its weights "
                          "differ more than a million-fold");
    return tf_help(reterr, "One stage of variance (add `one_stage: true`), no PPS, phases or "
                           "replicates, and positive weights.");
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static void field(struct writing *w, const char *s)
{
    tf_buf_char(&w->b, '\t');
    if (s == NULL) { /* told apart from the text "-" */
        tf_buf_add(&w->b, "\\-");
        return;
    }
    for (; *s != '\0'; s++)
        switch (*s) {
        case '\t': tf_buf_add(&w->b, "\\t"); break;
        case '\n': tf_buf_add(&w->b, "\\n"); break;
        case '\r': tf_buf_add(&w->b, "\\r"); break;
        case '\\': tf_buf_add(&w->b, "\\\\"); break;
        default: tf_buf_char(&w->b, *s);
        }
}

static void number(struct writing *w, size_t n)
{
    tf_buf_printf(&w->b, "\t%zu", n);
}

static void real(struct writing *w, double x)
{
    tf_buf_char(&w->b, '\t');
    tf_buf_double(&w->b, x);
}

static void exact(struct writing *w, const struct tf_exact *x)
{
    char text[TF_EXACT_TEXT];
    tf_exact_text(x, text);
    field(w, text);
}

static void hex(struct writing *w, tf_u128 x)
{
    char digit[33];
    size_t n = sizeof digit;
    digit[--n] = '\0';
    do {
        digit[--n] = "0123456789abcdef"[(unsigned)x & 15u];
        x >>= 4;
    } while (x != 0);
    tf_buf_add(&w->b, digit + n);
}

static void begin(struct writing *w, const char *word)
{
    tf_buf_add(&w->b, word);
}

static void end_line(struct writing *w)
{
    tf_buf_char(&w->b, '\n');
}

/* ---- Design --------------------------------------------------------------------------------- */

static void write_keys(struct writing *w, const char *word, const struct tf_design_part *part)
{
    for (size_t k = 0; part != NULL && k < part->n; k++) {
        begin(w, word);
        field(w, part->codes[k]->column->name);
        number(w, part->codes[k]->column->type == TF_NUMBER);
        end_line(w);
    }
}

static void write_key(struct writing *w, const struct tf_design_part *part, size_t row)
{
    for (size_t k = 0; part != NULL && k < part->n; k++)
        field(w, part->codes[k]->text[part->codes[k]->of[row]]);
}

static size_t *first_rows(struct tf_arena *a, const uint32_t *of, size_t n, size_t n_rows)
{
    size_t *first = TF_NEW_N(a, size_t, n + 1);
    for (size_t k = 0; k < n; k++)
        first[k] = SIZE_MAX;
    for (size_t row = n_rows; row-- > 0;)
        first[of[row]] = row;
    return first;
}

static enum tf_code write_strata(struct writing *w, bool by_rows, struct tf_err *reterr)
{
    const struct tf_survey *s = w->r->survey;
    const struct tf_stage *st = &s->stage[0];
    const struct tf_design_part *part = w->strata.n > 0 ? &w->strata.part[0] : NULL;
    const size_t *first = first_rows(w->r->arena, st->stratum, st->n_strata, s->n);
    size_t col = 0;
    if (w->fpc != NULL)
        TF_TRY(tf_table_need(w->r->t, tf_design_item(w->fpc, 0)->text, &col, reterr));
    size_t *rows = TF_NEW_N(w->r->arena, size_t, st->n_strata + 1);
    for (size_t row = 0; row < s->n; row++)
        rows[st->stratum[row]] += s->w[row] > 0;
    for (size_t h = 0; h < st->n_strata; h++) {
        double x = (double)NAN;
        begin(w, "stratum");
        number(w, by_rows ? st->stratum_units[h] : 0);
        number(w, rows[h]);
        if (w->fpc != NULL)
            (void)tf_value_number(&w->r->t->col[col], first[h], &x);
        field(w, w->fpc != NULL ? tf_double_text(w->r->arena, x) : NULL);
        write_key(w, part, first[h]);
        end_line(w);
    }
    return TF_OK;
}

static void write_units(struct writing *w)
{
    const struct tf_survey *s = w->r->survey;
    const struct tf_stage *st = &s->stage[0];
    const size_t *first = first_rows(w->r->arena, st->unit, st->n_units, s->n);
    size_t *rows = TF_NEW_N(w->r->arena, size_t, st->n_units + 1);
    for (size_t row = 0; row < s->n; row++)
        rows[st->unit[row]] += s->w[row] > 0;
    for (size_t i = 0; i < st->n_units; i++) {
        begin(w, "psu");
        number(w, st->unit_stratum[i]);
        number(w, rows[i]);
        write_key(w, &w->psu.part[0], first[i]);
        end_line(w);
    }
}

static enum tf_code write_design(struct writing *w, bool by_rows, struct tf_err *reterr)
{
    struct tf_runner *r = w->r;
    const struct tf_yaml *design = tf_yaml_get(r->root, "design");
    bool nest;
    struct tf_design_reader reader = {.arena = r->arena, .at = design, .dir = r->dir, .t = r->t,
                                      .s = r->survey};
    TF_TRY(tf_design_parts_read(&reader, "strata", "stratum", &w->strata, reterr));
    TF_TRY(tf_design_parts_read(&reader, "psu", "PSU", &w->psu, reterr));
    TF_TRY(tf_yaml_opt_bool(design, "nest", false, &nest, reterr));
    w->fpc = tf_yaml_get(design, "fpc");
    const char *rule;
    TF_TRY(tf_yaml_opt_text(design, "lonely_psu", "error", &rule, reterr));
    begin(w, "design");
    field(w, tf_replace(r->arena, r->survey->text, "lonely PSUs: remove",
                        tf_printf(r->arena, "lonely PSUs: %s", rule))); /* not the shard's own */
    field(w, by_rows ? "rows" : "psu");
    number(w, nest);
    number(w, w->fpc != NULL);
    end_line(w);
    write_keys(w, "stratum-key", w->strata.n > 0 ? &w->strata.part[0] : NULL);
    if (!by_rows)
        write_keys(w, "psu-key", &w->psu.part[0]);
    TF_TRY(write_strata(w, by_rows, reterr));
    if (!by_rows)
        write_units(w);
    return TF_OK;
}

/* ---- One estimate ---------------------------------------------------------------------------- */

static void write_names(struct writing *w, const struct tf_ask *ask, const struct tf_family *f)
{
    static const char *const of[] = {[TF_OF_SHARE] = "prop", [TF_OF_MEAN] = "mean",
                                     [TF_OF_TOTAL] = "total"};
    begin(w, "estimate");
    field(w, ask->id);
    field(w, of[f->of]);
    tf_buf_printf(&w->b, "\t%d", f->source.exponent);
    end_line(w);
    for (size_t k = 0; k < ask->n_by; k++) {
        const size_t col = tf_table_find(w->r->t, ask->by[k]);
        begin(w, "by");
        field(w, ask->by[k]);
        number(w, w->r->t->col[col].type == TF_NUMBER);
        end_line(w);
    }
    for (size_t d = 0; d < f->n_domains; d++) {
        begin(w, "domain");
        for (size_t k = 0; f->by[d] != NULL && k < f->n_by; k++) {
            field(w, f->by[d][k].value);
            field(w, f->by[d][k].label);
        }
        end_line(w);
    }
    for (size_t v = 0; v < f->n_vars; v++) {
        const struct tf_family_var *var = &f->var[v];
        begin(w, "var");
        field(w, var->name);
        field(w, var->label);
        number(w, var->flags);
        field(w, var->number ? "number" : var->numbers_as_codes ? "codes" : "words");
        end_line(w);
        for (size_t c = 0; c < var->n && !var->number; c++) {
            begin(w, "category");
            field(w, var->text[c]);
            field(w, var->text_label[c]);
            end_line(w);
        }
    }
}

/* Cells by number: first cell of the variable and category. */
static void write_cells(struct writing *w, const struct tf_family *f,
                        const struct tf_gathering *g, size_t d)
{
    const struct tf_layout *l = f->source.layout;
    for (size_t v = 0; v < l->n_vars; v++)
        for (size_t c = 0; l->first[v] + c < l->first[v + 1]; c++) {
            const size_t at = d * l->cells8 + tf_layout_cell(l, v, c);
            if (g->count[at] == 0)
                continue;
            tf_buf_printf(&w->b, "\t%zu:%u:", l->first[v] + c, g->count[at]);
            hex(w, g->sum[0][at]);
            if (!f->source.by_rows)
                continue;
            tf_buf_char(&w->b, ':');
            hex(w, g->sum[1][at]);
        }
}

static void write_sums(struct writing *w, const struct tf_family *f)
{
    const struct tf_source *s = &f->source;
    const struct tf_gathering g = tf_gathering_new(w->r->arena, s);
    for (size_t u = 0; u < s->n_units; u++) {
        tf_gather(s, u, &g);
        for (size_t d = 0; d < f->n_domains; d++) {
            if (g.rows[d] == 0)
                continue;
            begin(w, "sums");
            number(w, f->packed->unit_of[u]);
            number(w, d);
            number(w, g.rows[d]);
            write_cells(w, f, &g, d);
            end_line(w);
        }
    }
}

static void write_squares(struct writing *w, const struct tf_family *f)
{
    const struct tf_layout *l = f->source.layout;
    struct tf_exact *square;
    if (l->n_vars == 0 || f->n_domains == 0)
        return;
    struct tf_onepass *o = tf_onepass_new(w->r->arena, l, f->n_domains);
    tf_onepass_squares(w->r->arena, f->packed, o, false, &square);
    for (size_t v = 0, own = 0; v < f->n_vars; own += !f->var[v++].number)
        for (size_t d = 0; d < f->n_domains && !f->var[v].number; d++) {
            begin(w, "squares");
            number(w, v);
            number(w, d);
            exact(w, &square[own * f->n_domains + d]);
            end_line(w);
        }
}

static void write_numbers(struct writing *w, const struct tf_family *f)
{
    const struct tf_source *s = &f->source;
    for (size_t v = 0; v < f->n_vars; v++)
        for (size_t d = 0; d < f->n_domains && f->var[v].number; d++) {
            const struct tf_number_all *all = &f->all[f->var[v].cell * f->n_domains + d];
            if (isnan(all->low))
                continue;
            begin(w, "number");
            number(w, v);
            number(w, d);
            exact(w, &all->wyy);
            exact(w, &all->ww);
            real(w, all->low);
            real(w, all->high);
            end_line(w);
            for (size_t u = 0; u < s->n_units; u++) {
                const struct tf_number_sum *sum =
                    &f->number[(f->var[v].cell * f->n_domains + d) * s->n_units + u];
                if (sum->n == 0)
                    continue;
                begin(w, "value");
                number(w, v);
                number(w, f->packed->unit_of[u]);
                number(w, d);
                number(w, sum->n);
                exact(w, &sum->w);
                exact(w, &sum->v);
                exact(w, &sum->vv);
                exact(w, &sum->vw);
                exact(w, &sum->ww);
                end_line(w);
            }
        }
}

/* ---- All of it ------------------------------------------------------------------------------ */

const struct tf_yaml *tf_shard_design(struct tf_arena *arena, const struct tf_yaml *design)
{
    if (design == NULL || design->kind != TF_YAML_MAP)
        return design;
    struct tf_yaml *copy = TF_NEW(arena, struct tf_yaml), *word = TF_NEW(arena, struct tf_yaml);
    *copy = *design;
    copy->key = TF_NEW_N(arena, struct tf_yaml *, design->n + 1);
    copy->item = TF_NEW_N(arena, struct tf_yaml *, design->n + 1);
    copy->n = 0;
    for (size_t k = 0; k < design->n; k++) {
        const bool rule = strcmp(design->key[k]->text, "lonely_psu") == 0;
        const bool stops = rule && design->item[k]->kind == TF_YAML_SCALAR &&
                           strcmp(design->item[k]->text, "error") == 0;
        if (stops)
            continue;
        copy->key[copy->n] = design->key[k];
        copy->item[copy->n++] = design->item[k];
    }
    if (tf_yaml_get(copy, "lonely_psu") != NULL)
        return copy;
    *word = (struct tf_yaml){.kind = TF_YAML_SCALAR, .file = design->file, .line = design->line,
                             .column = design->column, .text = "lonely_psu"};
    copy->key[copy->n] = word;
    struct tf_yaml *remove = TF_NEW(arena, struct tf_yaml);
    *remove = *word;
    remove->text = "remove"; /* the join looks at the whole, with the rule of the recipe */
    copy->item[copy->n++] = remove;
    return copy;
}

enum tf_code tf_partial_write(struct tf_arena *arena, const char *recipe, const char *shard,
                              unsigned threads, const char *out, struct tf_err *reterr)
{
    struct tf_recipe_run *run;
    struct writing w = {.b = {.arena = arena}};
    struct tf_bytes text;
    const struct tf_recipe_opt opt = {.threads = threads, .shard = shard};
    TF_TRY(tf_runner_open(arena, recipe, opt, &w.r, &run, reterr));
    TF_TRY(can_be_split(&w, reterr));
    TF_TRY(tf_file_read_text(arena, recipe, (size_t)16 << 20, &text, reterr));
    const bool by_rows = tf_design_by_rows(w.r->root);
    tf_buf_printf(&w.b, "trefoil-part\t%d\n", TF_PART_VERSION);
    begin(&w, "recipe");
    field(&w, tf_path_name(recipe));
    field(&w, run->recipe_hash);
    field(&w, text.data);
    end_line(&w);
    begin(&w, "data");
    field(&w, tf_path_name(shard));
    field(&w, run->data_hash);
    end_line(&w);
    TF_TRY(write_design(&w, by_rows, reterr));
    const struct tf_yaml *list = tf_yaml_get(w.r->root, "estimates");
    for (size_t k = 0; k < list->n; k++) {
        struct tf_ask ask = {0};
        struct tf_family *f;
        enum tf_interval_of of;
        TF_TRY(stat_of(list->item[k], &of, reterr));
        TF_TRY(tf_ask_read(arena, list->item[k], &ask, reterr));
        TF_TRY(tf_family_from_rows(w.r, &ask, of, &f, reterr));
        write_names(&w, &ask, f);
        write_sums(&w, f);
        write_squares(&w, f);
        write_numbers(&w, f);
    }
    tf_buf_add(&w.b, "end\n");
    return tf_file_write(out, tf_buf_text(&w.b), w.b.n, reterr);
}
