/**
 * What a gate says of a candidate, threshold by threshold, for reports.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Gate from "./Gate.ts"

/**
 * A threshold of a metric, as text such as `helpful >= 4.5`, and how it went. `undecided` means that there is no number to decide on,
 * or too few rows: like a failure it does not pass.
 *
 * @since 0.1.0
 */
export interface Check {
  readonly threshold: string
  readonly outcome: "passed" | "failed" | "undecided"
  readonly messages: ReadonlyArray<string>
}

/**
 * What a gate says of a candidate: it passes when all of its checks have.
 *
 * @since 0.1.0
 */
export interface GateReport {
  readonly candidate: string
  readonly checks: ReadonlyArray<Check>
}

/**
 * Checks a candidate. Fails with `InvalidThreshold` for thresholds that mean nothing, as `Gate.check` does.
 *
 * @since 0.1.0
 */
export const of = (
  thresholds: Gate.Thresholds,
  evidence: Gate.Evidence
): Result.Result<GateReport, Gate.InvalidThreshold> => {
  const { candidate } = evidence.summary
  const report = (failures: ReadonlyArray<Gate.Failure>): GateReport => {
    const checkOf = (threshold: string, metric: string): Check => {
      const found = failures.filter((failure) => failure.metric === metric)
      const outcome = found.length === 0 ? "passed" : found.some(isUndecided) ? "undecided" : "failed"
      return { threshold, outcome, messages: found.map(({ message }) => message) }
    }
    const checks = Object.entries(thresholds).map(([metric, threshold]) => checkOf(describe(metric, threshold), metric))
    return {
      candidate,
      checks: failures.some(({ metric }) => metric === "") ? [checkOf("complete", ""), ...checks] : checks
    }
  }
  const checked = Gate.check(thresholds, evidence)
  if (Result.isSuccess(checked)) return Result.succeed(report([]))
  const { failure } = checked
  return failure._tag === "InvalidThreshold" ? Result.fail(failure) : Result.succeed(report(failure.failures))
}

const isUndecided = ({ limit, value }: Gate.Failure) => value === null || limit === "complete" || limit === "minRows"

/**
 * Tells whether a candidate passes.
 *
 * @since 0.1.0
 */
export const passed = ({ checks }: GateReport): boolean => checks.every(({ outcome }) => outcome === "passed")

/**
 * Writes a threshold as text, such as `helpful >= 4.5, minRows 30`.
 *
 * @since 0.1.0
 */
export const describe = (metric: string, threshold: Gate.Threshold): string => {
  const { atLeast, atMost, maxErrorShare, minRows, notWorseThanBaseline: compared, winRateAtLeast } = threshold
  const limits = [
    ...(atLeast === undefined ? [] : [`>= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`<= ${atMost}`]),
    ...(winRateAtLeast === undefined ? [] : [`win rate >= ${winRateAtLeast}`]),
    ...(compared === undefined
      ? []
      : [`not worse than baseline${compared.margin === undefined ? "" : ` by more than ${compared.margin}`}`]),
    ...(minRows === undefined ? [] : [`minRows ${minRows}`]),
    ...(maxErrorShare === undefined ? [] : [`maxErrorShare ${maxErrorShare}`])
  ]
  return `${metric} ${limits.join(", ")}`
}
