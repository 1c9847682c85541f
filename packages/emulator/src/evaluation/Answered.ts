/**
 * What heuristics look at: an answer, and what stands beside it.
 *
 * @since 0.1.0
 */
import * as Task from "../engine/Task.ts"
import type { Values } from "./MetricTemplate.ts"

/**
 * An answer to be measured. `source` is the text that the answer should keep to: a given context, else the passage in the prompt, else
 * the prompt.
 *
 * @since 0.1.0
 */
export interface Answered {
  readonly response: string
  readonly prompt: string
  readonly task: Task.Task
  readonly source: string
  readonly reference: string | undefined
}

/** The names under which each kind of value is known, the best first. */
const known = {
  response: ["response", "prediction", "candidate_response", "answer", "output", "completion", "summary"],
  prompt: ["prompt", "instruction", "question", "query", "input", "request"],
  source: ["context", "source", "article", "document", "passage", "source_text", "text"],
  reference: ["reference", "ground_truth", "expected", "golden_response", "target"]
}

const first = (values: Values, names: ReadonlyArray<string>): string | undefined => {
  const name = names.find((name) => values.has(name))
  return name === undefined ? undefined : values.get(name)?.text
}

/**
 * Makes what is looked at from a response, a prompt, a context and a reference.
 *
 * @since 0.1.0
 */
export const make = (given: {
  readonly response: string
  readonly prompt?: string | undefined
  readonly context?: string | undefined
  readonly reference?: string | undefined
}): Answered => {
  const { context = "", prompt = "", reference, response } = given
  const task = Task.understand(prompt)
  return { response, prompt, task, source: context || task.passage || prompt, reference: reference || undefined }
}

/**
 * Finds the roles of an instance's values by their names; `responseName` says which is the response when the metric does.
 *
 * @since 0.1.0
 */
export const of = (values: Values, responseName?: string): Answered =>
  make({
    response: first(values, responseName === undefined ? known.response : [responseName]) ?? "",
    prompt: first(values, known.prompt),
    context: first(values, known.source),
    reference: first(values, known.reference)
  })
