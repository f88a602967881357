/* The words that recipes and options use for the choices of this room. */
#include <string.h>

#include "measure/inside.h"

static const char *const lonely_words[] = {
    [TF_LONELY_ERROR] = "error",   [TF_LONELY_ADJUST] = "adjust",
    [TF_LONELY_AVERAGE] = "average", [TF_LONELY_REMOVE] = "remove",
    [TF_LONELY_CERTAINTY] = "certainty",
};
static const char *const stat_words[] = {
    [TF_STAT_PROP] = "prop",
    [TF_STAT_MEAN] = "mean",
    [TF_STAT_TOTAL] = "total",
    [TF_STAT_COUNT] = "count",
};
static const char *const ci_words[] = {
    [TF_CI_LOGIT] = "logit",
    [TF_CI_T] = "t",
};
#define N_WORDS(list) (sizeof(list) / sizeof *(list))

static bool find_word(const char *const *list, size_t n, const char *word, unsigned *ret)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k], word) == 0) {
            *ret = (unsigned)k;
            return true;
        }
    return false;
}

bool tf_lonely_named(const char *word, enum tf_lonely *ret)
{
    unsigned k;
    if (!find_word(lonely_words, N_WORDS(lonely_words), word, &k))
        return false;
    *ret = (enum tf_lonely)k;
    return true;
}

bool tf_stat_named(const char *word, enum tf_stat *ret)
{
    unsigned k;
    if (!find_word(stat_words, N_WORDS(stat_words), word, &k))
        return false;
    *ret = (enum tf_stat)k;
    return true;
}

bool tf_ci_named(const char *word, enum tf_ci *ret)
{
    unsigned k;
    if (!find_word(ci_words, N_WORDS(ci_words), word, &k))
        return false;
    *ret = (enum tf_ci)k;
    return true;
}

const char *tf_lonely_word(enum tf_lonely lonely)
{
    return lonely_words[lonely];
}

const char *tf_stat_word(enum tf_stat stat)
{
    return stat_words[stat];
}

const char *tf_ci_word(enum tf_ci ci)
{
    return ci_words[ci];
}
