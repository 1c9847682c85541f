/**
 * Whether an answer does what the prompt asks for.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `instruction_following`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const instructionFollowing: Criterion = {
  name: "instruction_following",
  definition:
    "You assess instruction following: whether the response does everything that the prompt asks for, in the way it asks, and nothing that it forbids.",
  criteria: {
    Completeness: "Every task and sub-task of the prompt is carried out.",
    Constraints: "Requirements of format, length, language, tone and content are kept exactly.",
    Restraint: "Nothing is added that the prompt excludes or clearly does not want."
  },
  ratingRubric: [
    ["5", "Every instruction is followed exactly."],
    ["4", "All important instructions are followed; a minor one is kept only in part."],
    ["3", "The main task is done, but an instruction that matters is missed."],
    ["2", "Only part of the main task is done, or several instructions are missed."],
    ["1", "The response ignores the instructions or does something else."]
  ],
  evaluationSteps: [
    "List each instruction and constraint of the prompt, the implied ones too.",
    "For each, look for the place in the response that keeps or breaks it.",
    "Weigh what is missed by how much it matters to the person who asked.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["prompt"],
  scale: Scale.oneToFive
}
