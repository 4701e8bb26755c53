-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- msys.dp_config: the settings of the default policy.
--
-- To change them, copy this file to msys/dp_config.lua beside the configuration
-- file that holds the scriptlet stanza: there it is found first. Or set the
-- fields in a script of your own, before it requires the policy:
--
--   require("msys.dp_config")
--   msys.dp_config.cloudmark = { scan = true, score_threshold = 90 }
--   require("msys.dp_cloudmark")

msys.dp_config = msys.dp_config or {}

-- Obeyed by msys.dp_cloudmark, where each field is described.
msys.dp_config.cloudmark = msys.dp_config.cloudmark or {
  scan = false,
  score_threshold = 95,
  isspam_disposition = "reject",
  honor_whitelist = {},
  process_result = nil,
  on_error = "pass",
}

return msys.dp_config
