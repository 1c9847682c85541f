/**
 * How good the last answer of a conversation is.
 *
 * @since 0.1.0
 */
import * as Scale from "../Scale.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * `multi_turn_chat_quality`: 1 to 5, higher is better.
 *
 * @since 0.1.0
 */
export const multiTurnChatQuality: Criterion = {
  name: "multi_turn_chat_quality",
  definition:
    "You assess the quality of the last response of a conversation: how well it serves the user, given all that was said before.",
  criteria: {
    Memory: "It uses what was said before and does not ask for it again or contradict it.",
    Instructions: "It does what the last message asks for and keeps instructions of earlier turns that still hold.",
    Helpfulness: "It moves the user towards the goal of the conversation.",
    Groundedness: "It claims nothing that contradicts the conversation or is plainly false.",
    Tone: "It is natural, fitting and to the point."
  },
  ratingRubric: [
    ["5", "Very good: strong by every criterion."],
    ["4", "Good: helpful, with a minor weakness."],
    ["3", "Acceptable: helps in part, or overlooks something from earlier turns."],
    ["2", "Poor: overlooks or contradicts something important, or helps little."],
    ["1", "Very poor: out of place in this conversation."]
  ],
  evaluationSteps: [
    "Note what the user wants and which facts and instructions of earlier turns still hold.",
    "Check whether the response keeps to them.",
    "Judge how far it brings the user.",
    "Choose the rating whose meaning fits best."
  ],
  inputs: ["history", "prompt"],
  scale: Scale.oneToFive
}
