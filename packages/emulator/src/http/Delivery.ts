/**
 * Writes an answer to the socket, in time and with the fault that was ordered.
 *
 * @since 0.1.0
 */
import type { ServerResponse } from "node:http"
import type { Effect as Fault } from "../control/Fault.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import type * as Answer from "./Answer.ts"

/** What is written: pieces in order, and how it ends. */
interface Script {
  readonly status: number
  readonly headers: { readonly [name: string]: string | number }
  readonly pieces: ReadonlyArray<string | Buffer>
  readonly end: "close" | "cut" | "stall"
}

const midstream = {
  429: GoogleError.resourceExhausted,
  500: GoogleError.internal,
  503: GoogleError.overloaded,
  504: GoogleError.deadlineExceeded
}

const frame = (framing: Answer.Streamed["framing"], message: string, index: number): string =>
  framing === "sse" ? `data: ${message}\r\n\r\n` : `${index === 0 ? "[" : ",\r\n"}${message}`

const firstHalf = (body: string | Buffer): string | Buffer => {
  const middle = Math.floor(body.length / 2)
  return typeof body === "string" ? body.slice(0, middle) : body.subarray(0, middle)
}

const unary = (answer: Answer.Unary, fault: Fault | undefined): Script => {
  const script = {
    status: answer.status,
    headers: {
      "content-type": answer.contentType,
      "content-length": Buffer.byteLength(answer.body),
      ...answer.headers
    },
    pieces: [answer.body],
    end: "close"
  } as const
  switch (fault?.type) {
    case "drop":
      return { ...script, pieces: [], end: "cut" }
    case "truncate": {
      const bytes = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body
      const cut = bytes.subarray(0, Math.min(fault.bytes ?? bytes.length >> 1, bytes.length - 1)).toString("latin1")
      return { ...script, pieces: [cut], end: "cut" }
    }
    case "malformed": {
      const body = `${firstHalf(answer.body).toString()}<malformed>`
      return { ...script, headers: { ...script.headers, "content-length": Buffer.byteLength(body) }, pieces: [body] }
    }
    case "stall":
      return { ...script, pieces: [firstHalf(answer.body)], end: "stall" }
    default:
      return script
  }
}

const streamed = (answer: Answer.Streamed, fault: Fault | undefined): Script => {
  const sse = answer.framing === "sse"
  const pieces = answer.messages.map((message, index) => frame(answer.framing, message, index))
  const script = {
    status: 200,
    headers: { "content-type": sse ? "text/event-stream" : "application/json; charset=UTF-8" },
    end: "close"
  } as const
  const closing = sse ? [] : ["]"]
  const first = pieces.slice(0, 1)
  switch (fault?.type) {
    case "drop":
      return { ...script, pieces: [], end: "cut" }
    case "truncate": {
      const whole = Buffer.from(pieces.join(""))
      const at = Math.min(fault.bytes ?? whole.length >> 1, whole.length - 1)
      return { ...script, pieces: [whole.subarray(0, at).toString("latin1")], end: "cut" }
    }
    case "malformed":
      return { ...script, pieces: [...first, frame(answer.framing, `{"candidates": [<malformed>`, 1), ...closing] }
    case "stall":
      return { ...script, pieces: first, end: "stall" }
    case "no-finish":
      return { ...script, pieces: [...pieces.slice(0, -1), ...closing] }
    case "stream-error": {
      const error = midstream[fault.status ?? 503]
      const before = pieces.slice(0, fault.events ?? 1)
      const last =
        fault.shape === "bare"
          ? JSON.stringify(error, undefined, 2)
          : frame(answer.framing, JSON.stringify(error), before.length)
      return { ...script, pieces: [...before, last, ...(fault.shape === "bare" ? [] : closing)] }
    }
    default:
      return { ...script, pieces: [...pieces, ...closing] }
  }
}

const script = (answer: Answer.Answer, fault: Fault | undefined): Script =>
  answer._tag === "Unary" ? unary(answer, fault) : streamed(answer, fault)

/** Pieces of a truncated body may end inside a character, so they travel byte by byte. */
const encodingOf = (fault: Fault | undefined) => (fault?.type === "truncate" ? "latin1" : "utf8")

const later = (response: ServerResponse, milliseconds: number, run: () => void): void => {
  const timer = setTimeout(run, milliseconds)
  response.once("close", () => clearTimeout(timer))
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
  const { end, headers, pieces, status } = script(answer, fault)
  const encoding = encodingOf(fault)
  const wait = answer._tag === "Unary" ? latency : latency * 0.4
  const gap = (latency - wait) / Math.max(1, pieces.length)
  const finish = () => {
    if (end === "close") response.end()
    else if (end === "cut") response.socket?.destroy()
  }
  const write = (index: number) => {
    if (response.destroyed) return
    const piece = pieces[index]
    if (piece === undefined) return finish()
    if (end === "close" && index === pieces.length - 1) return void response.end(piece, encoding)
    // Each piece leaves before the next is written, so that a client sees several network chunks.
    response.write(piece, encoding, () => {
      if (gap > 1) later(response, gap, () => write(index + 1))
      else if (fault?.type === "stream-error") later(response, 5, () => write(index + 1))
      else setImmediate(write, index + 1)
    })
  }
  const begin = () => {
    if (response.destroyed) return
    if (fault?.type === "lose-answer") return void response.socket?.destroy()
    response.writeHead(status, headers)
    if (pieces.length === 0) {
      response.flushHeaders()
      setImmediate(finish)
    } else write(0)
  }
  if (wait > 0) later(response, wait, begin)
  else begin()
}
