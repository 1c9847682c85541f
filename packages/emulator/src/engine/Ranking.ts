/**
 * Scores for the sentences of a text: higher is more worth saying. All scores of a ranking lie between 0 and 1.
 *
 * @since 0.1.0
 */
import * as Words from "./Words.ts"

/** The graph has an edge for each pair, so a long text is first thinned to this many sentences. */
const graphLimit = 150

const scale = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
  const highest = Math.max(0, ...scores)
  return highest === 0 ? scores.map(() => 0) : scores.map((score) => Math.max(0, score) / highest)
}

/**
 * Scores by position: the first sentence highest. An empty list gives an empty list.
 *
 * @since 0.1.0
 */
export const lead = (sentences: ReadonlyArray<string>): ReadonlyArray<number> =>
  sentences.map((_, index) => 1 / (index + 1))

/**
 * Scores by closeness to the text as a whole: the mean frequency of a sentence's content words. Linear in the text.
 *
 * @since 0.1.0
 */
export const centroid = (sentences: ReadonlyArray<string>): ReadonlyArray<number> => {
  const words = sentences.map(Words.content)
  const frequency = new Map<string, number>()
  for (const list of words) for (const word of new Set(list)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  return scale(
    words.map((list) =>
      list.length === 0 ? 0 : list.reduce((sum, word) => sum + (frequency.get(word) ?? 0), 0) / (list.length + 3)
    )
  )
}

/**
 * How much two lists of content words share: words in common over the logarithms of the lengths, as TextRank defines it.
 *
 * @since 0.1.0
 */
export const similarity = (left: ReadonlySet<string>, right: ReadonlySet<string>): number => {
  if (left.size === 0 || right.size === 0) return 0
  const [small, large] = left.size < right.size ? [left, right] : [right, left]
  let common = 0
  for (const word of small) if (large.has(word)) common++
  return common / (Math.log(left.size + 1) + Math.log(right.size + 1))
}

/**
 * Scores by TextRank: PageRank (damping 0.85, at most 30 rounds) over the graph of sentence similarity.
 * Of more than 150 sentences only the 150 nearest to the whole text compete; the others score 0.
 *
 * Source: Mihalcea and Tarau, "TextRank: Bringing Order into Texts", EMNLP 2004
 *
 * @since 0.1.0
 */
export const textRank = (sentences: ReadonlyArray<string>): ReadonlyArray<number> => {
  const all = sentences.map((_, index) => index)
  const near = centroid(sentences)
  const kept =
    all.length <= graphLimit
      ? all
      : all.toSorted((left, right) => (near[right] ?? 0) - (near[left] ?? 0) || left - right).slice(0, graphLimit)
  const words = kept.map((index) => new Set(Words.content(sentences[index] ?? "")))
  const size = kept.length
  const weight = new Float64Array(size * size)
  const total = new Float64Array(size)
  words.forEach((left, row) =>
    words.forEach((right, column) => {
      if (column <= row) return
      const shared = similarity(left, right)
      weight[row * size + column] = shared
      weight[column * size + row] = shared
      total[row] = (total[row] ?? 0) + shared
      total[column] = (total[column] ?? 0) + shared
    })
  )
  let rank = new Float64Array(size).fill(1)
  for (let round = 0; round < 30; round++) {
    const next = new Float64Array(size).fill(0.15)
    let change = 0
    for (let row = 0; row < size; row++) {
      const out = total[row] ?? 0
      if (out === 0) continue
      const share = (0.85 * (rank[row] ?? 0)) / out
      for (let column = 0; column < size; column++) {
        next[column] = (next[column] ?? 0) + share * (weight[row * size + column] ?? 0)
      }
    }
    for (let row = 0; row < size; row++) change = Math.max(change, Math.abs((next[row] ?? 0) - (rank[row] ?? 0)))
    rank = next
    if (change < 1e-4) break
  }
  const scores = sentences.map(() => 0)
  kept.forEach((index, row) => {
    scores[index] = rank[row] ?? 0
  })
  return scale(scores)
}

/**
 * Scores by a question: the sum of the rarity of the question's content words that a sentence holds (BM25 without length), 0 for none.
 *
 * @since 0.1.0
 */
export const query = (sentences: ReadonlyArray<string>, question: string): ReadonlyArray<number> => {
  const wanted = new Set(Words.content(question))
  const words = sentences.map((sentence) => new Set(Words.content(sentence)))
  const holding = new Map<string, number>()
  for (const set of words) for (const word of wanted) if (set.has(word)) holding.set(word, (holding.get(word) ?? 0) + 1)
  return scale(
    words.map((set) => {
      let score = 0
      for (const word of wanted) {
        if (set.has(word)) score += Math.log(1 + sentences.length / (holding.get(word) ?? 1))
      }
      return score
    })
  )
}
