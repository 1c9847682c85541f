/**
 * The fixed judged metrics of the first version of the service, by the same heuristics.
 *
 * Their scales are those of Google's former documentation and were not verified again: 1 to 5, but -2 to 2 for verbosity, and 0 or 1 for
 * safety, groundedness and correctness. `confidence` is 1, because a heuristic always says the same.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Bill } from "../http/Answer.ts"
import type { JsonObject } from "../wire/Decode.ts"
import * as EvaluationRequest from "../wire/EvaluationRequest.ts"
import * as Answered from "./Answered.ts"
import * as Criterion from "./Criterion.ts"
import * as Judge from "./Judge.ts"
import * as Judged from "./Judged.ts"
import * as Problem from "./Problem.ts"
import * as RatingScale from "./RatingScale.ts"

type Name = keyof typeof EvaluationRequest.legacy
type Field = keyof NonNullable<EvaluationRequest.Legacy["instance"]>

interface Metric {
  readonly criterion: Criterion.Criterion
  readonly needs: ReadonlyArray<Field>
  readonly scale?: RatingScale.RatingScale
}

const { answering, coherence, fluency, following, groundedness, overall, safety, summarization, verbosity } =
  Criterion.named

const asked = ["prediction", "instruction"] as const
const inContext = ["prediction", "context", "instruction"] as const
const both = ["prediction", "baselinePrediction", "context", "instruction"] as const
const zeroOrOne = [0, 1]

const metrics: { readonly [K in Name]: Metric } = {
  fluencyInput: { criterion: fluency, needs: ["prediction"] },
  coherenceInput: { criterion: coherence, needs: ["prediction"] },
  safetyInput: { criterion: safety, needs: ["prediction"], scale: zeroOrOne },
  groundednessInput: { criterion: groundedness, needs: ["prediction", "context"], scale: zeroOrOne },
  fulfillmentInput: { criterion: following, needs: asked },
  summarizationQualityInput: { criterion: summarization, needs: inContext },
  summarizationHelpfulnessInput: { criterion: summarization, needs: ["prediction", "context"] },
  summarizationVerbosityInput: { criterion: verbosity, needs: ["prediction", "context"], scale: [-2, -1, 0, 1, 2] },
  questionAnsweringQualityInput: { criterion: answering, needs: inContext },
  questionAnsweringRelevanceInput: { criterion: answering, needs: asked },
  questionAnsweringHelpfulnessInput: { criterion: overall, needs: asked },
  questionAnsweringCorrectnessInput: { criterion: answering, needs: asked, scale: zeroOrOne },
  pairwiseSummarizationQualityInput: { criterion: summarization, needs: both },
  pairwiseQuestionAnsweringQualityInput: { criterion: answering, needs: both }
}

const isName = (name: string): name is Name => Object.hasOwn(metrics, name)

const score = (
  judge: Judge.Judge,
  name: Name,
  input: EvaluationRequest.Legacy
): Result.Result<{ readonly body: JsonObject; readonly bill: Bill }, Problem.Problem> => {
  const { criterion, needs, scale = RatingScale.usual } = metrics[name]
  const { baselinePrediction, context, instruction, prediction = "", reference } = input.instance ?? {}
  const useReference = input.metricSpec?.useReference === true
  const missing = [...needs, ...(useReference ? (["reference"] as const) : [])].find(
    (field) => input.instance?.[field] === undefined
  )
  if (missing !== undefined) return Problem.invalid(`${name}.instance.${missing} is required`)
  const measure = (response: string) =>
    criterion.measure(
      Answered.make({ response, prompt: instruction, context, reference: useReference ? reference : undefined })
    )
  const verdict =
    baselinePrediction === undefined
      ? Judged.rate(criterion.name, scale, measure(prediction))
      : Judged.compare(criterion.name, measure(prediction), measure(baselinePrediction))
  const text = Object.values(input.instance ?? {}).join("\n")
  return Result.succeed({
    body: { [name.replace(/Input$/, "Result")]: { ...verdict, confidence: 1 } },
    bill: Judge.bill(judge, { text, media: [] }, JSON.stringify(verdict))
  })
}

/**
 * Answers a request for a fixed judged metric; undefined for any other.
 *
 * @since 0.1.0
 */
export const answer = (judge: Judge.Judge, request: EvaluationRequest.Instances) => {
  for (const name of Object.keys(EvaluationRequest.legacy)) {
    const input = isName(name) ? request[name] : undefined
    if (isName(name) && input !== undefined) return score(judge, name, input)
  }
  return undefined
}
