-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
--
-- Does what the subject of a mail says, for the tests of the module for Exim.
require("msys.core")
require("msys.extended.message")

local mod = {}
local CONN, MESS = msys.core.VCTX_CONN, msys.core.VCTX_MESS

local verbs = {}

function verbs.reject(_, vctx)
    vctx:set_code(554, "5.7.7 Not wanted, 100% sure")
    return msys.core.VALIDATE_DONE
end

function verbs.tempfail(_, vctx)
    vctx:set_code(450, "4.2.0 Not now")
    return msys.core.VALIDATE_DONE
end

function verbs.discard(msg)
    msg:discard("550 5.7.1 not wanted")
    return msys.core.VALIDATE_CONT
end

function verbs.edits(msg)
    msg:header("X-Added", "one", "append")
    msg:header("X-First", "two", "prepend")
    msg:header("X-Twice", "new")
    msg:header("X-Gone", "")
    return msys.core.VALIDATE_CONT
end

function verbs.variables(msg, vctx)
    local id = vctx:get(CONN, "exim_authenticated_id")
    msg:header("X-User", id or "nobody", "append")
    msg:header("X-Protocol", vctx:get(CONN, "exim_protocol"), "append")
    vctx:set(MESS, "score", "7")
    return msys.core.VALIDATE_CONT
end

function mod:init()
    return true
end

function mod:validate_rcptto(msg, str, ac, vctx)
    if tostring(str):find("nobody", 1, true) then
        vctx:set_code(550, "5.1.1 No such user")
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_data_spool(msg, ac, vctx)
    local subject = msg:header("Subject")[1] or ""
    local verb = verbs[subject:match("^do (%a+)")]
    return verb and verb(msg, vctx) or msys.core.VALIDATE_CONT
end

msys.registerModule("exim", mod)
