/* The instruments as XLSForm workbooks, made from the sheets under demo/study/_make/instruments:
 * <name>.survey.csv and <name>.choices.csv, labels in English and, for some questions, in Khmer,
 * Thai, Vietnamese and Amharic. The wording is the study's own. */
#include "base/xlsx.h"
#include "demo/inside.h"

static enum tf_code sheet(struct tf_arena *arena, const char *file, const char *name,
                          struct tf_sheet *ret, struct tf_err *reterr)
{
    size_t n;
    const char *text = demo_static(tf_printf(arena, "_make/instruments/%s", file), &n);
    struct tf_table *t;
    if (text == NULL)
        return tf_fail(reterr, TF_E_BUG, "the demo has no sheet %s", file);
    TF_TRY(tf_csv_parse(arena, file, text, n, (struct tf_csv_opt){0}, &t, reterr));
    *ret = (struct tf_sheet){.name = name, .n_rows = t->n_rows + 1, .n_cols = t->n_cols};
    ret->cell = TF_NEW_N(arena, const char *, ret->n_rows * ret->n_cols);
    for (size_t k = 0; k < t->n_cols; k++) {
        ret->cell[k] = t->col[k].name;
        for (size_t r = 0; r < t->n_rows; r++)
            ret->cell[(r + 1) * ret->n_cols + k] = t->col[k].text[r];
    }
    return TF_OK;
}

static enum tf_code instrument(struct tf_arena *arena, const char *dir, const char *name,
                               const char *title, const char *file, struct tf_err *reterr)
{
    static const char *const head[] = {"form_title", "form_id", "version", "default_language"};
    struct tf_sheet s[3];
    TF_TRY(sheet(arena, tf_printf(arena, "%s.survey.csv", name), "survey", &s[0], reterr));
    TF_TRY(sheet(arena, tf_printf(arena, "%s.choices.csv", name), "choices", &s[1], reterr));
    s[2] = (struct tf_sheet){.name = "settings", .n_rows = 2, .n_cols = 4};
    s[2].cell = TF_NEW_N(arena, const char *, 8);
    const char *const row[] = {title, name, "1", "English (en)"};
    for (size_t k = 0; k < 4; k++) {
        s[2].cell[k] = head[k];
        s[2].cell[4 + k] = row[k];
    }
    const char *path = tf_path_join(arena, dir, file);
    TF_TRY(tf_dir_make(tf_path_dir(arena, path), reterr));
    return tf_xlsx_write(path, s, 3, false, reterr);
}

enum tf_code demo_instruments(struct tf_arena *arena, const char *dir, struct tf_err *reterr)
{
    TF_TRY(
        instrument(arena, dir, "child", "Household survey: child", "children/child.xlsx", reterr));
    TF_TRY(instrument(arena, dir, "caregiver", "Household survey: caregiver",
                      "children/caregiver.xlsx", reterr));
    TF_TRY(
        instrument(arena, dir, "roster", "Screening at the door", "children/roster.xlsx", reterr));
    TF_TRY(instrument(arena, dir, "consultation", "Consultation of young people",
                      "children/consultation.xlsx", reterr));
    return instrument(arena, dir, "frontline", "Survey of frontline workers",
                      "context/frontline.xlsx", reterr);
}
