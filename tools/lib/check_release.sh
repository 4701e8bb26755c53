#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# Shows that build/release runs from where it was built, uninstalled, started
# from another folder and with an almost empty environment.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
release=$root/build/release
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for file in bin/assay bin/assayd libexec/assay-scanner \
    lib/assay/engines/clamav.so lib/assay/engines/csapi.so \
    lib/assay/engines/yara.so \
    lib/assay/engines/icap.so \
    lib/assay/providers/clamav.so lib/assay/languages/lua.so; do
    if [ ! -x "$release/$file" ]; then
        echo "build/release/$file is missing"
        exit 1
    fi
done

cat >"$folder/assay.conf" <<END
clamav {}
antivirus "antivirus1" {
    clamav "clamav1" {
        signatures = "$root/conf/demo-signatures"
    }
}
END
python3 -B "$root/tools/lib/demo_mail.py" "$folder/mail"

assay()
{
    (cd / && env -i PATH=/usr/bin:/bin "$release/bin/assay" "$@")
}

expect()
{
    local want=$1 got=0
    shift
    echo "assay $*"
    assay "$@" || got=$?
    if [ "$got" -ne "$want" ]; then
        echo "exit code $got, want $want"
        exit 1
    fi
}

expect 0 check -c "$folder/assay.conf"
expect 0 scan -c "$folder/assay.conf" "$folder"/mail/clean-*.eml
expect 1 scan -c "$folder/assay.conf" "$folder/mail/infected-zip.eml"
