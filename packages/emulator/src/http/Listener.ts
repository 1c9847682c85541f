/**
 * The HTTP server: guards, reads, dispatches, records and answers.
 *
 * It is plain `node:http` and not Effect's server, because its faults live below HTTP: it cuts sockets before and inside an answer, sends
 * bodies shorter than their content-length, and stalls. Effect's server gives no hold of the socket, and it would put a fiber and several
 * objects between the bytes and a handler that is a pure function.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Http from "node:http"
import type { Faults } from "../control/Fault.ts"
import type * as Ledger from "../control/Ledger.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Answer from "./Answer.ts"
import * as Body from "./Body.ts"
import * as Delivery from "./Delivery.ts"
import * as Guard from "./Guard.ts"
import * as Route from "./Route.ts"
import * as StatusAnswer from "./StatusAnswer.ts"

/**
 * Bytes that a request body may have, but for uploads, which are taken in piece by piece: 32 MiB.
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
  readonly ledger: Ledger.Ledger
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
const report = (operation: string, defect: unknown): Answer.Unary => {
  const detail = defect instanceof Error ? defect.stack : String(defect)
  process.stderr.write(`emulator: ${operation} failed: ${detail}\n`)
  return Answer.error(GoogleError.internal)
}

const attempt = async (
  operation: string,
  run: () => Answer.Answer | Promise<Answer.Answer>
): Promise<Answer.Answer> => {
  try {
    return await run()
  } catch (defect) {
    return report(operation, defect)
  }
}

/** A call that cannot be written down, on a full disk, must not look as if it had been answered. */
const settle = (operation: string, incoming: Http.IncomingMessage, done: Promise<void>): void => {
  done.catch((defect: unknown) => {
    report(operation, defect)
    incoming.socket.destroy()
  })
}

/** What is done in place of the work. */
interface Refusal {
  readonly run: () => void
  /** Bytes of an upload that are taken in first. */
  readonly afterBytes?: number | undefined
  /** Whether the connection is cut as soon as they are there. */
  readonly cuts?: boolean
}

/** A call of a Google route: what becomes of it. */
interface Call {
  readonly refusal: Refusal | undefined
  readonly finish: (result: Answer.Answer) => void
  /** The client went away inside its request. */
  readonly abandon: () => void
}

/**
 * Makes the function that answers every request of a server.
 *
 * @since 0.1.0
 */
export const make = (options: Options): Http.RequestListener => {
  const { anonymous, anyHost, control, faults, ledger, maximumInFlight = usualInFlight, routes } = options
  let inFlight = 0

  const decide = ({ parameters, route }: Route.Match, request: Route.Request, response: Http.ServerResponse): Call => {
    const { headers, method, path } = request
    const { error, operation, rpc } = route
    const record = (call: Omit<Ledger.Recorded, "operation" | "method" | "path">) =>
      ledger.record({ operation, method, path, ...call })
    const answer = (refusal: Answer.Unary, latency = 0, named: { readonly fault?: string } = {}) => {
      record({ status: refusal.status, ...named })
      Delivery.deliver(response, refusal, undefined, latency)
    }
    const refused = (refusal: Refusal): Call => ({ refusal, finish: Answer.release, abandon: () => record({}) })
    if (!anonymous && !Guard.hasCredential(headers)) {
      return refused({ run: () => answer(error?.(401) ?? Answer.error(GoogleError.unauthenticated(rpc))) })
    }
    const fault = faults.next(operation, parameters["model"] ?? parameters["endpoint"])
    const named = fault === undefined ? {} : { fault: fault.type }
    const latency = fault?.latency ?? options.latency()
    const deadline = Number(headers["x-server-timeout"]) * 1000
    if (deadline > 0 && latency > deadline) {
      return refused({ run: () => answer(Answer.error(GoogleError.deadlineExceeded), deadline) })
    }
    const called = { path, route }
    const replaced = StatusAnswer.of(fault, called)
    if (replaced !== undefined && fault?.type === "status") {
      return refused({ run: () => answer(replaced, latency, named), afterBytes: fault.afterBytes })
    }
    if (fault?.type === "drop" && fault.when === "before-headers") {
      const run = () => {
        record(named)
        response.socket?.destroy()
      }
      return refused({ run, afterBytes: fault.afterBytes, cuts: true })
    }
    const finish = (result: Answer.Answer) => {
      const lost = StatusAnswer.ofLost(fault, called)
      const status = lost?.status ?? (result._tag === "Unary" ? result.status : 200)
      const isSeen = lost !== undefined || fault?.type !== "lose-answer"
      const { bill, bills = [], created } = result
      record({
        ...(isSeen ? { status } : {}),
        ...named,
        ...(bill === undefined ? {} : { billed: bill }),
        ...(bills.length === 0 ? {} : { alsoBilled: bills }),
        ...(created === undefined ? {} : { created })
      })
      if (lost === undefined) return Delivery.deliver(response, result, fault, latency)
      Answer.release(result)
      Delivery.deliver(response, lost, undefined, latency)
    }
    return { refusal: undefined, finish, abandon: () => record(named) }
  }

  const takeIn = (open: () => Route.Intake, operation: string, incoming: Http.IncomingMessage, call: Call): void => {
    const { abandon, finish, refusal } = call
    if (refusal !== undefined && (refusal.afterBytes ?? 0) === 0) return Body.afterAll(incoming, refusal.run)
    const opened = Result.try(open)
    if (Result.isFailure(opened)) return Body.afterAll(incoming, () => finish(report(operation, opened.failure)))
    const intake = opened.success
    Body.feed(incoming, intake, refusal?.afterBytes, (ended) => {
      if (ended === "gone") abandon()
      else if (refusal?.cuts === true) refusal.run()
      else if (refusal !== undefined) Body.afterAll(incoming, refusal.run)
      else if (ended === "whole") settle(operation, incoming, attempt(operation, intake.end).then(finish))
      else if (ended !== "cut") Body.afterAll(incoming, () => finish(report(operation, ended.defect)))
    })
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
    const { headers, method = "GET", url = "/" } = incoming
    const refusal = Guard.refusal(headers, anyHost)
    if (refusal !== undefined) return refuse(GoogleError.forbidden(refusal))
    if (inFlight >= maximumInFlight) return refuse(GoogleError.unavailable)
    inFlight++
    response.once("close", () => inFlight--)
    const { path, query } = split(url)
    const isControl = path.startsWith("/_emulator/")
    const match = Route.find(isControl ? control : routes, method, path)
    const requestOf = (body: Buffer, parameters: Route.Request["parameters"]): Route.Request => ({
      method,
      path,
      query: new URLSearchParams(query),
      parameters,
      headers,
      body
    })
    if (match?.route.intake !== undefined) {
      const { intake, operation } = match.route
      const request = requestOf(Buffer.alloc(0), match.parameters)
      return takeIn(() => intake(request), operation, incoming, decide(match, request, response))
    }
    Body.receive(incoming, maximumBody, (body) => {
      if (body === undefined) return refuse(GoogleError.payloadTooLarge(maximumBody))
      if (match === undefined) {
        return Delivery.deliver(response, Answer.page(GoogleError.html(404), 404), undefined, 0)
      }
      const { parameters, route } = match
      const request = requestOf(body, parameters)
      const work = () => attempt(route.operation, () => route.handle(request))
      if (isControl) return void work().then((result) => Delivery.deliver(response, result, undefined, 0))
      const { finish, refusal } = decide(match, request, response)
      if (refusal === undefined) settle(route.operation, incoming, work().then(finish))
      else refusal.run()
    })
  }
}
