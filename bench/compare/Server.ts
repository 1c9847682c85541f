/**
 * The far end, in a process of its own: answers generateContent as `Work.ts` says, after the time that it says, at once, or within a quota.
 *
 *   node Server.ts latency=ROUND | none | quota=20
 */
import * as Http from "node:http"
import * as Work from "./Work.ts"

const mode = process.argv[2] ?? "none"
const round = Number(/^latency=(\d+)$/.exec(mode)?.[1] ?? NaN)
const quota = Number(/^quota=(\d+)$/.exec(mode)?.[1] ?? Infinity)

// A bucket that holds the quota of a second.
let tokens = quota
let filled = performance.now()
const admits = (): boolean => {
  if (quota === Infinity) return true
  const now = performance.now()
  tokens = Math.min(quota, tokens + ((now - filled) * quota) / 1000)
  filled = now
  if (tokens < 1) return false
  tokens -= 1
  return true
}

const json = { "content-type": "application/json; charset=UTF-8" }
const refusal = JSON.stringify({
  error: { code: 429, message: "Resource exhausted. Please try again later.", status: "RESOURCE_EXHAUSTED" }
})

interface Asked {
  readonly contents: ReadonlyArray<{ readonly parts: ReadonlyArray<{ readonly text: string }> }>
  readonly generationConfig: { readonly seed: number }
}

const counts = { answered: 0, refused: 0 }

const server = Http.createServer((request, response) => {
  const pieces: Array<Buffer> = []
  request.on("data", (piece: Buffer) => pieces.push(piece))
  request.on("end", () => {
    if (!admits()) {
      counts.refused++
      response.writeHead(429, json).end(refusal)
      return
    }
    // The contestants send nothing else.
    const { contents, generationConfig } = JSON.parse(Buffer.concat(pieces).toString()) as Asked
    const prompt = contents[0]?.parts[0]?.text ?? ""
    const { seed } = generationConfig
    const text = Work.answerOf(seed, prompt)
    const [input, output] = [Math.ceil(prompt.length / 4), Math.ceil(text.length / 4)]
    const body = JSON.stringify({
      candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
      modelVersion: "bench",
      responseId: "x"
    })
    counts.answered++
    const answer = () => response.writeHead(200, json).end(body)
    if (Number.isNaN(round)) answer()
    else setTimeout(answer, Work.latencyOf(round, seed, prompt))
  })
})
server.keepAliveTimeout = 60_000

process.on("message", () => process.send?.(counts))
process.on("disconnect", () => process.exit())
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const address = server.address()
  if (address !== null && typeof address === "object") process.send?.({ port: address.port })
})
