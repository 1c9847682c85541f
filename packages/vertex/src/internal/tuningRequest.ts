/** Builds the body of a tuning job, strictly: what Vertex would refuse is refused here, before anything is sent. */
import * as ModelName from "@genops/core/ModelName"
import * as Result from "effect/Result"
import type { TuningBody } from "../TuningBody.ts"
import type { TuningRequest } from "../TuningRequest.ts"

/** What is wrong with a request. */
export interface Violation {
  readonly field: string
  readonly description: string
}

const adapterSizes: ReadonlyMap<number, string> = new Map([
  [1, "ADAPTER_SIZE_ONE"],
  [2, "ADAPTER_SIZE_TWO"],
  [4, "ADAPTER_SIZE_FOUR"],
  [8, "ADAPTER_SIZE_EIGHT"],
  [16, "ADAPTER_SIZE_SIXTEEN"],
  [32, "ADAPTER_SIZE_THIRTY_TWO"]
])

const tunedModelName = /^projects\/[^/\s]+\/locations\/[^/\s]+\/models\/[A-Za-z0-9_-]+(?:@[A-Za-z0-9_-]+)?$/
const uri = /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]\/[^\r\n]{1,1024}$/
const key = /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+$/
const labelKey = /^[\p{Ll}\p{Lo}\p{N}_-]{1,64}$/u
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,64}$/u

const quoted = (value: string): string => JSON.stringify(value.length > 130 ? `${value.slice(0, 130)}…` : value)

/** The base model's id, or undefined for a text that names no base model. */
const baseModel = (model: string): string | undefined => {
  const name = Result.getOrUndefined(ModelName.parse(model))
  return name?._tag === "PublisherModel" && name.publisher === "google" ? name.model : undefined
}

function* modelViolations({ checkpoint, model }: TuningRequest): Generator<Violation> {
  const isTuned = tunedModelName.test(model)
  if (!isTuned && baseModel(model) === undefined) {
    const hint = model.includes("endpoints/") ? " An endpoint serves a model: name the model." : ""
    const description = `${quoted(model)} is neither a base model such as gemini-2.5-flash nor projects/…/locations/…/models/ID@VERSION.${hint}`
    yield { field: "model", description }
  }
  if (!isTuned && checkpoint !== undefined) {
    yield { field: "checkpoint", description: "only a tuned model has checkpoints; a base model is given" }
  }
}

function* settingViolations(request: TuningRequest): Generator<Violation> {
  const { adapterSize, epochs, learningRateMultiplier: rate } = request
  for (const field of ["trainingData", "validationData"] as const) {
    const value = request[field]
    if (value === undefined || uri.test(value)) continue
    yield { field, description: `${quoted(value)} is not the address of an object, such as gs://bucket/train.jsonl` }
  }
  if (epochs !== undefined && !(Number.isSafeInteger(epochs) && epochs >= 1)) {
    yield { field: "epochs", description: `a whole number from 1, not ${epochs}` }
  }
  if (rate !== undefined && !(Number.isFinite(rate) && rate > 0)) {
    yield { field: "learningRateMultiplier", description: `a number above 0, not ${rate}` }
  }
  if (adapterSize !== undefined && !adapterSizes.has(adapterSize)) {
    const description = `one of ${[...adapterSizes.keys()].join(", ")}, not ${adapterSize}`
    yield { field: "adapterSize", description }
  }
  if (request.method === "preference" && request.beta !== undefined) {
    const { beta } = request
    if (!(Number.isFinite(beta) && beta >= 0)) yield { field: "beta", description: `a number from 0, not ${beta}` }
  }
}

function* nameViolations({ displayName, encryptionKey, labels = {} }: TuningRequest): Generator<Violation> {
  if (displayName !== undefined) {
    const { length } = Array.from(displayName)
    if (length < 1 || length > 128) yield { field: "displayName", description: `1 to 128 characters, here ${length}` }
  }
  if (encryptionKey !== undefined && !key.test(encryptionKey)) {
    yield { field: "encryptionKey", description: "projects/…/locations/…/keyRings/…/cryptoKeys/…" }
  }
  yield* labelViolations(Object.entries(labels))
}

/** Says what is wrong with labels. */
export function* labelViolations(labels: ReadonlyArray<readonly [string, string]>): Generator<Violation> {
  if (labels.length > 64) yield { field: "labels", description: `at most 64, here ${labels.length}` }
  for (const [name, value] of labels) {
    if (labelKey.test(name) && labelValue.test(value)) continue
    const rule = "lowercase letters, digits, _ and -, a key 1 to 64 and a value 0 to 64"
    yield { field: `labels.${name.slice(0, 64)}`, description: `${rule}; here ${quoted(name)}: ${quoted(value)}` }
  }
}

/** Says everything that is wrong with a request. */
export const violations = (request: TuningRequest): ReadonlyArray<Violation> => [
  ...modelViolations(request),
  ...settingViolations(request),
  ...nameViolations(request)
]

/** The body of a request without violations, as JSON writes it: members that are undefined are left out. */
export const bodyOf = (request: TuningRequest) => {
  const { adapterSize, checkpoint, displayName, encryptionKey, epochs, learningRateMultiplier, model } = request
  const isTuned = tunedModelName.test(model)
  const hyperParameters = {
    beta: request.method === "preference" ? request.beta : undefined,
    epochCount: epochs === undefined ? undefined : String(epochs),
    learningRateMultiplier,
    adapterSize: adapterSize === undefined ? undefined : adapterSizes.get(adapterSize)
  }
  const spec = {
    trainingDatasetUri: request.trainingData,
    validationDatasetUri: request.validationData,
    hyperParameters: Object.values(hyperParameters).every((value) => value === undefined) ? undefined : hyperParameters,
    exportLastCheckpointOnly: request.lastCheckpointOnly
  }
  return {
    baseModel: isTuned ? undefined : baseModel(model),
    preTunedModel: isTuned ? { tunedModelName: model, checkpointId: checkpoint } : undefined,
    supervisedTuningSpec: request.method === "preference" ? undefined : spec,
    preferenceOptimizationSpec: request.method === "preference" ? spec : undefined,
    tunedModelDisplayName: displayName,
    description: request.description,
    labels: request.labels,
    serviceAccount: request.serviceAccount,
    encryptionSpec: encryptionKey === undefined ? undefined : { kmsKeyName: encryptionKey }
  }
}

/** The body of a tuning job. */
export type Body = ReturnType<typeof bodyOf>

/** Without the project, which a job names by its number, and with the version only when one is asked for. */
const sameModel = (asked = "", found = ""): boolean => {
  const [name, wanted] = [found, asked].map((model) => model.replace(/^projects\/[^/]+\//, ""))
  return name === wanted || (wanted !== "" && !asked.includes("@") && name?.replace(/@[^@]*$/, "") === wanted)
}

// Counts come back as text, and what is false may be left out.
const same = (asked: unknown, found: unknown): boolean =>
  asked === undefined || String(asked) === String(found ?? (typeof asked === "boolean" ? false : undefined))

/** Whether a job was made by a request, as far as the request says what it wants. */
export const isMadeBy = (job: TuningBody, request: TuningRequest): boolean => {
  const { baseModel, preTunedModel, tunedModelDisplayName, ...body } = bodyOf(request)
  const [asked, found] =
    request.method === "preference"
      ? [body.preferenceOptimizationSpec, job.preferenceOptimizationSpec]
      : [body.supervisedTuningSpec, job.supervisedTuningSpec]
  if (asked === undefined || found === undefined) return false
  const { adapterSize, beta, epochCount, learningRateMultiplier } = found.hyperParameters ?? {}
  return (
    (preTunedModel === undefined
      ? baseModel === job.baseModel && job.preTunedModel === undefined
      : sameModel(preTunedModel.tunedModelName, job.preTunedModel?.tunedModelName) &&
        same(preTunedModel.checkpointId, job.preTunedModel?.checkpointId)) &&
    asked.trainingDatasetUri === found.trainingDatasetUri &&
    (asked.validationDatasetUri ?? "") === (found.validationDatasetUri ?? "") &&
    same(asked.exportLastCheckpointOnly, found.exportLastCheckpointOnly) &&
    same(asked.hyperParameters?.epochCount, epochCount) &&
    same(asked.hyperParameters?.learningRateMultiplier, learningRateMultiplier) &&
    same(asked.hyperParameters?.adapterSize, adapterSize) &&
    same(asked.hyperParameters?.beta, beta) &&
    same(tunedModelDisplayName, job.tunedModelDisplayName)
  )
}
