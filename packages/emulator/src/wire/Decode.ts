/**
 * A strict reader of proto3 JSON, built from small typed tables.
 *
 * A table names the fields of a message and the kind of each; reading returns a plain typed object with lowerCamelCase keys
 * and collects the violations, at most 50, in Google's own words. Names are accepted in lowerCamelCase and snake_case, enum values by
 * name (in any case) or number, 64-bit integers as string or number, a single value where a list is expected. `null` means absent.
 *
 * Source: https://protobuf.dev/programming-guides/json/
 *
 * @since 0.1.0
 */

/**
 * One thing that is wrong with a request body: `field` is a snake_case path, empty for the body itself.
 *
 * @since 0.1.0
 */
export interface Violation {
  readonly field: string
  readonly description: string
}

/**
 * Reads a value found at `path`; reports to `violations` and returns undefined when it cannot.
 *
 * @since 0.1.0
 */
export type Decode<A> = (value: unknown, path: string, violations: Array<Violation>) => A | undefined

/**
 * The names of fields and the reader of each.
 *
 * @since 0.1.0
 */
export interface Fields {
  readonly [name: string]: Decode<unknown>
}

/**
 * What a table of fields reads: every field is optional, as in proto3.
 *
 * @since 0.1.0
 */
export type Decoded<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Decode<infer A> ? A : never }

/**
 * An object as JSON has it.
 *
 * @since 0.1.0
 */
export type JsonObject = { readonly [key: string]: unknown }

/**
 * Says whether a value is a JSON object.
 *
 * @since 0.1.0
 */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const protoPackage = "type.googleapis.com/google.cloud.aiplatform.v1."

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "null"
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}

/** A body of millions of wrong values must not become millions of messages. */
const mostViolations = 50

const refuse = (violations: Array<Violation>, path: string, type: string, value: unknown): undefined => {
  if (violations.length >= mostViolations) return undefined
  violations.push({ field: path, description: `Invalid value at '${path}' (${type}), ${shown(value)}` })
}

/**
 * Reads a message. Fields named in `ignored` are accepted without being read; `oneof` names fields of which one at most may be set.
 *
 * @since 0.1.0
 */
export const message = <const F extends Fields>(
  name: string,
  fields: F,
  options: { readonly ignored?: ReadonlyArray<string>; readonly oneof?: ReadonlyArray<string> } = {}
): Decode<Decoded<F>> => {
  const byName = new Map<string, { readonly key: string; readonly path: string; readonly read: Decode<unknown> }>()
  for (const [key, read] of Object.entries(fields)) {
    const field = { key, path: snake(key), read }
    byName.set(key, field).set(field.path, field)
  }
  const ignored = new Set(options.ignored?.flatMap((key) => [key, snake(key)]))
  const oneof = new Set(options.oneof)
  return (value, path, violations) => {
    if (!isJsonObject(value)) return refuse(violations, path, protoPackage + name, value)
    const entries: Array<readonly [string, unknown]> = []
    let chosen: string | undefined
    for (const given of Object.keys(value)) {
      const field = byName.get(given)
      if (field === undefined) {
        if (ignored.has(given) || violations.length >= mostViolations) continue
        const at = path === "" ? "" : ` at '${path}'`
        violations.push({
          field: path,
          description: `Invalid JSON payload received. Unknown name ${shown(given)}${at}: Cannot find field.`
        })
        continue
      }
      const raw = value[given]
      if (raw === null && field.read !== json) continue
      if (oneof.has(field.key)) {
        if (chosen !== undefined) {
          if (violations.length >= mostViolations) continue
          violations.push({
            field: path,
            description: `Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${field.key}'`
          })
          continue
        }
        chosen = field.key
      }
      const read = field.read(raw, path === "" ? field.path : `${path}.${field.path}`, violations)
      if (read !== undefined) entries.push([field.key, read])
    }
    // Every key is one of F and its value came from that field's own reader. fromEntries defines own properties, so no name can reach a prototype.
    return Object.fromEntries(entries) as Decoded<F>
  }
}

/**
 * Puts off the look at a table until it is used, for messages that contain themselves.
 *
 * @since 0.1.0
 */
export const lazy =
  <A>(decode: () => Decode<A>): Decode<A> =>
  (value, path, violations) =>
    decode()(value, path, violations)

/**
 * Reads a repeated field. A single value stands for a list of one, as Google's front end has it.
 *
 * @since 0.1.0
 */
export const list =
  <A>(item: Decode<A>): Decode<ReadonlyArray<A>> =>
  (value, path, violations) => {
    if (!Array.isArray(value)) {
      const read = item(value, path, violations)
      return read === undefined ? undefined : [read]
    }
    const out: Array<A> = []
    for (let index = 0; index < value.length; index++) {
      const read = item(value[index], `${path}[${index}]`, violations)
      if (read !== undefined) out.push(read)
    }
    return out
  }

/**
 * Reads a map with text keys.
 *
 * @since 0.1.0
 */
export const map =
  <A>(item: Decode<A>): Decode<{ readonly [key: string]: A }> =>
  (value, path, violations) => {
    if (!isJsonObject(value)) return refuse(violations, path, "map", value)
    const entries: Array<readonly [string, A]> = []
    for (const key of Object.keys(value)) {
      const read = item(value[key], `${path}[${shown(key)}]`, violations)
      if (read !== undefined) entries.push([key, read])
    }
    return Object.fromEntries(entries)
  }

/**
 * Reads text.
 *
 * @since 0.1.0
 */
export const string: Decode<string> = (value, path, violations) =>
  typeof value === "string" ? value : refuse(violations, path, "TYPE_STRING", value)

/**
 * Reads true or false.
 *
 * @since 0.1.0
 */
export const bool: Decode<boolean> = (value, path, violations) =>
  typeof value === "boolean" ? value : refuse(violations, path, "TYPE_BOOL", value)

const number = (type: string, accepts: (value: number) => boolean): Decode<number> => {
  return (value, path, violations) => {
    const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value
    return typeof read === "number" && accepts(read) ? read : refuse(violations, path, type, value)
  }
}

/**
 * Reads a finite number, also from text.
 *
 * @since 0.1.0
 */
export const float: Decode<number> = number("TYPE_FLOAT", Number.isFinite)

/**
 * Reads a 32-bit integer, also from text.
 *
 * @since 0.1.0
 */
export const int32: Decode<number> = number("TYPE_INT32", (value) => (value | 0) === value)

/**
 * Reads a 64-bit integer from text or number; beyond 2^53 it is refused.
 *
 * @since 0.1.0
 */
export const int64: Decode<number> = number("TYPE_INT64", Number.isSafeInteger)

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/**
 * Reads bytes as their base64 text, standard or URL-safe.
 *
 * @since 0.1.0
 */
export const bytes: Decode<string> = (value, path, violations) => {
  if (typeof value !== "string") return refuse(violations, path, "TYPE_BYTES", value)
  if (base64.test(value) && value.replace(/=+$/, "").length % 4 !== 1) return value
  return refuse(violations, path, "TYPE_BYTES", value)
}

/**
 * Reads a duration such as `"5.5s"` as seconds.
 *
 * @since 0.1.0
 */
export const duration: Decode<number> = (value, path, violations) =>
  typeof value === "string" && /^-?\d{1,12}(\.\d{1,9})?s$/.test(value)
    ? Number(value.slice(0, -1))
    : refuse(violations, path, "type.googleapis.com/google.protobuf.Duration", value)

/**
 * Keeps any JSON value as it is.
 *
 * @since 0.1.0
 */
export const json: Decode<unknown> = (value) => value

/**
 * Keeps a JSON object as it is.
 *
 * @since 0.1.0
 */
export const struct: Decode<JsonObject> = (value, path, violations) =>
  isJsonObject(value) ? value : refuse(violations, path, "type.googleapis.com/google.protobuf.Struct", value)

/**
 * Reads an enum by name, in any case, or by number; `values` stand in the order of their numbers from 0.
 *
 * @since 0.1.0
 */
export const enumeration = <const V extends ReadonlyArray<string>>(name: string, values: V): Decode<V[number]> => {
  const byName = new Map<string, V[number]>(values.map((value) => [value, value]))
  return (value, path, violations) => {
    const read =
      typeof value === "string"
        ? (byName.get(value) ?? byName.get(value.toUpperCase()))
        : typeof value === "number"
          ? values[value]
          : undefined
    return read ?? refuse(violations, path, protoPackage + name, value)
  }
}
