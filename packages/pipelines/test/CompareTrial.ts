/**
 * Comparisons against scripted models.
 */
import type { DatasetError } from "@genops/core/DatasetError"
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as VertexError from "@genops/vertex/VertexError"
import { VertexTest } from "@genops/vertex/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { TestClock } from "effect/testing"
import type * as CompareModels from "../src/CompareModels.ts"
import type * as ComparisonSummary from "../src/ComparisonSummary.ts"
import * as Trial from "./EvaluateTrial.ts"

const settings = { generationConfig: { maxOutputTokens: 100 } }

/** Two configurations of one model, and another model. */
export const flash = ModelConfiguration.make("gemini-3.5-flash", { name: "flash", ...settings })
export const careful = ModelConfiguration.make("gemini-3.5-flash", {
  name: "careful",
  generationConfig: { ...settings.generationConfig, temperature: 0 }
})
export const lite = ModelConfiguration.make("gemini-3.1-flash-lite", { name: "lite", ...settings })

export type Options = CompareModels.Options<object, DatasetError>

export const options = (rows: number, changes: Partial<Options> = {}): Options => ({
  runId: "run",
  candidates: [flash, careful, lite],
  prompt: Result.getOrThrow(Prompt.make("Summarise: {article}")),
  dataset: Trial.dataset(Trial.articles(rows)),
  metrics: ["exact_match", "rouge_1"],
  ...changes
})

export const indexOf = (input: unknown): number => Number(/article (\d+)/.exec(String(input))?.[1])

/** Each candidate has its own way: `flash` copies, `careful` is nearest to the reference, `lite` says little. */
export const answerOf = (candidate: string, input: unknown): string => {
  const index = indexOf(input)
  if (candidate === "careful") return index % 4 === 3 ? "no idea" : `the summary of article ${index}`
  if (candidate === "lite") return index % 5 === 0 ? `the summary of article ${index}` : `article ${index}`
  return Trial.summaryOf(input)
}

type Script = Parameters<typeof Trial.models>[0]

/** Models of which some answer otherwise than they should: what `script` leaves out is answered as usual. */
export const models = (
  script: (candidate: string, row: number) => VertexTest.Answer | Effect.Effect<VertexTest.Answer> | undefined = () =>
    undefined,
  judges?: Parameters<typeof Trial.models>[1]
) => {
  const generate: Script = ({ name }, input) => script(name, indexOf(input)) ?? answerOf(name, input)
  return Trial.models(generate, judges)
}

export const unavailable = VertexTest.fail(new VertexError.Unavailable({ description: "down" }))
export const busy = VertexTest.fail(new VertexError.ResourceExhausted({ description: "busy", quotas: [] }))
export const missing = VertexTest.fail(
  new VertexError.NotFound({ resource: "gemini-9", description: "no such model", suggestions: [] })
)

/** Answers with a failure so many times for a cell, then as usual. */
export const failing = (
  failure: VertexTest.Answer,
  times: number,
  which: (candidate: string, row: number) => boolean
) => {
  const seen = new Map<string, number>()
  return (candidate: string, row: number) => {
    if (!which(candidate, row)) return undefined
    const key = `${candidate} ${row}`
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    return before < times ? failure : undefined
  }
}

/** Moves the clock until a comparison has ended. */
export const untilDone = <A, E, R>(run: Effect.Effect<A, E, R>, step: "1 second" | "100 millis" = "1 second") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(run)
    yield* Effect.repeat(TestClock.adjust(step), { until: () => fiber.pollUnsafe() !== undefined, times: 10_000 })
    return yield* Fiber.join(fiber)
  })

export const pairwise = Result.getOrThrow(Metric.named("pairwise_fluency"))

/** A judge of both kinds of metrics. */
export const judges = (_: unknown, input: string): string =>
  input.includes('"choice"')
    ? JSON.stringify({ explanation: "", choice: indexOf(input) % 3 === 0 ? "A" : "B" })
    : Trial.verdict(1 + (input.length % 5))

/** How often each candidate was asked. */
export const asked = Effect.map(VertexTest.calls, (calls) => {
  const counts: Record<string, number> = {}
  for (const { configuration, operation } of calls) {
    if (operation !== "generate") continue
    const who = configuration.model === Trial.judge.model ? "judge" : configuration.name
    counts[who] = (counts[who] ?? 0) + 1
  }
  return counts
})

export const candidate = (
  { candidates }: ComparisonSummary.ComparisonSummary,
  name: string
): ComparisonSummary.Candidate => {
  const found = candidates.find((one) => one.candidate === name)
  if (found === undefined) throw new Error(`no candidate ${name}`)
  return found
}
