-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- Header edits of a policy reach the MTA.
-- luacheck: read globals LIBRARY MT_HDRADD MT_HDRCHANGE MT_HDRDELETE
-- luacheck: read globals MT_HDRINSERT SMFIR_CONTINUE mt

local lib = dofile(LIBRARY)

local function check(connection, operation, ...)
    if not mt.eom_check(connection, operation, ...) then
        error(table.concat({ "no change", ... }, " "), 2)
    end
end

lib.run(function()
    lib.start { antivirus = false, script = "edits" }
    local connection = lib.session()
    lib.mail(connection)
    lib.rcpt(connection)
    lib.header(connection, "X-Twice", "old")
    lib.header(connection, "X-Twice", "older")
    lib.header(connection, "X-Gone", "bye")
    lib.header(connection, "Subject", "edits")
    lib.eoh(connection)
    lib.body(connection, "hello\r\n")
    lib.eom(connection, SMFIR_CONTINUE)
    check(connection, MT_HDRADD, "X-Added", " one")
    check(connection, MT_HDRINSERT, "X-First", " two")
    check(connection, MT_HDRCHANGE, "X-Twice", " new")
    check(connection, MT_HDRDELETE, "X-Twice")
    check(connection, MT_HDRDELETE, "X-Gone")
    mt.disconnect(connection)
end)
