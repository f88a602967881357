/* What was heard and read: quotes, the legal grid, code by case, the capacity sheet.
 *
 * A passage becomes a quote only when it was proposed (it has a quote id), its speaker agreed to use
 * and to quotation, and nothing was withdrawn. The speaker is named at the level they chose and no
 * closer; at the levels "institution", "role" and "none" the participant's code leaves the release
 * altogether, also out of the ids of transcript and segment that are made from it.
 *
 * Code by case counts participants by role. One or two of a role are recognised by colleagues, so
 * such counts are hidden, with a second cell where subtraction would bring them back. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

/* ---- names ---- */

static const char *capital(struct tf_arena *a, const char *s)
{
    char *copy = tf_strdup(a, s);
    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return copy;
}

const char *tf_attribution(struct tf_arena *a, const struct tf_participant *p)
{
    const char *role = tf_is_blank(p->role) ? "Participant" : capital(a, p->role);
    if (tf_streq(p->attribution, "code"))
        return tf_printf(a, "%s, %s", role, p->id);
    if (tf_streq(p->attribution, "institution") && !tf_is_blank(p->institution))
        return capital(a, p->institution);
    if (tf_streq(p->attribution, "role"))
        return role;
    return "Participant";
}

/* An id that may be released: not one that holds the code of somebody who is not to be named by it. */
static const char *safe_id(const char *id, const struct tf_participant *p)
{
    if (id == NULL || tf_streq(p->attribution, "code"))
        return id;
    return strstr(id, p->id) != NULL ? NULL : id;
}

/* ---- quotes ---- */

static const struct tf_participant *speaker(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_participants; k++)
        if (tf_streq(l->participant[k].id, id))
            return &l->participant[k];
    return NULL;
}

static const struct tf_transcript *transcript(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_transcripts; k++)
        if (tf_streq(l->transcript[k].id, id))
            return &l->transcript[k];
    return NULL;
}

static const struct tf_code_entry *code_entry(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_codes; k++)
        if (tf_streq(l->code[k].id, id))
            return &l->code[k];
    return NULL;
}

/* The words without the label of the turn, where the passage begins with one. */
static const char *spoken(struct tf_arena *a, const char *text)
{
    const char *s = tf_trim(a, text);
    return tf_starts(s, "PARTICIPANT:") ? tf_trim(a, s + 12) : s;
}

static enum tf_code add_quote(struct tf_making *m, const struct tf_listened *l,
                              const struct tf_segment *s, size_t *cap, struct tf_err *reterr)
{
    struct tf_release *r = &m->release;
    const struct tf_participant *p = speaker(l, s->participant);
    const struct tf_transcript *t = transcript(l, s->transcript);
    const struct tf_code_entry *c = code_entry(l, s->code);
    if (p == NULL || p->withdrawn || !p->use || !p->quote)
        return TF_OK;
    for (size_t k = 0; k < r->n_quotes; k++)
        if (strcmp(r->quote[k].id, s->quote) == 0) {
            if (r->quote[k].start == s->start && r->quote[k].end == s->end)
                return TF_OK; /* one passage under several codes: the first names the theme */
            (void)tf_fail(reterr, TF_E_INPUT, "the quote id '%s' is used for two passages", s->quote);
            return tf_help(reterr, "Give each passage its own id in the segments file.");
        }
    r->quote = tf_grow(m->arena, r->quote, r->n_quotes, cap, sizeof *r->quote);
    r->quote[r->n_quotes++] = (struct tf_quote){
        .id = s->quote,
        .country = m->country->code,
        .text = spoken(m->arena, s->text),
        .attribution = tf_attribution(m->arena, p),
        .code = s->code,
        .theme = c != NULL ? c->theme : NULL,
        .participant = safe_id(p->id, p),
        .segment = safe_id(s->id, p),
        .transcript = safe_id(s->transcript, p),
        .transcript_hash = t != NULL ? t->hash : NULL,
        .consent = tf_printf(m->arena, "use: yes; quotation: yes; named by: %s; withdrawn: no",
                             p->attribution),
        .start = s->start,
        .end = s->end};
    return TF_OK;
}

static void sort_quotes(struct tf_release *r)
{
    for (size_t k = 1; k < r->n_quotes; k++)
        for (size_t j = k; j > 0 && strcmp(r->quote[j - 1].id, r->quote[j].id) > 0; j--) {
            const struct tf_quote t = r->quote[j];
            r->quote[j] = r->quote[j - 1];
            r->quote[j - 1] = t;
        }
}

/* ---- grids of text ---- */

static void add_cell(struct tf_making *m, struct tf_figure *f, size_t *cap, const char *row,
                     const char *row_label, const char *col, const char *text)
{
    f->cell = tf_grow(m->arena, f->cell, f->n_cells, cap, sizeof *f->cell);
    struct tf_cell *c = &f->cell[f->n_cells++];
    *c = (struct tf_cell){.row = row, .row_label = row_label, .col = tf_slug(m->arena, col),
                          .col_label = col};
    tf_cell_blank(c);
    c->state = tf_is_blank(text) ? TF_CELL_NA : TF_CELL_TEXT;
    c->text = tf_is_blank(text) ? NULL : text;
}

/* A row name that the figure does not have yet. */
static const char *fresh_row(struct tf_making *m, const struct tf_figure *f, const char *name,
                             const char *otherwise)
{
    for (size_t k = 0; k < f->n_cells; k++)
        if (strcmp(f->cell[k].row, name) == 0)
            return tf_printf(m->arena, "%s.%s", name, otherwise);
    return name;
}

static const char *law_trace(struct tf_making *m)
{
    const struct tf_release *r = &m->release;
    struct tf_buf b = {.arena = m->arena};
    tf_json_open(&b);
    tf_json_text(&b, "file", m->study->legal == NULL ? NULL
                 : tf_replace(m->arena, m->study->legal, "{country}", m->country->code));
    for (size_t k = 0; k < r->n_legal; k++)
        tf_json_text(&b, r->legal[k].id,
                     tf_printf(m->arena, "%s; %s; %s; evidence %s", r->legal[k].instrument,
                               r->legal[k].article, r->legal[k].date,
                               r->legal[k].evidence != NULL ? r->legal[k].evidence : ""));
    tf_json_close(&b);
    return tf_buf_text(&b);
}

static enum tf_code make_legal(struct tf_making *m, const struct tf_listened *l,
                               struct tf_err *reterr)
{
    struct tf_release *r = &m->release;
    size_t cap = 0;
    if (l->n_laws == 0)
        return TF_OK;
    r->legal = TF_NEW_N(m->arena, struct tf_legal, l->n_laws);
    for (size_t k = 0; k < l->n_laws; k++) {
        const struct tf_law *x = &l->law[k];
        struct tf_legal row = {x->id, m->country->code, x->instrument, x->article, x->criterion,
                               x->criterion_label, x->status, x->date, x->note, x->evidence};
        if (tf_release_legal(r, x->id) != NULL)
            return tf_fail(reterr, TF_E_INPUT, "the legal grid has the id '%s' twice", x->id);
        r->legal[r->n_legal++] = row;
        for (size_t j = r->n_legal - 1; j > 0 && strcmp(r->legal[j - 1].id, r->legal[j].id) > 0; j--) {
            row = r->legal[j];
            r->legal[j] = r->legal[j - 1];
            r->legal[j - 1] = row;
        }
    }
    struct tf_figure *f = tf_making_figure(m, "legal", "Legislation", TF_FIG_GRID, TF_CONTEXT);
    f->unit = "text";
    f->source = "Desk review of legislation";
    for (size_t k = 0; k < l->n_laws; k++) { /* rows in the order of the file */
        const struct tf_law *x = &l->law[k];
        const char *row = fresh_row(m, f, x->criterion, x->id);
        const char *label = tf_is_blank(x->criterion_label) ? x->criterion : x->criterion_label;
        add_cell(m, f, &cap, row, label, "Status", x->status);
        add_cell(m, f, &cap, row, label, "Instrument", x->instrument);
        add_cell(m, f, &cap, row, label, "Article", x->article);
        add_cell(m, f, &cap, row, label, "Date", x->date);
        add_cell(m, f, &cap, row, label, "Note", x->note);
    }
    f->trace = law_trace(m);
    return TF_OK;
}

/* ---- code by case ---- */

enum { FEW_PARTICIPANTS = 2 }; /* 1 to 2 of a role are recognised */

static struct tf_cell count_cell(double n, const char *row, const char *label, const char *col,
                                 const char *col_label, bool by_role)
{
    struct tf_cell c = {.row = row, .row_label = label, .col = col, .col_label = col_label};
    tf_cell_blank(&c);
    c.state = by_role && n > 0 && n <= FEW_PARTICIPANTS ? TF_CELL_SUPPRESSED : TF_CELL_SHOWN;
    c.value = c.n = n;
    return c;
}

static void make_codes(struct tf_making *m, const struct tf_listened *l)
{
    struct tf_arena *a = m->arena;
    const char **role;
    double *count;
    size_t n_roles;
    if (l->n_codes == 0 || l->n_transcripts == 0)
        return;
    tf_code_by_case(a, l, &count, &role, &n_roles);
    struct tf_figure *f = tf_making_figure(m, "codes", "Interviews in which each code occurs",
                                           TF_FIG_GRID, TF_CONTEXT);
    f->unit = "interviews";
    f->source = "Interviews";
    f->caveat = "Counts of interviews that speak of something; not shares of any population.";
    f->flags |= TF_NON_PROBABILITY;
    const size_t width = n_roles + 1;
    f->n_cells = l->n_codes * width;
    f->cell = TF_NEW_N(a, struct tf_cell, f->n_cells + 1);
    struct tf_fact_cell *fact = TF_NEW_N(a, struct tf_fact_cell, f->n_cells + 1);
    struct tf_line *line = TF_NEW_N(a, struct tf_line, l->n_codes);
    for (size_t k = 0; k < l->n_codes; k++) {
        const char *id = l->code[k].id, *label = l->code[k].label;
        double total = 0;
        line[k] = (struct tf_line){.at = TF_NEW_N(a, size_t, width), .n = width, .has_whole = true};
        for (size_t j = 0; j < n_roles; j++) {
            total += count[k * n_roles + j];
            f->cell[k * width + 1 + j] = count_cell(
                count[k * n_roles + j], id, label,
                tf_printf(a, "role=%s", tf_slug(a, role[j])), capital(a, role[j]), true);
        }
        f->cell[k * width] = count_cell(total, id, label, "total", "Total", false);
        for (size_t j = 0; j < width; j++) {
            fact[k * width + j] = (struct tf_fact_cell){.cell = &f->cell[k * width + j],
                                                        .n = f->cell[k * width + j].value};
            line[k].at[j] = k * width + j;
        }
    }
    (void)tf_secondary(a, fact, f->n_cells, line, l->n_codes);
    for (size_t k = 0; k < f->n_cells; k++)
        if (f->cell[k].state == TF_CELL_SUPPRESSED)
            tf_cell_blank(&f->cell[k]);
    struct tf_buf b = {.arena = a};
    tf_json_open(&b);
    tf_json_number(&b, "transcripts", (double)l->n_transcripts);
    tf_json_number(&b, "segments", (double)l->n_segments);
    tf_json_text(&b, "codebook", m->study->codebook);
    tf_json_close(&b);
    f->trace = tf_buf_text(&b);
}

enum tf_code tf_make_voices(struct tf_making *m, struct tf_err *reterr)
{
    static const char *const kinds[] = {"transcript", "participants", "codebook", "segments", "law"};
    struct tf_evidence *e;
    struct tf_listened *l;
    size_t n, heard = 0, cap = 0;
    TF_TRY(tf_evidence_list(m->arena, tf_keep_register(m->keep), m->country->code, &e, &n, reterr));
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++)
            heard += strcmp(e[k].kind, kinds[j]) == 0;
    if (heard == 0)
        return TF_OK; /* nothing was heard or read in this country */
    TF_TRY(tf_listen_load(m->arena, m->keep, m->country->code, &l, reterr));
    for (size_t k = 0; k < l->n_segments; k++)
        if (!tf_is_blank(l->segment[k].quote))
            TF_TRY(add_quote(m, l, &l->segment[k], &cap, reterr));
    sort_quotes(&m->release);
    TF_TRY(make_legal(m, l, reterr));
    make_codes(m, l);
    return TF_OK;
}

/* ---- capacity ---- */

enum tf_code tf_make_capacity(struct tf_making *m, struct tf_err *reterr)
{
    static const char *const names[] = {"dimension", "question", "finding", "phase", "source"};
    static const char *const heads[] = {"", "Question", "Finding", "Phase", "Source"};
    const char *path = tf_study_path(m->arena, m->study, m->study->capacity, m->country->code, NULL);
    struct tf_table *t;
    size_t col[5], cap = 0;
    if (path == NULL || !tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_csv_read(m->arena, path, (struct tf_csv_opt){0}, &t, reterr));
    for (size_t k = 0; k < 5; k++)
        TF_TRY(tf_table_need(t, names[k], &col[k], reterr));
    struct tf_figure *f = tf_making_figure(m, "capacity", "Capacity to respond", TF_FIG_GRID,
                                           TF_THREATS);
    f->unit = "text";
    f->source = "Capacity assessment";
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *label = t->col[col[0]].text[i];
        const char *row = fresh_row(m, f, tf_slug(m->arena, label), tf_printf(m->arena, "%zu", i + 1));
        for (size_t k = 1; k < 5; k++)
            add_cell(m, f, &cap, row, label, heads[k], t->col[col[k]].text[i]);
    }
    struct tf_hash hash;
    struct tf_buf b = {.arena = m->arena};
    TF_TRY(tf_file_hash(path, &hash, reterr));
    tf_json_open(&b);
    tf_json_text(&b, "file", tf_replace(m->arena, m->study->capacity, "{country}", m->country->code));
    tf_json_text(&b, "hash", hash.hex);
    tf_json_close(&b);
    f->trace = tf_buf_text(&b);
    return TF_OK;
}
