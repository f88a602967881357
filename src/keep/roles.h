/* keep/roles: who may open what, by strand, country and stage. Part of keep's public face. */
#ifndef TF_KEEP_ROLES_H
#define TF_KEEP_ROLES_H

#include <stdbool.h>
#include <stddef.h>

struct tf_arena;
/* Where a role is held: a strand ("" = the role's own) and countries (none = all). */
struct tf_post {
    const char *role, *strand;
    const char *const *country;
    size_t n_countries;
};
struct tf_role_row {
    const char *role, *strands, *purposes, *stages, *words;
};
extern const struct tf_role_row tf_roles[]; /* ends with role NULL */
const struct tf_role_row *tf_role(const char *role);
/* May this post open the file whose key has this name ("vault/XA-children-response.db",
 * "register.db", "keys/records-XA" …)? What the name does not say is not asked. */
bool tf_role_opens(struct tf_arena *arena, const struct tf_post *post, const char *key_name);
/* May it at this stage of the country ("collect", "analyse", "release"; "" = not stated)? */
bool tf_role_at_stage(const char *role, const char *stage);
/* The parts of a file's key name; false when it is no file of the vault. */
bool tf_key_parts(struct tf_arena *arena, const char *key_name, const char **ret_country,
                  const char **ret_strand, const char **ret_purpose);
#endif
