/* The pages of the reading room: countries, one country, evidence cards, and the files built.
 *
 * A path is taken apart into words and each word must be one that the program has listed itself: a
 * country of the study, a name in the folder of what was built, a card of the release. No word is
 * ever joined to a path before that, so there is nothing to escape from.
 *
 * Pages are small and plain: one heading, landmarks, a language, a skip link, tables with headers;
 * everything they say is text that a screen reader reads in order. */
#include <string.h>

#include "serve/page.h"

enum { FILE_LIMIT = 256 << 20 };

static const char style[] =
    "html{font:1.05rem/1.5 'Noto Sans',system-ui,sans-serif;color:#1b1b1b;background:#fff}"
    "body{max-width:46rem;margin:0 auto;padding:1rem}"
    "h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem}"
    "a{color:#0b4f6c}a:focus-visible{outline:3px solid #d95f02;outline-offset:2px}"
    ".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    "table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #ccc;overflow-wrap:anywhere}"
    "ol.walk{list-style:none;padding-left:0}ol.walk ol{list-style:none;padding-left:1.2rem;"
    "border-left:2px solid #ccc}ol.walk li{margin:.3rem 0;overflow-wrap:anywhere}"
    ".kind{font-weight:700}.where,.id{color:#555;font-size:.9em}"
    ".warn{border-left:4px solid #d95f02;padding-left:.8rem}"
    "@media(prefers-color-scheme:dark){html{color:#eee;background:#161616}a{color:#8ecae6}"
    "th,td,ol.walk ol{border-color:#555}.where,.id{color:#bbb}}";

/* ---- the frame of a page ---- */

static void begin(struct tf_buf *b, const struct tf_study *s, const char *title)
{
    tf_buf_add(b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    tf_buf_html(b, title);
    tf_buf_add(b, "</title><link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body>"
                  "<a class=\"skip\" href=\"#main\">To the content</a>"
                  "<nav aria-label=\"Main\"><a href=\"/\">All countries</a></nav>\n"
                  "<main id=\"main\"><h1>");
    tf_buf_html(b, title);
    tf_buf_add(b, "</h1>\n");
    if (s->synthetic)
        tf_buf_add(b, "<p class=\"warn\">Synthetic data: no number here is about a real child or "
                      "country.</p>\n");
}

static void end(struct tf_buf *b, struct tf_page *ret)
{
    tf_buf_add(b, "</main></body></html>\n");
    *ret = (struct tf_page){.type = "text/html; charset=utf-8", .data = tf_buf_text(b), .n = b->n};
}

static void link_to(struct tf_buf *b, const char *href, const char *text)
{
    tf_buf_add(b, "<a href=\"");
    tf_buf_html(b, href);
    tf_buf_add(b, "\">");
    tf_buf_html(b, text);
    tf_buf_add(b, "</a>");
}

static void row(struct tf_buf *b, const char *term, const char *text)
{
    if (tf_is_blank(text))
        return;
    tf_buf_add(b, "<tr><th scope=\"row\">");
    tf_buf_html(b, term);
    tf_buf_add(b, "</th><td>");
    tf_buf_html(b, text);
    tf_buf_add(b, "</td></tr>\n");
}

/* ---- files that were built ---- */

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".pdf", "application/pdf"},
        {".csv", "text/csv; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
        if (tf_ends(name, types[k][0]))
            return types[k][1];
    return NULL;
}

/* The names in a folder that may be served; none when the folder is not there. */
static size_t listed(struct tf_arena *a, const char *dir, char ***ret)
{
    struct tf_err err;
    size_t n = 0, kept = 0;
    if (!tf_dir_exists(dir) || tf_dir_list(a, dir, ret, &n, &err) != TF_OK)
        return 0;
    for (size_t k = 0; k < n; k++)
        if (type_of((*ret)[k]) != NULL)
            (*ret)[kept++] = (*ret)[k];
    return kept;
}

static const char *out_dir(struct tf_arena *a, const struct tf_study *s, const char *country)
{
    return tf_path_join(a, tf_path_join(a, s->dir, "out"), country);
}

static bool page_file(struct tf_arena *a, const char *dir, const char *name, struct tf_page *ret)
{
    char **names = NULL;
    struct tf_bytes file;
    struct tf_err err;
    const size_t n = listed(a, dir, &names);
    for (size_t k = 0; k < n; k++)
        if (strcmp(names[k], name) == 0) {
            if (tf_file_read(a, tf_path_join(a, dir, names[k]), FILE_LIMIT, &file, &err) != TF_OK)
                return false;
            *ret = (struct tf_page){.type = type_of(name), .data = file.data, .n = file.n,
                                    .report = tf_ends(name, ".html")};
            return true;
        }
    return false;
}

/* ---- evidence ---- */

static void walk_list(struct tf_buf *b, const char *country, const struct tf_walk *walk)
{
    int depth = -1;
    for (size_t k = 0; k < walk->n; k++) {
        const struct tf_step *s = &walk->step[k];
        const int to = s->depth > depth + 1 ? depth + 1 : s->depth;
        if (to > depth)
            tf_buf_add(b, depth < 0 ? "<ol class=\"walk\">" : "<ol>");
        else
            tf_buf_add(b, "</li>");
        for (; depth > to; depth--)
            tf_buf_add(b, "</ol></li>");
        depth = to;
        tf_buf_add(b, "<li><span class=\"kind\">");
        tf_buf_html(b, s->kind);
        tf_buf_add(b, "</span> ");
        tf_buf_html(b, s->text != NULL ? s->text : "");
        if (s->file != NULL) {
            tf_buf_add(b, " <span class=\"where\">");
            tf_buf_html(b, s->file);
            if (s->line > 0)
                tf_buf_printf(b, ":%zu", s->line);
            tf_buf_add(b, "</span>");
        }
        if (s->id != NULL && tf_starts(s->id, "ev-")) {
            tf_buf_add(b, " ");
            link_to(b, tf_printf(b->arena, "/%s/evidence/%s", country, s->id), s->id);
        } else if (s->id != NULL) {
            tf_buf_add(b, " <span class=\"id\">");
            tf_buf_html(b, s->id);
            tf_buf_add(b, "</span>");
        }
    }
    for (; depth > 0; depth--)
        tf_buf_add(b, "</li></ol>");
    if (depth == 0)
        tf_buf_add(b, "</li></ol>\n");
}

static const char *number(struct tf_arena *a, double x)
{
    struct tf_buf b = {.arena = a};
    if (!(x == x))
        return NULL;
    tf_buf_grouped(&b, x);
    return tf_buf_text(&b);
}

static void cell_table(struct tf_buf *b, const struct tf_walker *w, const struct tf_figure *f,
                       const struct tf_cell *c)
{
    struct tf_arena *a = w->arena;
    const struct tf_policy *p = tf_study_policy(w->study, f->policy);
    tf_buf_add(b, "<table><caption class=\"skip\">What this number is</caption><tbody>");
    row(b, "Value", tf_cell_text(a, f, c));
    row(b, "Figure", f->title);
    row(b, "Row", c->row_label != NULL ? c->row_label : c->row);
    row(b, "Column", c->col_label != NULL ? c->col_label : c->col);
    row(b, "Question", f->question);
    row(b, "Population", f->population);
    row(b, "Time asked about", f->recall);
    row(b, "Respondents (n)", number(a, f->kind == TF_FIG_ESTIMATE || f->kind == TF_FIG_COUNT
                                            ? c->base : c->n));
    row(b, "Sampling units (PSUs)", number(a, c->psu));
    row(b, "Unit", f->unit);
    row(b, "Source", f->source);
    row(b, "As of", f->vintage);
    row(b, "Caveat", f->caveat);
    if (p != NULL)
        row(b, "Why it is shown so", tf_cell_why(a, p, f, c));
    tf_buf_add(b, "</tbody></table>\n");
}

static bool page_card(struct tf_arena *a, const struct tf_study *s, const char *country,
                      const char *id, struct tf_page *ret)
{
    struct tf_walker w;
    struct tf_walk walk = {.arena = a};
    struct tf_buf b = {.arena = a};
    struct tf_err err;
    const struct tf_figure *f = NULL;
    if (!tf_starts(id, "ev-") || tf_walker_open(a, s, country, &w, &err) != TF_OK ||
        !tf_walk_ref(&w, id, &walk))
        return false;
    const struct tf_cell *c = tf_release_card(a, w.release, id, &f);
    begin(&b, s, tf_printf(a, "Evidence %s", id));
    if (c != NULL)
        cell_table(&b, &w, f, c);
    tf_buf_add(&b, "<h2>Where it comes from</h2>\n");
    walk_list(&b, country, &walk);
    tf_buf_add(&b, "<p>");
    link_to(&b, tf_printf(a, "/%s/evidence/", country), "All evidence of this country");
    tf_buf_add(&b, "</p>\n");
    end(&b, ret);
    return true;
}

static void figure_cells(struct tf_buf *b, const struct tf_figure *f)
{
    struct tf_arena *a = b->arena;
    tf_buf_add(b, "<details><summary>");
    tf_buf_html(b, tf_printf(a, "%s: %s", f->id, f->title != NULL ? f->title : ""));
    tf_buf_add(b, "</summary><ul>");
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_cell *c = &f->cell[k];
        tf_buf_add(b, "<li>");
        link_to(b, tf_printf(a, "/%s/evidence/%s", f->country,
                             tf_release_card_id(a, f->id, c->row, c->col)),
                tf_printf(a, "%s, %s", c->row_label != NULL ? c->row_label : c->row,
                          c->col_label != NULL ? c->col_label : c->col));
        tf_buf_add(b, ": ");
        const char *text = tf_cell_text(a, f, c);
        tf_buf_html(b, text != NULL ? text : "");
        tf_buf_add(b, "</li>\n");
    }
    tf_buf_add(b, "</ul></details>\n");
}

static bool page_evidence(struct tf_arena *a, const struct tf_study *s, const struct tf_country *c,
                          struct tf_page *ret)
{
    struct tf_release *r;
    struct tf_buf b = {.arena = a};
    struct tf_err err;
    if (tf_release_read(a, s->dir, c->code, &r, &err) != TF_OK)
        return false;
    begin(&b, s, tf_printf(a, "Evidence: %s", c->name));
    tf_buf_add(&b, "<h2>Figures</h2>\n");
    for (size_t k = 0; k < r->n_figures; k++)
        figure_cells(&b, &r->figure[k]);
    tf_buf_add(&b, r->n_quotes > 0 ? "<h2>Quotes</h2><ul>" : "<ul>");
    for (size_t k = 0; k < r->n_quotes; k++) {
        tf_buf_add(&b, "<li>");
        link_to(&b, tf_printf(a, "/%s/evidence/%s", c->code, tf_release_quote_card_id(a, r->quote[k].id)),
                tf_printf(a, "%s, %s", r->quote[k].id, r->quote[k].attribution));
        tf_buf_add(&b, "</li>\n");
    }
    tf_buf_add(&b, r->n_legal > 0 ? "</ul><h2>Laws</h2><ul>" : "</ul><ul>");
    for (size_t k = 0; k < r->n_legal; k++) {
        tf_buf_add(&b, "<li>");
        link_to(&b, tf_printf(a, "/%s/evidence/%s", c->code, tf_release_law_card_id(a, r->legal[k].id)),
                tf_printf(a, "%s, %s", r->legal[k].instrument, r->legal[k].article));
        tf_buf_add(&b, "</li>\n");
    }
    tf_buf_add(&b, "</ul><p>Snapshot ");
    tf_buf_html(&b, r->hash);
    tf_buf_add(&b, "</p>\n");
    end(&b, ret);
    return true;
}

/* ---- index ---- */

static void file_links(struct tf_buf *b, const char *dir, const char *base)
{
    char **name = NULL;
    const size_t n = listed(b->arena, dir, &name);
    for (size_t k = 0; k < n; k++) {
        tf_buf_add(b, "<li>");
        link_to(b, tf_printf(b->arena, "%s%s", base, name[k]), name[k]);
        tf_buf_add(b, "</li>\n");
    }
}

static void page_country(struct tf_arena *a, const struct tf_study *s, const struct tf_country *c,
                         struct tf_page *ret)
{
    struct tf_buf b = {.arena = a};
    const char *dir = out_dir(a, s, c->code);
    begin(&b, s, c->name);
    tf_buf_add(&b, "<h2>Report and tables</h2>\n<ul>");
    file_links(&b, dir, tf_printf(a, "/%s/", c->code));
    file_links(&b, tf_path_join(a, dir, "tables"), tf_printf(a, "/%s/tables/", c->code));
    tf_buf_add(&b, "</ul>\n");
    if (!tf_dir_exists(dir)) {
        tf_buf_add(&b, "<p>No report has been built. On a terminal: <code>trefoil tell report ");
        tf_buf_html(&b, c->code);
        tf_buf_add(&b, "</code></p>\n");
    }
    tf_buf_add(&b, "<h2>Evidence</h2>\n<p>");
    link_to(&b, tf_printf(a, "/%s/evidence/", c->code), "Every released number, quote and law");
    tf_buf_add(&b, "</p>\n");
    end(&b, ret);
}

static void page_index(struct tf_arena *a, const struct tf_study *s, struct tf_page *ret)
{
    struct tf_buf b = {.arena = a};
    begin(&b, s, s->title != NULL ? tf_replace(a, s->title, "{country}", "each country") : s->id);
    tf_buf_add(&b, "<h2>Countries</h2>\n<ul>");
    for (size_t k = 0; k < s->n_countries; k++) {
        const struct tf_country *c = &s->country[k];
        const bool report = tf_file_exists(tf_path_join(a, out_dir(a, s, c->code), "report.html"));
        tf_buf_add(&b, "<li>");
        link_to(&b, tf_printf(a, "/%s/", c->code), c->name);
        if (report) {
            tf_buf_add(&b, ": ");
            link_to(&b, tf_printf(a, "/%s/report.html", c->code),
                    tf_printf(a, "report of %s", c->name));
        } else {
            tf_buf_add(&b, " (no report yet)");
        }
        tf_buf_add(&b, "</li>\n");
    }
    tf_buf_add(&b, "</ul>\n");
    end(&b, ret);
}

void tf_page_missing(struct tf_arena *a, const struct tf_study *s, struct tf_page *ret)
{
    struct tf_buf b = {.arena = a};
    begin(&b, s, "There is no such page");
    tf_buf_add(&b, "<p>Nothing of this name was built or released. ");
    link_to(&b, "/", "All countries");
    tf_buf_add(&b, "</p>\n");
    end(&b, ret);
}

bool tf_page_at(struct tf_arena *a, const struct tf_study *s, const char *path, struct tf_page *ret)
{
    char **word;
    const size_t n = tf_split(a, path, '/', &word); /* "/XB/x" -> "", "XB", "x" */
    if (n == 2 && strcmp(path, "/") == 0) {
        page_index(a, s, ret);
        return true;
    }
    if (strcmp(path, "/style.css") == 0) {
        *ret = (struct tf_page){.type = "text/css; charset=utf-8", .data = style,
                                .n = sizeof style - 1};
        return true;
    }
    const struct tf_country *c = n >= 2 ? tf_study_country(s, word[1]) : NULL;
    if (c == NULL || n < 3 || n > 4)
        return false;
    const char *dir = out_dir(a, s, c->code);
    if (n == 3 && word[2][0] != '\0')
        return page_file(a, dir, word[2], ret);
    if (n == 3) {
        page_country(a, s, c, ret);
        return true;
    }
    if (strcmp(word[2], "tables") == 0)
        return page_file(a, tf_path_join(a, dir, "tables"), word[3], ret);
    if (strcmp(word[2], "evidence") != 0)
        return false;
    return word[3][0] == '\0' ? page_evidence(a, s, c, ret) : page_card(a, s, c->code, word[3], ret);
}
