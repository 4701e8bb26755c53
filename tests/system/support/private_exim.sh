#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# tools/lib/private_exim.sh as a program, for tests that are no shell scripts.
#
# usage: private_exim.sh missing | get CACHE FOLDER | users FOLDER USER
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/lib/private_exim.sh
. "$here/../../../tools/lib/private_exim.sh"

case ${1-} in
missing | get | users)
    verb=$1
    shift
    "private_exim_$verb" "$@"
    ;;
*)
    sed -n 's/^# usage: //p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
