/* The set that goes to the field, written as a whole or not at all.
 *
 *     DIR/sample.csv       the PSUs drawn, with every probability
 *         allocation.csv   strata
 *         coverage.csv     what the frame covers, and what was left out
 *         joint.csv        joint probabilities (where asked), as `measure` reads them
 *         reserve.csv      replacement PSUs (where asked)
 *         map.csv          name, lat, lon (where the frame has places), and
 *         map.geojson      the same for a map
 *         sheets.html      control sheets, to print
 *         report.md        the selection report
 *
 * Everything is written into DIR.part, each file flushed to the disk, and the folder then takes its
 * name: a crash leaves no half set under the name that people use. An existing DIR is refused,
 * since teams may be working by it; to replace it is said so, and the old one goes only after the
 * new stands. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "draw/inside.h"

static const char *const files[] = {"sample.csv",  "allocation.csv", "coverage.csv",
                                    "joint.csv",   "reserve.csv",    "map.csv",
                                    "map.geojson", "sheets.html",    "report.md"};
enum { FILES = sizeof files / sizeof files[0] };

/* A JSON string; the frame's text is UTF-8 already. */
static void json_text(struct tf_buf *b, const char *s)
{
    tf_buf_char(b, '"');
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            tf_buf_printf(b, "\\%c", c);
        else if (c < 0x20)
            tf_buf_printf(b, "\\u%04x", c);
        else
            tf_buf_char(b, *s);
    }
    tf_buf_char(b, '"');
}

static void json_number(struct tf_buf *b, double x)
{
    if (isnan(x))
        tf_buf_add(b, "null");
    else
        tf_buf_double(b, x);
}

void tf_sample_geojson(const struct tf_sample *s, const struct tf_frame *f, struct tf_buf *out)
{
    bool first = true;
    tf_buf_add(out, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (size_t k = 0; k < s->n; k++) {
        const struct tf_sample_psu *p = &s->psu[k];
        const struct tf_frame_psu *at = &f->psu[p->frame];
        if (isnan(at->lat))
            continue;
        tf_buf_add(out, first ? "\n" : ",\n");
        first = false;
        tf_buf_add(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
        json_number(out, at->lon);
        tf_buf_char(out, ',');
        json_number(out, at->lat);
        tf_buf_add(out, "]},\"properties\":{\"psu\":");
        json_text(out, p->psu);
        tf_buf_add(out, ",\"stratum\":");
        json_text(out, p->stratum);
        tf_buf_add(out, ",\"area\":");
        json_text(out, p->area);
        tf_buf_add(out, ",\"households\":");
        json_number(out, p->households);
        tf_buf_add(out, ",\"p_psu\":");
        json_number(out, p->p_psu);
        tf_buf_printf(out, ",\"hits\":%u}}", p->hits);
    }
    tf_buf_add(out, "\n]}\n");
}

static struct tf_table *map_table(struct tf_arena *a, const struct tf_sample *s,
                                  const struct tf_frame *f)
{
    static const char *const column[] = {"name", "lat", "lon"};
    struct tf_table *t = draw_table(a, "map", s->n, column, 1, 2);
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++) {
        const struct tf_frame_psu *at = &f->psu[s->psu[k].frame];
        if (isnan(at->lat))
            continue;
        draw_put_text(t, 0, n, s->psu[k].psu);
        draw_put_number(t, 1, n, at->lat);
        draw_put_number(t, 2, n++, at->lon);
    }
    t->n_rows = n;
    return t;
}

static enum tf_code put(struct tf_arena *a, const char *dir, const char *name,
                        const struct tf_table *t, const struct tf_buf *text, struct tf_err *reterr)
{
    struct tf_buf csv = {.arena = a};
    if (text != NULL)
        csv = *text;
    else
        tf_table_csv(t, &csv);
    return tf_file_write(tf_path_join(a, dir, name), tf_buf_text(&csv), csv.n, reterr);
}

static enum tf_code write_all(struct tf_arena *a, const struct tf_sample *s,
                              const struct tf_frame *f, size_t take, const char *dir,
                              struct tf_err *reterr)
{
    struct tf_buf sheets = {.arena = a}, report = {.arena = a}, map = {.arena = a};
    TF_TRY(put(a, dir, "sample.csv", tf_sample_full_table(a, s, f), NULL, reterr));
    TF_TRY(put(a, dir, "allocation.csv", tf_allocation_table(a, s), NULL, reterr));
    TF_TRY(put(a, dir, "coverage.csv", tf_coverage_table(a, f), NULL, reterr));
    if (s->joint != NULL)
        TF_TRY(put(a, dir, "joint.csv", tf_joint_table(a, s), NULL, reterr));
    if (s->n_reserve > 0)
        TF_TRY(put(a, dir, "reserve.csv", tf_reserve_table(a, s), NULL, reterr));
    if (f->has_place) {
        tf_sample_geojson(s, f, &map);
        TF_TRY(put(a, dir, "map.csv", map_table(a, s, f), NULL, reterr));
        TF_TRY(put(a, dir, "map.geojson", NULL, &map, reterr));
    }
    tf_sample_sheets(s, f, take, &sheets);
    TF_TRY(put(a, dir, "sheets.html", NULL, &sheets, reterr));
    tf_sample_report(s, f, take, &report);
    return put(a, dir, "report.md", NULL, &report, reterr);
}

/* Take away a set that we wrote: our files, and the folder if nothing else is in it. */
static void take_away(struct tf_arena *a, const char *dir)
{
    for (size_t k = 0; k < FILES; k++)
        (void)unlink(tf_path_join(a, dir, files[k]));
    (void)rmdir(dir);
}

static enum tf_code rename_to(const char *from, const char *to, struct tf_err *reterr)
{
    if (rename(from, to) == 0)
        return TF_OK;
    return tf_fail_at(reterr, TF_E_IO, to, 0, 0, "the folder cannot be put in place: %s",
                      strerror(errno));
}

enum tf_code tf_sample_publish(struct tf_arena *arena, const struct tf_sample *s,
                               const struct tf_frame *f, size_t take, const char *dir, bool replace,
                               struct tf_err *reterr)
{
    const bool there = tf_dir_exists(dir) || tf_file_exists(dir);
    const char *part = tf_printf(arena, "%s.part", dir), *old = tf_printf(arena, "%s.old", dir);
    if (there && (!replace || !tf_file_exists(tf_path_join(arena, dir, "sample.csv")))) {
        (void)tf_fail_at(reterr, TF_E_INPUT, dir, 0, 0, replace ? "that is no sample's folder"
                                                                : "the folder exists already");
        return tf_help(reterr, replace
                                   ? "Only a folder that a draw wrote is replaced."
                                   : "Teams may be working by it. Draw into another folder, or add "
                                     "--replace.");
    }
    take_away(arena, part);
    TF_TRY(tf_dir_make(part, reterr));
    enum tf_code code = write_all(arena, s, f, take, part, reterr);
    if (code == TF_OK && there)
        code = rename_to(dir, old, reterr);
    if (code == TF_OK) {
        code = rename_to(part, dir, reterr);
        if (code != TF_OK && there)
            (void)rename(old, dir);
    }
    if (code != TF_OK)
        take_away(arena, part);
    else if (there)
        take_away(arena, old);
    return code;
}
