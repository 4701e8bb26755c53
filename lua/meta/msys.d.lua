---@meta msys
-- SPDX-License-Identifier: MIT
-- Copyright (c) 2026 The Assay authors

-- Everything a policy script finds beside the library of Lua 5.4, for
-- editors (LuaLS) and for the manual. A test compares it with the program.

---Names the rest; scripts need no require for it.
msys = {}

---Call the methods of a table in the phases of a session.
---
---Methods: `init`, `deinit`, `validate_connect(accept, vctx)`,
---`validate_ehlo(str, accept, vctx)`, `validate_mailfrom(str, accept, vctx)`,
---`validate_rcptto(msg, str, accept, vctx)`,
---`validate_data(msg, accept, vctx)`, `validate_data_spool(msg, accept, vctx)`,
---`validate_data_spool_each_rcpt(msg, accept, vctx)`,
---`validate_set_binding(msg)`. `self` is a table of the session whose missing
---fields are those of the module.
---
---Only while scripts load. Modules run in the order of registration.
---@param name string unique, for the log
---@param module table
function msys.registerModule(name, module) end

---The class of a handle, such as `msys.core:_ec_message`; for other values
---what `type` says.
---@param value any
---@return string
function msys.type(value) end

---Replace each `%{vctx_conn:key}`, `%{vctx_mess:key}` and `%{key}` (message
---first, then connection) by the value of the context variable, or by nothing.
---@param text string
---@return string
function msys.expandMacro(text) end

---Run a function in a thread of a pool. A callout that waits lends the
---interpreter to other sessions meanwhile, and the function uses up its time.
---
---With `true` or a function as third argument the call returns at once, and the
---first function runs later, without a session: handles are closed for it, and
---it cannot scan. The third argument, if it is a function, is then called in the
---same thread with `true` and the results or `false` and the error.
---@param pool string|integer name, or `msys.threadpool` number
---@param work fun(): any
---@param completion? boolean|fun(ok: boolean, ...)
---@param flag? integer `msys.core.ECTP_COMPLETE_…`; both mean a pool's thread
---@return boolean ok
---@return any ... what the function returned, or the error
function msys.runInPool(pool, work, completion, flag) end

---Constants, the clock, and mutable strings.
---@class msys.core
---@field VALIDATE_CONT integer go on with the next module
---@field VALIDATE_DONE integer no further module in this phase
---@field VALIDATE_AGAIN integer refused: a callout may wait instead
---@field VCTX_CONN integer the dictionary of the connection
---@field VCTX_MESS integer the dictionary of the message
---@field ECMESS_CTX_CONN integer the dictionary of the connection
---@field ECMESS_CTX_MESS integer the dictionary of the message
---@field ECTP_COMPLETE_CALLBACK integer completion in a thread of the pool
---@field ECTP_COMPLETE_CALLBACK_SCHED integer likewise: there is no scheduler
---@field EC_MSG_ENV_FROM integer the sender
---@field EC_MSG_ENV_TO integer the recipient
---@field EC_MSG_ENV_COMPLETE integer the whole address in the first string
msys.core = {}

---Seconds since 1970.
---@return integer
function msys.core.get_now_ts() end

---A new, empty mutable string.
---@return ec_string
function msys.core.string_new() end

---Scanning. All of it is there without `require("msys.av")`, too.
---@class msys.av
---@field EC_AV_CLEAN integer all was inspected: no threat; or info "skipped"
---@field EC_AV_INFECTED integer a threat; info is its name
---@field EC_AV_UNSCANNABLE integer could not be inspected in full
---@field EC_AV_ERROR integer nothing is known: a run-time fault
---@field EC_AV_NOT_SUITABLE_FOR_STREAMING integer the engine cannot take it
---@field EC_AV_NO_ENGINE integer none is configured, or none of that name
---@field EC_AV_NAME_TOO_LONG integer an engine name over 40 bytes
---@field EC_AV_PART_IS_CONTAINER integer a container, not a part with content
msys.av = {}

---Names of the configured engines.
---@return string[]
function msys.av.engines() end

---Scan a message. Other sessions run while this one waits.
---@param engine? string engine or instance; nil: all in order, up to the first threat
---@param message? msg nil: the one of the callout; raises without one
---@param context? vctx nil: the one of the callout
---@return integer status `msys.av.EC_AV_*`
---@return string info name of the threat or what went wrong, "" when nothing
---@return string? engine that found the threat
---@return string? code scan code of the engine
function msys.av.scan(engine, message, context) end

---Scan one part; a message stands for its top part.
---@param part msgpart|msg
---@param engine? string
---@param context? vctx
---@return integer status
---@return string info
---@return string? engine
---@return string? code
function msys.av.scan_part(part, engine, context) end

---Spam scores, from the service behind the stanza `cloudmark`. Without that
---stanza each of these functions raises "cloudmark module not available". All
---of it is there without `require("msys.cloudmark")`, too.
---
---The table of a score: `score` (0 to 100; an integer when it is whole), `is_spam`
---(true, or nil: `MinimumScore` is not set or not exceeded), `rescan` ("yes", or
---nil), and the texts `category`, `category-desc`, `sub-category`,
---`sub-category-desc` and `analysis`, each nil when there is none. They are in the
---context of the message as well, as `cmae-score`, `cmae-isspam` and so on.
---@class msys.cloudmark
msys.cloudmark = {}

---Score a message. Raises before the data phase. Other sessions run while this
---one waits, inside `pcall` too.
---@param message? msg nil: the one of the callout
---@param connection? accept nil: the one of the session
---@param context? vctx nil: the one of the session
---@return table? score nil: there is none, and no context variable is set
---@return string? why
function msys.cloudmark.score(message, connection, context) end

---Say again what the `analysis` of an earlier score says. Sets the context
---variables but `cmae-analysis`.
---@param header string the text; one that is too long or forged is no error of the script
---@param message? msg
---@param context? vctx
---@return table? score nil: there is none
---@return string? why
function msys.cloudmark.analyze(header, message, context) end

---Score a message and register it with ActiveFilter, which is told when a later
---score of the same content changes the judgement. Raises when no mode or no
---address was set in `init`.
---@param message? msg
---@param connection? accept
---@param context? vctx
---@param threshold number|string 0 to 100; a message that scores more is spam
---@return number? score nil: there is none, and nothing is registered
---@return string? why
function msys.cloudmark.score_af(message, connection, context, threshold) end

---Score an IP address, in any phase. Sets no context variable.
---@param address string IPv4 or IPv6 in numbers
---@return number? score nil: there is none
---@return string? why
function msys.cloudmark.score_ip(address) end

---ActiveFilter drops what turns out to be spam. Only while scripts load and in
---`init`, as the other three; one of the modes is needed, and one only.
function msys.cloudmark.set_af_mode_discard() end

---ActiveFilter does nothing when a judgement changes.
function msys.cloudmark.set_af_mode_keep() end

---ActiveFilter moves messages between two folders when their judgement changes.
---@param inbox string
---@param spam string
---@param unread_only "yes"|"no" whether to leave alone what was read
function msys.cloudmark.set_af_mode_movemsg(inbox, spam, unread_only) end

---Whom ActiveFilter tells: an address whose domain a `maildir` stanza handles.
---@param address string
function msys.cloudmark.set_af_msi_address(address) end

---Have ActiveFilter say more of a recipient than his address. From the rcptto
---phase on.
---@param address string the recipient
---@param data { [string]: string|number|boolean } at most 64 keys
---@return true? added nil: the address or a value is not fit; the log says so, too
---@return string? why
function msys.cloudmark.add_af_data(address, data) end

---The thread pools. Only in a callout.
---@class msys.threadpool
msys.threadpool = {}

---How many there are.
---@return integer
function msys.threadpool.count() end

---The number of a pool by its name in any case (CPU 0, IO 1), or its name in
---upper case by its number.
---@param pool string|integer
---@return integer|string|nil found nil: there is none
function msys.threadpool.find(pool) end

---What a pool does: `name`, `concurrency`, `invocations`, `avg_concurrency`,
---`saturation` (percent), `avg_wallclock_time_per_op` (ms), `queue_sz`,
---`num_threads`, `num_active_threads`, `num_inactive_threads`,
---`job_num_queued`, `job_num_running`. `tostring` of it is what the console
---command `threads stats` prints.
---@param pool string|integer
---@return table? stat nil: there is no such pool
function msys.threadpool.stat(pool) end

---A mutable string. `tostring(s)` and `#s` work.
---@class ec_string
local ec_string = {}

---@param text string|number
function ec_string:set(text) end

---The connection (`accept`, `ac`). `tostring(accept)` is its address.
---@class accept
---@field remote_addr string "address:port", "" when unknown
local accept = {}

---The validation context of a session.
---@class vctx
local vctx = {}

---@param dictionary integer `msys.core.VCTX_CONN` or `VCTX_MESS`
---@param key string
---@return string value "" when absent
function vctx:get(dictionary, key) end

---A nil key or value is logged and changes nothing.
---@param dictionary integer
---@param key string
---@param value string|number|boolean
function vctx:set(dictionary, key, value) end

---Decide the answer to the present SMTP step; 2xx takes an answer back.
---@param code integer|string 200 to 299 or 400 to 599
---@param text? string may begin with an enhanced code such as `5.7.1`
function vctx:set_code(code, text) end

---Answer, then close the connection.
---@param code? integer|string default 421
---@param text? string
function vctx:disconnect(code, text) end

---The recipients so far; `[0]` is "". Read-only.
---@return string[]
function vctx:recipient_list() end

---A message. Closed when the message ends: later use raises.
---@class msg
---@field id string queue id of the MTA, "" until known
local msg = {}

---@param dictionary integer `msys.core.ECMESS_CTX_CONN` or `ECMESS_CTX_MESS`
---@param key string
---@return string value "" when absent
function msg:context_get(dictionary, key) end

---@param dictionary integer
---@param key string
---@param value string|number|boolean
function msg:context_set(dictionary, key, value) end

---@param dictionary integer
---@param key string
---@return integer found 1 or 0; 0 is true in Lua
function msg:context_exists(dictionary, key) end

---@param dictionary integer
---@param key string
---@return integer found 1 or 0
---@return string? value
function msg:context_exists_and_get(dictionary, key) end

---@param dictionary integer
---@param key string
---@return integer deleted 1 or 0
function msg:context_delete(dictionary, key) end

---Read, delete (value "") or set a header. Values that are read are unfolded
---and decoded to UTF-8; values that are set are encoded when not ASCII.
---@param name string
---@param value? string|number|string[] an array sets several
---@param mode? "replace"|"prepend"|"append" default replace
---@return string[]|boolean values when reading, true otherwise
function msg:header(name, value, mode) end

---Bytes as received.
---@return integer
function msg:get_message_size() end

---The sender. Read-only.
---@return string
function msg:mailfrom() end

---The recipient at hand, else the last one accepted. Read-only.
---@return string
function msg:rcptto() end

---Put the parts of an address into two mutable strings.
---@param flags integer `EC_MSG_ENV_FROM` or `EC_MSG_ENV_TO`, perhaps `| EC_MSG_ENV_COMPLETE`
---@param localpart ec_string
---@param domain ec_string
function msg:get_envelope2(flags, localpart, domain) end

---The top part of the MIME tree. Parts are missing from the tree of a message
---that exceeds a limit; the second result then says which: "parts", "depth",
---"headers", or several of them with ", " between. A scan of any part of such
---a message is `EC_AV_INFECTED` or `EC_AV_UNSCANNABLE`, never clean.
---@param readonly? true parts cannot be changed
---@return msgpart top
---@return string? limits nothing when the tree is whole
function msg:mime(readonly) end

---Accept the message, then drop it; the callout goes on.
---@param reason? string begins with an SMTP code; is logged
function msg:discard(reason) end

---A part of a message. `==` tells whether two are the same.
---@class msgpart
---@field parts msgpart? first child
---@field next msgpart? next sibling
---@field thread msgpart? next one, depth first, over the whole tree
---@field parent msgpart?
---@field body_start integer offset in the received message, from 0
---@field body_end integer offset behind the last byte
local msgpart = {}

---@return { mimetype: string, charset: string?, encoding: string, is_attachment: boolean, filename: string? }
function msgpart:content_type() end

---Values of a header of the part, decoded to UTF-8. Read-only.
---@param name string
---@return string[]
function msgpart:header(name) end

---The text of a text/* part as UTF-8; nil for others, nil and a sentence for
---a text that cannot be had.
---@return string? text
---@return string? why
function msgpart:text() end
