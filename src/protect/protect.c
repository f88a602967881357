/* A release in the making: every maker adds its figures, then all is written at once.
 *
 * The order of figures is fixed (recipes in their order, case-flow, series, legal grid, code by case,
 * capacity), names are unique, and the hash of the whole depends on the content alone, so the same
 * evidence gives the same release on any machine. The release is itself registered as evidence, linked
 * to each piece of evidence it was made from. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

struct tf_figure *tf_making_figure(struct tf_making *m, const char *id, const char *title,
                                   enum tf_figure_kind kind, enum tf_strand strand)
{
    struct tf_release *r = &m->release;
    r->figure = tf_grow(m->arena, r->figure, r->n_figures, &m->cap_figures, sizeof *r->figure);
    struct tf_figure *f = &r->figure[r->n_figures++];
    *f = (struct tf_figure){.id = id, .country = m->country->code, .title = title, .kind = kind,
                            .strand = strand, .policy = m->policy->name, .trace = "{}",
                            .flags = m->study->synthetic ? (unsigned)TF_SYNTHETIC : 0U};
    return f;
}

void tf_make_flow(struct tf_making *m, const struct tf_protect_extra *extra)
{
    if (extra == NULL || extra->n_flow == 0)
        return;
    struct tf_figure *f = tf_making_figure(m, "flow", "From addresses to interviews", TF_FIG_FLOW,
                                           TF_CHILDREN);
    f->unit = "count";
    f->source = "Contact sheets";
    f->n_cells = extra->n_flow;
    f->cell = TF_NEW_N(m->arena, struct tf_cell, f->n_cells);
    for (size_t k = 0; k < f->n_cells; k++) {
        const struct tf_flow_input *in = &extra->flow[k];
        struct tf_cell *c = &f->cell[k];
        *c = (struct tf_cell){.row = in->id, .row_label = in->label, .col = "total",
                              .col_label = "Total"};
        tf_cell_blank(c);
        c->state = TF_CELL_SHOWN;
        c->value = c->n = in->count;
        c->text = in->why;
    }
    struct tf_buf b = {.arena = m->arena};
    tf_json_open(&b);
    tf_json_text(&b, "file", m->study->contacts == NULL ? NULL
                 : tf_replace(m->arena, m->study->contacts, "{country}", m->country->code));
    tf_json_close(&b);
    f->trace = tf_buf_text(&b);
}

/* Two figures of one name: the second would never be found. */
static enum tf_code names_unique(const struct tf_release *r, struct tf_err *reterr)
{
    for (size_t k = 0; k < r->n_figures; k++)
        for (size_t j = 0; j < k; j++)
            if (strcmp(r->figure[j].id, r->figure[k].id) == 0) {
                (void)tf_fail(reterr, TF_E_INPUT, "two figures of %s are named '%s'", r->country,
                              r->figure[k].id);
                (void)tf_fact(reterr, "'%s' and '%s'", r->figure[j].title, r->figure[k].title);
                return tf_help(reterr, "Give the estimate or the series another id.");
            }
    return TF_OK;
}

static enum tf_code make_all(struct tf_making *m, const struct tf_protect_extra *extra,
                             struct tf_err *reterr)
{
    TF_TRY(tf_make_estimates(m, reterr));
    tf_make_flow(m, extra);
    TF_TRY(tf_make_series(m, reterr));
    TF_TRY(tf_make_voices(m, reterr));
    TF_TRY(tf_make_capacity(m, reterr));
    TF_TRY(names_unique(&m->release, reterr));
    for (size_t k = 0; k < m->release.n_figures; k++)
        m->release.figure[k].hash = tf_strdup(m->arena, tf_figure_hash(&m->release.figure[k]).hex);
    m->release.hash = tf_strdup(m->arena, tf_release_hash(&m->release).hex);
    return TF_OK;
}

static enum tf_code register_release(struct tf_making *m, struct tf_err *reterr)
{
    struct tf_register *reg = tf_keep_register(m->keep);
    struct tf_buf detail = {.arena = m->arena};
    struct tf_evidence *e;
    const char *id;
    size_t n;
    tf_json_open(&detail);
    tf_json_number(&detail, "figures", (double)m->release.n_figures);
    tf_json_number(&detail, "quotes", (double)m->release.n_quotes);
    tf_json_number(&detail, "laws", (double)m->release.n_legal);
    tf_json_text(&detail, "policy", m->policy->name);
    tf_json_close(&detail);
    const struct tf_evidence release = {
        .kind = "release", .country = m->country->code, .strand = "", .name = "release",
        .title = tf_printf(m->arena, "Release for %s", m->country->name), .hash = m->release.hash,
        .file = "", .detail = tf_buf_text(&detail)};
    TF_TRY(tf_evidence_put(reg, &release, &id, reterr));
    TF_TRY(tf_evidence_list(m->arena, reg, m->country->code, &e, &n, reterr));
    for (size_t k = 0; k < n; k++)
        if (strcmp(e[k].kind, "release") != 0 && strcmp(e[k].kind, "report") != 0 &&
            strcmp(e[k].kind, "claim") != 0)
            TF_TRY(tf_evidence_link(reg, id, e[k].id, reterr));
    return TF_OK;
}

enum tf_code tf_protect_country_with(struct tf_arena *arena, const struct tf_study *study,
                                     struct tf_keep *keep, const char *country,
                                     const struct tf_protect_extra *extra, struct tf_err *reterr)
{
    struct tf_making m = {.arena = arena, .study = study, .keep = keep};
    struct tf_release_source *source;
    size_t n;
    m.country = tf_study_country(study, country);
    if (m.country == NULL)
        return tf_fail(reterr, TF_E_INPUT, "the study has no country '%s'", country);
    m.release.country = m.country->code;
    TF_TRY(tf_policy_of(study, m.country, &m.policy, reterr));
    TF_TRY(make_all(&m, extra, reterr));
    TF_TRY(tf_sources_now(arena, study, keep, m.country, &source, &n, reterr));
    TF_TRY(tf_release_write(&m, source, n, reterr));
    return register_release(&m, reterr);
}

enum tf_code tf_protect_country(struct tf_arena *arena, const struct tf_study *study,
                                struct tf_keep *keep, const char *country, struct tf_err *reterr)
{
    return tf_protect_country_with(arena, study, keep, country, NULL, reterr);
}
