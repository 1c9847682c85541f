/**
 * How much a model "thinks": a number of tokens that depends on the prompt only, and an honest note as its text.
 *
 * With P tokens of text in the prompt, rounded up: MINIMAL or budget 0: none. LOW: 8 + P/32, at most 64. MEDIUM: 16 + P/16, at most 256. HIGH: 32 + P/8,
 * at most 1,024. Budget -1: P/16, at most 128; so does, unasked, a model that thinks by default. A budget above 0: as HIGH, at most the budget.
 *
 * @since 0.1.0
 */
import type { Model } from "../Models.ts"
import type { GenerationConfig } from "../wire/GenerationConfig.ts"

/**
 * The thinking tokens of a call.
 *
 * @since 0.1.0
 */
export const tokens = (model: Model, config: GenerationConfig["thinkingConfig"], textTokens: number): number => {
  if (model.thinking.control === "none") return 0
  const by = (base: number, divisor: number, most: number) => Math.min(most, base + Math.ceil(textTokens / divisor))
  const dynamic = by(0, 16, 128)
  const high = by(32, 8, 1024)
  const budget = config?.thinkingBudget
  if (budget !== undefined) return budget < 0 ? dynamic : Math.min(budget, high)
  switch (config?.thinkingLevel) {
    case "MINIMAL":
      return 0
    case "LOW":
      return by(8, 32, 64)
    case "MEDIUM":
      return by(16, 16, 256)
    case "HIGH":
      return high
    default:
      return model.thinking.byDefault ? dynamic : 0
  }
}
