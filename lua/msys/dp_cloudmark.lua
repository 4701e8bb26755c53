-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- The default policy for spam: scores each message and obeys
-- msys.dp_config.cloudmark, a table with the fields
--
--   scan                true: score messages; default false
--   score_threshold     0 to 100; a message that scores more is spam; default 95
--   isspam_disposition  what becomes of spam: "reject" (default) or "discard"
--   honor_whitelist     names of context variables; a message is not scored when
--                       one of them is set, and not to "", for the connection or
--                       for the message
--   process_result      function(msg, vctx, info), called with the table that
--                       msys.cloudmark.score returned; see judge() below
--   on_error            without a score: "pass" (default) or "tempfail"
--
-- A wrong field fails the load of the configuration. Use it with
--
--   scriptlet "scriptlet" {
--     script "cloudmark" { source = "msys.dp_cloudmark" }
--   }

require("msys.cloudmark")
require("msys.dp_config")

local SPAM = "5.7.1 The message was classified as spam"
local NO_SCORE = "4.7.1 The message could not be scored"

local policy = {}

-- Set by init, and not changed afterwards.
local config

-- ---- settings -------------------------------------------------------------

local defaults = {
  scan = false,
  score_threshold = 95,
  isspam_disposition = "reject",
  honor_whitelist = {},
  on_error = "pass",
}

local function one_of(...)
  local allowed = { ... }
  return function(value)
    for _, word in ipairs(allowed) do
      if value == word then
        return true
      end
    end
    return false, 'must be "' .. table.concat(allowed, '" or "') .. '"'
  end
end

local function is_list_of_names(value)
  if type(value) ~= "table" then
    return false
  end
  local count = 0
  for _ in pairs(value) do
    count = count + 1
    if type(value[count]) ~= "string" or value[count] == "" then
      return false
    end
  end
  return true
end

-- Each returns whether the value is right, and else what it must be.
local checks = {
  scan = function(value)
    return type(value) == "boolean", "must be true or false"
  end,
  score_threshold = function(value)
    return type(value) == "number" and value >= 0 and value <= 100,
      "must be a number from 0 to 100"
  end,
  isspam_disposition = one_of("reject", "discard"),
  honor_whitelist = function(value)
    return is_list_of_names(value), "must be a list of names of context variables"
  end,
  process_result = function(value)
    return type(value) == "function", "must be a function"
  end,
  on_error = one_of("pass", "tempfail"),
}

local function fail(key, why)
  error("msys.dp_config" .. key .. " " .. why, 0)
end

local function check_fields(given)
  for key, value in pairs(given) do
    local check = checks[key]
    if not check then
      fail(".cloudmark." .. tostring(key), "is no setting")
    end
    local right, why = check(value)
    if not right then
      fail(".cloudmark." .. key, why)
    end
  end
end

-- A copy of the settings with all defaults filled in.
local function read_config()
  if type(msys.dp_config) ~= "table" then
    fail("", "must be a table")
  end
  local given = msys.dp_config.cloudmark
  if given == nil then
    given = {}
  elseif type(given) ~= "table" then
    fail(".cloudmark", "must be a table")
  end
  check_fields(given)
  local copy = {}
  for key in pairs(checks) do
    copy[key] = given[key]
    if copy[key] == nil then
      copy[key] = defaults[key]
    end
  end
  copy.honor_whitelist = { table.unpack(copy.honor_whitelist) }
  return copy
end

function policy:init()
  config = read_config()
  if not config.scan then
    print("scan is false: no message is scored")
  end
  return true
end

-- ---- messages -------------------------------------------------------------

local function is_whitelisted(vctx)
  for _, name in ipairs(config.honor_whitelist) do
    if vctx:get(msys.core.VCTX_CONN, name) ~= ""
      or vctx:get(msys.core.VCTX_MESS, name) ~= "" then
      return true
    end
  end
  return false
end

-- Without a score nothing is known, least of all that it is spam.
local function answer_error(vctx, why)
  print("no score:", why)
  if config.on_error == "tempfail" then
    vctx:set_code(451, NO_SCORE)
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end

-- process_result returns VALIDATE_CONT, to go on, or VALIDATE_DONE when it gave
-- the answer itself; then whether it counts as spam. Nothing, or nil, leaves
-- either to us.
local function judge(msg, vctx, info)
  local flow, is_spam
  if config.process_result then
    flow, is_spam = config.process_result(msg, vctx, info)
  end
  if flow ~= nil and flow ~= msys.core.VALIDATE_CONT
    and flow ~= msys.core.VALIDATE_DONE then
    error("process_result returned " .. tostring(flow)
      .. ", not VALIDATE_CONT or VALIDATE_DONE", 0)
  end
  if is_spam ~= nil and type(is_spam) ~= "boolean" then
    error("process_result returned " .. tostring(is_spam)
      .. ", not true or false", 0)
  end
  if is_spam == nil then
    is_spam = info.score > config.score_threshold
  end
  return flow == msys.core.VALIDATE_DONE, is_spam
end

local function answer_spam(msg, vctx, info)
  if config.isspam_disposition == "discard" then
    msg:discard("554 " .. SPAM)
  else
    vctx:set_code(554, SPAM)
  end
  print("spam, score", info.score, config.isspam_disposition)
  return msys.core.VALIDATE_DONE
end

function policy:validate_data(msg, accept, vctx)
  if not config.scan or is_whitelisted(vctx) then
    return msys.core.VALIDATE_CONT
  end
  local info, why = msys.cloudmark.score(msg, accept, vctx)
  if not info then
    return answer_error(vctx, why)
  end
  local is_answered, is_spam = judge(msg, vctx, info)
  if is_answered then
    return msys.core.VALIDATE_DONE
  elseif is_spam then
    return answer_spam(msg, vctx, info)
  end
  return msys.core.VALIDATE_CONT
end

msys.registerModule("dp_cloudmark", policy)
