/**
 * Answers of Vertex AI's evaluation service, as they travel. Unknown fields pass through.
 *
 * Numbers are single precision. proto3 JSON writes numbers that JSON does not have as the texts `"NaN"` and `"Infinity"`: they are
 * read as what they are, and `Evaluation` never takes one for a score.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Float = Schema.optional(Schema.Union([Schema.Number, Schema.Literals(["NaN", "Infinity", "-Infinity"])]))
const Text = Schema.optional(Schema.String)

const Scored = Schema.Struct({ score: Float, explanation: Text })
const scores = <const Name extends string>(name: Name) =>
  Schema.optional(Schema.Struct({ [`${name}MetricValues`]: Schema.optional(Schema.Array(Scored)) }))

const CustomOutput = Schema.optional(
  Schema.Struct({
    rawOutputs: Schema.optional(Schema.Struct({ rawOutput: Schema.optional(Schema.Array(Schema.String)) }))
  })
)

/**
 * A property that an answer should have.
 *
 * @since 0.1.0
 */
export const Rubric = Schema.Struct({
  rubricId: Text,
  content: Schema.optional(Schema.Struct({ property: Schema.optional(Schema.Struct({ description: Text })) })),
  type: Text,
  importance: Text
})

/**
 * A property that an answer should have.
 *
 * @since 0.1.0
 */
export type Rubric = typeof Rubric.Type

const Status = Schema.Struct({ code: Schema.optional(Schema.Finite), message: Text })

const MetricResult = Schema.Struct({
  score: Float,
  explanation: Text,
  rubricVerdicts: Schema.optional(
    Schema.Array(
      Schema.Struct({
        evaluatedRubric: Schema.optional(Rubric),
        verdict: Schema.optional(Schema.Boolean),
        reasoning: Text
      })
    )
  ),
  error: Schema.optional(Status)
})

/**
 * The answer of `evaluateInstances`: the field of the input that was sent, or `metricResults` in the order of `metrics`, each with
 * a score or an error.
 *
 * @since 0.1.0
 */
export const EvaluateInstances = Schema.Struct({
  exactMatchResults: scores("exactMatch"),
  bleuResults: scores("bleu"),
  rougeResults: scores("rouge"),
  toolCallValidResults: scores("toolCallValid"),
  toolNameMatchResults: scores("toolNameMatch"),
  toolParameterKeyMatchResults: scores("toolParameterKeyMatch"),
  toolParameterKvMatchResults: scores("toolParameterKvMatch"),
  trajectoryExactMatchResults: scores("trajectoryExactMatch"),
  trajectoryInOrderMatchResults: scores("trajectoryInOrderMatch"),
  trajectoryAnyOrderMatchResults: scores("trajectoryAnyOrderMatch"),
  trajectoryPrecisionResults: scores("trajectoryPrecision"),
  trajectoryRecallResults: scores("trajectoryRecall"),
  trajectorySingleToolUseResults: scores("trajectorySingleToolUse"),
  pointwiseMetricResult: Schema.optional(
    Schema.Struct({ score: Float, explanation: Text, customOutput: CustomOutput })
  ),
  pairwiseMetricResult: Schema.optional(
    Schema.Struct({ pairwiseChoice: Text, explanation: Text, customOutput: CustomOutput })
  ),
  cometResult: Schema.optional(Scored),
  metricxResult: Schema.optional(Scored),
  rubricBasedInstructionFollowingResult: Schema.optional(
    Schema.Struct({
      score: Float,
      rubricCritiqueResults: Schema.optional(
        Schema.Array(Schema.Struct({ rubric: Text, verdict: Schema.optional(Schema.Boolean) }))
      )
    })
  ),
  metricResults: Schema.optional(Schema.Array(MetricResult))
})

/**
 * The answer of `evaluateInstances`.
 *
 * @since 0.1.0
 */
export type EvaluateInstances = typeof EvaluateInstances.Type

const AggregationResult = Schema.Struct({
  aggregationMetric: Text,
  pointwiseMetricResult: Schema.optional(Scored),
  pairwiseMetricResult: Schema.optional(Schema.Struct({ pairwiseChoice: Text, explanation: Text })),
  exactMatchMetricValue: Schema.optional(Scored),
  bleuMetricValue: Schema.optional(Scored),
  rougeMetricValue: Schema.optional(Scored)
})

/**
 * The answer of `evaluateDataset`: aggregates, and the directory with the scores of the rows.
 *
 * @since 0.1.0
 */
export const EvaluateDataset = Schema.Struct({
  aggregationOutput: Schema.optional(
    Schema.Struct({ aggregationResults: Schema.optional(Schema.Array(AggregationResult)) })
  ),
  outputInfo: Schema.optional(Schema.Struct({ gcsOutputDirectory: Text }))
})

/**
 * The answer of `evaluateDataset`.
 *
 * @since 0.1.0
 */
export type EvaluateDataset = typeof EvaluateDataset.Type

/**
 * An evaluation of a dataset under way. `done` left out means that it runs; a failed one is `done` with an `error`.
 *
 * @since 0.1.0
 */
export const DatasetOperation = Schema.Struct({
  // It becomes the path of the next request.
  name: Schema.String.check(
    Schema.isPattern(/^projects\/[\w.:-]+\/locations\/[\w-]+\/(?:[\w-]+\/)*operations\/[\w-]+$/)
  ),
  done: Schema.optional(Schema.Boolean),
  error: Schema.optional(Status),
  response: Schema.optional(EvaluateDataset)
})

/**
 * An evaluation of a dataset under way.
 *
 * @since 0.1.0
 */
export type DatasetOperation = typeof DatasetOperation.Type

/**
 * The answer of `generateInstanceRubrics`.
 *
 * @since 0.1.0
 */
export const GenerateRubrics = Schema.Struct({ generatedRubrics: Schema.optional(Schema.Array(Rubric)) })
