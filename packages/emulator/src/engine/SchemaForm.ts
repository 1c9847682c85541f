/**
 * Brings Vertex's schema form into JSON Schema, so that one engine fills both.
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import type { JsonSchema } from "../wire/JsonSchema.ts"

const mapValues = (values: { readonly [name: string]: JsonSchema } | undefined): JsonObject | undefined =>
  values === undefined
    ? undefined
    : Object.fromEntries(Object.entries(values).map(([name, schema]) => [name, fromVertex(schema)]))

/**
 * The same schema as JSON Schema: lower-case types, `nullable` as a second type or branch, `ref` and `defs` with their dollar signs.
 *
 * @since 0.1.0
 */
export const fromVertex = (schema: JsonSchema): JsonObject => {
  const { anyOf, defs, items, nullable, properties, ref, type, ...rest } = schema
  const named = type === undefined || type === "TYPE_UNSPECIFIED" ? undefined : type.toLowerCase()
  const branches = anyOf?.map(fromVertex)
  const fields: ReadonlyArray<readonly [string, unknown]> = [
    ["type", named !== undefined && nullable === true ? [named, "null"] : named],
    ["anyOf", branches !== undefined && nullable === true ? [...branches, { type: "null" }] : branches],
    ["items", items === undefined ? undefined : fromVertex(items)],
    ["properties", mapValues(properties)],
    ["$defs", mapValues(defs)],
    ["$ref", ref]
  ]
  return { ...rest, ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)) }
}
