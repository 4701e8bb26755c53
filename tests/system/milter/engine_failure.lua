-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- error_code answers what could not be scanned, and nothing else.
-- luacheck: read globals FOLDER LIBRARY mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { error_code = 452 }
    local connection = lib.session()
    lib.expect_accepted(connection)
    -- The engine cannot look without its temporary folder.
    assert(os.execute("rm -r " .. FOLDER .. "/tmp"))
    lib.expect_reply(connection, "another\r\n", "452", "4.3.0")
    assert(os.execute("mkdir " .. FOLDER .. "/tmp"))
    mt.disconnect(connection)
end)
