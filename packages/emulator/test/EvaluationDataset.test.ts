/** The evaluation of datasets: the life of an operation, aggregates, and what makes one fail. */
import { assert, describe, it } from "@effect/vitest"
import * as Operations from "../src/store/Operations.ts"
import * as Route from "../src/http/Route.ts"
import * as Routes from "../src/Routes.ts"
import * as State from "../src/State.ts"
import * as Objects from "./Objects.ts"

const region = "/v1beta1/projects/demo-project/locations/us-central1"

/** The routes over a state that the test holds, without a socket. */
const server = () => {
  const state = State.make({ endpoints: {}, enforceRegions: false, refusesNewerFields: false })
  const routes = Routes.make(state)
  const call = (method: string, target: string, body?: unknown) => {
    const [path = "", query = ""] = target.split("?")
    const match = Route.find(routes, method, path)
    if (match === undefined) throw new Error(`no route for ${method} ${path}`)
    const answer = match.route.handle({
      method,
      path,
      query: new URLSearchParams(query),
      parameters: match.parameters,
      headers: {},
      body: Buffer.from(body === undefined ? "" : JSON.stringify(body))
    })
    if (answer instanceof Promise || answer._tag !== "Unary") throw new Error("no single body")
    return { status: answer.status, body: JSON.parse(answer.body.toString()), bill: answer.bill }
  }
  const rows = (...rows: ReadonlyArray<object>) =>
    Objects.put(state, "gs://bucket/rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"))
  const evaluate = (metrics: ReadonlyArray<object>, more: object = {}) =>
    call("POST", `${region}:evaluateDataset`, {
      dataset: { gcsSource: { uris: ["gs://bucket/rows.jsonl"] } },
      metrics,
      outputConfig: { gcsDestination: { outputUriPrefix: "gs://bucket/out" } },
      ...more
    })
  /** Starts an evaluation and waits for its end. */
  const ended = (metrics: ReadonlyArray<object>, more: object = {}) =>
    call("POST", `/v1beta1/${evaluate(metrics, more).body.name}:wait`).body
  return { state, call, rows, evaluate, ended }
}

const exactMatch = (...aggregationMetrics: ReadonlyArray<string>) => ({ exactMatchSpec: {}, aggregationMetrics })

describe("evaluateDataset", () => {
  it("runs for one look and is done at the next", () => {
    const { call, evaluate, rows, state } = server()
    rows({ response: "a", reference: "a" }, { response: "b", reference: "a" })
    const { bill, body, status } = evaluate([exactMatch("AVERAGE", "STANDARD_DEVIATION", "MODE")])
    assert.strictEqual(status, 200)
    assert.isUndefined(bill)
    assert.match(body.name, /^projects\/123456789012\/locations\/us-central1\/operations\/\d+$/)
    const type = "type.googleapis.com/google.cloud.aiplatform.v1beta1.EvaluateDatasetOperationMetadata"
    assert.strictEqual(body.metadata["@type"], type)
    const look = () => call("GET", `/v1beta1/${body.name}`).body
    assert.isUndefined(look().done)
    const { done, response } = look()
    assert.strictEqual(done, true)
    assert.strictEqual(response["@type"], "type.googleapis.com/google.cloud.aiplatform.v1beta1.EvaluateDatasetResponse")
    assert.deepStrictEqual(response.aggregationOutput, {
      dataset: { gcsSource: { uris: ["gs://bucket/rows.jsonl"] } },
      aggregationResults: [
        { aggregationMetric: "AVERAGE", exactMatchMetricValue: { score: 0.5 } },
        { aggregationMetric: "STANDARD_DEVIATION", exactMatchMetricValue: { score: 0.70710677 } },
        { aggregationMetric: "MODE", exactMatchMetricValue: { score: 0 } }
      ]
    })
    assert.match(response.outputInfo.gcsOutputDirectory, /^gs:\/\/bucket\/out\/evaluation-\d{14}$/)
    const written = String(state.storage.read(`${response.outputInfo.gcsOutputDirectory}/evaluation_results.jsonl`))
    assert.deepStrictEqual(JSON.parse(written.split("\n")[1] ?? ""), {
      instance: { response: "b", reference: "a" },
      metricResults: [{ score: 0 }]
    })
    const inNumbers = call("GET", `/v1beta1/${body.name}?$alt=json%3Benum-encoding=int`).body
    assert.strictEqual(inNumbers.response.aggregationOutput.aggregationResults[1].aggregationMetric, 3)
  })

  it("sums up every way", () => {
    const { ended, rows } = server()
    rows(...["a", "a b", "a b c", "a b c d"].map((response) => ({ response, reference: "a b c d" })))
    const wanted = ["MINIMUM", "MAXIMUM", "MEDIAN", "VARIANCE", "PERCENTILE_P90", "PERCENTILE_P95", "PERCENTILE_P99"]
    const { response } = ended([{ rougeSpec: { rougeType: "rouge1" }, aggregationMetrics: wanted }])
    const scores = [0.4, 2 / 3, 6 / 7, 1]
    const mean = scores.reduce((sum, score) => sum + score) / 4
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / 3
    const between = (share: number) => 6 / 7 + (1 - 6 / 7) * (share * 3 - 2)
    const expected = [0.4, 1, (2 / 3 + 6 / 7) / 2, variance, between(0.9), between(0.95), between(0.99)]
    response.aggregationOutput.aggregationResults.forEach(
      (result: { rougeMetricValue: { score: number } }, index: number) =>
        assert.closeTo(result.rougeMetricValue.score, expected[index] ?? NaN, 1e-6)
    )
  })

  it("leaves rows without a score out, and has no deviation of one", () => {
    const { ended, rows } = server()
    rows({ response: "a", reference: "a" }, { response: "b" })
    const { response } = ended([exactMatch("AVERAGE", "STANDARD_DEVIATION")])
    assert.deepStrictEqual(
      response.aggregationOutput.aggregationResults.map(
        (result: { exactMatchMetricValue: object }) => result.exactMatchMetricValue
      ),
      [{ score: 1 }, { score: "NaN" }]
    )
  })

  it("bills the judges of judged metrics", () => {
    const { evaluate, rows } = server()
    rows(
      { response: "Seven is a prime.", baseline_model_response: "" },
      { response: "7", baseline_model_response: "7" }
    )
    const pairwiseMetricSpec = {
      metricPromptTemplate: "{response}{baseline_model_response}",
      candidateResponseFieldName: "response",
      baselineResponseFieldName: "baseline_model_response"
    }
    const { bill } = evaluate([{ pairwiseMetricSpec }], { autoraterConfig: { samplingCount: 1 } })
    assert.strictEqual(bill?.model, "gemini-2.5-flash")
    assert.strictEqual(bill?.input, 5 + 1)
    assert.isAbove(bill?.output ?? 0, 0)
  })

  it("chooses what most rows choose", () => {
    const { ended, rows } = server()
    const good = "Seven is a prime."
    rows(
      { response: good, baseline_model_response: "" },
      { response: good, baseline_model_response: "" },
      { response: "", baseline_model_response: good }
    )
    const pairwiseMetricSpec = { metricPromptTemplate: "{response}{baseline_model_response}" }
    const { response } = ended([{ pairwiseMetricSpec }])
    assert.deepStrictEqual(response.aggregationOutput.aggregationResults, [
      { aggregationMetric: "MODE", pairwiseMetricResult: { pairwiseChoice: "CANDIDATE" } }
    ])
  })

  it("fails, with HTTP 200, without the object, with a bad line, and when no row has a score", () => {
    const { ended, rows, state } = server()
    const { done, error } = ended([exactMatch()])
    assert.deepStrictEqual([done, error], [true, { code: 5, message: "No such object: bucket/rows.jsonl" }])
    Objects.put(state, "gs://bucket/rows.jsonl", '{"response": "a"}\nnot JSON')
    assert.deepStrictEqual(ended([exactMatch()]).error, {
      code: 3,
      message: "gs://bucket/rows.jsonl line 2 is not a JSON object"
    })
    rows({ response: "a" })
    assert.deepStrictEqual(ended([exactMatch()]).error, { code: 3, message: "reference is required" })
    const table = { dataset: { bigquerySource: { inputUri: "bq://p.d.t" } } }
    assert.deepStrictEqual(ended([exactMatch()], table).error, { code: 5, message: "Not found: Table bq://p.d.t" })
  })

  it("refuses at once what cannot be evaluated", () => {
    const { evaluate } = server()
    const refused = (metrics: ReadonlyArray<object>, more: object = {}) => evaluate(metrics, more).status
    assert.strictEqual(refused([]), 400)
    assert.strictEqual(refused([exactMatch()], { dataset: {} }), 400)
    assert.strictEqual(refused([exactMatch()], { dataset: { gcsSource: { uris: ["rows.jsonl"] } } }), 400)
    assert.strictEqual(refused([exactMatch()], { outputConfig: {} }), 400)
    assert.strictEqual(refused([{ pairwiseMetricSpec: {}, aggregationMetrics: ["AVERAGE"] }]), 400)
    assert.strictEqual(refused([exactMatch("AVERAGES")]), 400)
  })

  it("is listed, cancelled, deleted and forgotten", () => {
    const { call, evaluate, rows, state } = server()
    rows({ response: "a", reference: "a" })
    const names = [evaluate([exactMatch()]).body.name, evaluate([exactMatch()]).body.name]
    const listed = () => call("GET", `${region}/operations`).body.operations?.map(({ name }: { name: string }) => name)
    assert.deepStrictEqual(listed(), names)
    const path = `/v1beta1/${names[0]}`
    assert.deepStrictEqual(call("POST", `${path}:cancel`).body, {})
    assert.strictEqual(call("GET", path).body.error.code, 1)
    assert.deepStrictEqual(call("DELETE", path).body, {})
    assert.strictEqual(call("GET", path).status, 404)
    assert.strictEqual(call("POST", `${path}:cancel`).status, 404)
    state.reset()
    assert.isUndefined(listed())
    assert.isUndefined(state.storage.read("gs://bucket/rows.jsonl"))
  })
})

describe("operations", () => {
  it("are remembered up to a number", () => {
    const operations = Operations.make()
    const start = () => operations.start("p", { metadata: {}, end: { response: {} }, looks: 0 })
    const first = start()
    for (let index = 0; index < 10_000; index++) start()
    assert.isUndefined(operations.look(first.name))
    assert.lengthOf(operations.list("p"), 10_000)
  })
})
