/**
 * The bodies of evaluateInstances, evaluateDataset and generateInstanceRubrics as they arrive.
 *
 * Trajectories, rubrics and lists of metrics are in the discovery document of v1, not in its public proto; both versions accept them here.
 *
 * Source: google.cloud.aiplatform.v1beta1.EvaluationService
 *
 * @since 0.1.0
 */
import * as Content from "./Content.ts"
import * as Decode from "./Decode.ts"
import * as EvaluationSpec from "./EvaluationSpec.ts"

const several = <const S, const I extends Decode.Fields>(name: string, metricSpec: Decode.Decode<S>, instance: I) =>
  Decode.message(`${name}Input`, { metricSpec, instances: Decode.list(Decode.message(`${name}Instance`, instance)) })

const one = <const S, const I>(name: string, metricSpec: Decode.Decode<S>, instance: Decode.Decode<I>) =>
  Decode.message(`${name}Input`, { metricSpec, instance })

const texts = { prediction: Decode.string, reference: Decode.string }

const overTexts = (name: string) => several(name, EvaluationSpec.plain(`${name}Spec`), texts)

const trajectory = Decode.message("Trajectory", {
  toolCalls: Decode.list(Decode.message("ToolCall", { toolName: Decode.string, toolInput: Decode.string }))
})

/**
 * The calls of an agent, as read.
 *
 * @since 0.1.0
 */
export type Trajectory = NonNullable<ReturnType<typeof trajectory>>

const overTrajectories = (name: string) =>
  several(name, EvaluationSpec.plain(`${name}Spec`), {
    predictedTrajectory: trajectory,
    referenceTrajectory: trajectory
  })

const contents = (name: string) => Decode.message(name, { contents: Decode.list(Content.decode) })

const judgedInstance = (name: string) =>
  Decode.message(
    name,
    {
      jsonInstance: Decode.string,
      contentMapInstance: Decode.message("ContentMap", { values: Decode.map(contents("ContentMap.Contents")) })
    },
    { oneof: ["jsonInstance", "contentMapInstance"] }
  )

/**
 * What a template is filled from, as read.
 *
 * @since 0.1.0
 */
export type JudgedInstance = NonNullable<ReturnType<ReturnType<typeof judgedInstance>>>

const translation = (name: string, versions: ReadonlyArray<string>) =>
  one(
    name,
    Decode.message(`${name}Spec`, {
      version: Decode.enumeration(`${name}Spec.${name}Version`, versions),
      sourceLanguage: Decode.string,
      targetLanguage: Decode.string
    }),
    Decode.message(`${name}Instance`, { ...texts, source: Decode.string })
  )

/**
 * A translation to be scored, as read.
 *
 * @since 0.1.0
 */
export type Translation = NonNullable<ReturnType<ReturnType<typeof translation>>>

/**
 * The input of a fixed judged metric, as read. Each has some of these fields.
 *
 * @since 0.1.0
 */
export interface Legacy {
  readonly metricSpec?: { readonly version?: number; readonly useReference?: boolean }
  readonly instance?: {
    readonly prediction?: string
    readonly baselinePrediction?: string
    readonly reference?: string
    readonly context?: string
    readonly instruction?: string
  }
}

const bare = (name: string, instance: Decode.Fields): Decode.Decode<Legacy> =>
  one(
    name,
    Decode.message(`${name}Spec`, { version: Decode.int32 }),
    Decode.message(`${name}Instance`, { prediction: Decode.string, ...instance })
  )

const full = (name: string, more: Decode.Fields = {}): Decode.Decode<Legacy> =>
  one(
    name,
    Decode.message(`${name}Spec`, { version: Decode.int32, useReference: Decode.bool }),
    Decode.message(`${name}Instance`, { ...texts, context: Decode.string, instruction: Decode.string, ...more })
  )

const versus = { baselinePrediction: Decode.string }

/**
 * The fixed judged metrics, by input.
 *
 * @since 0.1.0
 */
export const legacy = {
  fluencyInput: bare("Fluency", {}),
  coherenceInput: bare("Coherence", {}),
  safetyInput: bare("Safety", {}),
  groundednessInput: bare("Groundedness", { context: Decode.string }),
  fulfillmentInput: bare("Fulfillment", { instruction: Decode.string }),
  summarizationQualityInput: full("SummarizationQuality"),
  summarizationHelpfulnessInput: full("SummarizationHelpfulness"),
  summarizationVerbosityInput: full("SummarizationVerbosity"),
  questionAnsweringQualityInput: full("QuestionAnsweringQuality"),
  questionAnsweringRelevanceInput: full("QuestionAnsweringRelevance"),
  questionAnsweringHelpfulnessInput: full("QuestionAnsweringHelpfulness"),
  questionAnsweringCorrectnessInput: full("QuestionAnsweringCorrectness"),
  pairwiseSummarizationQualityInput: full("PairwiseSummarizationQuality", versus),
  pairwiseQuestionAnsweringQualityInput: full("PairwiseQuestionAnsweringQuality", versus)
}

const inputs = {
  ...legacy,
  exactMatchInput: overTexts("ExactMatch"),
  bleuInput: several("Bleu", EvaluationSpec.bleu, texts),
  rougeInput: several("Rouge", EvaluationSpec.rouge, texts),
  toolCallValidInput: overTexts("ToolCallValid"),
  toolNameMatchInput: overTexts("ToolNameMatch"),
  toolParameterKeyMatchInput: overTexts("ToolParameterKeyMatch"),
  toolParameterKvMatchInput: several(
    "ToolParameterKVMatch",
    Decode.message("ToolParameterKVMatchSpec", { useStrictStringMatch: Decode.bool }),
    texts
  ),
  trajectoryExactMatchInput: overTrajectories("TrajectoryExactMatch"),
  trajectoryInOrderMatchInput: overTrajectories("TrajectoryInOrderMatch"),
  trajectoryAnyOrderMatchInput: overTrajectories("TrajectoryAnyOrderMatch"),
  trajectoryPrecisionInput: overTrajectories("TrajectoryPrecision"),
  trajectoryRecallInput: overTrajectories("TrajectoryRecall"),
  trajectorySingleToolUseInput: several(
    "TrajectorySingleToolUse",
    Decode.message("TrajectorySingleToolUseSpec", { toolName: Decode.string }),
    { predictedTrajectory: trajectory }
  ),
  pointwiseMetricInput: one("PointwiseMetric", EvaluationSpec.pointwise, judgedInstance("PointwiseMetricInstance")),
  pairwiseMetricInput: one("PairwiseMetric", EvaluationSpec.pairwise, judgedInstance("PairwiseMetricInstance")),
  // Number 1 is not a version.
  cometInput: translation("Comet", ["COMET_VERSION_UNSPECIFIED", "", "COMET_22_SRC_REF"]),
  metricxInput: translation("Metricx", [
    "METRICX_VERSION_UNSPECIFIED",
    "METRICX_24_REF",
    "METRICX_24_SRC",
    "METRICX_24_SRC_REF"
  ]),
  rubricBasedInstructionFollowingInput: one(
    "RubricBasedInstructionFollowing",
    EvaluationSpec.plain("RubricBasedInstructionFollowingSpec"),
    Decode.message("RubricBasedInstructionFollowingInstance", { jsonInstance: Decode.string })
  )
}

const instanceData = Decode.message(
  "EvaluationInstance.InstanceData",
  { text: Decode.string, contents: contents("EvaluationInstance.InstanceData.Contents") },
  { oneof: ["text", "contents"] }
)

/**
 * One value of an instance, as read.
 *
 * @since 0.1.0
 */
export type InstanceData = NonNullable<ReturnType<typeof instanceData>>

const instance = Decode.message("EvaluationInstance", {
  prompt: instanceData,
  response: instanceData,
  reference: instanceData,
  otherData: Decode.message("EvaluationInstance.MapInstance", { mapInstance: Decode.map(instanceData) }),
  rubricGroups: Decode.map(EvaluationSpec.rubricGroup),
  agentData: Decode.struct,
  agentEvalData: Decode.struct
})

/**
 * What a list of metrics is asked about, as read.
 *
 * @since 0.1.0
 */
export type Instance = NonNullable<ReturnType<typeof instance>>

/**
 * Reads the body of evaluateInstances.
 *
 * @since 0.1.0
 */
export const decodeInstances = Decode.message(
  "EvaluateInstancesRequest",
  {
    ...inputs,
    location: Decode.string,
    instance,
    metrics: Decode.list(EvaluationSpec.metric),
    metricSources: Decode.list(
      Decode.message(
        "MetricSource",
        { metric: EvaluationSpec.metric, metricResourceName: Decode.string },
        { oneof: ["metric", "metricResourceName"] }
      )
    ),
    autoraterConfig: EvaluationSpec.autorater
  },
  { oneof: Object.keys(inputs) }
)

/**
 * The body of evaluateInstances, as read.
 *
 * @since 0.1.0
 */
export type Instances = NonNullable<ReturnType<typeof decodeInstances>>

/**
 * Reads the body of evaluateDataset.
 *
 * @since 0.1.0
 */
export const decodeDataset = Decode.message("EvaluateDatasetRequest", {
  location: Decode.string,
  dataset: Decode.message(
    "EvaluationDataset",
    {
      gcsSource: Decode.message("GcsSource", { uris: Decode.list(Decode.string) }),
      bigquerySource: Decode.message("BigQuerySource", { inputUri: Decode.string })
    },
    { oneof: ["gcsSource", "bigquerySource"] }
  ),
  metrics: Decode.list(EvaluationSpec.metric),
  outputConfig: Decode.message("OutputConfig", {
    gcsDestination: Decode.message("GcsDestination", { outputUriPrefix: Decode.string })
  }),
  autoraterConfig: EvaluationSpec.autorater
})

/**
 * The body of evaluateDataset, as read.
 *
 * @since 0.1.0
 */
export type Dataset = NonNullable<ReturnType<typeof decodeDataset>>

/**
 * Reads the body of generateInstanceRubrics.
 *
 * @since 0.1.0
 */
export const decodeRubrics = Decode.message("GenerateInstanceRubricsRequest", {
  location: Decode.string,
  contents: Decode.list(Content.decode),
  predefinedRubricGenerationSpec: EvaluationSpec.predefined,
  rubricGenerationSpec: EvaluationSpec.rubricGeneration,
  agentConfig: Decode.struct
})
