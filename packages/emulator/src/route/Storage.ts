/**
 * The JSON API of Cloud Storage: buckets, objects, uploads.
 *
 * Paths stand with and without `/storage/v1`, because the client leaves it out when it is pointed here by `STORAGE_EMULATOR_HOST`.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1
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

type Stored = ObjectStore.Stored
type Refused<A> = Result.Result<A, Refusal.Refusal>

/** What a route of this API gives: an answer, or why not. */
type Handler = (state: State, request: Request) => Refused<Answer.Unary>

const body = <A, E>(schema: Schema.Codec<A, E>, { body }: Request): Refused<A> =>
  Result.mapError(
    Schema.decodeUnknownResult(Schema.fromJsonString(schema))(body.length === 0 ? "{}" : body.toString("utf8")),
    ({ message }) => Refusal.invalid(`Parse error: ${message}`)
  )

const empty = (status: number, headers: { readonly [name: string]: string } = {}): Answer.Unary => ({
  _tag: "Unary",
  status,
  contentType: "text/plain; charset=UTF-8",
  body: "",
  headers
})

const origin = ({ secureStorage }: State, { headers }: Request): string =>
  `${secureStorage ? "https" : "http"}://${typeof headers["host"] === "string" ? headers["host"] : "127.0.0.1"}`

const bucketOf = ({ storage }: State, name = ""): Refused<ObjectStore.Bucket> => {
  const bucket = storage.objects.bucket(name)
  return bucket === undefined ? Result.fail(Refusal.noBucket) : Result.succeed(bucket)
}

/** The object that a path and perhaps a generation name, when it meets the preconditions. */
const objectOf = (
  state: State,
  { bucket = "", object = "" }: Request["parameters"],
  query: URLSearchParams,
  prefix: "if" | "ifSource" = "if"
): Refused<Stored> =>
  Result.gen(function* () {
    yield* bucketOf(state, bucket)
    const found = state.storage.objects.find(bucket, object)
    const parameter = prefix === "if" ? "generation" : "sourceGeneration"
    if (found === undefined || !Condition.isNamed(query, found, parameter)) {
      return yield* Result.fail(Refusal.noObject(bucket, object))
    }
    const refusal = Condition.refusal(query, found, prefix)
    return refusal === undefined ? found : yield* Result.fail(refusal)
  })

const shown = (state: State, request: Request, stored: Stored) =>
  Answer.json(Resource.object(stored, origin(state, request)))

/** The bytes that a Range header asks for, as [start, end); undefined when they are not there. */
const slice = (header: string, size: number): readonly [number, number] | undefined => {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header)
  if (found === null || (found[1] === "" && found[2] === "")) return [0, size]
  const start = found[1] === "" ? Math.max(0, size - Number(found[2])) : Number(found[1])
  const end = found[1] === "" || found[2] === "" ? size : Math.min(size, Number(found[2]) + 1)
  return start < end ? [start, end] : undefined
}

const media = (state: State, { headers }: Request, stored: Stored): Refused<Answer.Unary> => {
  const range = headers["range"]
  const { size } = stored
  const asked = typeof range === "string" ? slice(range, size) : ([0, size] as const)
  if (asked === undefined) return Result.fail(Refusal.badRange)
  const [start, end] = asked
  const isPart = end - start < size
  return Result.succeed({
    _tag: "Unary",
    status: isPart ? 206 : 200,
    contentType: stored.attributes.contentType ?? "application/octet-stream",
    body: state.storage.objects.read(stored, start, end),
    headers: {
      ...Resource.headers(stored),
      ...(isPart ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {})
    }
  })
}

const get: Handler = (state, request) =>
  Result.flatMap(objectOf(state, request.parameters, request.query), (stored) =>
    request.query.get("alt") === "media" ? media(state, request, stored) : Result.succeed(shown(state, request, stored))
  )

const list: Handler = (state, request) =>
  Result.gen(function* () {
    const { name } = yield* bucketOf(state, request.parameters["bucket"])
    const page = yield* Listing.page(state.storage.objects.list(name), request.query)
    const items = page.items.map((stored) => Resource.object(stored, origin(state, request)))
    return Answer.json({
      kind: "storage#objects",
      ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
      ...(page.prefixes.length === 0 ? {} : { prefixes: page.prefixes }),
      ...(items.length === 0 ? {} : { items })
    })
  })

const upload =
  (use: typeof Upload.insert): Handler =>
  (state, request) =>
    Result.map(use(state.storage, request), (done) => {
      if ("generation" in done) return shown(state, request, done)
      const { id, received, target } = done
      if (request.method === "PUT") return empty(308, received === 0 ? {} : { range: `bytes=0-${received - 1}` })
      const query = new URLSearchParams({ uploadType: "resumable", name: target.name, upload_id: id })
      const path = `/upload/storage/v1/b/${encodeURIComponent(target.bucket)}/o`
      return empty(200, { location: `${origin(state, request)}${path}?${query}`, "x-guploader-uploadid": id })
    })

const cancel: Handler = ({ storage }, { query }) => {
  const session = storage.sessions.find(query.get("upload_id") ?? "")
  if (session === undefined) return Result.fail(Refusal.gone)
  storage.sessions.drop(session)
  return Result.succeed(empty(499))
}

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

const patch: Handler = (state, request) =>
  Result.gen(function* () {
    const stored = yield* objectOf(state, request.parameters, request.query)
    const { metadata, ...fields } = yield* body(Patch, request)
    const { metadata: before = {}, ...kept } = stored.attributes
    const changed = { ...kept, ...fields }
    const attributes = {
      ...withoutNulls(changed),
      metadata: metadata === null ? {} : withoutNulls({ ...before, ...metadata })
    }
    return shown(state, request, state.storage.objects.patch(stored, attributes))
  })

const remove: Handler = (state, request) =>
  Result.map(objectOf(state, request.parameters, request.query), (stored) => {
    state.storage.objects.remove(stored)
    return empty(204)
  })

const Destination = Schema.Struct(ObjectStore.Attributes.fields)

/** Copies in one step: what takes the real service several calls is done in the first. */
const copy =
  (kind: "copy" | "rewrite"): Handler =>
  (state, request) =>
    Result.gen(function* () {
      const { toBucket: bucket = "", toObject: name = "" } = request.parameters
      const source = yield* objectOf(state, request.parameters, request.query, "ifSource")
      yield* bucketOf(state, bucket)
      const refusal = Condition.refusal(request.query, state.storage.objects.find(bucket, name))
      if (refusal !== undefined) return yield* Result.fail(refusal)
      const given = yield* body(Destination, request)
      const attributes = { ...source.attributes, ...given }
      const target = { bucket, name, attributes, query: request.query }
      const stored = yield* Upload.store(state.storage, target, state.storage.objects.read(source))
      const size = String(stored.size)
      const resource = Resource.object(stored, origin(state, request))
      return kind === "copy"
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
  sourceObjects: Schema.Array(Schema.Struct({ name: Schema.String }))
})

const compose: Handler = (state, request) =>
  Result.gen(function* () {
    const { bucket = "", object: name = "" } = request.parameters
    yield* bucketOf(state, bucket)
    const { objects } = state.storage
    const { destination = {}, sourceObjects } = yield* body(Compose, request)
    if (sourceObjects.length === 0 || sourceObjects.length > 32) {
      return yield* Result.fail(Refusal.invalid("A compose takes 1 to 32 source objects."))
    }
    const refusal = Condition.refusal(request.query, objects.find(bucket, name))
    if (refusal !== undefined) return yield* Result.fail(refusal)
    const pieces: Array<Buffer> = []
    for (const { name } of sourceObjects) {
      const source = objects.find(bucket, name)
      if (source === undefined) return yield* Result.fail(Refusal.noObject(bucket, name))
      pieces.push(objects.read(source))
    }
    const target = { bucket, name, attributes: destination, query: request.query }
    return shown(state, request, yield* Upload.store(state.storage, target, Buffer.concat(pieces)))
  })

const NewBucket = Schema.Struct({ name: Schema.String, location: Schema.optionalKey(Schema.String) })

const createBucket: Handler = (state, request) =>
  Result.gen(function* () {
    const { location = "US", name } = yield* body(NewBucket, request)
    if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name) || name.includes("..")) {
      return yield* Result.fail(Refusal.invalid(`Invalid bucket name: '${name}'`))
    }
    if (state.storage.objects.bucket(name) !== undefined) {
      const message = "Your previous request to create the named bucket succeeded and you already own it."
      return yield* Result.fail(Refusal.conflict(message))
    }
    const bucket = { name, location: location.toUpperCase(), created: Date.now() }
    state.storage.objects.addBucket(bucket)
    return Answer.json(Resource.bucket(bucket, origin(state, request)))
  })

const deleteBucket: Handler = (state, { parameters }) =>
  Result.gen(function* () {
    const { name } = yield* bucketOf(state, parameters["bucket"])
    if (state.storage.objects.list(name).length > 0) {
      return yield* Result.fail(Refusal.conflict("The bucket you tried to delete is not empty."))
    }
    state.storage.objects.removeBucket(name)
    return empty(204)
  })

const getBucket: Handler = (state, request) =>
  Result.map(bucketOf(state, request.parameters["bucket"]), (bucket) =>
    Answer.json(Resource.bucket(bucket, origin(state, request)))
  )

const listBuckets: Handler = (state, request) => {
  const items = state.storage.objects.buckets().map((bucket) => Resource.bucket(bucket, origin(state, request)))
  return Result.succeed(Answer.json({ kind: "storage#buckets", ...(items.length === 0 ? {} : { items }) }))
}

/**
 * The routes of Cloud Storage. Requests of a resumable upload after its first are `storage.objects.upload`.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const objects = "/b/(?<bucket>[^/]+)/o"
  const object = `${objects}/(?<object>[^/]+)`
  const to = "b/(?<toBucket>[^/]+)/o/(?<toObject>[^/]+)"
  const route = (operation: string, method: Route["method"], path: string, handler: Handler): Route => ({
    operation: `storage.${operation}`,
    method,
    pattern: new RegExp(`^${path}$`),
    rpc: `storage.${operation}`,
    handle: (request) =>
      Result.match(handler(state, request), {
        onFailure: (refusal) => Refusal.answer(refusal, request.query.get("alt") === "media"),
        onSuccess: (answer) => answer
      })
  })
  const v1 = "(?:(?:/download)?/storage/v1)?"
  const uploads = `(?:/resumable)?/upload(?:/storage/v1)?${objects}`
  return [
    route("objects.insert", "POST", uploads, upload(Upload.insert)),
    route("objects.upload", "PUT", uploads, upload(Upload.resume)),
    route("objects.cancel", "DELETE", uploads, cancel),
    route("objects.list", "GET", `${v1}${objects}`, list),
    route("objects.get", "GET", `${v1}${object}`, get),
    route("objects.patch", "PATCH", `${v1}${object}`, patch),
    route("objects.delete", "DELETE", `${v1}${object}`, remove),
    route("objects.rewrite", "POST", `${v1}${object}/rewriteTo/${to}`, copy("rewrite")),
    route("objects.copy", "POST", `${v1}${object}/copyTo/${to}`, copy("copy")),
    route("objects.compose", "POST", `${v1}${object}/compose`, compose),
    route("buckets.list", "GET", `${v1}/b`, listBuckets),
    route("buckets.insert", "POST", `${v1}/b`, createBucket),
    route("buckets.get", "GET", `${v1}/b/(?<bucket>[^/]+)`, getBucket),
    route("buckets.delete", "DELETE", `${v1}/b/(?<bucket>[^/]+)`, deleteBucket)
  ]
}
