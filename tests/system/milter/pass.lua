-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- action = "pass" leaves the reply alone (antivirus.md 4).
-- luacheck: read globals LIBRARY mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { action = "pass" }
    local connection = lib.session()
    lib.expect_accepted(connection)
    lib.expect_accepted(connection, lib.eicar .. "\r\n")
    mt.disconnect(connection)
end)
