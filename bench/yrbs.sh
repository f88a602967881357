#!/bin/sh
# Shares of every category of 20 questions by sex, with logit intervals, from the .sav file.
# usage: yrbs.sh TREFOIL FILE
exec "$1" measure estimate --data "$2" --weight weight --stratum stratum --psu psu --by Q2 --json \
    --var Q12,Q13,Q14,Q15,Q16,Q17,Q18,Q19,Q20,Q21,Q22,Q23,Q24,Q25,Q26,Q27,Q28,Q29,Q30,Q31
