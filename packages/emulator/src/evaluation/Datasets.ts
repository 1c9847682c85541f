/**
 * The texts of objects in Cloud Storage that evaluations of datasets read and write, by name such as `gs://bucket/rows.jsonl`.
 *
 * @since 0.1.0
 */

/**
 * Objects by name.
 *
 * @since 0.1.0
 */
export interface Datasets {
  readonly find: (uri: string) => string | undefined
  readonly put: (uri: string, text: string) => void
  readonly clear: () => void
}

/**
 * Starts without objects.
 *
 * @since 0.1.0
 */
export const make = (): Datasets => {
  const objects = new Map<string, string>()
  return {
    find: (uri) => objects.get(uri),
    put: (uri, text) => objects.set(uri, text),
    clear: () => objects.clear()
  }
}
