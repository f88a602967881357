/* trefoil trace: walk from anything printed back to where it came from
 *
 * usage: trefoil trace REF [--country XB] [--json]
 *
 * REF is anything a reader can point at: a number as printed ("16 %"), a reference of the text
 * (exp.ocsea_any sex=girls), the id of an evidence card (ev-exp-ocsea-any-sex-2), a figure or series,
 * a quote, a law, a claim, or an evidence id. A printed text lists every place that prints it.
 *
 * The walk: sentence -> claim -> figure -> estimate -> recipe and dataset -> question in each
 * language; quote -> passage -> transcript -> consent; count -> series -> source with unit, counting
 * rule, vintage, caveat and grade; law -> article and date.
 *
 * examples:
 *   trefoil trace "16 %" --country XB --study demo-study
 *   trefoil trace exp.ocsea_any sex=girls --country XB --study demo-study
 *   trefoil trace Q-where --study demo-study
 */
#include <string.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "serve/serve.h"

static void say_walk(struct tf_run *run, const struct tf_walk *walk)
{
    for (size_t k = 0; k < walk->n; k++) {
        const struct tf_step *s = &walk->step[k];
        for (int d = 0; d < s->depth; d++)
            tf_say("    ");
        tf_say("%s%s%s", run->colour ? "\033[1m" : "", s->kind, run->colour ? "\033[0m" : "");
        if (s->file != NULL)
            tf_say(" %s", s->file);
        if (s->file != NULL && s->line > 0)
            tf_say(":%zu", s->line);
        if (!tf_is_blank(s->text))
            tf_say("  %s", s->text);
        if (s->id != NULL)
            tf_say("  [%s]", s->id);
        tf_say("\n");
    }
}

static json_t *walk_json(const char *country, const struct tf_walk *walk)
{
    json_t *steps = json_array();
    for (size_t k = 0; k < walk->n; k++) {
        const struct tf_step *s = &walk->step[k];
        (void)json_array_append_new(
            steps, json_pack("{s:i, s:s, s:s?, s:s?, s:I, s:s?}", "depth", s->depth, "kind", s->kind,
                             "text", s->text, "file", s->file, "line", (json_int_t)s->line, "id",
                             s->id));
    }
    return json_pack("{s:s, s:o}", "country", country, "steps", steps);
}

static enum tf_code nothing(const struct tf_study *study, const char *ref, const char *country,
                            struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_USAGE, "'%s' is not printed or named in %s%s", ref,
                  country != NULL ? "the release of " : "any release of ",
                  country != NULL ? country : study->dir);
    return tf_help(reterr, "`trefoil protect show COUNTRY` lists figures; a printed number is written "
                           "as it stands in the report, such as \"16 %%\".");
}

enum tf_code cmd_trace(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, **word, **code = &country;
    size_t n, n_countries = 1, found = 0;
    struct tf_study *study;
    const struct tf_option options[] = {{.name = "--country", .text = &country}};
    TF_TRY(tf_options(run, options, 1, &word, &n, reterr));
    if (n == 0)
        return tf_usage(run, reterr, "say what to trace: a printed number, a reference, an id");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    if (country != NULL)
        TF_TRY(tf_need_country(run->arena, study, country, reterr));
    if (country == NULL)
        TF_TRY(tf_release_countries(run->arena, study->dir, &code, &n_countries, reterr));
    if (n_countries == 0) {
        (void)tf_fail(reterr, TF_E_STALE, "nothing has been released in this study");
        return tf_help(reterr, "`trefoil tell report COUNTRY` walks the whole way first.");
    }
    const char *ref = word[0];
    for (size_t k = 1; k < n; k++)
        ref = tf_printf(run->arena, "%s %s", ref, word[k]);
    json_t *list = run->json ? json_array() : NULL;
    for (size_t k = 0; k < n_countries; k++) {
        struct tf_walker walker;
        struct tf_walk walk = {.arena = run->arena};
        const enum tf_code opened = tf_walker_open(run->arena, study, code[k], &walker, reterr);
        if (opened != TF_OK) {
            json_decref(list);
            return opened;
        }
        if (!tf_walk_ref(&walker, ref, &walk))
            continue;
        found++;
        if (run->json)
            (void)json_array_append_new(list, walk_json(code[k], &walk));
        else
            tf_say("%s%s\n", found > 1 ? "\n" : "", code[k]);
        if (!run->json)
            say_walk(run, &walk);
    }
    if (found == 0) {
        json_decref(list);
        return nothing(study, ref, country, reterr);
    }
    if (run->json)
        tf_say_json(list);
    return TF_OK;
}
