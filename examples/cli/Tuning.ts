/** What examples that tune share: flags, the price of training, and the services of a tuning pipeline. */
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Tuning from "@genops/vertex/Tuning"
import * as Flag from "effect/cli/Flag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Data from "./Data.ts"
import { type Options, UsageError } from "./Options.ts"

const natural = Flag.withSchema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))

export const flags = {
  trainingData: Flag.String("training-data").pipe(
    Flag.withDescription(
      "JSON Lines to learn from: a file, or gs://… that may come later (default: 72 support answers)"
    ),
    Flag.optional
  ),
  bucket: Flag.String("bucket").pipe(
    Flag.withDescription("Bucket that local data is uploaded to (default on the emulator: demo-data)"),
    Flag.optional
  ),
  model: Flag.String("model").pipe(Flag.withDescription("Base model"), Flag.withDefault("gemini-3.5-flash")),
  epochs: Flag.Int("epochs").pipe(
    natural,
    Flag.withDescription("Times that the data is learned from"),
    Flag.withDefault(3)
  ),
  adapterSize: Flag.Literals("adapter-size", ["1", "2", "4", "8", "16"]).pipe(
    Flag.withDescription("Rank of the adapter"),
    Flag.withDefault("4")
  ),
  learningRateMultiplier: Flag.String("learning-rate-multiplier").pipe(
    Flag.withDescription("Factor on the recommended learning rate (default: the service's)"),
    Flag.optional
  ),
  displayName: Flag.String("display-name").pipe(
    Flag.withDescription("Name of the tuned model"),
    Flag.withDefault("genops-support")
  ),
  tuningRegion: Flag.Literals("tuning-region", ["us-central1", "europe-west4"]).pipe(
    Flag.withDescription("Where it is tuned: Gemini 3 in these regions only"),
    Flag.withDefault("us-central1")
  ),
  trainingUsdPerMillion: Flag.String("training-usd-per-million").pipe(
    Flag.withDescription(
      "What a million training tokens cost; Google's list names no price for Gemini 3 (default: 10, made up)"
    ),
    Flag.withDefault("10")
  ),
  detach: Flag.Boolean("detach").pipe(
    Flag.withDescription("Leave the tuning job running when the run is cancelled"),
    Flag.withDefault(false)
  ),
  waitForData: Flag.String("wait-for-data").pipe(
    Flag.withDescription('How long training data is waited for, such as "2 hours"'),
    Flag.withSchema(Schema.DurationFromString),
    Flag.withDefault(Duration.days(1))
  )
}

export interface Settings extends Options {
  readonly trainingData: Option.Option<string>
  readonly bucket: Option.Option<string>
  readonly model: string
  readonly epochs: number
  readonly adapterSize: "1" | "2" | "4" | "8" | "16"
  readonly learningRateMultiplier: Option.Option<string>
  readonly displayName: string
  readonly tuningRegion: string
  readonly trainingUsdPerMillion: string
  readonly detach: boolean
  readonly waitForData: Duration.Duration
}

export const bucketOf = ({ bucket, live }: Settings): string | undefined =>
  Option.getOrElse(bucket, () => (live ? undefined : "demo-data"))

const sizes = { "1": 1, "2": 2, "4": 4, "8": 8, "16": 16 } as const

/** The settings of the job, as the flags say. */
export const request = (settings: Settings, trainingData: string) =>
  Effect.gen(function* () {
    const rate = Option.map(settings.learningRateMultiplier, Number)
    if (Option.isSome(rate) && !(rate.value > 0 && Number.isFinite(rate.value))) {
      return yield* new UsageError({ description: "--learning-rate-multiplier takes a number above 0." })
    }
    return {
      trainingData,
      epochs: settings.epochs,
      adapterSize: sizes[settings.adapterSize],
      displayName: settings.displayName,
      ...(Option.isSome(rate) ? { learningRateMultiplier: rate.value } : {})
    }
  })

/** Prices with one for training, tuning where it exists, and the data. */
export const services = (settings: Settings) =>
  Layer.mergeAll(
    Layer.effect(
      PriceTable.Prices,
      Effect.gen(function* () {
        const perToken = yield* Effect.fromResult(Money.fromPerMillion(settings.trainingUsdPerMillion))
        return PriceTable.withTraining(yield* PriceTable.Prices, settings.model, perToken)
      })
    ),
    Tuning.layerIn(settings.tuningRegion),
    Data.layer
  )

/** How often things are looked at: the emulator's jobs last seconds, Google's an hour. */
export const pace = ({ live }: Settings) =>
  live
    ? ({ every: "1 minute", tune: {} } as const)
    : ({ every: "500 millis", tune: { interval: "500 millis", grace: "5 seconds" } } as const)
