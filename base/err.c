/* Errors as values: see err.h. Nothing here prints; doors do. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static void __attribute__((format(printf, 3, 0)))
begin(struct tf_err *reterr, enum tf_code code, const char *format, va_list ap)
{
    memset(reterr, 0, sizeof *reterr);
    reterr->code = code;
    (void)vsnprintf(reterr->what, sizeof reterr->what, format, ap);
}

enum tf_code tf_fail(struct tf_err *reterr, enum tf_code code, const char *format, ...)
{
    if (reterr == NULL)
        return code;
    va_list ap;
    va_start(ap, format);
    begin(reterr, code, format, ap);
    va_end(ap);
    return code;
}

enum tf_code tf_fail_at(struct tf_err *reterr, enum tf_code code, const char *file, size_t line,
                        size_t column, const char *format, ...)
{
    if (reterr == NULL)
        return code;
    va_list ap;
    va_start(ap, format);
    begin(reterr, code, format, ap);
    va_end(ap);
    if (file != NULL)
        (void)snprintf(reterr->file, sizeof reterr->file, "%s", file);
    reterr->line = line;
    reterr->column = column;
    return code;
}

enum tf_code tf_fact(struct tf_err *reterr, const char *format, ...)
{
    if (reterr == NULL)
        return TF_E_BUG;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(reterr->fact, sizeof reterr->fact, format, ap);
    va_end(ap);
    return reterr->code;
}

enum tf_code tf_help(struct tf_err *reterr, const char *format, ...)
{
    if (reterr == NULL)
        return TF_E_BUG;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(reterr->help, sizeof reterr->help, format, ap);
    va_end(ap);
    return reterr->code;
}

static struct tf_notice *notice_slot(struct tf_notices *list)
{
    if (list->n == list->cap) {
        const size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct tf_notice *bigger = TF_NEW_N(list->arena, struct tf_notice, cap);
        if (list->n > 0)
            memcpy(bigger, list->item, list->n * sizeof *bigger);
        list->item = bigger;
        list->cap = cap;
    }
    return &list->item[list->n++];
}

void tf_notice_add(struct tf_notices *list, enum tf_level level, const char *id, const char *file,
                   size_t line, size_t column, const char *help, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    *notice_slot(list) = (struct tf_notice){
        .level = level,
        .id = tf_strdup(list->arena, id),
        .file = file == NULL ? NULL : tf_strdup(list->arena, file),
        .line = line,
        .column = column,
        .text = tf_strdup(list->arena, text),
        .help = help == NULL ? NULL : tf_strdup(list->arena, help),
    };
}

void tf_notice_err(struct tf_notices *list, const char *id, const struct tf_err *err)
{
    tf_notice_add(list, TF_ERROR, id, err->file[0] == '\0' ? NULL : err->file, err->line,
                  err->column, err->help[0] == '\0' ? NULL : err->help, "%s%s%s", err->what,
                  err->fact[0] == '\0' ? "" : ": ", err->fact);
}

size_t tf_notices_count(const struct tf_notices *list, enum tf_level at_least)
{
    size_t n = 0;
    for (size_t k = 0; k < list->n; k++)
        n += list->item[k].level >= at_least;
    return n;
}
