# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
# shellcheck shell=bash
#
# The one list of Debian packages that Assay needs, and how tools/demo and
# tools/test get the missing ones. Sourced, never run.
#
# What is installed already is left alone, nothing is ever removed to make
# room (another mail server stays), no service is started, and no question is
# asked.

# Read by the scripts that source this file.
# shellcheck disable=SC2034
assay_packages_build=(
    build-essential cmake ninja-build pkg-config exim4-dev
    libclamav-dev libcurl4-gnutls-dev libedit-dev libjansson-dev liblua5.4-dev
    libmilter-dev libseccomp-dev libsqlite3-dev libssl-dev libxml2-dev
    libyara-dev
)
# shellcheck disable=SC2034
assay_packages_demo=(python3)
# shellcheck disable=SC2034
assay_packages_smtp=(postfix)
# shellcheck disable=SC2034
assay_packages_test=(
    abigail-tools c-icap check clamav clamav-daemon clamav-milter
    clamav-testfiles clamdscan faketime iproute2 libc-icap-mod-virus-scan
    libxml2-utils mandoc miltertest openssl postfix python3 rspamd spamassassin
    spamd
)
# What Debian's Exim is linked with; see private_exim.sh.
assay_packages_test+=(
    libdb5.3 libgnutls-dane0 libgnutls30 libidn12 libidn2-0 libldap-2.5-0
    libmariadb3 libnsl2 libnss-wrapper libpcre2-8-0 libperl5.36 libpq5
    libsasl2-2 libspf2-2
)
# shellcheck disable=SC2034
assay_packages_lint=(
    clang clang-format clang-tidy cppcheck git libclang-rt-14-dev lua-check
    mandoc python3 shellcheck
)

# assay_packages_missing PACKAGE…: prints those that are not installed.
assay_packages_missing()
{
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null |
            grep -qx installed || printf '%s\n' "$package"
    done | sort -u
}

# Runs in a subshell of its own, so that its trap is its own: keeps services
# of new packages from starting while apt works.
assay_packages_apt()
(
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    case " $* " in
    *" postfix "*)
        echo 'postfix postfix/main_mailer_type select No configuration' |
            debconf-set-selections
        ;;
    esac
    apt-get -q update &&
        apt-get -q -y --no-install-recommends --no-remove install "$@"
)

# assay_packages_install LOG PACKAGE…: installs what is missing and says so;
# what apt writes goes to LOG. Fails with a sentence when it cannot.
assay_packages_install()
{
    local log=$1 missing
    shift
    mapfile -t missing < <(assay_packages_missing "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        printf 'These Debian packages are missing; install them as root:\n' >&2
        printf '  apt-get install --no-install-recommends %s\n' \
            "${missing[*]}" >&2
        return 1
    fi
    printf 'Installing Debian packages: %s\n' "${missing[*]}"
    if ! assay_packages_apt "${missing[@]}" >"$log" 2>&1; then
        printf 'apt-get could not install them; the end of %s:\n' "$log" >&2
        tail -n 15 "$log" >&2
        return 1
    fi
}
