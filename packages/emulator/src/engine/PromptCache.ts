/**
 * The implicit cache: a prompt whose beginning the server has seen before pays less for it.
 *
 * The texts of a prompt (system instruction, tools, contents) are joined and cut into blocks of 4,096 characters, about 1,024 tokens. The tokens of the leading
 * blocks that the same model has seen in the same order count as cached, if they reach the model's minimum. The 20,000 newest blocks are remembered.
 *
 * @since 0.1.0
 */
import type { Model } from "../Models.ts"
import * as Hash from "./Hash.ts"
import * as Tokens from "./Tokens.ts"

const blockSize = 4096
const capacity = 20_000

/**
 * A server's implicit cache.
 *
 * @since 0.1.0
 */
export interface PromptCache {
  /** Gives the tokens that are served from the cache and remembers the prompt. */
  readonly use: (model: Model, texts: ReadonlyArray<string>) => number
  readonly clear: () => void
}

/**
 * Starts with an empty cache.
 *
 * @since 0.1.0
 */
export const make = (): PromptCache => {
  const seen = new Set<string>()
  const remember = (key: string) => {
    seen.delete(key)
    seen.add(key)
    const [oldest] = seen
    if (seen.size > capacity && oldest !== undefined) seen.delete(oldest)
  }
  return {
    use: (model, texts) => {
      const length = texts.reduce((sum, text) => sum + text.length, 0)
      if (length < blockSize) return 0
      const all = texts.join("\n")
      let hash = Hash.text(model.id)
      let check = 0
      let tokens = 0
      let unbroken = true
      for (let start = 0; start + blockSize <= all.length; start += blockSize) {
        const block = all.slice(start, start + blockSize)
        hash = Hash.text(block, hash)
        check = Hash.text(block, check ^ 0x9e3779b9)
        const key = `${hash}:${check}`
        unbroken &&= seen.has(key)
        if (unbroken) tokens += Tokens.count(block)
        remember(key)
      }
      return tokens >= model.minCacheTokens ? tokens : 0
    },
    clear: () => seen.clear()
  }
}
