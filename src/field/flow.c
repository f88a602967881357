/* The case-flow: from doors to complete interviews (table T1 of a national report).
 *
 * Each door has one outcome, and each outcome says how far the door came:
 *
 *     door ─► dwelling ─► contacted ─► screened ─► eligible ─► caregiver ─► child ─► begun ─► complete
 *       not_a_dwelling  no_contact  refused_    not_       refused_    refused_     broken_off
 *                                   screening   eligible   caregiver   child
 *
 * A stage counts the doors that came so far; a loss counts those that stopped there, with the
 * reason. So stage = next stage + loss, always. Outcome rates follow AAPOR, Standard Definitions (9th
 * ed. 2016), 4.1-4.4, for a screener: the eligibility of a door that was never screened is unknown.
 *
 *     RR1 = complete / (eligible + unknown)        every unknown door counts as eligible: the least
 *     RR3 = complete / (eligible + e unknown)      e = eligible / screened
 *
 * Does not: read an answer; weight the rates; judge who should have been visited. */
#include <math.h>
#include <string.h>

#include "field/inside.h"

/* clang-format off */
const struct tf_outcome tf_outcomes[] = {
    {"not_a_dwelling",    AT_DOOR,     "address is no dwelling"},
    {"no_contact",        AT_DWELLING, "nobody met after all visits"},
    {"refused_screening", CONTACTED,   "someone met, screening refused"},
    {"not_eligible",      SCREENED,    "no eligible child in the household"},
    {"refused_caregiver", ELIGIBLE,    "the caregiver refused"},
    {"refused_child",     ALLOWED,     "the caregiver agreed, the child did not"},
    {"broken_off",        BEGUN,       "interview begun, not finished"},
    {"complete",          COMPLETE,    NULL},
    {NULL, 0, NULL}};

/* Rows in the order printed: a stage (reached) or a loss (an outcome). */
static const struct {
    const char *id, *label;
    enum tf_stage reached;  /* for a stage */
    const char *outcome;    /* for a loss */
} rows[] = {
    {"doors",             "Doors visited",                AT_DOOR,     NULL},
    {"not_a_dwelling",    "Not a dwelling",               0,           "not_a_dwelling"},
    {"no_contact",        "Nobody met",                   0,           "no_contact"},
    {"contacted",         "Households contacted",         CONTACTED,   NULL},
    {"refused_screening", "Screening refused",            0,           "refused_screening"},
    {"screened",          "Households screened",          SCREENED,    NULL},
    {"not_eligible",      "No eligible child",            0,           "not_eligible"},
    {"eligible",          "Households with an eligible child", ELIGIBLE, NULL},
    {"refused_caregiver", "Refused by the caregiver",     0,           "refused_caregiver"},
    {"refused_child",     "Refused by the child",         0,           "refused_child"},
    {"broken_off",        "Interview broken off",         0,           "broken_off"},
    {"complete",          "Interviews complete",          COMPLETE,    NULL},
};
/* clang-format on */
enum { N_ROWS = sizeof rows / sizeof rows[0] };

const struct tf_outcome *tf_outcome_named(const char *word)
{
    for (const struct tf_outcome *o = tf_outcomes; o->word != NULL; o++)
        if (strcmp(o->word, word) == 0)
            return o;
    return NULL;
}

struct tf_flow *tf_flow_of(struct tf_arena *arena, const struct tf_contacts *c)
{
    struct tf_flow *f = TF_NEW(arena, struct tf_flow);
    f->row = TF_NEW_N(arena, struct tf_flow_row, N_ROWS + 1);
    f->row[f->n++] = (struct tf_flow_row){"psus", "Sampling areas (PSUs)", (double)c->n_psus, NULL};
    for (size_t k = 0; k < N_ROWS; k++) {
        struct tf_flow_row *r = &f->row[f->n++];
        *r = (struct tf_flow_row){.id = rows[k].id, .label = rows[k].label};
        for (size_t j = 0; j < c->n; j++) {
            const struct tf_outcome *o = c->door[j].outcome;
            if (rows[k].outcome == NULL ? o->reached >= rows[k].reached
                                        : strcmp(o->word, rows[k].outcome) == 0)
                r->count++;
        }
        if (rows[k].outcome != NULL)
            r->why = tf_outcome_named(rows[k].outcome)->why;
    }
    return f;
}

enum tf_code tf_flow_from_contacts(struct tf_arena *arena, const char *path, struct tf_flow **ret,
                                   struct tf_err *reterr)
{
    struct tf_notices faults = {.arena = arena};
    struct tf_contacts c = {0};
    TF_TRY(tf_contacts_read(arena, path, &c, &faults, reterr));
    for (size_t k = 0; k < faults.n; k++) { /* the first fault stops a flow */
        const struct tf_notice *n = &faults.item[k];
        if (n->level != TF_ERROR)
            continue;
        (void)tf_fail_at(reterr, TF_E_INPUT, n->file, n->line, n->column, "%s", n->text);
        return tf_help(reterr, "%s", n->help == NULL ? "" : n->help);
    }
    *ret = tf_flow_of(arena, &c);
    return TF_OK;
}

double tf_flow_count(const struct tf_flow *f, const char *id)
{
    for (size_t k = 0; k < f->n; k++)
        if (strcmp(f->row[k].id, id) == 0)
            return f->row[k].count;
    return 0;
}

void tf_flow_rates(struct tf_arena *arena, const struct tf_flow *f, struct tf_flow_rate **ret,
                   size_t *ret_n)
{
    const double contacted = tf_flow_count(f, "contacted"), screened = tf_flow_count(f, "screened"),
                 dwellings = tf_flow_count(f, "doors") - tf_flow_count(f, "not_a_dwelling"),
                 eligible = tf_flow_count(f, "eligible"), complete = tf_flow_count(f, "complete"),
                 allowed = eligible - tf_flow_count(f, "refused_caregiver"),
                 unknown = dwellings - screened, e = screened > 0 ? eligible / screened : 0;
    const struct tf_flow_rate list[] = {
        {"contact", "Contact rate", "contacted / dwellings", 0, contacted, dwellings},
        {"screening", "Screening rate", "screened / contacted", 0, screened, contacted},
        {"eligibility", "Eligibility rate (e)", "eligible / screened", 0, eligible, screened},
        {"caregiver_consent", "Caregivers who agreed", "agreed / eligible", 0, allowed, eligible},
        {"child_assent", "Children who agreed", "begun / caregiver agreed", 0,
         allowed - tf_flow_count(f, "refused_child"), allowed},
        {"cooperation", "Cooperation rate", "complete / eligible", 0, complete, eligible},
        {"rr1", "Response rate, least (RR1)", "complete / (eligible + unknown)", 0, complete,
         eligible + unknown},
        {"rr3", "Response rate, estimated (RR3)", "complete / (eligible + e × unknown)", 0,
         complete, eligible + e * unknown},
    };
    *ret_n = sizeof list / sizeof list[0];
    *ret = TF_NEW_N(arena, struct tf_flow_rate, *ret_n);
    for (size_t k = 0; k < *ret_n; k++) {
        (*ret)[k] = list[k];
        (*ret)[k].value = list[k].whole > 0 ? list[k].part / list[k].whole : (double)NAN;
    }
}
