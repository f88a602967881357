/* A new study, from the template that is built into the program.
 *
 * The template is a folder of ordinary files (src/ask/template), each commented for who will edit
 * it, so that it can be read and improved without touching a line of C. One thing differs between
 * the folder and what is written: an instrument stands in it as three CSV sheets,
 *
 *     child.survey.csv  child.choices.csv  child.settings.csv   ->   child.xlsx
 *
 * because CSV shows in a diff what changed in a questionnaire, and an .xlsx does not.
 *
 * The folder must be empty or not there; when writing fails, what was written is taken away. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask/inside.h"
#include "base/embedded.h"
#include "base/xlsx.h"

#include "gen/ask_template.h"

struct written { /* to take away again */
    struct tf_arena *arena;
    const char *dir;
    const char **path;
    size_t n, cap;
};

static void take_away(struct written *w, bool folder_was_there)
{
    while (w->n > 0) {
        const char *path = w->path[--w->n];
        (void)unlink(path);
        for (char *up = tf_path_dir(w->arena, path); strlen(up) > strlen(w->dir);
             up = tf_path_dir(w->arena, up))
            if (rmdir(up) != 0)
                break;
    }
    if (!folder_was_there)
        (void)rmdir(w->dir);
}

static const struct tf_embedded *find(const char *name)
{
    for (const struct tf_embedded *e = tf_ask_template; e->name != NULL; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

static enum tf_code make_sheet(struct tf_arena *arena, const struct tf_embedded *e,
                               const char *name, struct tf_sheet *ret, struct tf_err *reterr)
{
    struct tf_table *t;
    TF_TRY(tf_csv_parse(arena, e->name, (const char *)e->data, e->n,
                        (struct tf_csv_opt){.guess_numbers = false}, &t, reterr));
    const char **cell = TF_NEW_N(arena, const char *, (t->n_rows + 1) * t->n_cols);
    for (size_t c = 0; c < t->n_cols; c++) {
        cell[c] = t->col[c].name;
        for (size_t r = 0; r < t->n_rows; r++)
            cell[(r + 1) * t->n_cols + c] = t->col[c].text[r];
    }
    *ret = (struct tf_sheet){
        .name = name, .n_rows = t->n_rows + 1, .n_cols = t->n_cols, .cell = cell};
    return TF_OK;
}

/* "children/child" -> children/child.xlsx of its sheets. */
static enum tf_code write_instrument(struct tf_arena *arena, const char *stem, const char *path,
                                     struct tf_err *reterr)
{
    static const char *const names[] = {"survey", "choices", "settings"};
    struct tf_sheet sheet[3];
    size_t n = 0;
    for (size_t k = 0; k < 3; k++) {
        const struct tf_embedded *e = find(tf_printf(arena, "%s.%s.csv", stem, names[k]));
        if (e != NULL)
            TF_TRY(make_sheet(arena, e, names[k], &sheet[n++], reterr));
    }
    return tf_xlsx_write(path, sheet, n, true, reterr);
}

static enum tf_code write_one(struct written *w, const struct tf_embedded *e,
                              struct tf_err *reterr)
{
    static const char *const tail = ".survey.csv";
    const bool form = tf_ends(e->name, tail);
    const char *stem = tf_strndup(w->arena, e->name, strlen(e->name) - (form ? strlen(tail) : 0));
    if (tf_ends(e->name, ".choices.csv") || tf_ends(e->name, ".settings.csv"))
        return TF_OK; /* written with the survey */
    const char *path =
        tf_path_join(w->arena, w->dir, form ? tf_printf(w->arena, "%s.xlsx", stem) : e->name);
    TF_TRY(tf_dir_make(tf_path_dir(w->arena, path), reterr));
    w->path = tf_grow(w->arena, w->path, w->n, &w->cap, sizeof *w->path);
    w->path[w->n++] = path;
    if (form)
        return write_instrument(w->arena, stem, path, reterr);
    return tf_file_write(path, e->data, e->n, reterr);
}

static enum tf_code check_folder(struct tf_arena *arena, const char *dir, struct tf_err *reterr)
{
    char **name;
    size_t n;
    if (tf_file_exists(dir))
        return tf_fail_at(reterr, TF_E_REFUSED, dir, 0, 0, "'%s' is a file", dir);
    if (!tf_dir_exists(dir))
        return TF_OK;
    TF_TRY(tf_dir_list(arena, dir, &name, &n, reterr));
    if (n == 0)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_REFUSED, dir, 0, 0, "the folder '%s' is not empty", dir);
    (void)tf_fact(reterr, "it holds '%s'%s", name[0], n > 1 ? " and more" : "");
    return tf_help(reterr, "Name an empty folder, or one that is not there yet.");
}

enum tf_code tf_study_init(struct tf_arena *arena, const char *dir, const char *template_name,
                           struct tf_err *reterr)
{
    static const char *const templates[] = {"disrupting-harm", NULL};
    struct written w = {.arena = arena, .dir = dir};
    if (strcmp(template_name, templates[0]) != 0) {
        (void)tf_fail(reterr, TF_E_USAGE, "there is no template '%s'", template_name);
        return tf_help(reterr, "There is: %s.", templates[0]);
    }
    TF_TRY(check_folder(arena, dir, reterr));
    const bool there = tf_dir_exists(dir);
    TF_TRY(tf_dir_make(dir, reterr));
    for (const struct tf_embedded *e = tf_ask_template; e->name != NULL; e++) {
        const enum tf_code code = write_one(&w, e, reterr);
        if (code != TF_OK) {
            take_away(&w, there);
            return code;
        }
    }
    return TF_OK;
}
