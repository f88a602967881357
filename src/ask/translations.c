/* Languages of a form: columns that one language has and another lacks, and codes that are none.
 *
 * A column label::French (fr) says that the form is in French. Then every other column that people read
 * (hint, messages, pictures and recordings) should have one too, or somebody reads a gap. Looked at are
 * the heads, not the cells; a column without language counts as the language "default". One warning
 * names all that is missing, in the survey and in the choices.
 *
 * A language is written with its code, "French (fr)", so that programs know which it is: codes are those
 * of the IANA registry (language_codes.h).
 *
 * Source: what pyxform 4.5 warns of. */
#include <string.h>

#include "ask/language_codes.h"
#include "ask/xlsform_inside.h"

struct seen { /* which kinds of columns a language has */
    struct tf_names langs;   /* language -> index */
    unsigned long *has;      /* [langs] bits of kinds */
    unsigned long all;
    size_t cap;
};

static const char *const kind_name[] = {
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "media::image",
    "media::big-image", "media::audio", "media::video"};
enum { N_KINDS = sizeof kind_name / sizeof *kind_name };

/* The kind of column, or N_KINDS. */
static size_t kind_of(enum tf_xsheet sheet, const struct tf_xhead *h)
{
    if (h->slot == TF_S_LABEL)
        return 0;
    if (h->slot == TF_S_MEDIA)
        return h->media < TF_N_MEDIA ? 5 + h->media : N_KINDS;
    if (sheet != TF_X_SURVEY)
        return N_KINDS;
    switch (h->slot) {
    case TF_S_HINT: return 1;
    case TF_S_GUIDANCE: return 2;
    case TF_S_CONSTRAINT_MESSAGE: return 3;
    case TF_S_REQUIRED_MESSAGE: return 4;
    default: return N_KINDS;
    }
}

static void look(struct tf_xread *x, enum tf_xsheet sheet, struct seen *s)
{
    s->langs.arena = x->arena;
    for (size_t c = 0; x->head[sheet].any && c < x->sheet[sheet]->n_cols; c++) {
        const struct tf_xhead *h = &x->head[sheet].col[c];
        const size_t kind = kind_of(sheet, h);
        const char *lang = h->lang == NULL ? "default" : h->lang;
        if (kind == N_KINDS)
            continue;
        if (!tf_names_has(&s->langs, lang)) {
            s->has = tf_grow(x->arena, s->has, s->langs.n, &s->cap, sizeof *s->has);
            s->has[s->langs.n] = 0;
            (void)tf_names_put(&s->langs, lang, s->langs.n);
        }
        s->has[tf_names_get(&s->langs, lang)] |= 1ul << kind;
        s->all |= 1ul << kind;
    }
}

static bool is_translated(const struct seen *s)
{
    return s->langs.n > 1 || (s->langs.n == 1 && strcmp(s->langs.name[0], "default") != 0);
}

static void list_missing(const struct seen *s, enum tf_xsheet sheet, struct tf_buf *out)
{
    for (size_t l = 0; is_translated(s) && l < s->langs.n; l++)
        for (size_t k = 0; k < N_KINDS; k++)
            if ((s->all & ~s->has[l] & 1ul << k) != 0)
                tf_buf_printf(out, "%s%s of %s in '%.80s'", out->n == 0 ? "" : ", ", kind_name[k],
                              tf_xsheet_name[sheet], s->langs.name[l]);
}

void tf_xr_translations_check(struct tf_xread *x)
{
    struct seen survey = {.all = 0}, choices = {.all = 0};
    struct tf_buf missing = {.arena = x->arena};
    look(x, TF_X_SURVEY, &survey);
    if (x->sheet[TF_X_CHOICES] != NULL && x->sheet[TF_X_CHOICES]->n_rows > 0)
        look(x, TF_X_CHOICES, &choices);
    x->translated = is_translated(&survey) || is_translated(&choices);
    list_missing(&survey, TF_X_SURVEY, &missing);
    list_missing(&choices, TF_X_CHOICES, &missing);
    if (missing.n > 0)
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, 1, NULL,
                 "Add the columns, or take the language out.", "columns are missing: %s",
                 tf_buf_text(&missing));
}

/* ---- Codes of languages ------------------------------------------------------------------------- */

/* Is the bit of a code of n small letters set? */
static bool has_code(const unsigned char *bits, const char *code, size_t n)
{
    size_t at = 0;
    for (size_t k = 0; k < n; k++) {
        if (code[k] < 'a' || code[k] > 'z')
            return false;
        at = at * 26 + (size_t)(code[k] - 'a');
    }
    return (bits[at / 8] >> at % 8 & 1) != 0;
}

bool tf_xr_language_known(const char *language)
{
    const char *open = strchr(language, '(');
    const size_t n = strlen(language);
    if (strcmp(language, "default") == 0 || n < 3)
        return true;
    if (open == NULL || language[n - 1] != ')')
        return false;
    const size_t length = (size_t)(language + n - 1 - (open + 1));
    return length == 2   ? has_code(codes_of_two, open + 1, 2)
           : length == 3 ? has_code(codes_of_three, open + 1, 3)
                         : false;
}
