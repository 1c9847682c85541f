/**
 * Objects of Cloud Storage.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1/objects
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Condition from "../storage/Condition.ts"
import * as Listing from "../storage/Listing.ts"
import * as ObjectStore from "../storage/ObjectStore.ts"
import * as Refusal from "../storage/Refusal.ts"
import * as Resource from "../storage/Resource.ts"
import * as Upload from "../storage/Upload.ts"
import * as StorageBuckets from "./StorageBuckets.ts"
import * as StorageRoute from "./StorageRoute.ts"
import * as StorageUploads from "./StorageUploads.ts"

type Stored = ObjectStore.Stored

/** The object that a path and perhaps a generation name, when it meets the preconditions. */
const objectOf = (
  state: State,
  { bucket = "", object = "" }: Request["parameters"],
  query: URLSearchParams,
  use: "change" | "copy" | "read"
): StorageRoute.Refused<Stored> =>
  Result.gen(function* () {
    yield* StorageRoute.bucketOf(state, bucket)
    const found = state.storage.objects.find(bucket, object)
    const [parameter, prefix] =
      use === "copy" ? (["sourceGeneration", "ifSource"] as const) : (["generation", "if"] as const)
    if (found === undefined || !Condition.isNamed(query, found, parameter)) {
      return yield* Result.fail(Refusal.noObject(bucket, object))
    }
    const refusal = Condition.refusal(query, found, prefix, use === "read")
    return refusal === undefined ? found : yield* Result.fail(refusal)
  })

/** The bytes that a Range header asks for, as [start, end); undefined when they are not there. */
const slice = (header: string, size: number): readonly [number, number] | undefined => {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header)
  if (found === null || (found[1] === "" && found[2] === "")) return [0, size]
  const start = found[1] === "" ? Math.max(0, size - Number(found[2])) : Number(found[1])
  const end = found[1] === "" || found[2] === "" ? size : Math.min(size, Number(found[2]) + 1)
  return start < end ? [start, end] : undefined
}

const media = (state: State, { headers }: Request, stored: Stored): StorageRoute.Refused<Answer.Unary> => {
  const range = headers["range"]
  const { size } = stored
  const asked = typeof range === "string" ? slice(range, size) : ([0, size] as const)
  if (asked === undefined) return Result.fail(Refusal.badRange)
  const [start, end] = asked
  const isPart = end - start < size
  const { close, read } = state.storage.objects.open(stored)
  return Result.succeed({
    _tag: "Unary",
    status: isPart ? 206 : 200,
    contentType: stored.attributes.contentType ?? "application/octet-stream",
    body: { length: end - start, read: (from, to) => read(start + from, start + to), close },
    headers: {
      ...Resource.headers(stored),
      ...(isPart ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {})
    }
  })
}

const get: StorageRoute.Handler = (state, request) =>
  Result.flatMap(objectOf(state, request.parameters, request.query, "read"), (stored) =>
    request.query.get("alt") === "media"
      ? media(state, request, stored)
      : Result.succeed(StorageRoute.shown(state, request, stored))
  )

const list: StorageRoute.Handler = (state, request) =>
  Result.gen(function* () {
    const { name } = yield* StorageRoute.bucketOf(state, request.parameters["bucket"])
    const page = yield* Listing.page(state.storage.objects.list(name), request.query)
    const items = page.items.map((stored) => Resource.object(stored, StorageRoute.origin(state, request)))
    return Answer.json({
      kind: "storage#objects",
      ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
      ...(page.prefixes.length === 0 ? {} : { prefixes: page.prefixes }),
      ...(items.length === 0 ? {} : { items })
    })
  })

/** In a patch null removes a field, or one key of the metadata. */
const Nullable = Schema.optionalKey(Schema.NullOr(Schema.String))
const Patch = Schema.Struct({
  contentType: Nullable,
  contentEncoding: Nullable,
  contentDisposition: Nullable,
  contentLanguage: Nullable,
  cacheControl: Nullable,
  metadata: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.NullOr(Schema.String))))
})

const withoutNulls = (values: { readonly [key: string]: string | null }) =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null))

const patch: StorageRoute.Handler = (state, request) =>
  Result.gen(function* () {
    const stored = yield* objectOf(state, request.parameters, request.query, "change")
    const { metadata, ...fields } = yield* StorageRoute.body(Patch, request)
    const { metadata: before = {}, ...kept } = stored.attributes
    const changed = { ...kept, ...fields }
    const attributes = {
      ...withoutNulls(changed),
      metadata: metadata === null ? {} : withoutNulls({ ...before, ...metadata })
    }
    return StorageRoute.shown(state, request, state.storage.objects.patch(stored, attributes))
  })

const remove: StorageRoute.Handler = (state, request) =>
  Result.map(objectOf(state, request.parameters, request.query, "change"), (stored) => {
    state.storage.objects.remove(stored)
    return StorageRoute.empty(204)
  })

const Destination = Schema.Struct(ObjectStore.Attributes.fields)

/** Copies in one step: what takes the real service several calls is done in the first. An object is moved within its bucket. */
const copy =
  (kind: "copy" | "move" | "rewrite"): StorageRoute.Handler =>
  (state, request) =>
    Result.gen(function* () {
      const { bucket: from, toBucket: bucket = from ?? "", toObject: name = "" } = request.parameters
      const source = yield* objectOf(state, request.parameters, request.query, "copy")
      yield* StorageRoute.bucketOf(state, bucket)
      const refusal = Condition.refusal(request.query, state.storage.objects.find(bucket, name))
      if (refusal !== undefined) return yield* Result.fail(refusal)
      const given = yield* StorageRoute.body(Destination, request)
      const attributes = { ...source.attributes, ...given }
      const target = { bucket, name, attributes, query: request.query }
      const stored = yield* Upload.copy(state.storage, target, [source], source.componentCount)
      if (kind === "move" && source.name !== name) state.storage.objects.remove(source)
      const size = String(stored.size)
      const resource = Resource.object(stored, StorageRoute.origin(state, request))
      return kind !== "rewrite"
        ? Answer.json(resource)
        : Answer.json({
            kind: "storage#rewriteResponse",
            totalBytesRewritten: size,
            objectSize: size,
            done: true,
            resource
          })
    })

const Compose = Schema.Struct({
  destination: Schema.optionalKey(Destination),
  sourceObjects: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      generation: Schema.optionalKey(Schema.String),
      objectPreconditions: Schema.optionalKey(Schema.Struct({ ifGenerationMatch: Schema.optionalKey(Schema.String) }))
    })
  )
})

const compose: StorageRoute.Handler = (state, request) =>
  Result.gen(function* () {
    const { bucket = "", object: name = "" } = request.parameters
    const { destination = {}, sourceObjects } = yield* StorageRoute.body(Compose, request)
    if (sourceObjects.length === 0 || sourceObjects.length > 32) {
      return yield* Result.fail(Refusal.invalid("A compose takes 1 to 32 source objects."))
    }
    const sources: Array<Stored> = []
    for (const { generation, name: object, objectPreconditions = {} } of sourceObjects) {
      const query = new URLSearchParams({ ...(generation === undefined ? {} : { generation }), ...objectPreconditions })
      sources.push(yield* objectOf(state, { bucket, object }, query, "change"))
    }
    const refusal = Condition.refusal(request.query, state.storage.objects.find(bucket, name))
    if (refusal !== undefined) return yield* Result.fail(refusal)
    const target = { bucket, name, attributes: destination, query: request.query }
    const count = sources.reduce((sum, { componentCount = 1 }) => sum + componentCount, 0)
    return StorageRoute.shown(state, request, yield* Upload.copy(state.storage, target, sources, count))
  })

/**
 * The routes of Cloud Storage.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const objects = `${StorageRoute.bucket}/o`
  const object = `${objects}/(?<object>[^/]+)`
  const to = "b/(?<toBucket>[^/]+)/o/(?<toObject>[^/]+)"
  const route = StorageRoute.make(state)
  return [
    ...StorageUploads.routes(state),
    route("objects.list", "GET", objects, list),
    route("objects.get", "GET", object, get),
    route("objects.patch", "PATCH", object, patch),
    route("objects.delete", "DELETE", object, remove),
    route("objects.rewrite", "POST", `${object}/rewriteTo/${to}`, copy("rewrite")),
    route("objects.copy", "POST", `${object}/copyTo/${to}`, copy("copy")),
    route("objects.move", "POST", `${object}/moveTo/o/(?<toObject>[^/]+)`, copy("move")),
    route("objects.compose", "POST", `${object}/compose`, compose),
    ...StorageBuckets.routes(state)
  ]
}
