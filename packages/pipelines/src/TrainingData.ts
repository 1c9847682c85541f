/**
 * Checks training data before anything is paid: that it can be learned from, how large it is, and what it costs to learn from it.
 *
 * @since 0.1.0
 */
import type * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Money from "@genops/core/Money"
import * as Price from "@genops/core/Price"
import * as PriceTable from "@genops/core/PriceTable"
import type * as TrainingExample from "@genops/core/TrainingExample"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CloudStorage from "./CloudStorage.ts"
import { CloudStorageError } from "./CloudStorageError.ts"
import * as training from "./internal/trainingCheck.ts"
import { InvalidTrainingData } from "./TrainingDataError.ts"

export { InvalidTrainingData, Problem } from "./TrainingDataError.ts"

/**
 * What the service takes.
 *
 * - `fewest`, `most`: examples in all; `mostWithFiles` of them with images, audio, video or documents
 * - `exampleTokens`: tokens of one example, the answer included. The rest of a longer one is cut off and not learned
 * - `bytes` of the file; `lineBytes` of a line, our own limit, by which memory is bounded
 *
 * @since 0.1.0
 */
export interface Limits {
  readonly fewest: number
  readonly most: number
  readonly mostWithFiles: number
  readonly exampleTokens: number
  readonly bytes: number
  readonly lineBytes: number
}

/**
 * The limits that are documented: at least 16 examples, at most 10 million or 300,000 with files, 131,072 tokens an example, 1 GiB; and 8
 * MiB a line.
 *
 * Sources: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning and
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-preference-tuning, read 2026-09-25
 *
 * @since 0.1.0
 */
export const limits: Limits = {
  fewest: 16,
  most: 10_000_000,
  mostWithFiles: 300_000,
  exampleTokens: 131_072,
  bytes: 2 ** 30,
  lineBytes: 8 * 2 ** 20
}

/**
 * How to check.
 *
 * - `model`: what is tuned, for its tokens and its price: a base model's id, or a tuned model that the price table knows
 * - `epochs`: times that the data is learned from. Without it no cost is reckoned, because then the service decides
 * - `method`: what the examples are for, `supervised` when left out
 * - `count`: asks the service (CountTokens, free of charge, 3,000 calls a minute) for the tokens of `all` examples, or of a sample of so
 *   many; left out, tokens are estimated as `TrainingExample.size` does
 * - `problems`: how many problems an error tells in full, 100 when left out
 * - `onUnknownPrice`: `refuse` (default) fails with `PriceUnknown`, before anything is read; `allow` leaves the cost out
 * - `extraFields`: whether fields that the format does not have are an `error` (default) or ignored
 * - `limits`: replaces some of the documented limits, such as `fewest` for validation data
 * - `location`: where the model is tuned, for `PriceUnknown` to tell; the price of tuning is the same everywhere
 *
 * @since 0.1.0
 */
export interface Options {
  readonly model: string
  readonly epochs?: number | undefined
  readonly method?: "supervised" | "preference" | undefined
  readonly count?: "all" | number | undefined
  readonly problems?: number | undefined
  readonly onUnknownPrice?: "refuse" | "allow" | undefined
  readonly extraFields?: "error" | "ignore" | undefined
  readonly limits?: Partial<Limits> | undefined
  readonly location?: string | undefined
}

/**
 * How to check an object: of the newest generation, or of this one.
 *
 * @since 0.1.0
 */
export interface ObjectOptions extends Options {
  readonly generation?: string | undefined
}

/**
 * What was found: all of it is right.
 *
 * **Details**
 *
 * - `source` is the URI with the `generation` that was read, which is null for data that has none; `sha256` is that of its bytes.
 * - `tokens` are of one epoch. `basis` says where they come from: `counted` by the service for all examples, extrapolated from a sample of
 *   `asked` examples that were (`sampled`), or `estimated`. `worst` is what they cannot exceed: the count, or else one token for each byte
 *   of an example, and `limits.exampleTokens` for one with files. `longest` is the largest example, by the
 *   estimate unless all are counted.
 * - `cost` is epochs x tokens x price; null when it is not known, and `costAbsent` says why.
 *
 * @since 0.1.0
 */
export const Report = Schema.Struct({
  source: Schema.String,
  generation: Schema.NullOr(Schema.String),
  sha256: Schema.String,
  bytes: Schema.Int,
  lines: Schema.Int,
  examples: Schema.Int,
  withFiles: Schema.Int,
  characters: Schema.Int,
  tokens: Schema.Struct({
    basis: Schema.Literals(["counted", "sampled", "estimated"]),
    asked: Schema.Int,
    likely: Schema.Int,
    worst: Schema.Int,
    longest: Schema.Struct({ tokens: Schema.Int, line: Schema.Int })
  }),
  cost: Schema.NullOr(Schema.Struct({ epochs: Schema.Int, asOf: Price.Day, likely: Money.Money, worst: Money.Money })),
  costAbsent: Schema.optionalKey(Schema.String)
})

/**
 * What was found.
 *
 * @since 0.1.0
 */
export type Report = typeof Report.Type

/** Counting needs the service. (`model` is named because a type of optional fields only would take nothing.) */
type Counting<O extends Options> = O extends { readonly model: string; readonly count?: undefined }
  ? never
  : TokenCounter

type DataError = InvalidTrainingData | PriceTable.PriceUnknown | VertexError.VertexError

/**
 * Everything that the check of an object fails with, as a schema for `Step.make` and `Workflow.make`.
 *
 * @since 0.1.0
 */
export const CheckError = Schema.Union([
  InvalidTrainingData,
  PriceTable.PriceUnknown,
  VertexError.VertexError,
  CloudStorageError,
  DatasetError
])

/**
 * Everything that the check of an object fails with.
 *
 * @since 0.1.0
 */
export type CheckError = typeof CheckError.Type

/**
 * Reads training data to its end and checks it: JSON, roles, parts, the order of turns, the number of examples, their sizes and that of the
 * whole. Memory holds one line at a time (and the sample to count).
 *
 * **Details**
 *
 * - Of an object the generation is taken first, and only that one is read. A tuning job names no generation: it learns from the object as
 *   it is then, so keep what was checked in place.
 * - A `Dataset` decodes `TrainingExample.Supervised` or `Preference` by itself; its own limits and `extraFields` hold.
 * - Fails with `InvalidTrainingData`, which lists what is wrong with every line; with `PriceUnknown`, see `onUnknownPrice`; with
 *   `VertexError` when tokens cannot be counted; with `CloudStorageError` when there is no such object, `DatasetError` when it was replaced
 *   meanwhile, and with what the dataset fails with.
 * - Epochs, counts and limits that are no whole numbers from 1 throw `RangeError`.
 *
 * @example
 * import * as Step from "@genops/pipelines/Step"
 * import * as TrainingData from "@genops/pipelines/TrainingData"
 * import * as Effect from "effect/Effect"
 *
 * const checked = Step.make({
 *   name: "check data",
 *   success: TrainingData.Report,
 *   execute: Effect.orDie(TrainingData.check("gs://acme/train.jsonl", { model: "gemini-3.5-flash", epochs: 3, count: 100 }))
 * })
 *
 * @since 0.1.0
 */
export function check<const O extends ObjectOptions>(
  uri: string,
  options: O
): Effect.Effect<Report, CheckError, CloudStorage.CloudStorage | Counting<O>>
export function check<const O extends Options, E, R>(
  dataset: Dataset.Dataset<TrainingExample.TrainingExample, E, R>,
  options: O
): Effect.Effect<Report, DataError | E, R | Counting<O>>
export function check<E, R>(
  data: string | Dataset.Dataset<TrainingExample.TrainingExample, E, R>,
  options: ObjectOptions
): Effect.Effect<Report, CheckError | E, R | CloudStorage.CloudStorage> {
  const settings = training.validate(options, limits)
  return Effect.gen(function* () {
    const price = yield* training.priceOf(settings)
    if (typeof data !== "string") return yield* training.read(data, null, settings, price)
    const { dataset, generation } = yield* training.open(data, settings)
    return yield* training.read(dataset, generation, settings, price)
  })
}
