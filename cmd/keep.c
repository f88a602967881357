/* trefoil keep: custody of the evidence: keys, people, import, ledger, verify
 *
 * usage: trefoil keep import FILE --as DATASET --country XA [--study DIR]
 *        trefoil keep open-submissions --country XA [--form ID] [--language en] [--study DIR] [--json]
 *        trefoil keep export DATASET --country XA --as csv|sav|dta|xlsx|codebook -o FILE
 *                     [--purpose WORDS] [--counts] [--study DIR] [--json]
 *        trefoil keep list [--country XA] [--study DIR] [--json]
 *        trefoil keep participants --country XA [--study DIR] [--json]
 *        trefoil keep ledger [--head | --check HEAD] [--study DIR] [--json]
 *        trefoil keep verify [--study DIR] [--json]
 *        trefoil keep init NAME…            give the study to its first custodians
 *        trefoil keep unlock --as NAME --purpose WORDS [--for MINUTES] [--open identity]
 *        trefoil keep lock
 *        trefoil keep custodians [--json]
 *        trefoil keep add-custodian NAME [--role ROLE] [--country XA,XB] [--strand STRAND]
 *        trefoil keep remove-custodian NAME
 *        trefoil keep rekey
 *        trefoil keep make-key FILE
 *        trefoil keep backup DIR
 *        trefoil keep backup --keys DIR     the escrow copy of the key folder
 *        trefoil keep restore DIR [--from-keys DIR] [--older]
 *        trefoil keep approvals [--on DAY] [--json]
 *        trefoil keep retention [--on DAY] [--destroy] [--json]
 *        trefoil keep consent list --country XA [--json]
 *        trefoil keep withdraw CODE --country XA --reason WORDS
 *        trefoil keep turn-inbox
 *
 * The vault is the folder .trefoil of a study: encrypted files. Without custodians, as in a rehearsal,
 * one key opens them, vault.key. init gives each file a random key, wrapped for each custodian whose role
 * opens it (docs/CUSTODY.md). NAME=FILE takes a key file (make-key; --public for another machine's)
 * instead of a passphrase. Passphrases are asked on the terminal or read from --passphrase-fd N.
 *
 * unlock leaves an agent that holds the keys for --for minutes (60) or until lock; who and what for goes
 * into the ledger. One person opens answers, or with --open identity the contact sheets; both take two.
 * Survivors' words take two custodians of three.
 *
 * backup copies the vault while others work and opens each copy; no key is in it. restore is all or
 * nothing and refuses when the study is newer, unless --older; --from-keys takes an escrow copy.
 * withdraw destroys a participant's own key: nobody can read what is kept of them, in no backup.
 * retention lists what is due; --destroy destroys its keys. turn-inbox destroys the inbox's old keys.
 *
 * import takes a data file (.sav .zsav .dta .xpt .csv) as a snapshot of a declared dataset and prints
 * its evidence id, made from the content: importing it twice changes nothing.
 *
 * open-submissions takes the inbox into the vault, opens what tablets sealed, follows edits and makes
 * each form's dataset, with one more for each repeat (child.roster). What does not open is named and
 * holds nothing up: the exit status stays 0, and --json counts it ("bad", "waiting").
 *
 * export writes a dataset as a file; the ledger notes it with its --purpose. A codebook holds no answers
 * unless --counts asks for them.
 *
 * verify proves every file, every hash, the ledger's chain, and that nothing was rolled back. ledger
 * --head prints the signed head for paper; --check proves it later.
 *
 * examples:
 *   trefoil keep import demo-study/children/XA/child.csv --as child --country XA --study demo-study
 *   trefoil keep export child --country XA --as sav -o child.sav --study demo-study
 *   trefoil keep verify --study demo-study
 */
#include <jansson.h>
#include <string.h>

#include "cmd/keep_parts.h"

/* ---- import ------------------------------------------------------------------------------------ */

static enum tf_code unknown_dataset(struct tf_run *run, const struct tf_study *s, const char *as,
                                    struct tf_err *reterr)
{
    struct tf_buf list = {.arena = run->arena};
    for (size_t k = 0; k < s->n_datasets; k++)
        tf_buf_printf(&list, "%s%s", k == 0 ? "" : ", ", s->dataset[k].id);
    (void)tf_fail_at(reterr, TF_E_USAGE, s->file, 0, 0, "the study declares no dataset '%s'", as);
    (void)tf_fact(reterr, s->n_datasets == 0 ? "it declares none" : "it declares: %s",
                  tf_buf_text(&list));
    return tf_help(reterr, "Use one of these, or add it under `datasets:` of study.yaml.");
}

static enum tf_code run_import(struct tf_run *run, const struct keep_words *w,
                               struct tf_err *reterr)
{
    struct tf_study *s;
    struct tf_keep *keep;
    const char *id;
    bool changed;
    if (w->n != 2 || w->as == NULL || w->country == NULL)
        return tf_usage(run, reterr, "import wants FILE --as DATASET --country CODE");
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    const struct tf_dataset *d = tf_study_dataset(s, w->as);
    if (d == NULL)
        return unknown_dataset(run, s, w->as, reterr);
    TF_TRY(tf_need_country(run->arena, s, w->country, reterr));
    if (!tf_country_in(d->country, d->n_countries, w->country)) {
        (void)tf_fail_at(reterr, TF_E_REFUSED, d->at.file, d->at.line, d->at.column,
                         "'%s' is not collected in %s", d->id, w->country);
        return tf_help(reterr, "Add %s to its `countries:` if it is.", w->country);
    }
    TF_TRY(tf_keep_open(run->arena, run->study, true, &keep, reterr));
    TF_TRY(tf_keep_import_file(run->arena, keep, run->study, w->word[1], w->country,
                               tf_strand_name(d->strand), d->id, d->title, &id, &changed, reterr));
    if (run->json)
        tf_say_json(json_pack("{s:s, s:b}", "evidence", id, "changed", changed ? 1 : 0));
    else
        tf_say(changed ? "%s\n" : "%s\nnothing changed: this content is in the vault already\n", id);
    return TF_OK;
}

/* ---- list, participants, ledger, verify ---------------------------------------------------------- */

static void say_evidence(struct tf_run *run, const struct tf_evidence *e, size_t n)
{
    enum { COLS = 4 };
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    static const char *const head[COLS] = {"evidence", "kind", "title", "file"};
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char **row = cell + (k + 1) * COLS;
        row[0] = e[k].id;
        row[1] = e[k].kind;
        row[2] = e[k].title;
        row[3] = e[k].file;
    }
    tf_say_table(run->arena, cell, n + 1, COLS);
}

static enum tf_code run_list(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr)
{
    struct tf_register *reg;
    struct tf_evidence *e;
    size_t n;
    TF_TRY(tf_register_open(run->arena, run->study, false, &reg, reterr));
    TF_TRY(tf_evidence_list(run->arena, reg, w->country == NULL ? "" : w->country, &e, &n,
                            reterr));
    if (!run->json) {
        say_evidence(run, e, n);
        return TF_OK;
    }
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", e[k].id, "kind",
                            e[k].kind, "country", e[k].country, "strand", e[k].strand, "name",
                            e[k].name, "title", e[k].title, "hash", e[k].hash, "file", e[k].file,
                            "detail", json_loads(e[k].detail, JSON_DECODE_ANY, NULL)));
    tf_say_json(list);
    return TF_OK;
}

static enum tf_code run_participants(struct tf_run *run, const struct keep_words *w,
                                     struct tf_err *reterr)
{
    enum { COLS = 7 };
    static const char *const head[COLS] = {"participant", "activity", "role", "attribution",
                                           "use",         "quote",    "withdrawn"};
    struct tf_participant *p;
    struct tf_keep *keep;
    size_t n;
    if (w->country == NULL)
        return tf_usage(run, reterr, "participants wants --country CODE");
    TF_TRY(tf_keep_open(run->arena, run->study, false, &keep, reterr));
    TF_TRY(tf_keep_participants_get(run->arena, keep, w->country, &p, &n, reterr));
    json_t *list = json_array();
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char *row[COLS] = {p[k].id,
                                 p[k].activity,
                                 p[k].role,
                                 p[k].attribution,
                                 p[k].use ? "yes" : "no",
                                 p[k].quote ? "yes" : "no",
                                 p[k].withdrawn ? "yes" : "no"};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "id", p[k].id, "activity",
                            p[k].activity, "role", p[k].role, "attribution", p[k].attribution,
                            "use", p[k].use, "quote", p[k].quote, "withdrawn", p[k].withdrawn));
    }
    if (run->json) {
        tf_say_json(list);
        return TF_OK;
    }
    json_decref(list);
    tf_say_table(run->arena, cell, n + 1, COLS);
    return TF_OK;
}

/* The head for paper, or an earlier one from paper, proved. */
static enum tf_code run_head(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr)
{
    struct tf_register *reg;
    const char *head;
    TF_TRY(tf_register_open(run->arena, run->study, false, &reg, reterr));
    if (w->check != NULL) {
        TF_TRY(tf_head_prove(run->arena, run->study, reg, w->check, reterr));
        tf_say("this head is part of the ledger's history\n");
        return TF_OK;
    }
    TF_TRY(tf_head_signed(run->arena, run->study, reg, &head, reterr));
    tf_say("%s\n", head);
    return TF_OK;
}

static enum tf_code run_ledger(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr)
{
    enum { COLS = 4 };
    static const char *const head[COLS] = {"entry", "act", "subject", "hash"};
    struct tf_register *reg;
    struct tf_ledger_entry *e;
    size_t n;
    if (w->head || w->check != NULL)
        return run_head(run, w, reterr);
    TF_TRY(tf_register_open(run->arena, run->study, false, &reg, reterr));
    TF_TRY(tf_ledger_list(run->arena, reg, &e, &n, reterr));
    json_t *list = json_array();
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    memcpy(cell, head, sizeof head);
    for (size_t k = 0; k < n; k++) {
        const char *row[COLS] = {tf_printf(run->arena, "%zu", e[k].entry), e[k].act, e[k].subject,
                                 tf_strndup(run->arena, e[k].hash, 12)};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s}", "entry",
                                                    (json_int_t)e[k].entry, "act", e[k].act,
                                                    "subject", e[k].subject, "detail", e[k].detail,
                                                    "hash", e[k].hash));
    }
    if (run->json) {
        tf_say_json(list);
        return TF_OK;
    }
    json_decref(list);
    tf_say_table(run->arena, cell, n + 1, COLS);
    return TF_OK;
}

static enum tf_code run_verify(struct tf_run *run, const struct keep_words *w TF_UNUSED,
                               struct tf_err *reterr)
{
    struct tf_notices found = {.arena = run->arena};
    struct tf_register *reg;
    struct tf_ledger_entry *e;
    size_t n;
    TF_TRY(tf_register_open(run->arena, run->study, false, &reg, reterr));
    tf_keep_check(run->arena, run->study, &found);
    TF_TRY(tf_say_notices(run, &found, reterr));
    TF_TRY(tf_ledger_list(run->arena, reg, &e, &n, reterr));
    if (!run->json)
        tf_say("the vault is whole; %zu ledger entries, head %s\n", n,
               n == 0 ? "(none)" : e[n - 1].hash);
    return TF_OK;
}

enum tf_code cmd_keep(struct tf_run *run, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_code (*run)(struct tf_run *run, const struct keep_words *w, struct tf_err *reterr);
    } parts[] = {
        {"import", run_import},
        {"open-submissions", tf_keep_run_open},
        {"export", tf_keep_run_export},
        {"list", run_list},
        {"participants", run_participants},
        {"ledger", run_ledger},
        {"verify", run_verify},
        {"init", tf_keep_run_init},
        {"unlock", tf_keep_run_unlock},
        {"lock", tf_keep_run_lock},
        {"custodians", tf_keep_run_custodians},
        {"add-custodian", tf_keep_run_add_custodian},
        {"remove-custodian", tf_keep_run_remove_custodian},
        {"rekey", tf_keep_run_rekey},
        {"make-key", tf_keep_run_make_key},
        {"backup", tf_keep_run_backup},
        {"restore", tf_keep_run_restore},
        {"approvals", tf_keep_run_approvals},
        {"retention", tf_keep_run_retention},
        {"consent", tf_keep_run_consent},
        {"withdraw", tf_keep_run_withdraw},
        {"turn-inbox", tf_keep_run_turn_inbox},
    };
    enum { N_PARTS = sizeof parts / sizeof *parts };
    struct keep_words w = {.as = NULL};
    const struct tf_option options[] = {
        {.name = "--as", .text = &w.as},
        {.name = "--country", .text = &w.country},
        {.name = "--role", .text = &w.role},
        {.name = "--strand", .text = &w.strand},
        {.name = "--purpose", .text = &w.purpose},
        {.name = "--for", .text = &w.minutes},
        {.name = "--passphrase-fd", .text = &w.passphrase_fd},
        {.name = "--key-file", .text = &w.key_file},
        {.name = "--public", .text = &w.public_key},
        {.name = "--open", .text = &w.open},
        {.name = "--reason", .text = &w.reason},
        {.name = "--on", .text = &w.on},
        {.name = "--check", .text = &w.check},
        {.name = "--keys", .flag = &w.keys},
        {.name = "--from-keys", .text = &w.from_keys},
        {.name = "--older", .flag = &w.older},
        {.name = "--destroy", .flag = &w.destroy},
        {.name = "--head", .flag = &w.head},
        {.name = "--form", .text = &w.form},
        {.name = "--out", .text = &w.out},
        {.name = "-o", .text = &w.out},
        {.name = "--language", .text = &w.language},
        {.name = "--counts", .flag = &w.counts},
    };
    const char *known[N_PARTS + 1] = {NULL};
    TF_TRY(tf_options(run, options, sizeof options / sizeof *options, &w.word, &w.n, reterr));
    if (w.n == 0)
        return tf_usage(run, reterr, "say what: import, list, unlock, verify …");
    for (size_t k = 0; k < N_PARTS; k++) {
        if (strcmp(parts[k].word, w.word[0]) == 0)
            return parts[k].run(run, &w, reterr);
        known[k] = parts[k].word;
    }
    const char *near = tf_nearest(w.word[0], known);
    (void)tf_usage(run, reterr, "`trefoil keep` has no '%s'", w.word[0]);
    return near == NULL ? TF_E_USAGE : tf_help(reterr, "Did you mean `trefoil keep %s`?", near);
}
