/**
 * Messages of a conversation.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Part from "./Part.ts"

/**
 * A message: its role (`user`, `model`; absent in system instructions) and its parts. Lenient, for answers.
 *
 * @since 0.1.0
 */
export const Content = Schema.Struct({
  role: Schema.optional(Schema.String),
  parts: Schema.optional(Schema.Array(Part.Part))
})

/**
 * A message: its role (`user`, `model`; absent in system instructions) and its parts.
 *
 * @since 0.1.0
 */
export type Content = typeof Content.Type

/**
 * A message as a request may hold it: a known role and at least one part with exactly one data field each.
 *
 * @since 0.1.0
 */
export const RequestContent = Schema.Struct({
  role: Schema.optional(Schema.Literals(["user", "model", "function"])),
  parts: Schema.NonEmptyArray(Part.RequestPart)
})

/**
 * What a call may be given: plain text, the parts of one user message, or a whole conversation.
 *
 * @since 0.1.0
 */
export type Input = string | Content | ReadonlyArray<Content>

/**
 * Makes a user message from text or parts.
 *
 * @since 0.1.0
 */
export const user = (input: string | ReadonlyArray<Part.Part>): Content => ({ role: "user", parts: toParts(input) })

/**
 * Makes a model message from text or parts, for few-shot examples and replayed conversations.
 *
 * @since 0.1.0
 */
export const model = (input: string | ReadonlyArray<Part.Part>): Content => ({ role: "model", parts: toParts(input) })

/**
 * Turns any input into the list of messages that is sent.
 *
 * @since 0.1.0
 */
export const fromInput = (input: Input): ReadonlyArray<Content> =>
  typeof input === "string" ? [user(input)] : isConversation(input) ? input : [input]

/**
 * Joins the visible text of a message; thoughts are left out. A message without text gives "".
 *
 * @since 0.1.0
 */
export const text = (content: Content | undefined): string => {
  let joined = ""
  for (const part of content?.parts ?? []) {
    if (part.text !== undefined && part.thought !== true) joined += part.text
  }
  return joined
}

const toParts = (input: string | ReadonlyArray<Part.Part>) => (typeof input === "string" ? [Part.text(input)] : input)

const isConversation = (input: Content | ReadonlyArray<Content>): input is ReadonlyArray<Content> =>
  Array.isArray(input)
