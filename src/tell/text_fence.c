/* Fenced blocks of a report's text: the info line says what is wanted (docs/FORMATS.md), the release
 * and the claims give it. A block is a thing of the tree, never a picture made elsewhere. */
#include <string.h>

#include "tell/build.h"

static const struct {
    const char *kind, *keys;
} kinds[] = {{"table", "id figure title subtitle rows cols decimals"},
             {"chart", "id form figure rows col cols by title subtitle unit"},
             {"findings", "kind title"},
             {"insights", "title"},
             {"convergence", "theme title id"},
             {"recommendations", "title id"},
             {"opener", "number strands title id"}};

static void fault(struct tf_build *b, const char *file, size_t line, const char *help,
                  const char *what)
{
    tf_notice_add(b->notices, TF_ERROR, "fenced-block", file, line, 1, help, "%s", what);
}

const char *tf_fence_get(const struct tf_fence *fence, const char *key)
{
    for (size_t k = 0; k < fence->n; k++)
        if (strcmp(fence->key[k], key) == 0)
            return fence->value[k];
    return NULL;
}

/* The next key=value or key="value" of an info line; false at its end. */
static bool pair(struct tf_arena *a, const char **at, const char **ret_key, const char **ret_value)
{
    const char *s = *at + strspn(*at, " \t");
    const size_t n = strcspn(s, "= \t");
    if (n == 0)
        return false;
    *ret_key = tf_strndup(a, s, n);
    s += n;
    if (*s != '=') {
        *ret_value = "";
    } else if (s[1] == '"') {
        const size_t len = strcspn(s + 2, "\"");
        *ret_value = tf_strndup(a, s + 2, len);
        s += 2 + len + (s[2 + len] == '"');
    } else {
        const size_t len = strcspn(s + 1, " \t");
        *ret_value = tf_strndup(a, s + 1, len);
        s += 1 + len;
    }
    *at = s;
    return true;
}

bool tf_fence_parse(struct tf_build *b, const char *file, size_t line, const char *info,
                    const char *body, struct tf_fence *ret)
{
    const char *names[sizeof kinds / sizeof *kinds + 1] = {NULL}, *at = info, *empty;
    size_t k;
    *ret = (struct tf_fence){.file = file, .line = line, .body = body};
    for (k = 0; k < sizeof kinds / sizeof *kinds; k++)
        names[k] = kinds[k].kind;
    if (!pair(b->arena, &at, &ret->kind, &empty))
        return false;
    for (k = 0; k < sizeof kinds / sizeof *kinds && strcmp(kinds[k].kind, ret->kind) != 0;)
        k++;
    if (k == sizeof kinds / sizeof *kinds) {
        const char *near = tf_nearest(ret->kind, names);
        fault(b, file, line, "Blocks: table chart findings insights convergence recommendations "
                               "opener.",
              tf_printf(b->arena, "there is no block '%s'%s%s%s", ret->kind,
                        near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                        near == NULL ? "" : "'?"));
        return false;
    }
    while (ret->n < 16 && pair(b->arena, &at, &ret->key[ret->n], &ret->value[ret->n])) {
        char **known;
        const size_t n = tf_split(b->arena, kinds[k].keys, ' ', &known);
        bool found = false;
        for (size_t j = 0; j < n; j++)
            found = found || strcmp(known[j], ret->key[ret->n]) == 0;
        if (!found) {
            fault(b, file, line, tf_printf(b->arena, "It takes: %s.", kinds[k].keys),
                  tf_printf(b->arena, "a %s block has no '%s'", ret->kind, ret->key[ret->n]));
            return false;
        }
        ret->n++;
    }
    return true;
}

static const struct tf_figure *figure_of(struct tf_build *b, const struct tf_fence *fence)
{
    const char *id = tf_fence_get(fence, "figure");
    if (id == NULL) {
        fault(b, fence->file, fence->line, "Add figure=ID.",
              tf_printf(b->arena, "this %s names no figure", fence->kind));
        return NULL;
    }
    const struct tf_figure *f = tf_release_figure(b->release, id);
    if (f != NULL)
        return f;
    const char **ids = TF_NEW_N(b->arena, const char *, b->release->n_figures + 1);
    for (size_t k = 0; k < b->release->n_figures; k++)
        ids[k] = b->release->figure[k].id;
    const char *near = tf_nearest(id, ids);
    tf_notice_add(b->notices, TF_ERROR, "unknown-figure", fence->file, fence->line, 1,
                  "Name a figure of a recipe or a series that is released for this country.",
                  "%s has no released figure '%s'%s%s%s", b->country->code, id,
                  near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                  near == NULL ? "" : "'?");
    return NULL;
}

/* A table written by hand gets what every table has: a number, a caption, an id. */
static void typed_table(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail)
{
    struct tf_block *block = tf_text_blocks(b, fence->file, fence->body, strlen(fence->body),
                                            fence->line + 1);
    const char *id = tf_fence_get(fence, "id"), *title = tf_fence_get(fence, "title");
    const char *sub = tf_fence_get(fence, "subtitle");
    while (block != NULL && block->kind != TF_B_TABLE)
        block = block->next;
    if (block == NULL || id == NULL || title == NULL) {
        fault(b, fence->file, fence->line, "Write `| … |` rows in the block, and give it id and title, "
              "or add figure=ID.", "this table names no figure and is not written out");
        return;
    }
    struct tf_doc_table *t = block->table;
    block->next = NULL;
    block->id = t->id = id;
    t->number = tf_printf(b->arena, "Table %zu", ++b->n_tables_text);
    t->caption = tf_text_inlines(b, fence->file, title, fence->line);
    t->subtitle = sub == NULL ? NULL : tf_text_plain(b, fence->file, sub, fence->line);
    tf_target_add(b, tf_printf(b->arena, "table:%s", id), t->number, id);
    **tail = block;
    *tail = &block->next;
}

static void table_block(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail)
{
    const char *id = tf_fence_get(fence, "id"), *title = tf_fence_get(fence, "title");
    if (tf_fence_get(fence, "figure") == NULL && !tf_is_blank(fence->body)) {
        typed_table(b, fence, tail);
        return;
    }
    const struct tf_figure *f = figure_of(b, fence);
    if (f == NULL)
        return;
    const char *decimals = tf_fence_get(fence, "decimals");
    if (decimals != NULL && strcmp(decimals, "1") != 0 && strcmp(decimals, "0") != 0) {
        fault(b, fence->file, fence->line, "Write decimals=1, or leave it out for whole per cent.",
              "a table has 0 or 1 decimals");
        return;
    }
    const struct tf_table_want want = {
        .decimal = tf_streq(decimals, "1"),
        .id = id == NULL ? f->id : id,
        .title = title == NULL ? f->title : tf_text_plain(b, fence->file, title, fence->line),
        .rows = tf_fence_get(fence, "rows"), .cols = tf_fence_get(fence, "cols")};
    struct tf_doc_table *t = tf_table_of_figure(b, f, &want);
    if (tf_fence_get(fence, "subtitle") != NULL)
        t->subtitle = tf_text_plain(b, fence->file, tf_fence_get(fence, "subtitle"), fence->line);
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_TABLE);
    block->id = t->id;
    block->table = t;
    block->file = fence->file;
    block->line = fence->line;
    block->strand = (int)f->strand;
    block->style = f->kind == TF_FIG_FLOW || t->n_cols > 10 || (want.cols != NULL && f->kind == TF_FIG_GRID) ? "brief"
                   : f->kind == TF_FIG_GRID ? "text" : NULL;
    t->number = tf_printf(b->arena, "Table %zu", ++b->n_tables_text);
    tf_annex_want(b, f);
    if (f->kind != TF_FIG_ESTIMATE && want.rows == NULL && want.cols == NULL)
        tf_annex_says_all(b, f, t->number);
    tf_target_add(b, tf_printf(b->arena, "table:%s", t->id), t->number, t->id);
    tf_table_keep(b, t, f);
}

static void chart_block(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail)
{
    const struct tf_figure *f = figure_of(b, fence);
    const size_t before = b->notices->n;
    struct tf_chart *c = f == NULL ? NULL : tf_chart_of_figure(b, f, fence);
    if (c == NULL) {
        if (f != NULL && b->notices->n == before)
            fault(b, fence->file, fence->line, "Look at its rows with `trefoil tell tables`.",
                  tf_printf(b->arena, "figure '%s' has nothing to draw here", f->id));
        return;
    }
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_FIGURE);
    c->number = tf_printf(b->arena, "Figure %zu", ++b->n_figures);
    block->id = c->id;
    block->number = c->number;
    block->title = c->title;
    block->subtitle = c->subtitle;
    block->strand = c->strand;
    block->chart = c;
    block->file = fence->file;
    block->line = fence->line;
    block->table = tf_table_of_chart(b, c);
    block->table->csv = tf_printf(b->arena, "%s.csv", tf_slug(b->arena, f->id));
    c->source = tf_printf(b->arena, "%s. %s", c->number, c->source);
    tf_annex_want(b, f);
    b->chart = tf_grow(b->arena, b->chart, b->n_charts, &b->cap_charts, sizeof *b->chart);
    b->chart_figure = tf_grow(b->arena, b->chart_figure, b->n_charts, &b->cap_chart_figures,
                              sizeof *b->chart_figure);
    b->chart[b->n_charts] = c;
    b->chart_figure[b->n_charts++] = f;
    tf_target_add(b, tf_printf(b->arena, "fig:%s", c->id), c->number, c->id);
}

static int strand_of(const char *word)
{
    return strcmp(word, "context") == 0 ? (int)TF_CONTEXT
           : strcmp(word, "threats") == 0 ? (int)TF_THREATS
           : strcmp(word, "children") == 0 ? (int)TF_CHILDREN : -1;
}

static void opener_block(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail)
{
    static const char *const shown[] = {"Context", "Threats", "Children"};
    struct tf_block *block = tf_block_add(b->arena, tail, TF_B_OPENER);
    const char *title = tf_fence_get(fence, "title"), *strands = tf_fence_get(fence, "strands");
    block->id = tf_fence_get(fence, "id");
    block->number = tf_fence_get(fence, "number");
    block->title = tf_text_plain(b, fence->file, title == NULL ? "" : title, fence->line);
    block->level = 1;
    block->file = fence->file;
    block->line = fence->line;
    if (strands != NULL) {
        struct tf_buf line = {.arena = b->arena};
        char **word;
        const size_t n = tf_split(b->arena, strands, ',', &word);
        for (size_t k = 0; k < n; k++) {
            const int s = strand_of(word[k]);
            if (s < 0) {
                fault(b, fence->file, fence->line, "Strands: context, threats, children.",
                      tf_printf(b->arena, "there is no strand '%s'", word[k]));
                continue;
            }
            if (block->strand < 0)
                block->strand = s;
            tf_buf_printf(&line, "%s%s", line.n == 0 ? "Strands in this chapter: " : " \xC2\xB7 ",
                          shown[s]);
        }
        block->kicker = tf_strdup(b->arena, tf_buf_text(&line));
    }
    struct tf_block **child = &block->child;
    char **line;
    const size_t n = tf_split(b->arena, fence->body, '\n', &line);
    for (size_t k = 0; k < n; k++) {
        if (tf_is_blank(line[k]))
            continue;
        struct tf_inline *in = tf_text_inlines(b, fence->file, line[k], fence->line + 1 + k);
        if (in != NULL)
            tf_block_add(b->arena, &child, TF_B_PARA)->inlines = in;
    }
}

void tf_fence_block(struct tf_build *b, const struct tf_fence *fence, struct tf_block ***tail)
{
    static const struct {
        const char *kind;
        void (*make)(struct tf_build *, const struct tf_fence *, struct tf_block ***);
    } makers[] = {{"table", table_block},
                  {"chart", chart_block},
                  {"opener", opener_block},
                  {"findings", tf_claims_findings},
                  {"insights", tf_claims_insights},
                  {"convergence", tf_claims_convergence},
                  {"recommendations", tf_claims_recommendations}};
    for (size_t k = 0; k < sizeof makers / sizeof *makers; k++)
        if (strcmp(fence->kind, makers[k].kind) == 0)
            makers[k].make(b, fence, tail);
}
