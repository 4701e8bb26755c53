-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- SIGTERM: the message in flight gets its answer, a new one 421.
-- luacheck: read globals FOLDER LIBRARY SMFIR_REPLYCODE mt

local lib = dofile(LIBRARY)

local SIGTERM = 15

lib.run(function()
    lib.start { antivirus = false, script = "recipients" }
    local idle = lib.session()
    local connection = lib.session()
    lib.begin(connection, "hello\r\n")
    mt.signal(SIGTERM)
    lib.wait_log("assayd.stop reason=Terminated")
    while pcall(mt.connect, "unix:" .. FOLDER .. "/s") do
        mt.sleep(0.05) -- the socket goes away next
    end
    lib.mail(idle) -- has no callout, so that nobody waits for its answer
    lib.rcpt(idle, nil, SMFIR_REPLYCODE)
    lib.eom(connection, SMFIR_REPLYCODE)
    lib.check_reply(connection, "554", "5.6.0", "Seen")
    mt.disconnect(connection)
    mt.disconnect(idle)
end)
