/* Opening submissions: see open.h. Here the parts are called in their order.
 *
 * Needs the vault's key, through it the inbox's private keys and the private keys of forms. None of
 * these is on the machine that collects. Where form keys cannot be opened (another custodian holds
 * them) clear submissions are still taken in, and sealed ones are named and kept for the next run. */
#include <string.h>

#include "keep/open_inside.h"

static enum tf_code load_keys(struct opening *o, struct tf_err *reterr)
{
    struct tf_form_key *key;
    size_t n;
    TF_TRY(tf_form_keys_open(o->arena, o->study->dir, o->keep->key, &key, &n, reterr));
    return n == 0 ? TF_OK : tf_odk_keys_load(o->arena, key, n, &o->keys, reterr);
}

static void start_counts(const struct opening *o, struct tf_open_result *r)
{
    const struct tf_study *s = o->study;
    r->form = TF_NEW_N(o->arena, struct tf_open_count, s->n_forms);
    for (size_t k = 0; k < s->n_forms; k++)
        if (tf_open_wants(o, &s->form[k]))
            r->form[r->n_forms++] = (struct tf_open_count){.form = s->form[k].id,
                                                           .dataset = s->form[k].dataset,
                                                           .evidence = ""};
}

static enum tf_code unknown_form(const struct tf_study *s, const struct tf_open_opt *opt,
                                 struct tf_err *reterr)
{
    const char **known = TF_NEW_N(s->arena, const char *, s->n_forms + 1);
    for (size_t k = 0; k < s->n_forms; k++)
        known[k] = s->form[k].id;
    if (s->n_forms == 0) {
        (void)tf_fail_at(reterr, TF_E_INPUT, s->file, 0, 0, "the study declares no forms");
        return tf_help(reterr, "List them under `forms:` of study.yaml.");
    }
    const char *near = opt->form == NULL ? NULL : tf_nearest(opt->form, known);
    (void)tf_fail_at(reterr, TF_E_INPUT, s->file, 0, 0, "the study declares no form '%.60s' for %s",
                     opt->form == NULL ? "" : opt->form, opt->country);
    return tf_help(reterr, near == NULL ? "Forms stand under `forms:` of study.yaml."
                                        : "Did you mean '%s'?", near);
}

enum tf_code tf_open_submissions(struct tf_arena *arena, const struct tf_study *study,
                                 struct tf_keep *keep, const struct tf_open_opt *opt,
                                 struct tf_notices *out, struct tf_open_result *ret,
                                 struct tf_err *reterr)
{
    struct opening o = {.arena = arena, .study = study, .keep = keep, .opt = opt, .out = out};
    struct tf_open_result counts = {.n_forms = 0};
    start_counts(&o, &counts);
    if (counts.n_forms == 0)
        return unknown_form(study, opt, reterr);
    o.version = TF_NEW_N(arena, struct open_version, opt->n_versions);
    for (size_t k = 0; k < opt->n_versions; k++)
        o.version[k].form = opt->version[k];
    TF_TRY(load_keys(&o, reterr));
    TF_TRY(tf_open_take(&o, &counts, reterr));
    for (size_t k = 0, at = 0; k < study->n_forms; k++)
        if (tf_open_wants(&o, &study->form[k]))
            TF_TRY(tf_open_build(&o, &study->form[k], &counts.form[at++], reterr));
    *ret = counts;
    return TF_OK;
}
