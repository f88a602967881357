/* Files made for one device: its own addresses, and which cells of the quotas are still open.
 *
 * A form reads them like any other CSV that comes with it (pulldata). Every device is given a file of
 * the same name with content of its own, so that a lost tablet tells the addresses of one interviewer and
 * of nobody else. What is made depends on the book alone: the same book gives the same bytes and the
 * same hash, so a client fetches a file again only when something changed.
 *
 *     assignments.csv   key, kind, psu, unit, place, note     key = psu-unit
 *     quotas.csv        cell, target, done, open              open = 1 or 0 */
#include <openssl/evp.h>
#include <string.h>

#include "field/inside.h"

const char *tf_md5_hex(struct tf_arena *arena, const void *data, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(data, n, md, &size, EVP_md5(), NULL) != 1)
        size = 0;
    char *hex = tf_alloc(arena, 2 * (size_t)size + 1);
    for (unsigned k = 0; k < size; k++) {
        hex[2 * k] = digit[md[k] >> 4];
        hex[2 * k + 1] = digit[md[k] & 15];
    }
    return hex;
}

static void csv_row(struct tf_buf *b, const char *const *cell, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            tf_buf_char(b, ',');
        tf_buf_csv(b, cell[k]);
    }
    tf_buf_char(b, '\n');
}

static struct tf_own_media finished(struct tf_arena *arena, const char *name,
                                    const struct tf_buf *b)
{
    return (struct tf_own_media){.name = name,
                                 .data = {.data = tf_buf_text(b), .n = b->n},
                                 .md5 = tf_md5_hex(arena, tf_buf_text(b), b->n)};
}

static enum tf_code make_assignments(struct tf_arena *arena, struct tf_fieldwork *fw,
                                     const struct tf_device *device, struct tf_own_media *ret,
                                     struct tf_err *reterr)
{
    struct tf_buf b = {.arena = arena};
    struct tf_assignment *a;
    size_t n;
    TF_TRY(tf_assignments(arena, fw, device->country, &a, &n, reterr));
    tf_buf_add(&b, "key,kind,psu,unit,place,note\n");
    for (size_t k = 0; k < n; k++) {
        if (strcmp(a[k].person, device->person) != 0)
            continue;
        const char *const cell[] = {tf_printf(arena, "%s-%s", a[k].psu, a[k].unit),
                                    a[k].kind,
                                    a[k].psu,
                                    a[k].unit,
                                    tf_printf(arena, "%lld", (long long)a[k].place),
                                    a[k].note};
        csv_row(&b, cell, 6);
    }
    *ret = finished(arena, "assignments.csv", &b);
    return TF_OK;
}

static enum tf_code make_quotas(struct tf_arena *arena, struct tf_fieldwork *fw,
                                const struct tf_device *device, struct tf_own_media *ret,
                                struct tf_err *reterr)
{
    struct tf_buf b = {.arena = arena};
    struct tf_quota *q;
    size_t n;
    TF_TRY(tf_quotas(arena, fw, device->country, &q, &n, reterr));
    tf_buf_add(&b, "cell,target,done,open\n");
    for (size_t k = 0; k < n; k++) {
        const char *const cell[] = {q[k].cell, tf_printf(arena, "%lld", (long long)q[k].target),
                                    tf_printf(arena, "%lld", (long long)q[k].done),
                                    q[k].done < q[k].target ? "1" : "0"};
        csv_row(&b, cell, 4);
    }
    *ret = finished(arena, "quotas.csv", &b);
    return TF_OK;
}

enum tf_code tf_device_media(struct tf_arena *arena, struct tf_fieldwork *fw,
                             const struct tf_device *device, const struct tf_out_form *form,
                             struct tf_own_media **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_own_media *list = TF_NEW_N(arena, struct tf_own_media, 2);
    size_t n = 0;
    if (form->own_assignments)
        TF_TRY(make_assignments(arena, fw, device, &list[n++], reterr));
    if (form->own_quotas)
        TF_TRY(make_quotas(arena, fw, device, &list[n++], reterr));
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

/* ---- quotas in the book ------------------------------------------------------------------------- */

enum tf_code tf_quotas(struct tf_arena *arena, struct tf_fieldwork *fw, const char *country,
                       struct tf_quota **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_quota *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "quota_list", &q, reterr));
    tf_bind_text(q, 1, country);
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_quota){.cell = tf_col_text(arena, q, 0),
                                      .target = tf_col_int(q, 1),
                                      .done = tf_col_int(q, 2)};
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code write_quotas(struct tf_fieldwork *fw, const char *country,
                                 const struct tf_quota *quota, size_t n, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(fw->db, "quota_clear", &q, reterr));
    tf_bind_text(q, 1, country);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < n; k++) {
        TF_TRY(tf_sql(fw->db, "quota_put", &q, reterr));
        tf_bind_text(q, 1, country);
        tf_bind_text(q, 2, quota[k].cell);
        tf_bind_int(q, 3, quota[k].target);
        tf_bind_int(q, 4, quota[k].done);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

enum tf_code tf_quotas_put(struct tf_fieldwork *fw, const char *country,
                           const struct tf_quota *quota, size_t n, struct tf_err *reterr)
{
    struct tf_quota *now;
    size_t n_now;
    TF_TRY(tf_quotas(fw->arena, fw, country, &now, &n_now, reterr));
    bool same = n == n_now;
    for (size_t k = 0; k < n && same; k++) { /* both stand by cell */
        same = false;
        for (size_t j = 0; j < n_now && !same; j++)
            same = strcmp(quota[k].cell, now[j].cell) == 0 && quota[k].target == now[j].target &&
                   quota[k].done == now[j].done;
    }
    if (same)
        return TF_OK; /* nothing is written where nothing changed */
    TF_TRY(tf_db_begin(fw->db, reterr));
    enum tf_code code = write_quotas(fw, country, quota, n, reterr);
    if (code == TF_OK)
        code = tf_db_commit(fw->db, reterr);
    if (code != TF_OK)
        tf_db_rollback(fw->db);
    return code;
}
