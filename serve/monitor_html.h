/* serve, inside: the parts of the monitoring page. */
#ifndef TF_SERVE_MONITOR_HTML_H
#define TF_SERVE_MONITOR_HTML_H

#include "field/field.h"

/* Bars by day, with the complete ones dark; bars by hour of the day, night shaded. */
void tf_chart_days(struct tf_buf *b, const struct tf_monitor *m);
void tf_chart_hours(struct tf_buf *b, const struct tf_monitor *m, double day_begins,
                    double day_ends);
/* The whole content below the heading. links: "/fieldwork/XA" for the tables as CSV. */
void tf_monitor_html(struct tf_buf *b, const struct tf_monitor *m, const struct tf_field_plan *plan,
                     const char *links);
#endif
