/**
 * A run of Evaluate against scripted models, and stores to keep it in.
 */
import * as Dataset from "@genops/core/Dataset"
import type { DatasetError } from "@genops/core/DatasetError"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Evaluation from "@genops/vertex/Evaluation"
import { VertexTest } from "@genops/vertex/testing"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type * as Evaluate from "../src/Evaluate.ts"
import * as ResultStore from "../src/ResultStore.ts"

export const configuration = ModelConfiguration.make("gemini-3.5-flash", {
  name: "flash",
  generationConfig: { maxOutputTokens: 100, temperature: 0.1 }
})
export const judge = ModelConfiguration.make("gemini-3.1-pro-preview", { generationConfig: { maxOutputTokens: 100 } })

export interface ArticleRow {
  readonly id: string
  readonly article: string
  readonly reference?: string
  readonly [column: string]: unknown
}

export const article = (index: number): ArticleRow => ({
  id: `row-${index}`,
  article: `article ${index}`,
  reference: `the summary of article ${index}`
})

export const articles = (count: number) => Array.from({ length: count }, (_, index) => article(index))

export const dataset = (rows: ReadonlyArray<object>) => Dataset.fromValues(rows, { id: "id", source: "articles" })

const prompt = Result.getOrThrow(Prompt.make("Summarise: {article}"))

export type Options = Evaluate.Generated<object, DatasetError, never>

export const options = (rows: ReadonlyArray<object>, changes: Partial<Options> = {}): Options => ({
  runId: "run",
  configuration,
  prompt,
  dataset: dataset(rows),
  metrics: ["exact_match", "rouge_1", "fluency"],
  ...changes
})

const isJudge = ({ model }: ModelConfiguration.ModelConfiguration) => model === judge.model

export const verdict = (score: unknown) => JSON.stringify({ explanation: "Because.", score })

/** Answers a prompt with something that is near the reference, and every third time with the reference itself. */
export const summaryOf = (input: unknown): string => {
  const index = /article (\d+)/.exec(String(input))?.[1] ?? "?"
  return Number(index) % 3 === 0 ? `the summary of article ${index}` : `article ${index} in brief`
}

type Answer = VertexTest.Answer
type Script = (configuration: ModelConfiguration.ModelConfiguration, input: string) => Answer | Effect.Effect<Answer>

/** The scripted model, and a judge of one sample over it. */
export const models = (
  generate: Script = (_, input) => summaryOf(input),
  judges: Script = () => verdict(4),
  samplingCount = 1
) => {
  const vertex = VertexTest.layer({
    generate: (configuration, input) =>
      isJudge(configuration) ? judges(configuration, String(input)) : generate(configuration, String(input))
  })
  return Layer.provideMerge(Evaluation.layerLocal({ judge, samplingCount }), vertex)
}

/** Calls so far: of the model and of the judge. */
export const calls = Effect.map(VertexTest.calls, (all) => ({
  generated: all.filter(({ configuration }) => !isJudge(configuration)).length,
  judged: all.filter(({ configuration }) => isJudge(configuration)).length
}))

/** A store in a directory that is removed after the test. */
export const directory = Layer.unwrap(
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    return ResultStore.layerDirectory(yield* fileSystem.makeTempDirectoryScoped())
  })
).pipe(Layer.provide(NodeServices.layer))

export const keptCells = (runId = "run") =>
  Effect.gen(function* () {
    const store = yield* ResultStore.ResultStore
    const { kept } = yield* store.read(runId)
    return (yield* Stream.runCollect(kept)).map(({ cell }) => cell)
  })
