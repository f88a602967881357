/* Replicate weights (replicates.h). */
#include "measure/replicates.h"

enum tf_code tf_replicates_fit(const struct tf_survey *s, const struct tf_statistic *statistic,
                               struct tf_fit *fit, struct tf_err *reterr)
{
    (void)s;
    (void)statistic;
    (void)fit;
    return tf_fail(reterr, TF_E_BUG, "this version has no replicate weights");
}
double tf_replicates_df(const struct tf_survey *s, const bool *domain)
{
    (void)s;
    (void)domain;
    return 0;
}
