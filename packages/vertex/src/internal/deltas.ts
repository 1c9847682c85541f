/** Turns the events of a streamed answer into deltas, and a stream that breaks off into a failure with the text so far. */
import type * as Budget from "@genops/core/Budget"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type * as ContentBlocked from "../ContentBlocked.ts"
import type * as GenerateBody from "../GenerateBody.ts"
import * as GenerateResponse from "../GenerateResponse.ts"
import type { Answer } from "../VertexClient.ts"
import * as VertexError from "../VertexError.ts"
import { blockedOf } from "./blocked.ts"
import * as telemetry from "./telemetry.ts"

interface Target {
  readonly model: string
  readonly location: string
  readonly configuration: ModelConfiguration.ModelConfiguration
}

type StreamError = VertexError.VertexError | Budget.BudgetExceeded | ContentBlocked.ContentBlocked

/** Failures of the connection: after the first delta they leave a truncated answer behind. */
const breaks = new Set(["Transport", "DeadlineExceeded", "MalformedResponse"])

export const observe = (
  events: Stream.Stream<Answer<GenerateBody.GenerateBody>, VertexError.VertexError | Budget.BudgetExceeded>,
  { configuration, location, model }: Target
): Stream.Stream<GenerateResponse.GenerateResponse, StreamError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const attributes = telemetry.requestAttributes(configuration, model, location)
      const span = yield* Effect.makeSpanScoped(telemetry.spanName(model), { kind: "client", attributes })
      const started = performance.now()
      let text = ""
      let last: GenerateResponse.GenerateResponse | undefined
      let finished = false
      let blocked: ContentBlocked.ContentBlocked | undefined

      const truncated = (description: string, attempts: ReadonlyArray<VertexError.Attempt> = []) =>
        new VertexError.VertexError({
          operation: "streamGenerateContent",
          target: model,
          reason: new VertexError.StreamTruncated({ text, description }),
          billed: "unknown",
          attempts
        })

      /** Ends with the event that a filter stopped. */
      const deltasOf = (answers: ReadonlyArray<Answer<GenerateBody.GenerateBody>>) => {
        const deltas: Array<GenerateResponse.GenerateResponse> = []
        for (const { attempts, value } of answers) {
          const call = { model, location, attempts, latencyMs: performance.now() - started }
          last = new GenerateResponse.GenerateResponse(value, call)
          blocked = blockedOf(value, model, text)
          if (blocked !== undefined) break
          text += last.text
          finished ||= last.finishReason !== undefined
          deltas.push(last)
        }
        return deltas
      }

      return Stream.transformPull(events, (pull) => {
        const next: Pull.Pull<
          Arr.NonEmptyReadonlyArray<GenerateResponse.GenerateResponse>,
          StreamError
        > = Effect.suspend(() => {
          // What stands before the stopped event is delivered first.
          if (blocked !== undefined) return Effect.fail(blocked)
          return Effect.flatMap(pull, (answers) => {
            const deltas = deltasOf(answers)
            return Arr.isArrayNonEmpty(deltas) ? Effect.succeed(deltas) : next
          })
        })
        return Effect.succeed(next)
      }).pipe(
        Stream.mapError((error) =>
          error._tag === "VertexError" && last !== undefined && breaks.has(error.reason._tag)
            ? truncated(error.reason.message, error.attempts)
            : error
        ),
        Stream.concat(
          Stream.suspend(() => (finished ? Stream.empty : Stream.fail(truncated("it ended without a finish reason"))))
        ),
        Stream.onExit((exit) => telemetry.end(span, model, last, exit, performance.now() - started))
      )
    })
  )
