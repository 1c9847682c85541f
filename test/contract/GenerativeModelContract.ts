/** What every implementation of `GenerativeModel` must show. */
import * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Part from "@genops/core/Part"
import * as SafetySetting from "@genops/core/SafetySetting"
import * as Tool from "@genops/core/Tool"
import * as Usage from "@genops/core/Usage"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { blocked, isRefused, reasonOf, Sent, type Subject } from "./Subject.ts"

const question = "Name the capital of France."

const weather = Tool.declare({
  name: "get_weather",
  description: "Returns the weather of a city.",
  parameters: Schema.Struct({ city: Schema.String })
})

/** The bytes of a text that a citation supports. */
const cited = (text: string, { end, start }: GenerateResponse.Citation) =>
  new TextDecoder().decode(new TextEncoder().encode(text).subarray(start, end))

export const suite = <E>(name: string, subject: Subject<E>): void => {
  const make = (settings: Partial<ModelConfiguration.ModelConfiguration> = {}) =>
    ModelConfiguration.make(subject.model, settings)
  const plain = make()
  const missing = ModelConfiguration.make("gemini-0.1-imaginary")
  const guarded = make({ safetySettings: SafetySetting.all("BLOCK_LOW_AND_ABOVE") })
  const tooHot = make({ generationConfig: { temperature: 9 } })

  layer(subject.layer, { excludeTestServices: true, timeout: "60 seconds" })(
    `GenerativeModel contract: ${name}`,
    (it) => {
      it.effect("answers with text, finish reason and usage", () =>
        Effect.gen(function* () {
          const reply = yield* GenerativeModel.generate(plain, question)
          assert.isNotEmpty(reply.text)
          assert.strictEqual(reply.finishReason, "STOP")
          assert.isFalse(reply.isTruncated)
          assert(reply.usage !== undefined)
          assert.isAbove(reply.usage.inputTokens, 0)
          assert.isAbove(reply.usage.outputTokens, 0)
          assert.strictEqual(reply.usage.requests, 1)
          assert.strictEqual(reply.body.usageMetadata?.totalTokenCount, Usage.totalTokens(reply.usage))
        })
      )

      it.effect("says which model answered, where, after how many attempts", () =>
        Effect.gen(function* () {
          const { location } = yield* GenerativeModel.GenerativeModel
          const reply = yield* GenerativeModel.generate(plain, question)
          assert.deepStrictEqual(
            { ...reply.call, latencyMs: reply.call.latencyMs >= 0 },
            { model: subject.model, location, attempts: 1, latencyMs: true }
          )
          assert.isNotEmpty(reply.modelVersion)
        })
      )

      it.effect("takes text, a message and a conversation", () =>
        Effect.gen(function* () {
          const asText = yield* GenerativeModel.generate(plain, question)
          const asMessage = yield* GenerativeModel.generate(plain, Content.user(question))
          assert.strictEqual(asMessage.usage?.inputTokens, asText.usage?.inputTokens)
          const turns = [Content.user(question), asText.content, Content.user("And of Italy?")]
          const answer = yield* GenerativeModel.generate(plain, turns)
          assert.isNotEmpty(answer.text)
          assert.isAbove(answer.usage?.inputTokens ?? 0, asText.usage?.inputTokens ?? 0)
        })
      )

      it.effect("sends the system instruction, which counts as input", () =>
        Effect.gen(function* () {
          const without = yield* GenerativeModel.generate(plain, question)
          const systemInstruction = "Always respond in plain text only, and be brief."
          const reply = yield* GenerativeModel.generate(make({ systemInstruction }), question)
          assert.isNotEmpty(reply.text)
          assert.isAbove(reply.usage?.inputTokens ?? 0, without.usage?.inputTokens ?? 0)
        })
      )

      it.effect("accepts every setting of the six configurations that people compare", () =>
        Effect.forEach(
          [
            { topK: 1, topP: 0, temperature: 0.1 },
            { topK: 20, topP: 0.5, temperature: 0.5 },
            { topK: 40, topP: 0.9, temperature: 1, seed: 7, stopSequences: ["THE END"] }
          ],
          (generationConfig) =>
            Effect.map(
              GenerativeModel.generate(
                make({
                  generationConfig,
                  safetySettings: SafetySetting.all("BLOCK_ONLY_HIGH"),
                  labels: { team: "ml" }
                }),
                question
              ),
              (reply) => assert.isNotEmpty(reply.text)
            )
        )
      )

      it.effect("treats an answer cut by maxOutputTokens as a success", () =>
        Effect.gen(function* () {
          const maxOutputTokens = 5
          const input = "Write a long story about a lighthouse, its keeper and a storm that lasted for three days."
          const reply = yield* GenerativeModel.generate(make({ generationConfig: { maxOutputTokens } }), input)
          assert.strictEqual(reply.finishReason, "MAX_TOKENS")
          assert.isTrue(reply.isTruncated)
          assert(reply.usage !== undefined)
          assert.isAtMost(Usage.billedOutputTokens(reply.usage), maxOutputTokens)
        })
      )

      it.effect("returns as many candidates as asked for", () =>
        Effect.gen(function* () {
          const reply = yield* GenerativeModel.generate(make({ generationConfig: { candidateCount: 2 } }), question)
          assert.lengthOf(reply.candidates, 2)
          for (const { content } of reply.candidates) assert.isNotEmpty(Content.text(content))
        })
      )

      it.effect("writes JSON that fits the schema", () =>
        Effect.gen(function* () {
          const City = Schema.Struct({ city: Schema.String })
          const input = "Extract the city. Text: The Eiffel Tower stands in Paris."
          const { response, value } = yield* GenerativeModel.generateObject(plain, input, City)
          assert.isNotEmpty(value.city)
          assert.deepStrictEqual(JSON.parse(response.text), value)
        })
      )

      it.effect("calls a function, and answers from its result", () =>
        Effect.gen(function* () {
          const tools = [Tool.functions(weather)]
          const asked = Content.user("What is the weather in Paris?")
          const forced = make({ tools, toolConfig: { functionCallingConfig: { mode: "ANY" } } })
          const call = yield* GenerativeModel.generate(forced, asked)
          const [first] = call.functionCalls
          assert.strictEqual(first?.name, "get_weather")
          assert.isString(first?.args?.["city"])
          // The message goes back as it came, with the ids and signatures that models insist on.
          assert.deepStrictEqual(call.content.parts, call.body.candidates?.[0]?.content?.parts)
          const result = Content.user([Part.functionResponse(first ?? {}, { output: "18 degrees and sunny" })])
          const answer = yield* GenerativeModel.generate(make({ tools }), [asked, call.content, result])
          assert.isNotEmpty(answer.text)
          assert.isEmpty(answer.functionCalls)
          assert.isAbove(answer.usage?.inputTokens ?? 0, call.usage?.inputTokens ?? 0)
        })
      )

      it.effect("calls no function when the configuration forbids it", () =>
        Effect.gen(function* () {
          const toolConfig = { functionCallingConfig: { mode: "NONE" as const } }
          const forbidden = make({ tools: [Tool.functions(weather)], toolConfig })
          const reply = yield* GenerativeModel.generate(forbidden, "What is the weather in Paris?")
          assert.isEmpty(reply.functionCalls)
          assert.isNotEmpty(reply.text)
        })
      )

      it.effect("cites the sources of an answer grounded in a search", () =>
        Effect.gen(function* () {
          const reply = yield* GenerativeModel.generate(
            make({ tools: [Tool.googleSearch()] }),
            "Who won the final of the UEFA Euro 2024, and where was it played?"
          )
          assert.isNotEmpty(reply.text)
          assert.isNotEmpty(reply.citations)
          for (const citation of reply.citations) {
            assert.match(citation.uri, /^https?:\/\//)
            assert.strictEqual(cited(reply.text, citation), citation.text)
          }
        })
      )

      it.effect.skipIf(subject.blockedPrompt === undefined)("fails when the prompt is blocked, with what it cost", () =>
        Effect.gen(function* () {
          const input = subject.blockedPrompt ?? ""
          const error = yield* blocked(GenerativeModel.generate(guarded, input))
          assert.strictEqual(error.blocked, "prompt")
          assert.strictEqual(error.model, subject.model)
          assert.isNotEmpty(error.reason)
          assert.isAbove(error.usage?.inputTokens ?? 0, 0)
          assert.strictEqual(
            (yield* blocked(Stream.runDrain(GenerativeModel.stream(guarded, input)))).blocked,
            "prompt"
          )
        })
      )

      it.effect.skipIf(subject.stoppedAnswer === undefined)(
        "fails when a filter stops the answer, with what had arrived",
        () =>
          Effect.gen(function* () {
            const input = subject.stoppedAnswer ?? ""
            const whole = yield* blocked(GenerativeModel.generate(guarded, input))
            assert.deepStrictEqual([whole.blocked, whole.reason], ["candidate", "SAFETY"])
            const seen: Array<string> = []
            const streamed = yield* GenerativeModel.stream(guarded, input).pipe(
              Stream.runForEach((delta) => Effect.sync(() => seen.push(delta.text))),
              blocked
            )
            assert.deepStrictEqual([streamed.blocked, streamed.reason], ["candidate", "SAFETY"])
            assert.isTrue(streamed.text.startsWith(seen.join("")))
          })
      )

      it.effect("fails with NotFound for a model that does not exist", () =>
        Effect.gen(function* () {
          const whole = yield* Effect.flip(GenerativeModel.generate(missing, question))
          const streamed = yield* Effect.flip(Stream.runDrain(GenerativeModel.stream(missing, question)))
          for (const error of [whole, streamed]) {
            assert.strictEqual(reasonOf(error), "NotFound")
            assert.strictEqual(error._tag === "VertexError" && error.billed, "no")
            assert.include(error.message, missing.model)
          }
        })
      )

      it.effect("refuses invalid configurations and contents before anything is sent", () =>
        Effect.gen(function* () {
          const sent = yield* Sent
          const before = yield* sent.total
          const unknownSetting = make({ generationConfig: JSON.parse('{ "temprature": 0.5 }') })
          const refusals = [
            GenerativeModel.generate(tooHot, question),
            Stream.runDrain(GenerativeModel.stream(tooHot, question)),
            GenerativeModel.generate(unknownSetting, question),
            GenerativeModel.generate(ModelConfiguration.make("../secrets"), question),
            GenerativeModel.generate(plain, []),
            GenerativeModel.generate(plain, Content.user([{ text: "both", fileData: { fileUri: "gs://b/o" } }]))
          ]
          const violations = yield* Effect.forEach(refusals, isRefused)
          assert.deepStrictEqual(violations.slice(0, 3), [
            ["generationConfig.temperature"],
            ["generationConfig.temperature"],
            ["generationConfig.temprature"]
          ])
          assert.strictEqual(yield* sent.total, before)
        })
      )

      it.effect("streams deltas that add up to the answer; the last has finish reason and usage", () =>
        Effect.gen(function* () {
          const deltas = yield* Stream.runCollect(GenerativeModel.stream(plain, question))
          const last = deltas.at(-1)
          assert.strictEqual(last?.finishReason, "STOP")
          assert.isAbove(last?.usage?.inputTokens ?? 0, 0)
          assert.isAbove(last?.usage?.outputTokens ?? 0, 0)
          assert.isTrue(
            deltas.slice(0, -1).every(({ finishReason, usage }) => finishReason === undefined && usage === undefined)
          )
          const whole = GenerateResponse.collect(deltas)
          assert.strictEqual(whole.text, deltas.map(({ text }) => text).join(""))
          assert.isNotEmpty(whole.text)
          assert.deepStrictEqual(whole.usage, last?.usage)
        })
      )

      it.effect("streams function calls whole", () =>
        Effect.gen(function* () {
          const forced = make({
            tools: [Tool.functions(weather)],
            toolConfig: { functionCallingConfig: { mode: "ANY" } }
          })
          const deltas = yield* Stream.runCollect(GenerativeModel.stream(forced, "What is the weather in Paris?"))
          assert.deepStrictEqual(
            GenerateResponse.collect(deltas).functionCalls.map(({ name }) => name),
            ["get_weather"]
          )
        })
      )

      it.effect("lets a stream be left early and goes on working", () =>
        Effect.gen(function* () {
          const first = yield* Stream.runCollect(Stream.take(GenerativeModel.stream(plain, question), 1))
          assert.lengthOf(first, 1)
          assert.isNotEmpty((yield* GenerativeModel.generate(plain, question)).text)
        })
      )

      it.effect("answers concurrent calls, each its own", () =>
        Effect.gen(function* () {
          const inputs = Array.from({ length: 4 }, (_, index) => "Repeat: " + "word ".repeat(1 + 8 * index))
          const replies = yield* Effect.forEach(inputs, (input) => GenerativeModel.generate(plain, input), {
            concurrency: "unbounded"
          })
          const tokens = replies.map(({ usage }) => usage?.inputTokens ?? 0)
          assert.deepStrictEqual(
            tokens,
            tokens.toSorted((a, b) => a - b)
          )
          assert.strictEqual(new Set(tokens).size, inputs.length)
        })
      )
    }
  )
}
