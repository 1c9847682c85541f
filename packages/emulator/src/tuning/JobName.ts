/**
 * The names of tuning jobs and of what comes out of them.
 *
 * @since 0.1.0
 */

/**
 * Vertex answers with the number of the project, whatever the request named.
 *
 * @since 0.1.0
 */
export const projectNumber = "123456789012"

/**
 * The name of a location.
 *
 * @since 0.1.0
 */
export const parent = (location: string): string => `projects/${projectNumber}/locations/${location}`

const first = 4_000_000_000_000_000n

/**
 * The id of the job with a number: 19 digits.
 *
 * @since 0.1.0
 */
export const jobId = (sequence: number): string => `${first + BigInt(sequence)}000`

/**
 * The number of the job with an id.
 *
 * @since 0.1.0
 */
export const sequenceOf = (id: string): number | undefined =>
  /^\d{16}000$/.test(id) ? Number(BigInt(id.slice(0, -3)) - first) : undefined

const padded = (sequence: number): string => `${String(sequence).padStart(14, "0")}0000`

/**
 * The id of the model that the job with a number makes.
 *
 * @since 0.1.0
 */
export const modelId = (sequence: number): string => `7${padded(sequence)}`

/**
 * The id of the endpoint that the job with a number makes.
 *
 * @since 0.1.0
 */
export const endpointId = (sequence: number): string => `8${padded(sequence)}`

/**
 * The id of a model, and its version when one is named: `projects/…/locations/…/models/ID@VERSION`, and where it is.
 *
 * @since 0.1.0
 */
export const parseModel = (
  name: string
): { readonly location: string; readonly id: string; readonly version: number | undefined } | undefined => {
  const found = /^projects\/[^/]+\/locations\/([^/]+)\/models\/(\d{19})(?:@(\d{1,9}))?$/.exec(name)
  if (found === null) return undefined
  const [, location = "", id = "", version] = found
  return { location, id, version: version === undefined ? undefined : Number(version) }
}
