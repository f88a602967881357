/* relate: claims and what bears them.
 *
 * A claim is a Markdown file with a YAML head (docs/FORMATS.md): id, countries, section, kind
 * (finding, insight, recommendation, convergence), strands, links to figures, quotes, series and
 * laws, each SUPPORTS, QUALIFIES or CONTRADICTS. A claim with a missing, stale or unreleased link is
 * refused by name. Source of the idea: convergence coding, Farmer et al. (2006). */
#ifndef TF_RELATE_H
#define TF_RELATE_H

#include "ask/ask.h"
#include "base/base.h"
#include "protect/protect.h"

enum tf_relation { TF_SUPPORTS, TF_QUALIFIES, TF_CONTRADICTS };
enum tf_link_kind { TF_LINK_FIGURE, TF_LINK_QUOTE, TF_LINK_LAW };
struct tf_link {
    enum tf_link_kind kind;
    enum tf_relation relation;
    const char *ref;             /* as written: "exp.exp_a sex=girl", "Q-XA-01", "L-XA-03" */
    const char *figure, *row, *col; /* parsed, for figures and series */
    size_t line;
};
struct tf_theme_cell { /* one strand's entry in the convergence table */
    const char *text;  /* Markdown with live references, or NULL = silent */
    size_t line;
};
struct tf_claim {
    const char *id, *file, *kind, *section, *theme, *title;
    int order;
    bool strand[3];              /* enum tf_strand */
    const char *big;             /* the reference shown large on the findings page, or NULL */
    const char *actor;           /* recommendations: government, law enforcement, … */
    const char *insight;         /* recommendations: the insight they answer */
    struct tf_link *link;
    size_t n_links;
    struct tf_theme_cell cell[3];/* convergence claims: context, threats, children */
    const char *together;        /* convergence: agree, complement, silent, contradict */
    const char *body;            /* Markdown after the head */
    size_t body_line;            /* its first line in the file */
};
struct tf_claims {
    struct tf_claim *item;
    size_t n;
};
/* Read the claims of a country, ordered by kind, order, id; every link is looked up in the release:
 * missing or unreleased is TF_E_INPUT / TF_E_REFUSED with claim, file and line. A convergence claim
 * whose `together` its links contradict (a CONTRADICTS link under "agree") is refused. */
TF_MUST_CHECK enum tf_code tf_claims_read(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country, const struct tf_release *release,
                                          struct tf_claims **ret, struct tf_err *reterr);
/* "exp.ocsea_any sex=girls fmt=pct0" -> "exp", "ocsea_any", "sex=girls"; NULL where not named. The
 * figure is the longest name before a '.' that the release (may be NULL) has. */
void tf_ref_parts(struct tf_arena *arena, const struct tf_release *release, const char *ref,
                  const char **ret_figure, const char **ret_row, const char **ret_col);
/* The words of the enums: "supports", … */
const char *tf_relation_word(enum tf_relation relation);
/* As tf_claims_read, collecting all faults. */
void tf_relate_check(struct tf_arena *arena, const struct tf_study *study, const char *country,
                     const struct tf_release *release, struct tf_notices *out);

#endif
