/**
 * Counts the tokens of a request before it is sent.
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CallMeter from "./CallMeter.ts"
import { decoder as decodeAs } from "./internal/decode.ts"
import * as request from "./internal/request.ts"
import * as VertexClient from "./VertexClient.ts"
import * as VertexError from "./VertexError.ts"

/**
 * The size of a request: input tokens, and billable characters (white space excluded) where the service says them.
 *
 * @since 0.1.0
 */
export interface TokenCount {
  readonly totalTokens: number
  readonly billableCharacters: number | undefined
}

/**
 * Counts the tokens of a request. Counting is free of charge.
 *
 * @since 0.1.0
 */
export class TokenCounter extends Context.Service<
  TokenCounter,
  {
    /** Counts the whole request: contents, system instruction and tools, with the configuration's own model. */
    count(
      configuration: ModelConfiguration.ModelConfiguration,
      input: Content.Input
    ): Effect.Effect<TokenCount, VertexError.VertexError>
  }
>()("@genops/vertex/TokenCounter") {}

/**
 * Counts the whole request (contents, system instruction, tools) with the configuration's own model. Fails with `VertexError`.
 *
 * @since 0.1.0
 */
export const count = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): Effect.Effect<TokenCount, VertexError.VertexError, TokenCounter> =>
  Effect.flatMap(TokenCounter, (counter) => counter.count(configuration, input))

const CountBody = Schema.Struct({
  // proto3 JSON leaves out a zero, but a request that is worth counting has tokens: a budget must not believe in none.
  totalTokens: Schema.Natural,
  totalBillableCharacters: Schema.optional(Schema.Natural)
})

const decode = decodeAs(CountBody)

const make = Effect.gen(function* () {
  const client = yield* VertexClient.VertexClient
  const { location, project } = client.config
  const count = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.suspend((): Effect.Effect<TokenCount, VertexError.VertexError> => {
      const result = request.prepare(configuration, input)
      if (Result.isFailure(result)) {
        const refusal = { operation: "countTokens", target: request.targetOf(configuration), reason: result.failure }
        return Effect.fail(new VertexError.VertexError({ ...refusal, billed: "no", attempts: [] }))
      }
      const { count: body, model, name } = result.success
      return client
        .call({
          operation: "countTokens",
          method: "POST",
          path: `${ModelName.path(name, project === undefined ? undefined : { project, location })}:countTokens`,
          location: name.location,
          resource: model,
          rateKey: `${name.location ?? location} countTokens`,
          body,
          decode,
          safeToRepeat: true
        })
        .pipe(
          // Counting is free: a budget around it has nothing to refuse.
          Effect.provideService(CallMeter.CallMeter, CallMeter.free),
          Effect.catchTag("BudgetExceeded", Effect.die),
          // Billable characters are absent where the service does not count them.
          Effect.map(({ value }) => ({
            totalTokens: value.totalTokens,
            billableCharacters: value.totalBillableCharacters
          }))
        )
    })
  return TokenCounter.of({ count })
})

/**
 * Provides the live counter over the client. Quota: 3,000 counts a minute.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<TokenCounter, never, VertexClient.VertexClient> = Layer.effect(TokenCounter, make)
