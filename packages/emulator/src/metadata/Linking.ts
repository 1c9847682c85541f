/**
 * Links between resources of a store: parents and children, members of contexts, events; and the queries that follow them.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Decode from "../wire/Decode.ts"
import type * as GoogleError from "../wire/GoogleError.ts"
import { idIn, type Store } from "./Graph.ts"
import { type Kind, messageName, type Node, time } from "./Node.ts"
import * as Refusal from "./Refusal.ts"

type Answer<A> = Result.Result<A, GoogleError.GoogleError>

const mostParents = 10

/**
 * The body of `addContextChildren` and `removeContextChildren`.
 *
 * @since 0.1.0
 */
export const decodeChildren = Decode.message("AddContextChildrenRequest", {
  context: Decode.string,
  childContexts: Decode.list(Decode.string)
})

/**
 * The body of `addContextArtifactsAndExecutions`.
 *
 * @since 0.1.0
 */
export const decodeMembers = Decode.message("AddContextArtifactsAndExecutionsRequest", {
  context: Decode.string,
  artifacts: Decode.list(Decode.string),
  executions: Decode.list(Decode.string)
})

const eventTypes = ["TYPE_UNSPECIFIED", "INPUT", "OUTPUT"] as const

/**
 * The body of `addExecutionEvents`.
 *
 * @since 0.1.0
 */
export const decodeEvents = Decode.message("AddExecutionEventsRequest", {
  execution: Decode.string,
  events: Decode.list(
    Decode.message(
      "Event",
      {
        artifact: Decode.string,
        execution: Decode.string,
        type: Decode.enumeration("Event.Type", eventTypes),
        labels: Decode.map(Decode.string)
      },
      { ignored: ["eventTime"] }
    )
  )
})

const resolve = (store: Store, kind: Kind, name: string): Answer<Node> => {
  const node = store.nodes[kind].get(idIn(store, kind, name) ?? "")
  return node === undefined ? Result.fail(Refusal.missing(messageName[kind], name)) : Result.succeed(node)
}

const resolveAll = (store: Store, kind: Kind, names: ReadonlyArray<string>): Answer<ReadonlyArray<Node>> => {
  const nodes: Array<Node> = []
  for (const name of names) {
    const node = resolve(store, kind, name)
    if (Result.isFailure(node)) return Result.fail(node.failure)
    nodes.push(node.success)
  }
  return Result.succeed(nodes)
}

/** Whether `name` is `ancestor` or below it. */
const isBelow = (store: Store, name: string, ancestor: string): boolean => {
  const seen = new Set([name])
  for (const next of seen) {
    if (next === ancestor) return true
    for (const parent of store.parents.of(next)) seen.add(parent)
  }
  return false
}

/**
 * Puts contexts below another one; those that are there already are skipped. More than ten parents and cycles are refused, and then
 * nothing is changed.
 *
 * @since 0.1.0
 */
export const addChildren = (store: Store, parent: Node, names: ReadonlyArray<string>): Answer<void> =>
  Result.flatMap(resolveAll(store, "contexts", names), (children) => {
    for (const { name } of children) {
      if (isBelow(store, parent.name, name)) {
        return Result.fail(Refusal.invalid(`Adding ${name} as a child of ${parent.name} would make a cycle.`))
      }
      const parents = store.parents.of(name)
      if (!parents.has(parent.name) && parents.size >= mostParents) {
        return Result.fail(Refusal.invalid(`${name} would have more than ${mostParents} parent contexts.`))
      }
    }
    for (const { name } of children) {
      store.parents.add(name, parent.name)
      store.children.add(parent.name, name)
    }
    return Result.void
  })

/**
 * Takes contexts from below another one; those that are not there are skipped.
 *
 * @since 0.1.0
 */
export const removeChildren = (store: Store, parent: Node, names: ReadonlyArray<string>): Answer<void> =>
  Result.map(resolveAll(store, "contexts", names), (children) => {
    for (const { name } of children) {
      store.parents.remove(name, parent.name)
      store.children.remove(parent.name, name)
    }
  })

/**
 * Puts artifacts and executions into a context; those that are there already are skipped.
 *
 * @since 0.1.0
 */
export const addMembers = (
  store: Store,
  context: Node,
  members: { readonly artifacts?: ReadonlyArray<string>; readonly executions?: ReadonlyArray<string> }
): Answer<void> =>
  Result.gen(function* () {
    const artifacts = yield* resolveAll(store, "artifacts", members.artifacts ?? [])
    const executions = yield* resolveAll(store, "executions", members.executions ?? [])
    for (const { name } of [...artifacts, ...executions]) store.members.add(context.name, name)
  })

/**
 * Records that an execution read or wrote artifacts; an event that is known already is skipped.
 *
 * @since 0.1.0
 */
export const addEvents = (
  store: Store,
  execution: Node,
  events: NonNullable<NonNullable<ReturnType<typeof decodeEvents>>["events"]>,
  now: number
): Answer<void> =>
  Result.map(
    resolveAll(
      store,
      "artifacts",
      events.map(({ artifact = "" }) => artifact)
    ),
    (artifacts) => {
      const known = new Set(store.events.map((event) => `${event.type} ${event.artifact} ${event.execution}`))
      artifacts.forEach(({ name }, index) => {
        const { labels, type = "TYPE_UNSPECIFIED" } = events[index] ?? {}
        const key = `${type} ${name} ${execution.name}`
        if (known.has(key)) return
        known.add(key)
        store.events.push({ artifact: name, execution: execution.name, type, eventTime: time(now), labels })
      })
    }
  )

/**
 * A part of the graph.
 *
 * @since 0.1.0
 */
export interface Subgraph {
  readonly artifacts: ReadonlyArray<Node>
  readonly executions: ReadonlyArray<Node>
  readonly events: Store["events"]
}

const nodesOf = (store: Store, kind: Kind, names: Iterable<string>): ReadonlyArray<Node> =>
  [...names].flatMap((name) => {
    const node = store.nodes[kind].get(idIn(store, kind, name) ?? "")
    return node === undefined ? [] : [node]
  })

/**
 * The artifacts and executions of a context, and the events between them.
 *
 * @since 0.1.0
 */
export const ofContext = (store: Store, context: Node): Subgraph => {
  const members = store.members.of(context.name)
  return {
    artifacts: nodesOf(store, "artifacts", members),
    executions: nodesOf(store, "executions", members),
    events: store.events.filter(({ artifact, execution }) => members.has(artifact) && members.has(execution))
  }
}

/**
 * An execution with the artifacts that it read and wrote.
 *
 * @since 0.1.0
 */
export const ofExecution = (store: Store, execution: Node): Subgraph => {
  const events = store.events.filter((event) => event.execution === execution.name)
  const artifacts = nodesOf(store, "artifacts", new Set(events.map(({ artifact }) => artifact)))
  return { artifacts, executions: [execution], events }
}
