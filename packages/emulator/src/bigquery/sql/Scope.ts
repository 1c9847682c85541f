/**
 * The names that an expression can see.
 *
 * @since 0.1.0
 */
import * as NearMatch from "@genops/core/NearMatch"
import * as SqlType from "../SqlType.ts"
import type { Problems } from "./Problem.ts"
import type { Name } from "./Syntax.ts"
import * as Typed from "./Typed.ts"

/**
 * A column. `onUse` is told when the column is read.
 *
 * @since 0.1.0
 */
export interface Column {
  readonly name: string
  readonly of: Typed.Typed
  readonly onUse?: () => void
}

/**
 * What an alias stands for: columns, or a value of its own, as UNNEST gives them.
 *
 * @since 0.1.0
 */
export interface Range {
  readonly alias: string
  readonly columns: ReadonlyArray<Column>
  readonly value?: Typed.Typed
}

/**
 * The ranges of a FROM clause, the columns that USING has made one, and what lies outside.
 *
 * @since 0.1.0
 */
export interface Scope {
  readonly ranges: ReadonlyArray<Range>
  readonly merged: ReadonlyArray<Column>
  readonly outer?: Scope
}

/** @since 0.1.0 */
export const empty: Scope = { ranges: [], merged: [] }

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/**
 * The columns that `*` stands for.
 *
 * @since 0.1.0
 */
export const columns = ({ merged, ranges }: Scope): ReadonlyArray<Column> => {
  const isMerged = (name: string) => merged.some((column) => isSame(column.name, name))
  const rest = ranges.flatMap((range) => range.columns.filter(({ name }) => !isMerged(name)))
  return [...merged, ...rest]
}

/**
 * A field of a STRUCT or JSON value. Throws Refusal when there is none.
 *
 * @since 0.1.0
 */
export const field = (of: Typed.Typed, name: Name, problem: Problems): Typed.Typed => {
  const { type } = of
  if (type.kind === "JSON") {
    // DuckDB sees more in these, even within quotes.
    if (/["\\*]/.test(name.text)) throw problem.unsupported(name.at, "this name of a field of JSON")
    return Typed.make(type, `CAST(json_extract(${of.sql}, '$."${name.text.replaceAll("'", "''")}"') AS VARCHAR)`)
  }
  if (type.kind !== "STRUCT") {
    throw problem.invalid(name.at, `Cannot access field ${name.text} on a value with type ${SqlType.show(type)}`)
  }
  const found = type.fields.flatMap((field, index) => (isSame(field.name, name.text) ? [index] : []))
  const [index] = found
  const fieldType = index === undefined ? undefined : type.fields[index]?.type
  if (index === undefined || fieldType === undefined) {
    throw problem.invalid(name.at, `Field name ${name.text} does not exist in ${SqlType.show(type)}`)
  }
  if (found.length > 1) throw problem.invalid(name.at, `Field name ${name.text} is ambiguous in ${SqlType.show(type)}`)
  return Typed.make(fieldType, `(${of.sql})."f${index}"`)
}

/**
 * What a name was found to be; `isOuter` when it lies outside of the query.
 *
 * @since 0.1.0
 */
export interface Found {
  readonly of: Typed.Typed
  readonly rest: ReadonlyArray<Name>
  readonly isOuter: boolean
}

const asStruct = (range: Range): Typed.Typed => {
  for (const { onUse } of range.columns) onUse?.()
  const fields = range.columns.map(({ name, of }) => ({ name, type: of.type }))
  const parts = range.columns.map(({ of }, index) => `'f${index}': ${of.sql}`)
  return Typed.make({ kind: "STRUCT", fields }, `{${parts.join(", ")}}`)
}

/**
 * Finds what the first of some names is: an alias, then a column, then the same outside. Throws Refusal when it is none or several things.
 *
 * @since 0.1.0
 */
export const find = (scope: Scope, names: ReadonlyArray<Name>, problem: Problems): Found => {
  const [first, second, ...others] = names
  if (first === undefined) throw problem.syntax(0, "Unexpected end of path")
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const isOuter = at !== scope
    const range = at.ranges.find(({ alias }) => alias !== "" && isSame(alias, first.text))
    if (range?.value !== undefined) return { of: range.value, rest: names.slice(1), isOuter }
    if (range !== undefined) {
      if (second === undefined) return { of: asStruct(range), rest: [], isOuter }
      const column = one(range.columns, second, problem)
      if (column === undefined) throw problem.invalid(second.at, `Name ${second.text} not found inside ${first.text}`)
      column.onUse?.()
      return { of: column.of, rest: others, isOuter }
    }
    const column = one(columns(at), first, problem)
    if (column !== undefined) {
      column.onUse?.()
      return { of: column.of, rest: names.slice(1), isOuter }
    }
  }
  const known: Array<string> = []
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    known.push(...columns(at).map(({ name }) => name), ...at.ranges.map(({ alias }) => alias))
  }
  const [near] = NearMatch.nearest(first.text, known)
  throw problem.invalid(
    first.at,
    `Unrecognized name: ${first.text}${near === undefined ? "" : `; Did you mean ${near}?`}`
  )
}

const one = (all: ReadonlyArray<Column>, name: Name, problem: Problems): Column | undefined => {
  const [found, second] = all.filter((column) => isSame(column.name, name.text))
  if (second !== undefined) throw problem.invalid(name.at, `Column name ${name.text} is ambiguous`)
  return found
}
