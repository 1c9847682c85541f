/** Connections that break, lie, stall or lead elsewhere. */
import { beat, drip, endless, openHead, raw, rawAndEnd, rawAndReset, reply, silence } from "./HostileAnswer.ts"
import { all, goodAnswer, goodText, right, type Row } from "./HostileRow.ts"

const reset = "Transport reset headers, billed unknown"
const cut = "Transport reset body, billed unknown"
const protocol = "Transport protocol headers, billed unknown"
const redirect = "Transport redirect headers, billed no"
const tls = "Transport tls connect, billed no"
const headersLate = "DeadlineExceeded headers, billed unknown"
const idle = "DeadlineExceeded idle, billed unknown"
const late = "DeadlineExceeded total, billed unknown"

const redirects = [301, 302, 303, 307, 308].map((status): Row => ({
  name: `${status} to another host`,
  answer: (_, elsewhere) => reply(status, "", { location: `${elsewhere}/v1/steal` }),
  expect: all(redirect)
}))

const tlsRows: ReadonlyArray<Row> = [
  { name: "a good certificate, and an offer of HTTP/2 (control)", server: "good", answer: goodAnswer, expect: right },
  { name: "a self-signed certificate", server: "self-signed", answer: goodAnswer, expect: all(tls), requests: 0 },
  { name: "a certificate of another host", server: "wrong host", answer: goodAnswer, expect: all(tls), requests: 0 },
  { name: "an expired certificate", server: "expired", answer: goodAnswer, expect: all(tls), requests: 0 },
  {
    name: "https to a port that speaks http",
    scheme: "https",
    connection: (socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")),
    answer: () => silence,
    expect: all("Transport tls connect, billed no"),
    requests: 0
  },
  {
    name: "http to a port that speaks TLS",
    scheme: "http",
    server: "good",
    answer: goodAnswer,
    expect: all(reset),
    requests: 0
  },
  {
    name: "a TLS handshake that never goes on, and little time in total",
    scheme: "https",
    answer: () => silence,
    expect: all("DeadlineExceeded total, billed no"),
    timeouts: { connect: "1 minute", total: "300 millis" },
    requests: 0
  },
  {
    name: "a TLS handshake that never goes on",
    scheme: "https",
    answer: () => silence,
    expect: all("DeadlineExceeded connect, billed no"),
    timeouts: { connect: "300 millis" },
    requests: 0
  }
]

export const connectionRows: ReadonlyArray<Row> = [
  {
    name: "a right answer (control)",
    answer: goodAnswer,
    expect: right
  },
  {
    name: "a port without a server",
    server: "closed",
    answer: () => silence,
    expect: all("Transport refused connect, billed no"),
    requests: 0
  },
  { name: "reset once the request was read", answer: () => rawAndReset(""), expect: all(reset) },
  { name: "closed once the request was read", answer: () => rawAndEnd(""), expect: all(reset) },
  {
    name: "reset in the middle of the head",
    answer: () => rawAndReset("HTTP/1.1 200 OK\r\ncontent-ty"),
    expect: all(reset)
  },
  {
    name: "closed in the middle of the head",
    answer: () => rawAndEnd("HTTP/1.1 200 OK\r\ncontent-ty"),
    expect: all(reset)
  },
  { name: "reset after the head", answer: () => rawAndReset(openHead({ "content-length": 99 })), expect: all(cut) },
  {
    name: "closed before the end of a body of known length",
    answer: (operation) => rawAndEnd(openHead({ "content-length": 9_999 }) + goodText(operation)),
    expect: all(cut)
  },
  {
    name: "reset in the middle of the body",
    answer: (operation) => rawAndReset(openHead({ "content-length": 9_999 }) + goodText(operation).slice(0, 9)),
    expect: all(cut)
  },
  {
    name: "closed without the last chunk",
    answer: () => rawAndEnd(`${openHead({ "transfer-encoding": "chunked" })}5\r\n{"can\r\n`),
    expect: all(cut)
  },
  {
    name: "a chunk whose length is no number",
    answer: () => raw(`${openHead({ "transfer-encoding": "chunked" })}zz\r\n{}\r\n0\r\n\r\n`),
    expect: all("Transport protocol body, billed unknown")
  },
  {
    name: "bytes that are not HTTP",
    answer: () => rawAndEnd("\u0000\u0001\u0002 nonsense\r\n\r\n"),
    expect: all(protocol)
  },
  { name: "another protocol", answer: () => raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"), expect: all(protocol) },
  { name: "a status that is no number", answer: () => raw("HTTP/1.1 abc OK\r\n\r\n"), expect: all(protocol) },
  {
    name: "an unknown HTTP version",
    answer: () => raw("HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n"),
    expect: all(protocol)
  },
  { name: "a header of 1 MB", answer: () => raw(openHead({ "x-big": "x".repeat(1 << 20) })), expect: all(protocol) },
  {
    name: "20,000 headers",
    answer: () => raw(openHead(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`x-${i}`, "1"])))),
    expect: all(protocol)
  },
  {
    name: "two lengths that contradict each other",
    answer: () => raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\n{}"),
    expect: all(reset)
  },
  {
    name: "a length and chunks at once",
    answer: () => raw(openHead({ "content-length": 2, "transfer-encoding": "chunked" })),
    expect: all(reset)
  },
  { name: "a negative length", answer: () => raw(openHead({ "content-length": -1 })), expect: all(protocol) },
  {
    name: "a body without any length, ended by the connection",
    answer: (operation) =>
      rawAndEnd(openHead() + (operation === "stream" ? `data: ${goodText(operation)}\n\n` : goodText(operation))),
    expect: right
  },
  {
    name: "a second answer behind the first",
    answer: (operation) => (exchange) => {
      goodAnswer(operation)(exchange)
      raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")(exchange)
    },
    expect: right
  },
  {
    name: "103 Early Hints before the answer",
    answer: (operation) => (exchange) => {
      raw("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")(exchange)
      goodAnswer(operation)(exchange)
    },
    expect: right
  },
  {
    name: "101 Switching Protocols",
    answer: () => raw("HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
    expect: all(reset)
  },
  {
    name: "silence",
    answer: () => silence,
    expect: all(headersLate),
    timeouts: { firstByte: 300, firstByteOfStream: 300 }
  },
  {
    name: "a head that comes byte by byte, for ever",
    answer: () => beat("HTTP/1.1 200 OK\r\nx-slow: ", "y", 50),
    expect: all(headersLate),
    timeouts: { firstByte: 400, firstByteOfStream: 400 }
  },
  {
    name: "a head and then nothing",
    answer: () => raw(openHead({ "content-length": 99 })),
    expect: all(idle),
    timeouts: { idle: 300 }
  },
  {
    name: "half a body and then nothing",
    answer: (operation) => raw(openHead({ "content-length": 9_999 }) + goodText(operation).slice(0, 9)),
    expect: all(idle),
    timeouts: { idle: 300 }
  },
  {
    name: "one byte every 50 ms, for ever",
    answer: () => beat(openHead({ "content-length": 9_999_999 }), " ", 50),
    expect: all(late),
    timeouts: { idle: 2_000, total: 600 }
  },
  {
    name: "one byte every 2 ms, to the end",
    answer: (operation) => {
      const text = operation === "stream" ? `data: ${goodText(operation)}\n\n` : goodText(operation)
      return drip(openHead({ "content-length": text.length }), text, 2)
    },
    expect: right
  },
  {
    name: "an endless body",
    answer: () => endless(openHead(), " ".repeat(65_536)),
    expect: all("ResponseTooLarge, billed unknown"),
    limits: { response: 1 << 20, stream: 1 << 20 }
  },
  {
    name: "an endless body after an error status",
    answer: () => endless(openHead({}, 503), "x".repeat(65_536)),
    expect: all("Unavailable, billed unknown"),
    limits: { response: 1 << 20, stream: 1 << 20 }
  },
  {
    name: "an error status whose body never comes",
    answer: () => raw(openHead({ "content-length": 99 }, 429)),
    expect: all("ResourceExhausted, billed no"),
    timeouts: { idle: 300 }
  },
  {
    name: "the announcement of a petabyte",
    answer: () => raw(`${openHead({ "content-length": "1125899906842624" })}{`),
    expect: all(idle),
    timeouts: { idle: 300 }
  },
  ...redirects,
  { name: "301 to nowhere", answer: () => reply(301, ""), expect: all(redirect) },
  { name: "304 Not Modified", answer: () => raw("HTTP/1.1 304 Not Modified\r\n\r\n"), expect: all(redirect) },
  ...tlsRows
]
