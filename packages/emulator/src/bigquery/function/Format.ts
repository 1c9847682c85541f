/**
 * FORMAT, with a constant format of `%s`, `%d`, `%i`, `%f` (also with digits, `%.2f`), `%t` and `%%`.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#format_string
 *
 * @since 0.1.0
 */
import * as Literal from "../Literal.ts"
import type { Typed } from "../sql/Typed.ts"
import { scalar } from "../SqlType.ts"
import * as Cast from "./Cast.ts"
import type { Entry } from "./Signature.ts"

const directive = /%(?:\.(\d{1,2}))?(.)/gs

const part = (of: Typed, kind: string, digits: string | undefined): string | undefined => {
  const { sql, type } = of
  if (kind === "f") return type.kind === "FLOAT64" ? `printf('%.${digits ?? 6}f', ${sql})` : undefined
  if (digits !== undefined) return undefined
  if (kind === "s") return type.kind === "STRING" ? sql : undefined
  if (kind === "d" || kind === "i") return type.kind === "INT64" ? `CAST(${sql} AS VARCHAR)` : undefined
  // Of a whole number of FLOAT64 %t shows that it is one.
  if (kind !== "t" || type.kind === "FLOAT64") return undefined
  const text = Cast.write(sql, type, scalar("STRING"), false)
  return text === undefined ? undefined : `coalesce(${text}, 'NULL')`
}

const format: Entry[1] = ([pattern, ...values]) => {
  const text = pattern?.constant
  if (typeof text !== "string") return undefined
  const parts: Array<string | undefined> = []
  let [at, used] = [0, 0]
  for (const found of text.matchAll(directive)) {
    const [whole, digits, kind = ""] = found
    parts.push(Literal.text(text.slice(at, found.index)))
    at = found.index + whole.length
    const value = values[used]
    if (kind === "%") parts.push("'%'")
    else {
      used++
      parts.push(value === undefined ? undefined : part(value, kind, digits))
    }
  }
  if (parts.includes(undefined) || used !== values.length || (text.endsWith("%") && at < text.length)) return undefined
  return `(${[...parts, Literal.text(text.slice(at))].join(" || ")})`
}

/** @since 0.1.0 */
export const formats: ReadonlyArray<Entry> = [
  ["FORMAT(STRING) STRING", format],
  ["FORMAT(STRING, ANY...) STRING", format]
]
