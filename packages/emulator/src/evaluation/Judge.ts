/**
 * The model that a judged metric names, and what it is billed.
 *
 * A judge reads the system instruction and the filled template once for each sample, and writes the JSON of its verdict: these are counted by the
 * rule of `Tokens`. Rubrics are one sample. Thinking is not billed. Computed metrics, COMET and MetricX have no judge and cost nothing.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Tokens from "../engine/Tokens.ts"
import type { Bill } from "../http/Answer.ts"
import type { Model } from "../Models.ts"
import type { State } from "../State.ts"
import * as ConfigRules from "../wire/ConfigRules.ts"
import type { Autorater } from "../wire/EvaluationSpec.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import type { Value } from "./MetricTemplate.ts"
import * as Problem from "./Problem.ts"

/**
 * A judge: its model, the judgements of each instance, and whether the answers of a comparison are exchanged in half of them.
 *
 * @since 0.1.0
 */
export interface Judge {
  readonly model: Model
  readonly samples: number
  readonly flips: boolean | undefined
}

/**
 * Where an evaluation runs.
 *
 * @since 0.1.0
 */
export interface Place {
  readonly state: State
  readonly location: string
}

/**
 * The service's own choice of a judge, and that of the newer predefined metrics.
 *
 * @since 0.1.0
 */
export const usual = { judge: "gemini-2.5-flash", newer: "gemini-3.5-flash" }

const parent = "(?:projects/[^/]+/locations/(?<location>[^/]+)/)"
const publisherModel = new RegExp(`^${parent}?publishers/google/models/(?<model>[^/]+)$`)
const endpoint = new RegExp(`^${parent}endpoints/(?<endpoint>[^/]+)$`)

const modelOf = ({ location, state }: Place, name: string): Result.Result<Model, Problem.Problem> => {
  const named = publisherModel.exec(name)?.groups
  if (named !== undefined) {
    const model = state.model(named["model"] ?? "", named["location"] ?? location)
    return model === undefined ? Problem.notFound(GoogleError.modelNotFound(name).error.message) : Result.succeed(model)
  }
  const deployed = endpoint.exec(name)?.groups
  if (deployed === undefined) {
    return Problem.invalid(
      `autorater_model ${name} is not a resource name. Use projects/*/locations/*/publishers/google/models/* or projects/*/locations/*/endpoints/*`
    )
  }
  const model = state.endpoint(deployed["endpoint"] ?? "")
  return model === undefined ? Problem.notFound(`Endpoint \`${name}\` not found.`) : Result.succeed(model)
}

/**
 * Finds the judge and checks its settings. Without a name it is `fallback`.
 *
 * @since 0.1.0
 */
export const resolve = (
  place: Place,
  config: Autorater = {},
  fallback: string = usual.judge
): Result.Result<Judge, Problem.Problem> =>
  Result.gen(function* () {
    const { autoraterModel = "", flipEnabled: flips, generationConfig, samplingCount: samples = 4 } = config
    if (samples < 1 || samples > 32)
      return yield* Problem.invalid(`sampling_count must be from 1 to 32, got ${samples}`)
    const model = yield* modelOf(place, autoraterModel || `publishers/google/models/${fallback}`)
    if (model.kind !== "generate") return yield* Problem.invalid(`The model ${model.id} cannot be a judge`)
    const broken = ConfigRules.problems(model, generationConfig).next()
    return broken.done === true ? { model, samples, flips } : yield* Problem.invalid(broken.value)
  })

/**
 * The bill of a judge that read `asked` under a system instruction and wrote `answer`, `samples` times.
 *
 * @since 0.1.0
 */
export const bill = (
  { model, samples }: Judge,
  asked: Value,
  answer: string,
  systemInstruction: string | undefined = ""
): Bill => {
  const contents = [{ parts: [{ text: asked.text }, ...asked.media] }]
  const { total } = PromptTokens.count({ contents, systemInstruction: { parts: [{ text: systemInstruction }] } })
  return { model: model.id, input: samples * total, cached: 0, output: samples * Tokens.count(answer), thoughts: 0 }
}

/**
 * One bill for all judges of a request, under the model of the first: the ledger has one entry a request.
 *
 * @since 0.1.0
 */
export const total = (bills: ReadonlyArray<Bill>): Bill | undefined => {
  const [first] = bills
  return first === undefined
    ? undefined
    : {
        ...first,
        input: bills.reduce((sum, { input }) => sum + input, 0),
        output: bills.reduce((sum, { output }) => sum + output, 0)
      }
}
