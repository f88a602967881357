/* Pages: rows are put one under the other until the page is full.
 *
 * Rows that must stay together make a chunk. A chunk goes on the page when its height, and that of
 * the footnotes marked in it, still fits; else it opens the next page. So a note always stands at the
 * foot of the page of its mark, no heading is left behind, and no line of a paragraph stands alone.
 *
 * A figure or a short table that does not fit waits for the head of the next page while text goes
 * on; past a heading of level 2 only where the page would else stay empty for a third; so does a wide table, for its landscape page. A table that goes on
 * repeats its head. Nothing is drawn here, so the
 * contents can be printed with the right page numbers without a second pass: their width is
 * reserved, and the numbers are known before the first page is drawn. */
#include <string.h>

#include "tell/press.h"

struct builder {
    struct tf_press *p;
    struct tf_page *page;
    double y;       /* next free place */
    bool top;       /* nothing but repeated heads on the page yet */
    size_t *wait;   /* figures for the next page's top */
    size_t n_wait, cap_wait;
    size_t wide, wide_end; /* rows of a wide table that waits for its landscape page */
};

static double top_of(bool land)
{
    return (land ? 22 : 24) * TF_MM;
}

static double bottom_of(bool land)
{
    return (land ? 210 - 22 : 297 - 22) * TF_MM;
}

static void open_page(struct builder *b, const struct tf_row *row)
{
    struct tf_press *p = b->p;
    p->page = tf_grow(p->a, p->page, p->n_pages, &p->cap_pages, sizeof *p->page);
    b->page = &p->page[p->n_pages++];
    *b->page = (struct tf_page){.land = row->land, .strand = row->strand,
                                .running = row->running};
    b->page->bare = row->kind == TF_R_COVER || row->kind == TF_R_OPENER;
    b->y = b->page->bare ? 0 : top_of(row->land);
    b->top = true;
}

/* What the notes of a row add to the foot of this page. */
static double notes_height(const struct builder *b, const struct tf_row *row, double already)
{
    double h = 0;
    for (size_t i = 0; i < row->n_notes; i++) {
        const struct tf_note_set *note = &b->p->note[row->note[i]];
        if (note->used && note->page == 0)
            h += note->h;
    }
    return h > 0 && already <= 0 ? h + 3.2 * TF_MM : h;
}

static void put_notes(struct builder *b, const struct tf_row *row)
{
    struct tf_page *page = b->page;
    page->notes_h += notes_height(b, row, page->notes_h);
    for (size_t i = 0; i < row->n_notes; i++) {
        struct tf_note_set *note = &b->p->note[row->note[i]];
        if (!note->used || note->page > 0)
            continue;
        note->page = b->p->n_pages; /* from 1: 0 means not yet */
        page->note = tf_grow(b->p->a, page->note, page->n_notes, &page->cap_notes,
                             sizeof *page->note);
        page->note[page->n_notes++] = row->note[i];
    }
}

static void put(struct builder *b, size_t i, bool repeat)
{
    struct tf_row *row = &b->p->row[i];
    struct tf_page *page = b->page;
    if (!b->top)
        b->y += row->before;
    page->item = tf_grow(b->p->a, page->item, page->n, &page->cap, sizeof *page->item);
    page->item[page->n++] = (struct tf_line_item){.row = i, .y = b->y, .repeat = repeat};
    b->y += row->h;
    if (repeat)
        return;
    row->placed = true;
    row->page = b->p->n_pages - 1;
    row->y = page->item[page->n - 1].y;
    put_notes(b, row);
    b->top = false;
}

static double room(const struct builder *b)
{
    if (b->page->bare)
        return 0;
    return bottom_of(b->page->land) - b->y - b->page->notes_h;
}

/* Height of rows [i, j) with their notes, as placed here. */
static double chunk_height(const struct builder *b, size_t i, size_t j)
{
    double h = 0, notes = b->page->notes_h;
    for (size_t k = i; k < j; k++) {
        const struct tf_row *row = &b->p->row[k];
        const double more = notes_height(b, row, notes);
        notes += more;
        h += row->h + more + (b->top && k == i ? 0 : row->before);
    }
    return h;
}

static size_t chunk_end(const struct tf_press *p, size_t i)
{
    size_t j = i;
    while (j + 1 < p->n_rows && p->row[j].keep && !p->row[j + 1].fresh &&
           p->row[j + 1].land == p->row[i].land)
        j++;
    return j + 1;
}

static void next_page(struct builder *b, size_t i)
{
    const struct tf_row *row = &b->p->row[i];
    open_page(b, row);
    const struct tf_grid *g = row->grid;
    if (g != NULL && i > g->head_from + g->head_n)
        for (size_t k = 0; k < g->head_n; k++)
            put(b, g->head_from + k, true);
}

/* Waiting figures, at the head of a page just opened. */
static void put_waiting(struct builder *b, bool all)
{
    size_t done = 0;
    while (done < b->n_wait) {
        const size_t i = b->wait[done], j = chunk_end(b->p, i);
        if (!b->top && chunk_height(b, i, j) > room(b)) {
            if (!all)
                break;
            next_page(b, i);
        }
        for (size_t k = i; k < j; k++)
            put(b, k, false);
        done++;
    }
    memmove(b->wait, b->wait + done, (b->n_wait - done) * sizeof *b->wait);
    b->n_wait -= done;
}

static void put_chunk(struct builder *b, size_t i, size_t j);

/* The landscape pages of the wide table that waits. */
static void put_wide(struct builder *b)
{
    const size_t from = b->wide, to = b->wide_end;
    b->wide = b->wide_end = 0; /* it waits no longer: put_chunk may come here again */
    for (size_t i = from, j; i < to; i = j) {
        j = chunk_end(b->p, i);
        put_chunk(b, i, j);
    }
}

static void turn(struct builder *b, size_t i)
{
    if (b->wide_end > 0)
        put_wide(b);
    const struct tf_row *row = &b->p->row[i];
    const bool continues = row->grid != NULL && i > row->grid->head_from + row->grid->head_n;
    if (b->n_wait > 0 && !continues && !row->land) {
        struct tf_row plain = *row;
        plain.kind = TF_R_SPACE;
        plain.grid = NULL;
        open_page(b, &plain);
        put_waiting(b, false);
        return;
    }
    next_page(b, i);
}

/* A chunk higher than a page: row by row, its bonds loosed. */
static void put_loose(struct builder *b, size_t i, size_t j)
{
    for (size_t k = i; k < j; k++) {
        if (!b->top && chunk_height(b, k, k + 1) > room(b))
            turn(b, k);
        if (!b->page->bare && chunk_height(b, k, k + 1) > room(b) + 0.01) {
            if (b->p->row[k].h > room(b) + 0.01)
                b->p->said.overfull++;
            else
                b->p->said.lost_notes += b->p->row[k].n_notes;
        }
        put(b, k, false);
    }
}

static void put_chunk(struct builder *b, size_t i, size_t j)
{
    const struct tf_row *row = &b->p->row[i];
    if (b->wide_end > 0 && (row->fresh || row->barrier || row->land))
        put_wide(b);
    if (b->page == NULL || row->fresh || row->land != b->page->land || b->page->bare ||
        row->kind == TF_R_COVER || row->kind == TF_R_OPENER) {
        if (b->page != NULL && b->n_wait > 0) {
            struct tf_row plain = b->p->row[b->wait[0]];
            plain.kind = TF_R_SPACE;
            open_page(b, &plain);
            put_waiting(b, true);
        }
        if (b->page == NULL || !b->top || b->page->bare || row->land != b->page->land ||
            row->kind == TF_R_COVER || row->kind == TF_R_OPENER)
            open_page(b, row);
    }
    const double large = 0.3 * (bottom_of(false) - top_of(false));
    if (row->barrier && b->n_wait > 0 && (row->heading < 2 || room(b) < large)) {
        struct tf_row plain = b->p->row[b->wait[0]];
        open_page(b, &plain);
        put_waiting(b, true);
    }
    for (int turns = 0; turns < 3 && !b->top && chunk_height(b, i, j) > room(b); turns++)
        turn(b, i);
    if (b->page->bare || chunk_height(b, i, j) <= room(b) + 0.01) {
        for (size_t k = i; k < j; k++)
            put(b, k, false);
        return;
    }
    put_loose(b, i, j);
}

/* Where each note stands: stacked up from the foot of its page. */
static void place_notes(struct tf_press *p)
{
    for (size_t i = 0; i < p->n_pages; i++) {
        const struct tf_page *page = &p->page[i];
        double y = (page->land ? 210 - 21 : 297 - 20) * TF_MM - page->notes_h + 3.2 * TF_MM;
        for (size_t k = 0; k < page->n_notes; k++) {
            p->note[page->note[k]].y = y;
            y += p->note[page->note[k]].h;
        }
    }
}

static void count_orphans(struct tf_press *p)
{
    for (size_t i = 0; i + 1 < p->n_rows; i++) {
        size_t next = i + 1;
        while (next < p->n_rows && p->row[next].keep && p->row[next].kind == TF_R_SPACE)
            next++;
        if (p->row[i].heading > 0 && next < p->n_rows && p->row[next].page != p->row[i].page &&
            !p->row[next].fresh)
            p->said.orphans++;
    }
}

void tf_pages_build(struct tf_press *p)
{
    struct builder b = {.p = p};
    for (size_t i = 0, j; i < p->n_rows; i = j) {
        j = chunk_end(p, i);
        const struct tf_row *row = &p->row[i];
        if (row->land && !row->fresh && b.wide_end == 0 && b.page != NULL && !b.top &&
            !b.page->bare && !b.page->land) {
            b.wide = i;
            while (j < p->n_rows && p->row[j].land && !p->row[j].fresh)
                j++;
            b.wide_end = j;
            continue;
        }
        const bool may_wait = row->floats && b.page != NULL && !b.top &&
                              !row->fresh && !b.page->bare && row->land == b.page->land;
        if (may_wait && (b.n_wait > 0 || chunk_height(&b, i, j) > room(&b)) &&
            chunk_height(&b, i, j) < 0.9 * (bottom_of(false) - top_of(false))) {
            b.wait = tf_grow(p->a, b.wait, b.n_wait, &b.cap_wait, sizeof *b.wait);
            b.wait[b.n_wait++] = i;
            continue;
        }
        put_chunk(&b, i, j);
    }
    if (b.n_wait > 0) {
        open_page(&b, &p->row[b.wait[0]]);
        put_waiting(&b, true);
    }
    if (b.wide_end > 0)
        put_wide(&b);
    place_notes(p);
    count_orphans(p);
    p->said.pages = p->n_pages;
}
