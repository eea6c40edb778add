-- wrk … -s bench/requests.lua BASE -- FILE THREADS
-- FILE holds one request a line: METHOD TAB path TAB cookie. Thread t sends the lines n with
-- n % THREADS == t in turn, whichever connection is free.
local started = 0

function setup(thread)
  thread:set("id", started)
  started = started + 1
end

function init(args)
  local threads, number = tonumber(args[2]), 0
  requests, sent = {}, 0
  for line in io.lines(args[1]) do
    if number % threads == id then
      local method, path, cookie = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)$")
      local headers = { Cookie = cookie, ["Sec-Fetch-Site"] = "same-origin" }
      requests[#requests + 1] = wrk.format(method, path, headers)
    end
    number = number + 1
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"micros":%d,"bytes":%d,"errors":%d,"p50":%.0f,"p99":%.0f}\n',
    summary.requests, summary.duration, summary.bytes,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
