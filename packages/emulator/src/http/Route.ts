/**
 * The table of routes. Each resource family is a module that exports its routes; `Routes` lists the families in order.
 *
 * @since 0.1.0
 */
import type { Answer, Unary } from "./Answer.ts"

/**
 * A request as a route sees it: the path without query, the parameters that the route's pattern names, and the body's bytes.
 *
 * @since 0.1.0
 */
export interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly parameters: { readonly [name: string]: string | undefined }
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly body: Buffer
}

/**
 * Takes the body of one request while it comes. Either `end` is the last call, when all of it was there, or `cut`, when the connection broke or a
 * fault ended the request.
 *
 * @since 0.1.0
 */
export interface Intake {
  readonly write: (chunk: Buffer) => void
  readonly end: () => Answer
  readonly cut: () => void
}

/**
 * One route. `operation` is the name under which calls are counted and faults are injected; `rpc` the method's full name in error details.
 *
 * @since 0.1.0
 */
export interface Route {
  readonly operation: string
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT"
  readonly pattern: RegExp
  readonly rpc: string
  readonly handle: (request: Request) => Answer | Promise<Answer>
  /** Bodies of any size are taken piece by piece by this, and not by `handle`; the request's own `body` is empty then. */
  readonly intake?: (request: Request) => Intake
  /** What this service answers with an error's status, where it is not Vertex AI's shape. */
  readonly error?: (status: number) => Unary | undefined
}

/**
 * A route that fits a request, with the parameters taken from the path and decoded.
 *
 * @since 0.1.0
 */
export interface Match {
  readonly route: Route
  readonly parameters: { readonly [name: string]: string | undefined }
}

const decodeParameter = (value: string | undefined): string | undefined => {
  if (value === undefined || !value.includes("%")) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/**
 * Finds the first route that fits.
 *
 * @since 0.1.0
 */
export const find = (routes: ReadonlyArray<Route>, method: string, path: string): Match | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue
    const found = route.pattern.exec(path)
    if (found === null) continue
    const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeParameter(value)] as const)
    return { route, parameters: Object.fromEntries(named) }
  }
  return undefined
}
