/**
 * Reads the JSON object in a request body, and answers 400 in Google's shape when there is none.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Decode from "../wire/Decode.ts"
import * as GoogleError from "../wire/GoogleError.ts"

const maximumDepth = 100

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The deepest nesting of a JSON text, found without building it; brackets inside strings do not count. */
const depth = (body: Buffer): number => {
  let deepest = 0
  let open = 0
  let inString = false
  for (let index = 0; index < body.length; index++) {
    const byte = body[index]
    if (inString) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++open)
    else if (byte === 0x7d || byte === 0x5d) open--
  }
  return deepest
}

const parse = (text: string): Result.Result<unknown, string> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    return Result.fail(text.slice(0, 40))
  }
}

const text = (body: Buffer): string | undefined => {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}

const refuse = (description: string) => Result.fail(GoogleError.badRequest([{ field: "", description }]))

/**
 * Reads a body with the table of its message. An empty body is an empty message. More than 100 levels of nesting are refused, as Google does.
 *
 * @since 0.1.0
 */
export const read = <A>(body: Buffer, decode: Decode.Decode<A>): Result.Result<A, GoogleError.GoogleError> => {
  if (depth(body) > maximumDepth) {
    return refuse("Invalid JSON payload received. Message too deep. Max recursion depth reached.")
  }
  const decoded = text(body)
  if (decoded === undefined) return refuse("Invalid JSON payload received. The payload is not valid UTF-8.")
  const parsed = decoded.trim() === "" ? Result.succeed<unknown>({}) : parse(decoded)
  if (Result.isFailure(parsed)) {
    return refuse(`Invalid JSON payload received. Unexpected token.\n${parsed.failure}\n^`)
  }
  if (!Decode.isJsonObject(parsed.success)) {
    return refuse("Invalid JSON payload received. Root element must be a message.")
  }
  const violations: Array<Decode.Violation> = []
  const value = decode(parsed.success, "", violations)
  return value === undefined || violations.length > 0
    ? Result.fail(GoogleError.badRequest(violations))
    : Result.succeed(value)
}
