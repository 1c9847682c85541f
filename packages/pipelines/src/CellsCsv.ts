/**
 * Cells as CSV for spreadsheets: one record a cell, safe to open.
 *
 * @since 0.1.0
 */
import * as Money from "@genops/core/Money"
import * as Csv from "effect/encoding/Csv"
import * as Stream from "effect/Stream"
import * as Cell from "./Cell.ts"

/**
 * Makes a text safe for a spreadsheet. One that would be a formula (`=`, `+`, `-`, `@`, a tab or a carriage return at the start, also
 * behind white space and zero-width characters, also in full width) gets a `'` in front; numbers stay as they are. Controls other than
 * tab and line breaks are left out.
 *
 * Source: https://owasp.org/www-community/attacks/CSV_Injection
 *
 * @since 0.1.0
 */
export const safe = (text: string): string => {
  const shown = text.toWellFormed().replace(controls, "")
  return formula.test(shown) && !number.test(shown) ? `'${shown}` : shown
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
const formula = /^(?:[\t\r]|[\s\p{Cf}\p{Default_Ignorable_Code_Point}]*[=+\-@＝＋－＠])/u
const number = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

const orNothing = (value: number | undefined | null) => (value === undefined || value === null ? "" : String(value))

const money = (value: Money.Money | undefined | null) =>
  value === undefined || value === null ? "" : Money.toDecimal(value)

const fixed: ReadonlyArray<readonly [name: string, value: (cell: Cell.Cell) => string]> = [
  ["run_id", ({ runId }) => runId],
  ["candidate", ({ candidate }) => candidate],
  ["fingerprint", ({ fingerprint }) => fingerprint],
  ["row", ({ row }) => String(row)],
  ["row_id", ({ rowId }) => rowId],
  ["repeat", ({ repeat = 0 }) => String(repeat)],
  ["prompt", ({ prompt = "" }) => prompt],
  ["reference", ({ reference = "" }) => reference],
  ["response", ({ response = "" }) => response],
  ["error", ({ error }) => error?.tag ?? ""],
  ["error_message", ({ error }) => error?.message ?? ""],
  ["finish_reason", ({ finishReason = "" }) => finishReason],
  ["model_version", ({ modelVersion = "" }) => modelVersion],
  ["input_tokens", ({ usage }) => orNothing(usage?.inputTokens)],
  ["output_tokens", ({ usage }) => orNothing(usage?.outputTokens)],
  ["cost_usd", ({ cost }) => money(cost)],
  ["latency_ms", ({ latencyMs }) => orNothing(latencyMs)]
]

const scored = (metric: string): typeof fixed => [
  [metric, (cell) => scoreOf(Cell.score(cell, metric))],
  [`${metric}/error`, (cell) => Cell.score(cell, metric)?.error?.tag ?? ""],
  [`${metric}/explanation`, (cell) => Cell.score(cell, metric)?.explanation ?? ""]
]

const scoreOf = (score: Cell.CellScore | undefined) => score?.pairwiseChoice ?? orNothing(score?.score)

/**
 * Writes cells as CSV (RFC 4180, UTF-8, CRLF), one text a record, the names of the columns first, also when there is no cell. For each
 * metric there are its score (or the choice of a pairwise one), the tag of its error and its explanation. What does not exist is empty.
 *
 * @since 0.1.0
 */
export const encode = <E, R>(
  cells: Stream.Stream<Cell.Cell, E, R>,
  metrics: ReadonlyArray<string>
): Stream.Stream<string, E, R> => {
  const columns = [...fixed, ...metrics.flatMap(scored)]
  return Stream.make(columns.map(([name]) => safe(name))).pipe(
    Stream.concat(Stream.map(cells, (cell) => columns.map(([, value]) => safe(value(cell))))),
    Stream.pipeThroughChannel(Csv.encodeString())
  )
}
