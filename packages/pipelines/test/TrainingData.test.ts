import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as TrainingExample from "@genops/core/TrainingExample"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import * as VertexError from "@genops/vertex/VertexError"
import { VertexTest } from "@genops/vertex/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as CloudStorage from "../src/CloudStorage.ts"
import { CloudStorageError, Unavailable } from "../src/CloudStorageError.ts"
import * as TrainingData from "../src/TrainingData.ts"

const uri = "gs://bucket/train.jsonl"
const model = "tunable"
const prices = PriceTable.withTraining(
  PriceTable.add(
    PriceTable.builtIn,
    PriceTable.Model.make({
      id: model,
      prices: [{ rates: { input: Money.zero, output: Money.zero }, percent: { batch: 100, flex: 100, priority: 100 } }]
    })
  ),
  model,
  Money.perMillion("5")
)

const turn = (role: string, text: string) => ({ role, parts: [{ text }] })
/** 4 tokens by estimate: 3 of the question, 1 of the answer. */
const example = { contents: [turn("user", "Is it good?"), turn("model", "Yes.")] }
const file = { fileData: { mimeType: "image/png", fileUri: "gs://bucket/a.png" } }
const withFile = { contents: [{ role: "user", parts: [file] }, turn("model", "Yes.")] }
const good = JSON.stringify(example)
const lines = (count: number, line = good) => Array.from({ length: count }, () => line)
const text = (all: ReadonlyArray<string>) => `${all.join("\n")}\n`

const upload = (all: ReadonlyArray<string>) => CloudStorage.write(uri, text(all))

const provide = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.provide(CloudStorage.layerMemory), Effect.provideService(PriceTable.Prices, prices))

const checkOf = <const O extends TrainingData.ObjectOptions>(all: ReadonlyArray<string>, options: O) =>
  Effect.andThen(upload(all), TrainingData.check(uri, options))

const invalid = (all: ReadonlyArray<string>, options: Partial<TrainingData.ObjectOptions> = {}) =>
  Effect.map(Effect.flip(checkOf(all, { model, ...options, count: undefined })), (error) => {
    assert(error instanceof TrainingData.InvalidTrainingData)
    return error
  })

describe("TrainingData.check", () => {
  it.effect("tells what is in an object, of one generation", () =>
    Effect.gen(function* () {
      const all = [...lines(15), "", JSON.stringify(withFile), good]
      const { generation } = yield* upload(all)
      const report = yield* TrainingData.check(uri, { model, epochs: 3 })
      const bytes = Buffer.byteLength(good)
      assert.deepStrictEqual<unknown>(report, {
        source: `${uri}#${generation}`,
        generation,
        sha256: createHash("sha256").update(text(all)).digest("hex"),
        bytes: Buffer.byteLength(text(all)),
        lines: 18,
        examples: 17,
        withFiles: 1,
        characters: 16 * 15 + 4,
        tokens: {
          basis: "estimated",
          asked: 0,
          likely: 16 * 4 + 259,
          worst: 16 * bytes + 131_072,
          longest: { tokens: 259, line: 17 }
        },
        cost: {
          epochs: 3,
          asOf: prices.asOf,
          likely: Money.times(Money.perMillion("5"), (16 * 4 + 259) * 3),
          worst: Money.times(Money.perMillion("5"), (16 * bytes + 131_072) * 3)
        }
      })
      const codec = Schema.toCodecJson(TrainingData.Report)
      const recorded: unknown = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(report)))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(codec)(recorded), report)
    }).pipe(provide)
  )

  it.effect("takes a dataset", () =>
    Effect.gen(function* () {
      const bytes = Stream.make(new TextEncoder().encode(text(lines(16))))
      const dataset = Dataset.fromJsonl(bytes, { source: "train.jsonl", schema: TrainingExample.Supervised })
      const report = yield* TrainingData.check(dataset, { model })
      assert.deepStrictEqual([report.source, report.generation, report.examples], ["train.jsonl", null, 16])
    }).pipe(provide)
  )

  it.effect("takes preferences, whose turns are learned from with each completion", () =>
    Effect.gen(function* () {
      const line = JSON.stringify({
        contents: [turn("user", "Name a prime.")],
        completions: [
          { score: 1, completion: turn("model", "Seven.") },
          { score: 0, completion: turn("model", "Four.") }
        ]
      })
      const report = yield* checkOf(lines(16, line), { model, method: "preference" })
      assert.strictEqual(report.tokens.likely, 16 * (4 + 2 + 4 + 2))
      assert.strictEqual(report.tokens.worst, 16 * 2 * Buffer.byteLength(line))
      const wrong = yield* invalid(lines(16, line))
      assert.strictEqual(wrong.count, 17)
      // Each completion with its turns is one example to the service.
      const tight = { model, method: "preference", limits: { exampleTokens: 6 } } as const
      assert.strictEqual((yield* checkOf(lines(16, line), tight)).tokens.worst, 16 * 2 * 6)
      assert.strictEqual((yield* invalid(lines(16, line), { ...tight, limits: { exampleTokens: 5 } })).count, 16)
    }).pipe(provide)
  )

  it.effect("lists what is wrong with every line", () =>
    Effect.gen(function* () {
      const assistant = JSON.stringify({ contents: [turn("user", "?"), turn("assistant", "!")] })
      const user = JSON.stringify({ contents: [turn("user", "?")] })
      const all = [...lines(16), "", assistant, user, '{"contents": [', ...lines(3, user)]
      const { generation } = yield* upload(all)
      const error = yield* invalid(all)
      assert.deepStrictEqual([error.examples, error.count, error.problems.length], [16, 6, 6])
      assert.deepStrictEqual(error.problems[0], {
        line: 18,
        column: assistant.indexOf('"assistant"') + 1,
        field: "contents.1.role",
        reason: '"assistant" is called "model" here'
      })
      assert.deepStrictEqual(
        error.problems.map(({ line }) => line),
        [18, 19, 20, 21, 22, 23]
      )
      const source = error.source.replace(/\d+$/, "GENERATION")
      assert.strictEqual(source, `${uri}#GENERATION`)
      assert.notStrictEqual(error.source, `${uri}#${generation}`)
      assert.strictEqual(
        error.message.replace(error.source, source),
        [
          "gs://bucket/train.jsonl#GENERATION cannot be learned from: 6 problems, 16 good examples.",
          '  18:61  contents.1.role: "assistant" is called "model" here',
          "  19:22  contents.0.role: the last turn is the model's: it is what is learned",
          "  20:15  expected a JSON value, got the end",
          "  21:22  contents.0.role: the last turn is the model's: it is what is learned",
          "  2 more problems: lines 22, 23",
          "  Nothing was tuned, nothing was billed. Correct the data and check it again."
        ].join("\n")
      )
    }).pipe(provide)
  )

  it.effect("counts all of them, but tells only so many, in at most 8 lines of at most 100 columns", () =>
    Effect.gen(function* () {
      const wide = JSON.stringify({ contents: [turn("user", "?"), { ...turn("model", "!"), ["ü".repeat(300)]: 1 }] })
      const error = yield* invalid([...lines(16), ...lines(1_000, wide)], { problems: 30 })
      assert.deepStrictEqual([error.count, error.problems.length, error.examples], [1_000, 30, 16])
      const shown = error.message.split("\n")
      assert.isAtMost(shown.length, 8)
      assert.include(error.message, "996 more problems: lines 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, …")
      for (const line of shown) assert.isAtMost(line.length, 100)
    }).pipe(provide)
  )

  const whole: ReadonlyArray<readonly [string, ReadonlyArray<string>, Partial<TrainingData.Options>, string]> = [
    ["15 examples", lines(15), {}, "there are 15 examples, at least 16 are needed"],
    ["none", [], {}, "there are 0 examples, at least 16 are needed"],
    ["too many", lines(18), { limits: { most: 17 } }, "more than 17 rows"],
    [
      "too many with files",
      lines(16, JSON.stringify(withFile)),
      { limits: { mostWithFiles: 15 } },
      "16 examples refer to files, at most 15 may"
    ],
    ["too large a file", lines(16), { limits: { bytes: 1_000 } }, "larger than 1000 bytes"],
    [
      "too long a line",
      [...lines(16), `{"x": "${"y".repeat(2_000)}"}`],
      { limits: { lineBytes: 1_000 } },
      "longer than 1000 bytes"
    ],
    [
      "too long an example",
      [...lines(16), JSON.stringify({ contents: [turn("user", "x".repeat(600_000)), turn("model", "!")] })],
      {},
      "it has about 150,001 tokens; beyond 131,072 nothing is learned"
    ]
  ]
  for (const [name, all, options, reason] of whole) {
    it.effect(`refuses ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* invalid(all, options)
        assert.deepStrictEqual(
          error.problems.map((problem) => problem.reason),
          [reason]
        )
      }).pipe(provide)
    )
  }

  it.effect("takes fewer for validation data", () =>
    Effect.gen(function* () {
      const { examples } = yield* checkOf(lines(1), { model, limits: { fewest: 1 } })
      assert.strictEqual(examples, 1)
    }).pipe(provide)
  )

  it.effect("finds unknown fields, unless they are to be ignored", () =>
    Effect.gen(function* () {
      const line = JSON.stringify({ ...example, note: "mine" })
      assert.strictEqual((yield* invalid(lines(16, line))).problems[0]?.field, "note")
      assert.strictEqual((yield* checkOf(lines(16, line), { model, extraFields: "ignore" })).examples, 16)
    }).pipe(provide)
  )

  it.effect.prop(
    "the lines that are wrong are those that are told",
    { kinds: Schema.Array(Schema.Literals(["good", "good", "blank", "roles", "json", "part"])) },
    ({ kinds }) => {
      const written = { good, blank: " ", roles: '{"contents":[]}', json: "{", part: good.replace("Yes.", "") }
      const expected = kinds.flatMap((kind, index) => (kind === "good" || kind === "blank" ? [] : [17 + index]))
      const all = [...lines(16), ...kinds.map((kind) => written[kind])]
      return Effect.gen(function* () {
        const found = yield* Effect.result(checkOf(all, { model, problems: 1_000 }))
        const told = found._tag === "Failure" && "problems" in found.failure ? found.failure.problems : []
        assert.deepStrictEqual(
          told.map(({ line }) => line),
          expected
        )
      }).pipe(provide)
    }
  )

  it("takes whole numbers from 1", () => {
    const wrong: ReadonlyArray<Partial<TrainingData.Options>> = [
      { epochs: 0 },
      { epochs: 1.5 },
      { epochs: Number.NaN },
      { count: 0 },
      { problems: -1 },
      { limits: { exampleTokens: Infinity } },
      { limits: { fewest: 0.5 } }
    ]
    for (const options of wrong) assert.throws(() => TrainingData.check(uri, { model, ...options }), RangeError)
  })
})

describe("the object", () => {
  it.effect("is read by the generation that is asked for", () =>
    Effect.gen(function* () {
      const { generation } = yield* upload(lines(16))
      assert.strictEqual((yield* TrainingData.check(uri, { model, generation })).generation, generation)
      yield* upload(lines(17))
      const error = yield* Effect.flip(TrainingData.check(uri, { model, generation }))
      assert(error instanceof DatasetError)
      assert.strictEqual(error.kind, "Unreadable")
      assert.include(error.message, `Generation ${generation} is gone`)
    }).pipe(provide)
  )

  it.effect("that is missing is a CloudStorageError", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TrainingData.check("gs://bucket/none.jsonl", { model }))
      assert(error instanceof CloudStorageError)
      assert.strictEqual(error.reason._tag, "NotFound")
    }).pipe(provide)
  )

  it.effect("that breaks off is a DatasetError", () => {
    const reason = new Unavailable({ description: "reset" })
    const broken = Layer.mock(CloudStorage.CloudStorage, {
      metadata: (uri) =>
        Effect.succeed({ ...uri, generation: "1", size: 1, contentType: "", updated: "", metadata: {} }),
      read: () =>
        Stream.concat(
          Stream.make(new TextEncoder().encode(text(lines(3)))),
          Stream.fail(new CloudStorageError({ operation: "read", uri, reason }))
        )
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(TrainingData.check(uri, { model }))
      assert(error instanceof DatasetError)
      assert.strictEqual(error.kind, "Unreadable")
    }).pipe(Effect.provide(broken))
  })

  it.effect("of which is known that it is too large is not read", () => {
    const large = Layer.mock(CloudStorage.CloudStorage, {
      metadata: (uri) =>
        Effect.succeed({ ...uri, generation: "1", size: 2 ** 31, contentType: "", updated: "", metadata: {} })
    })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(TrainingData.check(uri, { model }))
      assert.instanceOf(error, TrainingData.InvalidTrainingData)
    }).pipe(Effect.provide(large))
  })
})

describe("tokens", () => {
  const calls = Effect.map(VertexTest.calls, (all) => all.filter(({ operation }) => operation === "count").length)

  it.effect("are estimated unless asked for: the service is not needed", () => {
    const offline: Effect.Effect<
      TrainingData.Report,
      | TrainingData.InvalidTrainingData
      | PriceTable.PriceUnknown
      | VertexError.VertexError
      | CloudStorageError
      | DatasetError,
      CloudStorage.CloudStorage
    > = TrainingData.check(uri, { model })
    const online: Effect.Effect<unknown, unknown, CloudStorage.CloudStorage | TokenCounter> = TrainingData.check(uri, {
      model,
      count: 5
    })
    assert.isDefined(online)
    return Effect.gen(function* () {
      yield* upload(lines(16))
      const { tokens } = yield* offline
      assert.deepStrictEqual([tokens.basis, tokens.asked, tokens.likely], ["estimated", 0, 64])
    }).pipe(provide)
  })

  it.effect("of all examples are counted, each as a whole, with what is tuned", () =>
    Effect.gen(function* () {
      const system = { systemInstruction: { role: "system", parts: [{ text: "Be brief." }] } }
      const tools = { tools: [{ functionDeclarations: [{ name: "look_up" }] }] }
      const weighted = { contents: [turn("user", "?"), { ...turn("model", "!"), weight: 1 }] }
      const all = [...lines(15), JSON.stringify({ ...weighted, ...system, ...tools })]
      const report = yield* checkOf(all, { model: "gemini-3.5-flash", count: "all" })
      const { basis, asked, likely, worst } = report.tokens
      assert.deepStrictEqual([basis, asked, likely, worst], ["counted", 16, 160, 160])
      const seen = yield* VertexTest.calls
      assert.lengthOf(seen, 16)
      assert.deepStrictEqual(seen[15]?.configuration, {
        name: "gemini-3.5-flash",
        model: "gemini-3.5-flash",
        systemInstruction: { parts: [{ text: "Be brief." }] },
        ...tools
      })
      assert.deepStrictEqual<unknown>(seen[15]?.input, [turn("user", "?"), turn("model", "!")])
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 10 })))
  )

  it.effect("are extrapolated from a sample", () =>
    Effect.gen(function* () {
      const report = yield* checkOf(lines(200), { model: "gemini-3.5-flash", count: 20 })
      const { basis, asked, likely, worst } = report.tokens
      // By estimate an example has 4 tokens, by the service 10.
      assert.deepStrictEqual([basis, asked, likely], ["sampled", 20, 2_000])
      assert.strictEqual(worst, 200 * Buffer.byteLength(good))
      assert.strictEqual(yield* calls, 20)
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 10 })))
  )

  it.effect("are those of a sample from all over the data, and the same in each run", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 1_000 }, (_, index) =>
        JSON.stringify({ contents: [turn("user", `question ${index}`), turn("model", "!")] })
      )
      const asked = Effect.map(VertexTest.calls, (calls) =>
        calls.map(({ input }) => Number(/question (\d+)/.exec(JSON.stringify(input))?.[1]))
      )
      yield* checkOf(all, { model: "gemini-3.5-flash", count: 100 })
      const first = yield* asked
      const mean = first.reduce((sum, index) => sum + index, 0) / first.length
      assert.strictEqual(new Set(first).size, 100)
      // 500, give or take three standard deviations of a mean of 100.
      assert.isTrue(Math.abs(mean - 500) < 90, `mean ${mean}`)
      yield* checkOf(all, { model: "gemini-3.5-flash", count: 100 })
      assert.deepStrictEqual((yield* asked).slice(100), first)
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 10 })))
  )

  it.effect("of a sample as large as the data are counted", () =>
    Effect.gen(function* () {
      const { tokens } = yield* checkOf(lines(16), { model: "gemini-3.5-flash", count: 1_000 })
      assert.deepStrictEqual([tokens.basis, tokens.asked, tokens.likely, tokens.worst], ["counted", 16, 160, 160])
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 10 })))
  )

  it.effect("beyond the limit of an example are told, when they were counted", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkOf(lines(16), { model: "gemini-3.5-flash", count: "all" }))
      assert(error instanceof TrainingData.InvalidTrainingData)
      assert.strictEqual(error.problems[0]?.reason, "it has 131,073 tokens; beyond 131,072 nothing is learned")
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 131_073 })))
  )

  it.effect("are not asked for any more once the data is known to be wrong", () =>
    Effect.gen(function* () {
      yield* Effect.flip(checkOf(["{", ...lines(500)], { model: "gemini-3.5-flash", count: "all" }))
      assert.isAtMost(yield* calls, 40)
    }).pipe(provide, Effect.provide(VertexTest.layer({ count: 10 })))
  )

  it.effect("that cannot be counted are a VertexError", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkOf(lines(16), { model: "gemini-3.5-flash", count: 1 }))
      assert.instanceOf(error, VertexError.VertexError)
    }).pipe(
      provide,
      Effect.provide(VertexTest.layer({ count: VertexTest.fail(new VertexError.Unavailable({ description: "503" })) }))
    )
  )
})

describe("the cost", () => {
  it.effect("is not reckoned without epochs", () =>
    Effect.gen(function* () {
      const { cost, costAbsent } = yield* checkOf(lines(16), { model: "no-such-model" })
      assert.isNull(cost)
      assert.strictEqual(costAbsent, "the epochs are not given: the service decides them")
    }).pipe(provide)
  )

  it.effect("that is not known is PriceUnknown, before anything is read", () => {
    const unread = Layer.mock(CloudStorage.CloudStorage, {})
    return Effect.gen(function* () {
      const error = yield* Effect.flip(TrainingData.check(uri, { model: "gemini-3.5-flash", epochs: 1 }))
      assert(error instanceof PriceTable.PriceUnknown)
      assert.strictEqual(error.reason, "NoTrainingPrice")
    }).pipe(Effect.provide(unread))
  })

  it.effect("that is not known may be left out", () =>
    Effect.gen(function* () {
      const options = {
        model: "gemini-3.5-flash",
        epochs: 1,
        onUnknownPrice: "allow",
        location: "us-central1"
      } as const
      const { cost, costAbsent } = yield* checkOf(lines(16), options)
      assert.isNull(cost)
      assert.match(costAbsent ?? "", /^No price for gemini-3.5-flash in us-central1: .*tuning/)
    }).pipe(provide)
  )

  it.effect.prop(
    "is never more than at worst",
    {
      texts: Schema.NonEmptyArray(Schema.NonEmptyString),
      epochs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))
    },
    ({ epochs, texts }) =>
      Effect.gen(function* () {
        const all = texts.map((said) =>
          JSON.stringify({ contents: [turn("user", said.toWellFormed()), turn("model", "!")] })
        )
        const { cost, tokens } = yield* checkOf(all, { model, epochs, limits: { fewest: 1 } })
        assert.isAtMost(tokens.likely, tokens.worst)
        assert.isTrue((cost?.likely ?? 1n) <= (cost?.worst ?? 0n))
        assert.strictEqual(cost?.worst, Money.times(Money.perMillion("5"), tokens.worst * epochs))
      }).pipe(provide)
  )
})
