/**
 * Rates texts by words, and stops prompts and answers by the thresholds of the request.
 *
 * A rating is the highest level of which a phrase below occurs (in any case, as whole words), else NEGLIGIBLE. Only categories with a threshold other than
 * OFF are rated: OFF is Vertex's default. The prompt is stopped (`promptFeedback`, SAFETY) by words of its instruction, the answer
 * (finish reason SAFETY) by words of its own, which come from the passage.
 *
 * Markers order an outcome whatever the thresholds are; they are removed before the prompt is answered:
 * `emulator:block:REASON` stops the prompt, such as `emulator:block:PROHIBITED_CONTENT`; `emulator:finish:REASON` ends the answer so, such as
 * `emulator:finish:RECITATION`.
 *
 * @since 0.1.0
 */
import type { SafetySetting } from "../wire/SafetySetting.ts"
import { blockReasons, finishReasons } from "../wire/GenerateContentResponse.ts"
import type { FinishReason, GenerateContentResponse, SafetyRating } from "../wire/GenerateContentResponse.ts"

const levels = ["NEGLIGIBLE", "LOW", "MEDIUM", "HIGH"] as const
const scores = [0.05, 0.3, 0.62, 0.91]

/**
 * The phrases, by category and level LOW, MEDIUM, HIGH.
 *
 * @since 0.1.0
 */
export const phrases: { readonly [category: string]: readonly [string, string, string] } = {
  HARM_CATEGORY_HATE_SPEECH: ["inferior people", "subhuman", "exterminate them all"],
  HARM_CATEGORY_DANGEROUS_CONTENT: ["weapon", "explosive", "build a bomb"],
  HARM_CATEGORY_HARASSMENT: ["stupid", "worthless", "kill yourself"],
  HARM_CATEGORY_SEXUALLY_EXPLICIT: ["nude", "erotic", "explicit sex"]
}

const patterns = Object.entries(phrases).map(
  ([category, list]) => [category, list.map((phrase) => new RegExp(`\\b${phrase}s?\\b`, "i"))] as const
)

const weakest: { readonly [threshold: string]: number } = {
  BLOCK_LOW_AND_ABOVE: 1,
  BLOCK_MEDIUM_AND_ABOVE: 2,
  BLOCK_ONLY_HIGH: 3
}

const rating = (category: string, level: number, blocked: boolean): SafetyRating => ({
  category,
  probability: levels[level] ?? "NEGLIGIBLE",
  probabilityScore: scores[level] ?? 0,
  severity: `HARM_SEVERITY_${levels[level] ?? "NEGLIGIBLE"}`,
  severityScore: scores[level] ?? 0,
  ...(blocked ? { blocked: true as const } : {})
})

/**
 * Rates a text in every category that has a threshold other than OFF.
 *
 * @since 0.1.0
 */
export const rate = (text: string, settings: ReadonlyArray<SafetySetting> | undefined): ReadonlyArray<SafetyRating> =>
  patterns.flatMap(([category, list]) => {
    const threshold = settings?.find((setting) => setting.category === category)?.threshold ?? "OFF"
    if (threshold === "OFF" || threshold === "HARM_BLOCK_THRESHOLD_UNSPECIFIED") return []
    const level = list.findLastIndex((pattern) => pattern.test(text)) + 1
    return [rating(category, level, level >= (weakest[threshold] ?? Infinity))]
  })

/**
 * The beginning of a text that has no word of the blocking categories, ending before a word.
 *
 * @since 0.1.0
 */
export const before = (text: string, ratings: ReadonlyArray<SafetyRating>): string => {
  const blocking = patterns.filter(([category]) =>
    ratings.some((rated) => rated.category === category && rated.blocked)
  )
  const at = blocking.flatMap(([, list]) => list.map((pattern) => text.search(pattern)).filter((index) => index >= 0))
  return text.slice(0, Math.min(text.length, ...at))
}

const marker = /emulator:(block|finish):([A-Z_]+)/g

/**
 * Removes the markers from a text.
 *
 * @since 0.1.0
 */
export const withoutMarkers = (text: string): string =>
  text.includes("emulator:") ? text.replaceAll(marker, "").replaceAll(/ {2,}/g, " ").trim() : text

const marked = <A extends string>(text: string, kind: string, known: ReadonlyArray<A>): A | undefined => {
  for (const [, found, reason] of text.includes("emulator:") ? text.matchAll(marker) : []) {
    const value = known.find((candidate) => candidate === reason)
    if (found === kind && value !== undefined) return value
  }
  return undefined
}

/**
 * The finish reason that a marker orders.
 *
 * @since 0.1.0
 */
export const orderedFinish = (text: string): FinishReason | undefined => marked(text, "finish", finishReasons)

/**
 * The rating that goes with an ordered SAFETY finish.
 *
 * @since 0.1.0
 */
export const orderedRating: SafetyRating = rating("HARM_CATEGORY_DANGEROUS_CONTENT", 3, true)

/**
 * Says why a prompt is stopped, by marker or by the words of its instruction; undefined when it is answered.
 *
 * @since 0.1.0
 */
export const stopPrompt = (
  prompt: string,
  instruction: string,
  settings: ReadonlyArray<SafetySetting> | undefined
): GenerateContentResponse["promptFeedback"] => {
  const ordered = marked(prompt, "block", blockReasons)
  const ratings = rate(instruction, settings)
  const blocked = ratings.some((rated) => rated.blocked === true)
  if (ordered === undefined && !blocked) return undefined
  return {
    blockReason: ordered ?? "SAFETY",
    blockReasonMessage: "The prompt could not be submitted.",
    ...(blocked ? { safetyRatings: ratings } : {})
  }
}
