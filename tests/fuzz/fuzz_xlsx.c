/* Workbooks: any bytes as a container; and any bytes as a sheet inside a sound container, since
 * chance seldom gets past a checksum. The first byte chooses. */
#include "fuzz.h"

#include <string.h>

#include "base/xlsx.h"
#include "container.h"

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
