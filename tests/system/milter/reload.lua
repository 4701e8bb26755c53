-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- SIGUSR1: a good file is taken, a bad one changes nothing.
-- luacheck: read globals LIBRARY mt

local lib = dofile(LIBRARY)

local SIGUSR1 = 10

lib.run(function()
    lib.start { antivirus = false }
    local before = lib.session()
    lib.expect_accepted(before)

    lib.configure { antivirus = false, script = "recipients" }
    mt.signal(SIGUSR1)
    lib.wait_log("assayd.reload config=")
    local connection = lib.session()
    lib.expect_reply(connection, "hello\r\n", "554", "5.6.0", "Seen")
    -- one that began before goes on with it
    lib.expect_reply(before, "hello\r\n", "554", "5.6.0", "Seen")
    mt.disconnect(before)

    lib.write("assay.conf", "antivirus {\n  no_such_option = 1\n")
    mt.signal(SIGUSR1)
    lib.wait_log("assayd.reload_failed config=")
    lib.wait_log("assayd.finding")
    lib.expect_reply(connection, "hello\r\n", "554", "5.6.0", "Seen")
    mt.disconnect(connection)
    connection = lib.session()
    lib.expect_reply(connection, "hello\r\n", "554", "5.6.0", "Seen")
    mt.disconnect(connection)
end)
