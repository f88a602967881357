/* One submission: its files united, the tablet's encryption taken off, its answers read with the version
 * of the form they were given to, its participant's code found.
 *
 * What a device sent is worked on under a guard of its own: whatever it does to memory ends with it, and
 * the next record has its turn. */
#include <string.h>

#include "keep/open_record.h"

static const char manifest_name[] = "xml_submission_file";

struct tf_odk_file *tf_open_file(struct open_record *r, const char *name)
{
    for (size_t k = 0; k < r->n_files; k++)
        if (strcmp(r->file[k].name, name) == 0)
            return &r->file[k];
    return NULL;
}

void tf_open_add(struct open_taking *t, struct open_record *r, const char *name, const void *data, size_t n)
{
    if (tf_open_file(r, name) != NULL)
        return; /* the first that came stands: the inbox answered the others */
    r->file = tf_grow(t->batch, r->file, r->n_files, &r->cap_files, sizeof *r->file);
    r->file[r->n_files++] = (struct tf_odk_file){tf_strdup(t->batch, name),
                                                 tf_strndup(t->batch, data, n), n};
    t->bytes += n;
}

/* Names of files that are not here yet; for a plain submission the form knows them. */
static size_t missing_files(struct open_taking *t, struct open_record *r, const struct tf_instance_head *head,
                            const struct tf_xform *form, const char ***ret, struct tf_err *reterr)
{
    const struct tf_odk_file *xml = tf_open_file(r, OPEN_XML);
    const char **name = NULL;
    size_t n = 0, missing = 0;
    if (head->encrypted)
        return tf_odk_missing(t->batch, head, r->file, r->n_files, ret);
    if (tf_instance_media(t->batch, form, xml->data, xml->n, &name, &n, reterr) != TF_OK)
        n = 0; /* reading it will say so again */
    for (size_t k = 0; k < n; k++)
        if (tf_open_file(r, name[k]) == NULL)
            name[missing++] = name[k];
    *ret = name;
    return missing;
}

/* The tablet's encryption off: the files become those that were sealed. */
static enum tf_code unwrap(struct open_taking *t, struct open_record *r, const struct tf_instance_head *head,
                           struct tf_err *reterr)
{
    struct tf_odk_opened opened;
    if (t->o->keys == NULL)
        return tf_fail(reterr, TF_E_KEY, "no private key of a form can be opened here");
    TF_TRY(tf_odk_open(t->batch, head, manifest_name, r->file, r->n_files, t->o->keys, &opened,
                       reterr));
    opened.file[opened.n_files - 1].name = OPEN_XML;
    r->file = opened.file;
    r->n_files = r->cap_files = opened.n_files;
    return TF_OK;
}

/* Told by the page in the browser, or by the tablet's log: it was left, and never finished. */
static bool log_says_stopped(struct open_record *r)
{
    const struct tf_odk_file *log = tf_open_file(r, "audit.csv");
    return log != NULL && memchr(log->data, '\0', log->n) == NULL &&
           strstr(log->data, "form exit") != NULL && strstr(log->data, "form finalize") == NULL;
}

static enum tf_code read_answers(struct open_taking *t, struct open_record *r, const struct tf_xform *form,
                                 struct tf_err *reterr)
{
    static const char *const words[] = {"broken_off", "stopped", "stopped_early", NULL};
    const struct tf_dataset *d = tf_study_dataset(t->o->study, r->form->dataset);
    const struct tf_odk_file *xml = tf_open_file(r, OPEN_XML);
    struct tf_instance *in;
    TF_TRY(tf_instance_read(t->batch, form, xml->data, xml->n, &in, reterr));
    if (!tf_streq(in->head.instance_id, r->instance))
        return tf_fail(reterr, TF_E_INPUT, "the answers inside carry another instance id");
    if (r->deprecated == NULL)
        r->deprecated = in->head.deprecated_id;
    for (size_t k = 0; k < in->n_answers; k++) {
        const struct tf_answer *a = &in->answer[k];
        if (a->field == SIZE_MAX || a->row != 0 || tf_is_blank(a->text))
            continue;
        const struct tf_xfield *f = &form->field[a->field];
        tf_open_agreed(t, r, f, a->text);
        if (d != NULL && tf_streq(d->id_var, f->name) && !r->coded) {
            r->code = tf_trim(t->batch, a->text);
            r->coded = true;
        }
        for (size_t w = 0; f->calculate != NULL && words[w] != NULL; w++)
            r->stopped = r->stopped || strcmp(words[w], a->text) == 0;
    }
    r->stopped = r->stopped || log_says_stopped(r);
    return TF_OK;
}

static enum tf_code open_record(struct open_taking *t, struct open_record *r, struct tf_err *reterr)
{
    const struct tf_odk_file *xml = tf_open_file(r, OPEN_XML);
    struct tf_instance_head head;
    const char **missing;
    r->state = OPEN_WAITING;
    r->code = r->instance;
    r->coded = false;
    if (xml == NULL)
        return tf_fail(reterr, TF_E_INPUT, "its XML is not here");
    TF_TRY(tf_instance_head(t->batch, xml->data, xml->n, &head, reterr));
    const struct tf_xform *form = tf_open_form(t->o, r->form->id, r->version);
    if (form == NULL) {
        (void)tf_fail(reterr, TF_E_INPUT, "version '%.60s' of '%s' is not among the published forms",
                      r->version, r->form->id);
        return tf_help(reterr, "Publish it again, or fetch .trefoil/forms from where it was.");
    }
    const size_t n = missing_files(t, r, &head, form, &missing, reterr);
    if (n > 0) {
        tf_notice_add(t->o->out, TF_WARNING, "waiting", NULL, 0, 0,
                      "It is taken up when they have arrived.",
                      "record %lld (%s) waits for %zu file%s: %s%s", (long long)r->number, r->instance,
                      n, n == 1 ? "" : "s", missing[0], n == 1 ? "" : " …");
        return TF_OK;
    }
    if (head.encrypted)
        TF_TRY(unwrap(t, r, &head, reterr));
    TF_TRY(read_answers(t, r, form, reterr));
    r->state = OPEN_OPENED;
    return TF_OK;
}

/* What a device sent is opened under a guard of its own: whatever it does ends with it. */
void tf_open_try(struct open_taking *t, struct open_record *r)
{
    const struct open_record came = *r; /* its files as they came: what fails is kept like that */
    struct tf_err err = {.code = TF_OK};
    struct tf_guard guard;
    enum tf_code code = tf_guard_begin(&guard, &err);
    if (code == TF_OK) {
        code = open_record(t, r, &err);
        tf_guard_end(&guard);
    }
    if (code == TF_OK)
        return;
    *r = came;
    r->state = OPEN_BAD;
    r->why = tf_strdup(t->batch, err.what);
    tf_notice_add(t->o->out, TF_ERROR, "does-not-open", err.file[0] == '\0' ? NULL : err.file, err.line,
                  err.column, err.help[0] == '\0' ? NULL : err.help, "record %lld (%s): %s%s%s",
                  (long long)r->number, r->instance, err.what, err.fact[0] == '\0' ? "" : "; ",
                  err.fact);
}
