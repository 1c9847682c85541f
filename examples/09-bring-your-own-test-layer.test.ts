/** The comparison of an application under test: Vertex AI is scripted, so nothing is paid and nothing leaves the process. */
import { assert, it } from "@effect/vitest"
import * as Dataset from "@genops/core/Dataset"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Prompt from "@genops/core/Prompt"
import * as CompareModels from "@genops/pipelines/CompareModels"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as Evaluation from "@genops/vertex/Evaluation"
import { VertexTest } from "@genops/vertex/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

// Run by: npx vitest run examples/09-bring-your-own-test-layer.test.ts
const vertex = VertexTest.layer({ generate: ({ name }) => (name === "new" ? "Paris" : "I do not know") })
const judge = ModelConfiguration.make("gemini-3.5-flash")
const services = Layer.mergeAll(Layer.provideMerge(Evaluation.layerLocal({ judge }), vertex), ResultStore.layerMemory)

it.live("the new prompt answers what the old one did not", () =>
  Effect.gen(function* () {
    const candidates = ["old", "new"].map((name) => ModelConfiguration.make("gemini-3.5-flash", { name }))
    const rows = Array.from({ length: 8 }, (_, id) => ({ id: `${id}`, question: "Capital?", reference: "Paris" }))
    const prompt = yield* Effect.fromResult(Prompt.make("{question}"))
    const dataset = Dataset.fromValues(rows, { id: "id" })
    const { summary } = yield* CompareModels.run({ runId: "t", candidates, dataset, prompt, metrics: ["exact_match"] })
    assert.strictEqual(summary.differences[0]?.verdict, "better")
    assert.lengthOf(yield* VertexTest.calls, 16)
  }).pipe(Effect.provide(services))
)
