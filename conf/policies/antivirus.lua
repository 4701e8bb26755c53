-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- Scan each message, and answer:
--
--   infected                     550, with the name of the threat
--   unscannable                  550: trying again would not help; encrypted
--                                attachments are refused this way, too
--   a fault                      451: the sender tries again later
--   clean                        accepted, with the header X-Virus-Status
--
-- Nothing that was not inspected in full is accepted. Use it with
--
--   scriptlet "scriptlet" {
--     script "antivirus" { source = "policies.antivirus" }
--   }

require("msys.av")

local antivirus = {}

-- Answers for a status; every status that is not here gets the last one.
local function answer(vctx, status, info)
  if status == msys.av.EC_AV_INFECTED then
    vctx:set_code(550, "5.7.1 The mail contains virus: " .. info)
  elseif status == msys.av.EC_AV_UNSCANNABLE then
    vctx:set_code(550, "5.7.1 The mail cannot be scanned in full")
  else
    vctx:set_code(451, "4.7.1 The mail could not be scanned")
  end
end

function antivirus:validate_data(msg, accept, vctx)
  local status, info, engine, code = msys.av.scan(nil, msg, vctx)

  if status == msys.av.EC_AV_CLEAN and info ~= "skipped" then
    msg:header("X-Virus-Status", "clean")
    return msys.core.VALIDATE_CONT
  end
  -- The administrator set the skip variable: not scanned, so not "clean".
  if status == msys.av.EC_AV_CLEAN then
    msg:header("X-Virus-Status", "")
    return msys.core.VALIDATE_CONT
  end
  print("status", status, "info", info, "engine", engine, "code", code)
  answer(vctx, status, info)
  return msys.core.VALIDATE_DONE
end

msys.registerModule("antivirus", antivirus)
