/**
 * A row of the table: what a server does, and what every operation must make of it.
 */
import type * as VertexConfig from "@genops/vertex/VertexConfig"
import { events, json, stream } from "./HostileAnswer.ts"
import type { Answer, Script } from "./HostileServer.ts"

export const operations = ["generate", "stream", "countTokens"] as const
export type Operation = (typeof operations)[number]

export interface Row {
  readonly name: string
  /** `elsewhere` is the origin of another server, which nobody may contact. */
  readonly answer: (operation: Operation, elsewhere: string) => Answer
  readonly connection?: Script["connection"]
  /** The outcome by operation, as `Outcome.of` prints it; an operation that is left out makes no sense here. */
  readonly expect: { readonly [K in Operation]?: string }
  /** Requests that the server reads in full. Default 1. */
  readonly requests?: number
  /** Waits and limits; the defaults are long enough to never be the cause. */
  readonly timeouts?: VertexConfig.Options["timeouts"]
  readonly limits?: VertexConfig.Options["limits"]
  /** Attempts that the policy allows. Default 1. */
  readonly attempts?: number
  /** Which certificate the server shows; without one it speaks plain http. `closed` leaves the port without a server. */
  readonly server?: "closed" | "good" | "self-signed" | "wrong host" | "expired"
  /** The scheme of the base URL, where it is not the server's own. */
  readonly scheme?: "http" | "https"
}

export const all = (outcome: string) => ({ generate: outcome, stream: outcome, countTokens: outcome })
export const unary = (outcome: string, stream: string) => ({ generate: outcome, stream, countTokens: outcome })
export const right = { generate: "ok 7", stream: "ok 7", countTokens: "ok 3" }

const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 }
export const good = {
  candidates: [{ content: { role: "model", parts: [{ text: "7" }] }, finishReason: "STOP" }],
  usageMetadata
}
const count = { totalTokens: 3 }

/** A right answer to the operation. */
export const goodAnswer = (operation: Operation): Answer =>
  operation === "stream" ? stream(events([good])) : json(operation === "generate" ? good : count)

/** The JSON text of a right answer to the operation. */
export const goodText = (operation: Operation): string => JSON.stringify(operation === "countTokens" ? count : good)

/** A body for generate, also as the only event of a stream. */
export const body = (text: string) => (operation: Operation) =>
  operation === "stream" ? stream(`data: ${text}\r\n\r\n`) : raw200(text)

const raw200 =
  (text: string): Answer =>
  ({ socket }) => {
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
    )
  }

/** A right body with other members at the top, in the first candidate, or in the usage. */
export const altered = (changes: {
  readonly top?: string
  readonly candidate?: string
  readonly usage?: string
}): string => {
  const { candidate = '"content":{"role":"model","parts":[{"text":"7"}]},"finishReason":"STOP"' } = changes
  const { top = "", usage = JSON.stringify(usageMetadata) } = changes
  return `{"candidates":[{${candidate}}],"usageMetadata":${usage}${top}}`
}
