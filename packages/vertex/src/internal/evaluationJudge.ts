/** Scores with a judge: any model, prompted with the metric's template and asked for structured output. */
import * as MetricInstance from "@genops/core/MetricInstance"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import type * as PairwiseMetric from "@genops/core/PairwiseMetric"
import type * as PointwiseMetric from "@genops/core/PointwiseMetric"
import * as Prompt from "@genops/core/Prompt"
import * as Scale from "@genops/core/Scale"
import * as Tool from "@genops/core/Tool"
import * as Usage from "@genops/core/Usage"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { EvaluationError } from "../Evaluation.ts"
import type * as GenerateResponse from "../GenerateResponse.ts"
import type { GenerativeModel } from "../GenerativeModel.ts"
import * as JudgeFailed from "../JudgeFailed.ts"
import * as ModelMeter from "../ModelMeter.ts"
import type * as Score from "../Score.ts"
import * as evaluationVote from "./evaluationVote.ts"

type Judged = PointwiseMetric.PointwiseMetric | PairwiseMetric.PairwiseMetric
type Verdict = number | Score.PairwiseChoice

export interface Settings {
  readonly judge: ModelConfiguration.ModelConfiguration
  readonly samplingCount: number
  readonly flip: boolean
  readonly combine: "mean" | "median"
}

/** One judgement, with exchanged positions undone. */
interface Sample<V> {
  readonly value: V
  readonly explanation: string
  readonly isFlipped: boolean
}

interface Failed {
  readonly reason: JudgeFailed.Reason
  readonly description: string
  readonly text: string
}

interface Answered<V> {
  readonly result: Result.Result<Sample<V>, Failed>
  readonly usage: Usage.Usage | undefined
}

// Thinking is part of it, so a short verdict may need much.
const maxOutputTokens = 4096
const concurrency = 4

const ratingLabels = (metric: PointwiseMetric.PointwiseMetric) => Scale.ratings(metric.scale).join(", ")

const format = (metric: Judged): string =>
  metric._tag === "Pointwise"
    ? `Answer with JSON: first "explanation", your reasons in at most 80 words, then "score", one of ${ratingLabels(metric)}.`
    : 'Answer with JSON: first "explanation", your reasons in at most 80 words, then "choice", one of "A", "B", "TIE".'

// The explanation comes first, so that the rating follows from it.
const schemaOf = (metric: Judged) =>
  metric._tag === "Pointwise"
    ? Tool.jsonSchema(
        Schema.Struct({ explanation: Schema.String, score: Schema.Literals(Scale.ratings(metric.scale)) })
      )
    : Tool.jsonSchema(Schema.Struct({ explanation: Schema.String, choice: Schema.Literals(["A", "B", "TIE"]) }))

const Pointed = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Struct({ explanation: Schema.optional(Schema.String), score: Schema.Number }))
)
const Chosen = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Struct({ explanation: Schema.optional(Schema.String), choice: Schema.String }))
)

export const make = (model: GenerativeModel["Service"], settings: Settings) => {
  const { combine, flip, judge, samplingCount } = settings
  const known = new WeakMap<Judged, ReadonlyArray<ModelConfiguration.ModelConfiguration>>()

  /** The judge's configurations, one a sample: equal but for the seed. Made once per metric, because a run sends them often. */
  const configurations = (metric: Judged): ReadonlyArray<ModelConfiguration.ModelConfiguration> => {
    const made = known.get(metric)
    if (made !== undefined) return made
    const { candidateCount: _, responseSchema: __, ...own } = judge.generationConfig ?? {}
    const { systemInstruction } = metric
    const all = Array.from({ length: samplingCount }, (_, index) => ({
      ...(systemInstruction === "" || judge.cachedContent !== undefined ? {} : { systemInstruction }),
      ...judge,
      generationConfig: {
        maxOutputTokens,
        temperature: samplingCount === 1 ? 0 : 1,
        ...own,
        seed: (own.seed ?? 0) + index,
        responseMimeType: "application/json",
        responseJsonSchema: schemaOf(metric)
      }
    }))
    known.set(metric, all)
    return all
  }

  /** Asks once. What a filter stops is an answer too, one without a value. */
  const ask = (configuration: ModelConfiguration.ModelConfiguration, prompt: string) =>
    ModelMeter.generate(model, configuration, prompt).pipe(
      Effect.map((response): Result.Result<GenerateResponse.GenerateResponse, Answered<never>> =>
        Result.succeed(response)
      ),
      Effect.catchTag("ContentBlocked", ({ description, reason, text, usage }) =>
        Effect.succeed(
          Result.fail({
            result: Result.fail({ reason: "blocked" as const, description: `${reason}. ${description}`.trim(), text }),
            usage
          })
        )
      )
    )

  const sample = <V extends Verdict>(
    metric: Judged,
    inputs: ReadonlyMap<string, string>,
    read: (text: string, isFlipped: boolean) => Result.Result<Omit<Sample<V>, "isFlipped">, Failed>
  ) => {
    const prompts = [inputs, exchanged(inputs)].map((columns) =>
      Result.map(
        Prompt.render(metric.prompt, Object.fromEntries(columns)),
        (text) => `${text}\n\n# Output\n${format(metric)}`
      )
    )
    return (
      configuration: ModelConfiguration.ModelConfiguration,
      index: number
    ): Effect.Effect<Answered<V>, EvaluationError> =>
      Effect.gen(function* () {
        const isFlipped = metric._tag === "Pairwise" && flip && index % 2 === 1
        const prompt = yield* Effect.fromResult(prompts[isFlipped ? 1 : 0] ?? Result.succeed(""))
        const asked = yield* ask(configuration, prompt)
        if (Result.isFailure(asked)) return asked.failure
        const { isTruncated, text, usage } = asked.success
        const result = Result.mapBoth(read(text, isFlipped), {
          onSuccess: (said) => ({ ...said, isFlipped }),
          onFailure: (failed) =>
            isTruncated ? { ...failed, description: "The answer was cut: raise the judge's maxOutputTokens." } : failed
        })
        return { result, usage }
      }).pipe(
        // The inputs were checked: a template that names another variable was not made by `make`.
        Effect.catchTag("MissingVariable", Effect.die)
      )
  }

  /** Asks all samples and keeps those with a value, if they are more than half. */
  const samples = <V extends Verdict>(
    metric: Judged,
    instance: MetricInstance.MetricInstance,
    one: (
      configuration: ModelConfiguration.ModelConfiguration,
      index: number
    ) => Effect.Effect<Answered<V>, EvaluationError>
  ) =>
    Effect.gen(function* () {
      const answered = yield* Effect.forEach(configurations(metric), one, { concurrency })
      const valid = answered.flatMap(({ result }) => (Result.isSuccess(result) ? [result.success] : []))
      const failed = answered.flatMap(({ result }) => (Result.isFailure(result) ? [result.failure] : []))
      const usages = answered.flatMap(({ usage }) => usage ?? [])
      const usage = usages.length === answered.length ? { usage: Usage.ReducerSum.combineAll(usages) } : {}
      const [first] = failed
      if (first !== undefined && failed.length * 2 >= answered.length) {
        const row = instance.row ?? ""
        const counts = { asked: answered.length, failed: failed.length }
        return yield* new JudgeFailed.JudgeFailed({
          metric: metric.name,
          row,
          judge: judge.model,
          ...first,
          ...counts,
          ...usage
        })
      }
      const values = valid.map(({ value }) => value)
      const failures = failed.map(({ description, reason }) => `${reason}: ${description}`)
      return {
        valid,
        common: {
          metric: metric.name,
          scoredBy: "local" as const,
          judge: judge.model,
          samples: { asked: answered.length, values, failed: failures, agreement: evaluationVote.agreement(values) },
          ...usage
        }
      }
    })

  const pointwise = (
    metric: PointwiseMetric.PointwiseMetric,
    instance: MetricInstance.MetricInstance,
    inputs: ReadonlyMap<string, string>
  ) => {
    const ratings = Scale.ratings(metric.scale)
    const read = (text: string) =>
      Result.flatMap(parse(Pointed, text), ({ explanation = "", score }) =>
        ratings.includes(score)
          ? Result.succeed({ value: score, explanation })
          : Result.fail(failure("outOfRange", `It rated ${score}; the ratings are ${ratingLabels(metric)}.`, text))
      )
    return Effect.map(
      samples(metric, instance, sample<number>(metric, inputs, read)),
      ({ common, valid }): Score.Rating => {
        const score = (combine === "mean" ? evaluationVote.mean : evaluationVote.median)(
          valid.map(({ value }) => value)
        )
        const nearest = valid.toSorted((a, b) => Math.abs(a.value - score) - Math.abs(b.value - score))[0]
        return { _tag: "Rating", ...common, score, ...explained(nearest) }
      }
    )
  }

  const pairwise = (
    metric: PairwiseMetric.PairwiseMetric,
    instance: MetricInstance.MetricInstance,
    inputs: ReadonlyMap<string, string>
  ) => {
    const read = (text: string, isFlipped: boolean) =>
      Result.flatMap(parse(Chosen, text), ({ choice, explanation = "" }) => {
        const value = choiceOf(choice, isFlipped)
        return value === undefined
          ? Result.fail(failure("outOfRange", "Its choice is none of A, B and TIE.", text))
          : Result.succeed({ value, explanation })
      })
    return Effect.map(
      samples(metric, instance, sample<Score.PairwiseChoice>(metric, inputs, read)),
      ({ common, valid }): Score.Preference => {
        const pairwiseChoice = evaluationVote.majority(valid.map(({ value }) => value))
        const agreeing = valid.filter(({ value }) => value === pairwiseChoice)
        // A judge that saw the answers exchanged calls the candidate A.
        const speaker = agreeing.find(({ isFlipped }) => !isFlipped) ?? agreeing[0]
        return { _tag: "Preference", ...common, pairwiseChoice, ...explained(speaker) }
      }
    )
  }

  return (metric: Judged, instance: MetricInstance.MetricInstance): Effect.Effect<Score.Score, EvaluationError> =>
    Effect.suspend((): Effect.Effect<Score.Score, EvaluationError> => {
      const inputs = MetricInstance.inputs(instance)
      return metric._tag === "Pointwise" ? pointwise(metric, instance, inputs) : pairwise(metric, instance, inputs)
    })
}

const exchanged = (inputs: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map(inputs)
    .set("response", inputs.get("baseline_model_response") ?? "")
    .set("baseline_model_response", inputs.get("response") ?? "")

/** A is what stands at `baseline_model_response`. */
const choiceOf = (choice: string, isFlipped: boolean): Score.PairwiseChoice | undefined => {
  if (choice === "TIE") return "TIE"
  if (choice !== "A" && choice !== "B") return undefined
  return (choice === "B") === isFlipped ? "BASELINE" : "CANDIDATE"
}

const failure = (reason: JudgeFailed.Reason, description: string, text: string): Failed => ({
  reason,
  description,
  text
})

const parse = <A>(decode: (text: string) => Result.Result<A, unknown>, text: string): Result.Result<A, Failed> =>
  text.trim() === ""
    ? Result.fail(failure("refused", "The answer has no text.", text))
    : Result.mapError(decode(text), () =>
        failure("unparsable", `Its ${text.length} characters are not the JSON that was asked for.`, text)
      )

const explained = (sample: { readonly explanation: string } | undefined) =>
  sample === undefined || sample.explanation === "" ? {} : { explanation: sample.explanation }
