/**
 * The HTTP server: guards, reads, dispatches, records and answers.
 *
 * It is plain `node:http` and not Effect's server, because its faults live below HTTP: it cuts sockets before and inside an answer, sends
 * bodies shorter than their content-length, and stalls. Effect's server gives no hold of the socket, and it would put a fiber and several
 * objects between the bytes and a handler that is a pure function.
 *
 * @since 0.1.0
 */
import type * as Http from "node:http"
import type { Effect as Fault, Faults } from "../control/Fault.ts"
import type { Ledger } from "../control/Ledger.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Answer from "./Answer.ts"
import * as Delivery from "./Delivery.ts"
import * as Guard from "./Guard.ts"
import * as Route from "./Route.ts"
import * as StatusAnswer from "./StatusAnswer.ts"

/**
 * Bytes that a request body may have: 32 MiB.
 *
 * @since 0.1.0
 */
export const maximumBody = 32 * 1024 * 1024

/** Requests answered at the same time unless said otherwise. */
const usualInFlight = 4096

/**
 * What a listener works with.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly routes: ReadonlyArray<Route.Route>
  readonly control: ReadonlyArray<Route.Route>
  readonly ledger: Ledger
  readonly faults: Faults
  readonly anyHost: boolean
  readonly anonymous: boolean
  readonly latency: () => number
  /** Requests answered at the same time, default 4,096; above it 503. */
  readonly maximumInFlight?: number
}

/** A path and its query. Nothing is normalised: what is not written as Google writes it finds no route. */
const split = (target: string): { readonly path: string; readonly query: string } => {
  const mark = target.indexOf("?")
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** A defect of a route must not take the server down: it is written to standard error and answered as 500. */
const handle = (route: Route.Route, request: Route.Request): Answer.Answer => {
  try {
    return route.handle(request)
  } catch (defect) {
    const detail = defect instanceof Error ? defect.stack : String(defect)
    process.stderr.write(`emulator: ${route.operation} failed: ${detail}\n`)
    return Answer.error(GoogleError.internal)
  }
}

/** Gives the body once it is there; undefined, as soon as it is known, when it is too long. */
const receive = (incoming: Http.IncomingMessage, use: (body: Buffer | undefined) => void): void => {
  if (Number(incoming.headers["content-length"] ?? 0) > maximumBody) return use(undefined)
  let chunks: Array<Buffer> = []
  let size = 0
  incoming.on("data", (chunk: Buffer) => {
    const fitted = size <= maximumBody
    size += chunk.length
    if (size <= maximumBody) chunks.push(chunk)
    else if (fitted) {
      chunks = []
      use(undefined)
    }
  })
  incoming.on("end", () => {
    const [only, second] = chunks
    if (size <= maximumBody) use(only !== undefined && second === undefined ? only : Buffer.concat(chunks))
  })
}

/**
 * Makes the function that answers every request of a server.
 *
 * @since 0.1.0
 */
export const make = (options: Options): Http.RequestListener => {
  const { anonymous, anyHost, control, faults, ledger, maximumInFlight = usualInFlight, routes } = options
  let inFlight = 0

  const dispatch = (incoming: Http.IncomingMessage, response: Http.ServerResponse, body: Buffer): void => {
    const answer = (answer: Answer.Answer, latency = 0, fault?: Fault) =>
      Delivery.deliver(response, answer, fault, latency)
    const { headers, method = "GET", url = "/" } = incoming
    const { path, query } = split(url)
    const isControl = path.startsWith("/_emulator/")
    const match = Route.find(isControl ? control : routes, method, path)
    if (match === undefined) return answer(Answer.page(GoogleError.html(404), 404))
    const { parameters, route } = match
    const request = { method, path, query: new URLSearchParams(query), parameters, headers, body }
    if (isControl) return answer(handle(route, request))

    ledger.count(route.operation)
    const record = (call: { readonly status?: number; readonly fault?: string; readonly billed?: Answer.Bill }) =>
      ledger.record({ operation: route.operation, method, path, ...call })
    const refuse = (error: GoogleError.GoogleError, latency = 0) => {
      record({ status: error.error.code })
      answer(Answer.error(error), latency)
    }
    if (!anonymous && !Guard.hasCredential(headers)) return refuse(GoogleError.unauthenticated(route.rpc))
    const fault = faults.next(route.operation, parameters["model"] ?? parameters["endpoint"])
    const named = fault === undefined ? {} : { fault: fault.type }
    const latency = fault?.latency ?? options.latency()
    const deadline = Number(headers["x-server-timeout"]) * 1000
    if (deadline > 0 && latency > deadline) return refuse(GoogleError.deadlineExceeded, deadline)
    const replaced = StatusAnswer.of(fault, { path, rpc: route.rpc })
    if (replaced !== undefined) {
      record({ status: replaced.status, ...named })
      return answer(replaced, latency)
    }
    if (fault?.type === "drop" && fault.when === "before-headers") {
      record(named)
      return void response.socket?.destroy()
    }
    const result = handle(route, request)
    const sent = fault?.type === "lose-answer" ? {} : { status: result._tag === "Unary" ? result.status : 200 }
    record({ ...sent, ...named, ...(result.bill === undefined ? {} : { billed: result.bill }) })
    answer(result, latency, fault)
  }

  return (incoming, response) => {
    incoming.on("error", () => {})
    response.on("error", () => {})
    const refuse = (error: GoogleError.GoogleError) => {
      // What is left of the request is not read; the connection ends with the answer.
      response.setHeader("connection", "close")
      incoming.resume()
      Delivery.deliver(response, Answer.error(error), undefined, 0)
    }
    const refusal = Guard.refusal(incoming.headers, anyHost)
    if (refusal !== undefined) return refuse(GoogleError.forbidden(refusal))
    if (inFlight >= maximumInFlight) return refuse(GoogleError.unavailable)
    inFlight++
    response.once("close", () => inFlight--)
    receive(incoming, (body) => {
      if (body === undefined) refuse(GoogleError.payloadTooLarge(maximumBody))
      else dispatch(incoming, response, body)
    })
  }
}
