/**
 * A tuning job as it is asked for.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.tuningJobs
 *
 * @since 0.1.0
 */
import * as Decode from "../wire/Decode.ts"
import * as EvaluationSpec from "../wire/EvaluationSpec.ts"
import * as GenerationConfig from "../wire/GenerationConfig.ts"
import * as TuningEnum from "../wire/TuningEnum.ts"

const hyperParameters = {
  epochCount: Decode.int64,
  learningRateMultiplier: Decode.float,
  adapterSize: Decode.enumeration("AdapterSize", TuningEnum.adapterSizes)
}

const spec = {
  trainingDatasetUri: Decode.string,
  validationDatasetUri: Decode.string,
  exportLastCheckpointOnly: Decode.bool
}

const evaluationConfig = Decode.message("EvaluationConfig", {
  metrics: Decode.list(EvaluationSpec.metric),
  outputConfig: Decode.message("OutputConfig", {
    gcsDestination: Decode.message("GcsDestination", { outputUriPrefix: Decode.string })
  }),
  autoraterConfig: EvaluationSpec.autorater,
  inferenceGenerationConfig: GenerationConfig.decode
})

/**
 * How the model that comes out is evaluated, as read.
 *
 * @since 0.1.0
 */
export type EvaluationConfig = NonNullable<ReturnType<typeof evaluationConfig>>

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
    hyperParameters: Decode.message("SupervisedHyperParameters", hyperParameters),
    evaluationConfig
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

/**
 * Reads the body of rebaseTunedModel.
 *
 * @since 0.1.0
 */
export const decodeRebase = Decode.message("RebaseTunedModelRequest", {
  tunedModelRef: Decode.message(
    "TunedModelRef",
    { tunedModel: Decode.string, tuningJob: Decode.string, pipelineJob: Decode.string },
    { oneof: ["tunedModel", "tuningJob", "pipelineJob"] }
  ),
  tuningJob: decode,
  artifactDestination: Decode.message("GcsDestination", { outputUriPrefix: Decode.string }),
  deployToSameEndpoint: Decode.bool
})

/**
 * The body of rebaseTunedModel, as read.
 *
 * @since 0.1.0
 */
export type RebaseBody = NonNullable<ReturnType<typeof decodeRebase>>
