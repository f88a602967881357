/* The types of questions, as they may be written.
 *
 * XLSForm grew from older notations, and forms of all of them are alive: "q string", "add text prompt"
 * and "string" are text. Every spelling that pyxform 4.5 knows is in this table beside the one that
 * the program uses. Groups and selects are not here: they carry more than a word (xlsform_survey.c,
 * xlsform_select.c). */
#include <string.h>

#include "ask/xlsform_inside.h"

struct spelling {
    const char *written, *type;
};
static const struct spelling types[] = {
    {"acknowledge", "acknowledge"},
    {"add acknowledge prompt", "acknowledge"},
    {"add audio prompt", "audio"},
    {"add barcode prompt", "barcode"},
    {"add calculate prompt", "calculate"},
    {"add date prompt", "date"},
    {"add date time prompt", "dateTime"},
    {"add dateTime prompt", "dateTime"},
    {"add decimal prompt", "decimal"},
    {"add file prompt", "file"},
    {"add image prompt", "image"},
    {"add integer prompt", "integer"},
    {"add location prompt", "geopoint"},
    {"add note prompt", "note"},
    {"add photo prompt", "image"},
    {"add text prompt", "text"},
    {"add video prompt", "video"},
    {"audio", "audio"},
    {"audit", "audit"},
    {"background-audio", "background-audio"},
    {"background-geopoint", "background-geopoint"},
    {"barcode", "barcode"},
    {"calculate", "calculate"},
    {"csv-external", "csv-external"},
    {"date", "date"},
    {"date time", "dateTime"},
    {"dateTime", "dateTime"},
    {"datetime", "dateTime"},
    {"decimal", "decimal"},
    {"device id", "deviceid"},
    {"deviceid", "deviceid"},
    {"email", "email"},
    {"end", "end"},
    {"end time", "end"},
    {"file", "file"},
    {"geopoint", "geopoint"},
    {"geoshape", "geoshape"},
    {"geotrace", "geotrace"},
    {"get device id", "deviceid"},
    {"get end time", "end"},
    {"get phone number", "phonenumber"},
    {"get sim id", "simserial"},
    {"get start time", "start"},
    {"get subscriber id", "subscriberid"},
    {"get today", "today"},
    {"gps", "geopoint"},
    {"hidden", "hidden"},
    {"image", "image"},
    {"imei", "deviceid"},
    {"int", "integer"},
    {"integer", "integer"},
    {"location", "geopoint"},
    {"note", "note"},
    {"number of days in last month", "number of days in last month"},
    {"number of days in last six months", "number of days in last six months"},
    {"number of days in last year", "number of days in last year"},
    {"osm", "osm"},
    {"percentage", "percentage"},
    {"phone number", "phone number"},
    {"phonenumber", "phonenumber"},
    {"photo", "image"},
    {"q acknowledge", "acknowledge"},
    {"q audio", "audio"},
    {"q barcode", "barcode"},
    {"q calculate", "calculate"},
    {"q date", "date"},
    {"q date time", "dateTime"},
    {"q dateTime", "dateTime"},
    {"q decimal", "decimal"},
    {"q geopoint", "geopoint"},
    {"q geoshape", "geoshape"},
    {"q geotrace", "geotrace"},
    {"q image", "image"},
    {"q int", "integer"},
    {"q location", "geopoint"},
    {"q note", "note"},
    {"q picture", "image"},
    {"q string", "text"},
    {"q video", "video"},
    {"range", "range"},
    {"sim id", "simserial"},
    {"simserial", "simserial"},
    {"start", "start"},
    {"start time", "start"},
    {"start-geopoint", "start-geopoint"},
    {"string", "text"},
    {"subscriber id", "subscriberid"},
    {"subscriberid", "subscriberid"},
    {"text", "text"},
    {"time", "time"},
    {"today", "today"},
    {"trigger", "trigger"},
    {"uri:deviceid", "uri:deviceid"},
    {"uri:email", "uri:email"},
    {"uri:phonenumber", "uri:phonenumber"},
    {"uri:simserial", "uri:simserial"},
    {"uri:subscriberid", "uri:subscriberid"},
    {"uri:username", "uri:username"},
    {"username", "username"},
    {"video", "video"},
    {"xml-external", "xml-external"},
};
enum { N_TYPES = sizeof types / sizeof *types };

/* The table is in the order of bytes: halved until found. */
const char *tf_xr_type(const char *written)
{
    for (size_t low = 0, high = N_TYPES; low < high;) {
        const size_t middle = low + (high - low) / 2;
        const int side = strcmp(written, types[middle].written);
        if (side == 0)
            return types[middle].type;
        if (side < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *tf_xr_type_near(struct tf_xread *x, const char *written)
{
    static const char *const more[] = {"select_one", "select_multiple", "rank", "begin_group",
                                       "end_group",  "begin_repeat",    "end_repeat",
                                       "select_one_from_file", "select_multiple_from_file"};
    enum { N_MORE = sizeof more / sizeof *more };
    const char *candidate[N_TYPES + N_MORE + 1];
    const char *first = tf_strndup(x->arena, written, strcspn(written, " "));
    const char *lower = tf_lower(x->arena, written);
    size_t n = 0;
    for (size_t k = 0; k < N_MORE; k++)
        candidate[n++] = more[k];
    for (size_t k = 0; k < N_TYPES; k++)
        candidate[n++] = types[k].written;
    candidate[n] = NULL;
    if (tf_xr_type(lower) != NULL)
        return tf_printf(x->arena, "Did you mean '%s'?", lower);
    for (size_t k = 0; k < N_MORE; k++)
        if (strcmp(first, more[k]) == 0)
            return k < 3 || k > 6 ? "It is followed by the name of a list, which has no spaces."
                                  : "It stands alone.";
    const char *otherwise =
        "A type is such as integer, text, or select_one followed by the name of a list.";
    return tf_xr_near(x, written, candidate, tf_xr_near(x, first, candidate, otherwise));
}
