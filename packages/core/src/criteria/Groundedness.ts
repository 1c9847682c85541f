/**
 * Whether an answer says only what the prompt supports.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `groundedness`: 0 or 1, 1 is good. The judge sees the prompt only: facts that a grounded model found by search count as
 * unsupported. For such answers see `CitationCoverage`.
 *
 * @since 0.1.0
 */
export const groundedness: Criterion = {
  name: "groundedness",
  definition:
    "You assess groundedness: whether everything that the response states as a fact is supported by the prompt. The prompt is the only source: facts from elsewhere count as unsupported, even if they are true.",
  criteria: {
    Support: "Every factual statement is stated in the prompt or follows directly from it.",
    Faithfulness: "Names, numbers, dates and relations are those of the prompt."
  },
  ratingRubric: [
    ["1", "Fully grounded: every factual statement is supported by the prompt."],
    ["0", "Not fully grounded: at least one factual statement is not supported by the prompt."]
  ],
  evaluationSteps: [
    "List the factual statements of the response; greetings, questions and opinions marked as such are none.",
    "For each, find the passage of the prompt that supports it.",
    "Rate 0 if at least one has none or differs from it, else 1."
  ],
  inputs: ["prompt"],
  scale: Scale.zeroOrOne
}
