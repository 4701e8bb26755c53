-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
require("msys.core")
require("msys.extended.message")

local mod = {}

function mod:init()
    return true
end

function mod:validate_data_spool(msg)
    msg:header("X-Added", "one", "append")
    msg:header("X-First", "two", "prepend")
    msg:header("X-Twice", "new")
    msg:header("X-Gone", "")
    return msys.core.VALIDATE_CONT
end

msys.registerModule("edits", mod)
