/**
 * TER: the share of words that an editor must insert, delete, substitute or move to turn a prediction into its reference.
 *
 * Source: M. Snover et al., "A study of translation edit rate with targeted human annotation", AMTA 2006. The search for moves
 * has the limits and the ranking of Tercom as reimplemented in sacrebleu: the score is what that greedy search finds.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import { Symbols } from "./Symbols.ts"
import * as TerTokenizer from "./TerTokenizer.ts"

/**
 * `score` in percent, 0 is perfect, above 100 is possible; the edits of the closest reference; the mean length of the references
 * in tokens (summed over the segments of a corpus).
 *
 * @since 0.1.0
 */
export interface TerScore {
  readonly score: number
  readonly numEdits: number
  readonly refLength: number
}

const MAX_MOVED_WORDS = 10
const MAX_MOVE_DISTANCE = 50
const MAX_CANDIDATES = 1000
const BEAM_WIDTH = 25
const INFINITE = 1e9

const KEEP = 0
const SUBSTITUTE = 1
const INSERT = 2
const DELETE = 3

/**
 * The edit distance table of a hypothesis against a reference, near the diagonal only: row i holds `band` columns from
 * `first(i)` on. Row 0, the distance of nothing from a prefix of the reference, is not stored.
 */
interface Table {
  readonly costs: Int32Array
  readonly operations: Uint8Array
  readonly band: number
  readonly beam: number
  readonly ratio: number
}

const emptyTable = (hypothesisLength: number, referenceLength: number): Table => {
  const ratio = hypothesisLength > 0 ? referenceLength / hypothesisLength : 1
  const beam = BEAM_WIDTH < ratio / 2 ? Math.ceil(ratio / 2 + BEAM_WIDTH) : BEAM_WIDTH
  const band = 2 * beam + 1
  const cells = (hypothesisLength + 1) * band
  return { costs: new Int32Array(cells), operations: new Uint8Array(cells), band, beam, ratio }
}

const first = ({ ratio, beam }: Table, row: number): number => Math.max(0, Math.floor(row * ratio) - beam)

/**
 * Fills the rows after `unchanged`, whose own row must be valid for this hypothesis, and returns the distance. Equal costs prefer
 * keeping or substituting, then deleting, then inserting.
 */
const fill = (hypothesis: Int32Array, reference: Int32Array, table: Table, unchanged: number): number => {
  const { costs, operations, band, beam, ratio } = table
  const n = hypothesis.length
  const width = reference.length + 1
  for (let i = unchanged + 1; i <= n; i++) {
    const from = first(table, i)
    const to = i === n ? width : Math.min(width, Math.floor(i * ratio) + beam)
    const row = i * band - from
    const rowAbove = (i - 1) * band - first(table, i - 1)
    const endAbove = i * band
    costs.fill(INFINITE, i * band, (i + 1) * band)
    let diagonal = INFINITE
    if (i === 1) diagonal = from - 1
    else if (from > first(table, i - 1)) diagonal = costs[rowAbove + from - 1] ?? INFINITE
    let left = INFINITE
    for (let j = from; j < to; j++) {
      const above = i === 1 ? j : rowAbove + j < endAbove ? (costs[rowAbove + j] ?? INFINITE) : INFINITE
      let cost = above + 1
      let operation = DELETE
      if (j > 0) {
        const same = hypothesis[i - 1] === reference[j - 1]
        const replaced = diagonal + (same ? 0 : 1)
        if (replaced <= cost) {
          cost = replaced
          operation = same ? KEEP : SUBSTITUTE
        }
        if (left + 1 < cost) {
          cost = left + 1
          operation = INSERT
        }
      }
      if (cost < INFINITE) {
        costs[row + j] = cost
        operations[row + j] = operation
      }
      diagonal = above
      left = Math.min(cost, INFINITE)
    }
  }
  return n === 0 ? reference.length : (costs[n * band + reference.length - first(table, n)] ?? INFINITE)
}

/** For each reference word the hypothesis word that it is aligned to (-1: before the first), and which words are wrong. */
const align = (hypothesis: Int32Array, reference: Int32Array, table: Table) => {
  const alignment = new Int32Array(reference.length)
  const wrongHypothesis = new Uint8Array(hypothesis.length)
  const wrongReference = new Uint8Array(reference.length)
  let i = hypothesis.length
  let j = reference.length
  while (i > 0 || j > 0) {
    const operation = i === 0 ? INSERT : table.operations[i * table.band + j - first(table, i)]
    if (operation !== INSERT) i--
    if (operation !== DELETE) j--
    if (operation !== KEEP) {
      if (operation !== INSERT) wrongHypothesis[i] = 1
      if (operation !== DELETE) wrongReference[j] = 1
    }
    // An inserted reference word belongs to the hypothesis word before it.
    if (operation !== DELETE) alignment[j] = operation === INSERT ? i - 1 : i
  }
  return { alignment, wrongHypothesis, wrongReference }
}

/** Moves `length` words from `start` so that they come before the word at `target`, in Tercom's reading of an overlap. */
const move = (words: Int32Array, start: number, length: number, target: number, into: Int32Array): void => {
  const moved = words.subarray(start, start + length)
  if (target < start) {
    into.set(words)
    into.set(moved, target)
    into.set(words.subarray(target, start), target + length)
  } else {
    const end = target > start + length ? target : Math.min(words.length, length + target)
    into.set(words)
    into.set(words.subarray(start + length, end), start)
    into.set(moved, end - length)
  }
}

interface Move {
  readonly gain: number
  readonly length: number
  readonly start: number
  readonly target: number
}

/** Highest gain first, then the longest, then the earliest, then the nearest to the start. */
const isBetter = (a: Move, b: Move): boolean =>
  a.gain !== b.gain
    ? a.gain > b.gain
    : a.length !== b.length
      ? a.length > b.length
      : a.start !== b.start
        ? a.start < b.start
        : a.target < b.target

const someSet = (flags: Uint8Array, start: number, length: number): boolean => {
  for (let i = start; i < start + length; i++) if (flags[i] === 1) return true
  return false
}

/** Edits that turn the hypothesis into the reference: moves found greedily, then the plain edit distance. */
const editsOf = (hypothesis: Int32Array, reference: Int32Array): number => {
  if (reference.length === 0) return hypothesis.length
  const n = hypothesis.length
  const base = emptyTable(n, reference.length)
  const trial = emptyTable(n, reference.length)
  const moved = new Int32Array(n)
  let words = hypothesis.slice()
  let distance = fill(words, reference, base, 0)
  let moves = 0
  let candidates = 0

  const tryMove = (start: number, length: number, target: number): Move => {
    move(words, start, length, target, moved)
    const unchanged = Math.min(start, target)
    // Row `unchanged` is the last that depends on unmoved words only: the trial goes on from there.
    trial.costs.set(base.costs.subarray(unchanged * base.band, (unchanged + 1) * base.band), unchanged * base.band)
    candidates++
    return { gain: distance - fill(moved, reference, trial, unchanged), length, start, target }
  }

  const bestMove = (): Move | undefined => {
    const { alignment, wrongHypothesis, wrongReference } = align(words, reference, base)
    let best: Move | undefined
    for (let start = 0; start < n; start++) {
      const nearest = Math.max(0, start - MAX_MOVE_DISTANCE)
      const last = Math.min(reference.length - 1, start + MAX_MOVE_DISTANCE)
      for (let at = nearest; at <= last; at++) {
        const longest = Math.min(MAX_MOVED_WORDS, n - start, reference.length - at)
        for (let length = 1; length <= longest && words[start + length - 1] === reference[at + length - 1]; length++) {
          // Worth trying only if words on both sides are wrong and the target is not the moved words themselves.
          if (!someSet(wrongHypothesis, start, length) || !someSet(wrongReference, at, length)) continue
          const aligned = alignment[at] ?? -1
          if (aligned >= start && aligned < start + length) continue
          let previous = -1
          for (let offset = -1; offset < length; offset++) {
            const target = at + offset === -1 ? 0 : (alignment[at + offset] ?? -1) + 1
            if (target === previous) continue
            previous = target
            const candidate = tryMove(start, length, target)
            if (best === undefined || isBetter(candidate, best)) best = candidate
          }
          if (candidates >= MAX_CANDIDATES) return best
        }
      }
    }
    return best
  }

  for (;;) {
    const best = bestMove()
    if (candidates >= MAX_CANDIDATES || best === undefined || best.gain <= 0) return moves + distance
    move(words, best.start, best.length, best.target, moved)
    words = moved.slice()
    distance = fill(words, reference, base, Math.min(best.start, best.target))
    moves++
  }
}

const MEASURE = "ter"

interface Edits {
  readonly edits: number
  readonly length: number
}

const segmentEdits = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: TerTokenizer.TerTokenizerOptions
): Edits => {
  const symbols = new Symbols<string>()
  const encode = (text: string) => symbols.encode(TerTokenizer.tokenize(text, options))
  const hypothesis = encode(prediction)
  const encoded = references.map(encode)
  return {
    edits: Math.min(...encoded.map((reference) => editsOf(hypothesis, reference))),
    length: encoded.reduce((sum, reference) => sum + reference.length, 0) / encoded.length
  }
}

const scoreOf = ({ edits, length }: Edits): TerScore => ({
  score: length > 0 ? 100 * (edits / length) : edits > 0 ? 100 : 0,
  numEdits: edits,
  refLength: length
})

/**
 * Scores one segment. Two empty texts score 0, words against empty references 100; without any reference there is no score.
 * Time is bounded by 1,000
 * candidate moves of about 50 steps a word each, memory is linear.
 *
 * @since 0.1.0
 */
export const sentence = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: TerTokenizer.TerTokenizerOptions = {}
): Result.Result<TerScore, Absent> =>
  references.length === 0
    ? absent(MEASURE, "MissingReference", "there is no reference.")
    : Result.succeed(scoreOf(segmentEdits(prediction, references, options)))

/**
 * Scores a corpus: edits over reference length, both summed. `references[i]` are the references of `predictions[i]`.
 *
 * @since 0.1.0
 */
export const corpus = (
  predictions: ReadonlyArray<string>,
  references: ReadonlyArray<ReadonlyArray<string>>,
  options: TerTokenizer.TerTokenizerOptions = {}
): Result.Result<TerScore, Absent> => {
  if (predictions.length !== references.length) {
    return absent(MEASURE, "InvalidInput", `${predictions.length} predictions, references for ${references.length}.`)
  }
  if (predictions.length === 0) return absent(MEASURE, "TooFewPoints", "the corpus has no segments.")
  let edits = 0
  let length = 0
  for (const [i, prediction] of predictions.entries()) {
    const own = references[i] ?? []
    if (own.length === 0) return absent(MEASURE, "MissingReference", `segment ${i} has no reference.`)
    const segment = segmentEdits(prediction, own, options)
    edits += segment.edits
    length += segment.length
  }
  return Result.succeed(scoreOf({ edits, length }))
}
