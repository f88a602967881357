/* What the tests of ask share. */
#ifndef TF_TESTS_ASK_HOUSE_H
#define TF_TESTS_ASK_HOUSE_H

#include "tests/house.h"

#include "ask/inside.h"
#include "base/xlsx.h"

#endif
