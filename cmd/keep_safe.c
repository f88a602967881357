/* `trefoil keep`: backups, approvals, retention, consent, withdrawal. Help stands at the head of
 * keep.c. */
#include <jansson.h>
#include <string.h>

#include "cmd/keep_parts.h"
#include "keep/approvals.h"

/* ---- Backups
 * ------------------------------------------------------------------------------------- */

KEEP_PART(tf_keep_run_backup)
{
    struct tf_backup made;
    if (w->n != 2)
        return tf_usage(run, reterr, "backup wants a folder");
    if (w->keys) {
        TF_TRY(tf_backup_keys(run->arena, run->study, w->word[1], reterr));
        TF_TRY(tf_note_act(run, "escrow", "keys", json_object(), reterr));
        tf_say("the key folder was copied to %s and will be written anew there when a key is "
               "destroyed\n"
               "keep it apart from every backup\n",
               w->word[1]);
        return TF_OK;
    }
    TF_TRY(tf_backup_make(run->arena, run->study, w->word[1], &made, reterr));
    if (run->json)
        tf_say_json(json_pack("{s:I, s:I, s:I, s:s}", "files", (json_int_t)made.files, "bytes",
                              (json_int_t)made.bytes, "entries", (json_int_t)made.entries, "head",
                              made.head));
    else
        tf_say("%zu files, each opened and read through; ledger of %llu entries, head %s\n"
               "no key is in it: `trefoil keep backup --keys` copies those\n",
               made.files, (unsigned long long)made.entries, made.head);
    return TF_OK;
}

KEEP_PART(tf_keep_run_restore)
{
    struct tf_backup back;
    if (w->n != 2)
        return tf_usage(run, reterr, "restore wants the folder of a backup");
    TF_TRY(tf_backup_restore(run->arena, run->study, w->word[1], w->from_keys, w->older, &back,
                             reterr));
    tf_say("%zu files put back; the ledger had %llu entries\n", back.files,
           (unsigned long long)back.entries);
    return TF_OK;
}

/* ---- Approvals
 * ----------------------------------------------------------------------------------- */

static const char *words(struct tf_run *run, const char *const *word, size_t n)
{
    struct tf_buf b = {.arena = run->arena};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s", k == 0 ? "" : ",", word[k]);
    return tf_buf_text(&b);
}

static enum tf_code
day_of(struct tf_run *run, const struct keep_words *w, const char **ret, struct tf_err *reterr)
{
    *ret = w->on == NULL ? tf_today(run->arena) : w->on;
    if (strlen(*ret) == 10 && strspn(*ret, "0123456789-") == 10 && (*ret)[4] == '-' &&
        (*ret)[7] == '-')
        return TF_OK;
    return tf_usage(run, reterr, "--on wants a day: 2026-11-24");
}

KEEP_PART(tf_keep_run_approvals)
{
    enum { COLS = 8 };
    static const char *const head[COLS] = {"approval", "body", "country", "covers",
                                           "from",     "to",   "stands",  "conditions"};
    static const char *const acts[] = {"collect", "release"};
    struct tf_study *s;
    const char *day;
    TF_TRY(day_of(run, w, &day, reterr));
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    const char **cell = TF_NEW_N(run->arena, const char *, (s->n_approvals + 1) * COLS);
    json_t *list = json_array(), *may = json_array();
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < s->n_approvals; k++) {
        const struct tf_approval *a = &s->approval[k];
        const char *row[COLS] = {a->id,
                                 a->body,
                                 a->country == NULL ? "all" : a->country,
                                 words(run, a->scope, a->n_scope),
                                 a->from == NULL ? "" : a->from,
                                 a->to == NULL ? "" : a->to,
                                 tf_approval_state(a, day),
                                 a->conditions == NULL ? "" : a->conditions};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", row[0], "body", row[1], "country",
                            row[2], "stands", row[6], "holds", tf_approval_holds(a, day) ? 1 : 0));
    }
    if (!run->json && s->n_approvals > 0)
        tf_say_table(run->arena, cell, s->n_approvals + 1, COLS);
    for (size_t k = 0; k < s->n_countries; k++)
        for (size_t j = 0; j < 2; j++) {
            struct tf_err why = {.code = TF_OK};
            const bool good =
                tf_approvals_need(run->arena, s, s->country[k].code, acts[j], day, &why) == TF_OK;
            (void)json_array_append_new(may, json_pack("{s:s, s:s, s:b, s:s}", "country",
                                                       s->country[k].code, "act", acts[j], "may",
                                                       good ? 1 : 0, "why", why.what));
            if (!run->json)
                tf_say("%s %s on %s: %s\n", s->country[k].code, acts[j], day,
                       good ? "may be done" : why.what);
        }
    if (run->json)
        tf_say_json(json_pack("{s:s, s:o, s:o}", "on", day, "approvals", list, "countries", may));
    else {
        json_decref(list);
        json_decref(may);
    }
    return TF_OK;
}

/* ---- Retention
 * ----------------------------------------------------------------------------------- */

KEEP_PART(tf_keep_run_retention)
{
    enum { COLS = 5 };
    static const char *const head[COLS] = {"rule", "purpose", "file", "until", "due"};
    struct tf_notices out = {.arena = run->arena};
    struct tf_due *list = NULL;
    struct tf_study *s;
    const char *day;
    size_t n = 0, gone;
    TF_TRY(day_of(run, w, &day, reterr));
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    if (w->destroy) {
        TF_TRY(tf_retention_destroy(run->arena, s, day, &gone, &out, reterr));
        TF_TRY(tf_say_notices(run, &out, reterr));
        if (!run->json)
            tf_say("%zu file%s destroyed\n", gone, gone == 1 ? "" : "s");
        return TF_OK;
    }
    TF_TRY(tf_retention_list(run->arena, s, day, &list, &n, reterr));
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    json_t *all = json_array();
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char *row[COLS] = {list[k].rule, list[k].purpose, list[k].file, list[k].day,
                                 list[k].due ? "yes" : "no"};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(all,
                                    json_pack("{s:s, s:s, s:s, s:b}", "rule", row[0], "file",
                                              row[2], "until", row[3], "due", list[k].due ? 1 : 0));
    }
    if (run->json) {
        tf_say_json(all);
        return TF_OK;
    }
    json_decref(all);
    if (n == 0)
        tf_say("nothing: study.yaml states no `retention:` for what is in the vault\n");
    else
        tf_say_table(run->arena, cell, n + 1, COLS);
    return TF_OK;
}

/* ---- Consent and withdrawal
 * ------------------------------------------------------------------------ */

static enum tf_code list_consent(struct tf_run *run, const char *country, struct tf_err *reterr)
{
    enum { COLS = 7 };
    static const char *const head[COLS] = {"participant", "kind", "version", "text",
                                           "day",         "by",   "switches"};
    struct tf_consent *list = NULL;
    struct tf_keep *keep;
    size_t n = 0;
    TF_TRY(tf_keep_open(run->arena, run->study, false, &keep, reterr));
    TF_TRY(tf_consent_list(run->arena, keep, country, &list, &n, reterr));
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    json_t *all = json_array();
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        struct tf_buf sw = {.arena = run->arena};
        json_t *map = json_object();
        for (size_t j = 0; j < list[k].n_switches; j++) {
            tf_buf_printf(&sw, "%s%s %s", j == 0 ? "" : ", ", list[k].sw[j].name,
                          list[k].sw[j].on ? "yes" : "no");
            (void)json_object_set_new(map, list[k].sw[j].name, json_boolean(list[k].sw[j].on));
        }
        const char *row[COLS] = {
            list[k].participant,
            list[k].kind,
            tf_printf(run->arena, "%zu%s", list[k].version, list[k].current ? "" : " (old)"),
            list[k].text == NULL ? "" : list[k].text,
            list[k].day == NULL ? "" : list[k].day,
            list[k].by == NULL ? "" : list[k].by,
            tf_buf_text(&sw)};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(
            all, json_pack("{s:s, s:s, s:I, s:b, s:s?, s:s?, s:o}", "participant",
                           list[k].participant, "kind", list[k].kind, "version",
                           (json_int_t)list[k].version, "current", list[k].current ? 1 : 0, "day",
                           list[k].day, "by", list[k].by, "switches", map));
    }
    if (run->json)
        tf_say_json(all);
    else
        tf_say_table(run->arena, cell, n + 1, COLS);
    if (!run->json)
        json_decref(all);
    return TF_OK;
}

KEEP_PART(tf_keep_run_consent)
{
    if (w->n != 2 || strcmp(w->word[1], "list") != 0 || w->country == NULL)
        return tf_usage(run, reterr, "consent wants: consent list --country CODE");
    return list_consent(run, w->country, reterr);
}

static void
say_withdrawn(const struct tf_run *run, const struct tf_withdrawal *done, const char *country)
{
    if (run->json)
        return;
    tf_say(
        "%s\n%zu row%s erased; %zu dataset%s and %zu transcript%s have a new snapshot without "
        "them\n",
        done->before
            ? "they had withdrawn before; what was left is gone now"
            : "the participant's key is destroyed: what is kept of them can be read by nobody, in "
              "no backup",
        done->rows, done->rows == 1 ? "" : "s", done->datasets, done->datasets == 1 ? "" : "s",
        done->transcripts, done->transcripts == 1 ? "" : "s");
    for (size_t k = 0; k < done->n_stale; k++)
        tf_say("stale: %s\n", done->stale[k]);
    if (done->n_stale > 0 || done->datasets > 0)
        tf_say("`trefoil tell report %s` makes anew what was made from it\n", country);
}

KEEP_PART(tf_keep_run_withdraw)
{
    struct tf_notices out = {.arena = run->arena};
    struct tf_withdrawal done;
    struct tf_study *s;
    struct tf_keep *keep;
    if (w->n != 2 || w->country == NULL || tf_is_blank(w->reason))
        return tf_usage(run, reterr, "withdraw wants CODE --country CODE --reason WORDS");
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    TF_TRY(tf_need_country(run->arena, s, w->country, reterr));
    TF_TRY(tf_keep_open(run->arena, run->study, false, &keep, reterr));
    TF_TRY(tf_withdraw(run->arena, keep, w->country, w->word[1], w->reason, &done, &out, reterr));
    tf_withdraw_look(run->arena, s, w->country, w->word[1], &out);
    if (tf_dir_exists(tf_path_join(run->arena, run->study, ".trefoil/inbox")))
        tf_notice_add(
            &out, TF_WARNING, "inbox", NULL, 0, 0,
            "When all is opened (`trefoil keep open-submissions`), `trefoil keep turn-inbox`, "
            "twice, "
            "destroys the keys it came in under.",
            "what came in through the inbox stays readable there until its keys are destroyed");
    say_withdrawn(run, &done, w->country);
    return tf_say_notices(run, &out, reterr);
}

KEEP_PART(tf_keep_run_turn_inbox)
{
    struct tf_key *key;
    if (w->n != 1)
        return tf_usage(run, reterr, "turn-inbox takes no words");
    TF_TRY(tf_key_open(run->arena, run->study, false, &key, reterr));
    TF_TRY(tf_inbox_key_turn(run->arena, run->study, key, reterr));
    TF_TRY(tf_note_act(run, "turn-inbox", "inbox", json_object(), reterr));
    tf_say("the inbox has a new key; keys before the last one are destroyed\n");
    return TF_OK;
}
