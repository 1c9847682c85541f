/**
 * The answer of a model, with what people want to read from it.
 *
 * @since 0.1.0
 */
import * as Content from "@genops/core/Content"
import * as Cost from "@genops/core/Cost"
import type * as Part from "@genops/core/Part"
import * as PriceTable from "@genops/core/PriceTable"
import * as Usage from "@genops/core/Usage"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as GenerateBody from "./GenerateBody.ts"

/**
 * A source that a grounded answer cites. `start` and `end` are byte offsets in the UTF-8 text of the answer.
 *
 * @since 0.1.0
 */
export interface Citation {
  readonly uri: string
  readonly title: string
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * How a call went: the model that was asked, where, the attempts it took and the milliseconds until the answer was complete.
 *
 * @since 0.1.0
 */
export const CallInfo = Schema.Struct({
  model: Schema.String,
  location: Schema.String,
  attempts: Schema.Int,
  latencyMs: Schema.Finite
})

/**
 * How a call went.
 *
 * @since 0.1.0
 */
export type CallInfo = typeof CallInfo.Type

/**
 * The answer of a model, or one delta of a streamed answer. `body` holds every field as it was sent; the getters read it.
 *
 * @since 0.1.0
 */
export class GenerateResponse {
  readonly body: GenerateBody.GenerateBody
  readonly call: CallInfo
  #usage: Usage.Usage | "unread" | undefined = "unread"

  constructor(body: GenerateBody.GenerateBody, call: CallInfo) {
    this.body = body
    this.call = call
  }

  /** All candidates; more than one with `candidateCount`. */
  get candidates(): ReadonlyArray<GenerateBody.Candidate> {
    return this.body.candidates ?? []
  }

  /** The parts of the first candidate. */
  get parts(): ReadonlyArray<Part.Part> {
    return this.candidates[0]?.content?.parts ?? []
  }

  /** The message of the first candidate, to be sent back as the next turn of a conversation. */
  get content(): Content.Content {
    return { role: "model", ...this.candidates[0]?.content }
  }

  /** The visible text of the first candidate, thoughts left out; "" when there is none. */
  get text(): string {
    return Content.text(this.candidates[0]?.content)
  }

  /** The text of the thoughts, when `includeThoughts` asked for them. */
  get thoughts(): string {
    return this.parts.map((part) => (part.thought === true ? (part.text ?? "") : "")).join("")
  }

  /** The function calls that the model asks for, in order. */
  get functionCalls(): ReadonlyArray<Part.FunctionCall> {
    return this.parts.flatMap((part) => part.functionCall ?? [])
  }

  /** Why the model stopped, as sent: `STOP`, `MAX_TOKENS`, …; undefined in the deltas of a stream before the last. */
  get finishReason(): string | undefined {
    return this.candidates[0]?.finishReason
  }

  /** Whether the answer was cut by `maxOutputTokens`. */
  get isTruncated(): boolean {
    return this.finishReason === "MAX_TOKENS"
  }

  /** Tokens of the call; undefined when the service did not say or said nonsense, and then a budget books the worst case. */
  get usage(): Usage.Usage | undefined {
    if (this.#usage === "unread") this.#usage = usageOf(this.body.usageMetadata)
    return this.#usage
  }

  /** The exact version that answered, such as `gemini-3.5-flash@20260519`; the emulator's start with `emulator/`. */
  get modelVersion(): string | undefined {
    return this.body.modelVersion
  }

  /** Where a grounded answer comes from. */
  get grounding(): GenerateBody.GroundingMetadata | undefined {
    return this.candidates[0]?.groundingMetadata
  }

  /** The sources of a grounded answer, one for each supported piece of text and source. */
  get citations(): ReadonlyArray<Citation> {
    const { groundingChunks: chunks = [], groundingSupports: supports = [] } = this.grounding ?? {}
    return supports.flatMap((support) =>
      (support.groundingChunkIndices ?? []).flatMap((index) => {
        const source = chunks[index]?.web ?? chunks[index]?.retrievedContext ?? chunks[index]?.maps
        if (source === undefined) return []
        const { endIndex = 0, startIndex = 0, text = "" } = support.segment ?? {}
        return [{ uri: source.uri ?? "", title: source.title ?? "", start: startIndex, end: endIndex, text }]
      })
    )
  }
}

// Events of a stream before the last hold the traffic type only.
const usageOf = (metadata: GenerateBody.UsageMetadata | undefined): Usage.Usage | undefined =>
  metadata?.promptTokenCount === undefined && metadata?.totalTokenCount === undefined
    ? undefined
    : Result.getOrUndefined(Usage.fromUsageMetadata(metadata))

// Checked, not decoded: decoding would drop the fields that are not known yet.
const Body = Schema.Unknown.pipe(Schema.refine(Schema.is(GenerateBody.GenerateBody)))

/**
 * Schema of an answer, for stores and durable steps: it writes the body as it was sent and reads it back, unknown fields too.
 *
 * @since 0.1.0
 */
export const FromJson = Schema.Struct({ body: Body, call: CallInfo }).pipe(
  Schema.decodeTo(
    Schema.instanceOf(GenerateResponse),
    SchemaTransformation.transform({
      decode: ({ body, call }) => new GenerateResponse(body, call),
      encode: ({ body, call }) => ({ body, call })
    })
  )
)

/**
 * The service did not say what a call used, so its cost is not known.
 *
 * @since 0.1.0
 */
export class UsageUnknown extends Schema.TaggedError<UsageUnknown>()("UsageUnknown", { model: Schema.String }) {
  override get message() {
    return `The answer of ${this.model} came without a usable token count: its cost is unknown, not zero.`
  }
}

/**
 * Prices a complete answer at the list price of its model and location today. Fails with `PriceUnknown`, or with `UsageUnknown`
 * when the service did not say what was used. The table is `PriceTable.Prices`.
 *
 * @since 0.1.0
 */
export const cost = Effect.fnUntraced(function* ({ call, usage }: GenerateResponse) {
  if (usage === undefined) return yield* new UsageUnknown({ model: call.model })
  const at = yield* DateTime.now
  const { location, model } = call
  const price = yield* Effect.fromResult(PriceTable.lookup(yield* PriceTable.Prices, { model, location, at }))
  return Cost.of(price, usage)
})

/**
 * Joins the deltas of a stream into the whole answer: texts of equal kind are appended, the last usage and finish reason win.
 * No deltas give an answer without candidates.
 *
 * @since 0.1.0
 */
export const collect = (deltas: ReadonlyArray<GenerateResponse>): GenerateResponse => {
  const candidates = new Map<number, GenerateBody.Candidate>()
  let body: GenerateBody.GenerateBody = {}
  let call: CallInfo = { model: "", location: "", attempts: 0, latencyMs: 0 }
  for (const delta of deltas) {
    call = delta.call
    const { candidates: _, usageMetadata, ...rest } = delta.body
    body = {
      ...body,
      ...rest,
      ...(delta.usage === undefined && body.usageMetadata !== undefined ? {} : { usageMetadata })
    }
    for (const candidate of delta.candidates) {
      const known = candidates.get(candidate.index ?? 0)
      const parts = [...(known?.content?.parts ?? []), ...(candidate.content?.parts ?? [])]
      candidates.set(candidate.index ?? 0, { ...known, ...candidate, content: { role: "model", parts } })
    }
  }
  const joined = [...candidates.values()].map((candidate) => ({
    ...candidate,
    content: { role: "model", parts: joinTexts(candidate.content?.parts ?? []) }
  }))
  return new GenerateResponse({ ...body, candidates: joined }, call)
}

const joinTexts = (parts: ReadonlyArray<Part.Part>): ReadonlyArray<Part.Part> => {
  const joined: Array<Part.Part> = []
  let pieces: Array<string> = []
  let open: Part.Part | undefined
  const close = () => {
    if (open !== undefined) joined.push({ ...open, text: pieces.join("") })
    open = undefined
    pieces = []
  }
  for (const part of parts) {
    if (part.text === undefined || (open !== undefined && open.thought !== part.thought)) close()
    if (part.text === undefined) joined.push(part)
    else {
      open = { ...open, ...part }
      pieces.push(part.text)
    }
  }
  close()
  return joined
}
