/**
 * What a report carries: an index of all rows (ids, states, numbers) and, apart from it, their texts in chunks.
 *
 * @since 0.1.0
 */

/**
 * A column of numbers: a metric, or what every answer has (`latency_ms`, `cost_usd`, `output_tokens`). Pairwise metrics are 1 where the
 * candidate was chosen, -1 where the baseline was, 0 for a tie. `decimals` are shown of means, `rowDecimals` of rows, `cellDecimals` of cells.
 *
 * @since 0.1.0
 */
export interface Measure {
  readonly name: string
  readonly ideal: "high" | "low" | "zero" | null
  readonly unit: "" | "ms" | "usd" | "tokens" | "choice"
  readonly decimals: number
  readonly rowDecimals: number
  readonly cellDecimals: number
}

/**
 * How a candidate compares with another in the first measure, computed from all rows: the mean difference with its interval (not
 * corrected for the number of comparisons) and the win rate with its own. `n` rows have both scores.
 *
 * @since 0.1.0
 */
export interface Pair {
  readonly n: number
  readonly difference: readonly [mean: number, low: number, high: number] | null
  readonly winRate: readonly [rate: number, low: number, high: number] | null
}

/**
 * What is known of a row for a candidate without its text: `.` has its scores, `u` lacks one, `b` was blocked, `e` has no answer, `-` was
 * not tried.
 *
 * @since 0.1.0
 */
export type State = "." | "u" | "b" | "e" | "-"

/**
 * The index. Rows are counted by their position in it; `rows` are their numbers in the dataset.
 *
 * **Details**
 *
 * - `values[measure][candidate][position]` is the mean over repeats of what is there, null when nothing is.
 * - `states[candidate]` has a `State` for each row, the worst of its repeats; `same` a 1 where all answers are equal.
 * - `chunkRows` rows of the dataset are in each chunk; `pairs[candidate][against]` is null on the diagonal.
 * - `planned` is the baseline of the run: only against it differences were tested.
 *
 * @since 0.1.0
 */
export interface Index {
  readonly runId: string
  readonly candidates: ReadonlyArray<string>
  readonly measures: ReadonlyArray<Measure>
  readonly planned: number
  readonly repeats: number
  readonly chunkRows: number
  readonly rows: ReadonlyArray<number>
  readonly ids: ReadonlyArray<string>
  readonly same: string
  readonly states: ReadonlyArray<string>
  readonly values: ReadonlyArray<ReadonlyArray<ReadonlyArray<number | null>>>
  readonly pairs: ReadonlyArray<ReadonlyArray<Pair | null>>
}

/**
 * The score of a metric as it is shown.
 *
 * @since 0.1.0
 */
export interface CellScore {
  readonly score: number | null
  readonly choice?: string
  readonly explanation?: string
  readonly judge?: string
  readonly scoredBy?: string
  readonly samples?: ReadonlyArray<number | string>
  readonly failedSamples?: ReadonlyArray<string>
  readonly costUsd?: string | null
  readonly error?: Problem
}

/**
 * Why something does not exist.
 *
 * @since 0.1.0
 */
export interface Problem {
  readonly tag: string
  readonly message?: string
  readonly billed?: string
}

/**
 * What became of a row for a candidate: its last attempt, what all attempts have cost, and how many there were. Amounts are US dollars as
 * decimal text, null when not known.
 *
 * @since 0.1.0
 */
export interface CellText {
  readonly candidate: number
  readonly repeat: number
  /** Where it is another one than that of the row. */
  readonly prompt?: string
  readonly response?: string
  readonly finishReason?: string
  readonly modelVersion?: string
  readonly tokens?: {
    readonly input: number
    readonly cached: number
    readonly output: number
    readonly thinking: number
  }
  readonly costUsd?: string | null
  readonly latencyMs?: number
  readonly scores: Readonly<Record<string, CellScore>>
  readonly sources?: ReadonlyArray<string>
  readonly safety?: ReadonlyArray<string>
  readonly error?: Problem
  readonly attempts: number
  readonly spent: { readonly generationUsd: string; readonly judgeUsd: string; readonly unknown: number }
}

/**
 * The texts of a row.
 *
 * @since 0.1.0
 */
export interface RowText {
  readonly row: number
  readonly id: string
  readonly prompt?: string
  readonly reference?: string
  readonly cells: ReadonlyArray<CellText>
}
