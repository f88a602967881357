/* A submission read against its form: every node in document order, with its field and its place in
 * repeats.
 *
 *     <data><age>14</age><child><name/></child><child><name/></child></data>
 *
 *     answer  path               field  row         row  field  parent  number
 *     0       /data              0      0           0    -      0       1
 *     1       /data/age          1      0           1    child  0       1
 *     2       /data/child        2      1           2    child  0       2
 *     3       /data/child/name   3      1
 *     4       /data/child        2      2
 *     5       /data/child/name   3      2
 *
 * A node that the form does not know is kept with field SIZE_MAX: an older version of a form may have
 * had it. Templates of repeats (jr:template) are no answers and are left out. Names are local names. */
#include <string.h>

#include "ask/submission_scan.h"
#include "ask/xform_read.h"

enum { MAX_ANSWERS = 1000000 };

struct level { /* an open element */
    size_t answer;
    uint64_t hash;
};
struct reading {
    struct tf_arena *arena;
    const struct tf_xform *form;
    struct scan scan;
    struct tf_instance *in;
    size_t cap_answers, cap_rows;
    struct level level[SCAN_DEPTH + 1];
    size_t skip; /* depth of a template that is passed over, or 0 */
    struct tf_err *reterr;
};

static bool is_template(const struct scan *s)
{
    for (size_t k = 0; k < s->n_attrs; k++)
        if (scan_is(s->attr[k].name, "template") && s->attr[k].prefix.n > 0)
            return true;
    return false;
}

static const struct tf_xpairs_row *attributes(struct reading *r)
{
    const struct scan *s = &r->scan;
    struct tf_xpairs_row *row = NULL;
    for (size_t k = 0; k < s->n_attrs; k++) {
        if (scan_is(s->attr[k].prefix, "xmlns") || scan_is(s->attr[k].name, "xmlns"))
            continue;
        if (row == NULL) {
            row = TF_NEW(r->arena, struct tf_xpairs_row);
            row->name = TF_NEW_N(r->arena, const char *, s->n_attrs);
            row->value = TF_NEW_N(r->arena, const char *, s->n_attrs);
        }
        row->name[row->n] = scan_text(r->arena, s->attr[k].name, true);
        row->value[row->n++] = scan_text(r->arena, s->attr[k].value, false);
    }
    return row;
}

/* A new instance of a repeat: its row, numbered among those of the same row and field. */
static size_t new_row(struct reading *r, size_t field, size_t above)
{
    struct tf_instance *in = r->in;
    size_t number = 1;
    for (size_t k = in->n_rows; k-- > 1;) /* its elder sibling is near the end */
        if (in->row[k].field == field && in->row[k].parent == above) {
            number = in->row[k].number + 1;
            break;
        } else if (k == above) {
            break;
        }
    in->row = tf_grow(r->arena, in->row, in->n_rows, &r->cap_rows, sizeof *in->row);
    in->row[in->n_rows] = (struct tf_repeat_row){field, above, number};
    return in->n_rows++;
}

static const char *path_of(struct reading *r, const struct tf_answer *above, size_t field)
{
    if (field != SIZE_MAX)
        return r->form->field[field].path;
    const size_t n = above == NULL ? 0 : strlen(above->path);
    if (n + r->scan.name.n + 1 > SCAN_PATH)
        return NULL;
    return tf_printf(r->arena, "%s/%.*s", above == NULL ? "" : above->path, (int)r->scan.name.n,
                     r->scan.name.s);
}

static enum tf_code too_much(struct reading *r, const char *fact)
{
    (void)tf_fail(r->reterr, TF_E_LIMIT, "the submission is larger than is read");
    (void)tf_fact(r->reterr, "%s", fact);
    return tf_help(r->reterr, "Is it a submission of this form?");
}

static enum tf_code open_element(struct reading *r)
{
    struct tf_instance *in = r->in;
    const struct scan *s = &r->scan;
    const size_t depth = s->depth;
    const size_t up = depth == 1 ? SIZE_MAX : r->level[depth - 1].answer;
    const size_t up_field = up == SIZE_MAX ? SIZE_MAX : in->answer[up].field;
    size_t field = SIZE_MAX;
    r->level[depth].hash =
        tf_path_hash_step(depth == 1 ? tf_path_hash_root() : r->level[depth - 1].hash, s->name.s,
                          s->name.n);
    if (up == SIZE_MAX || up_field != SIZE_MAX)
        field = tf_xform_below(r->form, up_field, r->level[depth].hash, s->name.s, s->name.n);
    if (in->n_answers == MAX_ANSWERS)
        return too_much(r, "At most 1,000,000 nodes are read.");
    const char *path = path_of(r, up == SIZE_MAX ? NULL : &in->answer[up], field);
    if (path == NULL)
        return too_much(r, "The path of a node that the form does not know is longer than 4096.");
    struct tf_answer a = {.field = field, .path = path, .parent = up};
    a.row = up == SIZE_MAX ? 0 : in->answer[up].row;
    const enum tf_xtype type = field == SIZE_MAX ? TF_X_STRING : r->form->field[field].type;
    if (type == TF_X_REPEAT)
        a.row = new_row(r, field, a.row);
    a.text = type == TF_X_GROUP || type == TF_X_REPEAT ? NULL : "";
    if (s->n_attrs > 0)
        a.attribute = attributes(r);
    if (up != SIZE_MAX && in->answer[up].field == SIZE_MAX)
        in->answer[up].text = NULL; /* unknown, and it has nodes below: a group */
    in->answer = tf_grow(r->arena, in->answer, in->n_answers, &r->cap_answers, sizeof *in->answer);
    r->level[depth].answer = in->n_answers;
    in->answer[in->n_answers++] = a;
    return TF_OK;
}

static void take_text(struct reading *r)
{
    struct tf_answer *a = &r->in->answer[r->level[r->scan.depth].answer];
    if (a->text == NULL)
        return;
    if (*a->text == '\0')
        a->text = NULL;
    scan_join(r->arena, &a->text, &r->scan);
}

static enum tf_code step(struct reading *r, enum scan_kind kind)
{
    const size_t depth = r->scan.depth;
    if (r->skip > 0) {
        if (kind == SCAN_CLOSE && depth == r->skip)
            r->skip = 0;
        return TF_OK;
    }
    if (kind == SCAN_OPEN) {
        if (depth > 1 && is_template(&r->scan)) {
            r->skip = depth;
            return TF_OK;
        }
        return open_element(r);
    }
    if (kind == SCAN_CLOSE)
        r->in->answer[r->level[depth].answer].end = r->in->n_answers;
    else if (depth > 0)
        take_text(r);
    return TF_OK;
}

/* White space between the elements of an unknown group is no text, nor is it an answer elsewhere. */
static void blank_texts(struct tf_instance *in)
{
    for (size_t k = 0; k < in->n_answers; k++)
        if (in->answer[k].text != NULL && in->answer[k].text[0] != '\0' &&
            tf_is_blank(in->answer[k].text))
            in->answer[k].text = "";
}

enum tf_code tf_instance_read(struct tf_arena *arena, const struct tf_xform *form, const char *xml,
                              size_t n, struct tf_instance **ret, struct tf_err *reterr)
{
    struct tf_instance *in = TF_NEW(arena, struct tf_instance);
    struct reading r;
    enum scan_kind kind;
    TF_TRY(tf_instance_head(arena, xml, n, &in->head, reterr));
    r.arena = arena;
    r.form = form;
    r.in = in;
    r.cap_answers = r.cap_rows = r.skip = 0;
    r.reterr = reterr;
    in->row = tf_grow(arena, NULL, 0, &r.cap_rows, sizeof *in->row);
    in->row[in->n_rows++] = (struct tf_repeat_row){SIZE_MAX, 0, 1};
    scan_begin(&r.scan, xml, n);
    while ((kind = scan_next(&r.scan)) > SCAN_END)
        TF_TRY(step(&r, kind));
    if (kind == SCAN_FAULT)
        return scan_fail(&r.scan, reterr);
    blank_texts(in);
    *ret = in;
    return TF_OK;
}

enum tf_code tf_instance_media(struct tf_arena *arena, const struct tf_xform *form, const char *xml,
                               size_t n, const char ***ret_name, size_t *ret_n,
                               struct tf_err *reterr)
{
    struct tf_instance *in;
    const char **name = NULL;
    size_t found = 0, cap = 0;
    TF_TRY(tf_instance_read(arena, form, xml, n, &in, reterr));
    for (size_t k = 0; k < in->n_answers; k++) {
        const struct tf_answer *a = &in->answer[k];
        const bool audit = a->parent != SIZE_MAX && tf_ends(a->path, "/meta/audit") &&
                           in->answer[a->parent].parent == 0;
        const bool binary = a->field != SIZE_MAX && form->field[a->field].type == TF_X_BINARY;
        if ((!audit && !binary) || tf_is_blank(a->text))
            continue;
        const char *file = tf_trim(arena, a->text);
        size_t j = 0;
        while (j < found && strcmp(name[j], file) != 0)
            j++;
        if (j < found)
            continue;
        name = tf_grow(arena, name, found, &cap, sizeof *name);
        name[found++] = file;
    }
    *ret_name = name;
    *ret_n = found;
    return TF_OK;
}
