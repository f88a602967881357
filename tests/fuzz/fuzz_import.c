/* The stream from a caged child, which may have been taken over: any bytes end in a table or an
 * error, and a table holds what tables promise. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "base/import_inside.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_table *t;
    struct tf_err err;
    const char *path;
    struct tf_import_codes *codes;
    bool in_field;
    const int fd = as_file(data, n, &path);
    if (tf_import_receive(arena, &fd, 1, (struct tf_import_field){.n = 0}, "fuzz.sav", &t,
                                       &codes, &in_field, &err) != TF_OK)
        return;
    tf_import_settle(t, codes);
    for (size_t k = 0; k < t->n_cols; k++)
        for (size_t row = 0; row < t->n_rows; row++) {
            const struct tf_column *c = &t->col[k];
            const bool there = c->miss[row] == TF_PRESENT;
            if (c->type == TF_NUMBER ? there != (isfinite(c->num[row]) != 0)
                                     : there != (c->text[row][0] != '\0'))
                abort();
            if (c->type == TF_TEXT && tf_utf8_valid(c->text[row], strlen(c->text[row])) !=
                                          strlen(c->text[row]))
                abort();
        }
}
