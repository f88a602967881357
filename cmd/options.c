/* What the verbs share: options, plain tables, JSON, notices, the check of a country. See cmd.h. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask.h"
#include "cmd/cmd.h"

enum tf_code tf_usage(struct tf_run *run, struct tf_err *reterr, const char *format, ...)
{
    va_list ap;
    char text[400];
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    (void)tf_fail(reterr, TF_E_USAGE, "%s", text);
    return tf_help(reterr, "`trefoil %s --help` explains the command.", run->verb);
}

static enum tf_code unknown_option(struct tf_run *run, const struct tf_option *option, size_t n,
                                   const char *word, struct tf_err *reterr)
{
    const char **known = TF_NEW_N(run->arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        known[k] = option[k].name;
    const char *near = tf_nearest(word, known);
    (void)tf_fail(reterr, TF_E_USAGE, "`trefoil %s` has no option '%s'", run->verb, word);
    if (near != NULL)
        return tf_help(reterr, "Did you mean %s?", near);
    return tf_help(reterr, "`trefoil %s --help` lists the options.", run->verb);
}

enum tf_code tf_options(struct tf_run *run, const struct tf_option *option, size_t n,
                        const char ***ret_word, size_t *ret_n, struct tf_err *reterr)
{
    const char **word = TF_NEW_N(run->arena, const char *, (size_t)run->argc + 1);
    size_t words = 0;
    bool literal = false;
    for (int k = 0; k < run->argc; k++) {
        const char *arg = run->argv[k];
        if (literal || arg[0] != '-' || strchr("0123456789.", arg[1]) != NULL) { /* "-" and "-5" too */
            word[words++] = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            literal = true;
            continue;
        }
        const size_t len = strcspn(arg, "=");
        size_t j = 0;
        while (j < n && (strncmp(option[j].name, arg, len) != 0 || option[j].name[len] != '\0'))
            j++;
        if (j == n)
            return unknown_option(run, option, n, tf_strndup(run->arena, arg, len), reterr);
        if (option[j].flag != NULL) {
            *option[j].flag = true;
        } else if (arg[len] == '=') {
            *option[j].text = arg + len + 1;
        } else if (k + 1 < run->argc) {
            *option[j].text = run->argv[++k];
        } else {
            return tf_usage(run, reterr, "%s needs a value", option[j].name);
        }
    }
    *ret_word = word;
    *ret_n = words;
    return TF_OK;
}

void tf_say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)vprintf(format, ap);
    va_end(ap);
}

void tf_say_json(struct json_t *value)
{
    (void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
    tf_say("\n");
    json_decref(value);
}

enum tf_code tf_need_country(struct tf_arena *a, const struct tf_study *study, const char *country,
                             struct tf_err *reterr)
{
    struct tf_buf list = {.arena = a};
    const char **known = TF_NEW_N(a, const char *, study->n_countries + 1);
    if (tf_study_country(study, country) != NULL)
        return TF_OK;
    for (size_t k = 0; k < study->n_countries; k++) {
        known[k] = study->country[k].code;
        tf_buf_printf(&list, "%s%s", k == 0 ? "" : ", ", known[k]);
    }
    const char *near = tf_nearest(country, known);
    (void)tf_fail_at(reterr, TF_E_USAGE, study->file, 0, 0, "the study has no country '%s'", country);
    (void)tf_fact(reterr, "It has: %s.", tf_buf_text(&list));
    return tf_help(reterr, near != NULL ? "Did you mean %s?" : "Countries stand under `countries:`.",
                   near);
}

/* Columns a text takes on a terminal: code points, which is right for the scripts in tables. */
static size_t columns(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void tf_say_table(struct tf_arena *a, const char *const *cell, size_t n_rows, size_t n_cols)
{
    size_t *width = TF_NEW_N(a, size_t, n_cols);
    bool *right = TF_NEW_N(a, bool, n_cols);
    for (size_t c = 0; c < n_cols; c++) {
        right[c] = n_rows > 1;
        for (size_t r = 0; r < n_rows; r++) {
            const char *s = cell[r * n_cols + c];
            double x;
            if (columns(s) > width[c])
                width[c] = columns(s);
            if (r > 0 && *s != '\0' && !tf_parse_double(s, &x))
                right[c] = false;
        }
    }
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t c = 0; c < n_cols; c++) {
            const char *s = cell[r * n_cols + c];
            const int pad = (int)(width[c] - columns(s));
            if (right[c])
                (void)printf("%*s%s", pad, "", s);
            else
                (void)printf("%s%*s", s, c + 1 < n_cols ? pad : 0, "");
            (void)printf(c + 1 < n_cols ? "  " : "\n");
        }
    }
}

enum tf_code tf_say_notices(struct tf_run *run, const struct tf_notices *notices,
                            struct tf_err *reterr)
{
    static const char *const level[] = {"note", "warning", "error"};
    json_t *list = run->json ? json_array() : NULL;
    for (size_t k = 0; k < notices->n; k++) {
        const struct tf_notice *n = &notices->item[k];
        if (run->json) {
            json_t *one = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:s, s:s?}", "level",
                                    level[n->level], "id", n->id, "file", n->file, "line",
                                    (json_int_t)n->line, "column", (json_int_t)n->column, "text",
                                    n->text, "help", n->help);
            (void)json_array_append_new(list, one);
            continue;
        }
        if (n->file != NULL)
            tf_say("%s:", n->file);
        if (n->file != NULL && n->line > 0)
            tf_say("%zu:", n->line);
        if (n->file != NULL && n->line > 0 && n->column > 0)
            tf_say("%zu:", n->column);
        tf_say("%s%s: %s [%s]\n", n->file != NULL ? " " : "", level[n->level], n->text, n->id);
        if (n->help != NULL)
            tf_say("    %s\n", n->help);
    }
    if (run->json) {
        json_t *root = json_pack("{s:I, s:I, s:o}", "errors",
                                 (json_int_t)tf_notices_count(notices, TF_ERROR), "warnings",
                                 (json_int_t)(tf_notices_count(notices, TF_WARNING) -
                                              tf_notices_count(notices, TF_ERROR)),
                                 "notices", list);
        tf_say_json(root);
    }
    const size_t errors = tf_notices_count(notices, TF_ERROR);
    if (errors == 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_INPUT, "%zu error%s found", errors, errors == 1 ? "" : "s");
    return tf_help(reterr, "They are listed above; nothing was changed.");
}
