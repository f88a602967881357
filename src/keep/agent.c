/* The agent: who unlocked? */
#include "keep/agent.h"

enum tf_code tf_agent_ring(struct tf_arena *arena TF_UNUSED, const char *study_dir,
                           struct ring **ret TF_UNUSED, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_KEY, "the vault of '%s' is locked", study_dir);
    return tf_help(reterr, "`trefoil keep unlock` opens it for a while.");
}
