/** A comparison as a run leaves it: cells from a seed, the summary that the comparison itself computes from them, and all around. */
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as Usage from "@genops/core/Usage"
import * as Random from "@genops/core/statistics/Random"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type * as Cell from "../src/Cell.ts"
import type * as ComparisonSummary from "../src/ComparisonSummary.ts"
import type * as Report from "../src/Report.ts"
import * as RunManifest from "../src/RunManifest.ts"
import * as Summary from "../src/internal/compareSummary.ts"
import * as Table from "../src/internal/evaluateTable.ts"
import { advices, characters, explanations, openings, situations, topics, words } from "./ReportCast.ts"

export interface Shape {
  readonly seed?: number
  readonly candidates?: number
  readonly rows?: number
  readonly repeats?: number
  readonly metrics?: ReadonlyArray<string>
  /** Share of the cells that were tried. */
  readonly share?: number
  /** Share of the answers and scores that fail for other reasons than safety; 0.003 when left out. */
  readonly trouble?: number
  /** Changes every text, for hostile ones. */
  readonly text?: (slot: string, text: string, nth: number) => string
}

export interface Fixture extends Report.Options {
  readonly kept: ReadonlyArray<Cell.Cell>
}

export const make = (shape: Shape = {}): Fixture => {
  const {
    candidates: count = 3,
    repeats = 1,
    rows = 200,
    seed = 1,
    share = 1,
    text = (_, text) => text,
    trouble = 0.003
  } = shape
  const names = shape.metrics ?? ["summarization_quality", "rouge_l_sum", "groundedness", "verbosity"]
  const next = Random.xoshiro128ss(seed)
  const uniform = () => next() / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const pick = <A>(items: ReadonlyArray<A>): A => items[Math.floor(uniform() * items.length)] as A
  let nth = 0
  const slot = (name: string, plain: string) => text(name, plain, nth++)

  const cast = characters
    .slice(0, count)
    .map((one) => ({ ...one, name: slot("candidate", one.name), model: slot("model", one.model) }))
  const metrics = names.map((name) => Result.getOrThrow(Metric.named(name)))
  const manifest: RunManifest.RunManifest = {
    format: 1,
    runId: slot("path", "2026-11-22T18-40"),
    startedAt: "2026-11-22T18:40:00.000Z",
    candidates: cast.map(({ model, name }) => ({
      name,
      fingerprint: "9f2c4e1a77b0c3d5",
      configuration: {
        name,
        model,
        systemInstruction: slot("instruction", "Answer in plain text only."),
        generationConfig: { temperature: 0.5, maxOutputTokens: 512 }
      }
    })),
    dataset: {
      source: slot("path", "data/support-faq.jsonl"),
      rows,
      invalid: 0,
      sha256: "3f9ac1".repeat(10) + "3f9a",
      firstRow: "1",
      lastRow: String(rows)
    },
    prompt: slot("prompt", "Answer the customer.\n\n{question}"),
    columns: { reference: "reference" },
    metrics: names.map((name, at) => ({
      name: slot("metric", name),
      definition: { name, at, criteria: slot("criteria", "Is the answer right, complete and short?") }
    })),
    settings: { judge: slot("judge", "gemini-3.1-pro-preview") },
    repeats,
    seed: 7,
    confidence: 0.95,
    prices: "2026-11-01",
    versions: { genops: "0.1.0", node: "24.21.0" }
  }
  const versions = RunManifest.metricVersions(manifest)
  const shown = manifest.metrics.map(({ name }) => name)

  const kept: Array<Cell.Cell> = []
  for (let row = 0; row < rows; row++) {
    const difficulty = normal() * 0.14
    const topic = pick(topics)
    const prompt = `${pick(openings)} the ${topic} of workspace ${100 + Math.floor(uniform() * 900)}? ${pick(situations)} ${pick(situations)}`
    const reference = `${pick(advices)} ${pick(advices)}`
    const usual = [pick(advices), pick(advices), pick(advices)]
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { blocked, milliseconds, name, price, skill } of cast) {
        if (uniform() > share) continue
        const quality = Math.max(0, Math.min(1, skill + difficulty + normal() * 0.12))
        const fate = uniform()
        const tag =
          fate < blocked
            ? "ContentBlocked"
            : fate > 1 - trouble
              ? pick(["ResourceExhausted", "Unavailable"])
              : undefined
        const sentences = usual.map((sentence) => (uniform() < skill ? sentence : pick(advices)))
        const response = `${uniform() < 0.3 ? "Short answer: " : ""}${sentences.join(" ")} This concerns the ${topic}.`
        const inputTokens = Math.round(prompt.length / 4)
        const outputTokens = Math.round(response.length / 4)
        const thinkingTokens = name === "pro" ? Math.round(uniform() * 400) : 0
        const cost = BigInt(inputTokens * price[0] + (outputTokens + thinkingTokens) * price[1]) as Money.Money
        const judged = 118_000_000n as Money.Money
        const scoreOf = (metric: string, at: number): Cell.CellScore => {
          const version = versions.get(metric) ?? ""
          if (at === 0 && uniform() < trouble)
            return {
              score: null,
              version,
              error: { tag: "JudgeFailed", message: slot("error", words["JudgeFailed"] ?? ""), billed: "yes" }
            }
          const scale = metrics[at]?._tag === "Pairwise" ? undefined : metrics[at]?.scale
          if (scale === undefined)
            return {
              score: null,
              pairwiseChoice: pick(["CANDIDATE", "BASELINE", "TIE"]),
              version,
              explanation: slot("explanation", pick(explanations))
            }
          const { max = 1, min } = scale
          const raw = scale.ideal === "zero" ? normal() * (1 - quality) * max : min + (max - min) * quality
          const score = scale.integer === true ? Math.max(min, Math.min(max, Math.round(raw))) : raw
          return scale.integer === true
            ? {
                score,
                version,
                explanation: slot("explanation", pick(explanations)),
                scoredBy: "vertex",
                judge: slot("judge", "gemini-3.1-pro-preview"),
                samples: { asked: 4, values: [score, score, score, score], failed: [], agreement: 1 },
                cost: judged
              }
            : { score, version, scoredBy: "local" }
        }
        kept.push({
          runId: manifest.runId,
          candidate: name,
          fingerprint: "9f2c4e1a77b0c3d5",
          row,
          rowId: slot("id", String(row + 1)),
          repeat,
          prompt: slot("prompt", prompt),
          reference: slot("reference", reference),
          ...(tag === undefined
            ? {
                response: slot("response", response),
                finishReason: slot("finish", "STOP"),
                modelVersion: slot("version", `${name}-001`),
                usage: Usage.make({ inputTokens, outputTokens, thinkingTokens, requests: 1 }),
                cost,
                latencyMs: milliseconds * Math.exp(normal() * 0.4)
              }
            : {
                error: {
                  tag: slot("tag", tag),
                  message: slot("error", words[tag] ?? ""),
                  billed: tag === "ContentBlocked" ? "yes" : "no"
                }
              }),
          scores: tag === undefined ? Object.fromEntries(shown.map((metric, at) => [metric, scoreOf(metric, at)])) : {},
          spent: {
            generation: tag === undefined ? cost : Money.zero,
            judge: tag === undefined ? judged : Money.zero,
            unknown: 0
          }
        })
      }
    }
  }

  const lanes = cast.map(({ model, name }) => {
    const configuration = ModelConfiguration.make(model, { name })
    const renamed = metrics.map((metric, at) => ({ ...metric, name: shown[at] ?? "" }))
    const table = Table.make({
      candidate: name,
      fingerprint: "9f2c4e1a77b0c3d5",
      rows,
      repeats,
      metrics: renamed,
      versions,
      seed: 7,
      confidence: 0.95
    })
    for (const cell of kept) if (cell.candidate === name) table.put(cell)
    return { candidate: { name, fingerprint: "9f2c4e1a77b0c3d5", configuration }, failure: undefined, table }
  })
  const summary: ComparisonSummary.ComparisonSummary = Summary.of(lanes, {
    baseline: cast[0]?.name ?? "",
    primaryMetric: shown[0] ?? "",
    metrics: metrics.map((metric, at) => ({ ...metric, name: shown[at] ?? "" })),
    rows,
    repeats,
    seed: 7,
    confidence: 0.95
  })
  return {
    manifest,
    summary,
    kept,
    cells: Stream.fromIterable(kept),
    title: slot("title", "support-faq comparison"),
    budget: Money.usd("5"),
    duration: "6 minutes",
    resume: slot("command", "npm start -- --run-id 2026-11-22T18-40")
  }
}
