/** What the vectors do not cover: absent values, worked examples, own definitions. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Absent } from "../../src/metric/Absent.ts"
import * as Bleu from "../../src/metric/Bleu.ts"
import * as Chrf from "../../src/metric/Chrf.ts"
import * as CitationCoverage from "../../src/metric/CitationCoverage.ts"
import * as Edit from "../../src/metric/Edit.ts"
import * as Failure from "../../src/metric/Failure.ts"
import * as JsonText from "../../src/metric/JsonText.ts"
import * as Latency from "../../src/metric/Latency.ts"
import * as Rouge from "../../src/metric/Rouge.ts"
import * as SacreBleu from "../../src/metric/SacreBleu.ts"
import * as Squad from "../../src/metric/Squad.ts"
import * as Ter from "../../src/metric/Ter.ts"
import * as TextMatch from "../../src/metric/TextMatch.ts"
import * as ToolCall from "../../src/metric/ToolCall.ts"
import * as Trajectory from "../../src/metric/Trajectory.ts"

const reasonOf = (result: Result.Result<unknown, Absent>) =>
  Result.isFailure(result) ? result.failure.reason : `value ${JSON.stringify(result.success)}`

describe("absent values", () => {
  it.each([
    ["bleu", Bleu.score("a", [])],
    ["bleu of empty references", Bleu.score("a", ["", ""])],
    ["sacrebleu", SacreBleu.sentence("a", [])],
    ["sacrebleu corpus", SacreBleu.corpus(["a"], [[]])],
    ["chrf", Chrf.sentence("a", [])],
    ["chrf corpus", Chrf.corpus(["a", "b"], [["a"], []])],
    ["ter", Ter.sentence("a", [])],
    ["ter corpus", Ter.corpus(["a"], [[]])],
    ["squad", Squad.score("a", [])],
    ["rouge", Rouge.scoreBest("a", [])],
    ["contains", TextMatch.containsShare("a", [])]
  ])("%s needs a reference", (_, result) => {
    assert.strictEqual(reasonOf(result), "MissingReference")
  })

  it("names what a corpus lacks", () => {
    assert.strictEqual(reasonOf(SacreBleu.corpus([], [])), "TooFewPoints")
    assert.strictEqual(reasonOf(Chrf.corpus([], [])), "TooFewPoints")
    assert.strictEqual(reasonOf(Ter.corpus([], [])), "TooFewPoints")
    assert.strictEqual(reasonOf(SacreBleu.corpus(["a"], [])), "InvalidInput")
    assert.strictEqual(reasonOf(Chrf.corpus(["a"], [])), "InvalidInput")
    assert.strictEqual(reasonOf(Ter.corpus(["a"], [])), "InvalidInput")
  })

  it("explains itself", () => {
    const result = Bleu.score("a", [])
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) {
      assert.strictEqual(result.failure.message, "bleu has no value: there is no reference, or only empty ones.")
    }
  })
})

describe("scores", () => {
  it.prop("stay finite and in their range for any texts", [Schema.String, Schema.String], ([p, r]) => {
    const inRange = (value: number, top: number) =>
      assert.isTrue(value >= 0 && value <= top * (1 + 1e-12), String(value))
    const rouge = Rouge.score(p, r, { types: ["rouge_1", "rouge_9", "rouge_l", "rouge_l_sum"], useStemmer: true })
    for (const { precision, recall, fmeasure } of Object.values(rouge)) {
      for (const value of [precision, recall, fmeasure]) inRange(value, 1)
    }
    inRange(Result.getOrThrow(SacreBleu.sentence(p, [r, p], { effectiveOrder: true })).score, 100)
    inRange(Result.getOrThrow(Chrf.sentence(p, [r], { wordOrder: 2 })), 100)
    inRange(Result.getOrThrow(Ter.sentence(p, [r])).score, Infinity)
    inRange(Edit.score(p, r).similarity, 1)
  })

  it.prop("of a text against itself are perfect", [Schema.NonEmptyString], ([text]) => {
    assert.strictEqual(Result.getOrThrow(Ter.sentence(text, [text])).numEdits, 0)
    assert.strictEqual(Edit.score(text, text).distance, 0)
    assert.strictEqual(Result.getOrThrow(Squad.score(text, ["", text])).exact, 1)
  })

  it("keeps the best reference by type", () => {
    const best = Rouge.scoreBest("a b c d", ["d c b a", "a b x y z"], { types: ["rouge_1", "rouge_2"] })
    const { rouge_1, rouge_2 } = Result.getOrThrow(best)
    assert.strictEqual(rouge_1.fmeasure, 1)
    assert.closeTo(rouge_2.fmeasure, 2 / 7, 1e-12)
  })

  it("splits summaries with the splitter it is given", () => {
    const score = (sentenceSplitter: (text: string) => ReadonlyArray<string>) =>
      Rouge.score("b a|c d", "a b|d c", { types: ["rouge_l_sum"], splitSummaries: true, sentenceSplitter }).rouge_l_sum
    assert.strictEqual(score((text) => [text]).fmeasure, 0.5)
    assert.strictEqual(score((text) => text.split("|")).fmeasure, 0.5)
    assert.strictEqual(score((text) => text.split(/[ |]/)).fmeasure, 1)
  })
})

describe("TextMatch", () => {
  it("matches regular expressions without keeping a position between calls", () => {
    const digits = /\d/g
    assert.deepStrictEqual(TextMatch.matches("a1", digits), Result.succeed(1))
    assert.deepStrictEqual(TextMatch.matches("a1", digits), Result.succeed(1))
    assert.deepStrictEqual(TextMatch.matches("a", "^\\p{L}$"), Result.succeed(1))
    assert.strictEqual(reasonOf(TextMatch.matches("a", "(")), "InvalidReference")
  })

  it("gives the share of expected texts", () => {
    assert.deepStrictEqual(TextMatch.containsShare("red, green", ["red", "blue"]), Result.succeed(0.5))
  })
})

describe("JsonText", () => {
  it("refuses a schema that cannot be used", () => {
    const result = Result.flatMap(JsonText.schema({ $ref: "#/$defs/none" }), (check) => check("1"))
    assert.strictEqual(reasonOf(result), "InvalidReference")
    const pattern = Result.flatMap(JsonText.schema({ pattern: "(" }), (check) => check('"a"'))
    assert.strictEqual(reasonOf(pattern), "InvalidReference")
  })

  it("takes a frozen schema and leaves it alone", () => {
    const schema = Object.freeze({ type: "object", required: Object.freeze(["a"]) as Array<string> }) as {
      type: "object"
    }
    const check = Result.getOrThrow(JsonText.schema(schema))
    assert.deepStrictEqual(check('{"a":1}'), Result.succeed(1))
    assert.deepStrictEqual(check("{}"), Result.succeed(0))
    assert.deepStrictEqual(Object.keys(schema), ["type", "required"])
  })

  it("compares values whatever the order of keys", () => {
    assert.isTrue(JsonText.equals({ a: [1, { b: null }], c: 1 }, { c: 1.0, a: [1, { b: null }] }))
    assert.isFalse(JsonText.equals({ a: [1, 2] }, { a: [2, 1] }))
    assert.isFalse(JsonText.equals(null, {}))
  })
})

describe("ToolCall", () => {
  const call = (name: string, args: object) => JSON.stringify({ content: "", tool_calls: [{ name, arguments: args }] })

  it("rejects a reference that is none", () => {
    for (const reference of ["", "[]", '{"tool_calls": ["x"]}', '{"tool_calls": "x"}']) {
      assert.strictEqual(reasonOf(ToolCall.score(call("f", {}), reference)), "InvalidReference")
    }
  })

  it("compares parameters by name, own or not", () => {
    const score = Result.getOrThrow(ToolCall.score(call("f", { toString: 1 }), call("g", { a: { x: 1, y: 2 } })))
    assert.deepStrictEqual(score, {
      tool_call_valid: 1,
      tool_name_match: 0,
      tool_parameter_key_match: 0,
      tool_parameter_kv_match: 0
    })
  })
})

describe("Trajectory", () => {
  const calls = (...names: ReadonlyArray<string>): Trajectory.Trajectory => names.map((tool_name) => ({ tool_name }))

  it("has no precision or recall without calls", () => {
    assert.strictEqual(reasonOf(Trajectory.precision([], calls("a"))), "Undefined")
    assert.strictEqual(reasonOf(Trajectory.recall(calls("a"), [])), "Undefined")
    assert.strictEqual(Trajectory.exactMatch([], []), 1)
    assert.strictEqual(Trajectory.inOrderMatch(calls("a"), []), 1)
  })

  it("counts repeated calls as often as they occur", () => {
    assert.strictEqual(Trajectory.anyOrderMatch(calls("b", "a"), calls("a", "a")), 0)
    assert.strictEqual(Trajectory.anyOrderMatch(calls("a", "b", "a"), calls("a", "a")), 1)
    assert.strictEqual(Trajectory.exactMatch(calls("a", "a"), calls("a")), 0)
  })

  it("says which text is no trajectory", () => {
    assert.strictEqual(reasonOf(Trajectory.parse("{}")), "InvalidPrediction")
    assert.strictEqual(reasonOf(Trajectory.parse('[{"name": "a"}]', "InvalidReference")), "InvalidReference")
  })
})

describe("Latency and Failure", () => {
  it("measure seconds and outcomes", () => {
    assert.deepStrictEqual(Latency.seconds(1500), Result.succeed(1.5))
    assert.strictEqual(reasonOf(Latency.seconds(-1)), "NotFinite")
    assert.strictEqual(reasonOf(Latency.seconds(NaN)), "NotFinite")
    assert.deepStrictEqual(Latency.within(1000, 1000), Result.succeed(1))
    assert.deepStrictEqual(Latency.within(1001, 1000), Result.succeed(0))
    assert.strictEqual(Failure.score(Result.fail("blocked")), 1)
    assert.strictEqual(Failure.score(Result.succeed("text")), 0)
  })
})

describe("CitationCoverage", () => {
  const support = (endIndex: number, chunks: ReadonlyArray<number>, more: object = {}) => ({
    segment: { endIndex, ...more },
    groundingChunkIndices: chunks
  })
  const groundingChunks = [{ web: {} }]

  it("counts characters, by bytes of UTF-8, without white space", () => {
    // "é né" has 6 bytes; the first three cover "é " and so one of three letters.
    const result = CitationCoverage.score(["é né"], { groundingChunks, groundingSupports: [support(3, [0])] })
    assert.deepStrictEqual(result, Result.succeed(1 / 3))
  })

  it("joins overlapping segments and tells parts apart", () => {
    const groundingSupports = [
      support(4, [0], { startIndex: 2 }),
      support(3, [0]),
      support(2, [0], { partIndex: 1, startIndex: 1 })
    ]
    const result = CitationCoverage.score(["abcdef", "ab"], { groundingChunks, groundingSupports })
    assert.deepStrictEqual(result, Result.succeed(5 / 8))
  })

  it("ignores supports without an existing source", () => {
    const groundingSupports = [support(3, []), support(3, [1]), support(3, [-1])]
    assert.deepStrictEqual(CitationCoverage.score(["abc"], { groundingChunks, groundingSupports }), Result.succeed(0))
    assert.deepStrictEqual(CitationCoverage.score(["abc"], {}), Result.succeed(0))
  })

  it("is absent for answers that were not grounded or are empty", () => {
    assert.strictEqual(reasonOf(CitationCoverage.score(["abc"], undefined)), "Undefined")
    assert.strictEqual(reasonOf(CitationCoverage.score([" "], { groundingChunks })), "Undefined")
  })
})
