/* ask, inside: the functions of expressions, each written as XCALL(name) in an expr_call_*.c and named
 * once in the table of expr_functions.c. arg[n] are the arguments' values (lazy ones have none). */
#ifndef TF_ASK_EXPR_CALLS_H
#define TF_ASK_EXPR_CALLS_H

#include "ask/expr_inside.h"

#define XCALL(name)                                                                                \
    enum tf_code name(struct xeval *e TF_UNUSED, const struct xpr *x TF_UNUSED,                    \
                      const struct xat *at TF_UNUSED, struct xval *arg TF_UNUSED,                  \
                      size_t n TF_UNUSED, struct xval *ret)

/* expr_call_text.c */
XCALL(tf_xc_string);
XCALL(tf_xc_concat);
XCALL(tf_xc_join);
XCALL(tf_xc_substr);
XCALL(tf_xc_substring);
XCALL(tf_xc_before);
XCALL(tf_xc_after);
XCALL(tf_xc_translate);
XCALL(tf_xc_length);
XCALL(tf_xc_normalize);
XCALL(tf_xc_contains);
XCALL(tf_xc_starts);
XCALL(tf_xc_ends);
XCALL(tf_xc_regex);
XCALL(tf_xc_digest);
XCALL(tf_xc_base64);
/* expr_call_logic.c */
XCALL(tf_xc_true);
XCALL(tf_xc_false);
XCALL(tf_xc_boolean);
XCALL(tf_xc_not);
XCALL(tf_xc_from_string);
XCALL(tf_xc_if);
XCALL(tf_xc_coalesce);
XCALL(tf_xc_once);
XCALL(tf_xc_checklist);
XCALL(tf_xc_weighted);
XCALL(tf_xc_depend);
XCALL(tf_xc_version);
XCALL(tf_xc_unknown);
/* expr_call_number.c */
XCALL(tf_xc_number);
XCALL(tf_xc_int);
XCALL(tf_xc_round);
XCALL(tf_xc_math);
XCALL(tf_xc_math2);
XCALL(tf_xc_pi);
XCALL(tf_xc_sum);
XCALL(tf_xc_min);
XCALL(tf_xc_max);
XCALL(tf_xc_random);
XCALL(tf_xc_uuid);
/* expr_call_nodes.c */
XCALL(tf_xc_last);
XCALL(tf_xc_position);
XCALL(tf_xc_count);
XCALL(tf_xc_count_non_empty);
XCALL(tf_xc_name);
XCALL(tf_xc_current);
XCALL(tf_xc_instance);
XCALL(tf_xc_pulldata);
XCALL(tf_xc_randomize);
XCALL(tf_xc_indexed_repeat);
XCALL(tf_xc_selected);
XCALL(tf_xc_selected_at);
XCALL(tf_xc_count_selected);
XCALL(tf_xc_choice_name);
XCALL(tf_xc_itext);
/* expr_call_dates.c */
XCALL(tf_xc_today);
XCALL(tf_xc_now);
XCALL(tf_xc_date);
XCALL(tf_xc_date_time);
XCALL(tf_xc_format_date);
XCALL(tf_xc_decimal_date_time);
XCALL(tf_xc_decimal_time);
/* expr_call_geo.c */
XCALL(tf_xc_area);
XCALL(tf_xc_distance);
XCALL(tf_xc_geofence);

#endif
