/** The contracts, kept by the test layer under a script that plays a model. */
import * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import { TokenRule, VertexTest } from "@genops/vertex/testing"
import * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as GenerativeModelContract from "./GenerativeModelContract.ts"
import { Sent, type Subject } from "./Subject.ts"
import * as TokenCounterContract from "./TokenCounterContract.ts"

const missing = ({ model }: ModelConfiguration.ModelConfiguration) =>
  model.includes("imaginary")
    ? VertexTest.fail(new VertexError.NotFound({ resource: model, description: "no such model", suggestions: [] }))
    : undefined

const France = "France won. 🏆 Thanks to Wikipedia."

const play = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input): VertexTest.Answer => {
  const { generationConfig, toolConfig, tools } = configuration
  const text = Content.fromInput(input).map(Content.text).join("\n")
  const notFound = missing(configuration)
  if (notFound !== undefined) return notFound
  if (text.includes("blocked prompt")) return VertexTest.blocked("SAFETY", { blocked: "prompt" })
  if (text.includes("stopped answer")) return VertexTest.reply("Step one: ", { finishReason: "SAFETY" })
  if (toolConfig?.functionCallingConfig?.mode === "ANY") {
    return VertexTest.reply("", { functionCalls: [{ name: "get_weather", args: { city: "Paris" }, id: "call-1" }] })
  }
  if (tools?.some(({ googleSearch }) => googleSearch !== undefined) === true) {
    const segment = { startIndex: 0, endIndex: 16, text: "France won. 🏆" }
    return VertexTest.reply(France, {
      grounding: {
        groundingChunks: [{ web: { uri: "https://example.org/cup", title: "World Cup" } }],
        groundingSupports: [{ segment, groundingChunkIndices: [0] }]
      }
    })
  }
  if (generationConfig?.responseJsonSchema !== undefined) return '{"city":"Paris"}'
  if (generationConfig?.maxOutputTokens !== undefined) {
    return VertexTest.reply("Once upon a time", { finishReason: "MAX_TOKENS" })
  }
  if (generationConfig?.candidateCount === 2) return VertexTest.reply("Paris.", { alternatives: ["It is Paris."] })
  return "The capital is Paris."
}

const scripted = VertexTest.layer({
  generate: play,
  count: (configuration, input) => missing(configuration) ?? TokenRule.ofRequest(configuration, input)
})

const sent = Layer.effect(
  Sent,
  Effect.map(VertexTest.VertexTest, ({ calls }) => ({ total: Effect.map(calls, (calls) => calls.length) }))
)

const subject: Subject<never> = {
  layer: Layer.provideMerge(sent, scripted),
  model: "gemini-3.5-flash",
  blockedPrompt: "This is the blocked prompt.",
  stoppedAnswer: "Give the stopped answer."
}

GenerativeModelContract.suite("VertexTest", subject)
TokenCounterContract.suite("VertexTest", subject)
