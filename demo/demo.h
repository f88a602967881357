/* demo: a synthetic study, made from named random streams: three countries (XA, XB, XC; presets LOW,
 * MID, HIGH of programme and domain), all strands, all seeded faults. No person, place or number in
 * it is real, and everything made says so. Used by `make demo`, the tests and newcomers. */
#ifndef TF_DEMO_H
#define TF_DEMO_H

#include "base/base.h"

/* Write the whole study folder (study.yaml, instruments, frames, data, series, transcripts, law,
 * findings, report text, faults/) into dir, which must not exist or be empty. Same bytes each time. */
TF_MUST_CHECK enum tf_code tf_demo_write(struct tf_arena *arena, const char *dir,
                                         struct tf_err *reterr);

#endif
