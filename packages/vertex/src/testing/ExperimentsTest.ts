/**
 * Experiments for tests: kept in memory, with the same rules, merging and races for an etag as the live service, and no network.
 *
 * @example
 * import * as Experiments from "@genops/vertex/Experiments"
 * import { ExperimentsTest } from "@genops/vertex/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   yield* Experiments.create("summaries")
 *   yield* Experiments.withRun("summaries", "flash-1", (run) => run.logMetrics({ "rouge_l/mean": 0.61 }))
 *   const run = yield* Experiments.getRun("summaries", "flash-1")
 *   return `${run.state} ${JSON.stringify(run.metrics)}`
 * })
 * Effect.runSync(Effect.provide(program, ExperimentsTest.layer()))
 * // => 'COMPLETE {"rouge_l/mean":0.61}'
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Experiments } from "../Experiments.ts"
import * as experimentService from "../internal/experimentService.ts"
import { type Context as Stored, idOf } from "../internal/metadataContext.ts"
import type { MetadataStore } from "../internal/metadataStore.ts"
import * as VertexError from "../VertexError.ts"

/**
 * A request that the live service would have sent. `operation` is what errors show, such as `experiments.logParams`; `target` is an
 * experiment's name, a run's `{experiment}-{run}`, or for a list the kind.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly operation: string
  readonly request: "create" | "get" | "update" | "link" | "list" | "remove"
  readonly target: string
}

/**
 * What the test layer has seen.
 *
 * @since 0.1.0
 */
export class ExperimentsTest extends Context.Service<
  ExperimentsTest,
  {
    /** The requests so far, in order. What was refused before sending is not among them. */
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
  }
>()("@genops/vertex/testing/ExperimentsTest") {}

/**
 * Returns the requests so far, in order.
 *
 * @since 0.1.0
 */
export const calls: Effect.Effect<ReadonlyArray<Call>, never, ExperimentsTest> = Effect.flatMap(
  ExperimentsTest,
  ({ calls }) => calls
)

/**
 * How the test layer behaves.
 *
 * @since 0.1.0
 */
export interface Options {
  /** Default `us-central1`. */
  readonly location?: string | undefined
  /** How long each request takes on the `Clock`, so that fibers race for an etag. Default none. */
  readonly latency?: Duration.Input | undefined
  /** Returns the reason for which a request fails, or nothing; the request is not done then. `callIndex` counts from 0. */
  readonly fail?: ((call: Call, callIndex: number) => VertexError.Reason | undefined) | undefined
}

const pageSize = 100

/**
 * Provides `Experiments` kept in memory, and `ExperimentsTest` that tells the requests.
 *
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Experiments | ExperimentsTest> =>
  Layer.syncContext(() => {
    const { latency = 0, location = "us-central1" } = options
    const calls: Array<Call> = []
    const store = make(location, Duration.toMillis(latency), (call) => {
      calls.push(call)
      return options.fail?.(call, calls.length - 1)
    })
    return Context.make(Experiments, experimentService.make(store, { location, project: "test" })).pipe(
      Context.add(ExperimentsTest, { calls: Effect.sync(() => [...calls]) })
    )
  })

const make = (
  location: string,
  latencyMs: number,
  receive: (call: Call) => VertexError.Reason | undefined
): MetadataStore => {
  const contexts = new Map<string, Stored>()
  const arrival = latencyMs === 0 ? Clock.currentTimeMillis : Effect.delay(Clock.currentTimeMillis, latencyMs)
  let writes = 0

  const answer = <A>(
    call: Call,
    work: (now: string) => A | VertexError.Reason
  ): Effect.Effect<A, VertexError.VertexError> =>
    Effect.flatMap(arrival, (now) => {
      const result = receive(call) ?? work(new Date(now).toISOString())
      if (!isReason(result)) return Effect.succeed(result)
      const { operation, target } = call
      return Effect.fail(new VertexError.VertexError({ operation, target, reason: result, billed: "no", attempts: [] }))
    })

  const found = (id: string): Stored | VertexError.NotFound =>
    contexts.get(id) ??
    new VertexError.NotFound({ resource: id, description: "it is not in the metadata store", suggestions: [] })

  const nameOf = (id: string) => `projects/1/locations/${location}/metadataStores/default/contexts/${id}`
  const keep = (context: Stored) => {
    const kept = { ...context, etag: String(++writes) }
    contexts.set(idOf(context.name), kept)
    return kept
  }

  return {
    ready: () => Effect.void,
    create: (operation, id, draft) =>
      answer({ operation, request: "create", target: id }, (now) =>
        contexts.has(id)
          ? new VertexError.Conflict({ kind: "AlreadyExists", description: `${id} exists` })
          : keep({ ...draft, name: nameOf(id), createTime: now, updateTime: now })
      ),
    get: (operation, id) => answer({ operation, request: "get", target: id }, () => found(id)),
    update: (operation, context) =>
      answer({ operation, request: "update", target: idOf(context.name) }, (now) => {
        const stored = found(idOf(context.name))
        if (isReason(stored)) return stored
        if (context.etag !== undefined && context.etag !== stored.etag) {
          const description = `Specified Context \`etag\`: \`${context.etag}\` does not match server \`etag\`: \`${stored.etag}\``
          return new VertexError.Conflict({ kind: "Aborted", description })
        }
        const { createTime, parentContexts } = stored
        return keep({ ...context, createTime, parentContexts, updateTime: now })
      }),
    link: (operation, parent, child) =>
      answer({ operation, request: "link", target: idOf(parent.name) }, () => {
        const below = found(idOf(child.name))
        if (isReason(below)) return below
        const parents = below.parentContexts ?? []
        // A link is no write of the child: its etag stays.
        if (!parents.includes(parent.name)) {
          contexts.set(idOf(child.name), { ...below, parentContexts: [...parents, parent.name] })
        }
        return undefined
      }),
    list: (operation, { parent, schemaTitle }, pageToken) =>
      answer({ operation, request: "list", target: schemaTitle }, () => {
        const from = Number(pageToken ?? 0)
        const all = [...contexts.values()].filter(
          (context) =>
            context.schemaTitle === schemaTitle &&
            (parent === undefined || context.parentContexts?.includes(parent) === true)
        )
        const more = from + pageSize < all.length ? { nextPageToken: String(from + pageSize) } : {}
        return { contexts: all.slice(from, from + pageSize), ...more }
      }),
    remove: (operation, id) =>
      answer({ operation, request: "remove", target: id }, () => {
        const stored = found(id)
        if (isReason(stored)) return stored
        contexts.delete(id)
        return undefined
      })
  }
}

const isReason = (value: unknown): value is VertexError.Reason => reasons.some((reason) => value instanceof reason)
const reasons = VertexError.Reason.members
