/**
 * Long-running operations of a location: get, wait, cancel, delete, list.
 *
 * Source: google.longrunning.Operations
 *
 * @since 0.1.0
 */
import * as Answer from "../http/Answer.ts"
import type { Request, Route } from "../http/Route.ts"
import { projectNumber } from "../metadata/Graph.ts"
import type { State } from "../State.ts"
import * as Operations from "../store/Operations.ts"
import * as EvaluationEnum from "../wire/EvaluationEnum.ts"
import * as GoogleError from "../wire/GoogleError.ts"

/**
 * The name of a location as answers have it: with the number of the project, whatever the request named.
 *
 * @since 0.1.0
 */
export const parent = (location: string): string => `projects/${projectNumber}/locations/${location}`

/**
 * Whether a client asks for the numbers of enums instead of their names, as Google's own clients do over REST.
 *
 * @since 0.1.0
 */
export const enumNumbers = ({ query }: Request): boolean => (query.get("$alt") ?? "").includes("enum-encoding=int")

const nameOf = ({ parameters }: Request): string =>
  `${parent(parameters["location"] ?? "")}/operations/${parameters["operation"] ?? ""}`

/**
 * The routes of operations.
 *
 * @since 0.1.0
 */
export const routes = ({ operations }: State): ReadonlyArray<Route> => {
  const shown = (request: Request, operation: Operations.Operation | undefined): Answer.Answer => {
    if (operation === undefined) return missing(request)
    const body = Operations.body(operation)
    return Answer.json(enumNumbers(request) ? EvaluationEnum.numbered(body) : body)
  }
  const missing = (request: Request) => Answer.error(GoogleError.notFound(`Operation ${nameOf(request)} not found.`))
  const list = ({ parameters, query }: Request): Answer.Answer => {
    const all = operations.list(parent(parameters["location"] ?? ""))
    const size = Math.min(1000, Number(query.get("pageSize") || 100))
    const from = Number(query.get("pageToken") || 0)
    if (!(size >= 1) || !(from >= 0)) {
      return Answer.error(GoogleError.invalidArgument("The page size or the page token is invalid."))
    }
    const page = all.slice(from, from + size)
    return Answer.json({
      ...(page.length === 0 ? {} : { operations: page.map(Operations.body) }),
      ...(from + size < all.length ? { nextPageToken: String(from + size) } : {})
    })
  }
  const route = (verb: string, method: Route["method"], pattern: string, handle: Route["handle"]): Route => ({
    operation: `operations.${verb}`,
    method,
    // Google's own clients ask for operations under /ui.
    pattern: new RegExp(
      `^/(?:v1|v1beta1|ui)/projects/(?<project>[^/]+)/locations/(?<location>[^/]+)/operations${pattern}$`
    ),
    rpc: `google.longrunning.Operations.${verb.charAt(0).toUpperCase()}${verb.slice(1)}Operation`,
    handle
  })
  const one = "/(?<operation>[^/:]+)"
  return [
    route("list", "GET", "", list),
    route("get", "GET", one, (request) => shown(request, operations.look(nameOf(request)))),
    route("wait", "POST", `${one}:wait`, (request) => shown(request, operations.wait(nameOf(request)))),
    route("cancel", "POST", `${one}:cancel`, (request) =>
      operations.cancel(nameOf(request)) ? Answer.json({}) : missing(request)
    ),
    route("delete", "DELETE", one, (request) =>
      operations.remove(nameOf(request)) ? Answer.json({}) : missing(request)
    )
  ]
}
