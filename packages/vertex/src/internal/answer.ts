/** Turns a whole answer into a response, and one that a filter stopped into a failure; a span and metrics tell of both. */
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import type * as ContentBlocked from "../ContentBlocked.ts"
import type * as GenerateBody from "../GenerateBody.ts"
import * as GenerateResponse from "../GenerateResponse.ts"
import type { Answer } from "../VertexClient.ts"
import { blockedOf } from "./blocked.ts"
import * as telemetry from "./telemetry.ts"

interface Target {
  readonly model: string
  readonly location: string
  readonly configuration: ModelConfiguration.ModelConfiguration
}

export const observe = <E, R>(
  call: Effect.Effect<Answer<GenerateBody.GenerateBody>, E, R>,
  { configuration, location, model }: Target
): Effect.Effect<GenerateResponse.GenerateResponse, E | ContentBlocked.ContentBlocked, R> => {
  const attributes = telemetry.requestAttributes(configuration, model, location)
  return Effect.useSpan(telemetry.spanName(model), { kind: "client", attributes }, (span) => {
    const started = performance.now()
    let response: GenerateResponse.GenerateResponse | undefined
    return Effect.flatMap(call, ({ attempts, value }) => {
      const info = { model, location, attempts, latencyMs: performance.now() - started }
      response = new GenerateResponse.GenerateResponse(value, info)
      const blocked = blockedOf(value, model)
      return blocked === undefined ? Effect.succeed(response) : Effect.fail(blocked)
    }).pipe(Effect.onExit((exit) => telemetry.end(span, model, response, exit, performance.now() - started)))
  })
}
