/**
 * How good an answer is as a text, all in all.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `text_quality`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const textQuality: Criterion = {
  name: "text_quality",
  definition: "You assess text quality: how well the response serves the person who wrote the prompt, all in all.",
  criteria: {
    Instructions: "The response does what the prompt asks for.",
    Groundedness: "It claims nothing that contradicts the prompt or is plainly false.",
    Conciseness: "It says what is needed and no more.",
    Coherence: "It is an orderly train of thought.",
    Fluency: "Its language is correct and natural."
  },
  ratingRubric: [
    ["5", "Very good: strong by every criterion."],
    ["4", "Good: strong by most criteria, with a minor weakness."],
    ["3", "Acceptable: useful, with weaknesses by several criteria or a notable one."],
    ["2", "Poor: a serious weakness makes it of little use."],
    ["1", "Very poor: of no use to the person who asked."]
  ],
  evaluationSteps: [
    "Assess the response by each criterion separately.",
    "Ask which weaknesses the person who asked would notice first.",
    "Form an overall view; a failure to follow the instructions or a false claim weighs most.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
