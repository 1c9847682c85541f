/**
 * Exact match and F1 of the SQuAD question-answering benchmark.
 *
 * Source: P. Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016; "Know what you don't
 * know", ACL 2018, and their evaluation scripts.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as TokenF1 from "./TokenF1.ts"
import * as Whitespace from "./Whitespace.ts"

/**
 * Both in [0, 1].
 *
 * @since 0.1.0
 */
export interface SquadScore {
  readonly exact: number
  readonly f1: number
}

/**
 * Normalises an answer: lower case, without ASCII punctuation, without the words a, an, the, words joined by single spaces.
 * Punctuation goes first, so "a-b" is one word. Articles are words by Unicode letters, digits and underscore.
 *
 * @since 0.1.0
 */
export const normalize = (answer: string): string =>
  Whitespace.words(
    answer
      .toLowerCase()
      .replace(/[!-/:-@[-`{-~]/g, "")
      .replace(/(?<![\p{L}\p{N}_])(?:an|a|the)(?![\p{L}\p{N}_])/gu, " ")
  ).join(" ")

/**
 * Scores a prediction against accepted answers and keeps the best of each measure. They differ on answers that are empty once
 * normalised: version `2.0` (default) gives F1 1 when both are empty, version `1.1` gives 0.
 *
 * SQuAD 2.0 writes an unanswerable question as the empty answer: pass `[""]`. Without any reference there is no score.
 *
 * @since 0.1.0
 */
export const score = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: { readonly version?: "1.1" | "2.0" } = {}
): Result.Result<SquadScore, Absent> => {
  if (references.length === 0) return absent("squad", "MissingReference", "there is no reference.")
  const predicted = normalize(prediction)
  const answers = references.map(normalize)
  const f1 = (answer: string): number => {
    const tokens = Whitespace.words(answer)
    const predictedTokens = Whitespace.words(predicted)
    if (tokens.length === 0 || predictedTokens.length === 0) {
      return options.version !== "1.1" && tokens.length === predictedTokens.length ? 1 : 0
    }
    return TokenF1.ofTokens(predictedTokens, tokens).f1
  }
  return Result.succeed({
    exact: answers.includes(predicted) ? 1 : 0,
    f1: Math.max(...answers.map(f1))
  })
}
