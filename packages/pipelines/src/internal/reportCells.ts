/** What the report computes on: the numbers of all cells by candidate, row and repeat, and how each went. No texts. */
import * as Cell from "../Cell.ts"
import type { State } from "../report/browser/data.ts"

export interface Shape {
  readonly candidates: ReadonlyArray<string>
  readonly metrics: ReadonlyArray<string>
  /** The definition of each metric that counts: see `RunManifest.metricVersion`. */
  readonly versions: ReadonlyMap<string, string>
  readonly rows: number
  readonly repeats: number
}

const choices = { CANDIDATE: 1, BASELINE: -1, TIE: 0 } as const
const notReached = "NotReached"

/** The worst of a row's repeats decides; in this order. */
const order: ReadonlyArray<State> = ["-", ".", "u", "b", "e"]

/** The score of a metric, unless it came from another definition of it. */
export const scoreOf = (cell: Cell.Cell, metric: string, versions: Shape["versions"]): Cell.CellScore | undefined => {
  const score = Cell.score(cell, metric)
  const version = versions.get(metric)
  return score?.version === undefined || version === undefined || score.version === version ? score : undefined
}

/** Cells that went wrong in the same way. `metric` is "" when there is no answer. */
export interface Failure {
  readonly tag: string
  readonly metric: string
  readonly byCandidate: ReadonlyArray<number>
  readonly first: { readonly row: number; readonly candidate: number; readonly repeat: number }
}

export type Cells = ReturnType<typeof make>

export const make = (shape: Shape) => {
  const { candidates, metrics, repeats, rows } = shape
  const size = rows * repeats
  const numbers = () => candidates.map(() => new Float32Array(size).fill(Number.NaN))
  const scores = metrics.map(numbers)
  const latency = numbers()
  const cost = numbers()
  const output = numbers()
  const states = candidates.map(() => new Uint8Array(size))
  const problems = candidates.map(() => new Uint8Array(size))
  const scoreProblems = metrics.map(() => candidates.map(() => new Uint8Array(size)))
  const ids: Array<string | undefined> = Array.from({ length: rows })
  const answeredAs = candidates.map(() => new Set<string>())
  const tags = ["", notReached]

  const tagIndex = (tag: string): number => {
    const index = tags.indexOf(tag)
    if (index !== -1) return index
    // Should there be more kinds of errors than a byte counts, they share the last one.
    return tags.length < 256 ? tags.push(tag) - 1 : 255
  }

  /**
   * Takes a cell; a later one of the same row and repeat replaces it. Its candidate's number, or undefined when the cell is not part of
   * the run.
   */
  const put = (cell: Cell.Cell): number | undefined => {
    const { row } = cell
    const repeat = cell.repeat ?? 0
    const candidate = candidates.indexOf(cell.candidate)
    if (candidate === -1 || row >= rows || repeat >= repeats) return undefined
    const at = row * repeats + repeat
    const answered = cell.response !== undefined
    ids[row] = cell.rowId
    if (cell.modelVersion !== undefined) answeredAs[candidate]?.add(cell.modelVersion)
    set(latency, candidate, at, cell.latencyMs)
    // Picodollars to dollars: only drawn and sorted by, never summed.
    set(cost, candidate, at, cell.cost === undefined || cell.cost === null ? undefined : Number(cell.cost) / 1e12)
    set(output, candidate, at, answered ? cell.usage?.outputTokens : undefined)
    let unscored = false
    for (const [nth, metric] of metrics.entries()) {
      const score = scoreOf(cell, metric, shape.versions)
      const value = score?.pairwiseChoice === undefined ? score?.score : choices[score.pairwiseChoice]
      set(scores[nth] ?? [], candidate, at, value ?? undefined)
      const missing = answered && typeof value !== "number"
      unscored ||= missing
      mark(scoreProblems[nth]?.[candidate], at, missing ? tagIndex(score?.error?.tag ?? notReached) : 0)
    }
    const tag = answered ? undefined : (cell.error?.tag ?? notReached)
    mark(problems[candidate], at, tag === undefined ? 0 : tagIndex(tag))
    const state: State = tag === "ContentBlocked" ? "b" : tag !== undefined ? "e" : unscored ? "u" : "."
    mark(states[candidate], at, order.indexOf(state))
    return candidate
  }

  /** The mean of what there is over the repeats of a row; null when there is nothing. */
  const mean = (column: Float32Array | undefined, row: number): number | null => {
    let sum = 0
    let n = 0
    for (let at = row * repeats; at < (row + 1) * repeats; at++) {
      const value = column?.[at] ?? Number.NaN
      if (Number.isNaN(value)) continue
      sum += value
      n++
    }
    return n === 0 ? null : sum / n
  }

  const state = (candidate: number, row: number): State => {
    let worst = 0
    for (let at = row * repeats; at < (row + 1) * repeats; at++) worst = Math.max(worst, states[candidate]?.[at] ?? 0)
    return order[worst] ?? "-"
  }

  /** The ways in which cells went wrong, the most frequent first. */
  const failures = (): ReadonlyArray<Failure> => {
    const groups = new Map<
      string,
      { -readonly [key in keyof Failure]: Failure[key] } & { byCandidate: Array<number> }
    >()
    const count = (metric: string, columns: ReadonlyArray<Uint8Array>) => {
      for (const [candidate, column] of columns.entries()) {
        column.forEach((index, at) => {
          if (index === 0) return
          const tag = tags[index] ?? notReached
          const key = JSON.stringify([metric, tag])
          const first = { row: Math.floor(at / repeats), candidate, repeat: at % repeats }
          const group = groups.get(key) ?? { tag, metric, byCandidate: candidates.map(() => 0), first }
          groups.set(key, group)
          group.byCandidate[candidate] = (group.byCandidate[candidate] ?? 0) + 1
          if (first.row < group.first.row) group.first = first
        })
      }
    }
    count("", problems)
    for (const [nth, metric] of metrics.entries()) count(metric, scoreProblems[nth] ?? [])
    const total = ({ byCandidate }: Failure) => byCandidate.reduce((sum, one) => sum + one, 0)
    return [...groups.values()].toSorted((a, b) => total(b) - total(a) || (a.tag < b.tag ? -1 : 1))
  }

  return {
    candidates,
    metrics,
    versions: shape.versions,
    rows,
    repeats,
    put,
    mean,
    state,
    failures,
    /** The versions that answered, by candidate. */
    answeredAs: (candidate: number) => [...(answeredAs[candidate] ?? [])].toSorted(),
    idOf: (row: number) => ids[row],
    /** The columns of a measure by candidate; each cell's value is at row x repeats + repeat, NaN without one. */
    columns: (measure: string): ReadonlyArray<Float32Array> =>
      scores[metrics.indexOf(measure)] ?? { latency_ms: latency, cost_usd: cost, output_tokens: output }[measure] ?? []
  }
}

const set = (columns: ReadonlyArray<Float32Array>, candidate: number, at: number, value: number | undefined) => {
  const column = columns[candidate]
  if (column !== undefined) column[at] = value ?? Number.NaN
}

const mark = (column: Uint8Array | undefined, at: number, value: number) => {
  if (column !== undefined) column[at] = value
}
