/**
 * Buckets of Cloud Storage.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1/buckets
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Answer from "../http/Answer.ts"
import type { Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Refusal from "../storage/Refusal.ts"
import * as Resource from "../storage/Resource.ts"
import * as StorageRoute from "./StorageRoute.ts"

const NewBucket = Schema.Struct({ name: Schema.String, location: Schema.optionalKey(Schema.String) })

const createBucket: StorageRoute.Handler = (state, request) =>
  Result.gen(function* () {
    const { location = "US", name } = yield* StorageRoute.body(NewBucket, request)
    if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name) || name.includes("..")) {
      return yield* Result.fail(Refusal.invalid(`Invalid bucket name: '${name}'`))
    }
    if (state.storage.objects.bucket(name) !== undefined) {
      const message = "Your previous request to create the named bucket succeeded and you already own it."
      return yield* Result.fail(Refusal.conflict(message))
    }
    const bucket = { name, location: location.toUpperCase(), created: Date.now() }
    state.storage.objects.addBucket(bucket)
    return Answer.json(Resource.bucket(bucket, StorageRoute.origin(state, request)))
  })

const deleteBucket: StorageRoute.Handler = (state, { parameters }) =>
  Result.gen(function* () {
    const { name } = yield* StorageRoute.bucketOf(state, parameters["bucket"])
    if (state.storage.objects.list(name).length > 0) {
      return yield* Result.fail(Refusal.conflict("The bucket you tried to delete is not empty."))
    }
    state.storage.objects.removeBucket(name)
    return StorageRoute.empty(204)
  })

const getBucket: StorageRoute.Handler = (state, request) =>
  Result.map(StorageRoute.bucketOf(state, request.parameters["bucket"]), (bucket) =>
    Answer.json(Resource.bucket(bucket, StorageRoute.origin(state, request)))
  )

/** How a bucket is laid out: gcloud asks before it moves or removes what looks like a folder. */
const storageLayout: StorageRoute.Handler = (state, request) =>
  Result.map(StorageRoute.bucketOf(state, request.parameters["bucket"]), (bucket) => {
    const { location, locationType } = Resource.bucket(bucket, StorageRoute.origin(state, request))
    const hierarchicalNamespace = { enabled: false }
    return Answer.json({
      kind: "storage#storageLayout",
      bucket: bucket.name,
      location,
      locationType,
      hierarchicalNamespace
    })
  })

/** There are none, and gcloud asks for them before it removes a bucket. */
const managedFolders: StorageRoute.Handler = (state, request) =>
  Result.map(StorageRoute.bucketOf(state, request.parameters["bucket"]), () =>
    Answer.json({ kind: "storage#managedFolders" })
  )

const listBuckets: StorageRoute.Handler = (state, request) => {
  const items = state.storage.objects
    .buckets()
    .map((bucket) => Resource.bucket(bucket, StorageRoute.origin(state, request)))
  return Result.succeed(Answer.json({ kind: "storage#buckets", ...(items.length === 0 ? {} : { items }) }))
}

/**
 * The routes of buckets.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const route = StorageRoute.make(state)
  return [
    route("buckets.list", "GET", StorageRoute.buckets, listBuckets),
    route("buckets.insert", "POST", StorageRoute.buckets, createBucket),
    route("buckets.get", "GET", StorageRoute.bucket, getBucket),
    route("buckets.storageLayout", "GET", `${StorageRoute.bucket}/storageLayout`, storageLayout),
    route("managedFolders.list", "GET", `${StorageRoute.bucket}/managedFolders`, managedFolders),
    route("buckets.delete", "DELETE", StorageRoute.bucket, deleteBucket)
  ]
}
