/* Consent and assent as a form records them.
 *
 *     forms:
 *       - id: child
 *         consent:
 *           consent: {interview: consent_caregiver, recontact: consent_recontact}
 *           assent:  {interview: assent_child}
 *
 * Each kind of which a field was answered becomes a signed record of its own (consent.h): its switches,
 * the text that was read out (form and version), the language, the day of the interview, who asked and
 * the submission that says so. "1", "yes" and "true" switch on; every other answer switches off. A
 * record needs the participant's code: where a form carries none, nothing is noted. */
#include <string.h>

#include "keep/open_record.h"

static bool is_yes(const char *text)
{
    static const char *const words[] = {"1", "yes", "true", "OK"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (tf_casecmp(words[k], text) == 0)
            return true;
    return false;
}

static bool begins_with_day(const char *s)
{
    static const char *const shape = "dddd-dd-dd";
    for (size_t k = 0; k < 10; k++)
        if (shape[k] == 'd' ? s[k] < '0' || s[k] > '9' : s[k] != shape[k])
            return false;
    return true;
}

void tf_open_agreed(struct open_taking *t, struct open_record *r, const struct tf_xfield *f,
                    const char *text)
{
    const struct tf_dataset *d = tf_study_dataset(t->o->study, r->form->dataset);
    for (size_t k = 0; k < r->form->n_consents; k++)
        if (strcmp(r->form->consent[k].field, f->name) == 0)
            r->sw[k] = (struct tf_switch){r->form->consent[k].name, is_yes(text)};
    if (d != NULL && tf_streq(d->language_var, f->name))
        r->language = tf_strdup(t->batch, text);
    if (tf_streq(f->preload_params, "today") || tf_streq(f->preload_params, "start"))
        if (begins_with_day(text))
            r->day = tf_strndup(t->batch, text, 10);
}

static struct tf_consent agreed(struct open_taking *t, const struct open_record *r, const char *kind)
{
    struct tf_switch *sw = TF_NEW_N(t->batch, struct tf_switch, r->form->n_consents);
    struct tf_consent c = {.participant = r->code,
                           .kind = kind,
                           .text = tf_printf(t->batch, "%s, version %s", r->form->id, r->version),
                           .language = tf_is_blank(r->language) ? NULL : r->language,
                           .day = r->day,
                           .by = tf_is_blank(r->sender) ? NULL : r->sender,
                           .source = r->instance,
                           .sw = sw};
    for (size_t k = 0; k < r->form->n_consents; k++)
        if (strcmp(r->form->consent[k].kind, kind) == 0 && r->sw[k].name != NULL)
            sw[c.n_switches++] = r->sw[k];
    return c;
}

/* One record's kinds, behind the others; what cannot be noted is named, and the others go on. */
static size_t add_kinds(struct open_taking *t, const struct open_record *r, struct tf_consent *list)
{
    static const char *const kinds[] = {"consent", "assent"};
    struct tf_err err;
    size_t n = 0;
    if (r->form->n_consents == 0 || r->key == NULL || r->key->state != TF_RECORD_HELD || !r->coded)
        return 0;
    if (r->day[0] == '\0') {
        tf_notice_add(t->o->out, TF_WARNING, "consent-without-day", NULL, 0, 0,
                      "Let the form have `today` or `start`.",
                      "record %lld (%s) says nothing of its day; its consent is not noted",
                      (long long)r->number, r->instance);
        return 0;
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        list[n] = agreed(t, r, kinds[k]);
        if (list[n].n_switches == 0)
            continue;
        if (tf_consent_sound(&list[n], &err) == TF_OK)
            n++;
        else
            tf_notice_add(t->o->out, TF_ERROR, "no-consent", NULL, 0, 0, NULL, "record %lld (%s): %s",
                          (long long)r->number, r->instance, err.what);
    }
    return n;
}

enum tf_code tf_open_consents(struct open_taking *t, struct tf_err *reterr)
{
    struct tf_consent *list = TF_NEW_N(t->batch, struct tf_consent, 2 * t->n + 2);
    size_t n = 0, changed;
    for (size_t k = 0; k < t->n; k++)
        n += add_kinds(t, &t->record[k], list + n);
    return tf_consent_put(t->o->keep, t->o->opt->country, list, n, &changed, reterr);
}
