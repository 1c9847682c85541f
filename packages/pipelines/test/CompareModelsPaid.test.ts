import * as Metric from "@genops/core/Metric"
import * as Prompt from "@genops/core/Prompt"
import * as Random from "@genops/core/statistics/Random"
import { VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as CompareModels from "../src/CompareModels.ts"
import type * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as ResultStore from "../src/ResultStore.ts"
import * as CompareTrial from "./CompareTrial.ts"
import * as Trial from "./EvaluateTrial.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const fluency = Result.getOrThrow(Metric.named("fluency"))
const prompt = (template: string) => Result.getOrThrow(Prompt.make(template))

describe("what was paid, under a change of", () => {
  const options = CompareTrial.options(4, { metrics: ["rouge_1", fluency, "coherence"], repeats: 2 })
  const { flash, lite } = CompareTrial
  const stricter: Metric.Metric =
    fluency._tag === "Pointwise" ? { ...fluency, prompt: prompt("Be strict.\n{prompt}\n{response}") } : fluency
  const rows = Trial.articles(4)
  const changed = (index: number, changes: object) => rows.map((row, i) => (i === index ? { ...row, ...changes } : row))

  /** Runs, changes something, and runs again: what the second run has asked for, or how it was refused. */
  const again = (changes: Partial<CompareTrial.Options>) =>
    Effect.gen(function* () {
      yield* CompareModels.run(options)
      const before = yield* CompareTrial.asked
      const second = yield* Effect.result(CompareModels.run({ ...options, ...changes }))
      const after = yield* CompareTrial.asked
      const paid = Object.fromEntries(
        Object.entries(after).flatMap(([who, count]) =>
          count === before[who] ? [] : [[who, count - (before[who] ?? 0)]]
        )
      )
      return { paid, second }
    }).pipe(Effect.provide(Layer.merge(CompareTrial.models(undefined, CompareTrial.judges), ResultStore.layerMemory)))

  for (const [what, changes, path] of [
    [
      "a configuration",
      { candidates: [{ ...flash, systemInstruction: "Be brief." }, ...options.candidates.slice(1)] },
      "flash.fingerprint"
    ],
    ["a model", { candidates: [{ ...flash, model: lite.model }, ...options.candidates.slice(1)] }, "flash.fingerprint"],
    ["the candidates", { candidates: [flash, lite] }, "candidates.careful"],
    ["the prompt", { prompt: prompt("Sum up: {article}") }, "prompt"],
    ["a row", { dataset: Trial.dataset(changed(2, { article: "article 2, amended" })) }, "dataset.sha256"],
    ["a reference", { dataset: Trial.dataset(changed(2, { reference: "another" })) }, "dataset.sha256"],
    ["the number of rows", { dataset: Trial.dataset(Trial.articles(5)) }, "dataset.rows"],
    ["the repeats", { repeats: 3 }, "repeats"],
    ["the metrics", { metrics: ["rouge_1", fluency] }, "metrics.coherence"],
    ["the judge", { settings: { judge: "another" } }, "settings.judge"]
  ] as const) {
    it.effect(`${what}, is not mixed with the new: nothing is paid`, () =>
      Effect.gen(function* () {
        const { paid, second } = yield* again(changes)
        assert.strictEqual(Result.isFailure(second) && second.failure._tag, "RunMismatch")
        assert.include(Result.isFailure(second) ? second.failure.message : "", path)
        assert.deepStrictEqual(paid, {})
      })
    )
  }

  for (const [what, changes, judged] of [
    ["nothing", {}, 0],
    ["what is only looked at: the baseline and the primary metric", { baseline: "lite", primaryMetric: "fluency" }, 0],
    ["concurrency", { concurrency: { total: 1 } }, 0],
    ["the definition of one judged metric", { metrics: ["rouge_1", stricter, "coherence"] }, 3 * 4 * 2]
  ] as const) {
    it.effect(`${what}, stays: ${judged} scores are paid, and no answer`, () =>
      Effect.gen(function* () {
        const { paid, second } = yield* again(changes)
        if (Result.isFailure(second)) return assert.fail(second.failure.message)
        assert.deepStrictEqual(paid, judged === 0 ? {} : { judge: judged })
        const [first] = second.success.summary.candidates
        for (const metric of ["rouge_1", "fluency", "coherence"]) assert.strictEqual(first?.metrics[metric]?.n_valid, 8)
      })
    )
  }
})

/** A store whose process can be killed: from then on nothing is written, whoever still runs. */
const mortal = (store: ResultStore.ResultStore["Service"]) => {
  const state = { isDead: false }
  const service: ResultStore.ResultStore["Service"] = {
    read: store.read,
    open: (manifest) =>
      Effect.map(store.open(manifest), (run) => ({
        ...run,
        append: (cell) => Effect.suspend(() => (state.isDead ? Effect.succeed(0) : run.append(cell))),
        finish: (summary) => Effect.suspend(() => (state.isDead ? Effect.void : run.finish(summary)))
      }))
  }
  return { service, kill: () => void (state.isDead = true) }
}

interface Count {
  answers: number
  verdicts: number
}

/** The distinct answers and verdicts that are kept. */
const kept = Effect.gen(function* () {
  const cells = yield* Effect.orElseSucceed(Trial.keptCells(), () => [])
  const answers = new Set<string>()
  const verdicts = new Set<string>()
  for (const { candidate, repeat = 0, response, row, scores } of cells) {
    const cell = `${candidate} ${row} ${repeat}`
    if (response !== undefined) answers.add(cell)
    for (const metric of ["fluency", "pairwise_fluency"]) {
      if (scores[metric] !== undefined && scores[metric].error === undefined) verdicts.add(`${cell} ${metric}`)
    }
  }
  return { answers: answers.size, verdicts: verdicts.size }
})

/** Moves the clock until a fiber has ended. */
const ended = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.repeat(TestClock.adjust("1 second"), { until: () => fiber.pollUnsafe() !== undefined, times: 1_000 })

const interrupted = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.flatMap(Effect.forkChild(Fiber.interrupt(fiber)), ended)

/** A run of a random shape, in sessions that are killed, interrupted or go to their end, until nothing is missing. */
const trial = (below: (limit: number) => number) => {
  const timeout = VertexTest.fail(new VertexError.DeadlineExceeded({ phase: "total", description: "too long" }))
  const failures = [CompareTrial.busy, CompareTrial.unavailable, timeout, VertexTest.blocked()]
  const paid: Count = { answers: 0, verdicts: 0 }
  const pay = (what: keyof Count, good: VertexTest.Answer): Effect.Effect<VertexTest.Answer> =>
    Effect.delay(
      Effect.sync(() => {
        const failure = below(4) === 0 ? failures[below(failures.length)] : undefined
        if (failure === undefined) paid[what]++
        return failure ?? good
      }),
      below(3_000)
    )
  const models = CompareTrial.models(
    (name, row) => pay("answers", CompareTrial.answerOf(name, `article ${row}`)),
    (configuration, input) => pay("verdicts", CompareTrial.judges(configuration, input))
  )
  const [rows, repeats] = [1 + below(8), 1 + below(2)]
  const options = CompareTrial.options(rows, {
    metrics: ["rouge_1", "fluency", CompareTrial.pairwise],
    repeats,
    concurrency: { total: 1 + below(12) }
  })
  const needed: Count = { answers: 3 * rows * repeats, verdicts: 5 * rows * repeats }
  return Effect.gen(function* () {
    const store = yield* ResultStore.ResultStore
    const lost: Count = { answers: 0, verdicts: 0 }
    let kills = 0
    for (let session = 0; session < 40; session++) {
      const { kill, service } = mortal(store)
      const running = BudgetGuard.within(CompareModels.run(options), { requests: 2_000 })
      const fiber = yield* Effect.forkChild(Effect.provideService(running, ResultStore.ResultStore, service))
      const ending = session > 12 ? "none" : (["kill", "interrupt", "none"] as const)[below(3)]
      if (ending !== "none") yield* Effect.repeat(TestClock.adjust("100 millis"), { times: below(60) })
      const isKilled = ending === "kill" && fiber.pollUnsafe() === undefined
      if (isKilled) {
        kill()
        kills++
        const before = yield* kept
        lost.answers = paid.answers - before.answers
        lost.verdicts = paid.verdicts - before.verdicts
      }
      const atDeath = { ...paid }
      yield* ending === "none" ? ended(fiber) : interrupted(fiber)
      // What a dead process had asked for is answered to nobody.
      if (isKilled) Object.assign(paid, atDeath)
      assert.isDefined(fiber.pollUnsafe(), `session ${session} hangs`)
      const { answers, verdicts } = yield* kept
      assert.deepStrictEqual(paid, { answers: answers + lost.answers, verdicts: verdicts + lost.verdicts })
      if (answers === needed.answers && verdicts === needed.verdicts) break
    }
    const { resumed, summary } = yield* CompareTrial.untilDone(CompareModels.run(options))
    assert.strictEqual(resumed, needed.answers)
    assert.deepStrictEqual(paid, {
      answers: needed.answers + lost.answers,
      verdicts: needed.verdicts + lost.verdicts
    })
    const whole = yield* CompareModels.run({ ...options, runId: "whole", concurrency: { total: 1 } }).pipe(
      Effect.provide(CompareTrial.models(undefined, CompareTrial.judges))
    )
    // All but what the attempts that failed have cost, and how long it took.
    const lasting = ({ candidates, differences, order, win_rates }: ComparisonSummary.ComparisonSummary) => [
      candidates.map(({ metrics }) => metrics),
      { differences, order, win_rates }
    ]
    assert.deepStrictEqual(lasting(summary), lasting(whole.summary))
    return { kills, lost: lost.answers + lost.verdicts }
  }).pipe(Effect.provide(Layer.merge(models, Layer.fresh(ResultStore.layerMemory))))
}

it.effect(`what is paid are the distinct cells and what death has lost, whatever fails (GENOPS_SEED=${seed})`, () =>
  Effect.gen(function* () {
    const next = Random.xoshiro128ss(seed)
    const trials = Array.from({ length: 15 }, () => trial((limit) => Math.floor((next() / 2 ** 32) * limit)))
    const sum = { kills: 0, lost: 0 }
    for (const one of trials) {
      const { kills, lost } = yield* one
      sum.kills += kills
      sum.lost += lost
    }
    console.log(`seed ${seed}: ${sum.kills} kills lost ${sum.lost} paid calls`)
    // Deaths that lose nothing show nothing.
    assert.isAbove(sum.kills, 3)
    assert.isAbove(sum.lost, 0)
  })
)
