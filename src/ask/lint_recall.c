/* Recall periods in texts: "in the past 12 months", "the last year", "past three months".
 *
 * A question that says "past year" and an indicator that says "past 12 months" agree; one that says
 * "past 3 months" does not. Periods are read in English and made days (a month 30, a year 360, so that
 * twelve months are a year). Other languages are not read. */
#include <string.h>

#include "ask/lint.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word (letters or digits) at *at, in small letters; moves *at behind it. */
static void next_word(const char **at, char word[16])
{
    size_t n = 0;
    while (**at == ' ' || **at == '\n')
        (*at)++;
    while (n < 15 && (is_letter(**at) || (**at >= '0' && **at <= '9'))) {
        word[n++] = (char)(**at >= 'A' && **at <= 'Z' ? **at + 32 : **at);
        (*at)++;
    }
    word[n] = '\0';
}

static int count_of(const char *word)
{
    static const char *const words[] = {"zero", "one", "two", "three", "four", "five", "six",
                                        "seven", "eight", "nine", "ten", "eleven", "twelve"};
    int64_t n;
    for (int k = 1; k <= 12; k++)
        if (strcmp(words[k], word) == 0)
            return k;
    return tf_parse_int(word, &n) && n > 0 && n < 1000 ? (int)n : 0;
}

static int unit_of(const char *word)
{
    static const struct {
        const char *word;
        int days;
    } units[] = {{"day", 1}, {"week", 7}, {"month", 30}, {"year", 360}};
    for (size_t k = 0; k < 4; k++) {
        const size_t n = strlen(units[k].word);
        if (strncmp(word, units[k].word, n) == 0 && (word[n] == '\0' || strcmp(word + n, "s") == 0))
            return units[k].days;
    }
    return 0;
}

int tf_recall_days(const char *text, size_t *ret_at, size_t *ret_n)
{
    for (const char *at = text; *at != '\0'; at++) {
        char word[16];
        const char *from = at;
        if (!is_letter(*at) || (at > text && is_letter(at[-1])))
            continue;
        next_word(&at, word);
        if (strcmp(word, "past") != 0 && strcmp(word, "last") != 0) {
            at = from;
            continue;
        }
        next_word(&at, word);
        int count = count_of(word);
        if (count > 0)
            next_word(&at, word);
        else
            count = 1;
        if (unit_of(word) > 0) {
            *ret_at = (size_t)(from - text);
            *ret_n = (size_t)(at - from);
            return count * unit_of(word);
        }
        at = from;
    }
    return 0;
}
