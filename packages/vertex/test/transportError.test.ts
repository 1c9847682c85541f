import { assert, describe, it } from "@effect/vitest"
import { createServer, connect, type AddressInfo, type Socket } from "node:net"
import { fromTransport } from "../src/internal/transportError.ts"
import type * as VertexError from "../src/VertexError.ts"

const error = (code: string, more: object = {}) => Object.assign(new Error(`something ${code}`), { code, ...more })

type Row = readonly [
  what: string,
  cause: unknown,
  tag: VertexError.Reason["_tag"],
  kind: string | undefined,
  billed: VertexError.Billed,
  retryable: boolean
]

const socket = (bytesWritten: number) => ({ socket: { bytesWritten } })
const connecting = { syscall: "connect" }

/** Errors while the headers of the answer are awaited. */
const rows: ReadonlyArray<Row> = [
  ["refused", error("ECONNREFUSED", connecting), "Transport", "refused", "no", true],
  ["host unreachable", error("EHOSTUNREACH", connecting), "Transport", "refused", "no", true],
  ["host unreachable later", error("EHOSTUNREACH", { syscall: "read" }), "Transport", "refused", "unknown", true],
  ["no such host", error("ENOTFOUND"), "Transport", "dns", "no", true],
  ["name server busy", error("EAI_AGAIN"), "Transport", "dns", "no", true],
  ["connect time-out", error("UND_ERR_CONNECT_TIMEOUT"), "DeadlineExceeded", "connect", "no", true],
  ["connect time-out of the system", error("ETIMEDOUT", connecting), "DeadlineExceeded", "connect", "no", true],
  [
    "read time-out of the system",
    error("ETIMEDOUT", { syscall: "read" }),
    "DeadlineExceeded",
    "headers",
    "unknown",
    true
  ],
  ["headers time-out", error("UND_ERR_HEADERS_TIMEOUT"), "DeadlineExceeded", "headers", "unknown", true],
  ["body time-out", error("UND_ERR_BODY_TIMEOUT"), "DeadlineExceeded", "idle", "unknown", true],
  ["other side closed", error("UND_ERR_SOCKET", socket(812)), "Transport", "reset", "unknown", true],
  ["other side closed before a byte", error("UND_ERR_SOCKET", socket(0)), "Transport", "reset", "no", true],
  ["reset", error("ECONNRESET", { syscall: "read" }), "Transport", "reset", "unknown", true],
  ["broken pipe", error("EPIPE", { syscall: "write" }), "Transport", "reset", "unknown", true],
  ["client destroyed", error("UND_ERR_DESTROYED"), "Transport", "reset", "unknown", true],
  ["answer too large", error("UND_ERR_RES_EXCEEDED_MAX_SIZE"), "ResponseTooLarge", undefined, "unknown", false],
  ["headers too large", error("UND_ERR_HEADERS_OVERFLOW"), "Transport", "protocol", "unknown", true],
  ["no HTTP", error("HPE_INVALID_CONSTANT"), "Transport", "protocol", "unknown", true],
  ["self-signed", error("DEPTH_ZERO_SELF_SIGNED_CERT"), "Transport", "tls", "no", false],
  ["self-signed authority", error("SELF_SIGNED_CERT_IN_CHAIN"), "Transport", "tls", "no", false],
  ["wrong host", error("ERR_TLS_CERT_ALTNAME_INVALID"), "Transport", "tls", "no", false],
  ["expired", error("CERT_HAS_EXPIRED"), "Transport", "tls", "no", false],
  ["unknown issuer", error("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "Transport", "tls", "no", false],
  ["plain HTTP behind TLS", error("ERR_SSL_WRONG_VERSION_NUMBER"), "Transport", "tls", "no", false],
  ["TLS broken later", error("ERR_SSL_BAD_RECORD_TYPE"), "Transport", "tls", "unknown", false],
  ["aborted", error("UND_ERR_ABORTED"), "Cancelled", undefined, "unknown", false],
  ["a header with a line break", error("UND_ERR_INVALID_ARG"), "InvalidRequest", undefined, "no", false],
  ["an unknown code", error("EWHATEVER"), "Transport", "protocol", "unknown", true],
  ["a text", "lost", "Transport", "protocol", "unknown", true],
  ["nothing", undefined, "Transport", "protocol", "unknown", true]
]

const kindOf = (reason: VertexError.Reason) =>
  reason._tag === "Transport" ? reason.kind : reason._tag === "DeadlineExceeded" ? reason.phase : undefined

describe("transportError", () => {
  for (const [what, cause, tag, kind, billed, retryable] of rows) {
    const wrapped = [
      cause,
      new TypeError("fetch failed", { cause }),
      { _tag: "HttpClientError", reason: { _tag: "TransportError", cause } },
      new AggregateError([cause], "")
    ]
    it(what, () => {
      for (const one of wrapped) {
        const failure = fromTransport(one, "headers", 1_000)
        assert.deepStrictEqual(
          [failure.reason._tag, kindOf(failure.reason), failure.billed, failure.reason.isRetryable],
          [tag, kind, billed, retryable]
        )
        assert.isString(failure.reason.message)
      }
    })
  }

  it("a connection that broke before TLS was up carried nothing", () => {
    const message = "Client network socket disconnected before secure TLS connection was established"
    const failure = fromTransport(Object.assign(new Error(message), { code: "ECONNRESET" }), "headers")
    assert.deepStrictEqual([failure.reason._tag, failure.billed], ["Transport", "no"])
  })

  it("says what the first of several addresses said", () => {
    const { reason } = fromTransport(
      new AggregateError([error("ECONNREFUSED", connecting), error("ENETUNREACH", connecting)]),
      "headers"
    )
    assert.include(reason.message, "ECONNREFUSED")
  })

  it("a cycle of causes ends", () => {
    const self = new Error("self")
    self.cause = self
    assert.strictEqual(fromTransport(self, "connect").billed, "no")
  })

  it("does not repeat credentials, control characters or endless texts", () => {
    const message = `\u001b[31m Bearer secret-token ${"x".repeat(10_000)}`
    const { reason } = fromTransport(Object.assign(new Error(message), { code: "ECONNRESET" }), "body")
    assert.notInclude(reason.message, "secret-token")
    assert.isBelow(reason.message.length, 2_200)
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(reason.message, /\u001b/)
  })

  // The table above is made up of codes; this shows that Node really says them.
  it("a real refused connection", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const cause = await new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve))
    const failure = fromTransport(cause, "headers")
    assert.deepStrictEqual([kindOf(failure.reason), failure.billed], ["refused", "no"])
  })

  it("a real connection that closes after the request", async () => {
    const sockets: Array<Socket> = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.once("data", () => socket.resetAndDestroy())
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const cause = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" }).then(
      () => undefined,
      (cause: unknown) => cause
    )
    await new Promise((resolve) => server.close(resolve))
    const failure = fromTransport(cause, "headers")
    assert.deepStrictEqual([kindOf(failure.reason), failure.billed], ["reset", "unknown"])
  })
})
