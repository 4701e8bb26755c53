-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- msys.dumper: a value as the text of Lua that makes it again.

local dumper = {}

local INDENT = "  "

-- Numbers before texts, each in order, so that equal tables dump alike.
local function before(a, b)
  if type(a) ~= type(b) then
    return type(a) == "number"
  elseif type(a) == "number" or type(a) == "string" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, before)
  return keys
end

local function scalar(value)
  if type(value) == "string" then
    return string.format("%q", value)
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return string.format("%q", tostring(value))
end

local dump

-- A table that contains itself is written as a text at the second place.
local function dump_table(value, indent, open)
  local inner = indent .. INDENT
  local lines = {}
  if open[value] then
    return scalar(value)
  end
  open[value] = true
  for _, key in ipairs(sorted_keys(value)) do
    lines[#lines + 1] = inner .. "[" .. scalar(key) .. "] = "
      .. dump(value[key], inner, open) .. ","
  end
  open[value] = nil
  if #lines == 0 then
    return "{}"
  end
  return "{\n" .. table.concat(lines, "\n") .. "\n" .. indent .. "}"
end

function dump(value, indent, open)
  if type(value) == "table" then
    return dump_table(value, indent, open)
  end
  return scalar(value)
end

--- Text such as `return { ["key"] = "value", }`.
function dumper.Dumper(value)
  return "return " .. dump(value, "", {})
end

msys.dumper = dumper

return dumper
