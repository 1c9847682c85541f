/** Counts the tokens of examples, each as a whole, by the service. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as TrainingExample from "@genops/core/TrainingExample"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import type * as VertexError from "@genops/vertex/VertexError"
import * as Effect from "effect/Effect"

/** Counts an example with its system instruction and its tools; of preferences the turns with each completion. */
export const tokensOf = (
  counter: TokenCounter["Service"],
  model: string,
  example: TrainingExample.TrainingExample
): Effect.Effect<number, VertexError.VertexError> => {
  const system = TrainingExample.systemInstruction(example)
  const tools = "tools" in example ? example.tools : undefined
  const configuration = ModelConfiguration.make(model, {
    ...(system === undefined ? {} : { systemInstruction: { parts: system.parts } }),
    ...(tools === undefined ? {} : { tools })
  })
  return Effect.map(
    Effect.forEach(TrainingExample.conversations(example), (turns) =>
      counter.count(
        configuration,
        turns.map(({ parts, role }) => ({ role, parts }))
      )
    ),
    (counts) => counts.reduce((sum, { totalTokens }) => sum + totalTokens, 0)
  )
}
