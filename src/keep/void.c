/* Void items: a translation that asked something else, a question that was read out wrongly.
 *
 *     datasets:
 *       - id: child
 *         language: language
 *         void:
 *           - {item: exp_c, country: XB, language: km, reason: the translation asked about friends only}
 *
 * Such answers must not be used anywhere, and nobody should have to remember it: so they are masked
 * where data enter the vault, from a file as from the field, and no room after this one ever sees them.
 * The file that was delivered, or the sealed record, keeps them; when the decision is taken back,
 * importing (or opening) again brings them back.
 *
 * An item of several columns (name/choice, name/lat) is masked in all of them. The rows of a repeat were
 * asked in the language of their record. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "keep/void.h"

static bool is_for(const struct tf_void *v, const char *country)
{
    return v->country == NULL || strcmp(v->country, country) == 0;
}

static bool matches(const char *item, const char *column)
{
    const size_t n = strlen(item);
    if (n > 0 && item[n - 1] == '*')
        return strncmp(item, column, n - 1) == 0;
    return strncmp(item, column, n) == 0 && (column[n] == '\0' || column[n] == '/');
}

/* Of what was answered, or left empty, or refused; what was never asked stays that. */
static bool is_answer(uint8_t miss)
{
    return miss == TF_PRESENT || miss == TF_MISS_SYSTEM || miss == TF_MISS_DONT_KNOW ||
           miss == TF_MISS_PREFER_NOT || miss == TF_MISS_REFUSED;
}

/* language: of each row, or NULL when the item is void in all. */
static size_t mask(struct tf_column *c, size_t n_rows, const char *const *language, const char *only)
{
    size_t masked = 0;
    for (size_t row = 0; row < n_rows; row++) {
        if (!is_answer(c->miss[row]) ||
            (only != NULL && (language[row] == NULL || strcmp(language[row], only) != 0)))
            continue;
        masked += c->miss[row] != TF_MISS_SYSTEM;
        c->miss[row] = TF_MISS_VOID;
        if (c->type == TF_NUMBER)
            c->num[row] = (double)NAN;
        else
            c->text[row] = "";
        if (c->declared_of != NULL)
            c->declared_of[row] = 0;
        c->flags |= TF_VOID_ITEM;
    }
    return masked;
}

/* ---- Which language a row was asked in ------------------------------------------------------------ */

static const struct tf_column *text_column(const struct tf_table *t, const char *name)
{
    const size_t at = t == NULL || name == NULL ? SIZE_MAX : tf_table_find(t, name);
    return at < (t == NULL ? 0 : t->n_cols) && t->col[at].type == TF_TEXT ? &t->col[at] : NULL;
}

struct asked_in {
    const char *key, *language;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct asked_in *)a)->key, ((const struct asked_in *)b)->key);
}

static const char *value_at(const struct tf_column *c, size_t row)
{
    return c->miss[row] == TF_PRESENT ? c->text[row] : NULL;
}

/* The rows of a repeat have their record's language. Their parent's key is the record's key with
 * the steps into repeats behind it: "uuid:4c…/home/child[2]". */
static const char *of_record(struct tf_arena *arena, const struct asked_in *list, size_t n,
                             const char *parent)
{
    char *key = tf_strdup(arena, parent);
    for (;;) {
        const struct asked_in want = {.key = key};
        const struct asked_in *found = bsearch(&want, list, n, sizeof *list, by_key);
        char *step = strrchr(key, '/');
        if (found != NULL || step == NULL)
            return found == NULL ? NULL : found->language;
        *step = '\0';
    }
}

static const char **from_records(struct tf_arena *arena, const struct tf_table *t,
                                 const struct tf_table *records, const struct tf_column *spoken)
{
    const struct tf_column *key = text_column(records, "KEY"), *up = text_column(t, "PARENT_KEY");
    if (key == NULL || up == NULL || spoken == NULL)
        return NULL;
    struct asked_in *list = TF_NEW_N(arena, struct asked_in, records->n_rows + 1);
    const char **ret = TF_NEW_N(arena, const char *, t->n_rows + 1);
    for (size_t row = 0; row < records->n_rows; row++)
        list[row] = (struct asked_in){key->text[row], value_at(spoken, row)};
    qsort(list, records->n_rows, sizeof *list, by_key);
    for (size_t row = 0; row < t->n_rows; row++)
        ret[row] = of_record(arena, list, records->n_rows, up->text[row]);
    return ret;
}

/* *ret: of each row, NULL where it is not known. */
static enum tf_code languages(struct tf_arena *arena, const struct tf_void *v,
                              const struct tf_dataset *d, const struct tf_table *t,
                              const struct tf_table *records, const char ***ret,
                              struct tf_err *reterr)
{
    const struct tf_column *own = text_column(t, d->language_var);
    if (own != NULL) {
        *ret = TF_NEW_N(arena, const char *, t->n_rows + 1);
        for (size_t row = 0; row < t->n_rows; row++)
            (*ret)[row] = value_at(own, row);
        return TF_OK;
    }
    *ret = from_records(arena, t, records, text_column(records, d->language_var));
    if (*ret != NULL)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, v->at.file, v->at.line, v->at.column,
                     "'%s' is void in one language, and the data have no text '%s' that tells it",
                     v->item, d->language_var == NULL ? "" : d->language_var);
    return tf_help(reterr, "Let `language:` of the dataset name the variable of the interview's language.");
}

/* ---- All of them ---------------------------------------------------------------------------------- */

static enum tf_code apply(struct tf_arena *arena, const struct tf_dataset *d, const char *country,
                          struct tf_table *t, const struct tf_table *records,
                          struct tf_notices *out, struct tf_err *reterr)
{
    for (size_t k = 0; k < d->n_void_items; k++) {
        const struct tf_void *v = &d->void_item[k];
        const char **language = NULL;
        size_t values = 0, columns = 0;
        if (!is_for(v, country))
            continue;
        for (size_t c = 0; c < t->n_cols; c++) {
            if (!matches(v->item, t->col[c].name))
                continue;
            if (columns++ == 0 && v->language != NULL)
                TF_TRY(languages(arena, v, d, t, records, &language, reterr));
            values += mask(&t->col[c], t->n_rows, language, v->language);
        }
        if (out != NULL && columns > 0)
            tf_notice_add(out, TF_NOTE, "void-item", v->at.file, v->at.line, v->at.column, NULL,
                          "'%s' is void%s%s: %zu answers are masked (%s)", v->item,
                          v->language == NULL ? "" : " in ", v->language == NULL ? "" : v->language,
                          values, v->reason);
    }
    return TF_OK;
}

enum tf_code tf_void_apply(const struct tf_dataset *d, const char *country, struct tf_table *t,
                           const struct tf_table *records, struct tf_notices *out,
                           struct tf_err *reterr)
{
    struct tf_arena *arena = tf_arena_new_wiped("void items", (size_t)1 << 30);
    const enum tf_code code = apply(arena, d, country, t, records, out, reterr);
    tf_arena_free(arena);
    return code;
}

const char *tf_void_hash(struct tf_arena *arena, const struct tf_dataset *d, const char *country)
{
    struct tf_hasher h;
    size_t n = 0;
    tf_hasher_begin(&h);
    for (size_t k = 0; d != NULL && k < d->n_void_items; k++) {
        if (!is_for(&d->void_item[k], country))
            continue;
        n++;
        tf_hasher_text(&h, d->void_item[k].item);
        tf_hasher_text(&h, d->void_item[k].language);
        tf_hasher_text(&h, d->language_var);
        tf_hasher_text(&h, d->void_item[k].reason);
    }
    const struct tf_hash hash = tf_hasher_end(&h);
    return n == 0 ? "" : tf_strdup(arena, hash.hex);
}
