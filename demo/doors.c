/* At the doors: contact sheets, the screening roster, and the children who were interviewed.
 *
 * In each PSU a random walk goes on until the take is reached: about fifteen doors for one complete
 * interview. Every door has an outcome; every screened household with children of 12 to 17 goes
 * into the roster, whether they use the internet or not; one of its users is picked for the
 * interview. Probabilities: PSU as drawn, household = dwellings tried / households listed, person =
 * 1 / users. */
#include <math.h>

#include "demo/inside.h"

struct walk { /* the walk through one PSU */
    struct demo_country *c;
    struct tf_rng *rng;
    struct tf_buf *contacts;
    struct tf_buf *roster; /* rows without the probabilities, which are known at the end */
    size_t psu, door, dwellings, complete, broken_left, household;
    size_t first_child;
};
struct member {
    int sex, age;
    bool online;
};

static size_t household_members(struct walk *w, struct member *m)
{
    const struct demo_preset *p = w->c->preset;
    const double share[] = {0.64, 0.28, 0.08};
    const size_t n = (size_t)demo_pick(w->rng, share, 3);
    const double base = log(p->internet / (1 - p->internet));
    for (size_t k = 0; k < n; k++) {
        m[k].sex = tf_rng_uniform(w->rng) < 0.51 ? 1 : 2;
        m[k].age = 12 + (int)tf_rng_below(w->rng, 6);
        const double eta =
            base + 0.30 * (m[k].age - 14.5) + (demo_urban(w->c, w->psu) ? 0.25 : -0.25) +
            (m[k].sex == 1 ? 0.10 : -0.10) * (double)p->index + 0.35 * w->c->psu_effect[w->psu];
        m[k].online = tf_rng_uniform(w->rng) < 1 / (1 + exp(-eta));
    }
    return n;
}

static void add_child(struct walk *w, const struct member *m, size_t users, bool broken)
{
    struct demo_country *c = w->c;
    c->child = tf_grow(c->arena, c->child, c->n_children, &c->cap_children, sizeof *c->child);
    c->child[c->n_children++] = (struct demo_child){
        .psu = w->psu,
        .household = w->household,
        .sex = m->sex,
        .age = m->age,
        .broken = broken,
        .p_psu = c->sample->psu[w->psu].p_psu,
        .p_person = 1 / (double)users,
        .language = (size_t)demo_pick(w->rng, c->preset->language_share, DEMO_LANGUAGES) - 1};
}

/* A screened household: who lives there, and how far the interview came. */
static const char *screened(struct walk *w)
{
    struct member m[3];
    if (tf_rng_uniform(w->rng) >= w->c->preset->adolescents)
        return "not_eligible";
    const size_t n = household_members(w, m);
    size_t users = 0, user[3];
    w->household++;
    for (size_t k = 0; k < n; k++) {
        tf_buf_printf(w->roster, "%zu,%zu,%d,%d,%d\n", w->household, k + 1, m[k].sex, m[k].age,
                      m[k].online);
        if (m[k].online)
            user[users++] = k;
    }
    if (users == 0)
        return "not_eligible";
    const double answer = tf_rng_uniform(w->rng);
    const struct member *chosen = &m[user[tf_rng_below(w->rng, (uint32_t)users)]];
    if (w->broken_left > 0 && w->complete >= 2) {
        w->broken_left--;
        add_child(w, chosen, users, true);
        return "broken_off";
    }
    if (answer < 0.09)
        return "refused_caregiver";
    if (answer < 0.14)
        return "refused_child";
    add_child(w, chosen, users, false);
    w->complete++;
    return "complete";
}

static void knock(struct walk *w)
{
    const double u = tf_rng_uniform(w->rng);
    const char *outcome = u < 0.07   ? "not_a_dwelling"
                          : u < 0.27 ? "no_contact"
                          : u < 0.33 ? "refused_screening"
                                     : screened(w);
    const size_t visits = tf_streq(outcome, "no_contact")       ? 3
                          : tf_streq(outcome, "not_a_dwelling") ? 1
                                                                : 1 + tf_rng_below(w->rng, 3);
    w->door++;
    w->dwellings += !tf_streq(outcome, "not_a_dwelling");
    tf_buf_printf(w->contacts, "%s,%zu,%zu,%s\n", w->c->sample->psu[w->psu].psu, w->door, visits,
                  outcome);
}

/* With the walk done its probabilities are known: finish the PSU's roster rows and children. */
static void close_psu(struct walk *w, struct tf_buf *roster)
{
    struct demo_country *c = w->c;
    const struct tf_sample_psu *s = &c->sample->psu[w->psu];
    const double tried = (double)w->dwellings / s->households, p_hh = tried < 1 ? tried : 1;
    for (size_t k = w->first_child; k < c->n_children; k++)
        c->child[k].p_hh = p_hh;
    char **line;
    const size_t n = tf_split(c->arena, tf_buf_text(w->roster), '\n', &line);
    for (size_t k = 0; k < n; k++) {
        if (tf_is_blank(line[k]))
            continue;
        char **cell;
        if (tf_split(c->arena, line[k], ',', &cell) != 5)
            continue;
        tf_buf_printf(roster, "%s-H%s-%s,%s,%s,%s,%s-H%s,%s,%s,%s,", s->psu, cell[0], cell[1],
                      s->psu, s->stratum, s->area, s->psu, cell[0], cell[2], cell[3], cell[4]);
        tf_buf_fixed(roster, s->p_psu, 6);
        tf_buf_char(roster, ',');
        tf_buf_fixed(roster, p_hh, 6);
        tf_buf_add(roster, ",1\n");
    }
}

/* Delivered weights: base weights scaled to the number of internet-using children, in thousands, so
 * that an estimated number of children is printed no finer than it is known. */
static void set_weights(struct demo_country *c)
{
    const struct demo_preset *p = c->preset;
    struct tf_rng rng = demo_stream(c, "unweighted");
    bool *none = TF_NEW_N(c->arena, bool, c->n_children + 1);
    for (size_t left = p->unweighted; left > 0;) {
        const size_t k = tf_rng_below(&rng, (uint32_t)c->n_children);
        if (!none[k] && !c->child[k].broken) {
            none[k] = true;
            left--;
        }
    }
    double sum = 0;
    for (size_t k = 0; k < c->n_children; k++) {
        struct demo_child *x = &c->child[k];
        x->weight =
            none[k] || x->broken ? (double)NAN : tf_base_weight(x->p_psu, x->p_hh, x->p_person);
        sum += isnan(x->weight) ? 0 : x->weight;
    }
    for (size_t k = 0; k < c->n_children; k++)
        c->child[k].weight *= p->population / 1000 * p->internet / sum;
}

enum tf_code demo_doors(struct demo_country *c, struct tf_err *reterr)
{
    const struct demo_preset *p = c->preset;
    struct tf_rng rng = demo_stream(c, "doors");
    struct tf_buf contacts = {.arena = c->arena}, roster = {.arena = c->arena};
    tf_buf_add(&contacts, "psu,door,visits,outcome\n");
    tf_buf_add(&roster,
               "person_id,psu,stratum,area,household,sex,age,net_3m,p_psu,p_hh,p_person\n");
    for (size_t k = 0; k < c->sample->n; k++) {
        struct tf_buf rows = {.arena = c->arena};
        struct walk w = {.c = c,
                         .rng = &rng,
                         .contacts = &contacts,
                         .roster = &rows,
                         .psu = k,
                         .first_child = c->n_children};
        const size_t take = p->complete / c->sample->n + (k < p->complete % c->sample->n);
        w.broken_left = k == p->run_psu ? 6 : 0;
        if (p->run_psu >= DEMO_PSUS && k % 37 == 11 && k / 37 < p->broken)
            w.broken_left = 1;
        while (w.complete < take)
            knock(&w);
        close_psu(&w, &roster);
    }
    set_weights(c);
    TF_TRY(demo_put(c, "children/{country}/contacts.csv", &contacts, reterr));
    return demo_put(c, "children/{country}/roster.csv", &roster, reterr);
}
