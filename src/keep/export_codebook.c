/* The codebook: what every column of a dataset means.
 *
 *     name      label                       type     code       meaning             [count]
 *     net_freq  How often do you go online? number   1          Never                  12
 *                                                    5          Several times a day   203
 *                                                    (missing)  prefer not to say       7
 *
 * Without counts it says nothing about anyone and can be given to whoever asks. Counts of codes are
 * answers of persons: they are given only on request, and then the codebook is microdata, as the
 * dataset is. */
#include <math.h>
#include <string.h>

#include "base/xlsx.h"
#include "keep/export_inside.h"

#include "gen/report_css.h"

enum { NAME, LABEL, TYPE, CODE, MEANING, COUNT };

struct book {
    struct tf_arena *arena;
    const char **cell;
    size_t n, cap, cols; /* cells so far; columns of the sheet */
};

static void add_line(struct book *b, const char *const line[COUNT + 1])
{
    for (size_t k = 0; k < b->cols; k++) {
        b->cell = tf_grow(b->arena, b->cell, b->n, &b->cap, sizeof *b->cell);
        b->cell[b->n++] = line[k] == NULL ? "" : line[k];
    }
}

static bool is_code(const struct tf_column *c, const struct tf_label *l, size_t row)
{
    return c->miss[row] == TF_PRESENT &&
           (c->type == TF_TEXT ? tf_streq(l->text, c->text[row])
                               : l->text == NULL && c->num[row] == l->value);
}

static const char *count_text(struct tf_arena *arena, const struct tf_column *c, size_t n_rows,
                              const struct tf_label *l, enum tf_miss why)
{
    size_t n = 0;
    for (size_t row = 0; row < n_rows; row++)
        n += l != NULL ? is_code(c, l, row) : c->miss[row] == why;
    return tf_printf(arena, "%zu", n);
}

/* A column: its codes, the reasons it has, and what has no label as one line. */
static void add_column(struct book *b, const struct tf_table *t, const struct tf_column *c)
{
    const char *line[COUNT + 1] = {c->name, c->label, c->type == TF_TEXT ? "text" : "number"};
    bool has[TF_N_MISS] = {false};
    const bool counts = b->cols > COUNT;
    const size_t before = b->n;
    for (size_t row = 0; row < t->n_rows && counts; row++)
        has[c->miss[row]] = true;
    for (size_t k = 0; k < c->n_labels; k++) {
        const struct tf_label *l = &c->labels[k];
        line[CODE] = l->text != NULL ? l->text : tf_double_text(b->arena, l->value);
        line[MEANING] = l->label;
        if (counts)
            line[COUNT] = count_text(b->arena, c, t->n_rows, l, TF_PRESENT);
        add_line(b, line);
        line[NAME] = line[LABEL] = line[TYPE] = NULL;
    }
    line[CODE] = line[MEANING] = NULL;
    if (c->n_labels == 0 && counts)
        line[COUNT] = count_text(b->arena, c, t->n_rows, NULL, TF_PRESENT);
    if (c->n_labels == 0)
        add_line(b, line);
    if (b->n > before)
        line[NAME] = line[LABEL] = line[TYPE] = NULL;
    for (enum tf_miss why = TF_MISS_SYSTEM; why < TF_N_MISS; why++) {
        if (!has[why])
            continue;
        line[CODE] = "(missing)";
        line[MEANING] = why == TF_MISS_SYSTEM ? "empty" : tf_miss_plain(why);
        line[COUNT] = count_text(b->arena, c, t->n_rows, NULL, why);
        add_line(b, line);
    }
}

void tf_codebook_cells(struct tf_arena *arena, const struct tf_table *t, bool counts,
                       struct tf_sheet *ret)
{
    static const char *const head[COUNT + 1] = {"name", "label", "type", "code", "meaning", "count"};
    struct book b = {.arena = arena, .cols = counts ? COUNT + 1 : COUNT};
    add_line(&b, head);
    for (size_t c = 0; c < t->n_cols; c++)
        add_column(&b, t, &t->col[c]);
    *ret = (struct tf_sheet){.name = "codebook", .n_rows = b.n / b.cols, .n_cols = b.cols, .cell = b.cell};
}

static void add_cell(struct tf_buf *html, const char *tag, const char *text)
{
    tf_buf_printf(html, "<%s>", tag);
    tf_buf_html(html, text);
    tf_buf_printf(html, "</%.2s>", tag);
}

void tf_codebook_html(struct tf_arena *arena, const struct tf_table *t,
                      const struct tf_export_opt *opt, struct tf_buf *html)
{
    const char *title = opt->title == NULL ? t->name : opt->title;
    struct tf_sheet s;
    tf_codebook_cells(arena, t, opt->counts, &s);
    tf_buf_add(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    tf_buf_html(html, title);
    tf_buf_printf(html, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>Codebook: ",
                  tf_report_css);
    tf_buf_html(html, title);
    tf_buf_printf(html, "</h1>\n<p>%zu columns.%s</p>\n<table>\n", t->n_cols,
                  opt->counts ? " With counts of answers: for the survey team only." : "");
    if (opt->source != NULL) {
        tf_buf_add(html, "<caption>");
        tf_buf_html(html, opt->source);
        tf_buf_add(html, "</caption>\n");
    }
    for (size_t row = 0; row < s.n_rows; row++) {
        const char *const *cell = s.cell + row * s.n_cols;
        tf_buf_add(html, row == 0 ? "<thead><tr>" : "<tr>");
        for (size_t k = 0; k < s.n_cols; k++)
            add_cell(html, row == 0 ? "th scope=\"col\"" : k == NAME && cell[k][0] != '\0' ? "th scope=\"row\"" : "td",
                     cell[k]);
        tf_buf_add(html, row == 0 ? "</tr></thead>\n<tbody>\n" : "</tr>\n");
    }
    tf_buf_add(html, "</tbody>\n</table>\n</main>\n</body>\n</html>\n");
}
