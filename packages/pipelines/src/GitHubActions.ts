/**
 * What a GitHub workflow shows of a comparison: annotations, and a summary of the job.
 *
 * Source: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as GateReport from "./GateReport.ts"
import type * as RunFacts from "./RunFacts.ts"
import * as TerminalText from "./TerminalText.ts"

/**
 * Where an annotation is shown: at a line of a file (1-based), or with a title only.
 *
 * @since 0.1.0
 */
export interface Place {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly title?: string | undefined
}

/**
 * Writes an annotation as a line for standard output, such as `::error file=prompts.jsonl,line=17::...`. Line breaks stay in the
 * message, as `%0A`; controls are left out.
 *
 * @since 0.1.0
 */
export const annotation = (level: "error" | "warning" | "notice", place: Place, message: string): string => {
  const properties = [
    ...(place.file === undefined ? [] : [`file=${property(place.file)}`]),
    ...(place.line === undefined ? [] : [`line=${place.line}`]),
    ...(place.title === undefined ? [] : [`title=${property(place.title)}`])
  ]
  return `::${level}${properties.length === 0 ? "" : ` ${properties.join(",")}`}::${data(message)}`
}

const longest = 2_000

const data = (text: string) =>
  TerminalText.sanitize(text.slice(0, longest)).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")

const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C")

// GitHub shows ten of a kind for each step.
const most = 10

/**
 * Writes the annotations of a run: gates that refuse, then rows without a result, at most ten.
 *
 * @since 0.1.0
 */
export const annotations = ({ failures, gates }: RunFacts.RunFacts): ReadonlyArray<string> => {
  const refused = gates
    .filter((gate) => !GateReport.passed(gate))
    .map((gate) =>
      annotation(
        "error",
        { title: `gate ${gate.candidate}` },
        gate.checks.flatMap(({ messages }) => messages).join("\n")
      )
    )
  const rows = failures.map(({ candidate, message, place, rowId, tag }) =>
    annotation("error", { ...place, title: tag }, `${candidate} row ${rowId}: ${message}`)
  )
  return [...refused, ...rows].slice(0, most)
}

/**
 * Adds Markdown to the summary of the job; `path` is the value of `GITHUB_STEP_SUMMARY`. GitHub takes up to 1 MiB.
 *
 * @since 0.1.0
 */
export const addSummary = (
  path: string,
  markdown: string
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(path, markdown, { flag: "a" }))
