/* demo, inside: the presets of the three countries and the small tools that the files share.
 *
 * Everything is drawn from streams known by name ("demo/XA/doors"), so that the same study comes
 * out on every machine, and a change in one part leaves the others as they were. Sources of the
 * rates: parameters for a synthetic country, set by hand; none is an estimate of anything real. */
#ifndef TF_DEMO_INSIDE_H
#define TF_DEMO_INSIDE_H

#include "base/base.h"
#include "draw/draw.h"

enum { DEMO_COUNTRIES = 3, DEMO_PSUS = 100, DEMO_ITEMS = 8, DEMO_LANGUAGES = 3 };

struct demo_preset {
    const char *code;        /* XA XB XC */
    size_t index;            /* 0 1 2: LOW MID HIGH */
    double population;       /* children aged 12-17 */
    double internet;         /* share of them who use the internet */
    double adolescents;      /* share of screened households with a 12-17 year old */
    double composite;        /* share with a clear example, exact among those with an answer */
    double item[DEMO_ITEMS]; /* a b c d: exact; e-h follow from the composite */
    double cluster;          /* how alike the children of one PSU are in these experiences */
    size_t complete, unweighted, duplicates;
    const char *language[DEMO_LANGUAGES];
    double language_share[DEMO_LANGUAGES];
    const char *excluded_region; /* whole region, or NULL */
    double excluded_share;       /* of the frame, remote PSUs of one region */
    const char *excluded_reason;
    size_t run_psu; /* PSU with a run of six broken-off interviews; or DEMO_PSUS */
    size_t broken;  /* broken-off interviews in all */
};
extern const struct demo_preset demo_preset[DEMO_COUNTRIES];

struct demo_child {        /* one interview, complete or broken off */
    size_t psu, household; /* index of the PSU in the sample; number of the household */
    int sex, age;          /* 1 boy 2 girl */
    bool broken;
    double p_psu, p_hh, p_person;
    double weight; /* NaN where none was delivered */
    size_t language;
};
struct demo_country {
    struct tf_arena *arena;
    const struct demo_preset *preset;
    const char *dir; /* the study folder */
    struct tf_sample *sample;
    struct demo_child *child;
    size_t n_children, cap_children;
    double psu_effect[DEMO_PSUS]; /* standard normal, shared by the children of a PSU */
};

/* A grid of answers: named columns of codes, NaN where nothing was asked or answered. */
struct demo_grid {
    struct tf_arena *arena;
    size_t n_rows, n_cols, cap;
    const char **name;
    double **col;
};
struct demo_grid *demo_grid_new(struct tf_arena *arena, size_t n_rows);
double *demo_grid_add(struct demo_grid *g, const char *name);
double *demo_grid_find(const struct demo_grid *g, const char *name); /* the column must be there */
/* ",code,code,…" of a row; nothing but commas from column `from` on when blank is set. */
void demo_grid_row(struct tf_buf *out, const struct demo_grid *g, size_t row, size_t from,
                   bool blank);

/* Whom a set of answers depends on, one per row. */
struct demo_person {
    double age; /* years above 14.5, or caregivers: decades above 40 */
    double second_sex, urban, cluster;
};
struct demo_yesno { /* one yes/no question: shares of yes in XA, XB, XC, then effects (logit) */
    const char *name;
    double share[DEMO_COUNTRIES];
    double age, second_sex, urban;
    double dont_know, prefer_not;
};
struct demo_scale { /* one question with ordered codes 1..k */
    const char *name;
    size_t k;
    double share[7];              /* of codes 1..k in XB */
    double shift[DEMO_COUNTRIES]; /* on the logit scale */
    double age, second_sex, urban;
    double dont_know;
};
/* Ask everyone; answers stand in a new column of the grid. */
void demo_ask_yesno(struct demo_country *c, struct demo_grid *g, const char *who,
                    const struct demo_person *p, const struct demo_yesno *q);
void demo_ask_scale(struct demo_country *c, struct demo_grid *g, const char *who,
                    const struct demo_person *p, const struct demo_scale *q);
/* Pick one of n codes 1..n by share. */
int demo_pick(struct tf_rng *rng, const double *share, size_t n);
/* The stream "demo/<country>/<what>". */
struct tf_rng demo_stream(const struct demo_country *c, const char *what);
/* The x above which a share of the weight lies, among rows with mask set. */
double demo_threshold(struct tf_arena *arena, const double *x, const double *w, const bool *mask,
                      size_t n, double share);

/* Write text under the study folder; folders are made. */
TF_MUST_CHECK enum tf_code demo_put(const struct demo_country *c, const char *name,
                                    const struct tf_buf *text, struct tf_err *reterr);
/* "children/XA/child.csv" from "children/{country}/child.csv". */
const char *demo_name(const struct demo_country *c, const char *pattern);
bool demo_urban(const struct demo_country *c, size_t psu);

/* The parts, in the order of a real study. */
TF_MUST_CHECK enum tf_code demo_frame(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_doors(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_children(struct demo_country *c, struct tf_err *reterr);
void demo_experiences(struct demo_country *c, struct demo_grid *g, const struct demo_person *p);
TF_MUST_CHECK enum tf_code demo_caregivers(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_frontline(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_consultation(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_threats(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code demo_context(struct demo_country *c, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code
demo_instruments(struct tf_arena *arena, const char *dir, struct tf_err *reterr);
/* A static file of the study by its name below demo/study. NULL when there is none. */
const char *demo_static(const char *name, size_t *ret_n);

#endif
