/* Forms: any text as Markdown or CSV, any XML as the sheet of a workbook, any bytes as an .xls. Whatever is read is converted,
 * and what is made must be text without a stray byte. The first byte chooses. */
#include "fuzz.h"

#include <string.h>

#include "ask/grid_inside.h"
#include "ask/xform.h"
#include "container.h"

static void convert(struct tf_arena *arena, const struct tf_grid *grid)
{
    const struct tf_convert_opt opt = {.stem = "form", .pretty = true};
    struct tf_notices out = {.arena = arena};
    struct tf_xlsform *form;
    struct tf_buf xml = {.arena = arena};
    struct tf_err err;
    if (tf_xlsform_read(arena, grid, &opt, &out, &form, &err) != TF_OK) {
        if (tf_notices_count(&out, TF_ERROR) == 0)
            abort();
        return;
    }
    if (tf_xform_write(arena, form, &opt, &out, &xml, &err) == TF_OK &&
        tf_utf8_valid(xml.s, xml.n) != xml.n)
        abort();
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_grid *grid = TF_NEW(arena, struct tf_grid);
    struct tf_err err;
    if (n < 2)
        return;
    grid->file = "form";
    if (data[0] % 16 == 4) {
        const struct tf_bytes bytes = {data + 1, n - 1};
        if (tf_grid_xls(arena, "form", &bytes, grid, &err) == TF_OK)
            convert(arena, grid);
        return;
    }
    if (data[0] % 16 != 3) {
        const struct tf_bytes bytes = {tf_strndup(arena, data + 1, n - 1), n - 1};
        if (tf_utf8_valid(bytes.data, bytes.n) == bytes.n &&
            tf_grid_text(arena, "form", &bytes, data[0] % 16 == 2 ? "survey" : NULL, grid, &err) ==
                TF_OK)
            convert(arena, grid);
        return;
    }
    const char *path;
    (void)as_file("", 0, &path);
    const char *made = tf_printf(arena, "%s.xlsx", path);
    sound_container(made, data + 1, n - 1);
    if (tf_grid_read(arena, made, &grid, &err) == TF_OK)
        convert(arena, grid);
}
