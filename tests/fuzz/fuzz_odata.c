/* The words of a feed's query: any bytes end in a query or an error, and whatever was read can be held against a
 * row. The first byte chooses the option. */
#include "fuzz.h"

#include <string.h>

#include "serve/odata.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    static const char *const option[] = {"$filter", "$top", "$skip", "$count", "$orderby", "$select",
                                         "$skiptoken", "$format", "$expand", "other"};
    const struct tf_odata_row rows[] = {{.date = 1795490130, .updated = 0, .state = NULL, .submitter = "tab-1"},
                                        {.date = 0, .updated = 1795490131, .state = "rejected", .submitter = ""}};
    struct tf_odata_query q;
    struct tf_err err;
    if (n == 0)
        return;
    const char *text = tf_strndup(arena, data + 1, n - 1);
    tf_odata_begin(&q);
    if (tf_odata_read(arena, option[(unsigned char)data[0] % 10], text, &q, &err) != TF_OK) {
        if (err.what[0] == '\0')
            abort();
        return;
    }
    const bool one = tf_odata_fits(&q, &rows[0]), two = tf_odata_fits(&q, &rows[1]);
    if (q.n_terms == 0 && !(one && two))
        abort(); /* without a filter all rows fit */
    (void)tf_odata_selected(&q, "__system");
}
