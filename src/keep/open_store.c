/* Where opened submissions lie, and the forms they are read with.
 *
 * Beside each file of answers stands one of records: XA-children-response-records.db. A record's files
 * are in it as they came out of the tablet's encryption, each sealed again under 32 bytes of the
 * participant's own (custody's record keys): when that key is destroyed, every copy of the file, in
 * every backup, has lost this participant. The instance id and the file's name are sealed in, so that
 * no file can take another's place.
 *
 * Datasets are made from the records each time something is new. So they are no second truth: they can
 * be thrown away and made again, without whoever withdrew meanwhile. */
#include <sodium.h>
#include <string.h>

#include "keep/open_inside.h"

#include "gen/keep_opened_sql.h" /* wants struct tf_named_sql */

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
       TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };
static const size_t most_form = (size_t)16 << 20;

bool tf_open_wants(const struct opening *o, const struct tf_study_form *form)
{
    return (o->opt->form == NULL || strcmp(o->opt->form, form->id) == 0) &&
           tf_country_in(form->country, form->n_countries, o->opt->country);
}

enum tf_code tf_open_store(struct opening *o, const struct tf_study_form *form, struct tf_db **ret,
                           struct tf_err *reterr)
{
    const char *purpose = tf_printf(o->arena, "%s-records", form->purpose);
    return tf_keep_file(o->keep, o->opt->country, tf_strand_name(form->strand), purpose,
                        tf_keep_opened_sql, ret, reterr);
}

/* ---- Forms ------------------------------------------------------------------------------------- */

static struct open_version *find_version(struct opening *o, const char *form, const char *version)
{
    for (size_t k = 0; k < o->opt->n_versions; k++) {
        const struct tf_open_form *f = &o->version[k].form;
        if (strcmp(f->country, o->opt->country) == 0 && strcmp(f->id, form) == 0 &&
            strcmp(f->version, version) == 0)
            return &o->version[k];
    }
    return NULL;
}

static enum tf_code read_form(struct opening *o, struct open_version *v, struct tf_err *reterr)
{
    const char *path = tf_path_join(o->arena, o->study->dir, v->form.xml);
    struct tf_notices warnings = {.arena = o->arena}; /* said when it was published */
    struct tf_bytes xml;
    TF_TRY(tf_file_read(o->arena, path, most_form, &xml, reterr));
    return tf_xform_parse(o->arena, path, xml.data, xml.n, &warnings, &v->read, reterr);
}

const struct tf_xform *tf_open_form(struct opening *o, const char *form, const char *version)
{
    struct open_version *v = find_version(o, form, version);
    struct tf_err err;
    if (v == NULL || v->unreadable)
        return NULL;
    if (v->read == NULL && read_form(o, v, &err) != TF_OK) {
        v->read = NULL;
        v->unreadable = true;
        tf_notice_err(o->out, "form", &err);
    }
    return v->read;
}

/* ---- Under a participant's key ----------------------------------------------------------------- */

static const char *bound_to(struct tf_arena *arena, const char *instance, const char *name)
{
    return tf_printf(arena, "%s\n%s", instance, name);
}

void tf_open_seal(struct tf_arena *arena, const unsigned char key[32], const char *instance,
                  const struct tf_odk_file *plain, struct tf_bytes *ret)
{
    unsigned char *out = tf_alloc(arena, NONCE + plain->n + TAG);
    const char *bound = bound_to(arena, instance, plain->name);
    unsigned long long n = 0;
    randombytes_buf(out, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE, &n, plain->data, plain->n, (const unsigned char *)bound, strlen(bound), NULL, out,
        key);
    *ret = (struct tf_bytes){(const char *)out, NONCE + (size_t)n};
}

bool tf_open_unseal(struct tf_arena *arena, const unsigned char key[32], const char *instance,
                    const char *name, const void *data, size_t n, struct tf_bytes *ret)
{
    const unsigned char *in = data;
    const char *bound = bound_to(arena, instance, name);
    unsigned long long opened = 0;
    if (n < NONCE + TAG)
        return false;
    unsigned char *out = tf_alloc(arena, n - NONCE - TAG + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &opened, NULL, in + NONCE, n - NONCE,
                                                   (const unsigned char *)bound, strlen(bound), in,
                                                   key) != 0)
        return false;
    *ret = (struct tf_bytes){(const char *)out, (size_t)opened};
    return true;
}
