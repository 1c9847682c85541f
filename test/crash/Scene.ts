/** What the proofs of the GenOps pipeline share: small support data, what a run is asked for, and the services on an emulator. */
import * as Cost from "@genops/core/Cost"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as PriceTable from "@genops/core/PriceTable"
import * as Usage from "@genops/core/Usage"
import * as CloudStorage from "@genops/pipelines/CloudStorage"
import * as CloudStorageClient from "@genops/pipelines/CloudStorageClient"
import type * as Ledger from "@genops/emulator/control/Ledger"
import type * as GenOps from "@genops/pipelines/GenOps"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Credentials from "@genops/vertex/Credentials"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Tuning from "@genops/vertex/Tuning"
import * as Vertex from "@genops/vertex/Vertex"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const linesOf = (name: string, count: number) =>
  readFileSync(join(import.meta.dirname, "../../examples/data", name), "utf8")
    .split("\n")
    .slice(0, count)
    .join("\n")

/** As few as a comparison with the baseline takes. */
export const rows = 6
export const model = "gemini-3.5-flash"
const project = "acme"
const bucket = "acme-support"
const trainingData = `gs://${bucket}/train.jsonl`
const testData = `gs://${bucket}/test.jsonl`

/** What is asked for, unless a test says otherwise. */
export const payload: GenOps.Payload = {
  runId: "support",
  candidate: ModelConfiguration.make(model, {
    name: "support",
    systemInstruction: "You are the support desk of Halden home batteries. Answer in two sentences at most.",
    generationConfig: { maxOutputTokens: 256, temperature: 0 }
  }),
  tuning: { trainingData, epochs: 2, displayName: "support" },
  testData,
  idColumn: "id",
  template: "{question}\n\nManual: {context}\n\nAnswer:",
  metrics: ["exact_match", "rouge_1"],
  gate: { rouge_1: { atLeast: 0.3, notWorseThanBaseline: {} } },
  approval: false,
  prompts: ["My Halden battery shows E34. What should I do?"],
  budgetUsd: Money.usd("3")
}

/** Short times: the emulator's jobs last less than a second. */
export const options: GenOps.Options = {
  dataWithin: "2 minutes",
  every: "200 millis",
  concurrency: 2,
  tune: { grace: "2 seconds", interval: "200 millis" }
}

export const makeBucket = (url: string) =>
  Effect.promise(() =>
    fetch(`${url}/storage/v1/b?project=${project}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: bucket })
    })
  )

/** Uploads an object that is not there yet, as any process of the run may have done before. */
const upload = (uri: string, text: string) =>
  CloudStorage.write(uri, new TextEncoder().encode(text), { ifGeneration: "absent" }).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "PreconditionFailed",
      () => Effect.void
    )
  )

export const uploadTraining = upload(trainingData, linesOf("support-train.jsonl", 20))
export const uploadTest = upload(testData, linesOf("support-questions.jsonl", rows))

/** Cloud Storage on an emulator. */
export const storage = (url: string) => CloudStorageClient.layer({ projectId: project, apiEndpoint: url })

/** All that a run needs, but for the results of its evaluations. */
export const layer = (url: string) =>
  Layer.mergeAll(
    Evaluation.layerLocal(),
    Tuning.layerIn("us-central1"),
    storage(url),
    Layer.succeed(PriceTable.Prices, PriceTable.withTraining(PriceTable.builtIn, model, trainingPrice))
  ).pipe(Layer.provideMerge(Vertex.layer({ project, location: "global", baseUrl: url }, Credentials.layerAnonymous)))

const trainingPrice = Money.perMillion("10")

/** What the calls in an emulator's book cost, whose tokens it has billed. */
export const billOf = (calls: Ledger.Snapshot["recent"]): Money.Money =>
  Money.ReducerSum.combineAll(
    calls.flatMap(({ billed, path }) => {
      if (billed === undefined) return []
      const { cached, input, output, thoughts } = billed
      if (billed.model.startsWith("tuning/")) return [Money.times(trainingPrice, input)]
      const location = /\/locations\/([^/]+)\//.exec(path)?.[1] ?? ""
      const at = DateTime.nowUnsafe()
      const price = Result.getOrThrow(PriceTable.lookup(PriceTable.builtIn, { model, location, at }))
      const usage = { inputTokens: input, cachedInputTokens: cached, outputTokens: output, thinkingTokens: thoughts }
      return [Cost.of(price, { ...Usage.empty, ...usage })]
    })
  )

/** The results of evaluations in a folder, as processes that follow each other need it. */
export const results = (folder: string) => Layer.provide(ResultStore.layerDirectory(folder), NodeServices.layer)

/** How often something is looked at. */
export const often = Schedule.spaced("50 millis")
