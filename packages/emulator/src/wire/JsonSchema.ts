/**
 * The schema of structured output and of function parameters, in Vertex's own form (`responseSchema`, `parameters`).
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Schema
 *
 * @since 0.1.0
 */
import * as Decode from "./Decode.ts"

/**
 * Vertex's schema form: an OpenAPI 3.0 subset with upper-case types.
 *
 * @since 0.1.0
 */
export interface JsonSchema {
  readonly type?: (typeof types)[number]
  readonly format?: string
  readonly title?: string
  readonly description?: string
  readonly nullable?: boolean
  readonly default?: unknown
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly enum?: ReadonlyArray<string>
  readonly properties?: { readonly [name: string]: JsonSchema }
  readonly propertyOrdering?: ReadonlyArray<string>
  readonly required?: ReadonlyArray<string>
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly example?: unknown
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly additionalProperties?: unknown
  readonly ref?: string
  readonly defs?: { readonly [name: string]: JsonSchema }
}

const types = ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"] as const

/**
 * Reads a schema.
 *
 * @since 0.1.0
 */
export const decode: Decode.Decode<JsonSchema> = Decode.message("Schema", {
  type: Decode.enumeration("Type", types),
  format: Decode.string,
  title: Decode.string,
  description: Decode.string,
  nullable: Decode.bool,
  default: Decode.json,
  items: Decode.lazy(() => decode),
  minItems: Decode.int64,
  maxItems: Decode.int64,
  minLength: Decode.int64,
  maxLength: Decode.int64,
  minProperties: Decode.int64,
  maxProperties: Decode.int64,
  enum: Decode.list(Decode.string),
  properties: Decode.map(Decode.lazy(() => decode)),
  propertyOrdering: Decode.list(Decode.string),
  required: Decode.list(Decode.string),
  minimum: Decode.float,
  maximum: Decode.float,
  pattern: Decode.string,
  example: Decode.json,
  anyOf: Decode.list(Decode.lazy(() => decode)),
  additionalProperties: Decode.json,
  ref: Decode.string,
  defs: Decode.map(Decode.lazy(() => decode))
})
