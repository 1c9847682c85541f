/**
 * Longest common subsequences of symbol sequences, 30 rows at a time in the bits of a word.
 *
 * Source: H. Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004. Bit i of the vector after column j is 0 where
 * the LCS of the first i + 1 rows is longer than that of the first i. 30 bits keep sums inside small integers. Words are swept
 * one after the other over all columns, with the carry of each column kept, so memory is linear.
 *
 * @since 0.1.0
 */
import { carve } from "./IntArrays.ts"

const WORD = 30
const FULL = 2 ** WORD - 1

/**
 * The length of the longest common subsequence; 0 when a sequence is empty. Symbols are integers in `[0, vocabulary)`.
 * Time is `rows * columns / 30`, memory `columns + vocabulary`.
 *
 * @since 0.1.0
 */
export const length = (rows: Int32Array, columns: Int32Array, vocabulary: number): number => {
  const masks = new Int32Array(vocabulary)
  const carries = new Uint8Array(columns.length)
  let result = 0
  for (let start = 0; start < rows.length; start += WORD) {
    const word = rows.subarray(start, start + WORD)
    for (let bit = 0; bit < word.length; bit++) {
      const symbol = word[bit] ?? 0
      masks[symbol] = (masks[symbol] ?? 0) | (1 << bit)
    }
    let vector = FULL
    for (let k = 0; k < columns.length; k++) {
      const matched = vector & (masks[columns[k] ?? 0] ?? 0)
      const sum = vector + matched + (carries[k] ?? 0)
      carries[k] = sum >>> WORD
      vector = (sum | (vector & ~matched)) & FULL
    }
    for (let zeros = ~vector & FULL; zeros !== 0; zeros &= zeros - 1) result++
    for (const symbol of word) masks[symbol] = 0
  }
  return result
}

/** Words of backtracking state kept at once (16 MB); beyond it, columns are computed twice from checkpoints. */
const STATE_LIMIT = 2 ** 22

/**
 * Prepares a set of prediction sentences for ROUGE-Lsum. The returned function takes a reference sentence and marks with 1 each
 * of its positions that belongs to the LCS with at least one of the sentences. `nearest` is the index of the sentence to try
 * first, likely the most similar: it changes the time, not the marks.
 *
 * Of the possible LCS, the one is taken that Google's `rouge_score` reads out: walking back from the end, equal symbols are
 * matched; else the walk drops the sentence's symbol only if this alone keeps the length, and otherwise the reference's symbol.
 * The score depends on this choice. Time per reference sentence is linear in the prediction for up to 30 symbols; memory stays
 * below about 20 MB plus the square root of `rows * columns`, whatever the lengths.
 *
 * @since 0.1.0
 */
export const union = (
  sentences: ReadonlyArray<Int32Array>,
  vocabulary: number
): ((reference: Int32Array, nearest: number) => Uint8Array) => {
  const longest = sentences.reduce((most, sentence) => Math.max(most, sentence.length), 0)
  const take = carve(3 * vocabulary + 1 + 3 * longest)
  const present = take(vocabulary)
  for (const sentence of sentences) {
    for (let i = 0; i < sentence.length; i++) present[sentence[i] ?? 0] = 1
  }
  const masks = take(vocabulary + 1)
  /** 0 for a symbol that the reference does not have, else 1 + the number of its positions that are not yet marked. */
  const open = take(vocabulary)
  const columns = take(longest)
  const carries = take(longest)
  let stops = take(longest)

  return (reference, nearest) => {
    const marks = new Uint8Array(reference.length)
    const words = Math.ceil(reference.length / WORD)
    let unmarked = 0
    for (let i = 0; i < reference.length; i++) {
      const symbol = reference[i] ?? 0
      open[symbol] = Math.max(1, open[symbol] ?? 0) + 1
      unmarked += present[symbol] ?? 0
    }

    /** Marks what a sentence matches and returns how many marks are new. */
    const match = (sentence: Int32Array): number => {
      const count = layColumns(sentence, columns, open, vocabulary)
      if (count === 0) return 0
      const blockSize = count * words <= STATE_LIMIT ? count : Math.ceil(Math.sqrt(count))
      const blocks = Math.ceil(count / blockSize)
      const checkpoints = new Int32Array((blocks + 1) * words).fill(FULL)
      if (stops.length < blockSize * words) stops = new Int32Array(blockSize * words)

      /** Computes a block from its checkpoint: the next checkpoint, and where a walk going up has to stop in each column. */
      const sweep = (from: number, to: number, checkpoint: number): void => {
        carries.fill(0, from, to)
        for (let w = 0; w < words; w++) {
          const first = w * WORD
          const last = Math.min(first + WORD, reference.length)
          for (let i = first; i < last; i++) {
            const symbol = reference[i] ?? 0
            masks[symbol] = (masks[symbol] ?? 0) | (1 << (i - first))
          }
          let vector = checkpoints[checkpoint + w] ?? FULL
          for (let k = from; k < to; k++) {
            const mask = masks[columns[k] ?? 0] ?? 0
            const matched = vector & mask
            const sum = vector + matched + (carries[k] ?? 0)
            carries[k] = sum >>> WORD
            vector = (sum | (vector & ~matched)) & FULL
            stops[(k - from) * words + w] = mask | (~vector & FULL)
          }
          checkpoints[checkpoint + words + w] = vector
          for (let i = first; i < last; i++) masks[reference[i] ?? 0] = 0
        }
      }

      for (let block = 0; block < blocks - 1; block++) {
        sweep(block * blockSize, (block + 1) * blockSize, block * words)
      }
      let added = 0
      let row = reference.length - 1
      for (let block = blocks - 1; block >= 0 && row >= 0; block--) {
        const from = block * blockSize
        const to = Math.min(count, from + blockSize)
        sweep(from, to, block * words)
        for (let k = to - 1; k >= from && row >= 0; k--) {
          row = highest(stops, (k - from) * words, row)
          if (row < 0 || reference[row] !== columns[k]) continue
          if (marks[row] === 0) {
            marks[row] = 1
            added++
            const symbol = reference[row] ?? 0
            open[symbol] = (open[symbol] ?? 0) - 1
          }
          row--
        }
      }
      return added
    }

    const first = sentences[nearest]
    if (first !== undefined) unmarked -= match(first)
    for (let s = 0; s < sentences.length && unmarked > 0; s++) {
      const sentence = sentences[s]
      if (s !== nearest && sentence !== undefined) unmarked -= match(sentence)
    }
    for (let i = 0; i < reference.length; i++) open[reference[i] ?? 0] = 0
    return marks
  }
}

/**
 * Writes the symbols of a sentence as columns and returns how many there are: 0 when no new mark can come of it.
 *
 * Symbols outside the reference never match, but one of them still lets the walk go up before it meets the next symbol. A run of
 * them is the same as a single `blank`, and at the start of a sentence there is nothing left to walk to.
 */
const layColumns = (sentence: Int32Array, columns: Int32Array, open: Int32Array, blank: number): number => {
  let count = 0
  let useful = false
  let afterSymbol = false
  for (let i = 0; i < sentence.length; i++) {
    const symbol = sentence[i] ?? 0
    const state = open[symbol] ?? 0
    if (state > 0) {
      columns[count++] = symbol
      useful ||= state > 1
      afterSymbol = true
    } else if (afterSymbol) {
      columns[count++] = blank
      afterSymbol = false
    }
  }
  return useful ? count : 0
}

/** The highest set bit at or below `row` in the words that start at `offset`, or -1. */
const highest = (bits: Int32Array, offset: number, row: number): number => {
  let w = Math.trunc(row / WORD)
  let word = (bits[offset + w] ?? 0) & ((2 << (row - w * WORD)) - 1)
  while (word === 0 && w > 0) word = bits[offset + --w] ?? 0
  return word === 0 ? -1 : w * WORD + 31 - Math.clz32(word)
}
