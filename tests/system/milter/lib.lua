-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors
--
-- What the miltertest scripts share: a configuration, assayd, an MTA that
-- sends messages, and checks that say what they saw.
--
-- miltertest says nothing about a Lua error and leaves the filter running, so
-- every script hands its work to lib.run(). Replies over 1 KB crash it.
-- luacheck: read globals ASSAYD FOLDER MT_SMTPREPLY SMFIC_MAIL SMFIR_CONTINUE
-- luacheck: read globals SMFIR_REPLYCODE mt

local lib = {}

local socket = "unix:" .. FOLDER .. "/s"
local config = FOLDER .. "/assay.conf"

-- The test file of the antivirus makers, never in one piece in our files.
lib.eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" ..
    "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
lib.threat = "Eicar-Test-Signature"

-- ---- files --------------------------------------------------------------

function lib.write(name, text)
    local file = assert(io.open(FOLDER .. "/" .. name, "w"))
    assert(file:write(text))
    assert(file:close())
end

function lib.log()
    local file = assert(io.open(FOLDER .. "/log"))
    local text = file:read("a")
    file:close()
    return text
end

-- Wait until the log has a line with the text; the time limit is that of the
-- test.
function lib.wait_log(text)
    while not lib.log():find(text, 1, true) do
        mt.sleep(0.05)
    end
end

local function hex(text)
    return (text:gsub(".", function(c)
        return ("%02x"):format(c:byte())
    end))
end

-- ---- assayd -------------------------------------------------------------

-- Options: action, error_code, script, antivirus (false: none), more
function lib.configure(options)
    local lines = {
        'Milter_Listener { Listen = "' .. socket .. '" }',
        options.more or "",
    }
    if options.antivirus ~= false then
        assert(os.execute("mkdir -p " .. FOLDER .. "/db " .. FOLDER .. "/tmp"))
        lib.write("db/test.ndb",
            lib.threat .. ":0:*:" .. hex(lib.eicar) .. "\n")
        lines[#lines + 1] = "clamav {}"
        lines[#lines + 1] = 'antivirus "antivirus1" {'
        lines[#lines + 1] = '  action = "' .. (options.action or "reject") ..
            '"'
        lines[#lines + 1] = "  error_code = " .. (options.error_code or 451)
        lines[#lines + 1] = '  file_base = "' .. FOLDER .. '/tmp"'
        lines[#lines + 1] = '  clamav "clamav1" { signatures = "' .. FOLDER ..
            '/db" }'
        lines[#lines + 1] = "}"
    end
    if options.script then
        lines[#lines + 1] = 'scriptlet "scriptlet" { script "' ..
            options.script .. '" { source = "' .. options.script .. '" } }'
    end
    lib.write("assay.conf", table.concat(lines, "\n") .. "\n")
end

function lib.start(options)
    lib.configure(options)
    mt.startfilter(ASSAYD, "-v", "-c", config, "--log", "stderr")
    lib.wait_log("assayd.ready")
end

function lib.run(work)
    local ok, text = xpcall(work, debug.traceback)
    if not ok then
        mt.echo(text)
        pcall(mt.signal, 15)
        os.exit(1)
    end
end

-- ---- checks -------------------------------------------------------------

local reply_names = {}
for _, name in ipairs { "ACCEPT", "CONTINUE", "DISCARD", "REJECT", "TEMPFAIL",
    "REPLYCODE" } do
    local value = _G["SMFIR_" .. name]
    if value then
        reply_names[value] = name
    end
end

local function show(reply)
    return reply_names[reply] or tostring(reply)
end

function lib.equal(got, want, what)
    if got ~= want then
        error(("%s: got %s, want %s"):format(what, tostring(got),
            tostring(want)), 2)
    end
end

local function expect(connection, result, want, what)
    if result ~= nil then
        error(what .. ": " .. tostring(result), 3)
    end
    local got = mt.getreply(connection)
    if want and got ~= want then
        error(("%s: got reply %s, want %s"):format(what, show(got),
            show(want)), 3)
    end
    return got
end

-- ---- the MTA ------------------------------------------------------------

function lib.connect()
    local connection = mt.connect(socket, 100, 0.05)
    if not connection then
        error("cannot connect to " .. socket)
    end
    return connection
end

function lib.greet(connection)
    expect(connection, mt.conninfo(connection, "client.test", "192.0.2.1"),
        SMFIR_CONTINUE, "connect")
    expect(connection, mt.helo(connection, "client.test"), SMFIR_CONTINUE,
        "helo")
end

function lib.session()
    local connection = lib.connect()
    lib.greet(connection)
    return connection
end

function lib.mail(connection, want)
    mt.macro(connection, SMFIC_MAIL, "i", "Q1")
    return expect(connection, mt.mailfrom(connection, "<a@example.com>"),
        want or SMFIR_CONTINUE, "mailfrom")
end

function lib.rcpt(connection, address, want)
    return expect(connection, mt.rcptto(connection, address or
        "<b@example.org>"), want or SMFIR_CONTINUE, "rcptto")
end

-- Header and body steps have no reply (SMFIP_NR_*).
function lib.header(connection, name, value)
    local result = mt.header(connection, name, value)
    if result then
        error("header: " .. result, 2)
    end
end

function lib.eoh(connection)
    local result = mt.eoh(connection)
    if result then
        error("eoh: " .. result, 2)
    end
end

function lib.body(connection, text)
    local result = mt.bodystring(connection, text)
    if result then
        error("body: " .. result, 2)
    end
end

function lib.eom(connection, want)
    return expect(connection, mt.eom(connection), want, "eom")
end

-- Everything before the end of the message.
function lib.begin(connection, body)
    lib.mail(connection)
    lib.rcpt(connection)
    lib.header(connection, "Subject", "test")
    lib.eoh(connection)
    if body ~= "" then
        lib.body(connection, body)
    end
end

function lib.send(connection, body, want)
    lib.begin(connection, body)
    return lib.eom(connection, want)
end

function lib.expect_accepted(connection, body)
    lib.send(connection, body or "hello\r\n", SMFIR_CONTINUE)
end

-- The reply to the last message, against its code, enhanced code and text.
-- Without a text it must be the one that assayd logged.
function lib.check_reply(connection, code, enhanced, text)
    text = text or lib.log():match('.*message%.done [^\n]* text="([^\n]*)"\n')
    text = text:gsub("%%", "%%%%")
    if not mt.eom_check(connection, MT_SMTPREPLY, code, enhanced, text) then
        error(("no reply %s %s %s; the log ends with\n%s"):format(code,
            enhanced, text, lib.log():sub(-600)), 2)
    end
end

-- A message that is answered with a reply.
function lib.expect_reply(connection, body, code, enhanced, text)
    lib.send(connection, body, SMFIR_REPLYCODE)
    lib.check_reply(connection, code, enhanced, text)
end

return lib
