/**
 * Whether an answer reads like the text of a skilled writer.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `fluency`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const fluency: Criterion = {
  name: "fluency",
  definition:
    "You assess fluency: whether the language of the response is correct, natural and easy to read, whatever it says.",
  criteria: {
    Grammar: "Sentences are grammatical, with correct spelling and punctuation.",
    "Word choice": "Words are precise, idiomatic and fit the register.",
    Flow: "Sentences vary in form and are easy to read aloud."
  },
  ratingRubric: [
    ["5", "Fluent throughout: no errors, idiomatic, pleasant to read."],
    ["4", "Fluent with a slip: one or two small errors or stiff phrases."],
    ["3", "Readable: several errors or unnatural phrases, the meaning is always clear."],
    ["2", "Laborious: frequent errors, some sentences must be read twice."],
    ["1", "Not fluent: errors make much of the text hard or impossible to understand."]
  ],
  evaluationSteps: [
    "Read the response for its language only and ignore whether it is right.",
    "Note errors of grammar, spelling and punctuation, and phrases that a native writer would not use.",
    "Judge how much they slow a reader down.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
