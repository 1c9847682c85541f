/**
 * Safety thresholds of a request.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/configure-safety-filters
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The harm categories that accept a threshold.
 *
 * @since 0.1.0
 */
export const Category = Schema.Literals([
  "HARM_CATEGORY_HATE_SPEECH",
  "HARM_CATEGORY_DANGEROUS_CONTENT",
  "HARM_CATEGORY_HARASSMENT",
  "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_CIVIC_INTEGRITY",
  "HARM_CATEGORY_JAILBREAK",
  "HARM_CATEGORY_IMAGE_HATE",
  "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
  "HARM_CATEGORY_IMAGE_HARASSMENT",
  "HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT"
])

/**
 * From which likelihood of harm on an answer is blocked.
 *
 * @since 0.1.0
 */
export const Threshold = Schema.Literals([
  "BLOCK_LOW_AND_ABOVE",
  "BLOCK_MEDIUM_AND_ABOVE",
  "BLOCK_ONLY_HIGH",
  "BLOCK_NONE",
  "OFF"
])

/**
 * The threshold of one harm category.
 *
 * @since 0.1.0
 */
export const SafetySetting = Schema.Struct({
  category: Category,
  threshold: Threshold,
  method: Schema.optional(Schema.Literals(["SEVERITY", "PROBABILITY"]))
})

/**
 * The threshold of one harm category.
 *
 * @since 0.1.0
 */
export type SafetySetting = typeof SafetySetting.Type

/**
 * Applies one threshold to the four categories of text: hate speech, dangerous content, harassment, sexually explicit.
 *
 * @since 0.1.0
 */
export const all = (threshold: typeof Threshold.Type): ReadonlyArray<SafetySetting> =>
  (
    [
      "HARM_CATEGORY_HATE_SPEECH",
      "HARM_CATEGORY_DANGEROUS_CONTENT",
      "HARM_CATEGORY_HARASSMENT",
      "HARM_CATEGORY_SEXUALLY_EXPLICIT"
    ] as const
  ).map((category) => ({ category, threshold }))
