/* YAML read into a tree that knows its places: see yaml.h.
 *
 * libyaml gives events with marks; a small stack turns them into nodes. We stand on libyaml
 * itself and not on a binding above it (libcyaml), because a finding made long after loading, say
 * a country that no activity names, must still point at its line.
 *
 * What YAML can do and a study does not need is refused with its place: anchors and aliases
 * (one line could unfold into gigabytes), tags, several documents, keys that are not plain
 * words, the same key twice. Every scalar stays text; numbers and truth are asked for by name,
 * so that the country code NO never turns into "false".
 *
 * Columns count characters, as editors show them. */
#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

enum { MAX_DEPTH = 32, MAX_NODES = 1000 * 1000 };
static const size_t max_bytes = (size_t)64 * 1024 * 1024;

struct open_node { /* a list or map that is not closed yet */
    struct tf_yaml *node;
    struct tf_yaml *key; /* map: the key that waits for its value */
    size_t cap_item, cap_key;
};

struct loader {
    struct tf_arena *arena;
    const char *file, *text;
    size_t n, first_line, n_nodes, depth;
    struct open_node stack[MAX_DEPTH];
    struct tf_yaml *root;
    yaml_parser_t parser;
    yaml_event_t event;
    bool holds_event;
};

static void release(void *thing)
{
    struct loader *l = thing;
    if (l->holds_event)
        yaml_event_delete(&l->event);
    yaml_parser_delete(&l->parser);
}

static enum tf_code refuse(const struct loader *l, struct tf_err *reterr, const char *what,
                           const char *help)
{
    const yaml_mark_t *m = &l->event.start_mark;
    (void)tf_fail_at(reterr, TF_E_INPUT, l->file, m->line + l->first_line, m->column + 1, "%s",
                     what);
    return tf_help(reterr, "%s", help);
}

/* libyaml's own complaint, with the place where it has one. */
static enum tf_code parser_error(const struct loader *l, struct tf_err *reterr)
{
    const yaml_parser_t *p = &l->parser;
    size_t line = p->problem_mark.line, column = p->problem_mark.column;
    if (p->error == YAML_MEMORY_ERROR)
        return tf_fail(reterr, TF_E_MEMORY, "out of memory while reading '%s'", l->file);
    if (p->error == YAML_READER_ERROR) { /* these know a byte offset only */
        line = column = 0;
        for (size_t k = 0; k < p->problem_offset && k < l->n; k++) {
            column = l->text[k] == '\n' ? 0 : column + 1;
            line += l->text[k] == '\n';
        }
    }
    (void)tf_fail_at(reterr, TF_E_INPUT, l->file, line + l->first_line, column + 1,
                     "this is not YAML");
    (void)tf_fact(reterr, "%s%s%s", p->problem == NULL ? "unreadable" : p->problem,
                  p->context == NULL ? "" : ", ", p->context == NULL ? "" : p->context);
    return tf_help(reterr, "Look at the indentation (blanks, no tabs), the blank after ':' and "
                           "'-', and quotes; put a text that holds ': ' or ' #' in quotes.");
}

/* ---- Building ----------------------------------------------------------------------------- */

static struct tf_yaml *new_node(struct loader *l, enum tf_yaml_kind kind)
{
    struct tf_yaml *node = TF_NEW(l->arena, struct tf_yaml);
    node->kind = kind;
    node->file = l->file;
    node->line = l->event.start_mark.line + l->first_line;
    node->column = l->event.start_mark.column + 1;
    l->n_nodes++;
    return node;
}

/* Hang a finished scalar, or a list or map just begun, where it belongs. */
static enum tf_code hang(struct loader *l, struct tf_yaml *node, struct tf_err *reterr)
{
    if (l->n_nodes > MAX_NODES)
        return refuse(l, reterr, "the file holds too many values", "The limit is 1,000,000.");
    if (l->depth == 0) {
        l->root = node;
        return TF_OK;
    }
    struct open_node *top = &l->stack[l->depth - 1];
    struct tf_yaml *in = top->node;
    if (in->kind == TF_YAML_MAP && top->key == NULL) {
        if (node->kind != TF_YAML_SCALAR || node->text[0] == '\0')
            return refuse(l, reterr, "a key is not a word", "A key is a name before a ':'.");
        top->key = node;
        return TF_OK;
    }
    in->item = tf_grow(l->arena, in->item, in->n, &top->cap_item, sizeof(struct tf_yaml *));
    in->item[in->n] = node;
    if (in->kind == TF_YAML_MAP) {
        in->key = tf_grow(l->arena, in->key, in->n, &top->cap_key, sizeof(struct tf_yaml *));
        in->key[in->n] = top->key;
        top->key = NULL;
    }
    in->n++;
    return TF_OK;
}

static enum tf_code open_node(struct loader *l, enum tf_yaml_kind kind, struct tf_err *reterr)
{
    struct tf_yaml *node = new_node(l, kind);
    if (l->depth == MAX_DEPTH)
        return refuse(l, reterr, "lists and maps are nested too deeply", "The limit is 32 levels.");
    TF_TRY(hang(l, node, reterr));
    l->stack[l->depth++] = (struct open_node){.node = node};
    return TF_OK;
}

static int by_text_then_place(const void *a, const void *b)
{
    const struct tf_yaml *x = *(struct tf_yaml *const *)a, *y = *(struct tf_yaml *const *)b;
    const int c = strcmp(x->text, y->text);
    if (c != 0)
        return c;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                              : (x->column > y->column) - (x->column < y->column);
}

/* A map ends: no key may stand in it twice. The first key that repeats is named. */
static enum tf_code close_map(const struct loader *l, const struct tf_yaml *map,
                              struct tf_err *reterr)
{
    const struct tf_yaml *twice = NULL, *first = NULL;
    if (map->n < 2)
        return TF_OK;
    struct tf_yaml **key = TF_NEW_N(l->arena, struct tf_yaml *, map->n);
    memcpy(key, map->key, map->n * sizeof(struct tf_yaml *));
    qsort(key, map->n, sizeof(struct tf_yaml *), by_text_then_place);
    for (size_t k = 1; k < map->n; k++) {
        if (strcmp(key[k]->text, key[k - 1]->text) != 0)
            continue;
        if (twice == NULL || key[k]->line < twice->line ||
            (key[k]->line == twice->line && key[k]->column < twice->column)) {
            twice = key[k];
            first = key[k - 1];
        }
    }
    if (twice == NULL)
        return TF_OK;
    (void)tf_yaml_fail(twice, reterr, "the key '%s' stands here twice", twice->text);
    (void)tf_fact(reterr, "the first is in line %zu", first->line);
    return tf_help(reterr, "Keep one of them.");
}

static enum tf_code add_scalar(struct loader *l, struct tf_err *reterr)
{
    const char *value = (const char *)l->event.data.scalar.value;
    const size_t n = l->event.data.scalar.length;
    if (memchr(value, '\0', n) != NULL)
        return refuse(l, reterr, "a text holds a NUL", "Take the \\0 out.");
    struct tf_yaml *node = new_node(l, TF_YAML_SCALAR);
    node->text = tf_strndup(l->arena, value, n);
    node->plain = l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return hang(l, node, reterr);
}

static bool has_anchor(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor != NULL) ||
           (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor != NULL) ||
           (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor != NULL) ||
           e->type == YAML_ALIAS_EVENT;
}

static bool has_tag(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag != NULL) ||
           (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag != NULL) ||
           (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag != NULL);
}

static enum tf_code take_event(struct loader *l, struct tf_err *reterr)
{
    if (has_anchor(&l->event))
        return refuse(l, reterr, "anchors (&) and aliases (*) are not allowed",
                      "Write the value out where it is needed; put a text that begins with "
                      "& or * in quotes.");
    if (has_tag(&l->event))
        return refuse(l, reterr, "tags (!) are not allowed",
                      "Take the tag out; put a text that begins with ! in quotes.");
    switch (l->event.type) {
    case YAML_DOCUMENT_START_EVENT:
        if (l->root != NULL)
            return refuse(l, reterr, "a second document begins here",
                          "One file holds one document: take the '---' out.");
        return TF_OK;
    case YAML_SCALAR_EVENT: return add_scalar(l, reterr);
    case YAML_SEQUENCE_START_EVENT: return open_node(l, TF_YAML_LIST, reterr);
    case YAML_MAPPING_START_EVENT: return open_node(l, TF_YAML_MAP, reterr);
    case YAML_SEQUENCE_END_EVENT: l->depth--; return TF_OK;
    case YAML_MAPPING_END_EVENT: return close_map(l, l->stack[--l->depth].node, reterr);
    default: return TF_OK;
    }
}

static enum tf_code load(struct loader *l, struct tf_err *reterr)
{
    yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l->parser, (const unsigned char *)l->text, l->n);
    for (bool end = false; !end;) {
        if (!yaml_parser_parse(&l->parser, &l->event))
            return parser_error(l, reterr);
        l->holds_event = true;
        end = l->event.type == YAML_STREAM_END_EVENT;
        TF_TRY(take_event(l, reterr));
        l->holds_event = false;
        yaml_event_delete(&l->event);
    }
    if (l->root != NULL)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, l->file, l->first_line, 1, "there is nothing here");
    return tf_help(reterr, "Keys and values are expected, as in 'title: A study'.");
}

enum tf_code tf_yaml_parse(struct tf_arena *arena, const char *file, size_t first_line,
                           const char *text, size_t n, struct tf_yaml **ret, struct tf_err *reterr)
{
    if (n > max_bytes)
        return tf_fail_at(reterr, TF_E_LIMIT, file, 0, 0, "'%s' is too large", file);
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        n -= 3;
    }
    struct tf_arena *holder = tf_arena_new("reading YAML", (size_t)1 << 20);
    struct loader *l = TF_NEW(holder, struct loader);
    l->arena = arena;
    l->file = tf_strdup(arena, file);
    l->text = text;
    l->n = n;
    l->first_line = first_line;
    if (!yaml_parser_initialize(&l->parser)) {
        tf_arena_free(holder);
        return tf_fail(reterr, TF_E_MEMORY, "out of memory while reading '%s'", file);
    }
    tf_arena_defer(holder, release, l);
    const enum tf_code code = load(l, reterr);
    if (code == TF_OK)
        *ret = l->root;
    tf_arena_free(holder);
    return code;
}

enum tf_code tf_yaml_read(struct tf_arena *arena, const char *path, struct tf_yaml **ret,
                          struct tf_err *reterr)
{
    struct tf_bytes text;
    struct tf_arena *scratch = tf_arena_new("reading a YAML file", max_bytes + 4096);
    enum tf_code code = tf_file_read_text(scratch, path, max_bytes, &text, reterr);
    if (code == TF_OK)
        code = tf_yaml_parse(arena, path, 1, text.data, text.n, ret, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- Asking ------------------------------------------------------------------------------- */

struct tf_yaml *tf_yaml_get(const struct tf_yaml *map, const char *key)
{
    for (size_t k = 0; map != NULL && map->kind == TF_YAML_MAP && k < map->n; k++)
        if (strcmp(map->key[k]->text, key) == 0)
            return map->item[k];
    return NULL;
}

enum tf_code tf_yaml_fail(const struct tf_yaml *node, struct tf_err *reterr, const char *format,
                          ...)
{
    char what[512];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    if (node == NULL)
        return tf_fail(reterr, TF_E_INPUT, "%s", what);
    return tf_fail_at(reterr, TF_E_INPUT, node->file, node->line, node->column, "%s", what);
}

static enum tf_code need_map(const struct tf_yaml *map, struct tf_err *reterr)
{
    if (map == NULL || map->kind == TF_YAML_MAP)
        return TF_OK;
    (void)tf_yaml_fail(map, reterr, "keys are expected here");
    return tf_help(reterr, "Write 'key: value', one a line.");
}

enum tf_code tf_yaml_known(const struct tf_yaml *map, const char *const *known,
                           struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    for (size_t k = 0; map != NULL && k < map->n; k++) {
        const char *key = map->key[k]->text;
        size_t at = 0;
        while (known[at] != NULL && strcmp(known[at], key) != 0)
            at++;
        if (known[at] != NULL)
            continue;
        char list[400] = "";
        size_t used = 0;
        for (size_t j = 0; known[j] != NULL && used < sizeof list - 1; j++) {
            const int put = snprintf(list + used, sizeof list - used, "%s%s", j == 0 ? "" : ", ",
                                     known[j]);
            used += put < 0 ? sizeof list : (size_t)put;
        }
        const char *nearest = tf_nearest(key, known);
        (void)tf_yaml_fail(map->key[k], reterr, "the key '%s' is not known here", key);
        (void)tf_fact(reterr, "known are: %s%s", list, used >= sizeof list ? "…" : "");
        if (nearest == NULL)
            return tf_help(reterr, "Take it out, or correct it.");
        return tf_help(reterr, "Did you mean '%s'?", nearest);
    }
    return TF_OK;
}

/* `key:` with nothing behind it, ~ and null count as not given. */
static struct tf_yaml *given(const struct tf_yaml *map, const char *key)
{
    struct tf_yaml *v = tf_yaml_get(map, key);
    if (v != NULL && v->kind == TF_YAML_SCALAR && v->plain &&
        (v->text[0] == '\0' || strcmp(v->text, "~") == 0 || strcmp(v->text, "null") == 0))
        return NULL;
    return v;
}

static enum tf_code missing(const struct tf_yaml *map, const char *key, struct tf_err *reterr)
{
    const struct tf_yaml *empty = tf_yaml_get(map, key);
    if (empty != NULL)
        (void)tf_yaml_fail(empty, reterr, "the key '%s' has no value", key);
    else
        (void)tf_yaml_fail(map, reterr, "the key '%s' is missing", key);
    return tf_help(reterr, "Write '%s: …' here.", key);
}

static enum tf_code need_scalar(const struct tf_yaml *v, const char *key, struct tf_err *reterr)
{
    if (v->kind == TF_YAML_SCALAR)
        return TF_OK;
    (void)tf_yaml_fail(v, reterr, "'%s' is a %s", key, v->kind == TF_YAML_LIST ? "list" : "map");
    return tf_help(reterr, "One value is expected.");
}

enum tf_code tf_yaml_need_text(const struct tf_yaml *map, const char *key, const char **ret,
                               struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    if (given(map, key) == NULL)
        return missing(map, key, reterr);
    return tf_yaml_opt_text(map, key, NULL, ret, reterr);
}

enum tf_code tf_yaml_opt_text(const struct tf_yaml *map, const char *key, const char *otherwise,
                              const char **ret, struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    const struct tf_yaml *v = given(map, key);
    if (v != NULL)
        TF_TRY(need_scalar(v, key, reterr));
    *ret = v == NULL ? otherwise : v->text;
    return TF_OK;
}

enum tf_code tf_yaml_need_number(const struct tf_yaml *map, const char *key, double *ret,
                                 struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    if (given(map, key) == NULL)
        return missing(map, key, reterr);
    return tf_yaml_opt_number(map, key, 0, ret, reterr);
}

enum tf_code tf_yaml_opt_number(const struct tf_yaml *map, const char *key, double otherwise,
                                double *ret, struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    const struct tf_yaml *v = given(map, key);
    double x = otherwise;
    if (v != NULL) {
        TF_TRY(need_scalar(v, key, reterr));
        if (!tf_parse_double(v->text, &x)) {
            (void)tf_yaml_fail(v, reterr, "'%s' is not a number", key);
            (void)tf_fact(reterr, "it reads '%.100s'", v->text);
            return tf_help(reterr, "Write a number such as 12 or 0.5, without unit or "
                                   "thousands separators.");
        }
    }
    *ret = x;
    return TF_OK;
}

enum tf_code tf_yaml_opt_bool(const struct tf_yaml *map, const char *key, bool otherwise,
                              bool *ret, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        bool means;
    } words[] = {{"true", true}, {"yes", true}, {"false", false}, {"no", false}};
    TF_TRY(need_map(map, reterr));
    const struct tf_yaml *v = given(map, key);
    if (v == NULL) {
        *ret = otherwise;
        return TF_OK;
    }
    TF_TRY(need_scalar(v, key, reterr));
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (tf_casecmp(v->text, words[k].word) == 0) {
            *ret = words[k].means;
            return TF_OK;
        }
    (void)tf_yaml_fail(v, reterr, "'%s' is neither true nor false", key);
    (void)tf_fact(reterr, "it reads '%.100s'", v->text);
    return tf_help(reterr, "Write true, false, yes or no.");
}

enum tf_code tf_yaml_opt_texts(struct tf_arena *arena, const struct tf_yaml *map, const char *key,
                               const char ***ret, size_t *ret_n, struct tf_err *reterr)
{
    TF_TRY(need_map(map, reterr));
    const struct tf_yaml *v = given(map, key);
    const bool list = v != NULL && v->kind == TF_YAML_LIST;
    const size_t n = v == NULL ? 0 : list ? v->n : 1;
    const char **text = TF_NEW_N(arena, const char *, n);
    for (size_t k = 0; k < n; k++) {
        const struct tf_yaml *one = list ? v->item[k] : v;
        TF_TRY(need_scalar(one, key, reterr));
        text[k] = one->text;
    }
    *ret = text;
    *ret_n = n;
    return TF_OK;
}
