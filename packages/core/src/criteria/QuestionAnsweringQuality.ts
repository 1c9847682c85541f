/**
 * How well an answer answers the question in the prompt.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `question_answering_quality`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const questionAnsweringQuality: Criterion = {
  name: "question_answering_quality",
  definition: "You assess question answering quality: how well the response answers the question of the prompt.",
  criteria: {
    Correctness:
      "The answer is right; where the prompt gives a context, it agrees with it and claims nothing beyond it.",
    Completeness: "Every part of the question is answered, with the detail that it calls for.",
    Relevance: "It answers this question and leaves out what does not help.",
    Clarity: "The answer is easy to find and to understand."
  },
  ratingRubric: [
    ["5", "Very good: right, complete, to the point and clear."],
    ["4", "Good: right, with a minor omission or some unneeded text."],
    ["3", "Acceptable: right in the main, but incomplete or with a small error."],
    ["2", "Poor: an important error or a part of the question without an answer."],
    ["1", "Very poor: wrong, or no answer to the question."]
  ],
  evaluationSteps: [
    "State in your own words what is asked and, if there is a context, what it says about it.",
    "Compare the response with that, claim by claim.",
    "Check for parts that were not answered and for text that does not help.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
