-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
-- What the minimal MTA's mail is asked: the Subject says what becomes of it.
require("msys.core")
require("msys.extended.message")
require("msys.av")

local mod = {}

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

function mod:validate_data(msg, ac, vctx)
    local status, info = msys.av.scan(nil, msg, vctx)

    if status == msys.av.EC_AV_INFECTED then
        vctx:set_code(550, "5.7.1 This house takes no " .. info)
        return msys.core.VALIDATE_DONE
    elseif status ~= msys.av.EC_AV_CLEAN then
        vctx:set_code(451, "4.7.1 Not scanned: " .. info)
        return msys.core.VALIDATE_DONE
    end
    return msys.core.VALIDATE_CONT
end

function mod:validate_data_spool(msg, ac, vctx)
    local subject = tostring(msg:header("Subject")[1])

    if subject == "later" then
        vctx:set_code(451, "4.3.2 Come back later")
        return msys.core.VALIDATE_DONE
    elseif subject == "broken" then
        error("this script is broken")
    elseif subject == "drop" then
        msg:discard("as the test wants it")
        return msys.core.VALIDATE_DONE
    end
    msg:context_set(msys.core.VCTX_MESS, "says",
        "hello " .. vctx:get(msys.core.VCTX_CONN, "mta"))
    msg:header("X-First", "of all", "prepend")
    msg:header("X-Policy", "GENERATION", "append")
    return msys.core.VALIDATE_CONT
end

msys.registerModule("policy", mod)
