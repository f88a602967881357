/* The whole report: cover, contents, one section a file of text in order of name, annexes. Then three
 * passes over the finished tree: numbers of chapters, sections and notes; ids; cross-references.
 *
 * A file with an opener is a chapter and its sections are numbered 2.1, 2.2 …; a file without one is
 * front or back matter and is not. A level-1 heading beside an opener gives the opener its id and
 * goes, for the opener is the heading. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

struct tf_build *tf_build_new(struct tf_arena *a, const struct tf_study *study, const char *country,
                              const struct tf_release *release, const char *lang,
                              struct tf_notices *notices)
{
    struct tf_build *b = TF_NEW(a, struct tf_build);
    *b = (struct tf_build){.arena = a, .study = study, .release = release, .lang = lang,
                           .notices = notices};
    b->country = tf_study_country(study, country);
    b->doc = TF_NEW(a, struct tf_doc);
    b->doc->arena = a;
    return b;
}

void tf_target_add(struct tf_build *b, const char *id, const char *text, const char *href)
{
    b->target = tf_grow(b->arena, b->target, b->n_targets, &b->cap_targets, sizeof *b->target);
    b->target[b->n_targets++] = (struct tf_target){.id = id, .text = text, .href = href};
}

static struct tf_block *para(struct tf_build *b, struct tf_block ***tail, const char *text)
{
    struct tf_block *p = tf_block_add(b->arena, tail, TF_B_PARA);
    struct tf_inline **in = &p->inlines;
    p->style = "small";
    (void)tf_inline_add(b->arena, &in, TF_I_TEXT, text);
    return p;
}

static void cover(struct tf_build *b, struct tf_block ***tail)
{
    struct tf_arena *a = b->arena;
    struct tf_doc *doc = b->doc;
    const struct tf_study *s = b->study;
    const char *name = b->country->name == NULL ? b->country->code : b->country->name;
    const char *hash = b->release->hash == NULL ? "" : b->release->hash;
    doc->title = tf_replace(a, s->title == NULL ? "National report" : s->title, "{country}", name);
    doc->subtitle = s->subtitle == NULL ? NULL : tf_replace(a, s->subtitle, "{country}", name);
    doc->lang = b->lang;
    doc->country = name;
    doc->hash = strlen(hash) < 8 ? hash : tf_printf(a, "%.4s\xC2\xB7%.4s", hash, hash + 4);
    doc->synthetic = s->synthetic ? "SYNTHETIC DATA" : NULL;
    doc->running = tf_printf(a, "%s%s", name, s->synthetic ? " \xC2\xB7 synthetic" : "");
    struct tf_block *block = tf_block_add(a, tail, TF_B_COVER);
    struct tf_block **child = &block->child;
    block->title = doc->title;
    block->subtitle = doc->subtitle;
    block->kicker = s->kicker;
    if (s->synthetic)
        (void)para(b, &child, "No person, place or number in this report is real. It shows what "
                              "Trefoil makes from a study\xE2\x80\x99s evidence.");
    (void)para(b, &child, tf_printf(a, "Edition %s, built from evidence snapshot %s.",
                                    s->edition == NULL ? "1" : s->edition, doc->hash));
}

/* Title as text, of a heading or opener. */
static const char *title_of(struct tf_build *b, const struct tf_block *block)
{
    struct tf_buf out = {.arena = b->arena};
    if (block->kind == TF_B_OPENER)
        return block->title;
    tf_inline_text(block->inlines, &out);
    return tf_strdup(b->arena, tf_buf_text(&out));
}

/* The opener of a section takes the place of a level-1 heading. */
static struct tf_block *settle_opener(struct tf_block *section)
{
    struct tf_block *opener = NULL;
    for (struct tf_block *k = section->child; k != NULL; k = k->next)
        if (k->kind == TF_B_OPENER)
            opener = k;
    for (struct tf_block **at = &section->child; opener != NULL && *at != NULL;) {
        if ((*at)->kind == TF_B_HEADING && (*at)->level == 1) {
            if (opener->id == NULL)
                opener->id = (*at)->id;
            *at = (*at)->next;
        } else {
            at = &(*at)->next;
        }
    }
    return opener;
}

static void section_of(struct tf_build *b, struct tf_block *blocks, bool *in_chapters,
                       struct tf_block ***tail)
{
    struct tf_block *section = tf_block_add(b->arena, tail, TF_B_SECTION);
    section->child = blocks;
    struct tf_block *opener = settle_opener(section);
    section->style = opener != NULL ? "chapter" : *in_chapters ? "back" : "front";
    *in_chapters = *in_chapters || opener != NULL;
    section->strand = opener == NULL ? -1 : opener->strand;
    section->number = opener == NULL ? NULL : opener->number;
    for (struct tf_block *k = blocks; k != NULL; k = k->next) {
        if (k->kind == TF_B_FINDING)
            section->style = opener != NULL ? section->style : "findings";
        if (section->title == NULL &&
            (k->kind == TF_B_OPENER || (k->kind == TF_B_HEADING && k->level == 1)))
            section->title = title_of(b, k);
    }
}

/* A file may hold several sections: cut before its next level-1 heading, but not between a heading
 * and the opener that takes its place. Returns what comes after the cut. */
static struct tf_block *cut_section(struct tf_block *first)
{
    bool opener = first->kind == TF_B_OPENER;
    for (struct tf_block *k = first; k->next != NULL; k = k->next) {
        struct tf_block *next = k->next;
        const bool head = next->kind == TF_B_HEADING && next->level == 1;
        if (head && !(opener && k->kind == TF_B_OPENER)) {
            k->next = NULL;
            return next;
        }
        opener = opener || next->kind == TF_B_OPENER;
    }
    return NULL;
}

static void texts(struct tf_build *b, struct tf_block ***tail)
{
    char **name;
    size_t n;
    struct tf_err err;
    bool in_chapters = false;
    const char *dir = tf_study_path(b->arena, b->study, b->study->report, b->country->code,
                                    b->lang);
    if (dir == NULL || tf_dir_list(b->arena, dir, &name, &n, &err) != TF_OK) {
        tf_notice_add(b->notices, TF_ERROR, "report-text", dir, 0, 0,
                      "Put the report's text there: one Markdown file a chapter.",
                      "the study has no report text in '%s'", b->lang);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        struct tf_bytes text;
        if (!tf_ends(name[k], ".md"))
            continue;
        const char *path = tf_path_join(b->arena, dir, name[k]);
        if (tf_file_read_text(b->arena, path, 16 << 20, &text, &err) != TF_OK) {
            tf_notice_err(b->notices, "report-text", &err);
            continue;
        }
        struct tf_block *blocks = tf_text_blocks(b, path, text.data, text.n, 1);
        while (blocks != NULL) {
            struct tf_block *rest = cut_section(blocks);
            section_of(b, blocks, &in_chapters, tail);
            blocks = rest;
        }
    }
}

/* ---- passes ---- */
struct numbering {
    struct tf_build *b;
    const char *chapter; /* number, or NULL */
    size_t section, note, heading;
};

static void number_inlines(struct numbering *n, struct tf_inline *in);
static void number_blocks(struct numbering *n, struct tf_block *block);

static void number_heading(struct numbering *n, struct tf_block *h)
{
    struct tf_build *b = n->b;
    const char *title = title_of(b, h);
    n->heading++;
    if (h->id == NULL) {
        h->id = tf_printf(b->arena, "s-%s", tf_slug(b->arena, title));
        for (size_t k = 0; k < b->n_targets; k++)
            if (strcmp(b->target[k].href, h->id) == 0)
                h->id = tf_printf(b->arena, "%s-%zu", h->id, n->heading);
    }
    if (h->kind == TF_B_HEADING && h->level == 2 && n->chapter != NULL) {
        n->section++;
        if (h->number == NULL)
            h->number = tf_printf(b->arena, "%s.%zu", n->chapter, n->section);
    }
    const char *text = h->number == NULL
                           ? tf_printf(b->arena, "\xE2\x80\x9C%s\xE2\x80\x9D", title)
                           : tf_printf(b->arena, "%s" TF_NBSP "%s",
                                       h->level > 1                               ? "section"
                                       : *h->number >= '0' && *h->number <= '9' ? "chapter"
                                                                                  : "annex",
                                       h->number);
    tf_target_add(b, tf_printf(b->arena, "sec:%s", h->id), text, h->id);
    if (h->number != NULL)
        tf_target_add(b, tf_printf(b->arena, "num:%s", h->number), text, h->id);
}

static void number_inlines(struct numbering *n, struct tf_inline *in)
{
    for (; in != NULL; in = in->next) {
        if (in->kind == TF_I_NOTE) {
            struct tf_note *note = &n->b->doc->note[in->note];
            if (note->number == NULL)
                note->number = tf_printf(n->b->arena, "%zu", ++n->note);
        }
        number_inlines(n, in->child);
    }
}

static void number_blocks(struct numbering *n, struct tf_block *block)
{
    for (; block != NULL; block = block->next) {
        if (block->kind == TF_B_SECTION) {
            n->chapter = block->number;
            n->section = n->note = 0;
        }
        if (block->kind == TF_B_HEADING || block->kind == TF_B_OPENER)
            number_heading(n, block);
        number_inlines(n, block->inlines);
        number_inlines(n, block->big);
        number_inlines(n, block->how_inlines);
        for (size_t k = 0; block->table != NULL && k < block->table->n_rows * block->table->n_cols;
             k++)
            number_inlines(n, block->table->cell[k].inlines);
        number_blocks(n, block->child);
    }
}

static void resolve(struct tf_build *b, struct tf_inline *in)
{
    for (; in != NULL; in = in->next) {
        resolve(b, in->child);
        if ((in->kind != TF_I_XREF && in->kind != TF_I_PAGE) || in->text != NULL)
            continue;
        const struct tf_target *t = NULL;
        for (size_t k = 0; t == NULL && k < b->n_targets; k++)
            if (strcmp(b->target[k].id, in->ref) == 0)
                t = &b->target[k];
        char **place;
        const size_t n = tf_split(b->arena, in->href, '\n', &place);
        if (t == NULL && in->kind == TF_I_PAGE) { /* the reference beside it has said so */
            in->kind = TF_I_TEXT;
            continue;
        }
        if (t != NULL) {
            in->text = in->kind == TF_I_PAGE ? NULL : t->text;
            in->href = tf_printf(b->arena, "#%s", t->href);
            continue;
        }
        int64_t line = 0, column = 0;
        if (n < 3 || !tf_parse_int(place[1], &line) || !tf_parse_int(place[2], &column))
            line = column = 0;
        const char **ids = TF_NEW_N(b->arena, const char *, b->n_targets + 1);
        for (size_t k = 0; k < b->n_targets; k++)
            ids[k] = b->target[k].id;
        const char *near = tf_nearest(in->ref, ids);
        const bool typed = tf_starts(in->ref, "num:");
        tf_notice_add(b->notices, typed ? TF_WARNING : TF_ERROR, "unknown-target", place[0],
                      (size_t)line, (size_t)column,
                      "Targets: fig:ID, table:ID, sec:ID, with the ids of this report.",
                      "nothing in the report is called '%s'%s%s%s", in->ref,
                      near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                      near == NULL ? "" : "'?");
        in->kind = TF_I_TEXT;
        in->text = typed ? tf_printf(b->arena, "section" TF_NBSP "%s", in->ref + 4) : in->ref;
        in->href = NULL;
    }
}

static void resolve_blocks(struct tf_build *b, struct tf_block *block)
{
    for (; block != NULL; block = block->next) {
        resolve(b, block->inlines);
        resolve(b, block->big);
        resolve(b, block->how_inlines);
        for (size_t k = 0; block->table != NULL && k < block->table->n_rows * block->table->n_cols;
             k++)
            resolve(b, block->table->cell[k].inlines);
        resolve_blocks(b, block->child);
    }
}

/* Two things with one id would send a reader to the wrong place. */
static void unique_ids(struct tf_build *b)
{
    for (size_t k = 0; k < b->n_targets; k++)
        for (size_t j = 0; j < k; j++)
            if (strcmp(b->target[j].href, b->target[k].href) == 0 &&
                strcmp(b->target[j].text, b->target[k].text) != 0) {
                tf_notice_add(b->notices, TF_ERROR, "duplicate-id", NULL, 0, 0,
                              "Give one of them another id.", "%s and %s have the same id '%s'",
                              b->target[j].text, b->target[k].text, b->target[k].href);
                break;
            }
}

void tf_report_build(struct tf_build *b)
{
    struct tf_block **tail = &b->doc->block;
    struct numbering n = {.b = b};
    cover(b, &tail);
    (void)tf_block_add(b->arena, &tail, TF_B_TOC);
    texts(b, &tail);
    tf_annexes_add(b, &tail);
    number_blocks(&n, b->doc->block);
    for (size_t k = 0; k < b->doc->n_notes; k++) { /* notes of notes */
        number_blocks(&n, b->doc->note[k].body);
        resolve_blocks(b, b->doc->note[k].body);
        if (b->doc->note[k].number == NULL)
            b->doc->note[k].number = tf_printf(b->arena, "%zu", k + 1);
    }
    resolve_blocks(b, b->doc->block);
    unique_ids(b);
}
