/** Turns the events of a streamed answer into deltas, and a stream that breaks off into a failure with the text so far. */
import type * as Budget from "@genops/core/Budget"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

      const truncated = (description: string, attempts: ReadonlyArray<VertexError.Attempt> = []) =>
        new VertexError.VertexError({
          operation: "streamGenerateContent",
          target: model,
          reason: new VertexError.StreamTruncated({ text, description }),
          billed: "unknown",
          attempts
        })

      const deltaOf = ({ attempts, value }: Answer<GenerateBody.GenerateBody>) => {
        const call = { model, location, attempts, latencyMs: performance.now() - started }
        last = new GenerateResponse.GenerateResponse(value, call)
        const blocked = blockedOf(value, model, text)
        if (blocked !== undefined) return Effect.fail(blocked)
        text += last.text
        finished ||= last.finishReason !== undefined
        return Effect.succeed(last)
      }

      return events.pipe(
        Stream.mapEffect(deltaOf),
        Stream.mapError((error) =>
          error._tag === "VertexError" && last !== undefined && breaks.has(error.reason._tag)
            ? truncated(error.reason.message, error.attempts)
            : error
        ),
        Stream.concat(
          Stream.suspend(() => (finished ? Stream.empty : Stream.fail(truncated("it ended without a finish reason"))))
        ),
        Stream.onExit((exit) => {
          if (last !== undefined) telemetry.annotate(span, last)
          return telemetry.record(model, Exit.isSuccess(exit) ? last : undefined, performance.now() - started)
        })
      )
    })
  )
