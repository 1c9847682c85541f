/**
 * How the body of a request is read: whole and of bounded length, or piece by piece without a bound.
 *
 * @since 0.1.0
 */
import type { IncomingMessage } from "node:http"
import type { Intake } from "./Route.ts"

/**
 * Gives the body once it is there; undefined, as soon as it is known, when it has more than `most` bytes.
 *
 * @since 0.1.0
 */
export const receive = (incoming: IncomingMessage, most: number, use: (body: Buffer | undefined) => void): void => {
  if (Number(incoming.headers["content-length"] ?? 0) > most) return use(undefined)
  let chunks: Array<Buffer> = []
  let size = 0
  incoming.on("data", (chunk: Buffer) => {
    const fitted = size <= most
    size += chunk.length
    if (size <= most) chunks.push(chunk)
    else if (fitted) {
      chunks = []
      use(undefined)
    }
  })
  incoming.on("end", () => {
    const [only, second] = chunks
    if (size <= most) use(only !== undefined && second === undefined ? only : Buffer.concat(chunks))
  })
}

/**
 * How taking a body in has ended: all of it was there, its `most` bytes were, the client went away, or the intake threw.
 *
 * @since 0.1.0
 */
export type Ended = "cut" | "gone" | "whole" | { readonly defect: unknown }

/**
 * Feeds a body to an intake: all of it, or its first `most` bytes and no more. What follows is read and forgotten. `done` is called once; the intake's
 * `cut` has been called then unless the body is whole, and its `end` is the caller's.
 *
 * @since 0.1.0
 */
export const feed = (
  incoming: IncomingMessage,
  intake: Intake,
  most: number | undefined,
  done: (ended: Ended) => void
): void => {
  let left = most ?? Number.POSITIVE_INFINITY
  let isDone = false
  const finish = (ended: Ended) => {
    if (isDone) return
    isDone = true
    if (ended !== "whole") intake.cut()
    done(ended)
  }
  incoming.on("data", (chunk: Buffer) => {
    if (isDone) return
    const taken = chunk.subarray(0, Math.min(left, chunk.length))
    left -= taken.length
    try {
      intake.write(taken)
    } catch (defect) {
      return finish({ defect })
    }
    if (left === 0) finish("cut")
  })
  incoming.on("end", () => finish(most === undefined ? "whole" : "cut"))
  incoming.on("close", () => finish("gone"))
}

/**
 * Runs something once the client has sent everything, so that it reads the answer and not a broken connection.
 *
 * @since 0.1.0
 */
export const afterAll = (incoming: IncomingMessage, run: () => void): void => {
  if (incoming.readableEnded) return run()
  incoming.once("end", run)
  incoming.resume()
}
