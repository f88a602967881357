/* CSV files into columns at the speed of memory, on all processors.
 *
 *     survey   the text is cut into pieces of equal bytes; each counts its quotes and line ends, once
 *              for "it begins outside quotes" and once for "inside" (csv_index.c)
 *     plan     a walk over the pieces settles which it was; a piece owns the records whose line end
 *              it holds, so every piece knows its first byte, its last, and its first row
 *     numbers  every column is taken for numbers until a field says otherwise; a piece is indexed
 *              whole, then read column by column (a thousand equal things are read fast)
 *     texts    the other columns: their bytes are counted, then copied, each ended by a NUL
 *
 * This file knows only what is well. Whatever is not (a row of another length, a quote out of place, a
 * byte that is no text, a record longer than a piece) ends the attempt, and the careful reader of
 * csv.c finds and says what it is. So there is one place that judges texts, and errors are the same.
 * The cut by parity is no guess either: pieces are read from where the one before ended well, so that
 * by induction each began where the careful reader would have been.
 *
 * Pieces are independent of each other and of who reads them: any number of threads gives the same
 * table. The file is read (twice), not mapped: one that shrinks meanwhile is a fault, not a crash.
 * Threads take no memory of their own: arenas belong to one thread. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/csv_inside.h"
#include "base/text.h"

enum { PIECE = 256 * 1024, LEAST_PIECE = 16, MOST_THREADS = 16, CELLS_A_TURN = 2048 };

struct piece {
    size_t from, to; /* bytes surveyed */
    struct tf_csv_survey seen;
    size_t begin, end; /* its records */
    size_t row, rows;  /* the first of them, and how many */
    size_t text_at, text_bytes;
};

union cell { /* a column's values: one or the other */
    double num;
    const char *text;
};

struct job {
    const struct tf_csv_source *source;
    size_t n_cols, n_rows, cap, threads; /* cap: bytes that a worker can hold */
    struct piece *piece;
    size_t n_pieces;
    union cell *cells; /* [n_cols][n_rows] */
    uint8_t *miss;     /* [n_cols][n_rows] */
    bool *is_text;     /* [n_cols] */
    bool *is_empty;    /* [n_cols] without any value: texts too, by the rules of table.h */
    char *text;        /* of all text columns */
    atomic_size_t next;
    atomic_bool failed;
};

struct worker {
    struct job *job;
    void (*work)(struct worker *w, struct piece *p);
    char *buffer;    /* [PAD + cap + PAD] */
    uint32_t *at;    /* [cap + PAD] ends of fields */
    uint32_t *begin; /* [cap] beginnings of rows */
    struct tf_csv_seen *seen; /* [n_cols] */
    pthread_t thread;
    bool started;
};

/* ---- Workers ------------------------------------------------------------------------------ */

bool tf_csv_fetch(const struct tf_csv_source *s, size_t at, char *to, size_t n)
{
    if (s->fd < 0) {
        memcpy(to, s->data + at, n);
        return true;
    }
    while (n > 0) {
        const ssize_t got = pread(s->fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        at += (size_t)got;
        n -= (size_t)got;
    }
    return true;
}

static void *toil(void *arg)
{
    struct worker *w = arg;
    struct job *j = w->job;
    for (;;) {
        const size_t k = atomic_fetch_add(&j->next, 1);
        if (k >= j->n_pieces || atomic_load(&j->failed))
            return NULL;
        w->work(w, &j->piece[k]);
    }
}

/* Do this work on all pieces; false when one failed. A thread that cannot be had is done without. */
static bool all_pieces(struct job *j, struct worker *w, void (*work)(struct worker *, struct piece *))
{
    atomic_store(&j->next, 0);
    for (size_t k = 0; k < j->threads; k++) {
        w[k].work = work;
        w[k].started = k > 0 && pthread_create(&w[k].thread, NULL, toil, &w[k]) == 0;
    }
    (void)toil(&w[0]);
    for (size_t k = 1; k < j->threads; k++)
        if (w[k].started)
            (void)pthread_join(w[k].thread, NULL);
    return !atomic_load(&j->failed);
}

static void fail(struct worker *w)
{
    atomic_store(&w->job->failed, true);
}

/* ---- Survey and plan ---------------------------------------------------------------------- */

static void survey_piece(struct worker *w, struct piece *p)
{
    const struct job *j = w->job;
    char *text = w->buffer + TF_CSV_PAD;
    const size_t n = p->to - p->from, left = j->source->n - p->to, more = left < 3 ? left : 3;
    if (!tf_csv_fetch(j->source, p->from, text, n + more)) {
        fail(w);
        return;
    }
    p->seen = tf_csv_survey(text, n, more);
    if (p->seen.broken)
        fail(w);
}

/* Give every piece its records and rows. */
static bool plan(struct job *j, size_t from)
{
    size_t begin = from, row = 0;
    unsigned spill = 0;
    bool inside = false;
    for (size_t k = 0; k < j->n_pieces; k++) {
        struct piece *p = &j->piece[k];
        if (p->seen.skip != spill)
            return false;
        spill = p->seen.spill;
        p->begin = begin;
        p->row = row;
        p->rows = p->seen.ends[inside];
        begin = p->rows > 0 ? p->from + p->seen.after[inside] : begin;
        if (k + 1 == j->n_pieces && begin < j->source->n) { /* the last line has no end: now it has */
            begin = j->source->n;
            p->rows++;
        }
        p->end = begin;
        row += p->rows;
        inside = inside != (p->seen.quotes % 2 != 0);
        if (p->end - p->begin >= j->cap)
            return false;
    }
    j->n_rows = row;
    return !inside && spill == 0 && row <= TF_CSV_MAX_ROWS;
}

/* ---- Records of a piece ------------------------------------------------------------------- */

struct records {
    const char *text;
    size_t rows;
    bool odd;
};

/* Leave out blank lines, and see that every row has its fields. */
static bool walk_rows(struct worker *w, const char *text, size_t ends, size_t *ret_rows)
{
    const size_t n_cols = w->job->n_cols;
    size_t rows = 0, put = 0;
    uint32_t begin = 0;
    for (size_t k = 0; k < ends;) {
        const char *s = text + begin;
        if (s[0] == '\n' || (s[0] == '\r' && s[1] == '\n')) {
            begin = w->at[k++] + 1;
            continue;
        }
        if (n_cols > ends - k)
            return false;
        for (size_t c = 0; c < n_cols; c++, k++) {
            if ((text[w->at[k]] == '\n') != (c + 1 == n_cols))
                return false;
            w->at[put++] = w->at[k];
        }
        w->begin[rows++] = begin;
        begin = w->at[put - 1] + 1;
    }
    *ret_rows = rows;
    return true;
}

/* Read a piece and find its fields: row r has those that end at at[r * n_cols ..]. */
static bool take_records(struct worker *w, const struct piece *p, struct records *ret)
{
    const struct job *j = w->job;
    char *text = w->buffer + TF_CSV_PAD;
    size_t n = p->end - p->begin;
    *ret = (struct records){.text = text};
    if (!tf_csv_fetch(j->source, p->begin, text, n))
        return false;
    if (n > 0 && text[n - 1] != '\n') {
        if (p->end != j->source->n || text[n - 1] == '\r') /* an end of its own: see csv.c */
            return false;
        text[n++] = '\n';
    }
    const size_t ends = tf_csv_index(text, n, w->at, &ret->odd);
    if (n > 0 && (ends == 0 || w->at[ends - 1] + 1 != n))
        return false;
    bool even = j->n_cols > 1 && ends == p->rows * j->n_cols;
    w->begin[0] = 0;
    for (size_t r = 0; even && r < p->rows; r++) {
        const uint32_t end = w->at[r * j->n_cols + j->n_cols - 1];
        even = text[end] == '\n';
        w->begin[r + 1] = end + 1;
    }
    ret->rows = p->rows;
    return even || walk_rows(w, text, ends, &ret->rows);
}

static struct tf_csv_run run_of(const struct worker *w, const struct records *r, size_t col,
                                size_t row, size_t n)
{
    const size_t n_cols = w->job->n_cols;
    const uint32_t *to = w->at + row * n_cols + col;
    return (struct tf_csv_run){.text = r->text,
                               .from = col == 0 ? w->begin + row : to - 1,
                               .to = to,
                               .n = n,
                               .from_step = col == 0 ? 1 : n_cols,
                               .to_step = n_cols,
                               .first = col == 0,
                               .last = col + 1 == n_cols,
                               .odd = r->odd};
}

/* The content of a cell, or SIZE_MAX. */
static size_t content(const struct tf_csv_run *run, size_t row, const char **ret, size_t *doubled)
{
    const size_t from = run->from[row * run->from_step] + !run->first;
    size_t to = run->to[row * run->to_step];
    if (run->last && to > from && run->text[to - 1] == '\r')
        to--;
    return tf_csv_content(run->text + from, to - from, run->odd, ret, doubled);
}

/* ---- The passes --------------------------------------------------------------------------- */

/* Bytes of the texts of a run, with their NULs; SIZE_MAX when one is broken. */
static size_t measure(const struct tf_csv_run *run)
{
    size_t bytes = 0, doubled;
    const char *s;
    for (size_t r = 0; r < run->n; r++) {
        const size_t n = content(run, r, &s, &doubled);
        if (n == SIZE_MAX)
            return SIZE_MAX;
        bytes += n == 0 ? 0 : n - doubled + 1;
    }
    return bytes;
}

static void number_piece(struct worker *w, struct piece *p)
{
    struct job *j = w->job;
    struct records rec;
    if (!take_records(w, p, &rec)) {
        fail(w);
        return;
    }
    p->rows = rec.rows;
    p->text_bytes = 0;
    const size_t turn = CELLS_A_TURN / j->n_cols + 8;
    for (size_t row = 0; row < rec.rows; row += turn) {
        const size_t n = rec.rows - row < turn ? rec.rows - row : turn;
        for (size_t col = 0; col < j->n_cols; col++) {
            const struct tf_csv_run run = run_of(w, &rec, col, row, n);
            struct tf_csv_seen *seen = &w->seen[col];
            const size_t at = col * j->n_rows + p->row + row;
            if (!seen->word && !j->is_text[col])
                tf_csv_numbers(&run, &j->cells[at].num, j->miss + at, seen);
            const size_t bytes = seen->word || j->is_text[col] ? measure(&run) : 0;
            if (seen->broken || bytes == SIZE_MAX) {
                fail(w);
                return;
            }
            p->text_bytes += j->is_text[col] ? bytes : 0;
        }
    }
}

/* Count again, now that all text columns are known. */
static void measure_piece(struct worker *w, struct piece *p)
{
    struct job *j = w->job;
    struct records rec;
    p->text_bytes = 0;
    if (!take_records(w, p, &rec) || rec.rows != p->rows) {
        fail(w);
        return;
    }
    for (size_t col = 0; col < j->n_cols; col++) {
        const struct tf_csv_run run = run_of(w, &rec, col, 0, rec.rows);
        const size_t bytes = j->is_text[col] ? measure(&run) : 0;
        if (bytes == SIZE_MAX) {
            fail(w);
            return;
        }
        p->text_bytes += bytes;
    }
}

/* Copy a text and close up doubled quotes; returns what follows it. */
static char *settle(char *to, const char *s, size_t n, bool doubled)
{
    if (!doubled) {
        memcpy(to, s, n);
        to += n;
    } else {
        for (size_t k = 0; k < n; k++) {
            *to++ = s[k];
            k += s[k] == '"';
        }
    }
    *to++ = '\0';
    return to;
}

static void text_piece(struct worker *w, struct piece *p)
{
    struct job *j = w->job;
    struct records rec;
    char *to = j->text + p->text_at, *end = to + p->text_bytes;
    if (!take_records(w, p, &rec) || rec.rows != p->rows) {
        fail(w);
        return;
    }
    for (size_t col = 0; col < j->n_cols; col++) {
        if (!j->is_text[col])
            continue;
        const struct tf_csv_run run = run_of(w, &rec, col, 0, rec.rows);
        const size_t at = col * j->n_rows + p->row;
        for (size_t r = 0; r < run.n; r++) {
            const char *s;
            size_t doubled;
            const size_t n = content(&run, r, &s, &doubled);
            if (n == SIZE_MAX || (n > 0 && n - doubled >= (size_t)(end - to))) {
                fail(w); /* the file has changed under us */
                return;
            }
            j->miss[at + r] = n == 0 ? TF_MISS_SYSTEM : TF_PRESENT;
            j->cells[at + r].text = n == 0 ? "" : to;
            to = n == 0 ? to : settle(to, s, n, doubled > 0);
        }
    }
}

/* ---- Columns ------------------------------------------------------------------------------ */

/* Blank lines were counted as rows: move up what stands below them. */
static void close_up(struct job *j)
{
    size_t n = 0;
    for (size_t k = 0; k < j->n_pieces; k++) {
        struct piece *p = &j->piece[k];
        for (size_t col = 0; n != p->row && col < j->n_cols; col++) {
            union cell *c = j->cells + col * j->n_rows;
            uint8_t *m = j->miss + col * j->n_rows;
            memmove(c + n, c + p->row, p->rows * sizeof *c);
            memmove(m + n, m + p->row, p->rows);
        }
        p->row = n;
        n += p->rows;
    }
}

/* Which columns are texts, by what all workers saw (`all`: of all rows); returns whether one was not
 * known before. */
static bool decide(struct job *j, const struct worker *w, bool all, bool na_is_missing)
{
    bool news = false;
    for (size_t col = 0; col < j->n_cols; col++) {
        struct tf_csv_seen s = {0};
        for (size_t k = 0; k < j->threads; k++) {
            const struct tf_csv_seen *t = &w[k].seen[col];
            s.number = s.number || t->number;
            s.na = s.na || t->na;
            s.space = s.space || t->space;
            s.unplain = s.unplain || t->unplain;
            s.word = s.word || t->word;
        }
        const bool text = s.word || (s.na && (!na_is_missing || s.unplain)) ||
                          (all && !s.number && (s.na || s.space));
        j->is_empty[col] = all && !s.number && !text;
        news = news || (text && !j->is_text[col]);
        j->is_text[col] = j->is_text[col] || text;
    }
    return news;
}

static bool read_texts(struct tf_arena *arena, struct job *j, struct worker *w, bool measured)
{
    size_t bytes = 0;
    bool any = false;
    for (size_t col = 0; col < j->n_cols; col++)
        any = any || j->is_text[col];
    if (!any)
        return true;
    if (!measured && !all_pieces(j, w, measure_piece))
        return false;
    for (size_t k = 0; k < j->n_pieces; k++) {
        j->piece[k].text_at = bytes;
        bytes += j->piece[k].text_bytes;
    }
    j->text = tf_table_memory(arena, bytes + 1, 1);
    return all_pieces(j, w, text_piece);
}

static void make_table(struct tf_arena *arena, const struct job *j, const char *const *names,
                       const char *table_name, size_t n_rows, struct tf_table **ret)
{
    struct tf_table *t = tf_table_new(arena, table_name, n_rows);
    for (size_t col = 0; col < j->n_cols; col++) {
        struct tf_column c = {.name = tf_strdup(arena, names[col]), .type = TF_NUMBER};
        union cell *cells = j->cells + col * j->n_rows;
        c.miss = j->miss + col * j->n_rows;
        if (j->is_text[col]) {
            c.type = TF_TEXT;
            c.text = &cells->text;
        } else if (j->is_empty[col]) {
            c.type = TF_TEXT;
            c.text = &cells->text;
            for (size_t row = 0; row < n_rows; row++)
                c.text[row] = "";
        } else {
            c.num = &cells->num;
        }
        (void)tf_table_adopt(t, c);
    }
    *ret = t;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static void cut(struct job *j, struct tf_arena *scratch, size_t from, size_t piece)
{
    const size_t n = j->source->n - from;
    if (piece == 0) { /* some rows of the widest table must fit */
        piece = j->n_cols * 128 > PIECE ? j->n_cols * 128 : PIECE;
        piece = n < piece ? n : piece;
    }
    piece = piece < LEAST_PIECE ? LEAST_PIECE : piece;
    j->cap = 2 * piece + 4096;
    j->n_pieces = n / piece + (n % piece != 0);
    j->piece = TF_NEW_N(scratch, struct piece, j->n_pieces + 1);
    for (size_t k = 0; k < j->n_pieces; k++) {
        j->piece[k].from = from + k * piece;
        j->piece[k].to = k + 1 == j->n_pieces ? j->source->n : from + (k + 1) * piece;
    }
}

static struct worker *hire(struct job *j, struct tf_arena *scratch, unsigned threads)
{
    const long have = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = threads > 0 ? threads : have > 0 ? (size_t)have : 1;
    n = n > MOST_THREADS ? MOST_THREADS : n;
    j->threads = n > j->n_pieces ? (j->n_pieces == 0 ? 1 : j->n_pieces) : n;
    struct worker *w = TF_NEW_N(scratch, struct worker, j->threads);
    for (size_t k = 0; k < j->threads; k++) {
        w[k].job = j;
        w[k].buffer = tf_alloc(scratch, j->cap + 2 * TF_CSV_PAD);
        w[k].at = TF_NEW_N(scratch, uint32_t, j->cap + TF_CSV_PAD);
        w[k].begin = TF_NEW_N(scratch, uint32_t, j->cap + 1);
        w[k].seen = TF_NEW_N(scratch, struct tf_csv_seen, j->n_cols);
    }
    return w;
}

static bool read_body(struct tf_arena *arena, struct tf_arena *scratch, struct job *j, size_t from,
                      size_t piece, struct tf_csv_opt opt, size_t *ret_rows)
{
    cut(j, scratch, from, piece);
    struct worker *w = hire(j, scratch, opt.threads);
    j->is_text = TF_NEW_N(scratch, bool, j->n_cols);
    j->is_empty = TF_NEW_N(scratch, bool, j->n_cols);
    if (!all_pieces(j, w, survey_piece) || !plan(j, from))
        return false;
    const size_t n_cells = j->n_cols * j->n_rows;
    j->cells = tf_table_memory(arena, n_cells, sizeof *j->cells);
    j->miss = tf_table_memory(arena, n_cells, 1);
    if (j->n_pieces > 1) { /* the first piece tells most texts: they need not be tried as numbers */
        const size_t rows = j->piece[0].rows;
        number_piece(&w[0], &j->piece[0]);
        if (atomic_load(&j->failed))
            return false;
        j->piece[0].rows = rows;
        (void)decide(j, w, false, opt.na_is_missing);
    }
    if (!all_pieces(j, w, number_piece))
        return false;
    const bool late = decide(j, w, true, opt.na_is_missing);
    close_up(j);
    *ret_rows = 0;
    for (size_t k = 0; k < j->n_pieces; k++)
        *ret_rows += j->piece[k].rows;
    return read_texts(arena, j, w, !late);
}

bool tf_csv_fast(struct tf_arena *arena, const struct tf_csv_source *source, size_t from,
                 const char *const *names, size_t n_cols, const char *table_name, size_t piece,
                 struct tf_csv_opt opt, struct tf_table **ret)
{
    struct tf_arena *scratch = tf_arena_new("reading a CSV file", (size_t)4 << 30);
    struct job *j = TF_NEW(scratch, struct job);
    size_t n_rows = 0;
    j->source = source;
    j->n_cols = n_cols;
    atomic_init(&j->next, 0);
    atomic_init(&j->failed, false);
    const bool done = read_body(arena, scratch, j, from, piece, opt, &n_rows);
    if (done)
        make_table(arena, j, names, table_name, n_rows, ret);
    tf_arena_free(scratch);
    return done;
}
