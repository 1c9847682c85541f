/**
 * Safety thresholds as they arrive.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/SafetySetting
 *
 * @since 0.1.0
 */
import * as Decode from "./Decode.ts"

/**
 * The harm categories, in the order of their numbers.
 *
 * @since 0.1.0
 */
export const categories = [
  "HARM_CATEGORY_UNSPECIFIED",
  "HARM_CATEGORY_HATE_SPEECH",
  "HARM_CATEGORY_DANGEROUS_CONTENT",
  "HARM_CATEGORY_HARASSMENT",
  "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_CIVIC_INTEGRITY",
  "HARM_CATEGORY_IMAGE_HATE",
  "HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT",
  "HARM_CATEGORY_IMAGE_HARASSMENT",
  "HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_JAILBREAK"
] as const

/**
 * Reads a threshold for one category.
 *
 * @since 0.1.0
 */
export const decode = Decode.message("SafetySetting", {
  category: Decode.enumeration("HarmCategory", categories),
  threshold: Decode.enumeration("SafetySetting.HarmBlockThreshold", [
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF"
  ]),
  method: Decode.enumeration("SafetySetting.HarmBlockMethod", [
    "HARM_BLOCK_METHOD_UNSPECIFIED",
    "SEVERITY",
    "PROBABILITY"
  ])
})

/**
 * A threshold for one category as read.
 *
 * @since 0.1.0
 */
export type SafetySetting = NonNullable<ReturnType<typeof decode>>
