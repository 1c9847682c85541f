import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import * as TrainingExample from "@genops/core/TrainingExample"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { text } from "./fixtures/bytes.ts"
import { bad, badText } from "./fixtures/training/bad.ts"
import { call, good, type Method, model, preference, supervised, user } from "./fixtures/training/good.ts"

const schemas: { readonly [M in Method]: Schema.ConstraintDecoder<unknown> } = {
  supervised: TrainingExample.Supervised,
  preference: TrainingExample.Preference
}

/** Reads the lines and gives the errors of the invalid ones; the error of an empty dataset is not asked for. */
const errorsOf = (method: Method, lines: ReadonlyArray<string>) => {
  const schema = schemas[method]
  const dataset = Dataset.fromJsonl(Stream.make(text(lines.join("\n"))), { source: "train.jsonl", schema })
  const errors: Array<DatasetError> = []
  return dataset.events.pipe(
    Stream.runForEach((event) => Effect.sync(() => event._tag === "Invalid" && errors.push(event.error))),
    Effect.catchIf(
      ({ kind }) => kind === "Empty",
      () => Effect.void
    ),
    Effect.as(errors)
  )
}

describe("TrainingExample", () => {
  for (const [name, method, line] of good) {
    it.effect(`takes ${name}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* errorsOf(method, [JSON.stringify(line)]), [])
      })
    )
  }

  for (const [name, method, line, field, reason] of bad) {
    it.effect(`refuses ${name}`, () =>
      Effect.gen(function* () {
        const ok = JSON.stringify(method === "supervised" ? supervised : preference)
        const [error, ...others] = yield* errorsOf(method, [ok, "", JSON.stringify(line), ok])
        assert.lengthOf(others, 0)
        assert(error !== undefined)
        assert.deepStrictEqual([error.line, error.row, error.field], [3, 2, field])
        assert.match(error.reason, reason)
        assert.isNumber(error.column)
      })
    )
  }

  for (const [name, line, kind, column] of badText) {
    it.effect(`refuses ${name}, with its column`, () =>
      Effect.gen(function* () {
        const [error] = yield* errorsOf("supervised", [line])
        assert.deepStrictEqual([error?.kind, error?.line, error?.column], [kind, 1, column])
      })
    )
  }

  const lines = (name: string) =>
    readFileSync(new URL(`./fixtures/training/${name}.jsonl`, import.meta.url), "utf8")
      .trim()
      .split("\n")

  it.effect("takes the examples of the documentation", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* errorsOf("supervised", lines("supervised")), [])
      assert.deepStrictEqual(yield* errorsOf("preference", lines("preference")), [])
      assert.isAbove(lines("supervised").length, 3)
    })
  )
})

/** Ways to break one valid line: what is changed, and where the error must point. */
type Mutation = (line: ReturnType<typeof lineOf>) => readonly [unknown, string]

const lineOf = (pairs: number, words: ReadonlyArray<string>) => ({
  contents: Array.from({ length: pairs }, (_, index) => [
    user(words[index % words.length] ?? "?"),
    model(words[(index + 1) % words.length] ?? "!")
  ]).flat()
})

const at = (line: ReturnType<typeof lineOf>, index: number, turn: unknown) => ({
  contents: line.contents.map((old, i) => (i === index ? turn : old))
})

const mutations: ReadonlyArray<Mutation> = [
  (line) => [
    { contents: line.contents.slice(0, -1) },
    line.contents.length === 2 ? "contents.0.role" : `contents.${line.contents.length - 2}.role`
  ],
  (line) => [{ contents: [...line.contents, user()] }, `contents.${line.contents.length}.role`],
  (line) => [{ contents: line.contents.slice(1) }, "contents.0.role"],
  (line) => [at(line, 0, { ...user(), role: "assistant" }), "contents.0.role"],
  (line) => [
    at(line, line.contents.length - 1, { role: "model", parts: [] }),
    `contents.${line.contents.length - 1}.parts.0`
  ],
  (line) => [at(line, 1, model("")), "contents.1.parts.0.text"],
  (line) => [at(line, 1, { role: "model", parts: [{ txt: "x" }] }), "contents.1.parts.0.txt"],
  (line) => [at(line, 0, { parts: user().parts }), "contents.0.role"],
  (line) => [at(line, 1, null), "contents.1"],
  (line) => [{ ...line, extra: 1 }, "extra"]
]

describe("one broken line among good ones", () => {
  const Case = {
    before: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
    blank: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
    pairs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
    words: Schema.NonEmptyArray(
      Schema.Literals(["yes", 'a "quoted" word', "größer", "😀", "line\nbreak", "{}", "\u2028"])
    ),
    mutation: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: mutations.length - 1 }))
  }

  it.effect.prop("is found, with its physical line and the path of the value", Case, (given) =>
    Effect.gen(function* () {
      const line = lineOf(given.pairs, given.words)
      const ok = JSON.stringify(line)
      const [broken, field] = mutations[given.mutation]?.(line) ?? [line, ""]
      const all = [
        ...Array.from({ length: given.before }, () => ok),
        ...Array.from({ length: given.blank }, () => "  "),
        JSON.stringify(broken),
        ...Array.from({ length: given.after }, () => ok)
      ]
      const [error, ...others] = yield* errorsOf("supervised", all)
      assert.lengthOf(others, 0)
      assert.deepStrictEqual([error?.line, error?.field], [given.before + given.blank + 1, field])
    })
  )

  it.effect.prop("and good ones alone are all taken", { pairs: Case.pairs, words: Case.words }, ({ pairs, words }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* errorsOf("supervised", [JSON.stringify(lineOf(pairs, words))]), [])
    })
  )
})

describe("TrainingExample.size", () => {
  const decode = Schema.decodeUnknownSync(TrainingExample.Supervised)

  it("counts by the documented rule", () => {
    const example = decode({
      systemInstruction: { parts: [{ text: "abcd" }] },
      contents: [user("abcde"), model("日本x")]
    })
    // 1 + (5 ASCII: 2) + (1 ASCII: 1, 2 others: 2)
    assert.deepStrictEqual(
      [TrainingExample.size(example).tokens, TrainingExample.size(example).characters],
      [6, 4 + 5 + 3]
    )
    assert.strictEqual(TrainingExample.size(example).most, Buffer.byteLength(JSON.stringify(example)))
  })

  it("knows no bound for files, and takes 258 tokens for each", () => {
    const example = decode({
      contents: [{ role: "user", parts: [{ fileData: { mimeType: "image/png", fileUri: "gs://b/a" } }] }, model("abcd")]
    })
    assert.deepStrictEqual(TrainingExample.size(example), { characters: 4, tokens: 259, most: undefined })
  })

  it("counts calls and declarations as their JSON", () => {
    const bare = { contents: [user("abcd"), { role: "model", parts: [call] }] }
    const tools = [{ functionDeclarations: [{ name: "look_up" }] }]
    const json = (value: unknown) => Math.ceil(JSON.stringify(value).length / 4)
    assert.strictEqual(TrainingExample.size(decode(bare)).tokens, 1 + json(call))
    assert.strictEqual(TrainingExample.size(decode({ ...bare, tools })).tokens, 1 + json(call) + json(tools))
  })

  it("counts the turns of a preference with each completion", () => {
    const example = Schema.decodeUnknownSync(TrainingExample.Preference)({
      contents: [user("abcd")],
      completions: [
        { score: 1, completion: model("abcd") },
        { score: 0, completion: model("abcdefgh") }
      ]
    })
    assert.deepStrictEqual(TrainingExample.size(example), {
      characters: 16,
      tokens: 1 + 1 + 1 + 2,
      most: 2 * Buffer.byteLength(JSON.stringify(example))
    })
    assert.deepStrictEqual(
      TrainingExample.conversations(example).map((turns) => turns.map(({ role }) => role)),
      [
        ["user", "model"],
        ["user", "model"]
      ]
    )
  })

  it.prop(
    "never estimates more than the bound, which is the bytes of its JSON",
    { words: Schema.NonEmptyArray(Schema.NonEmptyString) },
    ({ words }) => {
      const example = decode({ contents: [user(words.join("").toWellFormed()), model()] })
      const { characters, most, tokens } = TrainingExample.size(example)
      assert.strictEqual(most, Buffer.byteLength(JSON.stringify(example)))
      assert.strictEqual(characters, [...words.join("").toWellFormed()].length + 4)
      assert.isAtMost(tokens, most ?? 0)
    }
  )
})
