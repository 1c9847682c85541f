/**
 * A fixed 32-bit hash of text: the same on every machine and in every run.
 *
 * @since 0.1.0
 */

/**
 * Hashes a text with FNV-1a over its UTF-16 code units and a final mix (murmur3's), continuing from `basis`. The result is an unsigned 32-bit integer.
 *
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/
 *
 * @since 0.1.0
 */
export const text = (value: string, basis = 0x811c9dc5): number => {
  let hash = basis
  for (let index = 0; index < value.length; index++) {
    hash = Math.imul(hash ^ value.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
