#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
#
# Installs build/release into a temporary folder, under a prefix that it was
# not configured for, builds an engine outside the tree against it, once with
# pkg-config and once with CMake, and scans with the installed programs, that
# engine (AV-06) and the policy that ships with Assay. Likewise a provider for
# the csapi engine, and a cartridge for the cloudmark stanza, with pkg-config.
# Engines that need no more than the installed tree are built from copies of
# their folders.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(mktemp -d)
icap_server=
trap 'kill $icap_server 2>/dev/null || true; rm -rf "$folder"' EXIT
prefix=$folder/opt/assay
source=$root/tests/data/outside-engine

# DESTDIR keeps /etc of this machine out of it.
DESTDIR=$folder cmake --install "$root/build/release" --prefix /opt/assay

pkg()
{
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" assay
}

check_unit()
{
    local want='ExecStart=/opt/assay/bin/assayd --foreground -c /etc/assay/assay.conf'
    grep -qxF "$want" "$prefix/lib/systemd/system/assayd.service"
}

# The second time it is the administrator's.
check_configuration()
{
    local conf=$folder/etc/assay/assay.conf
    cmp "$root/conf/assay.conf" "$conf"
    echo '# mine' >"$conf"
    DESTDIR=$folder cmake --install "$root/build/release" \
        --prefix /opt/assay >"$folder/second.log"
    grep -qx '# mine' "$conf"
}

# Exim loads it into each of its processes: nothing of ours, nothing of others.
check_exim()
{
    local got
    got=$(objdump -p "$prefix/lib/assay/exim/assay_exim.so" |
        sed -n 's/^ *NEEDED *//p')
    if [ "$got" != libc.so.6 ]; then
        echo "assay_exim.so needs $got, want libc.so.6 alone"
        return 1
    fi
    [ -f "$prefix/share/man/man8/assay-exim.8" ] &&
        [ -f "$prefix/share/doc/assay/exim.conf" ]
}

with_pkg_config()
{
    local flags
    read -r -a flags <<<"$(pkg --cflags --libs)"
    cc -std=c11 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
        "$source/needle.c" "${flags[@]}" -o "$1"
}

with_cmake()
{
    cmake -G Ninja -S "$source" -B "$folder/build" -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build "$folder/build"
    cp "$folder/build/needle.so" "$1"
}

# An engine of this tree, from a copy of its folder: takes the place of the one
# that was installed.
# @param $1  its folder, named like the engine
engine_alone()
{
    local name=${1##*/}
    mkdir -p "$folder/alone"
    cp -r "$1" "$folder/alone/$name"
    cmake -G Ninja -S "$folder/alone/$name" -B "$folder/alone/build-$name" \
        -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS='-Wall -Wextra -Werror'
    cmake --build "$folder/alone/build-$name"
    rm -f "$engines/$name.so"
    cp "$folder/alone/build-$name/$name.so" "$engines/$name.so"
}

# @param $1  configuration; the mail with the needle is infected in it
scan_with_it()
{
    local got=0
    "$prefix/bin/assay" scan -c "$1" "$folder/hay.eml"
    "$prefix/bin/assay" scan -c "$1" "$folder/needle.eml" || got=$?
    if [ "$got" -ne 1 ]; then
        echo "the mail with the needle gave exit code $got, want 1"
        return 1
    fi
    "$prefix/bin/assay" scan --policy -c "$1" "$folder/hay.eml"
}

# What a new engine looks for, in base64 as in most mails.
guide_finds_what_is_attached()
{
    local got=0
    printf '%s\n' 'Subject: hay' 'MIME-Version: 1.0' \
        'Content-Type: application/octet-stream' \
        'Content-Transfer-Encoding: base64' '' \
        "$(printf 'an acme-test-needle' | base64)" >"$folder/attached.eml"
    "$prefix/bin/assay" scan -c "$folder/guide/acme/acme.conf" \
        "$folder/attached.eml" || got=$?
    if [ "$got" -ne 1 ]; then
        echo "what is attached to a mail gave exit code $got, want 1"
        return 1
    fi
}

# The commands of docs/ENGINE_GUIDE.md, as they stand there, from the installed
# tree alone.
guide()
{
    local steps=$folder/guide.sh
    echo 'set -eux' >"$steps"
    # shellcheck disable=SC2016 # those are of Markdown
    sed -n '/^## From nothing/,/^## The table/{/^```sh/,/^```/{/^```/d;p}}' \
        "$prefix/share/doc/assay/ENGINE_GUIDE.md" >>"$steps"
    grep -q 'assay engine test' "$steps"
    mkdir "$folder/guide"
    (cd "$folder/guide" && PATH=$prefix/bin:$PATH \
        PKG_CONFIG_PATH=$prefix/lib/pkgconfig bash "$steps")
    guide_finds_what_is_attached
    rm "$engines/acme.so"
}

# The other way to build what the guide made.
guide_with_cmake()
{
    local source=$folder/guide/acme
    cmake -G Ninja -S "$source" -B "$folder/guide/build" \
        -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build "$folder/guide/build"
    "$prefix/bin/assay" engine test "$folder/guide/build/acme.so" \
        --infected "$source/threat.eml" --clean "$source/clean.eml"
    cmake --install "$folder/guide/build" --prefix "$folder/elsewhere"
    test -f "$engines/acme.so"
}

# An ICAP server that finds the needle, for a configuration that asks it.
# @param $1  the configuration
icap_configuration()
{
    mkfifo "$folder/icap.url"
    python3 -B "$root/tests/conformance/fake_icap.py" 127.0.0.1:0 \
        'threats=["sharp thing"]' >"$folder/icap.url" &
    icap_server=$!
    cat >"$1" <<END
icap {}
antivirus "antivirus1" {
    icap "icap1" {
        servers = "$(head -n 1 "$folder/icap.url")"
    }
}
scriptlet "scriptlet" {
    script "antivirus" {
        source = "policies.antivirus"
    }
}
END
}

provider()
{
    local flags
    read -r -a flags <<<"$(pkg --cflags --libs)"
    cc -std=c11 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
        "$root/tests/data/outside-provider/straw.c" "${flags[@]}" -o "$1"
}

# A cartridge needs the header and nothing else of Assay; the program that
# weighs with it needs the library.
cartridge()
{
    local flags outside=$root/tests/data/outside-cartridge
    read -r -a flags <<<"$(pkg --cflags)"
    cc -std=c11 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden \
        "${flags[@]}" "$outside/twig.c" -o "$1"
    read -r -a flags <<<"$(pkg --cflags --libs)"
    cc -std=c11 -Wall -Wextra -Werror "$outside/weigh.c" "${flags[@]}" \
        -ldl -o "$2" -Wl,-rpath,"$prefix/lib"
}

# Its configuration is its own: what that file says comes out again (CM-06).
# @param $1  program, $2  cartridge, $3  mail, $4  what is printed
weigh_it()
{
    local got
    got=$("$1" "$(pkg --variable=scorerdir)/cartridge.so" "$3" \
        "cartridge=$2" "cartridge_config=$folder/straw/straw")
    if [ "$got" != "$4" ]; then
        echo "the cartridge says '$got' of $3, want '$4'"
        return 1
    fi
}

cat >"$folder/assay.conf" <<'END'
needle {}
antivirus "antivirus1" {
    needle "needle1" {
        needle = "sharp thing"
    }
}
scriptlet "scriptlet" {
    script "antivirus" {
        source = "policies.antivirus"
    }
}
END
cat >"$folder/csapi.conf" <<END
csapi {}
antivirus "antivirus1" {
    csapi "csapi1" {
        max_concurrency = 1
        scanner_log = "$folder/scanner.log"
        provider = "$folder/straw.so"
        definitions = "$folder/straw"
    }
}
scriptlet "scriptlet" {
    script "antivirus" {
        source = "policies.antivirus"
    }
}
END
cat >"$folder/yara.conf" <<END
yara {}
antivirus "antivirus1" {
    yara "yara1" {
        rules = "$folder/rules"
    }
}
scriptlet "scriptlet" {
    script "antivirus" {
        source = "policies.antivirus"
    }
}
END
mkdir "$folder/rules"
cat >"$folder/rules/sharp.yar" <<'END'
rule sharp { strings: $a = "sharp thing" condition: $a }
END
mkdir "$folder/straw"
echo 'sharp thing' >"$folder/straw/straw"
printf 'Subject: hay\r\n\r\nonly hay\r\n' >"$folder/hay.eml"
printf 'Subject: hay\r\n\r\na sharp thing\r\n' >"$folder/needle.eml"

echo '== unit and configuration'
check_unit
check_configuration
echo "== the module for Exim"
check_exim
engines=$(pkg --variable=enginedir)
for how in with_pkg_config with_cmake; do
    echo "== $how"
    rm -f "$engines/needle.so"
    "$how" "$engines/needle.so"
    scan_with_it "$folder/assay.conf"
done
echo '== the yara engine, as installed and from its folder alone'
scan_with_it "$folder/yara.conf"
engine_alone "$root/engines/yara"
scan_with_it "$folder/yara.conf"
echo '== a new engine'
guide
guide_with_cmake
echo '== provider'
provider "$folder/straw.so"
scan_with_it "$folder/csapi.conf"
test -f "$(pkg --variable=providerdir)/clamav.so"
echo '== the icap engine, as installed and from its folder alone'
icap_configuration "$folder/icap.conf"
scan_with_it "$folder/icap.conf"
engine_alone "$root/engines/icap"
scan_with_it "$folder/icap.conf"
echo '== cartridge'
cartridge "$folder/twig.so" "$folder/weigh"
weigh_it "$folder/weigh" "$folder/twig.so" "$folder/needle.eml" \
    '95 twig 1.0 sharp thing'
weigh_it "$folder/weigh" "$folder/twig.so" "$folder/hay.eml" \
    '5 none 1.0 sharp thing'
echo '== another installation leaves cartridges alone' # CM-05
cp "$folder/twig.so" "$prefix/lib/assay/scorers/mine.so"
DESTDIR=$folder cmake --install "$root/build/release" \
    --prefix /opt/assay >"$folder/third.log"
cmp "$folder/twig.so" "$prefix/lib/assay/scorers/mine.so"
# CM-07: the four backends come with Assay, not in a package of their own.
for scorer in authority cartridge rspamd spamd; do
    test -f "$(pkg --variable=scorerdir)/$scorer.so"
done
