/**
 * How a route of Cloud Storage's JSON API is made, and what its families have in common.
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
import type * as ObjectStore from "../storage/ObjectStore.ts"
import * as Refusal from "../storage/Refusal.ts"
import * as Resource from "../storage/Resource.ts"

/**
 * A value, or what is answered instead of it.
 *
 * @since 0.1.0
 */
export type Refused<A> = Result.Result<A, Refusal.Refusal>

/**
 * What a route does.
 *
 * @since 0.1.0
 */
export type Handler = (state: State, request: Request) => Refused<Answer.Unary>

/** @since 0.1.0 */
export const buckets = "(?:(?:/download)?/storage/v1)?/b"

/** @since 0.1.0 */
export const bucket = `${buckets}/(?<bucket>[^/]+)`

/**
 * The answer, or the refusal; that of a download is text.
 *
 * @since 0.1.0
 */
export const answer = ({ query }: Request, done: Refused<Answer.Unary>): Answer.Unary =>
  Result.match(done, {
    onFailure: (refusal) => Refusal.answer(refusal, query.get("alt") === "media"),
    onSuccess: (answer) => answer
  })

/**
 * Makes a route; `path` is a pattern.
 *
 * @since 0.1.0
 */
export const make =
  (state: State) =>
  (operation: string, method: Route["method"], path: string, handler: Handler): Route => ({
    operation: `storage.${operation}`,
    method,
    pattern: new RegExp(`^${path}$`),
    rpc: `storage.${operation}`,
    error: Refusal.ofStatus,
    handle: (request) => answer(request, handler(state, request))
  })

/**
 * Reads a JSON body; none is an empty object.
 *
 * @since 0.1.0
 */
export const body = <A, E>(schema: Schema.Codec<A, E>, { body }: Request): Refused<A> =>
  Result.mapError(
    Schema.decodeUnknownResult(Schema.fromJsonString(schema))(body.length === 0 ? "{}" : body.toString("utf8")),
    ({ message }) => Refusal.invalid(`Parse error: ${message}`)
  )

/**
 * An answer without a body.
 *
 * @since 0.1.0
 */
export const empty = (status: number, headers: { readonly [name: string]: string } = {}): Answer.Unary => ({
  _tag: "Unary",
  status,
  contentType: "text/plain; charset=UTF-8",
  body: "",
  headers
})

/**
 * Where this server is called, so that links lead back to it.
 *
 * @since 0.1.0
 */
export const origin = ({ secureStorage }: State, { headers }: Request): string =>
  `${secureStorage ? "https" : "http"}://${typeof headers["host"] === "string" ? headers["host"] : "127.0.0.1"}`

/**
 * Finds a bucket.
 *
 * @since 0.1.0
 */
export const bucketOf = ({ storage }: State, name = ""): Refused<ObjectStore.Bucket> => {
  const bucket = storage.objects.bucket(name)
  return bucket === undefined ? Result.fail(Refusal.noBucket) : Result.succeed(bucket)
}

/**
 * Answers with an object.
 *
 * @since 0.1.0
 */
export const shown = (state: State, request: Request, stored: ObjectStore.Stored): Answer.Unary =>
  Answer.json(Resource.object(stored, origin(state, request)))
