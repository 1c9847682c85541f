/** Google's own clients of tuning, v1 and v1beta1, unchanged, over REST: they work against the emulator. */
import { Emulator } from "@genops/emulator"
import { GenAiTuningServiceClient, protos, v1beta1 } from "@google-cloud/aiplatform"
import { Storage } from "@google-cloud/storage"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { OAuth2Client } from "google-auth-library"

const { Metric, SupervisedHyperParameters } = protos.google.cloud.aiplatform.v1
const parent = "projects/acme/locations/us-central1"

const settings = (url: string) => {
  const { hostname, port, protocol } = new URL(url)
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: "a-token", expiry_date: Date.now() + 3_600_000 })
  return {
    fallback: true,
    apiEndpoint: hostname,
    port: Number(port),
    protocol: protocol.slice(0, -1),
    projectId: "acme",
    authClient
  }
}

const rows = Array.from({ length: 16 }, (_, index) =>
  JSON.stringify({
    contents: [
      { role: "user", parts: [{ text: `Which colour has ticket number ${index}?` }] },
      { role: "model", parts: [{ text: `colour-${index}` }] }
    ]
  })
).join("\n")

const trainingDatasetUri = "gs://tuning/train.jsonl"

/** Uploads the training data with Google's own client of Cloud Storage, and lends those of tuning. */
const withClients = (
  use: (client: GenAiTuningServiceClient, beta: v1beta1.GenAiTuningServiceClient) => Promise<void>
) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) =>
    Effect.promise(async () => {
      const bucket = new Storage({ apiEndpoint: url, projectId: "acme" }).bucket("tuning")
      if (!(await bucket.exists())[0]) await bucket.create()
      await bucket.file("train.jsonl").save(rows)
      await use(new GenAiTuningServiceClient(settings(url)), new v1beta1.GenAiTuningServiceClient(settings(url)))
    })
  )

/** The code with which a call fails. */
const code = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error)
  )

layer(Emulator.layer({ tuning: { seconds: 0 } }), { excludeTestServices: true, timeout: "60 seconds" })(
  "@google-cloud/aiplatform 7.4.0, GenAiTuningServiceClient",
  (it) => {
    it.effect("creates, reads and lists jobs, with enums as numbers on the wire", () =>
      withClients(async (client, beta) => {
        const [job] = await client.createTuningJob({
          parent,
          tuningJob: {
            baseModel: "gemini-2.5-flash",
            supervisedTuningSpec: {
              trainingDatasetUri,
              validationDatasetUri: trainingDatasetUri,
              hyperParameters: {
                epochCount: 2,
                learningRateMultiplier: 1,
                adapterSize: SupervisedHyperParameters.AdapterSize.ADAPTER_SIZE_TWO
              },
              evaluationConfig: {
                metrics: [{ exactMatchSpec: {}, aggregationMetrics: [Metric.AggregationMetric.AVERAGE] }],
                outputConfig: { gcsDestination: { outputUriPrefix: "gs://tuning/out" } }
              }
            },
            tunedModelDisplayName: "tickets",
            labels: { key: "a" }
          }
        })
        const name = job.name ?? ""
        for (const one of [client, beta]) {
          const [read] = await one.getTuningJob({ name })
          assert.strictEqual(read.state, "JOB_STATE_SUCCEEDED")
          assert.strictEqual(read.supervisedTuningSpec?.hyperParameters?.adapterSize, "ADAPTER_SIZE_TWO")
          assert.strictEqual(Number(read.supervisedTuningSpec?.hyperParameters?.epochCount), 2)
          assert.strictEqual(Number(read.tuningDataStats?.supervisedTuningDataStats?.tuningDatasetExampleCount), 16)
          assert.lengthOf(read.tunedModel?.checkpoints ?? [], 2)
          const [first, last] = read.evaluateDatasetRuns ?? []
          const mean = (run: typeof first) =>
            run?.evaluateDatasetResponse?.aggregationOutput?.aggregationResults?.[0]?.exactMatchMetricValue?.score
          assert.deepStrictEqual([mean(first), mean(last)], [0.5, 1])
        }
        const [listed] = await client.listTuningJobs({ parent, filter: 'labels.key="a"' })
        assert.deepStrictEqual(
          listed.map((one) => one.name),
          [name]
        )
        assert.strictEqual(await code(client.getTuningJob({ name: `${parent}/tuningJobs/1` })), 5)
        assert.strictEqual(await code(client.createTuningJob({ parent, tuningJob: {} })), 3)
      })
    )

    it.effect("rebases a tuned model as a long-running operation, and cancels", () =>
      withClients(async (client) => {
        const tuningJob = { baseModel: "gemini-2.5-flash", supervisedTuningSpec: { trainingDatasetUri } }
        const [job] = await client.createTuningJob({ parent, tuningJob })
        const [operation] = await client.rebaseTunedModel({
          parent,
          tunedModelRef: { tuningJob: job.name ?? null },
          tuningJob: { baseModel: "gemini-2.5-flash-lite" }
        })
        const [rebased] = await operation.promise()
        assert.strictEqual(rebased.baseModel, "gemini-2.5-flash-lite")
        assert.notStrictEqual(rebased.name, job.name)
        const [long] = await client.createTuningJob({
          parent,
          tuningJob: { ...tuningJob, labels: { "emulator-seconds": "60", "emulator-states": "queued-running-paused" } }
        })
        assert.strictEqual(long.state, "JOB_STATE_QUEUED")
        const name = long.name ?? ""
        await client.cancelTuningJob({ name })
        assert.strictEqual((await client.getTuningJob({ name }))[0].state, "JOB_STATE_CANCELLING")
      })
    )
  }
)
