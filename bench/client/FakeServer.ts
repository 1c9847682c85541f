/**
 * The far end, in a process of its own: bare sockets and prepared answers, so that it costs less than any client.
 *
 * It reads no more of a request than its length and whether it asks for a stream. Certificate and key are named in the
 * arguments when it is to speak TLS.
 */
import * as Random from "@genops/core/statistics/Random"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Answers from "./Answers.ts"
import type { FromServer, Mode } from "./ServerProcess.ts"

let mode: Mode = { kind: "answer" }
let random = Random.xoshiro128ss(0)
let requests = 0

const say = (message: FromServer) => process.send?.(message)
const now = () => performance.timeOrigin + performance.now()

const fault = () => {
  const percent = Random.index(random(), 100)
  if (percent < 10) return Answers.tooManyRequests
  if (percent < 12) return Answers.unavailable
  return percent < 13 ? "drop" : undefined
}

/** The requests that wait for an answer which never comes, by their connection. */
const held = new WeakMap<Net.Socket, number>()

const respond = (socket: Net.Socket, streamed: boolean) => {
  requests += 1
  if (mode.kind === "hang") {
    if (streamed) socket.write(Answers.beginning)
    held.set(socket, requests)
    say({ event: "held", request: requests })
    return
  }
  const broken = mode.kind === "faults" ? fault() : undefined
  if (broken === "drop") socket.destroy()
  else socket.write(broken ?? (streamed ? Answers.stream : Answers.answer))
}

/** Splits a complete request off: its head and what follows it. */
const split = (bytes: Buffer): { readonly head: string; readonly rest: Buffer } | undefined => {
  const end = bytes.indexOf("\r\n\r\n")
  if (end === -1) return undefined
  const head = bytes.toString("latin1", 0, end)
  const length = /content-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`a request without its length:\n${head}`)
  const next = end + 4 + Number(length)
  return bytes.length < next ? undefined : { head, rest: bytes.subarray(next) }
}

const nothing = Buffer.alloc(0)

const serve = (socket: Net.Socket) => {
  let pending: Buffer = nothing
  socket.setNoDelay(true)
  socket.on("data", (bytes: Buffer) => {
    const arrived = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
    const request = split(arrived)
    // A client sends its next request when it has the answer to this one.
    pending = request?.rest ?? arrived
    if (request !== undefined) respond(socket, request.head.includes(":streamGenerateContent"))
  })
  socket.on("error", () => undefined)
  socket.on("close", () => {
    const request = held.get(socket)
    if (request !== undefined) say({ event: "closed", request, at: now() })
  })
}

const [cert, key] = process.argv.slice(2)
const server =
  cert === undefined || key === undefined
    ? Net.createServer(serve)
    : Tls.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, serve)

process.on("message", (next: Mode) => {
  mode = next
  if (mode.kind === "faults") random = Random.xoshiro128ss(mode.seed)
  say({ event: "mode", requests })
  requests = 0
})
process.on("disconnect", () => process.exit())

server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const address = server.address()
  if (address !== null && typeof address === "object") say({ event: "listening", port: address.port })
})
