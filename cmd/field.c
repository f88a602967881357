/* trefoil field: what happened at the doors
 *
 *     trefoil field flow --country XA       the case-flow of the study's contact sheet
 *     trefoil field flow FILE               the same of any contact sheet (CSV)
 *     trefoil field check --country XA      every fault of the sheet, against the frame
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
 * "rates". */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "field/field.h"

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

enum tf_code cmd_field(struct tf_run *run, struct tf_err *reterr)
{
    const char *country = NULL, *frame = NULL, *contacts = NULL, **word;
    const struct tf_option option[] = {{"--country", &country, NULL}, {"--frame", &frame, NULL}};
    struct tf_flow *flow;
    struct tf_flow_rate *rate;
    size_t n;
    TF_TRY(tf_options(run, option, 2, &word, &n, reterr));
    const bool check = n > 0 && strcmp(word[0], "check") == 0;
    if (n < 1 || n > 2 || (!check && strcmp(word[0], "flow") != 0))
        return tf_usage(run, reterr, "field what? flow or check");
    if (n == 2)
        contacts = word[1];
    else
        TF_TRY(of_study(run, country, &contacts, &frame, reterr));
    if (check) {
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
