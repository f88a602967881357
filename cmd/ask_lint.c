/* `trefoil ask lint` and `trefoil ask check-submission`.
 *
 * An XLSForm is converted first; its findings then name the row of the survey sheet rather than a line
 * of an XForm that nobody wrote. */
#include <jansson.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/ask_parts.h"

enum { MAX_SUBMISSION = 8 << 20 };

/* ---- where a finding stands --------------------------------------------------------------------- */

static void place_in_sheet(struct tf_run *run, const struct tf_form_file *f,
                           struct tf_notices *notices, size_t from)
{
    for (size_t k = from; f->n_rows > 0 && k < notices->n; k++) {
        struct tf_notice *n = &notices->item[k];
        n->line = tf_form_row_of(f, n->line);
        if (n->line == 0)
            continue;
        if (run->json) {
            n->file = tf_printf(run->arena, "%s, sheet survey", f->path);
        } else { /* people read rows, not lines */
            n->file = tf_printf(run->arena, "%s, sheet survey, row %zu", f->path, n->line);
            n->line = 0;
        }
    }
}

static size_t sensitive_names(struct tf_run *run, const struct tf_form_file *f, const char ***ret)
{
    const char **name = TF_NEW_N(run->arena, const char *, f->n_rows + 1);
    size_t n = 0;
    for (size_t k = 0; k < f->n_rows; k++)
        if (f->row[k].sensitive)
            name[n++] = f->row[k].name;
    *ret = name;
    return n;
}

/* ---- the table of languages --------------------------------------------------------------------- */

static const char *const part_names[] = {"labels", "hints", "messages", "choices", "audio"};

static const char *share_text(struct tf_arena *a, size_t have, size_t of)
{
    struct tf_buf b = {.arena = a};
    if (of == 0)
        return "";
    tf_buf_printf(&b, "%zu of %zu, ", have, of);
    tf_buf_fixed(&b, 100.0 * (double)have / (double)of, 0);
    tf_buf_add(&b, "%");
    return tf_buf_text(&b);
}

static void say_languages(struct tf_run *run, const struct tf_language_share *share, size_t n)
{
    const size_t cols = TF_LINT_PARTS + 1;
    const char **cell = TF_NEW_N(run->arena, const char *, (n + 1) * cols);
    if (n == 0)
        return;
    cell[0] = "language";
    memcpy(cell + 1, part_names, sizeof part_names);
    for (size_t l = 0; l < n; l++) {
        cell[(l + 1) * cols] = share[l].language;
        for (size_t p = 0; p < TF_LINT_PARTS; p++)
            cell[(l + 1) * cols + 1 + p] = share_text(run->arena, share[l].have[p], share[l].of[p]);
    }
    tf_say_table(run->arena, cell, n + 1, cols);
}

static json_t *notice_list(const struct tf_notices *notices)
{
    static const char *const level[] = {
        [TF_NOTE] = "note", [TF_WARNING] = "warning", [TF_ERROR] = "error"};
    json_t *list = json_array();
    for (size_t k = 0; k < notices->n; k++) {
        const struct tf_notice *n = &notices->item[k];
        json_t *one = json_object();
        (void)json_object_set_new(one, "level", json_string(level[n->level]));
        (void)json_object_set_new(one, "id", json_string(n->id));
        if (n->file != NULL)
            (void)json_object_set_new(one, "file", json_string(n->file));
        if (n->line > 0)
            (void)json_object_set_new(one, "line", json_integer((json_int_t)n->line));
        (void)json_object_set_new(one, "text", json_string(n->text));
        if (n->help != NULL)
            (void)json_object_set_new(one, "help", json_string(n->help));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void say_json(const struct tf_form_file *f, const struct tf_language_share *share, size_t n,
                     const struct tf_notices *notices)
{
    json_t *all = json_object(), *languages = json_array();
    for (size_t l = 0; l < n; l++) {
        json_t *one = json_object();
        (void)json_object_set_new(one, "language", json_string(share[l].language));
        for (size_t p = 0; p < TF_LINT_PARTS; p++)
            (void)json_object_set_new(one, part_names[p],
                                      json_pack("{s:I,s:I}", "have", (json_int_t)share[l].have[p],
                                                "of", (json_int_t)share[l].of[p]));
        (void)json_array_append_new(languages, one);
    }
    (void)json_object_set_new(all, "form", json_string(f->form->id));
    (void)json_object_set_new(all, "version", json_string(f->form->version));
    (void)json_object_set_new(all, "languages", languages);
    (void)json_object_set_new(all, "notices", notice_list(notices));
    tf_say_json(all);
}

/* ---- the two commands --------------------------------------------------------------------------- */

enum tf_code tf_ask_lint(struct tf_run *run, struct tf_err *reterr)
{
    struct tf_form_file f;
    struct tf_notices notices = {.arena = run->arena};
    struct tf_language_share *share;
    struct tf_study *study = NULL;
    const char **word, **sensitive = NULL;
    size_t n;
    TF_TRY(tf_options(run, NULL, 0, &word, &n, reterr));
    if (n != 2)
        return tf_usage(run, reterr, n < 2 ? "name the form to look at" : "one form at a time");
    const enum tf_code code = tf_form_read(run->arena, word[1], &notices, &f, reterr);
    if (code != TF_OK) {
        struct tf_err all;
        if (tf_notices_count(&notices, TF_ERROR) > 1) /* the first is how the command ends */
            (void)tf_say_notices(run, &notices, &all);
        return code;
    }
    if (strcmp(run->study, ".") != 0 || tf_file_exists("study.yaml"))
        TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    const size_t n_sensitive = sensitive_names(run, &f, &sensitive);
    const size_t from = notices.n;
    tf_form_lint(run->arena, f.form, study, sensitive, n_sensitive, &notices);
    place_in_sheet(run, &f, &notices, from);
    n = tf_form_languages(run->arena, f.form, &share);
    if (run->json) {
        say_json(&f, share, n, &notices);
        return TF_OK;
    }
    say_languages(run, share, n);
    TF_TRY(tf_say_notices(run, &notices, reterr));
    tf_say("%s: %zu question%s and groups, %zu warning%s\n", f.form->id, f.form->n_fields,
           f.form->n_fields == 1 ? "" : "s", tf_notices_count(&notices, TF_WARNING),
           tf_notices_count(&notices, TF_WARNING) == 1 ? "" : "s");
    return TF_OK;
}

enum tf_code tf_ask_check_submission(struct tf_run *run, struct tf_err *reterr)
{
    struct tf_form_file f;
    struct tf_notices of_form = {.arena = run->arena}, notices = {.arena = run->arena};
    struct tf_bytes b;
    struct tf_instance *in;
    const char **word;
    size_t n;
    TF_TRY(tf_options(run, NULL, 0, &word, &n, reterr));
    if (n != 3)
        return tf_usage(run, reterr, "name a form and one submission");
    TF_TRY(tf_form_read(run->arena, word[1], &of_form, &f, reterr));
    TF_TRY(tf_file_read(run->arena, word[2], MAX_SUBMISSION, &b, reterr));
    TF_TRY(tf_instance_read(run->arena, f.form, b.data, b.n, &in, reterr));
    if (in->head.encrypted)
        return tf_fail(reterr, TF_E_INPUT, "'%s' is an encrypted submission: nothing of it can be "
                                           "read here", word[2]);
    if (strcmp(in->head.form_id, f.form->id) != 0)
        return tf_fail(reterr, TF_E_INPUT, "'%s' is a submission of the form '%s', not of '%s'",
                       word[2], in->head.form_id, f.form->id);
    if (strcmp(in->head.version, f.form->version) != 0)
        tf_notice_add(&notices, TF_NOTE, "version", word[2], 0, 0, NULL,
                      "the submission is of version '%s', the form is version '%s'",
                      in->head.version, f.form->version);
    tf_instance_check(run->arena, f.form, in, &notices);
    TF_TRY(tf_say_notices(run, &notices, reterr));
    const size_t found = tf_notices_count(&notices, TF_WARNING);
    if (!run->json)
        tf_say("%s: %zu answers, %zu finding%s\n", word[2], in->n_answers, found,
               found == 1 ? "" : "s");
    return TF_OK;
}
