# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
# shellcheck shell=bash
#
# Debian's Exim beside another mail server: exim4-daemon-heavy conflicts with
# Postfix, so it is downloaded and unpacked into a folder and not installed.
# Its user is known to that Exim alone, by nss_wrapper. Sourced, never run.
#
#   private_exim_missing              prints why it cannot run here; fails when
#                                     it can
#   private_exim_get CACHE FOLDER     copies the program to FOLDER/exim4; CACHE
#                                     keeps what was downloaded
#   private_exim_users FOLDER USER    writes FOLDER/passwd and FOLDER/group, in
#                                     which USER has a number that is free here

private_exim_missing()
{
    local program

    if [ "$(id -u)" -ne 0 ]; then
        echo 'Exim starts as root only'
        return 0
    fi
    for program in apt-get dpkg-deb flock python3; do
        if ! command -v "$program" >/dev/null; then
            echo "the program $program is not installed"
            return 0
        fi
    done
    return 1
}

# Runs in a subshell, in the folder that is to have the package.
private_exim__download()
(
    cd "$1" || exit 1
    # The sandbox of apt cannot write to a folder of root's.
    set -- -q -o APT::Sandbox::User=root
    apt-get "$@" download exim4-daemon-heavy ||
        { apt-get "$@" update && apt-get "$@" download exim4-daemon-heavy; }
)

private_exim_get()
{
    local cache=$1 folder=$2 package

    mkdir -p "$cache" || return 1
    (
        flock 9 || exit 1
        [ ! -x "$cache/unpacked/usr/sbin/exim4" ] || exit 0
        rm -rf "$cache/unpacked" "$cache"/*.deb
        private_exim__download "$cache" || exit 1
        for package in "$cache"/exim4-daemon-heavy_*.deb; do
            dpkg-deb -x "$package" "$cache/new" || exit 1
        done
        mv "$cache/new" "$cache/unpacked"
    ) 9>"$cache/lock" >"$cache/log" 2>&1 || {
        tail -n 5 "$cache/log"
        return 1
    }
    # Not setuid: root starts it, and nobody else may.
    install -m 755 "$cache/unpacked/usr/sbin/exim4" "$folder/exim4"
}

private_exim_users()
{
    local folder=$1 user=$2 number=990

    while getent passwd "$number" >/dev/null ||
        getent group "$number" >/dev/null; do
        number=$((number - 1))
    done
    printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' \
        "$user:x:$number:$number::/nonexistent:/usr/sbin/nologin" \
        >"$folder/passwd"
    printf '%s\n' 'root:x:0:' 'mail:x:8:' "$user:x:$number:" >"$folder/group"
    echo "$number"
}
