/** What one does with experiments that go wrong: the rest is in the contract. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as PriceTable from "@genops/core/PriceTable"
import * as Experiments from "@genops/vertex/Experiments"
import * as ExperimentsTest from "@genops/vertex/testing/ExperimentsTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { createHash } from "node:crypto"

const down = new VertexError.Unavailable({ description: "down" })
const aborted = new VertexError.Conflict({ kind: "Aborted", description: "stale etag" })

/** Requests of these operations fail. */
const failing = (...operations: ReadonlyArray<string>) =>
  ExperimentsTest.layer({ fail: ({ operation }) => (operations.includes(operation) ? down : undefined) })

const stateOf = (run: string) => Effect.map(Experiments.getRun("exp-1", run), ({ state }) => state)

const errorsIn = <A, E>(exit: Exit.Exit<A, E>): ReadonlyArray<E> =>
  Exit.isFailure(exit) ? exit.cause.reasons.filter(Cause.isFailReason).map(({ error }) => error) : []

const tagOf = (error: unknown): unknown =>
  error instanceof Experiments.RunNotRecorded ? `${error._tag} ${error.action} ${error.state}` : error

/** Runs an effect while a second passes. */
const quickly = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("withRun", () => {
  it.effect("does not run the body when the start fails", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      let ran = false
      const body = () =>
        Effect.sync(() => {
          ran = true
        })
      const error = yield* Effect.flip(Experiments.withRun("exp-1", "run-1", body))
      assert.strictEqual(tagOf(error), "RunNotRecorded start RUNNING")
      assert.strictEqual(error.error.reason, down)
      assert.isFalse(ran)
      assert.include(error.message, "Its work was not begun.")
    }).pipe(Effect.provide(failing("experiments.startRun")))
  )

  it.effect("fails when the end cannot be written, although the body succeeded", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const error = yield* Effect.flip(Experiments.withRun("exp-1", "run-1", () => Effect.succeed(42)))
      assert.strictEqual(tagOf(error), "RunNotRecorded end COMPLETE")
      assert.include(error.message, "exp-1/run-1")
      assert.include(error.message, "Vertex AI is unavailable: down")
      assert.strictEqual(yield* stateOf("run-1"), "RUNNING")
    }).pipe(Effect.provide(failing("experiments.endRun")))
  )

  it.effect("keeps the body's failure in front of its own", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const run = Experiments.withRun("exp-1", "run-1", () => Effect.fail("the body" as const))
      assert.deepStrictEqual(errorsIn(yield* Effect.exit(run)).map(tagOf), ["the body", "RunNotRecorded end FAILED"])
      assert.strictEqual(yield* Effect.flip(run), "the body")
      const dying = yield* Effect.exit(Experiments.withRun("exp-1", "run-2", () => Effect.die("a defect")))
      assert(Exit.isFailure(dying))
      assert.isTrue(Cause.hasDies(dying.cause))
      assert.deepStrictEqual(errorsIn(dying).map(tagOf), ["RunNotRecorded end FAILED"])
    }).pipe(Effect.provide(failing("experiments.endRun")))
  )

  it.effect("leaves a failure to log inside the body to the body", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const log = (run: Experiments.RunHandle) => run.logMetrics({ m: 1 })
      const error = yield* Effect.flip(Experiments.withRun("exp-1", "run-1", log))
      assert(error._tag === "VertexError")
      assert.strictEqual(error.operation, "experiments.logMetrics")
      assert.strictEqual(yield* stateOf("run-1"), "FAILED")
    }).pipe(Effect.provide(failing("experiments.logMetrics")))
  )

  it.effect("ends an interrupted run as FAILED before the interruption is answered", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const fiber = yield* Effect.forkChild(Experiments.withRun("exp-1", "run-1", () => Effect.never))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* stateOf("run-1"), "RUNNING")
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert(Exit.isFailure(exit))
      assert.isTrue(Cause.hasInterruptsOnly(exit.cause))
      assert.strictEqual(yield* stateOf("run-1"), "FAILED")
    }).pipe(Effect.provide(ExperimentsTest.layer()))
  )

  it.effect("leaves no run RUNNING, wherever it is interrupted", () =>
    Effect.gen(function* () {
      const states = new Set<string>()
      yield* quickly(Experiments.create("exp-1"))
      for (let time = 0; time < 100; time += 5) {
        const body = (run: Experiments.RunHandle) => Effect.andThen(run.logParams({ time }), Effect.sleep("10 millis"))
        const fiber = yield* Effect.forkChild(Experiments.withRun("exp-1", `run-${time}`, body))
        yield* TestClock.adjust(time)
        yield* quickly(Fiber.interrupt(fiber))
        const state = yield* quickly(Effect.orElseSucceed(stateOf(`run-${time}`), () => "not begun"))
        assert.include(["FAILED", "COMPLETE"], state, `after ${time} ms`)
        states.add(state)
      }
      assert.deepStrictEqual([...states], ["FAILED", "COMPLETE"])
    }).pipe(Effect.provide(ExperimentsTest.layer({ latency: "10 millis" })))
  )
})

describe("a race for the etag", () => {
  const updates = Effect.map(
    ExperimentsTest.calls,
    (calls) => calls.filter(({ request }) => request === "update").length
  )

  it.effect("is given up after 5 more attempts, with waits between them", () =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const run = yield* Experiments.startRun("exp-1", "run-1")
      const fiber = yield* Effect.forkChild(Effect.flip(run.logParams({ a: 1 })))
      yield* TestClock.adjust("0 millis")
      assert.strictEqual(yield* updates, 2)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason, aborted)
      assert.strictEqual(error.operation, "experiments.logParams")
      assert.strictEqual(yield* updates, 6)
    }).pipe(
      Effect.provide(ExperimentsTest.layer({ fail: ({ request }) => (request === "update" ? aborted : undefined) }))
    )
  )

  it.effect("is won when the others stop", () => {
    let refusals = 5
    const fail = ({ request }: ExperimentsTest.Call) => (request === "update" && refusals-- > 0 ? aborted : undefined)
    return Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const run = yield* Experiments.startRun("exp-1", "run-1")
      const fiber = yield* Effect.forkChild(run.logParams({ a: 1 }))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual((yield* Experiments.getRun("exp-1", "run-1")).params, { a: 1 })
    }).pipe(Effect.provide(ExperimentsTest.layer({ fail })))
  })

  const Write = Schema.Struct({
    writer: Schema.Literals([0, 1, 2]),
    key: Schema.Literals(["a", "b", "__proto__", "constructor", "x/y"]),
    value: Schema.Union([Schema.Int, Schema.Boolean, Schema.String.check(Schema.isMaxLength(5))])
  })

  it.effect.prop("never loses a key, whoever wrote it", [Schema.Array(Write)], ([writes]) =>
    Effect.gen(function* () {
      yield* Experiments.create("exp-1")
      const start = Experiments.startRun("exp-1", "run-1")
      const writers = [yield* start, yield* start, yield* start] as const
      const expected = new Map<string, unknown>()
      for (const { key, value, writer } of writes) {
        if (typeof value === "string" && !value.isWellFormed()) continue
        yield* writers[writer].logParams({ [key]: value })
        expected.set(key, value)
      }
      const { params } = yield* Experiments.getRun("exp-1", "run-1")
      assert.deepStrictEqual(new Map(Object.entries(params)), expected)
    }).pipe(Effect.provide(ExperimentsTest.layer()))
  )
})

describe("names", () => {
  it.effect("are refused with the rule and a name that obeys it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Experiments.create("My Experiment!"))
      assert.include(error.message, "4 to 128 of the characters a-z, 0-9 and -")
      assert.include(error.message, '"my-experiment" does')
      assert.include(error.message, "Nothing was billed.")
      const long = yield* Effect.flip(Experiments.getRun("a".repeat(100), "b".repeat(30)))
      assert.include(long.message, "at most 121 characters, here 131")
      assert.deepStrictEqual(yield* ExperimentsTest.calls, [])
    }).pipe(Effect.provide(ExperimentsTest.layer()))
  )

  it.effect("of places without metadata are refused", () =>
    Effect.forEach(["global", "us", "eu"], (location) =>
      Effect.gen(function* () {
        const { message, reason } = yield* Effect.flip(Experiments.create("exp-1"))
        assert.strictEqual(reason._tag, "InvalidRequest")
        assert.include(message, `"${location}" has no ML Metadata`)
      }).pipe(Effect.provide(ExperimentsTest.layer({ location })))
    )
  )
})

describe("params", () => {
  const configuration = ModelConfiguration.make("gemini-3.5-flash", {
    name: "balanced",
    systemInstruction: "Be brief.",
    generationConfig: { temperature: 0.5, maxOutputTokens: 512, stopSequences: ["END"] },
    safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }],
    tools: [{ googleSearch: {} }]
  })

  it("tell everything that shaped the numbers", () => {
    const params = Experiments.params({
      configuration,
      dataset: { hash: "abc", source: "gs://b/rows.jsonl", rows: 20 },
      promptTemplate: "{instruction} {context}",
      metrics: ["bleu", "rouge_l"],
      judge: { model: "gemini-3.5-pro", samplingCount: 4, flip: true },
      prices: PriceTable.builtIn
    })
    assert.deepStrictEqual(params, {
      model_name: "gemini-3.5-flash",
      configuration_name: "balanced",
      configuration_fingerprint: ModelConfiguration.fingerprint(configuration),
      system_instruction: "Be brief.",
      temperature: 0.5,
      max_output_tokens: 512,
      stop_sequences: '["END"]',
      HARM_CATEGORY_HARASSMENT: "BLOCK_ONLY_HIGH",
      tools: '[{"googleSearch":{}}]',
      dataset_hash: "abc",
      dataset_source: "gs://b/rows.jsonl",
      dataset_rows: 20,
      prompt_template: "{instruction} {context}",
      metrics: "bleu, rouge_l",
      judge_model: "gemini-3.5-pro",
      judge_sampling_count: 4,
      judge_flip: true,
      price_table_date: PriceTable.builtIn.asOf,
      sdk_version: "genops/0.1.0"
    })
    assert.deepStrictEqual(Object.keys(Experiments.params({})), ["sdk_version"])
  })

  it.effect("cut long texts and say their hash, so that they can be logged", () =>
    Effect.gen(function* () {
      const systemInstruction = `${"x".repeat(3_999)}😀${"y".repeat(300_000)}`
      const params = Experiments.params({ configuration: { ...configuration, systemInstruction } })
      const text = String(params["system_instruction"])
      const hash = createHash("sha256").update(systemInstruction).digest("hex")
      assert.isTrue(text.isWellFormed())
      assert.isBelow(text.length, 4_200)
      assert.include(text, `[cut: ${systemInstruction.length} characters, sha256 ${hash}]`)
      yield* Experiments.create("exp-1")
      yield* Experiments.startRun("exp-1", "run-1", { params })
      assert.strictEqual((yield* Experiments.getRun("exp-1", "run-1")).params["system_instruction"], text)
    }).pipe(Effect.provide(ExperimentsTest.layer()))
  )
})
