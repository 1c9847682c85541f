/** What every implementation of `Evaluation` must show. */
import * as Metric from "@genops/core/Metric"
import type * as MetricInstance from "@genops/core/MetricInstance"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as Scale from "@genops/core/Scale"
import * as ServiceMetric from "@genops/core/ServiceMetric"
import * as Evaluation from "@genops/vertex/Evaluation"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Sent } from "./Subject.ts"

/** `hasService`: whether it scores the metrics of the service alone. */
export interface Subject<E> {
  readonly layer: Layer.Layer<Evaluation.Evaluation | Sent, E>
  readonly hasService: boolean
}

export const row: MetricInstance.MetricInstance = {
  row: "row-1",
  prompt:
    "Summarize the text in one sentence. Text: The lighthouse was built in 1820. It has used electricity since 1870.",
  response: "The lighthouse of 1820 has used electricity since 1870.",
  reference: "Built in 1820, the lighthouse has used electricity since 1870.",
  baselineResponse: "Bananas are yellow.",
  source: "Der Leuchtturm von 1820 hat seit 1870 Strom.",
  columns: { history: "user: Hello.\nmodel: Hello, how can I help?" }
}

const call = (name: string, parameters: object) =>
  JSON.stringify({ content: "", tool_calls: [{ name, arguments: parameters }] })

const toolRow = {
  ...row,
  response: call("book", { to: "Paris", day: 1 }),
  reference: call("book", { to: "Paris", day: 2 })
}

const steps = (...names: ReadonlyArray<string>) => names.map((tool_name) => ({ tool_name, tool_input: { id: 1 } }))
const agentRow = { ...row, trajectory: steps("look", "book", "look"), referenceTrajectory: steps("look", "book") }

/** Metric, row, score. The numbers follow from the definitions; those of BLEU and ROUGE were printed by the service itself. */
const computed: ReadonlyArray<readonly [metric: string, instance: MetricInstance.MetricInstance, score: number]> = [
  ["exact_match", { ...row, response: "Paris", reference: "Paris" }, 1],
  ["exact_match", { ...row, response: "paris", reference: "Paris" }, 0],
  ["bleu", { ...row, response: "I'm good", reference: "I am good" }, 0.189959],
  ["rouge_1", { ...row, response: "the cat sat", reference: "the cat sat on the mat" }, 2 / 3],
  ["rouge_l_sum", { ...row, response: "the cat sat", reference: "the cat sat on the mat" }, 2 / 3],
  ["tool_call_valid", toolRow, 1],
  ["tool_name_match", toolRow, 1],
  ["tool_parameter_key_match", toolRow, 1],
  ["tool_parameter_kv_match", toolRow, 0.5],
  ["trajectory_exact_match", agentRow, 0],
  ["trajectory_in_order_match", agentRow, 1],
  ["trajectory_any_order_match", agentRow, 1],
  ["trajectory_precision", agentRow, 1],
  ["trajectory_recall", agentRow, 1]
]

const named = (name: string) => Effect.fromResult(Metric.named(name))

export const suite = <E>(name: string, subject: Subject<E>): void => {
  layer(subject.layer, { excludeTestServices: true, timeout: "60 seconds" })(`Evaluation contract: ${name}`, (it) => {
    it.effect.each(computed)("computes %s", ([metric, instance, expected]) =>
      Effect.gen(function* () {
        const score = yield* Evaluation.score(yield* named(metric), instance)
        assert.strictEqual(score.metric, metric)
        assert.approximately(score._tag === "Rating" ? score.score : NaN, expected, 1e-6)
      })
    )

    it.effect.each(PointwiseMetric.all)("rates by $name, on its scale", (metric) =>
      Effect.gen(function* () {
        const score = yield* Evaluation.score(metric, row)
        assert.strictEqual(score.metric, metric.name)
        assert.isTrue(score._tag === "Rating" && Scale.contains(metric.scale, score.score), JSON.stringify(score))
      })
    )

    it.effect.each(PairwiseMetric.all)("chooses by $name", (metric) =>
      Effect.gen(function* () {
        const score = yield* Evaluation.score(metric, row)
        assert.strictEqual(score._tag, "Preference")
        assert.include(["CANDIDATE", "BASELINE", "TIE"], score._tag === "Preference" ? score.pairwiseChoice : undefined)
      })
    )

    it.effect("names the input that a row lacks, and sends nothing", () =>
      Effect.gen(function* () {
        const sent = yield* Sent
        const before = yield* sent.total
        const bare = { row: "row-7", response: "Paris" }
        for (const metric of ["bleu", "fluency", "pairwise_fluency", "trajectory_recall", "comet"]) {
          const error = yield* Effect.flip(Evaluation.score(yield* named(metric), bare))
          const refused = error._tag === "MetricInputMissing" || error._tag === "MetricUnsupported"
          assert.isTrue(refused, `${metric}: ${error._tag}`)
          if (error._tag === "MetricInputMissing") assert.strictEqual(error.row, "row-7")
        }
        assert.strictEqual(yield* sent.total, before)
      })
    )

    it.effect("has no score where none is defined, never 0 and never NaN", () =>
      Effect.gen(function* () {
        const empty = { ...agentRow, trajectory: [] }
        const error = yield* Effect.flip(Evaluation.score(yield* named("trajectory_precision"), empty))
        assert.include(["Absent", "VertexError"], error._tag)
      })
    )

    it.effect.each(ServiceMetric.all)("scores by $name, or says beforehand that it cannot", (metric) =>
      Effect.gen(function* () {
        const { supports } = yield* Evaluation.Evaluation
        const sent = yield* Sent
        const before = yield* sent.total
        assert.strictEqual(Result.isSuccess(supports(metric)), subject.hasService)
        if (subject.hasService) {
          const score = yield* Evaluation.score(metric, row)
          assert.isTrue(score._tag === "Rating" && Scale.contains(metric.scale, score.score), JSON.stringify(score))
        } else {
          const error = yield* Effect.flip(Evaluation.score(metric, row))
          assert.strictEqual(error._tag, "MetricUnsupported")
          assert.strictEqual(yield* sent.total, before)
        }
      })
    )

    it.effect("scores the same row alike, also when many are scored at once", () =>
      Effect.gen(function* () {
        const metric = yield* named("rouge_l_sum")
        const scores = yield* Effect.forEach(Array.from({ length: 20 }), () => Evaluation.score(metric, row), {
          concurrency: 8
        })
        assert.strictEqual(new Set(scores.map((score) => JSON.stringify(score))).size, 1)
      })
    )
  })
}
