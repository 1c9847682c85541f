/** What the report carries for its rows: cells without what is not shown, and the chunks that they are put into. */
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type * as Cell from "../Cell.ts"
import type * as Data from "../report/browser/data.ts"
import * as Cells from "./reportCells.ts"

/** Rows in a chunk. */
export const chunkRows = 500

/** Texts as they may be shown; undefined leaves all of them out. */
export type Redact = ((text: string) => string) | undefined

/** A cell on its way into a chunk: one line of the spool. */
interface Draft {
  readonly row: number
  readonly id: string
  readonly prompt?: string | undefined
  readonly reference?: string | undefined
  readonly cell: Omit<Data.CellText, "prompt" | "attempts" | "spent">
  readonly spent: readonly [generation: string, judge: string, unknown: number]
}

const decimal = (cost: Money.Money | null | undefined) =>
  cost === null || cost === undefined ? cost : Money.toDecimal(cost)

const problem = (error: Cell.Problem, redact: Redact): Data.Problem => ({
  tag: error.tag,
  ...(redact === undefined ? {} : { message: redact(error.message) }),
  ...(error.billed === undefined ? {} : { billed: error.billed })
})

const scoreText = (score: Cell.CellScore, redact: Redact): Data.CellScore => {
  const cost = decimal(score.cost)
  const { error, explanation, judge, pairwiseChoice, samples, scoredBy } = score
  return {
    // What is shown and sorted by; the run itself keeps all digits.
    score: score.score === null ? null : Number(score.score.toPrecision(6)),
    ...(pairwiseChoice === undefined ? {} : { choice: pairwiseChoice }),
    ...(explanation === undefined || redact === undefined ? {} : { explanation: redact(explanation) }),
    ...(judge === undefined ? {} : { judge }),
    ...(scoredBy === undefined ? {} : { scoredBy }),
    ...(samples === undefined || samples.values.length === 0 ? {} : { samples: samples.values }),
    ...(samples === undefined || samples.failed.length === 0 || redact === undefined
      ? {}
      : { failedSamples: samples.failed.map(redact) }),
    ...(cost === undefined ? {} : { costUsd: cost }),
    ...(error === undefined ? {} : { error: problem(error, redact) })
  }
}

const sourcesOf = ({ grounding }: Cell.Cell) =>
  (grounding?.groundingChunks ?? []).flatMap(({ maps, retrievedContext, web }) => {
    const source = web ?? retrievedContext ?? maps
    return source?.title ?? source?.uri ?? []
  })

const safetyOf = ({ safetyRatings }: Cell.Cell) =>
  (safetyRatings ?? [])
    .filter(
      ({ blocked, probability }) => blocked === true || (probability !== undefined && probability !== "NEGLIGIBLE")
    )
    .map(
      ({ blocked, category, probability }) =>
        `${category ?? "?"} ${probability ?? ""}${blocked === true ? " blocked" : ""}`
    )

/** Writes a cell as a line of the spool. */
export const line = (cell: Cell.Cell, candidate: number, versions: Cells.Shape["versions"], redact: Redact): string => {
  const { error, finishReason, latencyMs, modelVersion, prompt, reference, response, spent, usage } = cell
  const cost = decimal(cell.cost)
  const text = (value: string | undefined) => (value === undefined ? undefined : redact?.(value))
  const sources = redact === undefined ? [] : sourcesOf(cell)
  const safety = safetyOf(cell)
  const draft: Draft = {
    row: cell.row,
    id: cell.rowId,
    prompt: text(prompt),
    reference: text(reference),
    cell: {
      candidate,
      repeat: cell.repeat ?? 0,
      ...(response === undefined || redact === undefined ? {} : { response: redact(response) }),
      ...(finishReason === undefined ? {} : { finishReason }),
      ...(modelVersion === undefined ? {} : { modelVersion }),
      ...(usage === undefined
        ? {}
        : {
            tokens: {
              input: usage.inputTokens + usage.toolUseTokens,
              cached: usage.cachedInputTokens,
              output: usage.outputTokens,
              thinking: usage.thinkingTokens
            }
          }),
      ...(cost === undefined ? {} : { costUsd: cost }),
      ...(latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs) }),
      scores: Object.fromEntries(
        Object.keys(cell.scores).flatMap((metric) => {
          const score = Cells.scoreOf(cell, metric, versions)
          return score === undefined ? [] : [[metric, scoreText(score, redact)]]
        })
      ),
      ...(sources.length === 0 ? {} : { sources }),
      ...(safety.length === 0 ? {} : { safety }),
      ...(error === undefined ? {} : { error: problem(error, redact) })
    },
    spent: [Money.toDecimal(spent.generation), Money.toDecimal(spent.judge), spent.unknown]
  }
  return JSON.stringify(draft)
}

/** A sum of amounts of the spool, which are those of `Money.toDecimal`. */
const sum = (amounts: ReadonlyArray<string>): string =>
  Money.toDecimal(
    amounts.reduce((total, amount) => {
      const read = Money.fromDecimal(amount)
      return read._tag === "Success" ? Money.plus(total, read.success) : total
    }, Money.zero)
  )

/**
 * Puts the lines of a chunk together: rows in order, of each cell the last attempt. The same cells in another order of completion give
 * the same rows.
 */
export const rowsOf = (lines: ReadonlyArray<string>): ReadonlyArray<Data.RowText> => {
  const rows = new Map<number, { first: Draft; cells: Map<number, Array<Draft>> }>()
  for (const line of lines) {
    const draft: Draft = JSON.parse(line)
    const row = rows.get(draft.row) ?? { first: draft, cells: new Map<number, Array<Draft>>() }
    rows.set(draft.row, row)
    const key = draft.cell.candidate * 65_536 + draft.cell.repeat
    row.cells.set(key, [...(row.cells.get(key) ?? []), draft])
  }
  return [...rows]
    .toSorted(([a], [b]) => a - b)
    .map(([row, { cells, first }]) => {
      const attempts = [...cells].toSorted(([a], [b]) => a - b).map(([, drafts]) => drafts)
      const prompt = attempts[0]?.at(-1)?.prompt
      const reference = attempts[0]?.at(-1)?.reference
      return {
        row,
        id: first.id,
        ...(prompt === undefined ? {} : { prompt }),
        ...(reference === undefined ? {} : { reference }),
        cells: attempts.flatMap((drafts) => {
          const last = drafts.at(-1)
          if (last === undefined) return []
          return {
            ...last.cell,
            ...(last.prompt === undefined || last.prompt === prompt ? {} : { prompt: last.prompt }),
            attempts: drafts.length,
            spent: {
              generationUsd: sum(drafts.map(({ spent }) => spent[0])),
              judgeUsd: sum(drafts.map(({ spent }) => spent[1])),
              unknown: drafts.reduce((count, { spent }) => count + spent[2], 0)
            }
          }
        })
      }
    })
}

/** Whether all candidates gave the same answer, of the first repeat. */
export const isSame = ({ cells }: Data.RowText): boolean => {
  const first = cells.filter(({ repeat }) => repeat === 0)
  return first.every(({ error, response }) => response === first[0]?.response && error?.tag === first[0]?.error?.tag)
}

const compress = promisify(gzip)

/** JSON as compressed text that can stand in a page. */
export const encode = (value: unknown): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => compress(JSON.stringify(value), { level: 6 })),
    (bytes) => {
      // The system that compressed is noted in the tenth byte: the same report is the same everywhere.
      bytes[9] = 255
      return bytes.toString("base64")
    }
  )
