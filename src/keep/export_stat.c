/* SPSS and Stata files, through ReadStat's writers.
 *
 * Both formats know why a value is missing, each in its way:
 *
 *     SPSS    a column declares a range of codes as missing. Its codes are taken below everything
 *             that stands in the column: -9002, -9003 … (or -90002 … when values lie that low), one for
 *             each reason, with the reason as the code's label; a plain empty cell is system-missing
 *     Stata   .a to .o stand for the reasons, in their order, with labels; a plain empty cell is .
 *
 * Dates, and the reasons of texts, are made fit before (export_typed.c). What the formats cannot hold (names of more than 64 or 32 bytes, texts
 * of more than 32,767 bytes in SPSS) is changed with a notice. Stata files are of version 118 (Stata
 * 14 and later, UTF-8); SPSS files are compressed by rows. No clock: the file's time is 1970. */
#include <math.h>
#include <readstat.h>
#include <string.h>

#include "keep/export_inside.h"

enum { SAV_TEXT = 32767, DTA_TEXT = 2045, DTA_LABEL = 80, SAV_LABEL = 255, SAV_VALUE_LABEL = 120,
       DTA_VERSION = 118 };

static const char *const spss_reserved[] = {"ALL", "AND", "BY", "EQ", "GE",   "GT", "LE",
                                            "LT",  "NE",  "NOT", "OR", "TO", "WITH", NULL};
static const char *const stata_reserved[] = {
    "_all",  "byte", "double", "float", "if",    "in",   "int", "long", "using", "with",
    "_cons", "_n",   "_pi",    "_pred", "_rc", "_skip", "str", "strL", "_b", "_coef", NULL};
static const struct tf_export_name spss_names = {64, ".$#@", spss_reserved};
static const struct tf_export_name stata_names = {32, "", stata_reserved};

struct writing {
    struct tf_arena *arena;
    const struct tf_table *t;
    const char **format; /* [n_cols] of dates, else NULL */
    bool sav;
    readstat_writer_t *writer;
    readstat_variable_t **var;
    double *base;     /* [n_cols] SPSS: reason r has the code base - r */
    size_t *width;    /* [n_cols] bytes of the longest text */
    size_t cut;       /* texts that were too long */
    int *reference;   /* [n_cols] Stata: number of the first long text */
    int references;
    struct tf_buf *file;
};

static ssize_t on_bytes(const void *data, size_t n, void *ctx)
{
    struct writing *w = ctx;
    tf_buf_addn(w->file, data, n);
    return (ssize_t)n;
}

static void release_writer(void *p)
{
    readstat_writer_free(p);
}

/* At most n bytes, cut between code points. */
static const char *cut_text(struct tf_arena *arena, const char *s, size_t n)
{
    if (strlen(s) <= n)
        return s;
    while (n > 0 && ((unsigned char)s[n] & 0xC0U) == 0x80U)
        n--;
    return tf_strndup(arena, s, n);
}

/* At most n code points. */
static const char *cut_points(struct tf_arena *arena, const char *s, size_t n)
{
    const size_t bytes = strlen(s);
    size_t at = 0;
    for (size_t k = 0; k < n && at < bytes; k++) {
        uint32_t cp;
        const size_t step = tf_utf8_next(s + at, bytes - at, &cp);
        at += step == 0 ? 1 : step;
    }
    return at >= bytes ? s : tf_strndup(arena, s, at);
}

static const char *label_text(const struct writing *w, const char *s, size_t sav)
{
    return w->sav ? cut_text(w->arena, s, sav) : cut_points(w->arena, s, DTA_LABEL);
}

/* ---- Missing values ----------------------------------------------------------------------------- */

static char stata_letter(enum tf_miss why)
{
    return (char)('a' + (int)why - TF_MISS_DONT_KNOW);
}

static void reasons_of(const struct tf_column *c, size_t n_rows, bool has[TF_N_MISS])
{
    memset(has, 0, TF_N_MISS * sizeof *has);
    for (size_t row = 0; row < n_rows; row++)
        has[c->miss[row]] = true;
}

/* A code below all values: -9000, -90000 … */
static double code_below(const struct tf_column *c, size_t n_rows)
{
    double low = 0, base = -9000;
    for (size_t row = 0; row < n_rows; row++)
        if (c->miss[row] == TF_PRESENT && c->num[row] < low)
            low = c->num[row];
    for (size_t k = 0; k < c->n_labels; k++)
        if (c->labels[k].text == NULL && c->labels[k].value < low)
            low = c->labels[k].value;
    while (low <= base - 1 && base > -1e14)
        base *= 10;
    return base;
}

static void declare_missing(struct writing *w, size_t col, readstat_label_set_t *set, const bool *has)
{
    for (enum tf_miss why = TF_MISS_DONT_KNOW; why < TF_N_MISS; why++) {
        if (!has[why])
            continue;
        if (w->sav)
            readstat_label_double_value(set, w->base[col] - (double)why, tf_miss_plain(why));
        else
            readstat_label_tagged_value(set, stata_letter(why), tf_miss_plain(why));
    }
    if (w->sav)
        (void)readstat_variable_add_missing_double_range(
            w->var[col], w->base[col] - TF_N_MISS + 1, w->base[col] - TF_MISS_DONT_KNOW);
}

/* ---- Columns ------------------------------------------------------------------------------------ */

static bool any_reason(const bool *has)
{
    for (enum tf_miss why = TF_MISS_DONT_KNOW; why < TF_N_MISS; why++)
        if (has[why])
            return true;
    return false;
}

/* Stata knows labels of whole numbers only, SPSS of texts of up to 120 bytes. */
static bool can_label(const struct writing *w, const struct tf_column *c, const struct tf_label *l)
{
    if (tf_is_blank(l->label))
        return false;
    if (c->type == TF_TEXT)
        return w->sav && l->text != NULL && strlen(l->text) <= SAV_VALUE_LABEL;
    return l->text == NULL && isfinite(l->value) &&
           (w->sav || (l->value == floor(l->value) && fabs(l->value) < 2147483620.0));
}

static void add_labels(struct writing *w, size_t col)
{
    const struct tf_column *c = &w->t->col[col];
    bool has[TF_N_MISS], some = false;
    reasons_of(c, w->t->n_rows, has);
    const bool reasons = c->type == TF_NUMBER && any_reason(has);
    for (size_t k = 0; k < c->n_labels; k++)
        some = some || can_label(w, c, &c->labels[k]);
    if (!some && !reasons)
        return;
    const readstat_type_t type = c->type == TF_TEXT ? READSTAT_TYPE_STRING
                                 : w->sav           ? READSTAT_TYPE_DOUBLE
                                                    : READSTAT_TYPE_INT32;
    readstat_label_set_t *set =
        readstat_add_label_set(w->writer, type, tf_printf(w->arena, "labels%zu", col));
    for (size_t k = 0; k < c->n_labels; k++) {
        const struct tf_label *l = &c->labels[k];
        if (!can_label(w, c, l))
            continue;
        const char *text = label_text(w, l->label, SAV_VALUE_LABEL);
        if (c->type == TF_TEXT)
            readstat_label_string_value(set, l->text, text);
        else if (w->sav)
            readstat_label_double_value(set, l->value, text);
        else
            readstat_label_int32_value(set, (int32_t)l->value, text);
    }
    if (reasons)
        declare_missing(w, col, set, has);
    readstat_variable_set_label_set(w->var[col], set);
}

static size_t longest(const struct tf_column *c, size_t n_rows)
{
    size_t most = 1;
    for (size_t row = 0; row < n_rows; row++) {
        const size_t n = strlen(c->text[row]);
        most = n > most ? n : most;
    }
    return most;
}

static void add_column(struct writing *w, size_t col, const char *name)
{
    const struct tf_column *c = &w->t->col[col];
    readstat_type_t type = READSTAT_TYPE_DOUBLE;
    if (c->type == TF_TEXT) {
        w->width[col] = longest(c, w->t->n_rows);
        type = READSTAT_TYPE_STRING;
        if (!w->sav && w->width[col] > DTA_TEXT)
            type = READSTAT_TYPE_STRING_REF;
        if (w->sav && w->width[col] > SAV_TEXT)
            w->width[col] = SAV_TEXT;
    } else {
        w->base[col] = w->sav ? code_below(c, w->t->n_rows) : 0;
    }
    w->var[col] = readstat_add_variable(w->writer, name, type,
                                        type == READSTAT_TYPE_STRING ? w->width[col] : 0);
    if (!tf_is_blank(c->label))
        readstat_variable_set_label(w->var[col], label_text(w, c->label, SAV_LABEL));
    if (w->format[col] != NULL)
        readstat_variable_set_format(w->var[col], w->format[col]);
    else if (c->type == TF_NUMBER && w->sav)
        readstat_variable_set_format(w->var[col], c->n_labels > 0 ? "F8.0" : "F8.2");
    add_labels(w, col);
}

/* ---- Rows --------------------------------------------------------------------------------------- */

static readstat_error_t put_number(struct writing *w, size_t col, size_t row)
{
    const struct tf_column *c = &w->t->col[col];
    const enum tf_miss why = (enum tf_miss)c->miss[row];
    if (why == TF_PRESENT)
        return readstat_insert_double_value(w->writer, w->var[col], c->num[row]);
    if (why == TF_MISS_SYSTEM)
        return readstat_insert_missing_value(w->writer, w->var[col]);
    return w->sav ? readstat_insert_double_value(w->writer, w->var[col], w->base[col] - (double)why)
                  : readstat_insert_tagged_missing_value(w->writer, w->var[col], stata_letter(why));
}

static readstat_error_t put_text(struct writing *w, size_t col, size_t row)
{
    const char *text = w->t->col[col].text[row];
    if (w->sav && strlen(text) > SAV_TEXT) {
        text = cut_text(w->arena, text, SAV_TEXT);
        w->cut++;
    }
    if (!w->sav && w->width[col] > DTA_TEXT)
        return readstat_insert_string_ref(
            w->writer, w->var[col],
            readstat_get_string_ref(w->writer, w->reference[col] + (int)row));
    return readstat_insert_string_value(w->writer, w->var[col], text);
}

static readstat_error_t put_rows(struct writing *w)
{
    readstat_error_t e = READSTAT_OK;
    for (size_t row = 0; row < w->t->n_rows && e == READSTAT_OK; row++) {
        e = readstat_begin_row(w->writer);
        for (size_t c = 0; c < w->t->n_cols && e == READSTAT_OK; c++)
            e = w->t->col[c].type == TF_TEXT ? put_text(w, c, row) : put_number(w, c, row);
        if (e == READSTAT_OK)
            e = readstat_end_row(w->writer);
    }
    return e;
}

/* Long texts of Stata stand behind the rows, and the writer wants them before the first. */
static void add_references(struct writing *w)
{
    for (size_t c = 0; c < w->t->n_cols && !w->sav; c++)
        if (w->t->col[c].type == TF_TEXT && w->width[c] > DTA_TEXT)
            for (size_t row = 0; row < w->t->n_rows; row++, w->references++) {
                if (row == 0)
                    w->reference[c] = w->references;
                (void)readstat_add_string_ref(w->writer, w->t->col[c].text[row]);
            }
}

static readstat_error_t write_all(struct writing *w, const struct tf_export_opt *opt)
{
    readstat_error_t e = readstat_set_data_writer(w->writer, on_bytes);
    if (e == READSTAT_OK)
        e = readstat_writer_set_file_timestamp(w->writer, 0);
    if (e == READSTAT_OK && opt->title != NULL)
        e = readstat_writer_set_file_label(
            w->writer, w->sav ? cut_text(w->arena, opt->title, 64)
                              : cut_points(w->arena, opt->title, DTA_LABEL));
    if (e == READSTAT_OK && w->sav)
        e = readstat_writer_set_compression(w->writer, READSTAT_COMPRESS_ROWS);
    if (e == READSTAT_OK && !w->sav)
        e = readstat_writer_set_file_format_version(w->writer, DTA_VERSION);
    if (e == READSTAT_OK)
        e = (w->sav ? readstat_begin_writing_sav : readstat_begin_writing_dta)(w->writer, w,
                                                                               (long)w->t->n_rows);
    if (e == READSTAT_OK)
        e = put_rows(w);
    return e == READSTAT_OK ? readstat_end_writing(w->writer) : e;
}

enum tf_code tf_export_stat(struct tf_arena *arena, const struct tf_table *t,
                            const struct tf_export_opt *opt, struct tf_buf *file,
                            struct tf_notices *out, struct tf_err *reterr)
{
    struct writing w = {.arena = arena, .sav = opt->kind == TF_EXPORT_SAV, .file = file};
    w.t = t = tf_export_typed(arena, t, w.sav, &w.format);
    const char **name = tf_export_names(arena, t, w.sav ? &spss_names : &stata_names, out);
    w.writer = readstat_writer_init();
    if (w.writer == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "out of memory for a writer");
    tf_arena_defer(arena, release_writer, w.writer);
    w.var = TF_NEW_N(arena, readstat_variable_t *, t->n_cols);
    w.base = TF_NEW_N(arena, double, t->n_cols);
    w.reference = TF_NEW_N(arena, int, t->n_cols);
    w.width = TF_NEW_N(arena, size_t, t->n_cols);
    for (size_t c = 0; c < t->n_cols; c++)
        add_column(&w, c, name[c]);
    add_references(&w);
    const readstat_error_t e = write_all(&w, opt);
    if (e != READSTAT_OK) {
        (void)tf_fail(reterr, TF_E_LIMIT, "the file cannot hold this dataset");
        return tf_fact(reterr, "%s", readstat_error_message(e));
    }
    if (w.cut > 0)
        tf_notice_add(out, TF_WARNING, "cut", NULL, 0, 0, "Export as csv or dta to keep them whole.",
                      "%zu texts of more than 32,767 bytes were cut: SPSS holds no longer ones", w.cut);
    return TF_OK;
}
