/* The second factor: six digits that change every half minute (RFC 6238, RFC 4226; base32 of RFC 4648).
 *
 *     code = truncate(HMAC-SHA-1(secret, floor(now / 30))) mod 10^6
 *
 * One step early or late is taken, for clocks that go wrong a little. The step that a code belongs to is
 * returned so that the caller lets each open once (tf_person_step). */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#include "field/inside.h"

enum { SECRET_BYTES = 20, SECRET_TEXT = 32, STEP = 30, DIGITS = 6 };
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const char *tf_totp_secret(struct tf_arena *arena)
{
    unsigned char bytes[SECRET_BYTES];
    char *text = tf_alloc(arena, SECRET_TEXT + 1);
    randombytes_buf(bytes, sizeof bytes);
    for (size_t k = 0; k < SECRET_TEXT; k++) { /* five bits a letter; 160 are 32 letters */
        const size_t bit = 5 * k, byte = bit / 8, shift = bit % 8;
        const unsigned two = (unsigned)bytes[byte] << 8 |
                             (byte + 1 < SECRET_BYTES ? (unsigned)bytes[byte + 1] : 0);
        text[k] = alphabet[two >> (11 - shift) & 31];
    }
    sodium_memzero(bytes, sizeof bytes);
    return text;
}

static bool decode(const char *text, unsigned char ret[SECRET_BYTES])
{
    unsigned held = 0, bits = 0;
    size_t n = 0;
    if (strlen(text) != SECRET_TEXT)
        return false;
    for (; *text != '\0'; text++) {
        const char *at = strchr(alphabet, *text);
        if (at == NULL)
            return false;
        held = held << 5 | (unsigned)(at - alphabet);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            ret[n++] = (unsigned char)(held >> bits & 255);
        }
    }
    return n == SECRET_BYTES;
}

static unsigned code_of(const unsigned char secret[SECRET_BYTES], int64_t step)
{
    unsigned char counter[8], md[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    for (size_t k = 0; k < 8; k++)
        counter[k] = (unsigned char)((uint64_t)step >> (56 - 8 * k) & 255);
    if (HMAC(EVP_sha1(), secret, SECRET_BYTES, counter, sizeof counter, md, &size) == NULL ||
        size != 20)
        return 1000000; /* no code */
    const unsigned char *p = md + (md[19] & 15);
    const unsigned x = ((unsigned)p[0] & 127) << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 |
                       (unsigned)p[3];
    return x % 1000000;
}

int64_t tf_totp_step(const char *secret, const char *code, int64_t now)
{
    unsigned char bytes[SECRET_BYTES];
    unsigned asked = 0;
    int64_t found = -1;
    if (secret == NULL || strlen(code) != DIGITS || strspn(code, "0123456789") != DIGITS || now < 0 ||
        !decode(secret, bytes))
        return -1;
    for (size_t k = 0; k < DIGITS; k++)
        asked = asked * 10 + (unsigned)(code[k] - '0');
    for (int64_t step = now / STEP - 1; step <= now / STEP + 1; step++)
        if (step >= 0 && code_of(bytes, step) == asked)
            found = step;
    sodium_memzero(bytes, sizeof bytes);
    return found;
}

/* Per cent for what is no letter, digit or one of "-._~" (RFC 3986). */
static void add_encoded(struct tf_buf *b, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;
        if (strchr(plain, *s) != NULL) {
            tf_buf_char(b, *s);
            continue;
        }
        tf_buf_char(b, '%');
        tf_buf_char(b, hex[c >> 4]);
        tf_buf_char(b, hex[c & 15]);
    }
}

const char *tf_totp_address(struct tf_arena *arena, const char *study, const char *id,
                            const char *secret)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_add(&b, "otpauth://totp/");
    add_encoded(&b, study);
    tf_buf_char(&b, ':');
    add_encoded(&b, id);
    tf_buf_printf(&b, "?secret=%s&issuer=", secret);
    add_encoded(&b, study);
    return tf_buf_text(&b);
}
