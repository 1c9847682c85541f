/**
 * What a route answers: one body, or a stream of JSON messages.
 *
 * Answers are known whole before the first byte is written, so that a fault can cut, spoil or withhold any of it; the bytes of a large body
 * may lie in a file until they are sent.
 *
 * @since 0.1.0
 */
import type { GoogleError } from "../wire/GoogleError.ts"

/**
 * The tokens that a call is billed for, by model.
 *
 * @since 0.1.0
 */
export interface Bill {
  readonly model: string
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly thoughts: number
}

/**
 * A remote job that a call has created: what is paid for even when the answer is lost. `tokens` are those that it is billed for.
 *
 * @since 0.1.0
 */
export interface Created {
  readonly name: string
  readonly displayName?: string
  readonly labels: { readonly [key: string]: string }
  readonly model: string
  readonly tokens: number
}

/**
 * Bytes that are read while they are sent. `close` comes once, after the last reading.
 *
 * @since 0.1.0
 */
export interface Source {
  readonly length: number
  readonly read: (start: number, end: number) => Buffer
  readonly close: () => void
}

/**
 * One body with its status.
 *
 * @since 0.1.0
 */
export interface Unary {
  readonly _tag: "Unary"
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer | Source
  readonly headers?: { readonly [name: string]: string }
  readonly bill?: Bill
  /** What else is billed, for other models. */
  readonly bills?: ReadonlyArray<Bill>
  readonly created?: Created
}

/**
 * A stream of JSON messages: server-sent events (`sse`) or the elements of one JSON array. `final` names the last message's finish.
 *
 * @since 0.1.0
 */
export interface Streamed {
  readonly _tag: "Streamed"
  readonly framing: "array" | "sse"
  readonly messages: ReadonlyArray<string>
  readonly bill?: Bill
  readonly bills?: undefined
  readonly created?: undefined
}

/**
 * What a route answers.
 *
 * @since 0.1.0
 */
export type Answer = Streamed | Unary

/**
 * Whether a body is read while it is sent.
 *
 * @since 0.1.0
 */
export const isSource = (body: Unary["body"]): body is Source => typeof body === "object" && !Buffer.isBuffer(body)

/**
 * Lets go of what an answer is read from. Every answer is released once, also one that is not sent.
 *
 * @since 0.1.0
 */
export const release = (answer: Answer): void => {
  if (answer._tag === "Unary" && isSource(answer.body)) answer.body.close()
}

/**
 * Answers with JSON.
 *
 * @since 0.1.0
 */
export const json = (value: unknown, status = 200): Unary => ({
  _tag: "Unary",
  status,
  contentType: "application/json; charset=UTF-8",
  body: JSON.stringify(value)
})

/**
 * Answers with an error in Google's shape.
 *
 * @since 0.1.0
 */
export const error = (error: GoogleError): Unary => json(error, error.error.code)

/**
 * Answers with a page, as Google's front end does for what never reached a service.
 *
 * @since 0.1.0
 */
export const page = (body: string, status: number): Unary => ({
  _tag: "Unary",
  status,
  contentType: "text/html; charset=UTF-8",
  body
})
