/* Data files from elsewhere: see import.h.
 *
 *     parent                                   children (import_cage.c, import_read.c)
 *     maps the file, makes a pipe, forks  -->  give up files, memory, calls
 *     reads the streams with its own bounds <- send the table, each some of its rows, or an error
 *     waits, and judges how they ended
 *
 * What they send is not believed (import_receive.c), and what they wrote into the shared numbers is
 * judged only when they have ended.
 *
 * Does not: write such files, read SPSS .por, keep formats, or turn dates into days. */
#define _GNU_SOURCE /* pipes of another size */
#include "base/import.h"

#include <errno.h>
#include <fcntl.h>
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

enum { WORTH_TWO = 1 << 20 }; /* bytes of a file that two children read faster than one */
static const size_t field_bytes = (size_t)4 * 1024 * 1024 * 1024; /* of addresses, not of memory */
static const off_t max_file = (off_t)4 * 1024 * 1024 * 1024;

/* ---- The child ---------------------------------------------------------------------------- */

struct visit { /* what must be put back, whatever happens */
    int file, pipe[TF_IMPORT_MAX_SHARES];
    void *map;
    size_t n;
    pid_t child[TF_IMPORT_MAX_SHARES];
    struct tf_import_field field;
    int status; /* how the first ended that a signal ended */
};

static void end_field(void *thing)
{
    const struct tf_import_field *f = thing;
    (void)munmap(f->cell, f->n * sizeof *f->cell);
}

/* Addresses for many cells; memory comes as they are filled. Without them the pipe serves. */
static struct tf_import_field new_field(void)
{
    for (size_t n = field_bytes; n >= (size_t)64 << 20; n /= 2) {
        void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                       0);
        if (p != MAP_FAILED)
            return (struct tf_import_field){p, n / sizeof(double)};
    }
    return (struct tf_import_field){.n = 0};
}

static void end_visit(void *thing)
{
    struct visit *v = thing;
    for (size_t k = 0; k < TF_IMPORT_MAX_SHARES; k++) {
        int status = 0;
        if (v->pipe[k] >= 0)
            (void)close(v->pipe[k]);
        if (v->child[k] > 0) {
            (void)kill(v->child[k], SIGKILL); /* a no-op for one that has ended */
            while (waitpid(v->child[k], &status, 0) < 0 && errno == EINTR)
                continue;
        }
        if (!WIFSIGNALED(v->status) || WTERMSIG(v->status) == SIGKILL)
            v->status = status != 0 ? status : v->status;
        v->pipe[k] = -1;
        v->child[k] = 0;
    }
    if (v->map != NULL)
        (void)munmap(v->map, v->n);
    if (v->field.cell != NULL)
        end_field(&v->field);
    v->field = (struct tf_import_field){.n = 0};
    if (v->file >= 0)
        (void)close(v->file);
    v->file = -1;
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

/* Start one of the children. Its pipe holds much at a time, where the system allows: columns come in
 * large pieces. */
static enum tf_code start_child(struct visit *v, enum tf_import_kind kind, const char *path,
                                unsigned share, unsigned shares, struct tf_err *reterr)
{
    int ends[2];
    if (pipe(ends) != 0)
        return cannot("make a pipe for", path, reterr);
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    v->pipe[share] = ends[0];
    v->child[share] = fork();
    if (v->child[share] < 0) {
        (void)close(ends[1]);
        return cannot("start a reader for", path, reterr);
    }
    if (v->child[share] == 0) {
        tf_import_cage(&ends[1], v->n);
        tf_import_send(kind, v->map, v->n, ends[1], share, shares, v->field);
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
    const unsigned shares = sysconf(_SC_NPROCESSORS_ONLN) > 1 && v->n > WORTH_TWO ? 2 : 1;
    struct tf_import_codes *codes = NULL;
    bool in_field = false;
    if (v->n > WORTH_TWO)
        v->field = new_field();
    for (unsigned share = 0; share < shares; share++)
        TF_TRY(start_child(v, k->kind, path, share, shares, reterr));
    const enum tf_code code = tf_import_receive(arena, v->pipe, shares, v->field, tf_path_name(path),
                                                ret, &codes, &in_field, &err);
    if (code == TF_OK && in_field) { /* the table keeps it */
        struct tf_import_field *field = TF_NEW(arena, struct tf_import_field);
        *field = v->field;
        v->field = (struct tf_import_field){.n = 0};
        tf_arena_defer(arena, end_field, field);
    }
    end_visit(v);
    if (code == TF_OK)
        tf_import_settle(*ret, codes);
    if (code == TF_OK)
        return TF_OK;
    if (reterr != NULL)
        *reterr = err;
    return judge(v, k, path, reterr);
}

enum tf_code tf_import_file(struct tf_arena *arena, const char *path, struct tf_table **ret,
                            struct tf_err *reterr)
{
    return tf_import_file_as(arena, path, (struct tf_csv_opt){.guess_numbers = true}, ret, reterr);
}

enum tf_code tf_import_file_as(struct tf_arena *arena, const char *path, struct tf_csv_opt opt,
                               struct tf_table **ret, struct tf_err *reterr)
{
    const char *lower = tf_lower(arena, tf_path_name(path));
    if (tf_ends(lower, ".csv"))
        return tf_csv_read(arena, path, opt, ret, reterr);
    struct tf_arena *holder = tf_arena_new("importing a file", 4096);
    struct visit *v = TF_NEW(holder, struct visit);
    *v = (struct visit){.file = -1, .pipe = {-1, -1}};
    tf_arena_defer(holder, end_visit, v);
    const enum tf_code code = import_binary(arena, v, path, lower, ret, reterr);
    tf_arena_free(holder);
    return code;
}
