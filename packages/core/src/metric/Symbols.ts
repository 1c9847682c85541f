/**
 * Numbers the distinct items of some sequences, so that algorithms work on small integers instead of text.
 *
 * @since 0.1.0
 */

/**
 * Gives equal items the same id, counting from 0 in order of first appearance.
 *
 * @since 0.1.0
 */
export class Symbols<K> {
  readonly #ids = new Map<K, number>()

  /** How many distinct items were seen: all ids are below. */
  get size(): number {
    return this.#ids.size
  }

  /** The id of one item. */
  id(item: K): number {
    let id = this.#ids.get(item)
    if (id === undefined) {
      id = this.#ids.size
      this.#ids.set(item, id)
    }
    return id
  }

  /** The ids of a sequence. */
  encode(items: ReadonlyArray<K>): Int32Array {
    const ids = new Int32Array(items.length)
    items.forEach((item, i) => {
      ids[i] = this.id(item)
    })
    return ids
  }
}

/**
 * The Unicode code points of a text; a lone surrogate counts as one.
 *
 * @since 0.1.0
 */
export const codePoints = (text: string): ReadonlyArray<number> => {
  const points: Array<number> = []
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0
    if (point > 0xffff) i++
    points.push(point)
  }
  return points
}
