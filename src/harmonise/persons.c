/* No persons: a file of counts in which something looks like a person is refused whole.
 *
 * This room's store has no place for names, and must not get one by accident: files come from case
 * systems, where a column of dates of birth is one wrong export away. So every column is looked at,
 * also those that the mapping does not use, and one hit refuses the file (rule: no personal data,
 * fail closed). The looks are plain patterns, each with its own words:
 *
 *     by the header   name, first_name, e-mail, phone, date_of_birth, passport, ip, url, hash …
 *     by a cell       a@b.c    +254 700 000 000    https://…  www.…    10.0.0.1  2001:db8::1
 *                     32, 40, 64, 96 or 128 hexadecimal digits
 *                     a whole date in a column that the mapping does not use
 *
 * Does not: recognise a name in free text. A pattern that is wrong about a harmless column costs its
 * owner one renamed or removed column; the other error costs a person. The message therefore says
 * where the hit is and never repeats the cell. */
#include <string.h>

#include "base/text.h"
#include "harmonise/inside.h"

/* ---- by the header ----------------------------------------------------------------------------- */

/* clang-format off */
static const struct { const char *word, *what; } whole[] = { /* the header is exactly this */
    {"name", "names"}, {"names", "names"}, {"person", "names"}, {"nickname", "names"},
    {"alias", "names"}, {"username", "user names"}, {"user", "user names"},
    {"handle", "user names"}, {"surname", "names"}, {"forename", "names"},
    {"born", "dates of birth"}, {"dob", "dates of birth"}, {"birthday", "dates of birth"},
    {"ip", "IP addresses"}, {"address", "addresses"}, {"link", "links"}, {"msisdn", "phone numbers"},
    {"imei", "devices"}, {"tel", "phone numbers"}, {"mobile", "phone numbers"},
};
static const struct { const char *word, *what; } token[] = { /* a part between separators is this */
    {"surname", "names"}, {"forename", "names"}, {"firstname", "names"}, {"lastname", "names"},
    {"fullname", "names"}, {"email", "e-mail addresses"}, {"mail", "e-mail addresses"},
    {"phone", "phone numbers"}, {"telephone", "phone numbers"}, {"dob", "dates of birth"},
    {"birth", "dates of birth"}, {"birthdate", "dates of birth"}, {"birthday", "dates of birth"},
    {"url", "links"}, {"uri", "links"}, {"ip", "IP addresses"}, {"ipv4", "IP addresses"},
    {"ipv6", "IP addresses"}, {"hash", "hashes"}, {"md5", "hashes"}, {"sha1", "hashes"},
    {"sha256", "hashes"}, {"photodna", "hashes"}, {"passport", "identity papers"},
    {"username", "user names"}, {"imei", "devices"},
};
static const char *const before_name[] = { /* first_name, victim_name: but not unit_name */
    "first", "last", "full", "family", "given", "middle", "maiden", "nick", "user", "victim",
    "suspect", "offender", "child", "person", "caller", "reporter", "witness", "parent", "mother",
    "father", "caregiver", "screen", "account", "profile", NULL};
/* clang-format on */

static const char *header_hit(struct tf_arena *arena, const char *header)
{
    char **part;
    const char *slug = tf_slug(arena, header);
    const size_t n = tf_split(arena, slug, '-', &part);
    for (size_t k = 0; k < sizeof whole / sizeof whole[0]; k++)
        if (strcmp(slug, whole[k].word) == 0)
            return whole[k].what;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < sizeof token / sizeof token[0]; k++)
            if (strcmp(part[j], token[k].word) == 0)
                return token[k].what;
        if (strcmp(part[j], "e") == 0 && j + 1 < n && strcmp(part[j + 1], "mail") == 0)
            return "e-mail addresses";
        for (size_t k = 0; j > 0 && strcmp(part[j], "name") == 0 && before_name[k] != NULL; k++)
            if (strcmp(part[j - 1], before_name[k]) == 0)
                return "names";
    }
    return NULL;
}

/* ---- by a cell --------------------------------------------------------------------------------- */

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool mail_char(char c)
{
    return letter(c) || digit(c) || (c != '\0' && strchr("._%+-", c) != NULL);
}

static bool is_mail(const char *s)
{
    for (const char *at = strchr(s, '@'); at != NULL; at = strchr(at + 1, '@')) {
        if (at == s || !mail_char(at[-1]))
            continue;
        const char *end = at + 1;
        while (mail_char(*end))
            end++;
        const char *dot = memchr(at + 1, '.', (size_t)(end - at - 1));
        if (dot != NULL && dot > at + 1 && dot + 1 < end && letter(dot[1]))
            return true;
    }
    return false;
}

static bool is_link(const char *s)
{
    if (strstr(s, "://") != NULL)
        return true;
    for (size_t k = 0; s[k] != '\0'; k++)
        if ((k == 0 || !letter(s[k - 1])) && (s[k] | 32) == 'w' && (s[k + 1] | 32) == 'w' &&
            (s[k + 2] | 32) == 'w' && s[k + 3] == '.')
            return true;
    return false;
}

/* Four numbers of 0-255 joined by points, not part of a longer such chain. */
static bool is_ipv4(const char *s)
{
    for (size_t k = 0; s[k] != '\0'; k++) {
        if (!digit(s[k]) || (k > 0 && (digit(s[k - 1]) || s[k - 1] == '.')))
            continue;
        size_t at = k;
        int part = 0;
        while (part < 4) {
            int x = 0, n = 0;
            for (; digit(s[at]) && n < 4; n++)
                x = x * 10 + (s[at++] - '0');
            if (n == 0 || n > 3 || x > 255)
                break;
            if (++part < 4 && s[at++] != '.')
                break;
        }
        if (part == 4 && !digit(s[at]) && (s[at] != '.' || !digit(s[at + 1])))
            return true;
    }
    return false;
}

/* A run of hexadecimal digits and colons with at least three colons: an IPv6 or MAC address. A
 * time (12:30:00) has two. */
static bool is_ipv6(const char *s)
{
    size_t colons = 0, digits = 0;
    for (; *s != '\0'; s++) {
        if (*s == ':')
            colons++;
        else if (hex(*s))
            digits++;
        else
            colons = digits = 0;
        if (colons >= 3 && digits >= 3)
            return true;
    }
    return false;
}

/* A run of hexadecimal digits as long as MD5, SHA-1, SHA-256, SHA-384 or SHA-512 in text. */
static bool is_hash(const char *s)
{
    for (size_t n = 0;; s++) {
        if (hex(*s)) {
            n++;
            continue;
        }
        if (!letter(*s) && (n == 32 || n == 40 || n == 64 || n == 96 || n == 128))
            return true;
        n = 0;
        if (*s == '\0')
            return false;
    }
}

/* The whole cell: '+' and 8 to 15 digits, or a leading 0 and 9 to 15 digits, with blanks, points,
 * dashes and brackets. A plain count never has a plus, a leading zero or a bracket. */
static bool is_phone(const char *s)
{
    size_t n = 0;
    const bool plus = *s == '+', zero = *s == '0' || (*s == '(' && (s[1] == '0' || s[1] == '+'));
    for (s += plus; *s != '\0'; s++) {
        if (digit(*s))
            n++;
        else if (strchr(" .-()+/", *s) == NULL)
            return false;
    }
    return n <= 15 && ((plus && n >= 8) || (zero && n >= 9));
}

static const char *cell_hit(const char *s)
{
    static const struct {
        bool (*looks)(const char *s);
        const char *what;
    } looks[] = {{is_mail, "e-mail address"}, {is_link, "link"},  {is_ipv4, "IP address"},
                 {is_ipv6, "IP address"},     {is_hash, "hash"}, {is_phone, "phone number"}};
    for (size_t k = 0; k < sizeof looks / sizeof looks[0]; k++)
        if (looks[k].looks(s))
            return looks[k].what;
    return NULL;
}

/* ---- the sheet --------------------------------------------------------------------------------- */

static enum tf_code refuse(struct tf_err *reterr)
{
    (void)tf_fact(reterr, "A series holds counts, never persons; the whole file is refused.");
    return tf_help(reterr, "Ask its owner for a table of counts, or remove the column before the "
                           "file reaches this study.");
}

enum tf_code tf_persons_refuse(const struct tf_sheet *s, struct tf_mapping *m,
                               struct tf_err *reterr)
{
    for (size_t col = 0; col < s->t->n_cols; col++) {
        const char *header = s->t->col[col].name, *what = header_hit(s->arena, header);
        if (what != NULL) {
            (void)tf_sheet_fail(s, TF_SHEET_HEAD, col, reterr, "the column '%s' looks like %s",
                                header, what);
            return refuse(reterr);
        }
        const bool used = tf_mapping_uses(m, col);
        for (size_t row = 0; row < s->t->n_rows; row++) {
            const char *text = tf_sheet_text(s, row, col);
            what = cell_hit(text);
            if (what == NULL && !used && tf_date_valid(text))
                what = "date of birth";
            if (what == NULL)
                continue;
            (void)tf_sheet_fail(s, row, col, reterr, "a cell of the column '%s' looks like a%s %s",
                                header, strchr("aeiouI", what[0]) != NULL ? "n" : "", what);
            return refuse(reterr);
        }
    }
    return TF_OK;
}
