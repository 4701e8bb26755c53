-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- A threat is found wherever the pieces of the body end.
-- luacheck: read globals LIBRARY SMFIR_REPLYCODE mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { action = "reject" }
    local connection = lib.session()
    for _, size in ipairs { 1, 7, 67 } do
        lib.begin(connection, "")
        for i = 1, #lib.eicar, size do
            lib.body(connection, lib.eicar:sub(i, i + size - 1))
        end
        lib.eom(connection, SMFIR_REPLYCODE)
        lib.check_reply(connection, "550", "5.7.1")
    end
    mt.disconnect(connection)
end)
