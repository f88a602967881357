/* What a recipe gave, as tables: for people, as CSV and as a workbook.
 *
 * For people shares are in percent and columns that nobody filled are left out. In files numbers
 * stand as they are (shares 0..1), one item a row. */
#include <math.h>
#include <string.h>

#include "base/xlsx.h"
#include "cmd/measure.h"

/* ---- As tables ---------------------------------------------------------------------------- */

struct grid { /* cells of one result, filled column by column */
    struct tf_arena *arena;
    const struct tf_result *r;
    size_t rows, cols;
    const char **cell[64]; /* [cols][rows + 1] */
    bool people;
};

static const char *plain(struct tf_arena *arena, double x)
{
    return isfinite(x) ? tf_double_text(arena, x) : "";
}

static const char *shown(const struct grid *g, double x, double scale, int decimals)
{
    struct tf_buf b = {.arena = g->arena};
    if (!g->people)
        return plain(g->arena, x);
    if (!isfinite(x))
        return "";
    const double size = fabs(x * scale);
    tf_buf_fixed(&b, x * scale, size >= 1e6 ? 0 : size >= 1000 && decimals > 1 ? 1 : decimals);
    return tf_buf_text(&b);
}

static const char *shown_p(const struct grid *g, double p)
{
    return g->people && p < 0.00005 ? "<0.0001" : shown(g, p, 1, 4);
}

static const char **add_column(struct grid *g, const char *head)
{
    if (g->cols >= sizeof g->cell / sizeof g->cell[0])
        return NULL;
    const char **cell = TF_NEW_N(g->arena, const char *, g->rows + 1);
    cell[0] = head;
    for (size_t k = 1; k <= g->rows; k++)
        cell[k] = "";
    g->cell[g->cols++] = cell;
    return cell + 1;
}

/* A column that nobody filled says nothing to people; files keep the same columns for each result. */
static void drop_if_empty(struct grid *g)
{
    if (!g->people || g->cols == 0)
        return;
    for (size_t k = 1; k <= g->rows; k++)
        if (g->cell[g->cols - 1][k][0] != '\0')
            return;
    g->cols--;
}

/* The part of item k that lies at an offset (offsetof), copied to `to`. */
static void part_of(const struct grid *g, size_t k, size_t offset, void *to, size_t size)
{
    memcpy(to, (const char *)&g->r->item[k] + offset, size);
}

static void add_texts(struct grid *g, const char *head, size_t offset)
{
    const char **to = add_column(g, head);
    for (size_t k = 0; to != NULL && k < g->rows; k++) {
        const char *s;
        part_of(g, k, offset, &s, sizeof s);
        to[k] = s != NULL ? s : "";
    }
    drop_if_empty(g);
}

static void add_numbers(struct grid *g, const char *head, size_t offset, double scale, int decimals)
{
    const char **to = add_column(g, head);
    for (size_t k = 0; to != NULL && k < g->rows; k++) {
        double x;
        part_of(g, k, offset, &x, sizeof x);
        to[k] = shown(g, x, scale, decimals);
    }
    drop_if_empty(g);
}

static void add_p(struct grid *g)
{
    const char **to = add_column(g, "p");
    for (size_t k = 0; to != NULL && k < g->rows; k++)
        to[k] = shown_p(g, g->r->item[k].p);
    drop_if_empty(g);
}

static void add_counts(struct grid *g, const char *head, size_t offset)
{
    const char **to = add_column(g, head);
    for (size_t k = 0; to != NULL && k < g->rows; k++) {
        size_t n;
        part_of(g, k, offset, &n, sizeof n);
        to[k] = tf_printf(g->arena, "%zu", n);
    }
}

static void add_domains(struct grid *g)
{
    const size_t n_by = g->rows > 0 ? g->r->item[0].n_by : 0;
    for (size_t b = 0; b < n_by; b++) {
        const char **to = add_column(g, g->r->item[0].by[b].var);
        for (size_t k = 0; to != NULL && k < g->rows; k++)
            if (b < g->r->item[k].n_by) {
                const struct tf_by *by = &g->r->item[k].by[b];
                to[k] = by->label != NULL && g->people
                            ? tf_printf(g->arena, "%s %s", by->value, by->label)
                            : by->value;
            }
    }
}

static void add_intervals(struct grid *g, double scale, int decimals)
{
    size_t most = 0, which = 0;
    for (size_t k = 0; k < g->rows; k++)
        if (g->r->item[k].n_ci > most) {
            most = g->r->item[k].n_ci;
            which = k;
        }
    for (size_t c = 0; c < most; c++) {
        const char *word = g->r->item[which].ci[c].method;
        const char **lo = add_column(g, tf_printf(g->arena, "low (%s)", word));
        const char **hi = add_column(g, tf_printf(g->arena, "high (%s)", word));
        for (size_t k = 0; hi != NULL && k < g->rows; k++)
            if (c < g->r->item[k].n_ci) {
                lo[k] = shown(g, g->r->item[k].ci[c].lo, scale, decimals);
                hi[k] = shown(g, g->r->item[k].ci[c].hi, scale, decimals);
            }
    }
}

static void add_flags(struct grid *g)
{
    const char **to = add_column(g, "flags");
    for (size_t k = 0; to != NULL && k < g->rows; k++) {
        const struct tf_item *i = &g->r->item[k];
        struct tf_buf b = {.arena = g->arena};
        for (const char **word = tf_estimate_flags(g->arena, i->flags); *word != NULL; word++)
            tf_buf_printf(&b, "%s%s", b.n > 0 ? " " : "", *word);
        for (size_t p = 0; p < i->n_policy; p++)
            tf_buf_printf(&b, "%s%s", b.n > 0 ? " " : "", i->policy[p]);
        to[k] = tf_buf_text(&b);
    }
    drop_if_empty(g);
}

static bool is_share(const struct tf_result *r)
{
    return strcmp(r->stat, "prop") == 0 || strcmp(r->stat, "crosstab") == 0;
}

static struct grid item_grid(struct tf_arena *arena, const struct tf_result *r, bool people)
{
    struct grid g = {.arena = arena, .r = r, .rows = r->n, .people = people};
    const double scale = people && is_share(r) ? 100 : 1;
    const int decimals = is_share(r) ? 2 : 4;
    if (!people)
        add_texts(&g, "name", offsetof(struct tf_item, name));
    add_texts(&g, "variable", offsetof(struct tf_item, var));
    add_texts(&g, "category", offsetof(struct tf_item, category));
    add_texts(&g, "label", offsetof(struct tf_item, label));
    add_texts(&g, "term", offsetof(struct tf_item, term));
    add_numbers(&g, "quantile", offsetof(struct tf_item, quantile), 1, 3);
    add_domains(&g);
    if (people && g.cols == 0)
        add_texts(&g, "name", offsetof(struct tf_item, name));
    add_counts(&g, "n", offsetof(struct tf_item, n));
    add_counts(&g, "base", offsetof(struct tf_item, base));
    add_counts(&g, "PSUs", offsetof(struct tf_item, psu));
    add_numbers(&g, scale > 1 ? "%" : "estimate", offsetof(struct tf_item, estimate), scale,
                decimals);
    add_numbers(&g, "se", offsetof(struct tf_item, se), scale, decimals);
    add_intervals(&g, scale, decimals);
    add_numbers(&g, "deff", offsetof(struct tf_item, deff), 1, 2);
    add_numbers(&g, "df", offsetof(struct tf_item, df), 1, 0);
    add_numbers(&g, "statistic", offsetof(struct tf_item, statistic), 1, 3);
    add_p(&g);
    add_flags(&g);
    return g;
}

/* The columns of a grid as rows, for printing and files. */
static const char **turned(const struct grid *g)
{
    const char **cell = TF_NEW_N(g->arena, const char *, (g->rows + 1) * g->cols);
    for (size_t row = 0; row <= g->rows; row++)
        for (size_t c = 0; c < g->cols; c++)
            cell[row * g->cols + c] = g->cell[c][row];
    return cell;
}

static const char *test_domain(struct tf_arena *arena, const struct tf_test *t)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < t->n_by; k++)
        tf_buf_printf(&b, "%s%s = %s", k > 0 ? ", " : "", t->by[k].var, t->by[k].value);
    return tf_buf_text(&b);
}

enum { TEST_COLUMNS = 7 };
static const char **test_cells(struct tf_arena *arena, const struct tf_result *r, bool people)
{
    static const char *const head[TEST_COLUMNS] = {"test", "term", "domain", "statistic",
                                                   "df",   "ddf",  "p"};
    const char **cell = TF_NEW_N(arena, const char *, (r->n_tests + 1) * TEST_COLUMNS);
    const struct grid g = {.arena = arena, .people = people};
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < r->n_tests; k++) {
        const struct tf_test *t = &r->test[k];
        const char *row[TEST_COLUMNS] = {t->name, t->term != NULL ? t->term : "",
                                         test_domain(arena, t), shown(&g, t->statistic, 1, 4),
                                         shown(&g, t->df, 1, 2), shown(&g, t->ddf, 1, 2),
                                         shown_p(&g, t->p)};
        memcpy(cell + (k + 1) * TEST_COLUMNS, row, sizeof row);
    }
    return cell;
}

/* ---- For people --------------------------------------------------------------------------- */

static void say_people(struct tf_arena *arena, const struct tf_recipe_run *r)
{
    if (r->design != NULL)
        tf_say("%s\n", r->design);
    tf_say("%zu cases, %zu strata, %zu PSUs, %s degrees of freedom", r->n, r->n_strata, r->n_psu,
           plain(arena, r->df));
    if (r->n_replicates > 0)
        tf_say(", %zu replicates", r->n_replicates);
    tf_say("\n");
    for (size_t k = 0; k < r->n_steps; k++)
        tf_say("weights %zu: %s\n", k + 1, r->step[k].text);
    for (size_t k = 0; k < r->n_results; k++) {
        const struct tf_result *result = &r->result[k];
        tf_say("\n%s (%s)\n", result->id, result->stat);
        const struct grid g = item_grid(arena, result, true);
        if (g.rows > 0)
            tf_say_table(arena, turned(&g), g.rows + 1, g.cols);
        if (result->n_tests > 0)
            tf_say_table(arena, test_cells(arena, result, true), result->n_tests + 1,
                         TEST_COLUMNS);
        for (size_t n = 0; n < result->n_notes; n++)
            tf_say("  %s\n", result->note[n]);
    }
}

/* ---- Files -------------------------------------------------------------------------------- */

static void csv_rows(struct tf_buf *b, const char *id, const char *const *cell, size_t rows,
                     size_t cols)
{
    for (size_t row = 0; row < rows; row++) {
        tf_buf_csv(b, row == 0 ? "id" : id);
        for (size_t c = 0; c < cols; c++) {
            tf_buf_char(b, ',');
            tf_buf_csv(b, cell[row * cols + c]);
        }
        tf_buf_char(b, '\n');
    }
}

/* Tables of different statistics have different columns: each has its header, and a blank line
 * stands between two. */
static enum tf_code write_csv(struct tf_arena *arena, const struct tf_recipe_run *r,
                              const char *path, struct tf_err *reterr)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < r->n_results; k++) {
        const struct tf_result *result = &r->result[k];
        const struct grid g = item_grid(arena, result, false);
        if (k > 0)
            tf_buf_add(&b, "\n");
        csv_rows(&b, result->id, turned(&g), g.rows + 1, g.cols);
        if (result->n_tests > 0) {
            tf_buf_add(&b, "\n");
            csv_rows(&b, result->id, test_cells(arena, result, false), result->n_tests + 1,
                     TEST_COLUMNS);
        }
    }
    return tf_file_write(path, tf_buf_text(&b), b.n, reterr);
}

static enum tf_code write_xlsx(struct tf_arena *arena, const struct tf_recipe_run *r,
                               const char *path, struct tf_err *reterr)
{
    struct tf_sheet *sheet = TF_NEW_N(arena, struct tf_sheet, r->n_results * 2);
    size_t n = 0;
    for (size_t k = 0; k < r->n_results; k++) {
        const struct tf_result *result = &r->result[k];
        const struct grid g = item_grid(arena, result, false);
        sheet[n++] = (struct tf_sheet){tf_printf(arena, "%zu %.24s", k + 1, result->id),
                                       g.rows + 1, g.cols, turned(&g)};
        if (result->n_tests > 0)
            sheet[n++] = (struct tf_sheet){tf_printf(arena, "%zu tests", k + 1),
                                           result->n_tests + 1, TEST_COLUMNS,
                                           test_cells(arena, result, false)};
    }
    return tf_xlsx_write(path, sheet, n, true, reterr);
}

enum tf_code tf_say_results(struct tf_run *run, const struct tf_recipe_run *r, const char *out,
                            struct tf_err *reterr)
{
    if (out != NULL)
        TF_TRY(tf_ends(out, ".xlsx") ? write_xlsx(run->arena, r, out, reterr)
                                     : write_csv(run->arena, r, out, reterr));
    if (run->json)
        tf_say_recipe_json(run->arena, r);
    else
        say_people(run->arena, r);
    return TF_OK;
}

enum tf_code tf_run_recipe(struct tf_run *run, const struct tf_recipe_say *say,
                           struct tf_err *reterr)
{
    struct tf_recipe_opt opt = {.threads = 1, .study = run->study};
    struct tf_recipe_run *r;
    struct tf_buf csv = {.arena = run->arena};
    int64_t threads = 1;
    if (say->threads != NULL && (!tf_parse_int(say->threads, &threads) || threads < 1 ||
                                 threads > 64))
        return tf_usage(run, reterr, "--threads is a whole number from 1 to 64, not '%s'",
                        say->threads);
    if (say->out != NULL && !tf_ends(say->out, ".csv") && !tf_ends(say->out, ".xlsx"))
        return tf_usage(run, reterr, "-o names a .csv or .xlsx file, not '%s'", say->out);
    opt.threads = (unsigned)threads;
    TF_TRY(tf_measure_recipe(run->arena, say->recipe, opt, &r, reterr));
    if (say->weights != NULL) {
        tf_table_csv(r->table, &csv);
        TF_TRY(tf_file_write(say->weights, tf_buf_text(&csv), csv.n, reterr));
    }
    return tf_say_results(run, r, say->out, reterr);
}
