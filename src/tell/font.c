/* Fonts: which face shows a character, what a word looks like in it, and what of it a file needs.
 *
 * One fixed face per script and weight, opened by path. A system's font matcher would choose other
 * fonts on other machines, and a report must be the same bytes everywhere.
 *
 * Idea: a report says the same words again and again. A text is cut into runs of one face and
 * then at its spaces; each piece is shaped once by HarfBuzz and kept (a table keyed by face and
 * bytes). Measuring for charts and setting for pages read the same table, so a label that fits
 * in the one fits in the other.
 *
 * Text must come back out of a PDF. A glyph's text is, in this order: the lowest code point that
 * the face's cmap sends to it; else the part of its cluster that no other glyph of the cluster
 * stands for (Khmer subscripts, ligatures). A word whose glyphs, read one by one, do not give
 * back its characters (Khmer vowels stand before their consonant) is marked not exact: the page
 * then carries its text beside it.
 *
 * Not done: right-to-left runs (no script of the programme needs them), hyphenation, variable
 * fonts, kerning across a space. */
#include "tell/font.h"

#include <hb-ot.h>
#include <hb-subset.h>
#include <hb.h>
#include <stdlib.h>
#include <string.h>

#include "tell/press.h"

enum { FONT_FILE_LIMIT = 16 << 20 };

struct face {
    hb_face_t *face;
    hb_font_t *font;
    uint32_t *reverse;   /* [n_glyphs] lowest code point, 0 = none */
    const char **leftover; /* [n_glyphs] text of glyphs outside the cmap, by first use */
    unsigned n_glyphs;
    hb_set_t *printed;   /* glyphs on pages */
    hb_set_t *used;      /* code points in the HTML */
};

struct tf_fonts {
    struct tf_arena *arena;
    const char *dir;
    struct face face[TF_ALL_FACES];
    bool absent[TF_ALL_FACES]; /* a stand-in that is not installed */
    hb_buffer_t *buffer;
    struct tf_shaped **word; /* open addressing, a power of two */
    size_t n_words, cap_words;
};

static const struct {
    const char *file;
    hb_script_t script;
    const char *lang;
} FACE[TF_ALL_FACES] = {
    [TF_FACE_LATIN] = {"NotoSans-Regular.ttf", HB_SCRIPT_LATIN, "en"},
    [TF_FACE_LATIN_BOLD] = {"NotoSans-Bold.ttf", HB_SCRIPT_LATIN, "en"},
    [TF_FACE_KHMER] = {"NotoSansKhmer-Regular.ttf", HB_SCRIPT_KHMER, "km"},
    [TF_FACE_KHMER_BOLD] = {"NotoSansKhmer-Bold.ttf", HB_SCRIPT_KHMER, "km"},
    [TF_FACE_THAI] = {"NotoSansThai-Regular.ttf", HB_SCRIPT_THAI, "th"},
    [TF_FACE_THAI_BOLD] = {"NotoSansThai-Bold.ttf", HB_SCRIPT_THAI, "th"},
    [TF_FACE_ETHIOPIC] = {"NotoSansEthiopic-Regular.ttf", HB_SCRIPT_ETHIOPIC, "am"},
    [TF_FACE_ETHIOPIC_BOLD] = {"NotoSansEthiopic-Bold.ttf", HB_SCRIPT_ETHIOPIC, "am"},
    [TF_FACE_MATH] = {"NotoSansMath-Regular.ttf", HB_SCRIPT_COMMON, "en"},
    [TF_FACE_SYMBOLS] = {"NotoSansSymbols2-Regular.ttf", HB_SCRIPT_COMMON, "en"},
};

/* Blocks that have a face of their own; everything else is tried in Noto Sans first. */
static const struct {
    uint32_t first, last;
    enum tf_face face;
} RANGE[] = {
    {0x0E01, 0x0E3A, TF_FACE_THAI},     {0x0E40, 0x0E5B, TF_FACE_THAI},
    {0x1200, 0x139F, TF_FACE_ETHIOPIC}, {0x1780, 0x17FF, TF_FACE_KHMER},
    {0x19E0, 0x19FF, TF_FACE_KHMER},    {0x2D80, 0x2DDF, TF_FACE_ETHIOPIC},
    {0xAB01, 0xAB2F, TF_FACE_ETHIOPIC},
};

/* ---- opening ---- */

static void release_face(void *p)
{
    struct face *x = p;
    hb_font_destroy(x->font);
    hb_face_destroy(x->face);
    hb_set_destroy(x->printed);
    hb_set_destroy(x->used);
}

static void release_buffer(void *p)
{
    hb_buffer_destroy(p);
}

static void reverse_cmap(struct tf_arena *a, struct face *x)
{
    /* U+FB00..FB06 are ligatures with code points: better read as the letters they join. */
    hb_set_t *cps = hb_set_create();
    hb_face_collect_unicodes(x->face, cps);
    x->reverse = TF_NEW_N(a, uint32_t, x->n_glyphs);
    x->leftover = TF_NEW_N(a, const char *, x->n_glyphs);
    for (hb_codepoint_t cp = HB_SET_VALUE_INVALID; hb_set_next(cps, &cp);) {
        hb_codepoint_t gid = 0;
        if (hb_font_get_nominal_glyph(x->font, cp, &gid) && gid < x->n_glyphs && gid != 0 &&
            x->reverse[gid] == 0 && cp >= 0x20 && (cp < 0xFB00 || cp > 0xFB06))
            x->reverse[gid] = cp;
    }
    hb_set_destroy(cps);
}

static enum tf_code open_face(struct tf_fonts *f, int face, struct tf_err *reterr)
{
    struct face *x = &f->face[face];
    const char *path = tf_path_join(f->arena, f->dir, FACE[face].file);
    struct tf_bytes bytes = {0};
    struct tf_err inner = {0};
    hb_blob_t *blob = NULL;
    if (tf_file_read(f->arena, path, FONT_FILE_LIMIT, &bytes, &inner) == TF_OK)
        blob = hb_blob_create(bytes.data, (unsigned)bytes.n, HB_MEMORY_MODE_READONLY, NULL, NULL);
    hb_face_t *opened = blob != NULL ? hb_face_create(blob, 0) : NULL;
    hb_blob_destroy(blob);
    if (opened == NULL || hb_face_get_glyph_count(opened) == 0) {
        hb_face_destroy(opened);
        (void)tf_fail(reterr, TF_E_IO, "font file '%s' cannot be read", path);
        (void)tf_fact(reterr, "%s", blob == NULL ? inner.what : "It is not a TrueType font.");
        return tf_help(reterr, "Install the Debian package fonts-noto-core, or set TREFOIL_FONTS "
                               "to the folder that holds %s.", FACE[face].file);
    }
    x->face = opened;
    x->n_glyphs = hb_face_get_glyph_count(opened);
    x->font = hb_font_create(opened);
    hb_font_set_scale(x->font, 1000, 1000);
    x->printed = hb_set_create();
    x->used = hb_set_create();
    tf_arena_defer(f->arena, release_face, x);
    reverse_cmap(f->arena, x);
    return TF_OK;
}

enum tf_code tf_fonts_open(struct tf_arena *a, struct tf_fonts **ret, struct tf_err *reterr)
{
    struct tf_fonts *f = TF_NEW(a, struct tf_fonts);
    const char *dir = getenv("TREFOIL_FONTS");
    f->arena = a;
    f->dir = tf_strdup(a, tf_is_blank(dir) ? "/usr/share/fonts/truetype/noto" : dir);
    f->buffer = hb_buffer_create();
    tf_arena_defer(a, release_buffer, f->buffer);
    for (int i = 0; i < TF_N_FACES; i++)
        TF_TRY(open_face(f, i, reterr));
    f->cap_words = 4096;
    f->word = TF_NEW_N(a, struct tf_shaped *, f->cap_words);
    *ret = f;
    return TF_OK;
}

/* A stand-in face, opened when first asked for; false when it is not installed. */
static bool stand_in(struct tf_fonts *f, int face)
{
    struct tf_err quiet = {0};
    if (f->face[face].face == NULL && !f->absent[face])
        f->absent[face] = open_face(f, face, &quiet) != TF_OK;
    return !f->absent[face];
}

/* ---- which face ---- */

enum tf_face tf_face_for(uint32_t cp, bool bold)
{
    enum tf_face face = TF_FACE_LATIN;
    for (size_t i = 0; i < sizeof RANGE / sizeof RANGE[0]; i++)
        if (cp >= RANGE[i].first && cp <= RANGE[i].last)
            face = RANGE[i].face;
    return bold ? (enum tf_face)(face + 1) : face;
}

static bool has(const struct tf_fonts *f, int face, uint32_t cp)
{
    hb_codepoint_t gid = 0;
    return f->face[face].font != NULL && hb_font_get_nominal_glyph(f->face[face].font, cp, &gid);
}

/* Joins the run before it, whatever its face: joiners, the zero-width space, marks. */
static bool joins(uint32_t cp)
{
    return (cp >= 0x200B && cp <= 0x200D) || cp == 0x2060 || cp == 0xFEFF ||
           (cp >= 0x0300 && cp <= 0x036F);
}

static int face_of(struct tf_fonts *f, uint32_t cp, bool bold, int before)
{
    if (joins(cp) && before >= 0)
        return before;
    const int face = (int)tf_face_for(cp, bold);
    if (cp < 0x250 || face / 2 != TF_FACE_LATIN / 2 || has(f, face, cp) || joins(cp))
        return face;
    for (int other = TF_FACE_MATH; other < TF_ALL_FACES; other++)
        if (stand_in(f, other) && has(f, other, cp))
            return other;
    return face;
}

size_t tf_font_run(struct tf_fonts *f, const char *s, size_t n, bool bold, int before,
                   int *ret_face)
{
    size_t at = 0;
    int face = -1;
    while (at < n) {
        uint32_t cp = 0;
        size_t step = tf_utf8_next(s + at, n - at, &cp);
        if (step == 0) { /* a stray byte: shown as the missing glyph */
            cp = 0xFFFD;
            step = 1;
        }
        const int next = face_of(f, cp, bold, face >= 0 ? face : before);
        if (face >= 0 && next != face)
            break;
        face = next;
        at += step;
    }
    *ret_face = face < 0 ? (int)tf_face_for(' ', bold) : face;
    return at;
}

/* ---- shaping ---- */

static uint64_t hash_bytes(const char *s, size_t n, int face)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)(unsigned)face; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

static struct tf_shaped **slot(struct tf_fonts *f, int face, const char *s, size_t n, uint64_t hash)
{
    size_t i = (size_t)hash & (f->cap_words - 1);
    while (f->word[i] != NULL) {
        const struct tf_shaped *w = f->word[i];
        if (w->hash == hash && w->face == face && w->n == n && memcmp(w->s, s, n) == 0)
            break;
        i = (i + 1) & (f->cap_words - 1);
    }
    return &f->word[i];
}

static void grow_words(struct tf_fonts *f)
{
    struct tf_shaped **old = f->word;
    const size_t n = f->cap_words;
    f->cap_words *= 2;
    f->word = TF_NEW_N(f->arena, struct tf_shaped *, f->cap_words);
    for (size_t i = 0; i < n; i++)
        if (old[i] != NULL)
            *slot(f, old[i]->face, old[i]->s, old[i]->n, old[i]->hash) = old[i];
}

/* The characters of a cluster that no glyph of it stands for by the cmap go to its first glyph
 * outside the cmap, once for all: so every glyph has a text. */
static void name_leftovers(struct tf_fonts *f, struct face *x, const struct tf_shaped *w,
                           size_t from, size_t to, size_t end)
{
    const size_t start = w->glyph[from].cluster;
    struct tf_buf rest = {.arena = f->arena};
    size_t odd = to;
    for (size_t g = from; g < to; g++)
        if (x->reverse[w->glyph[g].id] == 0 && x->leftover[w->glyph[g].id] == NULL && odd == to)
            odd = g;
    if (odd == to)
        return;
    uint32_t cp = 0;
    for (size_t at = start, step; at < end; at += step) {
        step = tf_utf8_next(w->s + at, end - at, &cp);
        if (step == 0)
            break;
        bool stood_for = false;
        for (size_t g = from; g < to && !stood_for; g++)
            stood_for = x->reverse[w->glyph[g].id] == cp;
        if (!stood_for)
            tf_buf_utf8(&rest, cp);
    }
    x->leftover[w->glyph[odd].id] = rest.n > 0 ? tf_buf_text(&rest) : "\xE2\x80\x8B";
}

static const char *glyph_text(const struct face *x, uint32_t gid, char room[8])
{
    if (gid >= x->n_glyphs || x->reverse[gid] == 0)
        return gid < x->n_glyphs && x->leftover[gid] != NULL ? x->leftover[gid] : "\xEF\xBF\xBD";
    const uint32_t cp = x->reverse[gid];
    size_t n = 0;
    if (cp < 0x80) {
        room[n++] = (char)cp;
    } else if (cp < 0x800) {
        room[n++] = (char)(0xC0 | (cp >> 6));
        room[n++] = (char)(0x80 | (cp & 63));
    } else if (cp < 0x10000) {
        room[n++] = (char)(0xE0 | (cp >> 12));
        room[n++] = (char)(0x80 | ((cp >> 6) & 63));
        room[n++] = (char)(0x80 | (cp & 63));
    } else {
        room[n++] = (char)(0xF0 | (cp >> 18));
        room[n++] = (char)(0x80 | ((cp >> 12) & 63));
        room[n++] = (char)(0x80 | ((cp >> 6) & 63));
        room[n++] = (char)(0x80 | (cp & 63));
    }
    room[n] = '\0';
    return room;
}

static bool reads_back(const struct face *x, const struct tf_shaped *w)
{
    size_t at = 0;
    for (size_t g = 0; g < w->n_glyphs; g++) {
        /* A mark set by hand: readers that guess words from places would see a gap. */
        if (w->glyph[g].dx != 0 || w->glyph[g].dy != 0 || w->glyph[g].width == 0)
            return false;
        char room[8];
        const char *text = glyph_text(x, w->glyph[g].id, room);
        const size_t n = strlen(text);
        if (n > w->n - at || memcmp(w->s + at, text, n) != 0)
            return false;
        at += n;
    }
    return at == w->n;
}

static void shape(struct tf_fonts *f, struct tf_shaped *w)
{
    struct face *x = &f->face[w->face];
    hb_buffer_t *b = f->buffer;
    hb_buffer_reset(b);
    hb_buffer_set_cluster_level(b, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
    hb_buffer_add_utf8(b, w->s, (int)w->n, 0, (int)w->n);
    hb_buffer_set_direction(b, HB_DIRECTION_LTR);
    hb_buffer_set_script(b, FACE[w->face].script);
    hb_buffer_set_language(b, hb_language_from_string(FACE[w->face].lang, -1));
    hb_shape(x->font, b, NULL, 0);
    unsigned n = 0;
    const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(b, &n);
    const hb_glyph_position_t *pos = hb_buffer_get_glyph_positions(b, &n);
    w->n_glyphs = n;
    w->glyph = TF_NEW_N(f->arena, struct tf_glyph, n);
    for (unsigned g = 0; g < n; g++) {
        w->glyph[g] = (struct tf_glyph){.id = info[g].codepoint,
                                        .cluster = info[g].cluster,
                                        .advance = pos[g].x_advance,
                                        .dx = pos[g].x_offset,
                                        .dy = pos[g].y_offset,
                                        .width = hb_font_get_glyph_h_advance(
                                            x->font, info[g].codepoint)};
        w->advance += pos[g].x_advance;
    }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && w->glyph[to].cluster == w->glyph[from].cluster;)
            to++;
        name_leftovers(f, x, w, from, to, to < n ? w->glyph[to].cluster : w->n);
    }
    w->exact = reads_back(x, w);
}

const struct tf_shaped *tf_font_shape(struct tf_fonts *f, int face, const char *s, size_t n)
{
    const uint64_t hash = hash_bytes(s, n, face);
    struct tf_shaped **at = slot(f, face, s, n, hash);
    if (*at != NULL)
        return *at;
    if (f->n_words * 2 >= f->cap_words) {
        grow_words(f);
        at = slot(f, face, s, n, hash);
    }
    struct tf_shaped *w = TF_NEW(f->arena, struct tf_shaped);
    w->s = tf_strndup(f->arena, s, n);
    w->n = n;
    w->hash = hash;
    w->face = face;
    shape(f, w);
    f->n_words++;
    return *at = w;
}

double tf_text_width(struct tf_fonts *f, const char *s, double size, bool bold)
{
    const size_t n = strlen(s);
    long sum = 0;
    int face = -1;
    for (size_t at = 0, end; at < n; at = end) {
        end = at + tf_font_run(f, s + at, n - at, bold, face, &face);
        for (size_t from = at; from < end;) { /* pieces: a word, or one space */
            size_t to = from + 1;
            while (s[from] != ' ' && to < end && s[to] != ' ')
                to++;
            sum += tf_font_shape(f, face, s + from, to - from)->advance;
            from = to;
        }
    }
    return (double)sum * size / 1000;
}

/* ---- what a file needs ---- */

void tf_fonts_use(struct tf_fonts *f, const char *s, bool bold)
{
    const size_t n = strlen(s);
    int face = -1;
    for (size_t at = 0, end; at < n; at = end) {
        end = at + tf_font_run(f, s + at, n - at, bold, face, &face);
        uint32_t cp = 0;
        for (size_t i = at, step; i < end; i += step) {
            step = tf_utf8_next(s + i, end - i, &cp);
            if (step == 0)
                break;
            hb_set_add(f->face[face].used, cp);
        }
    }
}

void tf_font_press_begin(struct tf_fonts *f)
{
    for (int i = 0; i < TF_ALL_FACES; i++)
        if (f->face[i].printed != NULL)
            hb_set_clear(f->face[i].printed);
}

void tf_font_press_word(struct tf_fonts *f, const struct tf_shaped *w)
{
    for (size_t g = 0; g < w->n_glyphs; g++)
        hb_set_add(f->face[w->face].printed, w->glyph[g].id);
}

bool tf_font_printed(struct tf_fonts *f, int face, uint32_t *gid, int *ret_width,
                     const char **ret_text)
{
    const struct face *x = &f->face[face];
    hb_codepoint_t at = *gid;
    char room[8];
    if (x->face == NULL || !hb_set_next(x->printed, &at))
        return false;
    *gid = at;
    *ret_width = hb_font_get_glyph_h_advance(x->font, at);
    *ret_text = tf_strdup(f->arena, glyph_text(x, at, room));
    return true;
}

struct tf_face_info tf_font_info(struct tf_fonts *f, int face)
{
    struct face *x = &f->face[face];
    struct tf_face_info info = {0};
    if (x->face == NULL)
        return info;
    char name[96] = "";
    unsigned room = sizeof name;
    hb_ot_name_get_utf8(x->face, HB_OT_NAME_ID_POSTSCRIPT_NAME, HB_LANGUAGE_INVALID, &room, name);
    hb_font_extents_t extents = {0};
    hb_font_get_h_extents(x->font, &extents);
    hb_position_t cap = 714;
    (void)hb_ot_metrics_get_position(x->font, HB_OT_METRICS_TAG_CAP_HEIGHT, &cap);
    info.name = tf_strdup(f->arena, name);
    info.ascent = extents.ascender;
    info.descent = extents.descender;
    info.cap_height = cap;
    info.stem = face % 2 == 1 && face < TF_N_FACES ? 140 : 80;
    info.printed = !hb_set_is_empty(x->printed);
    /* The box of the face from its head table: xMin yMin xMax yMax at bytes 36..43. */
    hb_blob_t *head = hb_face_reference_table(x->face, HB_TAG('h', 'e', 'a', 'd'));
    unsigned n = 0;
    const char *d = hb_blob_get_data(head, &n);
    for (unsigned i = 0; i < 4 && n >= 44; i++)
        info.box[i] = (int)(int16_t)(((unsigned char)d[36 + 2 * i] << 8) |
                                     (unsigned char)d[37 + 2 * i]);
    hb_blob_destroy(head);
    return info;
}

/* Subset a face by a set of glyphs, or of code points. */
static enum tf_code subset(struct tf_arena *a, struct face *x, const hb_set_t *glyphs,
                           const hb_set_t *cps, bool layout, struct tf_bytes *ret,
                           struct tf_err *reterr)
{
    static const hb_tag_t DROP[] = {HB_TAG('G', 'S', 'U', 'B'), HB_TAG('G', 'P', 'O', 'S'),
                                    HB_TAG('G', 'D', 'E', 'F'), HB_TAG('D', 'S', 'I', 'G'),
                                    HB_TAG('M', 'A', 'T', 'H')};
    hb_subset_input_t *in = hb_subset_input_create_or_fail();
    if (in == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "no memory for a font subset");
    unsigned flags = HB_SUBSET_FLAGS_NO_HINTING;
    if (!layout) {
        flags |= HB_SUBSET_FLAGS_RETAIN_GIDS;
        for (size_t i = 0; i < sizeof DROP / sizeof DROP[0]; i++)
            hb_set_add(hb_subset_input_set(in, HB_SUBSET_SETS_DROP_TABLE_TAG), DROP[i]);
    }
    hb_subset_input_set_flags(in, flags);
    if (glyphs != NULL)
        hb_set_union(hb_subset_input_glyph_set(in), glyphs);
    if (cps != NULL)
        hb_set_union(hb_subset_input_unicode_set(in), cps);
    hb_face_t *small = hb_subset_or_fail(x->face, in);
    hb_subset_input_destroy(in);
    if (small == NULL)
        return tf_fail(reterr, TF_E_BUG, "a font could not be subset");
    hb_blob_t *blob = hb_face_reference_blob(small);
    unsigned n = 0;
    const char *data = hb_blob_get_data(blob, &n);
    char *copy = tf_alloc(a, (size_t)n + 1);
    if (n > 0)
        memcpy(copy, data, n);
    *ret = (struct tf_bytes){.data = copy, .n = n};
    hb_blob_destroy(blob);
    hb_face_destroy(small);
    return TF_OK;
}

enum tf_code tf_fonts_subset(struct tf_arena *a, struct tf_fonts *f, enum tf_face face,
                             bool for_html, struct tf_bytes *ret, struct tf_err *reterr)
{
    struct face *x = &f->face[face];
    if (for_html || hb_set_is_empty(x->printed)) {
        if (hb_set_is_empty(x->used)) {
            *ret = (struct tf_bytes){.data = "", .n = 0};
            return TF_OK;
        }
        return subset(a, x, NULL, x->used, for_html, ret, reterr);
    }
    return subset(a, x, x->printed, NULL, false, ret, reterr);
}

enum tf_code tf_font_press_subset(struct tf_arena *a, struct tf_fonts *f, int face,
                                  struct tf_bytes *ret, struct tf_err *reterr)
{
    return subset(a, &f->face[face], f->face[face].printed, NULL, false, ret, reterr);
}
