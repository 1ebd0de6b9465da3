-- Sends one request after the other with wrk, each with the next code, and prints the figures as JSON:
-- wrk … -s wrk.lua URL -- NAME post|batch|header|plain CODES
local requests, at = {}, 0

local function body(code)
  return '{"codeValue":"' .. code:gsub('["\\]', '\\%0') .. '","openId":"codeid-bench"}'
end

function init(arguments)
  name = arguments[1]
  local kind, codes = arguments[2], {}
  for code in io.lines(arguments[3]) do codes[#codes + 1] = code end
  local json = { ["Content-Type"] = "application/json" }
  if kind == "batch" then
    for first = 1, #codes - 15, 16 do
      local bodies = {}
      for i = first, first + 15 do bodies[#bodies + 1] = body(codes[i]) end
      requests[#requests + 1] = wrk.format("POST", nil, json, "[" .. table.concat(bodies, ",") .. "]")
    end
    return
  end
  for i, code in ipairs(codes) do
    if kind == "post" then
      requests[i] = wrk.format("POST", nil, json, body(code))
    elseif kind == "header" then
      requests[i] = wrk.format("GET", nil, { ["X-Code"] = code })
    else
      requests[i] = wrk.format("GET")
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

-- `done` sees the globals that `setup` sets, but not those of `init`, which runs in the threads.
function setup(thread)
  threads = threads or {}
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nJSON {"name": "%s", "requestsPerSecond": %.1f, "p50": %.1f, "p99": %.1f, "errors": %d}\n',
    threads[1]:get("name"), summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
