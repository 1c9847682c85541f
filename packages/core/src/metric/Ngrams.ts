/**
 * Overlap of n-grams between sequences of symbols, the arithmetic that ROUGE-n, BLEU and chrF share.
 *
 * Symbols are dense integers (see `Symbols`). An n-gram is named by the pair of its (n-1)-gram prefix and its last symbol, so
 * that no n-gram is ever built as text: time and memory are linear in length times order.
 *
 * @since 0.1.0
 */
import { carve } from "./IntArrays.ts"
import { PairTable } from "./PairTable.ts"

/**
 * How many n-grams a sequence of the given length has: 0 when it is shorter than n.
 *
 * @since 0.1.0
 */
export const total = (length: number, order: number): number => Math.max(0, length - order + 1)

/**
 * Counts, for each order from 1 to `maxOrder`, the n-grams of `prediction` that also occur in a reference, each clipped to the
 * highest number of times that it occurs in any single reference. `matches[n - 1]` belongs to order n.
 *
 * Symbols must be integers in `[0, vocabulary)`. Empty sequences are allowed and match nothing.
 *
 * @since 0.1.0
 */
export const matches = (
  prediction: Int32Array,
  references: ReadonlyArray<Int32Array>,
  maxOrder: number,
  vocabulary: number
): ReadonlyArray<number> => {
  const positions = references.reduce((sum, reference) => sum + reference.length, 0)
  const ids = Math.max(vocabulary, positions)
  const take = carve((references.length > 1 ? 2 : 1) * ids + prediction.length + positions)
  const counts = take(ids)
  const own = references.length > 1 ? take(ids) : counts
  const predictionIds = take(prediction.length)
  predictionIds.set(prediction)
  const referenceIds = references.map((reference) => {
    const copy = take(reference.length)
    copy.set(reference)
    return copy
  })
  const table = new PairTable(maxOrder > 1 ? positions : 0)
  const result: Array<number> = []
  for (let order = 1; order <= maxOrder; order++) {
    const last = order - 1
    if (order > 1) {
      table.clear()
      counts.fill(0)
    }
    for (let r = 0; r < references.length; r++) {
      const symbols = references[r] ?? prediction
      const ids = referenceIds[r] ?? predictionIds
      const end = symbols.length - last
      for (let i = 0; i < end; i++) {
        // Index i + last is below symbols.length, so neither read is ever undefined.
        const id = order === 1 ? (ids[i] ?? 0) : table.intern(ids[i] ?? 0, symbols[i + last] ?? 0)
        ids[i] = id
        own[id] = (own[id] ?? 0) + 1
      }
      if (own !== counts) {
        for (let i = 0; i < end; i++) {
          const id = ids[i] ?? 0
          counts[id] = Math.max(counts[id] ?? 0, own[id] ?? 0)
        }
        for (let i = 0; i < end; i++) own[ids[i] ?? 0] = 0
      }
    }
    let hits = 0
    const end = prediction.length - last
    for (let i = 0; i < end; i++) {
      const prefix = predictionIds[i] ?? -1
      // An n-gram whose prefix is in no reference is in none either.
      const id = order === 1 || prefix < 0 ? prefix : table.find(prefix, prediction[i + last] ?? 0)
      predictionIds[i] = id
      if (id >= 0) {
        const left = counts[id] ?? 0
        if (left > 0) {
          counts[id] = left - 1
          hits++
        }
      }
    }
    result.push(hits)
  }
  return result
}
