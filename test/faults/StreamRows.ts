/** Streams that break off, lie, or never end. */
import * as fs from "node:fs"
import { beat, chunk, endless, events, raw, rawAndEnd, rawAndReset, stream, streamHead } from "./HostileAnswer.ts"
import { good, type Row } from "./HostileRow.ts"
import type { Answer } from "./HostileServer.ts"

const cut = "StreamTruncated"
const delta = (text: string) => ({ candidates: [{ content: { role: "model", parts: [{ text }] } }] })
const two = [delta("The "), delta("answer ")]
const soFar = `${cut} after "The answer ", billed unknown`
const overloaded = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }

const row = (name: string, answer: Answer, outcome: string, more: Partial<Row> = {}): Row => ({
  name,
  answer: () => answer,
  expect: { stream: outcome },
  ...more
})

const whole = `${events([...two, good])}`

export const streamRows: ReadonlyArray<Row> = [
  row("CR LF between events", stream(whole), "ok The answer 7"),
  row("LF between events", stream(whole.replaceAll("\r\n", "\n")), "ok The answer 7"),
  row("CR between events", stream(whole.replaceAll("\r\n", "\r")), "ok The answer 7"),
  row(
    "comments and unknown fields",
    stream(`: hello\r\n\r\nevent: message\r\nid: 7\r\nretry: 1\r\n${whole}`),
    "ok The answer 7"
  ),
  row(
    "an event over several data lines",
    stream(`data: {"candidates":[{"content":{"parts":[{"text":"7"}]},\ndata: "finishReason":"STOP"}]}\n\n`),
    "ok 7"
  ),
  row("no empty line behind the last event", stream(whole.trimEnd()), "ok The answer 7"),
  row(
    "one byte in each chunk",
    raw(
      Buffer.concat([
        streamHead(),
        ...Array.from(Buffer.from(whole), (byte) => chunk(Uint8Array.of(byte))),
        Buffer.from("0\r\n\r\n")
      ])
    ),
    "ok The answer 7"
  ),
  row(
    "characters of four bytes cut in two",
    raw(
      Buffer.concat([
        streamHead(Buffer.from(events([delta("😀")])).subarray(0, 58)),
        chunk(Buffer.from(events([delta("😀")])).subarray(58)),
        chunk(events([good])),
        Buffer.from("0\r\n\r\n")
      ])
    ),
    "ok 😀7"
  ),
  row(
    "100,000 tiny events",
    stream(events(Array.from({ length: 100_000 }, () => delta("x"))) + events([good])),
    "ok x…7"
  ),
  row("an event after the finish", stream(whole + events([delta("!")])), "ok The answer 7!"),
  row("no event at all", stream(""), `${cut} after "", billed unknown`),
  row("no finish reason", stream(events(two)), soFar),
  row("closed between events", rawAndEnd(streamHead(events(two))), soFar),
  row("closed within an event", rawAndEnd(streamHead(events(two) + 'data: {"candi')), soFar),
  row("ended in good order within an event", stream(events(two) + 'data: {"candi'), soFar),
  row("reset between events", rawAndReset(streamHead(events(two))), soFar),
  row("silence between events", raw(streamHead(events(two))), soFar, { timeouts: { idle: 300 } }),
  row("a head and no event", raw(streamHead()), "DeadlineExceeded idle, billed unknown", { timeouts: { idle: 300 } }),
  row(
    "comments for ever",
    beat(streamHead(), chunk(": still here\n\n"), 30),
    "DeadlineExceeded total, billed unknown",
    {
      timeouts: { total: 600 }
    }
  ),
  row(
    "events for ever",
    endless(streamHead(), chunk(events([delta("x".repeat(1_000))]))),
    'ResponseTooLarge after "x…", billed unknown',
    { limits: { response: 1 << 20, stream: 1 << 20 } }
  ),
  row(
    "slow events for ever",
    beat(streamHead(), chunk(events([delta("x")])), 20),
    `${cut} after "x…", billed unknown`,
    { timeouts: { total: 600 } }
  ),
  row(
    "an event above its limit",
    stream(events([delta("x".repeat(200_000)), good])),
    "ResponseTooLarge, billed unknown",
    { limits: { event: 100_000 } }
  ),
  row(
    "a line that never ends",
    endless(streamHead("data: "), chunk("x".repeat(10_000))),
    "ResponseTooLarge, billed unknown",
    { limits: { event: 100_000 } }
  ),
  row("an error as the first event", stream(events([overloaded])), "Unavailable, billed unknown"),
  row(
    "an error in mid-stream, as data",
    stream(events([...two, overloaded])),
    'Unavailable after "The answer ", billed unknown'
  ),
  row(
    "an error in mid-stream, bare",
    stream(`${events(two)}${JSON.stringify(overloaded)}\r\n\r\n`),
    'Unavailable after "The answer ", billed unknown'
  ),
  row(
    "an error in mid-stream, bare, in pieces and without an end",
    rawAndEnd(
      Buffer.concat([
        streamHead(events(two)),
        chunk('{"error":{"code":429,'),
        chunk('"message":"busy","status":"RESOURCE_EXHAUSTED"}}'),
        Buffer.from("0\r\n\r\n")
      ])
    ),
    'ResourceExhausted after "The answer ", billed unknown'
  ),
  row(
    "an error in mid-stream, printed over several lines",
    stream(`${events(two)}${JSON.stringify([overloaded], null, 2)}`),
    'Unavailable after "The answer ", billed unknown'
  ),
  row("an event that is not JSON", stream(`${events(two)}data: <html>\r\n\r\n`), soFar),
  row("an event of wrong types", stream(events([...two, { candidates: 7 }])), soFar),
  row(
    "invalid UTF-8 in mid-stream",
    beat(streamHead(events(two)), chunk(Uint8Array.of(0x64, 0xff, 0xff, 0x0a)), 30),
    soFar
  ),
  row(
    "a filter in mid-stream",
    stream(events([...two, { candidates: [{ finishReason: "SAFETY" }] }])),
    "ContentBlocked candidate SAFETY, billed yes"
  ),
  row(
    "a __proto__ key in an event",
    stream(
      `data: {"__proto__":{"polluted":true},"candidates":[{"__proto__":{"polluted":true},"content":{"parts":[{"text":"7"}]},"finishReason":"STOP"}]}\n\n`
    ),
    "ok 7"
  ),
  row("cut in mid-stream is not tried again", rawAndReset(streamHead(events(two))), soFar, { attempts: 4 }),
  ...["text.sse", "text-lf.sse"].map((name) =>
    row(
      `recorded ${name}`,
      stream(fs.readFileSync(new URL(`../../packages/vertex/test/fixtures/streams/${name}`, import.meta.url))),
      "ok The capital of France is Paris — 巴黎."
    )
  )
]
