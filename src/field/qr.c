/* QR codes: what a tablet or a phone scans once (ISO/IEC 18004; the symbol itself by libqrencode).
 *
 * Three shapes of the same squares: blocks for a terminal (two rows a line, light squares drawn, so that it
 * reads on a dark screen), SVG for paper, PNG for a message. A quiet zone of four squares stands round
 * each, as the standard asks.
 *
 * Collect's settings are a JSON object, packed by zlib and written in base64; server_url ends in the
 * device's token, so the code is as secret as the token: it is shown once and kept nowhere. */
#include <jansson.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "field/inside.h"

enum { QUIET = 4, PIXELS = 6 };

struct squares {
    const unsigned char *data;
    size_t n;
};

static bool dark(const struct squares *q, size_t row, size_t col) /* quiet zone counted */
{
    return row >= QUIET && col >= QUIET && row < q->n + QUIET && col < q->n + QUIET &&
           (q->data[(row - QUIET) * q->n + (col - QUIET)] & 1) != 0;
}

static const char *as_blocks(struct tf_arena *arena, const struct squares *q)
{
    static const char *const shape[] = {"█", "▀", "▄", " "}; /* light squares are drawn */
    struct tf_buf b = {.arena = arena};
    const size_t n = q->n + 2 * QUIET;
    for (size_t row = 0; row < n; row += 2) {
        for (size_t col = 0; col < n; col++)
            tf_buf_add(&b, shape[2 * dark(q, row, col) + (row + 1 < n && dark(q, row + 1, col))]);
        tf_buf_char(&b, '\n');
    }
    return tf_buf_text(&b);
}

static const char *as_svg(struct tf_arena *arena, const struct squares *q)
{
    struct tf_buf b = {.arena = arena};
    const size_t n = q->n + 2 * QUIET;
    tf_buf_printf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" width=\"%zu\" "
                      "height=\"%zu\" shape-rendering=\"crispEdges\">\n<rect width=\"%zu\" height=\"%zu\" "
                      "fill=\"#fff\"/>\n<path fill=\"#000\" d=\"", n, n, 8 * n, 8 * n, n, n);
    for (size_t row = 0; row < n; row++)
        for (size_t col = 0, to; col < n; col = to) {
            for (to = col + 1; to < n && dark(q, row, to) == dark(q, row, col);)
                to++;
            if (dark(q, row, col))
                tf_buf_printf(&b, "M%zu %zuh%zuv1h-%zuz", col, row, to - col, to - col);
        }
    tf_buf_add(&b, "\"/>\n</svg>\n");
    return tf_buf_text(&b);
}

/* ---- PNG: one bit a pixel, one IDAT (RFC 2083) --------------------------------------------------- */

static void put_u32(struct tf_buf *b, unsigned long x)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        tf_buf_char(b, (char)(unsigned char)(x >> shift & 255));
}

static void chunk(struct tf_buf *b, const char *type, const void *data, size_t n)
{
    put_u32(b, (unsigned long)n);
    const size_t from = b->n;
    tf_buf_addn(b, type, 4);
    tf_buf_addn(b, data, n);
    put_u32(b, crc32(0, (const unsigned char *)b->s + from, (unsigned)(b->n - from)));
}

static struct tf_bytes as_png(struct tf_arena *arena, const struct squares *q)
{
    const size_t n = (q->n + 2 * QUIET) * PIXELS, line = 1 + (n + 7) / 8;
    unsigned char *raw = tf_alloc_n(arena, n, line), head[5] = {1, 0, 0, 0, 0};
    struct tf_buf b = {.arena = arena}, ihdr = {.arena = arena};
    for (size_t y = 0; y < n; y++)
        for (size_t x = 0; x < n; x++)
            if (!dark(q, y / PIXELS, x / PIXELS))
                raw[y * line + 1 + x / 8] |= (unsigned char)(128 >> x % 8);
    unsigned long packed_n = compressBound((unsigned long)(n * line));
    unsigned char *packed = tf_alloc(arena, packed_n);
    if (compress2(packed, &packed_n, raw, (unsigned long)(n * line), 9) != Z_OK)
        return (struct tf_bytes){.data = "", .n = 0};
    tf_buf_addn(&b, "\x89PNG\r\n\x1a\n", 8);
    put_u32(&ihdr, (unsigned long)n);
    put_u32(&ihdr, (unsigned long)n);
    tf_buf_addn(&ihdr, head, 5);
    chunk(&b, "IHDR", ihdr.s, ihdr.n);
    chunk(&b, "IDAT", packed, packed_n);
    chunk(&b, "IEND", "", 0);
    return (struct tf_bytes){.data = b.s, .n = b.n};
}

static void release(void *code)
{
    QRcode_free(code);
}

enum tf_code tf_qr_make(struct tf_arena *arena, const char *text, struct tf_qr *ret,
                        struct tf_err *reterr)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL) {
        (void)tf_fail(reterr, TF_E_LIMIT, "the text is too long for a QR code");
        return tf_fact(reterr, "it has %zu bytes; 2,953 is the most", strlen(text));
    }
    tf_arena_defer(arena, release, code);
    const struct squares q = {.data = code->data, .n = (size_t)code->width};
    *ret = (struct tf_qr){.blocks = as_blocks(arena, &q), .svg = as_svg(arena, &q),
                          .png = as_png(arena, &q)};
    return TF_OK;
}

/* ---- Collect's settings --------------------------------------------------------------------------- */

static void drop_text(void *text)
{
    free(text);
}

const char *tf_collect_settings(struct tf_arena *arena, const char *base_url, const char *token,
                                const char *project)
{
    json_t *all = json_pack("{s:{s:o, s:s, s:s}, s:{s:b}, s:{s:s}}", "general", "server_url",
                            json_string(tf_printf(arena, "%s/key/%s", base_url, token)),
                            "form_update_mode", "match_exactly", "autosend", "wifi_and_cellular",
                            "admin", "change_server", 0, "project", "name", project);
    char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(all);
    if (text == NULL)
        return "";
    tf_arena_defer(arena, drop_text, text);
    unsigned long n = compressBound((unsigned long)strlen(text));
    unsigned char *packed = tf_alloc(arena, n);
    if (compress2(packed, &n, (const unsigned char *)text, (unsigned long)strlen(text), 9) != Z_OK)
        return "";
    const size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = tf_alloc(arena, room);
    return sodium_bin2base64(base64, room, packed, n, sodium_base64_VARIANT_ORIGINAL);
}
