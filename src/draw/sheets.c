/* Control sheets: one printed page a PSU, for the supervisor's hand.
 *
 * A self-contained HTML file, black on white, that needs no network and no script: what the draw
 * knows of the PSU on top (so that nobody copies a code), lines to fill in below - access, listing,
 * segments, start point - and a tally of doors by the outcomes of the contact sheets, whose sum the
 * supervisor can check against the tablet. Codes are printed, never names of people. */
#include <math.h>

#include "draw/inside.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<title>Control sheets</title>\n<style>\n"
    "@page { size: A4; margin: 16mm }\n"
    "body { font: 11pt/1.35 'DejaVu Sans', Arial, sans-serif; color: #000; background: #fff; "
    "max-width: 178mm; margin: 0 auto }\n"
    "section { break-after: page; padding: 4mm 0 }\n"
    "section:last-child { break-after: auto }\n"
    "h1 { font-size: 18pt; margin: 0 0 1mm }\n"
    "h2 { font-size: 11pt; margin: 5mm 0 1mm }\n"
    "p { margin: 0 0 2mm }\n"
    "table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }\n"
    "th, td { border: 0.3mm solid #555; padding: 1.2mm 2mm; text-align: left; font-weight: normal "
    "}\n"
    "th { background: #eee; width: 34% }\n"
    "td.n { text-align: right }\n"
    "td.fill { height: 5.5mm }\n"
    "td.count { width: 24% }\n"
    "table + p { margin-top: 4mm }\n"
    "</style>\n</head>\n<body>\n";

static const char *const to_fill[] = {
    "Supervisor, team",
    "Permit seen, date",
    "Access: yes / no, reason",
    "Households counted or listed",
    "Segments made, segment worked",
    "Start point, as drawn: yes / no",
    "First day, last day",
};
static const struct {
    const char *word, *text;
} outcomes[] = { /* the words of the contact sheets (field/flow.c, which draw may not read) */
    {"not_a_dwelling", "address is no dwelling"},
    {"no_contact", "nobody met after all visits"},
    {"refused_screening", "someone met, screening refused"},
    {"not_eligible", "no eligible child in the household"},
    {"refused_caregiver", "the caregiver refused"},
    {"refused_child", "the caregiver agreed, the child did not"},
    {"broken_off", "interview begun, not finished"},
    {"complete", "child and caregiver interviewed"},
};

static void cell(struct tf_buf *b, const char *name, const char *value)
{
    tf_buf_add(b, "<tr><th scope=\"row\">");
    tf_buf_html(b, name);
    tf_buf_add(b, "</th><td>");
    tf_buf_html(b, value);
    tf_buf_add(b, "</td></tr>\n");
}

static const char *fixed(struct tf_arena *a, double x, int decimals)
{
    struct tf_buf b = {.arena = a};
    if (isnan(x))
        return "not known";
    tf_buf_fixed(&b, x, decimals);
    return tf_buf_text(&b);
}

static void known(const struct tf_sample *s, const struct tf_frame *f, size_t k, size_t take,
                  struct tf_buf *b)
{
    struct tf_arena *a = b->arena;
    const struct tf_sample_psu *p = &s->psu[k];
    const struct tf_frame_psu *at = &f->psu[p->frame];
    tf_buf_add(b, "<table>\n");
    cell(b, "Stratum", p->stratum);
    if (*p->region != '\0' || *p->area != '\0')
        cell(b, "Region, area",
             tf_printf(a, "%s%s%s", p->region,
                       *p->region != '\0' && *p->area != '\0' ? ", " : "", p->area));
    cell(b, "Households in the frame", fixed(a, p->households, 0));
    cell(b, "Probability of selection", fixed(a, p->p_psu, 6));
    if (p->hits > 1)
        cell(b, "Selected",
             tf_printf(a, "%u times: select households as many times over", p->hits));
    if (take > 0)
        cell(b, "Households to take", tf_printf(a, "%zu", take * p->hits));
    if (!isnan(at->lat))
        cell(b, "Place (lat, lon)",
             tf_printf(a, "%s, %s", fixed(a, at->lat, 5), fixed(a, at->lon, 5)));
    tf_buf_add(b, "</table>\n");
}

static void reserve_line(const struct tf_sample *s, size_t k, struct tf_buf *b)
{
    for (size_t r = 0; r < s->n_reserve; r++) {
        char **name;
        const size_t n = tf_split(b->arena, s->reserve[r].stands_for, ';', &name);
        for (size_t j = 0; j < n; j++)
            if (tf_streq(name[j], s->psu[k].psu)) {
                tf_buf_add(b, "<p>If it cannot be worked at all, and the survey's lead says so in "
                              "writing, the reserve is <strong>");
                tf_buf_html(b, s->reserve[r].psu);
                tf_buf_add(b, "</strong>.</p>\n");
                return;
            }
    }
}

static void sheet(const struct tf_sample *s, const struct tf_frame *f, size_t k, size_t take,
                  struct tf_buf *b)
{
    tf_buf_add(b, "<section>\n<h1>PSU ");
    tf_buf_html(b, s->psu[k].psu);
    tf_buf_printf(b, "</h1>\n<p>Control sheet %zu of %zu. Sample ", k + 1, s->n);
    tf_buf_html(b, s->seed_name);
    tf_buf_add(b, ".</p>\n");
    known(s, f, k, take, b);
    tf_buf_add(b, "<h2>To fill in</h2>\n<table>\n");
    for (size_t j = 0; j < sizeof to_fill / sizeof to_fill[0]; j++)
        tf_buf_printf(b, "<tr><th scope=\"row\">%s</th><td class=\"fill\"></td></tr>\n",
                      to_fill[j]);
    tf_buf_add(b, "</table>\n<h2>Doors, by the outcome of the last visit</h2>\n<table>\n");
    for (size_t j = 0; j < sizeof outcomes / sizeof outcomes[0]; j++)
        tf_buf_printf(b, "<tr><th scope=\"row\">%s</th><td>%s</td>"
                         "<td class=\"fill count\"></td></tr>\n",
                      outcomes[j].word, outcomes[j].text);
    tf_buf_add(b, "<tr><th scope=\"row\">all doors</th><td>the sum of the lines above</td>"
                  "<td class=\"fill\"></td></tr>\n</table>\n");
    reserve_line(s, k, b);
    tf_buf_add(b,
               "<p>No name of a child or a caregiver is written on this sheet.</p>\n</section>\n");
}

void tf_sample_sheets(const struct tf_sample *s, const struct tf_frame *f, size_t take,
                      struct tf_buf *out)
{
    tf_buf_add(out, head);
    for (size_t k = 0; k < s->n; k++)
        sheet(s, f, k, take, out);
    tf_buf_add(out, "</body>\n</html>\n");
}
