-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
require("msys.core")
require("msys.extended.message")

local mod = {}

function mod:init()
    return true
end

function mod:validate_data_spool(msg)
    msg:discard("550 5.7.1 not wanted")
    return msys.core.VALIDATE_CONT
end

msys.registerModule("discard", mod)
