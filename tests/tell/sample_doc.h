/* A sample report for the tests and the bench of the press: five languages, every kind of block. */
#ifndef TF_TESTS_SAMPLE_DOC_H
#define TF_TESTS_SAMPLE_DOC_H

#include <math.h>
#include <string.h>

#include "tell/press.h"

static const char *const SAMPLE_LANG[5] = {"en", "vi", "am", "th", "km"};
static const char *const SAMPLE_TEXT[5] = {
    "Among children aged 12–17 who used the internet in the past three months, most know at least "
    "one adult to whom they could turn. Services near them are known less often, and in rural "
    "districts fewer offices are open in the afternoon (n = 1,012; see annex B).",
    "Trẻ em từ 12 đến 17 tuổi có sử dụng internet trong ba tháng qua thường biết ít nhất một người "
    "lớn mà các em có thể tìm đến. Các dịch vụ ở gần nơi ở được biết đến ít hơn, và ở vùng nông "
    "thôn có ít văn phòng mở cửa vào buổi chiều hơn.",
    "ባለፉት ሦስት ወራት ኢንተርኔት የተጠቀሙ ዕድሜያቸው ከ12 እስከ 17 የሆኑ ልጆች ብዙውን ጊዜ እርዳታ ሊጠይቁት የሚችሉትን ቢያንስ "
    "አንድ አዋቂ ያውቃሉ። በአቅራቢያቸው ያሉ አገልግሎቶች ብዙም አይታወቁም።",
    "เด็กอายุ 12–17 ปีที่ใช้อินเทอร์เน็ตในช่วงสามเดือนที่ผ่านมาส่วนใหญ่รู้จักผู้ใหญ่อย่างน้อยหนึ่งคนที่ตนสามารถขอ"
    "ความช่วยเหลือได้ บริการใกล้บ้านเป็นที่รู้จักน้อยกว่า และในเขตชนบทมีสำนักงานเปิดในช่วงบ่ายน้อยกว่า",
    "កុមារអាយុពី 12 ដល់ 17 ឆ្នាំ ដែលបានប្រើប្រាស់អ៊ីនធឺណិតក្នុងរយៈពេលបីខែចុងក្រោយ ភាគច្រើនស្គាល់មនុស្សពេញវ័យ"
    "យ៉ាងហោចណាស់ម្នាក់ដែលពួកគេអាចសុំជំនួយបាន។ សេវានៅជិតផ្ទះ (UNICEF 2021) ត្រូវបានស្គាល់តិចជាង "
    "ហើយនៅតំបន់ជនបទមានការិយាល័យតិចជាងដែលបើកនៅពេលរសៀល។"};

struct sample {
    struct tf_arena *a;
    struct tf_doc doc;
    struct tf_block **tail;
};

static struct tf_inline *sample_text(struct tf_arena *a, const char *s)
{
    struct tf_inline *in = TF_NEW(a, struct tf_inline);
    in->kind = TF_I_TEXT;
    in->text = s;
    in->strand = -1;
    return in;
}

static struct tf_inline *sample_then(struct tf_arena *a, struct tf_inline *first,
                                     enum tf_inline_kind kind, const char *text)
{
    struct tf_inline *last = first;
    while (last->next != NULL)
        last = last->next;
    last->next = sample_text(a, text);
    last->next->kind = kind;
    return last->next;
}

static struct tf_block *sample_add(struct sample *s, struct tf_block ***tail,
                                   enum tf_block_kind kind, const char *text)
{
    struct tf_block *b = TF_NEW(s->a, struct tf_block);
    b->kind = kind;
    b->strand = -1;
    b->inlines = text != NULL ? sample_text(s->a, text) : NULL;
    **tail = b;
    *tail = &b->next;
    return b;
}

static size_t sample_note(struct sample *s, const char *text)
{
    struct tf_note *more = TF_NEW_N(s->a, struct tf_note, s->doc.n_notes + 1);
    if (s->doc.n_notes > 0)
        memcpy(more, s->doc.note, s->doc.n_notes * sizeof *more);
    more[s->doc.n_notes].number = tf_printf(s->a, "%zu", s->doc.n_notes + 1);
    struct tf_block **tail = &more[s->doc.n_notes].body;
    sample_add(s, &tail, TF_B_PARA, text);
    s->doc.note = more;
    return s->doc.n_notes++;
}

static struct tf_chart *sample_chart(struct sample *s, size_t number)
{
    static const char *const ROW[] = {"Services in the district", "Services at school",
                                      "Helpline", "Police desk for children", "Health centre",
                                      "Community worker"};
    struct tf_chart *c = TF_NEW(s->a, struct tf_chart);
    c->form = TF_CHART_BAR;
    c->id = tf_printf(s->a, "fig-%zu", number);
    c->number = tf_printf(s->a, "Figure %zu", number);
    c->title = "Children know schools and health centres best";
    c->subtitle = "Share of internet-using children 12–17 who know each service, with 95 % interval";
    c->source = "Household survey, question HS2; n = 1,012; weighted. Data: tables/fig.csv";
    c->lang = "en";
    c->unit = "%";
    c->percent = true;
    c->n_rows = 6;
    c->n_series = 1;
    c->row = TF_NEW_N(s->a, const char *, 6);
    c->series = TF_NEW_N(s->a, const char *, 1);
    c->mark = TF_NEW_N(s->a, struct tf_mark, 6);
    for (size_t i = 0; i < 6; i++) {
        const double v = 0.7 - 0.1 * (double)i - 0.003 * (double)(number % 7);
        c->row[i] = ROW[i];
        c->mark[i] = (struct tf_mark){.row = ROW[i],
                                      .label = tf_printf(s->a, "%d", (int)(v * 100)),
                                      .value = v, .lo = v - 0.04, .hi = v + 0.05};
    }
    c->mark[5].state = TF_MARK_SUPPRESSED;
    c->mark[5].label = "[c]";
    c->strand = -1;
    return c;
}

static struct tf_block *sample_figure(struct sample *s, struct tf_block ***tail, size_t number)
{
    struct tf_block *b = sample_add(s, tail, TF_B_FIGURE, NULL);
    b->chart = sample_chart(s, number);
    b->id = b->chart->id;
    return b;
}

static struct tf_table_cell *sample_cell(struct tf_doc_table *t, size_t r, size_t c)
{
    return &t->cell[r * t->n_cols + c];
}

static struct tf_doc_table *sample_grid(struct sample *s, size_t rows, size_t cols, size_t head)
{
    struct tf_doc_table *t = TF_NEW(s->a, struct tf_doc_table);
    t->n_rows = rows;
    t->n_cols = cols;
    t->n_head = head;
    t->row_heads = true;
    t->cell = TF_NEW_N(s->a, struct tf_table_cell, rows * cols);
    for (size_t i = 0; i < rows * cols; i++)
        t->cell[i] = (struct tf_table_cell){.colspan = 1, .rowspan = 1,
                                            .align = i % cols == 0 ? 'l' : 'r'};
    return t;
}

/* A table with a head of two rows, seven columns. */
static struct tf_block *sample_table(struct sample *s, struct tf_block ***tail, size_t rows,
                                     size_t number)
{
    static const char *const HEAD[2][7] = {{"", "Sex", NULL, "Age", NULL, NULL, ""},
                                           {"Knows, %", "Girls", "Boys", "12–13", "14–15",
                                            "16–17", "All (95 % CI)"}};
    struct tf_block *b = sample_add(s, tail, TF_B_TABLE, NULL);
    struct tf_doc_table *t = sample_grid(s, rows + 2, 7, 2);
    t->id = tf_printf(s->a, "tab-%zu", number);
    t->number = tf_printf(s->a, "Table %zu", number);
    t->caption = sample_text(s->a, "Services that children know, by sex and age");
    t->subtitle = "Share of internet-using children 12–17 who know each service, %";
    t->source = "Household survey, question HS2; weighted. [c] withheld to protect children.";
    for (size_t c = 0; c < 7; c++)
        for (size_t r = 0; r < 2; r++) {
            sample_cell(t, r, c)->head = true;
            sample_cell(t, r, c)->inlines =
                HEAD[r][c] != NULL ? sample_text(s->a, HEAD[r][c]) : NULL;
        }
    sample_cell(t, 0, 1)->colspan = 2;
    sample_cell(t, 0, 2)->colspan = 0;
    sample_cell(t, 0, 3)->colspan = 3;
    sample_cell(t, 0, 4)->colspan = sample_cell(t, 0, 5)->colspan = 0;
    for (size_t r = 2; r < rows + 2; r++)
        for (size_t c = 0; c < 7; c++)
            sample_cell(t, r, c)->inlines = sample_text(
                s->a, c == 0 ? tf_printf(s->a, "Service number %zu of the district", r - 1)
                      : c == 6 ? tf_printf(s->a, "%zu (%zu–%zu)", 20 + r % 50, 17 + r % 50,
                                           24 + r % 50)
                      : (r + c) % 11 == 0 ? "[c]"
                                          : tf_printf(s->a, "%zu", 15 + (r * c) % 60));
    b->table = t;
    b->id = t->id;
    return b;
}

/* The joint display: text cells, a spanning row head. */
static struct tf_block *sample_joint(struct sample *s, struct tf_block ***tail, bool wide)
{
    static const char *const CELL[5][5] = {
        {"Theme", "Children's survey", "Frontline, interviews, law", "Recorded counts",
         "Together"},
        {"Known services", "61 of 101 children named one; 25 preferred not to say",
         "31 of 50 frontline workers: mostly schools", "Service recorded in 3 of 212 files",
         "● Agree"},
        {"Girls and boys", "Girls 10 %, boys 10 %; difference 0 (−4 to 4)",
         "Officials speak of girls only (9 of 11 interviews)", "98 % of recorded cases are girls",
         "▲ Contradict"},
        {NULL, "Ages 16–17 know more", "No interview raised it", "Not recorded", "○ Silent"},
        {"Where", "Schools 36 of 77, health centres 12", "Providers' own reports",
         "93 % of reports from one office; counts of reports, not of children", "◆ Complete"}};
    struct tf_block *b = sample_add(s, tail, TF_B_TABLE, NULL);
    struct tf_doc_table *t = sample_grid(s, 5, 5, 1);
    t->number = wide ? "Table 90" : "Table 91";
    t->id = b->id = wide ? "joint-wide" : "joint";
    t->caption = sample_text(s->a, "Three strands on one question: which services are known?");
    t->wide = wide;
    for (size_t r = 0; r < 5; r++)
        for (size_t c = 0; c < 5; c++) {
            sample_cell(t, r, c)->align = 'l';
            sample_cell(t, r, c)->head = r == 0;
            if (CELL[r][c] != NULL)
                sample_cell(t, r, c)->inlines = sample_text(s->a, CELL[r][c]);
        }
    sample_cell(t, 2, 0)->rowspan = 2;
    sample_cell(t, 3, 0)->colspan = 0;
    b->table = t;
    return b;
}

static void sample_paras(struct sample *s, struct tf_block ***tail, size_t chapter)
{
    for (size_t i = 0; i < 5; i++) {
        struct tf_block *b = sample_add(s, tail, TF_B_PARA, SAMPLE_TEXT[i]);
        b->lang = SAMPLE_LANG[i];
        sample_then(s->a, b->inlines, TF_I_NOTE, NULL)->note =
            sample_note(s, tf_printf(s->a, "Note on %s in chapter %zu; full wording in annex B.",
                                     SAMPLE_LANG[i], chapter));
    }
}

static void sample_front(struct sample *s)
{
    struct tf_block *cover = sample_add(s, &s->tail, TF_B_COVER, NULL);
    cover->kicker = "Evidence on online child sexual exploitation and abuse";
    cover->title = "What children in Country XB know of help";
    cover->subtitle = "A national report from three strands of evidence: context, threats, and the "
                      "children's own perspectives";
    struct tf_block **tail = &cover->child;
    sample_add(s, &tail, TF_B_PARA,
               "No person, place or number in this report is real. It shows what Trefoil makes "
               "from a study's evidence. Edition 1, built from evidence snapshot 7c1e·a90f.");
    struct tf_block *toc = sample_add(s, &s->tail, TF_B_TOC, NULL);
    toc->title = "Contents";
    struct tf_block *front = sample_add(s, &s->tail, TF_B_SECTION, NULL);
    front->style = "findings";
    tail = &front->child;
    struct tf_block *h = sample_add(s, &tail, TF_B_HEADING, "Three findings in one minute");
    h->level = 1;
    h->kicker = "What we found";
    static const char *const BIG[3] = {"1 in 10", "12 of 38", "47 %"};
    for (size_t i = 0; i < 3; i++) {
        struct tf_block *f = sample_add(
            s, &tail, TF_B_FINDING,
            "internet-using children aged 12–17 know where to get help near their home.");
        f->big = sample_text(s->a, BIG[i]);
        f->how_inlines = sample_text(
            s->a, "10 % (95 % CI 8–12; n = 1,012) · an estimated 210,000 children · ");
        sample_then(s->a, f->how_inlines, TF_I_CHIP, "Children")->strand = TF_CHILDREN;
        sample_then(s->a, f->how_inlines, TF_I_CHIP, "Context")->strand = TF_CONTEXT;
        sample_then(s->a, f->how_inlines, TF_I_CHIP, "Threats")->strand = TF_THREATS;
        sample_then(s->a, f->how_inlines, TF_I_XREF, NULL)->ref = "fig-1";
    }
}

static void sample_boxes(struct sample *s, struct tf_block ***tail)
{
    struct tf_block *call = sample_add(s, tail, TF_B_CALLOUT, NULL);
    call->kicker = "How we know";
    struct tf_block **in = &call->child;
    sample_add(s, &in, TF_B_PARA,
               "Children answered these questions alone, on a tablet that neither the interviewer "
               "nor the caregiver could read back.");
    struct tf_block *quote = sample_add(s, tail, TF_B_QUOTE,
                                        "Justice professional, RA4-XB-07-J (synthetic)");
    in = &quote->child;
    sample_add(s, &in, TF_B_PARA,
               "“We had no room where she could speak without being overheard.”");
    struct tf_block *list = sample_add(s, tail, TF_B_LIST, NULL);
    list->ordered = true;
    struct tf_block **items = &list->child;
    for (size_t i = 0; i < 3; i++) {
        struct tf_block *item = sample_add(s, &items, TF_B_ITEM, NULL);
        in = &item->child;
        sample_add(s, &in, TF_B_PARA,
                   "Open the office in the afternoon, when children are free to come, and say so "
                   "where they will read it.");
    }
}

static void sample_chapter(struct sample *s, size_t number, size_t figures, size_t rows)
{
    struct tf_block *sect = sample_add(s, &s->tail, TF_B_SECTION, NULL);
    struct tf_block **tail = &sect->child;
    sect->style = "chapter";
    sect->strand = TF_CHILDREN;
    struct tf_block *open = sample_add(s, &tail, TF_B_OPENER, NULL);
    open->number = tf_printf(s->a, "%zu", number);
    open->title = "What children know of help, and who tells them";
    open->strand = (int)(number % 3);
    open->id = tf_printf(s->a, "chapter-%zu", number);
    open->subtitle = "Strands in this chapter: Children · Threats · Context";
    struct tf_block **in = &open->child;
    sample_add(s, &in, TF_B_PARA, "Most children know one adult to whom they could turn.");
    sample_add(s, &in, TF_B_PARA, "Schools are known better than offices.");
    for (size_t part = 0; part < 3; part++) {
        struct tf_block *h = sample_add(s, &tail, TF_B_HEADING,
                                        "Schools are the best known door to help");
        h->level = 2;
        h->number = tf_printf(s->a, "%zu.%zu", number, part + 1);
        h->id = tf_printf(s->a, "sec-%zu-%zu", number, part + 1);
        struct tf_block *b = sample_add(s, &tail, TF_B_PARA, "An estimated ");
        struct tf_inline *num = sample_then(s->a, b->inlines, TF_I_NUM, "16 %");
        num->href = "#ev-1";
        (void)sample_then(s->a, b->inlines, TF_I_TEXT,
                          " of children know a helpline, and girls and boys do not differ clearly "
                          "in this; the reasons are set out in ");
        sample_then(s->a, b->inlines, TF_I_XREF, NULL)->ref = "tab-1";
        (void)sample_then(s->a, b->inlines, TF_I_TEXT, " and at ");
        struct tf_inline *link = sample_then(s->a, b->inlines, TF_I_LINK, NULL);
        link->href = "https://example.org/services";
        link->child = sample_text(s->a, "the register of services");
        (void)sample_then(s->a, b->inlines, TF_I_TEXT, ".");
        sample_paras(s, &tail, number);
        if (part == 0)
            sample_boxes(s, &tail);
        for (size_t f = 0; f < figures; f++) {
            sample_figure(s, &tail, (number - 1) * figures * 3 + part * figures + f + 1);
            (void)sample_add(s, &tail, TF_B_PARA, SAMPLE_TEXT[0]);
        }
    }
    sample_table(s, &tail, rows, number);
    sample_joint(s, &tail, number == 2);
    for (size_t i = 0; i < 8; i++)
        (void)sample_add(s, &tail, TF_B_PARA, SAMPLE_TEXT[0]);
}

static void sample_cards(struct sample *s)
{
    struct tf_block *sect = sample_add(s, &s->tail, TF_B_SECTION, NULL);
    struct tf_block **tail = &sect->child;
    sect->style = "annex";
    struct tf_block *h = sample_add(s, &tail, TF_B_HEADING, "Evidence cards");
    h->level = 1;
    for (size_t i = 1; i <= 3; i++) {
        static const char *const ROW[4][2] = {{"Question", "HS2: Which of these services do you know?"},
                                              {"Base", "1,012 children 12–17 who use the internet"},
                                              {"Estimate", "16 % (95 % CI 14–18)"},
                                              {"Recipe", "survey 3.2, Taylor linearisation"}};
        struct tf_block *card = sample_add(s, &tail, TF_B_CARD, "Share who know a helpline");
        card->id = tf_printf(s->a, "ev-%zu", i);
        struct tf_block **in = &card->child;
        struct tf_block *b = sample_add(s, &in, TF_B_TABLE, NULL);
        b->table = sample_grid(s, 4, 2, 0);
        for (size_t r = 0; r < 4; r++)
            for (size_t c = 0; c < 2; c++) {
                sample_cell(b->table, r, c)->align = 'l';
                sample_cell(b->table, r, c)->inlines = sample_text(s->a, ROW[r][c]);
            }
    }
}

static struct sample *sample_doc(struct tf_arena *a, size_t chapters, size_t figures, size_t rows)
{
    struct sample *s = TF_NEW(a, struct sample);
    s->a = a;
    s->doc = (struct tf_doc){.arena = a, .title = "What children in Country XB know of help",
                             .lang = "en", .country = "XB", .synthetic = "SYNTHETIC DATA",
                             .running = "Country XB · synthetic", .hash = "7c1ea90f"};
    s->tail = &s->doc.block;
    sample_front(s);
    for (size_t i = 1; i <= chapters; i++)
        sample_chapter(s, i, figures, rows);
    sample_cards(s);
    return s;
}

#endif
