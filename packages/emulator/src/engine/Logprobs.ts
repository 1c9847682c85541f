/**
 * Log probabilities for an answer's tokens. They are made up by a fixed rule, since an extractive engine has none: what matters is their shape.
 *
 * Each token gets -(hash mod 1000) / 2000, a fiftieth of it when nothing was left to chance. The alternatives of a token are other tokens of the same answer, each 1.5 less likely.
 *
 * @since 0.1.0
 */
import type { Candidate, TokenProbability } from "../wire/GenerateContentResponse.ts"
import * as Hash from "./Hash.ts"
import * as Tokens from "./Tokens.ts"

/** Size of the vocabulary that token ids are spread over. */
const vocabulary = 262_144

/**
 * A stable id for a token: its hash, at least 1 and below 262,144.
 *
 * @since 0.1.0
 */
export const tokenId = (token: string): number => 1 + (Hash.text(token) % (vocabulary - 1))

/**
 * The log probabilities of a text with `alternatives` candidates for each token, the chosen one among them. An empty text has none.
 *
 * @since 0.1.0
 */
export const of = (
  text: string,
  alternatives: number,
  greedy: boolean
): Pick<Candidate, "avgLogprobs" | "logprobsResult"> => {
  const pieces = Tokens.pieces(text)
  if (pieces.length === 0) return {}
  const chosenCandidates = pieces.map((token, index): TokenProbability => {
    const logProbability = -((Hash.text(token, index) % 1000) + 1) / (greedy ? 100_000 : 2000)
    return { token, tokenId: tokenId(token), logProbability }
  })
  const topCandidates = chosenCandidates.map((chosen, index) => ({
    candidates: Array.from({ length: Math.max(1, alternatives) }, (_, rank): TokenProbability => {
      const other = chosenCandidates[(index + rank * 7) % chosenCandidates.length] ?? chosen
      return rank === 0 ? chosen : { ...other, logProbability: chosen.logProbability - 1.5 * rank }
    })
  }))
  const sum = chosenCandidates.reduce((total, { logProbability }) => total + logProbability, 0)
  return { avgLogprobs: sum / chosenCandidates.length, logprobsResult: { topCandidates, chosenCandidates } }
}
