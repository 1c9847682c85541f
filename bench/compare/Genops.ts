/** genops as its users write it: the live client, a budget, results in a directory. Arguments: URL CONCURRENCY ROWS. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Dataset from "@genops/core/Dataset"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as CompareModels from "@genops/pipelines/CompareModels"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Credentials from "@genops/vertex/Credentials"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Work from "./Work.ts"

const [url = "", concurrency = "32", rows = "100"] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), "genops-bench-"))

const program = CompareModels.run({
  runId: "bench",
  candidates: Work.candidates.map(({ model, name, seed }) =>
    ModelConfiguration.make(model, { name, generationConfig: { maxOutputTokens: 256, seed } })
  ),
  dataset: Dataset.fromValues(
    Array.from({ length: Number(rows) }, (_, i) => Work.row(i)),
    { id: "id" }
  ),
  prompt: Result.getOrThrow(Prompt.make(Work.template)),
  metrics: ["rouge_1", "rouge_2", "rouge_l_sum", "bleu", "exact_match"],
  concurrency: { total: Number(concurrency) }
}).pipe(BudgetGuard.within({ name: "bench", usd: "100" }))

const services = Layer.mergeAll(
  Evaluation.layerLocal({ judge: ModelConfiguration.make("gemini-3.5-flash") }),
  ResultStore.layerDirectory(directory)
).pipe(
  Layer.provideMerge(
    Vertex.layer({ project: "acme", location: "global", baseUrl: url }, Credentials.layerToken(Redacted.make("token")))
  ),
  Layer.provideMerge(NodeServices.layer)
)

await Work.report(async () => {
  const { summary } = await Effect.runPromise(Effect.provide(program, services))
  rmSync(directory, { recursive: true })
  const mean = (metric: string) =>
    summary.candidates.reduce((sum, { metrics }) => sum + (metrics[metric]?.mean ?? NaN), 0) / summary.candidates.length
  const cells = summary.candidates.reduce((sum, { n_valid }) => sum + n_valid, 0)
  return { cells, rouge1: mean("rouge_1"), exactMatch: mean("exact_match") }
})
