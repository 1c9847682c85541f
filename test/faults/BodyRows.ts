/** Whole answers, and events of a stream, that are not what the protocol says. */
import * as zlib from "node:zlib"
import { reply, stream } from "./HostileAnswer.ts"
import { all, altered, body, good, goodText, right, type Row, unary } from "./HostileRow.ts"

const malformed = (where: string) => `MalformedResponse ${where}, billed unknown`
const cut = 'StreamTruncated after "", billed unknown'
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`

const bomb = zlib.gzipSync(Buffer.alloc(100 << 20))

/** The same bytes as the whole answer of every operation. */
const whole = (name: string, bytes: string | Uint8Array, outcome: string, ofStream: string): Row => ({
  name: `200 with ${name}`,
  answer: () => reply(200, bytes),
  expect: { generate: outcome, stream: ofStream, countTokens: outcome }
})

const wholes: ReadonlyArray<Row> = [
  whole("an empty body", "", malformed("body"), cut),
  whole("white space", " \r\n ", malformed("body"), malformed("stream")),
  whole(
    "an HTML page",
    "<!doctype html><html><body>Sign in to the Wi-Fi</body></html>",
    malformed("body"),
    malformed("stream")
  ),
  whole("plain text", "upstream connect error", malformed("body"), malformed("stream")),
  whole("null", "null", malformed("body"), malformed("stream")),
  whole("a number", "42", malformed("body"), malformed("stream")),
  whole("a list", "[]", malformed("body"), malformed("stream")),
  whole("a text", '"fine"', malformed("body"), malformed("stream")),
  whole("invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), malformed("body"), malformed("stream")),
  whole("NUL bytes", Buffer.alloc(1_000), malformed("body"), malformed("stream")),
  whole("200,000 open brackets", "[".repeat(200_000), malformed("body"), malformed("stream")),
  whole("a brotli body", zlib.brotliCompressSync(JSON.stringify(good)), malformed("body"), malformed("stream")),
  {
    name: "200 with a gzip body that nobody asked for",
    answer: (operation) => reply(200, zlib.gzipSync(goodText(operation)), { "content-encoding": "gzip" }),
    expect: { generate: malformed("body"), stream: malformed("stream"), countTokens: malformed("body") }
  },
  {
    name: "200 with a gzip bomb of 100 MB",
    answer: () => reply(200, bomb, { "content-encoding": "gzip" }),
    expect: { generate: malformed("body"), stream: malformed("stream"), countTokens: malformed("body") }
  },
  {
    name: "200 with a byte order mark before the JSON",
    answer: (operation) =>
      operation === "stream"
        ? stream(`\ufeffdata: ${goodText(operation)}\n\n`)
        : reply(200, `\ufeff${goodText(operation)}`),
    expect: right
  },
  {
    name: "200 with truncated JSON",
    answer: (operation) => body(goodText(operation).slice(0, -2))(operation),
    expect: all(malformed("body"))
  },
  {
    name: "200 with two JSON values",
    answer: (operation) => body(goodText(operation) + goodText(operation))(operation),
    expect: all(malformed("body"))
  },
  {
    name: "200 with an error object",
    answer: (operation) => body('{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}')(operation),
    expect: all("Unavailable, billed unknown")
  },
  { name: "204 without a body", answer: () => reply(204, ""), expect: unary(malformed("body"), cut) },
  {
    name: "201 with a right body",
    answer: (operation) =>
      reply(201, operation === "stream" ? `data: ${goodText(operation)}\n\n` : goodText(operation)),
    expect: right
  }
]

const generated = (name: string, text: string, outcome: string, ofStream = outcome): Row => ({
  name,
  answer: (operation) => body(text)(operation),
  expect: { generate: outcome, stream: ofStream }
})

const usage = (counts: string) => altered({ usage: `{${counts}}` })
const atUsage = (field: string) => malformed(`usageMetadata.${field}`)

const counts: ReadonlyArray<Row> = [
  generated("-1 tokens", usage('"promptTokenCount":-1'), atUsage("promptTokenCount")),
  generated("3.5 tokens", usage('"promptTokenCount":3.5'), atUsage("promptTokenCount")),
  generated("1e400 tokens", usage('"totalTokenCount":1e400'), atUsage("totalTokenCount")),
  generated("2^53 tokens", usage('"totalTokenCount":9007199254740992'), atUsage("totalTokenCount")),
  generated('"3" tokens', usage('"candidatesTokenCount":"3"'), atUsage("candidatesTokenCount")),
  generated("null tokens", usage('"thoughtsTokenCount":null'), atUsage("thoughtsTokenCount")),
  generated("usage that is a list", altered({ usage: "[]" }), malformed("usageMetadata")),
  generated(
    "a total above its parts",
    usage('"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":9'),
    "ok 7"
  ),
  generated(
    "a total below its parts",
    usage('"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":2'),
    "ok 7"
  ),
  generated("more cached than prompt tokens", usage('"promptTokenCount":3,"cachedContentTokenCount":9'), "ok 7"),
  generated("no usage", '{"candidates":[{"content":{"parts":[{"text":"7"}]},"finishReason":"STOP"}]}', "ok 7")
]

const fields: ReadonlyArray<Row> = [
  generated("candidates that are a text", '{"candidates":"x"}', malformed("candidates")),
  generated("candidates that are an object", '{"candidates":{}}', malformed("candidates")),
  generated("a candidate that is null", '{"candidates":[null]}', malformed("candidates.0")),
  generated(
    "parts that are an object",
    altered({ candidate: '"content":{"parts":{}}' }),
    malformed("candidates.0.content.parts")
  ),
  generated(
    "a text that is a number",
    altered({ candidate: '"content":{"parts":[{"text":7}]}' }),
    malformed("candidates.0.content.parts.0.text")
  ),
  generated(
    "a finish reason that is a number",
    altered({ candidate: '"finishReason":1' }),
    malformed("candidates.0.finishReason")
  ),
  generated(
    "a function call without a shape",
    altered({ candidate: '"content":{"parts":[{"functionCall":"f"}]}' }),
    malformed("candidates.0.content.parts.0.functionCall")
  ),
  generated(
    "an unknown finish reason",
    altered({ candidate: '"content":{"parts":[{"text":"7"}]},"finishReason":"BORED"' }),
    "ok 7"
  ),
  generated(
    "unknown fields everywhere",
    altered({
      top: ',"new":{"a":[1]}',
      candidate: '"content":{"parts":[{"text":"7","later":1}],"x":1},"finishReason":"STOP","y":2'
    }),
    "ok 7"
  ),
  generated(
    "a __proto__ key",
    altered({ top: ',"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}' }),
    "ok 7"
  ),
  generated(
    "__proto__ as a candidate's key",
    altered({
      candidate:
        '"content":{"parts":[{"text":"7","__proto__":{"polluted":true}}]},"finishReason":"STOP","__proto__":{"polluted":true}'
    }),
    "ok 7"
  ),
  generated(
    "the same key twice",
    altered({
      candidate: '"content":{"parts":[{"text":"no"}]},"content":{"parts":[{"text":"7"}]},"finishReason":"STOP"'
    }),
    "ok 7"
  ),
  generated(
    "half a surrogate pair",
    altered({ candidate: '"content":{"parts":[{"text":"7\\ud800"}]},"finishReason":"STOP"' }),
    "ok 7\ud800"
  ),
  generated("an unknown field nested 200,000 deep", altered({ top: `,"x":${deep(200_000)}` }), "ok 7"),
  generated(
    "arguments nested 200,000 deep",
    altered({
      candidate: `"content":{"parts":[{"text":"7"},{"functionCall":{"name":"f","args":${deep(200_000)}}}]},"finishReason":"STOP"`
    }),
    "ok 7"
  ),
  generated(
    "a text of 4 MB",
    altered({ candidate: `"content":{"parts":[{"text":"${"7".repeat(4 << 20)}"}]},"finishReason":"STOP"` }),
    "ok 7…"
  ),
  generated(
    "a filtered prompt",
    '{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"candidates":[],"usageMetadata":{"promptTokenCount":3}}',
    "ContentBlocked prompt PROHIBITED_CONTENT, billed yes"
  ),
  generated(
    "a prompt filtered for an unknown reason",
    '{"promptFeedback":{"blockReason":"NEW_REASON"}}',
    "ContentBlocked prompt NEW_REASON, billed yes"
  ),
  generated(
    "a filtered answer",
    altered({ candidate: '"finishReason":"SAFETY"' }),
    "ContentBlocked candidate SAFETY, billed yes"
  ),
  generated(
    "an answer cut by maxOutputTokens, without parts",
    altered({ candidate: '"content":{"role":"model"},"finishReason":"MAX_TOKENS"' }),
    "ok"
  ),
  generated("an object without any field", "{}", malformed("candidates"), cut)
]

const counted = (name: string, text: string, outcome: string): Row => ({
  name: `a count of ${name}`,
  answer: () => body(text)("countTokens"),
  expect: { countTokens: outcome }
})

const tokenCounts: ReadonlyArray<Row> = [
  counted("-1", '{"totalTokens":-1}', malformed("totalTokens")),
  counted("3.5", '{"totalTokens":3.5}', malformed("totalTokens")),
  counted("1e400", '{"totalTokens":1e400}', malformed("totalTokens")),
  counted('"3"', '{"totalTokens":"3"}', malformed("totalTokens")),
  counted("null", '{"totalTokens":null}', malformed("totalTokens")),
  counted("NaN characters", '{"totalTokens":3,"totalBillableCharacters":{}}', malformed("totalBillableCharacters")),
  counted("3 and unknown fields", '{"totalTokens":3,"__proto__":{"polluted":true},"new":1}', "ok 3"),
  counted("nothing", "{}", malformed("totalTokens"))
]

export const bodyRows: ReadonlyArray<Row> = [...wholes, ...counts, ...fields, ...tokenCounts]
