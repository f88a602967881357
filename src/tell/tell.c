/* The door of the room: a country's report into its folder, whole or not at all.
 *
 * Everything is made in memory first: page, PDF, tables, manifest. One fault anywhere (an unknown
 * reference, a withheld cell in prose, a number typed by hand) and nothing is written; the message
 * shows the first fault and says how many more there are. */
#include <string.h>

#include <jansson.h>

#include "tell/build.h"

static enum tf_code ready(struct tf_arena *arena, const struct tf_study *study,
                          const char *country, const char *lang,
                          const struct tf_release *release, struct tf_notices *notices,
                          struct tf_build **ret, struct tf_err *reterr)
{
    if (tf_study_country(study, country) == NULL) {
        (void)tf_fail(reterr, TF_E_INPUT, "the study has no country '%s'", country);
        return tf_help(reterr, "Countries stand in study.yaml.");
    }
    *ret = tf_build_new(arena, study, country, release, lang == NULL ? "en" : lang, notices);
    return TF_OK;
}

/* The first error as a failure. */
static enum tf_code first_fault(const struct tf_notices *notices, struct tf_err *reterr)
{
    const size_t n = tf_notices_count(notices, TF_ERROR);
    const struct tf_notice *first = NULL;
    for (size_t k = 0; first == NULL && k < notices->n; k++)
        if (notices->item[k].level == TF_ERROR)
            first = &notices->item[k];
    if (first == NULL)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, first->file == NULL ? "" : first->file, first->line,
                     first->column, "%s", first->text);
    (void)tf_fact(reterr, n == 1 ? "Nothing was written."
                                 : "Nothing was written; %zu more faults stand in the texts.",
                  n - 1);
    return first->help == NULL ? TF_E_INPUT : tf_help(reterr, "%s", first->help);
}

static enum tf_code build(struct tf_arena *arena, const struct tf_study *study,
                          const char *country, const char *lang, struct tf_notices *notices,
                          struct tf_build **ret, struct tf_err *reterr)
{
    struct tf_release *release;
    struct tf_claims *claims;
    TF_TRY(tf_release_read(arena, study->dir, country, &release, reterr));
    TF_TRY(tf_claims_read(arena, study, country, release, &claims, reterr));
    TF_TRY(ready(arena, study, country, lang, release, notices, ret, reterr));
    (*ret)->claims = claims;
    tf_report_build(*ret);
    return TF_OK;
}

/* ---- what is written ---- */
struct output {
    const char *name; /* under the folder */
    struct tf_buf text;
    struct tf_hash hash;
};

static void outputs_csv(struct tf_build *b, struct output **item, size_t *n, size_t *cap)
{
    for (size_t k = 0; k < b->n_tables; k++) {
        const char *name = tf_printf(b->arena, "tables/%s", b->table[k]->csv);
        bool done = false;
        for (size_t j = 0; !done && j < *n; j++)
            done = strcmp((*item)[j].name, name) == 0;
        if (done)
            continue;
        *item = tf_grow(b->arena, *item, *n, cap, sizeof **item);
        struct output *o = &(*item)[(*n)++];
        *o = (struct output){.name = name, .text = {.arena = b->arena}};
        tf_figure_csv(&o->text, b->table_figure[k]);
    }
}

static char *manifest(struct tf_build *b, const struct output *item, size_t n,
                      const struct tf_pressed *pressed, const char *book_hash)
{
    json_t *files = json_object(), *root = json_object();
    for (size_t k = 0; k < n; k++)
        (void)json_object_set_new(files, item[k].name, json_string(item[k].hash.hex));
    if (book_hash != NULL)
        (void)json_object_set_new(files, "tables.xlsx", json_string(book_hash));
    (void)json_object_set_new(root, "country", json_string(b->country->code));
    (void)json_object_set_new(root, "language", json_string(b->lang));
    (void)json_object_set_new(root, "title", json_string(b->doc->title));
    (void)json_object_set_new(root, "edition",
                              json_string(b->study->edition == NULL ? "1" : b->study->edition));
    (void)json_object_set_new(root, "synthetic", json_boolean(b->study->synthetic));
    (void)json_object_set_new(root, "release", json_string(b->release->hash == NULL
                                                               ? "" : b->release->hash));
    (void)json_object_set_new(root, "pages", json_integer((json_int_t)pressed->pages));
    (void)json_object_set_new(root, "figures", json_integer((json_int_t)b->n_figures));
    (void)json_object_set_new(root, "tables", json_integer((json_int_t)b->n_tables_text));
    (void)json_object_set_new(root, "numbers", json_integer((json_int_t)b->n_numbers));
    (void)json_object_set_new(root, "overfull", json_integer((json_int_t)pressed->overfull));
    (void)json_object_set_new(root, "files", files);
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(root);
    char *copy = tf_printf(b->arena, "%s\n", text == NULL ? "{}" : text);
    void (*release_json)(void *) = NULL;
    json_malloc_t unused = NULL;
    json_get_alloc_funcs(&unused, &release_json);
    if (text != NULL && release_json != NULL)
        release_json(text);
    return copy;
}

static enum tf_code write_all(struct tf_build *b, const char *dir, struct output *item, size_t n,
                              const struct tf_pressed *pressed, struct tf_err *reterr)
{
    struct tf_hash book;
    const char *xlsx = tf_path_join(b->arena, dir, "tables.xlsx");
    TF_TRY(tf_dir_make(tf_path_join(b->arena, dir, "tables"), reterr));
    TF_TRY(tf_tables_book(b, xlsx, reterr));
    TF_TRY(tf_file_hash(xlsx, &book, reterr));
    for (size_t k = 0; k < n; k++) {
        item[k].hash = tf_hash_bytes(tf_buf_text(&item[k].text), item[k].text.n);
        TF_TRY(tf_file_write(tf_path_join(b->arena, dir, item[k].name), tf_buf_text(&item[k].text),
                             item[k].text.n, reterr));
    }
    const char *json = manifest(b, item, n, pressed, book.hex);
    return tf_file_write(tf_path_join(b->arena, dir, "manifest.json"), json, strlen(json), reterr);
}

enum tf_code tf_tell_report(struct tf_arena *arena, const struct tf_study *study,
                            const char *country, const char *lang, const char *out_dir,
                            struct tf_told *ret, struct tf_err *reterr)
{
    struct tf_notices notices = {.arena = arena};
    struct tf_fonts *fonts;
    struct tf_pressed pressed = {0};
    struct tf_build *b;
    struct output *item = NULL;
    size_t n = 0, cap = 0;
    TF_TRY(build(arena, study, country, lang, &notices, &b, reterr));
    TF_TRY(first_fault(&notices, reterr));
    TF_TRY(tf_fonts_open(arena, &fonts, reterr));
    item = tf_grow(arena, item, 0, &cap, sizeof *item);
    item[n++] = (struct output){.name = "report.html", .text = {.arena = arena}};
    TF_TRY(tf_html_write(arena, b->doc, fonts, &item[0].text, reterr));
    item = tf_grow(arena, item, n, &cap, sizeof *item);
    item[n++] = (struct output){.name = "report.pdf", .text = {.arena = arena}};
    TF_TRY(tf_press_write(arena, b->doc, fonts, &item[1].text, &pressed, reterr));
    outputs_csv(b, &item, &n, &cap);
    const char *dir = out_dir != NULL
                          ? out_dir
                          : tf_path_join(arena, study->dir, tf_printf(arena, "out/%s", country));
    TF_TRY(write_all(b, dir, item, n, &pressed, reterr));
    *ret = (struct tf_told){.html = tf_path_join(arena, dir, "report.html"),
                            .pdf = tf_path_join(arena, dir, "report.pdf"),
                            .tables = tf_path_join(arena, dir, "tables"),
                            .pages = pressed.pages, .figures = b->n_figures,
                            .tables_n = b->n_tables_text, .numbers = b->n_numbers,
                            .overfull = pressed.overfull, .hash = b->release->hash};
    return TF_OK;
}

void tf_tell_check(struct tf_arena *arena, const struct tf_study *study, const char *country,
                   const struct tf_release *release, struct tf_notices *out)
{
    struct tf_err err;
    struct tf_claims *claims = NULL;
    struct tf_build *b = NULL;
    /* claims have their own check; here a faulty one is only left out */
    if (tf_claims_read(arena, study, country, release, &claims, &err) != TF_OK)
        claims = NULL;
    const size_t n = study->n_report_languages == 0 ? 1 : study->n_report_languages;
    for (size_t k = 0; k < n; k++) {
        const char *lang = study->n_report_languages == 0 ? "en" : study->report_language[k];
        if (ready(arena, study, country, lang, release, out, &b, &err) != TF_OK) {
            tf_notice_err(out, "report", &err);
            return;
        }
        b->claims = claims;
        tf_report_build(b);
    }
}

enum tf_code tf_tell_uses(struct tf_arena *arena, const struct tf_study *study,
                          const char *country, const char *lang, struct tf_use **ret, size_t *ret_n,
                          struct tf_err *reterr)
{
    struct tf_notices notices = {.arena = arena};
    struct tf_build *b;
    TF_TRY(build(arena, study, country, lang, &notices, &b, reterr));
    *ret = b->use;
    *ret_n = b->n_uses;
    return TF_OK;
}
