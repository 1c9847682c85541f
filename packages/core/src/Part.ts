/**
 * The pieces that a message consists of.
 *
 * The shapes are those of the Vertex AI wire format, so that a part travels unchanged from an answer into the next request;
 * `thoughtSignature` in particular must be sent back as it came.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content#Part
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Args = Schema.Record(Schema.String, Schema.Unknown)

/**
 * Bytes inside the request, base64 encoded. Keep the whole request below about 20 MB.
 *
 * @since 0.1.0
 */
export const Blob = Schema.Struct({
  mimeType: Schema.String,
  data: Schema.String,
  displayName: Schema.optional(Schema.String)
})

/**
 * A file by reference: `gs://…`, an https URL or a YouTube URL.
 *
 * @since 0.1.0
 */
export const FileData = Schema.Struct({ mimeType: Schema.optional(Schema.String), fileUri: Schema.String })

/**
 * A call of one of the declared functions, asked for by the model.
 *
 * @since 0.1.0
 */
export const FunctionCall = Schema.Struct({
  name: Schema.optional(Schema.String),
  args: Schema.optional(Args),
  id: Schema.optional(Schema.String),
  partialArgs: Schema.optional(Schema.Array(Args)),
  willContinue: Schema.optional(Schema.Boolean)
})

/**
 * A call of one of the declared functions, asked for by the model.
 *
 * @since 0.1.0
 */
export type FunctionCall = typeof FunctionCall.Type

/**
 * What a called function answered. By convention `response` has an `output` or an `error` key.
 *
 * @since 0.1.0
 */
export const FunctionResponse = Schema.Struct({
  name: Schema.String,
  response: Args,
  id: Schema.optional(Schema.String)
})

/**
 * One piece of a message: exactly one of the data fields, plus what describes it.
 *
 * @since 0.1.0
 */
export const Part = Schema.Struct({
  text: Schema.optional(Schema.String),
  inlineData: Schema.optional(Blob),
  fileData: Schema.optional(FileData),
  functionCall: Schema.optional(FunctionCall),
  functionResponse: Schema.optional(FunctionResponse),
  executableCode: Schema.optional(Schema.Struct({ language: Schema.String, code: Schema.String })),
  codeExecutionResult: Schema.optional(
    Schema.Struct({ outcome: Schema.String, output: Schema.optional(Schema.String) })
  ),
  thought: Schema.optional(Schema.Boolean),
  thoughtSignature: Schema.optional(Schema.String),
  videoMetadata: Schema.optional(
    Schema.Struct({
      startOffset: Schema.optional(Schema.String),
      endOffset: Schema.optional(Schema.String),
      fps: Schema.optional(Schema.Finite)
    })
  ),
  mediaResolution: Schema.optional(Schema.Struct({ level: Schema.String }))
})

/**
 * One piece of a message: exactly one of the data fields, plus what describes it.
 *
 * @since 0.1.0
 */
export type Part = typeof Part.Type

const dataFields = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult"
] as const

/**
 * A part as a request may hold it: exactly one data field. Answers are read with the more lenient `Part`.
 *
 * @since 0.1.0
 */
export const RequestPart = Part.check(
  Schema.makeFilter((part) => {
    const present = dataFields.filter((field) => part[field] !== undefined)
    return present.length === 1
      ? undefined
      : `a part holds exactly one of ${dataFields.join(", ")}, this one holds ${present.join(" and ") || "none"}`
  })
)

/**
 * Makes a text part.
 *
 * @since 0.1.0
 */
export const text = (text: string): Part => ({ text })

/**
 * Makes a part from base64 encoded bytes.
 *
 * @since 0.1.0
 */
export const inlineData = (mimeType: string, data: string): Part => ({ inlineData: { mimeType, data } })

/**
 * Makes a part that refers to a file, such as `gs://bucket/paper.pdf`.
 *
 * @since 0.1.0
 */
export const fileData = (mimeType: string, fileUri: string): Part => ({ fileData: { mimeType, fileUri } })

/**
 * Makes the part that answers a function call; pass the call itself so that its `id` travels back.
 *
 * @since 0.1.0
 */
export const functionResponse = (call: FunctionCall, response: Readonly<Record<string, unknown>>): Part => ({
  functionResponse: { name: call.name ?? "", response, ...(call.id === undefined ? {} : { id: call.id }) }
})
