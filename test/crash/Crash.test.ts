/**
 * The whole GenOps pipeline in a process that ends at a named point. The same command, given again, comes to the result of a run that
 * nothing happened to, and the book of the emulator, which no crash touches, has one tuning job.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Point } from "./Trial.ts"
import type * as Process from "./Process.ts"
import * as Scene from "./Scene.ts"
import * as Trial from "./Trial.ts"

/** The call of a step, and the step whose stages are meant. `paid` calls may be under way at the same time. */
const steps = [
  { title: "wait for data", step: "wait for data", call: { operation: "storage.objects.get", skip: 0 }, paid: 0 },
  { title: "check data", step: "check data", call: { operation: "countTokens", skip: 0 }, paid: 0 },
  { title: "create the tuning job", step: "tune/create/0", call: { operation: "tuningJobs.create", skip: 0 }, paid: 0 },
  { title: "evaluate the base model", step: "evaluate base", call: { operation: "generateContent", skip: 0 }, paid: 2 },
  {
    title: "evaluate the tuned model",
    step: "evaluate tuned",
    call: { operation: "generateContent", skip: Scene.rows },
    paid: 2
  },
  { title: "generate", step: "generate 1", call: { operation: "generateContent", skip: 2 * Scene.rows }, paid: 1 }
] as const

const stages = ["before", "started", "sent", "answered", "recorded"] as const
const titles = {
  before: "before its intent",
  started: "after its intent",
  sent: "when it has sent",
  answered: "answered but not recorded",
  recorded: "recorded"
}

const signals = ["SIGKILL", "SIGTERM"] as const

/** Where something is under way or lost, both signals; elsewhere they take turns, so that each step and each stage meets both. */
const signalsAt = (stage: (typeof stages)[number], row: number): ReadonlyArray<Process.Signal> =>
  stage === "sent" || stage === "answered"
    ? signals
    : signals.filter((_, index) => index === (row + stages.indexOf(stage)) % 2)

const grid = steps.flatMap(({ call, paid, step, title }, row) =>
  stages.flatMap((stage) =>
    signalsAt(stage, row).map((signal): Point => {
      // Rows of an evaluation are kept one by one: an answered one is not paid again. Told to end, a process waits for what it has paid.
      const isLost = signal === "SIGKILL" && (stage === "sent" || (stage === "answered" && step === "generate 1"))
      return {
        name: `${title}, ${titles[stage]}`,
        signal,
        where: stage === "sent" ? { _tag: "Sent", call } : { _tag: "Stage", at: `${step}:${stage}` },
        inFlight: isLost ? paid : 0
      }
    })
  )
)

const sent = (operation: string, skip: number) => ({ _tag: "Sent", call: { operation, skip } }) as const

const points: ReadonlyArray<Point> = [
  ...grid,
  { name: "poll the job, when it has sent", signal: "SIGKILL", where: sent("tuningJobs.get", 0) },
  { name: "poll the job, after a look", signal: "SIGTERM", where: { _tag: "Stage", at: "tune:look" } },
  { name: "in the middle of an evaluation", signal: "SIGKILL", where: sent("generateContent", 3), inFlight: 2 },
  { name: "in an upload", signal: "SIGKILL", where: sent("storage.objects.insert", 0) },
  { name: "in a durable pause", signal: "SIGTERM", where: { _tag: "Asleep" } },
  { name: "while a person is asked", signal: "SIGKILL", where: { _tag: "Asked" } }
]

// Each trial has an emulator, and one process at a time.
const places = Semaphore.makeUnsafe(2)

/** A run that nothing happens to: made once. */
const undisturbed = Effect.runSync(Effect.cached(Trial.run()))

describe("the points", () => {
  it("are 36 with names of their own, of which each step and each stage meets both signals", () => {
    assert.strictEqual(new Set(points.map(({ name }) => name)).size, 36)
    const meets = (part: string) =>
      new Set(grid.filter(({ name }) => name.includes(part)).map(({ signal }) => signal)).size
    for (const part of [...steps.map(({ title }) => title), ...Object.values(titles)])
      assert.strictEqual(meets(part), 2)
  })
})

describe.concurrent("a run whose process ends", () => {
  for (const point of points) {
    it.live(
      `${point.name}, by ${point.signal}: goes on to the same result with one tuning job`,
      () =>
        Effect.gen(function* () {
          const expected = yield* undisturbed
          assert.deepStrictEqual([expected.jobs, expected.calls], [1, 2 * Scene.rows + 1])
          assert.deepStrictEqual([expected.spent, expected.uncertain], [expected.bill, 0n])
          const { approvedBy, bill, calls, jobs, outcome, spent, uncertain } = yield* Trial.run(point)
          assert.strictEqual(jobs, 1)
          assert.deepStrictEqual(outcome, expected.outcome)
          // The books never say less than the bill, and what they say for certain is on it.
          assert.isTrue(spent >= bill && spent - uncertain <= bill, `${bill}: ${spent}, ${uncertain} of it uncertain`)
          if (point.inFlight === undefined || point.inFlight === 0)
            assert.deepStrictEqual([spent, uncertain], [expected.spent, 0n])
          assert.isAtLeast(calls, expected.calls)
          assert.isAtMost(calls, expected.calls + (point.inFlight ?? 0))
          assert.strictEqual(approvedBy, point.where._tag === "Asked" ? "ada" : undefined)
        }).pipe(places.withPermits(1)),
      // It waits for its place, too.
      600_000
    )
  }
})

describe("the control", () => {
  const naive = (stage: string): Point => ({
    name: `naive ${stage}`,
    signal: "SIGKILL",
    where: { _tag: "Stage", at: `create:${stage}` }
  })
  it.live("a pipeline that creates its job in a plain step orders two when its process ends before the record", () =>
    Effect.gen(function* () {
      const duplicated = yield* Trial.run(naive("answered"), { NAIVE: "1" })
      assert.strictEqual(duplicated.jobs, 2)
      const recorded = yield* Trial.run(naive("recorded"), { NAIVE: "1" })
      assert.strictEqual(recorded.jobs, 1)
    })
  )
})
