/**
 * A named quality that a judge assesses: what counts, what each rating means, and how to come to one.
 *
 * @since 0.1.0
 */
import type * as Scale from "../Scale.ts"

/**
 * A criterion. `inputs` are the columns that the judge sees besides the response.
 *
 * @since 0.1.0
 */
export interface Criterion {
  readonly name: string
  readonly definition: string
  readonly criteria: Readonly<Record<string, string>>
  readonly ratingRubric: ReadonlyArray<readonly [rating: string, meaning: string]>
  readonly evaluationSteps: ReadonlyArray<string>
  readonly inputs: ReadonlyArray<string>
  readonly scale: Scale.Scale
}
