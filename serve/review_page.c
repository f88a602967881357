/* /fieldwork/XA/review: records, what is known of them without a key, and what people think of them.
 *
 * A record shows its form, its sender, when it came, its clear fields and all that was said about it. The
 * answers are not here: they are sealed. A review is posted with the session's token, and every one stays
 * in the list: the last one holds until the record is edited. */
#include <string.h>

#include "serve/people.h"
#include "serve/review.h"

enum { PAGE = 25 };

struct view {
    struct tf_request *r;
    const char *country, *team, *form, *state;
    size_t page;
    struct tf_records records;
    struct tf_review *review;
    size_t n_reviews;
    const struct tf_review **last;
    struct tf_device *device;
    size_t n_devices;
};

static enum tf_code read_view(struct view *v, struct tf_err *err)
{
    struct tf_request *r = v->r;
    struct tf_fieldwork *fw = tf_site_fieldwork(r->site);
    const char *dir = tf_site_dir(r->site);
    if (tf_dir_exists(tf_path_join(r->arena, dir, ".trefoil/inbox")))
        TF_TRY(tf_records_read(r->arena, dir, v->country, &v->records, err));
    TF_TRY(tf_devices(r->arena, fw, &v->device, &v->n_devices, err));
    TF_TRY(tf_reviews(r->arena, fw, v->country, &v->review, &v->n_reviews, err));
    v->last = tf_records_reviewed(r->arena, &v->records, v->review, v->n_reviews);
    return TF_OK;
}

static const struct tf_device *sender(const struct view *v, const struct tf_record *record)
{
    for (size_t k = 0; k < v->n_devices; k++)
        if (strcmp(v->device[k].id, record->sender) == 0)
            return &v->device[k];
    return NULL;
}

/* Is a record of this team, or is no team asked for? */
static bool of_team(const struct view *v, const struct tf_record *record)
{
    const struct tf_device *d = sender(v, record);
    return v->team == NULL || (d != NULL && strcmp(d->team, v->team) == 0);
}

static bool wanted(const struct view *v, size_t k)
{
    const struct tf_record *record = &v->records.item[k];
    return of_team(v, record) && (tf_is_blank(v->form) || strcmp(v->form, record->form) == 0) &&
           (tf_is_blank(v->state) || strcmp(v->state, tf_record_state(record, v->last[k])) == 0);
}

/* ---- a post ----------------------------------------------------------------------------------------- */

static void say(struct tf_request *r, struct tf_reply *reply, unsigned status, const char *title,
                const struct tf_err *err)
{
    tf_frame_say(r, reply, status, title,
                 err == NULL ? "The page was too old. Go back, load it again and try once more."
                             : tf_printf(r->arena, "%s. %s", err->what, err->help));
}

static void take_review(struct view *v, struct tf_reply *reply)
{
    struct tf_request *r = v->r;
    const char *form = tf_web_field(r, "form"), *record = tf_web_field(r, "record"),
               *state = tf_web_field(r, "state"), *comment = tf_web_field(r, "comment");
    struct tf_err err;
    size_t k = 0;
    if (!tf_people_posted(r)) {
        say(r, reply, 403, "Not kept", NULL);
        return;
    }
    while (k < v->records.n && !(form != NULL && record != NULL &&
                                 strcmp(v->records.item[k].form, form) == 0 &&
                                 strcmp(v->records.item[k].instance, record) == 0))
        k++;
    if (k == v->records.n || !of_team(v, &v->records.item[k])) {
        tf_frame_say(r, reply, 404, "Not kept", "There is no such record.");
        return;
    }
    const struct tf_review made = {.form = form,
                                   .instance = record,
                                   .record = v->records.item[k].number,
                                   .state = state == NULL ? "" : state,
                                   .person = r->person->id,
                                   .comment = comment == NULL ? "" : comment,
                                   .at = r->now};
    if (tf_review_put(tf_site_fieldwork(r->site), v->country, &made, &err) != TF_OK) {
        say(r, reply, 400, "Not kept", &err);
        return;
    }
    tf_site_changed(r->site);
    tf_reply_go(r, reply, tf_printf(r->arena, "/fieldwork/%s/review", v->country));
}

/* ---- the list --------------------------------------------------------------------------------------- */

static void option(struct tf_buf *b, const char *value, const char *chosen)
{
    tf_buf_add(b, tf_streq(value, chosen) ? "<option selected>" : "<option>");
    tf_buf_html(b, value);
    tf_buf_add(b, "</option>");
}

static void filter(struct tf_buf *b, const struct view *v)
{
    size_t n;
    const struct tf_out_form *f = tf_request_forms(v->r, &n);
    tf_buf_add(b, "<form class=\"filter\" method=\"get\"><div><label for=\"form\">Form</label>"
                  "<select id=\"form\" name=\"form\"><option value=\"\">All forms</option>");
    for (size_t k = 0; k < n; k++)
        if (f[k].current && strcmp(f[k].country, v->country) == 0)
            option(b, f[k].id, v->form);
    tf_buf_add(b, "</select></div><div><label for=\"state\">State</label>"
                  "<select id=\"state\" name=\"state\"><option value=\"\">All states</option>");
    for (size_t k = 0; tf_review_states[k] != NULL; k++)
        option(b, tf_review_states[k], v->state);
    tf_buf_add(b, "</select></div><button class=\"do\">Show</button></form>\n");
}

static void pair(struct tf_buf *b, const char *name, const char *value)
{
    tf_buf_add(b, "<dt>");
    tf_buf_html(b, name);
    tf_buf_add(b, "</dt><dd>");
    tf_buf_html(b, value);
    tf_buf_add(b, "</dd>");
}

static const char *time_text(struct tf_request *r, int64_t seconds)
{
    const struct tf_moment m = tf_moment_of(seconds);
    const int minutes = (int)(m.hour * 60 + 1e-6);
    return tf_printf(r->arena, "%s %02d:%02d UTC", m.date, minutes / 60, minutes % 60);
}

static void history(struct tf_buf *b, const struct view *v, const struct tf_record *record)
{
    bool begun = false;
    for (size_t k = 0; k < v->n_reviews; k++) {
        const struct tf_review *x = &v->review[k];
        if (strcmp(x->instance, record->instance) != 0 || strcmp(x->form, record->form) != 0)
            continue;
        tf_buf_add(b, begun ? "" : "<details><summary>What was said</summary><ul>");
        begun = true;
        tf_buf_add(b, "<li>");
        tf_buf_html(b, tf_printf(v->r->arena, "%s, %s: %s%s%s", time_text(v->r, x->at), x->person,
                                 x->state, *x->comment == '\0' ? "" : " – ", x->comment));
        tf_buf_add(b, "</li>");
    }
    tf_buf_add(b, begun ? "</ul></details>\n" : "");
}

static void review_form(struct tf_buf *b, const struct view *v, const struct tf_record *record,
                        size_t number)
{
    tf_buf_printf(b, "<details><summary>Review</summary><form class=\"review\" method=\"post\" "
                     "action=\"/fieldwork/");
    tf_buf_html(b, v->country);
    tf_buf_add(b, "/review\"><input type=\"hidden\" name=\"token\" value=\"");
    tf_buf_html(b, tf_people_token(v->r));
    tf_buf_add(b, "\"><input type=\"hidden\" name=\"form\" value=\"");
    tf_buf_html(b, record->form);
    tf_buf_add(b, "\"><input type=\"hidden\" name=\"record\" value=\"");
    tf_buf_html(b, record->instance);
    tf_buf_printf(b, "\"><label for=\"state%zu\">State</label><select id=\"state%zu\" name=\"state\">"
                     "<option>approved</option><option>hasIssues</option><option>rejected</option>"
                     "<option>received</option></select>"
                     "<label for=\"comment%zu\">Comment (about the work, never about answers)</label>"
                     "<textarea id=\"comment%zu\" name=\"comment\" rows=\"2\" maxlength=\"2000\"></textarea>"
                     "<button class=\"do\">Keep</button></form></details>\n", number, number, number,
                  number);
}

static void show_record(struct tf_buf *b, const struct view *v, size_t k)
{
    const struct tf_record *record = &v->records.item[k];
    const struct tf_device *d = sender(v, record);
    struct tf_request *r = v->r;
    tf_buf_add(b, "<article class=\"record\"><h2>");
    tf_buf_html(b, record->form);
    tf_buf_add(b, " <span class=\"state\">");
    tf_buf_html(b, tf_record_state(record, v->last[k]));
    tf_buf_add(b, "</span></h2><dl>");
    pair(b, "Received", time_text(r, record->received));
    pair(b, "From", d == NULL ? record->sender
                              : tf_printf(r->arena, "%s (%s, team %s)", d->person, d->id, d->team));
    pair(b, "Record", record->instance);
    if (record->edits > 0)
        pair(b, "Edited", tf_printf(r->arena, "%zu times, last %s", record->edits,
                                    time_text(r, record->edited)));
    if (!record->complete)
        pair(b, "Files", "some have not arrived yet");
    for (size_t j = 0; j < record->n_clear; j++)
        pair(b, record->clear[j].name, record->clear[j].value);
    tf_buf_add(b, "</dl>\n");
    history(b, v, record);
    review_form(b, v, record, k);
    tf_buf_add(b, "</article>\n");
}

static void page_link(struct tf_buf *b, const struct view *v, size_t page, const char *text)
{
    tf_buf_printf(b, "<a href=\"?page=%zu&amp;form=", page);
    tf_buf_html(b, v->form == NULL ? "" : v->form);
    tf_buf_add(b, "&amp;state=");
    tf_buf_html(b, v->state == NULL ? "" : v->state);
    tf_buf_add(b, "\">");
    tf_buf_html(b, text);
    tf_buf_add(b, "</a>");
}

static void list(const struct view *v, struct tf_buf *b)
{
    size_t n = 0, shown = 0;
    for (size_t k = v->records.n; k-- > 0;) { /* the newest first */
        if (!wanted(v, k))
            continue;
        if (n++ < v->page * PAGE || shown == PAGE)
            continue;
        show_record(b, v, k);
        shown++;
    }
    if (n == 0)
        tf_buf_add(b, "<p class=\"good\">No record fits.</p>\n");
    tf_buf_add(b, "<nav class=\"pages\" aria-label=\"Pages\">");
    if (v->page > 0)
        page_link(b, v, v->page - 1, "Newer");
    if (n > (v->page + 1) * PAGE)
        page_link(b, v, v->page + 1, "Older");
    tf_buf_printf(b, "<span class=\"say\">%zu records</span></nav>\n", n);
}

void tf_review_page(struct tf_request *r, struct tf_reply *reply, const char *country,
                    const char *team)
{
    struct view v = {.r = r, .country = country, .team = team, .form = tf_web_query(r, "form"),
                     .state = tf_web_query(r, "state")};
    const char *page = tf_web_query(r, "page");
    struct tf_err err;
    int64_t at;
    if (!tf_people_may_review(r->person)) {
        tf_frame_say(r, reply, 403, "Not yours to see", "Your role does not review records.");
        return;
    }
    if (page != NULL && tf_parse_int(page, &at) && at > 0 && at < 1000000)
        v.page = (size_t)at;
    if (read_view(&v, &err) != TF_OK) {
        say(r, reply, 500, "This page cannot be made now", &err);
        return;
    }
    if (strcmp(r->method, "POST") == 0) {
        take_review(&v, reply);
        return;
    }
    struct tf_frame f = {.at = "review"};
    tf_frame_begin(&f, r, "Records", country, false);
    tf_buf_add(&f.b, "<p class=\"say\">What is known without a key. The answers are sealed; a rejected record is "
                     "left out when the data are opened.</p>\n");
    filter(&f.b, &v);
    list(&v, &f.b);
    tf_frame_end(&f, reply, 200);
}
