/**
 * The statistics of training data, in the shape of the service.
 *
 * Source: google.cloud.aiplatform.v1 tuning_job.proto; those of preferences: its discovery document
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import type { Dataset, Example } from "./Examples.ts"
import type * as Job from "./Job.ts"

const sumOf = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

/** What both methods say of numbers. Ten buckets of equal width, those without a value left out. */
const describe = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const [min, max] = [at(0), at(1)]
  const width = (max - min) / 10
  const counts = new Map<number, number>()
  for (const value of sorted) {
    const index = width === 0 ? 0 : Math.min(9, Math.floor((value - min) / width))
    counts.set(index, (counts.get(index) ?? 0) + 1)
  }
  const buckets = [...counts].map(([index, count]) => ({
    count,
    left: min + index * width,
    right: width === 0 ? max : min + (index + 1) * width
  }))
  return { min, max, mean: sumOf(values) / values.length, median: at(0.5), p5: at(0.05), p95: at(0.95), buckets }
}

const distribution = (values: ReadonlyArray<number>, epochs: number): JsonObject => {
  const sum = sumOf(values)
  return { sum: String(sum), billableSum: String(sum * epochs), ...describe(values) }
}

const plainDistribution = (values: ReadonlyArray<number>): JsonObject => {
  const { buckets, ...described } = describe(values)
  return {
    sum: sumOf(values),
    ...described,
    buckets: buckets.map(({ count, ...bounds }) => ({ ...bounds, count: String(count) }))
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

const user = (text: string) => ({ role: "user", parts: [{ text }] })
const model = (text: string) => ({ role: "model", parts: [{ text }] })

const supervised = ({ dropped, examples }: Dataset, epochs: number): JsonObject => ({
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
  userDatasetExamples: examples.slice(0, 3).flatMap(({ answer, question }) => [user(question), model(answer)]),
  ...(dropped.length === 0
    ? {}
    : {
        totalTruncatedExampleCount: String(dropped.length),
        truncatedExampleIndices: dropped.map(({ index }) => String(index)),
        droppedExampleReasons: dropped.map(({ reason }) => reason)
      })
})

const preference = ({ dropped, examples }: Dataset, epochs: number): JsonObject => {
  const scores = examples.map(({ scores: [better, worse] = [0, 0] }) => ({ better, worse }))
  return {
    tuningDatasetExampleCount: String(examples.length),
    totalBillableTokenCount: String(billableTokens(examples, epochs)),
    tuningStepCount: String(steps(examples, epochs)),
    scoresDistribution: plainDistribution(scores.flatMap(({ better, worse }) => [better, worse])),
    scoreVariancePerExampleDistribution: plainDistribution(
      scores.map(({ better, worse }) => ((better - worse) / 2) ** 2)
    ),
    userInputTokenDistribution: plainDistribution(examples.map(({ outputTokens, tokens }) => tokens - outputTokens)),
    userOutputTokenDistribution: plainDistribution(examples.map(({ outputTokens }) => outputTokens)),
    userDatasetExamples: examples
      .slice(0, 3)
      .map(({ answer, question, scores: [better, lower] = [0, 0], worse = "" }) => ({
        contents: [user(question)],
        completions: [
          { score: better, completion: model(answer) },
          { score: lower, completion: model(worse) }
        ]
      })),
    ...(dropped.length === 0
      ? {}
      : {
          droppedExampleIndices: dropped.map(({ index }) => String(index)),
          droppedExampleReasons: dropped.map(({ reason }) => reason)
        })
  }
}

/** Made once a job: lists show them again and again. */
const made = new WeakMap<Dataset, JsonObject>()

/**
 * The statistics of a job's data; undefined when it is wrong.
 *
 * @since 0.1.0
 */
export const of = (job: Job.Job): JsonObject | undefined => {
  if ("code" in job.data) return undefined
  const { data, epochs } = job
  const known = made.get(data)
  if (known !== undefined) return known
  const stats =
    job.body.supervisedTuningSpec === undefined
      ? { preferenceOptimizationDataStats: preference(data, epochs) }
      : { supervisedTuningDataStats: supervised(data, epochs) }
  made.set(data, stats)
  return stats
}
