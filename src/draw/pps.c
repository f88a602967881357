/* The comb: systematic selection with probability proportional to size.
 *
 * The sizes are laid end to end in the order of the frame, and a comb of n teeth, I = S / n apart,
 * is put on at a random start in [0, I). A unit is hit by every tooth that falls on it (Madow 1949;
 * Kish 1965, 7.4; Särndal, Swensson & Wretman 1992, 3.6.2):
 *
 *     p_i = min(1, n s_i / S)
 *
 * A unit at least I long is hit for certain, and may be hit more than once: its households are then
 * selected as many times over. Sorting the frame by place before drawing spreads the sample over
 * the country: the order of the file is kept, and is the user's choice. */
#include "draw/inside.h"

void draw_comb(const double *length, size_t n, double sum, size_t teeth, double start,
               unsigned *hits)
{
    const double interval = sum / (double)teeth;
    double edge = 0;
    size_t tooth = 0;
    for (size_t k = 0; k < n; k++) {
        const bool last = k + 1 == n; /* rounding leaves no tooth beyond the end */
        edge += length[k];
        for (; tooth < teeth && (start + (double)tooth * interval < edge || last); tooth++)
            hits[k]++;
    }
}

enum tf_code tf_sample_draw(struct tf_arena *arena, const struct tf_frame *frame, size_t n_psu,
                            const char *seed_name, struct tf_sample **ret, struct tf_err *reterr)
{
    const struct tf_draw_opt opt = {.n = n_psu, .seed = seed_name, .min = 2};
    return tf_sample_select(arena, frame, &opt, ret, reterr);
}

double tf_base_weight(double p_psu, double p_household, double p_person)
{
    return 1 / (p_psu * p_household * p_person);
}
