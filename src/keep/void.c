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
 * An item of several columns (name/choice, name/lat) is masked in all of them. */
#include <math.h>
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

static size_t mask(struct tf_column *c, size_t n_rows, const struct tf_column *language,
                   const char *only)
{
    size_t masked = 0;
    for (size_t row = 0; row < n_rows; row++) {
        if (!is_answer(c->miss[row]) ||
            (only != NULL && (language->miss[row] != TF_PRESENT || strcmp(language->text[row], only) != 0)))
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

/* The language of each row, as text; NULL when the item is void in all. */
static enum tf_code language_of(const struct tf_void *v, const struct tf_dataset *d,
                                struct tf_table *t, const struct tf_column **ret,
                                struct tf_err *reterr)
{
    const size_t at = d->language_var == NULL ? SIZE_MAX : tf_table_find(t, d->language_var);
    *ret = NULL;
    if (v->language == NULL)
        return TF_OK;
    if (at < t->n_cols && t->col[at].type == TF_TEXT) {
        *ret = &t->col[at];
        return TF_OK;
    }
    (void)tf_fail_at(reterr, TF_E_INPUT, v->at.file, v->at.line, v->at.column,
                     "'%s' is void in one language, and the data have no text '%s' that tells it",
                     v->item, d->language_var == NULL ? "" : d->language_var);
    return tf_help(reterr, "Let `language:` of the dataset name the variable of the interview's language.");
}

enum tf_code tf_void_apply(const struct tf_dataset *d, const char *country, struct tf_table *t,
                           struct tf_notices *out, struct tf_err *reterr)
{
    for (size_t k = 0; k < d->n_void_items; k++) {
        const struct tf_void *v = &d->void_item[k];
        const struct tf_column *language = NULL;
        size_t values = 0, columns = 0;
        if (!is_for(v, country))
            continue;
        for (size_t c = 0; c < t->n_cols; c++) {
            if (!matches(v->item, t->col[c].name))
                continue;
            if (columns++ == 0)
                TF_TRY(language_of(v, d, t, &language, reterr));
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
