/**
 * Self-signed certificates made on the spot (X.509 in DER, RFC 5280), so that no key lies in the repository and none expires.
 */
import * as crypto from "node:crypto"

export interface KeyPair {
  readonly key: string
  readonly cert: string
}

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))
const utcTime = (date: Date) =>
  der(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replace(/[-:T]|\.\d+/g, "")
        .slice(2, 14)}Z`
    )
  )

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const commonName = (name: string) => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(name)))))

const pem = (cert: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(cert).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`

const day = 86_400_000

/** Makes a certificate for a DNS name or an IPv4 address, valid from ten days ago until `days` days from now (negative: expired). */
export const make = (host: string, days = 2): KeyPair => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
  const now = Date.now()
  const address = /^[\d.]+$/.test(host)
  const alternative = der(address ? 0x87 : 0x82, address ? Buffer.from(host.split(".").map(Number)) : Buffer.from(host))
  const version3 = der(0xa0, der(0x02, Buffer.from([2])))
  const serial = der(0x02, Buffer.from([1]), crypto.randomBytes(8))
  const name = commonName(host)
  const validity = sequence(utcTime(new Date(now - 10 * day)), utcTime(new Date(now + days * day)))
  const extensions = der(0xa3, sequence(sequence(oid("551d11"), der(0x04, sequence(alternative)))))
  const body = sequence(
    version3,
    serial,
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    extensions
  )
  const signature = der(0x03, Buffer.from([0]), crypto.sign("sha256", body, privateKey))
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    cert: pem(sequence(body, ecdsaWithSha256, signature))
  }
}
