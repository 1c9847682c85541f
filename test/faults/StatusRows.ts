/** Answers with an error status, and what is tried again. */
import { drip, events, inTurn, json, raw, rawAndEnd, rawAndReset, reply, stream } from "./HostileAnswer.ts"
import { all, good, goodAnswer, type Operation, right, type Row } from "./HostileRow.ts"

const error = (code: number, status: string, details: ReadonlyArray<unknown> = []) =>
  JSON.stringify({ error: { code, status, message: `it is ${status}`, details } })
const retryInfo = (retryDelay: string) => [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }]

const status = (code: number, name: string, outcome: string): Row => ({
  name: `${code} ${name}`,
  answer: () => reply(code, error(code, name)),
  expect: all(outcome)
})

const exhausted = "ResourceExhausted, billed no"
const throttled = (
  name: string,
  headers: Record<string, string>,
  wait: string,
  details?: ReadonlyArray<unknown>
): Row => ({
  name: `429 with ${name}`,
  answer: () => reply(429, error(429, "RESOURCE_EXHAUSTED", details), headers),
  expect: all(`${exhausted}${wait}`)
})

const statuses: ReadonlyArray<Row> = [
  status(400, "INVALID_ARGUMENT", "InvalidRequest, billed no"),
  status(403, "PERMISSION_DENIED", "PermissionDenied, billed no"),
  status(404, "NOT_FOUND", "NotFound, billed no"),
  status(408, "REQUEST_TIMEOUT", "Unavailable, billed unknown"),
  status(409, "ABORTED", "Conflict, billed no"),
  status(413, "TOO_LARGE", "InvalidRequest, billed no"),
  status(418, "TEAPOT", "Unknown, billed unknown"),
  status(499, "CANCELLED", "Cancelled, billed unknown"),
  status(500, "INTERNAL", "Internal, billed unknown"),
  status(501, "UNIMPLEMENTED", "Unknown, billed unknown"),
  status(503, "UNAVAILABLE", "Unavailable, billed unknown"),
  status(504, "DEADLINE_EXCEEDED", "DeadlineExceeded server, billed unknown"),
  status(599, "STRANGE", "Unknown, billed unknown"),
  {
    name: "401, again after the token was refreshed",
    answer: () => reply(401, error(401, "UNAUTHENTICATED")),
    expect: all("Unauthenticated, billed no"),
    requests: 2
  },
  {
    name: "401 once",
    answer: (operation) => inTurn(reply(401, error(401, "UNAUTHENTICATED")), goodAnswer(operation)),
    expect: right,
    requests: 2
  },
  {
    name: "502 with an HTML page",
    answer: () => reply(502, "<html><h1>502 Bad Gateway</h1></html>", { "content-type": "text/html" }),
    expect: all("Unavailable, billed unknown")
  },
  { name: "500 with an empty body", answer: () => reply(500, ""), expect: all("Internal, billed unknown") },
  {
    name: "400 with a list of errors",
    answer: () => reply(400, `[${error(400, "INVALID_ARGUMENT")}]`),
    expect: all("InvalidRequest, billed no")
  },
  {
    name: "403 with an error of wrong types",
    answer: () => reply(403, '{"error":{"message":7,"details":"x","status":[]}}'),
    expect: all("PermissionDenied, billed no")
  },
  {
    name: "429 with an error nested 100,000 deep",
    answer: () => reply(429, `${'{"error":'.repeat(100_000)}1${"}".repeat(100_000)}`),
    expect: all(exhausted)
  },
  {
    name: "503 with a body cut short",
    answer: () => rawAndEnd('HTTP/1.1 503 X\r\ncontent-length: 999\r\n\r\n{"error":'),
    expect: all("Unavailable, billed unknown")
  },
  {
    name: "503 with invalid UTF-8",
    answer: () => reply(503, Buffer.from([0xff, 0xfe, 0x00])),
    expect: all("Unavailable, billed unknown")
  },
  throttled("no hint", {}, ""),
  throttled("RetryInfo", {}, ", wait 12.5 s", retryInfo("12.500s")),
  {
    name: "429 with RetryInfo, in pieces",
    answer: () => {
      const text = error(429, "RESOURCE_EXHAUSTED", retryInfo("12.500s"))
      return drip(`HTTP/1.1 429 X\r\ncontent-length: ${text.length}\r\n\r\n`, text, 1)
    },
    expect: all(`${exhausted}, wait 12.5 s`)
  },
  throttled("RetryInfo of nonsense", {}, "", retryInfo("soon")),
  throttled("Retry-After: 7", { "retry-after": "7" }, ", wait 7 s"),
  throttled("Retry-After: 1000000000", { "retry-after": "1000000000" }, ", wait 1000000000 s"),
  throttled("Retry-After: -5", { "retry-after": "-5" }, ""),
  throttled("Retry-After: banana", { "retry-after": "banana" }, ""),
  throttled(
    "Retry-After: a date in the past",
    { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", date: "Tue, 24 Nov 2026 07:28:00 GMT" },
    ""
  )
]

const unavailable = reply(503, error(503, "UNAVAILABLE"))

const halfABody = rawAndEnd("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")

/** Rows with a policy of several attempts. */
const retried: ReadonlyArray<Row> = [
  {
    name: "503 twice, then a right answer",
    answer: (operation) => inTurn(unavailable, unavailable, goodAnswer(operation)),
    expect: right,
    attempts: 4,
    requests: 3
  },
  {
    name: "503 for ever",
    answer: () => unavailable,
    expect: all("Unavailable, billed unknown"),
    attempts: 3,
    requests: 3
  },
  {
    name: "a reset, then a right answer",
    answer: (operation) => inTurn(rawAndReset(""), goodAnswer(operation)),
    expect: right,
    attempts: 4,
    requests: 2
  },
  {
    name: "half a body, then a right answer",
    answer: (operation) => inTurn(halfABody, goodAnswer(operation)),
    expect: { generate: "ok 7", countTokens: "ok 3" },
    attempts: 4,
    requests: 2
  },
  {
    name: "half a stream is not tried again",
    answer: (operation) => inTurn(halfABody, goodAnswer(operation)),
    expect: { stream: "Transport reset body, billed unknown" },
    attempts: 4
  },
  {
    name: "429 with RetryInfo, then a right answer",
    answer: (operation) =>
      inTurn(reply(429, error(429, "RESOURCE_EXHAUSTED", retryInfo("0.050s"))), goodAnswer(operation)),
    expect: right,
    attempts: 4,
    requests: 2
  },
  {
    name: "429 that asks to wait for 30 years",
    answer: () => reply(429, error(429, "RESOURCE_EXHAUSTED"), { "retry-after": "1000000000" }),
    expect: all(`${exhausted}, wait 1000000000 s`),
    attempts: 4
  },
  {
    name: "400 is not tried again",
    answer: () => reply(400, error(400, "INVALID_ARGUMENT")),
    expect: all("InvalidRequest, billed no"),
    attempts: 4
  },
  {
    name: "a redirect is not tried again",
    answer: (_, elsewhere) => reply(307, "", { location: elsewhere }),
    expect: all("Transport redirect headers, billed no"),
    attempts: 4
  },
  {
    name: "an answer that is not JSON is not tried again",
    answer: () => raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"),
    expect: {
      generate: "MalformedResponse body, billed unknown",
      stream: "MalformedResponse stream, billed unknown",
      countTokens: "MalformedResponse body, billed unknown"
    },
    attempts: 4
  },
  {
    name: "a filtered answer is not tried again",
    answer: (operation: Operation) => {
      const blocked = { ...good, candidates: [{ finishReason: "SAFETY" }] }
      return operation === "stream" ? stream(events([blocked])) : json(blocked)
    },
    expect: {
      generate: "ContentBlocked candidate SAFETY, billed yes",
      stream: "ContentBlocked candidate SAFETY, billed yes"
    },
    attempts: 4
  }
]

export const statusRows: ReadonlyArray<Row> = [...statuses, ...retried]
