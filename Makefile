# SPDX-License-Identifier: GPL-2.0-only
# kallmod: `make help` lists the targets and the variables.

OUTPUT ?= build
ARCH ?= $(shell uname -m | sed -e 's/aarch64/arm64/')
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
CLANG ?= clang
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
INSTALL ?= install
FUZZ_TIME ?= 600

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
completiondir ?= $(datadir)/bash-completion/completions
pkgdatadir = $(datadir)/kallmod

# Everything is made in B. An instrumented build has one of its own.
B := $(OUTPUT)$(if $(filter 1,$(SANITIZE)),/sanitize)

ifeq ($(V),1)
Q :=
msg :=
else
Q := @
msg = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(B)/%,%,$@)';
endif

# Asked for once, and only when something is compiled: `make demo` installs them first.
lazy = $(eval $(1) := $$(shell $(2)))$($(1))
BPFTOOL ?= $(call lazy,BPFTOOL,PATH="$$$$PATH:/usr/sbin:/sbin" command -v bpftool || echo bpftool)
PKGS := libbpf libdw libelf json-c ncursesw liblz4 liblzma libzstd zlib
pkgs_cflags = $(call lazy,pkgs_cflags,$(PKG_CONFIG) --cflags $(PKGS))
pkgs_libs = $(call lazy,pkgs_libs,$(PKG_CONFIG) --libs $(PKGS))

VERSION := $(shell sed -n 's/^.define KALLMOD_VERSION "\(.*\)"/\1/p' user/lib/kallmod.h)
SOVERSION := 0

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-missing-field-initializers $(if $(filter 1,$(WERROR)),-Werror)
sanitizers := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
SAN := $(if $(filter 1,$(SANITIZE)),$(sanitizers))
ALL_CPPFLAGS = -D_GNU_SOURCE -DKALLMOD_DATADIR='"$(pkgdatadir)"' \
	-Iuser/lib -Iuser/cmd -Iuser/out -Iuser/tui -Ibpf -I$(B)/bpf -I$(B)/tests/vm $(pkgs_cflags) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 -fPIC -fno-semantic-interposition $(WARN) $(SAN) $(ALL_CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(CFLAGS) $(SAN) $(LDFLAGS)
LIBS = $(pkgs_libs) -lm

BPF_ARCH := $(patsubst x86_64,x86,$(ARCH))
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v2 -Wall -Werror -D__TARGET_ARCH_$(BPF_ARCH) \
	-Ivmlinux_btf/$(BPF_ARCH) -Ibpf

lib_obj := $(patsubst %.c,$(B)/%.o,$(wildcard user/lib/*.c))
cmd_obj := $(patsubst %.c,$(B)/%.o,$(wildcard user/cmd/*.c user/out/*.c user/tui/*.c))
program_obj := $(filter-out $(B)/user/cmd/main.o,$(cmd_obj))
skel := $(patsubst %.bpf.c,$(B)/%.skel.h,$(wildcard bpf/*.bpf.c tests/vm/*.bpf.c))
units := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
helpers := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard tests/root/*.c tests/vm/*.c tests/tui/*.c)))
fuzzers := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_obj := $(patsubst $(B)/%,$(B)/fuzz/%,$(lib_obj) $(program_obj)) \
	$(patsubst %.c,$(B)/fuzz/%.o,$(wildcard tests/fuzz/fuzz_*.c))
pages := $(patsubst docs/man/%.scd,$(B)/man/%,$(wildcard docs/man/*.scd))
completion := $(wildcard user/completion/kallmod.bash)
signatures := $(wildcard signatures/*.sig signatures/*.thick.xz)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all lib man deps demo test test-programs fuzzers check check-unit check-cli check-tui \
	check-root check-vm check-build bench fuzz lint install uninstall clean help FORCE

all: $(B)/kallmod $(B)/kmodtop ## build/kallmod and build/kmodtop

# ---- programs and library ------------------------------------------------------------------

# Holds the flags, so that what was built with others is built again.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(BPF_CFLAGS))' | \
		cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(BPF_CFLAGS))' >$@

# gen object leaves the DWARF out and keeps the BTF.
$(B)/%.bpf.o: %.bpf.c $(B)/flags
	$(call msg,BPF)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $(@:.o=.full.o)
	$(Q)$(BPFTOOL) gen object $@ $(@:.o=.full.o)

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf >$@

$(B)/%.o: %.c $(B)/flags | $(skel)
	$(call msg,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libkallmod.a: $(lib_obj)
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# All of the programs but main(): for the unit tests.
$(B)/libprograms.a: $(program_obj)
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/libkallmod.so.$(VERSION): $(lib_obj) user/lib/libkallmod.map
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,libkallmod.so.$(SOVERSION) \
		-Wl,--version-script=user/lib/libkallmod.map -o $@ $(lib_obj) $(LIBS)

$(B)/kallmod.pc: user/lib/kallmod.pc.in $(B)/flags
	$(call msg,GEN)
	$(Q)sed -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
		-e 's|@version@|$(VERSION)|; s|@requires@|$(PKGS)|' $< >$@

$(B)/kallmod: $(cmd_obj) $(B)/libkallmod.a
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/kmodtop: $(B)/kallmod
	$(Q)ln -sf kallmod $@

lib: $(B)/libkallmod.a $(B)/libkallmod.so.$(VERSION) $(B)/kallmod.pc ## static and shared library

$(B)/man/%: docs/man/%.scd
	$(call msg,MAN)
	@mkdir -p $(@D)
	$(Q)scdoc <$< >$@

man: $(pages) ## man pages

# ---- the two commands of the README --------------------------------------------------------

deps: ## install the packages that building and testing need (apt)
	$(Q)scripts/install-deps build test

parallel = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

demo: ## install what is missing, build, and show this machine's kernel modules at work
	$(Q)scripts/install-deps build demo
	$(Q)$(MAKE) --no-print-directory $(parallel) all
	$(Q)scripts/demo $(B)

test: ## install what is missing, build, and run every test
	$(Q)scripts/install-deps build demo test
	$(Q)$(MAKE) --no-print-directory $(parallel) all lib man test-programs
	$(Q)tests/run -b $(B)

# ---- tests ---------------------------------------------------------------------------------

$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $(B)/libprograms.a $(B)/libkallmod.a
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(helpers): $(B)/%: $(B)/%.o $(B)/libprograms.a $(B)/libkallmod.a
	$(call msg,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

test-programs: $(units) $(helpers)

check: all lib man test-programs ## every test, with what is installed
	$(Q)tests/run -b $(B)
check-unit: $(units) ## unit tests (check-cli, -tui, -root, -vm, -build: the other parts)
	$(Q)tests/run -b $(B) unit
check-cli check-tui check-root check-vm check-build: check-%: all test-programs
	$(Q)tests/run -b $(B) $*

bench: all ## what lookup, sample, start and kmodtop cost here, and how right inference is (as root, minutes)
	$(Q)$(B)/kallmod bench --sampler
	$(Q)$(B)/kallmod bench --random-ranges 8192
	$(Q)tests/bench/start.sh $(B)
	$(Q)tests/bench/cost.sh $(B)
	$(Q)tests/bench/accuracy.sh $(B)
	$(Q)tests/bench/vendor.sh $(B)

fuzz_flags := $(sanitizers) -O1 -g
$(B)/fuzz/%.o: %.c $(B)/flags | $(skel)
	$(call msg,FUZZCC)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -std=gnu11 $(fuzz_flags) -fsanitize=fuzzer-no-link $(ALL_CPPFLAGS) \
		-MMD -MP -c $< -o $@

$(B)/fuzz/libkallmod.a: $(filter $(B)/fuzz/user/%,$(fuzz_obj))
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libkallmod.a
	$(call msg,LINK)
	$(Q)$(CLANG) $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(LIBS)

fuzzers: $(fuzzers)

fuzz: fuzzers ## every parser, FUZZ_TIME=600 seconds each
	$(Q)FUZZ_TIME=$(FUZZ_TIME) tests/run -b $(B) fuzz

lint: ## warnings are errors; cppcheck, shellcheck, sizes of files and functions
	$(Q)$(MAKE) --no-print-directory OUTPUT=$(OUTPUT)/werror WERROR=1 all lib
	$(Q)tests/lint $(B)

# ---- installation --------------------------------------------------------------------------

dest = $(DESTDIR)$(1)
install: all lib $(if $(shell command -v scdoc),man) ## under prefix=/usr/local; DESTDIR
	$(Q)$(INSTALL) -D -m 755 $(B)/kallmod $(call dest,$(bindir))/kallmod
	$(Q)ln -sf kallmod $(call dest,$(bindir))/kmodtop
	$(Q)$(INSTALL) -D -m 644 -t $(call dest,$(libdir)) $(B)/libkallmod.a
	$(Q)$(INSTALL) -D -m 755 -t $(call dest,$(libdir)) $(B)/libkallmod.so.$(VERSION)
	$(Q)ln -sf libkallmod.so.$(VERSION) $(call dest,$(libdir))/libkallmod.so.$(SOVERSION)
	$(Q)ln -sf libkallmod.so.$(SOVERSION) $(call dest,$(libdir))/libkallmod.so
	$(Q)$(INSTALL) -D -m 644 -t $(call dest,$(libdir))/pkgconfig $(B)/kallmod.pc
	$(Q)$(INSTALL) -D -m 644 -t $(call dest,$(includedir)) user/lib/kallmod.h
	$(Q)$(INSTALL) -D -m 644 -t $(call dest,$(includedir))/kallmod $(headers)
	$(Q)$(if $(signatures),$(INSTALL) -D -m 644 -t $(call dest,$(pkgdatadir))/signatures $(signatures))
	$(Q)for page in $(notdir $(wildcard $(pages))); do \
		$(INSTALL) -D -m 644 -t $(call dest,$(mandir))/man$${page##*.} $(B)/man/$$page || exit 1; \
	done
	$(Q)$(if $(completion),$(INSTALL) -D -m 644 $(completion) $(call dest,$(completiondir))/kallmod \
		&& ln -sf kallmod $(call dest,$(completiondir))/kmodtop)

# The BPF side: kallmod.bpf.h and what it includes.
headers := $(filter-out $(addprefix bpf/,event.h bench.h probe.h probe_calls.bpf.h),$(wildcard bpf/*.h))

uninstall: ## takes away what install made
	rm -f $(addprefix $(call dest,$(bindir))/,kallmod kmodtop)
	rm -f $(call dest,$(libdir))/libkallmod.* $(call dest,$(libdir))/pkgconfig/kallmod.pc
	rm -f $(call dest,$(includedir))/kallmod.h
	rm -rf $(call dest,$(includedir))/kallmod $(call dest,$(pkgdatadir))
	for page in $(notdir $(pages)); do rm -f $(call dest,$(mandir))/man$${page##*.}/$$page; done
	rm -f $(addprefix $(call dest,$(completiondir))/,kallmod kmodtop)

clean: ## removes what was built
	rm -rf $(OUTPUT)

help: ## this list
	@echo 'Targets:'
	@sed -n "s/^\([a-z-]*\):.*\#\# \(.*\)/  \1\t\2/p" Makefile | expand -t 16
	@echo
	@echo 'Variables: V=1 SANITIZE=1 WERROR=1 OUTPUT=build prefix=/usr/local DESTDIR='
	@echo '           CC CLANG BPFTOOL CROSS_COMPILE ARCH CFLAGS LDFLAGS FUZZ_TIME=600'
	@echo '(SANITIZE=1: address and undefined-behaviour sanitizers, in OUTPUT/sanitize)'

-include $(lib_obj:.o=.d) $(cmd_obj:.o=.d) $(skel:.skel.h=.bpf.d) $(fuzz_obj:.o=.d)
-include $(units:=.d) $(helpers:=.d)
