/**
 * What a translation knows and keeps.
 *
 * @since 0.1.0
 */
import type { Datum } from "../Datum.ts"
import type { SqlType } from "../SqlType.ts"
import type { Problems } from "./Problem.ts"
import type * as Scope from "./Scope.ts"
import type { Expression, Name, Query } from "./Syntax.ts"
import type { Typed } from "./Typed.ts"

/**
 * A table as a statement finds it: its name in DuckDB, and its columns.
 *
 * @since 0.1.0
 */
export interface Table {
  readonly physical: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: SqlType }>
}

/**
 * A value that comes with a statement.
 *
 * @since 0.1.0
 */
export interface Parameter {
  readonly type: SqlType
  readonly value: Datum
}

/**
 * What is the same in a whole statement: where tables are found (which throws Refusal), values by name or position, and the time in microseconds.
 *
 * @since 0.1.0
 */
export interface Environment {
  readonly table: (path: ReadonlyArray<string>) => Table
  readonly parameters: ReadonlyMap<string | number, Parameter>
  readonly now: bigint
}

/**
 * A translated query.
 *
 * @since 0.1.0
 */
export interface Translated {
  readonly sql: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly of: Typed }>
}

/**
 * What is the same in a whole translation.
 *
 * @since 0.1.0
 */
export interface Session {
  readonly environment: Environment
  readonly problem: Problems
  /** A name that nothing else has. */
  readonly fresh: () => string
  /** Notes that a column of a table is read. */
  readonly use: (table: Table, column: number) => void
  readonly query: (query: Query, outer: Scope.Scope, tables: Tables) => Translated
}

/**
 * The tables that WITH has named, by their names in lower case.
 *
 * @since 0.1.0
 */
export type Tables = ReadonlyMap<string, { readonly sql: string; readonly columns: Translated["columns"] }>

/**
 * Where an expression stands.
 *
 * @since 0.1.0
 */
export interface Context {
  readonly session: Session
  readonly tables: Tables
  readonly scope: Scope.Scope
  /** The keys of GROUP BY: outside of an aggregate function nothing else may be read. */
  readonly keys?: ReadonlyArray<Typed>
  /** Names of the SELECT list, seen before (`first`) or after the columns. */
  readonly aliases?: { readonly of: ReadonlyMap<string, Typed>; readonly isFirst: boolean }
  /** The clause, where aggregate functions are not allowed in it. */
  readonly noAggregates?: string
  /** The clause, where functions of a window are not allowed in it. */
  readonly noWindows?: string
}

/** @since 0.1.0 */
export type Translate = (expression: Expression, context: Context) => Typed

/** @since 0.1.0 */
export const textOf = (names: ReadonlyArray<Name>): string => names.map(({ text }) => text).join(".")
