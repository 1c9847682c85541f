/** The durable tuning step over the live client and the emulator: whatever happens to a creation on the wire, its ledger has one job. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import { Emulator } from "@genops/emulator"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as Tune from "@genops/pipelines/Tune"
import * as TunedModel from "@genops/pipelines/TunedModel"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Tuning from "@genops/vertex/Tuning"
import * as Vertex from "@genops/vertex/Vertex"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"

const model = "gemini-3.5-flash"
const trainingData = "gs://acme-tuning/train.jsonl"
const lines = Array.from({ length: 20 }, (_, index) => {
  const part = (text: string) => [{ text }]
  return JSON.stringify({
    contents: [
      { role: "user", parts: part(`Which colour has ticket number ${index}?`) },
      { role: "model", parts: part(`colour-${index}`) }
    ]
  })
}).join("\n")

/** Puts the training data where the emulator finds it. */
const upload = (url: string) =>
  Effect.promise(async () => {
    const json = { "content-type": "application/json" }
    const bucket = JSON.stringify({ name: "acme-tuning" })
    const made = await fetch(`${url}/storage/v1/b?project=acme`, { method: "POST", headers: json, body: bucket })
    const object = "upload/storage/v1/b/acme-tuning/o?uploadType=media&name=train.jsonl"
    const put = await fetch(`${url}/${object}`, { method: "POST", body: lines })
    assert.deepStrictEqual([made.status, put.status], [200, 200])
  })

const failures = Schema.Union([Tune.TuneError, Schema.Defect()])
const Program = Workflow.make("TuneAndAsk", {
  payload: { id: Schema.String },
  idempotencyKey: ({ id }) => id,
  success: Schema.Struct({ tuned: TunedModel.TunedModel, answer: Schema.String, spent: Money.Money }),
  error: failures
})

/** Tunes, and asks the tuned model, in one budget of money. */
const body = Effect.gen(function* () {
  const tuned = yield* Tune.supervised({
    request: { model, trainingData, epochs: 2, lastCheckpointOnly: true },
    trainingTokens: 1_000,
    grace: "3 seconds",
    interval: "200 millis",
    timeout: "1 minute"
  })
  const asked = ModelConfiguration.make(tuned.endpoint, { generationConfig: { maxOutputTokens: 50 } })
  const { text } = yield* GenerativeModel.generate(asked, "Which colour has ticket number 7?").pipe(
    TunedModel.withPrice(tuned)
  )
  const spent = (yield* BudgetGuard.spent).pipe((books) => (books._tag === "Some" ? books.value.spent.usd : Money.zero))
  return { tuned, answer: text, spent }
}).pipe(
  BudgetGuard.within({ name: "tune and ask", usd: "0.05" }),
  Effect.provideService(PriceTable.Prices, PriceTable.withTraining(PriceTable.builtIn, model, Money.perMillion("10")))
)

const live = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) => {
    const vertex = Vertex.layer({ project: "acme", location: "global", baseUrl: url }, Credentials.layerAnonymous)
    return Program.toLayer(() => body).pipe(
      Layer.provideMerge(WorkflowEngine.layerMemory),
      Layer.provide(Tuning.layerIn("us-central1")),
      Layer.provide(vertex)
    )
  })
)

describe("a tuning step on the wire", () => {
  for (const [what, rules] of [
    ["nothing goes wrong", []],
    ["its answer is lost", [{ operation: "tuningJobs.create", effect: { type: "lose-answer" }, times: 1 }]],
    [
      "its answer is lost, and 429 is said instead",
      [{ operation: "tuningJobs.create", effect: { type: "lose-answer", instead: 429 }, times: 1 }]
    ],
    [
      "its answer is lost, and 503 is said instead",
      [{ operation: "tuningJobs.create", effect: { type: "lose-answer", instead: 503 }, times: 1 }]
    ],
    ["its answer is no JSON", [{ operation: "tuningJobs.create", effect: { type: "malformed" }, times: 1 }]]
  ] as const) {
    it.live(`orders one job that answers under the budget, when ${what}`, () =>
      Effect.gen(function* () {
        const { requests, setFaults, url } = yield* Emulator.Emulator
        yield* upload(url)
        yield* setFaults(rules)
        const { answer, spent, tuned } = yield* Program.execute({ id: what })
        assert.strictEqual(answer, "colour-7")
        assert.strictEqual(tuned.baseModel, model)
        const tokens = tuned.data?.billableTokens ?? 0
        assert.strictEqual(tuned.cost, Money.times(Money.perMillion("10"), tokens))
        assert.isTrue(tokens > 0 && spent > (tuned.cost ?? 0n), "the answer is booked beside the training")
        const { counts, ledger } = yield* requests
        assert.deepStrictEqual([counts["tuningJobs.create"], ledger[`tuning/${model}`]?.requests], [1, 1])
      }).pipe(
        Effect.provide(Layer.provideMerge(live, Emulator.layer({ tuning: { seconds: 0.5, listLagSeconds: 0.5 } })))
      )
    )
  }
})
