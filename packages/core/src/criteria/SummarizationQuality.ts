/**
 * How well an answer summarises the text in the prompt.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `summarization_quality`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const summarizationQuality: Criterion = {
  name: "summarization_quality",
  definition:
    "You assess summarization quality: how well the response summarises the text that the prompt contains, in the way the prompt asks for.",
  criteria: {
    Instructions: "Requirements of length, format, focus and audience are kept.",
    Faithfulness: "Everything in the summary is supported by the text; nothing is invented or distorted.",
    Coverage: "The points that matter most are there; details do not crowd them out.",
    Conciseness: "Nothing is repeated, nothing is padded.",
    Fluency: "It reads well on its own."
  },
  ratingRubric: [
    ["5", "Very good: faithful, complete in what matters, concise and as asked."],
    ["4", "Good: faithful and as asked, but a little long or without a secondary point."],
    ["3", "Acceptable: faithful in the main, but misses a point that matters or keeps much that does not."],
    ["2", "Poor: misses most of what matters, ignores an instruction, or has an unsupported claim."],
    ["1", "Very poor: misrepresents the text or is no summary."]
  ],
  evaluationSteps: [
    "Find the text to be summarised in the prompt and list its most important points.",
    "Check each statement of the response against the text.",
    "Check which important points are missing and what could be left out.",
    "Check the instructions, then choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
