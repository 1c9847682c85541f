/** What the fake server sends, byte for byte, prepared once: answers of the sizes and with the headers that Vertex AI sends. */

const head = (status: string, fields: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${fields}\r\ndate: Sun, 22 Nov 2026 18:40:00 GMT\r\nserver: scaffolding on HTTPServer2\r\n` +
  "vary: Origin, X-Origin, Referer\r\nx-xss-protection: 0\r\nx-frame-options: SAMEORIGIN\r\nx-content-type-options: nosniff\r\n"

const whole = (status: string, json: unknown) => {
  const body = JSON.stringify(json)
  const start = head(status, "application/json; charset=UTF-8")
  return Buffer.from(`${start}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

const text = "The capital of France is Paris, a city on the Seine. "

const candidate = (text: string, rest: object = {}) => ({ content: { role: "model", parts: [{ text }] }, ...rest })

const usageMetadata = (output: number) => ({
  promptTokenCount: 12,
  candidatesTokenCount: output,
  totalTokenCount: 12 + output,
  trafficType: "ON_DEMAND",
  promptTokensDetails: [{ modality: "TEXT", tokenCount: 12 }],
  candidatesTokensDetails: [{ modality: "TEXT", tokenCount: output }]
})

const origin = {
  modelVersion: "gemini-3.5-flash",
  createTime: "2026-11-22T18:40:00.123456Z",
  responseId: "kJ8iaab3GdqnmecP_-7zoQ0"
}

/** An answer of generateContent with a body of about 700 bytes. */
export const answer = whole("200 OK", {
  candidates: [candidate(text.repeat(4), { finishReason: "STOP", avgLogprobs: -0.02 })],
  usageMetadata: usageMetadata(45),
  ...origin
})

const failure = (code: number, phrase: string, status: string, message: string) =>
  whole(`${code} ${phrase}`, { error: { code, message, status } })

export const tooManyRequests = failure(
  429,
  "Too Many Requests",
  "RESOURCE_EXHAUSTED",
  "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
)

export const unavailable = failure(
  503,
  "Service Unavailable",
  "UNAVAILABLE",
  "The service is currently unavailable. Please try again."
)

/** Events of one stream. */
export const eventsPerStream = 200

// Vertex AI flushes after each event, so each is a chunk of HTTP/1.1 of its own.
const chunk = (json: unknown) => {
  const event = `data: ${JSON.stringify(json)}\r\n\r\n`
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`
}

const streamHead = `${head("200 OK", "text/event-stream")}transfer-encoding: chunked\r\n\r\n`
const delta = chunk({ candidates: [candidate(text)], usageMetadata: { trafficType: "ON_DEMAND" }, ...origin })
const last = chunk({
  candidates: [candidate(text, { finishReason: "STOP" })],
  usageMetadata: usageMetadata(2400),
  ...origin
})

/** A stream of `eventsPerStream` events of about 270 bytes. */
export const stream = Buffer.from(`${streamHead}${delta.repeat(eventsPerStream - 1)}${last}0\r\n\r\n`)

/** The first three events of a stream that then says nothing any more. */
export const beginning = Buffer.from(streamHead + delta.repeat(3))
