/* What tablets and teams write: any bytes are a moment or none, a plan or an error, a list of addresses or an
 * error. The first byte chooses. */
#include "fuzz.h"

#include <string.h>

#include "field/field.h"

static void try_plan(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_study study = {.arena = arena, .dir = "/tmp"};
    struct tf_field_plan plan;
    struct tf_err err;
    const char *dir = tf_printf(arena, "/tmp/trefoil-fuzz-plan-%ld", (long)getpid());
    if (tf_dir_make(dir, &err) != TF_OK ||
        tf_file_write(tf_path_join(arena, dir, "fieldwork.yaml"), data, n, &err) != TF_OK)
        abort();
    study.dir = dir;
    if (tf_field_plan_read(arena, &study, &plan, &err) == TF_OK &&
        (plan.contact_form == NULL || !(plan.run >= 2) || !(plan.too_fast >= 0 && plan.too_fast <= 1)))
        abort();
}

/* A head with these clear values, through to the tables. */
static void try_head(struct tf_arena *arena, const char *data, size_t n)
{
    static const char *const name[] = {"psu", "door", "visits", "outcome", "start", "end", "cell",
                                       "age", "asked", "missing"};
    struct tf_inbox_field clear[10];
    struct tf_study study = {.arena = arena, .dir = "/nonexistent"};
    struct tf_records_maker *maker = tf_records_begin(arena, NULL);
    struct tf_records records;
    struct tf_monitor *m;
    struct tf_err err;
    char **value;
    const size_t parts = tf_split(arena, tf_strndup(arena, data, n), '|', &value);
    for (size_t k = 0; k < parts && k < 40; k += 10) {
        size_t given = 0;
        for (size_t j = 0; j < 10 && k + j < parts; j++)
            clear[given++] = (struct tf_inbox_field){name[j], value[k + j]};
        const struct tf_inbox_head head = {.number = k + 1, .country = "XA",
                                           .form = k % 20 == 0 ? "contact" : "child",
                                           .instance = tf_printf(arena, "uuid:%zu", k), .sender = "tab",
                                           .complete = true, .clear = clear, .n_clear = given};
        (void)tf_records_add(&head, maker);
    }
    tf_records_end(maker, &records);
    if (tf_monitor_make(arena, &study, NULL, "XA", NULL, &records, &m, &err) != TF_OK)
        return;
    for (size_t k = 0; tf_monitor_names[k] != NULL; k++)
        (void)tf_monitor_table(arena, m, tf_monitor_names[k]);
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_moment m;
    if (n == 0)
        return;
    const unsigned char first = (unsigned char)data[0];
    data++;
    n--;
    if (first % 3 == 0) {
        if (tf_moment_parse(tf_strndup(arena, data, n), &m) &&
            (!(m.hour >= 0 && m.hour < 25) || strlen(m.date) != 10))
            abort();
    } else if (first % 3 == 1) {
        try_plan(arena, data, n);
    } else {
        try_head(arena, data, n);
    }
}
