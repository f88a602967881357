/* The command door: what every verb has.
 *
 * Adding a verb: write cmd/<verb>.c whose first line is `/ * trefoil <verb>: summary` (the comment is
 * its help, word for word) and a function cmd_<verb>. The build makes the table. Doors may print:
 * results on standard output (tf_say), everything else on standard error (by trefoil.c). */
#ifndef TF_CMD_H
#define TF_CMD_H

#include "base/base.h"

struct tf_run {
    struct tf_arena *arena;
    const char *verb;
    int argc;     /* words after the verb; --json, --progress, --study, --help are already taken */
    char **argv;
    bool json;    /* --json */
    bool colour;  /* standard output is a terminal */
    const char *study; /* --study DIR, else "." */
};
struct tf_command {
    const char *name, *summary;
    enum tf_code (*run)(struct tf_run *run, struct tf_err *reterr);
    const char *help;
};
struct tf_option {
    const char *name;  /* "--by"; also taken as --by=VALUE */
    const char **text; /* takes a value, or */
    bool *flag;        /* is a switch */
};
/* Take the options out of the run's words; the rest are returned in order. An unknown option is
 * TF_E_USAGE naming the nearest. */
TF_MUST_CHECK enum tf_code tf_options(struct tf_run *run, const struct tf_option *option, size_t n,
                                      const char ***ret_word, size_t *ret_n,
                                      struct tf_err *reterr);
/* Usage error that points to --help. */
enum tf_code tf_usage(struct tf_run *run, struct tf_err *reterr, const char *format, ...)
    TF_PRINTF(3, 4);
/* Print to standard output. */
void tf_say(const char *format, ...) TF_PRINTF(1, 2);
/* Print a value as JSON, indented, numbers so that they read back exactly; takes the reference. */
struct json_t;
void tf_say_json(struct json_t *value);
/* Is the country in the study? TF_E_USAGE names the nearest, or all it has. */
struct tf_study;
TF_MUST_CHECK enum tf_code tf_need_country(struct tf_arena *a, const struct tf_study *study,
                                           const char *country, struct tf_err *reterr);
/* Aligned table: cells row-major, first row is the head; columns whose cells are all numbers are
 * set right. */
void tf_say_table(struct tf_arena *a, const char *const *cell, size_t n_rows, size_t n_cols);
/* Notices as text (or JSON when run->json); returns TF_OK, or TF_E_INPUT filled when errors stand. */
enum tf_code tf_say_notices(struct tf_run *run, const struct tf_notices *notices,
                            struct tf_err *reterr);

/* Today in UTC, as "2026-11-24": doors have a clock (cmd/keep_custody.c). */
const char *tf_today(struct tf_arena *arena);
/* cmd/way.c: bring everything a country's report needs up to date: import what the study declares
 * and the vault lacks or has otherwise, measure, protect. Does nothing where nothing changed. */
TF_MUST_CHECK enum tf_code tf_way_refresh(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country, struct tf_err *reterr);
/* The last step alone: decide and write the release of a country, with the case-flow of its contact
 * sheets, which protect may not read itself. */
struct tf_keep;
TF_MUST_CHECK enum tf_code tf_way_release(struct tf_arena *arena, const struct tf_study *study,
                                          struct tf_keep *keep, const char *country,
                                          struct tf_err *reterr);

#include "gen/verbs.h" /* cmd_<verb> of every verb, from the heads of the files */

#endif
