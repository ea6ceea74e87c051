# SPDX-License-Identifier: MIT
# A thin front: the build itself is meson's. Every goal does its own set-up.
#
#     make demo                      a real logon with curl, embedded and through lsad
#     make demo-kerberos             single sign-on with curl and a browser, a KDC of its own
#     make check                     every test, sanitizers included
#     make check-lab                 against a domain controller, web servers, a browser
#     make bench, make fuzz
#     make install PREFIX=/opt/lsa [DESTDIR=/tmp/root]
#     make clean

BUILD  ?= build
PREFIX ?= /usr/local
NINJA  ?= ninja

export OPENLSA_BUILD = $(BUILD)

.PHONY: all demo demo-kerberos check check-lab bench fuzz install clean configure

all: configure
	@$(NINJA) -C $(BUILD)

configure:
	@.ci/setup build
	@test -e $(BUILD)/build.ninja || meson setup $(BUILD) >$(BUILD)/setup.log 2>&1 || \
		{ cat $(BUILD)/setup.log >&2; exit 1; }

demo:
	@.ci/setup demo
	@$(MAKE) --no-print-directory configure
	@$(NINJA) -C $(BUILD) --quiet
	@examples/demo.sh $(BUILD)

demo-kerberos:
	@.ci/setup demo-kerberos
	@$(MAKE) --no-print-directory configure
	@$(NINJA) -C $(BUILD) --quiet
	@examples/demo-kerberos.sh $(BUILD)

check:
	@.ci/setup check
	@$(MAKE) --no-print-directory configure
	@$(NINJA) -C $(BUILD)
	@tests/run-all.sh $(BUILD)

check-lab:
	@.ci/setup lab
	@$(MAKE) --no-print-directory configure
	@$(NINJA) -C $(BUILD)
	@tests/run-lab.sh $(BUILD)

bench:
	@.ci/setup bench
	@$(MAKE) --no-print-directory configure
	@$(NINJA) -C $(BUILD) --quiet
	@bench/run.sh $(BUILD)

fuzz:
	@.ci/setup fuzz
	@fuzz/run.sh $(BUILD)

# The paths stand in the binaries, so another prefix is configured anew.
install:
	@.ci/setup build
	@if test -e $(BUILD)-install/build.ninja; then \
		meson configure $(BUILD)-install --prefix=$(abspath $(PREFIX)); \
	else \
		meson setup $(BUILD)-install --prefix=$(abspath $(PREFIX)); \
	fi
	@$(NINJA) -C $(BUILD)-install
	@DESTDIR=$(if $(DESTDIR),$(abspath $(DESTDIR))) meson install -C $(BUILD)-install --no-rebuild

clean:
	rm -rf $(BUILD) $(BUILD)-*
