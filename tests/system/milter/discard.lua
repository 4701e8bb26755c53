-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- A message is discarded when a policy says so.
-- luacheck: read globals LIBRARY SMFIR_DISCARD mt

local lib = dofile(LIBRARY)

lib.run(function()
    lib.start { antivirus = false, script = "discard" }
    local connection = lib.session()
    lib.send(connection, "hello\r\n", SMFIR_DISCARD)
    lib.wait_log("action=discard")
    mt.disconnect(connection)
end)
