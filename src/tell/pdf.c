/* PDF objects: numbers, strings, streams, object streams, the cross-reference stream.
 *
 * A file of PDF 1.7 is a heap of numbered objects and a table of where they stand. A tagged
 * report has tens of thousands of small ones (each table cell is two), so they are packed two
 * hundred to a compressed object stream, and the table is itself a compressed stream (ISO 32000-1,
 * 7.5.7 and 7.5.8). Packing makes the file about four times smaller.
 *
 * Bytes depend on the content alone: no date is written, and /ID is the hash of what came before.
 *
 * Not done: encryption, incremental updates, linearisation. */
#include <string.h>
#include <zlib.h>

#include "tell/press.h"

enum { PACK = 200 };

void tf_pdf_num(struct tf_buf *b, double x)
{
    char s[32];
    size_t n = 0;
    long long m = (long long)(x * 1000 + (x < 0 ? -0.5 : 0.5));
    if (m < 0) {
        tf_buf_char(b, '-');
        m = -m;
    }
    long long whole = m / 1000, rest = m % 1000;
    do {
        s[n++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    for (size_t i = 0; i < n / 2; i++) {
        const char c = s[i];
        s[i] = s[n - 1 - i];
        s[n - 1 - i] = c;
    }
    if (rest > 0) {
        s[n++] = '.';
        for (long long unit = 100; rest > 0; unit /= 10) {
            s[n++] = (char)('0' + rest / unit);
            rest %= unit;
        }
    }
    tf_buf_addn(b, s, n);
}

static void hex16(struct tf_buf *b, unsigned x)
{
    static const char DIGIT[] = "0123456789ABCDEF";
    const char s[4] = {DIGIT[(x >> 12) & 15], DIGIT[(x >> 8) & 15], DIGIT[(x >> 4) & 15],
                       DIGIT[x & 15]};
    tf_buf_addn(b, s, 4);
}

void tf_pdf_utf16(struct tf_buf *b, const char *utf8, size_t n)
{
    for (size_t at = 0, step; at < n; at += step) {
        uint32_t cp = 0;
        step = tf_utf8_next(utf8 + at, n - at, &cp);
        if (step == 0) {
            cp = 0xFFFD;
            step = 1;
        }
        if (cp >= 0x10000) {
            hex16(b, 0xD800 + ((cp - 0x10000) >> 10));
            cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        }
        hex16(b, cp);
    }
}

void tf_pdf_text(struct tf_buf *b, const char *utf8, size_t n)
{
    bool ascii = true;
    for (size_t i = 0; i < n && ascii; i++)
        ascii = utf8[i] >= ' ' && utf8[i] < 127;
    if (!ascii) {
        tf_buf_add(b, "<FEFF");
        tf_pdf_utf16(b, utf8, n);
        tf_buf_char(b, '>');
        return;
    }
    tf_buf_char(b, '(');
    for (size_t i = 0; i < n; i++) {
        if (utf8[i] == '(' || utf8[i] == ')' || utf8[i] == '\\')
            tf_buf_char(b, '\\');
        tf_buf_char(b, utf8[i]);
    }
    tf_buf_char(b, ')');
}

void tf_pdf_begin(struct tf_pdf *pdf, struct tf_arena *a, struct tf_buf *out, bool plain)
{
    *pdf = (struct tf_pdf){.arena = a, .out = out, .plain = plain};
    pdf->pack.arena = pdf->pack_head.arena = a;
    (void)tf_pdf_reserve(pdf); /* object 0 is the head of the free list */
    tf_buf_add(out, "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
}

size_t tf_pdf_reserve(struct tf_pdf *pdf)
{
    pdf->entry = tf_grow(pdf->arena, pdf->entry, pdf->n_objects, &pdf->cap_objects,
                         sizeof *pdf->entry);
    pdf->entry[pdf->n_objects] = (struct tf_pdf_entry){0};
    return pdf->n_objects++;
}

static void flush_pack(struct tf_pdf *pdf)
{
    if (pdf->n_packed == 0)
        return;
    struct tf_buf whole = {.arena = pdf->arena};
    struct tf_buf dict = {.arena = pdf->arena};
    tf_buf_addn(&whole, pdf->pack_head.s, pdf->pack_head.n);
    tf_buf_addn(&whole, pdf->pack.s, pdf->pack.n);
    tf_buf_printf(&dict, "/Type/ObjStm/N %zu/First %zu", pdf->n_packed, pdf->pack_head.n);
    const size_t self = tf_pdf_reserve(pdf);
    for (size_t i = 0; i < pdf->n_objects; i++)
        if (pdf->entry[i].kind == 2 && pdf->entry[i].at == 0)
            pdf->entry[i].at = self;
    pdf->n_packed = 0;
    pdf->pack.n = pdf->pack_head.n = 0;
    tf_pdf_stream(pdf, self, tf_buf_text(&dict), whole.s, whole.n, true);
}

void tf_pdf_object(struct tf_pdf *pdf, size_t number, const char *body, size_t n)
{
    if (pdf->plain) {
        pdf->entry[number] = (struct tf_pdf_entry){.kind = 1, .at = pdf->out->n};
        tf_buf_printf(pdf->out, "%zu 0 obj\n", number);
        tf_buf_addn(pdf->out, body, n);
        tf_buf_add(pdf->out, "\nendobj\n");
        return;
    }
    pdf->entry[number] = (struct tf_pdf_entry){.kind = 2, .at = 0, .index = pdf->n_packed++};
    tf_buf_printf(&pdf->pack_head, "%zu %zu ", number, pdf->pack.n);
    tf_buf_addn(&pdf->pack, body, n);
    tf_buf_char(&pdf->pack, '\n');
    if (pdf->n_packed == PACK)
        flush_pack(pdf);
}

/* Compress into the scratch space; returns the compressed size. */
static size_t squeeze(struct tf_pdf *pdf, const void *data, size_t n)
{
    uLongf room = compressBound((uLong)n);
    if (room > pdf->cap_scratch) {
        pdf->cap_scratch = room + room / 2;
        pdf->scratch = tf_alloc(pdf->arena, pdf->cap_scratch);
    }
    room = (uLongf)pdf->cap_scratch;
    return compress2((Bytef *)pdf->scratch, &room, data, (uLong)n, 6) == Z_OK ? (size_t)room : 0;
}

void tf_pdf_stream(struct tf_pdf *pdf, size_t number, const char *dict, const void *data, size_t n,
                   bool deflate)
{
    const char *bytes = data;
    const char *filter = "";
    size_t size = n;
    if (deflate && !pdf->plain && n > 0) {
        const size_t small = squeeze(pdf, data, n);
        if (small > 0) {
            bytes = pdf->scratch;
            size = small;
            filter = "/Filter/FlateDecode";
        }
    }
    pdf->entry[number] = (struct tf_pdf_entry){.kind = 1, .at = pdf->out->n};
    tf_buf_printf(pdf->out, "%zu 0 obj\n<<", number);
    tf_buf_add(pdf->out, dict);
    tf_buf_printf(pdf->out, "%s/Length %zu>>\nstream\n", filter, size);
    tf_buf_addn(pdf->out, bytes, size);
    tf_buf_add(pdf->out, "\nendstream\nendobj\n");
}

static void table_plain(struct tf_pdf *pdf, const char *trailer)
{
    const size_t at = pdf->out->n;
    tf_buf_printf(pdf->out, "xref\n0 %zu\n0000000000 65535 f \n", pdf->n_objects);
    for (size_t i = 1; i < pdf->n_objects; i++)
        tf_buf_printf(pdf->out, "%010zu %05d %c \n", pdf->entry[i].at,
                      pdf->entry[i].kind == 0 ? 65535 : 0, pdf->entry[i].kind == 0 ? 'f' : 'n');
    tf_buf_printf(pdf->out, "trailer\n<<%s>>\nstartxref\n%zu\n%%%%EOF\n", trailer, at);
}

static void table_packed(struct tf_pdf *pdf, const char *trailer)
{
    const size_t self = tf_pdf_reserve(pdf);
    const size_t at = pdf->out->n;
    pdf->entry[self] = (struct tf_pdf_entry){.kind = 1, .at = at};
    unsigned char *rows = tf_alloc_n(pdf->arena, pdf->n_objects, 7);
    for (size_t i = 0; i < pdf->n_objects; i++) {
        const struct tf_pdf_entry e = pdf->entry[i];
        const size_t second = e.kind == 2 ? e.index : i == 0 ? 65535 : 0;
        const unsigned char row[7] = {e.kind,
                                      (unsigned char)(e.at >> 24),
                                      (unsigned char)(e.at >> 16),
                                      (unsigned char)(e.at >> 8),
                                      (unsigned char)e.at,
                                      (unsigned char)(second >> 8),
                                      (unsigned char)second};
        memcpy(rows + 7 * i, row, 7);
    }
    tf_pdf_stream(pdf, self,
                  tf_printf(pdf->arena, "/Type/XRef/W[1 4 2]%s", trailer), rows,
                  7 * pdf->n_objects, true);
    tf_buf_printf(pdf->out, "startxref\n%zu\n%%%%EOF\n", at);
}

void tf_pdf_finish(struct tf_pdf *pdf, size_t root, size_t info)
{
    flush_pack(pdf);
    const struct tf_hash id = tf_hash_bytes(pdf->out->s, pdf->out->n);
    const char *trailer = tf_printf(
        pdf->arena, "/Size %zu/Root %zu 0 R/Info %zu 0 R/ID[<%.32s><%.32s>]",
        pdf->n_objects + (pdf->plain ? 0 : 1), root, info, id.hex, id.hex);
    if (pdf->plain)
        table_plain(pdf, trailer);
    else
        table_packed(pdf, trailer);
}
