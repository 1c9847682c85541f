/**
 * Answers to prompts without a passage: an echo that was asked for, or an honest sentence that there is nothing to draw on.
 *
 * @since 0.1.0
 */
import type * as Random from "./Random.ts"
import * as Sampling from "./Sampling.ts"

const echoed =
  /^(?:please\s+)?(?:say|repeat|echo|(?:reply|answer|respond)\s+(?:only\s+)?with)\s*:?\s+["“']?(.{1,200}?)["”']?(?:\s+(?:and nothing else|only))?[.!]?$/i

/**
 * The text that "Say X", "Repeat X", "Echo X", "Reply with X", "Answer with X" or "Respond with X" asks for; undefined for every other prompt.
 *
 * @since 0.1.0
 */
export const echo = (prompt: string): string | undefined =>
  echoed.exec(prompt.slice(0, 400).replaceAll(/\s+/g, " ").trim())?.[1]

const templates: ReadonlyArray<(asked: string) => string> = [
  (asked) =>
    `This emulated model extracts answers from text that it is given, and there is none to draw on for: ${asked}`,
  (asked) => `No passage came with this request, so there is nothing to extract for: ${asked}`,
  (asked) => `An emulated model knows only what a prompt holds. This prompt holds no text about: ${asked}`,
  (asked) => `Nothing in this prompt can be quoted to answer: ${asked}`
]

/**
 * Says in one of four ways that there is nothing to draw on, with the beginning of the request. The ways are ranked in the order of the list and drawn like
 * sentences.
 *
 * @since 0.1.0
 */
export const nothing = (instruction: string, settings: Sampling.Settings, random: Random.Random): string => {
  const asked = instruction.slice(0, 1000).replaceAll(/\s+/g, " ").trim()
  const shown = asked.length > 120 ? `${[...asked].slice(0, 120).join("")}…` : asked
  const scores = templates.map((_, index) => 1 - index / 10)
  const chosen = templates[Sampling.draw(scores, settings, random) ?? 0]
  return chosen === undefined ? shown : chosen(shown)
}
