/* Crosswalks: a question keeps its column when a form gets a new version.
 *
 * Fieldwork goes on while a form is mended: a question is renamed, a scale gets a step more, a trial
 * item goes. The answers given under the old version stay what they were; the crosswalk says in a
 * file of the study, which can be read and signed, which column and which code each belongs to now.
 * What it does not mention keeps its name and its codes.
 *
 * What it does not do: compute. Two old questions never become one, nor one two: that is a
 * derivation, and stands in a recipe where it is seen. */
#include <string.h>

#include "keep/crosswalk.h"

enum { FIELD, VERSION, OLD_NAME, CODE_OLD, CODE_NEW, NOTE, N_COLUMNS };
static const char *const head[N_COLUMNS + 1] = {"field",    "version",  "old_name", "code_old",
                                                "code_new", "note",     NULL};
static const char missing_prefix[] = "missing:";

struct reading {
    struct tf_arena *arena;
    const struct tf_table *t;
    const size_t *line;
    size_t col[N_COLUMNS]; /* SIZE_MAX: the file has no such column */
    struct tf_crosswalk *cw;
};

static enum tf_code find_columns(struct reading *r, struct tf_err *reterr)
{
    for (size_t k = 0; k < N_COLUMNS; k++)
        r->col[k] = SIZE_MAX;
    for (size_t c = 0; c < r->t->n_cols; c++) {
        size_t k = 0;
        while (head[k] != NULL && strcmp(head[k], r->t->col[c].name) != 0)
            k++;
        if (head[k] == NULL) {
            const char *near = tf_nearest(r->t->col[c].name, head);
            (void)tf_fail_at(reterr, TF_E_INPUT, r->cw->file, 1, 0,
                             "a crosswalk has no column '%.80s'", r->t->col[c].name);
            return near != NULL ? tf_help(reterr, "Did you mean '%s'?", near)
                                : tf_help(reterr, "It has field, version, old_name, code_old, code_new "
                                                  "and note.");
        }
        r->col[k] = c;
    }
    for (size_t k = 0; k <= VERSION; k++)
        if (r->col[k] == SIZE_MAX) {
            (void)tf_fail_at(reterr, TF_E_INPUT, r->cw->file, 1, 0, "the column '%s' is missing", head[k]);
            return tf_help(reterr, "A crosswalk begins: field,version,old_name,code_old,code_new,note");
        }
    return TF_OK;
}

static const char *cell(const struct reading *r, size_t row, size_t column)
{
    return r->col[column] == SIZE_MAX ? ""
                                      : tf_trim(r->arena, r->t->col[r->col[column]].text[row]);
}

static enum tf_code wrong(const struct reading *r, size_t row, struct tf_err *reterr,
                          const char *what, const char *help)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, r->cw->file, r->line[row], 0, "%s", what);
    return tf_help(reterr, "%s", help);
}

static struct tf_crosswalk_field *entry_of(struct tf_crosswalk *cw, const char *version,
                                           const char *old_name)
{
    for (size_t k = 0; k < cw->n; k++)
        if (strcmp(cw->item[k].version, version) == 0 && strcmp(cw->item[k].old_name, old_name) == 0)
            return &cw->item[k];
    return NULL;
}

static enum tf_code read_code(const struct reading *r, size_t row, struct tf_crosswalk_field *f,
                              struct tf_err *reterr)
{
    struct tf_crosswalk_code c = {.from = cell(r, row, CODE_OLD),
                                  .to = cell(r, row, CODE_NEW),
                                  .line = r->line[row]};
    if (c.from[0] == '\0' || c.to[0] == '\0')
        return wrong(r, row, reterr, "a code stands without the other",
                     "Give both code_old and code_new, or none to rename only.");
    if (tf_crosswalk_recode(f, c.from) != NULL)
        return wrong(r, row, reterr, "this code of this version is mapped twice", "Take one of the lines out.");
    if (tf_starts(c.to, missing_prefix)) {
        if (!tf_miss_named(c.to + strlen(missing_prefix), &c.why) || c.why == TF_PRESENT)
            return wrong(r, row, reterr, "code_new names no reason for a missing value",
                         "Write missing:dont_know, missing:prefer_not, missing:refused, missing:void …");
        c.to = "";
    }
    f->code = tf_grow(r->arena, f->code, f->n_codes, &f->cap_codes, sizeof *f->code);
    f->code[f->n_codes++] = c;
    return TF_OK;
}

static enum tf_code read_row(struct reading *r, size_t row, struct tf_err *reterr)
{
    const char *field = cell(r, row, FIELD), *version = cell(r, row, VERSION);
    const char *old_name = cell(r, row, OLD_NAME);
    const bool code = cell(r, row, CODE_OLD)[0] != '\0' || cell(r, row, CODE_NEW)[0] != '\0';
    struct tf_crosswalk *cw = r->cw;
    if (version[0] == '\0')
        return wrong(r, row, reterr, "no version", "Give the form's version, or * for all of them.");
    if (field[0] == '\0' && old_name[0] == '\0')
        return wrong(r, row, reterr, "neither field nor old_name",
                     "field is the column of the dataset; to leave a question out, give old_name alone.");
    if (old_name[0] == '\0')
        old_name = field;
    struct tf_crosswalk_field *f = entry_of(cw, version, old_name);
    if (f != NULL && !tf_streq(f->field, field[0] == '\0' ? NULL : field))
        return wrong(r, row, reterr, "this question of this version goes to two columns",
                     "One question becomes one column; derive others in a recipe.");
    if (f != NULL && !code)
        return wrong(r, row, reterr, "this line stands twice", "Take one of them out.");
    if (f == NULL) {
        cw->item = tf_grow(r->arena, cw->item, cw->n, &cw->cap, sizeof *cw->item);
        f = &cw->item[cw->n++];
        *f = (struct tf_crosswalk_field){.field = field[0] == '\0' ? NULL : field,
                                         .version = version,
                                         .old_name = old_name,
                                         .line = r->line[row]};
    }
    if (code && f->field == NULL)
        return wrong(r, row, reterr, "a question that is left out needs no codes", "Take the codes out.");
    return code ? read_code(r, row, f, reterr) : TF_OK;
}

/* Two questions of one version in one column would overwrite each other. */
static enum tf_code check_targets(const struct tf_crosswalk *cw, struct tf_err *reterr)
{
    for (size_t k = 0; k < cw->n; k++)
        for (size_t j = 0; j < k; j++)
            if (cw->item[k].field != NULL && tf_streq(cw->item[k].field, cw->item[j].field) &&
                strcmp(cw->item[k].version, cw->item[j].version) == 0) {
                (void)tf_fail_at(reterr, TF_E_INPUT, cw->file, cw->item[k].line, 0,
                                 "two questions of version '%s' go to the column '%s'",
                                 cw->item[k].version, cw->item[k].field);
                (void)tf_fact(reterr, "the other stands in line %zu", cw->item[j].line);
                return tf_help(reterr, "A column takes one question of each version.");
            }
    return TF_OK;
}

static enum tf_code take(struct tf_arena *arena, const char *file, const struct tf_table *t,
                         const size_t *line, struct tf_crosswalk **ret, struct tf_err *reterr)
{
    struct reading r = {.arena = arena, .t = t, .line = line, .cw = TF_NEW(arena, struct tf_crosswalk)};
    r.cw->file = tf_strdup(arena, file);
    TF_TRY(find_columns(&r, reterr));
    if (t->n_rows > 20000)
        return tf_fail_at(reterr, TF_E_LIMIT, file, 0, 0, "a crosswalk has at most 20,000 lines");
    for (size_t row = 0; row < t->n_rows; row++)
        TF_TRY(read_row(&r, row, reterr));
    TF_TRY(check_targets(r.cw, reterr));
    *ret = r.cw;
    return TF_OK;
}

enum tf_code tf_crosswalk_read(struct tf_arena *arena, const char *path, struct tf_crosswalk **ret,
                               struct tf_err *reterr)
{
    struct tf_table *t;
    size_t *line = NULL;
    TF_TRY(tf_csv_read(arena, path, (struct tf_csv_opt){.threads = 1, .ret_line = &line}, &t, reterr));
    return take(arena, path, t, line, ret, reterr);
}

enum tf_code tf_crosswalk_parse(struct tf_arena *arena, const char *name, const char *data, size_t n,
                                struct tf_crosswalk **ret, struct tf_err *reterr)
{
    struct tf_table *t;
    size_t *line = NULL;
    TF_TRY(tf_csv_parse(arena, name, data, n, (struct tf_csv_opt){.threads = 1, .ret_line = &line}, &t,
                        reterr));
    return take(arena, name, t, line, ret, reterr);
}

const struct tf_crosswalk_field *tf_crosswalk_find(const struct tf_crosswalk *cw,
                                                   const char *version, const char *old_name)
{
    const struct tf_crosswalk_field *of_all = NULL;
    for (size_t k = 0; cw != NULL && k < cw->n; k++) {
        const struct tf_crosswalk_field *f = &cw->item[k];
        if (strcmp(f->old_name, old_name) != 0)
            continue;
        if (strcmp(f->version, version) == 0)
            return f;
        if (strcmp(f->version, "*") == 0)
            of_all = f;
    }
    return of_all;
}

const struct tf_crosswalk_code *tf_crosswalk_recode(const struct tf_crosswalk_field *f,
                                                    const char *value)
{
    for (size_t k = 0; f != NULL && k < f->n_codes; k++)
        if (strcmp(f->code[k].from, value) == 0)
            return &f->code[k];
    return NULL;
}
