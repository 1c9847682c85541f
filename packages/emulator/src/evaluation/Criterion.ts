/**
 * Which heuristic stands for a judge, chosen by the words of the metric's template.
 *
 * @since 0.1.0
 */
import * as Heuristic from "./Heuristic.ts"
import * as MetricTemplate from "./MetricTemplate.ts"

/**
 * A heuristic with the name that explanations give it.
 *
 * @since 0.1.0
 */
export interface Criterion {
  readonly name: string
  readonly measure: Heuristic.Heuristic
}

const overall: Criterion = { name: "overall", measure: Heuristic.overall }

/**
 * The criteria by name.
 *
 * @since 0.1.0
 */
export const named = {
  answering: { name: "question answering", measure: Heuristic.answering },
  coherence: { name: "coherence", measure: Heuristic.coherence },
  fluency: { name: "fluency", measure: Heuristic.fluency },
  following: { name: "instruction following", measure: Heuristic.following },
  groundedness: { name: "groundedness", measure: Heuristic.groundedness },
  overall,
  safety: { name: "safety", measure: Heuristic.safety },
  similarity: { name: "similarity", measure: Heuristic.similarity },
  summarization: { name: "summarization", measure: Heuristic.summarization },
  verbosity: { name: "verbosity", measure: Heuristic.verbosity }
} as const satisfies { readonly [name: string]: Criterion }

const words: ReadonlyArray<readonly [RegExp, Criterion]> = [
  [/\bsafe(?:ty)?\b|\bharm(?:ful|less)?\b|\btoxic/i, named.safety],
  [/\bground(?:ed|edness|ing)\b|\bhallucinat|\bfaithful|\bfactual/i, named.groundedness],
  [/\bverbos|\bconcis|\bbrevity\b/i, named.verbosity],
  [/\bfluen|\bgramma/i, named.fluency],
  [/\bcoheren/i, named.coherence],
  [/\bsummari[sz]/i, named.summarization],
  [/\binstruction[- ]following\b|\bfollow(?:s|ed|ing)?(?: \w+)? instructions?\b|\bfulfil/i, named.following],
  [/\bquestion[- ]answering\b|\banswers? the question\b|\bcorrect(?:ness|ly)?\b|\brelevan/i, named.answering],
  [/\btext quality\b|\bchat quality\b|\boverall quality\b|\bquality of the last response\b/i, overall],
  [/\bsimilar|\bmatch(?:es)? the reference\b|\btranslation\b/i, named.similarity]
]

/**
 * The criterion whose words come first in a template; `overall` when it has none of them. The values that fill the template have no say.
 *
 * @since 0.1.0
 */
export const of = (template: string): Criterion => {
  const text = MetricTemplate.wording(template)
  let best = { at: Infinity, criterion: overall }
  for (const [pattern, criterion] of words) {
    const at = text.search(pattern)
    if (at >= 0 && at < best.at) best = { at, criterion }
  }
  return best.criterion
}
