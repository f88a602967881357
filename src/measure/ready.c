/* A dataset of the vault made ready for estimation.
 *
 * The order matters and is the same for every dataset:
 *
 *     snapshot    as imported, hash checked by the vault; codes carried as text become numbers
 *     cleaning    the declared rules (clean.c)
 *     missing     the dataset's codes for "don't know" … become typed missing values; a question
 *                 with a routing condition and no answer becomes "not asked"
 *     labels      questions and answers from the instrument
 *     derive      indicators in registered order, then the recipe's grouped banners */
#include <string.h>

#include "measure/inside.h"

/* Columns whose numbers are no answers: codes such as 999 mean nothing there. */
static bool is_design_column(const struct tf_dataset *d, const struct tf_recipe *r,
                             const char *name)
{
    const char *single[] = {d->id_var, d->weight_var, r->spec.weight};
    for (size_t k = 0; k < 3; k++)
        if (single[k] != NULL && tf_casecmp(single[k], name) == 0)
            return true;
    for (size_t k = 0; k < r->spec.n_strata; k++)
        if (tf_casecmp(r->spec.stratum[k], name) == 0)
            return true;
    for (size_t k = 0; k < r->spec.n_psu; k++)
        if (tf_casecmp(r->spec.psu[k], name) == 0)
            return true;
    return false;
}

static void type_missing(const struct tf_dataset *d, const struct tf_recipe *r,
                         const struct tf_instrument *i, struct tf_table *t)
{
    for (size_t col = 0; col < t->n_cols; col++) {
        const char *name = t->col[col].name;
        for (size_t k = 0; !is_design_column(d, r, name) && k < d->n_missing; k++)
            tf_column_missing(t, col, d->missing[k].code, d->missing[k].why);
        const struct tf_question *q = i != NULL ? tf_instrument_question(i, name) : NULL;
        if (q == NULL || tf_is_blank(q->relevant))
            continue;
        for (size_t row = 0; row < t->n_rows; row++)
            if (t->col[col].miss[row] == TF_MISS_SYSTEM)
                t->col[col].miss[row] = TF_MISS_ROUTING;
    }
}

static enum tf_code derive_all(const struct tf_ready *r, struct tf_table *t, struct tf_err *reterr)
{
    for (size_t k = 0; k < r->study->n_indicators; k++) {
        const struct tf_indicator *ind = &r->study->indicator[k];
        if (!tf_streq(ind->dataset, r->dataset->id))
            continue;
        const enum tf_code code = tf_derive_indicator(r->arena, ind, t, reterr);
        if (code != TF_OK) {
            struct tf_err e = *reterr;
            if (e.file[0] != '\0')
                return code;
            (void)tf_fail_at(reterr, code, ind->at.file, ind->at.line, ind->at.column,
                             "the indicator '%s': %s", ind->id, e.what);
            (void)tf_fact(reterr, "%s", e.fact);
            return tf_help(reterr, "%s", e.help);
        }
    }
    for (size_t k = 0; k < r->recipe->n_columns; k++)
        TF_TRY(tf_recipe_place(r->recipe->column[k].at,
                               tf_derive_column(r->arena, &r->recipe->column[k], t, reterr), reterr));
    return TF_OK;
}

static enum tf_code load_snapshot(const struct tf_ready *r, struct tf_table **ret,
                                  struct tf_evidence *ev, struct tf_err *reterr)
{
    const struct tf_dataset *d = r->dataset;
    bool found;
    TF_TRY(tf_keep_dataset_get(r->arena, r->keep, r->country, tf_strand_name(d->strand), d->id,
                               &found, ret, ev, reterr));
    if (found)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_INPUT, "the dataset '%s' of %s is not in the vault", d->id,
                  r->country);
    return tf_help(reterr, "Import it: trefoil keep import FILE --as %s --country %s", d->id,
                   r->country);
}

enum tf_code tf_ready_table(const struct tf_ready *r, struct tf_table **ret,
                            struct tf_evidence *ret_evidence, struct tf_cleaning **ret_cleaning,
                            struct tf_err *reterr)
{
    const struct tf_dataset *d = r->dataset;
    const char *form = tf_study_path(r->arena, r->study, d->instrument, r->country, NULL);
    const char *cleaning = tf_study_path(r->arena, r->study, d->cleaning, r->country, NULL);
    struct tf_instrument *instrument = NULL;
    struct tf_table *t;
    TF_TRY(load_snapshot(r, &t, ret_evidence, reterr));
    tf_measure_tidy(t, NULL, 0);
    TF_TRY(tf_clean_apply(r->arena, cleaning, r->country, t, ret_cleaning, reterr));
    if (form != NULL) {
        TF_TRY(tf_instrument_read(r->arena, form, &instrument, reterr));
        tf_instrument_label(instrument, "en", t);
    }
    tf_measure_tidy(t, NULL, 0); /* what the rules changed */
    type_missing(d, r->recipe, instrument, t);
    TF_TRY(derive_all(r, t, reterr));
    *ret = t;
    return TF_OK;
}
