/* /fieldwork: the progress of a country, its tables as CSV, and the records that people review.
 *
 *     /fieldwork                     the countries that one may see
 *     /fieldwork/XA[?team=T]         the monitoring
 *     /fieldwork/XA/table/psus.csv   one of its tables
 *     /fieldwork/XA/review           records and their review states (review_page.c)
 *
 * Who sees what is decided here, before anything is read: a supervisor sees the own team, the survey team
 * and the national partner their country, the programme's lead all; an interviewer nothing. */
#include <string.h>

#include "serve/monitor_html.h"
#include "serve/people.h"
#include "serve/review.h"

#include "gen/fieldwork_css.h"

struct place {
    const char *country, *part, *name; /* "XA", "table", "psus.csv" */
    const char *team;                  /* the only one that may be seen, or that was asked for; or NULL */
};

static void say_error(struct tf_request *r, struct tf_reply *reply, const struct tf_err *err)
{
    tf_frame_say(r, reply, 500, "This page cannot be made now",
                 tf_printf(r->arena, "%s. %s", err->what, err->help));
}

static void list_countries(struct tf_request *r, struct tf_reply *reply)
{
    const struct tf_study *s = tf_site_study(r->site);
    const char *team, *only = NULL;
    size_t n = 0;
    for (size_t k = 0; k < s->n_countries; k++)
        if (tf_people_may_see(r->person, s->country[k].code, &team)) {
            only = s->country[k].code;
            n++;
        }
    if (n == 1) {
        tf_reply_go(r, reply, tf_printf(r->arena, "/fieldwork/%s", only));
        return;
    }
    if (n == 0) {
        tf_frame_say(r, reply, 403, "Nothing to see here", "Your role looks at no fieldwork.");
        return;
    }
    struct tf_frame f = {.at = ""};
    tf_frame_begin(&f, r, "Fieldwork", NULL, true);
    tf_buf_add(&f.b, "<ul class=\"plain\">\n");
    for (size_t k = 0; k < s->n_countries; k++) {
        if (!tf_people_may_see(r->person, s->country[k].code, &team))
            continue;
        tf_buf_add(&f.b, "<li><a href=\"/fieldwork/");
        tf_buf_html(&f.b, s->country[k].code);
        tf_buf_add(&f.b, "\">");
        tf_buf_html(&f.b, s->country[k].name);
        tf_buf_add(&f.b, "</a></li>\n");
    }
    tf_buf_add(&f.b, "</ul>\n");
    tf_frame_end(&f, reply, 200);
}

static void team_filter(struct tf_buf *b, const struct place *p, const struct tf_monitor *all)
{
    if (all->n_teams < 2)
        return;
    tf_buf_add(b, "<form class=\"filter\" method=\"get\"><div><label for=\"team\">Team</label>"
                  "<select id=\"team\" name=\"team\"><option value=\"\">All teams</option>");
    for (size_t k = 0; k < all->n_teams; k++) {
        const char *team = all->team_of[k].team;
        if (*team == '\0')
            continue;
        tf_buf_add(b, "<option");
        tf_buf_add(b, tf_streq(p->team, team) ? " selected value=\"" : " value=\"");
        tf_buf_html(b, team);
        tf_buf_add(b, "\">");
        tf_buf_html(b, team);
        tf_buf_add(b, "</option>");
    }
    tf_buf_add(b, "</select></div><button class=\"do\">Show</button></form>\n");
}

static enum tf_code make(struct tf_request *r, const struct place *p, const char *team,
                         struct tf_monitor **ret, struct tf_err *err)
{
    return tf_monitor_study(r->arena, tf_site_study(r->site), tf_site_fieldwork(r->site), p->country,
                            team, ret, err);
}

static void show(struct tf_request *r, struct tf_reply *reply, const struct place *p, bool own_team)
{
    const struct tf_study *s = tf_site_study(r->site);
    const struct tf_country *c = tf_study_country(s, p->country);
    struct tf_field_plan plan;
    struct tf_monitor *m, *all;
    struct tf_err err;
    if (tf_field_plan_read(r->arena, s, &plan, &err) != TF_OK ||
        make(r, p, own_team ? p->team : NULL, &all, &err) != TF_OK) {
        say_error(r, reply, &err);
        return;
    }
    m = all;
    if (!own_team && p->team != NULL && make(r, p, p->team, &m, &err) != TF_OK) {
        say_error(r, reply, &err);
        return;
    }
    struct tf_frame f = {.at = "fieldwork"};
    tf_frame_begin(&f, r,
                   p->team == NULL ? tf_printf(r->arena, "Fieldwork in %s", c->name)
                                   : tf_printf(r->arena, "Fieldwork in %s: team %s", c->name, p->team),
                   p->country, false);
    if (!own_team)
        team_filter(&f.b, p, all);
    tf_monitor_html(&f.b, m, &plan, tf_printf(r->arena, "/fieldwork/%s", p->country));
    tf_frame_end(&f, reply, 200);
}

static void send_table(struct tf_request *r, struct tf_reply *reply, const struct place *p)
{
    struct tf_buf b = {.arena = r->arena};
    struct tf_monitor *m;
    struct tf_err err;
    const size_t n = strlen(p->name);
    const char *name = n > 4 ? tf_strndup(r->arena, p->name, n - 4) : "";
    size_t k = 0;
    while (tf_monitor_names[k] != NULL && strcmp(tf_monitor_names[k], name) != 0)
        k++;
    if (tf_monitor_names[k] == NULL || !tf_ends(p->name, ".csv"))
        return;
    if (make(r, p, p->team, &m, &err) != TF_OK) {
        say_error(r, reply, &err);
        return;
    }
    tf_table_csv(tf_monitor_table(r->arena, m, name), &b);
    *reply = (struct tf_reply){.status = 200, .type = "text/csv; charset=utf-8", .data = tf_buf_text(&b),
                               .n = b.n};
    tf_reply_header(reply, "Content-Disposition",
                    tf_printf(r->arena, "attachment; filename=\"%s-%s.csv\"", p->country, name));
    tf_reply_private(reply);
}

/* The words of a path; false when there are more than three. */
static bool take_apart(struct tf_request *r, struct place *ret)
{
    char **word;
    const char *rest = r->path + strlen("/fieldwork");
    const size_t n = *rest == '/' ? tf_split(r->arena, rest + 1, '/', &word) : 0;
    *ret = (struct place){.country = n > 0 ? word[0] : "",
                          .part = n > 1 ? word[1] : "",
                          .name = n > 2 ? word[2] : ""};
    return n <= 3;
}

void tf_monitor_page(struct tf_request *r, struct tf_reply *reply)
{
    struct place p;
    if (strcmp(r->path, "/fieldwork/style.css") == 0) {
        *reply = (struct tf_reply){.status = 200, .type = "text/css; charset=utf-8",
                                   .data = tf_fieldwork_css, .n = sizeof tf_fieldwork_css - 1};
        tf_reply_header(reply, "Cache-Control", "max-age=300");
        return;
    }
    if (!tf_starts(r->path, "/fieldwork") || !take_apart(r, &p))
        return;
    if (r->person == NULL)
        r->person = tf_people_session(r);
    if (r->person == NULL) {
        tf_reply_go(r, reply, "/sign-in");
        return;
    }
    if (*p.country == '\0') {
        list_countries(r, reply);
        return;
    }
    const char *own = NULL, *asked = tf_web_query(r, "team");
    if (tf_study_country(tf_site_study(r->site), p.country) == NULL ||
        !tf_people_may_see(r->person, p.country, &own)) {
        tf_frame_say(r, reply, 403, "Not yours to see", "Your role does not look at this country.");
        return;
    }
    p.team = own != NULL ? own : tf_is_blank(asked) ? NULL : asked;
    if (*p.part == '\0')
        show(r, reply, &p, own != NULL);
    else if (strcmp(p.part, "table") == 0)
        send_table(r, reply, &p);
    else if (strcmp(p.part, "review") == 0 && *p.name == '\0')
        tf_review_page(r, reply, p.country, own);
}
