/* trefoil relate: check claims against the release, and lay the strands side by side
 *
 * usage: trefoil relate check COUNTRY [--json]
 *        trefoil relate claims COUNTRY [--json]
 *        trefoil relate convergence COUNTRY [--json]
 *
 * A claim is a file in findings/: who says what, and which released figures, quotes and laws bear
 * it. `check` names every fault with file and line: a link that the release lacks, a number that was
 * withheld, an "agree" with a link that contradicts. `claims` lists the claims of a country with what
 * they rest on. `convergence` shows, theme by theme, what each strand says and how they stand
 * together.
 *
 * examples:
 *   trefoil relate check XB --study demo-study
 *   trefoil relate convergence XB --study demo-study
 */
#include <string.h>

#include <jansson.h>

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "protect/protect.h"
#include "relate/relate.h"

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

static json_t *claim_json(const struct tf_claim *c)
{
    json_t *links = json_array(), *entries = json_object();
    for (size_t k = 0; k < c->n_links; k++)
        (void)json_array_append_new(
            links, json_pack("{s:s, s:s, s:I}", "ref", c->link[k].ref, "relation",
                             tf_relation_word(c->link[k].relation), "line",
                             (json_int_t)c->link[k].line));
    for (int s = 0; s < 3; s++)
        if (c->cell[s].text != NULL)
            (void)json_object_set_new(entries, tf_strand_name((enum tf_strand)s),
                                      json_string(c->cell[s].text));
    return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:s?, s:s?, s:o, s:o}", "id", c->id, "kind",
                     c->kind, "file", c->file, "section", c->section, "theme", c->theme, "title",
                     c->title, "actor", c->actor, "insight", c->insight, "together", c->together,
                     "links", links, "entries", entries);
}

static void say_claims(const struct tf_claims *all)
{
    for (size_t k = 0; k < all->n; k++) {
        const struct tf_claim *c = &all->item[k];
        tf_say("%s%s %s: %s\n", k > 0 ? "\n" : "", c->kind, c->id, c->title);
        tf_say("  %s%s%s\n", c->file, c->actor != NULL ? "; for " : "", or_empty(c->actor));
        if (c->insight != NULL)
            tf_say("  answers %s\n", c->insight);
        for (size_t j = 0; j < c->n_links; j++)
            tf_say("  %-11s %s\n", tf_relation_word(c->link[j].relation), c->link[j].ref);
    }
}

static void say_convergence(const struct tf_claims *all)
{
    for (size_t k = 0; k < all->n; k++) {
        const struct tf_claim *c = &all->item[k];
        if (strcmp(c->kind, "convergence") != 0)
            continue;
        tf_say("%s [%s]: %s: %s\n", c->id, or_empty(c->theme), c->title, or_empty(c->together));
        for (int s = 0; s < 3; s++)
            tf_say("  %-9s %s\n", tf_strand_name((enum tf_strand)s),
                   c->cell[s].text != NULL ? c->cell[s].text : "(silent)");
        for (size_t j = 0; j < c->n_links; j++)
            tf_say("  %-11s %s\n", tf_relation_word(c->link[j].relation), c->link[j].ref);
    }
}

enum tf_code cmd_relate(struct tf_run *run, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    struct tf_study *study;
    struct tf_release *release;
    struct tf_claims *all;
    TF_TRY(tf_options(run, NULL, 0, &word, &n, reterr));
    if (n != 2)
        return tf_usage(run, reterr, "say what and where: check, claims or convergence, and a country");
    TF_TRY(tf_study_read(run->arena, run->study, &study, reterr));
    TF_TRY(tf_need_country(run->arena, study, word[1], reterr));
    TF_TRY(tf_release_read(run->arena, study->dir, word[1], &release, reterr));
    if (strcmp(word[0], "check") == 0) {
        struct tf_notices found = {.arena = run->arena};
        tf_relate_check(run->arena, study, word[1], release, &found);
        TF_TRY(tf_say_notices(run, &found, reterr));
        if (!run->json)
            tf_say("%s: every claim rests on released evidence\n", word[1]);
        return TF_OK;
    }
    const bool convergence = strcmp(word[0], "convergence") == 0;
    if (!convergence && strcmp(word[0], "claims") != 0)
        return tf_usage(run, reterr, "`trefoil relate` does not know '%s'", word[0]);
    TF_TRY(tf_claims_read(run->arena, study, word[1], release, &all, reterr));
    if (run->json) {
        json_t *list = json_array();
        for (size_t k = 0; k < all->n; k++)
            if (!convergence || strcmp(all->item[k].kind, "convergence") == 0)
                (void)json_array_append_new(list, claim_json(&all->item[k]));
        tf_say_json(list);
    } else if (convergence) {
        say_convergence(all);
    } else {
        say_claims(all);
    }
    return TF_OK;
}
