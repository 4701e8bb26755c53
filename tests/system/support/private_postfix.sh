#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# tools/lib/private_postfix.sh as a program, for tests that are no shell
# scripts.
#
# usage: private_postfix.sh missing | start FOLDER MILTER [NAME=VALUE…]
#                           | port FOLDER | stop FOLDER
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/lib/private_postfix.sh
. "$here/../../../tools/lib/private_postfix.sh"

case ${1-} in
missing | start | port | stop)
    verb=$1
    shift
    "private_postfix_$verb" "$@"
    ;;
*)
    sed -n 's/^# usage: //p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
