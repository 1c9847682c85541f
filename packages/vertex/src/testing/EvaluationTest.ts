/**
 * Evaluation for tests: scripted scores, recorded calls, no judge and no network.
 *
 * Inputs are checked as the real layers check them, so a row without a reference fails here too. Computed metrics without a script
 * are really computed; a judged one without a script dies and says how to script it.
 *
 * @example
 * import * as Metric from "@genops/core/Metric"
 * import * as Evaluation from "@genops/vertex/Evaluation"
 * import { EvaluationTest } from "@genops/vertex/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const fluency = yield* Effect.fromResult(Metric.named("fluency"))
 *   return yield* Evaluation.score(fluency, { prompt: "Say hello.", response: "Hello!" })
 * })
 * const tested = Effect.provide(program, EvaluationTest.layer({ fluency: 5 }))
 *
 * @since 0.1.0
 */
import type * as Metric from "@genops/core/Metric"
import * as MetricInstance from "@genops/core/MetricInstance"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Evaluation, type EvaluationError } from "../Evaluation.ts"
import * as evaluationService from "../internal/evaluationService.ts"
import * as JudgeFailed from "../JudgeFailed.ts"
import type * as Score from "../Score.ts"

/**
 * A call that reached the scripted service.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly metric: Metric.Metric
  readonly instance: MetricInstance.MetricInstance
}

/**
 * What a metric answers: a rating, a choice, or an effect that succeeds with one or fails.
 *
 * @since 0.1.0
 */
export type Answer = number | Score.PairwiseChoice | Effect.Effect<number | Score.PairwiseChoice, EvaluationError>

/**
 * The answers by metric name: one for every call, or a function of the instance and the number of earlier calls of the metric.
 *
 * @since 0.1.0
 */
export type Script = Readonly<
  Record<string, Answer | ((instance: MetricInstance.MetricInstance, callIndex: number) => Answer)>
>

/**
 * What the test layer has seen.
 *
 * @since 0.1.0
 */
export class EvaluationTest extends Context.Service<
  EvaluationTest,
  {
    /** The calls so far, in order. Rows that were refused for a missing input are not among them. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
  }
>()("@genops/vertex/testing/EvaluationTest") {}

/**
 * Returns the calls so far, in order.
 *
 * @since 0.1.0
 */
export const calls: Effect.Effect<ReadonlyArray<Call>, never, EvaluationTest> = Effect.flatMap(
  EvaluationTest,
  ({ calls }) => calls
)

/**
 * Makes the failure of a judge, for scripts.
 *
 * @since 0.1.0
 */
export const judgeFailed = (
  metric: string,
  reason: JudgeFailed.Reason = "unparsable",
  text = "I would rather not say."
): Effect.Effect<never, JudgeFailed.JudgeFailed> =>
  Effect.fail(
    new JudgeFailed.JudgeFailed({
      metric,
      row: "",
      judge: "test/scripted",
      reason,
      description: "As scripted.",
      text,
      asked: 1,
      failed: 1
    })
  )

/**
 * Provides `Evaluation` that answers by the script, and `EvaluationTest` that tells the calls. Scores say `scoredBy: "local"`.
 *
 * @since 0.1.0
 */
export const layer = (script: Script = {}): Layer.Layer<Evaluation | EvaluationTest> =>
  Layer.syncContext(() => make(script))

const make = (script: Script) => {
  const calls: Array<Call> = []

  const score = (metric: Metric.Metric, instance: MetricInstance.MetricInstance) =>
    Effect.suspend((): Effect.Effect<Score.Score, EvaluationError> => {
      const missing = MetricInstance.missing(metric, instance)
      if (missing !== undefined) return Effect.fail(missing)
      const callIndex = calls.filter((call) => call.metric.name === metric.name).length
      calls.push({ metric, instance })
      const scripted = Object.hasOwn(script, metric.name) ? script[metric.name] : undefined
      if (scripted === undefined) {
        if (metric._tag === "Computed") return evaluationService.local(metric, instance)
        const hint = `EvaluationTest.layer({ ${metric.name}: ${metric._tag === "Pairwise" ? '"TIE"' : 4} })`
        return Effect.die(new Error(`EvaluationTest: ${JSON.stringify(metric.name)} has no script: ${hint}.`))
      }
      const answer = typeof scripted === "function" ? scripted(instance, callIndex) : scripted
      const value = Effect.isEffect(answer) ? answer : Effect.succeed(answer)
      const common = { metric: metric.name, scoredBy: "local" as const }
      return Effect.map(value, (value) =>
        typeof value === "number"
          ? { _tag: "Rating", ...common, score: value }
          : { _tag: "Preference", ...common, pairwiseChoice: value }
      )
    })

  return Context.make(Evaluation, { score, supports: () => Result.void }).pipe(
    Context.add(EvaluationTest, { calls: Effect.sync(() => [...calls]) })
  )
}
