/* Claims: Markdown files with a YAML head, read strictly.
 *
 *     ---            the head: who claims what, where it is printed, what bears it
 *     id: F1
 *     links: […]
 *     ---
 *     The body, Markdown with live references (tell reads those).
 *
 * A fault names claim, file, line and, where YAML knows it, the column. An unknown key, a claim of an
 * unknown kind, a finding that nothing supports, a recommendation that answers no insight, a digit in
 * a title (numbers come from the evidence, never from the keyboard): each is refused. */
#include <string.h>

#include "relate/inside.h"

static const char *const kinds[] = {"finding", "insight", "recommendation", "convergence", NULL};
static const char *const actors[] = {"government", "law enforcement", "justice professionals",
                                     "social services", "caregivers and teachers", "platforms", NULL};
enum { FILE_LIMIT = 4 << 20 };

enum tf_code tf_reading_fault(struct tf_reading *r, enum tf_code code)
{
    if (code == TF_OK || r->faults == NULL)
        return code;
    tf_notice_err(r->faults, "claim", r->reterr);
    return TF_OK;
}

static size_t word_index(const char *const *words, const char *word)
{
    size_t k = 0;
    while (words[k] != NULL && (word == NULL || strcmp(words[k], word) != 0))
        k++;
    return k;
}

static enum tf_code one_of(const struct tf_yaml *head, const char *key, const char *const *words,
                           const char *word, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(head, key);
    if (words[word_index(words, word)] != NULL)
        return TF_OK;
    const char *near = word != NULL ? tf_nearest(word, words) : NULL;
    (void)tf_yaml_fail(at != NULL ? at : head, reterr, "`%s` may not be '%s'", key,
                       word != NULL ? word : "");
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "Use '%s', '%s', …", words[0], words[1]);
}

/* ---- the parts of a head ---- */

static enum tf_code read_link(struct tf_reading *r, const struct tf_yaml *y, struct tf_link *l,
                              bool *ret_here, struct tf_err *reterr)
{
    static const char *const known[] = {"figure", "series", "quote", "law", "relation", "countries",
                                        NULL};
    static const char *const relations[] = {"SUPPORTS", "QUALIFIES", "CONTRADICTS", NULL};
    const char *figure, *series, *quote, *law, *relation, **country;
    size_t n;
    if (y->kind != TF_YAML_MAP)
        return tf_yaml_fail(y, reterr, "a link is a map such as {figure: exp.exp_a, relation: SUPPORTS}");
    TF_TRY(tf_yaml_known(y, known, reterr));
    TF_TRY(tf_yaml_opt_text(y, "figure", NULL, &figure, reterr));
    TF_TRY(tf_yaml_opt_text(y, "series", NULL, &series, reterr));
    TF_TRY(tf_yaml_opt_text(y, "quote", NULL, &quote, reterr));
    TF_TRY(tf_yaml_opt_text(y, "law", NULL, &law, reterr));
    TF_TRY(tf_yaml_need_text(y, "relation", &relation, reterr));
    TF_TRY(tf_yaml_opt_texts(r->arena, y, "countries", &country, &n, reterr));
    if ((figure != NULL) + (series != NULL) + (quote != NULL) + (law != NULL) != 1)
        return tf_yaml_fail(y, reterr, "a link names one of figure, series, quote or law");
    TF_TRY(one_of(y, "relation", relations, relation, reterr));
    *ret_here = n == 0;
    for (size_t k = 0; k < n; k++)
        *ret_here = *ret_here || strcmp(country[k], r->country) == 0;
    l->relation = (enum tf_relation)word_index(relations, relation);
    l->kind = quote != NULL ? TF_LINK_QUOTE : law != NULL ? TF_LINK_LAW : TF_LINK_FIGURE;
    l->ref = quote != NULL ? quote : law != NULL ? law : figure != NULL ? figure : series;
    l->line = y->line;
    if (l->kind == TF_LINK_FIGURE)
        tf_ref_parts(r->arena, r->release, l->ref, &l->figure, &l->row, &l->col);
    return TF_OK;
}

static enum tf_code read_links(struct tf_reading *r, const struct tf_yaml *head, struct tf_claim *c,
                               struct tf_err *reterr)
{
    const struct tf_yaml *links = tf_yaml_get(head, "links");
    if (links == NULL)
        return TF_OK;
    if (links->kind != TF_YAML_LIST)
        return tf_yaml_fail(links, reterr, "`links` is a list");
    c->link = TF_NEW_N(r->arena, struct tf_link, links->n + 1);
    for (size_t k = 0; k < links->n; k++) {
        bool here = false;
        TF_TRY(read_link(r, links->item[k], &c->link[c->n_links], &here, reterr));
        if (here)
            c->n_links++;
    }
    return TF_OK;
}

static enum tf_code read_strands(struct tf_reading *r, const struct tf_yaml *head, struct tf_claim *c,
                                 struct tf_err *reterr)
{
    static const char *const names[] = {"context", "threats", "children", NULL};
    const char **word;
    size_t n;
    TF_TRY(tf_yaml_opt_texts(r->arena, head, "strands", &word, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        TF_TRY(one_of(head, "strands", names, word[k], reterr));
        c->strand[word_index(names, word[k])] = true;
    }
    for (size_t s = 0; s < 3; s++) {
        const char *text;
        TF_TRY(tf_yaml_opt_text(head, names[s], NULL, &text, reterr));
        if (tf_is_blank(text))
            continue;
        c->cell[s] = (struct tf_theme_cell){text, tf_yaml_get(head, names[s])->line};
        c->strand[s] = true;
    }
    return TF_OK;
}

/* Digits left in a title after years and the phrases that the study allows. */
static bool has_typed_number(struct tf_arena *a, const struct tf_study *s, const char *title)
{
    const char *rest = title;
    for (size_t k = 0; k < s->n_allowed_numbers; k++)
        if (!tf_is_blank(s->allowed_number[k]))
            rest = tf_replace(a, rest, s->allowed_number[k], "");
    for (const char *at = rest; *at != '\0';) {
        const size_t n = strspn(at, "0123456789");
        if (n == 0) {
            at++;
            continue;
        }
        if (n != 4 || (strncmp(at, "19", 2) != 0 && strncmp(at, "20", 2) != 0))
            return true;
        at += n;
    }
    return false;
}

static enum tf_code read_head(struct tf_reading *r, const struct tf_yaml *head, struct tf_claim *c,
                              const char ***ret_country, size_t *ret_n, struct tf_err *reterr)
{
    static const char *const known[] = {
        "id",  "kind",    "countries", "section", "order",    "theme",   "title",   "big", "strands",
        "insight", "actor", "links",   "together", "children", "context", "threats", NULL};
    double order;
    if (head->kind != TF_YAML_MAP)
        return tf_yaml_fail(head, reterr, "the head of a claim is a map");
    TF_TRY(tf_yaml_known(head, known, reterr));
    TF_TRY(tf_yaml_need_text(head, "id", &c->id, reterr));
    TF_TRY(tf_yaml_need_text(head, "kind", &c->kind, reterr));
    TF_TRY(one_of(head, "kind", kinds, c->kind, reterr));
    TF_TRY(tf_yaml_opt_texts(r->arena, head, "countries", ret_country, ret_n, reterr));
    TF_TRY(tf_yaml_opt_text(head, "section", NULL, &c->section, reterr));
    TF_TRY(tf_yaml_opt_number(head, "order", 0, &order, reterr));
    if (!(order >= -1e6 && order <= 1e6))
        return tf_yaml_fail(tf_yaml_get(head, "order"), reterr, "`order` is a small whole number");
    c->order = (int)order;
    TF_TRY(tf_yaml_opt_text(head, "theme", NULL, &c->theme, reterr));
    TF_TRY(tf_yaml_need_text(head, "title", &c->title, reterr));
    TF_TRY(tf_yaml_opt_text(head, "big", NULL, &c->big, reterr));
    TF_TRY(tf_yaml_opt_text(head, "actor", NULL, &c->actor, reterr));
    TF_TRY(tf_yaml_opt_text(head, "insight", NULL, &c->insight, reterr));
    TF_TRY(tf_yaml_opt_text(head, "together", NULL, &c->together, reterr));
    TF_TRY(read_strands(r, head, c, reterr));
    TF_TRY(read_links(r, head, c, reterr));
    if (has_typed_number(r->arena, r->study, c->title)) {
        (void)tf_yaml_fail(tf_yaml_get(head, "title"), reterr,
                           "claim %s: a number is typed into its title", c->id);
        return tf_help(reterr, "Say it in words; numbers stand in `big` and in the body, as live "
                               "references.");
    }
    return TF_OK;
}

/* ---- what each kind needs ---- */

static enum tf_code check_finding(const struct tf_claim *c, const struct tf_yaml *head,
                                  struct tf_err *reterr)
{
    for (size_t k = 0; k < c->n_links; k++)
        if (c->link[k].relation == TF_SUPPORTS)
            return TF_OK;
    (void)tf_yaml_fail(head, reterr, "finding %s has no link that SUPPORTS it", c->id);
    return tf_help(reterr, "Link the figure, quote or law that it rests on.");
}

static enum tf_code check_recommendation(const struct tf_claim *c, const struct tf_yaml *head,
                                         struct tf_err *reterr)
{
    if (c->insight == NULL) {
        (void)tf_yaml_fail(head, reterr, "recommendation %s answers no insight", c->id);
        return tf_help(reterr, "Name it: `insight: I1`.");
    }
    return one_of(head, "actor", actors, c->actor, reterr);
}

static enum tf_code check_big(struct tf_reading *r, const struct tf_claim *c,
                              const struct tf_yaml *head, struct tf_err *reterr)
{
    struct tf_link link = {.kind = TF_LINK_FIGURE, .ref = c->big};
    if (c->big == NULL || r->release == NULL)
        return TF_OK;
    link.line = tf_yaml_get(head, "big")->line;
    tf_ref_parts(r->arena, r->release, c->big, &link.figure, &link.row, &link.col);
    return tf_link_check(r, c, &link, reterr);
}

static enum tf_code check_claim(struct tf_reading *r, const struct tf_claim *c,
                                const struct tf_yaml *head, struct tf_err *reterr)
{
    if (strcmp(c->kind, "finding") == 0)
        TF_TRY(tf_reading_fault(r, check_finding(c, head, reterr)));
    if (strcmp(c->kind, "recommendation") == 0)
        TF_TRY(tf_reading_fault(r, check_recommendation(c, head, reterr)));
    TF_TRY(tf_reading_fault(r, check_big(r, c, head, reterr)));
    for (size_t k = 0; r->release != NULL && k < c->n_links; k++)
        TF_TRY(tf_reading_fault(r, tf_link_check(r, c, &c->link[k], reterr)));
    if (strcmp(c->kind, "convergence") == 0) {
        const struct tf_yaml *at = tf_yaml_get(head, "together");
        TF_TRY(tf_reading_fault(r, tf_convergence_check(r, c, at != NULL ? at->line : head->line,
                                                        reterr)));
    }
    return TF_OK;
}

/* ---- files ---- */

/* The head's bytes and the body's; false when the file has no head. */
static bool split_head(const char *text, size_t n, size_t *ret_head, size_t *ret_head_n,
                       size_t *ret_body, size_t *ret_body_line)
{
    size_t line = 1, at;
    if (n < 4 || strncmp(text, "---", 3) != 0 || (text[3] != '\n' && text[3] != '\r'))
        return false;
    at = strcspn(text, "\n") + 1;
    *ret_head = at;
    while (at < n) {
        const size_t len = strcspn(text + at, "\n");
        line++;
        if (len >= 3 && strncmp(text + at, "---", 3) == 0 &&
            (len == 3 || (len == 4 && text[at + 3] == '\r'))) {
            *ret_head_n = at - *ret_head;
            *ret_body = at + len + (at + len < n);
            *ret_body_line = line + 1;
            return true;
        }
        at += len + 1;
    }
    return false;
}

static enum tf_code read_file(struct tf_reading *r, const char *path, struct tf_claim *c,
                              bool *ret_here, struct tf_err *reterr)
{
    struct tf_bytes file;
    struct tf_yaml *head;
    const char **country;
    size_t at = 0, n = 0, body = 0, n_countries = 0;
    TF_TRY(tf_file_read_text(r->arena, path, FILE_LIMIT, &file, reterr));
    if (!split_head(file.data, file.n, &at, &n, &body, &c->body_line)) {
        (void)tf_fail_at(reterr, TF_E_INPUT, path, 1, 1, "a claim begins with a head between two "
                                                         "lines '---'");
        return tf_help(reterr, "Write `---`, the keys, and `---` again before the text.");
    }
    c->file = tf_strdup(r->arena, path);
    TF_TRY(tf_yaml_parse(r->arena, c->file, 2, file.data + at, n, &head, reterr));
    TF_TRY(read_head(r, head, c, &country, &n_countries, reterr));
    c->body = tf_strdup(r->arena, file.data + (body < file.n ? body : file.n));
    *ret_here = n_countries == 0;
    for (size_t k = 0; k < n_countries; k++) {
        if (tf_study_country(r->study, country[k]) == NULL)
            return tf_yaml_fail(tf_yaml_get(head, "countries"), reterr,
                                "claim %s: the study has no country '%s'", c->id, country[k]);
        *ret_here = *ret_here || strcmp(country[k], r->country) == 0;
    }
    return *ret_here ? check_claim(r, c, head, reterr) : TF_OK;
}

/* ---- all of them ---- */

static int compare(const struct tf_claim *a, const struct tf_claim *b)
{
    const size_t x = word_index(kinds, a->kind), y = word_index(kinds, b->kind);
    if (x != y)
        return x < y ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return strcmp(a->id, b->id);
}

static void sort_claims(struct tf_claims *c)
{
    for (size_t k = 1; k < c->n; k++)
        for (size_t j = k; j > 0 && compare(&c->item[j - 1], &c->item[j]) > 0; j--) {
            const struct tf_claim t = c->item[j];
            c->item[j] = c->item[j - 1];
            c->item[j - 1] = t;
        }
}

/* Ids are unique; a recommendation's insight is there. */
static enum tf_code check_together(struct tf_reading *r, const struct tf_claims *all,
                                   struct tf_err *reterr)
{
    for (size_t k = 0; k < all->n; k++) {
        const struct tf_claim *c = &all->item[k];
        bool found = c->insight == NULL;
        for (size_t j = 0; j < all->n; j++) {
            const struct tf_claim *o = &all->item[j];
            found = found || (strcmp(o->kind, "insight") == 0 && strcmp(o->id, c->insight) == 0);
            if (j < k && strcmp(o->id, c->id) == 0)
                TF_TRY(tf_reading_fault(r, tf_fail_at(reterr, TF_E_INPUT, c->file, 1, 0,
                                                      "two claims have the id %s; the other is %s",
                                                      c->id, o->file)));
        }
        if (!found)
            TF_TRY(tf_reading_fault(r, tf_fail_at(reterr, TF_E_INPUT, c->file, 1, 0,
                                                  "claim %s answers insight %s, which %s does not have",
                                                  c->id, c->insight, r->country)));
    }
    return TF_OK;
}

static enum tf_code read_all(struct tf_reading *r, struct tf_claims **ret, struct tf_err *reterr)
{
    struct tf_claims *all = TF_NEW(r->arena, struct tf_claims);
    const char *dir = tf_study_path(r->arena, r->study, r->study->findings, r->country, NULL);
    char **name;
    size_t n, cap = 0;
    *ret = all;
    if (dir == NULL || !tf_dir_exists(dir))
        return TF_OK;
    TF_TRY(tf_dir_list(r->arena, dir, &name, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        struct tf_claim c = {0};
        bool here = false;
        if (!tf_ends(name[k], ".md"))
            continue;
        const enum tf_code code = read_file(r, tf_path_join(r->arena, dir, name[k]), &c, &here, reterr);
        TF_TRY(tf_reading_fault(r, code));
        if (code != TF_OK || !here)
            continue;
        all->item = tf_grow(r->arena, all->item, all->n, &cap, sizeof *all->item);
        all->item[all->n++] = c;
    }
    sort_claims(all);
    return check_together(r, all, reterr);
}

enum tf_code tf_claims_read(struct tf_arena *arena, const struct tf_study *study, const char *country,
                            const struct tf_release *release, struct tf_claims **ret,
                            struct tf_err *reterr)
{
    struct tf_reading r = {arena, study, release, country, NULL, reterr};
    struct tf_claims *all;
    TF_TRY(read_all(&r, &all, reterr));
    *ret = all;
    return TF_OK;
}

void tf_relate_check(struct tf_arena *arena, const struct tf_study *study, const char *country,
                     const struct tf_release *release, struct tf_notices *out)
{
    struct tf_err err = {0};
    struct tf_reading r = {arena, study, release, country, out, &err};
    struct tf_claims *all;
    if (read_all(&r, &all, &err) != TF_OK)
        tf_notice_err(out, "claim", &err);
}
