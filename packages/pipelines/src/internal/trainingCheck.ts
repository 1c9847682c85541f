/** Reads training data to its end, and reckons what it costs. */
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as TrainingExample from "@genops/core/TrainingExample"
import { TokenCounter } from "@genops/vertex/TokenCounter"
import type * as VertexError from "@genops/vertex/VertexError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as CloudStorage from "../CloudStorage.ts"
import type { Limits, ObjectOptions, Report } from "../TrainingData.ts"
import { InvalidTrainingData } from "../TrainingDataError.ts"
import * as count from "./trainingCount.ts"
import * as tally from "./trainingTally.ts"

type Examples<E, R> = Dataset.Dataset<TrainingExample.TrainingExample, E, R>

interface Settings extends ObjectOptions {
  readonly limits: Limits
}

/** What an epoch costs a token, or why nobody knows. */
type Rate = Result.Result<{ readonly perToken: Money.Money; readonly epochs: number; readonly asOf: string }, string>

export const validate = (options: ObjectOptions, documented: Limits): Settings => {
  const limits = { ...documented, ...options.limits }
  const { count, epochs, problems } = options
  for (const [name, value] of Object.entries({ ...limits, epochs, problems, count })) {
    if (value === undefined || value === "all" || (Number.isSafeInteger(value) && Number(value) >= 1)) continue
    throw new RangeError(`${name} is a whole number from 1, got ${value}`)
  }
  return { ...options, limits }
}

export const priceOf = ({
  epochs,
  location = "global",
  model,
  onUnknownPrice = "refuse"
}: Settings): Effect.Effect<Rate, PriceTable.PriceUnknown> =>
  Effect.gen(function* () {
    if (epochs === undefined) return Result.fail("the epochs are not given: the service decides them")
    const prices = yield* PriceTable.Prices
    const found = PriceTable.training(prices, { model, location, at: yield* DateTime.now })
    if (Result.isFailure(found) && onUnknownPrice === "refuse") return yield* found.failure
    return Result.mapBoth(found, {
      onSuccess: (perToken) => ({ perToken, epochs, asOf: prices.asOf }),
      onFailure: ({ message }) => message.split("\n", 1).join()
    })
  })

export const open = (uri: string, { extraFields = "error", generation: asked, limits, method }: Settings) =>
  Effect.gen(function* () {
    const storage = yield* CloudStorage.CloudStorage
    const newest = yield* CloudStorage.metadata(uri)
    const generation = asked ?? newest.generation
    const source = `${uri}#${generation}`
    const bytes = CloudStorage.read(uri, { generation }).pipe(
      Stream.provideService(CloudStorage.CloudStorage, storage),
      Stream.mapError(({ reason }) => new DatasetError({ kind: "Unreadable", source, reason: reason.message }))
    )
    const bounds = { bytes: limits.bytes, lineBytes: limits.lineBytes, rows: limits.most }
    const how = { source, extraFields, limits: bounds }
    // Known before it is read.
    if (newest.size > limits.bytes && newest.generation === generation) {
      const problems = [{ reason: `larger than ${limits.bytes} bytes` }]
      return yield* new InvalidTrainingData({ source, examples: 0, count: 1, problems })
    }
    const dataset: Examples<DatasetError, never> =
      method === "preference"
        ? Dataset.fromJsonl(bytes, { ...how, schema: TrainingExample.Preference })
        : Dataset.fromJsonl(bytes, { ...how, schema: TrainingExample.Supervised })
    return { dataset, generation }
  })

/** CountTokens takes 3,000 calls a minute; the client paces them. */
const concurrency = 16

export const read = <E, R>(
  dataset: Examples<E, R>,
  generation: string | null,
  { count: asked, limits, model, problems = 100 }: Settings,
  rate: Rate
): Effect.Effect<Report, InvalidTrainingData | VertexError.VertexError | E, R> =>
  Effect.gen(function* () {
    const counter = yield* Effect.serviceOption(TokenCounter)
    const tokensOf = (example: TrainingExample.TrainingExample) =>
      Option.match(counter, {
        onNone: () => Effect.die(new Error("tokens are counted by TokenCounter, which is not provided")),
        onSome: (counter) => count.tokensOf(counter, model, example)
      })
    const sum = tally.make({ limits, problems, sample: typeof asked === "number" ? asked : 0 })
    let report: Dataset.Report | undefined
    const take = (event: Dataset.Event<TrainingExample.TrainingExample>, counted?: number) => {
      if (event._tag === "Row") sum.example(event, counted)
      else if (event._tag === "Invalid") sum.invalid(event.error)
      else report = event.report
    }
    /** Nothing more is asked of the service once the data is known to be wrong. */
    const counting = (
      event: Dataset.Event<TrainingExample.TrainingExample>
    ): Effect.Effect<{ readonly event: typeof event; readonly counted?: number }, VertexError.VertexError> =>
      event._tag === "Row" && sum.isRight()
        ? Effect.map(tokensOf(event.value), (counted) => ({ event, counted }))
        : Effect.succeed({ event })
    const reading =
      asked === "all"
        ? dataset.events.pipe(
            Stream.mapEffect(counting, { concurrency }),
            Stream.runForEach(({ counted, event }) => Effect.sync(() => take(event, counted)))
          )
        : Stream.runForEachArray(dataset.events, (events) => Effect.sync(() => events.forEach((event) => take(event))))
    yield* Effect.catch(reading, (failure): Effect.Effect<void, E | VertexError.VertexError> => {
      if (!(failure instanceof DatasetError)) return Effect.fail(failure)
      // Too few examples are told by the verdict, with the lines that are wrong.
      if (failure.kind === "Empty") return Effect.void
      return failure.kind === "TooManyRows" || failure.kind === "TooLarge"
        ? Effect.sync(() => sum.invalid(failure))
        : Effect.fail(failure)
    })
    const verdict = sum.verdict(dataset.source)
    if (verdict !== undefined) return yield* verdict
    if (report === undefined) return yield* Effect.die(new Error("a dataset ended without its report"))
    const sampled = yield* Effect.forEach(sum.chosen, ({ example }) => tokensOf(example), { concurrency })
    const { bytes, lines, sha256, source } = report
    const { characters, examples, longest, withFiles } = sum.totals
    const tokens = { ...sum.tokens(asked === "all", sampled), longest }
    return {
      source,
      generation,
      sha256,
      bytes,
      lines,
      examples,
      withFiles,
      characters,
      tokens,
      ...Result.match(rate, {
        onFailure: (costAbsent) => ({ cost: null, costAbsent }),
        onSuccess: ({ asOf, epochs, perToken }) => {
          const costOf = (count: number) => Money.times(Money.times(perToken, count), epochs)
          return { cost: { asOf, epochs, likely: costOf(tokens.likely), worst: costOf(tokens.worst) } }
        }
      })
    }
  })
