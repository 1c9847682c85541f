/**
 * A local HTTP server that speaks Vertex AI, so that Google's own clients work against it unchanged: deterministic, free of charge and offline.
 *
 * Its models are small extractive engines under Gemini names, and every answer says so (`modelVersion` begins with `emulator/`).
 * What a server remembers ends with its scope, unless it has a directory.
 *
 * ```ts
 * import { Emulator } from "@genops/emulator"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const emulator = yield* Emulator.start()
 *   console.log(emulator.url)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"
import { join } from "node:path"
import * as ControlPlane from "./control/ControlPlane.ts"
import * as Fault from "./control/Fault.ts"
import * as Ledger from "./control/Ledger.ts"
import { EmulatorError } from "./EmulatorError.ts"
import * as Guard from "./http/Guard.ts"
import * as Latency from "./http/Latency.ts"
import * as Listener from "./http/Listener.ts"
import * as TuningJobs from "./route/TuningJobs.ts"
import * as Routes from "./Routes.ts"
import * as State from "./State.ts"
import * as DirectoryLock from "./store/DirectoryLock.ts"
import type * as Settings from "./tuning/Settings.ts"

/**
 * How an emulator starts. Everything has a default.
 *
 * @since 0.1.0
 */
export interface Options {
  /** 0, the default, takes any free port. */
  readonly port?: number
  /** The address to listen on, default `127.0.0.1`. Any but a loopback address also needs `allowRemote`. */
  readonly host?: string
  /** Lets other machines reach the emulator. It has no real authentication: only for networks that you trust. Default false. */
  readonly allowRemote?: boolean
  /** Whether calls without any credential are answered, default true; otherwise a bearer token or an API key must be there, whatever it is. */
  readonly anonymous?: boolean
  /** How long a call takes. Default: no wait. */
  readonly latency?: Latency.Latency
  /** PEM texts for https, which some clients insist on. The trust is the client's business. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Base models behind endpoint ids, for example `{ "8888": "gemini-2.5-flash" }`. */
  readonly endpoints?: { readonly [id: string]: string }
  /** How long tuning jobs take, what they go through, and how late a list shows them. Default: 3 seconds, at once. */
  readonly tuning?: Settings.Settings
  /**
   * Keeps the objects of Cloud Storage, the tables and jobs of BigQuery, the tuning jobs with their endpoints, and the ledger in this directory, which one
   * emulator at a time can use. They survive its end, also by kill -9; uploads, results of queries, caches, metadata, operations, and rules of faults do not.
   * Default: all in memory.
   */
  readonly directory?: string
  /** Whether a model is found only in the locations where Google offers it, default false. */
  readonly enforceRegions?: boolean
  /** Whether top-level request fields that only newer Google clients send are refused, default false: they are accepted and ignored. */
  readonly refuseNewerFields?: boolean
}

/**
 * A running emulator.
 *
 * @since 0.1.0
 */
export class Emulator extends Context.Service<
  Emulator,
  {
    /** Where it listens, such as `http://127.0.0.1:41234`. */
    readonly url: string
    readonly host: string
    readonly port: number
    /** Counts, last calls and billed tokens: what `GET /_emulator/requests` answers. */
    readonly requests: Effect.Effect<Ledger.Snapshot>
    /** Replaces the fault rules, as `POST /_emulator/faults` does. */
    readonly setFaults: (rules: ReadonlyArray<Fault.Rule>) => Effect.Effect<void>
    /** Changes how tuning jobs behave that are created from now on, as `POST /_emulator/tuning` does. */
    readonly setTuning: (settings: Settings.Settings) => Effect.Effect<void>
    /** Forgets everything that a request left behind: counts, ledger, rules, caches, metadata, operations, as `POST /_emulator/reset` does. */
    readonly reset: Effect.Effect<void>
  }
>()("@genops/emulator/Emulator") {}

const listen = (server: Http.Server, host: string, port: number): Effect.Effect<number, EmulatorError> =>
  Effect.callback((resume) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "AddressInUse" : "AddressNotAvailable"
      resume(Effect.fail(new EmulatorError({ reason, detail: `${host}:${port}` })))
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners("error")
      server.on("error", () => {})
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

interface Running {
  readonly server: Http.Server
  readonly sockets: Set<Socket>
}

/** Destroys every socket itself: `closeAllConnections` does not know those that are still shaking hands. */
const close = ({ server, sockets }: Running): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })

const create = (options: Options, listener: Http.RequestListener): Effect.Effect<Running, EmulatorError> =>
  Effect.try({
    try: () => {
      const server = options.tls === undefined ? Http.createServer(listener) : Https.createServer(options.tls, listener)
      server.keepAliveTimeout = 60_000
      server.on("clientError", (_error, socket) => {
        if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        else socket.destroy()
      })
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        socket.once("close", () => sockets.delete(socket))
      })
      return { server, sockets }
    },
    catch: (cause) =>
      new EmulatorError({ reason: "InvalidOptions", detail: cause instanceof Error ? cause.message : String(cause) })
  })

const directoryError = (cause: unknown) =>
  new EmulatorError({ reason: "DirectoryUnusable", detail: cause instanceof Error ? cause.message : String(cause) })

const lock = (directory: string) =>
  Effect.acquireRelease(
    Effect.flatMap(Effect.try({ try: () => DirectoryLock.take(directory), catch: directoryError }), (taken) =>
      typeof taken === "function"
        ? Effect.succeed(taken)
        : Effect.fail(new EmulatorError({ reason: "DirectoryInUse", detail: `process ${taken.pid}, ${taken.file}` }))
    ),
    (release) => Effect.sync(release)
  )

/** What the server remembers, and its book. A job whose call was not written down before the server was killed is written down now. */
const open = (options: Options) => {
  const { directory } = options
  const state = State.make({
    endpoints: options.endpoints ?? {},
    enforceRegions: options.enforceRegions ?? false,
    refusesNewerFields: options.refuseNewerFields ?? false,
    secure: options.tls !== undefined,
    ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
    ...(directory === undefined ? {} : { directory })
  })
  const routes = Routes.make(state)
  const names = routes.map(({ operation }) => operation)
  const ledger = Ledger.make(names, directory === undefined ? undefined : join(directory, "ledger.jsonl"))
  const known = new Set(ledger.snapshot().jobs.map(({ name }) => name))
  for (const call of TuningJobs.unrecorded(state, known)) ledger.record(call)
  return { state, routes, ledger }
}

/**
 * Starts an emulator; it closes, with all its connections, when the scope closes. Fails with EmulatorError when the address is taken, is not
 * this machine's, or is not a loopback address and `allowRemote` is not set, and when the directory is in use or cannot be used.
 *
 * @since 0.1.0
 */
export const start = Effect.fn("Emulator.start")(function* (
  options: Options = {}
): Effect.fn.Return<Emulator["Service"], EmulatorError, Scope.Scope> {
  const host = options.host ?? "127.0.0.1"
  if (!Guard.isLoopback(host) && options.allowRemote !== true) {
    return yield* new EmulatorError({ reason: "NotLoopback", detail: host })
  }
  if (options.directory !== undefined) yield* lock(options.directory)
  const { ledger, routes, state } = yield* Effect.try({ try: () => open(options), catch: directoryError })
  const faults = Fault.make()
  const reset = () => {
    ledger.reset()
    faults.set([])
    state.reset()
  }
  const listener = Listener.make({
    routes,
    control: ControlPlane.routes({ ledger, faults, tuning: state.tuning, reset }),
    ledger,
    faults,
    anyHost: options.allowRemote === true && !Guard.isLoopback(host),
    anonymous: options.anonymous ?? true,
    latency: Latency.sampler(options.latency)
  })
  yield* Effect.addFinalizer(() => Effect.promise(state.bigQuery.close))
  const { server } = yield* Effect.acquireRelease(create(options, listener), close)
  const port = yield* listen(server, host, options.port ?? 0)
  const name = host.includes(":") ? `[${host}]` : host
  return Emulator.of({
    url: `${options.tls === undefined ? "http" : "https"}://${name}:${port}`,
    host,
    port,
    requests: Effect.sync(ledger.snapshot),
    setFaults: (rules) => Effect.sync(() => faults.set(rules)),
    setTuning: (settings) => Effect.sync(() => state.tuning.set(settings)),
    reset: Effect.sync(reset)
  })
})

/**
 * Provides a running emulator.
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Emulator, EmulatorError> =>
  Layer.effect(Emulator, start(options))
