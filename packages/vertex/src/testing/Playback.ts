/**
 * Plays a script: which answer comes next, and the bodies that it travels in.
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import type * as GenerateBody from "../GenerateBody.ts"
import type * as GenerateResponse from "../GenerateResponse.ts"
import type { Chunks, Script } from "./Script.ts"
import { reply } from "./Script.ts"

type Play<A, E> = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input,
  callIndex: number
) => A | Effect.Effect<A, E>

const isFunction = <A, E>(script: Script<A, E>): script is Play<A, E> => typeof script === "function"
const isList = <A>(script: A | ReadonlyArray<A>): script is ReadonlyArray<A> => Array.isArray(script)

/**
 * Returns the function that answers call after call. It dies when there is no script, or no answer is left in its list.
 *
 * @since 0.1.0
 */
export const player = <A, E>(
  operation: string,
  script: Script<A, E> | undefined
): ((configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) => Effect.Effect<A, E>) => {
  let next = 0
  return (configuration, input) =>
    Effect.suspend(() => {
      const callIndex = next++
      if (script === undefined) {
        const hint = `VertexTest.layer({ ${operation}: "an answer" })`
        return die(`"${operation}" was called for ${JSON.stringify(configuration.name)} and has no script: ${hint}.`)
      }
      if (isFunction(script)) {
        const answer = script(configuration, input, callIndex)
        return Effect.isEffect(answer) ? answer : Effect.succeed(answer)
      }
      if (!isList(script)) return Effect.succeed(script)
      const answer = script[callIndex]
      if (answer !== undefined) return Effect.succeed(answer)
      const more = "Add answers, or give one value (for every call) or a function of the call."
      return die(`"${operation}" was called ${callIndex + 1} times and its list has ${script.length} answers. ${more}`)
    })
}

const die = (message: string) => Effect.die(new Error(`VertexTest: ${message}`))

/**
 * Returns the bodies of an answer, input tokens filled in where a reply left them open: one, or one for each chunk.
 *
 * @since 0.1.0
 */
export const bodiesOf = (
  answer: string | GenerateResponse.GenerateResponse | Chunks,
  inputTokens: number
): ReadonlyArray<GenerateBody.GenerateBody> => {
  const replies = typeof answer === "string" ? [reply(answer)] : "deltas" in answer ? answer.deltas : [answer]
  return replies.map(({ body }) => {
    const usage = body.usageMetadata
    const isOpen = usage?.candidatesTokenCount !== undefined && usage.promptTokenCount === undefined
    if (!isOpen) return body
    const totalTokenCount = inputTokens + (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0)
    return { ...body, usageMetadata: { ...usage, promptTokenCount: inputTokens, totalTokenCount } }
  })
}

/**
 * Cuts a whole answer into the events of a stream: one for each word and other part, and a last one with everything else, such as
 * finish reason, grounding and usage.
 *
 * @since 0.1.0
 */
export const eventsOf = (body: GenerateBody.GenerateBody): ReadonlyArray<GenerateBody.GenerateBody> => {
  const { candidates = [], usageMetadata: _, ...shared } = body
  const pieces = candidates.flatMap(({ content, index }) =>
    (content?.parts ?? []).flatMap((part) =>
      part.text === undefined
        ? [{ index, part }]
        : wordsOf(part.text).map((text) => ({ index, part: { ...part, text } }))
    )
  )
  return [
    ...pieces.map(({ index, part }) => ({
      ...shared,
      candidates: [{ ...(index === undefined ? {} : { index }), content: { role: "model", parts: [part] } }]
    })),
    candidates.length === 0
      ? body
      : {
          ...body,
          candidates: candidates.map((candidate) => ({ ...candidate, content: { role: "model", parts: [] } }))
        }
  ]
}

const wordsOf = (text: string): ReadonlyArray<string> => text.match(/\S+\s*|\s+/gu) ?? []
