/**
 * What a tuning job is asked for, checked: what is wrong here is an HTTP error, while wrong data makes the job fail.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { State } from "../State.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Examples from "./Examples.ts"
import * as Job from "./Job.ts"
import * as JobName from "./JobName.ts"
import type { RebaseBody, TuningBody } from "./TuningBody.ts"
import type { Asked } from "./TuningJobs.ts"

type Answered<A> = Result.Result<A, GoogleError.GoogleError>

/** Epochs when a job names none: the service chooses, the emulator takes three. */
const usualEpochs = 3

/** Rows of validation data that the service takes. */
const mostValidationRows = 5000

const uriPattern = /^gs:\/\/[^/]+\/.+/

function* evaluationProblems({
  evaluationConfig,
  validationDatasetUri
}: NonNullable<TuningBody["supervisedTuningSpec"]>) {
  if (evaluationConfig === undefined) return
  const { metrics = [], outputConfig } = evaluationConfig
  const prefix = outputConfig?.gcsDestination?.outputUriPrefix ?? ""
  if (metrics.length === 0) yield "evaluation_config.metrics is required."
  if (!prefix.startsWith("gs://")) yield "evaluation_config.output_config.gcs_destination is required."
  if (validationDatasetUri === undefined) yield "evaluation_config needs a validation_dataset_uri."
}

/** What is wrong with a request, in the order of its fields. */
function* problems(location: string, body: TuningBody): Generator<string> {
  if (["global", "us", "eu"].includes(location)) yield `Tuning is not supported in the location ${location}.`
  const { baseModel, labels = {}, preTunedModel, preferenceOptimizationSpec, supervisedTuningSpec } = body
  if ((baseModel === undefined) === (preTunedModel === undefined))
    yield "One of base_model and pre_tuned_model must be set."
  const spec = supervisedTuningSpec ?? preferenceOptimizationSpec
  if (spec === undefined || (supervisedTuningSpec !== undefined && preferenceOptimizationSpec !== undefined)) {
    yield "One of supervised_tuning_spec and preference_optimization_spec must be set."
  }
  for (const uri of [spec?.trainingDatasetUri ?? "", spec?.validationDatasetUri ?? "gs://none/none"]) {
    if (!uriPattern.test(uri)) yield `The dataset must be the URI of a Cloud Storage object, not "${uri}".`
  }
  const { epochCount = 1, learningRateMultiplier = 1 } = spec?.hyperParameters ?? {}
  if (epochCount < 1 || epochCount > 100) yield "epoch_count must be in the range 1 to 100."
  if (learningRateMultiplier <= 0) yield "learning_rate_multiplier must be positive."
  const { beta = 0 } = preferenceOptimizationSpec?.hyperParameters ?? {}
  if (beta < 0) yield "beta must not be negative."
  if (supervisedTuningSpec !== undefined) yield* evaluationProblems(supervisedTuningSpec)
  if (Array.from(body.tunedModelDisplayName ?? "").length > 128)
    yield "The display name must have at most 128 characters."
  if (Object.keys(labels).length > 64) yield "A job has at most 64 labels."
  for (const [key, value] of Object.entries(labels)) {
    const isRight = /^[\p{Ll}\p{Lo}\p{N}_-]{1,64}$/u.test(key) && /^[\p{Ll}\p{Lo}\p{N}_-]{0,64}$/u.test(value)
    if (!isRight) yield `The label "${key}": "${value}" is invalid.`
  }
}

/** The base model's id, and the job whose model is tuned on. */
const origin = (
  state: State,
  { baseModel, preTunedModel }: TuningBody,
  location: string
): Answered<Pick<Asked, "baseModel" | "from" | "known">> => {
  if (preTunedModel !== undefined) {
    const { checkpointId = "0", tunedModelName = "" } = preTunedModel
    const named = JobName.parseModel(tunedModelName)
    const from = named?.location === location ? state.tuning.model(named.id, named.version) : undefined
    const checkpoint = /^\d{1,4}$/.test(checkpointId) ? Number(checkpointId) : Number.NaN
    return from === undefined || !(checkpoint <= from.epochs)
      ? Result.fail(GoogleError.notFound(`The model \`${tunedModelName}\` does not exist.`))
      : Result.succeed({ baseModel: from.baseModel, from, known: Job.knowledge(from, checkpoint) })
  }
  const model = state.model(baseModel ?? "", location)
  return model?.kind === "generate"
    ? Result.succeed({ baseModel: model.id, known: [] })
    : Result.fail(GoogleError.invalidArgument(`Base model ${baseModel ?? ""} is not supported.`))
}

/**
 * What a request asks for, and the rows of its validation data.
 *
 * @since 0.1.0
 */
export interface Read {
  readonly asked: Asked
  readonly validation: { readonly uri: string; readonly rows: ReadonlyArray<Examples.Example> }
}

/** Reads the data that a request names; what is wrong with it is the job's end and no error. */
const data = (
  state: State,
  body: TuningBody
): Pick<Asked, "data" | "epochs"> & { readonly validation: Read["validation"] } => {
  const { preferenceOptimizationSpec, supervisedTuningSpec } = body
  const spec = supervisedTuningSpec ?? preferenceOptimizationSpec ?? {}
  const { hyperParameters, trainingDatasetUri = "", validationDatasetUri: uri } = spec
  const method = supervisedTuningSpec === undefined ? "preference" : "supervised"
  const read = Result.gen(function* () {
    const data = yield* Examples.of(trainingDatasetUri, state.storage.read(trainingDatasetUri), method)
    const rows = uri === undefined ? [] : (yield* Examples.of(uri, state.storage.read(uri), method, 0)).examples
    if (rows.length > mostValidationRows) {
      const message = `${uri} has ${rows.length} examples, at most ${mostValidationRows} are allowed. Dataset is not valid.`
      return yield* Result.fail<Examples.Problem>({ code: 3, message })
    }
    return { data, rows }
  })
  return {
    data: Result.isSuccess(read) ? read.success.data : read.failure,
    epochs: hyperParameters?.epochCount ?? usualEpochs,
    validation: { uri: uri ?? "", rows: Result.isSuccess(read) ? read.success.rows : [] }
  }
}

/**
 * Checks a request and reads its data.
 *
 * @since 0.1.0
 */
export const read = (state: State, location: string, body: TuningBody): Answered<Read> =>
  Result.gen(function* () {
    const problem = problems(location, body).next()
    if (problem.done !== true) return yield* Result.fail(GoogleError.invalidArgument(problem.value))
    const from = yield* origin(state, body, location)
    const { validation, ...given } = data(state, body)
    return { asked: { ...from, ...given, location, body }, validation }
  })

const merged = <A extends object>(given: A | undefined, changed: A | undefined): A | undefined =>
  given === undefined || changed === undefined ? (changed ?? given) : { ...given, ...changed }

/**
 * The request that makes a model anew: that of the job that made it, with what the caller changes, on the base model that the caller names. Unless the caller
 * names other data it is that of the job, as it was.
 *
 * @since 0.1.0
 */
export const rebase = (state: State, from: Job.Job, body: RebaseBody): Answered<Read> =>
  Result.gen(function* () {
    const { baseModel = from.baseModel, preTunedModel: _, ...changes } = body.tuningJob ?? {}
    const { preTunedModel: __, ...given } = from.body
    const supervised = merged(given.supervisedTuningSpec, changes.supervisedTuningSpec)
    const preference = merged(given.preferenceOptimizationSpec, changes.preferenceOptimizationSpec)
    const whole: TuningBody = {
      ...given,
      ...changes,
      baseModel,
      ...(supervised === undefined ? {} : { supervisedTuningSpec: supervised }),
      ...(preference === undefined ? {} : { preferenceOptimizationSpec: preference })
    }
    const { asked, validation } = yield* read(state, from.location, whole)
    const isOther =
      (changes.supervisedTuningSpec ?? changes.preferenceOptimizationSpec)?.trainingDatasetUri !== undefined
    const kept = isOther ? {} : { data: from.data, known: from.known }
    const endpoint = body.deployToSameEndpoint === true ? { endpoint: from.endpoint } : {}
    return { asked: { ...asked, ...kept, ...endpoint }, validation }
  })
