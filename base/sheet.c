/* Sheets: see sheet.h.
 *
 * The place of a cell is found only when somebody asks, which is when something is wrong: from the
 * line on which its row begins, fields are walked with their quotes. So a good file costs nothing. */
#include "base/sheet.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static const size_t MAX_SHEET = (size_t)512 << 20;

enum tf_code tf_sheet_parse(struct tf_arena *arena, const char *file, const char *data, size_t n,
                            struct tf_sheet **ret, struct tf_err *reterr)
{
    struct tf_sheet *s = TF_NEW(arena, struct tf_sheet);
    if (n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        n -= 3;
    }
    *s = (struct tf_sheet){.arena = arena, .file = tf_strdup(arena, file), .data = data, .n = n};
    TF_TRY(tf_csv_parse(arena, s->file, data, n, (struct tf_csv_opt){.ret_line = &s->line}, &s->t,
                        reterr));
    *ret = s;
    return TF_OK;
}

enum tf_code tf_sheet_read(struct tf_arena *arena, const char *path, struct tf_sheet **ret,
                           struct tf_err *reterr)
{
    struct tf_bytes bytes;
    TF_TRY(tf_file_read_text(arena, path, MAX_SHEET, &bytes, reterr));
    return tf_sheet_parse(arena, path, bytes.data, bytes.n, ret, reterr);
}

enum tf_code tf_sheet_need(const struct tf_sheet *s, const char *name, size_t *ret,
                           struct tf_err *reterr)
{
    struct tf_err e = {0};
    const enum tf_code code = tf_table_need(s->t, name, ret, &e);
    if (code == TF_OK)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, s->file, 1, 1, "the file has no column '%s'", name);
    if (e.fact[0] != '\0')
        (void)tf_fact(reterr, "%s", e.fact);
    return tf_help(reterr, "%s", e.help);
}

const char *tf_sheet_raw(const struct tf_sheet *s, size_t row, size_t col)
{
    if (col >= s->t->n_cols)
        return "";
    return s->t->col[col].text[row];
}

const char *tf_sheet_text(const struct tf_sheet *s, size_t row, size_t col)
{
    const char *raw = tf_sheet_raw(s, row, col);
    static const char blank[] = " \t\r\n\v\f";
    const size_t n = strlen(raw);
    if (n == 0 || (strchr(blank, raw[0]) == NULL && strchr(blank, raw[n - 1]) == NULL))
        return raw;
    return tf_trim(s->arena, raw);
}

void tf_sheet_place(const struct tf_sheet *s, size_t row, size_t col, size_t *ret_line,
                    size_t *ret_column)
{
    const size_t first = row == TF_SHEET_HEAD ? 1 : s->line[row];
    size_t at = 0, line = 1;
    for (; line < first && at < s->n; at++)
        line += s->data[at] == '\n';
    size_t start = at; /* of the line */
    for (size_t field = 0; field < col && at < s->n; at++) {
        if (s->data[at] == '"') { /* over a quoted part; a doubled quote opens the next at once */
            for (at++; at < s->n && s->data[at] != '"'; at++)
                if (s->data[at] == '\n') {
                    line++;
                    start = at + 1;
                }
        } else if (s->data[at] == ',') {
            field++;
        } else if (s->data[at] == '\n') {
            break;
        }
    }
    *ret_line = line;
    *ret_column = at - start + 1;
}

enum tf_code tf_sheet_fail(const struct tf_sheet *s, size_t row, size_t col, struct tf_err *reterr,
                           const char *format, ...)
{
    char text[512];
    size_t line, column;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tf_sheet_place(s, row, col, &line, &column);
    return tf_fail_at(reterr, TF_E_INPUT, s->file, line, column, "%s", text);
}

void tf_sheet_notice(const struct tf_sheet *s, size_t row, size_t col, struct tf_notices *out,
                     enum tf_level level, const char *id, const char *help, const char *format, ...)
{
    char text[1024];
    size_t line, column;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tf_sheet_place(s, row, col, &line, &column);
    tf_notice_add(out, level, id, s->file, line, column, help, "%s", text);
}
