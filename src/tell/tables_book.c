/* The workbook: a cover, contents and notes, then one table a sheet, as the Government Analysis
 * Function asks of released spreadsheets. Cells are as printed, heads in one row, no hidden cells, no
 * meaning by colour. */
#include <string.h>

#include "base/xlsx.h"
#include "tell/build.h"

static struct tf_sheet sheet(struct tf_build *b, const char *name, size_t n_rows, size_t n_cols)
{
    struct tf_sheet s = {.name = name, .n_rows = n_rows, .n_cols = n_cols};
    s.cell = TF_NEW_N(b->arena, const char *, n_rows * n_cols + 1);
    for (size_t k = 0; k < n_rows * n_cols; k++)
        s.cell[k] = "";
    return s;
}

static const char *plain(struct tf_build *b, const struct tf_inline *in)
{
    struct tf_buf text = {.arena = b->arena};
    tf_inline_text(in, &text);
    return tf_replace(b->arena, tf_buf_text(&text), TF_NBSP, " ");
}

/* Banner and column head in one cell: "Sex: Girls". */
static const char *head_of(struct tf_build *b, const struct tf_doc_table *t, size_t col)
{
    const char *own = plain(b, t->cell[(t->n_head - 1) * t->n_cols + col].inlines);
    if (t->n_head < 2)
        return own;
    size_t from = col;
    while (from > 0 && t->cell[from].colspan == 0)
        from--;
    const char *banner = plain(b, t->cell[from].inlines);
    return *banner == '\0' ? own : tf_printf(b->arena, "%s: %s", banner, own);
}

static struct tf_sheet table_sheet(struct tf_build *b, const struct tf_doc_table *t)
{
    const size_t body = t->n_rows - t->n_head;
    const char *name = tf_replace(b->arena, t->number == NULL ? t->id : t->number, "Table ", "T ");
    struct tf_sheet s = sheet(b, name, body + 1, t->n_cols);
    for (size_t j = 0; j < t->n_cols; j++)
        s.cell[j] = head_of(b, t, j);
    for (size_t i = 0; i < body; i++)
        for (size_t j = 0; j < t->n_cols; j++) {
            const struct tf_table_cell *c = &t->cell[(t->n_head + i) * t->n_cols + j];
            s.cell[(i + 1) * t->n_cols + j] = plain(b, c->inlines);
        }
    return s;
}

enum tf_code tf_tables_book(struct tf_build *b, const char *path, struct tf_err *reterr)
{
    static const char *const notes[][2] = {
        {"Mark", "Meaning"},
        {"[c]", "Withheld to protect children"},
        {"[u]", "Too few sampling units to be estimated"},
        {"[x]", "Not available; the reason stands in the cell where one is known"},
        {"[z]", "Not applicable"},
        {"12 of 38", "Small base or not a probability sample: a count, not a percentage"},
        {"(16)", "Small base: read with care"}};
    const size_t n_notes = sizeof notes / sizeof *notes;
    size_t n = 0;
    struct tf_sheet *all = TF_NEW_N(b->arena, struct tf_sheet, b->n_tables + 3);
    struct tf_sheet cover = sheet(b, "Cover", 5, 2), contents;
    cover.cell[0] = "Tables of";
    cover.cell[1] = b->doc->title;
    cover.cell[2] = "Country";
    cover.cell[3] = b->doc->country;
    cover.cell[4] = "Evidence snapshot";
    cover.cell[5] = b->doc->hash;
    cover.cell[6] = "Edition";
    cover.cell[7] = b->study->edition == NULL ? "1" : b->study->edition;
    cover.cell[8] = "Data";
    cover.cell[9] = b->study->synthetic ? "Synthetic: no person, place or number is real" : "As released";
    all[n++] = cover;
    const size_t at_contents = n++;
    struct tf_sheet marks = sheet(b, "Notes", n_notes, 2);
    for (size_t k = 0; k < n_notes * 2; k++)
        marks.cell[k] = notes[k / 2][k % 2];
    all[n++] = marks;
    for (size_t k = 0; k < b->n_tables; k++)
        if (b->table[k]->number != NULL)
            all[n++] = table_sheet(b, b->table[k]);
    contents = sheet(b, "Contents", n - 2, 4);
    static const char *const head[] = {"Sheet", "Title", "Measure", "Source"};
    for (size_t j = 0; j < 4; j++)
        contents.cell[j] = head[j];
    size_t i = 1;
    for (size_t k = 0; k < b->n_tables; k++) {
        const struct tf_doc_table *t = b->table[k];
        if (t->number == NULL)
            continue;
        contents.cell[i * 4] = all[i + 2].name;
        contents.cell[i * 4 + 1] = plain(b, t->caption);
        contents.cell[i * 4 + 2] = t->subtitle == NULL ? "" : t->subtitle;
        contents.cell[i * 4 + 3] = t->source == NULL ? "" : t->source;
        i++;
    }
    all[at_contents] = contents;
    return tf_xlsx_write(path, all, n, true, reterr);
}
