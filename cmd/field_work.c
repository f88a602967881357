/* `trefoil field assign | backcheck | review | monitor`: who goes where, and how it goes. Help stands in
 * field.c. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "cmd/field_parts.h"

enum tf_code tf_field_assign(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    struct tf_study *s;
    char **team;
    size_t n;
    if (w->n != 2 || w->team == NULL)
        return tf_usage(run, reterr, "assign wants FILE --country CODE --team T1,T2 [--seed NAME]");
    TF_TRY(tf_field_open(run, w, true, &s, &fw, reterr));
    const size_t n_teams = tf_split(run->arena, w->team, ',', &team);
    const char **teams = TF_NEW_N(run->arena, const char *, n_teams);
    for (size_t k = 0; k < n_teams; k++)
        teams[k] = team[k];
    const char *seed = w->seed != NULL ? w->seed : tf_printf(run->arena, "%s/%s", s->id, w->country);
    TF_TRY(tf_assign_units(run->arena, fw, w->country, w->word[1], teams, n_teams, seed, &n, reterr));
    if (run->json)
        tf_say_json(json_pack("{s:I, s:I}", "addresses", (json_int_t)n, "teams",
                              (json_int_t)n_teams));
    else
        tf_say("%zu addresses to %zu team%s; each tablet is given its own\n", n, n_teams,
               n_teams == 1 ? "" : "s");
    return TF_OK;
}

/* ---- back-checks ---------------------------------------------------------------------------------- */

/* What the contact sheets call complete. */
static enum tf_code complete_doors(struct tf_run *run, const struct tf_study *s,
                                   struct tf_fieldwork *fw, const char *country,
                                   struct tf_assignment **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_records records = {.n = 0};
    struct tf_field_plan plan;
    struct tf_device *d;
    size_t n_devices, n = 0;
    TF_TRY(tf_field_plan_read(run->arena, s, &plan, reterr));
    TF_TRY(tf_devices(run->arena, fw, &d, &n_devices, reterr));
    TF_TRY(tf_records_read(run->arena, run->study, country, &records, reterr));
    struct tf_assignment *list = TF_NEW_N(run->arena, struct tf_assignment, records.n + 1);
    for (size_t k = 0; k < records.n; k++) {
        const struct tf_record *r = &records.item[k];
        const char *unit = tf_record_clear(r, "door");
        if (strcmp(r->form, plan.contact_form) != 0 ||
            strcmp(tf_record_clear(r, "outcome"), "complete") != 0)
            continue;
        if (*unit == '\0')
            unit = tf_record_clear(r, "household");
        struct tf_assignment a = {.psu = tf_record_clear(r, "psu"), .unit = unit, .person = r->sender,
                                  .team = ""};
        for (size_t j = 0; j < n_devices; j++)
            if (strcmp(d[j].id, r->sender) == 0) {
                a.person = d[j].person;
                a.team = d[j].team;
            }
        bool twice = *a.psu == '\0' || *a.unit == '\0';
        for (size_t j = 0; j < n && !twice; j++)
            twice = strcmp(list[j].psu, a.psu) == 0 && strcmp(list[j].unit, a.unit) == 0;
        if (!twice)
            list[n++] = a;
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_field_backcheck(struct tf_run *run, const struct field_words *w,
                                struct tf_err *reterr)
{
    struct tf_assignment *done;
    struct tf_fieldwork *fw;
    struct tf_study *s;
    double share = 0.1;
    size_t n, made;
    if (w->n != 1 || w->seed == NULL)
        return tf_usage(run, reterr, "backcheck wants --country CODE --seed NAME [--share 0.1]");
    if (w->share != NULL && !tf_parse_double(w->share, &share))
        return tf_usage(run, reterr, "--share wants a number such as 0.1");
    TF_TRY(tf_field_open(run, w, false, &s, &fw, reterr));
    TF_TRY(complete_doors(run, s, fw, w->country, &done, &n, reterr));
    TF_TRY(tf_backcheck_draw(run->arena, fw, w->country, done, n, share, w->seed, &made, reterr));
    if (run->json)
        tf_say_json(json_pack("{s:I, s:I}", "complete", (json_int_t)n, "drawn", (json_int_t)made));
    else
        tf_say("%zu of %zu complete interviews are drawn for a back-check\n", made, n);
    return TF_OK;
}

/* ---- reviews -------------------------------------------------------------------------------------- */

static enum tf_code find_record(struct tf_run *run, const char *country, const char *form,
                                const char *instance, const struct tf_record **ret,
                                struct tf_err *reterr)
{
    struct tf_records records;
    TF_TRY(tf_records_read(run->arena, run->study, country, &records, reterr));
    const struct tf_record *r = records.item;
    for (size_t k = 0; k < records.n; k++, r++)
        if (strcmp(r->form, form) == 0 &&
            (strcmp(r->instance, instance) == 0 || strcmp(r->newest, instance) == 0)) {
            *ret = r;
            return TF_OK;
        }
    (void)tf_fail(reterr, TF_E_INPUT, "'%s' in %s has no record '%s'", form, country, instance);
    return tf_help(reterr, "Give the record's instanceID (uuid:…), as the review page shows it.");
}

static enum tf_code list_reviews(struct tf_run *run, struct tf_fieldwork *fw, const char *country,
                                 struct tf_err *reterr)
{
    static const char *const column[] = {"form", "record", "state", "person", "comment"};
    struct tf_review *r;
    size_t n;
    TF_TRY(tf_reviews(run->arena, fw, country, &r, &n, reterr));
    struct tf_table *t = tf_table_new(run->arena, "reviews", n);
    for (size_t c = 0; c < 5; c++)
        (void)tf_table_add(t, column[c], TF_TEXT);
    for (size_t k = 0; k < n; k++) {
        const char *const cell[] = {r[k].form, r[k].instance, r[k].state, r[k].person, r[k].comment};
        for (size_t c = 0; c < 5; c++) {
            t->col[c].text[k] = cell[c];
            t->col[c].miss[k] = TF_PRESENT;
        }
    }
    tf_field_say(run, t);
    return TF_OK;
}

enum tf_code tf_field_review(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    const struct tf_record *record = NULL;
    struct tf_fieldwork *fw;
    struct tf_study *s;
    if (w->n != 1 && w->n != 4)
        return tf_usage(run, reterr, "review wants FORM RECORD STATE --country CODE --person P "
                                     "[--comment TEXT], or nothing to list");
    TF_TRY(tf_field_open(run, w, false, &s, &fw, reterr));
    if (w->n == 1)
        return list_reviews(run, fw, w->country, reterr);
    if (w->person == NULL)
        return tf_usage(run, reterr, "who reviews? Give --person P");
    TF_TRY(find_record(run, w->country, w->word[1], w->word[2], &record, reterr));
    const struct tf_review r = {.form = record->form,
                                .instance = record->instance,
                                .record = record->number,
                                .state = w->word[3],
                                .person = w->person,
                                .comment = w->comment == NULL ? "" : w->comment,
                                .at = w->now};
    TF_TRY(tf_review_put(fw, w->country, &r, reterr));
    tf_say("%s: %s\n", record->instance, r.state);
    return TF_OK;
}

/* ---- monitoring ----------------------------------------------------------------------------------- */

static enum tf_code write_tables(struct tf_run *run, const struct tf_monitor *m, const char *dir,
                                 struct tf_err *reterr)
{
    TF_TRY(tf_dir_make(dir, reterr));
    for (size_t k = 0; tf_monitor_names[k] != NULL; k++) {
        struct tf_buf b = {.arena = run->arena};
        tf_table_csv(tf_monitor_table(run->arena, m, tf_monitor_names[k]), &b);
        const char *path =
            tf_path_join(run->arena, dir, tf_printf(run->arena, "%s.csv", tf_monitor_names[k]));
        TF_TRY(tf_file_write(path, tf_buf_text(&b), b.n, reterr));
    }
    return TF_OK;
}

enum tf_code tf_field_monitor(struct tf_run *run, const struct field_words *w,
                              struct tf_err *reterr)
{
    struct tf_fieldwork *fw = NULL;
    struct tf_monitor *m;
    struct tf_study *s;
    if (w->n != 1 || w->country == NULL)
        return tf_usage(run, reterr, "monitor wants --country CODE [--team T] [--csv DIR]");
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    TF_TRY(tf_need_country(run->arena, s, w->country, reterr));
    if (tf_file_exists(tf_path_join(run->arena, run->study, ".trefoil/field.db")))
        TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_monitor_study(run->arena, s, fw, w->country, w->team, &m, reterr));
    if (w->csv != NULL)
        TF_TRY(write_tables(run, m, w->csv, reterr));
    if (run->json) {
        json_t *all = json_object();
        for (size_t k = 0; tf_monitor_names[k] != NULL; k++)
            (void)json_object_set_new(
                all, tf_monitor_names[k],
                tf_field_rows(tf_monitor_table(run->arena, m, tf_monitor_names[k])));
        tf_say_json(all);
        return TF_OK;
    }
    tf_say("%s: %zu records, %zu doors, %zu interviews, %zu rejected, %zu wait for files\n", w->country,
           m->records, m->contacts, m->interviews, m->rejected, m->incomplete);
    static const char *const shown[] = {"rates", "teams", "psus", "people", "quotas", "flags"};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        const struct tf_table *t = tf_monitor_table(run->arena, m, shown[k]);
        if (t->n_rows == 0)
            continue;
        tf_say("\n%s\n", shown[k]);
        tf_field_say(run, t);
    }
    return TF_OK;
}
