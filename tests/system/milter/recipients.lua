-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- One recipient is refused, the message goes on for the others.
-- luacheck: read globals LIBRARY SMFIR_CONTINUE SMFIR_REPLYCODE mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { antivirus = false, script = "recipients" }
    local connection = lib.session()
    lib.mail(connection)
    lib.rcpt(connection, "<nobody@example.org>", SMFIR_REPLYCODE)
    lib.rcpt(connection, "<somebody@example.org>", SMFIR_CONTINUE)
    lib.header(connection, "Subject", "test")
    lib.eoh(connection)
    lib.body(connection, "hello\r\n")
    lib.eom(connection, SMFIR_REPLYCODE)
    lib.check_reply(connection, "554", "5.6.0", "Seen")
    lib.wait_log("recipients=1")
    mt.disconnect(connection)
end)
