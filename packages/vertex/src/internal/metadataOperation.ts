/** Long-running operations of ML Metadata. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as VertexError from "../VertexError.ts"
import { decoder } from "./decode.ts"
import { fromErrorObject } from "./errorMapping.ts"

/** An operation as it comes; `done` left out means that it runs. A failed one has `error` in a successful answer. */
const Operation = Schema.Struct({
  name: Schema.String.check(
    // It becomes the path of the next request.
    Schema.isPattern(/^projects\/[\w.:-]+\/locations\/[\w-]+\/metadataStores\/[\w/-]+\/operations\/[\w-]+$/)
  ),
  done: Schema.optional(Schema.Boolean),
  error: Schema.optional(
    Schema.Struct({ code: Schema.optional(Schema.Finite), message: Schema.optional(Schema.String) })
  )
})

type Operation = typeof Operation.Type

export const decode = decoder(Operation)

const first = Duration.millis(500)
const longest = Duration.seconds(10)
const patience = Duration.minutes(5)

/** Waits until an operation has ended: it looks after half a second, then ever less often, for five minutes at most. */
export const finished = (
  operation: string,
  started: Operation,
  look: (name: string) => Effect.Effect<Operation, VertexError.VertexError>
): Effect.Effect<void, VertexError.VertexError> => {
  const fail = (reason: VertexError.Reason) =>
    Effect.fail(new VertexError.VertexError({ operation, target: started.name, reason, billed: "no", attempts: [] }))
  const wait = (
    current: Operation,
    delay: Duration.Duration,
    waited: Duration.Duration
  ): Effect.Effect<void, VertexError.VertexError> => {
    if (current.error !== undefined) return fail(fromErrorObject(current.error, started.name).reason)
    if (current.done === true) return Effect.void
    if (Duration.isGreaterThanOrEqualTo(waited, patience)) {
      const description = `the operation still ran after ${Duration.format(patience)}; it goes on without us`
      return fail(new VertexError.DeadlineExceeded({ phase: "server", description }))
    }
    return Effect.flatMap(Effect.delay(look(started.name), delay), (next) =>
      wait(next, Duration.min(Duration.times(delay, 2), longest), Duration.sum(waited, delay))
    )
  }
  return wait(started, first, Duration.zero)
}
