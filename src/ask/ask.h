/* ask: the study and its instruments.
 *
 * A study is a folder; study.yaml is its door (docs/FORMATS.md has every key). This room reads the
 * folder into plain structs, knows the indicator registry and the questions of the XLSForm
 * instruments, writes a new study (`trefoil init`) and says what is wrong in one (`trefoil check`).
 * It reads no answer of anyone. All strings live in the arena given; NULL means "not stated". */
#ifndef TF_ASK_H
#define TF_ASK_H

#include "ask/expr.h"
#include "ask/words.h"
#include "ask/xform.h"
#include "base/base.h"
#include "base/yaml.h"

struct tf_place { /* where something was written, for messages */
    const char *file;
    size_t line, column;
};

enum tf_strand { TF_CONTEXT, TF_THREATS, TF_CHILDREN };
const char *tf_strand_name(enum tf_strand strand); /* "context", "threats", "children" */

struct tf_activity { /* a research activity of the programme; targets are per country */
    const char *id, *title, *who, *unit, *mode, *note;
    enum tf_strand strand;
    double target_min, target_max; /* NaN = as available */
    double in_all;                 /* target over all countries together; NaN = none */
    double across;                 /* in how many countries `in_all` is to be met; NaN = all */
    struct tf_place at;
};
struct tf_country_activity {
    const char *activity, *status; /* planned, running, done, paused, dropped */
    double target, achieved;       /* NaN = not stated */
    const char *from, *to, *note;  /* ISO dates or months */
    struct tf_place at;
};
struct tf_exclusion {
    const char *area, *reason;
    double share; /* of the frame, 0..1 */
};
struct tf_country {
    const char *code, *name, *status; /* planned, active, paused, left */
    const char *region;               /* as the programme groups countries, or NULL */
    int age_min, age_max;
    const char **language;
    size_t n_languages;
    const char *policy;            /* name of a small-base policy */
    double population;             /* children of the ages; NaN = not stated */
    const char *population_source; /* with year */
    double coverage;               /* share of the population in areas that could be sampled */
    struct tf_exclusion *exclusion;
    size_t n_exclusions;
    struct tf_country_activity *activity;
    size_t n_activities;
    struct tf_place at;
};
struct tf_partner {
    const char *id, *name, *area, *role; /* area: a strand, or NULL; role: lead, funder … */
    struct tf_place at;
};
struct tf_milestone {
    const char *id, *title, *from, *to, *status, *note;
    struct tf_place at;
};
struct tf_research_question {
    const char *id, *text;
    enum tf_strand strand;
    const char *activity; /* the activity it is put to, or NULL */
    struct tf_place at;
};
struct tf_role {
    const char *id, *who;
    const char **may; /* rooms */
    size_t n_may;
    struct tf_place at;
};

/* The small-base and disclosure policy, a named object (docs/METHODS-protection.md). */
struct tf_policy {
    const char *name, *title;
    int suppress_below;      /* unweighted base below this: [c], nothing printed (0 = never) */
    int counts_below;        /* base below this: "x of n" instead of a percentage (0 = never) */
    int flag_below;          /* base below this: printed in parentheses (0 = never) */
    int hide_from, hide_to;  /* numerators in this range on sensitive items are hidden, with
                                their complement (0,0 = never) */
    struct tf_place at;
};

enum tf_sample_kind { TF_PROBABILITY, TF_CONVENIENCE };
struct tf_missing_code {
    double code;
    enum tf_miss why;
};
struct tf_void { /* an item that was found void in one country or language after fieldwork */
    const char *item;     /* a variable; a trailing * matches any ending */
    const char *country;  /* a code, or NULL: in every country */
    const char *language; /* a value of the dataset's `language` variable, or NULL: in each */
    const char *reason;   /* as printed */
    struct tf_place at;
};
struct tf_dataset {
    const char *id, *title;      /* "child", "Household survey of children" */
    enum tf_strand strand;
    enum tf_sample_kind kind;
    const char *file;            /* relative to the study; {country} is replaced */
    const char *instrument;      /* XLSForm, relative, or NULL */
    const char *unit;            /* "child", "caregiver", "worker", "student" */
    const char *population;      /* whom it speaks for, as printed */
    const char *source;          /* printed source line */
    const char *caveat;          /* printed with every number; mandatory for convenience samples */
    const char *id_var;          /* unique id, or NULL */
    const char *weight_var;      /* delivered weight, or NULL */
    const char *interviewer_var; /* or NULL */
    const char *language_var;    /* or NULL */
    const char **sensitive;      /* variable names; a trailing * matches any ending */
    size_t n_sensitive;
    struct tf_missing_code *missing; /* codes that hold for all number columns */
    size_t n_missing;
    struct tf_void *void_item;   /* masked wherever the dataset comes from (keep) */
    size_t n_void_items;
    const char *cleaning, *recipe; /* files, relative, or NULL */
    const char **country;          /* codes */
    size_t n_countries;
    struct tf_place at;
};
struct tf_series_source { /* a series to import: CSV and its sidecar mapping */
    const char *id, *file, *mapping;
    const char **country;
    size_t n_countries;
    struct tf_place at;
};

/* A registered indicator: what a number means, with its version. */
struct tf_indicator {
    const char *id, *version;
    struct tf_words label;
    enum tf_strand strand;
    const char *dataset;
    const char **item; /* variables */
    size_t n_items;
    const char *rule;  /* "item": the item itself is one of `codes`; "any": any item is */
    double *code;      /* the codes that count as yes */
    size_t n_codes;
    const char *base;     /* expression over variables (measure's `where`), or NULL = all */
    const char *base_text;/* the base in words */
    const char *recall;   /* "past 12 months", or NULL */
    int age_min, age_max; /* 0 = the country's */
    bool prefer_not_in_base; /* "prefer not to say" counts in the base (as not yes) */
    bool dont_know_in_base;
    bool sensitive;
    const char *source; /* where the definition comes from */
    struct tf_place at;
};

/* A form that goes to the field: study.yaml `forms:`. */
enum tf_respondent { TF_ASKED_CHILD, TF_ASKED_CAREGIVER, TF_ASKED_SURVIVOR, TF_ASKED_WORKER,
                     TF_ASKED_INTERVIEWER };
struct tf_study_form {
    const char *id;              /* the form's own id */
    const char *file;            /* XLSForm (.xlsx .xls .md, folder of CSV) or XForm (.xml), relative */
    const char *dataset;         /* the dataset that its submissions become, or NULL */
    enum tf_strand strand;
    const char *purpose;         /* identity, response, qual: which file of the vault */
    enum tf_respondent who;      /* who answers */
    bool encrypted;              /* default: true; may be false only for worker and interviewer */
    const char **clear;          /* fields (names) that stay readable for quality control */
    size_t n_clear;
    const char *self;            /* group that the respondent answers alone, or NULL */
    const char *media;           /* folder of its media, relative, or NULL */
    const char **country;        /* codes; none = all */
    size_t n_countries;
    const char *crosswalk;       /* CSV: how older versions' fields map to this one, or NULL */
    struct tf_form_consent {     /* fields that record what was agreed to */
        const char *kind;        /* "consent" or "assent" */
        const char *name;        /* the switch: interview, recontact … */
        const char *field;
    } *consent;
    size_t n_consents;
    struct tf_place at;
};

const char *tf_respondent_word(enum tf_respondent who); /* "child" … "interviewer" */
/* Must a form that this one answers be encrypted? */
bool tf_respondent_sealed(enum tf_respondent who);
/* May the form's `clear:` fields stay readable, seen from the form itself: each is there once, in no
 * repeat, and not in the group answered alone. TF_E_INPUT names the field. */
struct tf_xform;
TF_MUST_CHECK enum tf_code tf_form_clear_allowed(const struct tf_study_form *f,
                                                 const struct tf_xform *x, struct tf_err *reterr);

/* Custody: who decides, for how long, and who may open what (custody.c; keep enforces). */
enum tf_approval_status { TF_APPROVAL_PENDING, TF_APPROVAL_GRANTED, TF_APPROVAL_LAPSED,
                          TF_APPROVAL_NOT_NEEDED };
struct tf_approval { /* study.yaml `approvals:` */
    const char *id, *body;       /* the board */
    const char *country;         /* a code, or NULL: for all (a global board) */
    const char **scope;          /* "collect", "release" */
    size_t n_scope;
    const char *from, *to;       /* dates, or NULL: no limit on that side */
    const char *conditions;      /* or NULL */
    enum tf_approval_status status;
    struct tf_place at;
};
struct tf_retention { /* study.yaml `retention:`: when keys are destroyed */
    const char *id, *purpose;    /* identity, response, interviews … */
    const char *strand;          /* or NULL: every strand */
    const char *until;           /* a date, or NULL */
    int months;                  /* after the end of the milestone `after`, when there is no date */
    const char *after;           /* id of a milestone of the timeline, or NULL */
    const char **country;        /* codes; none = all */
    size_t n_countries;
    struct tf_place at;
};
struct tf_study_person { /* study.yaml `people:`: who has which role, where */
    const char *id, *role, *who; /* who: a description, never a name that the study need not hold */
    const char *strand;          /* or NULL: the role's own */
    const char **country;        /* codes; none = all */
    size_t n_countries;
    struct tf_place at;
};

struct tf_study {
    struct tf_arena *arena;
    const char *dir, *file; /* the folder; its study.yaml */
    const char *id, *title, *subtitle, *kicker, *edition, *why, *term;
    const char *terminology;    /* whose words are used ("Luxembourg Guidelines") */
    const char *response_frame; /* how responses are ordered ("WeProtect Model National Response") */
    const char **principle;     /* what the study holds to, one sentence each */
    size_t n_principles;
    const char **threat_source; /* kinds of sources of the threats strand */
    size_t n_threat_sources;
    const char **threat_topic;  /* threats that are mapped first */
    size_t n_threat_topics;
    const char *threat_rules;   /* the rules under which threat data are handled */
    struct tf_role *role;
    size_t n_roles;
    bool synthetic;
    struct tf_research_question *question;
    size_t n_questions;
    struct tf_partner *partner;
    size_t n_partners;
    struct tf_activity *activity;
    size_t n_activities;
    struct tf_milestone *milestone;
    size_t n_milestones;
    struct tf_country *country;
    size_t n_countries;
    struct tf_policy *policy;
    size_t n_policies;
    struct tf_dataset *dataset;
    size_t n_datasets;
    struct tf_series_source *series;
    size_t n_series;
    struct tf_study_form *form;
    size_t n_forms;
    struct tf_approval *approval;
    size_t n_approvals;
    struct tf_retention *retention;
    size_t n_retentions;
    struct tf_study_person *person;
    size_t n_persons;
    const char **staged, **stage; /* study.yaml `stages:`: country codes and where each stands */
    size_t n_stages;
    struct tf_indicator *indicator;
    size_t n_indicators;
    /* context strand files and fieldwork files, {country} replaced; NULL when the study has none */
    const char *transcripts, *participants, *codebook, *segments, *legal;
    const char *contacts, *frame, *roster, *capacity;
    const char *findings;       /* folder of claims */
    const char *report;         /* folder of report text, {lang} and {country} replaced */
    const char **report_language;
    size_t n_report_languages;
    const char **allowed_number; /* phrases with digits that authors may type ("12–17") */
    size_t n_allowed_numbers;
    const struct tf_yaml *yaml, *indicators_yaml; /* the trees, for places; the second may be NULL */
};

/* Read a study folder whole (study.yaml, indicators.yaml). Fails at the first fault. */
TF_MUST_CHECK enum tf_code tf_study_read(struct tf_arena *arena, const char *dir,
                                         struct tf_study **ret, struct tf_err *reterr);
/* The things by name; NULL when there is none. */
const struct tf_country *tf_study_country(const struct tf_study *s, const char *code);
const struct tf_dataset *tf_study_dataset(const struct tf_study *s, const char *id);
const struct tf_policy *tf_study_policy(const struct tf_study *s, const char *name);
const struct tf_indicator *tf_study_indicator(const struct tf_study *s, const char *id);
const struct tf_activity *tf_study_activity(const struct tf_study *s, const char *id);
const struct tf_study_person *tf_study_person(const struct tf_study *s, const char *id);
/* Where a country stands: collect, analyse, release; "" when the study does not say. */
const char *tf_study_stage(const struct tf_study *s, const char *country);
/* The day ("2027-03-31") on which a retention ends; NULL when its milestone has no end yet. */
const char *tf_retention_day(struct tf_arena *arena, const struct tf_study *s,
                             const struct tf_retention *r);
const struct tf_study_form *tf_study_form(const struct tf_study *s, const char *id);
/* A path of the study with {country} and {lang} replaced, joined to the folder. NULL stays NULL. */
char *tf_study_path(struct tf_arena *arena, const struct tf_study *s, const char *pattern,
                    const char *country, const char *lang);
/* Is a variable of a dataset sensitive? */
bool tf_dataset_sensitive(const struct tf_dataset *d, const char *var);

/* ---- instruments: the questions of an XLSForm workbook ---- */
struct tf_choice {
    const char *value; /* the code, as text */
    struct tf_words label;
};
struct tf_question {
    const char *name, *type;         /* "select_one yesno" -> type "select_one", list "yesno" */
    const char *list, *relevant;     /* or NULL */
    struct tf_words label;
    struct tf_choice *choice;
    size_t n_choices;
    size_t row;                      /* in the survey sheet, 1-based */
};
struct tf_instrument {
    const char *file;
    struct tf_hash hash;
    struct tf_question *question;
    size_t n_questions;
    const char **language;
    size_t n_languages;
};
/* Read names, types, labels in every language (`label::English (en)`), choices and relevance from
 * an XLSForm .xlsx. Errors name sheet, row and column. */
TF_MUST_CHECK enum tf_code tf_instrument_read(struct tf_arena *arena, const char *path,
                                              struct tf_instrument **ret, struct tf_err *reterr);
const struct tf_question *tf_instrument_question(const struct tf_instrument *i, const char *name);
/* Put question texts and choice labels (in lang) on a table's columns of the same name. */
void tf_instrument_label(const struct tf_instrument *i, const char *lang, struct tf_table *t);

/* ---- writing and checking ---- */
/* Is a country among the codes a thing is for? No codes (n = 0): it is for every country. */
bool tf_country_in(const char *const *code, size_t n, const char *country);
/* The first term in a text that the Luxembourg Guidelines ask not to use: where it begins, *ret_n
 * bytes to the end of its last word, and in *ret_say what to say in its place. Any case, from the
 * start of a word. NULL when there is none. The one list stands in terms.c. */
const char *tf_term_to_avoid(const char *text, size_t *ret_n, const char **ret_say);
/* Write a complete, commented study from a built-in template ("disrupting-harm") into dir, which
 * must be empty or not there. TF_E_REFUSED when files stand there. */
TF_MUST_CHECK enum tf_code tf_study_init(struct tf_arena *arena, const char *dir,
                                         const char *template_name, struct tf_err *reterr);
/* Everything wrong in the study's own files (not in its data): adds notices. */
void tf_study_check(const struct tf_study *s, struct tf_notices *out);

#endif
