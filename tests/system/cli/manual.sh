#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# The manual page of the command line has no fault mandoc knows of, and names
# each option the command knows.
set -eu

page=$ASSAY_SOURCE/docs/man/assay.1
command -v mandoc >/dev/null || {
    echo "mandoc is not installed"
    exit 77
}
mandoc -T lint -W warning "$page"

missing=0
for option in $(for command in activefilter check console engine scan; do
    "$ASSAY_BUILD/bin/assay" help "$command"
done | sed -nE 's/^ *(-., )?--([a-z]+).*/\2/p'); do
    grep -q "Fl -$option" "$page" || {
        echo "assay.1 does not name --$option"
        missing=1
    }
done
exit $missing
