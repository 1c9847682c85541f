/**
 * Spans and metrics of model calls by the OpenTelemetry conventions for generative AI. Neither holds any content.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
import * as Cost from "@genops/core/Cost"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import type * as Price from "@genops/core/Price"
import * as PriceTable from "@genops/core/PriceTable"
import * as Usage from "@genops/core/Usage"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Tracer from "effect/Tracer"
import type * as GenerateResponse from "../GenerateResponse.ts"
import { VertexError } from "../VertexError.ts"

type Attributes = Readonly<Record<string, string>>

const tokens = (attributes: Attributes) =>
  Metric.histogram("gen_ai.client.token.usage", {
    description: "Tokens of a call, by type.",
    boundaries: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576],
    attributes
  })

/** The metrics of one model. Made once per model: to attach attributes per call would cost more than all other bookkeeping. */
const make = (operation: string, model: string, errorType: string) => {
  const attributes = {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": "gcp.vertex_ai",
    "gen_ai.request.model": model
  }
  return {
    input: tokens({ ...attributes, "gen_ai.token.type": "input" }),
    output: tokens({ ...attributes, "gen_ai.token.type": "output" }),
    duration: Metric.histogram("gen_ai.client.operation.duration", {
      description: "Seconds from the call to its complete answer or failure.",
      boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
      attributes: errorType === "" ? attributes : { ...attributes, "error.type": errorType }
    }),
    cost: Metric.counter("genops.client.cost", {
      description: "List price of answered calls in USD.",
      incremental: true,
      attributes
    })
  }
}

const instruments = new Map<string, ReturnType<typeof make>>()

const instrumentsOf = (operation: string, model: string, errorType: string) => {
  const key = `${operation} ${model} ${errorType}`
  const known = instruments.get(key)
  if (known !== undefined) return known
  const made = make(operation, model, errorType)
  // Names of models are few; a caller that invents them without end must not fill the memory.
  if (instruments.size < 1000) instruments.set(key, made)
  return made
}

export const spanName = (model: string) => `generate_content ${model}`

export const requestAttributes = (
  configuration: ModelConfiguration.ModelConfiguration,
  model: string,
  location: string
): Record<string, unknown> => {
  const config = configuration.generationConfig
  return {
    "gen_ai.operation.name": "generate_content",
    "gen_ai.provider.name": "gcp.vertex_ai",
    "gen_ai.request.model": model,
    "gcp.location": location,
    "genops.configuration": configuration.name,
    ...(config?.temperature === undefined ? {} : { "gen_ai.request.temperature": config.temperature }),
    ...(config?.topP === undefined ? {} : { "gen_ai.request.top_p": config.topP }),
    ...(config?.topK === undefined ? {} : { "gen_ai.request.top_k": config.topK }),
    ...(config?.maxOutputTokens === undefined ? {} : { "gen_ai.request.max_tokens": config.maxOutputTokens }),
    ...(config?.seed === undefined ? {} : { "gen_ai.request.seed": config.seed })
  }
}

const annotate = (span: Tracer.Span, response: GenerateResponse.GenerateResponse): void => {
  const { body, call, usage } = response
  if (body.modelVersion !== undefined) span.attribute("gen_ai.response.model", body.modelVersion)
  if (body.responseId !== undefined) span.attribute("gen_ai.response.id", body.responseId)
  if (response.finishReason !== undefined) span.attribute("gen_ai.response.finish_reasons", [response.finishReason])
  if (usage !== undefined) {
    span.attribute("gen_ai.usage.input_tokens", usage.inputTokens)
    span.attribute("gen_ai.usage.output_tokens", Usage.billedOutputTokens(usage))
  }
  span.attribute("genops.attempts", call.attempts)
}

const dayInMillis = 86_400_000
let priced:
  | { readonly key: string; readonly prices: PriceTable.PriceTable; readonly price: Price.Price | undefined }
  | undefined

/** Looks a price up once per model, location and UTC day in a row of calls. */
const priceOf = (prices: PriceTable.PriceTable, model: string, location: string, now: number) => {
  const key = `${model} ${location} ${Math.floor(now / dayInMillis)}`
  if (priced?.key !== key || priced.prices !== prices) {
    const found = PriceTable.lookup(prices, { model, location, at: DateTime.makeUnsafe(now) })
    priced = { key, prices, price: Result.getOrUndefined(found) }
  }
  return priced.price
}

/** The kind of a failure, of which there are few: the reason of a `VertexError`, or the error's tag. */
const errorTypeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return ""
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  const kind = error instanceof VertexError ? error.reason : error
  return Predicate.hasProperty(kind, "_tag") && typeof kind._tag === "string" ? kind._tag : "_OTHER"
}

/**
 * Ends a call: its span gets what is known of the answer, and the metrics its tokens, list price and seconds. An unknown price is
 * not counted as zero, it is left out.
 */
export const end = (
  span: Tracer.Span,
  model: string,
  response: GenerateResponse.GenerateResponse | undefined,
  exit: Exit.Exit<unknown, unknown>,
  milliseconds: number
): Effect.Effect<void> =>
  Effect.contextWith((context: Context.Context<never>) => {
    const errorType = errorTypeOf(exit)
    if (errorType !== "") span.attribute("error.type", errorType)
    if (response !== undefined) annotate(span, response)
    const { cost, duration, input, output } = instrumentsOf("generate_content", model, errorType)
    duration.updateUnsafe(milliseconds / 1000, context)
    const usage = response?.usage
    if (response === undefined || usage === undefined) return Effect.void
    input.updateUnsafe(usage.inputTokens, context)
    output.updateUnsafe(Usage.billedOutputTokens(usage), context)
    const now = Context.get(context, Clock.Clock).currentTimeMillisUnsafe()
    const price = priceOf(Context.get(context, PriceTable.Prices), model, response.call.location, now)
    if (price !== undefined) cost.updateUnsafe(Number(Money.toDecimal(Cost.of(price, usage))), context)
    return Effect.void
  })
