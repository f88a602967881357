/* Workbooks: any bytes as a container; and any bytes as a sheet inside a sound container, since
 * chance seldom gets past a checksum. The first byte chooses. */
#include "fuzz.h"

#include <string.h>
#include <zip.h>

#include "base/xlsx.h"

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static void add_part(zip_t *z, const char *name, const char *text, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, text, n, 0);
    const zip_int64_t at = s == NULL ? -1 : zip_file_add(z, name, s, ZIP_FL_OVERWRITE);
    if (at < 0 || zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) != 0)
        abort();
}

static void sound_container(const char *path, const char *sheet, size_t n)
{
    static const char book[] = "<workbook xmlns:r='" REL "'><sheets><sheet name='a' r:id='r1'/>"
                               "</sheets></workbook>";
    static const char rels[] = "<Relationships><Relationship Id='r1' Type='" REL
                               "/worksheet' Target='s.xml'/></Relationships>";
    static const char strings[] = "<sst><si><t>one</t></si><si><r><t>two</t></r></si></sst>";
    int e;
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    if (z == NULL)
        abort();
    add_part(z, "xl/workbook.xml", book, sizeof book - 1);
    add_part(z, "xl/_rels/workbook.xml.rels", rels, sizeof rels - 1);
    add_part(z, "xl/sharedStrings.xml", strings, sizeof strings - 1);
    add_part(z, "xl/s.xml", sheet, n);
    if (zip_close(z) != 0)
        abort();
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_workbook *w;
    struct tf_err err;
    const char *path;
    if (n == 0)
        return;
    (void)as_file(data + 1, n - 1, &path);
    if (data[0] % 2 != 0) {
        const char *made = tf_printf(arena, "%s.xlsx", path);
        sound_container(made, data + 1, n - 1);
        path = made;
    }
    if (tf_xlsx_read(arena, path, &w, &err) == TF_OK)
        for (size_t k = 0; k < w->n_sheets; k++)
            for (size_t at = 0; at < w->sheet[k].n_rows * w->sheet[k].n_cols; at++)
                if (tf_utf8_valid(w->sheet[k].cell[at], strlen(w->sheet[k].cell[at])) !=
                    strlen(w->sheet[k].cell[at]))
                    abort();
}
