/* The codebook, the participants and the legal grid: three sheets, each row judged by itself.
 *
 * Participants carry the consent switches. They are read before any transcript, and a transcript
 * whose participant has no row is refused: where nothing says what somebody agreed to, nothing of
 * theirs may be kept. */
#include <string.h>

#include "listen/inside.h"

enum tf_code tf_columns_need(const struct tf_sheet *s, const char *const *names, size_t *col,
                             struct tf_err *reterr)
{
    for (size_t k = 0; names[k] != NULL; k++)
        TF_TRY(tf_sheet_need(s, names[k], &col[k], reterr));
    return TF_OK;
}

const struct tf_participant *tf_participant_named(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_participants; k++)
        if (tf_streq(l->participant[k].id, id))
            return &l->participant[k];
    return NULL;
}

const struct tf_code_entry *tf_code_named(const struct tf_listened *l, const char *id)
{
    for (size_t k = 0; k < l->n_codes; k++)
        if (tf_streq(l->code[k].id, id))
            return &l->code[k];
    return NULL;
}

/* Open a sheet with these columns; NULL (and a notice) when that fails, or when path is NULL. */
static struct tf_sheet *open_sheet(struct tf_arena *arena, const char *path, const char *what,
                                   const char *const *names, size_t *col, struct tf_notices *out)
{
    struct tf_sheet *s;
    struct tf_err e = {0};
    if (path == NULL)
        return NULL;
    if (tf_sheet_read(arena, path, &s, &e) == TF_OK && tf_columns_need(s, names, col, &e) == TF_OK)
        return s;
    tf_notice_err(out, what, &e);
    return NULL;
}

/* The row's id; NULL (and a notice) when it is empty. */
static const char *need_id(const struct tf_sheet *s, size_t row, size_t col, const char *what,
                           struct tf_notices *out)
{
    const char *id = tf_sheet_text(s, row, col);
    if (*id != '\0')
        return id;
    tf_sheet_notice(s, row, col, out, TF_ERROR, what, NULL, "the row has no %s", what);
    return NULL;
}

static void twice(const struct tf_sheet *s, size_t row, size_t col, const char *what,
                  struct tf_notices *out)
{
    tf_sheet_notice(s, row, col, out, TF_ERROR, what, "Each stands once.",
                    "the %s '%s' stands twice", what, tf_sheet_text(s, row, col));
}

/* ---- codebook ---------------------------------------------------------------------------------- */

void tf_codebook_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                       struct tf_notices *out)
{
    static const char *const names[] = {"code", "label", "theme", "definition", NULL};
    size_t c[4];
    const struct tf_sheet *s = open_sheet(arena, path, "codebook", names, c, out);
    if (s == NULL)
        return;
    j->has_codebook = true;
    j->codebook_hash = tf_hash_bytes(s->data, s->n);
    j->l.code = TF_NEW_N(arena, struct tf_code_entry, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const struct tf_code_entry e = {.id = need_id(s, row, c[0], "code", out),
                                        .label = tf_sheet_text(s, row, c[1]),
                                        .theme = tf_sheet_text(s, row, c[2]),
                                        .definition = tf_sheet_text(s, row, c[3])};
        if (e.id == NULL)
            continue;
        if (*e.label == '\0')
            tf_sheet_notice(s, row, c[1], out, TF_ERROR, "code", NULL, "the code '%s' has no label",
                            e.id);
        if (tf_code_named(&j->l, e.id) != NULL)
            twice(s, row, c[0], "code", out);
        else
            j->l.code[j->l.n_codes++] = e;
    }
}

/* ---- participants ------------------------------------------------------------------------------ */

static bool read_switch(const struct tf_sheet *s, size_t row, size_t col, struct tf_notices *out)
{
    const char *text = tf_sheet_text(s, row, col);
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        tf_sheet_notice(s, row, col, out, TF_ERROR, "consent",
                        "Write 1 for yes and 0 for no; an empty cell is no consent.",
                        "'%s' is no switch for %s", text, s->t->col[col].name);
    return strcmp(text, "1") == 0;
}

static void judge_attribution(const struct tf_sheet *s, size_t row, const size_t *c,
                              const struct tf_participant *p, struct tf_notices *out)
{
    static const char *const words[] = {"code", "institution", "role", "none", NULL};
    for (size_t k = 0; words[k] != NULL; k++) {
        if (strcmp(words[k], p->attribution) != 0)
            continue;
        if ((k == 1 && *p->institution == '\0') || (k == 2 && *p->role == '\0'))
            tf_sheet_notice(s, row, c[k == 1 ? 3 : 2], out, TF_ERROR, "attribution", NULL,
                            "'%s' is to be named by %s, which is empty", p->id, words[k]);
        return;
    }
    const char *near = tf_nearest(p->attribution, words);
    tf_sheet_notice(s, row, c[4], out, TF_ERROR, "attribution",
                    near == NULL ? "Use code, institution, role or none."
                                 : tf_printf(s->arena, "Did you mean '%s'?", near),
                    "'%s' is no way to name a participant", p->attribution);
}

void tf_participants_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                           struct tf_notices *out)
{
    static const char *const names[] = {"participant", "activity",    "role",
                                        "institution", "attribution", "consent_use",
                                        "consent_quote", "withdrawn", NULL};
    size_t c[8];
    const struct tf_sheet *s = open_sheet(arena, path, "participants", names, c, out);
    if (s == NULL)
        return;
    j->has_participants = true;
    j->l.participant = TF_NEW_N(arena, struct tf_participant, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const struct tf_participant p = {.id = need_id(s, row, c[0], "participant", out),
                                         .activity = tf_sheet_text(s, row, c[1]),
                                         .role = tf_sheet_text(s, row, c[2]),
                                         .institution = tf_sheet_text(s, row, c[3]),
                                         .attribution = tf_sheet_text(s, row, c[4]),
                                         .use = read_switch(s, row, c[5], out),
                                         .quote = read_switch(s, row, c[6], out),
                                         .withdrawn = read_switch(s, row, c[7], out)};
        if (p.id == NULL)
            continue;
        judge_attribution(s, row, c, &p, out);
        if (p.quote && !p.use)
            tf_sheet_notice(s, row, c[6], out, TF_WARNING, "consent",
                            "Quotes need consent to use first; they are treated as not given.",
                            "'%s' may be quoted and may not be used", p.id);
        if (tf_participant_named(&j->l, p.id) != NULL)
            twice(s, row, c[0], "participant", out);
        else
            j->l.participant[j->l.n_participants++] = p;
    }
}

const char *tf_quote_barred(const struct tf_participant *p)
{
    if (p == NULL)
        return "its participant has no consent row";
    if (p->withdrawn)
        return "the participant has withdrawn";
    if (!p->use)
        return "the participant did not agree to any use";
    return p->quote ? NULL : "the participant did not agree to be quoted";
}

/* ---- the legal grid ---------------------------------------------------------------------------- */

static bool is_date(const char *s)
{
    static const char form[] = "dddd-dd-dd";
    const size_t n = strlen(s);
    if (n != 4 && n != 7 && n != 10)
        return false;
    for (size_t k = 0; k < n; k++)
        if (form[k] == 'd' ? s[k] < '0' || s[k] > '9' : s[k] != '-')
            return false;
    return true;
}

static void judge_law(const struct tf_sheet *s, size_t row, const size_t *c, const struct tf_law *l,
                      struct tf_notices *out)
{
    static const char *const words[] = {"met", "partly", "not_met", "unclear", NULL};
    bool known = false;
    for (size_t k = 0; words[k] != NULL; k++)
        known = known || strcmp(words[k], l->status) == 0;
    if (!known) {
        const char *near = tf_nearest(l->status, words);
        tf_sheet_notice(s, row, c[5], out, TF_ERROR, "law-status",
                        near == NULL ? "Use met, partly, not_met or unclear."
                                     : tf_printf(s->arena, "Did you mean '%s'?", near),
                        "'%s' is no status of a criterion", l->status);
    }
    if (*l->date == '\0')
        tf_sheet_notice(s, row, c[6], out, TF_ERROR, "law-date",
                        "Write the day the text was in force as read: 2015, 2015-06 or 2015-06-01.",
                        "the law '%s' has no date", l->id);
    else if (!is_date(l->date))
        tf_sheet_notice(s, row, c[6], out, TF_ERROR, "law-date",
                        "Write 2015, 2015-06 or 2015-06-01.", "'%s' is no date", l->date);
    if (*l->criterion == '\0')
        tf_sheet_notice(s, row, c[3], out, TF_ERROR, "law", NULL, "the law '%s' has no criterion",
                        l->id);
    if (*l->instrument == '\0' && strcmp(l->status, "met") == 0)
        tf_sheet_notice(s, row, c[1], out, TF_ERROR, "law", NULL,
                        "the criterion of '%s' is met by no named instrument", l->id);
}

void tf_legal_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                    struct tf_notices *out)
{
    static const char *const names[] = {"id",     "instrument", "article", "criterion",
                                        "criterion_label", "status", "date", "note", NULL};
    size_t c[8];
    const struct tf_sheet *s = open_sheet(arena, path, "legal", names, c, out);
    if (s == NULL)
        return;
    j->l.law = TF_NEW_N(arena, struct tf_law, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const struct tf_law l = {.id = need_id(s, row, c[0], "law", out),
                                 .instrument = tf_sheet_text(s, row, c[1]),
                                 .article = tf_sheet_text(s, row, c[2]),
                                 .criterion = tf_sheet_text(s, row, c[3]),
                                 .criterion_label = tf_sheet_text(s, row, c[4]),
                                 .status = tf_sheet_text(s, row, c[5]),
                                 .date = tf_sheet_text(s, row, c[6]),
                                 .note = tf_sheet_text(s, row, c[7])};
        bool known = false;
        if (l.id == NULL)
            continue;
        judge_law(s, row, c, &l, out);
        for (size_t k = 0; k < j->l.n_laws; k++)
            known = known || strcmp(j->l.law[k].id, l.id) == 0;
        if (known)
            twice(s, row, c[0], "law", out);
        else
            j->l.law[j->l.n_laws++] = l;
    }
}
