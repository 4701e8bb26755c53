-- Settings of luacheck for the policies and modules in this tree.
std = "lua54"
max_line_length = 100
-- The namespace of policy scripts (lua/meta/msys.d.lua).
globals = { "msys" }
-- Methods have the arguments of their phase, needed or not.
unused_args = false
self = false

files["lua/meta"] = {
  -- Descriptions: functions without bodies, on tables nobody reads.
  ignore = { "211", "212", "241" },
  max_line_length = 120,
}
