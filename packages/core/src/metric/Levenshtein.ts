/**
 * Edit distance of symbol sequences, 32 rows at a time in the bits of a word.
 *
 * Source: G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming", JACM 46(3),
 * 1999, in the form of H. Hyyrö, 2003.
 *
 * @since 0.1.0
 */

const WORD = 32

/**
 * The least number of insertions, deletions and substitutions that turn one sequence into the other. Symbols are integers in
 * `[0, vocabulary)`. Time is `rows * columns / 32`, memory `columns + vocabulary`.
 *
 * @since 0.1.0
 */
export const distance = (rows: Int32Array, columns: Int32Array, vocabulary: number): number => {
  if (rows.length === 0) return columns.length
  const masks = new Int32Array(vocabulary)
  // The difference that each column hands from one word to the next: +1, 0 or -1. Above the first row it is +1.
  const handed = new Int8Array(columns.length).fill(1)
  for (let start = 0; start < rows.length; start += WORD) {
    const word = rows.subarray(start, start + WORD)
    for (let bit = 0; bit < word.length; bit++) {
      const symbol = word[bit] ?? 0
      masks[symbol] = (masks[symbol] ?? 0) | (1 << bit)
    }
    const top = word.length - 1
    let positive = -1
    let negative = 0
    for (let k = 0; k < columns.length; k++) {
      const carry = handed[k] ?? 0
      const equal = masks[columns[k] ?? 0] ?? 0
      const vertical = equal | negative
      const withCarry = equal | (carry < 0 ? 1 : 0)
      const horizontal = ((((withCarry & positive) + positive) | 0) ^ positive) | withCarry
      let up = negative | ~(horizontal | positive)
      let down = positive & horizontal
      handed[k] = ((up >>> top) & 1) - ((down >>> top) & 1)
      up = (up << 1) | (carry > 0 ? 1 : 0)
      down = (down << 1) | (carry < 0 ? 1 : 0)
      positive = down | ~(vertical | up)
      negative = up & vertical
    }
    for (const symbol of word) masks[symbol] = 0
  }
  return handed.reduce((sum, difference) => sum + difference, rows.length)
}
