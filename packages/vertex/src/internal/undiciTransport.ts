/** Speaks HTTP through undici's dispatcher, one level below its promises and streams, whose price per call is higher. */
import Undici, { type Dispatcher } from "@effect/platform-node/Undici"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { Socket } from "node:net"
import type { Request, Streaming, Whole } from "../Transport.ts"
import { type Limits, VertexConfig } from "../VertexConfig.ts"
import * as VertexError from "../VertexError.ts"
import type { Failure } from "./errorMapping.ts"
import { fromTransport } from "./transportError.ts"

type Controller = Dispatcher.DispatchController
type Headers = Readonly<Record<string, string | Array<string> | undefined>>

/** Why we ended a request ourselves. */
class Ended extends Error {
  readonly failure: Failure | undefined
  constructor(failure?: Failure) {
    super("the request was ended")
    this.failure = failure
  }
}

const tooLarge = (limit: number, billed: VertexError.Billed): Failure => ({
  reason: new VertexError.ResponseTooLarge({ limit }),
  billed
})

/** Bytes of a stream that may wait for a slow consumer before the server is slowed down. */
const highWater = 64 * 1024

const single = (headers: Headers): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

/** What whole and streamed answers share: the start of a request, its end, and which part of it is under way. */
const exchange = (
  request: Request,
  limits: Limits,
  receive: {
    readonly head: (status: number, headers: Headers) => void
    readonly data: (chunk: Uint8Array) => void
    readonly done: () => void
    readonly failed: (failure: Failure) => void
  }
) => {
  let controller: Controller | undefined
  let ended: Ended | undefined
  let phase: "connect" | "headers" | "body" = "connect"
  const limit = Math.max(limits.response, limits.stream)
  return {
    controller: () => controller,
    phase: () => phase,
    end: (failure?: Failure) => {
      ended = new Ended(failure)
      if (controller !== undefined) controller.abort(ended)
      // There is no connection yet: undici can only be told when there is one.
      else if (failure !== undefined) receive.failed(failure)
    },
    handler: {
      onRequestStart(started: Controller) {
        controller = started
        if (ended !== undefined) return started.abort(ended)
        phase = "headers"
        request.sent()
      },
      onResponseStart(_: Controller, status: number, headers: Headers) {
        if (status < 200) return
        phase = "body"
        receive.head(status, headers)
      },
      onResponseData(_: Controller, chunk: Uint8Array) {
        receive.data(chunk)
      },
      onResponseEnd() {
        receive.done()
      },
      onResponseError(_: Controller | undefined, error: Error) {
        receive.failed(ended?.failure ?? fromTransport(error, phase, limit))
      }
    }
  }
}

/**
 * Makes connections. `destroy` of an agent leaves those that are still being made to their time-out: `abandon` ends them.
 *
 * HTTP/2 is not offered: its streams share a connection, and an interruption is to close it.
 */
const makeConnector = (timeout: number) => {
  const open = Undici.buildConnector({ timeout, allowH2: false })
  const unfinished = new Set<Socket>()
  const connect: Undici.buildConnector.connector = (options, callback) => {
    // The declared type hides that the socket is returned; undici itself relies on it.
    const socket: unknown = open(options, (...result) => {
      if (socket instanceof Socket) unfinished.delete(socket)
      callback(...result)
    })
    if (socket instanceof Socket) unfinished.add(socket)
    return socket
  }
  const abandon = () => {
    for (const socket of unfinished) socket.destroy()
  }
  return { connect, abandon }
}

export const make = Effect.gen(function* () {
  const { limits, timeouts } = yield* VertexConfig
  const connector = makeConnector(Duration.toMillis(timeouts.connect))
  const agent = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Undici.Agent({
          connect: connector.connect,
          allowH2: false,
          maxHeaderSize: 16 * 1024,
          maxResponseSize: Math.max(limits.response, limits.stream)
        })
    ),
    (agent) =>
      Effect.ensuring(
        Effect.promise(() => agent.destroy()),
        Effect.sync(connector.abandon)
      )
  )
  const firstByte = Duration.toMillis(timeouts.firstByte)
  const firstByteOfStream = Duration.toMillis(timeouts.firstByteOfStream)
  const bodyTimeout = Duration.toMillis(timeouts.idle)
  const total = Duration.toMillis(timeouts.total)

  const dispatch = (request: Request, headersTimeout: number, { failed, handler }: Dispatched) => {
    const { body, headers, method, origin, path } = request
    try {
      agent.dispatch({ origin, path, method, headers, body: body ?? null, headersTimeout, bodyTimeout }, handler)
    } catch (error) {
      failed(fromTransport(error, "connect"))
    }
  }

  const deadline = (request: { readonly end: (failure: Failure) => void; readonly phase: () => string }) =>
    setTimeout(() => {
      const description = `no complete answer within ${Duration.format(timeouts.total)}`
      const reason = new VertexError.DeadlineExceeded({ phase: "total", description })
      request.end({ reason, billed: request.phase() === "connect" ? "no" : "unknown" })
    }, total)

  const whole = (request: Request) =>
    Effect.callback<Whole, Failure>((resume) => {
      const chunks: Array<Uint8Array> = []
      let size = 0
      let status = 0
      let headers: Headers = {}
      const failed = (failure: Failure) => {
        clearTimeout(timer)
        // An error status says more than the break in the body behind it.
        if (status < 300) resume(Effect.fail(failure))
        else resume(Effect.succeed({ status, headers: single(headers), body: Buffer.concat(chunks) }))
      }
      const sending = exchange(request, limits, {
        head: (code, fields) => {
          status = code
          headers = fields
        },
        data: (chunk) => {
          size += chunk.byteLength
          if (size > limits.response) sending.end(tooLarge(limits.response, "unknown"))
          else chunks.push(chunk)
        },
        done: () => {
          clearTimeout(timer)
          const [first] = chunks
          const body = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
          resume(Effect.succeed({ status, headers: status === 200 ? {} : single(headers), body }))
        },
        failed
      })
      const timer = deadline(sending)
      dispatch(request, firstByte, { failed, handler: sending.handler })
      return Effect.sync(() => {
        clearTimeout(timer)
        sending.end()
      })
    })

  const stream = (request: Request) =>
    Effect.acquireRelease(
      Effect.sync(() => open(request)),
      ({ close }) => Effect.sync(close)
    ).pipe(Effect.flatMap(({ head }) => head))

  const open = (request: Request) => {
    let chunks: Array<Uint8Array> = []
    let waiting = 0
    let end: Failure | "done" | undefined
    let wake: (() => void) | undefined
    let answer: ((effect: Effect.Effect<Streaming, Failure>) => void) | undefined
    let started: Effect.Effect<Streaming, Failure> | undefined
    const settle = (effect: Effect.Effect<Streaming, Failure>) => {
      started ??= effect
      answer?.(effect)
    }
    const finish = (how: Failure | "done") => {
      clearTimeout(timer)
      end ??= how
      if (how !== "done") settle(Effect.fail(how))
      wake?.()
    }
    const sending = exchange(request, limits, {
      head: (status, headers) => settle(Effect.succeed({ status, headers: single(headers), body })),
      data: (chunk) => {
        chunks.push(chunk)
        waiting += chunk.byteLength
        if (waiting > highWater) sending.controller()?.pause()
        wake?.()
      },
      done: () => finish("done"),
      failed: finish
    })
    const timer = deadline(sending)
    const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, Failure> = Effect.suspend(() => {
      if (Arr.isArrayNonEmpty(chunks)) {
        const ready = chunks
        chunks = []
        waiting = 0
        if (sending.controller()?.paused === true) sending.controller()?.resume()
        return Effect.succeed(ready)
      }
      if (end === "done") return Cause.done()
      if (end !== undefined) return Effect.fail(end)
      return Effect.flatMap(
        Effect.callback<void>((resume) => {
          wake = () => {
            wake = undefined
            // One read of the socket brings many chunks, and the consumer takes them all at once.
            queueMicrotask(() => resume(Effect.void))
          }
        }),
        () => pull
      )
    })
    const body = Stream.fromPull(Effect.succeed(pull))
    dispatch(request, firstByteOfStream, { failed: finish, handler: sending.handler })
    return {
      head: Effect.callback<Streaming, Failure>((resume) => {
        if (started !== undefined) return resume(started)
        answer = resume
      }),
      close: () => {
        clearTimeout(timer)
        if (end === undefined) sending.end()
      }
    }
  }

  return { whole, stream }
})

interface Dispatched {
  readonly failed: (failure: Failure) => void
  readonly handler: Dispatcher.DispatchHandler
}
