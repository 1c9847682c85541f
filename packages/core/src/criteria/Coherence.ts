/**
 * Whether an answer is one train of thought.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `coherence`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const coherence: Criterion = {
  name: "coherence",
  definition:
    "You assess coherence: whether the response is a single, orderly train of thought that a reader can follow from beginning to end.",
  criteria: {
    Order: "Ideas come in an order that the reader can follow; each sentence follows from what stands before it.",
    Connection: "Transitions say how one idea relates to the next; pronouns and references are clear.",
    Focus: "Everything serves the same point; nothing wanders off and nothing contradicts itself."
  },
  ratingRubric: [
    ["5", "Fully coherent: the order is evident, every connection is clear, nothing is out of place."],
    ["4", "Mostly coherent: one small gap or abrupt transition that does not disturb understanding."],
    ["3", "Partly coherent: the main line can be followed, but several connections must be guessed."],
    ["2", "Hardly coherent: the order seems arbitrary or parts contradict each other; the line is often lost."],
    ["1", "Incoherent: sentences do not form a train of thought."]
  ],
  evaluationSteps: [
    "Name the main point of the response.",
    "Go through it sentence by sentence and note where a connection is missing, unclear or contradictory.",
    "Weigh how much these places disturb a reader.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
