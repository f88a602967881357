/* keep, inside: the agent, a process that holds what was unlocked (agent.c). */
#ifndef TF_KEEP_AGENT_H
#define TF_KEEP_AGENT_H

#include "keep/keys.h"

/* All that the agent of this study holds, into locked memory. TF_E_KEY when there is none: locked. */
TF_MUST_CHECK enum tf_code tf_agent_ring(struct tf_arena *arena, const char *study_dir,
                                         struct ring **ret, struct tf_err *reterr);
#endif
