/**
 * Generates content with a Gemini model or a tuned endpoint.
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as ModelName from "@genops/core/ModelName"
import type * as PriceTable from "@genops/core/PriceTable"
import * as Tool from "@genops/core/Tool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as ContentBlocked from "./ContentBlocked.ts"
import * as GenerateBody from "./GenerateBody.ts"
import type * as GenerateResponse from "./GenerateResponse.ts"
import * as answer from "./internal/answer.ts"
import { decoder as decodeAs } from "./internal/decode.ts"
import * as deltas from "./internal/deltas.ts"
import * as request from "./internal/request.ts"
import * as VertexClient from "./VertexClient.ts"
import * as VertexError from "./VertexError.ts"

/**
 * Why a generation failed: the call, a filter, or a budget around it that refused (`BudgetExceeded`, `PriceUnknown`; then
 * nothing was sent).
 *
 * @since 0.1.0
 */
export type GenerateError =
  | VertexError.VertexError
  | ContentBlocked.ContentBlocked
  | Budget.BudgetExceeded
  | PriceTable.PriceUnknown

/**
 * Generates content.
 *
 * @since 0.1.0
 */
export class GenerativeModel extends Context.Service<
  GenerativeModel,
  {
    /** Where requests go when a model's name does not say: prices depend on it. */
    readonly location: string
    /** Sends the input and waits for the whole answer. An answer cut by `maxOutputTokens` is a success. */
    generate(
      configuration: ModelConfiguration.ModelConfiguration,
      input: Content.Input
    ): Effect.Effect<GenerateResponse.GenerateResponse, GenerateError>
    /** Sends the input and emits the answer in deltas as they arrive; the last has the finish reason and the usage. */
    stream(
      configuration: ModelConfiguration.ModelConfiguration,
      input: Content.Input
    ): Stream.Stream<GenerateResponse.GenerateResponse, GenerateError>
  }
>()("@genops/vertex/GenerativeModel") {}

/**
 * Sends the input to the model of the configuration and waits for the whole answer.
 *
 * Fails with `VertexError`, `ContentBlocked`, and within a budget `BudgetExceeded` or `PriceUnknown`. An answer cut by
 * `maxOutputTokens` is a success with `finishReason` `MAX_TOKENS`.
 *
 * @example
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as GenerativeModel from "@genops/vertex/GenerativeModel"
 * import * as Effect from "effect/Effect"
 *
 * const flash = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 256 } })
 * const program = GenerativeModel.generate(flash, "Explain dead-letter queues in one sentence.").pipe(
 *   Effect.map((reply) => reply.text)
 * )
 *
 * @since 0.1.0
 */
export const generate = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): Effect.Effect<GenerateResponse.GenerateResponse, GenerateError, GenerativeModel> =>
  Effect.flatMap(GenerativeModel, (model) => model.generate(configuration, input))

/**
 * Sends the input and emits the answer in deltas as they arrive. Ending the stream early closes the connection.
 *
 * A stream that breaks off fails with the reason `StreamTruncated`, which carries the text so far.
 *
 * @since 0.1.0
 */
export const stream = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): Stream.Stream<GenerateResponse.GenerateResponse, GenerateError, GenerativeModel> =>
  Stream.unwrap(Effect.map(GenerativeModel, (model) => model.stream(configuration, input)))

/**
 * The model answered something else than the schema asks for. The call was billed; `text` is what it wrote.
 *
 * @since 0.1.0
 */
export class InvalidObject extends Schema.TaggedError<InvalidObject>()("InvalidObject", {
  model: Schema.String,
  finishReason: Schema.String,
  description: Schema.String,
  text: Schema.String
}) {
  readonly billed = "yes"

  override get message() {
    const cut = this.finishReason === "MAX_TOKENS" ? "\n  The answer was cut: raise maxOutputTokens." : ""
    return `${this.model} wrote ${this.text.length} characters that do not fit the schema: ${this.description}${cut}`
  }
}

/**
 * Asks for an answer in the shape of a schema and decodes it. The schema travels as `responseJsonSchema`.
 *
 * Fails with `InvalidObject`, which keeps the raw text, and with everything that `generate` fails with.
 *
 * @since 0.1.0
 */
export const generateObject = <A, I, RD, RE>(
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input,
  schema: Schema.Codec<A, I, RD, RE>
): Effect.Effect<
  { readonly value: A; readonly response: GenerateResponse.GenerateResponse },
  GenerateError | InvalidObject,
  GenerativeModel | RD
> => {
  const { responseSchema: _, ...generationConfig } = configuration.generationConfig ?? {}
  const asking = {
    ...configuration,
    generationConfig: {
      ...generationConfig,
      responseMimeType: "application/json",
      responseJsonSchema: Tool.jsonSchema(schema)
    }
  }
  const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(schema)))
  return Effect.flatMap(generate(asking, input), (response) =>
    Effect.mapBoth(decode(response.text), {
      onSuccess: (value) => ({ value, response }),
      onFailure: (error) =>
        new InvalidObject({
          model: configuration.model,
          finishReason: response.finishReason ?? "",
          description: error.message,
          text: response.text
        })
    })
  )
}

const decodeEvent = decodeAs(GenerateBody.GenerateBody)

/** A whole answer holds a candidate or says why there is none: anything else is no answer, and must not pass for an empty one. */
const decodeWhole = (json: unknown) =>
  Result.flatMap(decodeEvent(json), (body) =>
    (body.candidates ?? []).length > 0 || body.promptFeedback?.blockReason !== undefined
      ? Result.succeed(body)
      : Result.fail({ where: "candidates", description: "there is neither an answer nor a reason why there is none" })
  )

const make = Effect.gen(function* () {
  const client = yield* VertexClient.VertexClient
  const { location, project } = client.config

  const callOf = (prepared: request.Prepared, operation: "generateContent" | "streamGenerateContent") => ({
    operation,
    method: "POST" as const,
    path: `${ModelName.path(prepared.name, project === undefined ? undefined : { project, location })}:${operation}${
      operation === "streamGenerateContent" ? "?alt=sse" : ""
    }`,
    location: prepared.name.location,
    resource: prepared.model,
    rateKey: `${prepared.name.location ?? location} ${prepared.model}`,
    body: prepared.generate,
    decode: operation === "generateContent" ? decodeWhole : decodeEvent,
    safeToRepeat: true
  })

  const targetOf = ({ model, name }: request.Prepared, configuration: ModelConfiguration.ModelConfiguration) => ({
    model,
    location: name.location ?? location,
    configuration
  })

  const refuse = (operation: string, target: string, reason: VertexError.InvalidRequest) =>
    new VertexError.VertexError({ operation, target, reason, billed: "no", attempts: [] })

  const generate = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.suspend((): Effect.Effect<GenerateResponse.GenerateResponse, GenerateError> => {
      const result = request.prepare(configuration, input)
      if (Result.isFailure(result)) {
        return Effect.fail(refuse("generateContent", request.targetOf(configuration), result.failure))
      }
      const prepared = result.success
      return answer.observe(client.call(callOf(prepared, "generateContent")), targetOf(prepared, configuration))
    })

  const stream = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Stream.suspend((): Stream.Stream<GenerateResponse.GenerateResponse, GenerateError> => {
      const result = request.prepare(configuration, input)
      if (Result.isFailure(result)) {
        return Stream.fail(refuse("streamGenerateContent", request.targetOf(configuration), result.failure))
      }
      const prepared = result.success
      return deltas.observe(client.stream(callOf(prepared, "streamGenerateContent")), targetOf(prepared, configuration))
    })

  return GenerativeModel.of({ location, generate, stream })
})

/**
 * Provides the live model over the client.
 *
 * @since 0.1.0
 */
export const layer: Layer.Layer<GenerativeModel, never, VertexClient.VertexClient> = Layer.effect(GenerativeModel, make)
