/* Numbers to text and back, the same on every machine: no locale, no surprises.
 * The only file of the program that may call the C library's conversions. */
#ifndef TF_BASE_NUMBER_H
#define TF_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* The whole of s must be one decimal number ("12", "-3.5", "1e-9"; surrounding blanks allowed;
 * no hex, inf, nan, thousands separators). False leaves *ret as it was. */
bool tf_parse_double(const char *s, double *ret);
bool tf_parse_int(const char *s, int64_t *ret);
/* Would a number forget digits of this text? "007" and identifiers of more than 15 digits are
 * codes, not numbers: files keep them as text. */
bool tf_is_code(const char *s);
/* Shortest text that reads back to exactly x: whole numbers without a point ("3"),
 * "NaN", "Inf", "-Inf" for the values without digits. */
void tf_buf_double(struct tf_buf *b, double x);
char *tf_double_text(struct tf_arena *arena, double x);
/* x with a fixed number of decimals (0..9), halves away from zero after 12 digits of noise are
 * removed, so that 0.285 * 100 at 1 decimal prints 28.5. Never "-0". No thousands separator. */
void tf_buf_fixed(struct tf_buf *b, double x, int decimals);
/* Whole number with thousands separators: 1,234,567. */
void tf_buf_grouped(struct tf_buf *b, double x);

#endif
