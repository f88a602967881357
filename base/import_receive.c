/* What the children of an import send: see import_inside.h for the stream.
 *
 * The parent believes nothing: counts are checked before memory is taken for them, every text is
 * made valid UTF-8 (a byte that is not becomes '?': SPSS cuts texts in the middle of a letter),
 * and a stream that ends before its last word is a damaged file, whatever the child says. Where two
 * children read one file, the first says what the table is, and the second must agree.
 *
 * A text variable that holds only numbers becomes a number column: SPSS files of surveys keep
 * answer codes as texts ("1", "2") so often that leaving them would hide most of a file. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/import_inside.h"
#include "base/text.h"

static const size_t max_stream = (size_t)4 * 1024 * 1024 * 1024;

/* ---- The stream --------------------------------------------------------------------------- */

struct input {
    int fd;
    size_t from, n; /* what of piece is not taken yet */
    size_t total;
    const char *wrong; /* the first thing that was; all later reads give zeros */
    char piece[1 << 16];
};

static void wrong(struct input *in, const char *what)
{
    if (in->wrong == NULL)
        in->wrong = what;
}

/* n bytes into `to`; large ones go there without a stop between. */
static void take(struct input *in, void *to, size_t n)
{
    char *p = to;
    if (in->wrong == NULL && n > max_stream - in->total)
        wrong(in, "it unfolds to more than 4 GB");
    in->total += n;
    while (n > 0 && in->wrong == NULL) {
        if (in->from < in->n) {
            const size_t have = in->n - in->from, part = n < have ? n : have;
            memcpy(p, in->piece + in->from, part);
            in->from += part;
            p += part;
            n -= part;
            continue;
        }
        const bool direct = n >= sizeof in->piece;
        const ssize_t got = read(in->fd, direct ? p : in->piece, direct ? n : sizeof in->piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            wrong(in, "its reader ended early");
        } else if (direct) {
            p += got;
            n -= (size_t)got;
        } else {
            in->from = 0;
            in->n = (size_t)got;
        }
    }
    if (n > 0)
        memset(p, 0, n);
}

static size_t take_u8(struct input *in)
{
    unsigned char x;
    take(in, &x, sizeof x);
    return x;
}

static size_t take_u32(struct input *in)
{
    uint32_t x;
    take(in, &x, sizeof x);
    return x;
}

static size_t take_u64(struct input *in)
{
    uint64_t x;
    take(in, &x, sizeof x);
    return x;
}

static void make_utf8(char *s, size_t n)
{
    for (size_t at = 0; (at += tf_utf8_valid(s + at, n - at)) < n;)
        s[at++] = '?';
}

static char *take_text(struct input *in, struct tf_arena *arena)
{
    size_t n = take_u32(in);
    if (n > 65536) {
        wrong(in, "a name or label is longer than 64 KB");
        n = 0;
    }
    char *s = tf_alloc(arena, n + 1);
    take(in, s, n);
    make_utf8(s, n);
    return s;
}

struct set {
    bool is_text;
    struct tf_label *item; /* of values; then of declared codes, which have a text in a set of numbers */
    size_t n, n_values;
};

static struct set take_set(struct input *in, struct tf_arena *arena)
{
    struct set s = {.is_text = take_u8(in) != 0};
    const size_t n = take_u32(in);
    size_t cap = 0;
    for (size_t k = 0; k < n && in->wrong == NULL; k++) {
        struct tf_label l = {.value = 0};
        take(in, &l.value, sizeof l.value);
        const char *text = take_text(in, arena);
        l.text = s.is_text || text[0] != '\0' ? text : NULL;
        l.label = take_text(in, arena);
        s.item = tf_grow(arena, s.item, s.n, &cap, sizeof *s.item);
        s.item[s.n++] = l;
    }
    for (size_t k = 0; k < s.n; k++) /* values first, in their order */
        if (s.is_text || s.item[k].text == NULL) {
            const struct tf_label l = s.item[k];
            memmove(s.item + s.n_values + 1, s.item + s.n_values, (k - s.n_values) * sizeof l);
            s.item[s.n_values++] = l;
        }
    return s;
}

/* The codes that a child says its rows have, as numbers of the column's own list. */
static void take_declared(struct input *in, struct tf_arena *arena, struct tf_column *c,
                          const struct set *set, uint8_t known[256])
{
    const size_t n = take_u32(in);
    if (n > 255)
        wrong(in, "a variable declares more than 255 codes missing");
    for (size_t k = 0; k < n && in->wrong == NULL; k++) {
        struct tf_declared d = {.value = 0};
        take(in, &d.value, sizeof d.value);
        const char *text = take_text(in, arena);
        d.text = text[0] == '\0' ? NULL : text;
        d.value = d.text != NULL ? (double)NAN : d.value;
        size_t at = 0;
        while (at < c->n_declared && !(d.text != NULL ? tf_streq(c->declared[at].text, d.text)
                                                      : c->declared[at].value == d.value))
            at++;
        if (at == c->n_declared && at < 255) {
            for (size_t j = 0; set != NULL && j < set->n; j++)
                if (d.text != NULL ? tf_streq(set->item[j].text, d.text)
                                   : set->item[j].text == NULL && set->item[j].value == d.value)
                    d.label = set->item[j].label;
            if (c->declared == NULL)
                c->declared = TF_NEW_N(arena, struct tf_declared, 255);
            c->declared[c->n_declared++] = d;
        }
        known[k + 1] = at < 255 ? (uint8_t)(at + 1) : 0;
    }
}

/* For each column and child: what its declared code k is in the column's list. */
struct tf_import_codes {
    size_t n, rows[TF_IMPORT_MAX_SHARES];
    uint8_t (*known)[TF_IMPORT_MAX_SHARES][256]; /* [n_cols] */
};

static void settle_numbers(struct tf_column *c, const uint8_t known[256], size_t first, size_t end)
{
    for (size_t row = first; row < end; row++) {
        if (isfinite(c->num[row]))
            continue;
        uint64_t bits;
        memcpy(&bits, &c->num[row], sizeof bits);
        if (c->declared_of != NULL)
            c->declared_of[row] = known[bits & 255];
        c->miss[row] = TF_MISS_SYSTEM;
        if (!isnan(c->num[row]))
            c->num[row] = (double)NAN;
    }
}

void tf_import_settle(struct tf_table *t, const struct tf_import_codes *codes)
{
    for (size_t col = 0; col < t->n_cols; col++) {
        struct tf_column *c = &t->col[col];
        size_t first = 0;
        if (c->n_declared > 0)
            c->declared_of = TF_NEW_N(t->arena, uint8_t, t->n_rows);
        for (size_t k = 0; k < codes->n; first += codes->rows[k++])
            if (c->type == TF_NUMBER)
                settle_numbers(c, codes->known[col][k], first, first + codes->rows[k]);
    }
}

static void take_texts(struct input *in, struct tf_arena *arena, struct tf_column *c, size_t first,
                       size_t n_rows)
{
    const size_t bytes = take_u64(in);
    if (bytes < n_rows || bytes > max_stream - (in->total < max_stream ? in->total : max_stream)) {
        wrong(in, "a text variable is longer than its file can hold");
        return;
    }
    char *s = tf_alloc(arena, bytes + 1), *end = s + bytes;
    take(in, s, bytes);
    make_utf8(s, bytes);
    for (size_t row = first; row < first + n_rows; row++) {
        if (s >= end) {
            wrong(in, "a text variable is shorter than the others");
            return;
        }
        c->text[row] = s;
        c->miss[row] = s[0] == '\0' ? TF_MISS_SYSTEM : TF_PRESENT;
        s += strlen(s) + 1;
    }
    if (s != end)
        wrong(in, "a text variable is longer than the others");
}

/* What the children of one file send; the first says what the table is, the others agree. */
struct inputs {
    struct input *in[TF_IMPORT_MAX_SHARES];
    size_t n, rows[TF_IMPORT_MAX_SHARES], n_cols, n_sets;
    struct set *set;
    struct tf_import_field field;
    bool in_field; /* numbers are there */
    struct tf_import_codes *codes;
};

static const char *wrong_of(const struct inputs *from)
{
    for (size_t k = 0; k < from->n; k++)
        if (from->in[k]->wrong != NULL)
            return from->in[k]->wrong;
    return NULL;
}

static void take_numbers(const struct inputs *from, size_t k, struct tf_table *t,
                         struct tf_column *c, const struct set *set, size_t first)
{
    struct input *in = from->in[k];
    take_declared(in, t->arena, c, set, from->codes->known[c - t->col][k]);
    if (!from->in_field)
        take(in, c->num + first, from->rows[k] * sizeof *c->num);
}

static void take_column(const struct inputs *from, struct tf_table *t)
{
    struct tf_column *c = NULL;
    const struct set *set = NULL;
    size_t col = 0, first = 0;
    for (size_t k = 0; k < from->n && wrong_of(from) == NULL; k++) {
        struct input *in = from->in[k];
        const char *name = take_text(in, t->arena), *label = take_text(in, t->arena);
        const bool is_text = take_u8(in) != 0;
        const size_t labels = take_u32(in);
        if (labels > from->n_sets)
            wrong(in, "a variable names labels that are not there");
        if (c != NULL && (c->type == TF_TEXT) != is_text)
            wrong(in, "its readers do not agree");
        if (in->wrong != NULL)
            return;
        if (c == NULL) {
            struct tf_column fresh = {.name = name, .type = is_text ? TF_TEXT : TF_NUMBER};
            fresh.label = label[0] == '\0' ? NULL : label;
            fresh.miss = TF_NEW_N(t->arena, uint8_t, t->n_rows);
            if (is_text)
                fresh.text = TF_NEW_N(t->arena, const char *, t->n_rows);
            else
                fresh.num = from->in_field ? from->field.cell + t->n_cols * t->n_rows
                                           : TF_NEW_N(t->arena, double, t->n_rows);
            if (labels > 0 && from->set[labels - 1].is_text == is_text)
                set = &from->set[labels - 1];
            fresh.labels = set == NULL ? NULL : set->item;
            fresh.n_labels = set == NULL ? 0 : set->n_values;
            col = tf_table_adopt(t, fresh);
            c = &t->col[col];
        }
        if (is_text)
            take_texts(in, t->arena, c, first, from->rows[k]);
        else
            take_numbers(from, k, t, c, set, first);
        first += from->rows[k];
    }
    if (c != NULL && c->type == TF_TEXT && wrong_of(from) == NULL)
        (void)tf_column_to_number(t, col);
}

static void take_head(struct inputs *from, struct tf_arena *arena, size_t k)
{
    struct input *in = from->in[k];
    const size_t n_cols = take_u32(in), n_rows = take_u64(in), n_sets = take_u32(in);
    if (n_cols > TF_IMPORT_MAX_VARS || n_rows > TF_IMPORT_MAX_ROWS ||
        n_sets > TF_IMPORT_MAX_VARS) {
        wrong(in, "it has more than 20,000 variables or 20 million rows");
        return;
    }
    struct set *set = TF_NEW_N(arena, struct set, n_sets);
    for (size_t j = 0; j < n_sets && in->wrong == NULL; j++)
        set[j] = take_set(in, arena);
    if (k == 0) {
        from->n_cols = n_cols;
        from->n_sets = n_sets;
        from->set = set;
    } else if (n_cols != from->n_cols || n_sets != from->n_sets) {
        wrong(in, "its readers do not agree");
    }
    from->rows[k] = n_rows;
}

static struct tf_table *take_table(struct inputs *from, struct tf_arena *arena, const char *name)
{
    size_t n_rows = 0;
    for (size_t k = 0; k < from->n && wrong_of(from) == NULL; k++) {
        take_head(from, arena, k);
        n_rows += from->rows[k];
    }
    struct tf_table *t = tf_table_new(arena, name, n_rows);
    if (from->in_field && n_rows > 0 && from->n_cols > from->field.n / n_rows)
        wrong(from->in[0], "it has more cells than were asked for");
    from->codes = TF_NEW(arena, struct tf_import_codes);
    from->codes->n = from->n;
    memcpy(from->codes->rows, from->rows, sizeof from->rows);
    from->codes->known = tf_alloc_n(arena, from->n_cols, sizeof *from->codes->known);
    for (size_t col = 0; col < from->n_cols && wrong_of(from) == NULL; col++)
        take_column(from, t);
    for (size_t k = 0; k < from->n; k++) {
        char end[4];
        take(from->in[k], end, sizeof end);
        if (from->in[k]->wrong == NULL && memcmp(end, TF_IMPORT_END, sizeof end) != 0)
            wrong(from->in[k], "its reader did not finish");
    }
    return t;
}

/* The first word of a child: a table follows, or its error, which becomes ours. */
static enum tf_code take_greeting(struct input *in, struct tf_arena *holder, const char *name,
                                  bool *ret_field, struct tf_err *reterr)
{
    char head[5];
    take(in, head, sizeof head);
    if (in->wrong == NULL && memcmp(head, TF_IMPORT_MAGIC, 4) != 0)
        wrong(in, "its reader sent something else");
    *ret_field = head[4] == 'F';
    if (in->wrong != NULL || head[4] != 'E')
        return TF_OK;
    const bool is_limit = take_u32(in) == TF_E_LIMIT;
    const char *why = take_text(in, holder);
    (void)tf_fail(reterr, is_limit ? TF_E_LIMIT : TF_E_INPUT, "%s", name);
    return tf_fact(reterr, "%s", why);
}

enum tf_code tf_import_receive(struct tf_arena *arena, const int *fd, size_t n_fds,
                               struct tf_import_field field, const char *name,
                               struct tf_table **ret, struct tf_import_codes **ret_codes,
                               bool *ret_field, struct tf_err *reterr)
{
    struct tf_arena *holder = tf_arena_new("importing a file", (size_t)1 << 20);
    struct inputs from = {.n = n_fds, .field = field};
    enum tf_code code = TF_OK;
    for (size_t k = 0; k < n_fds; k++) {
        from.in[k] = TF_NEW(holder, struct input);
        from.in[k]->fd = fd[k];
    }
    for (size_t k = 0; k < n_fds && code == TF_OK && wrong_of(&from) == NULL; k++) {
        bool in_field = false;
        code = take_greeting(from.in[k], holder, name, &in_field, reterr);
        if (k > 0 && in_field != from.in_field)
            wrong(from.in[k], "its readers do not agree");
        from.in_field = in_field;
    }
    struct tf_table *t = code == TF_OK ? take_table(&from, arena, name) : NULL;
    if (code == TF_OK && wrong_of(&from) != NULL) {
        (void)tf_fail(reterr, TF_E_INPUT, "%s", name);
        code = tf_fact(reterr, "%s", wrong_of(&from));
    }
    if (code == TF_OK) {
        *ret = t;
        *ret_codes = from.codes;
        *ret_field = from.in_field;
    }
    tf_arena_free(holder);
    return code;
}
