/**
 * What a route answers: one body, or a stream of JSON messages.
 *
 * Answers are computed whole before the first byte is written, so that a fault can cut, spoil or withhold any of it.
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
 * One body with its status.
 *
 * @since 0.1.0
 */
export interface Unary {
  readonly _tag: "Unary"
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: { readonly [name: string]: string }
  readonly bill?: Bill
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
}

/**
 * What a route answers.
 *
 * @since 0.1.0
 */
export type Answer = Streamed | Unary

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
