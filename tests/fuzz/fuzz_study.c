/* Studies: any bytes as study.yaml, or as indicators.yaml beside a sound one, end in a study or in an
 * error with its place; a study that was read can be checked. The first byte chooses. */
#include "folder.h"

#include "ask/ask.h"

static const char sound[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\n"
    "report:\n  text: report/{lang}\n  languages: [en]\n"
    "policies:\n  - {name: dh, title: Counts below 50, counts_below: 50, suppress_below: 0, "
    "flag_below: 0, hide_numerators: [1, 4]}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], "
    "policy: dh}\n";

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_study *s;
    struct tf_err err = {.code = TF_OK};
    struct tf_notices out = {.arena = arena};
    if (n == 0)
        return;
    if (n_written == 0)
        folder_make("");
    const bool registry = data[0] == '1';
    folder_put("study.yaml", registry ? sound : data + 1, registry ? sizeof sound - 1 : n - 1);
    folder_put("indicators.yaml", data + 1, registry ? n - 1 : 0);
    if (!registry)
        (void)remove(folder_path("indicators.yaml"));
    if (tf_study_read(arena, folder, &s, &err) == TF_OK) {
        tf_study_check(s, &out);
        for (size_t k = 0; k < s->n_countries; k++)
            if (tf_study_country(s, s->country[k].code) != &s->country[k])
                abort();
    } else if (err.code == TF_E_INPUT && err.line == 0) {
        abort();
    }
}
