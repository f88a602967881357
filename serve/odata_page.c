/* /odata/COUNTRY/FORM.svc: the clear parts of what arrived, as an OData v4 feed.
 *
 *     …/FORM.svc               the service document
 *     …/FORM.svc/$metadata     the entity type (EDMX)
 *     …/FORM.svc/Submissions   one row a record: __id, __system {…} and the declared clear fields
 *
 * Dashboards and spreadsheets read it as they read ODK Central's. An encrypted form gives its clear fields
 * and nothing else, and says so (status "notDecrypted"). Who asks is signed in, or sends Basic with a
 * device's id and token made for feeds: a token is checked by a fast hash, so no request costs a slow one;
 * a device of the team "feed" reads, any other device only sends.
 *
 * Does not: give answers, repeats or attachments. */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "serve/odata.h"
#include "serve/people.h"

enum { PAGE_MOST = 10000 };

struct feed {
    struct tf_request *r;
    const struct tf_out_form *form;  /* the newest version */
    const char *country, *team, *root; /* root: the feed's own address */
    struct tf_odata_query q;
    struct tf_records records;
    const struct tf_review **last;
    struct tf_device *device;
    size_t n_devices;
};

/* ---- who asks --------------------------------------------------------------------------------------- */

/* "Basic base64(id:token)" of a device that is enrolled as a feed. */
static const struct tf_device *basic_device(struct tf_request *r)
{
    const char *head = tf_web_header(r, "Authorization");
    char text[256];
    size_t n = 0;
    if (head == NULL || !tf_starts(head, "Basic ") || strlen(head) > 300 ||
        sodium_base642bin((unsigned char *)text, sizeof text - 1, head + 6, strlen(head + 6), NULL, &n,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    text[n] = '\0';
    const char *colon = strchr(text, ':');
    const struct tf_device *d = colon == NULL ? NULL : tf_request_device_of(r, colon + 1);
    const bool good = d != NULL && strlen(d->id) == (size_t)(colon - text) &&
                      strncmp(d->id, text, (size_t)(colon - text)) == 0;
    sodium_memzero(text, sizeof text);
    return good && strcmp(d->team, "feed") == 0 ? d : NULL;
}

static bool allowed(struct feed *f, struct tf_reply *reply)
{
    struct tf_request *r = f->r;
    const struct tf_device *d = r->person == NULL ? basic_device(r) : NULL;
    if (tf_people_may_see(r->person, f->country, &f->team) ||
        (d != NULL && strcmp(d->country, f->country) == 0))
        return true;
    tf_reply_text(reply, r->person != NULL ? 403 : 401, "Sign in, or send the name and the token of a feed.\n");
    if (r->person == NULL)
        tf_reply_header(reply, "WWW-Authenticate", "Basic realm=\"Trefoil\", charset=\"UTF-8\"");
    return false;
}

/* ---- replies ---------------------------------------------------------------------------------------- */

static void drop_text(void *text)
{
    free(text);
}

static void send_json(struct tf_request *r, struct tf_reply *reply, unsigned status, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(value);
    if (text == NULL) {
        tf_reply_text(reply, 500, "There is no memory left.\n");
        return;
    }
    tf_arena_defer(r->arena, drop_text, text);
    *reply = (struct tf_reply){.status = status,
                               .type = "application/json; odata.metadata=minimal; charset=utf-8",
                               .data = text, .n = strlen(text)};
    tf_reply_header(reply, "OData-Version", "4.0");
    tf_reply_private(reply);
}

static void send_error(struct tf_request *r, struct tf_reply *reply, unsigned status,
                       const struct tf_err *err)
{
    send_json(r, reply, status,
              json_pack("{s:{s:s, s:s, s:s}}", "error", "code", tf_printf(r->arena, "%u", status),
                        "message", err->what, "details", err->fact));
}

static void service(struct feed *f, struct tf_reply *reply)
{
    send_json(f->r, reply, 200,
              json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "@odata.context",
                        tf_printf(f->r->arena, "%s/$metadata", f->root), "value", "name", "Submissions",
                        "kind", "EntitySet", "url", "Submissions"));
}

/* A clear field as the name of a property: letters, digits and '_'. */
static const char *property(struct tf_arena *arena, const char *name)
{
    char *s = tf_strdup(arena, name);
    for (char *p = s; *p != '\0'; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
            *p = '_';
    return s;
}

static void metadata(struct feed *f, struct tf_reply *reply)
{
    static const struct {
        const char *name, *type;
    } system[] = {{"submissionDate", "DateTimeOffset"}, {"updatedAt", "DateTimeOffset"},
                  {"submitterId", "String"},            {"submitterName", "String"},
                  {"attachmentsPresent", "Int64"},      {"attachmentsExpected", "Int64"},
                  {"status", "String"},                 {"reviewState", "String"},
                  {"deviceId", "String"},               {"edits", "Int64"},
                  {"formVersion", "String"}};
    struct tf_buf b = {.arena = f->r->arena};
    tf_buf_add(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<edmx:Edmx xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\" Version=\"4.0\">\n"
                   "<edmx:DataServices>\n<Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" "
                   "Namespace=\"org.opendatakit.submission\">\n<ComplexType Name=\"metadata\">\n");
    for (size_t k = 0; k < sizeof system / sizeof *system; k++)
        tf_buf_printf(&b, "<Property Name=\"%s\" Type=\"Edm.%s\"/>\n", system[k].name, system[k].type);
    tf_buf_add(&b, "</ComplexType>\n</Schema>\n<Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" "
                   "Namespace=\"org.opendatakit.user.");
    tf_buf_html(&b, property(f->r->arena, f->form->id));
    tf_buf_add(&b, "\">\n<EntityType Name=\"Submissions\">\n<Key><PropertyRef Name=\"__id\"/></Key>\n"
                   "<Property Name=\"__id\" Type=\"Edm.String\"/>\n"
                   "<Property Name=\"__system\" Type=\"org.opendatakit.submission.metadata\"/>\n");
    for (size_t k = 0; k < f->form->n_clear; k++) {
        tf_buf_add(&b, "<Property Name=\"");
        tf_buf_html(&b, property(f->r->arena, f->form->clear[k]));
        tf_buf_add(&b, "\" Type=\"Edm.String\"/>\n");
    }
    tf_buf_add(&b, "</EntityType>\n<EntityContainer Name=\"");
    tf_buf_html(&b, property(f->r->arena, f->form->id));
    tf_buf_add(&b, "\">\n<EntitySet Name=\"Submissions\" EntityType=\"org.opendatakit.user.");
    tf_buf_html(&b, property(f->r->arena, f->form->id));
    tf_buf_add(&b, ".Submissions\"/>\n</EntityContainer>\n</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n");
    *reply = (struct tf_reply){.status = 200, .type = "application/xml; charset=utf-8",
                               .data = tf_buf_text(&b), .n = b.n};
    tf_reply_header(reply, "OData-Version", "4.0");
    tf_reply_private(reply);
}

/* ---- rows ------------------------------------------------------------------------------------------- */

static const struct tf_device *sender(const struct feed *f, const struct tf_record *record)
{
    for (size_t k = 0; k < f->n_devices; k++)
        if (strcmp(f->device[k].id, record->sender) == 0)
            return &f->device[k];
    return NULL;
}

static json_t *moment(struct tf_request *r, int64_t seconds)
{
    const struct tf_moment m = tf_moment_of(seconds);
    const int64_t day = seconds % 86400;
    return json_string(tf_printf(r->arena, "%s.%s", /* milliseconds, as the peers write them */
                                 tf_printf(r->arena, "%sT%02d:%02d:%02d", m.date, (int)(day / 3600),
                                           (int)(day / 60 % 60), (int)(day % 60)),
                                 "000Z"));
}

/* null is "received" in this vocabulary. */
static const char *state_of(const struct feed *f, size_t k)
{
    const char *state = tf_record_state(&f->records.item[k], f->last[k]);
    return strcmp(state, "received") == 0 ? NULL : state;
}

static json_t *system_of(const struct feed *f, size_t k)
{
    const struct tf_record *record = &f->records.item[k];
    const struct tf_device *d = sender(f, record);
    const json_int_t present = record->parts > 0 ? (json_int_t)record->parts - 1 : 0;
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:I, s:I, s:o, s:s?, s:s, s:I, s:s}", "submissionDate",
        moment(f->r, record->received), "updatedAt",
        record->edited > 0 ? moment(f->r, record->edited) : json_null(), "submitterId", record->sender,
        "submitterName", d == NULL ? record->sender : d->person, "attachmentsPresent", present,
        "attachmentsExpected", record->complete ? present : present + 1, "status",
        record->encrypted ? json_string("notDecrypted")
        : record->complete ? json_null()
                           : json_string("missingAttachments"),
        "reviewState", state_of(f, k), "deviceId", record->sender, "edits", (json_int_t)record->edits,
        "formVersion", record->version);
}

static json_t *row_of(const struct feed *f, size_t k)
{
    const struct tf_record *record = &f->records.item[k];
    json_t *row = json_object();
    if (tf_odata_selected(&f->q, "__id"))
        (void)json_object_set_new(row, "__id", json_string(record->instance));
    if (tf_odata_selected(&f->q, "__system"))
        (void)json_object_set_new(row, "__system", system_of(f, k));
    for (size_t j = 0; j < f->form->n_clear; j++) {
        const char *name = property(f->r->arena, f->form->clear[j]),
                   *value = tf_record_clear(record, f->form->clear[j]);
        if (tf_odata_selected(&f->q, name))
            (void)json_object_set_new(row, name, *value == '\0' ? json_null() : json_string(value));
    }
    return row;
}

static bool wanted(const struct feed *f, size_t k)
{
    const struct tf_record *record = &f->records.item[k];
    const struct tf_device *d = sender(f, record);
    const struct tf_odata_row row = {.date = record->received,
                                     .updated = record->edited,
                                     .state = state_of(f, k),
                                     .submitter = record->sender};
    if (strcmp(record->form, f->form->id) != 0)
        return false;
    if (f->team != NULL && (d == NULL || strcmp(d->team, f->team) != 0))
        return false;
    return tf_odata_fits(&f->q, &row);
}

static void percent(struct tf_buf *b, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;
        tf_buf_char(b, '%');
        tf_buf_char(b, hex[c >> 4]);
        tf_buf_char(b, hex[c & 15]);
    }
}

/* The same question, to go on after the record `id`. */
static const char *next_link(const struct feed *f, const char *id)
{
    struct tf_request *r = f->r;
    struct tf_buf b = {.arena = r->arena};
    tf_buf_printf(&b, "%s/Submissions?%%24skiptoken=", f->root);
    percent(&b, id);
    for (size_t k = 0; k < r->n_query; k++) {
        if (strcmp(r->query[k].name, "$skiptoken") == 0 || strcmp(r->query[k].name, "$skip") == 0)
            continue;
        tf_buf_char(&b, '&');
        percent(&b, r->query[k].name);
        tf_buf_char(&b, '=');
        percent(&b, r->query[k].value);
    }
    return tf_buf_text(&b);
}

static enum tf_code gather(struct feed *f, struct tf_err *err)
{
    struct tf_request *r = f->r;
    struct tf_review *review;
    size_t n;
    const char *dir = tf_site_dir(r->site);
    if (tf_dir_exists(tf_path_join(r->arena, dir, ".trefoil/inbox")))
        TF_TRY(tf_records_read(r->arena, dir, f->country, &f->records, err));
    TF_TRY(tf_reviews(r->arena, tf_site_fieldwork(r->site), f->country, &review, &n, err));
    f->last = tf_records_reviewed(r->arena, &f->records, review, n);
    return tf_devices(r->arena, tf_site_fieldwork(r->site), &f->device, &f->n_devices, err);
}

static void submissions(struct feed *f, struct tf_reply *reply)
{
    struct tf_request *r = f->r;
    struct tf_err err;
    tf_odata_begin(&f->q);
    for (size_t k = 0; k < r->n_query; k++)
        if (tf_odata_read(r->arena, r->query[k].name, r->query[k].value, &f->q, &err) != TF_OK) {
            send_error(r, reply, 400, &err);
            return;
        }
    if (gather(f, &err) != TF_OK) {
        send_error(r, reply, 500, &err);
        return;
    }
    const size_t most = f->q.top < PAGE_MOST ? f->q.top : PAGE_MOST;
    size_t n = 0, shown = 0;
    bool begun = f->q.token == NULL, more = false;
    const char *last = NULL;
    json_t *rows = json_array();
    for (size_t at = 0; at < f->records.n; at++) { /* newest first unless asked otherwise */
        const bool oldest_first = !f->q.descending && tf_web_query(r, "$orderby") != NULL;
        const size_t k = oldest_first ? at : f->records.n - 1 - at;
        if (!wanted(f, k))
            continue;
        n++;
        if (!begun) {
            begun = strcmp(f->records.item[k].instance, f->q.token) == 0;
            continue;
        }
        if (f->q.skip > 0) {
            f->q.skip--;
        } else if (shown < most) {
            (void)json_array_append_new(rows, row_of(f, k));
            last = f->records.item[k].instance;
            shown++;
        } else {
            more = true;
        }
    }
    json_t *all = json_pack("{s:s, s:o}", "@odata.context",
                            tf_printf(r->arena, "%s/$metadata#Submissions", f->root), "value", rows);
    if (more && last != NULL)
        (void)json_object_set_new(all, "@odata.nextLink",
                                  json_string(next_link(f, last)));
    if (f->q.count)
        (void)json_object_set_new(all, "@odata.count", json_integer((json_int_t)n));
    send_json(r, reply, 200, all);
}

/* ---- the way in -------------------------------------------------------------------------------------- */

void tf_odata_page(struct tf_request *r, struct tf_reply *reply)
{
    struct feed f = {.r = r};
    char **word;
    size_t n_forms;
    if (!tf_starts(r->path, "/odata/"))
        return;
    const size_t n = tf_split(r->arena, r->path + strlen("/odata/"), '/', &word);
    if (n < 2 || n > 3 || !tf_ends(word[1], ".svc"))
        return;
    f.country = word[0];
    if (r->person == NULL)
        r->person = tf_people_session(r);
    if (!allowed(&f, reply))
        return;
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0) {
        tf_reply_text(reply, 405, "The feed can only be read.\n");
        tf_reply_header(reply, "Allow", "GET, HEAD");
        return;
    }
    const char *id = tf_strndup(r->arena, word[1], strlen(word[1]) - 4);
    const struct tf_out_form *forms = tf_request_forms(r, &n_forms);
    for (size_t k = 0; k < n_forms; k++)
        if (forms[k].current && strcmp(forms[k].country, f.country) == 0 && strcmp(forms[k].id, id) == 0)
            f.form = &forms[k];
    if (f.form == NULL)
        return;
    f.root = tf_printf(r->arena, "%s/odata/%s/%s.svc", r->base_url, f.country, id);
    if (n == 2 || *word[2] == '\0')
        service(&f, reply);
    else if (strcmp(word[2], "$metadata") == 0)
        metadata(&f, reply);
    else if (strcmp(word[2], "Submissions") == 0)
        submissions(&f, reply);
}
