-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
require("msys.core")

local mod = {}

function mod:init()
    return true
end

function mod:validate_data_spool()
    error("this script is broken")
end

msys.registerModule("broken", mod)
