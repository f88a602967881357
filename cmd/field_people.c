/* `trefoil field enrol | revoke | devices | person`: who may send, and who may look. Help stands in
 * field.c.
 *
 * Passwords come from the terminal (not shown) or from a file descriptor, never from an argument. What
 * is secret is printed once: the QR code of a tablet, the second factor of a person. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/field_parts.h"

/* ---- devices -------------------------------------------------------------------------------------- */

static enum tf_code save_qr(const char *path, const struct tf_qr *qr, struct tf_err *reterr)
{
    if (tf_ends(path, ".svg"))
        return tf_field_write(path, qr->svg, strlen(qr->svg), reterr);
    if (tf_ends(path, ".png"))
        return tf_field_write(path, qr->png.data, qr->png.n, reterr);
    (void)tf_fail(reterr, TF_E_USAGE, "'%s' is neither .svg nor .png", path);
    return tf_help(reterr, "Name the picture --qr FILE.svg or --qr FILE.png.");
}

static enum tf_code judge_url(struct tf_run *run, const char *url, struct tf_err *reterr)
{
    if (url == NULL)
        return tf_usage(run, reterr, "where does the tablet send to? Give --url https://HOST");
    const bool local = tf_starts(url, "http://127.0.0.1") || tf_starts(url, "http://localhost");
    if (!tf_starts(url, "https://") && !local)
        return tf_usage(run, reterr, "--url begins with https:// (http only for this machine)");
    if (tf_ends(url, "/"))
        return tf_usage(run, reterr, "--url ends without '/'");
    return TF_OK;
}

enum tf_code tf_field_enrol(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    struct tf_study *s;
    struct tf_qr qr;
    const char *token;
    if (w->n != 2 || w->person == NULL || w->team == NULL)
        return tf_usage(run, reterr, "enrol wants NAME --person P --team T --country CODE --url URL");
    TF_TRY(judge_url(run, w->url, reterr));
    TF_TRY(tf_field_open(run, w, true, &s, &fw, reterr));
    const struct tf_device d = {.id = w->word[1], .name = w->name, .country = w->country,
                                .team = w->team, .person = w->person};
    if (w->qr != NULL && (tf_file_exists(w->qr) || (!tf_ends(w->qr, ".svg") && !tf_ends(w->qr, ".png"))))
        return tf_usage(run, reterr, "--qr names a new file that ends in .svg or .png");
    TF_TRY(tf_device_enrol(run->arena, fw, &d, &token, reterr));
    const char *project = tf_printf(run->arena, "%s %s", s->title, w->country);
    TF_TRY(tf_qr_make(run->arena, tf_collect_settings(run->arena, w->url, token, project), &qr,
                      reterr));
    if (w->qr != NULL)
        TF_TRY(save_qr(w->qr, &qr, reterr));
    const char *address = tf_printf(run->arena, "%s/key/%s", w->url, token);
    if (run->json)
        tf_say_json(json_pack("{s:s, s:s}", "device", d.id, "server_url", address));
    else if (w->qr != NULL)
        tf_say("%s: scan %s with Collect (\"Configure with QR code\"), then destroy it\n", d.id, w->qr);
    else
        tf_say("%s\n%s: scan this with Collect, or type %s\nIt is shown once.\n", qr.blocks, d.id,
               address);
    return TF_OK;
}

enum tf_code tf_field_revoke(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    if (w->n != 2)
        return tf_usage(run, reterr, "revoke wants the NAME of a device");
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_device_revoke(fw, w->word[1], reterr));
    tf_say("%s is answered no more\n", w->word[1]);
    return TF_OK;
}

enum tf_code tf_field_devices(struct tf_run *run, const struct field_words *w,
                              struct tf_err *reterr)
{
    static const char *const column[] = {"device", "name", "country", "team", "person", "state"};
    struct tf_fieldwork *fw;
    struct tf_device *d;
    size_t n;
    if (w->n != 1)
        return tf_usage(run, reterr, "devices wants no more words");
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_devices(run->arena, fw, &d, &n, reterr));
    struct tf_table *t = tf_table_new(run->arena, "devices", n);
    for (size_t c = 0; c < 6; c++)
        (void)tf_table_add(t, column[c], TF_TEXT);
    for (size_t k = 0; k < n; k++) {
        const char *const cell[] = {d[k].id,   d[k].name,   d[k].country,
                                    d[k].team, d[k].person, d[k].revoked ? "revoked" : "in use"};
        for (size_t c = 0; c < 6; c++) {
            t->col[c].text[k] = cell[c];
            t->col[c].miss[k] = TF_PRESENT;
        }
    }
    tf_field_say(run, t);
    return TF_OK;
}

/* ---- passwords ------------------------------------------------------------------------------------ */

enum { PASSWORD_MOST = 129 };

/* One line, at most PASSWORD_MOST - 1 bytes; false at none or when it is longer. */
static bool read_line(int fd, char *password)
{
    size_t n = 0;
    char c;
    while (read(fd, &c, 1) == 1 && c != '\n')
        if (n + 1 < PASSWORD_MOST)
            password[n++] = c;
        else
            return false;
    password[n] = '\0';
    return n > 0;
}

static bool ask_hidden(const char *question, char *password)
{
    struct termios seen, hidden;
    if (tcgetattr(STDIN_FILENO, &seen) != 0)
        return false;
    hidden = seen;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(question, stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    const bool good = read_line(STDIN_FILENO, password);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
    (void)fputs("\n", stderr);
    return good;
}

static enum tf_code read_password(struct tf_run *run, const char *fd_text, char *password,
                                  struct tf_err *reterr)
{
    int64_t fd;
    if (fd_text != NULL) {
        if (!tf_parse_int(fd_text, &fd) || fd < 0 || fd > 1023)
            return tf_usage(run, reterr, "--passphrase-fd wants the number of an open descriptor");
        if (read_line((int)fd, password))
            return TF_OK;
        return tf_fail(reterr, TF_E_INPUT, "descriptor %lld gives no line of at most 128 bytes",
                       (long long)fd);
    }
    if (!isatty(STDIN_FILENO)) {
        (void)tf_fail(reterr, TF_E_USAGE, "there is no terminal to ask for a password");
        return tf_help(reterr, "Give --passphrase-fd N.");
    }
    char again[PASSWORD_MOST];
    const bool same = ask_hidden("Password: ", password) && ask_hidden("Again: ", again) &&
                      strcmp(password, again) == 0;
    sodium_memzero(again, sizeof again);
    return same ? TF_OK : tf_fail(reterr, TF_E_INPUT, "the two passwords differ");
}

/* ---- people --------------------------------------------------------------------------------------- */

/* Who may sign in at the web door, and what they see there. */
static const char *const web_roles[] = {"programme_lead", "survey_team", "field_supervisor",
                                        "interviewer",    "national_partner", NULL};

static enum tf_code judge_role(struct tf_run *run, const struct field_words *w,
                               struct tf_err *reterr)
{
    for (size_t k = 0; web_roles[k] != NULL; k++)
        if (tf_streq(web_roles[k], w->role)) {
            if (w->team != NULL || (k != 2 && k != 3))
                return TF_OK;
            return tf_usage(run, reterr, "a %s has a team: give --team T", w->role);
        }
    return tf_usage(run, reterr, "--role is one of programme_lead, survey_team, field_supervisor, "
                                 "interviewer, national_partner");
}

static enum tf_code say_factor(struct tf_run *run, const struct field_words *w,
                               const struct tf_study *s, const struct tf_person *p,
                               struct tf_err *reterr)
{
    struct tf_qr qr;
    const char *address = tf_totp_address(run->arena, s->id, p->id, p->totp);
    if (run->json) {
        tf_say_json(json_pack("{s:s, s:s}", "person", p->id, "second_factor", address));
        return TF_OK;
    }
    TF_TRY(tf_qr_make(run->arena, address, &qr, reterr));
    if (w->qr != NULL)
        return save_qr(w->qr, &qr, reterr);
    tf_say("%s\n%s: scan this with an authenticator app, or type %s\nIt is shown once.\n", qr.blocks,
           p->id, p->totp);
    return TF_OK;
}

static enum tf_code add_person(struct tf_run *run, const struct field_words *w,
                               struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    struct tf_study *s;
    char password[PASSWORD_MOST] = "";
    struct tf_person p = {.name = w->name, .country = w->country, .team = w->team, .role = w->role};
    if (w->n != 3)
        return tf_usage(run, reterr, "person add wants ID --role R --country CODE [--team T]");
    TF_TRY(judge_role(run, w, reterr));
    TF_TRY(tf_field_open(run, w, true, &s, &fw, reterr));
    p.id = w->word[2];
    enum tf_code code = read_password(run, w->fd, password, reterr);
    if (code == TF_OK)
        code = tf_password_hash(run->arena, password, &p.password, reterr);
    if (code == TF_OK && w->digest)
        p.ha1 = tf_password_ha1(run->arena, p.id, password);
    sodium_memzero(password, sizeof password);
    TF_TRY(code);
    p.totp = tf_totp_secret(run->arena);
    TF_TRY(tf_person_put(fw, &p, reterr));
    return say_factor(run, w, s, &p, reterr);
}

static enum tf_code list_people(struct tf_run *run, struct tf_err *reterr)
{
    static const char *const column[] = {"person", "name", "country", "team", "role", "state"};
    struct tf_fieldwork *fw;
    struct tf_person *p;
    size_t n;
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_people(run->arena, fw, &p, &n, reterr));
    struct tf_table *t = tf_table_new(run->arena, "people", n);
    for (size_t c = 0; c < 6; c++)
        (void)tf_table_add(t, column[c], TF_TEXT);
    for (size_t k = 0; k < n; k++) {
        const char *const cell[] = {p[k].id,   p[k].name, p[k].country,
                                    p[k].team, p[k].role, p[k].active ? "active" : "ended"};
        for (size_t c = 0; c < 6; c++) {
            t->col[c].text[k] = cell[c];
            t->col[c].miss[k] = TF_PRESENT;
        }
    }
    tf_field_say(run, t);
    return TF_OK;
}

enum tf_code tf_field_person(struct tf_run *run, const struct field_words *w, struct tf_err *reterr)
{
    struct tf_fieldwork *fw;
    const char *what = w->n < 2 ? "" : w->word[1];
    if (strcmp(what, "add") == 0)
        return add_person(run, w, reterr);
    if (strcmp(what, "list") == 0 && w->n == 2)
        return list_people(run, reterr);
    if (strcmp(what, "end") != 0 || w->n != 3)
        return tf_usage(run, reterr, "person what? add ID, list, or end ID");
    TF_TRY(tf_fieldwork_open(run->arena, run->study, false, &fw, reterr));
    TF_TRY(tf_person_end(fw, w->word[2], reterr));
    tf_say("%s may not sign in any more\n", w->word[2]);
    return TF_OK;
}
