/** The money of a tuning step: held before anything is sent, booked after, and the same when the program is replayed. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as TuningTest from "@genops/vertex/testing/TuningTest"
import * as VertexTest from "@genops/vertex/testing/VertexTest"
import * as VertexError from "@genops/vertex/VertexError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as TunedModel from "../src/TunedModel.ts"
import * as Run from "./TuneRun.ts"

const limits = { name: "run", usd: "1.00" }
const end = () => ({ state: "SUCCEEDED", billableTokens: 120_000 })
const calls = Effect.map(TuningTest.calls, (all) => all.length)
const booksOf = ({ books }: Run.Told) => {
  assert(books !== undefined, "no budget has ended")
  return [books.spent, books.uncertain, books.held].map(({ usd }) => Money.toDecimal(usd))
}

describe("what is booked", () => {
  it.effect("the worst case while the job goes on, its billable tokens after the end", () => {
    const { layer, told } = Run.program(() => ({ limits }), { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("20 minutes")
      // The run is suspended: its budget has ended with what may have been ordered.
      assert.deepStrictEqual(booksOf(told), [Run.worst, Run.worst, "0"])
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id)).cost, Money.usd("0.6"))
      assert.deepStrictEqual(booksOf(told), ["0.6", "0", "0"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("once, however often the program is replayed: what comes after it has the rest of the budget", () => {
    const { layer, told } = Run.program(() => ({ limits: { name: "run", usd: Run.worst } }), { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id)).cost, Money.usd("0.6"))
      assert.strictEqual(told.around, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("the worst case when the service does not say the tokens", () => {
    const { layer, told } = Run.program(() => ({ limits }))
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.isUndefined((yield* Run.resultOf(id)).cost)
      assert.deepStrictEqual(booksOf(told), [Run.worst, Run.worst, "0"])
    }).pipe(Effect.provide(layer))
  })

  const failed = { state: "FAILED", error: { code: 3, message: "wrong" } }
  for (const [what, pending, booked] of [
    ["ran", "1 minute", Run.worst],
    ["never ran", "1 hour", "0"]
  ] as const) {
    it.effect(`the worst case when a job has failed that ran, nothing when it never ran: ${what}`, () => {
      const { layer, told } = Run.program(() => ({ limits }), { end: () => failed, pending })
      return Effect.gen(function* () {
        const id = yield* Run.start()
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Run.failureOf(id))._tag, "TuningFailed")
        assert.deepStrictEqual(booksOf(told), [booked, booked, "0"])
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("nothing when the service has refused the job", () => {
    const reason = new VertexError.PermissionDenied({ description: "no" })
    const { layer, told } = Run.program(() => ({ limits }), {
      fail: ({ request }) => (request === "create" ? { reason } : undefined)
    })
    return Effect.gen(function* () {
      yield* Run.start()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(booksOf(told), ["0", "0", "0"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the worst case when nobody knows whether there is a job", () => {
    const reason = new VertexError.Transport({ kind: "reset", phase: "headers", description: "closed" })
    const { layer, told } = Run.program(() => ({ limits }), {
      fail: ({ request }) => (request === "create" ? { reason, billed: "unknown" } : undefined)
    })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.failureOf(id))._tag, "SubmissionUncertain")
      assert.deepStrictEqual(booksOf(told), [Run.worst, Run.worst, "0"])
    }).pipe(Effect.provide(layer))
  })
})

describe("what is refused before anything is sent", () => {
  it.effect("a worst case that does not fit; with a larger budget the run goes on", () => {
    let plan: Run.Plan = { limits: { name: "run", usd: "0.67" } }
    const { layer } = Run.program(() => plan, { end })
    return Effect.gen(function* () {
      const id = yield* Run.start(Run.parking)
      yield* TestClock.adjust("1 hour")
      const error = yield* Run.reasonOf(id)
      assert(error instanceof Error)
      assert.include(error.message, "Worst case = 3 epochs x 45,000 training tokens at gemini-2.5-flash prices of")
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* calls, 0)
      plan = { limits }
      yield* Run.parking.resume(id)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id, Run.parking)).cost, Money.usd("0.6"))
    }).pipe(Effect.provide(layer))
  })

  it.effect("but never a job that is ordered: a smaller budget is overrun by what is paid, and the run ends", () => {
    let plan: Run.Plan = { limits }
    const { layer, told } = Run.program(() => plan, { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      plan = { limits: { name: "run", usd: "0.10" } }
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id)).cost, Money.usd("0.6"))
      assert.deepStrictEqual(booksOf(told), ["0.6", "0", "0"])
    }).pipe(Effect.provide(layer))
  })

  for (const [reason, model, day] of [
    ["NoTrainingPrice", "gemini-3.5-flash", "2026-09-01"],
    ["Retired", "gemini-2.5-flash", "2026-11-22"],
    ["UnregisteredEndpoint", "projects/1/locations/us-central1/models/7@1", "2026-09-01"],
    ["NoSuchModel", "gemini-9-flash", "2026-09-01"]
  ] as const) {
    it.effect(`a model whose training has no price: ${reason}`, () => {
      const { layer } = Run.program(() => ({ limits, request: { ...Run.request, model } }))
      return Effect.gen(function* () {
        const id = yield* Run.start(Run.workflow, day)
        yield* TestClock.adjust("1 minute")
        const error = yield* Run.failureOf(id)
        assert(error._tag === "PriceUnknown", error.message)
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(yield* calls, 0)
      }).pipe(Effect.provide(layer))
    })
  }
})

describe("a model without a price", () => {
  const request = { ...Run.request, model: "gemini-3.5-flash" }

  it.effect("is tuned where unknown prices are allowed, and counted", () => {
    const { layer, told } = Run.program(() => ({ limits, request, onUnknownPrice: "allow" }), { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.isUndefined((yield* Run.resultOf(id)).cost)
      assert.deepStrictEqual([told.books?.unpriced, ...booksOf(told)], [1, "0", "0", "0"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is tuned where no money is limited", () => {
    const { layer } = Run.program(() => ({ limits: { requests: 5 }, request }), { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("1 hour")
      assert.match((yield* Run.resultOf(id)).endpoint, /endpoints\/1$/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("has the price that the program gives it; what is recorded with the order counts to the end", () => {
    const priced = (usd: "10" | "99") =>
      PriceTable.withTraining(PriceTable.builtIn, "gemini-3.5-flash", Money.perMillion(usd))
    let plan: Run.Plan = { limits: { usd: "5.00" }, request, prices: priced("10") }
    const { layer } = Run.program(() => plan, { end })
    return Effect.gen(function* () {
      const id = yield* Run.start()
      yield* TestClock.adjust("10 minutes")
      plan = { ...plan, prices: priced("99") }
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Run.resultOf(id)).cost, Money.usd("1.2"))
    }).pipe(Effect.provide(layer))
  })
})

describe("a tuned endpoint in a budget", () => {
  const tuned: TunedModel.TunedModel = {
    job: "projects/1/locations/us-central1/tuningJobs/1",
    model: "projects/1/locations/us-central1/models/1@1",
    endpoint: "projects/1/locations/us/endpoints/1",
    baseModel: "gemini-3.5-flash",
    checkpoints: [{ id: "1", endpoint: "projects/1/locations/us/endpoints/11" }]
  }
  const spend = (model: string) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-11-22"))
      let spent: bigint = 0n
      yield* GenerativeModel.generate(
        ModelConfiguration.make(model, { generationConfig: { maxOutputTokens: 100 } }),
        "Hello"
      ).pipe(
        BudgetGuard.within({ usd: "1.00" }, { onEnd: (books) => Effect.sync(() => void (spent = books.spent.usd)) })
      )
      return spent
    })
  const answer = VertexTest.reply("Hi", { inputTokens: 1_000, outputTokens: 100 })
  const model = VertexTest.layer({ generate: [answer, answer] })

  it.effect("costs what its base model costs at its location, and its checkpoints too", () =>
    Effect.gen(function* () {
      const wanted = Money.usd("0.00264")
      for (const name of [tuned.endpoint, tuned.checkpoints[0]?.endpoint ?? ""]) {
        assert.strictEqual(yield* spend(name).pipe(TunedModel.withPrice(tuned)), wanted, name)
      }
    }).pipe(Effect.provide(model))
  )

  it.effect("has no price when it, or its base model, is not known, or its base model is retired", () =>
    Effect.gen(function* () {
      const refused = [
        ["UnregisteredEndpoint", spend(tuned.endpoint)],
        ["UnregisteredEndpoint", TunedModel.withPrice(spend(tuned.endpoint), { ...tuned, baseModel: undefined })],
        ["Retired", TunedModel.withPrice(spend(tuned.endpoint), { ...tuned, baseModel: "gemini-2.5-flash" })]
      ] as const
      for (const [reason, call] of refused) {
        const error = yield* Effect.flip(call)
        assert(error._tag === "PriceUnknown", error.message)
        assert.strictEqual(error.reason, reason)
      }
    }).pipe(Effect.provide(model))
  )
})
