/* tell, inside: what is shared while a document is built from texts. Nobody outside the room, and
 * of the room only the reading half (text, ref, lint, report, tables, cards, uses), includes this.
 *
 *   file.md -> cmark -> tokens of a block -> pieces (typed | live) -> inlines of the tree
 *                                              |
 *                                              +-> lint.c looks at the pieces, uses.c keeps them
 *
 * Faults are gathered, not thrown: a text with three slips gets three messages. */
#ifndef TF_TELL_BUILD_H
#define TF_TELL_BUILD_H

#include "tell/inside.h"
#include "tell/tree.h"

/* ---- where a thing was written ---- */
struct tf_source { /* the text of a file, or of its end from first_line on */
    const char *file, *text;
    size_t n, first_line;
};
struct tf_span { /* lines of a source; snippets are found in order of writing */
    const struct tf_source *source;
    size_t cursor, end; /* bytes of source->text */
    size_t line;        /* the first line, when a snippet is not found */
};

/* ---- what was printed, and of what ---- */
enum tf_ref_kind {
    TF_REF_EST, TF_REF_COUNT, TF_REF_N, TF_REF_DIFF, TF_REF_QUOTE, TF_REF_LAW, TF_REF_FACT,
    TF_REF_XREF, TF_REF_IF, TF_REF_ELSE, TF_REF_END
};
struct tf_ref { /* one parsed {{ … }} */
    enum tf_ref_kind kind;
    const char *word[6]; /* the words after the first, fmt= taken out */
    size_t n_words;
    const char *format;  /* "pct0" …, or NULL */
    const char *raw;     /* as written, with its braces */
    size_t line, column;
};
struct tf_printed { /* one card: a cell, difference, quote, law or fact that the report prints */
    const char *id;  /* "ev-…" */
    const char *key; /* "exp.exp_a sex=2" */
    const char *title;
    enum tf_ref_kind kind;
    const struct tf_figure *figure;
    const struct tf_cell *cell;
    const struct tf_contrast *contrast;
    const struct tf_quote *quote;
    const struct tf_legal *law;
    const char *shown, *source; /* facts: the value and where it stands */
    size_t times;
    bool thousands; /* printed as "129,000": the figure counts in thousands */
};
/* A stretch of a block's text, typed by hand or put in by a reference. */
struct tf_piece {
    const char *text;
    bool live;      /* put in by a reference */
    bool skipped;   /* in a branch not taken */
    bool test;      /* inside a taken {{ if sig }} or {{ if more }} */
    bool majority;  /* inside a taken {{ if majority }} */
    const struct tf_printed *printed; /* live: what of */
    size_t line, column;
};

struct tf_target { /* what {{ ref … }} can name */
    const char *id, *text; /* "fig:F1" -> "Figure 3" */
    const char *href;
};

struct tf_build {
    struct tf_arena *arena;
    const struct tf_study *study;
    const struct tf_country *country;
    const struct tf_release *release;
    const struct tf_claims *claims; /* or NULL */
    const char *lang;
    struct tf_notices *notices;
    struct tf_doc *doc;
    const struct tf_claim *claim;   /* while a claim's text is read */
    bool in_table;                  /* marks such as [c] may be printed */
    bool in_heading;

    struct tf_source *source;
    size_t n_sources, cap_sources;
    struct tf_printed **printed;
    size_t n_printed, cap_printed;
    struct tf_use *use;
    size_t n_uses, cap_uses;
    struct tf_target *target;
    size_t n_targets, cap_targets;
    size_t cap_notes;
    struct tf_doc_table **table;    /* every numbered table, for the workbook */
    const struct tf_figure **table_figure;
    size_t n_tables, cap_tables, cap_table_figures;
    size_t n_figures, n_tables_text, n_numbers;
    const struct tf_figure **annex; /* released figures with a table in the annex, in order */
    size_t n_annex, cap_annex;
    const char **annex_whole;       /* its table in the text, when that says all there is, or NULL */
    struct tf_chart **chart;        /* charts, and the figures whose tables they name at the end */
    const struct tf_figure **chart_figure;
    size_t n_charts, cap_charts, cap_chart_figures;
};

/* ---- ref.c: the grammar ---- */
/* Parse what stands between the braces. False: a notice was added. */
bool tf_ref_parse(struct tf_build *b, const struct tf_span *span, const char *raw, size_t line,
                  size_t column, struct tf_ref *ret);
/* The cell a reference names; NULL with a notice when there is none. word = "FIG.ROW". */
const struct tf_cell *tf_ref_cell(struct tf_build *b, const struct tf_ref *ref, const char *word,
                                  const char *col, const char *file,
                                  const struct tf_figure **ret_figure);
/* "exp.exp_a" -> figure and row, without a notice. */
const struct tf_figure *tf_ref_split(const struct tf_build *b, const char *word,
                                     const char **ret_row);
/* Is the condition of an {{ if … }} true? A fault counts as false, with a notice. */
bool tf_ref_if(struct tf_build *b, const struct tf_ref *ref, const char *file);
/* The inline that stands for a live reference; NULL with a notice when it can't be printed. */
struct tf_inline *tf_ref_inline(struct tf_build *b, const struct tf_ref *ref, const char *file,
                                const struct tf_printed **ret_printed);

/* ---- ref_show.c: numbers as printed (pure; lang is passed through) ---- */
void tf_show_share(struct tf_buf *out, double share, int decimals, const char *lang);
void tf_show_points(struct tf_buf *out, double share, int decimals, const char *lang); /* no sign */
void tf_show_number(struct tf_buf *out, double x, int decimals, const char *lang);
/* A cell in a format; NULL format = the figure's own. */
char *tf_show_cell(struct tf_arena *a, const struct tf_figure *f, const struct tf_cell *c,
                   const char *format, const char *lang);
char *tf_show_contrast(struct tf_arena *a, const struct tf_figure *f, const struct tf_contrast *d,
                       bool swapped, const char *lang);
char *tf_show_law(struct tf_arena *a, const struct tf_legal *law);
char *tf_show_mark(const struct tf_cell *c); /* "[c]" … for a state without numbers, or NULL */
/* What the evidence says in one breath, for messages: "19 of 85 (22 %)". */
char *tf_show_evidence(struct tf_arena *a, const struct tf_figure *f, const struct tf_cell *c,
                       const char *lang);

/* ---- text.c ---- */
const struct tf_source *tf_source_add(struct tf_build *b, const char *file, const char *text,
                                      size_t n, size_t first_line);
struct tf_span tf_span_lines(struct tf_build *b, const char *file, size_t line, size_t last_line);
/* Place of the next occurrence of a snippet in the span, and move past it. */
void tf_span_find(struct tf_span *span, const char *snippet, size_t *ret_line, size_t *ret_column);
/* Markdown to blocks; first_line: the line of the text's first line in the file. */
struct tf_block *tf_text_blocks(struct tf_build *b, const char *file, const char *text, size_t n,
                                size_t first_line);
/* One line of Markdown to inlines. */
struct tf_inline *tf_text_inlines(struct tf_build *b, const char *file, const char *text,
                                  size_t line);
/* The same as plain text. */
char *tf_text_plain(struct tf_build *b, const char *file, const char *text, size_t line);
/* ---- text_fence.c: fenced blocks ---- */
struct tf_fence {
    const char *kind, *file;
    size_t line;
    const char *key[16], *value[16];
    size_t n;
    const char *body;
};
const char *tf_fence_get(const struct tf_fence *fence, const char *key);
bool tf_fence_parse(struct tf_build *b, const char *file, size_t line, const char *info,
                    const char *body, struct tf_fence *ret);
void tf_fence_block(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail);

/* ---- lint.c ---- */
/* Look at the pieces of a block: digits typed by hand, claim words without a test, terms. */
void tf_lint_pieces(struct tf_build *b, const char *file, const struct tf_piece *piece, size_t n);
/* ---- uses.c ---- */
void tf_uses_keep(struct tf_build *b, const char *file, const struct tf_piece *piece, size_t n);
/* End of the sentence that begins at byte `from` of `text`. */
size_t tf_sentence_end(const char *text, size_t n, size_t from);

/* ---- cards.c ---- */
/* The card of a key, made when new; id NULL = made from the key. */
struct tf_printed *tf_printed_add(struct tf_build *b, enum tf_ref_kind kind, const char *key,
                                  const char *title, const char *id);
void tf_cards_add(struct tf_build *b, struct tf_block ***tail);

/* ---- tables.c ---- */
struct tf_table_want {
    const char *id, *title;
    const char *rows, *cols; /* comma lists, or NULL = all */
    bool annex;              /* one decimal of the total where the base allows it, intervals everywhere */
    bool decimal;            /* one decimal in every cell whose base allows it */
};
struct tf_doc_table *tf_table_of_figure(struct tf_build *b, const struct tf_figure *f,
                                        const struct tf_table_want *want);
struct tf_doc_table *tf_table_of_chart(struct tf_build *b, const struct tf_chart *c);
struct tf_doc_table *tf_table_plain(struct tf_build *b, size_t n_rows, size_t n_cols);
void tf_table_set(struct tf_build *b, struct tf_doc_table *t, size_t row, size_t col,
                  const char *text);
/* A label as a head or a row shows it: with a capital; its id when it has none. */
const char *tf_label_shown(struct tf_build *b, const char *label, const char *id);
void tf_table_keep(struct tf_build *b, struct tf_doc_table *t, const struct tf_figure *f);
/* Long form of a figure: one line a cell, every released number in full. */
void tf_figure_csv(struct tf_buf *out, const struct tf_figure *f);
/* ---- tables_book.c ---- */
TF_MUST_CHECK enum tf_code tf_tables_book(struct tf_build *b, const char *path,
                                          struct tf_err *reterr);
/* ---- report_chart.c ---- */
struct tf_chart *tf_chart_of_figure(struct tf_build *b, const struct tf_figure *f,
                                    const struct tf_fence *fence);
/* ---- report_claims.c ---- */
void tf_claims_findings(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail);
void tf_claims_insights(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail);
void tf_claims_convergence(struct tf_build *b, const struct tf_fence *fence,
                           struct tf_block ***tail);
void tf_claims_recommendations(struct tf_build *b, const struct tf_fence *fence,
                               struct tf_block ***tail);
/* ---- report_annex.c ---- */
/* The figure is used: its whole table belongs in the annex, in this order. */
void tf_annex_want(struct tf_build *b, const struct tf_figure *f);
/* A table in the text says all of the figure: the annex need not repeat it. */
void tf_annex_says_all(struct tf_build *b, const struct tf_figure *f, const char *number);
void tf_annexes_add(struct tf_build *b, struct tf_block ***tail);
/* ---- report.c ---- */
void tf_target_add(struct tf_build *b, const char *id, const char *text, const char *href);
/* The whole document; faults are in b->notices. */
void tf_report_build(struct tf_build *b);
/* Make a build ready: study, release and language known. */
struct tf_build *tf_build_new(struct tf_arena *a, const struct tf_study *study, const char *country,
                              const struct tf_release *release, const char *lang,
                              struct tf_notices *notices);

/* NBSP as UTF-8: keeps a number and its sign on one line. */
#define TF_NBSP "\xC2\xA0"
#define TF_NDASH "\xE2\x80\x93"
#define TF_MINUS "\xE2\x88\x92"

#endif
