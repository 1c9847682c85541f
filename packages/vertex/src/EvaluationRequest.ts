/**
 * Requests of Vertex AI's evaluation service, as they travel.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/evaluation
 *
 * @since 0.1.0
 */
import type * as Content from "@genops/core/Content"
import type * as GenerationConfig from "@genops/core/GenerationConfig"

/**
 * How judged metrics are judged.
 *
 * - `samplingCount`: 1 to 32 judgements for each instance, 4 by default
 * - `flipEnabled`: exchange the answers of half of the samples of a pairwise metric, on by default
 * - `autoraterModel`: full resource name of the judge
 *
 * @since 0.1.0
 */
export interface AutoraterConfig {
  readonly samplingCount?: number
  readonly flipEnabled?: boolean
  readonly autoraterModel?: string
  readonly generationConfig?: GenerationConfig.GenerationConfig
}

interface Texts {
  readonly prediction: string
  readonly reference: string
}

interface Translation {
  readonly prediction: string
  readonly reference?: string
  readonly source?: string
}

interface ToolCalls {
  /** `toolInput` is JSON text. */
  readonly toolCalls: ReadonlyArray<{ readonly toolName: string; readonly toolInput: string }>
}

/**
 * Calls that an agent made, and those expected of it.
 *
 * @since 0.1.0
 */
export interface Trajectories {
  readonly predictedTrajectory: ToolCalls
  readonly referenceTrajectory: ToolCalls
}

interface Of<Spec, Instance> {
  readonly metricSpec: Spec
  readonly instances: ReadonlyArray<Instance>
}

interface OfOne<Spec, Instance> {
  readonly metricSpec: Spec
  readonly instance: Instance
}

/** No settings. */
type Plain = Readonly<Record<string, never>>

/**
 * What a template is filled from: a flat JSON object as text, or contents for media.
 *
 * @since 0.1.0
 */
export type JudgedInstance =
  | { readonly jsonInstance: string }
  | {
      readonly contentMapInstance: {
        readonly values: Readonly<Record<string, { readonly contents: ReadonlyArray<Content.Content> }>>
      }
    }

interface JudgedSpec {
  readonly metricPromptTemplate: string
  readonly systemInstruction?: string
  readonly customOutputFormatConfig?: { readonly returnRawOutput: boolean }
}

/**
 * The inputs by metric, each under its own name. Exactly one is sent.
 *
 * @since 0.1.0
 */
export interface Inputs {
  readonly exactMatchInput: Of<Plain, Texts>
  readonly bleuInput: Of<{ readonly useEffectiveOrder?: boolean }, Texts>
  readonly rougeInput: Of<
    { readonly rougeType?: string; readonly useStemmer?: boolean; readonly splitSummaries?: boolean },
    Texts
  >
  readonly toolCallValidInput: Of<Plain, Texts>
  readonly toolNameMatchInput: Of<Plain, Texts>
  readonly toolParameterKeyMatchInput: Of<Plain, Texts>
  readonly toolParameterKvMatchInput: Of<{ readonly useStrictStringMatch?: boolean }, Texts>
  readonly trajectoryExactMatchInput: Of<Plain, Trajectories>
  readonly trajectoryInOrderMatchInput: Of<Plain, Trajectories>
  readonly trajectoryAnyOrderMatchInput: Of<Plain, Trajectories>
  readonly trajectoryPrecisionInput: Of<Plain, Trajectories>
  readonly trajectoryRecallInput: Of<Plain, Trajectories>
  readonly trajectorySingleToolUseInput: Of<{ readonly toolName: string }, Pick<Trajectories, "predictedTrajectory">>
  readonly pointwiseMetricInput: OfOne<JudgedSpec, JudgedInstance>
  readonly pairwiseMetricInput: OfOne<
    JudgedSpec & { readonly candidateResponseFieldName?: string; readonly baselineResponseFieldName?: string },
    JudgedInstance
  >
  readonly cometInput: OfOne<
    { readonly version: "COMET_22_SRC_REF"; readonly sourceLanguage?: string; readonly targetLanguage?: string },
    Translation
  >
  readonly metricxInput: OfOne<
    {
      readonly version: "METRICX_24_REF" | "METRICX_24_SRC" | "METRICX_24_SRC_REF"
      readonly sourceLanguage?: string
      readonly targetLanguage?: string
    },
    Translation
  >
  readonly rubricBasedInstructionFollowingInput: OfOne<Plain, { readonly jsonInstance: string }>
}

/**
 * One input.
 *
 * @since 0.1.0
 */
export type Input = { [K in keyof Inputs]: { readonly [Name in K]: Inputs[K] } }[keyof Inputs]

type InstanceData =
  | { readonly text: string }
  | { readonly contents: { readonly contents: ReadonlyArray<Content.Content> } }

/**
 * Where the rubrics of a judge come from.
 *
 * @since 0.1.0
 */
export interface PredefinedSpec {
  readonly metricSpecName: string
  readonly metricSpecParameters?: Readonly<Record<string, unknown>>
}

/**
 * A metric of the `metrics` form.
 *
 * @since 0.1.0
 */
export type MetricSpec = (
  | { readonly predefinedMetricSpec: PredefinedSpec }
  | {
      readonly computationBasedMetricSpec: {
        readonly type: "EXACT_MATCH" | "BLEU" | "ROUGE"
        readonly parameters?: Readonly<Record<string, unknown>>
      }
    }
  | {
      readonly llmBasedMetricSpec: {
        readonly metricPromptTemplate?: string
        readonly systemInstruction?: string
        readonly judgeAutoraterConfig?: AutoraterConfig
        readonly rubricGroupKey?: string
        readonly predefinedRubricGenerationSpec?: PredefinedSpec
        readonly rubricGenerationSpec?: RubricGenerationSpec
      }
    }
  | { readonly pointwiseMetricSpec: JudgedSpec }
  | { readonly pairwiseMetricSpec: Inputs["pairwiseMetricInput"]["metricSpec"] }
  | { readonly exactMatchSpec: Plain }
  | { readonly bleuSpec: Inputs["bleuInput"]["metricSpec"] }
  | { readonly rougeSpec: Inputs["rougeInput"]["metricSpec"] }
) & { readonly aggregationMetrics?: ReadonlyArray<string> }

/**
 * Several metrics of one instance.
 *
 * @since 0.1.0
 */
export interface Metrics {
  readonly instance: {
    readonly prompt?: InstanceData
    readonly response?: InstanceData
    readonly reference?: InstanceData
    readonly otherData?: { readonly mapInstance: Readonly<Record<string, InstanceData>> }
    readonly rubricGroups?: Readonly<Record<string, unknown>>
    readonly agentData?: Readonly<Record<string, unknown>>
  }
  readonly metrics: ReadonlyArray<MetricSpec>
}

/**
 * A request of `evaluateInstances`.
 *
 * @since 0.1.0
 */
export type EvaluateInstances = (Input | Metrics) & { readonly autoraterConfig?: AutoraterConfig }

/**
 * A request of `evaluateDataset`. The rows are JSON Lines in Cloud Storage or a BigQuery table.
 *
 * @since 0.1.0
 */
export interface EvaluateDataset {
  readonly dataset:
    | { readonly gcsSource: { readonly uris: ReadonlyArray<string> } }
    | { readonly bigquerySource: { readonly inputUri: string } }
  readonly metrics: ReadonlyArray<MetricSpec>
  readonly outputConfig: { readonly gcsDestination: { readonly outputUriPrefix: string } }
  readonly autoraterConfig?: AutoraterConfig
}

/**
 * How the service writes rubrics for a prompt.
 *
 * @since 0.1.0
 */
export interface RubricGenerationSpec {
  readonly promptTemplate: string
  readonly rubricContentType?: string
  readonly rubricTypeOntology?: ReadonlyArray<string>
  readonly modelConfig?: AutoraterConfig
}

/**
 * A request of `generateInstanceRubrics`.
 *
 * @since 0.1.0
 */
export type GenerateRubrics = { readonly contents: ReadonlyArray<Content.Content> } & (
  | { readonly predefinedRubricGenerationSpec: PredefinedSpec }
  | { readonly rubricGenerationSpec: RubricGenerationSpec }
)
