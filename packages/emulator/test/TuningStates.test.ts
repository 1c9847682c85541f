/** How tuning jobs behave: their states and times, what steers them, and how late and in which pages lists show them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import * as Job from "../src/tuning/Job.ts"
import type { Settings } from "../src/tuning/Settings.ts"
import * as Resource from "../src/tuning/Resource.ts"
import * as TuningJobs from "../src/tuning/TuningJobs.ts"
import * as RawClient from "./RawClient.ts"
import { line, serve } from "./TuningServer.ts"

const example = { system: "", question: "q", answer: "a", tokens: 2, outputTokens: 1, characters: 2, messages: 2 }
const data = { examples: Array.from({ length: 16 }, () => example), dropped: [] }

/** A job that was just created, of ten seconds unless its labels say otherwise. */
const created = (
  settings: Settings,
  labels: Readonly<Record<string, string>> = {},
  more: Partial<TuningJobs.Asked> = {}
) => {
  const jobs = TuningJobs.make({ seconds: 10, ...settings })
  const body = { labels, supervisedTuningSpec: {} }
  const asked = { location: "us-central1", body, baseModel: "gemini-2.5-flash", epochs: 2, data, known: [], ...more }
  return { jobs, job: jobs.add(asked) }
}

/** The states of a job, with the second in which each begins. */
const life = (job: Job.Job): ReadonlyArray<string> => {
  const seen: Array<string> = []
  for (let second = 0; second <= 10; second += 0.5) {
    const now = job.created + second * 1000
    const state = Job.stateAt(job, now)
    if (seen.at(-1)?.endsWith(` ${state}`) === true) continue
    seen.push(`${second} ${state}`)
    assert.strictEqual(Job.changedAt(job, now), now)
  }
  return seen
}

describe("the states of a job", () => {
  const problem = { data: { code: 3, message: "Row: 1. The line is not JSON. Dataset is not valid." } } as const
  const lives: ReadonlyArray<
    readonly [what: string, of: ReturnType<typeof created>, life: ReadonlyArray<string>, start: number | undefined]
  > = [
    ["by default", created({}), ["0 PENDING", "2 RUNNING", "10 SUCCEEDED"], 2],
    [
      "as the server was told",
      created({ states: ["QUEUED", "PENDING", "RUNNING", "PAUSED", "RUNNING"], end: "PARTIALLY_SUCCEEDED" }),
      ["0 QUEUED", "2 PENDING", "4 RUNNING", "6 PAUSED", "8 RUNNING", "10 PARTIALLY_SUCCEEDED"],
      4
    ],
    [
      "as its labels say, before all else",
      created(
        { seconds: 500, states: ["QUEUED"], end: "FAILED" },
        { "emulator-seconds": "10", "emulator-states": "pending-running-updating-running", "emulator-end": "expired" }
      ),
      ["0 PENDING", "2.5 RUNNING", "5 UPDATING", "7.5 RUNNING", "10 EXPIRED"],
      2.5
    ],
    [
      "not as labels say that mean nothing",
      created({}, { "emulator-seconds": "soon", "emulator-states": "flying", "emulator-end": "never" }),
      ["0 PENDING", "2 RUNNING", "10 SUCCEEDED"],
      2
    ],
    ["with wrong data", created({ end: "SUCCEEDED" }, {}, problem), ["0 PENDING", "2 RUNNING", "5 FAILED"], 2]
  ]
  it.each(lives)("follow one another %s", (_, { job }, expected, start) => {
    assert.deepStrictEqual(life(job), expected)
    const shown = (second: number) => Resource.of(job, job.created + second * 1000)
    assert.strictEqual(shown(0)["startTime"], undefined)
    const end = shown(10)
    assert.strictEqual(
      end["startTime"],
      start === undefined ? undefined : new Date(job.created + start * 1000).toISOString().replace("Z", "000Z")
    )
    assert.strictEqual("tunedModel" in end, String(end["state"]).endsWith("SUCCEEDED"))
    assert.strictEqual("error" in end, end["state"] === "JOB_STATE_FAILED")
    assert.isUndefined(shown(4.9)["endTime"])
  })

  it("end with a cancellation, from every state that is not an end", () => {
    const states = ["QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING"] as const
    for (const state of states) {
      const { job } = created({ states: [state] })
      const at = job.created + 4000
      const cancelled = { ...job, cancelled: at }
      assert.strictEqual(Job.stateAt(job, at), state)
      assert.strictEqual(Job.stateAt(cancelled, at), "CANCELLING")
      assert.strictEqual(Job.stateAt(cancelled, at + 2000), "CANCELLED")
      assert.deepStrictEqual(Resource.of(cancelled, at + 2000)["error"], { code: 1, message: "CANCELED" })
    }
    const { job, jobs } = created({ seconds: 0 })
    jobs.cancel(job)
    assert.strictEqual(Job.stateAt(jobs.all()[0] ?? job, Date.now()), "SUCCEEDED")
  })
})

describe("lists", () => {
  const body = { labels: {}, supervisedTuningSpec: {} }
  const asked = { location: "us-central1", body, baseModel: "gemini-2.5-flash", epochs: 2, data, known: [] }

  it("show a new job after a number of them, and it is found by its name meanwhile", () => {
    const jobs = TuningJobs.make({ listLagCalls: 2 })
    const { sequence } = jobs.add(asked)
    const list = (isFirst = true) => jobs.list("us-central1", isFirst).map((job) => job.sequence)
    assert.deepStrictEqual([list(), list(false), list(), list(false), list()], [[], [], [], [sequence], [sequence]])
    jobs.set({ listLagCalls: 0 })
    const next = jobs.add(asked).sequence
    assert.deepStrictEqual(list(), [next, sequence])
    assert.isDefined(jobs.find("us-central1", "4000000000000002000"))
  })

  it("show each job after a time of its own between two", () => {
    const lags = () => {
      const jobs = TuningJobs.make({ listLagSeconds: { from: 1, to: 5 } })
      return Array.from({ length: 200 }, () => jobs.add(asked)).map(({ created, listed }) => listed - created)
    }
    const first = lags()
    assert.deepStrictEqual(lags(), first)
    assert.isAtLeast(Math.min(...first), 1000)
    assert.isAtMost(Math.max(...first), 5000)
    assert.isAbove(new Set(first.map((lag) => Math.floor(lag / 500))).size, 6)
  })

  it("have pages no longer than they may be", async () => {
    using server = await serve({ seconds: 0, listPageSize: 2 })
    for (let index = 0; index < 5; index++) await server.create()
    const sizes: Array<number> = []
    let token = ""
    do {
      const { body } = await server.call("GET", `${server.parent}/tuningJobs?pageSize=100&pageToken=${token}`)
      sizes.push(body.tuningJobs.length)
      token = body.nextPageToken ?? ""
    } while (token !== "")
    assert.deepStrictEqual(sizes, [2, 2, 1])
  })
})

describe("the settings of tuning", () => {
  const path = "/v1/projects/p/locations/us-central1/tuningJobs"
  const create = (url: string) =>
    Effect.map(
      RawClient.call(`${url}${path}`, {
        body: { baseModel: "gemini-2.5-flash", supervisedTuningSpec: { trainingDatasetUri: "gs://b/o" } }
      }),
      ({ text }) => JSON.parse(text)
    )

  it.effect("change on the way, over HTTP and in a program, and go back with a reset", () =>
    Effect.gen(function* () {
      const { reset, setTuning, url } = yield* Emulator.start({ tuning: { seconds: 100, listPageSize: 7 } })
      const tuning = (body?: object) => RawClient.call(`${url}/_emulator/tuning`, body === undefined ? {} : { body })
      assert.deepStrictEqual(JSON.parse((yield* tuning()).text), { seconds: 100, listPageSize: 7 })
      const set = yield* tuning({ states: ["QUEUED", "RUNNING"] })
      assert.deepStrictEqual(JSON.parse(set.text), { seconds: 100, listPageSize: 7, states: ["QUEUED", "RUNNING"] })
      assert.strictEqual((yield* create(url)).state, "JOB_STATE_QUEUED")
      yield* setTuning({ seconds: 0 })
      const failed = yield* create(url)
      assert.deepStrictEqual([failed.state, failed.error.code], ["JOB_STATE_FAILED", 5])
      yield* reset
      assert.deepStrictEqual(JSON.parse((yield* tuning()).text), { seconds: 100, listPageSize: 7 })
      assert.strictEqual((yield* create(url)).state, "JOB_STATE_PENDING")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    { seconds: -1 },
    { seconds: "3" },
    { states: [] },
    { states: ["SUCCEEDED"] },
    { end: "CANCELLED" },
    { listPageSize: 0 },
    { listLagSeconds: { from: 1 } },
    { second: 1 }
  ])("that make no sense are refused: %j", (body) =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const refused = yield* RawClient.call(`${url}/_emulator/tuning`, { body })
      assert.strictEqual(refused.status, 400)
      assert.include(refused.text, Object.keys(body)[0] ?? "")
    }).pipe(Effect.scoped)
  )
})

describe("a creation whose answer is lost", () => {
  const lost: ReadonlyArray<readonly [instead: "cut" | "silence" | 504, end: string, status: number | undefined]> = [
    ["cut", "dropped", undefined],
    ["silence", "stalled", undefined],
    [504, "complete", 504]
  ]
  it.effect.each(lost)("has created the job (%s)", ([instead, end, status]) =>
    Effect.gen(function* () {
      const { requests, setFaults, url } = yield* Emulator.start()
      yield* setFaults([{ operation: "tuningJobs.create", sequence: [null, { type: "lose-answer", instead }, null] }])
      const body = {
        baseModel: "gemini-2.5-flash",
        supervisedTuningSpec: { trainingDatasetUri: "gs://b/o" },
        tunedModelDisplayName: "a model",
        labels: { key: "k" }
      }
      const create = RawClient.call(`${url}/v1/projects/p/locations/us-central1/tuningJobs`, { body, patience: 100 })
      yield* create
      const observed = yield* create
      assert.deepStrictEqual([observed.end, observed.status], [end, status])
      yield* create
      const { counts, jobs, recent } = yield* requests
      assert.strictEqual(counts["tuningJobs.create"], 3)
      assert.strictEqual(recent[1]?.fault, "lose-answer")
      assert.strictEqual(recent[1]?.status, status)
      assert.lengthOf(jobs, 3)
      const { name, sequence, time, ...second } = jobs[1] ?? assert.fail("no job")
      assert.deepStrictEqual(second, {
        operation: "tuningJobs.create",
        displayName: "a model",
        labels: { key: "k" },
        model: "gemini-2.5-flash",
        tokens: 0
      })
      assert.deepStrictEqual([sequence, recent[1]?.created?.name], [2, name])
      assert.isTrue(Date.parse(time) <= Date.now())
      const { text } = yield* RawClient.call(`${url}/v1/${name}`)
      assert.strictEqual(JSON.parse(text).name, name)
    }).pipe(Effect.scoped)
  )
})

describe("training data", () => {
  it("that is longer than a model takes is left out, and told", async () => {
    using server = await serve({ seconds: 0 })
    const rows = Array.from({ length: 18 }, (_, index) => line(`Question ${index}?`, `Answer ${index}.`))
    rows[4] = line("long ".repeat(110_000), "x")
    server.state.storage.write("gs://bucket/long.jsonl", rows.join("\n"))
    const { body } = await server.create({}, "gs://bucket/long.jsonl")
    const { tuningDataStats } = await server.ended(body.name)
    const stats = tuningDataStats.supervisedTuningDataStats
    assert.deepInclude(stats, {
      tuningDatasetExampleCount: "17",
      totalTruncatedExampleCount: "1",
      truncatedExampleIndices: ["5"]
    })
    assert.match(String(stats.droppedExampleReasons), /13\d{4} tokens, more than 131072/)
  })
})
