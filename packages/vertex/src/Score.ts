/**
 * What an evaluation gives for one metric of one row.
 *
 * @since 0.1.0
 */
import * as Usage from "@genops/core/Usage"
import * as Schema from "effect/Schema"

/**
 * The layer that scored: `vertex` is Vertex AI's evaluation service, `local` this process (with a judge model, if there is one).
 *
 * @since 0.1.0
 */
export const ScoredBy = Schema.Literals(["vertex", "local"])

/**
 * The layer that scored.
 *
 * @since 0.1.0
 */
export type ScoredBy = typeof ScoredBy.Type

/**
 * The better answer, by a judge.
 *
 * @since 0.1.0
 */
export const PairwiseChoice = Schema.Literals(["CANDIDATE", "BASELINE", "TIE"])

/**
 * The better answer, by a judge.
 *
 * @since 0.1.0
 */
export type PairwiseChoice = typeof PairwiseChoice.Type

/**
 * The samples that a judged score is made of.
 *
 * - `asked`: how often the judge was asked
 * - `values`: what it answered: ratings, or choices with flipped positions undone. [] where Vertex AI's service does not say it
 * - `failed`: why the other samples have no value; they never count as one
 * - `agreement`: the share of the values that equal the most frequent one, in (0, 1]; absent without values
 *
 * @since 0.1.0
 */
export const Samples = Schema.Struct({
  asked: Schema.Natural,
  values: Schema.Array(Schema.Union([Schema.Finite, PairwiseChoice])),
  failed: Schema.Array(Schema.String),
  agreement: Schema.optional(Schema.Finite)
})

/**
 * The samples that a judged score is made of.
 *
 * @since 0.1.0
 */
export type Samples = typeof Samples.Type

/**
 * A rubric of the service and whether the answer keeps it.
 *
 * @since 0.1.0
 */
export const RubricVerdict = Schema.Struct({
  rubric: Schema.String,
  verdict: Schema.Boolean,
  reasoning: Schema.optional(Schema.String)
})

const common = {
  metric: Schema.String,
  scoredBy: ScoredBy,
  explanation: Schema.optional(Schema.String),
  /** The judge model, where it is known. */
  judge: Schema.optional(Schema.String),
  samples: Schema.optional(Samples),
  /** Tokens of the judge calls; absent where the service does not say them. */
  usage: Schema.optional(Usage.Usage)
}

/**
 * A number. It is never NaN or infinite, and on the metric's scale.
 *
 * @since 0.1.0
 */
export const Rating = Schema.TaggedStruct("Rating", {
  ...common,
  score: Schema.Finite,
  verdicts: Schema.optional(Schema.Array(RubricVerdict))
})

/**
 * A number. It is never NaN or infinite, and on the metric's scale.
 *
 * @since 0.1.0
 */
export type Rating = typeof Rating.Type

/**
 * A choice between two answers.
 *
 * @since 0.1.0
 */
export const Preference = Schema.TaggedStruct("Preference", { ...common, pairwiseChoice: PairwiseChoice })

/**
 * A choice between two answers.
 *
 * @since 0.1.0
 */
export type Preference = typeof Preference.Type

/**
 * What an evaluation gives for one metric of one row: pairwise metrics a `Preference`, all others a `Rating`.
 *
 * @since 0.1.0
 */
export const Score = Schema.Union([Rating, Preference])

/**
 * What an evaluation gives for one metric of one row.
 *
 * @since 0.1.0
 */
export type Score = typeof Score.Type
