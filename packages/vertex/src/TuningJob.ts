/**
 * A tuning job as it was when it was read.
 *
 * @since 0.1.0
 */
import * as Cost from "@genops/core/Cost"
import type * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as tuningRequest from "./internal/tuningRequest.ts"
import * as TuningBody from "./TuningBody.ts"
import type { TuningRequest } from "./TuningRequest.ts"

const states = [
  "QUEUED",
  "PENDING",
  "RUNNING",
  "PAUSED",
  "SUCCEEDED",
  "FAILED",
  "CANCELLING",
  "CANCELLED",
  "EXPIRED",
  "PARTIALLY_SUCCEEDED",
  "UPDATING"
] as const

/**
 * The states of a job, without the prefix `JOB_STATE_`. One that is not known yet passes as its text.
 *
 * @since 0.1.0
 */
export type State = (typeof states)[number] | (string & {})

const terminal: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"])

/**
 * Says whether a state is the last one. A paused job can go on, and a state that is not known is not taken for an end.
 *
 * @since 0.1.0
 */
export const isTerminal = (state: State): boolean => terminal.has(state)

/**
 * A state of the model during its training. It answers on an endpoint of its own.
 *
 * @since 0.1.0
 */
export const Checkpoint = Schema.Struct({
  id: Schema.String,
  epoch: Schema.optional(Schema.Natural),
  step: Schema.optional(Schema.Natural),
  endpoint: Schema.optional(Schema.String)
})

/**
 * A state of the model during its training.
 *
 * @since 0.1.0
 */
export type Checkpoint = typeof Checkpoint.Type

/**
 * What came out: the model `projects/…/models/ID@VERSION` and the endpoint that serves it, which is a name for
 * `ModelConfiguration.model`. Its location may differ from the job's. `checkpoints` is empty when only the last one was kept.
 *
 * @since 0.1.0
 */
export interface TunedModel {
  readonly model: string
  readonly endpoint: string
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

/**
 * What the service found in the training data.
 *
 * **Details**
 *
 * - `billableTokens` are tokens of the dataset x epochs; a count that the service did not say is undefined.
 * - `truncated` and `droppedExamples` hold the numbers of the examples that were too long and that were left out, from 1; `dropped` the
 *   reasons for which examples were left out.
 * - `scores` and `scoreVariance` are those of preference optimisation.
 *
 * @since 0.1.0
 */
export const DataStats = Schema.Struct({
  examples: Schema.optional(Schema.Natural),
  characters: Schema.optional(Schema.Natural),
  billableTokens: Schema.optional(Schema.Natural),
  steps: Schema.optional(Schema.Natural),
  truncated: Schema.Array(Schema.Natural),
  droppedExamples: Schema.Array(Schema.Natural),
  dropped: Schema.Array(Schema.String),
  input: Schema.optional(TuningBody.Distribution),
  output: Schema.optional(TuningBody.Distribution),
  messages: Schema.optional(TuningBody.Distribution),
  scores: Schema.optional(TuningBody.Distribution),
  scoreVariance: Schema.optional(TuningBody.Distribution)
})

/**
 * What the service found in the training data.
 *
 * @since 0.1.0
 */
export type DataStats = typeof DataStats.Type

const count = (value: number | string | undefined): number | undefined => {
  const number = Number(value ?? Number.NaN)
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/**
 * A tuning job. `body` holds every field as it was sent; the getters read it. Times are RFC 3339 texts.
 *
 * @since 0.1.0
 */
export class TuningJob {
  readonly body: TuningBody.TuningBody

  constructor(body: TuningBody.TuningBody) {
    this.body = body
  }

  /** The full name, with the number of the project: `projects/123/locations/us-central1/tuningJobs/456`. */
  get name(): string {
    return this.body.name
  }

  /** `QUEUED`, `PENDING`, `RUNNING`, …; `UNSPECIFIED` when the service did not say. */
  get state(): State {
    return (this.body.state ?? "UNSPECIFIED").replace(/^JOB_STATE_/, "")
  }

  /** Whether the job has ended, well or badly. */
  get isTerminal(): boolean {
    return isTerminal(this.state)
  }

  get displayName(): string {
    return this.body.tunedModelDisplayName ?? ""
  }

  get labels(): Readonly<Record<string, string>> {
    return this.body.labels ?? {}
  }

  get createTime(): string | undefined {
    return this.body.createTime
  }

  /** The id of the base model, also when a tuned model is tuned on. */
  get baseModel(): string | undefined {
    return this.body.baseModel ?? this.body.preTunedModel?.baseModel
  }

  /** What came out; undefined until the job has succeeded. */
  get tunedModel(): TunedModel | undefined {
    const { checkpoints = [], endpoint = "", model = "" } = this.body.tunedModel ?? {}
    if (model === "" || endpoint === "") return undefined
    return {
      model,
      endpoint,
      checkpoints: checkpoints.map((one) => ({
        id: one.checkpointId ?? "",
        epoch: count(one.epoch),
        step: count(one.step),
        endpoint: one.endpoint
      }))
    }
  }

  /** What the service found in the training data; undefined until it has looked. */
  get dataStats(): DataStats | undefined {
    const { preferenceOptimizationDataStats, supervisedTuningDataStats } = this.body.tuningDataStats ?? {}
    const stats = supervisedTuningDataStats ?? preferenceOptimizationDataStats
    if (stats === undefined) return undefined
    return {
      examples: count(stats.tuningDatasetExampleCount),
      characters: count(stats.totalTuningCharacterCount),
      billableTokens: count(stats.totalBillableTokenCount),
      steps: count(stats.tuningStepCount),
      truncated: (stats.truncatedExampleIndices ?? []).flatMap((index) => count(index) ?? []),
      droppedExamples: (stats.droppedExampleIndices ?? []).flatMap((index) => count(index) ?? []),
      dropped: stats.droppedExampleReasons ?? [],
      input: stats.userInputTokenDistribution,
      output: stats.userOutputTokenDistribution,
      messages: stats.userMessagePerExampleDistribution,
      scores: stats.scoresDistribution,
      scoreVariance: stats.scoreVariancePerExampleDistribution
    }
  }
}

// Checked, not decoded: decoding would drop the fields that are not known yet.
const Body = Schema.Unknown.pipe(Schema.refine(Schema.is(TuningBody.TuningBody)))

/**
 * Schema of a job, for stores and durable steps: it writes the body as it was sent and reads it back, unknown fields too.
 *
 * @since 0.1.0
 */
export const FromJson = Body.pipe(
  Schema.decodeTo(
    Schema.instanceOf(TuningJob),
    SchemaTransformation.transform({ decode: (body) => new TuningJob(body), encode: ({ body }) => body })
  )
)

/**
 * Says whether a job was made by a request: the same method, model, data and display name, and the same hyperparameters as far as the
 * request sets them. Labels, description, account and key are not compared. Of a tuned model's name the project is not compared,
 * because the service writes its number, and of its version only what the request names.
 *
 * For a job that was found by its label: one that somebody else made is not taken for one's own.
 *
 * @since 0.1.0
 */
export const isOf = (job: TuningJob, request: TuningRequest): boolean => tuningRequest.isMadeBy(job.body, request)

/**
 * Prices a job at the list price of its base model today: billable tokens x price. None when the service has not said the tokens yet, or
 * the table has no price for tuning the model. Fails with `PriceUnknown` for a model that the table does not know. The table is
 * `PriceTable.Prices`.
 *
 * @since 0.1.0
 */
export const cost = Effect.fnUntraced(function* (
  job: TuningJob
): Effect.fn.Return<Option.Option<Money.Money>, PriceTable.PriceUnknown> {
  const tokens = job.dataStats?.billableTokens
  if (tokens === undefined) return Option.none()
  const location = /\/locations\/([^/]+)\//.exec(job.name)?.[1] ?? ""
  const asked = { model: job.baseModel ?? "", location, at: yield* DateTime.now }
  const price = yield* Effect.fromResult(PriceTable.lookup(yield* PriceTable.Prices, asked))
  return Cost.tuning(price, { datasetTokens: tokens, epochs: 1 })
})
