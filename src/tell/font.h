/* Fonts: Noto Sans and its script sisters, opened by path; shaped by HarfBuzz; subset for files.
 *
 * One fixed font per script: Latin (Regular, Bold), Khmer, Thai, Ethiopic (Regular, Bold each), from
 * Debian's fonts-noto-core (/usr/share/fonts/truetype/noto; TREFOIL_FONTS overrides). */
#ifndef TF_TELL_FONT_H
#define TF_TELL_FONT_H

#include "base/base.h"

struct tf_fonts;
enum tf_face { TF_FACE_LATIN, TF_FACE_LATIN_BOLD, TF_FACE_KHMER, TF_FACE_KHMER_BOLD, TF_FACE_THAI,
               TF_FACE_THAI_BOLD, TF_FACE_ETHIOPIC, TF_FACE_ETHIOPIC_BOLD, TF_N_FACES };
TF_MUST_CHECK enum tf_code tf_fonts_open(struct tf_arena *a, struct tf_fonts **ret,
                                         struct tf_err *reterr);
/* Width in points of a text (may mix scripts) at a size. Shaped words are cached. */
double tf_text_width(struct tf_fonts *f, const char *s, double size, bool bold);
/* The face that shows a code point. */
enum tf_face tf_face_for(uint32_t cp, bool bold);
/* Remember the glyphs of a text as used in the output (for the HTML's subset). */
void tf_fonts_use(struct tf_fonts *f, const char *s, bool bold);
/* A subset of a face with every glyph remembered (GIDs kept); n = 0 when none was used.
 * for_html keeps layout tables (GSUB, GPOS, GDEF), which a browser needs to shape. */
TF_MUST_CHECK enum tf_code tf_fonts_subset(struct tf_arena *a, struct tf_fonts *f,
                                           enum tf_face face, bool for_html, struct tf_bytes *ret,
                                           struct tf_err *reterr);

#endif
