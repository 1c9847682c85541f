/**
 * The two checksums that Cloud Storage keeps of every object.
 *
 * Source: https://cloud.google.com/storage/docs/data-validation
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

/** CRC-32C, the Castagnoli polynomial reversed. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/**
 * The checksums of bytes, in base64 as the API writes them.
 *
 * @since 0.1.0
 */
export interface Checksum {
  readonly crc32c: string
  readonly md5Hash: string
}

/**
 * Sums bytes that come in pieces.
 *
 * @since 0.1.0
 */
export const make = (): { readonly add: (bytes: Uint8Array) => void; readonly end: () => Checksum } => {
  const md5 = createHash("md5")
  let crc = 0xffffffff
  return {
    add: (bytes) => {
      md5.update(bytes)
      for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
    },
    end: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
      return { crc32c: bytes.toString("base64"), md5Hash: md5.digest("base64") }
    }
  }
}
