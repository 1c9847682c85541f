/**
 * A hash table of integer pairs in one typed array, which is what makes n-gram counting fast.
 *
 * @since 0.1.0
 */

/**
 * Gives each distinct pair (prefix, symbol) of integers an id, counting from 0. Room for as many pairs as expected, no more.
 *
 * @since 0.1.0
 */
export class PairTable {
  /** Three integers a slot: prefix, symbol, id + 1; open addressing. */
  readonly #slots: Int32Array
  readonly #mask: number
  #size = 0

  constructor(expected: number) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(8, expected * 2)))
    this.#slots = new Int32Array(capacity * 3)
    this.#mask = capacity - 1
  }

  /** How many distinct pairs have an id. */
  get size(): number {
    return this.#size
  }

  /** Forgets all pairs. */
  clear(): void {
    this.#slots.fill(0)
    this.#size = 0
  }

  /** The slot that holds the pair, or the free slot where it belongs. */
  #locate(prefix: number, symbol: number): number {
    const slots = this.#slots
    const mixed = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b)
    let index = (mixed ^ (mixed >>> 15)) & this.#mask
    for (;;) {
      const at = index * 3
      if (slots[at + 2] === 0 || (slots[at] === prefix && slots[at + 1] === symbol)) return at
      index = (index + 1) & this.#mask
    }
  }

  /** The id of a pair, or -1 if it has none. */
  find(prefix: number, symbol: number): number {
    return (this.#slots[this.#locate(prefix, symbol) + 2] ?? 0) - 1
  }

  /** The id of a pair, a new one if it had none. */
  intern(prefix: number, symbol: number): number {
    const at = this.#locate(prefix, symbol)
    const found = this.#slots[at + 2] ?? 0
    if (found > 0) return found - 1
    this.#slots[at] = prefix
    this.#slots[at + 1] = symbol
    this.#slots[at + 2] = ++this.#size
    return this.#size - 1
  }
}
