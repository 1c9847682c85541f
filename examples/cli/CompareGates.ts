/** Gates of a comparison on the command line: `rouge_1>=0.3` for all but the baseline, `tuned:rouge_1>=0.3` for one candidate. */
import * as Metric from "@genops/core/Metric"
import type { ComparisonSummary } from "@genops/pipelines/ComparisonSummary"
import * as Gate from "@genops/pipelines/Gate"
import * as GateReport from "@genops/pipelines/GateReport"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { UsageError } from "./Options.ts"
import * as Thresholds from "./Thresholds.ts"

/** Thresholds by candidate; those of "" hold for all but the baseline. */
export type Gates = ReadonlyMap<string, Gate.Thresholds>

export const read = (texts: ReadonlyArray<string>, candidates: ReadonlyArray<string>, metrics: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const known = yield* Effect.forEach(metrics, (name) => Effect.fromResult(Metric.named(name)))
    const groups = Map.groupBy(texts, (text) => /^(.+):/.exec(text)?.[1]?.trim() ?? "")
    const gates = new Map<string, Gate.Thresholds>()
    for (const [candidate, group] of groups) {
      if (candidate !== "" && !candidates.includes(candidate)) {
        return yield* new UsageError({ description: `--gate: no candidate is called "${candidate}".` })
      }
      const thresholds = yield* Thresholds.read(group.map((text) => text.replace(/^.+:/, "")))
      yield* Effect.fromResult(Gate.validate(thresholds, known))
      gates.set(candidate, thresholds)
    }
    return gates
  })

const thresholdsOf = (gates: Gates, candidate: string, baseline: string): Gate.Thresholds => ({
  ...(candidate === baseline ? {} : gates.get("")),
  ...gates.get(candidate)
})

/** What the gates say of each candidate that one looks at, and the first refusal. */
export const check = (gates: Gates, { baseline, candidates }: ComparisonSummary) =>
  Effect.gen(function* () {
    const reports: Array<GateReport.GateReport> = []
    let refused: Gate.ThresholdNotMet | undefined
    for (const summary of candidates) {
      const thresholds = thresholdsOf(gates, summary.candidate, baseline)
      if (Object.keys(thresholds).length === 0) continue
      reports.push(yield* Effect.fromResult(GateReport.of(thresholds, { summary })))
      const checked = Gate.check(thresholds, { summary })
      if (Result.isFailure(checked) && checked.failure._tag === "ThresholdNotMet") refused ??= checked.failure
    }
    return { reports, refused }
  })
