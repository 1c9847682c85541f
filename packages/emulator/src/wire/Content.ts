/**
 * A message of a conversation as it arrives.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content
 *
 * @since 0.1.0
 */
import * as Decode from "./Decode.ts"

const resolutions = [
  "MEDIA_RESOLUTION_UNSPECIFIED",
  "MEDIA_RESOLUTION_LOW",
  "MEDIA_RESOLUTION_MEDIUM",
  "MEDIA_RESOLUTION_HIGH",
  "MEDIA_RESOLUTION_ULTRA_HIGH"
] as const

/**
 * Reads how finely a picture or a video is looked at.
 *
 * @since 0.1.0
 */
export const mediaResolution = Decode.enumeration("GenerationConfig.MediaResolution", resolutions)

/**
 * The fields of a part of which exactly one is set.
 *
 * @since 0.1.0
 */
export const dataFields = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult"
] as const

const functionResponsePart = Decode.message("FunctionResponsePart", {
  inlineData: Decode.message("FunctionResponseBlob", {
    mimeType: Decode.string,
    data: Decode.bytes,
    displayName: Decode.string
  }),
  fileData: Decode.message("FunctionResponseFileData", {
    mimeType: Decode.string,
    fileUri: Decode.string,
    displayName: Decode.string
  })
})

const part = Decode.message(
  "Part",
  {
    text: Decode.string,
    inlineData: Decode.message("Blob", { mimeType: Decode.string, data: Decode.bytes, displayName: Decode.string }),
    fileData: Decode.message("FileData", {
      mimeType: Decode.string,
      fileUri: Decode.string,
      displayName: Decode.string
    }),
    functionCall: Decode.message("FunctionCall", {
      name: Decode.string,
      args: Decode.struct,
      id: Decode.string,
      partialArgs: Decode.list(Decode.struct),
      willContinue: Decode.bool
    }),
    functionResponse: Decode.message("FunctionResponse", {
      name: Decode.string,
      response: Decode.struct,
      id: Decode.string,
      parts: Decode.list(functionResponsePart),
      scheduling: Decode.string,
      willContinue: Decode.bool
    }),
    executableCode: Decode.message("ExecutableCode", {
      language: Decode.enumeration("ExecutableCode.Language", ["LANGUAGE_UNSPECIFIED", "PYTHON"]),
      code: Decode.string,
      id: Decode.string
    }),
    codeExecutionResult: Decode.message("CodeExecutionResult", {
      outcome: Decode.enumeration("CodeExecutionResult.Outcome", [
        "OUTCOME_UNSPECIFIED",
        "OUTCOME_OK",
        "OUTCOME_FAILED",
        "OUTCOME_DEADLINE_EXCEEDED"
      ]),
      output: Decode.string,
      id: Decode.string
    }),
    thought: Decode.bool,
    thoughtSignature: Decode.bytes,
    videoMetadata: Decode.message("VideoMetadata", {
      startOffset: Decode.duration,
      endOffset: Decode.duration,
      fps: Decode.float
    }),
    mediaResolution: Decode.message("Part.MediaResolution", { level: mediaResolution })
  },
  { oneof: dataFields }
)

/**
 * Reads a message.
 *
 * @since 0.1.0
 */
export const decode = Decode.message("Content", { role: Decode.string, parts: Decode.list(part) })

/**
 * A message as read: nothing is required here, `RequestRules` says what must be there.
 *
 * @since 0.1.0
 */
export type Content = NonNullable<ReturnType<typeof decode>>

/**
 * One piece of a message.
 *
 * @since 0.1.0
 */
export type Part = NonNullable<Content["parts"]>[number]
