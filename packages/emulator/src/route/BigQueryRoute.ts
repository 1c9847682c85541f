/**
 * How a route of BigQuery's API is made, and what its families have in common.
 *
 * Paths stand with and without `/bigquery/v2`, because the client leaves it out when it is pointed here by `BIGQUERY_EMULATOR_HOST`.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Opened } from "../bigquery/BigQuery.ts"
import * as Refusal from "../bigquery/Refusal.ts"
import type * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"

/**
 * What a route does: it answers, or throws Refusal.
 *
 * @since 0.1.0
 */
export type Handler = (opened: Opened, request: Request, origin: string) => Answer.Unary | Promise<Answer.Unary>

/** @since 0.1.0 */
export const project = "(?:/bigquery/v2)?/projects/(?<project>[^/]+)"

const origin = ({ secureStorage }: State, { headers }: Request): string =>
  `${secureStorage ? "https" : "http"}://${typeof headers["host"] === "string" ? headers["host"] : "127.0.0.1"}`

/**
 * Makes a route; `path` is a pattern. BigQuery is opened when the first one is called.
 *
 * @since 0.1.0
 */
export const make =
  (state: State) =>
  (operation: string, method: Route["method"], path: string, handler: Handler): Route => ({
    operation: `bigquery.${operation}`,
    method,
    pattern: new RegExp(`^${path}$`),
    rpc: `google.cloud.bigquery.v2.${operation}`,
    error: Refusal.ofStatus,
    handle: async (request) => {
      try {
        return await handler(await state.bigQuery.open(), request, origin(state, request))
      } catch (thrown) {
        if (thrown instanceof Refusal.Refusal) return Refusal.answer(thrown)
        throw thrown
      }
    }
  })

/**
 * Reads JSON; nothing is an empty object. Throws Refusal.
 *
 * @since 0.1.0
 */
export const read = <A, E>(schema: Schema.Codec<A, E>, text: string): A => {
  const decoded = Schema.decodeUnknownResult(Schema.fromJsonString(schema))(text.trim() === "" ? "{}" : text)
  if (Result.isSuccess(decoded)) return decoded.success
  throw Refusal.invalid(`Invalid JSON payload received. ${decoded.failure.message}`)
}

/** @since 0.1.0 */
export const parameter = ({ parameters }: Request, name: string): string => parameters[name] ?? ""

/**
 * A whole number of the query that is not negative; undefined without one. Throws Refusal.
 *
 * @since 0.1.0
 */
export const count = ({ query }: Request, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === "") return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw Refusal.invalid(`Invalid value for ${name}: ${text}`)
}

/**
 * One page of a list, and the token of the next. Throws Refusal.
 *
 * @since 0.1.0
 */
export const page = <A>(
  all: ReadonlyArray<A>,
  request: Request,
  usual: number
): { readonly items: ReadonlyArray<A>; readonly nextPageToken?: string } => {
  const most = count(request, "maxResults") ?? usual
  const from = count(request, "pageToken") ?? 0
  const items = all.slice(from, from + most)
  return from + items.length < all.length && most > 0
    ? { items, nextPageToken: String(from + items.length) }
    : { items }
}
