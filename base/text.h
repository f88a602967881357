/* Text: a growing buffer, and the few things done to UTF-8 strings everywhere. */
#ifndef TF_BASE_TEXT_H
#define TF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* A growing text. Start with `struct tf_buf b = {.arena = a};`. s is NUL-terminated once
 * anything was added; tf_buf_text() never returns NULL. */
struct tf_buf {
    struct tf_arena *arena;
    char *s;
    size_t n, cap;
};
void tf_buf_add(struct tf_buf *b, const char *s);
void tf_buf_addn(struct tf_buf *b, const void *s, size_t n);
void tf_buf_char(struct tf_buf *b, char c);
void tf_buf_printf(struct tf_buf *b, const char *format, ...) TF_PRINTF(2, 3);
/* Text escaped for HTML/SVG/XML content and quoted attributes. */
void tf_buf_html(struct tf_buf *b, const char *s);
/* One CSV field, quoted where RFC 4180 asks for it. */
void tf_buf_csv(struct tf_buf *b, const char *s);
const char *tf_buf_text(const struct tf_buf *b);

bool tf_streq(const char *a, const char *b); /* both may be NULL; NULL equals only NULL */
bool tf_starts(const char *s, const char *prefix);
bool tf_ends(const char *s, const char *suffix);
bool tf_is_blank(const char *s); /* NULL, empty, or ASCII white space only */
/* Copy without leading and trailing ASCII white space. */
char *tf_trim(struct tf_arena *arena, const char *s);
/* ASCII lower case copy; other bytes as they are. */
char *tf_lower(struct tf_arena *arena, const char *s);
/* Compare without regard to ASCII case; < 0, 0, > 0. */
int tf_casecmp(const char *a, const char *b);
/* A word for an identifier: lower case ASCII letters and digits, every other run a '-'. */
char *tf_slug(struct tf_arena *arena, const char *s);
/* Split at a byte; pieces trimmed; returns n pieces in *ret (a trailing empty piece is kept). */
size_t tf_split(struct tf_arena *arena, const char *s, char at, char ***ret);
/* Replace every occurrence of `from` (not empty) by `to`. */
char *tf_replace(struct tf_arena *arena, const char *s, const char *from, const char *to);
/* Decode one code point of s[0..n); returns its bytes (1-4), 0 at the end or on a bad sequence. */
size_t tf_utf8_next(const char *s, size_t n, uint32_t *ret_cp);
/* Offset of the first byte that is not valid UTF-8, or n when all is. */
size_t tf_utf8_valid(const char *s, size_t n);
void tf_buf_utf8(struct tf_buf *b, uint32_t cp);
/* The candidate nearest to word by edit distance (<= 3 and < half its length), or NULL:
 * for "did you mean". candidates ends with NULL. */
const char *tf_nearest(const char *word, const char *const *candidates);

#endif
