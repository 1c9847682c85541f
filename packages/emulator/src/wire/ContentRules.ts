/**
 * What contents must hold beyond their shape: valid and alternating roles, filled parts, answers that follow calls.
 *
 * @since 0.1.0
 */
import type { Content, Part } from "./Content.ts"
import { dataFields } from "./Content.ts"

const reference = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"

const cannot = "Unable to submit request because"

/** Older samples give functions' answers a role of their own; it counts as the user's. */
const speaker = (role: string | undefined): string | undefined =>
  role === "function" || role === "tool" ? "user" : role

const calls = (content: Content | undefined): ReadonlyArray<Part> =>
  (content?.parts ?? []).filter((part) => part.functionCall !== undefined)

const answers = (content: Content | undefined): ReadonlyArray<Part> =>
  (content?.parts ?? []).filter((part) => part.functionResponse !== undefined)

function* partProblems(part: Part, path: string, isUser: boolean): Generator<string> {
  const set = dataFields.filter((field) => part[field] !== undefined)
  if (set.length !== 1) {
    yield `${cannot} ${path}.data: required oneof field 'data' must have one initialized field. ${reference}`
  }
  if (part.text === "" && isUser) {
    yield `${cannot} it has an empty text parameter. Add a value to the parameter and try again. ${reference}`
  }
  if (part.inlineData !== undefined && (part.inlineData.mimeType ?? "") === "") {
    yield `${cannot} it must have a mimeType parameter for inlineData. Add a mimeType and try again. ${reference}`
  }
  if (part.fileData !== undefined && !/^(?:gs|https?):\/\/\S+$/.test(part.fileData.fileUri ?? "")) {
    yield `Invalid resource URI: "${part.fileData.fileUri ?? ""}". A file is named by gs://bucket/object or by an https URL.`
  }
  const fps = part.videoMetadata?.fps
  if (fps !== undefined && (fps <= 0 || fps > 24)) {
    yield `${cannot} it has a videoMetadata.fps value of ${fps} but the supported range is from 0 (exclusive) to 24 (inclusive). Update the value and try again.`
  }
  if (part.functionResponse !== undefined && (part.functionResponse.name ?? "") === "") {
    yield `${cannot} ${path}.function_response.name: Name cannot be empty.`
  }
}

/**
 * Every problem of a request's contents, the first first.
 *
 * @since 0.1.0
 */
export function* problems(contents: ReadonlyArray<Content> | undefined, needsSignature: boolean): Generator<string> {
  if (contents === undefined || contents.length === 0) {
    yield `${cannot} at least one contents field is required. ${reference}`
    return
  }
  for (const [index, content] of contents.entries()) {
    const path = `contents[${index}]`
    const role = speaker(content.role)
    const roleIsValid = role === "user" || role === "model" || (role === undefined && contents.length === 1)
    if (!roleIsValid) yield "Please use a valid role: user, model."
    if (content.parts === undefined || content.parts.length === 0) {
      yield `${cannot} it must include at least one parts field, which describes the prompt input. ${reference}`
    }
    for (const [at, part] of (content.parts ?? []).entries()) {
      yield* partProblems(part, `${path}.parts[${at}]`, role !== "model")
    }
    const previous = contents[index - 1]
    if (previous !== undefined && speaker(previous.role) === role) {
      yield "Please ensure that multiturn requests alternate between user and model."
    }
    const answered = answers(content).length
    if (answered > 0 && calls(previous).length === 0) {
      yield "Please ensure that function response turn comes immediately after a function call turn."
    }
    if (answered > 0 && calls(previous).length !== answered) {
      yield "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
    }
    const first = calls(previous)[0]
    if (needsSignature && answered > 0 && index === contents.length - 1 && first?.thoughtSignature === undefined) {
      yield `Function call \`${first?.functionCall?.name ?? ""}\` in the ${index}. content block is missing a \`thought_signature\`. ${reference}`
    }
  }
}

/**
 * Every problem of a system instruction: it is text and nothing else.
 *
 * @since 0.1.0
 */
export function* systemProblems(instruction: Content | undefined): Generator<string> {
  if (instruction === undefined) return
  if (!(instruction.parts ?? []).every((part) => part.text !== undefined)) {
    yield `${cannot} the system instruction may have text parts only. ${reference}`
  }
}
