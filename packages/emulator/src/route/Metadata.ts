/**
 * ML Metadata: metadata stores, contexts, executions and artifacts with etags and links, and their operations.
 *
 * Not offered: purges, metadata schemas, and the lineage of an artifact.
 *
 * Source: google.cloud.aiplatform.v1.MetadataService
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { randomUUID } from "node:crypto"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import * as Filter from "../metadata/Filter.ts"
import * as Graph from "../metadata/Graph.ts"
import * as Linking from "../metadata/Linking.ts"
import * as Mask from "../metadata/Mask.ts"
import * as Node from "../metadata/Node.ts"
import * as Operation from "../metadata/Operation.ts"
import * as Page from "../metadata/Page.ts"
import * as Refusal from "../metadata/Refusal.ts"
import type { State } from "../State.ts"
import * as Operations from "../store/Operations.ts"
import * as Decode from "../wire/Decode.ts"
import type * as GoogleError from "../wire/GoogleError.ts"
import { enumNumbers } from "./Operations.ts"

type Reply = Result.Result<Decode.JsonObject, GoogleError.GoogleError>
type Store = Graph.Store

const kinds = ["contexts", "executions", "artifacts"] as const
const idParameter = { artifacts: "artifactId", contexts: "contextId", executions: "executionId" } as const

const invalid = (message: string) => Result.fail(Refusal.invalid(message))

const idRule = /^[a-z0-9-]{4,128}$/

/** An id given in the query; the service makes one when there is none. */
const idFor = ({ query }: Request, parameter: string): Result.Result<string, GoogleError.GoogleError> => {
  const id = query.get(parameter) || query.get(parameter.replace("Id", "_id")) || randomUUID()
  return idRule.test(id)
    ? Result.succeed(id)
    : invalid(`Invalid ${parameter}: must be 4 to 128 characters of a-z, 0-9 and -, got "${id.slice(0, 200)}".`)
}

/** The name as the request wrote it, as Google's texts show it. */
const asked = ({ path }: Request): string => path.replace(/^\/[^/]+\//, "").replace(/:[A-Za-z]+$/, "")

const storeResource = ({ created, description, name }: Store): Decode.JsonObject => ({
  name,
  createTime: Node.time(created),
  updateTime: Node.time(created),
  ...(description === "" ? {} : { description })
})

const decodeStore = Decode.message(
  "MetadataStore",
  { name: Decode.string, description: Decode.string },
  { ignored: ["createTime", "updateTime", "encryptionSpec", "state", "dataplexConfig"] }
)

/** The routes of one kind, of stores and of operations over a graph. */
const handlers = (graph: Graph.Graph, operations: Operations.Operations) => {
  const started = (below: string, metadata: Decode.JsonObject, response: Decode.JsonObject, looks: number) =>
    Operations.body(operations.start(below, { metadata, end: { response }, looks }))

  const storeOf = (request: Request): Result.Result<Store, GoogleError.GoogleError> => {
    const { location = "", store: id = "" } = request.parameters
    const store = graph.store(location, id)
    const name = asked(request).replace(/(\/metadataStores\/[^/]+).*$/, "$1")
    return store === undefined ? Result.fail(Refusal.missing("MetadataStore", name)) : Result.succeed(store)
  }

  const nodeOf = (kind: Node.Kind, request: Request) =>
    Result.flatMap(storeOf(request), (store) => {
      const node = store.nodes[kind].get(request.parameters["id"] ?? "")
      return node === undefined
        ? Result.fail(Refusal.missing(Node.messageName[kind], asked(request)))
        : Result.succeed({ store, node })
    })

  const show = (store: Store, node: Node.Node, request: Request) =>
    Node.resource(node, { parents: [...store.parents.of(node.name)], enumNumbers: enumNumbers(request) })

  const keep = (store: Store, kind: Node.Kind, id: string, draft: Node.Draft, request: Request): Reply => {
    const broken = Node.broken(draft)
    return broken === undefined
      ? Result.succeed(show(store, graph.put(store, kind, id, draft, Date.now()), request))
      : invalid(broken)
  }

  const create =
    (kind: Node.Kind) =>
    (request: Request): Reply =>
      Result.gen(function* () {
        const store = yield* storeOf(request)
        const id = yield* idFor(request, idParameter[kind])
        const draft = yield* JsonBody.read(request.body, Node.decode[kind])
        if (store.nodes[kind].has(id)) {
          return yield* Result.fail(Refusal.alreadyExists(Node.messageName[kind], `${store.name}/${kind}/${id}`))
        }
        return yield* keep(store, kind, id, draft, request)
      })

  const patch =
    (kind: Node.Kind) =>
    (request: Request): Reply =>
      Result.gen(function* () {
        const { query } = request
        const store = yield* storeOf(request)
        const id = request.parameters["id"] ?? ""
        const update = yield* JsonBody.read(request.body, Node.decode[kind])
        const stored = store.nodes[kind].get(id)
        if (stored === undefined) {
          if ((query.get("allowMissing") ?? query.get("allow_missing")) !== "true") {
            return yield* Result.fail(Refusal.missing(Node.messageName[kind], asked(request)))
          }
          if (!idRule.test(id)) return yield* invalid("An id has 4 to 128 characters of a-z, 0-9 and -.")
          return yield* keep(store, kind, id, update, request)
        }
        const { etag = "" } = update
        if (etag !== "" && etag !== String(stored.version)) {
          return yield* Result.fail(Refusal.staleEtag(Node.messageName[kind], etag, String(stored.version)))
        }
        const mask = query.get("updateMask") ?? query.get("update_mask") ?? ""
        const changed = Mask.apply(kind, stored.draft, update, mask)
        if (Result.isFailure(changed)) return yield* invalid(`Invalid field mask path: ${changed.failure}`)
        return yield* keep(store, kind, id, changed.success, request)
      })

  const remove =
    (kind: Node.Kind) =>
    (request: Request): Reply =>
      Result.flatMap(nodeOf(kind, request), ({ node, store }) => {
        const etag = request.query.get("etag") ?? ""
        if (etag !== "" && etag !== String(node.version)) {
          const message = `The etag ${etag} does not match the etag ${node.version} of ${node.name}.`
          return Result.fail(Refusal.failedPrecondition(message))
        }
        graph.remove(store, node)
        const metadata = Operation.metadata("DeleteOperationMetadata", Date.now())
        return Result.succeed(started(node.name, metadata, Operation.empty, 0))
      })

  const list =
    (kind: Node.Kind) =>
    (request: Request): Reply =>
      Result.gen(function* () {
        const store = yield* storeOf(request)
        const filter = Filter.parse(request.query.get("filter") ?? "", kind)
        if (Result.isFailure(filter)) return yield* invalid(`Invalid filter: ${filter.failure}.`)
        const links: Filter.Links = {
          parents: ({ name }) => [...store.parents.of(name)],
          children: ({ name }) => [...store.children.of(name)],
          isIn: ({ name }, context) => store.members.of(context).has(name)
        }
        const nodes = [...store.nodes[kind].values()].filter((node) => filter.success(node, links))
        const page = Page.of(nodes, request.query)
        if (Result.isFailure(page)) return yield* invalid(page.failure)
        const { nextPageToken, nodes: shown } = page.success
        return {
          ...(shown.length === 0 ? {} : { [kind]: shown.map((node) => show(store, node, request)) }),
          ...(nextPageToken === undefined ? {} : { nextPageToken })
        }
      })

  const change =
    <A>(
      kind: Node.Kind,
      decode: Decode.Decode<A>,
      apply: (store: Store, node: Node.Node, body: A) => Result.Result<void, GoogleError.GoogleError>
    ) =>
    (request: Request): Reply =>
      Result.gen(function* () {
        const { node, store } = yield* nodeOf(kind, request)
        yield* apply(store, node, yield* JsonBody.read(request.body, decode))
        return {}
      })

  const query =
    (kind: Node.Kind, follow: (store: Store, node: Node.Node) => Linking.Subgraph) =>
    (request: Request): Reply =>
      Result.map(nodeOf(kind, request), ({ node, store }) => {
        const { artifacts, events, executions } = follow(store, node)
        const all = {
          artifacts: artifacts.map((node) => show(store, node, request)),
          executions: executions.map((node) => show(store, node, request)),
          events: enumNumbers(request)
            ? events.map((event) => ({ ...event, type: event.type === "OUTPUT" ? 2 : event.type === "INPUT" ? 1 : 0 }))
            : events
        }
        return Object.fromEntries(Object.entries(all).filter(([, items]) => items.length > 0))
      })

  const createStore = (request: Request): Reply =>
    Result.gen(function* () {
      const { location = "" } = request.parameters
      const id = yield* idFor(request, "metadataStoreId")
      const { description = "" } = yield* JsonBody.read(request.body, decodeStore)
      const known = graph.store(location, id)
      if (known !== undefined) return yield* Result.fail(Refusal.alreadyExists("MetadataStore", known.name))
      const now = Date.now()
      const store = graph.createStore(location, id, description, now)
      const metadata = Operation.metadata("CreateMetadataStoreOperationMetadata", now)
      const response = { "@type": Operation.typed("MetadataStore"), ...storeResource(store) }
      return started(store.name, metadata, response, 1)
    })

  const removeStore = (request: Request): Reply =>
    Result.map(storeOf(request), (store) => {
      graph.removeStore(store)
      const metadata = Operation.metadata("DeleteMetadataStoreOperationMetadata", Date.now())
      return started(store.name, metadata, Operation.empty, 1)
    })

  const listStores = ({ parameters }: Request): Reply => {
    const stores = graph.stores(parameters["location"] ?? "")
    return Result.succeed(stores.length === 0 ? {} : { metadataStores: stores.map(storeResource) })
  }

  const operationName = (request: Request) =>
    asked(request).replace(/^projects\/[^/]+/, `projects/${Graph.projectNumber}`)

  const getOperation = (request: Request): Reply => {
    const operation = operations.look(operationName(request))
    return operation === undefined
      ? Result.fail(Refusal.missing("Operation", asked(request)))
      : Result.succeed(Operations.body(operation))
  }

  const deleteOperation = (request: Request): Reply =>
    operations.remove(operationName(request))
      ? Result.succeed({})
      : Result.fail(Refusal.missing("Operation", asked(request)))

  return {
    create,
    patch,
    remove,
    list,
    change,
    query,
    createStore,
    removeStore,
    listStores,
    getOperation,
    deleteOperation,
    getStore: (request: Request): Reply => Result.map(storeOf(request), storeResource),
    get:
      (kind: Node.Kind) =>
      (request: Request): Reply =>
        Result.map(nodeOf(kind, request), ({ node, store }) => show(store, node, request))
  }
}

/**
 * The routes of ML Metadata, over the graph of a server.
 *
 * @since 0.1.0
 */
export const routes = ({ metadata, operations }: State): ReadonlyArray<Route> => {
  const handle = handlers(metadata, operations)
  const below = "projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/metadataStores"
  const route = (
    operation: string,
    method: Route["method"],
    pattern: string,
    rpc: string,
    answer: (request: Request) => Reply
  ): Route => ({
    operation,
    method,
    // Google's own clients ask for operations under /ui.
    pattern: new RegExp(`^/(?:v1|v1beta1|ui)/${below}${pattern}$`),
    rpc: `google.cloud.aiplatform.v1.MetadataService.${rpc}`,
    handle: (request) =>
      Result.match(answer(request), { onFailure: Answer.error, onSuccess: (body) => Answer.json(body) })
  })
  const store = "/(?<store>[^/:]+)"
  const operation = `${store}(?:/[a-z]+/[^/:]+)?/operations/[^/:]+`
  const verb = (kind: Node.Kind, name: string, method: "GET" | "POST", answer: (request: Request) => Reply): Route =>
    route(
      `${kind}.${name}`,
      method,
      `${store}/${kind}/(?<id>[^/:]+):${name}`,
      `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      answer
    )
  return [
    route("metadataStores.create", "POST", "", "CreateMetadataStore", handle.createStore),
    route("metadataStores.list", "GET", "", "ListMetadataStores", handle.listStores),
    route("metadataStores.get", "GET", store, "GetMetadataStore", handle.getStore),
    route("metadataStores.delete", "DELETE", store, "DeleteMetadataStore", handle.removeStore),
    route("metadataStores.operations.get", "GET", operation, "GetOperation", handle.getOperation),
    route("metadataStores.operations.wait", "POST", `${operation}:wait`, "WaitOperation", handle.getOperation),
    route("metadataStores.operations.delete", "DELETE", operation, "DeleteOperation", handle.deleteOperation),
    ...kinds.flatMap((kind) => {
      const one = Node.messageName[kind]
      const item = `${store}/${kind}/(?<id>[^/:]+)`
      return [
        route(`${kind}.create`, "POST", `${store}/${kind}`, `Create${one}`, handle.create(kind)),
        route(`${kind}.list`, "GET", `${store}/${kind}`, `List${one}s`, handle.list(kind)),
        route(`${kind}.get`, "GET", item, `Get${one}`, handle.get(kind)),
        route(`${kind}.patch`, "PATCH", item, `Update${one}`, handle.patch(kind)),
        route(`${kind}.delete`, "DELETE", item, `Delete${one}`, handle.remove(kind))
      ]
    }),
    verb(
      "contexts",
      "addContextChildren",
      "POST",
      handle.change("contexts", Linking.decodeChildren, (store, node, { childContexts = [] }) =>
        Linking.addChildren(store, node, childContexts)
      )
    ),
    verb(
      "contexts",
      "removeContextChildren",
      "POST",
      handle.change("contexts", Linking.decodeChildren, (store, node, { childContexts = [] }) =>
        Linking.removeChildren(store, node, childContexts)
      )
    ),
    verb(
      "contexts",
      "addContextArtifactsAndExecutions",
      "POST",
      handle.change("contexts", Linking.decodeMembers, Linking.addMembers)
    ),
    verb("contexts", "queryContextLineageSubgraph", "GET", handle.query("contexts", Linking.ofContext)),
    verb(
      "executions",
      "addExecutionEvents",
      "POST",
      handle.change("executions", Linking.decodeEvents, (store, node, { events = [] }) =>
        Linking.addEvents(store, node, events, Date.now())
      )
    ),
    verb("executions", "queryExecutionInputsAndOutputs", "GET", handle.query("executions", Linking.ofExecution))
  ]
}
