/**
 * Dry runs: what a program would call, use and cost, found out without sending anything but CountTokens, which is free.
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import * as Cost from "@genops/core/Cost"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Usage from "@genops/core/Usage"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import { GenerativeModel } from "@genops/vertex/GenerativeModel"
import { ModelMeter } from "@genops/vertex/ModelMeter"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Guard from "./internal/guard.ts"
import * as WorstCase from "./WorstCase.ts"

/**
 * What the calls of one model would use and cost. Without a known price `price` says why, and the money is 0: do not show it.
 *
 * @since 0.1.0
 */
export interface ModelEstimate {
  readonly model: string
  readonly calls: number
  /** Counted by CountTokens. */
  readonly inputTokens: number
  /** The most output, thinking included. */
  readonly outputTokens: number
  readonly likely: Money.Money
  readonly worst: Money.Money
  readonly priceUnknown: PriceTable.PriceUnknown | undefined
}

/**
 * What a program would use and cost. `exit` is how the program ended in the dry run: after a failure the estimate covers the
 * calls before it only. `likely` and `worst` leave out the models of which no price is known.
 *
 * @since 0.1.0
 */
export interface Estimate<A, E> {
  readonly models: ReadonlyArray<ModelEstimate>
  readonly calls: number
  readonly likely: Money.Money
  readonly worst: Money.Money
  readonly exit: Exit.Exit<A, E>
}

interface Tally {
  calls: number
  inputTokens: number
  outputTokens: number
  likely: Money.Money
  worst: Money.Money
  priceUnknown: PriceTable.PriceUnknown | undefined
}

// Without earlier runs to learn from, an answer is taken to use a quarter of what it may.
const likelyShare = 0.25

const tally = (tallies: Map<string, Tally>, model: string, counted: number, worst: WorstCase.WorstCase): void => {
  const before = tallies.get(model)
  const usage = Usage.make({
    inputTokens: counted,
    outputTokens: Math.ceil(worst.outputTokens * likelyShare),
    requests: 1
  })
  const likely = Result.match(worst.price, { onFailure: () => Money.zero, onSuccess: (price) => Cost.of(price, usage) })
  tallies.set(model, {
    calls: (before?.calls ?? 0) + 1,
    inputTokens: (before?.inputTokens ?? 0) + counted,
    outputTokens: (before?.outputTokens ?? 0) + worst.outputTokens,
    likely: Money.plus(before?.likely ?? Money.zero, likely),
    worst: Money.plus(before?.worst ?? Money.zero, worst.usd),
    priceUnknown: before?.priceUnknown ?? Result.getOrUndefined(Result.flip(worst.price))
  })
}

/**
 * How a dry run answers the program. `answer` gives the text of each answer, for programs that read it; default "(dry run)".
 *
 * @since 0.1.0
 */
export interface Options {
  readonly answer?: (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) => string
}

/**
 * Runs a program with a model that sends nothing, and tells what its calls would use and cost. Each call is counted and answered
 * by a placeholder. Budgets inside the program do not refuse anything in a dry run.
 *
 * **Gotchas**
 *
 * Only `GenerativeModel` is replaced: steps that tune, evaluate or write files do it. A program that decides by what the model
 * answers may call more or less when it is run for real.
 *
 * @since 0.1.0
 */
export const estimate = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  options: Options = {}
): Effect.Effect<Estimate<A, E>, never, R | GenerativeModel | TokenCounter.TokenCounter> =>
  Effect.gen(function* () {
    const { location } = yield* GenerativeModel
    const counter = yield* TokenCounter.TokenCounter
    const tallies = new Map<string, Tally>()
    const generate: GenerativeModel["Service"]["generate"] = (configuration, input) =>
      Effect.gen(function* () {
        const counted = yield* counter.count(configuration, input)
        const prices = yield* PriceTable.Prices
        const at = yield* DateTime.now
        const worst = WorstCase.of({ configuration, input, location, prices, at, counted })
        tally(tallies, configuration.model, counted.totalTokens, worst)
        return answerOf(configuration.model, location, counted.totalTokens, options.answer?.(configuration, input))
      })
    const model = Guard.exempt(
      GenerativeModel.of({
        location,
        generate,
        stream: (configuration, input) => Stream.fromEffect(generate(configuration, input))
      })
    )
    const exit = yield* program.pipe(
      Effect.provideService(GenerativeModel, model),
      Effect.provideService(ModelMeter, () => model),
      Effect.exit
    )
    const models = [...tallies].map(([model, one]) => ({ model, ...one }))
    return {
      models,
      calls: models.reduce((sum, { calls }) => sum + calls, 0),
      likely: Money.ReducerSum.combineAll(models.map(({ likely }) => likely)),
      worst: Money.ReducerSum.combineAll(models.map(({ worst }) => worst)),
      exit
    }
  })

const answerOf = (model: string, location: string, promptTokenCount: number, text = "(dry run)") =>
  new GenerateResponse.GenerateResponse(
    {
      candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount, candidatesTokenCount: 0, totalTokenCount: promptTokenCount },
      modelVersion: "dry-run"
    },
    { model, location, attempts: 0, latencyMs: 0 }
  )

/**
 * Prints an estimate as plain text lines, one for each model and one for all, with what is wrong with it in lines that start
 * with "!". `budget` is the limit to compare with.
 *
 * @since 0.1.0
 */
export const lines = <A, E>(
  self: Estimate<A, E>,
  options: { readonly budget?: Money.Money } = {}
): ReadonlyArray<string> => {
  const width = Math.max(0, ...self.models.map(({ model }) => model.length))
  const money = ({ likely, worst }: Pick<ModelEstimate, "likely" | "worst">) =>
    `${Money.format(likely)} likely, ${Money.format(worst)} at worst`
  const unknown = self.models.filter(({ priceUnknown }) => priceUnknown !== undefined)
  const { budget } = options
  return [
    ...self.models.map(
      (one) =>
        `  ${one.model.padEnd(width)}  ${count(one.calls, "call")}, ${count(one.inputTokens, "input token")}, ` +
        `at most ${count(one.outputTokens, "output token")}: ${one.priceUnknown === undefined ? money(one) : "price unknown"}`
    ),
    `estimate  ${unknown.length === self.models.length && self.calls > 0 ? "price unknown" : money(self)}   ` +
      `${count(self.calls, "call")}${budget === undefined ? "" : `   budget ${Money.format(budget)}`}`,
    ...unknown.map(
      ({ calls, model }) =>
        `! price unknown for ${model}: its ${count(calls, "call")} ${calls === 1 ? "is" : "are"} not in the money above`
    ),
    ...(budget !== undefined && self.worst > budget
      ? ["! worst case exceeds the budget: the run stops admitting calls when it no longer fits"]
      : []),
    ...(self.exit._tag === "Failure"
      ? ["! the program failed in the dry run: later calls are not in the estimate"]
      : [])
  ]
}

const count = (quantity: number, unit: string) =>
  `${quantity.toString().replace(/\B(?=([0-9]{3})+$)/g, ",")} ${unit}${quantity === 1 ? "" : "s"}`
