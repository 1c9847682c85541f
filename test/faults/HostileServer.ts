/**
 * A server on the loopback that answers with raw bytes, so that it can break every rule of HTTP, and that counts what it saw.
 */
import * as Effect from "effect/Effect"
import * as net from "node:net"
import * as tls from "node:tls"
import type { KeyPair } from "./Certificate.ts"

/** One request that was read in full. */
interface Exchange {
  readonly socket: net.Socket
  readonly head: string
  readonly body: string
  /** Number of the request at this server, from 1. */
  readonly attempt: number
}

/** What a server does with a request. */
export type Answer = (exchange: Exchange) => void

/** What a server does: with a new connection, before a byte of it was read, and with each request. */
export interface Script {
  readonly connection?: (socket: net.Socket) => void
  readonly answer: Answer
}

export interface HostileServer {
  readonly port: number
  readonly requests: ReadonlyArray<Exchange>
  /** Connections that were accepted since the start. */
  readonly connections: () => number
  /** Connections that are not closed. */
  readonly open: () => number
  /** When the last connection was closed, on the clock of `performance.now`. */
  readonly lastClosed: () => number
}

/** Cuts the bytes of a connection into requests. */
const readRequests = (socket: net.Socket, onRequest: (head: string, body: string) => void) => {
  let text = ""
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1")
    for (;;) {
      const end = text.indexOf("\r\n\r\n")
      if (end === -1) return
      const head = text.slice(0, end)
      const size = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
      const next = end + 4 + size
      if (text.length < next) return
      const body = Buffer.from(text.slice(end + 4, next), "latin1").toString("utf8")
      text = text.slice(next)
      onRequest(head, body)
    }
  })
}

const listen = (script: Script, identity: KeyPair | undefined): Promise<readonly [HostileServer, () => void]> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<net.Socket>()
    const requests: Array<Exchange> = []
    let connections = 0
    let lastClosed = 0
    const serve = (socket: net.Socket) => {
      // The client may be gone at any time; that is no fault of the server.
      socket.on("error", () => undefined)
      readRequests(socket, (head, body) => {
        const exchange = { socket, head, body, attempt: requests.length + 1 }
        requests.push(exchange)
        script.answer(exchange)
      })
    }
    const server =
      identity === undefined
        ? net.createServer(serve)
        : tls.createServer({ ...identity, ALPNProtocols: ["h2", "http/1.1"] }, serve)
    // Also under TLS this is the bare connection, before any handshake.
    server.on("connection", (socket: net.Socket) => {
      connections++
      sockets.add(socket)
      socket.on("error", () => undefined)
      socket.on("close", () => {
        sockets.delete(socket)
        lastClosed = performance.now()
      })
      script.connection?.(socket)
    })
    server.on("tlsClientError", () => undefined)
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = address === null || typeof address === "string" ? 0 : address.port
      const close = () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }
      const hostile = {
        port,
        requests,
        connections: () => connections,
        open: () => sockets.size,
        lastClosed: () => lastClosed
      }
      resolve([hostile, close])
    })
  })

/** Starts a server that lives as long as the scope; with `identity` it speaks TLS. */
export const make = (script: Script, identity?: KeyPair) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => listen(script, identity)),
      ([, close]) => Effect.sync(close)
    ),
    ([server]) => server
  )

/** Waits until every connection is closed; returns how many are still open after the limit. */
export const drained = (server: HostileServer, limitMillis = 3_000): Effect.Effect<number> =>
  Effect.promise(async () => {
    const end = performance.now() + limitMillis
    while (server.open() > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 2))
    return server.open()
  })
