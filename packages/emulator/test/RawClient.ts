/** A client that shows what happened on the wire, also when it was no HTTP any more. */
import * as Http from "node:http"
import * as Net from "node:net"
import * as Effect from "effect/Effect"

export interface Observed {
  readonly status: number | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
  /** "complete", "cut" (the connection ended inside the answer), "dropped" (before any header) or "stalled" (nothing more came). */
  readonly end: "complete" | "cut" | "dropped" | "stalled"
  readonly chunks: number
}

export interface Call {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: unknown
  /** Milliseconds without a byte after which an answer counts as stalled. */
  readonly patience?: number
}

/** Sends a request on a connection of its own and says all that came back; never fails. */
export const call = (url: string, options: Call = {}): Effect.Effect<Observed> =>
  Effect.callback((resume) => {
    const { body, headers = {}, method = body === undefined ? "GET" : "POST", patience = 5000 } = options
    const payload =
      body === undefined ? undefined : Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body)
    let status: number | undefined
    let received: Http.IncomingHttpHeaders = {}
    let text = ""
    let chunks = 0
    const framed =
      payload === undefined || "transfer-encoding" in headers
        ? headers
        : { "content-length": Buffer.byteLength(payload), ...headers }
    const request = Http.request(url, { method, headers: framed, agent: false })
    const finish = (end: Observed["end"]) => {
      clearTimeout(timer)
      request.destroy()
      resume(Effect.succeed({ status, headers: received, text, end, chunks }))
    }
    const timer = setTimeout(() => finish("stalled"), patience)
    request.on("error", () => finish(status === undefined ? "dropped" : "cut"))
    request.on("response", (response) => {
      status = response.statusCode
      received = response.headers
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        text += chunk
        chunks++
      })
      response.on("error", () => {})
      response.on("close", () => finish(response.complete ? "complete" : "cut"))
    })
    request.end(payload)
  })

/** Writes bytes to a socket and gives back all that it answers until it closes. */
export const bytes = (port: number, payload: string): Effect.Effect<string> =>
  Effect.callback((resume) => {
    let text = ""
    const socket = Net.connect(port, "127.0.0.1", () => socket.write(payload))
    socket.setTimeout(5000, () => socket.destroy())
    socket.on("data", (chunk) => {
      text += String(chunk)
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(text)))
  })

export const model = (url: string, id: string, verb: string): string =>
  `${url}/v1/projects/demo-project/locations/global/publishers/google/models/${id}:${verb}`

export const user = (text: string) => ({ role: "user", parts: [{ text }] })

export const ask = (text: string, more: object = {}) => ({ contents: [user(text)], ...more })
