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
 *   trefoil tell check XC --study demo-study
 *   trefoil tell tables XA --study demo-study
 */
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
        tf_say("{\"html\":\"%s\",\"pdf\":\"%s\",\"tables\":\"%s\",\"pages\":%zu,\"figures\":%zu,"
               "\"tables_n\":%zu,\"numbers\":%zu,\"overfull\":%zu,\"release\":\"%s\"}\n",
               told.html, told.pdf, told.tables, told.pages, told.figures, told.tables_n,
               told.numbers, told.overfull, told.hash);
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

static const char *list(struct tf_arena *a, const struct tf_figure *f, bool columns)
{
    struct tf_buf out = {.arena = a};
    for (size_t k = 0; k < f->n_cells; k++) {
        const char *name = columns ? f->cell[k].col : f->cell[k].row;
        bool seen = name == NULL;
        for (size_t j = 0; !seen && j < k; j++) {
            const char *other = columns ? f->cell[j].col : f->cell[j].row;
            seen = other != NULL && strcmp(other, name) == 0;
        }
        if (!seen)
            tf_buf_printf(&out, "%s%s", out.n == 0 ? "" : " ", name);
    }
    return tf_buf_text(&out);
}

static enum tf_code tell_tables(struct tf_run *run, const struct words *w, struct tf_err *reterr)
{
    struct tf_release *r;
    TF_TRY(tf_release_read(run->arena, w->study->dir, w->country, &r, reterr));
    if (run->json)
        tf_say("[");
    for (size_t k = 0; k < r->n_figures; k++) {
        const struct tf_figure *f = &r->figure[k];
        if (run->json)
            tf_say("%s{\"figure\":\"%s\",\"rows\":\"%s\",\"columns\":\"%s\"}", k == 0 ? "" : ",\n ",
                   f->id, list(run->arena, f, false), list(run->arena, f, true));
        else
            tf_say("%s: %s\n  rows     %s\n  columns  %s\n", f->id,
                   f->title == NULL ? "" : f->title, list(run->arena, f, false),
                   list(run->arena, f, true));
    }
    if (run->json)
        tf_say("]\n");
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
        if (tf_study_country(study, w.country) == NULL) {
            (void)tf_fail(reterr, TF_E_USAGE, "the study has no country '%s'", w.country);
            return tf_help(reterr, "Countries stand in study.yaml.");
        }
        return acts[k].act(run, &w, reterr);
    }
    return tf_usage(run, reterr, "there is no 'tell %s'", word[0]);
}
