# SPDX-License-Identifier: GPL-2.0-only
# kallmod: `make help` lists the targets.

OUTPUT ?= build
prefix ?= /usr/local
ARCH ?= $(shell uname -m | sed -e 's/aarch64/arm64/')
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
CLANG ?= clang
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
PKG_CONFIG ?= pkg-config

ifeq ($(V),1)
Q :=
msg :=
else
Q := @
msg = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(OUTPUT)/%,%,$@)';
endif

ifneq ($(filter help deps clean,$(MAKECMDGOALS)),)
pkgs_cflags :=
else
PKGS := libbpf libelf json-c ncursesw liblzma libzstd zlib
pkgs_cflags = $(shell $(PKG_CONFIG) --cflags $(PKGS))
pkgs_libs = $(shell $(PKG_CONFIG) --libs $(PKGS))
endif

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARN += -Werror
endif
ifeq ($(SANITIZE),1)
OUTPUT := $(OUTPUT)/sanitize
SAN := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(SAN) -fPIC -fvisibility=hidden -D_GNU_SOURCE \
	-DKALLMOD_DATADIR='"$(prefix)/share/kallmod"' \
	-Iuser/lib -Iuser/cmd -Iuser/out -Iuser/tui -Ibpf -I$(OUTPUT)/bpf $(pkgs_cflags) -MMD -MP

BPF_ARCH := $(patsubst x86_64,x86,$(ARCH))
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v2 -Wall -Werror -D__TARGET_ARCH_$(BPF_ARCH) -Ivmlinux_btf/$(BPF_ARCH) -Ibpf -MMD -MP

lib_src := $(wildcard user/lib/*.c)
cmd_src := $(wildcard user/cmd/*.c user/out/*.c user/tui/*.c)
lib_obj := $(lib_src:%.c=$(OUTPUT)/%.o)
cmd_obj := $(cmd_src:%.c=$(OUTPUT)/%.o)
bpf_src := $(wildcard bpf/*.bpf.c)
skel := $(bpf_src:bpf/%.bpf.c=$(OUTPUT)/bpf/%.skel.h)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all clean help
all: $(OUTPUT)/kallmod $(OUTPUT)/kmodtop

$(OUTPUT)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call msg,BPF)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)llvm-strip -g $@

$(OUTPUT)/bpf/%.skel.h: $(OUTPUT)/bpf/%.bpf.o
	$(call msg,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst .,_,$*)_bpf > $@

$(OUTPUT)/%.o: %.c | $(skel)
	$(call msg,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(OUTPUT)/libkallmod.a: $(lib_obj)
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUTPUT)/kallmod: $(cmd_obj) $(OUTPUT)/libkallmod.a
	$(call msg,LINK)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(pkgs_libs) -lm

$(OUTPUT)/kmodtop: $(OUTPUT)/kallmod
	$(Q)ln -sf kallmod $@

clean:
	rm -rf $(OUTPUT)

-include $(lib_obj:.o=.d) $(cmd_obj:.o=.d) $(wildcard $(OUTPUT)/bpf/*.d)
