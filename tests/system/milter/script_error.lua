-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- A script that fails answers 421 and ends the connection.
-- luacheck: read globals LIBRARY SMFIR_REPLYCODE mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { antivirus = false, script = "broken" }
    local connection = lib.session()
    lib.expect_reply(connection, "hello\r\n", "421", "4.3.0",
        "Local error in processing")
    lib.wait_log("this script is broken")
    -- An MTA that goes on all the same gets 421 as well.
    lib.begin(connection, "hello\r\n")
    lib.eom(connection, SMFIR_REPLYCODE)
    lib.check_reply(connection, "421", "4.3.2", "Closing connection")
    mt.disconnect(connection)
    connection = lib.session()
    mt.disconnect(connection)
end)
