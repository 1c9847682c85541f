/** Reads the events of a streamed answer from bytes cut anywhere, with the errors that Vertex writes between them. */
import * as Result from "effect/Result"
import * as VertexError from "../VertexError.ts"
import { type Failure, fromErrorObject } from "./errorMapping.ts"
import * as sse from "./sse.ts"

export interface EventReader<A> {
  /** Takes bytes and returns the values that they complete. A failure is kept until these are delivered. */
  readonly feed: (bytes: Uint8Array) => ReadonlyArray<A>
  /** Ends the stream and returns the last values. */
  readonly end: () => ReadonlyArray<A>
  readonly failure: () => Failure | undefined
}

const malformed = (description: string): Failure => ({
  reason: new VertexError.MalformedResponse({ where: "stream", description }),
  billed: "unknown"
})

export const make = <A>(
  decode: (text: string) => Result.Result<A, Failure>,
  limits: { readonly stream: number; readonly event: number }
): EventReader<A> => {
  const events = sse.make()
  const utf8 = new TextDecoder("utf-8", { fatal: true })
  let failure: Failure | undefined
  let size = 0

  const tooLarge = (limit: number) => {
    failure = { reason: new VertexError.ResponseTooLarge({ limit }), billed: "unknown" }
    return []
  }

  const read = (payloads: ReadonlyArray<string>): ReadonlyArray<A> => {
    const values: Array<A> = []
    for (const payload of payloads) {
      const value = Result.flatMap(errorIn(payload), () => decode(payload))
      if (Result.isFailure(value)) {
        failure = value.failure
        return values
      }
      values.push(value.success)
    }
    return values
  }

  const bareError = () => {
    const bare = events.foreign()
    const error = bare === "" ? undefined : errorIn(bare)
    if (error !== undefined && Result.isFailure(error)) failure ??= error.failure
  }

  const decodeText = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? utf8.decode() : utf8.decode(bytes, { stream: true })
    } catch {
      failure = malformed("the stream is not UTF-8")
      return ""
    }
  }

  return {
    feed: (bytes) => {
      size += bytes.byteLength
      if (size > limits.stream) return tooLarge(limits.stream)
      const values = read(events.feed(decodeText(bytes)))
      if (events.pending() > limits.event) return tooLarge(limits.event)
      bareError()
      return values
    },
    end: () => {
      const values = read(events.feed(decodeText()).concat(events.end()))
      bareError()
      if (events.foreign() !== "") failure ??= malformed("the stream ended in something that is no event")
      return values
    },
    failure: () => failure
  }
}

/** Fails when the text is an error in place of an answer: `{"error": {…}}`, also in a list. */
export const errorIn = (payload: string): Result.Result<void, Failure> => {
  // Only an object with a top-level "error" is an error event: look closer when the word stands at its start.
  if (!/^\s*\[?\s*\{\s*"error"/.test(payload)) return Result.void
  try {
    const parsed: unknown = JSON.parse(payload)
    return Result.fail(fromErrorObject(Array.isArray(parsed) ? parsed[0] : parsed))
  } catch {
    return Result.void
  }
}
