/** Which heuristic a template gets, on which scale, and what stays true of every one. */
import { assert, describe, it } from "@effect/vitest"
import * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as PairwiseMetric from "@genops/core/PairwiseMetric"
import * as Scale from "@genops/core/Scale"
import * as Schema from "effect/Schema"
import * as Answered from "../src/evaluation/Answered.ts"
import * as Criterion from "../src/evaluation/Criterion.ts"
import * as MetricTemplate from "../src/evaluation/MetricTemplate.ts"
import * as RatingScale from "../src/evaluation/RatingScale.ts"
import * as Rubric from "../src/evaluation/Rubric.ts"

const expected: { readonly [metric: string]: keyof typeof Criterion.named } = {
  coherence: "coherence",
  fluency: "fluency",
  instruction_following: "following",
  text_quality: "overall",
  summarization_quality: "summarization",
  question_answering_quality: "answering",
  multi_turn_chat_quality: "overall",
  safety: "safety",
  groundedness: "groundedness",
  multi_turn_safety: "safety",
  verbosity: "verbosity"
}

describe("the words of a template choose its heuristic and its scale", () => {
  for (const metric of PointwiseMetric.all) {
    it(metric.name, () => {
      const { template } = metric.prompt
      assert.strictEqual(Criterion.of(template), Criterion.named[expected[metric.name] ?? "similarity"])
      assert.deepStrictEqual(RatingScale.of(MetricTemplate.wording(template)), Scale.ratings(metric.scale))
    })
  }

  for (const metric of PairwiseMetric.all) {
    it(metric.name, () => {
      const name = expected[metric.name.replace("pairwise_", "")] ?? "similarity"
      assert.strictEqual(Criterion.of(metric.prompt.template), Criterion.named[name])
    })
  }

  it("but not those of the values", () => {
    assert.strictEqual(Criterion.of("Rate this: {fluency} {safety}"), Criterion.named.overall)
  })
})

describe("a scale is read from", () => {
  for (const [template, ratings] of [
    ["5: (Very good). a\n4: (Good). b\n3: c\n2: d\n1: e\n\nSTEP 1: Assess\nSTEP 2: Score", [1, 2, 3, 4, 5]],
    ["- 100 = all\n- 50 = half\n- 0 = none", [0, 50, 100]],
    ["* **1** - yes\n* **0** - no", [0, 1]],
    ["Rate the response from 1 to 3.", [1, 2, 3]],
    ["on a scale of 0-4", [0, 1, 2, 3, 4]],
    ["Give a score between -1 and 1", [-1, 0, 1]],
    ["a rating from 1 (bad) to 4 (good)", [1, 2, 3, 4]],
    ["Answer 0 or 1.", [0, 1]],
    ["1. Read the text.\n2. Judge it.", [1, 2, 3, 4, 5]],
    ["Rate from 1 to 999", [1, 2, 3, 4, 5]]
  ] as const) {
    it(JSON.stringify(template), () => assert.deepStrictEqual(RatingScale.of(template), [...ratings]))
  }
})

const anyText = Schema.String
const anyOne = Schema.Literals(Object.values(Criterion.named).map(({ name }) => name))
const byName = new Map<string, Criterion.Criterion>(Object.values(Criterion.named).map((one) => [one.name, one]))

describe("every heuristic", () => {
  it.prop(
    "is between 0 and 1, always the same, and 0 of an empty answer",
    { name: anyOne, prompt: anyText, response: anyText, context: anyText, reference: anyText },
    ({ context, name, prompt, reference, response }) => {
      const { measure } = byName.get(name) ?? Criterion.named.overall
      for (const given of [{ reference }, {}]) {
        const answered = Answered.make({ response, prompt, context, ...given })
        const measured = measure(answered)
        assert.isAtLeast(measured.quality, 0)
        assert.isAtMost(measured.quality, 1)
        assert.isAtMost(Math.abs(measured.side ?? 0), 1)
        assert.deepStrictEqual(measure(answered), measured)
        for (const scale of [RatingScale.usual, [0, 1], [-2, -1, 0, 1, 2]]) {
          assert.include(scale, RatingScale.rate(scale, measured))
        }
        if (name !== "safety") assert.strictEqual(measure(Answered.make({ response: " ", prompt })).quality, 0)
      }
    }
  )

  it("is linear in the text", () => {
    const response = "All work and no play makes Jack a dull boy. ".repeat(5_000)
    for (const { measure, name } of byName.values()) {
      if (name === "similarity") continue
      assert.isNumber(measure(Answered.make({ response, prompt: response })).quality)
    }
  })
})

describe("templates", () => {
  it("are filled once, with doubled braces as braces", () => {
    const values = MetricTemplate.ofObject({ a: "{b}", b: "x", n: 3 })
    const rendered = MetricTemplate.render('{{"score": {n}}} {a} { not a name }', values)
    assert.deepInclude(rendered, { success: { text: '{"score": 3} {b} { not a name }', media: [] } })
  })
})

describe("rubrics", () => {
  it("are at most 20, numbered, and cover what the prompt asks", () => {
    const rubrics = Rubric.generate("Do it. ".repeat(25))
    assert.lengthOf(rubrics, 20)
    assert.deepStrictEqual(
      rubrics.map(({ rubricId }) => rubricId),
      Array.from({ length: 20 }, (_, index) => String(index + 1))
    )
  })
})
