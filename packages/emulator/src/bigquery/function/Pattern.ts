/**
 * Functions of regular expressions: RE2 in both, so the expression goes as it is. What it captures must be known beforehand, so it is a constant.
 *
 * Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions#regexp_extract
 *
 * @since 0.1.0
 */
import type { Typed } from "../sql/Typed.ts"
import type { Entry } from "./Signature.ts"

/** The groups that an expression captures: how many, and whether one may be left out of a match. Undefined when it is not constant or odd. */
const groups = (of: Typed | undefined): { readonly count: number; readonly mayMiss: boolean } | undefined => {
  if (typeof of?.constant !== "string" || of.constant.includes("\\Q")) return undefined
  const bare = of.constant.replaceAll(/\\./gs, "").replaceAll(/\[\^?\]?[^\]]*\]/g, "")
  const count = bare.match(/\((?!\?)|\(\?P?</g)?.length ?? 0
  return { count, mayMiss: count > 0 && /\||\)[?*]|\)\{0/.test(bare) }
}

const extract: Entry[1] = ([of, expression]) => {
  const found = groups(expression)
  if (of === undefined || expression === undefined || found === undefined || found.count > 1 || found.mayMiss)
    return undefined
  return `CASE WHEN regexp_matches(${of.sql}, ${expression.sql}) THEN regexp_extract(${of.sql}, ${expression.sql}, ${found.count}) END`
}

const extractAll: Entry[1] = ([of, expression]) => {
  const found = groups(expression)
  if (of === undefined || expression === undefined || found === undefined || found.count > 1 || found.mayMiss)
    return undefined
  return `regexp_extract_all(${of.sql}, ${expression.sql}, ${found.count})`
}

/** What takes the place of a match: `\\0` to `\\9` are groups, which must exist, and anything else behind a backslash is wrong. */
const replace: Entry[1] = ([of, expression, by]) => {
  if (of === undefined || expression === undefined || by === undefined) return undefined
  const replaced = `regexp_replace(${of.sql}, ${expression.sql}, ${by.sql}, 'g')`
  if (by.constant === undefined)
    return `CASE WHEN contains(${by.sql}, '\\') THEN error('The emulator does not support a backslash in a replacement that is not constant') ELSE ${replaced} END`
  const escapes = [...String(by.constant).matchAll(/\\(.?)/gs)].map(([, escaped = ""]) => escaped)
  const last = groups(expression)?.count ?? 0
  return escapes.every((escaped) => escaped === "\\" || (/^\d$/.test(escaped) && Number(escaped) <= last))
    ? replaced
    : undefined
}

/** @since 0.1.0 */
export const patterns: ReadonlyArray<Entry> = [
  ["REGEXP_CONTAINS(STRING, STRING) BOOL", "regexp_matches($1, $2)"],
  ["REGEXP_EXTRACT(STRING, STRING) STRING", extract],
  ["REGEXP_SUBSTR(STRING, STRING) STRING", extract],
  ["REGEXP_EXTRACT_ALL(STRING, STRING) ARRAY<STRING>", extractAll],
  ["REGEXP_REPLACE(STRING, STRING, STRING) STRING", replace]
]
