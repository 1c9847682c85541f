/**
 * The parameters of a query, as requests have them.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Datum } from "./Datum.ts"
import * as Json from "./Json.ts"
import * as Refusal from "./Refusal.ts"
import * as RowReader from "./RowReader.ts"
import type { Parameter } from "./sql/Context.ts"
import * as SqlType from "./SqlType.ts"

/** @since 0.1.0 */
export interface GivenType {
  readonly type: string
  readonly arrayType?: GivenType | null | undefined
  readonly structTypes?:
    | ReadonlyArray<{ readonly name?: string | null | undefined; readonly type: GivenType }>
    | null
    | undefined
}

/** @since 0.1.0 */
export interface GivenValue {
  readonly value?: string | number | boolean | null | undefined
  readonly arrayValues?: ReadonlyArray<GivenValue> | null | undefined
  readonly structValues?: { readonly [name: string]: GivenValue } | null | undefined
}

const GivenType: Schema.Codec<GivenType> = Schema.suspend(() =>
  Schema.Struct({
    type: Schema.String,
    arrayType: Schema.optional(Schema.NullOr(GivenType)),
    structTypes: Schema.optional(
      Schema.NullOr(
        Schema.Array(Schema.Struct({ name: Schema.optional(Schema.NullOr(Schema.String)), type: GivenType }))
      )
    )
  })
)

const GivenValue: Schema.Codec<GivenValue> = Schema.suspend(() =>
  Schema.Struct({
    value: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number, Schema.Boolean]))),
    arrayValues: Schema.optional(Schema.NullOr(Schema.Array(GivenValue))),
    structValues: Schema.optional(Schema.NullOr(Schema.Record(Schema.String, GivenValue)))
  })
)

/**
 * Parameters as they come.
 *
 * @since 0.1.0
 */
export const Given: Schema.Codec<
  ReadonlyArray<{
    readonly name?: string | null | undefined
    readonly parameterType: GivenType
    readonly parameterValue: GivenValue
  }>
> = Schema.Array(
  Schema.Struct({
    name: Schema.optional(Schema.NullOr(Schema.String)),
    parameterType: GivenType,
    parameterValue: GivenValue
  })
)

const typeOf = (given: GivenType): SqlType.SqlType => {
  const name = given.type.toUpperCase()
  if (name === "ARRAY") {
    if (given.arrayType === undefined || given.arrayType === null)
      throw Refusal.invalid("An ARRAY parameter needs an arrayType.")
    return SqlType.array(typeOf(given.arrayType))
  }
  if (name === "STRUCT" || name === "RECORD") {
    return {
      kind: "STRUCT",
      fields: (given.structTypes ?? []).map(({ name, type }) => ({ name: name ?? "", type: typeOf(type) }))
    }
  }
  const scalar = SqlType.named(name === "FLOAT" ? "FLOAT64" : name)
  if (scalar === undefined) {
    throw /^(?:GEOGRAPHY|INTERVAL|RANGE)$/.test(name)
      ? Refusal.unsupported(`parameters of ${name}`)
      : Refusal.invalid(`Invalid value for type: ${given.type} is not a valid value`)
  }
  return SqlType.scalar(scalar)
}

const valueOf = (type: SqlType.SqlType, given: GivenValue, name: string): Datum => {
  switch (type.kind) {
    case "ARRAY":
      // An array that is NULL and one that is empty are written alike.
      return (given.arrayValues ?? []).map((value) => valueOf(type.item, value, name))
    case "STRUCT": {
      const { structValues } = given
      if (structValues === undefined || structValues === null) return null
      return type.fields.map((field) => valueOf(field.type, structValues[field.name] ?? {}, name))
    }
    default: {
      const { value } = given
      if (value === undefined || value === null) return null
      const read = type.kind === "JSON" ? Json.normalText(String(value)) : RowReader.fromText(type.kind, String(value))
      if (read === undefined)
        throw Refusal.invalid(`Invalid value for ${name}: "${String(value).slice(0, 100)}" is not a ${type.kind}`)
      return read
    }
  }
}

/**
 * Reads parameters: by name in lower case, or by position from 0. Throws Refusal.
 *
 * @since 0.1.0
 */
export const read = (given: typeof Given.Type): ReadonlyMap<string | number, Parameter> =>
  new Map(
    given.map(({ name, parameterType, parameterValue }, index) => {
      const called = typeof name === "string" && name !== ""
      const type = typeOf(parameterType)
      const value = valueOf(type, parameterValue, called ? `parameter @${name}` : `parameter ${index + 1}`)
      return [called ? name.toLowerCase() : index, { type, value }] as const
    })
  )
