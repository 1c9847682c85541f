/**
 * Whether an answer is too long or too short.
 *
 * @since 0.1.0
 */
import type { Criterion } from "./Criterion.ts"

/**
 * `verbosity`: -2 to 2, 0 is ideal.
 *
 * @since 0.1.0
 */
export const verbosity: Criterion = {
  name: "verbosity",
  definition: "You assess verbosity: whether the length of the response fits what the prompt calls for.",
  criteria: {
    Completeness: "Nothing that the prompt calls for is missing for the sake of brevity.",
    Economy: "Nothing is repeated, padded or beside the point.",
    "Requested length": "A length that the prompt asks for is kept."
  },
  ratingRubric: [
    ["2", "Too long: much of it is repetition, padding or beside the point."],
    ["1", "Somewhat long: some of it could go without loss."],
    ["0", "Just right: everything needed and nothing more."],
    ["-1", "Somewhat short: a detail that is needed is missing."],
    ["-2", "Too short: essential content is missing."]
  ],
  evaluationSteps: [
    "Say what the prompt calls for, and at what length.",
    "Look for what is needed and missing.",
    "Look for what could be left out without loss.",
    "Choose the rating whose meaning fits best: negative is too short, positive too long; if both occur, rate what disturbs more."
  ],
  inputs: ["prompt"],
  scale: { min: -2, max: 2, ideal: "zero", integer: true }
}
