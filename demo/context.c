/* Interviews: transcripts, participants and coded passages.
 *
 * The texts stand in demo/study/_make/transcripts, one a file, with the coding written into them:
 *
 *     PARTICIPANT: We have no room. [[privacy|A child speaks at the front desk.]]
 *     PARTICIPANT: [[blame Q-blame|People ask the girl what she did.]]      proposed for print
 *     PARTICIPANT: [[trust +|Families think nothing will come of it.]]     coded by both coders
 *
 * The head of a file gives participant pattern, activity and role. Marks are taken out, the offsets
 * of each passage are counted in code points over the clean file. Lines that begin with XA|, XB| or
 * XC| belong to that country alone, so that three countries do not say the same. Interviews speak
 * of services, barriers, justice, cooperation, training and reporting, never of acts. */
#include <string.h>

#include "demo/inside.h"

struct coding {
    struct demo_country *c;
    struct tf_buf segments, participants;
    size_t n_segments;
};
struct person {
    const char *id, *activity, *role, *institution, *attribution, *languages;
    int use, quote, withdrawn;
};

/* "key: value" of the head, or "". */
static const char *head(struct tf_arena *a, const char *text, const char *key)
{
    const char *at = strstr(text, key), *end = at == NULL ? NULL : strchr(at, '\n');
    return end == NULL
               ? ""
               : tf_trim(a, tf_strndup(a, at + strlen(key), (size_t)(end - at) - strlen(key)));
}

/* The lines of this country, its name put in. */
static const char *own_lines(struct demo_country *c, const char *text)
{
    struct tf_buf out = {.arena = c->arena};
    char *line = tf_strdup(c->arena, text);
    for (char *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        const bool marked = line[0] == 'X' && line[1] != '\0' && line[2] == '|';
        if (marked && strncmp(line, c->preset->code, 2) != 0)
            continue;
        tf_buf_add(&out, marked ? line + 3 : line);
        if (next != NULL)
            tf_buf_char(&out, '\n');
    }
    return tf_replace(c->arena, tf_buf_text(&out), "{country}",
                      tf_printf(c->arena, "Country %s", c->preset->code));
}

static void add_segment(struct coding *k, const char *transcript, size_t start, size_t end,
                        const char *code, const char *coder, const char *quote, const char *text)
{
    k->n_segments++;
    tf_buf_printf(&k->segments, "S-%s-%03zu,%s,%zu,%zu,%s,%s,%s,", k->c->preset->code,
                  k->n_segments, transcript, start, end, code, coder, quote);
    tf_buf_csv(&k->segments, text);
    tf_buf_char(&k->segments, '\n');
}

static size_t points(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        count += ((unsigned char)s[k] & 0xC0) != 0x80;
    return count;
}

/* Take the marks out of a text and put its passages into the list of segments. */
static void take_marks(struct coding *k, const char *id, const char *marked, struct tf_buf *clean)
{
    size_t at = 0; /* code points written so far */
    while (*marked != '\0') {
        const char *open = strstr(marked, "[[");
        const size_t plain = open == NULL ? strlen(marked) : (size_t)(open - marked);
        tf_buf_addn(clean, marked, plain);
        at += points(marked, plain);
        if (open == NULL)
            return;
        const char *bar = strchr(open, '|'), *close = strstr(open, "]]");
        if (bar == NULL || close == NULL || bar > close) {
            tf_buf_add(clean, open);
            return;
        }
        char *text = tf_strndup(k->c->arena, bar + 1, (size_t)(close - bar - 1));
        char **word;
        const size_t n = tf_split(
            k->c->arena, tf_strndup(k->c->arena, open + 2, (size_t)(bar - open - 2)), ' ', &word);
        const bool both = tf_streq(word[n - 1], "+");
        const char *quote = n > 1 && word[1][0] == 'Q' ? word[1] : "";
        const size_t length = points(text, strlen(text));
        add_segment(k, id, at, at + length, word[0], "c1", quote, text);
        if (both)
            add_segment(k, id, at, at + length, word[0], "c2", "", text);
        tf_buf_add(clean, text);
        at += length;
        marked = close + 2;
    }
}

static void add_participant(struct coding *k, const struct person *p)
{
    tf_buf_printf(&k->participants, "%s,%s,", p->id, p->activity);
    tf_buf_csv(&k->participants, p->role);
    tf_buf_char(&k->participants, ',');
    tf_buf_csv(&k->participants, p->institution);
    tf_buf_printf(&k->participants, ",%s,%d,%d,%d\n", p->attribution, p->use, p->quote,
                  p->withdrawn);
}

static enum tf_code one_transcript(struct coding *k, const char *name, struct tf_err *reterr)
{
    struct tf_arena *a = k->c->arena;
    size_t n;
    const char *source = demo_static(name, &n);
    const char *body = source == NULL ? NULL : strstr(source, "\n---\n");
    if (body == NULL)
        return tf_fail(reterr, TF_E_BUG, "the demo's text %s has no head", name);
    const char *only = head(a, source, "only: ");
    if (*only != '\0' && !tf_streq(only, k->c->preset->code))
        return TF_OK;
    const char *id = tf_replace(a, head(a, source, "participant: "), "XX", k->c->preset->code);
    const char *consent = head(a, source, "consent: ");
    const struct person p = {.id = id,
                             .activity = head(a, source, "activity: "),
                             .role = head(a, source, "role: "),
                             .institution = head(a, source, "institution: "),
                             .attribution = head(a, source, "attribution: "),
                             .use = !tf_streq(consent, "none"),
                             .quote = tf_streq(consent, "quote"),
                             .withdrawn = tf_streq(consent, "withdrawn")};
    add_participant(k, &p);
    struct tf_buf clean = {.arena = a};
    take_marks(k, id, own_lines(k->c, body + 5), &clean);
    return demo_put(k->c, tf_printf(a, "context/{country}/transcripts/%s.txt", id), &clean, reterr);
}

enum tf_code demo_context(struct demo_country *c, struct tf_err *reterr)
{
    struct coding k = {
        .c = c, .segments = {.arena = c->arena}, .participants = {.arena = c->arena}};
    tf_buf_add(&k.segments, "segment,transcript,start,end,code,coder,quote,text\n");
    tf_buf_add(&k.participants, "participant,activity,role,institution,attribution,consent_use,"
                                "consent_quote,withdrawn\n");
    size_t n;
    const char *list = demo_static("_make/transcripts/list", &n);
    char **name;
    const size_t n_names = tf_split(c->arena, list == NULL ? "" : list, '\n', &name);
    for (size_t j = 0; j < n_names; j++)
        if (!tf_is_blank(name[j]))
            TF_TRY(
                one_transcript(&k, tf_printf(c->arena, "_make/transcripts/%s", name[j]), reterr));
    TF_TRY(demo_put(c, "context/{country}/participants.csv", &k.participants, reterr));
    return demo_put(c, "context/{country}/segments.csv", &k.segments, reterr);
}
