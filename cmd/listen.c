/* trefoil listen: interviews and law
 *
 *     trefoil listen import --country XA    transcripts, participants, codebook, segments, legal grid
 *     trefoil listen check  --country XA    every fault of those files; stores nothing
 *     trefoil listen codes  --country XA    how many participants of each role speak of each code
 *     trefoil listen quotes --country XA    passages proposed for print, and whether they may be
 *
 * The study names the files (docs/FORMATS.md, "Context files"). An import judges all of them before it
 * stores anything: each passage must equal the text at its offsets, each transcript needs a
 * participant with consent switches. Who withdrew, or did not agree to use, is left out at once: turn the
 * switch in the file and import again.
 *
 * The table of codes counts participants of a chosen sample; it does not say how common anything is.
 * The list of quotes shows passages only where the participant agreed to be quoted.
 *
 * Example:
 *     trefoil listen codes --country XB --study demo-study
 *
 * Options: --country CODE; --json prints one object. */
#include <jansson.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "listen/listen.h"

static void say_codes(struct tf_run *run, const struct tf_listened *l)
{
    double *count;
    const char **role;
    size_t n;
    tf_code_by_case(run->arena, l, &count, &role, &n);
    if (run->json) {
        json_t *codes = json_array();
        for (size_t k = 0; k < l->n_codes; k++) {
            json_t *by = json_object();
            for (size_t r = 0; r < n; r++)
                (void)json_object_set_new(by, role[r],
                                          json_integer((json_int_t)count[k * n + r]));
            (void)json_array_append_new(codes, json_pack("{s:s, s:s, s:s, s:o}", "code",
                                                         l->code[k].id, "label", l->code[k].label,
                                                         "theme", l->code[k].theme,
                                                         "participants", by));
        }
        tf_say_json(json_pack("{s:o}", "codes", codes));
        return;
    }
    const size_t cols = n + 2;
    const char **cell = TF_NEW_N(run->arena, const char *, (l->n_codes + 1) * cols);
    cell[0] = "code";
    cell[1] = "label";
    for (size_t r = 0; r < n; r++)
        cell[2 + r] = role[r];
    for (size_t k = 0; k < l->n_codes; k++) {
        const char **row = cell + (k + 1) * cols;
        row[0] = l->code[k].id;
        row[1] = l->code[k].label;
        for (size_t r = 0; r < n; r++)
            row[2 + r] = tf_double_text(run->arena, count[k * n + r]);
    }
    tf_say_table(run->arena, cell, l->n_codes + 1, cols);
    tf_say("\nParticipants who speak of it; each counts once. A chosen sample: not how common it is.\n");
}

static const struct tf_participant *participant(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_participants; k++)
        if (tf_streq(l->participant[k].id, id))
            return &l->participant[k];
    return NULL;
}

static void say_quotes(struct tf_run *run, const struct tf_listened *l)
{
    json_t *list = run->json ? json_array() : NULL;
    for (size_t k = 0; k < l->n_segments; k++) {
        const struct tf_segment *g = &l->segment[k];
        if (g->quote == NULL)
            continue;
        const char *barred = tf_quote_barred(participant(l, g->participant));
        const char *text = barred == NULL ? g->text : NULL;
        if (run->json)
            (void)json_array_append_new(
                list, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "quote", g->quote, "segment",
                                g->id, "participant", g->participant, "code", g->code, "barred",
                                barred, "text", text));
        else if (barred != NULL)
            tf_say("%s  may not be printed: %s\n", g->quote, barred);
        else
            tf_say("%s  %s, %s\n    “%s”\n", g->quote, g->participant, g->code, g->text);
    }
    if (run->json)
        tf_say_json(json_pack("{s:o}", "quotes", list));
}

static void say_import(struct tf_run *run, const struct tf_listened *l, bool changed)
{
    if (run->json)
        tf_say_json(json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "changed", changed, "participants",
                       (json_int_t)l->n_participants, "transcripts", (json_int_t)l->n_transcripts,
                       "codes", (json_int_t)l->n_codes, "segments", (json_int_t)l->n_segments,
                       "laws", (json_int_t)l->n_laws));
    else
        tf_say("%s %zu participants; of those who agreed, %zu transcripts and %zu passages; "
               "%zu codes, %zu rows of law.\n",
               changed ? "Imported:" : "Nothing changed:", l->n_participants, l->n_transcripts,
               l->n_segments, l->n_codes, l->n_laws);
}

enum tf_code cmd_listen(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, **word;
    const struct tf_option option[] = {{"--country", &country, NULL}};
    static const char *const acts[] = {"import", "check", "codes", "quotes"};
    struct tf_study *study;
    struct tf_keep *keep;
    struct tf_listened *l;
    size_t n, act = 0;
    bool changed = false;
    TF_TRY(tf_options(run, option, 1, &word, &n, reterr));
    while (act < 4 && (n != 1 || strcmp(word[0], acts[act]) != 0))
        act++;
    if (act == 4)
        return tf_usage(run, reterr, "listen to what? import, check, codes or quotes");
    if (country == NULL)
        return tf_usage(run, reterr, "which country? Give --country CODE");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(tf_need_country(run->arena, study, country, reterr));
    if (act == 1) {
        const struct tf_listen_files files = tf_listen_files_of(run->arena, study, country);
        struct tf_notices out = {.arena = run->arena};
        tf_listen_check(run->arena, country, &files, &out);
        return tf_say_notices(run, &out, reterr);
    }
    TF_TRY(tf_keep_open(run->arena, study->dir, act == 0, &keep, reterr));
    if (act == 0)
        TF_TRY(tf_listen_study(run->arena, study, keep, country, &changed, reterr));
    TF_TRY(tf_listen_load(run->arena, keep, country, &l, reterr));
    if (act == 0)
        say_import(run, l, changed);
    else if (act == 2)
        say_codes(run, l);
    else
        say_quotes(run, l);
    return TF_OK;
}
