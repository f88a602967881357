/* The walk back. See walk.h. The steps of a figure cell, in the order they are told:
 *
 *     0 sentence   where it is printed          0 claim   which claims rest on it
 *     0 figure     the cell itself
 *       1 estimate   how: statistic, interval, design effect, degrees of freedom, policy
 *         2 recipe     file and hash
 *         2 dataset    evidence id and hash, n, PSUs, strata, design
 *           3 question   as asked, in each language of the instrument
 */
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "serve/walk.h"

static struct tf_step *add(struct tf_walk *walk, int depth, const char *kind, const char *text)
{
    walk->step = tf_grow(walk->arena, walk->step, walk->n, &walk->cap, sizeof *walk->step);
    struct tf_step *s = &walk->step[walk->n++];
    *s = (struct tf_step){.depth = depth, .kind = kind, .text = text};
    return s;
}

enum tf_code tf_walker_open(struct tf_arena *arena, const struct tf_study *study,
                            const char *country, struct tf_walker *ret, struct tf_err *reterr)
{
    struct tf_err err = {0};
    *ret = (struct tf_walker){.arena = arena, .study = study};
    TF_TRY(tf_release_read(arena, study->dir, country, &ret->release, reterr));
    if (tf_claims_read(arena, study, country, ret->release, &ret->claims, &err) != TF_OK) {
        ret->claims = TF_NEW(arena, struct tf_claims);
        ret->claims_fault = tf_printf(arena, "the claims cannot be read: %s", err.what);
    }
    const char *lang = study->n_report_languages > 0 ? study->report_language[0] : "en";
    if (study->report == NULL)
        ret->uses_fault = "the study has no report text";
    else if (tf_tell_uses(arena, study, country, lang, &ret->use, &ret->n_uses, &err) != TF_OK) {
        ret->n_uses = 0;
        ret->uses_fault = tf_printf(arena, "the report text cannot be read: %s", err.what);
    }
    if (tf_register_open(arena, study->dir, false, &ret->reg, &err) != TF_OK)
        ret->reg = NULL;
    return TF_OK;
}

/* ---- values as text ---- */

static void percent(struct tf_buf *b, double x)
{
    tf_buf_fixed(b, 100 * x, 1);
}

static void plain(struct tf_buf *b, double x)
{
    if (x == floor(x))
        tf_buf_grouped(b, x);
    else
        tf_buf_fixed(b, x, 2);
}

const char *tf_cell_text(struct tf_arena *a, const struct tf_figure *f, const struct tf_cell *c)
{
    struct tf_buf b = {.arena = a};
    const bool share = tf_streq(f->unit, "share");
    switch (c->state) {
    case TF_CELL_SUPPRESSED:
        return "[c] withheld to protect children";
    case TF_CELL_UNRELIABLE:
        return "[u] unreliable: the design cannot say";
    case TF_CELL_MISSING:
        return tf_printf(a, "[x] %s", c->text != NULL ? c->text : "missing");
    case TF_CELL_NA:
        return tf_printf(a, "[z] %s", c->text != NULL ? c->text : "not applicable");
    case TF_CELL_TEXT:
        return c->text;
    case TF_CELL_COUNT:
        if (tf_streq(f->unit, "mean")) {
            plain(&b, c->value);
            tf_buf_add(&b, " (mean; n = ");
            tf_buf_grouped(&b, c->base);
            tf_buf_add(&b, ")");
        } else {
            tf_buf_grouped(&b, c->n);
            tf_buf_add(&b, " of ");
            tf_buf_grouped(&b, c->base);
        }
        return tf_buf_text(&b);
    case TF_CELL_SHOWN:
    case TF_CELL_FLAGGED:
        break;
    }
    void (*const show)(struct tf_buf *, double) =
        share ? percent : tf_streq(f->unit, "total") ? tf_buf_grouped : plain;
    show(&b, c->value);
    tf_buf_add(&b, share ? " %" : "");
    if (!isnan(c->lo) && !isnan(c->hi)) {
        tf_buf_add(&b, " (95 % CI ");
        show(&b, c->lo);
        tf_buf_add(&b, "–");
        show(&b, c->hi);
        tf_buf_add(&b, "; n = ");
        tf_buf_grouped(&b, c->base);
        tf_buf_add(&b, ")");
    }
    return c->state == TF_CELL_FLAGGED ? tf_printf(a, "(%s) small base", tf_buf_text(&b))
                                       : tf_buf_text(&b);
}

/* ---- the trace of a figure ---- */

static void drop_json(void *thing)
{
    json_decref(thing);
}

static json_t *trace_of(struct tf_arena *a, const struct tf_figure *f)
{
    json_t *o = f->trace == NULL ? NULL : json_loads(f->trace, 0, NULL);
    if (o != NULL)
        tf_arena_defer(a, drop_json, o);
    return o;
}

static const char *word(struct tf_arena *a, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (json_is_string(v))
        return json_string_value(v);
    if (json_is_number(v)) {
        struct tf_buf b = {.arena = a};
        tf_buf_grouped(&b, json_number_value(v));
        return tf_buf_text(&b);
    }
    return NULL;
}

/* "key value; key value": those keys of the trace that are stated. */
static const char *words(struct tf_arena *a, const json_t *o, const char *const *pairs)
{
    struct tf_buf b = {.arena = a};
    for (size_t k = 0; pairs[k] != NULL; k += 2) {
        const char *v = word(a, o, pairs[k]);
        if (!tf_is_blank(v))
            tf_buf_printf(&b, "%s%s%s%s", b.n > 0 ? "; " : "", pairs[k + 1],
                          pairs[k + 1][0] != '\0' ? " " : "", v);
    }
    return tf_buf_text(&b);
}

/* ---- questions ---- */

static void add_question(struct tf_walk *walk, int depth, const struct tf_instrument *i,
                         const char *file, const char *name)
{
    const struct tf_question *q = tf_instrument_question(i, name);
    for (size_t k = 0; q != NULL && k < q->label.n; k++) {
        struct tf_step *s = add(walk, depth, "question",
                                tf_printf(walk->arena, "%s [%s] %s", name, q->label.item[k].lang,
                                          q->label.item[k].text));
        s->file = file;
        s->line = q->row;
    }
}

static void walk_questions(const struct tf_walker *w, const struct tf_figure *f,
                           const struct tf_cell *c, const char *dataset, struct tf_walk *walk)
{
    const struct tf_dataset *d = dataset != NULL ? tf_study_dataset(w->study, dataset) : NULL;
    const struct tf_indicator *ind = tf_study_indicator(w->study, c->row);
    const char *path = d == NULL ? NULL
                                 : tf_study_path(w->arena, w->study, d->instrument,
                                                 f->country, NULL);
    struct tf_instrument *i = NULL;
    struct tf_err err;
    if (ind != NULL)
        add(walk, 2, "indicator",
            tf_printf(w->arena, "%s, version %s: %s; %s of %zu item%s%s%s", ind->id,
                      ind->version != NULL ? ind->version : "-", tf_words_in(&ind->label, "en"),
                      ind->rule != NULL ? ind->rule : "item", ind->n_items,
                      ind->n_items == 1 ? "" : "s", ind->source != NULL ? "; " : "",
                      ind->source != NULL ? ind->source : ""))->file = ind->at.file;
    if (ind != NULL)
        walk->step[walk->n - 1].line = ind->at.line;
    if (path == NULL || !tf_file_exists(path) ||
        tf_instrument_read(w->arena, path, &i, &err) != TF_OK) {
        if (!tf_is_blank(f->question)) /* no instrument: what the data file says of its variables */
            add(walk, 3, "question", f->question);
        return;
    }
    for (size_t k = 0; ind != NULL && k < ind->n_items; k++)
        add_question(walk, 3, i, d->instrument, ind->item[k]);
    if (ind == NULL)
        add_question(walk, 3, i, d->instrument, tf_strndup(w->arena, c->row, strcspn(c->row, ".")));
}

/* ---- from the cell down ---- */

static void walk_estimate(const struct tf_walker *w, const struct tf_figure *f,
                          const struct tf_cell *c, struct tf_walk *walk)
{
    static const char *const dataset[] = {"dataset", "dataset", "n", "rows", "psu", "PSUs",
                                          "strata", "strata", "dataset_hash", "hash",
                                          "design", "", NULL};
    struct tf_arena *a = w->arena;
    const json_t *t = trace_of(a, f);
    struct tf_buf b = {.arena = a};
    tf_buf_printf(&b, "%s%s%s", f->unit != NULL ? f->unit : "", f->population != NULL ? " of " : "",
                  f->population != NULL ? f->population : "");
    if (c->state == TF_CELL_SHOWN || c->state == TF_CELL_FLAGGED) {
        tf_buf_printf(&b, "; %s interval", word(a, t, "ci") != NULL ? word(a, t, "ci") : "logit");
        if (!isnan(c->deff)) {
            tf_buf_add(&b, ", design effect ");
            tf_buf_fixed(&b, c->deff, 2);
        }
        if (!isnan(c->df)) {
            tf_buf_add(&b, ", degrees of freedom ");
            plain(&b, c->df);
        }
    }
    if (!isnan(c->psu)) {
        tf_buf_add(&b, "; PSUs ");
        plain(&b, c->psu);
    }
    tf_buf_printf(&b, "; policy '%s'", f->policy != NULL ? f->policy : "");
    add(walk, 1, "estimate", tf_buf_text(&b));
    if (word(a, t, "recipe") != NULL) {
        struct tf_step *s = add(walk, 2, "recipe", tf_printf(a, "hash %s", word(a, t, "recipe_hash")));
        s->file = word(a, t, "recipe");
        s->id = word(a, t, "recipe_evidence");
    }
    add(walk, 2, "dataset", words(a, t, dataset))->id = word(a, t, "dataset_evidence");
    if (f->caveat != NULL)
        add(walk, 2, "caveat", f->caveat);
    walk_questions(w, f, c, word(a, t, "dataset"), walk);
}

static void walk_source(const struct tf_walker *w, const struct tf_figure *f, struct tf_walk *walk)
{
    static const char *const source[] = {"source", "source", "unit", "unit", "counting_rule",
                                         "counting rule", "location_basis", "location by",
                                         "vintage", "as of", "grade_scheme", "grade", "grade", "",
                                         "handling", "handling", NULL};
    const json_t *t = trace_of(w->arena, f);
    struct tf_step *s = add(walk, 1, "series", tf_printf(w->arena, "%s: %s; hash %s", f->id,
                                                         f->title != NULL ? f->title : "",
                                                         word(w->arena, t, "hash")));
    s->file = word(w->arena, t, "file");
    s->id = word(w->arena, t, "evidence");
    add(walk, 2, "source", words(w->arena, t, source))->file = word(w->arena, t, "mapping");
    if (f->caveat != NULL)
        add(walk, 2, "caveat", f->caveat);
}

static void walk_below(const struct tf_walker *w, const struct tf_figure *f, const struct tf_cell *c,
                       struct tf_walk *walk)
{
    if (f->kind == TF_FIG_SERIES) {
        walk_source(w, f, walk);
        return;
    }
    if (f->kind == TF_FIG_ESTIMATE || f->kind == TF_FIG_COUNT) {
        walk_estimate(w, f, c, walk);
        return;
    }
    const json_t *t = trace_of(w->arena, f);
    struct tf_step *s = add(walk, 1, "source", f->source != NULL ? f->source : "");
    s->file = word(w->arena, t, "file");
    if (word(w->arena, t, "dataset_evidence") != NULL)
        add(walk, 2, "dataset", word(w->arena, t, "dataset_hash"))->id =
            word(w->arena, t, "dataset_evidence");
    for (size_t k = 0; tf_streq(f->id, "legal") && k < w->release->n_legal; k++) {
        const struct tf_legal *l = &w->release->legal[k];
        if (strcmp(l->criterion, tf_strndup(w->arena, c->row, strcspn(c->row, "."))) == 0)
            tf_walk_law(w, l, walk);
    }
}

/* ---- from the sentence ---- */

/* Does a written reference name this cell? */
static bool names_cell(const struct tf_walker *w, const char *ref, const struct tf_figure *f,
                       const struct tf_cell *c)
{
    const char *figure, *row, *col;
    if (ref == NULL)
        return false;
    tf_ref_parts(w->arena, w->release, ref, &figure, &row, &col);
    return strcmp(figure, f->id) == 0 && (row == NULL || tf_figure_cell(f, row, col) == c);
}

static void add_claim(struct tf_walk *walk, int depth, const struct tf_claim *c, const char *how)
{
    struct tf_step *s = add(walk, depth, "claim",
                            tf_printf(walk->arena, "%s %s (%s): %s", c->kind, c->id, how, c->title));
    s->file = c->file;
    s->line = c->body_line;
    s->id = c->id;
}

static const struct tf_claim *find_claim(const struct tf_walker *w, const char *id)
{
    for (size_t k = 0; id != NULL && k < w->claims->n; k++)
        if (tf_casecmp(w->claims->item[k].id, id) == 0)
            return &w->claims->item[k];
    return NULL;
}

static void add_use(const struct tf_walker *w, const struct tf_use *u, struct tf_walk *walk)
{
    struct tf_step *s = add(walk, 0, "sentence",
                            tf_printf(w->arena, "prints '%s': %s", u->shown != NULL ? u->shown : "",
                                      u->sentence != NULL ? u->sentence : ""));
    s->file = u->file;
    s->line = u->line;
    const struct tf_claim *c = find_claim(w, u->claim);
    if (c != NULL)
        add_claim(walk, 1, c, "its text");
}

static void note_faults(const struct tf_walker *w, struct tf_walk *walk)
{
    for (size_t k = 0; k < walk->n; k++)
        if (walk->step[k].text == w->uses_fault && w->uses_fault != NULL)
            return; /* said already, by a walk that led here */
    if (w->uses_fault != NULL)
        add(walk, 0, "note", w->uses_fault);
    if (w->claims_fault != NULL)
        add(walk, 0, "note", w->claims_fault);
}

void tf_walk_cell(const struct tf_walker *w, const struct tf_figure *f, const struct tf_cell *c,
                  struct tf_walk *walk)
{
    note_faults(w, walk);
    for (size_t k = 0; k < w->n_uses; k++)
        if (names_cell(w, w->use[k].ref, f, c))
            add_use(w, &w->use[k], walk);
    for (size_t k = 0; k < w->claims->n; k++) {
        const struct tf_claim *x = &w->claims->item[k];
        for (size_t j = 0; j < x->n_links; j++)
            if (x->link[j].kind == TF_LINK_FIGURE && names_cell(w, x->link[j].ref, f, c))
                add_claim(walk, 0, x, tf_relation_word(x->link[j].relation));
    }
    const bool total = strcmp(c->col, "total") == 0;
    struct tf_step *s = add(
        walk, 0, "figure",
        tf_printf(w->arena, "%s.%s%s%s: %s%s%s: %s", f->id, c->row, total ? "" : " ",
                  total ? "" : c->col, c->row_label != NULL ? c->row_label : c->row,
                  total || c->col_label == NULL ? "" : ", ",
                  total || c->col_label == NULL ? "" : c->col_label, tf_cell_text(w->arena, f, c)));
    s->id = tf_release_card_id(w->arena, f->id, c->row, c->col);
    walk_below(w, f, c, walk);
}

static void words_links(const struct tf_walker *w, const char *id, enum tf_link_kind kind,
                        struct tf_walk *walk)
{
    note_faults(w, walk);
    for (size_t k = 0; k < w->n_uses; k++)
        if (w->use[k].ref != NULL && tf_casecmp(w->use[k].ref, id) == 0)
            add_use(w, &w->use[k], walk);
    for (size_t k = 0; k < w->claims->n; k++) {
        const struct tf_claim *x = &w->claims->item[k];
        for (size_t j = 0; j < x->n_links; j++)
            if (x->link[j].kind == kind && tf_casecmp(x->link[j].ref, id) == 0)
                add_claim(walk, 0, x, tf_relation_word(x->link[j].relation));
    }
}

void tf_walk_quote(const struct tf_walker *w, const struct tf_quote *q, struct tf_walk *walk)
{
    struct tf_arena *a = w->arena;
    words_links(w, q->id, TF_LINK_QUOTE, walk);
    add(walk, 0, "quote", tf_printf(a, "%s: \"%s\" (%s)", q->id, q->text, q->attribution))->id =
        tf_release_quote_card_id(a, q->id);
    add(walk, 1, "passage",
        tf_printf(a, "segment %s, code points %zu to %zu, code '%s'%s%s",
                  q->segment != NULL ? q->segment : "(name withheld)", q->start, q->end,
                  q->code != NULL ? q->code : "", q->theme != NULL ? ", theme " : "",
                  q->theme != NULL ? q->theme : ""));
    add(walk, 2, "transcript",
        tf_printf(a, "%s; hash %s", q->transcript != NULL ? q->transcript : "(name withheld)",
                  q->transcript_hash != NULL ? q->transcript_hash : "not stated"));
    add(walk, 2, "consent", q->consent != NULL ? q->consent : "");
}

void tf_walk_law(const struct tf_walker *w, const struct tf_legal *l, struct tf_walk *walk)
{
    struct tf_arena *a = w->arena;
    words_links(w, l->id, TF_LINK_LAW, walk);
    add(walk, 0, "law", tf_printf(a, "%s: %s", l->id,
                                  l->criterion_label != NULL ? l->criterion_label : l->criterion))
        ->id = tf_release_law_card_id(a, l->id);
    add(walk, 1, "article", tf_printf(a, "%s, %s (%s): %s", l->article, l->instrument, l->date,
                                      l->status));
    if (!tf_is_blank(l->note))
        add(walk, 1, "note", l->note);
    if (!tf_is_blank(l->evidence))
        add(walk, 1, "evidence", "the legal grid as read")->id = l->evidence;
}

/* ---- what does a word name? ---- */

static void walk_claim(const struct tf_walker *w, const struct tf_claim *c, struct tf_walk *walk)
{
    add_claim(walk, 0, c, "named");
    for (size_t k = 0; k < c->n_links; k++) {
        const struct tf_link *l = &c->link[k];
        struct tf_step *s = add(walk, 1, "link", tf_printf(w->arena, "%s: %s", tf_relation_word(l->relation),
                                                           l->ref));
        s->file = c->file;
        s->line = l->line;
        const struct tf_figure *f = tf_release_figure(w->release, l->figure);
        const struct tf_cell *cell = f != NULL ? tf_figure_cell(f, l->row, l->col) : NULL;
        if (cell != NULL)
            add(walk, 2, "figure", tf_cell_text(w->arena, f, cell))->id =
                tf_release_card_id(w->arena, f->id, cell->row, cell->col);
    }
}

static void walk_figure(const struct tf_walker *w, const struct tf_figure *f, struct tf_walk *walk)
{
    const struct tf_cell none = {.row = "", .col = "total", .state = TF_CELL_TEXT,
                                 .deff = (double)NAN, .df = (double)NAN, .psu = (double)NAN};
    add(walk, 0, "figure", tf_printf(w->arena, "%s: %s (%s, %zu cells); hash %s", f->id,
                                     f->title != NULL ? f->title : "",
                                     tf_figure_kind_word(f->kind), f->n_cells, f->hash));
    walk_below(w, f, &none, walk);
}

static bool walk_evidence(const struct tf_walker *w, const char *id, struct tf_walk *walk)
{
    struct tf_evidence e;
    struct tf_err err;
    const char **from;
    size_t n;
    if (w->reg == NULL || tf_evidence_get(w->arena, w->reg, id, &e, &err) != TF_OK)
        return false;
    struct tf_step *s = add(walk, 0, "evidence", tf_printf(w->arena, "%s '%s': hash %s; %s", e.kind,
                                                           e.title, e.hash, e.detail));
    s->file = tf_is_blank(e.file) ? NULL : e.file;
    s->id = e.id;
    if (tf_evidence_sources(w->arena, w->reg, id, &from, &n, &err) != TF_OK)
        return true;
    for (size_t k = 0; k < n; k++)
        add(walk, 1, "made from", from[k])->id = from[k];
    return true;
}

/* Printed text without blanks of any width: "16 %" and "16%" are one. */
static const char *squeezed(struct tf_arena *a, const char *s)
{
    static const char *const blanks[] = {" ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"};
    for (size_t k = 0; s != NULL && k < 4; k++)
        s = tf_replace(a, s, blanks[k], "");
    return s;
}

static bool walk_printed(const struct tf_walker *w, const char *text, struct tf_walk *walk)
{
    const char *wanted = squeezed(w->arena, text);
    bool found = false;
    for (size_t k = 0; k < w->n_uses; k++) {
        const struct tf_use *u = &w->use[k];
        const char *figure, *row, *col;
        if (u->shown == NULL || !tf_streq(squeezed(w->arena, u->shown), wanted))
            continue;
        found = true;
        add_use(w, u, walk);
        if (u->ref == NULL)
            continue;
        tf_ref_parts(w->arena, w->release, u->ref, &figure, &row, &col);
        const struct tf_figure *f = tf_release_figure(w->release, figure);
        const struct tf_cell *c = f != NULL ? tf_figure_cell(f, row, col) : NULL;
        if (c == NULL)
            continue;
        add(walk, 1, "figure", tf_printf(w->arena, "%s: %s", u->ref, tf_cell_text(w->arena, f, c)))->id =
            tf_release_card_id(w->arena, f->id, c->row, c->col);
    }
    return found;
}

bool tf_walk_ref(const struct tf_walker *w, const char *ref, struct tf_walk *walk)
{
    const struct tf_release *r = w->release;
    const struct tf_figure *f;
    const struct tf_cell *c = tf_release_card(w->arena, r, ref, &f);
    const char *figure, *row, *col;
    const size_t before = walk->n;
    for (size_t k = 0; k < r->n_quotes; k++)
        if (tf_casecmp(r->quote[k].id, ref) == 0 ||
            strcmp(tf_release_quote_card_id(w->arena, r->quote[k].id), ref) == 0)
            tf_walk_quote(w, &r->quote[k], walk);
    for (size_t k = 0; k < r->n_legal; k++)
        if (tf_casecmp(r->legal[k].id, ref) == 0 ||
            strcmp(tf_release_law_card_id(w->arena, r->legal[k].id), ref) == 0)
            tf_walk_law(w, &r->legal[k], walk);
    if (walk->n > before)
        return true;
    if (c == NULL) {
        tf_ref_parts(w->arena, r, ref, &figure, &row, &col);
        f = tf_release_figure(r, figure);
        c = f != NULL && row != NULL ? tf_figure_cell(f, row, col) : NULL;
        if (f != NULL && row == NULL) {
            walk_figure(w, f, walk);
            return true;
        }
    }
    if (c != NULL) {
        tf_walk_cell(w, f, c, walk);
        return true;
    }
    const struct tf_claim *claim = find_claim(w, ref);
    if (claim != NULL) {
        walk_claim(w, claim, walk);
        return true;
    }
    return walk_evidence(w, ref, walk) || walk_printed(w, ref, walk);
}
