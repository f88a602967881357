# Trefoil. `make help` lists the targets.
VARIANT ?= release
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
B       := build/$(VARIANT)
GEN     := build/gen
PKGS    := libsodium libcrypto libxml-2.0 libzip xlsxwriter jansson yaml-0.1 libcmark-gfm harfbuzz harfbuzz-subset icu-uc icu-i18n zlib libmicrohttpd libqrencode
MC      := third_party/node_modules/better-sqlite3-multiple-ciphers/deps/sqlite3

# V=1 shows the commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1) $@")

include tools/flags.mk

ROOMS   := ask draw field harmonise keep listen measure protect relate tell
SRC     := $(sort $(wildcard base/*.c) $(wildcard src/*/*.c) $(wildcard serve/*.c) $(wildcard demo/*.c) $(wildcard cmd/*.c))
LIBSRC  := $(filter-out cmd/trefoil.c,$(SRC))
OBJ     := $(SRC:%.c=$(B)/%.o)
LIBOBJ  := $(LIBSRC:%.c=$(B)/%.o)
SQL     := $(sort $(wildcard src/*/*.sql))
SQLGEN  := $(foreach f,$(SQL),$(GEN)/$(basename $(notdir $(f)))_sql.h)
TESTSRC := $(sort $(wildcard tests/base/*.c) $(foreach r,$(ROOMS),$(wildcard tests/$(r)/*.c)) $(wildcard tests/cmd/*.c))
TESTBIN := $(TESTSRC:%.c=$(B)/%)
DEMOTXT := $(sort $(shell find demo/study src/ask/template -type f 2>/dev/null))
# A file taken away must be noticed too: the list of names is a file that changes only when it does.
$(shell mkdir -p $(GEN); printf '%s\n' $(DEMOTXT) > $(GEN)/embedded.new; cmp -s $(GEN)/embedded.new $(GEN)/embedded.list || cp $(GEN)/embedded.new $(GEN)/embedded.list)

.PHONY: help setup build test demo bench lint fuzz cover install clean
help:            ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
setup:           ## install what is missing (Debian packages, pinned npm packages)
	@tools/setup.sh build
build: setup     ## build the program: build/release/trefoil
	@$(MAKE) --no-print-directory -j$$(nproc) $(B)/trefoil
demo: build      ## a synthetic study of three countries, through every room, to its reports
	@tools/demo.sh $(B)/trefoil
test:            ## set up, build and run all tests
	@tools/setup.sh build test
	@$(MAKE) --no-print-directory -j$$(nproc) $(B)/trefoil $(TESTBIN)
	@tests/run.sh $(B)
lint:            ## arrows, house rules, both compilers' warnings, cppcheck
	@tools/setup.sh build test lint
	@tools/lint.sh
fuzz:            ## build the fuzz targets and run each for a short while
	@tools/setup.sh build test lint
	@tests/fuzz/run.sh
cover:           ## line coverage of the tests, by folder
	@find build/cov -name "*.gcda" -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory VARIANT=cov test
	@tools/cover.sh build/cov
bench: build     ## measure what a user does, beside its peers
	@tools/setup.sh build bench
	@bench/run.sh $(B)/trefoil
install: build   ## install to $(DESTDIR)$(PREFIX) (default /usr/local)
	install -D -m 755 $(B)/trefoil $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/trefoil
clean:           ## remove what was built
	rm -rf build demo-study

.SECONDARY:
$(B)/trefoil: $(OBJ) $(B)/sqlite3mc.o
	$(call say,LD  )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/libtrefoil.a: $(LIBOBJ) $(B)/sqlite3mc.o
	@rm -f $@
	$(call say,AR  )
	$(Q)ar rcsD $@ $^
$(B)/tests/%: $(B)/tests/%.o $(B)/libtrefoil.a
	$(call say,LD  )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(B)/bench/%: $(B)/bench/%.o $(B)/libtrefoil.a
	$(call say,LD  )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c | $(SQLGEN) $(GEN)/commands.h $(GEN)/verbs.h $(GEN)/demo_study.h $(GEN)/ask_template.h $(GEN)/report_css.h $(GEN)/fieldwork_css.h
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/sqlite3mc.o: $(MC)/sqlite3.c tools/flags.mk
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(SQLITE_CFLAGS) -I$(MC) -c -o $@ $<

$(GEN)/embed: tools/embed.c
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)gcc -O1 -o $@ $<
define sql_rule
$(GEN)/$(basename $(notdir $(1)))_sql.h: $(1) $(GEN)/embed
	$(call say,GEN )
	$(Q)$(GEN)/embed sql tf_$(basename $(notdir $(1)))_sql $(1) > $$@.new && mv $$@.new $$@
endef
$(foreach f,$(SQL),$(eval $(call sql_rule,$(f))))
$(GEN)/verbs.h: tools/commands.awk $(sort $(wildcard cmd/*.c))
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)awk -v part=verbs -f tools/commands.awk $(sort $(wildcard cmd/*.c)) > $@.new && if cmp -s $@.new $@; then rm $@.new; touch $@; else mv $@.new $@; fi
$(GEN)/commands.h: tools/commands.awk $(sort $(wildcard cmd/*.c))
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)awk -f tools/commands.awk $(sort $(wildcard cmd/*.c)) > $@.new && mv $@.new $@
$(GEN)/demo_study.h: $(DEMOTXT) $(GEN)/embed $(GEN)/embedded.list
	$(call say,GEN )
	$(Q)$(GEN)/embed tree tf_demo_study demo/study $(filter demo/study/%,$(DEMOTXT)) > $@.new && mv $@.new $@
$(GEN)/ask_template.h: $(DEMOTXT) $(GEN)/embed $(GEN)/embedded.list
	$(call say,GEN )
	$(Q)$(GEN)/embed tree tf_ask_template src/ask/template $(filter src/ask/template/%,$(DEMOTXT)) > $@.new && mv $@.new $@

$(GEN)/fieldwork_css.h: web/fieldwork.css $(GEN)/embed
	$(call say,GEN )
	$(Q)$(GEN)/embed text tf_fieldwork_css web/fieldwork.css > $@.new && mv $@.new $@
$(GEN)/report_css.h: web/report.css $(GEN)/embed
	$(call say,GEN )
	$(Q)$(GEN)/embed text tf_report_css web/report.css > $@.new && mv $@.new $@

# The form page: built by Vite when its sources or the lock changed, in a folder of its own that takes the
# old one's place as a whole; its compressed files go into the program as they are.
$(B)/serve/form_page.o: $(GEN)/web_form.h
build/web/list.txt: $(sort $(wildcard web/form/*)) third_party/package-lock.json
	$(call say,VITE)
	$(Q)mkdir -p build && flock build/web.lock sh -c 'rm -rf build/web.new && node web/form/build.mjs build/web.new && rm -rf build/web.old && if [ -d build/web ]; then mv build/web build/web.old; fi && mv build/web.new build/web && rm -rf build/web.old'
$(GEN)/web_form.h: build/web/list.txt tools/incbin.awk
	@mkdir -p $(@D)
	$(call say,GEN )
	$(Q)awk -v folder=build/web -v symbol=tf_web_form -f tools/incbin.awk $< > $@.new && mv $@.new $@

-include $(OBJ:.o=.d) $(TESTBIN:=.d) $(wildcard $(B)/bench/*.d)
