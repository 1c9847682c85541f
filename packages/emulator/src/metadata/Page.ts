/**
 * Orders a list and cuts it into pages.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Hash from "../engine/Hash.ts"
import type { Node } from "./Node.ts"

/**
 * One page, and the token of the next when there is one.
 *
 * @since 0.1.0
 */
export interface Page {
  readonly nodes: ReadonlyArray<Node>
  readonly nextPageToken: string | undefined
}

const orderable: { readonly [field: string]: (node: Node) => number | string } = {
  name: ({ name }) => name,
  display_name: ({ draft }) => draft.displayName ?? "",
  schema_title: ({ draft }) => draft.schemaTitle ?? "",
  create_time: ({ created }) => created,
  update_time: ({ updated }) => updated
}

type Compare = (one: Node, other: Node) => number

const comparisonOf = (part: string): Compare | undefined => {
  const [, field = "", direction = "asc"] = /^([a-z_]+)(?:\s+(asc|desc))?$/.exec(part.trim()) ?? []
  const read = Object.hasOwn(orderable, field) ? orderable[field] : undefined
  if (read === undefined) return undefined
  const sign = direction === "desc" ? -1 : 1
  return (one, other) => {
    const a = read(one)
    const b = read(other)
    return a === b ? 0 : a < b ? -sign : sign
  }
}

const ordered = (nodes: ReadonlyArray<Node>, orderBy: string): Result.Result<ReadonlyArray<Node>, string> => {
  if (orderBy.trim() === "") return Result.succeed(nodes)
  const comparisons: Array<Compare> = []
  for (const part of orderBy.split(",")) {
    const compare = comparisonOf(part)
    if (compare === undefined) return Result.fail(`Invalid order_by: "${part.trim()}".`)
    comparisons.push(compare)
  }
  return Result.succeed(
    nodes.toSorted((one, other) => {
      for (const compare of comparisons) {
        const sign = compare(one, other)
        if (sign !== 0) return sign
      }
      return 0
    })
  )
}

const sizeOf = (text: string | null): number | undefined => {
  const size = Number(text ?? 0)
  return Number.isInteger(size) && size >= 0 && size <= 1000 ? size || 100 : undefined
}

/**
 * Cuts the page that the query asks for: `pageSize` 1 to 1000, default 100. A page token belongs to the filter and order it was made for.
 * Fails with a message.
 *
 * @since 0.1.0
 */
export const of = (nodes: ReadonlyArray<Node>, query: URLSearchParams): Result.Result<Page, string> =>
  Result.gen(function* () {
    const orderBy = query.get("orderBy") ?? query.get("order_by") ?? ""
    const size = sizeOf(query.get("pageSize") ?? query.get("page_size"))
    if (size === undefined) return yield* Result.fail("page_size must be in the range 1 to 1000.")
    const mark = Hash.text(`${query.get("filter") ?? ""}\n${orderBy}`).toString(36)
    const token = query.get("pageToken") ?? query.get("page_token") ?? ""
    const [given, offset = "0"] = token === "" ? [mark] : Buffer.from(token, "base64url").toString().split(":")
    if (given !== mark || !/^\d{1,9}$/.test(offset)) return yield* Result.fail("The page token is invalid.")
    const all = yield* ordered(nodes, orderBy)
    const from = Number(offset)
    const isLast = from + size >= all.length
    return {
      nodes: all.slice(from, from + size),
      nextPageToken: isLast ? undefined : Buffer.from(`${mark}:${from + size}`).toString("base64url")
    }
  })
