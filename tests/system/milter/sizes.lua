-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- A big body, a body in many small pieces, and a message over the limit.
-- luacheck: read globals LIBRARY SMFIR_CONTINUE SMFIR_REPLYCODE mt

local lib = dofile(LIBRARY)

local chunk = ("0123456789abcdef"):rep(3900) .. "\r\n"
local chunks = 200 -- about 12 MB

lib.run(function()
    lib.start { antivirus = false, more = "Max_Message_Size = 16000000" }
    local connection = lib.session()
    lib.begin(connection, "first\r\n")
    for _ = 1, chunks do
        lib.body(connection, chunk)
    end
    lib.eom(connection, SMFIR_CONTINUE)
    lib.wait_log("size=" .. ("Subject: test\r\n\r\nfirst\r\n"):len() +
        chunks * chunk:len())

    lib.begin(connection, "a")
    for _ = 1, 2000 do
        lib.body(connection, "b")
    end
    lib.eom(connection, SMFIR_CONTINUE)
    lib.wait_log("size=" .. ("Subject: test\r\n\r\na"):len() + 2000)

    lib.begin(connection, "")
    for _ = 1, 300 do -- about 19 MB
        lib.body(connection, chunk)
    end
    lib.eom(connection, SMFIR_REPLYCODE)
    lib.check_reply(connection, "552", "5.3.4", "Message is too large")
    lib.expect_accepted(connection)
    mt.disconnect(connection)
end)
