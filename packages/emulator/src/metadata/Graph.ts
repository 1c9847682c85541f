/**
 * The metadata stores of a server, in memory: contexts, executions and artifacts, and their links.
 *
 * Projects are not told apart: the emulator answers with one project number, whatever a request named.
 *
 * @since 0.1.0
 */
import type { Draft, Kind, Node } from "./Node.ts"

/**
 * An event: an execution read or wrote an artifact.
 *
 * @since 0.1.0
 */
export interface Event {
  readonly artifact: string
  readonly execution: string
  readonly type: string
  readonly eventTime: string
  readonly labels?: { readonly [key: string]: string } | undefined
}

/**
 * One store. Links are full names, both ways, so that neither side is searched for.
 *
 * @since 0.1.0
 */
export interface Store {
  readonly name: string
  readonly description: string
  readonly created: number
  readonly nodes: { readonly [K in Kind]: Map<string, Node> }
  readonly parents: Links
  readonly children: Links
  /** The executions and artifacts of a context. */
  readonly members: Links
  readonly events: Array<Event>
}

/**
 * Links from a name to many.
 *
 * @since 0.1.0
 */
export interface Links {
  readonly of: (name: string) => ReadonlySet<string>
  readonly add: (name: string, other: string) => void
  readonly remove: (name: string, other: string) => void
  readonly drop: (name: string) => void
}

const nothing: ReadonlySet<string> = new Set()

const links = (): Links => {
  const all = new Map<string, Set<string>>()
  return {
    of: (name) => all.get(name) ?? nothing,
    add: (name, other) => {
      const known = all.get(name)
      if (known === undefined) all.set(name, new Set([other]))
      else known.add(other)
    },
    remove: (name, other) => all.get(name)?.delete(other),
    drop: (name) => all.delete(name)
  }
}

/**
 * The number that stands for every project.
 *
 * @since 0.1.0
 */
export const projectNumber = "123456789012"

/**
 * All stores of a server.
 *
 * @since 0.1.0
 */
export interface Graph {
  readonly store: (location: string, id: string) => Store | undefined
  readonly stores: (location: string) => ReadonlyArray<Store>
  readonly createStore: (location: string, id: string, description: string, now: number) => Store
  readonly removeStore: (store: Store) => void
  /** Keeps a resource, new or changed, under the next version. */
  readonly put: (store: Store, kind: Kind, id: string, draft: Draft, now: number) => Node
  readonly remove: (store: Store, node: Node) => void
  readonly clear: () => void
}

/**
 * Starts without stores.
 *
 * @since 0.1.0
 */
export const make = (): Graph => {
  const stores = new Map<string, Store>()
  /** The highest version of all that was removed: an etag of something removed never fits what takes its id. */
  let retired = 0
  const nameOf = (location: string, id: string) =>
    `projects/${projectNumber}/locations/${location}/metadataStores/${id}`
  return {
    store: (location, id) => stores.get(nameOf(location, id)),
    stores: (location) => [...stores.values()].filter(({ name }) => name.startsWith(nameOf(location, ""))),
    createStore: (location, id, description, now) => {
      const name = nameOf(location, id)
      const nodes = { artifacts: new Map(), contexts: new Map(), executions: new Map() }
      const sides = { parents: links(), children: links(), members: links() }
      const store = { name, description, created: now, nodes, ...sides, events: [] }
      stores.set(name, store)
      return store
    },
    removeStore: (store) => stores.delete(store.name),
    put: (store, kind, id, draft, now) => {
      const known = store.nodes[kind].get(id)
      const node = {
        kind,
        id,
        name: `${store.name}/${kind}/${id}`,
        draft,
        version: (known?.version ?? retired) + 1,
        created: known?.created ?? now,
        updated: now
      }
      store.nodes[kind].set(id, node)
      return node
    },
    remove: (store, { id, kind, name, version }) => {
      retired = Math.max(retired, version)
      for (const parent of store.parents.of(name)) store.children.remove(parent, name)
      for (const child of store.children.of(name)) store.parents.remove(child, name)
      for (const side of [store.parents, store.children, store.members]) side.drop(name)
      store.nodes[kind].delete(id)
    },
    clear: () => {
      stores.clear()
      retired = 0
    }
  }
}

/**
 * The last part of a full name when it names something of a kind in this store, by project id or number; otherwise undefined.
 *
 * @since 0.1.0
 */
export const idIn = (store: Store, kind: Kind, name: string): string | undefined => {
  const found = /^projects\/[^/]+(\/locations\/[^/]+\/metadataStores\/[^/]+)\/([a-z]+)\/([^/]+)$/.exec(name)
  const isHere = found !== null && store.name.endsWith(found[1] ?? "/") && found[2] === kind
  return isHere ? found[3] : undefined
}
