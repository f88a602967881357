/* Worksheets of an .xlsx workbook read into text cells: see xlsx.h. (Writing: xlsx_write.c.)
 *
 * A workbook is a zip of XML parts (ECMA-376):
 *
 *     _rels/.rels                   where the workbook part is
 *     xl/workbook.xml               sheets in order: name, r:id
 *     xl/_rels/workbook.xml.rels    r:id -> part; where the shared strings are
 *     xl/sharedStrings.xml          texts by number (rich runs are joined, phonetic ones left out)
 *     xl/worksheets/sheet1.xml      rows of cells: <c r="B3" t="s"><v>0</v></c>
 *
 * A file like this comes from anywhere. So: sizes are checked before unpacking (256 MB in all,
 * 200:1 for a part above 1 MB), a DOCTYPE is refused (no entities), nothing is fetched from a
 * network, cells are gathered as a list and spread out only when the rectangle they span is
 * within limits (one cell at XFD1048576 is a 17-billion-cell sheet).
 *
 * Does not: evaluate formulas (their last value is read), read .xls or protected files. Which numbers
 * are dates is in xlsx_dates.c. */
#include "base/xlsx.h"

#include <libxml/xmlreader.h>
#include <string.h>
#include <zip.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "base/xml_plain.h"

enum {
    MAX_COLUMNS = 20000,
    MAX_ROWS = 1048576,
    MAX_CELLS = 32 * 1024 * 1024,
    MAX_SHEETS = 1000,
    MAX_RATIO = 200,
    FREE_RATIO_BYTES = 1024 * 1024
};
static const size_t max_unpacked = (size_t)256 * 1024 * 1024;

struct book {
    struct tf_arena *arena, *scratch;
    const char *file;
    zip_t *zip;
    xmlTextReader *xml;    /* of the part being read, or */
    struct tf_plain plain; /* where it is plain XML, as from most programs: many times faster */
    bool is_plain;
    const char *part;
    size_t unpacked;
    const char **string; /* shared strings */
    size_t n_strings, cap_strings;
    unsigned flags;
    bool from_1904;
    bool *date; /* [n_formats] does this cell format show a date? */
    size_t n_formats, cap_formats;
    struct tf_err *reterr;
};

static enum tf_code damaged(const struct book *b, const char *fact)
{
    (void)tf_fail_at(b->reterr, TF_E_INPUT, b->file, 0, 0,
                     "'%s' is damaged or not an .xlsx workbook", b->file);
    (void)tf_fact(b->reterr, "%s%s%s", b->part == NULL ? "" : b->part, b->part == NULL ? "" : ": ",
                  fact);
    return tf_help(b->reterr, "Open it in a spreadsheet program and save it as .xlsx again.");
}

static enum tf_code too_large(const struct book *b, const char *fact)
{
    (void)tf_fail_at(b->reterr, TF_E_LIMIT, b->file, 0, 0, "'%s' is too large", b->file);
    (void)tf_fact(b->reterr, "%s", fact);
    return tf_help(b->reterr, "Is it the right file? Split it, or save the table as CSV.");
}

/* ---- Parts -------------------------------------------------------------------------------- */

static void close_entry(void *entry)
{
    (void)zip_fclose(entry);
}

/* Unpack a part into scratch memory; *ret->data NULL where it is not there. */
static enum tf_code unpack(struct book *b, const char *part, struct tf_bytes *ret)
{
    zip_stat_t st;
    const zip_int64_t at = zip_name_locate(b->zip, part, ZIP_FL_NOCASE);
    *ret = (struct tf_bytes){NULL, 0};
    b->part = part;
    if (at < 0)
        return TF_OK;
    if (zip_stat_index(b->zip, (zip_uint64_t)at, 0, &st) != 0 || (st.valid & ZIP_STAT_SIZE) == 0)
        return damaged(b, zip_strerror(b->zip));
    if (st.size > max_unpacked - b->unpacked)
        return too_large(b, "it unfolds to more than 256 MB");
    if (st.size > FREE_RATIO_BYTES && st.size / MAX_RATIO > st.comp_size)
        return too_large(b, "a part unfolds to more than 200 times its size");
    struct tf_arena *holder = tf_arena_new("reading a workbook", 4096);
    zip_file_t *entry = zip_fopen_index(b->zip, (zip_uint64_t)at, 0);
    if (entry == NULL) {
        tf_arena_free(holder);
        return damaged(b, zip_strerror(b->zip));
    }
    tf_arena_defer(holder, close_entry, entry);
    char *data = tf_alloc(b->scratch, st.size + 1);
    size_t n = 0;
    zip_int64_t got = 1;
    while (n < st.size && (got = zip_fread(entry, data + n, st.size - n)) > 0)
        n += (size_t)got;
    char more;
    if (n == st.size) /* the checksum is compared at the very end */
        got = zip_fread(entry, &more, 1) == 0 ? 0 : -1;
    tf_arena_free(holder);
    if (got < 0 || n != st.size)
        return damaged(b, "the part is cut short or its checksum is wrong");
    b->unpacked += n;
    *ret = (struct tf_bytes){data, n};
    return TF_OK;
}

static void close_xml(struct book *b)
{
    if (b->xml != NULL)
        xmlFreeTextReader(b->xml);
    b->xml = NULL;
}

static void quiet(void *ctx TF_UNUSED, const char *message TF_UNUSED,
                  xmlParserSeverities severity TF_UNUSED, xmlTextReaderLocatorPtr at TF_UNUSED)
{
}

/* Open a part as XML; *ret_there tells whether the workbook has it. */
static enum tf_code open_xml(struct book *b, const char *part, bool *ret_there)
{
    struct tf_bytes bytes;
    close_xml(b);
    *ret_there = false;
    TF_TRY(unpack(b, part, &bytes));
    if (bytes.data == NULL)
        return TF_OK;
    *ret_there = true;
    b->is_plain = tf_plain_ok(bytes.data, bytes.n);
    if (b->is_plain) {
        tf_plain_begin(&b->plain, bytes.data, bytes.n);
        return TF_OK;
    }
    b->xml = xmlReaderForMemory(bytes.data, (int)bytes.n, part, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                    XML_PARSE_COMPACT);
    if (b->xml == NULL)
        return tf_fail(b->reterr, TF_E_MEMORY, "out of memory while reading '%s'", b->file);
    xmlTextReaderSetErrorHandler(b->xml, quiet, NULL);
    return TF_OK;
}

enum event { AT_END, AT_OPEN, AT_CLOSE, AT_TEXT, AT_BROKEN };

/* The next thing of a part that matters, and the local name of its element. */
static enum event next_event(struct book *b, const char **ret_name)
{
    static const enum event plain[] = {[TF_PLAIN_END] = AT_END,
                                       [TF_PLAIN_OPEN] = AT_OPEN,
                                       [TF_PLAIN_CLOSE] = AT_CLOSE,
                                       [TF_PLAIN_TEXT] = AT_TEXT};
    *ret_name = b->plain.name;
    if (b->is_plain)
        return plain[tf_plain_next(&b->plain)];
    for (;;) {
        const int more = xmlTextReaderRead(b->xml);
        if (more != 1)
            return more == 0 ? AT_END : AT_BROKEN;
        *ret_name = (const char *)xmlTextReaderConstLocalName(b->xml);
        switch (xmlTextReaderNodeType(b->xml)) {
        case XML_READER_TYPE_ELEMENT: return AT_OPEN;
        case XML_READER_TYPE_END_ELEMENT: return AT_CLOSE;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_WHITESPACE:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE: return AT_TEXT;
        case XML_READER_TYPE_DOCUMENT_TYPE:
        case XML_READER_TYPE_ENTITY_REFERENCE: return AT_BROKEN;
        default: break;
        }
    }
}

static enum tf_code broken_xml(const struct book *b)
{
    if (xmlTextReaderNodeType(b->xml) == XML_READER_TYPE_DOCUMENT_TYPE)
        return damaged(b, "it holds a DOCTYPE, which no spreadsheet program writes");
    return damaged(b, "its XML is broken");
}

/* An attribute by local name, copied; NULL where there is none. */
static const char *attribute(struct book *b, struct tf_arena *arena, const char *name)
{
    const char *value = NULL;
    if (b->is_plain)
        return tf_plain_attribute(&b->plain, arena, name);
    for (int more = xmlTextReaderMoveToFirstAttribute(b->xml); more == 1 && value == NULL;
         more = xmlTextReaderMoveToNextAttribute(b->xml))
        if (tf_streq((const char *)xmlTextReaderConstLocalName(b->xml), name)) {
            const char *v = (const char *)xmlTextReaderConstValue(b->xml);
            value = tf_strdup(arena, v == NULL ? "" : v);
        }
    (void)xmlTextReaderMoveToElement(b->xml);
    return value;
}

static bool is_empty(struct book *b)
{
    return b->is_plain ? b->plain.empty : xmlTextReaderIsEmptyElement(b->xml) == 1;
}

static void add_text(struct book *b, struct tf_buf *buf)
{
    if (b->is_plain) {
        tf_plain_decode(buf, b->plain.text, b->plain.n_text);
        return;
    }
    const char *s = (const char *)xmlTextReaderConstValue(b->xml);
    if (s != NULL)
        tf_buf_add(buf, s);
}

/* ---- Relationships ------------------------------------------------------------------------ */

struct relation {
    const char *id, *kind, *part;
};
struct relations {
    struct relation *item;
    size_t n, cap;
};

/* A target, named from the folder of its source, as the name of a part. */
static const char *part_name(struct tf_arena *arena, const char *folder, const char *target)
{
    char **piece;
    struct tf_buf name = {.arena = arena};
    const char *whole = target[0] == '/' ? target + 1 : tf_printf(arena, "%s/%s", folder, target);
    const size_t n = tf_split(arena, whole, '/', &piece);
    size_t kept = 0;
    for (size_t k = 0; k < n; k++)
        if (strcmp(piece[k], "..") == 0)
            kept -= kept > 0;
        else if (piece[k][0] != '\0' && strcmp(piece[k], ".") != 0)
            piece[kept++] = piece[k];
    for (size_t k = 0; k < kept; k++) {
        if (k > 0)
            tf_buf_char(&name, '/');
        tf_buf_add(&name, piece[k]);
    }
    return tf_buf_text(&name);
}

static enum tf_code read_relations(struct book *b, const char *part, const char *folder,
                                   struct relations *ret)
{
    bool there;
    const char *name;
    TF_TRY(open_xml(b, part, &there));
    if (!there)
        return TF_OK;
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e != AT_OPEN || !tf_streq(name, "Relationship"))
            continue;
        struct relation r = {attribute(b, b->scratch, "Id"), attribute(b, b->scratch, "Type"),
                             attribute(b, b->scratch, "Target")};
        if (r.id == NULL || r.kind == NULL || r.part == NULL)
            continue;
        r.part = part_name(b->scratch, folder, r.part);
        ret->item = tf_grow(b->scratch, ret->item, ret->n, &ret->cap, sizeof *ret->item);
        ret->item[ret->n++] = r;
    }
    return TF_OK;
}

static const char *part_of_kind(const struct relations *r, const char *kind, const char *otherwise)
{
    for (size_t k = 0; k < r->n; k++)
        if (tf_ends(r->item[k].kind, kind))
            return r->item[k].part;
    return otherwise;
}

/* ---- Texts -------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* _x000D_ stands for a character that XML cannot hold (ECMA-376, ST_Xstring). */
static char *unescape(struct tf_arena *arena, const char *s)
{
    struct tf_buf out = {.arena = arena};
    if (strstr(s, "_x") == NULL)
        return tf_strdup(arena, s);
    tf_buf_add(&out, "");
    for (const char *hit; (hit = strstr(s, "_x")) != NULL;) {
        uint32_t cp = 0;
        size_t k = 2;
        for (; k < 6 && hex_digit(hit[k]) >= 0; k++)
            cp = cp * 16 + (uint32_t)hex_digit(hit[k]);
        const bool good = k == 6 && hit[6] == '_' && cp != 0 && (cp < 0xD800 || cp > 0xDFFF);
        tf_buf_addn(&out, s, (size_t)(hit - s) + (good ? 0 : 2));
        if (good)
            tf_buf_utf8(&out, cp);
        s = hit + (good ? 7 : 2);
    }
    tf_buf_add(&out, s);
    return out.s;
}

/* The text of an <si> or <is>, up to its end: its <t> and those of its runs, not of <rPh>. */
static enum tf_code rich_text(struct book *b, const char *until, const char **ret)
{
    struct tf_buf buf = {.arena = b->scratch};
    const char *name;
    bool in_t = false;
    size_t phonetic = 0;
    if (is_empty(b)) {
        *ret = "";
        return TF_OK;
    }
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e == AT_CLOSE && tf_streq(name, until))
            break;
        const bool empty = e == AT_OPEN && is_empty(b);
        if (tf_streq(name, "rPh") && !empty && e != AT_TEXT)
            phonetic = e == AT_OPEN;
        if (tf_streq(name, "t") && e != AT_TEXT)
            in_t = e == AT_OPEN && !empty;
        if (e == AT_TEXT && in_t && phonetic == 0)
            add_text(b, &buf);
    }
    *ret = unescape(b->arena, tf_buf_text(&buf));
    return TF_OK;
}

static enum tf_code read_strings(struct book *b, const char *part)
{
    bool there;
    const char *name;
    TF_TRY(open_xml(b, part, &there));
    if (!there)
        return TF_OK;
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        const char *text;
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e != AT_OPEN || !tf_streq(name, "si"))
            continue;
        TF_TRY(rich_text(b, "si", &text));
        b->string = tf_grow(b->scratch, b->string, b->n_strings, &b->cap_strings, sizeof *b->string);
        b->string[b->n_strings++] = text;
    }
    return TF_OK;
}

/* ---- Cells -------------------------------------------------------------------------------- */

struct cell {
    size_t row, col; /* from 0 */
    const char *text;
};
struct cells {
    struct cell *item;
    size_t n, cap, n_rows, n_cols;
};

/* "BC12" -> column 54, row 11; false when it is no such name. row may be left out. */
static bool cell_place(const char *s, size_t *ret_row, size_t *ret_col)
{
    size_t col = 0, row = 0;
    for (; *s >= 'A' && *s <= 'Z' && col < MAX_COLUMNS; s++)
        col = col * 26 + (size_t)(*s - 'A' + 1);
    for (; *s >= '0' && *s <= '9' && row <= MAX_ROWS; s++)
        row = row * 10 + (size_t)(*s - '0');
    if (*s != '\0' || col == 0 || row == 0)
        return false;
    *ret_col = col - 1;
    *ret_row = row - 1;
    return true;
}

/* ---- Formats ------------------------------------------------------------------------------ */

struct format {
    int64_t id;
    const char *code;
};

/* An <xf> of <cellXfs>: is its number format that of a date? */
static void add_format(struct book *b, const struct format *own, size_t n_own)
{
    int64_t id = 0;
    const char *code = NULL;
    const char *text = attribute(b, b->scratch, "numFmtId");
    if (text != NULL && !tf_parse_int(text, &id))
        id = 0;
    for (size_t k = 0; k < n_own; k++)
        if (own[k].id == id)
            code = own[k].code;
    b->date = tf_grow(b->scratch, b->date, b->n_formats, &b->cap_formats, sizeof *b->date);
    b->date[b->n_formats++] = id >= 0 && id < UINT16_MAX && tf_xlsx_date_format((unsigned)id, code);
}

static enum tf_code read_formats(struct book *b, const char *part)
{
    struct format *own = NULL;
    size_t n = 0, cap = 0;
    bool there, in_cells = false;
    const char *name;
    TF_TRY(open_xml(b, part, &there));
    if (!there)
        return TF_OK;
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e != AT_TEXT && tf_streq(name, "cellXfs"))
            in_cells = e == AT_OPEN && !is_empty(b);
        if (e == AT_OPEN && in_cells && tf_streq(name, "xf"))
            add_format(b, own, n);
        if (e != AT_OPEN || !tf_streq(name, "numFmt"))
            continue;
        struct format f = {0, attribute(b, b->scratch, "formatCode")};
        if (tf_parse_int(attribute(b, b->scratch, "numFmtId"), &f.id)) {
            own = tf_grow(b->scratch, own, n, &cap, sizeof *own);
            own[n++] = f;
        }
    }
    return TF_OK;
}

static bool shows_date(struct book *b, const char *style)
{
    int64_t at;
    return style != NULL && b->n_formats > 0 && tf_parse_int(style, &at) && at >= 0 &&
           (size_t)at < b->n_formats && b->date[at];
}

/* What a cell says, by its type (ECMA-376, ST_CellType). */
static enum tf_code cell_text(struct book *b, const char *type, const char *style,
                              const char *value, const char **ret)
{
    double x;
    int64_t at;
    if (tf_streq(type, "s")) {
        if (!tf_parse_int(value, &at) || at < 0 || (uint64_t)at >= b->n_strings)
            return damaged(b, "a cell names a text that is not there");
        *ret = b->string[at];
    } else if (tf_streq(type, "b")) {
        *ret = strcmp(value, "1") == 0 ? "TRUE" : "FALSE";
    } else if ((type == NULL || tf_streq(type, "n")) && tf_parse_double(value, &x)) {
        *ret = shows_date(b, style) ? tf_xlsx_date_text(b->arena, x, b->from_1904) : NULL;
        if (*ret == NULL)
            *ret = tf_double_text(b->arena, x);
    } else {
        *ret = tf_streq(type, "str") ? unescape(b->arena, value) : tf_strdup(b->arena, value);
    }
    return TF_OK;
}

/* The inside of a <c>, up to its end. */
static enum tf_code read_cell(struct book *b, const char **ret)
{
    const char *type = attribute(b, b->scratch, "t"), *name, *inline_text = NULL;
    const char *style = b->n_formats == 0 ? NULL : attribute(b, b->scratch, "s");
    struct tf_buf value = {.arena = b->scratch};
    bool in_v = false;
    *ret = "";
    if (is_empty(b))
        return TF_OK;
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e == AT_CLOSE && tf_streq(name, "c"))
            break;
        if (e == AT_OPEN && tf_streq(name, "is"))
            TF_TRY(rich_text(b, "is", &inline_text));
        else if (e == AT_TEXT && in_v)
            add_text(b, &value);
        else if (e != AT_TEXT)
            in_v = e == AT_OPEN && tf_streq(name, "v") && !is_empty(b);
    }
    if (inline_text != NULL)
        *ret = inline_text;
    else if (value.n > 0)
        return cell_text(b, type, style, value.s, ret);
    return TF_OK;
}

static enum tf_code keep_cell(struct book *b, struct cells *c, size_t row, size_t col,
                              const char *text)
{
    if (text[0] == '\0') /* formatting only: counts for nothing */
        return TF_OK;
    if (col >= MAX_COLUMNS || row >= MAX_ROWS)
        return too_large(b, "the limit is 20,000 columns and 1,048,576 rows");
    c->item = tf_grow(b->scratch, c->item, c->n, &c->cap, sizeof *c->item);
    c->item[c->n++] = (struct cell){row, col, text};
    if (row >= c->n_rows)
        c->n_rows = row + 1;
    if (col >= c->n_cols)
        c->n_cols = col + 1;
    return TF_OK;
}

static enum tf_code read_cells(struct book *b, struct cells *c)
{
    const char *name;
    size_t next_row = 0, row = 0, col = 0; /* rows and cells may leave out where they stand */
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e != AT_OPEN)
            continue;
        if (tf_streq(name, "row")) {
            const char *r = attribute(b, b->scratch, "r");
            int64_t at;
            row = tf_parse_int(r, &at) && at > 0 ? (size_t)at - 1 : next_row;
            next_row = row + 1;
            col = 0;
        } else if (tf_streq(name, "c")) {
            const char *r = attribute(b, b->scratch, "r"), *text;
            if (r != NULL && !cell_place(r, &row, &col))
                return damaged(b, "a cell has no proper place");
            TF_TRY(read_cell(b, &text));
            TF_TRY(keep_cell(b, c, row, col, text));
            col++;
        }
    }
    return TF_OK;
}

static enum tf_code read_sheet(struct book *b, const char *part, struct tf_sheet *sheet)
{
    struct cells c = {.n = 0};
    bool there;
    TF_TRY(open_xml(b, part, &there));
    if (!there)
        return damaged(b, "the sheet is not in the file");
    TF_TRY(read_cells(b, &c));
    if (c.n_rows > 0 && c.n_cols > MAX_CELLS / c.n_rows)
        return too_large(b, "its cells lie too far apart (more than 33 million places)");
    sheet->n_rows = c.n_rows;
    sheet->n_cols = c.n_cols;
    sheet->cell = TF_NEW_N(b->arena, const char *, c.n_rows * c.n_cols);
    for (size_t k = 0; k < c.n_rows * c.n_cols; k++)
        sheet->cell[k] = "";
    for (size_t k = 0; k < c.n; k++)
        sheet->cell[c.item[k].row * c.n_cols + c.item[k].col] = c.item[k].text;
    return TF_OK;
}

/* ---- The workbook ------------------------------------------------------------------------- */

struct sheet_name {
    const char *name, *id;
};

static enum tf_code read_sheet_names(struct book *b, const char *part, struct sheet_name **ret,
                                     size_t *ret_n)
{
    struct sheet_name *list = NULL;
    size_t n = 0, cap = 0;
    bool there;
    const char *name;
    TF_TRY(open_xml(b, part, &there));
    if (!there)
        return damaged(b, "this part is missing");
    for (enum event e; (e = next_event(b, &name)) != AT_END;) {
        if (e == AT_BROKEN)
            return broken_xml(b);
        if (e == AT_OPEN && tf_streq(name, "workbookPr")) {
            const char *base = attribute(b, b->scratch, "date1904");
            b->from_1904 = tf_streq(base, "1") || tf_streq(base, "true");
        }
        if (e != AT_OPEN || !tf_streq(name, "sheet"))
            continue;
        const char *title = attribute(b, b->arena, "name"), *id = attribute(b, b->scratch, "id");
        if (n == MAX_SHEETS)
            return too_large(b, "the limit is 1,000 sheets");
        list = tf_grow(b->scratch, list, n, &cap, sizeof *list);
        list[n++] = (struct sheet_name){title == NULL ? "" : title, id};
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code read_book(struct book *b, struct tf_workbook *ret)
{
    struct relations top = {.n = 0}, rel = {.n = 0};
    struct sheet_name *list = NULL;
    size_t n = 0;
    TF_TRY(read_relations(b, "_rels/.rels", "", &top));
    const char *book = part_of_kind(&top, "/officeDocument", "xl/workbook.xml");
    char *folder = tf_path_dir(b->scratch, book);
    TF_TRY(read_relations(
        b, tf_printf(b->scratch, "%s/_rels/%s.rels", folder, tf_path_name(book)), folder, &rel));
    TF_TRY(read_sheet_names(b, book, &list, &n));
    TF_TRY(read_strings(b, part_of_kind(&rel, "/sharedStrings", "xl/sharedStrings.xml")));
    if ((b->flags & TF_XLSX_DATES) != 0)
        TF_TRY(read_formats(b, part_of_kind(&rel, "/styles", "xl/styles.xml")));
    ret->sheet = TF_NEW_N(b->arena, struct tf_sheet, n);
    for (size_t k = 0; k < n; k++) {
        const char *part = NULL, *kind = "";
        for (size_t j = 0; j < rel.n; j++)
            if (tf_streq(rel.item[j].id, list[k].id)) {
                part = rel.item[j].part;
                kind = rel.item[j].kind;
            }
        b->part = book;
        if (part == NULL)
            return damaged(b, "a sheet is named that is not there");
        if (!tf_ends(kind, "/worksheet")) /* a chart sheet has no cells */
            continue;
        struct tf_sheet *sheet = &ret->sheet[ret->n_sheets++];
        sheet->name = list[k].name;
        TF_TRY(read_sheet(b, part, sheet));
    }
    return TF_OK;
}

static void close_book(void *thing)
{
    struct book *b = thing;
    close_xml(b);
    if (b->zip != NULL)
        zip_discard(b->zip);
    b->zip = NULL;
}

static enum tf_code open_zip(struct book *b, const struct tf_bytes *bytes)
{
    zip_error_t e;
    if (bytes->n >= 4 && memcmp(bytes->data, "\xD0\xCF\x11\xE0", 4) == 0) {
        (void)tf_fail_at(b->reterr, TF_E_INPUT, b->file, 0, 0,
                         "'%s' is an old .xls workbook, or protected by a password", b->file);
        return tf_help(b->reterr, "Open it and save it as .xlsx without a password.");
    }
    zip_error_init(&e);
    zip_source_t *source = zip_source_buffer_create(bytes->data, bytes->n, 0, &e);
    if (source != NULL)
        b->zip = zip_open_from_source(source, ZIP_RDONLY, &e);
    if (b->zip == NULL) {
        const enum tf_code code = damaged(b, zip_error_strerror(&e));
        zip_source_free(source); /* NULL is allowed */
        zip_error_fini(&e);
        return code;
    }
    zip_error_fini(&e);
    return TF_OK;
}

enum tf_code tf_xlsx_read(struct tf_arena *arena, const char *path, struct tf_workbook **ret,
                          struct tf_err *reterr)
{
    return tf_xlsx_read_cells(arena, path, 0, ret, reterr);
}

enum tf_code tf_xlsx_read_cells(struct tf_arena *arena, const char *path, unsigned flags,
                                struct tf_workbook **ret, struct tf_err *reterr)
{
    struct tf_bytes bytes;
    struct tf_arena *scratch = tf_arena_new("reading a workbook", (size_t)3 << 30);
    struct book *b = TF_NEW(scratch, struct book);
    *b = (struct book){
        .arena = arena, .scratch = scratch, .file = path, .flags = flags, .reterr = reterr};
    tf_arena_defer(scratch, close_book, b);
    struct tf_workbook *book = TF_NEW(arena, struct tf_workbook);
    book->file = tf_strdup(arena, path);
    enum tf_code code = tf_file_read(scratch, path, max_unpacked, &bytes, reterr);
    if (code == TF_OK)
        code = open_zip(b, &bytes);
    if (code == TF_OK)
        code = read_book(b, book);
    if (code == TF_OK)
        *ret = book;
    tf_arena_free(scratch);
    return code;
}
