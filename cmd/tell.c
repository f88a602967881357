/* trefoil tell: write a country's report, check its texts, list what can be cited
 *
 * usage: trefoil tell report COUNTRY [--study DIR] [--lang en] [--out DIR] [--json]
 *        trefoil tell check COUNTRY [--study DIR] [--json]
 *        trefoil tell tables COUNTRY [--study DIR] [--json]
 *
 * report   brings what the report rests on up to date (data, estimates, release), then writes
 *          report.html, report.pdf, tables.xlsx, a CSV a table and manifest.json into
 *          out/COUNTRY of the study, or into --out. A reference that is unknown, withheld or not
 *          backed, and a number typed by hand, stop it with file, line and column; then nothing
 *          is written.
 * check    says all faults of the report's texts and claims at once and writes nothing.
 * tables   lists the released figures with their rows and columns: what {{ est … }} can name.
 *
 * examples:
 *   trefoil tell report XA --study demo-study
 *   trefoil tell check XA --study demo-study
 *   trefoil tell tables XA --study demo-study
 */
#include <jansson.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "protect/protect.h"
#include "relate/relate.h"
#include "tell/tell.h"

struct words {
    const char *lang, *out, *country;
    const struct tf_study *study;
};

static enum tf_code tell_report(struct tf_run *run, const struct words *w, struct tf_err *reterr)
{
    struct tf_told told;
    TF_TRY(tf_way_refresh(run->arena, w->study, w->country, reterr));
    TF_TRY(tf_tell_report(run->arena, w->study, w->country, w->lang, w->out, &told, reterr));
    if (run->json) {
        tf_say_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "html", told.html,
                              "pdf", told.pdf, "tables", told.tables, "pages",
                              (json_int_t)told.pages, "figures", (json_int_t)told.figures,
                              "tables_n", (json_int_t)told.tables_n, "numbers",
                              (json_int_t)told.numbers, "overfull", (json_int_t)told.overfull,
                              "release", told.hash));
        return TF_OK;
    }
    tf_say("%s: %zu pages, %zu figures, %zu tables, %zu numbers that link to their evidence.\n",
           w->country, told.pages, told.figures, told.tables_n, told.numbers);
    tf_say("  %s\n  %s\n  %s/\n", told.html, told.pdf, told.tables);
    if (told.overfull > 0)
        tf_say("  %zu lines are wider than their column.\n", told.overfull);
    return TF_OK;
}

static enum tf_code tell_check(struct tf_run *run, const struct words *w, struct tf_err *reterr)
{
    struct tf_notices notices = {.arena = run->arena};
    struct tf_release *release;
    TF_TRY(tf_release_read(run->arena, w->study->dir, w->country, &release, reterr));
    tf_relate_check(run->arena, w->study, w->country, release, &notices);
    tf_tell_check(run->arena, w->study, w->country, release, &notices);
    if (notices.n == 0 && !run->json)
        tf_say("%s: no fault found in the report's texts.\n", w->country);
    return tf_say_notices(run, &notices, reterr);
}

/* The rows or columns of a figure, each once, in the order of its cells. */
static json_t *names(const struct tf_figure *f, bool columns)
{
    json_t *list = json_array();
    for (size_t k = 0; k < f->n_cells; k++) {
        const char *name = columns ? f->cell[k].col : f->cell[k].row;
        bool seen = name == NULL;
        for (size_t j = 0; !seen && j < k; j++)
            seen = tf_streq(columns ? f->cell[j].col : f->cell[j].row, name);
        if (!seen)
            (void)json_array_append_new(list, json_string(name));
    }
    return list;
}

static void say_names(const char *what, const json_t *list)
{
    tf_say("  %-7s ", what);
    for (size_t k = 0; k < json_array_size(list); k++)
        tf_say(" %s", json_string_value(json_array_get(list, k)));
    tf_say("\n");
}

static enum tf_code tell_tables(struct tf_run *run, const struct words *w, struct tf_err *reterr)
{
    struct tf_release *r;
    TF_TRY(tf_release_read(run->arena, w->study->dir, w->country, &r, reterr));
    json_t *all = json_array();
    for (size_t k = 0; k < r->n_figures; k++) {
        const struct tf_figure *f = &r->figure[k];
        json_t *rows = names(f, false), *columns = names(f, true);
        if (!run->json) {
            tf_say("%s: %s\n", f->id, f->title == NULL ? "" : f->title);
            say_names("rows", rows);
            say_names("columns", columns);
        }
        (void)json_array_append_new(all, json_pack("{s:s, s:s?, s:o, s:o}", "figure", f->id, "title",
                                                   f->title, "rows", rows, "columns", columns));
    }
    if (run->json)
        tf_say_json(all);
    else
        json_decref(all);
    return TF_OK;
}

enum tf_code cmd_tell(struct tf_run *run, struct tf_err *reterr)
{
    static const struct {
        const char *name;
        enum tf_code (*act)(struct tf_run *, const struct words *, struct tf_err *);
    } acts[] = {{"report", tell_report}, {"check", tell_check}, {"tables", tell_tables}};
    struct words w = {.lang = "en"};
    const struct tf_option options[] = {{.name = "--lang", .text = &w.lang},
                                        {.name = "--out", .text = &w.out}};
    const char **word;
    size_t n;
    struct tf_study *study;
    TF_TRY(tf_options(run, options, sizeof options / sizeof *options, &word, &n, reterr));
    if (n != 2)
        return tf_usage(run, reterr, "say what to do and for which country");
    for (size_t k = 0; k < sizeof acts / sizeof *acts; k++) {
        if (strcmp(word[0], acts[k].name) != 0)
            continue;
        TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
        w.study = study;
        w.country = word[1];
        TF_TRY(tf_need_country(run->arena, study, w.country, reterr));
        return acts[k].act(run, &w, reterr);
    }
    return tf_usage(run, reterr, "there is no 'tell %s'", word[0]);
}
