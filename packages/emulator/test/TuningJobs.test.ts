/** tuningJobs: Google's client, the wire fixtures, data that is wrong, what tuned endpoints answer, and the ledger. */
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI, TuningMethod } from "@google/genai"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import * as Objects from "./Objects.ts"
import { lines, serve } from "./TuningServer.ts"

const tokens = lines.length * (Math.ceil("Which colour has ticket number 1?".length / 4) + 2)

describe("@google/genai 3.3.0", () => {
  it("tunes, looks, lists and cancels", async () => {
    using server = await serve({ seconds: 0.5 })
    const authClient = { getRequestHeaders: () => Promise.resolve(new Headers({ authorization: "Bearer a" })) }
    const ai = new GoogleGenAI({
      vertexai: true,
      project: "demo-project",
      location: "us-central1",
      httpOptions: { baseUrl: server.url },
      googleAuthOptions: { authClient: Object.assign(Object.create(null), authClient) }
    })
    const config = { epochCount: 3, tunedModelDisplayName: "tickets", labels: { key: "a" } }
    const trainingDataset = { gcsUri: "gs://bucket/train.jsonl" }
    const job = await ai.tunings.tune({ baseModel: "gemini-2.5-flash", trainingDataset, config })
    assert.strictEqual(job.state, "JOB_STATE_PENDING")
    const name = job.name ?? ""
    let seen = job
    const states = new Set<string>()
    while (seen.endTime === undefined) {
      states.add(String(seen.state))
      seen = await ai.tunings.get({ name })
      await sleep(20)
    }
    // A slow machine may see no more than the end.
    for (const state of states) assert.include(["JOB_STATE_PENDING", "JOB_STATE_RUNNING"], state)
    assert.strictEqual(seen.state, "JOB_STATE_SUCCEEDED")
    assert.lengthOf(seen.tunedModel?.checkpoints ?? [], 3)
    const listed = await ai.tunings.list({ config: { filter: 'labels.key="a"', pageSize: 10 } })
    assert.deepStrictEqual(
      listed.page.map((one) => one.name),
      [name]
    )
    const answer = await ai.models.generateContent({
      model: seen.tunedModel?.endpoint ?? "",
      contents: "Which colour has ticket number 7?"
    })
    assert.deepStrictEqual([answer.text, answer.modelVersion], ["colour-7", "emulator/gemini-2.5-flash"])
    const counted = await ai.models.countTokens({ model: seen.tunedModel?.endpoint ?? "", contents: "Count me." })
    assert.strictEqual(counted.totalTokens, 3)
    const long = await ai.tunings.tune({
      baseModel: "gemini-2.5-flash",
      trainingDataset,
      config: { ...config, labels: { "emulator-seconds": "5" } }
    })
    await ai.tunings.cancel({ name: long.name ?? "" })
    assert.strictEqual((await ai.tunings.get({ name: long.name ?? "" })).state, "JOB_STATE_CANCELLING")
    const { error, state } = await server.ended(long.name ?? "")
    assert.deepStrictEqual([state, error], ["JOB_STATE_CANCELLED", { code: 1, message: "CANCELED" }])
  })

  it("tunes by preference, and on from a checkpoint", async () => {
    using server = await serve({ seconds: 0.1 })
    const ai = new GoogleGenAI({
      vertexai: true,
      project: "demo-project",
      location: "us-central1",
      httpOptions: { baseUrl: server.url },
      googleAuthOptions: {
        authClient: Object.assign(Object.create(null), { getRequestHeaders: () => Promise.resolve(new Headers()) })
      }
    })
    const pair = (answer: string, score: number) => ({
      score,
      completion: { role: "model", parts: [{ text: answer }] }
    })
    const rows = Array.from({ length: 16 }, (_, index) =>
      JSON.stringify({
        contents: [{ role: "user", parts: [{ text: `Greet guest ${index} please` }] }],
        completions: [pair("bad", 0), pair(`Welcome, guest ${index}!`, 1)]
      })
    )
    Objects.put(server.state, "gs://bucket/pref.jsonl", rows.join("\n"))
    const first = await server.ended((await server.create()).body.name)
    const job = await ai.tunings.tune({
      baseModel: first.tunedModel.model,
      trainingDataset: { gcsUri: "gs://bucket/pref.jsonl" },
      config: { method: TuningMethod.PREFERENCE_TUNING, preTunedModelCheckpointId: "2", beta: 0.1 }
    })
    const { preTunedModel, tunedModel, tuningDataStats } = await server.ended(job.name ?? "")
    assert.strictEqual(preTunedModel.baseModel, "gemini-2.5-flash")
    assert.strictEqual(tuningDataStats.preferenceOptimizationDataStats.tuningDatasetExampleCount, "16")
    assert.strictEqual((await server.ask(tunedModel.endpoint, "Greet guest 3 please")).text, "Welcome, guest 3!")
    assert.strictEqual((await server.ask(tunedModel.endpoint, "Which colour has ticket number 3?")).text, "colour-3")
  })
})

const optional = new Set(["checkpoints", "droppedExampleReasons"])
const kind = (value: unknown): string => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value)

/** Says which fields of an expected body are missing or have another type. */
const missing = (expected: unknown, actual: unknown, path = "$"): ReadonlyArray<string> => {
  if (kind(expected) !== kind(actual)) return [`${path}: ${kind(expected)} became ${kind(actual)}`]
  if (Array.isArray(expected)) return missing(expected[0], Object(actual)[0], `${path}[0]`)
  if (kind(expected) !== "object") return []
  return Object.entries(Object(expected)).flatMap(([key, value]) =>
    optional.has(key) ? [] : missing(value, Object(actual)[key], `${path}.${key}`)
  )
}

describe("the wire fixtures", () => {
  const exchangesOf = (name: string) =>
    JSON.parse(readFileSync(new URL(`fixtures/tuning/tuning-job-${name}.json`, import.meta.url), "utf8")).exchanges

  it("are answered in the same shape, from creation to end", async () => {
    using server = await serve()
    for (const name of ["train", "val"]) Objects.put(server.state, `gs://my-bucket/${name}.jsonl`, lines.join("\n"))
    const [creation, , , success] = exchangesOf("succeeded")
    const created = await server.call("POST", `${server.parent}/tuningJobs`, creation.request.body)
    assert.strictEqual(created.status, 200)
    assert.deepStrictEqual(missing(creation.response.body, created.body), [])
    const job = await server.ended(created.body.name)
    assert.deepStrictEqual(missing(success.response.body, job), [])
    const listed = await server.call(
      "GET",
      `${server.parent}/tuningJobs?filter=labels.genops-key%3D%224f2c9a%22&pageSize=100`
    )
    assert.deepStrictEqual<unknown>(listed.body, { tuningJobs: [job] })
    const preference = exchangesOf("preference")[0]
    const other = await server.call("POST", `${server.parent}/tuningJobs`, preference.request.body)
    assert.deepStrictEqual(missing(preference.response.body, other.body), [])
    const failed = await server.ended(other.body.name)
    assert.strictEqual(failed.error.code, 5)
    assert.deepStrictEqual(missing(exchangesOf("failed")[0].response.body.error, failed.error), [])
  })
})

describe("training data", () => {
  it("that is wrong makes the job fail, not the request", async () => {
    using server = await serve({ seconds: 0 })
    const cases: ReadonlyArray<readonly [string, string, number]> = [
      ['{"x": 1}', "Row: 1.", 3],
      [`${lines.join("\n")}\nnonsense`, "Row: 21. The line is not JSON", 3],
      ['{"contents": []}', "Missing required `contents` field", 3],
      [lines.slice(0, 15).join("\n"), "15 examples, at least 16", 3],
      ['{"contents": [{"role": "user", "parts": [{"text": "a"}]}]}', "role `model`", 3]
    ]
    for (const [text, message, code] of cases) {
      Objects.put(server.state, "gs://bucket/wrong.jsonl", text)
      const { body, status } = await server.create({}, "gs://bucket/wrong.jsonl")
      assert.strictEqual(status, 200)
      const { error, state, tunedModel } = await server.ended(body.name)
      assert.deepStrictEqual([state, error.code, tunedModel], ["JOB_STATE_FAILED", code, undefined])
      assert.include(error.message, message)
    }
    const { body } = await server.create({}, "gs://bucket/nowhere.jsonl")
    assert.strictEqual((await server.ended(body.name)).error.code, 5)
    assert.strictEqual(server.ledger.snapshot().ledger["tuning/gemini-2.5-flash"]?.input, 0)
  })

  it("that is not asked for rightly is refused", async () => {
    using server = await serve()
    const refused = async (more: object, uri?: string) => (await server.create(more, uri)).status
    assert.strictEqual(await refused({}, "train.jsonl"), 400)
    assert.strictEqual(await refused({ baseModel: "gemini-9" }), 400)
    assert.strictEqual(await refused({ unknown: 1 }), 400)
    assert.strictEqual(await refused({ state: "JOB_STATE_SUCCEEDED" }), 400)
    assert.strictEqual(await refused({ labels: { Key: "v" } }), 400)
    assert.strictEqual(await refused({ preTunedModel: { tunedModelName: "projects/p/locations/l/models/1" } }), 400)
    const elsewhere = await server.call("POST", "projects/p/locations/global/tuningJobs", {})
    assert.strictEqual(elsewhere.status, 400)
    assert.strictEqual((await server.call("GET", `${server.parent}/tuningJobs/1`)).status, 404)
    assert.strictEqual((await server.call("GET", `${server.parent}/tuningJobs?filter=what`)).status, 400)
    assert.deepStrictEqual(server.ledger.snapshot().ledger, {})
  })
})

describe("tuned endpoints", () => {
  it("answer what they have learned, and else as the base model does", async () => {
    using server = await serve({ seconds: 0 })
    const { tunedModel, tuningDataStats } = await server.ended((await server.create()).body.name)
    const base = `${server.parent}/publishers/google/models/gemini-2.5-flash`
    const question = "which colour has ticket number 12"
    assert.strictEqual((await server.ask(tunedModel.endpoint, question)).text, "colour-12")
    assert.notStrictEqual((await server.ask(base, question)).text, "colour-12")
    const far = "What is the capital of France?"
    assert.strictEqual((await server.ask(tunedModel.endpoint, far)).text, (await server.ask(base, far)).text)
    const [early, last] = tunedModel.checkpoints
    assert.strictEqual(last?.endpoint, tunedModel.endpoint)
    // The first of two checkpoints has seen half of the data.
    assert.strictEqual((await server.ask(early?.endpoint ?? "", "Which colour has ticket number 9?")).text, "colour-9")
    assert.notStrictEqual(
      (await server.ask(early?.endpoint ?? "", "Which colour has ticket number 12?")).text,
      "colour-12"
    )
    const cut = await server.ask(tunedModel.endpoint, question, { generationConfig: { maxOutputTokens: 1 } })
    assert.deepStrictEqual([cut.text, cut.body.candidates?.[0]?.finishReason], ["colo", "MAX_TOKENS"])
    const stream = await fetch(`${server.url}/v1/${tunedModel.endpoint}:streamGenerateContent?alt=sse`, {
      method: "POST",
      body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: question }] }] })
    })
    assert.include(await stream.text(), '"colour-12"')
    const stats = tuningDataStats.supervisedTuningDataStats
    assert.strictEqual(stats.tuningDatasetExampleCount, "20")
    assert.closeTo(Number(stats.totalBillableTokenCount), tokens * 2, 2 * 2 * lines.length)
    assert.strictEqual((await server.ask(`${server.parent}/endpoints/8000000000000990000`, "x")).body.error.code, 404)
  })
})

describe("jobs", () => {
  it("are left behind by a lost answer, and the ledger knows them", async () => {
    using server = await serve({ seconds: 0 })
    server.faults.set([{ operation: "tuningJobs.create", times: 1, effect: { type: "lose-answer" } }])
    assert.isTrue(
      await server.create({ labels: { key: "a" } }).then(
        () => false,
        () => true
      )
    )
    const { body } = await server.call("GET", `${server.parent}/tuningJobs?filter=labels.key%3D%22a%22`)
    assert.lengthOf(body.tuningJobs, 1)
    await server.create({ labels: { key: "a" } })
    const { counts, ledger, recent } = server.ledger.snapshot()
    const { tuningDataStats } = await server.ended(body.tuningJobs[0]?.name ?? "")
    const billed = Number(tuningDataStats.supervisedTuningDataStats.totalBillableTokenCount)
    assert.strictEqual(counts["tuningJobs.create"], 2)
    assert.deepStrictEqual(ledger, {
      "tuning/gemini-2.5-flash": { requests: 2, input: 2 * billed, cached: 0, output: 0, thoughts: 0 }
    })
    assert.strictEqual(recent[0]?.fault, "lose-answer")
  })

  it("come in pages, newest first, that new jobs do not shift", async () => {
    using server = await serve({ seconds: 0 })
    const names: Array<string> = []
    for (let index = 0; index < 5; index++) names.unshift((await server.create()).body.name)
    const read = async (token: string) =>
      (await server.call("GET", `${server.parent}/tuningJobs?pageSize=2&pageToken=${token}`)).body
    const first = await read("")
    await server.create()
    const second = await read(first.nextPageToken)
    const third = await read(second.nextPageToken)
    assert.deepStrictEqual(
      [first, second, third].flatMap(({ tuningJobs }) => tuningJobs.map(({ name }: { name: string }) => name)),
      names
    )
    assert.isUndefined(third.nextPageToken)
    const other = await server.call(
      "GET",
      `${server.parent}/tuningJobs?filter=state=x&pageToken=${first.nextPageToken}`
    )
    assert.strictEqual(other.status, 400)
  })

  it("are missing in lists for a while, and end as their labels say", async () => {
    using server = await serve({ seconds: 0, listLagSeconds: 0.3 })
    const { body } = await server.create({ labels: { "emulator-end": "expired" }, tunedModelDisplayName: "a b" })
    const list = async () =>
      (await server.call("GET", `${server.parent}/tuningJobs?filter=tunedModelDisplayName%3D%22a%20b%22`)).body
    assert.deepStrictEqual<unknown>(await list(), {})
    assert.strictEqual((await server.call("GET", body.name)).body.state, "JOB_STATE_EXPIRED")
    while ((await list()).tuningJobs === undefined) await sleep(20)
    const numbers = await server.call("GET", `${body.name}?$alt=json%3Benum-encoding=int`)
    assert.strictEqual(numbers.body.state, 9)
  })
})
