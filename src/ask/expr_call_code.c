/* regex(), digest(), base64-decode().
 *
 * A pattern of ODK is one of Java or JavaScript, and the whole text must match it (docs.getodk.org: "an
 * exact and complete match"). ICU's regular expressions are of that kind (\d, \p{L}, lookahead), count
 * letters rather than bytes, and have limits of steps and stack, so that a pattern cannot hang a server.
 * A pattern that ICU does not take, or that reaches a limit, makes the value unknown.
 *
 * Digests are OpenSSL's. Source: ODK XForms specification (digest: XForms 1.1, 7.8.2). */
#include <openssl/evp.h>
#include <string.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

#include "ask/expr_calls.h"

enum { MAX_STEPS = 1000, MAX_STACK = 1 << 20, MAX_TEXT = 1 << 20 };

static UChar *to_utf16(struct tf_arena *arena, const char *s, int32_t *n)
{
    UErrorCode status = U_ZERO_ERROR;
    const size_t bytes = strlen(s);
    UChar *to = TF_NEW_N(arena, UChar, bytes + 1);
    *n = 0;
    if (bytes > MAX_TEXT)
        return NULL;
    (void)u_strFromUTF8(to, (int32_t)bytes + 1, n, s, (int32_t)bytes, &status);
    return U_FAILURE(status) ? NULL : to;
}

XCALL(tf_xc_regex)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t n_text, n_pattern;
    UChar *text = to_utf16(e->arena, tf_xval_text(e, &arg[0]), &n_text);
    UChar *pattern = to_utf16(e->arena, tf_xval_text(e, &arg[1]), &n_pattern);
    bool matches = false;
    *ret = tf_xbool(false);
    if (text == NULL || pattern == NULL) {
        e->unknown = true;
        return TF_OK;
    }
    URegularExpression *re = uregex_open(pattern, n_pattern, 0, NULL, &status);
    if (U_SUCCESS(status)) { /* no arena between open and close */
        uregex_setTimeLimit(re, MAX_STEPS, &status);
        uregex_setStackLimit(re, MAX_STACK, &status);
        uregex_setText(re, text, n_text, &status);
        matches = uregex_matches(re, 0, &status) != 0;
    }
    uregex_close(re);
    if (U_FAILURE(status))
        e->unknown = true;
    *ret = tf_xbool(matches && U_SUCCESS(status));
    return TF_OK;
}

XCALL(tf_xc_digest)
{
    static const struct {
        const char *name;
        const EVP_MD *(*of)(void);
    } known[] = {{"MD5", EVP_md5},       {"SHA-1", EVP_sha1},     {"SHA-256", EVP_sha256},
                 {"SHA-384", EVP_sha384}, {"SHA-512", EVP_sha512}};
    const char *text = tf_xval_text(e, &arg[0]), *name = tf_xval_text(e, &arg[1]);
    const char *encoding = n == 3 ? tf_xval_text(e, &arg[2]) : "base64";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    const EVP_MD *md = NULL;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (tf_casecmp(known[k].name, name) == 0)
            md = known[k].of();
    if (md == NULL)
        return tf_xfail(e, x, "digest() knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512 only");
    if (EVP_Digest(text, strlen(text), hash, &length, md, NULL) != 1)
        return tf_xfail(e, x, "digest() is not possible with this OpenSSL");
    struct tf_buf b = {.arena = e->arena};
    if (tf_casecmp(encoding, "hex") == 0) {
        for (unsigned k = 0; k < length; k++)
            tf_buf_printf(&b, "%02x", hash[k]);
    } else if (tf_casecmp(encoding, "base64") == 0) {
        unsigned char text64[EVP_MAX_MD_SIZE * 2];
        (void)EVP_EncodeBlock(text64, hash, (int)length);
        tf_buf_add(&b, (const char *)text64);
    } else {
        return tf_xfail(e, x, "digest() writes hex or base64 only");
    }
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

/* Stops at what is no base64; what is no UTF-8 afterwards is left out. */
XCALL(tf_xc_base64)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *s = tf_xval_text(e, &arg[0]);
    struct tf_buf b = {.arena = e->arena};
    uint32_t bits = 0;
    int have = 0;
    for (; *s != '\0' && *s != '='; s++) {
        const char *place = strchr(letters, *s);
        if (place == NULL) {
            if (strchr(" \t\r\n", *s) != NULL)
                continue;
            break;
        }
        bits = (bits << 6 | (uint32_t)(place - letters)) & 0xFFFFFF;
        have += 6;
        if (have >= 8) {
            have -= 8;
            tf_buf_char(&b, (char)(bits >> have & 0xFF));
        }
    }
    const char *text = tf_buf_text(&b);
    const size_t whole = strlen(text);
    *ret = tf_xstring(tf_strndup(e->arena, text, tf_utf8_valid(text, whole)));
    return TF_OK;
}
