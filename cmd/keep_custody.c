/* `trefoil keep`: custodians, unlocking, changing keys. Help stands at the head of keep.c. */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include <signal.h>

#include "cmd/keep_parts.h"

const char *tf_today(struct tf_arena *arena)
{
    struct timespec now = {.tv_sec = 0};
    struct tm day;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &day) == NULL)
        return "1970-01-01";
    return tf_printf(arena, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

enum tf_code tf_note_act(struct tf_run *run, const char *act, const char *subject,
                         struct json_t *detail, struct tf_err *reterr)
{
    struct tf_register *reg;
    char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
    const char *words = text == NULL ? "{}" : tf_strdup(run->arena, text);
    struct tf_arena *scratch = tf_arena_new("the ledger", (size_t)64 << 20);
    free(text);
    json_decref(detail);
    enum tf_code code = tf_register_open(scratch, run->study, false, &reg, reterr);
    if (code == TF_OK)
        code = tf_ledger_add(reg, act, subject, words, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- Who ------------------------------------------------------------------------------------- */

/* "ana" or "ana=FILE.key"; the role from study.yaml `people:`, else --role, else custodian. */
static enum tf_code who_is(struct tf_run *run, const struct keep_words *w, const char *word,
                           struct tf_custodian *ret, const char **ret_file, struct tf_err *reterr)
{
    const char *file = strchr(word, '=');
    struct tf_study *s = NULL;
    char **code = NULL;
    *ret_file = file == NULL ? NULL : file + 1;
    ret->name = file == NULL ? word : tf_strndup(run->arena, word, (size_t)(file - word));
    ret->post = (struct tf_post){.role = w->role == NULL ? "custodian" : w->role,
                                 .strand = w->strand == NULL ? "" : w->strand};
    if (w->country != NULL) {
        ret->post.n_countries = tf_split(run->arena, w->country, ',', &code);
        ret->post.country = (const char *const *)code;
    }
    TF_TRY(tf_study_read(run->arena, run->study, &s, reterr));
    const struct tf_study_person *p = tf_study_person(s, ret->name);
    if (p != NULL && w->role != NULL && strcmp(w->role, p->role) != 0) {
        (void)tf_fail_at(reterr, TF_E_REFUSED, p->at.file, p->at.line, p->at.column,
                         "the study gives '%s' the role %s, not %s", p->id, p->role, w->role);
        return tf_help(reterr, "Change it there, or leave --role out.");
    }
    if (p != NULL)
        ret->post = (struct tf_post){.role = p->role,
                                     .strand = p->strand == NULL ? "" : p->strand,
                                     .country = p->country,
                                     .n_countries = p->n_countries};
    for (size_t k = 0; k < ret->post.n_countries; k++)
        TF_TRY(tf_need_country(run->arena, s, ret->post.country[k], reterr));
    if (tf_role(ret->post.role) == NULL) {
        (void)tf_fail(reterr, TF_E_USAGE, "there is no role '%s'", ret->post.role);
        return tf_help(reterr,
                       "programme_lead, survey_team, field_supervisor, interviewer, "
                       "context_researcher, threat_analyst, author, national_partner, custodian.");
    }
    return TF_OK;
}

static enum tf_code credential(struct tf_run *run, const struct keep_words *w, const char *name,
                               const char *file, struct tf_credential *ret, struct tf_err *reterr)
{
    unsigned char *bytes = tf_locked_bytes(run->arena, 32);
    size_t n = 0;
    *ret = (struct tf_credential){.n = 0};
    if (file != NULL) { /* a key file of this machine's: its public half is made here */
        TF_TRY(tf_read_key_file(run, file, ret, reterr));
        if (crypto_scalarmult_base(bytes, ret->key_file) != 0)
            return tf_fail_at(reterr, TF_E_KEY, file, 0, 0, "this is no key file of a custodian");
        ret->public_key = bytes;
        return TF_OK;
    }
    if (w->public_key != NULL) {
        const char *end;
        if (sodium_base642bin(bytes, 32, w->public_key, strlen(w->public_key), NULL, &n, &end,
                              sodium_base64_VARIANT_ORIGINAL) != 0 ||
            n != 32 || *end != '\0')
            return tf_usage(run, reterr, "--public wants what `trefoil keep make-key` printed");
        ret->public_key = bytes;
        return TF_OK;
    }
    return tf_ask_passphrase(run, w, name, true, ret, reterr);
}

/* One passphrase for two persons makes one person of them: two of three would be nobody's rule. */
static enum tf_code each_their_own(const struct tf_custodian *who, const struct tf_credential *with,
                                   size_t n, struct tf_err *reterr)
{
    for (size_t k = 1; k < n; k++)
        for (size_t j = 0; j < k; j++) {
            if (with[k].passphrase == NULL || with[j].passphrase == NULL || with[k].n != with[j].n ||
                sodium_memcmp(with[k].passphrase, with[j].passphrase, with[k].n) != 0)
                continue;
            (void)tf_fail(reterr, TF_E_INPUT, "%s and %s were given the same passphrase", who[j].name,
                          who[k].name);
            return tf_help(reterr, "Each has one of their own: one line for each person, in the order "
                                   "of their names.");
        }
    return TF_OK;
}

KEEP_PART(tf_keep_run_init)
{
    const size_t n = w->n - 1;
    struct tf_custodian *who = TF_NEW_N(run->arena, struct tf_custodian, n + 1);
    struct tf_credential *with = TF_NEW_N(run->arena, struct tf_credential, n + 1);
    if (n == 0)
        return tf_usage(run, reterr, "init wants the names of the first custodians");
    for (size_t k = 0; k < n; k++) {
        const char *file;
        TF_TRY(who_is(run, w, w->word[k + 1], &who[k], &file, reterr));
        TF_TRY(credential(run, w, who[k].name, file, &with[k], reterr));
    }
    TF_TRY(each_their_own(who, with, n, reterr));
    TF_TRY(tf_custody_init(run->arena, run->study, who, with, n, reterr));
    tf_say("the study is in the hands of %zu custodian%s; it is locked now\n"
           "make an escrow copy of the keys: trefoil keep unlock --as %s; trefoil keep backup "
           "--keys DIR\n",
           n, n == 1 ? "" : "s", who[0].name);
    if (n < 3)
        tf_say("survivors' words need three custodians: trefoil keep add-custodian NAME\n");
    return TF_OK;
}

KEEP_PART(tf_keep_run_add_custodian)
{
    struct tf_custodian who;
    struct tf_credential with;
    const char *file;
    if (w->n != 2)
        return tf_usage(run, reterr, "add-custodian wants one name");
    TF_TRY(who_is(run, w, w->word[1], &who, &file, reterr));
    TF_TRY(credential(run, w, who.name, file, &with, reterr));
    TF_TRY(tf_custody_add(run->arena, run->study, &who, &with, reterr));
    TF_TRY(tf_note_act(run, "add-custodian", who.name, json_pack("{s:s}", "role", who.post.role),
                       reterr));
    tf_say("%s may open what the role %s opens\n", who.name, who.post.role);
    return TF_OK;
}

KEEP_PART(tf_keep_run_remove_custodian)
{
    if (w->n != 2)
        return tf_usage(run, reterr, "remove-custodian wants one name");
    struct tf_arena *own = tf_arena_new("removing a custodian", (size_t)2 << 30);
    const enum tf_code code = tf_custody_remove(own, run->study, w->word[1], reterr);
    tf_arena_free(own);
    TF_TRY(code);
    TF_TRY(tf_note_act(run, "remove-custodian", w->word[1], json_object(), reterr));
    tf_say("%s opens nothing any more; every key was changed\n"
           "write the escrow copies anew: trefoil keep backup --keys DIR\n",
           w->word[1]);
    return TF_OK;
}

KEEP_PART(tf_keep_run_rekey)
{
    if (w->n != 1)
        return tf_usage(run, reterr, "rekey takes no words");
    struct tf_arena *own = tf_arena_new("rekeying", (size_t)2 << 30);
    const enum tf_code code = tf_custody_rekey(own, run->study, reterr);
    tf_arena_free(own); /* the vault is free again */
    TF_TRY(code);
    TF_TRY(tf_note_act(run, "rekey", "vault", json_object(), reterr));
    tf_say("every file of the vault has a new key\n");
    return TF_OK;
}

KEEP_PART(tf_keep_run_custodians)
{
    enum { COLS = 5 };
    static const char *const head[COLS] = {"custodian", "role", "strand", "countries",
                                           "opens with"};
    struct tf_custodian *list = NULL;
    size_t n = 0;
    if (w->n != 1)
        return tf_usage(run, reterr, "custodians takes no words");
    TF_TRY(tf_custodians(run->arena, run->study, &list, &n, reterr));
    if (n == 0) {
        tf_say("this study has no custodians: the machine's own key opens it (a rehearsal)\n");
        return TF_OK;
    }
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * COLS);
    memcpy(cell, head, sizeof head);
    json_t *all = json_array();
    for (size_t k = 0; k < n; k++) {
        struct tf_buf codes = {.arena = run->arena};
        for (size_t j = 0; j < list[k].post.n_countries; j++)
            tf_buf_printf(&codes, "%s%s", j == 0 ? "" : ",", list[k].post.country[j]);
        const char *row[COLS] = {list[k].name, list[k].post.role,
                                 list[k].post.strand[0] == '\0' ? "of the role"
                                                                : list[k].post.strand,
                                 codes.n == 0 ? "all" : tf_buf_text(&codes),
                                 list[k].passphrase ? "passphrase" : "key file"};
        memcpy(cell + (k + 1) * COLS, row, sizeof row);
        (void)json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", row[0],
                                                   "role", row[1], "strand", list[k].post.strand,
                                                   "countries", row[3], "opens_with", row[4]));
    }
    if (run->json)
        tf_say_json(all);
    else
        tf_say_table(run->arena, cell, n + 1, COLS);
    if (!run->json)
        json_decref(all);
    return TF_OK;
}

/* ---- Unlocking ------------------------------------------------------------------------------- */

static void tell_ready(void *to)
{
    const char one = 1;
    if (write(*(int *)to, &one, 1) != 1)
        _exit(2); /* who began us has gone: nobody would know that this is unlocked */
}

/* The agent's own process: nothing of the terminal, nothing of the command that began it. */
static void be_agent(const struct tf_run *run, const struct unlocked *u, bool identity,
                     uint64_t seconds, int ready)
{
    struct tf_guard guard;
    struct tf_err err;
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)setsid();
    (void)signal(SIGHUP, SIG_IGN);
    for (int fd = 0; fd < 3 && nothing >= 0; fd++)
        (void)dup2(nothing, fd);
    if (tf_guard_begin(&guard, &err) != TF_OK)
        _exit(2);
    struct tf_arena *own = tf_arena_new("the agent", (size_t)64 << 20);
    const enum tf_code code =
        tf_agent_run(own, run->study, u, identity, seconds, tell_ready, &ready, &err);
    tf_arena_free(own);
    tf_arena_free(run->arena); /* wipes what the command had unlocked */
    tf_guard_end(&guard);
    _exit(code == TF_OK ? 0 : 2);
}

static enum tf_code start_agent(struct tf_run *run, const struct unlocked *u, bool identity,
                                uint64_t seconds, struct tf_err *reterr)
{
    int ready[2];
    char one = 0;
    (void)fflush(stdout);
    if (pipe(ready) != 0)
        return tf_fail(reterr, TF_E_IO, "the agent could not be started");
    const pid_t child = fork();
    if (child == 0) {
        (void)close(ready[0]);
        be_agent(run, u, identity, seconds, ready[1]);
    }
    (void)close(ready[1]);
    const bool good = child > 0 && read(ready[0], &one, 1) == 1;
    (void)close(ready[0]);
    if (good)
        return TF_OK;
    if (child > 0)
        (void)waitpid(child, NULL, 0);
    (void)tf_fail(reterr, TF_E_IO, "the agent could not be started");
    return tf_help(reterr, "Is another agent at work on this study? `trefoil keep lock` ends it.");
}

static enum tf_code
minutes_of(struct tf_run *run, const struct keep_words *w, uint64_t *ret, struct tf_err *reterr)
{
    int64_t minutes = 60;
    if (w->minutes != NULL &&
        (!tf_parse_int(w->minutes, &minutes) || minutes < 1 || minutes > 24 * 60))
        return tf_usage(run, reterr, "--for wants minutes, 1 to 1440");
    *ret = (uint64_t)minutes * 60;
    return TF_OK;
}

KEEP_PART(tf_keep_run_unlock)
{
    struct tf_credential with = {.n = 0};
    struct unlocked *u = NULL;
    struct tf_study *study;
    uint64_t seconds = 0;
    const bool identity = w->open != NULL && strcmp(w->open, "identity") == 0;
    if (w->n != 1 || w->as == NULL)
        return tf_usage(run, reterr, "unlock wants --as NAME");
    if (w->open != NULL && !identity && strcmp(w->open, "answers") != 0)
        return tf_usage(run, reterr, "--open takes identity or answers");
    if (tf_is_blank(w->purpose)) {
        (void)tf_usage(run, reterr, "say what for: --purpose WORDS");
        return tf_help(reterr, "It is written into the ledger with the name, for example --purpose "
                               "\"first estimates for XA\".");
    }
    TF_TRY(minutes_of(run, w, &seconds, reterr));
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    if (w->key_file != NULL)
        TF_TRY(tf_read_key_file(run, w->key_file, &with, reterr));
    else
        TF_TRY(tf_ask_passphrase(run, w, w->as, false, &with, reterr));
    TF_TRY(tf_custody_unlock(run->arena, run->study, w->as, &with, study, &u, reterr));
    if (tf_agent_here(run->arena, run->study))
        TF_TRY(tf_agent_add(run->arena, run->study, u, identity, seconds, reterr));
    else
        TF_TRY(start_agent(run, u, identity, seconds, reterr));
    if (!tf_file_exists(tf_path_join(run->arena, run->study, ".trefoil/register.db"))) {
        tf_say("unlocked; there is no register yet: `trefoil keep restore` puts a backup back\n");
        return TF_OK;
    }
    const enum tf_code noted = tf_note_act(
        run, "unlock", w->as,
        json_pack("{s:s, s:s}", "purpose", w->purpose, "opened", identity ? "identity" : "answers"),
        reterr);
    if (noted != TF_OK) { /* nobody opens unseen */
        struct tf_err ignored;
        if (tf_agent_end(run->arena, run->study, &ignored) != TF_OK)
            (void)tf_fact(reterr, "the agent may still run: end it with `trefoil keep lock`");
        return noted;
    }
    tf_say("unlocked for %llu minutes; `trefoil keep lock` ends it\n",
           (unsigned long long)(seconds / 60));
    return TF_OK;
}

KEEP_PART(tf_keep_run_lock)
{
    if (w->n != 1)
        return tf_usage(run, reterr, "lock takes no words");
    if (!tf_agent_here(run->arena, run->study)) {
        tf_say("nothing was unlocked\n");
        return TF_OK;
    }
    TF_TRY(tf_agent_end(run->arena, run->study, reterr));
    tf_say("locked\n");
    return TF_OK;
}
