/**
 * What a test layer answers: texts, replies, streamed chunks and failures, and the order in which they come.
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import type * as Part from "@genops/core/Part"
import * as Usage from "@genops/core/Usage"
import type * as Effect from "effect/Effect"
import * as ContentBlocked from "../ContentBlocked.ts"
import type * as GenerateBody from "../GenerateBody.ts"
import * as GenerateResponse from "../GenerateResponse.ts"
import type { GenerateError } from "../GenerativeModel.ts"
import * as VertexError from "../VertexError.ts"
import * as TokenRule from "./TokenRule.ts"

/**
 * The call that is being answered.
 *
 * @since 0.1.0
 */
export interface Target {
  readonly operation: string
  readonly model: string
  readonly inputTokens: number
}

/**
 * An answer that is a failure. Made by `fail` and `blocked`.
 *
 * @since 0.1.0
 */
export interface Failure<out E> {
  readonly _tag: "Failure"
  readonly error: (target: Target) => E
}

/**
 * An answer that arrives in pieces, and may break off. Made by `chunks`.
 *
 * @since 0.1.0
 */
export interface Chunks {
  readonly _tag: "Chunks"
  readonly deltas: ReadonlyArray<GenerateResponse.GenerateResponse>
  readonly end: Failure<VertexError.VertexError> | undefined
}

/**
 * What a call of `generate` or `stream` may be answered with. A string is a text with finish reason `STOP` and the usage of
 * `TokenRule`.
 *
 * @since 0.1.0
 */
export type Answer = string | GenerateResponse.GenerateResponse | Chunks | Failure<GenerateError>

/**
 * The answers of an operation: one for every call, a list with one for each call in order, or a function of the call.
 *
 * @since 0.1.0
 */
export type Script<A, E> =
  | A
  | ReadonlyArray<A>
  | ((
      configuration: ModelConfiguration.ModelConfiguration,
      input: Content.Input,
      callIndex: number
    ) => A | Effect.Effect<A, E>)

/**
 * Details of a reply. Tokens that are left out follow `TokenRule`.
 *
 * @since 0.1.0
 */
export interface ReplyOptions {
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly thinkingTokens?: number | undefined
  readonly cachedInputTokens?: number | undefined
  /** Default `STOP`. A filter's reason such as `SAFETY` makes the call fail with `ContentBlocked`, as a real one would. */
  readonly finishReason?: string | undefined
  readonly functionCalls?: ReadonlyArray<Part.FunctionCall> | undefined
  /** Parts after the text and the function calls. */
  readonly parts?: ReadonlyArray<Part.Part> | undefined
  /** Texts of further candidates, for `candidateCount`. */
  readonly alternatives?: ReadonlyArray<string> | undefined
  readonly grounding?: GenerateBody.GroundingMetadata | undefined
  /** Default `test/scripted`. */
  readonly modelVersion?: string | undefined
  /** Fields of the body that replace the ones made, such as `{ usageMetadata: undefined }`. */
  readonly body?: GenerateBody.GenerateBody | undefined
}

/**
 * The call of a reply that no layer has sent yet.
 *
 * @since 0.1.0
 */
export const unsent: GenerateResponse.CallInfo = { model: "", location: "", attempts: 1, latencyMs: 0 }

/**
 * Makes a whole answer. Its input tokens are filled in at the call when they are left out here.
 *
 * @since 0.1.0
 */
export const reply = (text: string, options: ReplyOptions = {}): GenerateResponse.GenerateResponse => {
  const {
    alternatives = [],
    finishReason = "STOP",
    functionCalls = [],
    grounding,
    modelVersion = "test/scripted"
  } = options
  const parts: ReadonlyArray<Part.Part> = [
    ...(text === "" ? [] : [{ text }]),
    ...functionCalls.map((functionCall) => ({ functionCall })),
    ...(options.parts ?? [])
  ]
  const written = [...parts, ...alternatives.map((text) => ({ text }))]
  const first: GenerateBody.Candidate = {
    content: { role: "model", parts },
    finishReason,
    ...(grounding === undefined ? {} : { groundingMetadata: grounding })
  }
  const usageMetadata: GenerateBody.UsageMetadata = {
    ...(options.inputTokens === undefined ? {} : { promptTokenCount: options.inputTokens }),
    ...(options.cachedInputTokens === undefined ? {} : { cachedContentTokenCount: options.cachedInputTokens }),
    ...(options.thinkingTokens === undefined ? {} : { thoughtsTokenCount: options.thinkingTokens }),
    candidatesTokenCount: options.outputTokens ?? written.reduce((total, part) => total + TokenRule.ofPart(part), 0)
  }
  const others = alternatives.map((text, index) => ({
    index: index + 1,
    content: { role: "model", parts: [{ text }] },
    finishReason: "STOP"
  }))
  const body = { candidates: [first, ...others], usageMetadata, modelVersion, ...options.body }
  return new GenerateResponse.GenerateResponse(body, unsent)
}

/**
 * Makes a streamed answer from pieces. Texts get the finish reason `STOP` and the usage with the last one; deltas made by `reply`
 * pass as they are. With `end` the stream breaks off with that failure after the last piece.
 *
 * @since 0.1.0
 */
export const chunks = (
  pieces: ReadonlyArray<string | GenerateResponse.GenerateResponse>,
  end?: Failure<VertexError.VertexError>
): Chunks => {
  const written = pieces.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("")
  const deltas = pieces.map((piece, index) => {
    if (typeof piece !== "string") return piece
    const isLast = end === undefined && index === pieces.length - 1
    return isLast ? reply(piece, { outputTokens: TokenRule.ofText(written) }) : delta(piece)
  })
  return { _tag: "Chunks", deltas, end }
}

const delta = (text: string) =>
  new GenerateResponse.GenerateResponse(
    { candidates: [{ content: { role: "model", parts: [{ text }] } }], modelVersion: "test/scripted" },
    unsent
  )

/** Reasons of requests that never left, or that Vertex refused before the model saw them. */
const free = new Set<VertexError.Reason["_tag"]>([
  "InvalidRequest",
  "CredentialsMissing",
  "Unauthenticated",
  "PermissionDenied",
  "NotFound",
  "Conflict",
  "ResourceExhausted"
])

/**
 * Makes a failure with any reason of `VertexError`, or with a `ContentBlocked`.
 *
 * `billed` follows the reason when it is left out: "no" for a refused request, "unknown" for one that may have
 * reached the model.
 *
 * @since 0.1.0
 */
export function fail(
  reason: VertexError.Reason,
  options?: { readonly billed?: VertexError.Billed | undefined }
): Failure<VertexError.VertexError>
export function fail(blocked: ContentBlocked.ContentBlocked): Failure<ContentBlocked.ContentBlocked>
export function fail(
  cause: VertexError.Reason | ContentBlocked.ContentBlocked,
  options: { readonly billed?: VertexError.Billed | undefined } = {}
): Failure<VertexError.VertexError | ContentBlocked.ContentBlocked> {
  if (cause._tag === "ContentBlocked") return { _tag: "Failure", error: () => cause }
  const billed = options.billed ?? (free.has(cause._tag) ? "no" : "unknown")
  return {
    _tag: "Failure",
    error: ({ model, operation }) =>
      new VertexError.VertexError({ operation, target: model, reason: cause, billed, attempts: [] })
  }
}

/**
 * Makes the failure of an answer that a filter stopped; with `blocked: "prompt"` the filter stopped the prompt.
 *
 * @since 0.1.0
 */
export const blocked = (
  reason = "SAFETY",
  options: {
    readonly blocked?: "prompt" | "candidate" | undefined
    readonly text?: string | undefined
    readonly description?: string | undefined
  } = {}
): Failure<ContentBlocked.ContentBlocked> => ({
  _tag: "Failure",
  error: ({ inputTokens, model }) =>
    new ContentBlocked.ContentBlocked({
      blocked: options.blocked ?? "candidate",
      reason,
      description: options.description ?? "",
      model,
      text: options.text ?? "",
      safetyRatings: [],
      usage: Usage.make({ inputTokens, outputTokens: TokenRule.ofText(options.text ?? ""), requests: 1 })
    })
})

/**
 * Makes a script whose first calls fail with the reason and whose later calls are answered.
 *
 * @since 0.1.0
 */
export const failTimes =
  <A>(times: number, reason: VertexError.Reason, then: A) =>
  (
    _configuration: ModelConfiguration.ModelConfiguration,
    _input: Content.Input,
    callIndex: number
  ): A | Failure<VertexError.VertexError> =>
    callIndex < times ? fail(reason) : then
