-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- Score each message for spam, and answer:
--
--   score over REJECT_ABOVE      550
--   any other score              accepted, with the headers X-Spam-Score and,
--                                over MinimumScore, X-Spam-Flag: YES
--   no score                     accepted without them; the log says why
--
-- It needs a stanza `cloudmark` with a service that scores. Unlike a virus, spam
-- is no danger that mail must wait for; to have it wait, answer 451 where the
-- comment below says so. Use it with
--
--   scriptlet "scriptlet" {
--     script "cloudmark" { source = "policies.cloudmark" }
--   }

require("msys.cloudmark")

-- Of 100; the services are surer that it is spam the higher it is. With spamd
-- and rspamd what they call spam scores 90, and twice as many points 95.
local REJECT_ABOVE = 95

local cloudmark = {}

-- What a sender wrote under these names himself is nobody's judgement.
local function remove_marks(msg)
  msg:header("X-Spam-Score", "")
  msg:header("X-Spam-Flag", "")
end

local function add_marks(msg, info)
  msg:header("X-Spam-Score", tostring(info.score))
  if info.is_spam then
    msg:header("X-Spam-Flag", "YES")
  end
end

function cloudmark:validate_data(msg, accept, vctx)
  local info, why = msys.cloudmark.score(msg, accept, vctx)

  remove_marks(msg)
  if not info then
    -- vctx:set_code(451, "4.7.1 The mail could not be scored"), and return
    -- msys.core.VALIDATE_DONE, to have the sender try again later.
    print("no score:", why)
    return msys.core.VALIDATE_CONT
  end
  if info.score > REJECT_ABOVE then
    print("score", info.score, "category", info["category-desc"] or info.category)
    vctx:set_code(550, "5.7.1 The mail looks like spam")
    return msys.core.VALIDATE_DONE
  end
  add_marks(msg, info)
  return msys.core.VALIDATE_CONT
end

msys.registerModule("cloudmark", cloudmark)
