/* The ground: everything in base/, for rooms that use much of it. Knows nothing of surveys. */
#ifndef TF_BASE_BASE_H
#define TF_BASE_BASE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/text.h"

#endif
