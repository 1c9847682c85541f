/**
 * Scores answers: computed metrics, and metrics that a judge model decides.
 *
 * Two layers behind one interface: `layer` is Vertex AI's evaluation service, `layerLocal` computes in this process and prompts
 * any `GenerativeModel` as the judge. Each score says which layer gave it.
 *
 * @example
 * import * as Metric from "@genops/core/Metric"
 * import * as ModelConfiguration from "@genops/core/ModelConfiguration"
 * import * as Evaluation from "@genops/vertex/Evaluation"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const fluency = yield* Effect.fromResult(Metric.named("fluency"))
 *   return yield* Evaluation.score(fluency, { prompt: "Name a prime.", response: "Seven is a prime." })
 * })
 * const judged = Evaluation.layerLocal({ judge: ModelConfiguration.make("gemini-3.5-flash") })
 *
 * @since 0.1.0
 */
import type * as Budget from "@genops/core/Budget"
import type { Absent } from "@genops/core/metric/Absent"
import type * as Metric from "@genops/core/Metric"
import * as MetricInstance from "@genops/core/MetricInstance"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import type * as PriceTable from "@genops/core/PriceTable"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EvaluationApi from "./EvaluationApi.ts"
import { GenerativeModel } from "./GenerativeModel.ts"
import * as evaluationJudge from "./internal/evaluationJudge.ts"
import * as evaluationService from "./internal/evaluationService.ts"
import type * as JudgeFailed from "./JudgeFailed.ts"
import type * as Score from "./Score.ts"
import * as VertexClient from "./VertexClient.ts"
import type * as VertexError from "./VertexError.ts"

/**
 * A layer cannot score this metric. Nothing was sent.
 *
 * @since 0.1.0
 */
export class MetricUnsupported extends Schema.TaggedError<MetricUnsupported>()("MetricUnsupported", {
  metric: Schema.String,
  description: Schema.String
}) {
  readonly billed = "no"

  override get message() {
    return `${this.metric} cannot be scored here: ${this.description} Nothing was sent.`
  }
}

/**
 * Why a row has no score. Each is a row error, but `BudgetExceeded` and `PriceUnknown`, which come from a budget around the
 * evaluation and refuse the calls that follow as well.
 *
 * @since 0.1.0
 */
export type EvaluationError =
  | JudgeFailed.JudgeFailed
  | MetricInstance.MetricInputMissing
  | MetricUnsupported
  | Absent
  | VertexError.VertexError
  | Budget.BudgetExceeded
  | PriceTable.PriceUnknown

/**
 * Scores answers.
 *
 * @since 0.1.0
 */
export class Evaluation extends Context.Service<
  Evaluation,
  {
    /** Scores an instance by a metric. Inputs are checked before anything is sent. */
    score(metric: Metric.Metric, instance: MetricInstance.MetricInstance): Effect.Effect<Score.Score, EvaluationError>
    /** Tells whether this layer has the metric at all: ask for each metric before the first call is paid. */
    supports(metric: Metric.Metric): Result.Result<void, MetricUnsupported>
  }
>()("@genops/vertex/Evaluation") {}

/**
 * Scores an instance by a metric. A score is never NaN or infinite, and always on the metric's scale.
 *
 * Fails with `MetricInputMissing`, `MetricUnsupported` (nothing was sent), `Absent` (a computed metric has no value here),
 * `JudgeFailed` (the judge gave no score), `VertexError`, and within a budget `BudgetExceeded` or `PriceUnknown`.
 *
 * @since 0.1.0
 */
export const score = (
  metric: Metric.Metric,
  instance: MetricInstance.MetricInstance
): Effect.Effect<Score.Score, EvaluationError, Evaluation> =>
  Effect.flatMap(Evaluation, (evaluation) => evaluation.score(metric, instance))

/**
 * How Vertex AI's service is used.
 *
 * - `judge`: the judge model with its generation config, the only parts of the configuration that travel; the service's own choice
 *   when left out
 * - `samplingCount`: 1 to 32 judgements for each instance; the service takes 4 when left out
 * - `flip`: exchange the answers of a pairwise metric in half of the samples; the service does when left out
 * - `computed`: `local` computes what can be computed in this process, which is free and not bound to the rate; default `vertex`.
 *   Metrics that the service does not have are computed in any case. Their scores say `scoredBy: "local"`
 *
 * @since 0.1.0
 */
export interface Options extends EvaluationApi.Options {
  readonly judge?: ModelConfiguration.ModelConfiguration
  readonly samplingCount?: number
  readonly flip?: boolean
  readonly computed?: "vertex" | "local"
}

const checkedSamples = <S extends number | undefined>(samplingCount: S): Effect.Effect<S> =>
  samplingCount === undefined || (Number.isInteger(samplingCount) && samplingCount >= 1 && samplingCount <= 32)
    ? Effect.succeed(samplingCount)
    : Effect.die(new RangeError(`samplingCount is a whole number from 1 to 32, not ${samplingCount}`))

/**
 * Provides Vertex AI's evaluation service.
 *
 * **Details**
 *
 * A budget around a call holds the worst case of its judges and books it as `uncertain`, because the service does not say what they
 * used: each sample reads the whole prompt and writes at most `judge.generationConfig.maxOutputTokens`, or 1,024 tokens when that
 * is not set. A budget in money needs `judge`: without, the price is not known. Computed metrics, COMET and MetricX are not booked.
 *
 * The service exists in regions only: pass `location` when the client's is `global`. A sampling count or a rate out of bounds is a
 * programming error and dies.
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Evaluation, never, VertexClient.VertexClient> =>
  Layer.effect(
    Evaluation,
    Effect.gen(function* () {
      const { config } = yield* VertexClient.VertexClient
      const samplingCount = yield* checkedSamples(options.samplingCount)
      const api = yield* EvaluationApi.make(options)
      const { score } = evaluationService.make(api, { ...options, samplingCount, project: config.project })
      return Evaluation.of({ score, supports: () => Result.void })
    })
  )

/**
 * How this process scores.
 *
 * - `judge`: the configuration of the judge; without, judged metrics are not supported. Its system instruction replaces the
 *   metric's. It writes at most 4,096 tokens a sample, thinking included, unless it says otherwise
 * - `samplingCount`: 1 to 32 judgements for each instance, 4 by default. They differ by seed, and have temperature 1 (0 when there
 *   is one only) unless the judge has its own
 * - `flip`: exchange the answers of a pairwise metric in every second sample, on by default; one sample alone is not flipped
 * - `combine`: how the ratings of the samples make a score, `mean` by default
 *
 * @since 0.1.0
 */
export interface LocalOptions {
  readonly judge?: ModelConfiguration.ModelConfiguration
  readonly samplingCount?: number
  readonly flip?: boolean
  readonly combine?: "mean" | "median"
}

/**
 * Provides scores of this process: computed metrics, and judged ones by a judge of your choice over any `GenerativeModel`.
 *
 * **Details**
 *
 * - The judge sees the metric's template filled from the row, and answers in JSON with an explanation before its rating.
 * - A pointwise score is the mean (or median) of the samples, a pairwise choice what more samples chose than anything else, with
 *   exchanged positions undone; a draw is `TIE`.
 * - A sample that was refused, blocked, not parsable or off the scale has no value. The score stands on the others when they are
 *   more than half, and names the failed ones; otherwise the row fails with `JudgeFailed`.
 * - Budgets and dry runs around a call see the judge's calls, though the layer was built outside of them.
 *
 * A sampling count out of bounds is a programming error and dies.
 *
 * @since 0.1.0
 */
export const layerLocal = (options: LocalOptions = {}): Layer.Layer<Evaluation, never, GenerativeModel> =>
  Layer.effect(
    Evaluation,
    Effect.gen(function* () {
      const model = yield* GenerativeModel
      const { combine = "mean", flip = true, judge } = options
      const samplingCount = yield* checkedSamples(options.samplingCount ?? 4)
      const ask = judge === undefined ? undefined : evaluationJudge.make(model, { judge, samplingCount, flip, combine })

      const unsupported = (metric: Metric.Metric): MetricUnsupported | undefined => {
        const fail = (description: string) => new MetricUnsupported({ metric: metric.name, description })
        if (metric._tag === "Service") return fail("only Vertex AI's service has it. Use Evaluation.layer.")
        return metric._tag === "Computed" || ask !== undefined
          ? undefined
          : fail("a judge decides it. Give one: Evaluation.layerLocal({ judge }).")
      }

      const score = (metric: Metric.Metric, instance: MetricInstance.MetricInstance) =>
        Effect.suspend((): Effect.Effect<Score.Score, EvaluationError> => {
          const refusal = unsupported(metric) ?? MetricInstance.missing(metric, instance)
          if (refusal !== undefined) return Effect.fail(refusal)
          if (metric._tag === "Computed") return evaluationService.local(metric, instance)
          // `unsupported` has refused what is left.
          return metric._tag === "Service" || ask === undefined ? Effect.die(metric) : ask(metric, instance)
        })

      return Evaluation.of({
        score,
        supports: (metric) => {
          const refusal = unsupported(metric)
          return refusal === undefined ? Result.void : Result.fail(refusal)
        }
      })
    })
  )
