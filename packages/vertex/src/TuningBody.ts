/**
 * A tuning job as it travels: every field of the wire format that has a meaning here.
 *
 * Schemas are lenient: absent fields, unknown fields and unknown enum values pass. What passes keeps its unknown fields.
 * 64-bit integers travel as text.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.tuningJobs
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const text = Schema.optional(Schema.String)
const number = Schema.optional(Schema.Number)

/**
 * A count as it travels: text, or a number from servers that are not strict.
 *
 * @since 0.1.0
 */
export const Int64 = Schema.Union([Schema.String.check(Schema.isPattern(/^-?\d{1,19}$/)), Schema.Int])

const count = Schema.optional(Int64)

const HyperParameters = Schema.Struct({
  epochCount: count,
  learningRateMultiplier: number,
  adapterSize: text,
  beta: number
})

/**
 * What a job is made of: where its data lies and how it learns. Supervised tuning and preference optimisation have the same fields.
 *
 * @since 0.1.0
 */
export const Spec = Schema.Struct({
  trainingDatasetUri: text,
  validationDatasetUri: text,
  hyperParameters: Schema.optional(HyperParameters),
  exportLastCheckpointOnly: Schema.optional(Schema.Boolean)
})

/**
 * A state of the model during its training, with an endpoint of its own.
 *
 * @since 0.1.0
 */
export const Checkpoint = Schema.Struct({ checkpointId: text, epoch: count, step: count, endpoint: text })

/**
 * How a number is distributed over the examples. `sum` and `billableSum` are counts.
 *
 * @since 0.1.0
 */
export const Distribution = Schema.Struct({
  sum: count,
  billableSum: count,
  min: number,
  max: number,
  mean: number,
  median: number,
  p5: number,
  p95: number,
  buckets: Schema.optional(Schema.Array(Schema.Struct({ count: number, left: number, right: number })))
})

/**
 * A distribution as it travels.
 *
 * @since 0.1.0
 */
export type Distribution = typeof Distribution.Type

/**
 * What the service found in the training data. Preference optimisation says which examples were dropped and how the scores lie.
 *
 * @since 0.1.0
 */
export const DataStats = Schema.Struct({
  tuningDatasetExampleCount: count,
  totalTuningCharacterCount: count,
  totalBillableTokenCount: count,
  tuningStepCount: count,
  totalTruncatedExampleCount: count,
  truncatedExampleIndices: Schema.optional(Schema.Array(Int64)),
  droppedExampleIndices: Schema.optional(Schema.Array(Int64)),
  droppedExampleReasons: Schema.optional(Schema.Array(Schema.String)),
  userInputTokenDistribution: Schema.optional(Distribution),
  userOutputTokenDistribution: Schema.optional(Distribution),
  userMessagePerExampleDistribution: Schema.optional(Distribution),
  scoresDistribution: Schema.optional(Distribution),
  scoreVariancePerExampleDistribution: Schema.optional(Distribution)
})

/**
 * What the service found in the training data, as it travels.
 *
 * @since 0.1.0
 */
export type DataStats = typeof DataStats.Type

/**
 * Why a job ended badly: `code` is a google.rpc.Code, not an HTTP status.
 *
 * @since 0.1.0
 */
export const Status = Schema.Struct({ code: Schema.optional(Schema.Int), message: text })

/**
 * A tuning job as it travels.
 *
 * @since 0.1.0
 */
export const TuningBody = Schema.Struct({
  name: Schema.String.check(Schema.isNonEmpty()),
  state: text,
  tunedModelDisplayName: text,
  description: text,
  labels: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  baseModel: text,
  preTunedModel: Schema.optional(Schema.Struct({ tunedModelName: text, checkpointId: text, baseModel: text })),
  supervisedTuningSpec: Schema.optional(Spec),
  preferenceOptimizationSpec: Schema.optional(Spec),
  createTime: text,
  startTime: text,
  endTime: text,
  updateTime: text,
  error: Schema.optional(Status),
  experiment: text,
  tunedModel: Schema.optional(
    Schema.Struct({ model: text, endpoint: text, checkpoints: Schema.optional(Schema.Array(Checkpoint)) })
  ),
  tuningDataStats: Schema.optional(
    Schema.Struct({
      supervisedTuningDataStats: Schema.optional(DataStats),
      preferenceOptimizationDataStats: Schema.optional(DataStats)
    })
  )
})

/**
 * A tuning job as it travels.
 *
 * @since 0.1.0
 */
export type TuningBody = typeof TuningBody.Type

/**
 * A page of jobs. The last one has no token.
 *
 * @since 0.1.0
 */
export const TuningPage = Schema.Struct({
  tuningJobs: Schema.optional(Schema.Array(TuningBody)),
  nextPageToken: text
})

/**
 * A page of jobs.
 *
 * @since 0.1.0
 */
export type TuningPage = typeof TuningPage.Type
