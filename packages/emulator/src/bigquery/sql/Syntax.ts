/**
 * Statements as trees, the way they are written: no name is looked up yet. `at` is an offset in the statement's text.
 *
 * @since 0.1.0
 */
import type { Datum } from "../Datum.ts"
import type { Scalar } from "../SqlType.ts"

/** @since 0.1.0 */
export interface Name {
  readonly text: string
  readonly at: number
}

/**
 * A type as it is written in a CAST or before an array or struct.
 *
 * @since 0.1.0
 */
export type TypeName =
  | { readonly kind: Scalar }
  | { readonly kind: "ARRAY"; readonly item: TypeName }
  | { readonly kind: "STRUCT"; readonly fields: ReadonlyArray<{ readonly name: string; readonly type: TypeName }> }

/** @since 0.1.0 */
export interface SortKey {
  readonly of: Expression
  readonly isDescending: boolean
  readonly nulls?: "FIRST" | "LAST"
}

/** @since 0.1.0 */
export interface Bound {
  readonly kind: "CURRENT ROW" | "FOLLOWING" | "PRECEDING" | "UNBOUNDED FOLLOWING" | "UNBOUNDED PRECEDING"
  readonly offset?: Expression
}

/** @since 0.1.0 */
export interface Window {
  readonly partitionBy: ReadonlyArray<Expression>
  readonly orderBy: ReadonlyArray<SortKey>
  readonly frame?: { readonly unit: "RANGE" | "ROWS"; readonly from: Bound; readonly to: Bound }
}

/** @since 0.1.0 */
export interface Call {
  readonly kind: "call"
  readonly at: number
  readonly name: string
  readonly inputs: ReadonlyArray<Expression>
  readonly isStar: boolean
  readonly isDistinct: boolean
  readonly nulls?: "IGNORE" | "RESPECT"
  readonly orderBy: ReadonlyArray<SortKey>
  readonly limit?: Expression
  readonly over?: Window
}

/** @since 0.1.0 */
export type Expression =
  | Call
  | { readonly kind: "literal"; readonly at: number; readonly type: Scalar; readonly value: Datum }
  | { readonly kind: "null"; readonly at: number }
  | { readonly kind: "parameter"; readonly at: number; readonly name: string | number }
  | { readonly kind: "path"; readonly at: number; readonly names: ReadonlyArray<Name> }
  | { readonly kind: "field"; readonly at: number; readonly of: Expression; readonly name: Name }
  | {
      readonly kind: "element"
      readonly at: number
      readonly of: Expression
      readonly by: string
      readonly index: Expression
    }
  | { readonly kind: "unary"; readonly at: number; readonly operator: string; readonly of: Expression }
  | {
      readonly kind: "binary"
      readonly at: number
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: "is"; readonly at: number; readonly of: Expression; readonly what: "FALSE" | "NULL" | "TRUE" }
  | { readonly kind: "in"; readonly at: number; readonly of: Expression; readonly list: ReadonlyArray<Expression> }
  | { readonly kind: "inArray"; readonly at: number; readonly of: Expression; readonly array: Expression }
  | { readonly kind: "inQuery"; readonly at: number; readonly of: Expression; readonly query: Query }
  | {
      readonly kind: "case"
      readonly at: number
      readonly of?: Expression
      readonly branches: ReadonlyArray<{ readonly when: Expression; readonly result: Expression }>
      readonly otherwise?: Expression
    }
  | {
      readonly kind: "cast"
      readonly at: number
      readonly of: Expression
      readonly to: TypeName
      readonly isSafe: boolean
    }
  | { readonly kind: "array"; readonly at: number; readonly item?: TypeName; readonly items: ReadonlyArray<Expression> }
  | {
      readonly kind: "struct"
      readonly at: number
      readonly type?: TypeName
      readonly fields: ReadonlyArray<{ readonly name: string; readonly value: Expression }>
    }
  | {
      readonly kind: "extract"
      readonly at: number
      readonly part: string
      readonly of: Expression
      readonly zone?: Expression
    }
  | { readonly kind: "interval"; readonly at: number; readonly of: Expression; readonly part: string }
  | { readonly kind: "subquery" | "exists" | "arrayQuery"; readonly at: number; readonly query: Query }

/**
 * The expressions of one kind.
 *
 * @since 0.1.0
 */
export type Of<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>

/** @since 0.1.0 */
export type Item =
  | { readonly kind: "expression"; readonly at: number; readonly of: Expression; readonly alias?: string }
  | {
      readonly kind: "star"
      readonly at: number
      readonly of?: Expression
      readonly except: ReadonlyArray<Name>
      readonly replace: ReadonlyArray<{ readonly of: Expression; readonly name: Name }>
    }

/** @since 0.1.0 */
export type Source =
  | {
      readonly kind: "table"
      readonly at: number
      readonly path: ReadonlyArray<Name>
      readonly alias?: string
      readonly offset?: string
    }
  | { readonly kind: "query"; readonly at: number; readonly query: Query; readonly alias?: string }
  | {
      readonly kind: "unnest"
      readonly at: number
      readonly of: Expression
      readonly alias?: string
      readonly offset?: string
    }
  | {
      readonly kind: "join"
      readonly at: number
      readonly join: "CROSS" | "FULL" | "INNER" | "LEFT" | "RIGHT"
      readonly left: Source
      readonly right: Source
      readonly on?: Expression
      readonly using?: ReadonlyArray<Name>
    }

/** @since 0.1.0 */
export interface Select {
  readonly kind: "select"
  readonly at: number
  readonly isDistinct: boolean
  readonly as?: "STRUCT" | "VALUE"
  readonly items: ReadonlyArray<Item>
  readonly from?: Source
  readonly where?: Expression
  readonly groupBy: ReadonlyArray<Expression>
  readonly having?: Expression
  readonly qualify?: Expression
}

/** @since 0.1.0 */
export type Body =
  | Select
  | { readonly kind: "query"; readonly at: number; readonly query: Query }
  | { readonly kind: "set"; readonly at: number; readonly operator: string; readonly left: Body; readonly right: Body }

/** @since 0.1.0 */
export interface Query {
  readonly at: number
  readonly tables: ReadonlyArray<{ readonly name: Name; readonly query: Query }>
  readonly body: Body
  readonly orderBy: ReadonlyArray<SortKey>
  readonly limit?: Expression
  readonly offset?: Expression
}
