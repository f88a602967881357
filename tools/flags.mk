# Compiler and linker flags (docs/HOUSE.md 3). -ffp-contract=off and no fast-math: the same study gives
# the same digits on every machine.
WARN := -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wdouble-promotion -Wimplicit-fallthrough
ifeq ($(findstring clang,$(CC)),)
WARN += -Wtrampolines -Wduplicated-cond -Wlogical-op -Wbidi-chars=any -Wno-clobbered
endif
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE
BASE := -std=c17 -pedantic -D_POSIX_C_SOURCE=200809L -g -ffp-contract=off -fvisibility=hidden \
        -ffile-prefix-map=$(CURDIR)=. -I. -Isrc -Ibuild -Ibuild/gen -isystem $(MC) $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
OPT_release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
OPT_debug   := -O0
OPT_asan    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
OPT_cov     := -O0 --coverage
OPT_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined
CFLAGS  += $(BASE) $(WARN) $(HARDEN) $(OPT_$(VARIANT)) $(EXTRA)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(filter -fsanitize% --coverage,$(OPT_$(VARIANT)))
LIBS    := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lreadstat -lRmath -lcmark-gfm-extensions -lm -lpthread
SQLITE_CFLAGS := -O2 -g -fPIE -w -ffp-contract=off -DSQLITE_THREADSAFE=0 -DSQLITE_DQS=0 -DSQLITE_OMIT_LOAD_EXTENSION \
        -DSQLITE_DEFAULT_FOREIGN_KEYS=1 -DSQLITE_TEMP_STORE=3 -DSQLITE_SECURE_DELETE=1 -DSQLITE_OMIT_DEPRECATED \
        -DHAVE_CIPHER_AES_128_CBC=0 -DHAVE_CIPHER_AES_256_CBC=0 -DHAVE_CIPHER_SQLCIPHER=0 -DHAVE_CIPHER_RC4=0
