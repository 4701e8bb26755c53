-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
--
-- What each step is answered with is named in the address or variable it has.
require("msys.core")
require("msys.extended.message")

local mod = {}

function mod:init()
    return true
end

local function answer(vctx, code, text)
    vctx:set_code(code, text)
    return msys.core.VALIDATE_DONE
end

function mod:validate_connect(ac, vctx)
    if vctx:get(msys.core.VCTX_CONN, "refuse") == "connect" then
        vctx:disconnect(421, "4.3.2 not today")
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_ehlo(str, ac, vctx)
    if tostring(str) == "refused.test" then
        return answer(vctx, 550, "5.7.1 bad name")
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_mailfrom(str, ac, vctx)
    if tostring(str):find("refused@", 1, true) then
        return answer(vctx, 451, "4.7.1 later")
    end
    vctx:set(msys.core.VCTX_CONN, "sender_seen", tostring(str))
    return msys.core.VALIDATE_CONT
end

function mod:validate_rcptto(msg, str, ac, vctx)
    if tostring(str):find("nobody@", 1, true) then
        return answer(vctx, 550, "5.1.1 No such user, 100% sure")
    end
    if tostring(str):find("later@", 1, true) then
        return answer(vctx, 450, "4.2.1 mailbox is busy")
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_data_spool(msg, ac, vctx)
    local wish = vctx:get(msys.core.VCTX_MESS, "wish")
    if wish == "discard" then
        msg:discard("unwanted")
    elseif wish == "reject" then
        return answer(vctx, 554, "5.6.0 Seen")
    elseif wish == "edit" then
        msg:header("X-Added", "one\r\n two", "append")
        msg:header("X-First", "50%", "prepend")
        msg:header("Subject", "new")
        msg:header("X-Gone", "")
    end
    vctx:set(msys.core.VCTX_MESS, "subject", msg:header("Subject")[1] or "")
    return msys.core.VALIDATE_CONT
end

msys.registerModule("envelope", mod)
