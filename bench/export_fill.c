/* A study with a form of 50 questions, and its inbox filled with sealed submissions (for export.sh).
 *
 * usage: export_fill DIR N        writes DIR/study.yaml and the form
 *        export_fill DIR N send   puts N sealed submissions into the inbox, as the server would */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keep/keep.h"
#include "keep/odk.h"

enum { QUESTIONS = 48, BATCH = 200 };

static const char study_text[] =
    "trefoil: 1\nid: bench\ntitle: A bench\nedition: \"1\"\nfindings: findings\nsynthetic: true\n"
    "policies:\n  - {name: dh, suppress_below: 0}\ntimeline:\n  - {id: out, title: Release, to: 2026-01}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "datasets:\n  - {id: child, title: Children, strand: children, kind: probability, file: child.csv,\n"
    "     unit: child, population: children, source: Survey, id_var: child_id,\n"
    "     missing: {dont_know: [888], prefer_not_to_say: [999]}}\n"
    "forms:\n  - {id: child, file: child.md, who: child, dataset: child}\n";

static enum tf_code write_study(struct tf_arena *a, const char *dir, struct tf_err *err)
{
    struct tf_buf form = {.arena = a};
    tf_buf_add(&form, "| survey | | | |\n| | type | name | label |\n| | text | child_id | Code |\n"
                      "| | integer | age | Age |\n");
    for (size_t q = 0; q < QUESTIONS; q++)
        tf_buf_printf(&form, "| | select_one f | q%zu | Question %zu |\n", q, q);
    tf_buf_add(&form, "| choices | | | |\n| | list_name | name | label |\n| | f | 1 | Never |\n"
                      "| | f | 2 | Sometimes |\n| | f | 3 | Often |\n| | f | 888 | Don't know |\n"
                      "| settings | | |\n| | form_id | version |\n| | child | 1 |\n");
    TF_TRY(tf_dir_make(dir, err));
    TF_TRY(tf_file_write(tf_path_join(a, dir, "study.yaml"), study_text, strlen(study_text), err));
    return tf_file_write(tf_path_join(a, dir, "child.md"), form.s, form.n, err);
}

static struct tf_inbox_post *post_of(struct tf_arena *a, const char *key, size_t k, struct tf_err *err)
{
    static const int codes[] = {1, 2, 3, 888};
    struct tf_inbox_post *p = TF_NEW(a, struct tf_inbox_post);
    struct tf_inbox_part *part = TF_NEW_N(a, struct tf_inbox_part, 2);
    struct tf_odk_file *sealed;
    struct tf_buf xml = {.arena = a};
    const char *instance = tf_printf(a, "uuid:00000000-0000-4000-8000-%012zu", k);
    tf_buf_printf(&xml, "<data id=\"child\" version=\"1\"><child_id>AAAA%06zu</child_id><age>%zu</age>", k,
                  12 + k % 6);
    for (size_t q = 0; q < QUESTIONS; q++)
        tf_buf_printf(&xml, "<q%zu>%d</q%zu>", q, codes[(q * 7 + k * 3 + k / 5) % 4], q);
    tf_buf_printf(&xml, "<meta><instanceID>%s</instanceID></meta></data>", instance);
    const struct tf_odk_file file = {"submission.xml", xml.s, xml.n};
    const struct tf_odk_plain plain = {"child", "1", instance, &file, 1};
    if (tf_odk_seal(a, key, &plain, &sealed, err) != TF_OK)
        return NULL;
    for (size_t j = 0; j < 2; j++)
        part[j] = (struct tf_inbox_part){sealed[j].name, "text/xml", sealed[j].data, sealed[j].n};
    *p = (struct tf_inbox_post){.country = "XA", .form = "child", .version = "1", .instance = instance,
                                .sender = "bench", .encrypted = true, .part = part, .n_parts = 2};
    return p;
}

static enum tf_code send(struct tf_arena *a, const char *dir, size_t n, struct tf_err *err)
{
    struct tf_inbox *inbox;
    const char *key;
    TF_TRY(tf_form_key_public(a, dir, "XA", "children", "response", &key, err));
    TF_TRY(tf_inbox_open(a, dir, &inbox, err));
    for (size_t k = 0; k < n; k += BATCH) {
        struct tf_arena *batch = tf_arena_new("a batch", (size_t)256 << 20);
        const struct tf_inbox_post *post[BATCH];
        struct tf_inbox_result result[BATCH];
        size_t m = 0;
        for (; m < BATCH && k + m < n; m++)
            if ((post[m] = post_of(batch, key, k + m, err)) == NULL)
                return err->code;
        tf_inbox_put(inbox, post, m, result, err);
        for (size_t j = 0; j < m; j++)
            if (result[j].outcome != TF_INBOX_NEW)
                return err->code;
        tf_arena_free(batch);
    }
    return TF_OK;
}

int main(int argc, char **argv)
{
    struct tf_guard guard;
    struct tf_err err = {.code = TF_OK};
    int64_t n;
    if (argc < 3 || sodium_init() < 0 || !tf_parse_int(argv[2], &n) || n < 0 ||
        tf_guard_begin(&guard, &err) != TF_OK)
        return 2;
    struct tf_arena *a = tf_arena_new("bench", (size_t)1 << 30);
    const enum tf_code code = argc > 3 ? send(a, argv[1], (size_t)n, &err) : write_study(a, argv[1], &err);
    if (code != TF_OK)
        (void)fprintf(stderr, "export_fill: %s | %s\n", err.what, err.fact);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return code != TF_OK;
}
