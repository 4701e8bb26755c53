# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Assay authors
# shellcheck shell=bash
#
# A Postfix of one's own: the installed programs with a configuration, queue
# and log in one folder, on free ports of the loopback address. It relays all
# mail to smtp-sink, which writes one file per mail to FOLDER/sink. The
# Postfix of the system, if there is one, is not touched.
#
#   private_postfix_missing           prints why it cannot run here; fails
#                                     when it can
#   private_postfix_start FOLDER MILTER [NAME=VALUE…]
#                                     MILTER as in smtpd_milters; further
#                                     arguments are lines of main.cf;
#                                     FOLDER/services, if there, is added to
#                                     master.cf
#   private_postfix_port FOLDER       prints the port of smtpd
#   private_postfix_stop FOLDER       also after a start that failed
#
# Every folder above FOLDER and above the socket of the milter must let the
# user postfix pass.

private_postfix_missing()
{
    local program

    if [ "$(id -u)" -ne 0 ]; then
        echo 'Postfix starts as root only'
        return 0
    fi
    for program in postfix smtp-sink python3; do
        if ! command -v "$program" >/dev/null; then
            echo "the program $program is not installed"
            return 0
        fi
    done
    if ! getent passwd postfix >/dev/null || ! getent group postdrop >/dev/null
    then
        echo 'the user postfix or the group postdrop does not exist'
        return 0
    fi
    return 1
}

# Prints as many different free ports as $1 says.
private_postfix__free_ports()
{
    python3 - "$1" <<'END'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))
END
}

private_postfix__main_cf()
{
    local folder=$1 milter=$2 sink_port=$3

    cat <<END
compatibility_level = 3.6
queue_directory = $folder/spool
data_directory = $folder/data
maillog_file = $folder/maillog
maillog_file_prefixes = $folder
myhostname = mx.example.test
myorigin = \$myhostname
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
relayhost = [127.0.0.1]:$sink_port
disable_dns_lookups = yes
smtpd_peername_lookup = no
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
message_size_limit = 300000000
mailbox_size_limit = 0
local_header_rewrite_clients =
smtpd_milters = $milter
milter_default_action = tempfail
milter_connect_timeout = 10s
milter_protocol = 6
END
}

private_postfix__master_cf()
{
    cat <<END
127.0.0.1:$1 inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
END
}

private_postfix_start()
{
    local folder=$1 milter=$2
    local ports smtpd_port sink_port

    shift 2
    ports=$(private_postfix__free_ports 2) || return 1
    smtpd_port=${ports% *}
    sink_port=${ports#* }
    mkdir -p "$folder/etc" "$folder/spool" "$folder/data" "$folder/sink" ||
        return 1
    chmod 755 "$folder" "$folder/etc" "$folder/spool"
    chown postfix "$folder/data"
    chown nobody "$folder/sink"
    private_postfix__main_cf "$folder" "$milter" "$sink_port" \
        >"$folder/etc/main.cf"
    [ $# -eq 0 ] || printf '%s\n' "$@" >>"$folder/etc/main.cf"
    private_postfix__master_cf "$smtpd_port" >"$folder/etc/master.cf"
    if [ -f "$folder/services" ]; then
        cat "$folder/services" >>"$folder/etc/master.cf"
    fi
    smtp-sink -u nobody -d "$folder/sink/%H%M%S." "127.0.0.1:$sink_port" 100 \
        </dev/null >"$folder/sink.log" 2>&1 &
    echo $! >"$folder/sink.pid"
    echo "$smtpd_port" >"$folder/smtpd.port"
    postfix -c "$folder/etc" start </dev/null >"$folder/start.log" 2>&1 || {
        cat "$folder/start.log" "$folder/maillog" 2>/dev/null
        return 1
    }
}

private_postfix_port()
{
    cat "$1/smtpd.port"
}

private_postfix_stop()
{
    local folder=$1

    if [ -f "$folder/etc/main.cf" ]; then
        postfix -c "$folder/etc" stop </dev/null >"$folder/stop.log" 2>&1 ||
            true
    fi
    if [ -f "$folder/sink.pid" ]; then
        kill "$(cat "$folder/sink.pid")" 2>/dev/null || true
        rm -f "$folder/sink.pid"
    fi
}
