/** Tuning on the wire as in the fixtures, what is refused before sending, and what an ambiguous failure means. */
import * as Money from "@genops/core/Money"
import * as Credentials from "@genops/vertex/Credentials"
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningFailed from "@genops/vertex/TuningFailed"
import * as TuningJob from "@genops/vertex/TuningJob"
import type * as TuningRequest from "@genops/vertex/TuningRequest"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"

interface Sent {
  readonly method: string
  readonly url: string
  readonly body: unknown
}

/** The live service over a server that answers from a list; the last answer answers all that follow. */
const serve = (
  answers: ReadonlyArray<readonly [body: unknown, status?: number]>,
  config: VertexConfig.Options = { project: "demo-project", location: "us-central1" }
) => {
  const sent: Array<Sent> = []
  const http = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined
      const [body, status = 200] = answers[Math.min(sent.length, answers.length - 1)] ?? [{}]
      sent.push({ method: request.method, url: String(url), body: text === undefined ? undefined : JSON.parse(text) })
      return HttpClientResponse.fromWeb(
        request,
        new Response(typeof body === "string" ? body : JSON.stringify(body), { status })
      )
    })
  )
  const layer = Tuning.layer.pipe(
    Layer.provide(VertexClient.layerNoTransport),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
    Layer.provide(Credentials.layerAnonymous),
    Layer.provide(VertexConfig.layer(config))
  )
  return { sent, layer }
}

const Exchange = Schema.Struct({
  request: Schema.Struct({ method: Schema.String, url: Schema.String, body: Schema.optionalKey(Schema.Json) }),
  response: Schema.Struct({ status: Schema.Int, body: Schema.Json })
})
const decodeFixture = Schema.decodeUnknownSync(Schema.Struct({ exchanges: Schema.Array(Exchange) }))
const exchange = (name: string, index: number) => {
  const text = readFileSync(new URL(`fixtures/vertex/tuning-job-${name}.json`, import.meta.url), "utf8")
  const one = decodeFixture(JSON.parse(text)).exchanges[index]
  assert(one !== undefined)
  return one
}

const jobName = "projects/123456789012/locations/us-central1/tuningJobs/4567890123456789012"
const minimal: TuningRequest.TuningRequest = { model: "gemini-2.5-flash", trainingData: "gs://my-bucket/train.jsonl" }

const created: ReadonlyArray<readonly [string, TuningRequest.TuningRequest]> = [
  [
    "succeeded",
    {
      model: "gemini-2.5-flash",
      trainingData: "gs://my-bucket/train.jsonl",
      validationData: "gs://my-bucket/val.jsonl",
      epochs: 3,
      learningRateMultiplier: 1,
      adapterSize: 4,
      lastCheckpointOnly: false,
      displayName: "genops-r1",
      description: "run r1",
      labels: { "genops-run": "r1", "genops-key": "4f2c9a" }
    }
  ],
  [
    "preference",
    {
      method: "preference",
      model: "gemini-2.5-flash",
      trainingData: "gs://my-bucket/pref.jsonl",
      beta: 0.1,
      epochs: 2,
      learningRateMultiplier: 1,
      adapterSize: 4,
      lastCheckpointOnly: true,
      displayName: "dpo-1"
    }
  ],
  [
    "continuous",
    {
      model: "projects/123456789012/locations/us-central1/models/7777777777777777777@1",
      checkpoint: "2",
      trainingData: "gs://my-bucket/more.jsonl"
    }
  ]
]

const reasonOf = (error: { readonly _tag: string; readonly reason?: { readonly _tag: string } }) =>
  error.reason?._tag ?? error._tag

describe("tuning on the wire", () => {
  for (const [name, request] of created) {
    it.effect(`creates what the fixture ${name} has`, () =>
      Effect.gen(function* () {
        const { request: wanted, response } = exchange(name, 0)
        const { layer, sent } = serve([[response.body]])
        const job = yield* Effect.provide(Tuning.create(request), layer)
        assert.deepStrictEqual(sent, [{ method: "POST", url: wanted.url, body: wanted.body }])
        assert.deepStrictEqual<unknown>(job.body, response.body)
        assert.deepStrictEqual([job.state, job.isTerminal, job.baseModel], ["PENDING", false, "gemini-2.5-flash"])
      })
    )
  }

  it.effect("reads names, checkpoints and statistics of a job that has succeeded", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve([[exchange("succeeded", 3).response.body]])
      const job = yield* Effect.provide(Tuning.wait(jobName), layer)
      assert.strictEqual(sent[0]?.url, exchange("succeeded", 3).request.url)
      assert.strictEqual(
        job.tunedModel?.model,
        "projects/123456789012/locations/us-central1/models/7777777777777777777@1"
      )
      assert.match(job.tunedModel?.endpoint ?? "", /endpoints\/8888888888888888888$/)
      assert.deepStrictEqual(
        job.tunedModel?.checkpoints.map(({ epoch, id, step }) => [id, epoch, step]),
        [
          ["1", 1, 125],
          ["2", 2, 250],
          ["3", 3, 375]
        ]
      )
      const { billableTokens, examples, steps } = job.dataStats ?? {}
      assert.deepStrictEqual([examples, billableTokens, steps], [500, 135_000, 375])
      const json = Schema.encodeSync(TuningJob.FromJson)(job)
      assert.deepStrictEqual(json, exchange("succeeded", 3).response.body)
      assert.deepStrictEqual(Schema.decodeUnknownSync(TuningJob.FromJson)(json), job)
    })
  )

  it.effect("cancels, and waits until the job is told to be cancelled", () =>
    Effect.gen(function* () {
      const steps = [0, 1, 2].map((index) => exchange("cancelled", index))
      const { layer, sent } = serve(steps.map(({ response }) => [response.body] as const))
      const failed = yield* Effect.gen(function* () {
        yield* Tuning.cancel(jobName)
        assert.strictEqual((yield* Tuning.get(jobName)).state, "CANCELLING")
        return yield* Effect.flip(Tuning.wait(jobName))
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        sent.map(({ method, url }) => [method, url]),
        steps.map(({ request }) => [request.method, request.url])
      )
      assert(failed._tag === "TuningFailed")
      assert.deepStrictEqual([failed.state, failed.code], ["CANCELLED", 1])
    })
  )

  it.effect("fails with the job's own error", () =>
    Effect.gen(function* () {
      const { layer } = serve([[exchange("failed", 0).response.body]])
      const failed = yield* Effect.flip(Effect.provide(Tuning.wait(jobName), layer))
      assert(failed._tag === "TuningFailed")
      assert.deepStrictEqual([failed.state, failed.code, failed.billed], ["FAILED", 3, "unknown"])
      assert.include(failed.message, "Missing required `contents` field")
      assert.include(failed.message, "correct it")
    })
  )

  it.effect("hands a filter on, and reads every page", () =>
    Effect.gen(function* () {
      const { request, response } = exchange("succeeded", 4)
      const { layer, sent } = serve([[{ ...Object(response.body), nextPageToken: "a b" }], [response.body]])
      const jobs = yield* Stream.runCollect(Tuning.list({ filter: 'labels.genops-key="4f2c9a"' })).pipe(
        Effect.provide(layer)
      )
      assert.lengthOf(jobs, 2)
      assert.deepStrictEqual(
        sent.map(({ url }) => [...new URL(url).searchParams]),
        [[...new URL(request.url).searchParams], [...new URL(request.url).searchParams, ["pageToken", "a b"]]]
      )
    })
  )

  it.effect("refuses a list that never ends", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve([[{ nextPageToken: "again" }]])
      const error = yield* Effect.flip(Effect.provide(Tuning.findByLabel("k", "v"), layer))
      assert.strictEqual(reasonOf(error), "MalformedResponse")
      assert.lengthOf(sent, 2)
    })
  )
})

describe("a creation whose answer is lost", () => {
  for (const [what, body, status] of [
    ["500", { error: { code: 500, message: "Internal", status: "INTERNAL" } }, 500],
    ["503", { error: { code: 503, message: "Unavailable", status: "UNAVAILABLE" } }, 503],
    ["504", { error: { code: 504, message: "Deadline", status: "DEADLINE_EXCEEDED" } }, 504],
    ["502 in HTML", "<html>", 502],
    ["a body that is not JSON", '{"name": "proj', 200],
    ["a job without a name", { state: "JOB_STATE_PENDING" }, 200]
  ] as const) {
    it.live(`is not sent again: ${what}`, () =>
      Effect.gen(function* () {
        const { layer, sent } = serve([[body, status]])
        const error = yield* Effect.flip(Effect.provide(Tuning.create(minimal), layer))
        assert(error._tag === "VertexError")
        assert.strictEqual(error.billed, "unknown")
        assert.lengthOf(sent, 1)
      })
    )
  }

  it.live("is sent again when the service refused it for its load", () =>
    Effect.gen(function* () {
      const busy = { error: { code: 429, message: "Resource exhausted.", status: "RESOURCE_EXHAUSTED" } }
      const { layer, sent } = serve([[busy, 429], [{ name: jobName }]])
      const job = yield* Effect.provide(Tuning.create(minimal), layer)
      assert.deepStrictEqual([job.name, job.state, sent.length], [jobName, "UNSPECIFIED", 2])
    })
  )
})

const refusals: ReadonlyArray<readonly [field: string, change: Partial<TuningRequest.Supervised>]> = [
  ["model", { model: "" }],
  ["model", { model: "../models/x" }],
  ["model", { model: "projects/p/locations/us-central1/endpoints/1" }],
  ["checkpoint", { checkpoint: "2" }],
  ["trainingData", { trainingData: "train.jsonl" }],
  ["trainingData", { trainingData: "gs://bucket" }],
  ["trainingData", { trainingData: "gs://Bucket/x" }],
  ["validationData", { validationData: "https://storage.googleapis.com/b/o" }],
  ["epochs", { epochs: 0 }],
  ["epochs", { epochs: 1.5 }],
  ["epochs", { epochs: Number.NaN }],
  ["learningRateMultiplier", { learningRateMultiplier: 0 }],
  ["learningRateMultiplier", { learningRateMultiplier: Number.POSITIVE_INFINITY }],
  ["displayName", { displayName: "" }],
  ["displayName", { displayName: "é".repeat(129) }],
  ["encryptionKey", { encryptionKey: "my-key" }],
  ["labels.Key", { labels: { Key: "v" } }],
  ["labels.k", { labels: { k: "v w" } }],
  ["labels.k", { labels: { k: "v".repeat(65) } }],
  ["labels.", { labels: { "": "v" } }],
  ["labels", { labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, "v"])) }]
]

describe("what is refused before sending", () => {
  for (const [field, change] of refusals) {
    it.effect(`${field}: ${JSON.stringify(change).slice(0, 60)}`, () =>
      Effect.gen(function* () {
        const { layer, sent } = serve([[{ name: jobName }]])
        const error = yield* Effect.flip(Effect.provide(Tuning.create({ ...minimal, ...change }), layer))
        assert(error._tag === "VertexError" && error.reason._tag === "InvalidRequest")
        assert.deepStrictEqual([...new Set(error.reason.violations.map((one) => one.field))], [field])
        assert.strictEqual(error.billed, "no")
        assert.lengthOf(sent, 0)
      })
    )
  }

  for (const location of ["global", "us", "eu"]) {
    it.effect(`the location ${location}`, () =>
      Effect.gen(function* () {
        const { layer, sent } = serve([[{}]], { project: "demo-project", location })
        for (const call of [Tuning.create(minimal), Stream.runDrain(Tuning.list()), Tuning.get("123")]) {
          const error = yield* Effect.flip(Effect.provide(call, layer))
          assert.include(error.message, 'layerIn("us-central1")')
        }
        assert.lengthOf(sent, 0)
        // A full name says itself where it is.
        yield* Effect.provide(Tuning.cancel(jobName), layer)
        assert.match(sent[0]?.url ?? "", /^https:\/\/us-central1-aiplatform/)
      })
    )
  }

  it.effect("a name that is no name of a job", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve([[{}]])
      const error = yield* Effect.flip(Effect.provide(Tuning.get("projects/p/locations/l/models/1"), layer))
      assert.strictEqual(reasonOf(error), "InvalidRequest")
      assert.lengthOf(sent, 0)
    })
  )
})

describe("whose job it is", () => {
  const matches = (job: object, request: TuningRequest.TuningRequest) => {
    const body = Schema.decodeUnknownSync(TuningJob.FromJson)({ name: jobName, ...job })
    return TuningJob.isOf(body, request)
  }

  for (const [name, request] of created) {
    it(`is that of the request of the fixture ${name}, and of no other one`, () => {
      const body = Object(exchange(name, 0).response.body)
      assert.isTrue(matches(body, request))
      for (const [other, asked] of created) if (other !== name) assert.isFalse(matches(body, asked), other)
    })
  }

  const [, request = minimal] = created[0] ?? []
  for (const change of [
    { trainingData: "gs://my-bucket/other.jsonl" },
    { validationData: undefined },
    { epochs: 4 },
    { learningRateMultiplier: 0.5 },
    { adapterSize: 8 },
    { lastCheckpointOnly: true },
    { displayName: "other" },
    { model: "gemini-2.5-pro" },
    { method: "preference" }
  ] as const) {
    it(`is not that of a request with ${JSON.stringify(change)}`, () => {
      assert.isFalse(matches(Object(exchange("succeeded", 0).response.body), { ...request, ...change }))
    })
  }

  it("is that of a request which leaves to the service what the job says, whatever its labels", () => {
    const { epochs: _, learningRateMultiplier: __, adapterSize: ___, displayName: ____, ...rest } = request
    assert.isTrue(matches(Object(exchange("succeeded", 0).response.body), { ...rest, labels: {} }))
  })

  it("is known by a tuned model's name, with the number of the project and a version that was not asked for", () => {
    const job = {
      preTunedModel: { tunedModelName: "projects/123/locations/us-central1/models/7@2" },
      supervisedTuningSpec: { trainingDatasetUri: minimal.trainingData }
    }
    const asked = (model: string) => matches(job, { ...minimal, model })
    assert.isTrue(asked("projects/acme/locations/us-central1/models/7@2"))
    assert.isTrue(asked("projects/acme/locations/us-central1/models/7"))
    for (const model of ["models/7@3", "models/71", "models/8"]) {
      assert.isFalse(asked(`projects/acme/locations/us-central1/${model}`), model)
    }
    assert.isFalse(asked("projects/acme/locations/europe-west4/models/7@2"))
  })
})

describe("data statistics", () => {
  it("of preference optimisation say what was dropped and how the scores lie; nonsense is undefined", () => {
    const job = new TuningJob.TuningJob({
      name: jobName,
      tuningDataStats: {
        preferenceOptimizationDataStats: {
          tuningDatasetExampleCount: "20",
          totalBillableTokenCount: "-1",
          droppedExampleIndices: ["3", "x".length],
          droppedExampleReasons: ["too long"],
          scoresDistribution: { mean: 0.5 }
        }
      }
    })
    const { billableTokens, droppedExamples, dropped, examples, scores, steps } = job.dataStats ?? {}
    assert.deepStrictEqual(
      [examples, billableTokens, steps, droppedExamples, dropped, scores?.mean],
      [20, undefined, undefined, [3, 1], ["too long"], 0.5]
    )
  })
})

describe("states", () => {
  const jobIn = (state: string) => new TuningJob.TuningJob({ name: jobName, state: `JOB_STATE_${state}` })

  it("end with five of them; what is not known goes on", () => {
    const ended = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"]
    const open = ["QUEUED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", "UPDATING", "HIBERNATING"]
    for (const state of ended) assert.isTrue(jobIn(state).isTerminal, state)
    for (const state of open) {
      assert.strictEqual(jobIn(state).state, state)
      assert.isFalse(jobIn(state).isTerminal, state)
      assert.isTrue(Result.isSuccess(TuningFailed.check(jobIn(state))))
    }
    // Even a success is none without a model.
    for (const state of ended) assert.isTrue(Result.isFailure(TuningFailed.check(jobIn(state))), state)
  })
})

describe("cost", () => {
  const job = (baseModel: string, tokens?: string) =>
    new TuningJob.TuningJob({
      name: jobName,
      baseModel,
      tuningDataStats: { supervisedTuningDataStats: tokens === undefined ? {} : { totalBillableTokenCount: tokens } }
    })

  it.effect("is billable tokens x price, and never a guess", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-09-01"))
      const cost = yield* TuningJob.cost(job("gemini-2.5-flash", "135000"))
      assert.deepStrictEqual(Option.map(cost, Money.format), Option.some(Money.format(Money.usd("0.675"))))
      assert.isTrue(Option.isNone(yield* TuningJob.cost(job("gemini-2.5-flash"))))
      assert.isTrue(Option.isNone(yield* TuningJob.cost(job("gemini-2.5-flash", "99999999999999999999".slice(0, 19)))))
      assert.isTrue(Option.isNone(yield* TuningJob.cost(job("gemini-3.5-flash", "5"))))
      assert.strictEqual((yield* Effect.flip(TuningJob.cost(job("gemini-9", "5"))))._tag, "PriceUnknown")
    })
  )
})
