-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- action = "reject" without a script: the decision matrix, and the log line
-- that names who rejected, in which phase and how (AV-10, AV-36).
-- luacheck: read globals LIBRARY mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { action = "reject" }
    local connection = lib.session()
    lib.expect_accepted(connection)
    lib.expect_reply(connection, lib.eicar .. "\r\n", "550", "5.7.1")
    local line = lib.log():match(".*(message%.done[^\n]*)")
    if not line:find(lib.threat, 1, true) then
        error("the reply does not name the threat: " .. line)
    end
    if not lib.log():find("policy.answer module=antivirus:antivirus1 phase=data "
        .. "action=reject code=550 ", 1, true) then
        error("the log does not tell who rejected")
    end
    lib.expect_accepted(connection) -- the connection goes on
    mt.disconnect(connection)
end)
