/* Roles: one table of who may open which purpose, in which strand, at which stage.
 *
 * A key is wrapped for a person only when this table lets their role open the file: what is not
 * wrapped for them they cannot open, whatever program they run. Strand, country and purpose are
 * held that way. The stage is asked when a study is unlocked: it is a check of this program, no
 * cryptography.
 *
 * No role but the custodian's holds identity (who was interviewed, where) and answers together; and
 * what a custodian unlocks alone gives out one of the two, never both (agent.c). Survivors' words
 * open with two custodians of three and with no role. An interviewer opens nothing: they put in. */
#include "keep/roles.h"

#include <string.h>

#include "base/base.h"

/* clang-format off */
const struct tf_role_row tf_roles[] = {
    /* role                strands            purposes                                             stages                    in words */
    {"programme_lead",     "context threats children", "response consent qual interviews coding threat counts estimates release sign inbox", "collect analyse release", "leads the study: answers without names, all strands"},
    {"survey_team",        "children",        "response consent estimates release sign inbox",              "collect analyse release", "opens what the household survey collected"},
    {"field_supervisor",   "children",        "identity",                                           "collect",                 "contact sheets of their own country; no answers"},
    {"interviewer",        "children",        "",                                                   "collect",                 "puts in, opens nothing"},
    {"context_researcher", "context",         "response consent qual interviews coding estimates release sign inbox", "collect analyse release", "interviews with duty-bearers and frontline workers"},
    {"threat_analyst",     "threats",         "threat counts release",                              "collect analyse release", "counts of police, hotlines and platforms"},
    {"author",             "context threats children", "release",                                   "analyse release",         "what was released, to write from"},
    {"national_partner",   "context threats children", "release",                                   "release",                 "the released figures of their country"},
    {"custodian",          "context threats children", "identity response consent qual interviews coding survivors threat counts estimates release sign inbox", "collect analyse release", "holds keys for others; survivors' words by two of three"},
    {NULL, NULL, NULL, NULL, NULL}};
/* clang-format on */

const struct tf_role_row *tf_role(const char *role)
{
    for (const struct tf_role_row *r = tf_roles; r->role != NULL; r++)
        if (strcmp(r->role, role) == 0)
            return r;
    return NULL;
}

/* Is the word in a list of words with blanks between? */
static bool among(const char *word, const char *list)
{
    const size_t n = strlen(word);
    for (const char *at = list; n > 0 && (at = strstr(at, word)) != NULL; at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
            return true;
    return false;
}

bool tf_role_at_stage(const char *role, const char *stage)
{
    const struct tf_role_row *r = tf_role(role);
    return r != NULL && (stage[0] == '\0' || among(stage, r->stages));
}

/* "vault/XA-children-response.db": country and strand hold no '-', the purpose may. */
bool tf_key_parts(struct tf_arena *arena, const char *key_name, const char **ret_country,
                  const char **ret_strand, const char **ret_purpose)
{
    char **part;
    if (!tf_starts(key_name, "vault/") || !tf_ends(key_name, ".db"))
        return false;
    const char *stem = tf_path_stem(arena, key_name);
    const size_t n = tf_split(arena, stem, '-', &part);
    if (n < 3)
        return false;
    *ret_country = strcmp(part[0], "all") == 0 ? "" : part[0];
    *ret_strand = part[1];
    *ret_purpose = strchr(strchr(stem, '-') + 1, '-') + 1;
    if (tf_ends(*ret_purpose,
                "-records")) /* the submissions that a purpose's datasets are made from */
        *ret_purpose = tf_strndup(arena, *ret_purpose, strlen(*ret_purpose) - strlen("-records"));
    return true;
}

static bool in_country(const struct tf_post *post, const char *country)
{
    for (size_t k = 0; k < post->n_countries; k++)
        if (strcmp(post->country[k], country) == 0)
            return true;
    return post->n_countries == 0;
}

static bool in_strand(const struct tf_post *post, const struct tf_role_row *r, const char *strand)
{
    if (!among(strand, "context threats children"))
        return true; /* what other rooms derived ("measure") is told apart by purpose alone */
    return among(strand, r->strands) &&
           (tf_is_blank(post->strand) || strcmp(post->strand, strand) == 0);
}

bool tf_role_opens(struct tf_arena *arena, const struct tf_post *post, const char *key_name)
{
    const struct tf_role_row *r = tf_role(post->role);
    const char *country, *strand, *purpose;
    if (r == NULL || r->purposes[0] == '\0')
        return false;
    if (strcmp(key_name, "register.db") == 0)
        return true; /* names, hashes and links */
    if (tf_starts(key_name, "keys/records-"))
        return in_country(post, key_name + strlen("keys/records-")) &&
               (among("response", r->purposes) || among("identity", r->purposes));
    if (tf_starts(key_name, "keys/"))
        return among(key_name + strlen("keys/"), r->purposes);
    if (tf_key_parts(arena, key_name, &country, &strand, &purpose))
        return in_country(post, country) && in_strand(post, r, strand) &&
               (among(purpose, r->purposes) || strcmp(post->role, "custodian") == 0);
    return among(key_name, r->purposes); /* "release", "sign" */
}
