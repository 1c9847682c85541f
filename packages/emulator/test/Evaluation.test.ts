/** Scores, refusals, bills and faults of evaluation. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"
import * as SinglePrecision from "../src/evaluation/SinglePrecision.ts"
import * as Tokens from "../src/engine/Tokens.ts"
import * as RawClient from "./RawClient.ts"

const region = "/v1/projects/demo-project/locations/us-central1"

interface Answered {
  readonly status: number | undefined
  readonly text: string
  // Tests look into answers of any shape.
  readonly body: ReturnType<typeof JSON.parse>
}

const post = (path: string, body: unknown): Effect.Effect<Answered, never, Emulator.Emulator> =>
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const { status, text } = yield* RawClient.call(url + path, { body })
    return { status, text, body: JSON.parse(text) }
  })

const evaluate = (body: unknown) => post(`${region}:evaluateInstances`, body)

const pair = (prediction: string, reference?: string) => ({
  prediction,
  ...(reference === undefined ? {} : { reference })
})

const pointwise = (metricPromptTemplate: string, values: object, more: object = {}) => ({
  pointwiseMetricInput: { metricSpec: { metricPromptTemplate }, instance: { jsonInstance: JSON.stringify(values) } },
  ...more
})

const pairwise = (metricPromptTemplate: string, values: object, more: object = {}) => ({
  pairwiseMetricInput: {
    metricSpec: {
      metricPromptTemplate,
      candidateResponseFieldName: "response",
      baselineResponseFieldName: "baseline_model_response"
    },
    instance: { jsonInstance: JSON.stringify(values) }
  },
  ...more
})

layer(Emulator.layer({ endpoints: { "888": "gemini-2.5-flash" } }), { excludeTestServices: true })(
  "evaluateInstances",
  (it) => {
    describe("computed metrics", () => {
      it.effect("are the service's own numbers, in single precision", () =>
        Effect.gen(function* () {
          const { body: bleu } = yield* evaluate({
            bleuInput: { metricSpec: {}, instances: [pair("I'm good", "I am good")] }
          })
          assert.closeTo(bleu.bleuResults.bleuMetricValues[0].score, 0.189959, 6e-7)
          const { text } = yield* evaluate({
            rouge_input: { metric_spec: { rouge_type: "rouge1" }, instances: [pair("a b c", "a b c d e f")] }
          })
          assert.strictEqual(text, '{"rougeResults":{"rougeMetricValues":[{"score":0.6666667}]}}')
        })
      )

      it.effect("compare tool inputs as JSON", () =>
        Effect.gen(function* () {
          const calls = (toolInput: string) => ({ toolCalls: [{ toolName: "book", toolInput }] })
          const { body } = yield* evaluate({
            trajectoryExactMatchInput: {
              metricSpec: {},
              instances: [
                { predictedTrajectory: calls('{"a":1,"b":2}'), referenceTrajectory: calls('{"b":2, "a":1}') },
                { predictedTrajectory: calls("{}"), referenceTrajectory: calls('{"a":1}') },
                { predictedTrajectory: calls("no JSON"), referenceTrajectory: calls("no JSON") }
              ]
            }
          })
          const scores = body.trajectoryExactMatchResults.trajectoryExactMatchMetricValues
          assert.deepStrictEqual(scores, [{ score: 1 }, { score: 0 }, { score: 1 }])
        })
      )

      it("have the shortest text of a single", () => {
        assert.deepStrictEqual(
          [2 / 3, 0.1, 1, 0, 1 / 3, 4 / 7].map(SinglePrecision.shortest),
          [0.6666667, 0.1, 1, 0, 0.33333334, 0.5714286]
        )
      })
    })

    describe("judged metrics", () => {
      const passage =
        "The lighthouse was built in 1820. Its lamp burned whale oil until 1870. Since then it has used electricity. Ships see it from thirty miles."
      const prompt = `Summarize the text in one sentence. Text: ${passage}`

      it.effect("rate on the scale that the template states, and say what they are", () =>
        Effect.gen(function* () {
          const ask = (template: string, response: string) =>
            Effect.map(evaluate(pointwise(template, { prompt, response })), ({ body }) => body.pointwiseMetricResult)
          const summary = "The lighthouse, built in 1820, has used electricity since 1870."
          const good = yield* ask("Assess summarization from 1 to 10. {prompt} {response}", summary)
          const bad = yield* ask("Assess summarization from 1 to 10. {prompt} {response}", "Bananas are yellow fruit.")
          assert.isAtLeast(good.score, 7)
          assert.isAtMost(bad.score, 3)
          assert.match(good.explanation, /^Emulator's heuristic "summarization", not the judgement of a model: /)
          const binary = "You assess groundedness.\n- 1: grounded\n- 0: not grounded\n{prompt}\n{response}"
          assert.strictEqual((yield* ask(binary, summary)).score, 1)
          assert.strictEqual((yield* ask(binary, "Penguins attacked Berlin with giant lasers yesterday.")).score, 0)
          const sided = "You assess verbosity.\n- 2: long\n- 1: x\n- 0: right\n- -1: x\n- -2: short\n{prompt}{response}"
          assert.strictEqual((yield* ask(sided, summary)).score, 0)
          assert.strictEqual((yield* ask(sided, passage.repeat(5))).score, 2)
          assert.strictEqual((yield* ask(sided, "Lamp.")).score, -2)
          const safety = "You assess safety.\n1: safe\n0: unsafe\n{prompt}{response}"
          assert.strictEqual((yield* ask(safety, summary)).score, 1)
          assert.strictEqual((yield* ask(safety, "First you build a bomb.")).score, 0)
          const fluency = "You assess fluency.\n5: a\n4: a\n3: a\n2: a\n1: a\n{response}"
          assert.strictEqual((yield* ask(fluency, summary)).score, 5)
          assert.isAtMost((yield* ask(fluency, "lamp lamp lamp ".repeat(20))).score, 2)
        })
      )

      it.effect("choose the better answer, whichever side it is on, and tie when they are near", () =>
        Effect.gen(function* () {
          const good = "The lighthouse of 1820 has used electricity since 1870."
          const ask = (response: string, baseline_model_response: string) =>
            Effect.map(
              evaluate(
                pairwise("Which is the better summary?\n{prompt}\nA: {baseline_model_response}\nB: {response}", {
                  prompt,
                  response,
                  baseline_model_response
                })
              ),
              ({ body }) => body.pairwiseMetricResult.pairwiseChoice
            )
          assert.strictEqual(yield* ask(good, "Bananas."), "CANDIDATE")
          assert.strictEqual(yield* ask("Bananas.", good), "BASELINE")
          assert.strictEqual(yield* ask(good, good), "TIE")
          const inNumbers = yield* post(
            `${region}:evaluateInstances?$alt=json%3Benum-encoding=int`,
            pairwise("{response}{baseline_model_response}", { response: "", baseline_model_response: good })
          )
          assert.strictEqual(inNumbers.body.pairwiseMetricResult.pairwiseChoice, 1)
        })
      )

      it.effect("give one raw output a sample", () =>
        Effect.gen(function* () {
          const request = pointwise("{response}", { response: "Seven." }, { autoraterConfig: { samplingCount: 3 } })
          const raw = {
            ...request.pointwiseMetricInput.metricSpec,
            customOutputFormatConfig: { returnRawOutput: true }
          }
          const { body } = yield* evaluate({
            ...request,
            pointwiseMetricInput: { ...request.pointwiseMetricInput, metricSpec: raw }
          })
          const { customOutput, ...rest } = body.pointwiseMetricResult
          assert.deepStrictEqual(rest, {})
          assert.lengthOf(customOutput.rawOutputs.rawOutput, 3)
          assert.isNumber(JSON.parse(customOutput.rawOutputs.rawOutput[0]).score)
        })
      )

      it.effect("bill the judge for each sample, and nobody for what is computed", () =>
        Effect.gen(function* () {
          const emulator = yield* Emulator.Emulator
          yield* emulator.reset
          yield* evaluate({ exactMatchInput: { metricSpec: {}, instances: [pair("a", "a")] } })
          assert.deepStrictEqual((yield* emulator.requests).ledger, {})
          const template = "Rate fluency.\n{response}"
          const autoraterModel = "projects/demo-project/locations/global/publishers/google/models/gemini-3.5-flash"
          const { body } = yield* evaluate(
            pointwise(template, { response: "A good text." }, { autoraterConfig: { autoraterModel, samplingCount: 3 } })
          )
          const { counts, ledger } = yield* emulator.requests
          assert.strictEqual(counts["evaluateInstances"], 2)
          assert.deepStrictEqual(ledger, {
            "gemini-3.5-flash": {
              requests: 1,
              input: 3 * Tokens.count("Rate fluency.\nA good text."),
              output: 3 * Tokens.count(JSON.stringify(body.pointwiseMetricResult)),
              cached: 0,
              thoughts: 0
            }
          })
        })
      )
    })

    describe("a list of metrics", () => {
      const instance = {
        prompt: { text: "Name two colours." },
        response: { text: "Red and blue are colours." },
        reference: { text: "Red and blue." },
        otherData: { mapInstance: { topic: { text: "painting" } } }
      }

      it.effect("answers each in its place, with an error beside the others", () =>
        Effect.gen(function* () {
          const { body, status } = yield* evaluate({
            instance,
            metrics: [
              { bleuSpec: {} },
              { predefinedMetricSpec: { metricSpecName: "no_such_metric" } },
              { llmBasedMetricSpec: { metricPromptTemplate: "About {topic}, from 1 to 5: {response}" } },
              { llmBasedMetricSpec: { metricPromptTemplate: "{nowhere}" } },
              { customCodeExecutionSpec: { evaluationFunction: "def evaluate(): pass" } },
              { predefinedMetricSpec: { metricSpecName: "final_response_match_v2" } },
              { llmBasedMetricSpec: { rubricGroupKey: "mine" } },
              { rougeSpec: { rougeType: "rouge99" } },
              {}
            ]
          })
          assert.strictEqual(status, 200)
          const codes = body.metricResults.map((result: { error?: { code: number } }) => result.error?.code)
          assert.deepStrictEqual(codes, [undefined, 5, undefined, 3, 12, undefined, 3, 3, 3])
          assert.strictEqual(body.metricResults[5].score, 1)
        })
      )

      it.effect("judges by the rubrics that it is given", () =>
        Effect.gen(function* () {
          const rubric = (rubricId: string, description: string) => ({
            rubricId,
            content: { property: { description } },
            importance: "HIGH"
          })
          const rubrics = [rubric("1", "The response has at most 4 words."), rubric("2", "It mentions blue.")]
          const { body } = yield* evaluate({
            instance: { ...instance, rubricGroups: { mine: { rubrics } } },
            metrics: [{ llmBasedMetricSpec: { rubricGroupKey: "mine" } }]
          })
          const [{ rubricVerdicts, score }] = body.metricResults
          assert.strictEqual(score, 0.5)
          assert.deepStrictEqual(
            rubricVerdicts.map(({ verdict }: { verdict?: boolean }) => verdict),
            [undefined, true]
          )
        })
      )
    })

    describe("refuses", () => {
      const model = "projects/p/locations/us-central1/publishers/google/models/"
      const rated = pointwise("{response}", { response: "x" })
      const judgedBy = (autoraterConfig: object) => ({ ...rated, autoraterConfig })
      const cases: ReadonlyArray<readonly [name: string, body: object, status: number, says: RegExp]> = [
        ["no metric", {}, 400, /metric_inputs is required/],
        ["an unknown field", { exactMatchInput: { metricSpecs: {} } }, 400, /Unknown name "metricSpecs"/],
        ["two inputs", { bleuInput: {}, rougeInput: {} }, 400, /oneof/],
        ["no instances", { exactMatchInput: { metricSpec: {} } }, 400, /exact_match_input.instances is required/],
        [
          "a missing reference",
          { exactMatchInput: { instances: [pair("a", "a"), pair("a")] } },
          400,
          /exact_match_input.instances\[1\].reference is required/
        ],
        ["an empty reference of BLEU", { bleuInput: { instances: [pair("a", "")] } }, 400, /no reference/],
        ["an unknown ROUGE", { rougeInput: { metricSpec: { rougeType: "rougeX" }, instances: [] } }, 400, /rougeX/],
        [
          "no template",
          { pointwiseMetricInput: { metricSpec: {}, instance: { jsonInstance: "{}" } } },
          400,
          /template/
        ],
        ["a value that is not there", pointwise("{prompt}", { response: "x" }), 400, /names \{prompt\}/],
        [
          "an instance that is no JSON",
          { pointwiseMetricInput: { metricSpec: { metricPromptTemplate: "x" }, instance: { jsonInstance: "x" } } },
          400,
          /json_instance/
        ],
        ["33 samples", judgedBy({ samplingCount: 33 }), 400, /sampling_count/],
        ["a temperature of 3", judgedBy({ generationConfig: { temperature: 3 } }), 400, /temperature/],
        ["an unknown judge", judgedBy({ autoraterModel: `${model}gemini-9` }), 404, /gemini-9.*was not found/],
        ["a retired judge", judgedBy({ autoraterModel: `${model}gemini-1.5-pro-002` }), 404, /was not found/],
        ["a judge without a full name", judgedBy({ autoraterModel: "gemini-2.5-flash" }), 400, /resource name/],
        ["a judge that embeds", judgedBy({ autoraterModel: `${model}gemini-embedding-001` }), 400, /cannot be a judge/],
        [
          "flipping without field names",
          {
            pairwiseMetricInput: { metricSpec: { metricPromptTemplate: "x" }, instance: { jsonInstance: "{}" } },
            autoraterConfig: { flipEnabled: true }
          },
          400,
          /flip_enabled needs/
        ],
        [
          "COMET without a source",
          { cometInput: { metricSpec: { version: "COMET_22_SRC_REF" }, instance: pair("a", "b") } },
          400,
          /source is required/
        ]
      ]
      for (const [name, body, status, says] of cases) {
        it.effect(name, () =>
          Effect.map(evaluate(body), (answer) => {
            assert.strictEqual(answer.status, status, answer.text)
            assert.match(answer.body.error.message, says)
          })
        )
      }

      it.effect("every place but a region", () =>
        Effect.gen(function* () {
          const body = { exactMatchInput: { instances: [pair("a", "a")] } }
          const inGlobal = yield* post("/v1/projects/p/locations/global:evaluateInstances", body)
          assert.strictEqual(inGlobal.status, 400)
          assert.match(inGlobal.body.error.message, /not available in global/)
          const named = yield* post("/v1beta1:evaluateInstances", {
            ...body,
            location: "projects/p/locations/europe-west4"
          })
          assert.strictEqual(named.status, 200, named.text)
          assert.strictEqual((yield* post("/v1beta1:evaluateInstances", body)).status, 400)
          const { url } = yield* Emulator.Emulator
          assert.strictEqual((yield* RawClient.call(`${url}/v1:evaluateInstances`, { body })).status, 404)
        })
      )

      it.effect("as faults order", () =>
        Effect.gen(function* () {
          const { setFaults } = yield* Emulator.Emulator
          const effect = { type: "status", status: 429 } as const
          yield* setFaults([{ operation: "evaluateInstances", times: 1, effect }])
          const body = { exactMatchInput: { instances: [pair("a", "a")] } }
          assert.strictEqual((yield* evaluate(body)).status, 429)
          assert.strictEqual((yield* evaluate(body)).status, 200)
        })
      )
    })

    it.effect("a deployed model can be the judge", () =>
      Effect.map(
        evaluate(
          pointwise(
            "{response}",
            { response: "x" },
            { autoraterConfig: { autoraterModel: "projects/p/locations/us-central1/endpoints/888" } }
          )
        ),
        ({ status }) => assert.strictEqual(status, 200)
      )
    )

    it.effect("translations are scored on the scales of their metrics", () =>
      Effect.gen(function* () {
        const source = "Die Katze schläft."
        const comet = (prediction: string) =>
          Effect.map(
            evaluate({
              cometInput: {
                metricSpec: { version: "COMET_22_SRC_REF" },
                instance: { ...pair(prediction, "The cat sleeps."), source }
              }
            }),
            ({ body }) => body.cometResult.score
          )
        const metricx = (version: string, instance: object) =>
          Effect.map(
            evaluate({ metricxInput: { metricSpec: { version }, instance } }),
            ({ body }) => body.metricxResult.score
          )
        assert.strictEqual(yield* comet("The cat sleeps."), 1)
        assert.isBelow(yield* comet("Bananas."), 0.2)
        assert.strictEqual(yield* metricx("METRICX_24_REF", pair("The cat sleeps.", "The cat sleeps.")), 0)
        assert.isAbove(yield* metricx("METRICX_24_REF", pair("Bananas.", "The cat sleeps.")), 20)
        assert.strictEqual(
          yield* metricx("METRICX_24_SRC", { prediction: "x".repeat(9), source: "y".repeat(18) }),
          12.5
        )
      })
    )

    it.effect("the first judged metrics have the scales of their time", () =>
      Effect.gen(function* () {
        const context = "The lighthouse was built in 1820. It has used electricity since 1870."
        const score = (name: string, instance: object, metricSpec: object = {}) =>
          Effect.map(
            evaluate({ [`${name}Input`]: { metricSpec, instance } }),
            ({ body }) => body[`${name}Result`].score
          )
        const grounded = "The lighthouse was built in 1820."
        assert.strictEqual(yield* score("groundedness", { prediction: grounded, context }), 1)
        assert.strictEqual(yield* score("groundedness", { prediction: "Penguins eat bananas.", context }), 0)
        assert.strictEqual(yield* score("safety", { prediction: "Now build a bomb." }), 0)
        assert.strictEqual(yield* score("fluency", { prediction: grounded }), 5)
        assert.strictEqual(yield* score("summarizationVerbosity", { prediction: "x ".repeat(500), context }), 2)
        const asked = { prediction: "It was 1820.", reference: "It was 1820.", instruction: "When was it built?" }
        assert.strictEqual(yield* score("questionAnsweringCorrectness", asked, { useReference: true }), 1)
        const wrong = { ...asked, prediction: "Nobody knows that." }
        assert.strictEqual(yield* score("questionAnsweringCorrectness", wrong, { useReference: true }), 0)
        const { reference: _, ...without } = asked
        const missing = { questionAnsweringCorrectnessInput: { metricSpec: { useReference: true }, instance: without } }
        assert.strictEqual((yield* evaluate(missing)).status, 400)
      })
    )

    it.effect("rubrics are written from the prompt", () =>
      Effect.gen(function* () {
        const ask = (body: object) => post(`${region}:generateInstanceRubrics`, body)
        const contents = [RawClient.user("List three rivers of France in at most 20 words. Use bullet points.")]
        const { body } = yield* ask({
          contents,
          predefinedRubricGenerationSpec: { metricSpecName: "general_quality_v1" }
        })
        const texts = body.generatedRubrics.map(
          (rubric: { content: { property: { description: string } } }) => rubric.content.property.description
        )
        assert.includeMembers(texts, [
          "The response has at most 20 words.",
          "The response uses bullet points.",
          'The response meets this request: "Use bullet points."'
        ])
        assert.strictEqual((yield* ask({ contents })).status, 400)
        const unknown = { contents, predefinedRubricGenerationSpec: { metricSpecName: "x" } }
        assert.strictEqual((yield* ask(unknown)).status, 404)
      })
    )
  }
)

layer(Emulator.layer({ enforceRegions: true }), { excludeTestServices: true })("with enforced regions", (it) => {
  it.effect("the newer predefined metrics lack their judge in us-central1", () =>
    Effect.gen(function* () {
      const ask = (place: string, metricSpecName: string) =>
        Effect.map(
          post(`/v1/projects/p/locations/${place}:evaluateInstances`, {
            instance: { prompt: { text: "Name a prime." }, response: { text: "Seven is a prime." } },
            metrics: [{ predefinedMetricSpec: { metricSpecName } }]
          }),
          ({ body }) => body.metricResults[0].error?.code
        )
      assert.strictEqual(yield* ask("us-central1", "general_quality_v2"), 5)
      assert.isUndefined(yield* ask("us-central1", "general_quality_v1"))
      assert.isUndefined(yield* ask("europe-west4", "general_quality_v2"))
    })
  )
})
