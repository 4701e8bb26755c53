-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- The complete ActiveFilter policy of the old platform's documentation, in its
-- own dialect and unchanged for ours (CM-35): the mode and the address at init,
-- data of a recipient at rcptto, the score at data.
require("msys.core");
require("msys.cloudmark");

local mod = {};

function mod:init()
  -- One of the three modes:
  --   msys.cloudmark.set_af_mode_discard();
  --   msys.cloudmark.set_af_mode_keep();
  msys.cloudmark.set_af_mode_movemsg("INBOX", "Spam", "yes");
  msys.cloudmark.set_af_msi_address("msi@msi.local");
  return 0;
end

function mod:validate_rcptto(msg, str, ac, vctx)
  local localpart = vctx:get(msys.core.VCTX_MESS, "rcptto_localpart");
  local domain = vctx:get(msys.core.VCTX_MESS, "rcptto_domain");
  local addr = localpart .. "@" .. domain;
  local data = {};

  data["account"] = localpart;
  data["host"] = domain;
  msys.cloudmark.add_af_data(addr, data);
  return msys.core.VALIDATE_CONT;
end

function mod:validate_data(msg, ac, vctx)
  local score = msys.cloudmark.score_af(msg, ac, vctx, 90);

  print("score: ", score);
  return msys.core.VALIDATE_CONT;
end

msys.registerModule("cloudmark_af", mod);
