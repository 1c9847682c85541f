/**
 * From what undici and Node say about a connection to the reasons of a `VertexError`, by error code. Pure.
 */
import * as Predicate from "effect/Predicate"
import * as VertexError from "../VertexError.ts"
import type { Failure } from "./failure.ts"
import { printable } from "./printable.ts"

type Phase = typeof VertexError.Phase.Type

/** An error and everything that it wraps (`cause`, `reason`, `errors`), outermost first, at most 20. */
const chain = (cause: unknown): ReadonlyArray<object> => {
  const found: Array<object> = []
  const pending: Array<unknown> = [cause]
  while (pending.length > 0 && found.length < 20) {
    const one = pending.shift()
    if (!Predicate.isObject(one) || found.includes(one)) continue
    found.push(one)
    if (Predicate.hasProperty(one, "errors") && Array.isArray(one.errors)) pending.push(...one.errors)
    if (Predicate.hasProperty(one, "reason")) pending.push(one.reason)
    if (Predicate.hasProperty(one, "cause")) pending.push(one.cause)
  }
  return found
}

const field = (value: object, key: string): string => {
  const found = Predicate.hasProperty(value, key) ? value[key] : undefined
  return typeof found === "string" ? found : ""
}

// A socket on which nothing was ever written cannot have carried the request.
const nothingWritten = (error: object): boolean =>
  Predicate.hasProperty(error, "socket") &&
  Predicate.hasProperty(error.socket, "bytesWritten") &&
  error.socket.bytesWritten === 0

const badCertificate =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/
const badHandshake = /^ERR_SSL_.*(HANDSHAKE|VERSION|ALERT_PROTOCOL|CIPHER)/

/** Maps one error whose code is known; undefined for any other. */
const known = (error: object, phase: Phase, description: string, limit: number): Failure | undefined => {
  const code = field(error, "code")
  const connecting =
    phase === "connect" || field(error, "syscall") === "connect" || description.includes("before secure TLS connection")
  const unsent = connecting || nothingWritten(error)
  const billed = unsent ? "no" : "unknown"
  const at = connecting ? "connect" : phase
  const transport = (kind: VertexError.Transport["kind"], phase: Phase, billed: VertexError.Billed): Failure => ({
    reason: new VertexError.Transport({ kind, phase, description }),
    billed
  })
  const late = (phase: Phase, billed: VertexError.Billed): Failure => ({
    reason: new VertexError.DeadlineExceeded({ phase, description }),
    billed
  })
  switch (code) {
    case "ECONNREFUSED":
      return transport("refused", "connect", "no")
    case "EHOSTUNREACH":
    case "EHOSTDOWN":
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
      return transport("refused", at, billed)
    case "UND_ERR_CONNECT_TIMEOUT":
      return late("connect", "no")
    case "ETIMEDOUT":
      return late(at, billed)
    case "UND_ERR_HEADERS_TIMEOUT":
      return late("headers", "unknown")
    case "UND_ERR_BODY_TIMEOUT":
      return late("idle", "unknown")
    case "UND_ERR_SOCKET":
    case "UND_ERR_CLOSED":
    case "UND_ERR_DESTROYED":
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
    case "ECONNRESET":
    case "ECONNABORTED":
    case "EPIPE":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return transport("reset", at, billed)
    case "UND_ERR_RES_EXCEEDED_MAX_SIZE":
      return { reason: new VertexError.ResponseTooLarge({ limit }), billed: "unknown" }
    case "UND_ERR_HEADERS_OVERFLOW":
      return transport("protocol", "headers", "unknown")
    case "UND_ERR_ABORTED":
      return { reason: new VertexError.Cancelled({ description }), billed }
    case "UND_ERR_INVALID_ARG":
    case "UND_ERR_NOT_SUPPORTED":
    case "ERR_INVALID_URL":
    case "ERR_INVALID_CHAR":
      return { reason: new VertexError.InvalidRequest({ description, violations: [] }), billed: "no" }
  }
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return transport("dns", "connect", "no")
  if (badCertificate.test(code) || badHandshake.test(code)) return transport("tls", "connect", "no")
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return transport("tls", at, billed)
  if (code.startsWith("HPE_")) return transport("protocol", phase, "unknown")
  return field(error, "_tag") === "TimeoutError" ? late(phase, billed) : undefined
}

/**
 * Maps an error of the connection. `phase` is the part of the call that was under way; say `connect` only when nothing of the
 * request can have been written. `limit` is the largest answer that is read, in bytes.
 *
 * `billed` is `no` only where the request provably did not leave: no connection, no valid certificate, or nothing written to
 * the socket.
 */
export const fromTransport = (cause: unknown, phase: Phase, limit = 0): Failure => {
  const errors = chain(cause)
  for (const error of errors) {
    const failure = known(error, phase, describe(error), limit)
    if (failure !== undefined) return failure
  }
  const innermost = errors.findLast((error) => field(error, "message") !== "")
  const description = innermost === undefined ? "the connection failed without a message" : describe(innermost)
  return {
    reason: new VertexError.Transport({ kind: "protocol", phase, description }),
    billed: phase === "connect" ? "no" : "unknown"
  }
}

const describe = (error: object): string => {
  const code = field(error, "code")
  const message = printable(field(error, "message"))
  return message === "" || message.includes(code) ? message || code : `${message} (${code})`
}
