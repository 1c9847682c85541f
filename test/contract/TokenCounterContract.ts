/** What every implementation of `TokenCounter` must show. */
import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Tool from "@genops/core/Tool"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isRefused, reasonOf, Sent, type Subject } from "./Subject.ts"

const question = "Name the capital of France, and say in which year it became the capital."
const systemInstruction = "Always respond in plain text only, and be brief."
const tools = [
  Tool.functions(
    Tool.declare({
      name: "get_weather",
      description: "Returns the weather of a city.",
      parameters: Schema.Struct({ city: Schema.String })
    })
  )
]
/** Counting and generating may differ by a few tokens when tools are declared. */
const tolerance = 8

export const suite = <E>(name: string, subject: Subject<E>): void => {
  const make = (settings: Partial<ModelConfiguration.ModelConfiguration> = {}) =>
    ModelConfiguration.make(subject.model, settings)
  const plain = make()
  const tokens = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input) =>
    Effect.map(TokenCounter.count(configuration, input), ({ totalTokens }) => totalTokens)

  layer(subject.layer, { excludeTestServices: true, timeout: "60 seconds" })(`TokenCounter contract: ${name}`, (it) => {
    it.effect("counts more for more text", () =>
      Effect.gen(function* () {
        const counts = yield* Effect.forEach([1, 10, 100], (times) => tokens(plain, "word ".repeat(times)))
        assert.isAbove(counts[0] ?? 0, 0)
        assert.isAbove(counts[1] ?? 0, counts[0] ?? 0)
        assert.isAbove(counts[2] ?? 0, 5 * (counts[1] ?? 0))
      })
    )

    it.effect("counts a text, a message and a conversation of one message alike", () =>
      Effect.gen(function* () {
        const message = Content.user(question)
        const counts = yield* Effect.forEach([question, message, [message]], (input) => tokens(plain, input))
        assert.strictEqual(new Set(counts).size, 1)
        assert.isAbove(yield* tokens(plain, [message, Content.model("Paris."), message]), counts[0] ?? 0)
      })
    )

    it.effect("includes the system instruction and the tools", () =>
      Effect.gen(function* () {
        const contents = yield* tokens(plain, question)
        const withSystem = yield* tokens(make({ systemInstruction }), question)
        const withTools = yield* tokens(make({ systemInstruction, tools }), question)
        assert.isAbove(withSystem, contents)
        assert.isAbove(withTools, withSystem)
      })
    )

    it.effect("agrees with the input tokens that a generation is billed", () =>
      Effect.forEach([plain, make({ systemInstruction }), make({ systemInstruction, tools })], (configuration) =>
        Effect.gen(function* () {
          const counted = yield* tokens(configuration, question)
          const { usage } = yield* GenerativeModel.generate(configuration, question)
          assert.approximately(usage?.inputTokens ?? 0, counted, tolerance)
        })
      )
    )

    it.effect("counts with settings, labels and filters that counting itself does not know", () =>
      Effect.gen(function* () {
        const configuration = make({
          generationConfig: { temperature: 0, maxOutputTokens: 10 },
          safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }],
          toolConfig: { functionCallingConfig: { mode: "AUTO" } },
          tools,
          labels: { team: "ml" }
        })
        assert.isAbove(yield* tokens(configuration, question), 0)
      })
    )

    it.effect("says the billable characters without white space, where it says them", () =>
      Effect.gen(function* () {
        const { billableCharacters = 6 } = yield* TokenCounter.count(plain, "a b\n c 👍 é")
        assert.include([5, 6], billableCharacters)
      })
    )

    it.effect("fails with NotFound for a model that does not exist", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(TokenCounter.count(ModelConfiguration.make("gemini-0.1-imaginary"), question))
        assert.strictEqual(reasonOf(error), "NotFound")
        assert.strictEqual(error.billed, "no")
      })
    )

    it.effect("refuses invalid configurations and contents before anything is sent", () =>
      Effect.gen(function* () {
        const sent = yield* Sent
        const before = yield* sent.total
        const violations = yield* Effect.forEach(
          [
            TokenCounter.count(make({ generationConfig: { temperature: 9 } }), question),
            TokenCounter.count(make({ generationConfig: JSON.parse('{ "temprature": 0.5 }') }), question),
            TokenCounter.count(plain, [])
          ],
          isRefused
        )
        assert.deepStrictEqual(violations.slice(0, 2), [
          ["generationConfig.temperature"],
          ["generationConfig.temprature"]
        ])
        assert.strictEqual(yield* sent.total, before)
      })
    )
  })
}
