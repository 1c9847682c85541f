/**
 * Writes an answer to the socket, in time and with the fault that was ordered.
 *
 * @since 0.1.0
 */
import type { ServerResponse } from "node:http"
import type { Effect as Fault } from "../control/Fault.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Answer from "./Answer.ts"

/** Pieces in order; those of a large body are read when their turn comes. */
interface Pieces {
  readonly count: number
  readonly at: (index: number) => string | Buffer
}

/** What is written, and how it ends. */
interface Script {
  readonly status: number
  readonly headers: { readonly [name: string]: string | number }
  readonly pieces: Pieces
  readonly end: "close" | "cut" | "stall"
}

/** Bytes of a large body that are read at once. */
const block = 1024 * 1024

const piecesOf = (pieces: ReadonlyArray<string | Buffer>): Pieces => ({
  count: pieces.length,
  at: (index) => pieces[index] ?? ""
})

const sourceOf = (body: Answer.Unary["body"]): Answer.Source => {
  if (Answer.isSource(body)) return body
  const bytes = typeof body === "string" ? Buffer.from(body) : body
  return { length: bytes.length, read: (start, end) => bytes.subarray(start, end), close: () => {} }
}

const blocksOf = ({ read }: Answer.Source, end: number): Pieces => ({
  count: Math.max(1, Math.ceil(end / block)),
  at: (index) => read(index * block, Math.min(end, (index + 1) * block))
})

const midstream = {
  429: GoogleError.resourceExhausted,
  500: GoogleError.internal,
  503: GoogleError.overloaded,
  504: GoogleError.deadlineExceeded
}

const frame = (framing: Answer.Streamed["framing"], message: string, index: number): string =>
  framing === "sse" ? `data: ${message}\r\n\r\n` : `${index === 0 ? "[" : ",\r\n"}${message}`

const unary = (answer: Answer.Unary, fault: Fault | undefined): Script => {
  const source = sourceOf(answer.body)
  const { length } = source
  const headers = { "content-type": answer.contentType, "content-length": length, ...answer.headers }
  const script = { status: answer.status, headers, pieces: blocksOf(source, length), end: "close" } as const
  switch (fault?.type) {
    case "drop":
      return { ...script, pieces: piecesOf([]), end: "cut" }
    case "truncate": {
      const end = Math.max(0, Math.min(fault.bytes ?? length >> 1, length - 1))
      return { ...script, pieces: blocksOf(source, end), end: "cut" }
    }
    case "malformed": {
      const body = Buffer.concat([source.read(0, Math.min(length >> 1, block)), Buffer.from("<malformed>")])
      return { ...script, headers: { ...headers, "content-length": body.length }, pieces: piecesOf([body]) }
    }
    case "stall":
      return { ...script, pieces: blocksOf(source, length >> 1), end: "stall" }
    default:
      return script
  }
}

const streamed = (answer: Answer.Streamed, fault: Fault | undefined): Script => {
  const sse = answer.framing === "sse"
  const pieces = answer.messages.map((message, index) => frame(answer.framing, message, index))
  const script = (pieces: ReadonlyArray<string | Buffer>, end: Script["end"] = "close"): Script => ({
    status: 200,
    headers: { "content-type": sse ? "text/event-stream" : "application/json; charset=UTF-8" },
    pieces: piecesOf(pieces),
    end
  })
  const closing = sse ? [] : ["]"]
  const first = pieces.slice(0, 1)
  switch (fault?.type) {
    case "drop":
      return script([], "cut")
    case "truncate": {
      const whole = Buffer.from(pieces.join(""))
      return script([whole.subarray(0, Math.min(fault.bytes ?? whole.length >> 1, whole.length - 1))], "cut")
    }
    case "malformed":
      return script([...first, frame(answer.framing, `{"candidates": [<malformed>`, 1), ...closing])
    case "stall":
      return script(first, "stall")
    case "no-finish":
      return script([...pieces.slice(0, -1), ...closing])
    case "stream-error": {
      const error = midstream[fault.status ?? 503]
      const before = pieces.slice(0, fault.events ?? 1)
      const last =
        fault.shape === "bare"
          ? JSON.stringify(error, undefined, 2)
          : frame(answer.framing, JSON.stringify(error), before.length)
      return script([...before, last, ...(fault.shape === "bare" ? [] : closing)])
    }
    default:
      return script([...pieces, ...closing])
  }
}

/** A piece; undefined when the disk does not give it. */
const pieceAt = ({ at }: Pieces, index: number): string | Buffer | undefined => {
  try {
    return at(index)
  } catch {
    return undefined
  }
}

const later = (response: ServerResponse, milliseconds: number, run: () => void): void => {
  const stop = () => clearTimeout(timer)
  const timer = setTimeout(() => {
    response.off("close", stop)
    run()
  }, milliseconds)
  response.once("close", stop)
}

/**
 * Writes an answer. `latency` is the time in milliseconds until it is complete: a single body waits for all of it, a stream for 40 % of it and
 * spreads its messages over the rest.
 *
 * @since 0.1.0
 */
export const deliver = (
  response: ServerResponse,
  answer: Answer.Answer,
  fault: Fault | undefined,
  latency: number
): void => {
  if (response.closed) return Answer.release(answer)
  response.once("close", () => Answer.release(answer))
  const { end, headers, pieces, status } = answer._tag === "Unary" ? unary(answer, fault) : streamed(answer, fault)
  const wait = answer._tag === "Unary" ? latency : latency * 0.4
  const gap = (latency - wait) / Math.max(1, pieces.count)
  const finish = () => {
    if (end === "close") response.end()
    else if (end === "cut") response.socket?.destroy()
  }
  const write = (index: number) => {
    if (response.destroyed) return
    if (index >= pieces.count) return finish()
    const piece = pieceAt(pieces, index)
    // Half of a body must not look like all of it.
    if (piece === undefined) return void response.socket?.destroy()
    if (end === "close" && index === pieces.count - 1) return void response.end(piece)
    // Each piece leaves before the next is written, so that a client sees several network chunks.
    response.write(piece, () => {
      if (gap > 1) later(response, gap, () => write(index + 1))
      else if (fault?.type === "stream-error") later(response, 5, () => write(index + 1))
      else setImmediate(write, index + 1)
    })
  }
  const begin = () => {
    if (response.destroyed) return
    if (fault?.type === "lose-answer") return fault.instead === "silence" ? undefined : void response.socket?.destroy()
    response.writeHead(status, headers)
    if (pieces.count === 0) {
      response.flushHeaders()
      setImmediate(finish)
    } else write(0)
  }
  if (wait > 0) later(response, wait, begin)
  else begin()
}
