/* A sound .xlsx container round any bytes as its sheet, since chance seldom gets past a checksum. */
#ifndef TF_TESTS_FUZZ_CONTAINER_H
#define TF_TESTS_FUZZ_CONTAINER_H

#include <stdlib.h>
#include <zip.h>

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static inline void add_part(zip_t *z, const char *name, const char *text, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, text, n, 0);
    const zip_int64_t at = s == NULL ? -1 : zip_file_add(z, name, s, ZIP_FL_OVERWRITE);
    if (at < 0 || zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) != 0)
        abort();
}

static inline void sound_container(const char *path, const char *sheet, size_t n)
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

#endif
