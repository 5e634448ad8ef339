-- Sends the requests of a file, drawn at random: one a line, its path first, then its headers, with tabs
-- between. At the end prints one line of figures; latencies are microseconds.

local requests = {}

function init(args)
  for line in io.lines(args[1]) do
    local path
    local headers = {}
    for part in line:gmatch("[^\t]+") do
      if path == nil then
        path = part
      else
        local name, value = part:match("^([^:]+): (.*)$")
        headers[name] = value
      end
    end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "FIGURES %d %d %d %d %d %d %d\n",
    summary.requests,
    summary.duration,
    latency:percentile(50),
    latency:percentile(99),
    latency.max,
    errors.connect + errors.read + errors.write + errors.timeout,
    errors.status))
end
