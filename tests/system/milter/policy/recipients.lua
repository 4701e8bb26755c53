-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
require("msys.core")

local mod = {}

function mod:init()
    return true
end

function mod:validate_rcptto(msg, str, ac, vctx)
    if tostring(str):find("nobody", 1, true) then
        vctx:set_code(550, "5.1.1 No such user, 100% sure")
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_data_spool(msg, ac, vctx)
    vctx:set_code(554, "5.6.0 Seen")
    return msys.core.VALIDATE_DONE
end

msys.registerModule("recipients", mod)
