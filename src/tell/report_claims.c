/* What claims become in a report: the findings page, the insights with their recommendations, and
 * the convergence tables of the three strands.
 *
 * The idea of the convergence table (one theme a row, one strand a column, and how they stand
 * together) is the joint display of mixed-methods research: Guetterman, Fetters & Creswell (2015);
 * the four relations are those of convergence coding, Farmer et al. (2006). Silence is a finding:
 * it is printed, not left out. */
#include <math.h>
#include <string.h>

#include "tell/build.h"

static const char *const strand_shown[] = {"Context", "Threats", "Children"};

/* Register the file of a claim so that places in it can be named. */
static void open_claim(struct tf_build *b, const struct tf_claim *claim)
{
    struct tf_bytes bytes;
    const char *path = tf_file_exists(claim->file) || b->study->dir == NULL
                           ? claim->file
                           : tf_path_join(b->arena, b->study->dir, claim->file);
    b->claim = claim;
    if (tf_file_exists(path) && tf_file_read_text(b->arena, path, 1 << 20, &bytes, NULL) == TF_OK)
        (void)tf_source_add(b, claim->file, bytes.data, bytes.n, 1);
    else if (claim->body != NULL)
        (void)tf_source_add(b, claim->file, claim->body, strlen(claim->body), claim->body_line);
}

/* The line of a key in the claim's YAML head. */
static size_t line_of(struct tf_build *b, const struct tf_claim *claim, const char *key)
{
    for (size_t k = 0; k < b->n_sources; k++) {
        const struct tf_source *s = &b->source[k];
        if (strcmp(s->file, claim->file) != 0)
            continue;
        size_t line = s->first_line, n = strlen(key);
        for (size_t at = 0; at + n < s->n && line < claim->body_line; at++) {
            if ((at == 0 || s->text[at - 1] == '\n') && memcmp(s->text + at, key, n) == 0 &&
                s->text[at + n] == ':')
                return line;
            line += s->text[at] == '\n';
        }
    }
    return 1;
}

static struct tf_inline *add(struct tf_build *b, struct tf_inline ***tail, enum tf_inline_kind kind,
                             const char *text)
{
    return tf_inline_add(b->arena, tail, kind, text);
}

static void add_list(struct tf_inline ***tail, struct tf_inline *list)
{
    **tail = list;
    while (**tail != NULL)
        *tail = &(**tail)->next;
}

static void add_chips(struct tf_build *b, const struct tf_claim *claim, struct tf_inline ***tail)
{
    static const enum tf_strand order[] = {TF_CHILDREN, TF_CONTEXT, TF_THREATS};
    bool first = true;
    for (int k = 0; k < 3; k++)
        if (claim->strand[order[k]]) {
            if (!first)
                (void)add(b, tail, TF_I_TEXT, " ");
            add(b, tail, TF_I_CHIP, strand_shown[order[k]])->strand = (int)order[k];
            first = false;
        }
}

/* The reference a claim shows large, with another format; NULL when its figure is unknown (the
 * message then stands already). */
static struct tf_inline *big_of(struct tf_build *b, const struct tf_claim *claim, const char *format)
{
    char **word;
    const size_t n = tf_split(b->arena, claim->big, ' ', &word);
    const char *row, *own = NULL;
    struct tf_buf ref = {.arena = b->arena};
    const struct tf_figure *f = tf_ref_split(b, word[0], &row);
    const bool count = f != NULL && (f->kind == TF_FIG_SERIES || f->kind == TF_FIG_FLOW ||
                                     f->kind == TF_FIG_GRID);
    tf_buf_printf(&ref, "{{ %s", count ? "count" : "est");
    for (size_t k = 0; k < n; k++)
        if (tf_starts(word[k], "fmt="))
            own = word[k];
        else if (*word[k] != '\0')
            tf_buf_printf(&ref, " %s", word[k]);
    if (format != NULL && !count)
        tf_buf_printf(&ref, " fmt=%s", format);
    else if (own != NULL && !count)
        tf_buf_printf(&ref, " %s", own);
    tf_buf_add(&ref, " }}");
    b->in_table = true; /* a withheld figure prints its mark here */
    struct tf_inline *in = tf_text_inlines(b, claim->file, ref.s, line_of(b, claim, "big"));
    b->in_table = false;
    return in;
}

/* The small line under a finding: value, interval and base, or why there is no percentage. */
static void how_of(struct tf_build *b, const struct tf_claim *claim, struct tf_inline ***tail)
{
    char **word;
    const char *row;
    if (claim->big != NULL) {
        const size_t n = tf_split(b->arena, claim->big, ' ', &word);
        const struct tf_figure *f = tf_ref_split(b, word[0], &row);
        const char *col = n > 1 && !tf_starts(word[1], "fmt=") ? word[1] : NULL;
        const struct tf_cell *c = f == NULL ? NULL : tf_figure_cell(f, row, col);
        const char *note = NULL;
        if (c != NULL && f->kind == TF_FIG_ESTIMATE &&
            (c->state == TF_CELL_SHOWN || c->state == TF_CELL_FLAGGED))
            add_list(tail, big_of(b, claim, "full"));
        else if (c != NULL && c->state == TF_CELL_COUNT && f->probability)
            note = "Small base: counts, not percentages";
        else if (f != NULL && f->kind == TF_FIG_COUNT)
            note = "Convenience sample: describes these respondents only";
        else if (c != NULL && f->kind == TF_FIG_SERIES)
            note = tf_is_blank(f->caveat) ? "Recorded counts" : f->caveat;
        else if (c != NULL && tf_show_mark(c) != NULL)
            note = "[c] withheld to protect children";
        if (note != NULL)
            (void)add(b, tail, TF_I_TEXT, note);
        (void)add(b, tail, TF_I_TEXT, " \xC2\xB7 ");
    }
    add_chips(b, claim, tail);
    if (!tf_is_blank(claim->section)) {
        (void)add(b, tail, TF_I_TEXT, " \xC2\xB7 ");
        struct tf_inline *x = add(b, tail, TF_I_XREF, NULL);
        x->ref = tf_printf(b->arena, strpbrk(claim->section, "0123456789") != NULL ? "num:%s" : "sec:%s",
                           claim->section);
        x->href = tf_printf(b->arena, "%s\n%zu\n1", claim->file, line_of(b, claim, "section"));
        struct tf_inline *page = add(b, tail, TF_I_PAGE, NULL);
        page->ref = x->ref;
        page->href = x->href;
    }
}

void tf_claims_findings(struct tf_build *b, const struct tf_fence *fence TF_UNUSED,
                        struct tf_block ***tail)
{
    for (size_t k = 0; b->claims != NULL && k < b->claims->n; k++) {
        const struct tf_claim *claim = &b->claims->item[k];
        if (strcmp(claim->kind, "finding") != 0)
            continue;
        open_claim(b, claim);
        struct tf_block *block = tf_block_add(b->arena, tail, TF_B_FINDING);
        struct tf_inline **in = &block->inlines, **how = &block->how_inlines;
        block->id = tf_printf(b->arena, "claim-%s", claim->id);
        block->title = claim->title;
        block->strand = claim->strand[TF_CHILDREN] ? (int)TF_CHILDREN
                        : claim->strand[TF_THREATS] ? (int)TF_THREATS : (int)TF_CONTEXT;
        block->file = claim->file;
        if (claim->big != NULL)
            block->big = big_of(b, claim, NULL);
        struct tf_inline *strong = add(b, &in, TF_I_STRONG, NULL);
        strong->child = tf_text_inlines(b, claim->file,
                                        tf_printf(b->arena, "%s%s", claim->title,
                                                  tf_ends(claim->title, ".") ? "" : "."),
                                        line_of(b, claim, "title"));
        if (!tf_is_blank(claim->body)) {
            const struct tf_block *body = tf_text_blocks(b, claim->file, claim->body,
                                                         strlen(claim->body), claim->body_line);
            for (; body != NULL; body = body->next) { /* paragraphs run on after the title */
                if (body->kind != TF_B_PARA)
                    continue;
                (void)add(b, &in, TF_I_TEXT, " ");
                add_list(&in, body->inlines);
            }
        }
        how_of(b, claim, &how);
        b->claim = NULL;
    }
}

/* "Rests on: Any clear example 10 %; Police cases 0 (against it)." */
static void rests_on(struct tf_build *b, const struct tf_claim *claim, struct tf_block ***tail)
{
    static const char *const words[] = {"", " (qualifies)", " (speaks against it)"};
    if (claim->n_links == 0)
        return;
    struct tf_block *para = tf_block_add(b->arena, tail, TF_B_PARA);
    para->style = "small";
    struct tf_inline **in = &para->inlines;
    add_chips(b, claim, &in);
    (void)add(b, &in, TF_I_TEXT, " Rests on: ");
    b->in_table = true;
    for (size_t k = 0; k < claim->n_links; k++) {
        const struct tf_link *link = &claim->link[k];
        const char *lead = k == 0 ? "" : "; ";
        if (link->kind == TF_LINK_FIGURE && link->figure != NULL) {
            const struct tf_figure *f = tf_release_figure(b->release, link->figure);
            const struct tf_cell *c = f == NULL ? NULL : tf_figure_cell(f, link->row, link->col);
            if (c == NULL)
                continue;
            const bool total = c->col == NULL || strcmp(c->col, "total") == 0;
            (void)add(b, &in, TF_I_TEXT,
                      tf_printf(b->arena, "%s%s%s%s ", lead, c->row_label, total ? "" : ", ",
                                total ? "" : c->col_label));
            const bool text = f->kind != TF_FIG_ESTIMATE && f->kind != TF_FIG_COUNT;
            const char *ref = tf_printf(b->arena, "{{ %s %s.%s %s }}", text ? "count" : "est",
                                        f->id, c->row, total ? "" : c->col);
            add_list(&in, tf_text_inlines(b, claim->file, ref, link->line));
        } else if (link->kind == TF_LINK_LAW) {
            (void)add(b, &in, TF_I_TEXT, lead);
            add_list(&in, tf_text_inlines(b, claim->file,
                                          tf_printf(b->arena, "{{ law %s }}", link->ref),
                                          link->line));
        } else {
            const struct tf_quote *q = tf_release_quote(b->release, link->ref);
            (void)add(b, &in, TF_I_TEXT,
                      tf_printf(b->arena, "%sinterview%s%s", lead, q == NULL ? "" : ", ",
                                q == NULL ? "" : q->attribution));
        }
        (void)add(b, &in, TF_I_TEXT, words[link->relation]);
    }
    b->in_table = false;
    (void)add(b, &in, TF_I_TEXT, ".");
}

static const char *const actors[] = {"government", "law enforcement", "justice professionals",
                                     "social services", "caregivers and teachers", "platforms"};
enum { N_ACTORS = 6 };

static const char *capital(struct tf_build *b, const char *s)
{
    char *copy = tf_strdup(b->arena, s == NULL ? "" : s);
    if (*copy >= 'a' && *copy <= 'z')
        *copy = (char)(*copy - 'a' + 'A');
    return copy;
}

static const char *actor_of(const struct tf_claim *c)
{
    return c->actor == NULL ? "all" : c->actor;
}

/* Is this actor one of the known, or does it come first under its own name? */
static bool for_actor(const struct tf_claim *c, size_t k)
{
    bool known = false;
    for (size_t j = 0; j < N_ACTORS; j++)
        known = known || strcmp(actor_of(c), actors[j]) == 0;
    return k < N_ACTORS ? strcmp(actor_of(c), actors[k]) == 0 : !known;
}

static void recommendations(struct tf_build *b, const char *insight, struct tf_block ***tail)
{
    struct tf_block *box = NULL, **child = NULL;
    for (size_t k = 0; k <= N_ACTORS; k++) {
        struct tf_block *list = NULL, **items = NULL;
        for (size_t j = 0; j < b->claims->n; j++) {
            const struct tf_claim *c = &b->claims->item[j];
            if (strcmp(c->kind, "recommendation") != 0 || !tf_streq(c->insight, insight) ||
                !for_actor(c, k))
                continue;
            open_claim(b, c);
            if (box == NULL) {
                box = tf_block_add(b->arena, tail, TF_B_CALLOUT);
                box->kicker = "What to do";
                box->style = "do";
                child = &box->child;
            }
            if (list == NULL) {
                struct tf_inline **in = &tf_block_add(b->arena, &child, TF_B_PARA)->inlines;
                struct tf_inline **strong = &add(b, &in, TF_I_STRONG, NULL)->child;
                (void)add(b, &strong, TF_I_TEXT,
                          capital(b, k < N_ACTORS ? actors[k] : actor_of(c)));
                list = tf_block_add(b->arena, &child, TF_B_LIST);
                items = &list->child;
            }
            struct tf_block *item = tf_block_add(b->arena, &items, TF_B_ITEM);
            struct tf_block **parts = &item->child;
            struct tf_block *para = tf_block_add(b->arena, &parts, TF_B_PARA);
            item->id = tf_printf(b->arena, "claim-%s", c->id);
            para->inlines = tf_text_inlines(b, c->file, c->title, line_of(b, c, "title"));
            if (!tf_is_blank(c->body))
                *parts = tf_text_blocks(b, c->file, c->body, strlen(c->body), c->body_line);
        }
    }
    b->claim = NULL;
}

static bool has_actor(struct tf_build *b, const struct tf_claim *c, const char *actor)
{
    char **word;
    const size_t n = tf_split(b->arena, actor_of(c), ',', &word);
    for (size_t k = 0; k < n; k++)
        if (strcmp(tf_trim(b->arena, word[k]), actor) == 0)
            return true;
    return strcmp(actor_of(c), "all") == 0;
}

/* All recommendations in one table: a row each, a mark under who is to act. */
void tf_claims_recommendations(struct tf_build *b, const struct tf_fence *fence,
                               struct tf_block ***tail)
{
    enum { COLS = N_ACTORS + 1 };
    const char *id = tf_fence_get(fence, "id"), *title = tf_fence_get(fence, "title");
    size_t n = 0, i = 1;
    for (size_t j = 0; b->claims != NULL && j < b->claims->n; j++)
        n += strcmp(b->claims->item[j].kind, "recommendation") == 0;
    if (n == 0)
        return;
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_TABLE);
    struct tf_doc_table *t = tf_table_plain(b, n + 1, COLS);
    double *width = TF_NEW_N(b->arena, double, COLS);
    block->table = t;
    block->id = t->id = id != NULL ? id : "recommendations";
    block->style = "matrix";
    t->n_head = 1;
    t->row_heads = true;
    t->width = width;
    t->number = tf_printf(b->arena, "Table %zu", ++b->n_tables_text);
    t->caption = tf_text_inlines(b, fence->file, title != NULL ? title
                                                               : "Recommendations, and who can act",
                                 fence->line);
    t->source = "\xE2\x97\x8F is to act.";
    tf_target_add(b, tf_printf(b->arena, "table:%s", t->id), t->number, t->id);
    tf_table_set(b, t, 0, 0, "Recommendation");
    width[0] = 7;
    for (size_t k = 0; k < N_ACTORS; k++) {
        tf_table_set(b, t, 0, k + 1, capital(b, actors[k]));
        width[k + 1] = 1.45;
        for (size_t r = 0; r <= n; r++)
            t->cell[r * COLS + k + 1].align = 'c';
    }
    for (size_t k = 0; k <= N_ACTORS; k++)
        for (size_t j = 0; j < b->claims->n; j++) {
            const struct tf_claim *c = &b->claims->item[j];
            if (strcmp(c->kind, "recommendation") != 0 || !for_actor(c, k))
                continue;
            struct tf_inline **in = &t->cell[i * COLS].inlines;
            struct tf_inline *link = add(b, &in, TF_I_LINK, c->title);
            link->href = tf_printf(b->arena, "#claim-%s", c->id);
            t->cell[i * COLS].head = true;
            for (size_t m = 0; m < N_ACTORS; m++)
                if (has_actor(b, c, actors[m]))
                    tf_table_set(b, t, i, m + 1, "\xE2\x97\x8F");
            i++;
        }
}

void tf_claims_insights(struct tf_build *b, const struct tf_fence *fence TF_UNUSED,
                        struct tf_block ***tail)
{
    for (size_t k = 0; b->claims != NULL && k < b->claims->n; k++) {
        const struct tf_claim *claim = &b->claims->item[k];
        if (strcmp(claim->kind, "insight") != 0)
            continue;
        open_claim(b, claim);
        struct tf_block *head = tf_block_add(b->arena, tail, TF_B_HEADING);
        head->level = 2;
        head->id = tf_printf(b->arena, "claim-%s", claim->id);
        head->inlines = tf_text_inlines(b, claim->file, claim->title, line_of(b, claim, "title"));
        if (!tf_is_blank(claim->body)) {
            **tail = tf_text_blocks(b, claim->file, claim->body, strlen(claim->body),
                                    claim->body_line);
            while (**tail != NULL)
                *tail = &(**tail)->next;
        }
        rests_on(b, claim, tail);
        b->claim = NULL;
        recommendations(b, claim->id, tail);
    }
}

static const struct {
    const char *word, *shown;
} relations[] = {{"agree", "\xE2\x97\x8F Agree"},
                 {"contradict", "\xE2\x96\xB2 Contradict"},
                 {"silent", "\xE2\x97\x8B Silent"},
                 {"complement", "\xE2\x97\x86 Complete"}};

static void convergence_row(struct tf_build *b, struct tf_doc_table *t, size_t i,
                            const struct tf_claim *claim)
{
    static const enum tf_strand order[] = {TF_CHILDREN, TF_CONTEXT, TF_THREATS};
    open_claim(b, claim);
    t->cell[i * 5].inlines = tf_text_inlines(b, claim->file, claim->title,
                                             line_of(b, claim, "title"));
    t->cell[i * 5].head = true;
    b->in_table = true;
    for (size_t j = 0; j < 3; j++) {
        const struct tf_theme_cell *cell = &claim->cell[order[j]];
        struct tf_table_cell *c = &t->cell[i * 5 + j + 1];
        if (tf_is_blank(cell->text))
            tf_table_set(b, t, i, j + 1, "Silent");
        else
            c->inlines = tf_text_inlines(b, claim->file, cell->text, cell->line);
    }
    for (size_t k = 0; k < sizeof relations / sizeof *relations; k++)
        if (tf_streq(claim->together, relations[k].word)) {
            struct tf_inline **in = &t->cell[i * 5 + 4].inlines;
            struct tf_inline *strong = add(b, &in, TF_I_STRONG, NULL);
            struct tf_inline **word = &strong->child;
            (void)add(b, &word, TF_I_TEXT, relations[k].shown);
            const struct tf_block *body =
                tf_is_blank(claim->body) ? NULL
                                         : tf_text_blocks(b, claim->file, claim->body,
                                                          strlen(claim->body), claim->body_line);
            for (; body != NULL; body = body->next)
                if (body->kind == TF_B_PARA) { /* how they are read together */
                    (void)add(b, &in, TF_I_BREAK, NULL);
                    add_list(&in, body->inlines);
                }
        }
    b->in_table = false;
    b->claim = NULL;
}

void tf_claims_convergence(struct tf_build *b, const struct tf_fence *fence,
                           struct tf_block ***tail)
{
    static const char *const head[] = {"Theme", "Children\xE2\x80\x99s survey",
                                       "Frontline, interviews, law", "Recorded counts", "Together"};
    const char *theme = tf_fence_get(fence, "theme"), *title = tf_fence_get(fence, "title");
    size_t n = 0, i = 1;
    for (size_t k = 0; b->claims != NULL && k < b->claims->n; k++)
        n += strcmp(b->claims->item[k].kind, "convergence") == 0 &&
             (theme == NULL || tf_streq(b->claims->item[k].theme, theme));
    if (n == 0) {
        tf_notice_add(b->notices, TF_WARNING, "convergence", fence->file, fence->line, 1,
                      "Write a claim of kind convergence with this theme, or take the block out.",
                      "no convergence claim of %s has the theme '%s'", b->country->code,
                      theme == NULL ? "" : theme);
        return;
    }
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_TABLE);
    struct tf_doc_table *t = tf_table_plain(b, n + 1, 5);
    double *width = TF_NEW_N(b->arena, double, 5);
    const char *id = tf_fence_get(fence, "id");
    width[0] = 2, width[1] = width[2] = width[3] = 3, width[4] = 3.8;
    block->table = t;
    t->id = id != NULL ? id : tf_printf(b->arena, "together-%s", theme == NULL ? "all" : theme);
    block->id = t->id;
    block->style = "text";
    block->kicker = "convergence";
    t->n_head = 1;
    t->row_heads = true;
    t->width = width;
    t->number = tf_printf(b->arena, "Table %zu", ++b->n_tables_text);
    tf_target_add(b, tf_printf(b->arena, "table:%s", t->id), t->number, t->id);
    if (title == NULL)
        title = "Three strands on the same questions";
    t->caption = tf_text_inlines(b, fence->file, title, fence->line);
    t->source = "\xE2\x97\x8F the strands agree. \xE2\x96\xB2 they contradict. \xE2\x97\x86 they "
                "complete each other. \xE2\x97\x8B one or more is silent.";
    for (size_t j = 0; j < 5; j++)
        tf_table_set(b, t, 0, j, head[j]);
    for (size_t k = 0; k < b->claims->n; k++) {
        const struct tf_claim *claim = &b->claims->item[k];
        if (strcmp(claim->kind, "convergence") == 0 &&
            (theme == NULL || tf_streq(claim->theme, theme)))
            convergence_row(b, t, i++, claim);
    }
}
