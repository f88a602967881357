/* The monitoring page: what a head of fieldwork asks in the morning, in the order in which he asks it.
 *
 * How far are we? Is something wrong? Who is behind? Then the doors, the days, the clusters and the people.
 * Plain words; every figure stands in a table too; colour never says anything alone. */
#include <math.h>
#include <string.h>

#include "serve/monitor_html.h"

static void html_number(struct tf_buf *b, double x, int decimals)
{
    if (isnan(x))
        tf_buf_add(b, "–");
    else
        tf_buf_fixed(b, x, decimals);
}

static void per_cent(struct tf_buf *b, double share)
{
    html_number(b, 100 * share, 0);
    if (!isnan(share))
        tf_buf_add(b, " %");
}

/* ---- at a glance ---------------------------------------------------------------------------------- */

static void card(struct tf_buf *b, const char *name, double value, double of, bool share)
{
    tf_buf_add(b, "<div><dt>");
    tf_buf_html(b, name);
    tf_buf_add(b, "</dt><dd>");
    if (share)
        per_cent(b, value);
    else
        tf_buf_grouped(b, value);
    if (!isnan(of)) {
        tf_buf_add(b, " <small>of ");
        tf_buf_grouped(b, of);
        tf_buf_add(b, "</small>");
    }
    tf_buf_add(b, "</dd></div>\n");
}

static double rate(const struct tf_monitor *m, const char *id)
{
    for (size_t k = 0; k < m->n_rates; k++)
        if (strcmp(m->rate[k].id, id) == 0)
            return m->rate[k].value;
    return (double)NAN;
}

static void glance(struct tf_buf *b, const struct tf_monitor *m)
{
    const double complete = m->flow == NULL ? 0 : tf_flow_count(m->flow, "complete");
    tf_buf_add(b, "<dl class=\"glance\">\n");
    card(b, "Interviews complete, by the contact sheets", complete, m->target, false);
    card(b, "Interviews received", (double)m->interviews, (double)NAN, false);
    card(b, "Doors visited", m->flow == NULL ? 0 : tf_flow_count(m->flow, "doors"), (double)NAN, false);
    card(b, "Response rate, estimated (RR3)", rate(m, "rr3"), (double)NAN, true);
    tf_buf_add(b, "</dl>\n");
    if (m->incomplete + m->rejected > 0)
        tf_buf_printf(b, "<p class=\"say\">%zu records wait for files; %zu were rejected and are not "
                         "counted.</p>\n", m->incomplete, m->rejected);
}

/* ---- what to look at ------------------------------------------------------------------------------- */

static void flags(struct tf_buf *b, const struct tf_monitor *m)
{
    enum { SHOWN = 40 };
    tf_buf_add(b, "<h2>What to look at</h2>\n");
    if (m->n_flags == 0) {
        tf_buf_add(b, "<p class=\"good\">Nothing is beyond the limits that the study has set.</p>\n");
        return;
    }
    tf_buf_add(b, "<p class=\"say\">Each line is a reason to ask, not a judgement. Talk to the person first."
                  "</p>\n<ul class=\"look\">\n");
    for (size_t k = 0; k < m->n_flags && k < SHOWN; k++) {
        const struct tf_watch_flag *f = &m->flag[k];
        tf_buf_add(b, "<li>");
        if (*f->person != '\0' || *f->psu != '\0') {
            tf_buf_add(b, "<b>");
            tf_buf_html(b, f->person);
            tf_buf_add(b, *f->person != '\0' && *f->psu != '\0' ? ", " : "");
            tf_buf_html(b, f->psu);
            tf_buf_add(b, "</b>");
        }
        tf_buf_html(b, f->text);
        tf_buf_add(b, "</li>\n");
    }
    tf_buf_add(b, "</ul>\n");
    if (m->n_flags > SHOWN)
        tf_buf_printf(b, "<p class=\"say\">And %zu more: see the table of flags below.</p>\n",
                      m->n_flags - SHOWN);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

/* A head that begins with '<' stands over words, which are set left; the others over numbers. */
static void table_begin(struct tf_buf *b, const char *label, const char *const *head, size_t n)
{
    tf_buf_add(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    tf_buf_html(b, label);
    tf_buf_add(b, "\"><table><thead><tr>");
    for (size_t k = 0; k < n; k++) {
        const bool text = head[k][0] == '<';
        tf_buf_add(b, text ? "<th scope=\"col\" class=\"t\">" : "<th scope=\"col\">");
        tf_buf_html(b, head[k] + text);
        tf_buf_add(b, "</th>");
    }
    tf_buf_add(b, "</tr></thead><tbody>\n");
}

static void table_end(struct tf_buf *b)
{
    tf_buf_add(b, "</tbody></table></div>\n");
}

static void cell(struct tf_buf *b, double x, int decimals, bool odd)
{
    tf_buf_add(b, odd ? "<td class=\"odd\">" : "<td>");
    html_number(b, x, decimals);
    tf_buf_add(b, odd ? " !</td>" : "</td>");
}

static void head_cell(struct tf_buf *b, const char *text)
{
    tf_buf_add(b, "<tr><th scope=\"row\">");
    tf_buf_html(b, *text == '\0' ? "(none)" : text);
    tf_buf_add(b, "</th>");
}

static void text_cell(struct tf_buf *b, const char *text)
{
    tf_buf_add(b, "<td class=\"t\">");
    tf_buf_html(b, text);
    tf_buf_add(b, "</td>");
}

static void progress(struct tf_buf *b, const char *of, double done, double target)
{
    if (isnan(target) || target <= 0) {
        tf_buf_add(b, "<td>–</td>");
        return;
    }
    tf_buf_add(b, "<td><progress max=\"");
    tf_buf_double(b, target);
    tf_buf_add(b, "\" value=\"");
    tf_buf_double(b, done < target ? done : target);
    tf_buf_add(b, "\" aria-label=\"Progress of ");
    tf_buf_html(b, of);
    tf_buf_add(b, "\"></progress> ");
    per_cent(b, done / target);
    tf_buf_add(b, "</td>");
}

static void teams(struct tf_buf *b, const struct tf_monitor *m)
{
    static const char *const head[] = {"Team", "Progress", "Complete", "Target",
                                       "Received", "Doors", "Clusters", "People"};
    if (m->n_teams == 0)
        return;
    tf_buf_add(b, "<h2>Teams</h2>\n");
    table_begin(b, "Teams", head, 8);
    for (size_t k = 0; k < m->n_teams; k++) {
        const struct tf_watch_team *t = &m->team_of[k];
        head_cell(b, t->team);
        progress(b, t->team, (double)t->complete, t->target);
        cell(b, (double)t->complete, 0, false);
        cell(b, t->target, 0, false);
        cell(b, (double)t->interviews, 0, false);
        cell(b, (double)t->doors, 0, false);
        cell(b, (double)t->psus, 0, false);
        cell(b, (double)t->people, 0, false);
        tf_buf_add(b, "</tr>\n");
    }
    table_end(b);
}

static void quotas(struct tf_buf *b, const struct tf_monitor *m)
{
    static const char *const head[] = {"Cell", "Progress", "Done", "Target", "<State"};
    if (m->n_quotas == 0)
        return;
    tf_buf_add(b, "<h2>Quotas</h2>\n");
    table_begin(b, "Quotas", head, 5);
    for (size_t k = 0; k < m->n_quotas; k++) {
        const struct tf_watch_quota *q = &m->quota[k];
        head_cell(b, q->cell);
        progress(b, q->cell, (double)q->done, (double)q->target);
        cell(b, (double)q->done, 0, false);
        cell(b, (double)q->target, 0, false);
        text_cell(b, q->done < q->target ? "open" : "closed");
        tf_buf_add(b, "</tr>\n");
    }
    table_end(b);
}

/* ---- doors ------------------------------------------------------------------------------------------ */

static void doors(struct tf_buf *b, const struct tf_monitor *m)
{
    static const char *const head[] = {"Rate", "Value", "Made of", "<How"};
    const double all = m->flow == NULL ? 0 : tf_flow_count(m->flow, "doors");
    if (!(all > 0))
        return;
    tf_buf_add(b, "<h2>From door to interview</h2>\n<ol class=\"flow\">\n");
    for (size_t k = 0; k < m->flow->n; k++) {
        const struct tf_flow_row *r = &m->flow->row[k];
        const bool stage = r->why == NULL && strcmp(r->id, "psus") != 0;
        tf_buf_add(b, r->why == NULL ? "<li><span>" : "<li class=\"loss\"><span>− ");
        tf_buf_html(b, r->label);
        tf_buf_add(b, "</span><b>");
        tf_buf_grouped(b, r->count);
        tf_buf_add(b, "</b>");
        if (stage) {
            tf_buf_add(b, "<svg viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                          "<rect width=\"");
            tf_buf_fixed(b, 100 * r->count / all, 2);
            tf_buf_add(b, "\" height=\"4\"/></svg>");
        }
        tf_buf_add(b, "</li>\n");
    }
    tf_buf_add(b, "</ol>\n");
    table_begin(b, "Outcome rates", head, 4);
    for (size_t k = 0; k < m->n_rates; k++) {
        head_cell(b, m->rate[k].label);
        tf_buf_add(b, "<td>");
        html_number(b, 100 * m->rate[k].value, 1);
        tf_buf_add(b, isnan(m->rate[k].value) ? "</td><td>" : " %</td><td>");
        html_number(b, m->rate[k].part, 0);
        tf_buf_add(b, " of ");
        html_number(b, m->rate[k].whole, 0);
        tf_buf_add(b, "</td>");
        text_cell(b, m->rate[k].formula);
        tf_buf_add(b, "</tr>\n");
    }
    table_end(b);
}

/* ---- when ------------------------------------------------------------------------------------------- */

static void spread(struct tf_buf *b, const char *what, const struct tf_spread *s, const char *unit)
{
    if (s->n == 0)
        return;
    tf_buf_printf(b, "<p>%s: half of them between ", what);
    html_number(b, s->q1, 1);
    tf_buf_add(b, " and ");
    html_number(b, s->q3, 1);
    tf_buf_printf(b, " %s, the middle one ", unit);
    html_number(b, s->median, 1);
    tf_buf_printf(b, " (%zu told).</p>\n", s->n);
}

static void when(struct tf_buf *b, const struct tf_monitor *m, const struct tf_field_plan *plan)
{
    size_t clocks = 0;
    for (size_t k = 0; k < 24; k++)
        clocks += m->hour[k];
    if (m->n_days == 0)
        return;
    tf_buf_add(b, "<h2>Days and hours</h2>\n<figure><figcaption>Interviews by day: received (light), complete "
                  "at the door (dark)</figcaption>\n");
    tf_chart_days(b, m);
    tf_buf_add(b, "</figure>\n");
    if (clocks > 0) {
        tf_buf_add(b, "<figure><figcaption>Interviews by the hour in which they began, as the tablet shows it; "
                      "shaded: outside the day</figcaption>\n");
        tf_chart_hours(b, m, plan->day_begins, plan->day_ends);
        tf_buf_add(b, "</figure>\n");
    }
    spread(b, "Length of an interview", &m->minutes, "minutes");
    spread(b, "Distance from door to the cluster's place", &m->km, "km");
}

/* ---- people and clusters ------------------------------------------------------------------------------ */

static void people(struct tf_buf *b, const struct tf_monitor *m, const struct tf_field_plan *plan)
{
    static const char *const head[] = {
        "Person", "<Team", "Doors", "Complete", "Received", "Days", "Minutes, middle", "Too fast",
        "Outside hours", "Times on 5 min", "Broken off", "In a row", "No answer", "km, middle", "Far",
        "Back-checks"};
    if (m->n_people == 0)
        return;
    tf_buf_add(b, "<h2>People</h2>\n");
    table_begin(b, "People", head, 16);
    for (size_t k = 0; k < m->n_people; k++) {
        const struct tf_watch_person *p = &m->person[k];
        head_cell(b, p->person);
        text_cell(b, p->team);
        cell(b, (double)p->doors, 0, false);
        cell(b, (double)p->complete, 0, false);
        cell(b, (double)p->interviews, 0, false);
        cell(b, (double)p->days, 0, false);
        cell(b, p->minutes.median, 0, false);
        cell(b, (double)p->fast, 0, p->fast > 0 && p->fast * 10 >= p->minutes.n);
        cell(b, (double)p->outside, 0, p->outside > 0 && p->outside * 10 >= p->interviews);
        tf_buf_add(b, "<td>");
        per_cent(b, p->fives);
        tf_buf_add(b, "</td>");
        cell(b, (double)p->broken, 0, false);
        cell(b, (double)p->run, 0, (double)p->run >= plan->run);
        tf_buf_add(b, p->missing > plan->missing ? "<td class=\"odd\">" : "<td>");
        per_cent(b, p->missing);
        tf_buf_add(b, p->missing > plan->missing ? " !</td>" : "</td>");
        cell(b, p->km.median, 1, false);
        cell(b, (double)p->far, 0, p->far > 0);
        cell(b, (double)p->backchecks, 0, false);
        tf_buf_add(b, "</tr>\n");
    }
    table_end(b);
}

static void clusters(struct tf_buf *b, const struct tf_monitor *m)
{
    static const char *const head[] = {"Cluster", "Progress", "Complete", "Target", "Received", "Doors",
                                       "Contacted", "Eligible", "km, middle", "<Stratum", "<Team"};
    if (m->n_psus == 0)
        return;
    tf_buf_add(b, "<h2>Clusters</h2>\n");
    table_begin(b, "Clusters", head, 11);
    for (size_t k = 0; k < m->n_psus; k++) {
        const struct tf_watch_psu *p = &m->psu[k];
        head_cell(b, p->psu);
        progress(b, p->psu, (double)p->complete, p->target);
        cell(b, (double)p->complete, 0, false);
        cell(b, p->target, 0, false);
        cell(b, (double)p->interviews, 0, false);
        cell(b, (double)p->doors, 0, false);
        cell(b, (double)p->contacted, 0, false);
        cell(b, (double)p->eligible, 0, false);
        cell(b, p->km, 1, false);
        text_cell(b, p->stratum);
        text_cell(b, p->team);
        tf_buf_add(b, "</tr>\n");
    }
    table_end(b);
}

static void downloads(struct tf_buf *b, const char *links)
{
    tf_buf_add(b, "<h2>Tables to take along</h2>\n<p class=\"small\">CSV: ");
    for (size_t k = 0; tf_monitor_names[k] != NULL; k++) {
        tf_buf_add(b, k == 0 ? "<a href=\"" : ", <a href=\"");
        tf_buf_html(b, links);
        tf_buf_printf(b, "/table/%s.csv\">%s</a>", tf_monitor_names[k], tf_monitor_names[k]);
    }
    tf_buf_add(b, "</p>\n");
}

void tf_monitor_html(struct tf_buf *b, const struct tf_monitor *m, const struct tf_field_plan *plan,
                     const char *links)
{
    tf_buf_add(b, "<p class=\"say\">From contact sheets, clear quality fields and the times of what arrived. "
                  "No answer of anyone is read here.</p>\n");
    glance(b, m);
    if (m->records == 0)
        tf_buf_add(b, "<p class=\"good\">Nothing has arrived yet.</p>\n");
    else
        flags(b, m);
    teams(b, m);
    quotas(b, m);
    doors(b, m);
    when(b, m, plan);
    clusters(b, m);
    people(b, m, plan);
    downloads(b, links);
}
