/**
 * Turns what `@google-cloud/vertexai` throws into reasons. Its classes are told apart by name, so that it is not loaded.
 *
 * Source: src/types/errors.ts, src/functions/post_fetch_processing.ts and post_request.ts of @google-cloud/vertexai 1.12.0.
 */
import * as Predicate from "effect/Predicate"
import * as VertexError from "../VertexError.ts"
import * as errorMapping from "./errorMapping.ts"
import { printable } from "./printable.ts"
import { fromTransport } from "./transportError.ts"

/** `ClientError` (4xx) and `GoogleGenerativeAIError` (5xx) hold status and JSON body in their message, and no headers. */
const refusal = /got status: (\d{3}) .*?\. (.*)$/s
/** What is left of a stream at its end: an error without `data:`, or half an event. */
const remainder = /Failed to parse final chunk of stream: (.*)$/s

export const failureOf = (thrown: unknown, resource: string): errorMapping.Failure => {
  if (!(thrown instanceof Error)) return fromTransport(thrown, "headers")
  const [, status, body] = refusal.exec(thrown.message) ?? []
  if (status !== undefined && body !== undefined) {
    return errorMapping.fromResponse({ status: Number(status), headers: {}, body, resource })
  }
  switch (thrown.name) {
    case "GoogleAuthError":
      return {
        reason: new VertexError.CredentialsMissing({ description: printable(innermost(thrown)) }),
        billed: "no"
      }
    case "ClientError":
      return {
        reason: new VertexError.InvalidRequest({
          description: printable(thrown.message),
          violations: []
        }),
        billed: "no"
      }
    case "GoogleGenerativeAIError":
      return fromClient(thrown)
  }
  // The network, after the headers.
  if (thrown.cause !== undefined) return fromTransport(thrown, "body")
  // An error page or an empty body: the client parses it before it looks at the status. Its message may quote content.
  return malformed("body", "the client could not parse it, and does not tell its HTTP status")
}

const fromClient = (thrown: Error): errorMapping.Failure => {
  const rest = remainder.exec(thrown.message)?.[1]
  if (rest !== undefined) return errorEvent(rest) ?? malformed("stream", "it ended in something that is no event")
  return thrown.cause === undefined
    ? malformed("stream", "the client could not parse an event")
    : fromTransport(thrown.cause, "headers")
}

const innermost = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message)

const malformed = (where: string, description: string): errorMapping.Failure => ({
  reason: new VertexError.MalformedResponse({ where, description }),
  billed: "unknown"
})

const errorEvent = (text: string): errorMapping.Failure | undefined => {
  try {
    return errorIn(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Reads the error that Vertex writes into a stream in place of an answer. */
export const errorIn = (event: unknown): errorMapping.Failure | undefined =>
  Predicate.hasProperty(event, "error") ? errorMapping.fromErrorObject(event) : undefined
