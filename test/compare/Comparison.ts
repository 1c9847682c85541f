/**
 * A comparison against an emulator, as a program of its own: `node Comparison.ts URL DIRECTORY`. Tests run it in this process, and in others
 * that they kill.
 */
import * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as CompareModels from "@genops/pipelines/CompareModels"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Credentials from "@genops/vertex/Credentials"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Vertex from "@genops/vertex/Vertex"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"

const generationConfig = { maxOutputTokens: 60 }
const judge = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 200 } })

export const candidates = [
  ModelConfiguration.make("gemini-3.5-flash", { name: "flash", generationConfig }),
  ModelConfiguration.make("gemini-3.1-pro-preview", { name: "pro", generationConfig }),
  ModelConfiguration.make("gemini-3.1-flash-lite", { name: "lite", generationConfig })
]

export const rows = 20
export const repeats = 2

const articles = Array.from({ length: rows }, (_, i) => ({
  id: `row-${i}`,
  article: `Harbour ${i} was closed in ${1900 + i}. The storm had taken both piers. Nobody was hurt. Boats went to harbour ${i + 1}.`,
  reference: `Harbour ${i} was closed in ${1900 + i}.`
}))

export const options = (changes: Partial<CompareModels.Options<object, DatasetError>> = {}) => ({
  runId: "run",
  candidates,
  dataset: Dataset.fromValues(articles, { id: "id" }),
  prompt: Result.getOrThrow(Prompt.make("Summarize the text. Text: {article}")),
  metrics: ["rouge_1", "exact_match"],
  repeats,
  concurrency: { total: 8 },
  ...changes
})

/** The live client against a server, and a store in a directory. */
export const services = (baseUrl: string, directory: string) =>
  Layer.mergeAll(Evaluation.layerLocal({ judge, samplingCount: 1 }), ResultStore.layerDirectory(directory)).pipe(
    Layer.provideMerge(Vertex.layer({ project: "acme", location: "global", baseUrl }, Credentials.layerAnonymous)),
    Layer.provideMerge(NodeServices.layer)
  )

export const comparison = BudgetGuard.within(CompareModels.run(options()), { name: "comparison", usd: "5.00" })

if (import.meta.main) {
  const [url = "", directory = ""] = process.argv.slice(2)
  await Effect.runPromise(Effect.provide(comparison, services(url, directory)))
}
