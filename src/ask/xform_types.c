/* What each type of question is in an XForm: the control it is asked with, the type of its answer,
 * what the device fills in by itself. Names of types are canonical (xlsform.h): the reader knows
 * the aliases.
 *
 * Sources: ODK XForms Specification (Bindings, Preload Attributes, Body Elements), XLSForm
 * reference table; the four old counting types are pyxform's. Selects bind as strings: that is what
 * the specification calls a choice. */
#include <string.h>

#include "ask/xform_write.h"

#define PROPERTY(name_, of_)                                                                       \
    {                                                                                              \
        .type = name_, .bind = "string", .preload = "property", .params = of_                      \
    }
#define INPUT(name_, bind_)                                                                        \
    {                                                                                              \
        .type = name_, .control = "input", .bind = bind_                                           \
    }
#define UPLOAD(name_, kind_)                                                                       \
    {                                                                                              \
        .type = name_, .control = "upload", .media = kind_, .bind = "binary"                       \
    }
#define COUNT(name_, rule_, tip_)                                                                  \
    {                                                                                              \
        .type = name_, .control = "input", .bind = "int", .constraint = rule_, .hint = tip_        \
    }

/* clang-format off */
static const struct tf_xtype_row types[] = { /* in the order of strcmp */
    {.type = "acknowledge", .control = "trigger", .bind = "string"},
    UPLOAD("audio", "audio/*"),
    {.type = "audit", .bind = "binary"},
    {.type = "background-audio", .bind = "binary"},
    {.type = "background-geopoint", .control = "trigger", .bind = "geopoint"},
    INPUT("barcode", "barcode"),
    {.type = "calculate", .bind = "string"},
    INPUT("date", "date"),
    INPUT("dateTime", "dateTime"),
    INPUT("decimal", "decimal"),
    PROPERTY("deviceid", "deviceid"),
    PROPERTY("email", "email"),
    {.type = "end", .bind = "dateTime", .preload = "timestamp", .params = "end"},
    UPLOAD("file", "application/*"),
    INPUT("geopoint", "geopoint"),
    INPUT("geoshape", "geoshape"),
    INPUT("geotrace", "geotrace"),
    {.type = "hidden", .bind = "string"},
    UPLOAD("image", "image/*"),
    INPUT("integer", "int"),
    {.type = "note", .control = "input", .bind = "string", .readonly = true},
    COUNT("number of days in last month", "0 <= . and . <= 31", "Enter a number 0-31."),
    COUNT("number of days in last six months", "0 <= . and . <= 183", "Enter a number 0-183."),
    COUNT("number of days in last year", "0 <= . and . <= 365", "Enter a number 0-365."),
    UPLOAD("osm", "osm/*"),
    COUNT("percentage", "0 <= . and . <= 100", NULL),
    {.type = "phone number", .control = "input", .bind = "string",
     .constraint = "regex(., '^\\d*$')", .hint = "Enter numbers only."},
    PROPERTY("phonenumber", "phonenumber"),
    {.type = "range", .control = "range", .bind = "int"},
    {.type = "rank", .control = "odk:rank", .bind = "odk:rank"},
    {.type = "select multiple", .control = "select", .bind = "string"},
    {.type = "select one", .control = "select1", .bind = "string"},
    INPUT("select one external", "string"),
    PROPERTY("simserial", "simserial"),
    {.type = "start", .bind = "dateTime", .preload = "timestamp", .params = "start"},
    {.type = "start-geopoint", .bind = "geopoint"},
    PROPERTY("subscriberid", "subscriberid"),
    INPUT("text", "string"),
    INPUT("time", "time"),
    {.type = "today", .bind = "date", .preload = "date", .params = "today"},
    {.type = "trigger", .control = "trigger"},
    PROPERTY("uri:deviceid", "uri:deviceid"),
    PROPERTY("uri:email", "uri:email"),
    PROPERTY("uri:phonenumber", "uri:phonenumber"),
    PROPERTY("uri:simserial", "uri:simserial"),
    PROPERTY("uri:subscriberid", "uri:subscriberid"),
    PROPERTY("uri:username", "uri:username"),
    PROPERTY("username", "username"),
    UPLOAD("video", "video/*"),
};
/* clang-format on */

const struct tf_xtype_row *tf_xtype_row(const char *type)
{
    size_t from = 0, to = sizeof types / sizeof *types;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        const int c = strcmp(type, types[mid].type);
        if (c == 0)
            return &types[mid];
        if (c < 0)
            to = mid;
        else
            from = mid + 1;
    }
    return NULL;
}
