/* One pass over the rows of a generalised linear model: the sums that a round needs.
 *
 *     H = X' W X,    g = X' s,    the deviance          (glm_fit.c says what they are)
 *
 * Rows belong to at most 64 groups (4 where there are more than 64 columns), a number that depends
 * on the rows and columns alone. Threads take groups, blocks of 512 rows are summed in eight lanes
 * within a group, and the groups are added in order: the same bits for any number of threads. A
 * pass may look at one group in four only. Columns are centred and scaled as they come in. */
#include "measure/glm_pass.h"

#include <math.h>
#include <string.h>

#include "measure/variance.h"

struct task {
    struct tf_fitting *f;
    const double *beta;
    struct tf_glm *out; /* TF_GLM_LAST: where eta, mu, working, residual go */
    enum tf_glm_mode mode;
    size_t every;       /* 1: all groups; 4: one in four */
    size_t first, step; /* groups of this thread */
    double *room;       /* x, wx, lanes */
};

/* Column j of a block, centred and scaled, and its part of eta. `raw`: scratch for rows that do not
 * stand side by side. */
static void load(const struct tf_fitting *f, size_t j, double slope, size_t from, size_t n,
                 double *raw, double *x, double *eta)
{
    const double *column = f->m->x[f->column[j]];
    if (f->row == NULL && n == TF_GLM_BLOCK) {
        tf_glm_load(column + from, f->centre[j], f->unit[j], slope, x, eta);
        return;
    }
    for (size_t k = 0; k < n; k++)
        raw[k] = column[tf_glm_row(f, from + k)];
    for (size_t k = n; k < TF_GLM_BLOCK; k++)
        raw[k] = f->centre[j];
    tf_glm_load(raw, f->centre[j], f->unit[j], slope, x, eta);
}

/* The family's start: the score that solving H beta = X' W (eta0 - offset) + X' s wants. */
static void start_block(const struct tf_fitting *f, struct tf_glm_block *b, size_t n)
{
    double offset[TF_GLM_BLOCK] = {0};
    const double none = tf_glm_start(f->family, f->link, 0), all = tf_glm_start(f->family, f->link,
                                                                                1);
    for (size_t k = 0; k < n; k++) {
        offset[k] = b->eta[k];
        /* R starts at (w y + 1/2) / (w + 1), the optimum cares not where */
        const double y = f->epsilon > 0 && f->family == TF_BINOMIAL
                             ? 2 * (b->w[k] * b->y[k] + 0.5) / (b->w[k] + 1) - 0.5
                             : b->y[k];
        b->eta[k] = f->epsilon > 0 || f->fractional || f->family != TF_BINOMIAL
                        ? tf_glm_start(f->family, f->link, y)
                        : y > 0 ? all : none;
    }
    tf_glm_rows(f->family, f->link, b);
    for (size_t k = 0; k < n; k++)
        b->score[k] += b->working[k] * (b->eta[k] - offset[k]);
}

/* Back to the units of the caller's weights. */
static void keep_block(const struct task *t, const struct tf_glm_block *b, size_t from, size_t n)
{
    const struct tf_fitting *f = t->f;
    for (size_t k = 0; k < n; k++) {
        const size_t row = tf_glm_row(f, from + k);
        t->out->eta[row] = b->eta[k];
        t->out->mu[row] = b->mu[k];
        t->out->working[row] = b->working[k] * f->scale;
        t->out->residual[row] = b->working[k] > 0
                                    ? b->score[k] / b->working[k]
                                    : (b->y[k] - b->mu[k]) / tf_link_slope(f->link, b->eta[k]);
    }
}

/* The working weights of an earlier eta, whose place may be written over after this. */
static void weights_before(const struct task *t, const struct tf_glm_block *b, size_t from,
                           size_t n, double *ret)
{
    double eta[TF_GLM_BLOCK] = {0}, mu[TF_GLM_BLOCK], score[TF_GLM_BLOCK],
           lane[TF_GLM_LANES] = {0};
    struct tf_glm_block was = {b->y, b->w, eta, mu, ret, score, lane, false};
    for (size_t k = 0; k < n; k++)
        eta[k] = t->f->eta_was[tf_glm_row(t->f, from + k)];
    tf_glm_rows(t->f->family, t->f->link, &was);
}

static void write_block(const struct task *t, const struct tf_glm_block *b, size_t from, size_t n)
{
    double before[TF_GLM_BLOCK];
    weights_before(t, b, from, n, before);
    keep_block(t, b, from, n);
    for (size_t k = 0; k < n; k++)
        t->out->working[tf_glm_row(t->f, from + k)] = before[k] * t->f->scale;
}

static void keep_eta(const struct tf_fitting *f, const double *eta, size_t from, size_t n)
{
    if (f->row == NULL)
        memcpy(f->eta + from, eta, n * sizeof *eta);
    for (size_t k = 0; k < n && f->row != NULL; k++)
        f->eta[f->row[from + k]] = eta[k];
}

static void block(const struct task *t, size_t from, size_t n, struct tf_glm_sums *to)
{
    const struct tf_fitting *f = t->f;
    double y[TF_GLM_BLOCK] = {0}, w[TF_GLM_BLOCK] = {0}, eta[TF_GLM_BLOCK] = {0},
           mu[TF_GLM_BLOCK], working[TF_GLM_BLOCK], score[TF_GLM_BLOCK];
    double *x = t->room, *wx = x + f->p * TF_GLM_BLOCK, *lane = wx + TF_GLM_BLOCK;
    struct tf_glm_block b = {y, w, eta, mu, working, score, lane, false};
    const double inverse = 1 / f->scale;
    if (f->row == NULL) { /* side by side */
        memcpy(y, f->m->y + from, n * sizeof *y);
        for (size_t k = 0; k < n; k++)
            w[k] = f->w[from + k] * inverse;
    }
    for (size_t k = 0; k < n && f->row != NULL; k++) {
        y[k] = f->m->y[f->row[from + k]];
        w[k] = f->w[f->row[from + k]] * inverse;
    }
    for (size_t k = 0; k < n && f->m->offset != NULL; k++)
        eta[k] = f->m->offset[tf_glm_row(f, from + k)];
    for (size_t j = 0; j < f->p; j++)
        load(f, j, t->mode == TF_GLM_START ? 0 : t->beta[j], from, n, wx, x + j * TF_GLM_BLOCK,
             eta);
    if (t->mode == TF_GLM_START)
        start_block(f, &b, n);
    else
        tf_glm_rows(f->family, f->link, &b);
    to->invalid = to->invalid || b.invalid;
    if (t->mode == TF_GLM_ROUND && f->eta != NULL)
        keep_eta(f, eta, from, n);
    if (t->mode == TF_GLM_LAST)
        keep_block(t, &b, from, n);
    if (t->mode == TF_GLM_WRITE) {
        write_block(t, &b, from, n);
        return;
    }
    tf_glm_products(x, f->p, working, score, wx, lane + (1 + f->p) * TF_GLM_LANES,
                    lane + TF_GLM_LANES);
}

static double add_lanes(const double *lane)
{
    double s = 0;
    for (size_t k = 0; k < TF_GLM_LANES; k++)
        s += lane[k];
    return s;
}

static void run_task(void *tasks, size_t k)
{
    const struct task *t = &((const struct task *)tasks)[k];
    const struct tf_fitting *f = t->f;
    double *lane = t->room + (f->p + 1) * TF_GLM_BLOCK;
    for (size_t g = t->first; g < f->n_groups; g += t->step) {
        struct tf_glm_sums *to = &f->group[g];
        const size_t from = g * f->per_group;
        const size_t end = from + f->per_group < f->n ? from + f->per_group : f->n;
        to->invalid = false;
        to->deviance = 0;
        memset(to->h, 0, f->pairs * sizeof *to->h);
        memset(to->g, 0, f->p * sizeof *to->g);
        if (g % t->every != 0)
            continue;
        memset(lane, 0, (1 + f->p + f->pairs) * TF_GLM_LANES * sizeof *lane);
        for (size_t r = from; r < end; r += TF_GLM_BLOCK)
            block(t, r, end - r < TF_GLM_BLOCK ? end - r : TF_GLM_BLOCK, to);
        to->deviance = add_lanes(lane);
        for (size_t j = 0; j < f->p; j++)
            to->g[j] = add_lanes(lane + (1 + j) * TF_GLM_LANES);
        for (size_t j = 0; j < f->pairs; j++)
            to->h[j] = add_lanes(lane + (1 + f->p + j) * TF_GLM_LANES);
    }
}

/* One pass over the rows at beta; f->all holds H (lower triangle filled too), g, deviance. */
void tf_glm_pass(struct tf_fitting *f, const double *beta, enum tf_glm_mode mode, size_t every,
                 struct tf_glm *out)
{
    enum { MOST = 64 };
    struct task task[MOST];
    const size_t want = f->threads < 1 ? 1 : f->threads > MOST ? MOST : f->threads;
    const size_t n = want < f->n_groups ? want : f->n_groups;
    const size_t room = (f->p + 1) * TF_GLM_BLOCK + (1 + f->p + f->pairs) * TF_GLM_LANES;
    if (f->room == NULL || f->rooms < n * room) {
        f->rooms = n * room;
        f->room = TF_NEW_N(f->arena, double, f->rooms);
    }
    for (size_t k = 0; k < n; k++)
        task[k] = (struct task){f, beta, out, mode, every, k, n, f->room + k * room};
    tf_in_parallel((unsigned)n, n, run_task, task);
    f->started = mode == TF_GLM_START ? every : 0;
    f->all.deviance = 0;
    f->all.invalid = false;
    memset(f->all.g, 0, f->p * sizeof *f->all.g);
    memset(f->all.h, 0, f->p * f->p * sizeof *f->all.h);
    for (size_t g = 0; g < f->n_groups; g++) {
        const double *h = f->group[g].h;
        f->all.deviance += f->group[g].deviance;
        f->all.invalid = f->all.invalid || f->group[g].invalid;
        for (size_t j = 0; j < f->p; j++) {
            f->all.g[j] += f->group[g].g[j];
            for (size_t k = j; k < f->p; k++)
                f->all.h[k + j * f->p] += *h++;
        }
    }
    for (size_t j = 0; j < f->p; j++)
        for (size_t k = 0; k < j; k++)
            f->all.h[k + j * f->p] = f->all.h[j + k * f->p];
}

void tf_glm_lay_out(struct tf_fitting *f)
{
    const size_t most = f->p <= TF_GLM_WIDE ? TF_GLM_GROUPS : TF_GLM_GROUPS_WIDE;
    const size_t blocks = (f->n + TF_GLM_BLOCK - 1) / TF_GLM_BLOCK;
    f->n_groups = blocks < most ? blocks : most;
    f->per_group = (blocks + f->n_groups - 1) / f->n_groups * TF_GLM_BLOCK;
    f->pairs = f->p * (f->p + 1) / 2;
    f->group = TF_NEW_N(f->arena, struct tf_glm_sums, f->n_groups);
    for (size_t g = 0; g < f->n_groups; g++) {
        f->group[g].h = TF_NEW_N(f->arena, double, f->pairs);
        f->group[g].g = TF_NEW_N(f->arena, double, f->p);
    }
    f->all.h = TF_NEW_N(f->arena, double, f->p * f->p);
    f->all.g = TF_NEW_N(f->arena, double, f->p);
}
