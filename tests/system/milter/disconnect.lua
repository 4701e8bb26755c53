-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- The MTA goes away in every state, politely and not.
-- luacheck: read globals LIBRARY SMFIR_CONTINUE mt

local lib = dofile(LIBRARY)

local steps = {
    function(connection)
        lib.greet(connection)
    end,
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
        lib.body(connection, "hello\r\n")
    end,
    function(connection)
        lib.eom(connection, SMFIR_CONTINUE)
    end,
}

lib.run(function()
    lib.start { antivirus = false }
    for last = 0, #steps do
        for _, polite in ipairs { true, false } do
            local connection = lib.connect()
            for i = 1, last do
                steps[i](connection)
            end
            mt.disconnect(connection, polite)
        end
    end
    local connection = lib.session()
    lib.expect_accepted(connection)
    mt.disconnect(connection)
end)
