/**
 * A comparison as events for other programs: one line of JSON each, in the order in which things happen.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import type { Plan } from "./CompareModels.ts"
import type { ComparisonProgress } from "./ComparisonProgress.ts"
import type { ComparisonSummary } from "./ComparisonSummary.ts"
import type * as RunFacts from "./RunFacts.ts"

/**
 * What happened: the plan before the first paid call, progress now and then, a cell that has no result, the end.
 *
 * @since 0.1.0
 */
export type ReportEvent =
  | { readonly type: "plan"; readonly plan: Plan }
  | { readonly type: "progress"; readonly progress: ComparisonProgress }
  | { readonly type: "failure"; readonly failure: RunFacts.Failure }
  | { readonly type: "end"; readonly summary: ComparisonSummary; readonly facts: RunFacts.RunFacts }

/**
 * Writes an event as one line, without its line feed. `at` is milliseconds since 1970, written as ISO 8601; money is decimal text in US
 * dollars; what is undefined is left out. Controls are written as escapes: the line can be shown on a terminal.
 *
 * @since 0.1.0
 */
export const encode = (event: ReportEvent, at: number): string => {
  const { type, ...rest } = event
  const line = JSON.stringify({ type, at: new Date(at).toISOString(), ...rest }, (_, value: unknown) =>
    typeof value === "bigint" ? Money.toDecimal(Money.times(smallest, value)) : value
  )
  // JSON.stringify escapes the controls below U+0020 itself. What is left of them stands in strings only, where an escape is the same.
  return line.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

// Every bigint of an event is an amount of money.
const smallest = Money.usd("0.000000000001")

const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
