/**
 * A request, understood once: who answers, what is asked, and how.
 *
 * @since 0.1.0
 */
import type { Model } from "../Models.ts"
import type { Content } from "../wire/Content.ts"
import type { GenerateRequest } from "../wire/ModelRequest.ts"
import * as Media from "./Media.ts"
import * as Safety from "./Safety.ts"
import * as Sampling from "./Sampling.ts"
import * as Task from "./Task.ts"

/**
 * A request, understood. `prompt` is the text of the last content with its markers, `asked` the same without.
 *
 * @since 0.1.0
 */
export interface Ask {
  readonly model: Model
  readonly request: GenerateRequest
  readonly settings: Sampling.Settings
  readonly prompt: string
  readonly asked: string
  readonly task: Task.Task
  readonly terse: boolean
}

const textOf = (content: Content | undefined): string =>
  (content?.parts ?? [])
    .flatMap((part) => (part.thought === true ? [] : (part.text ?? Media.inlineText(part) ?? [])))
    .join("\n")

/**
 * Understands a request. A prompt without a passage of its own is about what was said before. A system instruction that asks for terse, brief, concise or
 * short answers makes every answer one sentence.
 *
 * @since 0.1.0
 */
export const understand = (model: Model, request: GenerateRequest): Ask => {
  const contents = request.contents ?? []
  const prompt = textOf(contents.at(-1))
  const asked = Safety.withoutMarkers(prompt)
  const task = Task.understand(asked)
  const earlier = task.passage === "" ? Safety.withoutMarkers(contents.slice(0, -1).map(textOf).join("\n")).trim() : ""
  return {
    model,
    request,
    settings: Sampling.settings(request.generationConfig ?? {}),
    prompt,
    asked,
    task: earlier === "" ? task : { ...task, passage: earlier },
    terse: /\b(?:terse|brief|briefly|concise|concisely|short)\b/i.test(textOf(request.systemInstruction))
  }
}
