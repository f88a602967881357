/* Data files from elsewhere: see import.h.
 *
 *     parent                                   child (import_cage.c, import_read.c)
 *     maps the file, makes a pipe, forks  -->  gives up files, memory, calls
 *     reads the stream with its own bounds <-- sends the table, or an error
 *     waits, and judges how the child ended
 *
 * The parent believes nothing: counts are checked before memory is taken for them, every text is
 * made valid UTF-8 (a byte that is not becomes '?': SPSS cuts texts in the middle of a letter),
 * and a stream that ends before its last word is a damaged file, whatever the child says.
 *
 * A text variable that holds only numbers becomes a number column: SPSS files of surveys keep
 * answer codes as texts ("1", "2") so often that leaving them would hide most of a file.
 *
 * Does not: write such files, read SPSS .por, keep formats, or turn dates into days. */
#include "base/import.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/import_inside.h"
#include "base/progress.h"
#include "base/text.h"

static const size_t max_stream = (size_t)2 * 1024 * 1024 * 1024;
static const off_t max_file = (off_t)4 * 1024 * 1024 * 1024;

/* ---- Receiving ---------------------------------------------------------------------------- */

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
        wrong(in, "it unfolds to more than 2 GB");
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
    struct tf_label *item;
    size_t n;
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
        l.text = s.is_text ? text : NULL;
        l.label = take_text(in, arena);
        s.item = tf_grow(arena, s.item, s.n, &cap, sizeof *s.item);
        s.item[s.n++] = l;
    }
    return s;
}

static void take_numbers(struct input *in, struct tf_column *c, size_t n_rows)
{
    take(in, c->num, n_rows * sizeof *c->num);
    for (size_t row = 0; row < n_rows; row++) {
        const bool there = isfinite(c->num[row]) != 0;
        c->miss[row] = there ? TF_PRESENT : TF_MISS_SYSTEM;
        if (!there)
            c->num[row] = (double)NAN;
    }
}

static void take_texts(struct input *in, struct tf_arena *arena, struct tf_column *c,
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
    for (size_t row = 0; row < n_rows; row++) {
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

static void take_column(struct input *in, struct tf_table *t, const struct set *set, size_t n_sets)
{
    const char *name = take_text(in, t->arena), *label = take_text(in, t->arena);
    const bool is_text = take_u8(in) != 0;
    const size_t labels = take_u32(in);
    if (labels > n_sets)
        wrong(in, "a variable names labels that are not there");
    if (in->wrong != NULL)
        return;
    const size_t col = tf_table_add(t, name, is_text ? TF_TEXT : TF_NUMBER);
    struct tf_column *c = &t->col[col];
    c->label = label[0] == '\0' ? NULL : label;
    if (labels > 0 && set[labels - 1].is_text == is_text) {
        c->labels = set[labels - 1].item;
        c->n_labels = set[labels - 1].n;
    }
    if (is_text)
        take_texts(in, t->arena, c, t->n_rows);
    else
        take_numbers(in, c, t->n_rows);
    if (in->wrong == NULL && is_text)
        (void)tf_column_to_number(t, col);
}

static struct tf_table *take_table(struct input *in, struct tf_arena *arena, const char *name)
{
    const size_t n_cols = take_u32(in), n_rows = take_u64(in), n_sets = take_u32(in);
    char end[4];
    if (n_cols > TF_IMPORT_MAX_VARS || n_rows > TF_IMPORT_MAX_ROWS ||
        n_sets > TF_IMPORT_MAX_VARS) {
        wrong(in, "it has more than 20,000 variables or 20 million rows");
        return NULL;
    }
    struct set *set = TF_NEW_N(arena, struct set, n_sets);
    for (size_t k = 0; k < n_sets && in->wrong == NULL; k++)
        set[k] = take_set(in, arena);
    struct tf_table *t = tf_table_new(arena, name, n_rows);
    for (size_t k = 0; k < n_cols && in->wrong == NULL; k++)
        take_column(in, t, set, n_sets);
    take(in, end, sizeof end);
    if (in->wrong == NULL && memcmp(end, TF_IMPORT_END, sizeof end) != 0)
        wrong(in, "its reader did not finish");
    return t;
}

enum tf_code tf_import_receive(struct tf_arena *arena, int fd, const char *name,
                               struct tf_table **ret, struct tf_err *reterr)
{
    struct tf_arena *holder = tf_arena_new("importing a file", (size_t)1 << 20);
    struct input *in = TF_NEW(holder, struct input);
    char head[5];
    enum tf_code code = TF_OK;
    in->fd = fd;
    take(in, head, sizeof head);
    if (in->wrong == NULL && memcmp(head, TF_IMPORT_MAGIC, 4) != 0)
        wrong(in, "its reader sent something else");
    if (in->wrong == NULL && head[4] == 'E') {
        const bool is_limit = take_u32(in) == TF_E_LIMIT;
        const char *why = take_text(in, holder);
        code = tf_fail(reterr, is_limit ? TF_E_LIMIT : TF_E_INPUT, "%s", name);
        (void)tf_fact(reterr, "%s", why);
    } else {
        struct tf_table *t = take_table(in, arena, name);
        if (in->wrong == NULL)
            *ret = t;
        else
            code = tf_fail(reterr, TF_E_INPUT, "%s", name);
        if (in->wrong != NULL)
            (void)tf_fact(reterr, "%s", in->wrong);
    }
    tf_arena_free(holder);
    return code;
}

/* ---- The child ---------------------------------------------------------------------------- */

struct visit { /* what must be put back, whatever happens */
    int file, pipe;
    void *map;
    size_t n;
    pid_t child;
    int status;
};

static void end_visit(void *thing)
{
    struct visit *v = thing;
    if (v->pipe >= 0)
        (void)close(v->pipe);
    if (v->child > 0) {
        (void)kill(v->child, SIGKILL); /* a no-op for one that has ended */
        while (waitpid(v->child, &v->status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (v->map != NULL)
        (void)munmap(v->map, v->n);
    if (v->file >= 0)
        (void)close(v->file);
    v->pipe = v->file = -1;
    v->child = 0;
    v->map = NULL;
}

static enum tf_code cannot(const char *what, const char *path, struct tf_err *reterr)
{
    const int why = errno;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "cannot %s '%s'", what, path);
    (void)tf_fact(reterr, "%s", strerror(why));
    return tf_help(reterr, "Check the name, the folder you are in, and the permissions.");
}

static enum tf_code open_visit(struct visit *v, const char *path, struct tf_err *reterr)
{
    struct stat st;
    v->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (v->file < 0)
        return cannot("open", path, reterr);
    if (fstat(v->file, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "'%s' is not a file", path);
        return tf_help(reterr, "A folder, a pipe or a device stands there.");
    }
    if (st.st_size > max_file) {
        (void)tf_fail_at(reterr, TF_E_LIMIT, path, 0, 0, "'%s' is too large", path);
        return tf_fact(reterr, "the limit is 4 GB");
    }
    v->n = (size_t)st.st_size;
    if (v->n == 0) {
        (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "'%s' is empty", path);
        return tf_help(reterr, "Was it copied to the end?");
    }
    void *map = mmap(NULL, v->n, PROT_READ, MAP_PRIVATE, v->file, 0);
    if (map == MAP_FAILED)
        return cannot("read", path, reterr);
    v->map = map;
    return TF_OK;
}

static enum tf_code start_child(struct visit *v, enum tf_import_kind kind, const char *path,
                                struct tf_err *reterr)
{
    int ends[2];
    if (pipe(ends) != 0)
        return cannot("make a pipe for", path, reterr);
    v->pipe = ends[0];
    v->child = fork();
    if (v->child < 0) {
        (void)close(ends[1]);
        return cannot("start a reader for", path, reterr);
    }
    if (v->child == 0) {
        tf_import_cage(&ends[1], v->n);
        tf_import_send(kind, v->map, v->n, ends[1]);
        _exit(0);
    }
    (void)close(ends[1]);
    return TF_OK;
}

/* ---- Kinds -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct kind {
    const char *ending, *head; /* how its name ends, how its bytes begin */
    enum tf_import_kind kind;
    const char *what;
} kinds[] = {
    {".sav",  "$FL2",          TF_IMPORT_SPSS,  "an SPSS file"},
    {".sav",  "$FL3",          TF_IMPORT_SPSS,  "an SPSS file"},
    {".zsav", "$FL3",          TF_IMPORT_SPSS,  "an SPSS file"},
    {".zsav", "$FL2",          TF_IMPORT_SPSS,  "an SPSS file"},
    {".dta",  "<stata_dta>",   TF_IMPORT_STATA, "a Stata file"},
    {".dta",  "",              TF_IMPORT_STATA, "a Stata file"}, /* old ones begin with a version byte */
    {".xpt",  "HEADER RECORD", TF_IMPORT_XPORT, "a SAS transport file"},
};
/* clang-format on */

static bool begins(const struct visit *v, const struct kind *k)
{
    const unsigned char *b = v->map;
    const size_t n = strlen(k->head);
    if (n == 0) /* Stata 5 to 12: 104..115, then 1 or 2 for the byte order */
        return v->n > 4 && b[0] >= 104 && b[0] <= 115 && (b[1] == 1 || b[1] == 2);
    return v->n >= n && memcmp(b, k->head, n) == 0;
}

/* The kind by the name's ending, which the bytes must bear out; by the bytes where the name says
 * nothing. */
static enum tf_code find_kind(const struct visit *v, const char *path, const char *lower,
                              const struct kind **ret, struct tf_err *reterr)
{
    const struct kind *named = NULL, *found = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && found == NULL; k++) {
        if (!tf_ends(lower, kinds[k].ending))
            continue;
        named = &kinds[k];
        if (begins(v, named))
            found = named;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && named == NULL && found == NULL; k++)
        if (begins(v, &kinds[k]))
            found = &kinds[k];
    *ret = found;
    if (found != NULL)
        return TF_OK;
    if (named != NULL) {
        (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "'%s' is damaged or not %s", path,
                         named->what);
        (void)tf_fact(reterr, "its first bytes are not those of %s", named->what);
        return tf_help(reterr, "Save it again from the program that made it.");
    }
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "'%s' is of a kind that is not known", path);
    return tf_help(reterr, "Data are read from .csv, .sav, .zsav, .dta and .xpt files.");
}

static enum tf_code judge(const struct visit *v, const struct kind *k, const char *path,
                          struct tf_err *reterr)
{
    struct tf_err was = {.code = TF_OK};
    if (tf_interrupted()) {
        (void)tf_fail(reterr, TF_E_INTERRUPTED, "interrupted");
        return tf_fact(reterr, "nothing was changed");
    }
    if (reterr != NULL)
        was = *reterr;
    const bool limit = was.code == TF_E_LIMIT;
    (void)tf_fail_at(reterr, limit ? TF_E_LIMIT : TF_E_INPUT, path, 0, 0,
                     limit ? "'%s' is too large, or not %s" : "'%s' is damaged or not %s", path,
                     k->what);
    const int sig = WIFSIGNALED(v->status) ? WTERMSIG(v->status) : 0;
    if (sig == SIGXCPU)
        (void)tf_fact(reterr, "reading it took more than 120 seconds of processor time");
    else if (sig != 0 && sig != SIGKILL)
        (void)tf_fact(reterr, "%s (signal %d)", was.fact, sig);
    else
        (void)tf_fact(reterr, "%s", was.fact);
    return tf_help(reterr, "Save it again from the program that made it, or as CSV.");
}

static enum tf_code import_binary(struct tf_arena *arena, struct visit *v, const char *path,
                                  const char *lower, struct tf_table **ret, struct tf_err *reterr)
{
    const struct kind *k = NULL;
    struct tf_err err = {.code = TF_OK};
    TF_TRY(open_visit(v, path, reterr));
    TF_TRY(find_kind(v, path, lower, &k, reterr));
    TF_TRY(start_child(v, k->kind, path, reterr));
    const enum tf_code code = tf_import_receive(arena, v->pipe, tf_path_name(path), ret, &err);
    end_visit(v);
    if (code == TF_OK)
        return TF_OK;
    if (reterr != NULL)
        *reterr = err;
    return judge(v, k, path, reterr);
}

enum tf_code tf_import_file(struct tf_arena *arena, const char *path, struct tf_table **ret,
                            struct tf_err *reterr)
{
    const char *lower = tf_lower(arena, tf_path_name(path));
    if (tf_ends(lower, ".csv"))
        return tf_csv_read(arena, path, (struct tf_csv_opt){.guess_numbers = true}, ret, reterr);
    struct tf_arena *holder = tf_arena_new("importing a file", 4096);
    struct visit *v = TF_NEW(holder, struct visit);
    *v = (struct visit){.file = -1, .pipe = -1};
    tf_arena_defer(holder, end_visit, v);
    const enum tf_code code = import_binary(arena, v, path, lower, ret, reterr);
    tf_arena_free(holder);
    return code;
}
