/**
 * A tuning job as it is asked for.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.tuningJobs
 *
 * @since 0.1.0
 */
import * as Decode from "../wire/Decode.ts"

/**
 * The sizes of adapters in the order of their numbers.
 *
 * @since 0.1.0
 */
export const adapterSizes = [
  "ADAPTER_SIZE_UNSPECIFIED",
  "ADAPTER_SIZE_ONE",
  "ADAPTER_SIZE_FOUR",
  "ADAPTER_SIZE_EIGHT",
  "ADAPTER_SIZE_SIXTEEN",
  "ADAPTER_SIZE_THIRTY_TWO",
  "ADAPTER_SIZE_TWO"
] as const

const hyperParameters = {
  epochCount: Decode.int64,
  learningRateMultiplier: Decode.float,
  adapterSize: Decode.enumeration("AdapterSize", adapterSizes)
}

const spec = {
  trainingDatasetUri: Decode.string,
  validationDatasetUri: Decode.string,
  exportLastCheckpointOnly: Decode.bool
}

/**
 * Reads a tuning job. What the service itself fills in, and the methods that only v1beta1 has, are unknown names.
 *
 * @since 0.1.0
 */
export const decode = Decode.message("TuningJob", {
  baseModel: Decode.string,
  preTunedModel: Decode.message("PreTunedModel", { tunedModelName: Decode.string, checkpointId: Decode.string }),
  supervisedTuningSpec: Decode.message("SupervisedTuningSpec", {
    ...spec,
    hyperParameters: Decode.message("SupervisedHyperParameters", hyperParameters)
  }),
  preferenceOptimizationSpec: Decode.message("PreferenceOptimizationSpec", {
    ...spec,
    hyperParameters: Decode.message("PreferenceOptimizationHyperParameters", { ...hyperParameters, beta: Decode.float })
  }),
  tunedModelDisplayName: Decode.string,
  description: Decode.string,
  labels: Decode.map(Decode.string),
  serviceAccount: Decode.string,
  encryptionSpec: Decode.message("EncryptionSpec", { kmsKeyName: Decode.string })
})

/**
 * A tuning job as it is asked for.
 *
 * @since 0.1.0
 */
export type TuningBody = NonNullable<ReturnType<typeof decode>>
