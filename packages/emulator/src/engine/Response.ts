/**
 * Writes what was generated as an answer: whole, or as the messages of a stream.
 *
 * In a stream each message carries only new text, cut at word borders into pieces of about 40 characters; calls and code travel in one part.
 * Messages before the last have usageMetadata with nothing but `trafficType`; the last has an empty text, the finish reason, the
 * metadata of the answer and the whole usage.
 *
 * @since 0.1.0
 */
import type {
  Candidate,
  GenerateContentResponse,
  ModalityTokenCount,
  Part,
  UsageMetadata
} from "../wire/GenerateContentResponse.ts"
import * as Draft from "./Draft.ts"
import type { Counted } from "./PromptTokens.ts"

/**
 * What was generated for a request.
 *
 * @since 0.1.0
 */
export interface Outcome {
  readonly drafts: ReadonlyArray<Draft.Draft>
  readonly promptFeedback: GenerateContentResponse["promptFeedback"] | undefined
  readonly prompt: Counted
  readonly cached: number
  readonly thoughts: number
  readonly toolUse: number
  /** Whether calls are streamed argument by argument. */
  readonly streamArguments: boolean
}

/**
 * What all messages of an answer share.
 *
 * @since 0.1.0
 */
export type Stamp = Pick<GenerateContentResponse, "createTime" | "modelVersion" | "responseId">

const text = (tokenCount: number): ReadonlyArray<ModalityTokenCount> => [{ modality: "TEXT", tokenCount }]

const when = <A extends object>(condition: boolean, fields: A): A | {} => (condition ? fields : {})

/**
 * The tokens of visible output. What a filter withheld is not billed.
 *
 * @since 0.1.0
 */
export const outputTokens = (outcome: Outcome): number =>
  outcome.drafts.reduce((sum, draft) => sum + (draft.withheld ? 0 : Draft.tokens(draft.parts)), 0)

/**
 * The usage of a call. Fields that would be 0 are absent.
 *
 * @since 0.1.0
 */
export const usage = (outcome: Outcome): UsageMetadata => {
  const { cached, prompt, thoughts, toolUse } = outcome
  const output = outputTokens(outcome)
  return {
    promptTokenCount: prompt.total,
    ...when(output > 0, { candidatesTokenCount: output }),
    totalTokenCount: prompt.total + output + toolUse + thoughts,
    ...when(cached > 0, { cachedContentTokenCount: cached }),
    trafficType: "ON_DEMAND",
    promptTokensDetails: prompt.details,
    ...when(cached > 0, { cacheTokensDetails: text(cached) }),
    ...when(output > 0, { candidatesTokensDetails: text(output) }),
    ...when(toolUse > 0, { toolUsePromptTokenCount: toolUse, toolUsePromptTokensDetails: text(toolUse) }),
    ...when(thoughts > 0, { thoughtsTokenCount: thoughts })
  }
}

const position = (index: number) => when(index > 0, { index })

const closing = (draft: Draft.Draft) => ({
  finishReason: draft.finishReason,
  ...when(draft.safetyRatings.length > 0, { safetyRatings: draft.safetyRatings }),
  ...draft.extras
})

const candidate = (draft: Draft.Draft, index: number): Candidate => ({
  ...position(index),
  ...when(!draft.withheld, {
    content: { role: "model", ...when(draft.parts.length > 0, { parts: draft.parts }) }
  }),
  ...closing(draft)
})

/**
 * The whole answer.
 *
 * @since 0.1.0
 */
export const whole = (outcome: Outcome, stamp: Stamp): GenerateContentResponse =>
  outcome.promptFeedback === undefined
    ? { candidates: outcome.drafts.map(candidate), usageMetadata: usage(outcome), ...stamp }
    : { promptFeedback: outcome.promptFeedback, usageMetadata: usage(outcome), ...stamp }

const textPieces = (part: Part & { readonly text: string }): ReadonlyArray<Part> => {
  const { text, ...rest } = part
  const pieces = text.match(/[\s\S]{1,40}(?:\s|$)|[\s\S]{1,40}/g) ?? [text]
  return pieces.map((piece, index) => {
    if (index === pieces.length - 1) return { ...rest, text: piece }
    return part.thought === true ? { text: piece, thought: true } : { text: piece }
  })
}

const callPieces = (call: NonNullable<Part["functionCall"]>, rest: Part): ReadonlyArray<Part> => {
  const piece = (partialArgs: { readonly [key: string]: unknown }): Part => ({
    functionCall: { partialArgs: [partialArgs], willContinue: true }
  })
  const { args = {}, ...named } = call
  const pieces = Object.entries(args).flatMap(([key, value]): ReadonlyArray<Part> => {
    const jsonPath = `$.${key}`
    if (typeof value === "string") {
      const middle = Math.ceil(value.length / 2)
      return [
        piece({ jsonPath, stringValue: value.slice(0, middle), willContinue: true }),
        piece({ jsonPath, stringValue: value.slice(middle), willContinue: true }),
        piece({ jsonPath, stringValue: "" })
      ]
    }
    if (typeof value === "number") return [piece({ jsonPath, numberValue: value })]
    if (typeof value === "boolean") return [piece({ jsonPath, boolValue: value })]
    return value === null
      ? [piece({ jsonPath, nullValue: "NULL_VALUE" })]
      : [piece({ jsonPath, stringValue: JSON.stringify(value) })]
  })
  return [{ ...rest, functionCall: { ...named, willContinue: true } }, ...pieces, { functionCall: {} }]
}

const pieces = (part: Part, streamArguments: boolean): ReadonlyArray<Part> => {
  const { functionCall, text, ...rest } = part
  if (text !== undefined) return textPieces({ ...rest, text })
  if (functionCall !== undefined && streamArguments) return callPieces(functionCall, rest)
  return [part]
}

const events = (draft: Draft.Draft, index: number, streamArguments: boolean): ReadonlyArray<Candidate> => {
  const deltas = draft.parts.flatMap((part) => pieces(part, streamArguments))
  const content = draft.withheld
    ? {}
    : { content: { role: "model" as const, ...when(deltas.length > 0, { parts: [{ text: "" }] }) } }
  return [
    ...deltas.map((part): Candidate => ({ ...position(index), content: { role: "model", parts: [part] } })),
    { ...position(index), ...content, ...closing(draft) }
  ]
}

/**
 * The messages of a streamed answer, in order; candidates follow one another.
 *
 * @since 0.1.0
 */
export const messages = (outcome: Outcome, stamp: Stamp): ReadonlyArray<GenerateContentResponse> => {
  if (outcome.promptFeedback !== undefined) return [whole(outcome, stamp)]
  const all = outcome.drafts.flatMap((draft, index) => events(draft, index, outcome.streamArguments))
  return all.map((event, index) => ({
    candidates: [event],
    usageMetadata: index === all.length - 1 ? usage(outcome) : { trafficType: "ON_DEMAND" },
    ...stamp
  }))
}
