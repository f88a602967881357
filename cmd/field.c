/* trefoil field: forms on tablets, who goes where, and what happened at the doors
 *
 *     trefoil field publish FORM --country XA [--draft]      put a form of study.yaml out
 *     trefoil field forms                                    what is out
 *     trefoil field state FORM open|closing|closed --country XA
 *     trefoil field enrol NAME --person P --team T --country XA --url https://HOST [--qr FILE.svg|.png]
 *     trefoil field devices                                  tablets; `field revoke NAME` ends one
 *     trefoil field person add ID --role R --country XA [--team T] [--digest] [--passphrase-fd N]
 *     trefoil field person list                              and `person end ID`
 *     trefoil field assign FILE --country XA --team T1,T2    deal drawn addresses to interviewers
 *     trefoil field backcheck --country XA --seed NAME [--share 0.1]
 *     trefoil field review FORM RECORD approved|hasIssues|rejected --country XA --person P [--comment TEXT]
 *     trefoil field monitor --country XA [--team T] [--csv DIR]
 *     trefoil field flow --country XA       the case-flow of the study's contact sheet
 *     trefoil field flow FILE               the same of any contact sheet (CSV)
 *     trefoil field check --country XA      every fault of the sheet, against the frame
 *
 * publish converts a form (XLSForm) or takes one as it is (.xml), puts the study's public key into it, and
 * is refused while an ethics approval is missing or lapsed. enrol makes a QR code that sets Collect up; it
 * is shown once. person add asks for a password and shows the second factor once; roles are
 * programme_lead, survey_team, field_supervisor, interviewer, national_partner. assign takes what `draw
 * households` or `draw walk` wrote. monitor reads no answer: who sent what and when, and the clear fields
 * that study.yaml names. docs/COLLECT.md tells the whole way.
 *
 * A contact sheet has one row a door: psu, door, visits, outcome (docs/FORMATS.md lists the outcomes). The
 * flow counts the doors that reached each stage and those that stopped there, with the reason; the rates
 * follow AAPOR's Standard Definitions: RR1 counts every door of unknown eligibility as eligible, RR3 the
 * share that the screened ones had.
 *
 * Example:
 *     trefoil field flow --country XB --study demo-study --json
 *
 * Options: --country CODE; --frame FILE (for `check FILE`); --json prints one object with "flow" and
 * "rates", or the tables of the monitoring. */
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "cmd/field_parts.h"

static void say_json(const struct tf_flow *f, const struct tf_flow_rate *rate, size_t n)
{
    json_t *rows = json_array(), *rates = json_array();
    for (size_t k = 0; k < f->n; k++)
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:s, s:I, s:s?}", "id", f->row[k].id, "label", f->row[k].label,
                            "count", (json_int_t)f->row[k].count, "why", f->row[k].why));
    for (size_t k = 0; k < n; k++) {
        json_t *one = json_pack("{s:s, s:s, s:s, s:f, s:f}", "id", rate[k].id, "label",
                                rate[k].label, "formula", rate[k].formula, "part", rate[k].part,
                                "whole", rate[k].whole);
        (void)json_object_set_new(one, "value",
                                  isnan(rate[k].value) ? json_null() : json_real(rate[k].value));
        (void)json_array_append_new(rates, one);
    }
    tf_say_json(json_pack("{s:o, s:o}", "flow", rows, "rates", rates));
}

static const char *grouped(struct tf_arena *arena, double x)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_grouped(&b, x);
    return tf_buf_text(&b);
}

static void say_text(struct tf_run *run, const struct tf_flow *f, const struct tf_flow_rate *rate,
                     size_t n)
{
    for (size_t k = 0; k < f->n; k++)
        tf_say("%9s  %s%s%s%s%s\n", grouped(run->arena, f->row[k].count),
               f->row[k].why == NULL ? "" : "  − ", f->row[k].label,
               f->row[k].why == NULL ? "" : " (", f->row[k].why == NULL ? "" : f->row[k].why,
               f->row[k].why == NULL ? "" : ")");
    tf_say("\n");
    for (size_t k = 0; k < n; k++) {
        struct tf_buf b = {.arena = run->arena};
        if (isnan(rate[k].value))
            tf_buf_add(&b, "–");
        else
            tf_buf_fixed(&b, 100 * rate[k].value, 1);
        tf_say("%7s %%  %s: %s\n", tf_buf_text(&b), rate[k].label, rate[k].formula);
    }
}

static enum tf_code of_study(struct tf_run *run, const char *country, const char **ret_contacts,
                             const char **ret_frame, struct tf_err *reterr)
{
    struct tf_study *s;
    if (country == NULL)
        return tf_usage(run, reterr, "whose doors? Give --country CODE, or a FILE");
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    TF_TRY(tf_need_country(run->arena, s, country, reterr));
    *ret_contacts = tf_study_path(run->arena, s, s->contacts, country, NULL);
    *ret_frame = tf_study_path(run->arena, s, s->frame, country, NULL);
    if (*ret_contacts != NULL)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, s->file, 0, 0, "the study declares no contact sheets");
    return tf_help(reterr, "Add 'fieldwork: {contacts: …}' (docs/FORMATS.md).");
}

/* ---- what the parts share --------------------------------------------------------------------- */

enum tf_code tf_field_open(struct tf_run *run, const struct field_words *w, bool create,
                           struct tf_study **ret_study, struct tf_fieldwork **ret_fw,
                           struct tf_err *reterr)
{
    if (w->country == NULL)
        return tf_usage(run, reterr, "in which country? Give --country CODE");
    TF_TRY(tf_study_read(run->arena, run->study, ret_study, reterr));
    TF_TRY(tf_need_country(run->arena, *ret_study, w->country, reterr));
    return tf_fieldwork_open(run->arena, run->study, create, ret_fw, reterr);
}

json_t *tf_field_rows(const struct tf_table *t)
{
    json_t *rows = json_array();
    for (size_t k = 0; k < t->n_rows; k++) {
        json_t *row = json_object();
        for (size_t c = 0; c < t->n_cols; c++) {
            const struct tf_column *col = &t->col[c];
            json_t *value = col->miss[k] != TF_PRESENT ? json_null()
                            : col->type == TF_TEXT     ? json_string(col->text[k])
                                                       : json_real(col->num[k]);
            (void)json_object_set_new(row, col->name, value);
        }
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static const char *cell_text(struct tf_arena *arena, const struct tf_column *col, size_t row)
{
    struct tf_buf b = {.arena = arena};
    if (col->miss[row] != TF_PRESENT)
        return col->type == TF_TEXT ? "" : "–";
    if (col->type == TF_TEXT)
        return col->text[row];
    const double x = col->num[row];
    tf_buf_fixed(&b, x, x == floor(x) ? 0 : 2);
    return tf_buf_text(&b);
}

void tf_field_say(struct tf_run *run, const struct tf_table *t)
{
    if (run->json) {
        tf_say_json(tf_field_rows(t));
        return;
    }
    const char **cell = TF_NEW_N(run->arena, const char *, (t->n_rows + 1) * (t->n_cols + 1));
    for (size_t c = 0; c < t->n_cols; c++) {
        cell[c] = t->col[c].name;
        for (size_t k = 0; k < t->n_rows; k++)
            cell[(k + 1) * t->n_cols + c] = cell_text(run->arena, &t->col[c], k);
    }
    tf_say_table(run->arena, cell, t->n_rows + 1, t->n_cols);
}

enum tf_code tf_field_write(const char *path, const void *data, size_t n, struct tf_err *reterr)
{
    if (!tf_file_exists(path))
        return tf_file_write(path, data, n, reterr);
    (void)tf_fail(reterr, TF_E_INPUT, "'%s' is there already", path);
    return tf_help(reterr, "Name a new file.");
}

/* ---- doors -------------------------------------------------------------------------------------- */

static enum tf_code doors(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    const char *contacts = w->n == 2 ? w->word[1] : NULL, *frame = w->frame;
    struct tf_flow *flow;
    struct tf_flow_rate *rate;
    size_t n;
    if (w->n > 2)
        return tf_usage(run, reterr, "%s wants one FILE, or --country CODE", w->word[0]);
    if (contacts == NULL)
        TF_TRY(of_study(run, w->country, &contacts, &frame, reterr));
    if (strcmp(w->word[0], "check") == 0) {
        struct tf_notices out = {.arena = run->arena};
        tf_field_check(run->arena, contacts, frame, &out);
        return tf_say_notices(run, &out, reterr);
    }
    TF_TRY(tf_flow_from_contacts(run->arena, contacts, &flow, reterr));
    tf_flow_rates(run->arena, flow, &rate, &n);
    if (run->json)
        say_json(flow, rate, n);
    else
        say_text(run, flow, rate, n);
    return TF_OK;
}

enum tf_code cmd_field(struct tf_run *run, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        field_part *run;
    } parts[] = {{"publish", tf_field_publish}, {"forms", tf_field_forms},
                 {"state", tf_field_state},     {"enrol", tf_field_enrol},
                 {"revoke", tf_field_revoke},   {"devices", tf_field_devices},
                 {"person", tf_field_person},   {"assign", tf_field_assign},
                 {"backcheck", tf_field_backcheck}, {"review", tf_field_review},
                 {"monitor", tf_field_monitor}, {"flow", doors},
                 {"check", doors}};
    struct field_words w = {.now = (int64_t)time(NULL)};
    const struct tf_option option[] = {
        {"--country", &w.country, NULL}, {"--frame", &w.frame, NULL},
        {"--person", &w.person, NULL},   {"--team", &w.team, NULL},
        {"--qr", &w.qr, NULL},           {"--url", &w.url, NULL},
        {"--share", &w.share, NULL},     {"--seed", &w.seed, NULL},
        {"--role", &w.role, NULL},       {"--name", &w.name, NULL},
        {"--passphrase-fd", &w.fd, NULL}, {"--csv", &w.csv, NULL},
        {"--comment", &w.comment, NULL}, {"--draft", NULL, &w.draft},
        {"--digest", NULL, &w.digest}};
    const char *known[sizeof parts / sizeof *parts + 1] = {NULL};
    TF_TRY(tf_options(run, option, sizeof option / sizeof *option, &w.word, &w.n, reterr));
    const struct tf_moment today = tf_moment_of(w.now);
    w.day = tf_strdup(run->arena, today.date);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        known[k] = parts[k].word;
        if (w.n > 0 && strcmp(parts[k].word, w.word[0]) == 0)
            return parts[k].run(run, &w, reterr);
    }
    const char *near = w.n == 0 ? NULL : tf_nearest(w.word[0], known);
    (void)tf_usage(run, reterr, "field what? publish, enrol, assign, monitor, flow, check …");
    return near == NULL ? reterr->code : tf_help(reterr, "Did you mean '%s'?", near);
}
