-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- Abort in every state, and the connection is good for the next message.
-- luacheck: read globals LIBRARY mt

local lib = dofile(LIBRARY)

local steps = {
    function(connection)
        lib.mail(connection)
    end,
    function(connection)
        lib.rcpt(connection)
    end,
    function(connection)
        lib.header(connection, "Subject", "test")
    end,
    function(connection)
        lib.eoh(connection)
    end,
    function(connection)
        lib.body(connection, lib.eicar .. "\r\n")
    end,
}

lib.run(function()
    lib.start { antivirus = false, more = "" }
    local connection = lib.session()
    for last = 1, #steps do
        for i = 1, last do
            steps[i](connection)
        end
        local result = mt.abort(connection)
        if result then
            error("abort: " .. result)
        end
        lib.expect_accepted(connection)
    end
    mt.disconnect(connection)
end)
