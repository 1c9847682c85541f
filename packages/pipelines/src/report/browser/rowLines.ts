/**
 * Writes rows as CSV and as JSON Lines, for spreadsheets and programs: one line for each candidate and repeat of a row.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"

/**
 * Makes the writers.
 *
 * **Details**
 *
 * - The CSV has the columns of `CellsCsv`, and those that only the report knows. A text that a spreadsheet would take for a formula gets a
 *   `'` in front, as there; numbers are left alone.
 * - A line of JSON has no line end inside, those of Unicode (U+0085, U+2028, U+2029) neither.
 *
 * Source: https://owasp.org/www-community/attacks/CSV_Injection
 *
 * @since 0.1.0
 */
export const make = () => {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
  const formula = /^(?:[\t\r]|[\s\p{Cf}\p{Default_Ignorable_Code_Point}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/u
  const number = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

  /** A text that a spreadsheet takes for nothing else. */
  const safe = (text: string): string => {
    const shown = text.toWellFormed().replace(controls, "")
    return formula.test(shown) && !number.test(shown) ? `'${shown}` : shown
  }

  type Value = string | number | null | undefined
  const field = (value: Value): string => {
    const text = value === null || value === undefined ? "" : safe(String(value))
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const csvLine = (values: ReadonlyArray<Value>) => `${values.map(field).join(",")}\r\n`

  type Named = Pick<Data.Index, "candidates" | "runId">
  type Column = readonly [name: string, value: (cell: Data.CellText, row: Data.RowText, index: Named) => Value]
  const fixed: ReadonlyArray<Column> = [
    ["run_id", (_, __, { runId }) => runId],
    ["candidate", ({ candidate }, _, { candidates }) => candidates[candidate]],
    ["row", (_, { row }) => row],
    ["row_id", (_, { id }) => id],
    ["repeat", ({ repeat }) => repeat],
    ["prompt", (cell, row) => cell.prompt ?? row.prompt],
    ["reference", (_, { reference }) => reference],
    ["response", ({ response }) => response],
    ["error", ({ error }) => error?.tag],
    ["error_message", ({ error }) => error?.message],
    ["finish_reason", ({ finishReason }) => finishReason],
    ["model_version", ({ modelVersion }) => modelVersion],
    ["input_tokens", ({ tokens }) => tokens?.input],
    ["cached_tokens", ({ tokens }) => tokens?.cached],
    ["output_tokens", ({ tokens }) => tokens?.output],
    ["thinking_tokens", ({ tokens }) => tokens?.thinking],
    ["cost_usd", ({ costUsd }) => costUsd],
    ["latency_ms", ({ latencyMs }) => latencyMs],
    ["attempts", ({ attempts }) => attempts]
  ]
  const scored = (metric: string): ReadonlyArray<Column> => {
    const score = ({ scores }: Data.CellText) => (Object.hasOwn(scores, metric) ? scores[metric] : undefined)
    return [
      [metric, (cell) => score(cell)?.choice ?? score(cell)?.score],
      [`${metric}/error`, (cell) => score(cell)?.error?.tag],
      [`${metric}/explanation`, (cell) => score(cell)?.explanation]
    ]
  }

  /** Rows as lines of CSV, the names of the columns first. */
  const csv = (
    index: Named,
    metrics: ReadonlyArray<string>,
    rows: ReadonlyArray<Data.RowText>
  ): ReadonlyArray<string> => {
    const columns = [...fixed, ...metrics.flatMap(scored)]
    return [
      csvLine(columns.map(([name]) => name)),
      ...rows.flatMap((row) => row.cells.map((cell) => csvLine(columns.map(([, value]) => value(cell, row, index)))))
    ]
  }

  const escaped = (end: string) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`

  /** Rows as lines of JSON. */
  const json = ({ candidates, runId }: Named, rows: ReadonlyArray<Data.RowText>): ReadonlyArray<string> =>
    rows.flatMap(({ cells, id, prompt, reference, row }) =>
      cells.map((cell) => {
        const line = { runId, row, rowId: id, prompt, reference, ...cell, candidate: candidates[cell.candidate] }
        return `${JSON.stringify(line).replace(/[\u0085\u2028\u2029]/g, escaped)}\n`
      })
    )

  return { safe, csv, json }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type RowLines = ReturnType<typeof make>
