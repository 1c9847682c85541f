import * as ComputedMetric from "@genops/core/ComputedMetric"
import * as NamedCriteria from "@genops/core/criteria/NamedCriteria"
import { absent } from "@genops/core/metric/Absent"
import * as Metric from "@genops/core/Metric"
import * as MetricInstance from "@genops/core/MetricInstance"
import * as MetricPrompt from "@genops/core/MetricPrompt"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as Prompt from "@genops/core/Prompt"
import * as Scale from "@genops/core/Scale"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const named = (name: string) => Result.getOrThrow(Metric.named(name))
const computedNamed = (name: string): ComputedMetric.ComputedMetric => {
  const metric = named(name)
  if (metric._tag !== "Computed") throw new Error(`${name} is not computed`)
  return metric
}
const failure = <A, E>(result: Result.Result<A, E>): E => Result.getOrThrow(Result.flip(result))

describe("Metric", () => {
  it("has the names of Google's SDK, so that results can be compared", () => {
    const google = [
      ..."exact_match bleu rouge_1 rouge_2 rouge_l rouge_l_sum tool_call_valid tool_name_match".split(" "),
      ..."tool_parameter_key_match tool_parameter_kv_match trajectory_exact_match trajectory_in_order_match".split(" "),
      ..."trajectory_any_order_match trajectory_precision trajectory_recall comet metricx".split(" "),
      ...NamedCriteria.all.flatMap(({ name }) => [name, `pairwise_${name}`])
    ]
    for (const name of google) assert.strictEqual(named(name).name, name)
    assert.strictEqual(ComputedMetric.singleToolUse("book").name, "trajectory_single_tool_use")
    assert.strictEqual(NamedCriteria.all.length, 11)
    assert.isTrue(Result.isSuccess(Metric.validate(Metric.all)))
  })

  it("answers a misspelt name with the one that was meant", () => {
    const error = failure(Metric.named("rouge_lsum"))
    assert.include(error.suggestions, "rouge_l_sum")
    assert.include(error.message, "rouge_lsum is not a metric. Did you mean rouge_l_sum")
    assert.deepStrictEqual(failure(Metric.named("")).suggestions, [])
  })

  it("refuses two metrics of one name, letter case aside", () => {
    const custom = ComputedMetric.make({ name: "BLEU", scale: Scale.share, compute: () => Result.succeed(1) })
    assert.strictEqual(failure(Metric.validate([named("bleu"), named("fluency"), custom])).name, "BLEU")
    assert.isTrue(Result.isSuccess(Metric.validate([])))
  })

  it("names metric, row and input of what is missing, before anything is paid", () => {
    const metrics = [named("fluency"), named("rouge_1")]
    const row = { row: "prompts.jsonl:3", response: "a", prompt: "b", columns: { refrence: "c" } }
    const error = failure(Metric.requireInputs(metrics, row))
    assert.deepStrictEqual([error.metric, error.row, error.input], ["rouge_1", "prompts.jsonl:3", "reference"])
    assert.include(error.message, "Row prompts.jsonl:3 has no reference, which the metric rouge_1 needs")
    assert.include(error.message, "Did you mean the column refrence?")
    assert.isTrue(Result.isSuccess(Metric.requireInputs(metrics, { response: "a", prompt: "b", reference: "" })))
  })
})

describe("MetricInstance", () => {
  it("does not let a column stand in for the answer", () => {
    const inputs = MetricInstance.inputs({ response: "mine", columns: { response: "theirs", context: "c" } })
    assert.deepStrictEqual(
      [...inputs],
      [
        ["response", "mine"],
        ["context", "c"]
      ]
    )
  })
})

describe("Scale", () => {
  it("has no place for NaN and infinities", () => {
    const open: Scale.Scale = { min: 0, ideal: "low" }
    for (const value of [Number.NaN, Infinity, -Infinity, -1]) assert.isFalse(Scale.contains(open, value))
    assert.isTrue(Scale.contains(open, 1e9))
    assert.isTrue(Scale.contains({ min: 0, max: 100, ideal: "high" }, 100.00000000000004))
    assert.isFalse(Scale.contains(Scale.oneToFive, 5.1))
  })

  it("orders by the ideal", () => {
    const verbosity: Scale.Scale = { min: -2, max: 2, ideal: "zero", integer: true }
    assert.deepStrictEqual(Scale.ratings(verbosity), [-2, -1, 0, 1, 2])
    assert.strictEqual(Scale.goodness(verbosity, -2), Scale.goodness(verbosity, 2))
    assert.isAbove(Scale.goodness(verbosity, 0), Scale.goodness(verbosity, 1))
    assert.isAbove(Scale.goodness({ min: 0, ideal: "low" }, 1), Scale.goodness({ min: 0, ideal: "low" }, 2))
  })
})

describe("ComputedMetric", () => {
  const instance: MetricInstance.MetricInstance = {
    response: "the cat sat",
    reference: "the cat sat on the mat",
    trajectory: [{ tool_name: "book", tool_input: {} }],
    referenceTrajectory: [{ tool_name: "book", tool_input: {} }],
    latencyMs: 1500,
    grounding: {
      parts: ["the cat sat"],
      metadata: {
        groundingChunks: [{}],
        groundingSupports: [{ segment: { endIndex: 11 }, groundingChunkIndices: [0] }]
      }
    }
  }

  it("computes each named metric on its scale", () => {
    for (const metric of ComputedMetric.all) {
      if (metric.name.startsWith("tool_")) continue
      const score = Result.getOrThrow(ComputedMetric.score(metric, instance))
      assert.isTrue(Scale.contains(metric.scale, score), metric.name)
    }
    const value = (name: string) => Result.getOrThrow(ComputedMetric.score(computedNamed(name), instance))
    assert.approximately(value("rouge_1"), 2 / 3, 1e-12)
    assert.approximately(value("rouge_2"), 4 / 7, 1e-12)
    assert.strictEqual(value("exact_match"), 0)
    assert.strictEqual(value("trajectory_exact_match"), 1)
    assert.strictEqual(value("citation_coverage"), 1)
    assert.strictEqual(value("latency_in_seconds"), 1.5)
  })

  it("scores equal texts by the end of each scale, rounding included", () => {
    const same = { response: "The cat sat on the mat.", reference: "The cat sat on the mat." }
    for (const name of ["exact_match", "bleu", "rouge_1", "rouge_l_sum", "squad_f1", "token_f1", "contains"]) {
      assert.approximately(Result.getOrThrow(ComputedMetric.score(computedNamed(name), same)), 1, 1e-12, name)
    }
    for (const name of ["sacrebleu", "chrf", "chrf_plus_plus"]) {
      assert.approximately(Result.getOrThrow(ComputedMetric.score(computedNamed(name), same)), 100, 1e-9, name)
    }
    assert.strictEqual(Result.getOrThrow(ComputedMetric.score(computedNamed("ter"), same)), 0)
  })

  it("gives no number where there is none", () => {
    const missing = failure(ComputedMetric.score(computedNamed("rouge_1"), { response: "a" }))
    assert.deepStrictEqual([missing.measure, missing.reason], ["rouge_1", "MissingReference"])
    const bad = failure(
      ComputedMetric.score(computedNamed("tool_name_match"), { response: "{}", reference: "not JSON" })
    )
    assert.deepStrictEqual([bad.measure, bad.reason], ["tool_name_match", "InvalidReference"])
    for (const value of [Number.NaN, Infinity, 2]) {
      const custom = ComputedMetric.make({ name: "custom", scale: Scale.share, compute: () => Result.succeed(value) })
      assert.strictEqual(failure(ComputedMetric.score(custom, instance)).reason, "NotFinite")
    }
    const own = ComputedMetric.make({
      name: "own",
      scale: Scale.share,
      compute: () => absent("", "Undefined", "there is nothing to measure.")
    })
    assert.strictEqual(failure(ComputedMetric.score(own, instance)).measure, "own")
  })
})

describe("criteria", () => {
  for (const criterion of NamedCriteria.all) {
    it(`${criterion.name} has a rubric with every rating of its scale, steps, and places for its inputs`, () => {
      const ratings = criterion.ratingRubric.map(([rating]) => Number(rating))
      assert.deepStrictEqual(
        ratings.toSorted((a, b) => a - b),
        Scale.ratings(criterion.scale)
      )
      assert.isAtLeast(criterion.evaluationSteps.length, 3)
      const pointwise = named(criterion.name)
      const pairwise = named(`pairwise_${criterion.name}`)
      assert.deepStrictEqual(pointwise.inputs, [...criterion.inputs, "response"])
      assert.deepStrictEqual(pairwise.inputs, [...criterion.inputs, "baseline_model_response", "response"])
      for (const metric of [pointwise, pairwise]) {
        if (!Metric.isJudged(metric)) throw new Error("judged")
        const columns = { prompt: "{a}", history: "h", response: "r", baseline_model_response: "b" }
        const text = Result.getOrThrow(Prompt.render(metric.prompt, columns))
        assert.include(text, "<prompt>\n{a}\n</prompt>")
        for (const meaning of Object.values(criterion.criteria)) assert.include(text, meaning)
      }
    })
  }

  it("have the scales of Google's SDK", () => {
    const scales = NamedCriteria.all.map(({ name, scale }) => [name, scale.min, scale.max])
    const zeroOrOne = ["safety", "groundedness", "multi_turn_safety"]
    for (const [name, min, max] of scales) {
      const expected = name === "verbosity" ? [-2, 2] : zeroOrOne.includes(String(name)) ? [0, 1] : [1, 5]
      assert.deepStrictEqual([min, max], expected, String(name))
    }
  })
})

describe("PointwiseMetric.make, PairwiseMetric.make", () => {
  it("take a template of your own", () => {
    const metric = Result.getOrThrow(PointwiseMetric.make({ name: "polite", template: "Polite? {response} {context}" }))
    assert.deepStrictEqual(metric.inputs, ["response", "context"])
    assert.deepStrictEqual(metric.scale, Scale.oneToFive)
  })

  it("take parts, whose braces are text", () => {
    const template: MetricPrompt.Parts = {
      definition: "Judge {this}.",
      criteria: { Json: "It is {} or {x}." },
      ratingRubric: [["1", "yes"]],
      evaluationSteps: ["Look."],
      inputs: ["response"]
    }
    const { prompt } = Result.getOrThrow(PointwiseMetric.make({ name: "json", template, scale: Scale.zeroOrOne }))
    assert.deepStrictEqual(prompt.variables, ["response"])
    assert.include(Result.getOrThrow(Prompt.render(prompt, { response: "r" })), "It is {} or {x}.")
  })

  it("refuse what cannot work, and say why", () => {
    const reasons = [
      failure(PointwiseMetric.make({ name: "a b", template: "{response}" })),
      failure(PointwiseMetric.make({ name: "a", template: "{prompt}" })),
      failure(PointwiseMetric.make({ name: "a", template: "{response" })),
      failure(PointwiseMetric.make({ name: "a", template: "{response}", scale: Scale.share })),
      failure(
        PointwiseMetric.make({
          name: "a",
          template: "{response}",
          scale: { min: 0, max: 1e9, ideal: "high", integer: true }
        })
      ),
      failure(PairwiseMetric.make({ name: "a", template: "{response}" }))
    ].map(({ reason }) => reason)
    assert.match(reasons[0] ?? "", /a name starts with a letter/)
    assert.match(reasons[1] ?? "", /does not name \{response\}/)
    assert.match(reasons[2] ?? "", /line 1, column 1/)
    assert.match(reasons[3] ?? "", /whole ratings/)
    assert.match(reasons[4] ?? "", /2 to 101 ratings/)
    assert.match(reasons[5] ?? "", /does not name \{baseline_model_response\}/)
  })

  it.prop("text of parts never becomes a variable", [Schema.String, Schema.String], ([definition, step]) => {
    const parts: MetricPrompt.Parts = {
      definition,
      criteria: { [step]: definition },
      ratingRubric: [[step, definition]],
      evaluationSteps: [step],
      inputs: ["response"]
    }
    const prompt = Result.getOrThrow(MetricPrompt.make("any", parts, ["response"]))
    assert.deepStrictEqual(prompt.variables, ["response"])
    assert.include(Result.getOrThrow(Prompt.render(prompt, { response: "r" })), definition)
  })
})
