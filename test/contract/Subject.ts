/** What a contract suite needs to know about the implementation under test. */
import type * as ContentBlocked from "@genops/vertex/ContentBlocked"
import type * as GenerativeModel from "@genops/vertex/GenerativeModel"
import type * as TokenCounter from "@genops/vertex/TokenCounter"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"

/** How many requests have reached the service; a constant where it does not tell. */
export class Sent extends Context.Service<Sent, { readonly total: Effect.Effect<number> }>()(
  "@genops/test/contract/Sent"
) {}

export interface Subject<E> {
  readonly layer: Layer.Layer<GenerativeModel.GenerativeModel | TokenCounter.TokenCounter | Sent, E>
  /** A model that answers text, calls functions, writes JSON and searches. */
  readonly model: string
  /** A prompt that a filter blocks, and one whose answer a filter stops; undefined where none can be relied on. */
  readonly blockedPrompt?: string | undefined
  readonly stoppedAnswer?: string | undefined
}

/** The tag of the error, or of its reason when it is a `VertexError`. */
export const reasonOf = (error: GenerativeModel.GenerateError): string =>
  error._tag === "VertexError" ? error.reason._tag : error._tag

/** Expects a filter to stop the call. */
export const blocked = <A, R>(call: Effect.Effect<A, GenerativeModel.GenerateError, R>) =>
  Effect.map(Effect.flip(call), (error): ContentBlocked.ContentBlocked => {
    assert(error._tag === "ContentBlocked", error.message)
    return error
  })

/** Expects the call to be refused without costs, and returns the fields at fault. */
export const isRefused = <A, R>(call: Effect.Effect<A, GenerativeModel.GenerateError, R>) =>
  Effect.map(Effect.flip(call), (error): ReadonlyArray<string> => {
    assert(error._tag === "VertexError" && error.reason._tag === "InvalidRequest", error.message)
    assert.strictEqual(error.billed, "no")
    return error.reason.violations.map(({ field }) => field)
  })
