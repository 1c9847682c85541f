/**
 * A comparison of many rows. Arguments: URL (or `local`, a model in this process), CANDIDATES, ROWS, CONCURRENCY, METRICS (comma-separated).
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Dataset from "@genops/core/Dataset"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as CompareModels from "@genops/pipelines/CompareModels"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Credentials from "@genops/vertex/Credentials"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Work from "./Work.ts"

export interface Report {
  readonly cells: number
  readonly failed: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
  readonly directoryMb: number
}

const [url = "local", candidates = "1", rows = "1000", concurrency = "64", metrics = "exact_match,rouge_1"] =
  process.argv.slice(2)

/** A model that answers at once. */
const local = Layer.merge(
  Layer.succeed(GenerativeModel.GenerativeModel, {
    location: "global",
    stream: () => Stream.empty,
    generate: ({ model }, input) =>
      Effect.sync(() => {
        const text = String(input).slice(36, 66)
        const usageMetadata = { promptTokenCount: 30, candidatesTokenCount: 8, totalTokenCount: 38 }
        const candidate = { index: 0, content: { role: "model", parts: [{ text }] }, finishReason: "STOP" }
        const call = { model, location: "global", attempts: 1, latencyMs: 1 }
        return new GenerateResponse.GenerateResponse({ candidates: [candidate], usageMetadata }, call)
      }).pipe(Effect.tap(Effect.yieldNow))
  }),
  Layer.succeed(TokenCounter.TokenCounter, {
    count: () => Effect.succeed({ totalTokens: 30, billableCharacters: undefined })
  })
)

const live = Vertex.layer(
  { project: "acme", location: "global", baseUrl: url },
  Credentials.layerToken(Redacted.make("token"))
)

const directory = mkdtempSync(join(tmpdir(), "genops-scale-"))
const program = CompareModels.run({
  runId: "scale",
  candidates: Work.candidates
    .slice(0, Number(candidates))
    .map(({ model, name, seed }) =>
      ModelConfiguration.make(model, { name, generationConfig: { maxOutputTokens: 256, seed } })
    ),
  dataset: Dataset.fromStream(Stream.range(0, Number(rows) - 1).pipe(Stream.rechunk(200), Stream.map(Work.shortRow)), {
    source: "generated"
  }),
  prompt: Result.getOrThrow(Prompt.make(Work.template)),
  metrics: metrics.split(","),
  concurrency: { total: Number(concurrency) }
})
const store = ResultStore.layerDirectory(directory).pipe(Layer.provide(NodeServices.layer))
const services = Layer.mergeAll(
  Evaluation.layerLocal({ judge: ModelConfiguration.make("gemini-3.5-flash") }),
  store
).pipe(Layer.provideMerge(url === "local" ? local : live))

const started = performance.now()
const { summary } = await Effect.runPromise(Effect.provide(program, services))
const { system, user } = process.cpuUsage()
const sum = (of: (candidate: (typeof summary.candidates)[number]) => number) =>
  summary.candidates.reduce((total, candidate) => total + of(candidate), 0)
const files = readdirSync(join(directory, "scale")).map((name) => statSync(join(directory, "scale", name)).size)
const report: Report = {
  cells: sum(({ n_valid }) => n_valid),
  failed: sum(({ n_error }) => n_error),
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (system + user) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
  directoryMb: files.reduce((total, size) => total + size, 0) / 1e6
}
rmSync(directory, { recursive: true })
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)
