/** What Google's SDK leaves out of a run: everything that shaped its numbers, as parameters. */
import * as Release from "@genops/core/Release"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import type * as PriceTable from "@genops/core/PriceTable"
import { createHash } from "node:crypto"
import type { Values } from "../Experiments.ts"

/** What a run was made with. What is left out is not logged. */
export interface Origin {
  readonly configuration?: ModelConfiguration.ModelConfiguration | undefined
  /** The dataset: a hash of its content, and where it came from. */
  readonly dataset?: { readonly hash: string; readonly source?: string; readonly rows?: number } | undefined
  readonly promptTemplate?: string | undefined
  /** The names of the metrics. */
  readonly metrics?: ReadonlyArray<string> | undefined
  /** The judge of the judged metrics. */
  readonly judge?:
    | {
        readonly model: string
        readonly samplingCount?: number | undefined
        readonly flip?: boolean | undefined
        readonly systemInstruction?: string | undefined
      }
    | undefined
  /** The price table that costs were computed with. */
  readonly prices?: Pick<PriceTable.PriceTable, "asOf"> | undefined
}

/** The SDK and its version, as calls name it, too. */
const sdk = `genops/${Release.version}`

/** UTF-16 units of a text that are kept; all of a run has 200 KB. */
const longest = 4_000

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const cut = (text: string): string => {
  if (text.length <= longest) return text.toWellFormed()
  // toWellFormed mends a pair that the cut has parted.
  return `${text.slice(0, longest).toWellFormed()}… [cut: ${text.length} characters, sha256 ${sha256(text)}]`
}

const textOf = (value: unknown): string => cut(typeof value === "string" ? value : JSON.stringify(value))

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Scalars stand as they are; lists and objects as JSON. */
const settings = (config: object): ReadonlyArray<readonly [string, number | boolean | string]> =>
  Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || value === null) return []
    const isScalar = typeof value === "number" || typeof value === "boolean"
    return [[snake(name), isScalar ? value : textOf(value)] as const]
  })

const present = (values: { readonly [key: string]: unknown }): Values =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      if (value === undefined) return []
      return [[key, typeof value === "number" || typeof value === "boolean" ? value : textOf(value)] as const]
    })
  )

const ofConfiguration = (configuration: ModelConfiguration.ModelConfiguration): Values => {
  const { generationConfig = {}, safetySettings = [] } = configuration
  return {
    ...Object.fromEntries(settings(generationConfig)),
    ...Object.fromEntries(safetySettings.map(({ category, threshold }) => [category, threshold])),
    ...present({
      model_name: configuration.model,
      configuration_name: configuration.name,
      configuration_fingerprint: ModelConfiguration.fingerprint(configuration),
      system_instruction: configuration.systemInstruction,
      tools: configuration.tools,
      tool_config: configuration.toolConfig,
      cached_content: configuration.cachedContent
    })
  }
}

export const params = (origin: Origin): Values => {
  const { configuration, dataset, judge, metrics, prices, promptTemplate } = origin
  return {
    ...(configuration === undefined ? {} : ofConfiguration(configuration)),
    ...present({
      prompt_template: promptTemplate,
      dataset_hash: dataset?.hash,
      dataset_source: dataset?.source,
      dataset_rows: dataset?.rows,
      metrics: metrics?.join(", "),
      judge_model: judge?.model,
      judge_sampling_count: judge?.samplingCount,
      judge_flip: judge?.flip,
      judge_system_instruction: judge?.systemInstruction,
      price_table_date: prices?.asOf,
      sdk_version: sdk
    })
  }
}
