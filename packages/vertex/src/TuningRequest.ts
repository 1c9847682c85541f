/**
 * What a tuning job is asked for.
 *
 * @since 0.1.0
 */
import * as tuningRequest from "./internal/tuningRequest.ts"

/**
 * The ranks of an adapter. Some models take fewer: Gemini 2.5 Pro 1 to 8.
 *
 * @since 0.1.0
 */
export type AdapterSize = 1 | 2 | 4 | 8 | 16 | 32

/**
 * What both methods take. What is left out the service decides.
 *
 * - `model`: id of a base model such as `gemini-3.5-flash`; or, to tune on, the full name of a tuned model
 *   `projects/…/locations/…/models/ID@VERSION`, at a `checkpoint` of it when one is named
 * - `trainingData`, `validationData`: JSON Lines in Cloud Storage, `gs://bucket/train.jsonl`
 * - `epochs`: times that the data is learned from, 1 or more
 * - `learningRateMultiplier`: factor on the recommended learning rate, above 0
 * - `lastCheckpointOnly`: keeps no checkpoints but the last; each of the others answers on an endpoint of its own
 * - `displayName`: of the tuned model, 1 to 128 characters. When a tuned model is tuned on: a name makes a new model, none a new
 *   version of it
 * - `labels`: at most 64, keys of 1 to 64 and values of 0 to 64 lowercase letters, digits, `_` and `-`. They are copied to the tuned
 *   model and its endpoint
 * - `serviceAccount`: in whose name the data is read
 * - `encryptionKey`: `projects/…/locations/…/keyRings/…/cryptoKeys/…`
 *
 * @since 0.1.0
 */
export interface Settings {
  readonly model: string
  readonly checkpoint?: string | undefined
  readonly trainingData: string
  readonly validationData?: string | undefined
  readonly epochs?: number | undefined
  readonly learningRateMultiplier?: number | undefined
  readonly adapterSize?: AdapterSize | undefined
  readonly lastCheckpointOnly?: boolean | undefined
  readonly displayName?: string | undefined
  readonly description?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly serviceAccount?: string | undefined
  readonly encryptionKey?: string | undefined
}

/**
 * Learning from examples of right answers.
 *
 * @since 0.1.0
 */
export interface Supervised extends Settings {
  readonly method?: "supervised" | undefined
}

/**
 * Learning from pairs of a better and a worse answer. `beta`, 0 or more, says how near the model stays to what it was.
 *
 * @since 0.1.0
 */
export interface Preference extends Settings {
  readonly method: "preference"
  readonly beta?: number | undefined
}

/**
 * What a tuning job is asked for.
 *
 * @since 0.1.0
 */
export type TuningRequest = Supervised | Preference

/**
 * Says what is wrong with a request, field by field; nothing when it can be sent. Creating a job refuses the same.
 *
 * @since 0.1.0
 */
export const violations: (
  request: TuningRequest
) => ReadonlyArray<{ readonly field: string; readonly description: string }> = tuningRequest.violations
