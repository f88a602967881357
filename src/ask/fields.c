/* Maps of a YAML file read into structs by tables: see inside.h.
 *
 * The price of a table is one cast per kind, all of them here, each next to the type that the kind
 * promises. What a reader of study.yaml gains: whatever key he mistypes, whatever kind of value he
 * gives, is caught in one way, with file, line and column, in words that name what was expected.
 *
 * Nothing here knows what a country or a dataset is. */
#include <math.h>
#include <string.h>

#include "ask/inside.h"

struct tf_place tf_place_of(const struct tf_yaml *node)
{
    return (struct tf_place){.file = node->file, .line = node->line, .column = node->column};
}

/* `key:` with nothing behind it counts as not given, as in base/yaml. */
static const struct tf_yaml *given(const struct tf_yaml *map, const char *key)
{
    const struct tf_yaml *v = tf_yaml_get(map, key);
    if (v != NULL && v->kind == TF_YAML_SCALAR && v->plain &&
        (v->text[0] == '\0' || strcmp(v->text, "~") == 0 || strcmp(v->text, "null") == 0))
        return NULL;
    return v;
}

/* ---- One value of each kind ---------------------------------------------------------------- */

static bool is_id(const char *s)
{
    const size_t n = strlen(s);
    return n > 0 && n <= 64 && s[0] != '.' && s[0] != '-' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == n;
}

static bool is_code(const char *s)
{
    const size_t n = strlen(s);
    return (n == 2 || n == 3) && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == n;
}

/* 2019, 2019-09 or 2019-09-30. */
static bool is_date(const char *s)
{
    static const char *const shape = "dddd-dd-dd";
    const size_t n = strlen(s);
    if (n != 4 && n != 7 && n != 10)
        return false;
    for (size_t k = 0; k < n; k++)
        if (shape[k] == '-' ? s[k] != '-' : s[k] < '0' || s[k] > '9')
            return false;
    const int month = n < 7 ? 1 : (s[5] - '0') * 10 + s[6] - '0';
    const int day = n < 10 ? 1 : (s[8] - '0') * 10 + s[9] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static enum tf_code expect(bool fine, const struct tf_yaml *v, const char *key, const char *what,
                           const char *help, struct tf_err *reterr)
{
    if (fine)
        return TF_OK;
    (void)tf_yaml_fail(v, reterr, "'%s' is not %s", key, what);
    if (v->kind == TF_YAML_SCALAR)
        (void)tf_fact(reterr, "it reads '%.100s'", v->text);
    return tf_help(reterr, "%s", help);
}

static enum tf_code read_word(const struct tf_yaml *v, const struct field *f, size_t *ret_at,
                              struct tf_err *reterr)
{
    size_t n = 0;
    for (; f->words[n] != NULL; n++)
        if (strcmp(f->words[n], v->text) == 0) {
            *ret_at = n;
            return TF_OK;
        }
    const char *nearest = tf_nearest(v->text, f->words);
    (void)tf_yaml_fail(v, reterr, "'%s' cannot be '%.100s'", f->key, v->text);
    if (nearest != NULL)
        return tf_help(reterr, "Did you mean '%s'?", nearest);
    char list[256] = "";
    for (size_t k = 0, used = 0; k < n; k++) {
        const size_t len = strlen(f->words[k]);
        if (used + len + 3 > sizeof list)
            break;
        if (used > 0) {
            memcpy(list + used, ", ", 3);
            used += 2;
        }
        memcpy(list + used, f->words[k], len + 1);
        used += len;
    }
    return tf_help(reterr, "It is one of: %s.", list);
}

static enum tf_code read_numbers(struct tf_arena *arena, const struct tf_yaml *v, const char *key,
                                 double **ret, size_t *ret_n, struct tf_err *reterr)
{
    const bool list = v->kind == TF_YAML_LIST;
    const size_t n = list ? v->n : 1;
    double *x = TF_NEW_N(arena, double, n);
    for (size_t k = 0; k < n; k++) {
        const struct tf_yaml *one = list ? v->item[k] : v;
        TF_TRY(expect(one->kind == TF_YAML_SCALAR && tf_parse_double(one->text, &x[k]), one, key,
                      "a number", "Write numbers: 1 or [1, 2].", reterr));
    }
    *ret = x;
    *ret_n = n;
    return TF_OK;
}

/* [from, to] of numbers; a lone number is both. */
static enum tf_code read_span(const struct tf_yaml *v, const char *key, bool lone, double ret[2],
                              struct tf_err *reterr)
{
    static const char *const help = "Write [from, to], the smaller first.";
    const bool list = v->kind == TF_YAML_LIST;
    double x[2];
    TF_TRY(expect(list ? v->n == 2 : lone && v->kind == TF_YAML_SCALAR, v, key, "a range", help,
                  reterr));
    for (size_t k = 0; k < 2; k++) {
        const struct tf_yaml *one = list ? v->item[k] : v;
        TF_TRY(expect(one->kind == TF_YAML_SCALAR && tf_parse_double(one->text, &x[k]), one, key,
                      "made of numbers", help, reterr));
    }
    TF_TRY(expect(x[0] <= x[1] && x[0] >= 0 && x[1] < 1e9, v, key, "a range", help, reterr));
    ret[0] = x[0];
    ret[1] = x[1];
    return TF_OK;
}

/* ---- One field ----------------------------------------------------------------------------- */

static enum tf_code read_text_kind(const struct tf_yaml *map, const struct tf_yaml *v,
                                   const struct field *f, void *to, struct tf_err *reterr)
{
    const char *s;
    size_t at = 0;
    TF_TRY(tf_yaml_opt_text(map, f->key, NULL, &s, reterr));
    switch (f->kind) {
    case FIELD_ID:
        TF_TRY(expect(is_id(s), v, f->key, "a usable name",
                      "Use letters, digits, '_', '-' and '.', at most 64.", reterr));
        break;
    case FIELD_CODE:
        TF_TRY(expect(is_code(s), v, f->key, "a country code",
                      "Use two or three capitals, such as XA; real countries by their ISO code.",
                      reterr));
        break;
    case FIELD_DATE:
        TF_TRY(expect(is_date(s), v, f->key, "a date",
                      "Write a year, a month or a day: 2019, 2019-09 or 2019-09-30.", reterr));
        break;
    case FIELD_WORD:
        TF_TRY(read_word(v, f, &at, reterr));
        s = f->words[at];
        break;
    default: break;
    }
    *(const char **)to = s;
    return TF_OK;
}

static enum tf_code read_number_kind(const struct tf_yaml *map, const struct tf_yaml *v,
                                     const struct field *f, void *to, struct tf_err *reterr)
{
    double x;
    TF_TRY(tf_yaml_opt_number(map, f->key, 0, &x, reterr));
    if (f->kind == FIELD_COUNT) {
        TF_TRY(expect(x >= 0 && x <= 1e9 && floor(x) == x, v, f->key, "a count",
                      "Write a whole number, 0 or more.", reterr));
        *(int *)to = (int)x;
        return TF_OK;
    }
    if (f->kind == FIELD_SHARE)
        TF_TRY(expect(x >= 0 && x <= 1, v, f->key, "a share",
                      "Write a share between 0 and 1: 0.97 for 97 %.", reterr));
    *(double *)to = x;
    return TF_OK;
}

static enum tf_code read_field(struct tf_arena *arena, const struct tf_yaml *map,
                               const struct field *f, void *thing, struct tf_err *reterr)
{
    void *to = (char *)thing + f->at, *to2 = (char *)thing + f->at2;
    const struct tf_yaml *v = given(map, f->key);
    double span[2];
    size_t at;
    if (v == NULL)
        return TF_OK;
    switch (f->kind) {
    case FIELD_TEXT:
    case FIELD_ID:
    case FIELD_CODE:
    case FIELD_DATE:
    case FIELD_WORD: return read_text_kind(map, v, f, to, reterr);
    case FIELD_NUMBER:
    case FIELD_SHARE:
    case FIELD_COUNT: return read_number_kind(map, v, f, to, reterr);
    case FIELD_CHOICE: {
        const char *unused;
        TF_TRY(tf_yaml_opt_text(map, f->key, NULL, &unused, reterr));
        TF_TRY(read_word(v, f, &at, reterr));
        *(unsigned *)to = (unsigned)at;
        return TF_OK;
    }
    case FIELD_BOOL: return tf_yaml_opt_bool(map, f->key, false, to, reterr);
    case FIELD_TEXTS: return tf_yaml_opt_texts(arena, map, f->key, to, to2, reterr);
    case FIELD_NUMBERS: return read_numbers(arena, v, f->key, to, to2, reterr);
    case FIELD_RANGE:
        TF_TRY(read_span(v, f->key, false, span, reterr));
        *(int *)to = (int)span[0];
        *(int *)to2 = (int)span[1];
        return TF_OK;
    case FIELD_SPAN:
        TF_TRY(read_span(v, f->key, true, span, reterr));
        *(double *)to = span[0];
        *(double *)to2 = span[1];
        return TF_OK;
    case FIELD_WORDS: return tf_words_read(arena, v, to, reterr);
    case FIELD_OTHER: return TF_OK;
    }
    return TF_OK;
}

enum tf_code tf_fields_read(struct tf_arena *arena, const struct tf_yaml *map,
                            const struct field *fields, void *thing, struct tf_err *reterr)
{
    const char *known[64];
    size_t n = 0;
    for (; fields[n].key != NULL && n + 1 < sizeof known / sizeof *known; n++)
        known[n] = fields[n].key;
    known[n] = NULL;
    TF_TRY(tf_yaml_known(map, known, reterr));
    for (const struct field *f = fields; map != NULL && f->key != NULL; f++) {
        if (f->need && given(map, f->key) == NULL) {
            const char *unused;
            return tf_yaml_need_text(map, f->key, &unused, reterr);
        }
        TF_TRY(read_field(arena, map, f, thing, reterr));
    }
    return TF_OK;
}

/* ---- Lists of maps -------------------------------------------------------------------------- */

enum tf_code tf_list_read(struct tf_arena *arena, const struct tf_yaml *map,
                          const struct list_kind *kind, void **ret, size_t *ret_n,
                          struct tf_err *reterr)
{
    const struct tf_yaml *list = given(map, kind->key);
    const struct field *name = &kind->fields[0];
    const size_t n = list == NULL ? 0 : list->n;
    TF_TRY(expect(list == NULL || list->kind == TF_YAML_LIST, list, kind->key, "a list",
                  "Write entries that begin with '- '.", reterr));
    char *things = tf_alloc_n(arena, n, kind->size);
    for (size_t k = 0; k < n; k++) {
        const struct tf_yaml *entry = list->item[k];
        char *thing = things + k * kind->size;
        if (kind->start != NULL)
            kind->start(thing);
        *(struct tf_place *)(void *)(thing + kind->place) = tf_place_of(entry);
        TF_TRY(tf_fields_read(arena, entry, kind->fields, thing, reterr));
        if (kind->more != NULL)
            TF_TRY(kind->more(arena, entry, thing, reterr));
        const char *mine = *(const char **)(void *)(thing + name->at);
        for (size_t j = 0; j < k; j++) {
            const char *other = *(const char **)(void *)(things + j * kind->size + name->at);
            if (mine == NULL || other == NULL || strcmp(mine, other) != 0)
                continue;
            (void)tf_yaml_fail(tf_yaml_get(entry, name->key), reterr,
                               "'%s' stands twice among the %s", mine, kind->key);
            (void)tf_fact(reterr, "the first is in line %zu", list->item[j]->line);
            return tf_help(reterr, "Give each its own %s.", name->key);
        }
    }
    *ret = things;
    *ret_n = n;
    return TF_OK;
}
