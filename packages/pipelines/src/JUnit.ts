/**
 * The gates of a comparison as JUnit XML, which build servers show as tests.
 *
 * @since 0.1.0
 */
import type { ComparisonSummary } from "./ComparisonSummary.ts"
import type * as GateReport from "./GateReport.ts"
import type * as RunFacts from "./RunFacts.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * Writes a test suite for each candidate and a test case for each threshold.
 *
 * **Details**
 *
 * - A threshold that is not met is a failure, one that cannot be decided an error; neither passes.
 * - A candidate that could not be used is an error, whatever its gate says; one without a gate is one skipped case. No candidate gives an empty document.
 * - Characters that XML 1.0 does not have and controls are left out.
 *
 * @since 0.1.0
 */
export const encode = (summary: ComparisonSummary, { elapsedMs, gates, name }: RunFacts.RunFacts): string => {
  const suites = summary.candidates.map(({ candidate, failure }) => {
    const gate = gates.find((one) => one.candidate === candidate)
    const unusable: GateReport.Check | undefined = failure && {
      threshold: "usable",
      outcome: "undecided",
      messages: [`${failure.tag}: ${failure.message}`]
    }
    return suiteOf(candidate, [...(unusable === undefined ? [] : [unusable]), ...(gate?.checks ?? [])])
  })
  const time = elapsedMs === undefined ? {} : { time: (elapsedMs / 1000).toFixed(3) }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element(
      "testsuites",
      { name, ...sumOf(suites), ...time },
      suites.flatMap(({ lines }) => lines)
    ),
    ""
  ].join("\n")
}

interface Suite {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
  readonly lines: ReadonlyArray<string>
}

const suiteOf = (candidate: string, checks: ReadonlyArray<GateReport.Check>): Suite => {
  const count = (outcome: GateReport.Check["outcome"]) => checks.filter((check) => check.outcome === outcome).length
  const skipped = checks.length === 0 ? 1 : 0
  const counts = { tests: checks.length + skipped, failures: count("failed"), errors: count("undecided"), skipped }
  const cases =
    checks.length === 0
      ? [
          element("testcase", { classname: candidate, name: "gate" }, [
            '<skipped message="no gate looks at this candidate"/>'
          ])
        ]
      : checks.map((check) => caseOf(candidate, check))
  return { ...counts, lines: [element("testsuite", { name: candidate, ...counts }, cases)] }
}

const caseOf = (candidate: string, { messages, outcome, threshold }: GateReport.Check) => {
  const text = messages.join("\n")
  const children =
    outcome === "passed"
      ? []
      : [
          element(
            outcome === "failed" ? "failure" : "error",
            { message: messages.join("; "), type: "ThresholdNotMet" },
            [escape(text)]
          )
        ]
  return element("testcase", { classname: candidate, name: threshold }, children)
}

const sumOf = (suites: ReadonlyArray<Suite>) => {
  const sum = (key: "tests" | "failures" | "errors" | "skipped") =>
    suites.reduce((total, suite) => total + suite[key], 0)
  return { tests: sum("tests"), failures: sum("failures"), errors: sum("errors"), skipped: sum("skipped") }
}

const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: ReadonlyArray<string>
): string => {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(String(value))}"`)
  const start = `<${name}${pairs.join("")}`
  return children.length === 0 ? `${start}/>` : [`${start}>`, ...children, `</${name}>`].join("\n")
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;"
}

const escape = (text: string) =>
  TerminalText.sanitize(text.toWellFormed())
    .replace(/[\ufffe\uffff]/g, "")
    .replace(/[&<>"']/g, (char) => entities[char] ?? "")

// A parser turns white space in attributes into blanks.
const attribute = (text: string) => escape(text).replace(/\s+/g, " ")
