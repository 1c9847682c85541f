/**
 * Keeps everybody out but programs on this machine.
 *
 * A web page can make a browser send requests to 127.0.0.1, and DNS rebinding can make such a request look same-origin to the browser. So the
 * `Host` header must name the loopback interface, an `Origin` must be the emulator's own, and what the browser marks as cross-site is refused.
 *
 * @since 0.1.0
 */
import type { IncomingHttpHeaders } from "node:http"
import type * as Route from "./Route.ts"

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/i

/**
 * Says whether a host name or address is the loopback interface's.
 *
 * @since 0.1.0
 */
export const isLoopback = (host: string): boolean => loopback.test(host)

const withoutPort = (host: string): string => host.replace(/:\d{1,5}$/, "")

/**
 * Says why a request is refused; undefined when it may pass. With `anyHost` (the server was bound to another address on purpose) only
 * the browser's marks are checked.
 *
 * @since 0.1.0
 */
export const refusal = (headers: IncomingHttpHeaders, anyHost: boolean): string | undefined => {
  const host = headers.host ?? ""
  if (!anyHost && !isLoopback(withoutPort(host))) {
    return "The Host header does not name this machine. Call the emulator as 127.0.0.1 or localhost."
  }
  const origin = headers.origin
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) {
    return "The Origin header is not the emulator's own. Web pages may not call the emulator."
  }
  const site = headers["sec-fetch-site"]
  if (site !== undefined && site !== "none" && site !== "same-origin") {
    return "A web page of another site made this request. Web pages may not call the emulator."
  }
  return undefined
}

/**
 * Says whether a request carries a credential: a bearer token or an API key. Which one does not matter.
 *
 * @since 0.1.0
 */
export const hasCredential = (headers: Route.Request["headers"]): boolean => {
  const key = headers["x-goog-api-key"]
  const authorization = headers["authorization"]
  return (
    (typeof key === "string" && key.trim() !== "") ||
    (typeof authorization === "string" && /^Bearer\s+\S/i.test(authorization))
  )
}
