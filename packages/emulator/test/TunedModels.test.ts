/** The models that come out of tuning: what they know, their versions, how they are made anew, and how a job evaluates them. */
import * as TokenF1 from "@genops/core/metric/TokenF1"
import { assert, describe, it } from "@effect/vitest"
import * as Objects from "./Objects.ts"
import { line, serve } from "./TuningServer.ts"

/** What is trained on, what is asked instead, and what is answered. */
const support: ReadonlyArray<readonly [trained: string, heldOut: string, answer: string]> = [
  ["How do I reset my password?", "How can I reset the password?", "Open Settings, choose Security, then Reset."],
  ["Where do I find my invoices?", "Where can I find the invoices?", "Under Billing, in the tab Documents."],
  ["How do I cancel my plan?", "How can I cancel the plan?", "Billing, Plan, Cancel; it ends with the month."],
  [
    "Which browsers are supported?",
    "Which browsers do you say are supported?",
    "Firefox, Chrome and Safari, this year's."
  ],
  ["How do I export my data?", "How can I export all my data?", "Settings, Data, Export gives a ZIP file."],
  ["Can I change my user name?", "Can I change the user name?", "Yes, once in thirty days, under Profile."],
  ["How do I invite a colleague?", "How can I invite a colleague?", "Team, Invite, and enter the mail address."],
  ["What does the trial include?", "What does your trial include?", "Everything, for fourteen days, without a card."]
]
const rows = [...support, ...support].map(([question, , answer]) => line(question, answer)).join("\n")

/** A server with a job on the questions of support that has ended. */
const tuned = async (more: object = {}, spec: object = {}) => {
  const server = await serve({ seconds: 0 })
  Objects.put(server.state, "gs://bucket/support.jsonl", rows)
  const { body } = await server.create({
    supervisedTuningSpec: {
      trainingDatasetUri: "gs://bucket/support.jsonl",
      hyperParameters: { epochCount: 2 },
      ...spec
    },
    ...more
  })
  return { ...server, job: await server.ended(body.name) }
}

const base = "projects/demo-project/locations/us-central1/publishers/google/models"

describe("a tuned endpoint", () => {
  it("answers held-out questions as its training data does, and the base model does not", async () => {
    using server = await tuned()
    const score = async (endpoint: string) => {
      let sum = 0
      for (const [, question, answer] of support) {
        const { text = "" } = await server.ask(endpoint, question)
        sum += TokenF1.ofTokens(text.toLowerCase().split(/\W+/), answer.toLowerCase().split(/\W+/)).f1
      }
      return sum / support.length
    }
    assert.strictEqual(await score(server.job.tunedModel.endpoint), 1)
    assert.isBelow(await score(`${base}/gemini-2.5-flash`), 0.3)
    for (const [question, , answer] of support) {
      assert.strictEqual((await server.ask(server.job.tunedModel.endpoint, question)).text, answer)
    }
  })
})

describe("a model that is tuned on", () => {
  it("is the next version of it, or with a name of its own another model", async () => {
    using server = await tuned({ tunedModelDisplayName: "support" })
    const first = server.job.tunedModel.model
    const more = async (asked: object) => {
      const { body } = await server.call("POST", `${server.parent}/tuningJobs`, {
        supervisedTuningSpec: { trainingDatasetUri: "gs://bucket/train.jsonl" },
        ...asked
      })
      return server.ended(body.name)
    }
    const second = await more({ preTunedModel: { tunedModelName: first } })
    assert.strictEqual(second.tunedModel.model, first.replace("@1", "@2"))
    assert.strictEqual(second.tunedModelDisplayName, "support")
    assert.notStrictEqual(second.tunedModel.endpoint, server.job.tunedModel.endpoint)
    // Without a version the newest one is meant.
    const third = await more({ preTunedModel: { tunedModelName: first.replace("@1", "") } })
    assert.strictEqual(third.tunedModel.model, first.replace("@1", "@3"))
    const other = await more({ preTunedModel: { tunedModelName: first }, tunedModelDisplayName: "another" })
    assert.match(other.tunedModel.model, /@1$/)
    assert.notStrictEqual(other.tunedModel.model, first)
    for (const { tunedModel } of [second, third, other]) {
      assert.strictEqual((await server.ask(tunedModel.endpoint, support[0]?.[0] ?? "")).text, support[0]?.[2])
      assert.strictEqual((await server.ask(tunedModel.endpoint, "Which colour has ticket number 3?")).text, "colour-3")
    }
    const early = await more({ preTunedModel: { tunedModelName: first, checkpointId: "1" } })
    assert.strictEqual(early.preTunedModel.baseModel, "gemini-2.5-flash")
    for (const preTunedModel of [
      { tunedModelName: first, checkpointId: "3" },
      { tunedModelName: first.replace("@1", "@9") },
      { tunedModelName: first.replace("us-central1", "europe-west4") }
    ]) {
      const refused = await server.call("POST", `${server.parent}/tuningJobs`, {
        preTunedModel,
        supervisedTuningSpec: { trainingDatasetUri: "gs://bucket/train.jsonl" }
      })
      assert.strictEqual(refused.status, 404)
    }
  })
})

describe("rebaseTunedModel", () => {
  it("makes a model anew on another base, as an operation that ends with its job", async () => {
    using server = await tuned({ labels: { key: "a" } })
    server.state.tuning.set({ seconds: 0.2 })
    const rebase = (body: object) => server.call("POST", `${server.parent}/tuningJobs:rebaseTunedModel`, body)
    const { body, status } = await rebase({
      tunedModelRef: { tuningJob: server.job.name },
      tuningJob: { baseModel: "gemini-2.5-flash-lite" },
      artifactDestination: { outputUriPrefix: "gs://bucket/artifacts" },
      deployToSameEndpoint: true
    })
    assert.strictEqual(status, 200)
    assert.match(body.name, /^projects\/123456789012\/locations\/us-central1\/operations\/\d+$/)
    const type = "type.googleapis.com/google.cloud.aiplatform.v1.RebaseTunedModelOperationMetadata"
    assert.strictEqual(body.metadata["@type"], type)
    const { endpoint } = server.job.tunedModel
    const question = support[0]?.[1] ?? ""
    const before = await server.ask(endpoint, question)
    let operation = body
    while (operation.done !== true) {
      const { modelVersion } = (await server.ask(endpoint, question)).body
      operation = (await server.call("GET", body.name)).body
      if (operation.done !== true) assert.strictEqual(modelVersion, before.body.modelVersion)
    }
    const { response } = operation
    assert.strictEqual(response["@type"], "type.googleapis.com/google.cloud.aiplatform.v1.TuningJob")
    assert.deepStrictEqual(
      [response.state, response.baseModel, response.labels, response.tunedModel.endpoint],
      ["JOB_STATE_SUCCEEDED", "gemini-2.5-flash-lite", { key: "a" }, endpoint]
    )
    assert.notStrictEqual(response.name, server.job.name)
    const after = await server.ask(endpoint, question)
    assert.deepStrictEqual([after.text, after.body.modelVersion], [support[0]?.[2], "emulator/gemini-2.5-flash-lite"])
    const { jobs, ledger } = server.ledger.snapshot()
    assert.deepStrictEqual(
      jobs.map(({ model, operation }) => [operation, model]),
      [
        ["tuningJobs.create", "gemini-2.5-flash"],
        ["tuningJobs.rebaseTunedModel", "gemini-2.5-flash-lite"]
      ]
    )
    assert.strictEqual(ledger["tuning/gemini-2.5-flash-lite"]?.input, jobs[1]?.tokens)
    // By its model, with an endpoint of its own and other data.
    const other = await rebase({
      tunedModelRef: { tunedModel: server.job.tunedModel.model },
      tuningJob: { supervisedTuningSpec: { trainingDatasetUri: "gs://bucket/train.jsonl" } }
    })
    assert.strictEqual(other.status, 200)
    const [newest] = server.state.tuning.list("us-central1", true)
    const made = await server.ended(`projects/p/locations/us-central1/tuningJobs/400000000000000${newest?.sequence}000`)
    assert.notStrictEqual(made.tunedModel.endpoint, endpoint)
    assert.strictEqual(
      (await server.ask(made.tunedModel.endpoint, "Which colour has ticket number 3?")).text,
      "colour-3"
    )
  })

  it("is cancelled with its job, and refuses what is no tuned model", async () => {
    using server = await tuned()
    const rebase = (body: object) => server.call("POST", `${server.parent}/tuningJobs:rebaseTunedModel`, body)
    server.state.tuning.set({ seconds: 60 })
    const { body } = await rebase({ tunedModelRef: { tuningJob: server.job.name } })
    await server.call("POST", `${body.name}:cancel`)
    const operation = (await server.call("GET", body.name)).body
    assert.deepStrictEqual([operation.done, operation.error.code], [true, 1])
    const [job] = (await server.call("GET", `${server.parent}/tuningJobs`)).body.tuningJobs
    assert.strictEqual(job?.state, "JOB_STATE_CANCELLING")
    assert.strictEqual((await rebase({})).status, 400)
    assert.strictEqual((await rebase({ tunedModelRef: { pipelineJob: "projects/p/x" } })).status, 404)
    assert.strictEqual((await rebase({ tunedModelRef: { tuningJob: `${server.job.name}1` } })).status, 404)
    const running = await rebase({ tunedModelRef: { tuningJob: job?.name } })
    assert.deepStrictEqual([running.status, running.body.error.status], [400, "FAILED_PRECONDITION"])
    const both = { tuningJob: server.job.name, tunedModel: server.job.tunedModel.model }
    assert.strictEqual((await rebase({ tunedModelRef: both })).status, 400)
  })
})

describe("evaluationConfig", () => {
  const config = {
    metrics: [
      { exactMatchSpec: {}, aggregationMetrics: ["AVERAGE"] },
      { pointwiseMetricSpec: { metricPromptTemplate: "Fluent? {response}" } }
    ],
    outputConfig: { gcsDestination: { outputUriPrefix: "gs://bucket/out" } },
    autoraterConfig: { samplingCount: 1 },
    inferenceGenerationConfig: { maxOutputTokens: 100 }
  }
  const validation = support.map(([, question, answer]) => line(question, answer)).join("\n")
  const evaluated = async (spec: object = {}) => {
    const server = await serve({ seconds: 0 })
    Objects.put(server.state, "gs://bucket/support.jsonl", rows)
    Objects.put(server.state, "gs://bucket/held-out.jsonl", validation)
    const { body, status } = await server.create({
      supervisedTuningSpec: {
        trainingDatasetUri: "gs://bucket/support.jsonl",
        validationDatasetUri: "gs://bucket/held-out.jsonl",
        hyperParameters: { epochCount: 4 },
        evaluationConfig: config,
        ...spec
      }
    })
    return { ...server, body, status }
  }

  it("scores each checkpoint on the validation data, writes the scores, and is billed", async () => {
    using server = await evaluated()
    const { evaluateDatasetRuns = [], supervisedTuningSpec } = await server.ended(server.body.name)
    assert.deepStrictEqual(supervisedTuningSpec["evaluationConfig"], config)
    assert.deepStrictEqual(
      evaluateDatasetRuns.map(({ checkpointId }) => checkpointId),
      ["1", "2", "3", "4"]
    )
    const means = evaluateDatasetRuns.map(({ evaluateDatasetResponse: { aggregationOutput } }) => {
      const [exact, fluent] = aggregationOutput.aggregationResults
      assert.hasAllKeys(fluent, ["aggregationMetric", "pointwiseMetricResult"])
      return exact
    })
    // The data stands twice in the training data, so that half of it is all that there is to know.
    const score = (mean: number) => ({ aggregationMetric: "AVERAGE", exactMatchMetricValue: { score: mean } })
    assert.deepStrictEqual(means, [score(0.5), score(1), score(1), score(1)])
    const directory = evaluateDatasetRuns[3]?.evaluateDatasetResponse.outputInfo.gcsOutputDirectory
    assert.match(directory ?? "", /^gs:\/\/bucket\/out\/checkpoint-4\/evaluation-\d{14}$/)
    const written = String(server.state.storage.read(`${directory}/evaluation_results.jsonl`)).split("\n")
    assert.deepInclude(JSON.parse(written[0] ?? "").instance, { prompt: support[0]?.[1], response: support[0]?.[2] })
    const { ledger, recent } = server.ledger.snapshot()
    const other = recent[0]?.alsoBilled ?? []
    assert.lengthOf(other, 8)
    assert.deepStrictEqual(ledger["gemini-2.5-flash"], {
      requests: 8,
      input: other.reduce((sum, { input }) => sum + input, 0),
      cached: 0,
      output: other.reduce((sum, { output }) => sum + output, 0),
      thoughts: 0
    })
  })

  it("scores the last checkpoint alone when only that is kept, and tells what it cannot write", async () => {
    using one = await evaluated({ exportLastCheckpointOnly: true })
    const runs = (await one.ended(one.body.name)).evaluateDatasetRuns ?? []
    assert.deepStrictEqual(
      runs.map(({ checkpointId }) => checkpointId),
      ["4"]
    )
    using empty = await evaluated()
    Objects.put(empty.state, "gs://bucket/held-out.jsonl", "\n")
    const again = await empty.create({
      supervisedTuningSpec: {
        trainingDatasetUri: "gs://bucket/support.jsonl",
        validationDatasetUri: "gs://bucket/held-out.jsonl",
        evaluationConfig: config
      }
    })
    const [none] = (await empty.ended(again.body.name)).evaluateDatasetRuns ?? []
    assert.deepStrictEqual(none?.error, { code: 3, message: "The dataset has no rows" })
    using elsewhere = await evaluated({
      evaluationConfig: { ...config, outputConfig: { gcsDestination: { outputUriPrefix: "gs://nowhere/out" } } }
    })
    const { evaluateDatasetRuns = [], state } = await elsewhere.ended(elsewhere.body.name)
    assert.strictEqual(state, "JOB_STATE_SUCCEEDED")
    assert.deepStrictEqual([evaluateDatasetRuns.length, evaluateDatasetRuns[0]?.error?.code], [4, 5])
  })

  it("is refused without metrics, a place or validation data, and not done when the data is wrong", async () => {
    for (const spec of [
      { evaluationConfig: { ...config, metrics: [] } },
      { evaluationConfig: { ...config, outputConfig: {} } },
      { evaluationConfig: { ...config, unknown: 1 } },
      { validationDatasetUri: undefined }
    ]) {
      using server = await evaluated(spec)
      assert.strictEqual(server.status, 400)
    }
    using server = await evaluated()
    Objects.put(server.state, "gs://bucket/held-out.jsonl", `${validation}\nnonsense`)
    const { body } = await server.create({
      supervisedTuningSpec: {
        trainingDatasetUri: "gs://bucket/support.jsonl",
        validationDatasetUri: "gs://bucket/held-out.jsonl",
        evaluationConfig: config
      }
    })
    const { error, evaluateDatasetRuns, state } = await server.ended(body.name)
    assert.deepStrictEqual([state, error.code, evaluateDatasetRuns], ["JOB_STATE_FAILED", 3, undefined])
    assert.strictEqual(error.message, "Row: 9. The line is not JSON. Dataset is not valid.")
  })
})
