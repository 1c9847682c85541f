/**
 * cachedContents: create, get, list, patch, delete.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/context-cache/context-cache-overview
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import type { Cache } from "../store/CacheStore.ts"
import * as CachedContent from "../wire/CachedContent.ts"
import type { JsonObject } from "../wire/Decode.ts"
import * as GoogleError from "../wire/GoogleError.ts"

/** Vertex answers with the number of the project, whatever the request named. */
const projectNumber = "123456789012"

const hour = 3_600_000

const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z")

const resource = (cache: Cache): JsonObject => ({
  name: `projects/${projectNumber}/locations/${cache.location}/cachedContents/${cache.id}`,
  model: cache.held.model,
  createTime: time(cache.created),
  updateTime: time(cache.updated),
  expireTime: time(cache.expires),
  ...(cache.held.displayName === undefined ? {} : { displayName: cache.held.displayName }),
  usageMetadata: { totalTokenCount: cache.tokens, ...(cache.characters === 0 ? {} : { textCount: cache.characters }) }
})

const invalid = (message: string) => Result.fail(GoogleError.invalidArgument(message))

const expiry = (
  { expireTime, ttl }: CachedContent.CachedContent,
  now: number
): Result.Result<number, GoogleError.GoogleError> => {
  if (ttl !== undefined && expireTime !== undefined) return invalid("ttl and expire_time are mutually exclusive.")
  const expires = expireTime === undefined ? now + (ttl === undefined ? hour : ttl * 1000) : Date.parse(expireTime)
  return Number.isFinite(expires) && expires > now && expires < 8.64e15
    ? Result.succeed(expires)
    : invalid("The expiration of a cached content must lie in the future.")
}

const find = (state: State, { parameters }: Request): Result.Result<Cache, GoogleError.GoogleError> => {
  const { cache: id = "", location = "" } = parameters
  const cache = state.caches.find(location, id)
  return cache === undefined
    ? Result.fail(GoogleError.notFound(`Not found: cached content metadata for ${id}.`))
    : Result.succeed(cache)
}

const create = (state: State, request: Request) =>
  Result.gen(function* () {
    const held = yield* JsonBody.read(request.body, CachedContent.decode)
    const location = request.parameters["location"] ?? ""
    const named = /^(?:projects\/[^/]+\/locations\/([^/]+)\/)?publishers\/google\/models\/([^/]+)$/.exec(
      held.model ?? ""
    )
    if (named === null)
      return yield* invalid("The model of a cached content is named projects/*/locations/*/publishers/google/models/*.")
    const modelId = named[2] ?? ""
    const model = state.model(modelId, location)
    if (model === undefined) return yield* Result.fail(GoogleError.modelNotFound(held.model ?? ""))
    if (named[1] !== undefined && named[1] !== location) {
      return yield* invalid("The model of a cached content must be in the location of the cached content.")
    }
    if ((held.displayName?.length ?? 0) > 128)
      return yield* invalid("The display name must have at most 128 characters.")
    const now = Date.now()
    const expires = yield* expiry(held, now)
    const counted = PromptTokens.count(held)
    if (counted.total < model.minCacheTokens) {
      return yield* invalid(
        `The cached content is of ${counted.total} tokens. The minimum token count to start caching is ${model.minCacheTokens}.`
      )
    }
    const cache = {
      location,
      modelId: model.id,
      held,
      tokens: counted.total,
      characters: counted.characters,
      created: now,
      updated: now,
      expires
    }
    return resource(state.caches.add(cache))
  })

const patch = (state: State, request: Request) =>
  Result.gen(function* () {
    const cache = yield* find(state, request)
    const change = yield* JsonBody.read(request.body, CachedContent.decode)
    if (change.ttl === undefined && change.expireTime === undefined) {
      return yield* invalid(
        "Only ttl and expire_time of a cached content can be updated, and one of them must be given."
      )
    }
    const now = Date.now()
    const updated = { ...cache, updated: now, expires: yield* expiry(change, now) }
    state.caches.replace(updated)
    return resource(updated)
  })

const remove = (state: State, request: Request) =>
  Result.map(find(state, request), (cache): JsonObject => {
    state.caches.remove(cache.id)
    return {}
  })

const list = (state: State, { parameters, query }: Request): Result.Result<JsonObject, GoogleError.GoogleError> => {
  const all = state.caches.list(parameters["location"] ?? "")
  const size = Math.min(1000, Number(query.get("pageSize") || 1000))
  const from = Number(query.get("pageToken") || 0)
  if (!(size >= 1) || !(from >= 0)) return invalid("The page size or the page token is invalid.")
  const page = all.slice(from, from + size)
  return Result.succeed({
    ...(page.length === 0 ? {} : { cachedContents: page.map(resource) }),
    ...(from + size < all.length ? { nextPageToken: String(from + size) } : {})
  })
}

/**
 * The routes of explicit caches.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const parent = "^/(?:v1|v1beta1)/projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/cachedContents"
  const route = (
    verb: string,
    method: Route["method"],
    answer: (state: State, request: Request) => Result.Result<JsonObject, GoogleError.GoogleError>
  ): Route => ({
    operation: `cachedContents.${verb}`,
    method,
    pattern: new RegExp(verb === "create" || verb === "list" ? `${parent}$` : `${parent}/(?<cache>[^/:]+)$`),
    rpc: `google.cloud.aiplatform.v1.GenAiCacheService.${verb}`,
    handle: (request) =>
      Result.match(answer(state, request), { onFailure: Answer.error, onSuccess: (body) => Answer.json(body) })
  })
  return [
    route("create", "POST", create),
    route("list", "GET", list),
    route("get", "GET", (state, request) => Result.map(find(state, request), resource)),
    route("patch", "PATCH", patch),
    route("delete", "DELETE", remove)
  ]
}
