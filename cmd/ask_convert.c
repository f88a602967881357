/* `trefoil ask convert`: an XLSForm in, an ODK XForm out.
 *
 * The document goes to the file named with -o, whole or not at all, and itemsets.csv beside it where the
 * form has external choices; without -o to standard output. What is to be said of the form goes to
 * standard error, and its warnings, as an array of sentences, to the file of --warnings-json whatever
 * the outcome. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/ask_parts.h"

struct asked {
    const char *form, *out, *name, *warnings;
    bool pretty;
};

static json_t *sentences(const struct tf_notices *notices, enum tf_level level)
{
    json_t *list = json_array();
    for (size_t k = 0; k < notices->n; k++)
        if (notices->item[k].level == level)
            (void)json_array_append_new(list, json_string(notices->item[k].text));
    return list;
}

static enum tf_code write_warnings(const char *path, const struct tf_notices *notices,
                                   struct tf_err *reterr)
{
    json_t *list = sentences(notices, TF_WARNING);
    char *text = json_dumps(list, JSON_INDENT(2));
    json_decref(list);
    if (text == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "out of memory while writing '%s'", path);
    const enum tf_code code = tf_file_write(path, text, strlen(text), reterr);
    free(text); /* jansson's own */
    return code;
}

/* Notices on standard error. The first fault is not among them: it is how the command ends. */
static void say(const struct tf_notices *notices)
{
    static const char *const word[] = {
        [TF_NOTE] = "note", [TF_WARNING] = "warning", [TF_ERROR] = "error"};
    bool first = true;
    for (size_t k = 0; k < notices->n; k++) {
        const struct tf_notice *n = &notices->item[k];
        if (n->level == TF_ERROR && first) {
            first = false;
            continue;
        }
        (void)fprintf(stderr, "%s: %s\n", word[n->level], n->text);
        if (n->help != NULL)
            (void)fprintf(stderr, "    %s\n", n->help);
    }
}

static enum tf_code write_form(const struct tf_run *run, const struct asked *q,
                               const struct tf_xform_made *made, const struct tf_notices *notices,
                               struct tf_err *reterr)
{
    const char *itemsets =
        q->out == NULL ? NULL
                       : tf_path_join(run->arena, tf_path_dir(run->arena, q->out), "itemsets.csv");
    if (q->out != NULL) {
        if (made->itemsets.n > 0)
            TF_TRY(tf_file_write(itemsets, made->itemsets.data, made->itemsets.n, reterr));
        TF_TRY(tf_file_write(q->out, made->xml.data, made->xml.n, reterr));
    }
    if (run->json) {
        json_t *o = json_object();
        (void)json_object_set_new(o, "id", json_string(made->id));
        (void)json_object_set_new(o, "version", json_string(made->version));
        if (q->out != NULL)
            (void)json_object_set_new(o, "file", json_string(q->out));
        else
            (void)json_object_set_new(o, "xml", json_stringn(made->xml.data, made->xml.n));
        if (q->out != NULL && made->itemsets.n > 0)
            (void)json_object_set_new(o, "itemsets", json_string(itemsets));
        (void)json_object_set_new(o, "warnings", sentences(notices, TF_WARNING));
        (void)json_object_set_new(o, "notes", sentences(notices, TF_NOTE));
        tf_say_json(o);
    } else if (q->out == NULL && fwrite(made->xml.data, 1, made->xml.n, stdout) != made->xml.n) {
        return tf_fail(reterr, TF_E_IO, "cannot write to standard output");
    }
    return TF_OK;
}

enum tf_code tf_ask_convert(struct tf_run *run, struct tf_err *reterr)
{
    struct asked q = {NULL, NULL, NULL, NULL, false};
    struct tf_notices notices = {.arena = run->arena};
    struct tf_xform_made made;
    const struct tf_option option[] = {{"-o", &q.out, NULL},
                                       {"--name", &q.name, NULL},
                                       {"--pretty", NULL, &q.pretty},
                                       {"--warnings-json", &q.warnings, NULL}};
    const char **word;
    size_t n;
    TF_TRY(tf_options(run, option, sizeof option / sizeof *option, &word, &n, reterr));
    if (n != 2)
        return tf_usage(run, reterr, n < 2 ? "name the form to convert"
                                           : "one form at a time is converted");
    q.form = word[1];
    const enum tf_code code =
        tf_xform_convert(run->arena, q.form, q.name, q.pretty, &notices, &made, reterr);
    if (!run->json)
        say(&notices);
    if (q.warnings != NULL) {
        struct tf_err other;
        const enum tf_code wrote =
            write_warnings(q.warnings, &notices, code == TF_OK ? reterr : &other);
        if (wrote != TF_OK && code == TF_OK)
            return wrote;
    }
    return code == TF_OK ? write_form(run, &q, &made, &notices, reterr) : code;
}
