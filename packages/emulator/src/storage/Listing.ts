/**
 * One page of a list of objects: in the order of their names' bytes, with everything below a delimiter folded into prefixes.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1/objects/list
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Glob from "./Glob.ts"
import type { Stored } from "./ObjectStore.ts"
import * as Refusal from "./Refusal.ts"

/**
 * Objects and prefixes, and where the next page begins.
 *
 * @since 0.1.0
 */
export interface Page {
  readonly items: ReadonlyArray<Stored>
  readonly prefixes: ReadonlyArray<string>
  readonly nextPageToken?: string
}

const token = (last: string): string => Buffer.from(last).toString("base64url")

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * Takes the page that a query asks for from all objects of a bucket, which must be in order. A page has at most 1,000 entries.
 *
 * @since 0.1.0
 */
export const page = (all: ReadonlyArray<Stored>, query: URLSearchParams): Result.Result<Page, Refusal.Refusal> => {
  const asked = Number(query.get("maxResults") || 1000)
  if (!Number.isInteger(asked) || asked < 0) return Result.fail(Refusal.invalid("Invalid value for maxResults."))
  const most = Math.min(asked === 0 ? 1000 : asked, 1000)
  const prefix = query.get("prefix") ?? ""
  const delimiter = query.get("delimiter") ?? ""
  const glob = query.get("matchGlob") ?? ""
  const fits = glob === "" ? () => true : Glob.make(glob)
  if (fits === undefined) return Result.fail(Refusal.invalid(`Invalid value for matchGlob: ${glob}`))
  const start = query.get("startOffset") ?? ""
  const end = query.get("endOffset") ?? ""
  const after = Buffer.from(query.get("pageToken") ?? "", "base64url").toString()
  const items: Array<Stored> = []
  const prefixes: Array<string> = []
  let last = ""
  for (const object of all) {
    const { name } = object
    if (!name.startsWith(prefix) || !fits(name)) continue
    if (compare(name, start) < 0 || (end !== "" && compare(name, end) >= 0)) continue
    const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
    const entry = cut < 0 ? name : name.slice(0, cut + delimiter.length)
    const isItem = cut < 0 || (entry === name && query.get("includeTrailingDelimiter") === "true")
    const isKnown = cut >= 0 && prefixes.at(-1) === entry
    if ((isKnown && !isItem) || (after !== "" && compare(entry, after) <= 0)) continue
    if (items.length + prefixes.length >= most) return Result.succeed({ items, prefixes, nextPageToken: token(last) })
    if (cut >= 0 && !isKnown) prefixes.push(entry)
    if (isItem) items.push(object)
    last = entry
  }
  return Result.succeed({ items, prefixes })
}
