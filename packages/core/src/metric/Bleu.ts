/**
 * `bleu` as Vertex AI's Gen AI evaluation service computes it: sacrebleu 1.x with the `intl` tokenizer, `exp` smoothing and four
 * orders, divided by 100. For the BLEU of the literature use `SacreBleu`.
 *
 * The service answers in single precision; this is the same number in double precision. Where no n-gram matches at all, the 1.x
 * rule gives a tiny number above 0; no published value shows what the service answers there.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as BleuStatistics from "./BleuStatistics.ts"
import * as BleuTokenizer from "./BleuTokenizer.ts"

/**
 * Scores a prediction in [0, 1]. Empty references are dropped; without any other the score is absent.
 *
 * `useEffectiveOrder` (default false, as in the service) leaves out the n-gram orders that are longer than the prediction; without
 * it, predictions of fewer than four tokens score 0.
 *
 * @since 0.1.0
 */
export const score = (
  prediction: string,
  references: ReadonlyArray<string>,
  options: { readonly useEffectiveOrder?: boolean } = {}
): Result.Result<number, Absent> => {
  const usable = references.filter((reference) => reference !== "")
  if (usable.length === 0) return absent("bleu", "MissingReference", "there is no reference, or only empty ones.")
  const tokens = (text: string) => BleuTokenizer.tokenize(text, "intl-v1")
  const statistics = BleuStatistics.ofSegment(tokens(prediction), usable.map(tokens), 4)
  const { score } = BleuStatistics.evaluate(statistics, {
    smoothMethod: "exp",
    smoothValue: undefined,
    effectiveOrder: options.useEffectiveOrder ?? false
  })
  return Result.succeed(score / 100)
}
