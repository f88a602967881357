/* The press alone: a report of 12 chapters, 216 charts, 12 tables of 60 rows and 180 notes in five
 * scripts, from tree to PDF. Writes the file named on the command line; says what it took. */
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#include "tests/tell/sample_doc.h"

int main(int argc, char **argv)
{
    struct tf_err err = {0};
    struct tf_guard guard;
    if (sodium_init() < 0 || argc != 2)
        return 2;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "%s\n", err.what);
        return 1;
    }
    struct tf_arena *a = tf_arena_new("bench", 256u << 20);
    struct tf_fonts *fonts = NULL;
    struct tf_buf out = {.arena = a};
    struct tf_pressed said = {0};
    if (tf_fonts_open(a, &fonts, &err) != TF_OK ||
        tf_press_write(a, &sample_doc(a, 12, 6, 60)->doc, fonts, &out, &said, &err) != TF_OK ||
        tf_file_write(argv[1], out.s, out.n, &err) != TF_OK) {
        (void)fprintf(stderr, "%s\n%s\n", err.what, err.help);
        return 1;
    }
    (void)printf("%zu pages, %zu bytes, %zu MB of memory, %ld ms of processor; overfull %zu, "
                 "lost notes %zu, orphans %zu\n",
                 said.pages, out.n, tf_arena_used(a) >> 20,
                 (long)(clock() * 1000 / CLOCKS_PER_SEC), said.overfull, said.lost_notes,
                 said.orphans);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return said.overfull + said.lost_notes + said.orphans == 0 ? 0 : 1;
}
