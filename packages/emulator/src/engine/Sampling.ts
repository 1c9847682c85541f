/**
 * Chooses among ranked things as a language model chooses among tokens: temperature, top-k, top-p, seed and penalties all count.
 *
 * The weight of a thing is `exp(z / temperature)`, z being its score in standard deviations from the best. Top-k keeps the k
 * heaviest, top-p the heaviest that together reach p. Temperature 0, top-k 1 and top-p 0 each leave the best one only, so nothing
 * is drawn. A chosen thing makes what resembles it less likely, by `redundancy` plus half the mean of both penalties.
 *
 * @since 0.1.0
 */
import type { GenerationConfig } from "../wire/GenerationConfig.ts"
import type { Random } from "./Random.ts"

/**
 * The settings that steer a choice.
 *
 * @since 0.1.0
 */
export interface Settings {
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly penalty: number
}

/**
 * The settings of a request, with a model's defaults: temperature 1, top-p 0.95, top-k 64, no penalty.
 *
 * @since 0.1.0
 */
export const settings = (config: GenerationConfig): Settings => ({
  temperature: config.temperature ?? 1,
  topP: config.topP ?? 0.95,
  topK: config.topK ?? 64,
  penalty: ((config.presencePenalty ?? 0) + (config.frequencyPenalty ?? 0)) / 4
})

/**
 * Says whether these settings leave nothing to chance.
 *
 * @since 0.1.0
 */
export const isGreedy = (settings: Settings): boolean =>
  settings.temperature < 0.01 || settings.topK < 2 || settings.topP <= 0

/**
 * Draws one index by weight; undefined when there is nothing to draw from. Ties go to the earlier index.
 *
 * @since 0.1.0
 */
export const draw = (scores: ReadonlyArray<number>, settings: Settings, random: Random): number | undefined => {
  let best: number | undefined
  scores.forEach((score, index) => {
    if (score !== -Infinity && (best === undefined || score > (scores[best] ?? -Infinity))) best = index
  })
  if (best === undefined || isGreedy(settings)) return best
  const finite = scores.filter((score) => score !== -Infinity)
  const mean = finite.reduce((sum, score) => sum + score, 0) / finite.length
  const deviation = Math.sqrt(finite.reduce((sum, score) => sum + (score - mean) ** 2, 0) / finite.length) || 1
  const highest = scores[best] ?? 0
  const heavy = scores
    .map((score, index) => ({ index, weight: Math.exp((score - highest) / deviation / settings.temperature) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight || left.index - right.index)
    .slice(0, Math.floor(settings.topK))
  const total = heavy.reduce((sum, { weight }) => sum + weight, 0)
  const nucleus: typeof heavy = []
  let reached = 0
  for (const item of heavy) {
    nucleus.push(item)
    reached += item.weight
    if (reached >= settings.topP * total) break
  }
  let left = random() * reached
  for (const item of nucleus) {
    left -= item.weight
    if (left < 0) return item.index
  }
  return nucleus.at(-1)?.index
}

/**
 * Draws `count` different indices, in the order drawn. `alike` says how much two things resemble each other, 0 to 1.
 *
 * @since 0.1.0
 */
export const choose = (
  scores: ReadonlyArray<number>,
  count: number,
  options: {
    readonly settings: Settings
    readonly random: Random
    readonly redundancy: number
    readonly alike: (left: number, right: number) => number
  }
): ReadonlyArray<number> => {
  const aversion = options.redundancy + options.settings.penalty
  const left = [...scores]
  const chosen: Array<number> = []
  while (chosen.length < count) {
    const next = draw(left, options.settings, options.random)
    if (next === undefined) break
    chosen.push(next)
    left[next] = -Infinity
    if (aversion !== 0) {
      left.forEach((score, index) => {
        if (score !== -Infinity) left[index] = score - aversion * options.alike(index, next)
      })
    }
  }
  return chosen
}
