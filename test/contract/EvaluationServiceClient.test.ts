/** Google's own clients of the evaluation service, v1 and v1beta1, unchanged, over REST: they work against the emulator. */
import { Emulator } from "@genops/emulator"
import { EvaluationServiceClient, protos, v1beta1 } from "@google-cloud/aiplatform"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { OAuth2Client } from "google-auth-library"

const { AVERAGE } = protos.google.cloud.aiplatform.v1beta1.Metric.AggregationMetric
const location = "projects/acme/locations/us-central1"

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

const withClient = <A>(use: (client: EvaluationServiceClient) => Promise<A>) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) => Effect.promise(() => use(new EvaluationServiceClient(settings(url)))))

const withBeta = <A>(use: (client: v1beta1.EvaluationServiceClient) => Promise<A>) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) =>
    Effect.promise(() => use(new v1beta1.EvaluationServiceClient(settings(url))))
  )

/** The code with which a call fails. */
const code = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "it succeeded",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error)
  )

const texts = [
  { prediction: "a b c", reference: "a b c" },
  { prediction: "a b c", reference: "a b c d e f" }
]

layer(Emulator.layer({ anonymous: false }), { excludeTestServices: true, timeout: "60 seconds" })(
  "@google-cloud/aiplatform 7.4.0, EvaluationServiceClient",
  (it) => {
    it.effect("computes", () =>
      withClient(async (client) => {
        const [exact] = await client.evaluateInstances({
          location,
          exactMatchInput: { metricSpec: {}, instances: texts }
        })
        assert.deepStrictEqual(
          exact.exactMatchResults?.exactMatchMetricValues?.map(({ score }) => score),
          [1, 0]
        )
        const [rouge] = await client.evaluateInstances({
          location,
          rougeInput: { metricSpec: { rougeType: "rouge1", useStemmer: true }, instances: texts }
        })
        const [, second] = rouge.rougeResults?.rougeMetricValues ?? []
        assert.approximately(second?.score ?? 0, 2 / 3, 1e-6)
        const tool = JSON.stringify({ content: "", tool_calls: [{ name: "book", arguments: { to: "Paris" } }] })
        const [kv] = await client.evaluateInstances({
          location,
          toolParameterKvMatchInput: {
            metricSpec: { useStrictStringMatch: true },
            instances: [{ prediction: tool, reference: tool }]
          }
        })
        assert.strictEqual(kv.toolParameterKvMatchResults?.toolParameterKvMatchMetricValues?.[0]?.score, 1)
      })
    )

    it.effect("rates and compares, with enums as numbers on the wire", () =>
      withClient(async (client) => {
        const jsonInstance = JSON.stringify({
          prompt: "Name a prime.",
          response: "Seven is a prime.",
          baseline_model_response: ""
        })
        const [rated] = await client.evaluateInstances({
          location,
          pointwiseMetricInput: {
            metricSpec: { metricPromptTemplate: "Rate fluency from 1 to 5.\n{response}" },
            instance: { jsonInstance }
          }
        })
        assert.strictEqual(rated.pointwiseMetricResult?.score, 5)
        assert.match(rated.pointwiseMetricResult?.explanation ?? "", /Emulator's heuristic/)
        const [compared] = await client.evaluateInstances({
          location,
          pairwiseMetricInput: {
            metricSpec: {
              metricPromptTemplate: "{prompt} {baseline_model_response} {response}",
              candidateResponseFieldName: "response",
              baselineResponseFieldName: "baseline_model_response"
            },
            instance: { jsonInstance }
          }
        })
        assert.strictEqual(compared.pairwiseMetricResult?.pairwiseChoice, "CANDIDATE")
        const [comet] = await client.evaluateInstances({
          location,
          cometInput: {
            metricSpec: { version: "COMET_22_SRC_REF", sourceLanguage: "de", targetLanguage: "en" },
            instance: { prediction: "The cat sleeps.", reference: "The cat sleeps.", source: "Die Katze schläft." }
          }
        })
        assert.approximately(comet.cometResult?.score ?? 0, 1, 1e-6)
      })
    )

    it.effect("fails with the service's codes", () =>
      withClient(async (client) => {
        const missing = { metricSpec: {}, instances: [{ prediction: "a" }] }
        assert.strictEqual(await code(client.evaluateInstances({ location, exactMatchInput: missing })), 3)
        const exactMatchInput = { metricSpec: {}, instances: texts }
        const global = "projects/acme/locations/global"
        assert.strictEqual(await code(client.evaluateInstances({ location: global, exactMatchInput })), 3)
      })
    )

    it.effect("meets faults", () =>
      Effect.gen(function* () {
        const { setFaults } = yield* Emulator.Emulator
        const effect = { type: "status", status: 429 } as const
        yield* setFaults([{ operation: "evaluateInstances", times: 1, effect }])
        yield* withClient(async (client) => {
          const request = { location, exactMatchInput: { metricSpec: {}, instances: texts } }
          assert.strictEqual(await code(client.evaluateInstances(request)), 8)
          assert.strictEqual(await code(client.evaluateInstances(request)), "it succeeded")
        })
      })
    )

    it.effect("v1beta1: follows trajectories, lists of metrics and judges", () =>
      Effect.gen(function* () {
        const { requests } = yield* Emulator.Emulator
        yield* withBeta(async (client) => {
          const toolCalls = [{ toolName: "book", toolInput: '{"to":"Paris"}' }]
          const [single] = await client.evaluateInstances({
            location,
            trajectorySingleToolUseInput: {
              metricSpec: { toolName: "book" },
              instances: [{ predictedTrajectory: { toolCalls } }]
            }
          })
          const values = single.trajectorySingleToolUseResults?.trajectorySingleToolUseMetricValues
          assert.strictEqual(values?.[0]?.score, 1)
          const [many] = await client.evaluateInstances({
            location,
            instance: { prompt: { text: "Name a prime." }, response: { text: "Seven is a prime." } },
            metrics: [
              { predefinedMetricSpec: { metricSpecName: "general_quality_v1" } },
              { computationBasedMetricSpec: { type: "BLEU" } }
            ],
            autoraterConfig: { autoraterModel: `${location}/publishers/google/models/gemini-3.6-flash` }
          })
          const [quality, bleu] = many.metricResults ?? []
          assert.strictEqual(quality?.score, 1)
          assert.strictEqual(quality?.rubricVerdicts?.[0]?.evaluatedRubric?.importance, "HIGH")
          assert.strictEqual(bleu?.error?.code, 3)
        })
        assert.isAbove((yield* requests).ledger["gemini-3.6-flash"]?.input ?? 0, 0)
      })
    )

    it.effect("v1beta1: writes rubrics, and waits for a dataset that is not there", () =>
      withBeta(async (client) => {
        const [{ generatedRubrics }] = await client.generateInstanceRubrics({
          location,
          contents: [{ role: "user", parts: [{ text: "Write a haiku about rain." }] }],
          predefinedRubricGenerationSpec: { metricSpecName: "general_quality_v1" }
        })
        assert.isAbove(generatedRubrics?.length ?? 0, 0)
        const [operation] = await client.evaluateDataset({
          location,
          dataset: { gcsSource: { uris: ["gs://bucket/rows.jsonl"] } },
          metrics: [{ exactMatchSpec: {}, aggregationMetrics: [AVERAGE] }],
          outputConfig: { gcsDestination: { outputUriPrefix: "gs://bucket/out/" } }
        })
        assert.isFalse(operation.done)
        assert.strictEqual(await code(operation.promise()), 5)
      })
    )
  }
)
