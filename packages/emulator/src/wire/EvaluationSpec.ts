/**
 * How metrics are asked for: judges, rubrics and specs, as they arrive.
 *
 * Source: google.cloud.aiplatform.v1beta1 evaluation_service.proto and evaluation_rubric.proto
 *
 * @since 0.1.0
 */
import * as Decode from "./Decode.ts"
import * as EvaluationEnum from "./EvaluationEnum.ts"
import * as GenerationConfig from "./GenerationConfig.ts"

/**
 * Reads how a judge is used.
 *
 * @since 0.1.0
 */
export const autorater = Decode.message("AutoraterConfig", {
  samplingCount: Decode.int32,
  flipEnabled: Decode.bool,
  autoraterModel: Decode.string,
  generationConfig: GenerationConfig.decode
})

/**
 * How a judge is used, as read.
 *
 * @since 0.1.0
 */
export type Autorater = NonNullable<ReturnType<typeof autorater>>

const customOutputFormatConfig = Decode.message("CustomOutputFormatConfig", { returnRawOutput: Decode.bool })

/**
 * Reads the specs of the metrics that a template describes.
 *
 * @since 0.1.0
 */
export const pointwise = Decode.message("PointwiseMetricSpec", {
  metricPromptTemplate: Decode.string,
  systemInstruction: Decode.string,
  customOutputFormatConfig
})

/**
 * The spec of a metric that rates one answer, as read.
 *
 * @since 0.1.0
 */
export type Pointwise = NonNullable<ReturnType<typeof pointwise>>

/**
 * Reads the spec of a metric that compares two answers.
 *
 * @since 0.1.0
 */
export const pairwise = Decode.message("PairwiseMetricSpec", {
  metricPromptTemplate: Decode.string,
  systemInstruction: Decode.string,
  customOutputFormatConfig,
  candidateResponseFieldName: Decode.string,
  baselineResponseFieldName: Decode.string
})

/**
 * The spec of a metric that compares two answers, as read.
 *
 * @since 0.1.0
 */
export type Pairwise = NonNullable<ReturnType<typeof pairwise>>

/**
 * Reads the settings of BLEU.
 *
 * @since 0.1.0
 */
export const bleu = Decode.message("BleuSpec", { useEffectiveOrder: Decode.bool })

/**
 * Reads the settings of ROUGE.
 *
 * @since 0.1.0
 */
export const rouge = Decode.message("RougeSpec", {
  rougeType: Decode.string,
  useStemmer: Decode.bool,
  splitSummaries: Decode.bool
})

/**
 * Reads a spec without settings.
 *
 * @since 0.1.0
 */
export const plain = (name: string) => Decode.message(name, {})

const rubric = Decode.message("Rubric", {
  rubricId: Decode.string,
  content: Decode.message("Rubric.Content", {
    property: Decode.message("Rubric.Content.Property", { description: Decode.string })
  }),
  type: Decode.string,
  importance: Decode.enumeration("Rubric.Importance", EvaluationEnum.values.importance)
})

/**
 * A property that an answer should have.
 *
 * @since 0.1.0
 */
export type Rubric = NonNullable<ReturnType<typeof rubric>>

/**
 * Reads rubrics that belong together.
 *
 * @since 0.1.0
 */
export const rubricGroup = Decode.message("RubricGroup", {
  groupId: Decode.string,
  displayName: Decode.string,
  rubrics: Decode.list(rubric)
})

/**
 * Reads the name of a metric that the service defines.
 *
 * @since 0.1.0
 */
export const predefined = Decode.message("PredefinedMetricSpec", {
  metricSpecName: Decode.string,
  metricSpecParameters: Decode.struct
})

/**
 * Reads how rubrics are to be written.
 *
 * @since 0.1.0
 */
export const rubricGeneration = Decode.message("RubricGenerationSpec", {
  promptTemplate: Decode.string,
  modelConfig: autorater,
  rubricContentType: Decode.enumeration("RubricGenerationSpec.RubricContentType", [
    "RUBRIC_CONTENT_TYPE_UNSPECIFIED",
    "PROPERTY",
    "NL_QUESTION_ANSWER",
    "PYTHON_CODE_ASSERTION"
  ]),
  rubricTypeOntology: Decode.list(Decode.string)
})

const llmBased = Decode.message(
  "LLMBasedMetricSpec",
  {
    rubricGroupKey: Decode.string,
    rubricGenerationSpec: rubricGeneration,
    predefinedRubricGenerationSpec: predefined,
    metricPromptTemplate: Decode.string,
    systemInstruction: Decode.string,
    judgeAutoraterConfig: autorater,
    additionalConfig: Decode.struct,
    resultParserConfig: Decode.message("EvaluationParserConfig", {
      customCodeParserConfig: Decode.message("EvaluationParserConfig.CustomCodeParserConfig", {
        parsingFunction: Decode.string
      })
    })
  },
  { oneof: ["rubricGroupKey", "rubricGenerationSpec", "predefinedRubricGenerationSpec"] }
)

/** The specs of which a metric has exactly one. */
const specs = {
  predefinedMetricSpec: predefined,
  computationBasedMetricSpec: Decode.message("ComputationBasedMetricSpec", {
    type: Decode.enumeration("ComputationBasedMetricSpec.ComputationBasedMetricType", [
      "COMPUTATION_BASED_METRIC_TYPE_UNSPECIFIED",
      "EXACT_MATCH",
      "BLEU",
      "ROUGE"
    ]),
    parameters: Decode.struct
  }),
  llmBasedMetricSpec: llmBased,
  customCodeExecutionSpec: Decode.message("CustomCodeExecutionSpec", { evaluationFunction: Decode.string }),
  pointwiseMetricSpec: pointwise,
  pairwiseMetricSpec: pairwise,
  exactMatchSpec: plain("ExactMatchSpec"),
  bleuSpec: bleu,
  rougeSpec: rouge
}

/**
 * Reads a metric of a list of metrics.
 *
 * @since 0.1.0
 */
export const metric = Decode.message(
  "Metric",
  {
    ...specs,
    aggregationMetrics: Decode.list(
      Decode.enumeration("Metric.AggregationMetric", EvaluationEnum.values.aggregationMetric)
    ),
    metadata: Decode.struct
  },
  { oneof: Object.keys(specs) }
)

/**
 * A metric of a list of metrics, as read.
 *
 * @since 0.1.0
 */
export type Metric = NonNullable<ReturnType<typeof metric>>
