#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# Runs one miltertest script against assayd in a temporary folder, and checks
# afterwards that assayd ended well.
#
# usage: run.sh SCRIPT.lua
set -eu
: "${ASSAY_BUILD:?}" "${ASSAY_SOURCE:?}"

script=$1
here=$ASSAY_SOURCE/tests/system/milter
if ! command -v miltertest >/dev/null; then
    echo 'skipped: the program miltertest is not installed'
    exit 77
fi
folder=$(mktemp -d /tmp/assay-milter.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cp "$here"/policy/*.lua "$folder"

status=0
miltertest -D "FOLDER=$folder" -D "LIBRARY=$here/lib.lua" \
    -D "ASSAYD=$ASSAY_BUILD/bin/assayd" -s "$here/$script" \
    2>"$folder/log" || status=$?
if [ "$status" -ne 0 ] || grep -E 'Sanitizer|runtime error' "$folder/log"; then
    echo "--- log of assayd"
    cat "$folder/log"
    exit 1
fi
