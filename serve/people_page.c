/* /sign-in and /sign-out: people prove who they are by a password and a code that changes.
 *
 * Both are asked at once and the answer to a wrong one is always the same, after the same work: nothing
 * tells whether a name exists or which of the two was wrong. A code opens once. Tries are counted by
 * name and in all: after five wrong ones a name waits half a minute, then twice as long each time, up to
 * a quarter of an hour; and the whole server stretches no more than ten passwords in ten seconds, so
 * that guessing cannot hold up the tablets.
 *
 * Does not: send mail, or let people choose a new password (`trefoil field person add` sets it). */
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "serve/people.h"

enum { SESSIONS = 256, TRIES = 512, IDLE = 30 * 60, LIFE = 12 * 3600, FREE_TRIES = 5,
       FIRST_WAIT = 30, LONGEST_WAIT = 15 * 60, WINDOW = 10, IN_WINDOW = 10, ID_MOST = 64 };

/* Who is signed in. The cookie itself is not kept: only its hash. */
static struct session {
    char hash[TF_HASH_TEXT], person[ID_MOST + 1], token[TF_HASH_TEXT];
    int64_t begun, used;
} sessions[SESSIONS];
static struct tries {
    char person[ID_MOST + 1];
    unsigned wrong;
    int64_t last;
} tries[TRIES];
static int64_t window_begun;
static unsigned in_window;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- cookies -------------------------------------------------------------------------------------- */

/* Over TLS the name binds the cookie to this host and to TLS; plain is only ever the loopback. */
static const char *cookie_name(const struct tf_request *r)
{
    return tf_starts(r->base_url, "https://") ? "__Host-trefoil" : "trefoil";
}

static const char *cookie_of(struct tf_request *r)
{
    const char *all = tf_web_header(r, "Cookie"), *name = cookie_name(r);
    char **part;
    if (all == NULL || strlen(all) > 4096)
        return NULL;
    const size_t n = tf_split(r->arena, all, ';', &part), len = strlen(name);
    for (size_t k = 0; k < n; k++)
        if (strncmp(part[k], name, len) == 0 && part[k][len] == '=')
            return part[k] + len + 1;
    return NULL;
}

static void set_cookie(struct tf_request *r, struct tf_reply *reply, const char *value, int age)
{
    tf_reply_header(reply, "Set-Cookie",
                    tf_printf(r->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s",
                              cookie_name(r), value, age,
                              tf_starts(r->base_url, "https://") ? "; Secure" : ""));
}

/* ---- sessions -------------------------------------------------------------------------------------- */

static bool alive(const struct session *s, int64_t now)
{
    return s->hash[0] != '\0' && now - s->used <= IDLE && now - s->begun <= LIFE && now >= s->begun;
}

static struct session *find_session(struct tf_request *r)
{
    const char *cookie = cookie_of(r);
    if (cookie == NULL)
        return NULL;
    const struct tf_hash h = tf_hash_bytes(cookie, strlen(cookie));
    for (size_t k = 0; k < SESSIONS; k++)
        if (alive(&sessions[k], r->now) && sodium_memcmp(sessions[k].hash, h.hex, 64) == 0)
            return &sessions[k];
    return NULL;
}

static void copy_text(char *to, size_t room, const char *from)
{
    const size_t n = strnlen(from, room - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

/* A new session in the place that was used longest ago; its cookie. */
static const char *begin_session(struct tf_request *r, const char *person)
{
    unsigned char bytes[64];
    char *cookie = tf_alloc(r->arena, 65), token[65];
    struct session *at = &sessions[0];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(cookie, 65, bytes, 32);
    (void)sodium_bin2hex(token, sizeof token, bytes + 32, 32);
    (void)pthread_mutex_lock(&lock);
    for (size_t k = 0; k < SESSIONS && alive(at, r->now); k++)
        if (!alive(&sessions[k], r->now) || sessions[k].used < at->used)
            at = &sessions[k];
    const struct tf_hash h = tf_hash_bytes(cookie, 64);
    copy_text(at->hash, sizeof at->hash, h.hex);
    copy_text(at->token, sizeof at->token, token);
    copy_text(at->person, sizeof at->person, person);
    at->begun = at->used = r->now;
    (void)pthread_mutex_unlock(&lock);
    sodium_memzero(bytes, sizeof bytes);
    return cookie;
}

static const struct tf_person *find_person(struct tf_request *r, const char *id)
{
    struct tf_person *p;
    struct tf_err err;
    size_t n;
    if (tf_people(r->arena, tf_site_fieldwork(r->site), &p, &n, &err) != TF_OK)
        return NULL;
    for (size_t k = 0; k < n; k++)
        if (p[k].active && strcmp(p[k].id, id) == 0)
            return &p[k];
    return NULL;
}

const struct tf_person *tf_people_session(struct tf_request *r)
{
    char id[ID_MOST + 1] = "";
    (void)pthread_mutex_lock(&lock);
    struct session *s = find_session(r);
    if (s != NULL) {
        s->used = r->now;
        copy_text(id, sizeof id, s->person);
    }
    (void)pthread_mutex_unlock(&lock);
    return id[0] == '\0' ? NULL : find_person(r, id);
}

const char *tf_people_token(struct tf_request *r)
{
    (void)pthread_mutex_lock(&lock);
    const struct session *s = find_session(r);
    const char *token = s == NULL ? "" : tf_strdup(r->arena, s->token);
    (void)pthread_mutex_unlock(&lock);
    return token;
}

/* Browsers name the page that a POST comes from; when they do it must be ours. A page that sends no referrer
 * names "null", and then the browser's own word for it must stand beside. */
static bool own_origin(const struct tf_request *r)
{
    const char *origin = tf_web_header(r, "Origin"), *site = tf_web_header(r, "Sec-Fetch-Site");
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (origin != NULL && strcmp(origin, "null") == 0)
        return tf_streq(site, "same-origin");
    return origin == NULL || strcmp(origin, r->base_url) == 0;
}

bool tf_people_posted(struct tf_request *r)
{
    const char *sent = tf_web_field(r, "token"), *token = tf_people_token(r);
    return *token != '\0' && sent != NULL && strlen(sent) == strlen(token) &&
           sodium_memcmp(sent, token, strlen(token)) == 0 && own_origin(r);
}

/* ---- who sees what ---------------------------------------------------------------------------------- */

bool tf_people_may_see(const struct tf_person *p, const char *country, const char **ret_team)
{
    *ret_team = NULL;
    if (p == NULL || !p->active)
        return false;
    if (strcmp(p->role, "programme_lead") == 0)
        return true;
    if (strcmp(p->country, country) != 0)
        return false;
    if (strcmp(p->role, "field_supervisor") == 0)
        *ret_team = p->team;
    return strcmp(p->role, "interviewer") != 0;
}

bool tf_people_may_review(const struct tf_person *p)
{
    static const char *const may[] = {"programme_lead", "survey_team", "field_supervisor"};
    for (size_t k = 0; p != NULL && k < 3; k++)
        if (strcmp(p->role, may[k]) == 0)
            return true;
    return false;
}

/* ---- signing in -------------------------------------------------------------------------------------- */

static struct tries *tries_of(const char *id, int64_t now)
{
    struct tries *oldest = &tries[0];
    for (size_t k = 0; k < TRIES; k++) {
        if (strcmp(tries[k].person, id) == 0)
            return &tries[k];
        if (tries[k].last < oldest->last)
            oldest = &tries[k];
    }
    *oldest = (struct tries){.last = now};
    copy_text(oldest->person, sizeof oldest->person, id);
    return oldest;
}

/* Seconds to wait before this name may try; counts the try when it may. */
static int64_t wait_for(const char *id, int64_t now)
{
    (void)pthread_mutex_lock(&lock);
    const struct tries *t = tries_of(id, now);
    int64_t wait = 0;
    if (t->wrong >= FREE_TRIES) {
        const unsigned times = t->wrong - FREE_TRIES;
        const int64_t pause = times > 5 ? LONGEST_WAIT : (int64_t)FIRST_WAIT << times;
        wait = t->last + (pause < LONGEST_WAIT ? pause : LONGEST_WAIT) - now;
    }
    if (now - window_begun >= WINDOW || now < window_begun) {
        window_begun = now;
        in_window = 0;
    }
    if (wait <= 0 && ++in_window > IN_WINDOW)
        wait = WINDOW;
    (void)pthread_mutex_unlock(&lock);
    return wait > 0 ? wait : 0;
}

static void count_try(const char *id, bool good, int64_t now)
{
    (void)pthread_mutex_lock(&lock);
    struct tries *t = tries_of(id, now);
    t->wrong = good ? 0 : t->wrong + 1;
    t->last = now;
    (void)pthread_mutex_unlock(&lock);
}

/* A password that nobody has: what an unknown name is measured against, so that it takes as long. */
static const char *nobody(struct tf_request *r)
{
    static char stretched[crypto_pwhash_STRBYTES];
    const char *made;
    struct tf_err err;
    unsigned char bytes[16];
    char text[33];
    if (stretched[0] == '\0') {
        randombytes_buf(bytes, sizeof bytes);
        (void)sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
        if (tf_password_hash(r->arena, text, &made, &err) == TF_OK)
            copy_text(stretched, sizeof stretched, made);
    }
    return stretched;
}

static bool proves(struct tf_request *r, const struct tf_person *p, const char *password,
                   const char *code)
{
    bool fresh = false;
    struct tf_err err;
    const char *stretched = p == NULL || p->password == NULL ? nobody(r) : p->password;
    const bool fits = tf_password_fits(stretched, password) && p != NULL;
    const int64_t step = tf_totp_step(p == NULL ? NULL : p->totp, code, r->now);
    return fits && step >= 0 &&
           tf_person_step(tf_site_fieldwork(r->site), p->id, step, &fresh, &err) == TF_OK && fresh;
}

static void show_form(struct tf_request *r, struct tf_reply *reply, unsigned status,
                      const char *wrong)
{
    struct tf_frame f = {.at = ""};
    tf_frame_begin(&f, r, "Sign in", NULL, true);
    if (wrong != NULL) {
        tf_buf_add(&f.b, "<p class=\"wrong\" role=\"alert\">");
        tf_buf_html(&f.b, wrong);
        tf_buf_add(&f.b, "</p>\n");
    }
    tf_buf_add(&f.b,
               "<form class=\"sign\" method=\"post\" action=\"/sign-in\">\n"
               "<label for=\"id\">Name</label><input id=\"id\" name=\"id\" autocomplete=\"username\" "
               "autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"64\" required>\n"
               "<label for=\"password\">Password</label><input id=\"password\" name=\"password\" "
               "type=\"password\" autocomplete=\"current-password\" maxlength=\"128\" required>\n"
               "<label for=\"code\">Code from your authenticator app</label><input id=\"code\" name=\"code\" "
               "inputmode=\"numeric\" autocomplete=\"one-time-code\" pattern=\"[0-9]{6}\" maxlength=\"6\" "
               "required>\n<button class=\"do\">Sign in</button>\n</form>\n"
               "<p class=\"say small\">Answers cannot be read here: the pages show who sent what and "
               "when.</p>\n");
    tf_frame_end(&f, reply, status);
}

static void sign_in(struct tf_request *r, struct tf_reply *reply)
{
    const char *id = tf_web_field(r, "id"), *password = tf_web_field(r, "password"),
               *code = tf_web_field(r, "code");
    if (id == NULL || password == NULL || code == NULL || strlen(id) > ID_MOST || !own_origin(r)) {
        show_form(r, reply, 400, "Please fill in all three.");
        return;
    }
    const int64_t wait = wait_for(id, r->now);
    if (wait > 0) {
        show_form(r, reply, 429, "Too many tries. Please wait a while.");
        tf_reply_header(reply, "Retry-After", tf_printf(r->arena, "%lld", (long long)wait));
        return;
    }
    const struct tf_person *p = find_person(r, id);
    const bool good = proves(r, p, password, code);
    count_try(id, good, r->now);
    if (!good) {
        show_form(r, reply, 401, "Name, password and code do not fit together. A code opens once: wait "
                                 "for the next.");
        return;
    }
    const char *cookie = begin_session(r, p->id);
    tf_reply_go(r, reply, "/fieldwork");
    set_cookie(r, reply, cookie, LIFE);
}

static void sign_out(struct tf_request *r, struct tf_reply *reply)
{
    if (!tf_people_posted(r)) {
        tf_frame_say(r, reply, 403, "Not signed out", "The page was too old. Go back and try again.");
        return;
    }
    (void)pthread_mutex_lock(&lock);
    struct session *s = find_session(r);
    if (s != NULL)
        sodium_memzero(s, sizeof *s);
    (void)pthread_mutex_unlock(&lock);
    r->person = NULL;
    tf_reply_go(r, reply, "/sign-in");
    set_cookie(r, reply, "", 0);
}

void tf_people_page(struct tf_request *r, struct tf_reply *reply)
{
    const bool post = strcmp(r->method, "POST") == 0;
    r->person = tf_people_session(r);
    if (strcmp(r->path, "/sign-in") == 0) {
        if (post)
            sign_in(r, reply);
        else
            show_form(r, reply, 200, NULL);
    } else if (strcmp(r->path, "/sign-out") == 0 && post) {
        sign_out(r, reply);
    }
}
