/**
 * Tells what two texts have in common, word by word.
 *
 * Source: E. Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1, 1986: the greedy algorithm.
 *
 * @since 0.1.0
 */

/**
 * A stretch of text that both have, or only the first (`delete`) or the second (`insert`).
 *
 * @since 0.1.0
 */
export interface Part {
  readonly kind: "equal" | "delete" | "insert"
  readonly text: string
}

/**
 * Makes `diff`. Words are those of Unicode, so that languages without blanks have some too. Of all ways to get from the first text to the
 * second one, one with the fewest changed words is taken; short texts between two changes then count as changed, to read better.
 *
 * Beyond `most` changed words (2,000 when left out) the answer is undefined.
 *
 * @since 0.1.0
 */
export const make = () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "word" })
  const wordsOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)

  /** The furthest x on each diagonal k for every number of changes d, until both ends are reached. */
  const search = (a: ReadonlyArray<string>, b: ReadonlyArray<string>, most: number) => {
    const trace: Array<Int32Array> = []
    const limit = Math.min(a.length + b.length, most)
    let furthest = new Int32Array(0)
    for (let d = 0; d <= limit; d++) {
      // Diagonals -d-1..d+1: at d + 1 the neighbours of every diagonal are looked for; outside of it there are none.
      const now = new Int32Array(2 * d + 3)
      for (let k = -d; k <= d; k += 2) {
        const left = furthest[k - 1 + d] ?? -1
        const right = furthest[k + 1 + d] ?? -1
        let x = right > left ? right : left + 1
        while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
        now[k + d + 1] = x
        if (x >= a.length && x - k >= b.length) {
          trace.push(now)
          return trace
        }
      }
      trace.push(now)
      furthest = now
    }
    return undefined
  }

  const walk = (a: ReadonlyArray<string>, b: ReadonlyArray<string>, trace: ReadonlyArray<Int32Array>): Array<Part> => {
    const parts: Array<Part> = []
    let x = a.length
    let y = b.length
    for (let d = trace.length - 1; d > 0; d--) {
      const before = trace[d - 1] ?? new Int32Array(0)
      const k = x - y
      const left = before[k - 1 + d] ?? -1
      const right = before[k + 1 + d] ?? -1
      const down = right > left
      const fromX = down ? right : left
      const fromY = fromX - (down ? k + 1 : k - 1)
      const startX = down ? fromX : fromX + 1
      for (; x > startX; x--, y--) parts.push({ kind: "equal", text: a[x - 1] ?? "" })
      if (down) parts.push({ kind: "insert", text: b[fromY] ?? "" })
      else parts.push({ kind: "delete", text: a[fromX] ?? "" })
      x = fromX
      y = fromY
    }
    for (; x > 0; x--) parts.push({ kind: "equal", text: a[x - 1] ?? "" })
    return parts.toReversed()
  }

  /**
   * Joins neighbours. What two changes have between them belongs to them when it is short, and not longer than either: a text in which
   * every other word is marked cannot be read.
   */
  const tidy = (words: ReadonlyArray<Part>): ReadonlyArray<Part> => {
    // An equal text, and what is deleted and inserted after it.
    const runs: Array<{ equal: string; deleted: string; inserted: string }> = []
    for (const { kind, text } of words) {
      const last = runs.at(-1)
      const changed = last !== undefined && (last.deleted !== "" || last.inserted !== "")
      if (last === undefined || (kind === "equal" && changed)) runs.push({ equal: "", deleted: "", inserted: "" })
      const run = runs.at(-1)
      if (run === undefined) continue
      if (kind === "equal") run.equal += text
      else if (kind === "delete") run.deleted += text
      else run.inserted += text
    }
    const size = ({ deleted, inserted }: (typeof runs)[number]) => Math.max(deleted.length, inserted.length)
    const joined: typeof runs = []
    for (const run of runs) {
      const last = joined.at(-1)
      const isBetween = last !== undefined && size(last) > 0 && size(run) > 0
      if (isBetween && run.equal.length <= Math.min(15, size(last), size(run))) {
        last.deleted += run.equal + run.deleted
        last.inserted += run.equal + run.inserted
      } else joined.push({ ...run })
    }
    return joined.flatMap(({ deleted, equal, inserted }): ReadonlyArray<Part> =>
      [
        { kind: "equal" as const, text: equal },
        { kind: "delete" as const, text: deleted },
        { kind: "insert" as const, text: inserted }
      ].filter(({ text }) => text !== "")
    )
  }

  /** The fewest words to delete and to insert to get from one list of words to another; undefined for more than `most`. */
  const edits = (a: ReadonlyArray<string>, b: ReadonlyArray<string>, most: number): ReadonlyArray<Part> | undefined => {
    let start = 0
    while (start < a.length && start < b.length && a[start] === b[start]) start++
    let end = 0
    while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
    const middleA = a.slice(start, a.length - end)
    const middleB = b.slice(start, b.length - end)
    const trace = search(middleA, middleB, most)
    if (trace === undefined) return undefined
    const asEqual = (words: ReadonlyArray<string>) => words.map((text): Part => ({ kind: "equal", text }))
    return [...asEqual(a.slice(0, start)), ...walk(middleA, middleB, trace), ...asEqual(a.slice(a.length - end))]
  }

  const diff = (from: string, to: string, most = 2000): ReadonlyArray<Part> | undefined => {
    const found = edits(wordsOf(from), wordsOf(to), most)
    return found === undefined ? undefined : tidy(found)
  }

  return { edits, diff }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Diff = ReturnType<typeof make>
