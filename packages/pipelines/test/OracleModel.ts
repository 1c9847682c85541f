/**
 * A scripted model that keeps its own bill: what a test compares the books of a budget with.
 */
import type * as Content from "@genops/core/Content"
import * as Cost from "@genops/core/Cost"
import * as Money from "@genops/core/Money"
import type * as Price from "@genops/core/Price"
import * as PriceTable from "@genops/core/PriceTable"
import * as Usage from "@genops/core/Usage"
import { CallMeter } from "@genops/vertex/CallMeter"
import * as ContentBlocked from "@genops/vertex/ContentBlocked"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import { GenerativeModel, type GenerateError } from "@genops/vertex/GenerativeModel"
import { TokenCounter } from "@genops/vertex/TokenCounter"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** One dollar per million input tokens, three per million output tokens: a micro-dollar and three. */
export const price: Price.Price = {
  rates: { input: Money.usd("0.000001"), output: Money.usd("0.000003") },
  percent: { batch: 100, flex: 100, priority: 200 }
}

export const prices: PriceTable.PriceTable = PriceTable.add(
  PriceTable.builtIn,
  PriceTable.Model.make({
    id: "oracle",
    prices: [price],
    limits: { inputTokens: 100_000, outputTokens: 8_000 },
    thinkingInsideOutputLimit: true
  })
)

const failure = (reason: VertexError.Reason, billed: VertexError.Billed) =>
  new VertexError.VertexError({ operation: "generateContent", target: "oracle", reason, billed, attempts: [] })

const throttled = failure(new VertexError.ResourceExhausted({ description: "busy", quotas: [] }), "no")
const timedOut = failure(new VertexError.DeadlineExceeded({ phase: "body", description: "no answer" }), "unknown")

export const blocked = (usage: Usage.Usage | undefined) =>
  new ContentBlocked.ContentBlocked({
    blocked: "prompt",
    reason: "SAFETY",
    description: "",
    model: "oracle",
    text: "",
    safetyRatings: [],
    ...(usage === undefined ? {} : { usage })
  })

/** How the model serves one call. `waits` are steps of the scheduler, or milliseconds for a model with a clock. */
export interface Script {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly queued?: number
  readonly working?: number
  readonly ends: "success" | "noUsage" | "throttled" | "timedOut" | "defect" | "blocked"
  /** Failed attempts before it. */
  readonly retries?: ReadonlyArray<VertexError.Billed>
}

export interface Oracle {
  readonly model: GenerativeModel["Service"]
  readonly counter: TokenCounter["Service"]
  /** Inputs of the requests that arrived, in order. */
  readonly requests: Array<string>
  /** What was counted. */
  readonly counted: Array<string>
  /** What the provider bills. */
  bill: Money.Money
}

const usageOf = ({ inputTokens, outputTokens }: Pick<Script, "inputTokens" | "outputTokens">) =>
  Usage.make({ inputTokens, outputTokens, requests: 1 })

export const responseOf = (script: Pick<Script, "inputTokens" | "outputTokens" | "ends">, text = "answer") =>
  new GenerateResponse.GenerateResponse(
    {
      candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }],
      ...(script.ends === "noUsage"
        ? {}
        : { usageMetadata: { promptTokenCount: script.inputTokens, candidatesTokenCount: script.outputTokens } })
    },
    { model: "oracle", location: "global", attempts: 1, latencyMs: 0 }
  )

const textOf = (input: Content.Input): string => (typeof input === "string" ? input : JSON.stringify(input))

/**
 * Makes a model that serves each input by its script. It bills a request when it arrives, whatever its caller does afterwards.
 * `reports` false leaves out every call of the meter.
 */
export const make = (options: {
  readonly script: (input: string) => Script
  readonly wait?: (quantity: number) => Effect.Effect<void>
  readonly reports?: boolean
  readonly onArrival?: (input: string, cost: Money.Money) => void
}): Oracle => {
  const { onArrival, reports = true, script, wait = (millis) => Effect.sleep(millis) } = options
  const arrive = (text: string, { ends, inputTokens, outputTokens }: Script, billed: boolean) => {
    oracle.requests.push(text)
    const usage = usageOf({ inputTokens, outputTokens: ends === "blocked" ? 0 : outputTokens })
    const cost = billed ? Cost.of(price, usage) : Money.zero
    oracle.bill = Money.plus(oracle.bill, cost)
    onArrival?.(text, cost)
  }
  const serve = (text: string, one: Script): Effect.Effect<GenerateResponse.GenerateResponse, GenerateError> =>
    Effect.gen(function* () {
      const meter = yield* CallMeter
      for (const billed of one.retries ?? []) {
        if (reports) meter.queued()
        yield* wait(one.queued ?? 0)
        if (reports) meter.sent()
        arrive(text, one, billed !== "no")
        yield* wait(one.working ?? 0)
        yield* meter.retrying(billed)
      }
      if (reports) meter.queued()
      yield* wait(one.queued ?? 0)
      if (reports) meter.sent()
      arrive(text, one, one.ends !== "throttled")
      yield* wait(one.working ?? 0)
      switch (one.ends) {
        case "success":
        case "noUsage":
          return responseOf(one)
        case "throttled":
          return yield* throttled
        case "timedOut":
          return yield* timedOut
        case "blocked":
          return yield* blocked(usageOf({ inputTokens: one.inputTokens, outputTokens: 0 }))
        case "defect":
          return yield* Effect.die(new Error("a defect in the implementation"))
      }
    })
  const oracle: Oracle = {
    requests: [],
    counted: [],
    bill: Money.zero,
    counter: TokenCounter.of({
      count: (_, input) =>
        Effect.sync(() => {
          oracle.counted.push(textOf(input))
          return { totalTokens: textOf(input).length, billableCharacters: textOf(input).replace(/\s/g, "").length }
        })
    }),
    model: GenerativeModel.of({
      location: "global",
      generate: (_, input) => Effect.suspend(() => serve(textOf(input), script(textOf(input)))),
      stream: (_, input) =>
        Effect.suspend(() => {
          const one = script(textOf(input))
          return Effect.map(serve(textOf(input), one), (last) =>
            Stream.fromIterable([1, 2, 3]).pipe(
              Stream.mapEffect((index) =>
                Effect.as(wait(one.working ?? 0), responseOf({ ...one, ends: "noUsage" }, `${index}`))
              ),
              Stream.concat(Stream.succeed(last))
            )
          )
        }).pipe(Stream.unwrap)
    })
  }
  return oracle
}

export const layer = (oracle: Oracle): Layer.Layer<GenerativeModel | TokenCounter> =>
  Layer.mergeAll(
    Layer.succeed(GenerativeModel, oracle.model),
    Layer.succeed(TokenCounter, oracle.counter),
    Layer.succeed(PriceTable.Prices, prices)
  )
