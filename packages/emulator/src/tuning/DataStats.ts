/**
 * The statistics of training data, in the shape of the service.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import type { Example } from "./Examples.ts"

const sumOf = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const distribution = (values: ReadonlyArray<number>, epochs: number): JsonObject => {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const sum = sumOf(values)
  const [min, max] = [at(0), at(1)]
  return {
    sum: String(sum),
    billableSum: String(sum * epochs),
    min,
    max,
    mean: sum / values.length,
    median: at(0.5),
    p5: at(0.05),
    p95: at(0.95),
    buckets: [{ count: values.length, left: min, right: max }]
  }
}

/**
 * The tokens that a job is billed for: those of the data, once an epoch.
 *
 * @since 0.1.0
 */
export const billableTokens = (examples: ReadonlyArray<Example>, epochs: number): number =>
  sumOf(examples.map(({ tokens }) => tokens)) * epochs

/**
 * The steps of the training: batches of four examples, in each epoch.
 *
 * @since 0.1.0
 */
export const steps = (examples: ReadonlyArray<Example>, epochs: number): number =>
  Math.ceil(examples.length / 4) * epochs

/**
 * The statistics of the data.
 *
 * @since 0.1.0
 */
export const of = (examples: ReadonlyArray<Example>, epochs: number): JsonObject => ({
  tuningDatasetExampleCount: String(examples.length),
  totalTuningCharacterCount: String(sumOf(examples.map(({ characters }) => characters))),
  totalBillableTokenCount: String(billableTokens(examples, epochs)),
  tuningStepCount: String(steps(examples, epochs)),
  userInputTokenDistribution: distribution(
    examples.map(({ outputTokens, tokens }) => tokens - outputTokens),
    epochs
  ),
  userOutputTokenDistribution: distribution(
    examples.map(({ outputTokens }) => outputTokens),
    epochs
  ),
  userMessagePerExampleDistribution: distribution(
    examples.map(({ messages }) => messages),
    epochs
  ),
  userDatasetExamples: examples.slice(0, 3).flatMap(({ answer, words }) => [
    { role: "user", parts: [{ text: words.join(" ") }] },
    { role: "model", parts: [{ text: answer }] }
  ])
})
