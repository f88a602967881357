/* The document tree: what a report says, before anyone decides how it looks.
 *
 * A closed set of blocks and inlines. The Markdown reader (text.c) and the report's builder
 * (report.c) make it; html.c and press.c write it. Nothing is drawn here. */
#ifndef TF_TELL_TREE_H
#define TF_TELL_TREE_H

#include "ask/ask.h"
#include "base/base.h"
#include "tell/chart.h"

enum tf_inline_kind {
    TF_I_TEXT,   /* text */
    TF_I_STRONG, /* children */
    TF_I_EMPH,   /* children (printed upright semibold: no italics for meaning) */
    TF_I_CODE,   /* text */
    TF_I_LINK,   /* children, href (internal "#id" or external) */
    TF_I_NUM,    /* a live number: text, href "#ev-…" (its evidence card), ref */
    TF_I_NOTE,   /* footnote mark: note = index into doc->note */
    TF_I_XREF,   /* reference to a figure/table/section by id: text filled by the writer ("Figure 12") */
    TF_I_CHIP,   /* strand label: text, strand */
    TF_I_BREAK,  /* line break */
    TF_I_USES,   /* the places that print the number of card href: filled by the writer */
    TF_I_PAGE    /* on paper the page of href, as ", page 38"; on a page without pages nothing */
};
struct tf_inline {
    enum tf_inline_kind kind;
    const char *text, *href, *ref;
    const char *lang; /* when it differs from its block's, else NULL */
    int strand;       /* CHIP: enum tf_strand */
    size_t note;
    struct tf_inline *child; /* first child */
    struct tf_inline *next;
};

enum tf_block_kind {
    TF_B_COVER,      /* title, subtitle, kicker, items: small print; doc's first page, full-bleed band */
    TF_B_TOC,        /* contents with page numbers, from the headings */
    TF_B_OPENER,     /* chapter opener page: number, title, up to 3 findings (children paragraphs),
                        strands; is the level-1 heading of its chapter */
    TF_B_HEADING,    /* level 1-4, inlines, id */
    TF_B_PARA,       /* inlines; style: NULL, "lead", "small", "source" */
    TF_B_LIST,       /* children ITEM; ordered */
    TF_B_ITEM,       /* children blocks */
    TF_B_CALLOUT,    /* kicker ("Key finding" | "In children's words" | "How we know" | "What to do" |
                        "Content warning"), children; must be able to split over pages */
    TF_B_QUOTE,      /* children paragraphs; attribution inlines in `inlines` */
    TF_B_FINDING,    /* findings page entry: big (inlines in `big`), title inlines, `how` small line */
    TF_B_TABLE,      /* see struct tf_doc_table */
    TF_B_FIGURE,     /* a chart with title, subtitle, source, number, its data table, alt text */
    TF_B_SECTION,    /* children; class for the writer: "front", "findings", "chapter", "annex" */
    TF_B_PAGEBREAK,
    TF_B_RULE,
    TF_B_CARD        /* evidence card: title inlines, children: shared facts, a row a number */
};
struct tf_table_cell {
    struct tf_inline *inlines;
    unsigned short colspan, rowspan; /* >= 1 */
    bool head;       /* TH */
    char align;      /* 'l', 'r', 'c' */
    const char *lang;
    const char *id;  /* of a row's first cell: the row can be linked to */
};
struct tf_doc_table {
    const char *id, *number; /* id "T18"; number filled by report.c: "Table 18" */
    struct tf_inline *caption;
    const char *subtitle, *source; /* measure, population; source line and base */
    size_t n_rows, n_cols, n_head; /* the first n_head rows (1 or 2) are column heads and repeat */
    bool row_heads;                /* the first cell of each body row is its TH */
    bool wide;                     /* asks for a landscape page */
    struct tf_table_cell *cell;    /* [n_rows * n_cols]; cells covered by a span have colspan 0 */
    const double *width;           /* relative column widths, or NULL */
    const char *csv;               /* file name of its CSV under tables/, or NULL */
};
struct tf_block {
    enum tf_block_kind kind;
    const char *id, *lang;     /* lang when it differs from the document's */
    const char *title, *subtitle, *kicker, *style, *number;
    const char *how;           /* unused when how_inlines is set */
    int level, strand;         /* strand -1 = none; colours the band */
    bool ordered;
    struct tf_inline *inlines, *big, *how_inlines;
    struct tf_doc_table *table;
    struct tf_chart *chart;    /* FIGURE; its data table is `table` */
    struct tf_block *child, *next;
    const char *file;          /* where it was written, for messages */
    size_t line;
};
struct tf_note {
    const char *number; /* by chapter: "1", "2" … as printed */
    struct tf_block *body; /* paragraphs */
};
struct tf_doc {
    struct tf_arena *arena;
    const char *title, *subtitle, *lang, *country, *synthetic; /* synthetic: label or NULL */
    const char *running;   /* left text of the folio line: "Country XB · synthetic" */
    const char *hash;      /* evidence snapshot */
    struct tf_block *block;/* first */
    struct tf_note *note;
    size_t n_notes;
};

/* Makers: append at the end of a list whose tail pointer is *tail (start: tail = &doc->block). */
struct tf_block *tf_block_add(struct tf_arena *a, struct tf_block ***tail, enum tf_block_kind kind);
struct tf_inline *tf_inline_add(struct tf_arena *a, struct tf_inline ***tail,
                                enum tf_inline_kind kind, const char *text);
/* All text of inlines, in order. */
void tf_inline_text(const struct tf_inline *first, struct tf_buf *out);

#endif
