/**
 * Ways to answer a request, right and wrong, in raw bytes.
 */
import type * as net from "node:net"
import type { Answer } from "./HostileServer.ts"

type Headers = Readonly<Record<string, string | number>>

const head = (status: number | string, headers: Headers) =>
  `HTTP/1.1 ${status} X\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`

/** Writes as long as the client listens. */
const write = (socket: net.Socket, bytes: string | Uint8Array) => {
  if (socket.writable) socket.write(bytes)
}

const every = (socket: net.Socket, millis: number, step: () => void) => {
  const timer = setInterval(step, millis)
  socket.once("close", () => clearInterval(timer))
}

export const raw =
  (bytes: string | Uint8Array): Answer =>
  ({ socket }) =>
    write(socket, bytes)

/** Sends the bytes and ends the connection in good order. */
export const rawAndEnd =
  (bytes: string | Uint8Array): Answer =>
  ({ socket }) =>
    socket.end(bytes)

/** Sends the bytes, lets them arrive, and resets the connection. */
export const rawAndReset =
  (bytes: string | Uint8Array): Answer =>
  ({ socket }) => {
    write(socket, bytes)
    setTimeout(() => socket.resetAndDestroy(), bytes.length === 0 ? 0 : 30)
  }

export const silence: Answer = () => undefined

/** A whole answer with the right length. */
export const reply = (status: number | string, body: string | Uint8Array, headers: Headers = {}): Answer => {
  const bytes = Buffer.from(body)
  const type = { "content-type": "application/json; charset=UTF-8" }
  return raw(Buffer.concat([Buffer.from(head(status, { ...type, "content-length": bytes.length, ...headers })), bytes]))
}

/** HTTP 200 with a JSON value, or with text that is not JSON. */
export const json = (value: unknown): Answer => reply(200, JSON.stringify(value))

export const openHead = (headers: Headers = {}, status = 200): string =>
  head(status, { "content-type": "application/json", ...headers })

const chunkedHead = head(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" })

export const chunk = (text: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])
}

/** The head of a stream and a first piece of it, open. */
export const streamHead = (text: string | Uint8Array = ""): Buffer =>
  Buffer.concat([Buffer.from(chunkedHead), ...(text.length === 0 ? [] : [chunk(text)])])

/** A whole stream that ends in good order. */
export const stream = (text: string | Uint8Array): Answer =>
  raw(Buffer.concat([streamHead(text), Buffer.from("0\r\n\r\n")]))

/** Events of a stream, one for each value. */
export const events = (values: ReadonlyArray<unknown>, lineEnd = "\r\n"): string =>
  values.map((value) => `data: ${JSON.stringify(value)}${lineEnd}${lineEnd}`).join("")

/** Sends `first`, and then `rest` in pieces of one byte, one every so many milliseconds. */
export const drip =
  (first: string | Uint8Array, rest: string, millis: number): Answer =>
  ({ socket }) => {
    write(socket, first)
    let at = 0
    every(socket, millis, () => {
      if (at < rest.length) write(socket, rest.slice(at, ++at))
    })
  }

/** Sends `first`, and then `piece` every so many milliseconds, for ever. */
export const beat =
  (first: string | Uint8Array, piece: string | Uint8Array, millis: number): Answer =>
  ({ socket }) => {
    write(socket, first)
    every(socket, millis, () => write(socket, piece))
  }

/** Sends `first`, and then `piece` again and again, as fast as the client reads. */
export const endless =
  (first: string | Uint8Array, piece: string | Uint8Array): Answer =>
  ({ socket }) => {
    write(socket, first)
    const pump = () => {
      while (socket.writable && socket.write(piece));
    }
    socket.on("drain", pump)
    pump()
  }

/** Answers the first request with the first answer, and so on; the last answers all that follow. */
export const inTurn =
  (...answers: readonly [Answer, ...ReadonlyArray<Answer>]): Answer =>
  (exchange) =>
    (answers[exchange.attempt - 1] ?? answers[answers.length - 1] ?? silence)(exchange)
