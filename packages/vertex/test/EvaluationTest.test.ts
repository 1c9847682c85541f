import * as Metric from "@genops/core/Metric"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Evaluation from "../src/Evaluation.ts"
import * as EvaluationTest from "../src/testing/EvaluationTest.ts"

const named = (name: string) => Result.getOrThrow(Metric.named(name))
const row = { prompt: "p", response: "a", reference: "a", baselineResponse: "b" }

describe("EvaluationTest", () => {
  it.effect("answers by the script, computes what is computed, and records the calls", () =>
    Effect.gen(function* () {
      const rated = yield* Evaluation.score(named("fluency"), row)
      assert.deepStrictEqual(rated, { _tag: "Rating", metric: "fluency", scoredBy: "local", score: 4 })
      const again = yield* Evaluation.score(named("fluency"), row)
      assert.strictEqual(again._tag === "Rating" && again.score, 5)
      const chosen = yield* Evaluation.score(named("pairwise_fluency"), row)
      assert.strictEqual(chosen._tag === "Preference" && chosen.pairwiseChoice, "BASELINE")
      const computed = yield* Evaluation.score(named("exact_match"), row)
      assert.strictEqual(computed._tag === "Rating" && computed.score, 1)
      const failed = yield* Effect.flip(Evaluation.score(named("safety"), row))
      assert.strictEqual(failed._tag, "JudgeFailed")
      const missing = yield* Effect.flip(Evaluation.score(named("fluency"), { response: "a" }))
      assert.strictEqual(missing._tag, "MetricInputMissing")
      assert.deepStrictEqual(
        (yield* EvaluationTest.calls).map(({ metric }) => metric.name),
        ["fluency", "fluency", "pairwise_fluency", "exact_match", "safety"]
      )
    }).pipe(
      Effect.provide(
        EvaluationTest.layer({
          fluency: (_, callIndex) => 4 + callIndex,
          pairwise_fluency: "BASELINE",
          safety: EvaluationTest.judgeFailed("safety")
        })
      )
    )
  )

  it.effect("dies of a judged metric without a script and says how to write one", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Evaluation.score(named("coherence"), row))
      assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "EvaluationTest.layer({ coherence: 4 })")
    }).pipe(Effect.provide(EvaluationTest.layer()))
  )
})
