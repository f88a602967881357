/* Functions of places. A geopoint is "latitude longitude altitude accuracy"; lines and areas are points
 * parted by ';'. The earth is a sphere of 6,378,100 m (the equator's radius, as ODK's clients use).
 *
 * Distances: haversine. Areas: the sum over the sides of (λ2 - λ1) (2 + sin φ1 + sin φ2) R²/2 (Chamberlain
 * and Duquette 2007, JPL Publication 07-03, eq. 7). A place within an area: the crossing rule on
 * latitude and longitude, good for areas that do not cross the 180th meridian. */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"

enum { MAX_POINTS = 100000 };
static const double radius = 6378100.0, pi = 3.14159265358979323846;

struct points {
    struct point {
        double lat, lon;
    } *item;
    size_t n, cap;
    bool wrong; /* something is no point */
};

static void add_point(struct tf_arena *arena, struct points *p, const char *text)
{
    double lat, lon;
    char **part;
    const char *squeezed = tf_trim(arena, text);
    if (*squeezed == '\0')
        return;
    const size_t n = tf_split(arena, squeezed, ' ', &part);
    if (n < 2 || p->n == MAX_POINTS || !tf_parse_double(part[0], &lat) ||
        !tf_parse_double(part[1], &lon) || fabs(lat) > 90 || fabs(lon) > 180) {
        p->wrong = true;
        return;
    }
    p->item = tf_grow(arena, p->item, p->n, &p->cap, sizeof *p->item);
    p->item[p->n++] = (struct point){lat * pi / 180, lon * pi / 180};
}

static void add_points(struct tf_arena *arena, struct points *p, const char *text)
{
    char **part;
    const size_t n = tf_split(arena, text, ';', &part);
    for (size_t k = 0; k < n; k++)
        add_point(arena, p, part[k]);
}

static struct points points_of(struct xeval *e, const struct xval *arg, size_t n)
{
    struct points p = {NULL, 0, 0, false};
    for (size_t k = 0; k < n; k++)
        if (arg[k].kind == TF_XV_NODES)
            for (size_t j = 0; j < arg[k].set.n; j++)
                add_points(e->arena, &p, tf_xref_text(e, arg[k].set.item[j]));
        else
            add_points(e->arena, &p, tf_xval_text(e, &arg[k]));
    return p;
}

/* Two decimals: the hundredth of a metre, as ODK's clients give. */
static double hundredths(double v)
{
    return floor(v * 100 + 0.5) / 100;
}

static double apart(struct point a, struct point b)
{
    const double s = sin((b.lat - a.lat) / 2), t = sin((b.lon - a.lon) / 2);
    const double h = s * s + cos(a.lat) * cos(b.lat) * t * t;
    return 2 * radius * asin(sqrt(h > 1 ? 1 : h));
}

XCALL(tf_xc_distance)
{
    const struct points p = points_of(e, arg, n);
    double sum = 0;
    for (size_t k = 1; k < p.n; k++)
        sum += apart(p.item[k - 1], p.item[k]);
    *ret = tf_xnum(p.wrong ? (double)NAN : hundredths(sum));
    return TF_OK;
}

XCALL(tf_xc_area)
{
    const struct points p = points_of(e, arg, n);
    double sum = 0;
    for (size_t k = 0; k < p.n; k++) {
        const struct point a = p.item[k], b = p.item[(k + 1) % p.n];
        sum += (b.lon - a.lon) * (2 + sin(a.lat) + sin(b.lat));
    }
    const double area = p.n < 3 ? 0 : fabs(sum) * radius * radius / 2;
    *ret = tf_xnum(p.wrong ? (double)NAN : hundredths(area));
    return TF_OK;
}

XCALL(tf_xc_geofence)
{
    const struct points at_point = points_of(e, &arg[0], 1), p = points_of(e, &arg[1], 1);
    bool inside = false;
    if (at_point.n != 1 || p.n < 3 || p.wrong) {
        *ret = tf_xbool(false);
        return TF_OK;
    }
    const struct point q = at_point.item[0];
    for (size_t k = 0, j = p.n - 1; k < p.n; j = k++) {
        const struct point a = p.item[k], b = p.item[j];
        if ((a.lat > q.lat) != (b.lat > q.lat) &&
            q.lon < (b.lon - a.lon) * (q.lat - a.lat) / (b.lat - a.lat) + a.lon)
            inside = !inside;
    }
    *ret = tf_xbool(inside);
    return TF_OK;
}
