/** The files of a report: mostly one; of a report that is too large for one, the first with all charts, the others with rows. */
import type * as Tree from "../report/browser/tree.ts"
import { format, h } from "./reportHtml.ts"

/** A page: its file beside or under that of the first one, and the buckets of rows that it has. */
export interface Part {
  readonly file: string
  readonly buckets: ReadonlyArray<number>
}

/** Shares the buckets out to files of at most so many bytes, as far as a single bucket allows it. `stem` names the first file. */
export const plan = (
  sizes: ReadonlyArray<{ readonly bucket: number; readonly bytes: number }>,
  mostBytes: number,
  stem: string
): ReadonlyArray<Part> => {
  const groups: Array<{ buckets: Array<number>; bytes: number }> = [{ buckets: [], bytes: 0 }]
  for (const { bucket, bytes } of sizes) {
    const inFile = Math.ceil(bytes / 3) * 4
    const last = groups.at(-1)
    if (last !== undefined && (last.buckets.length === 0 || last.bytes + inFile <= mostBytes)) {
      last.buckets.push(bucket)
      last.bytes += inFile
    } else groups.push({ buckets: [bucket], bytes: inFile })
  }
  return groups.map(({ buckets }, nth) => ({
    file: nth === 0 ? `${stem}.html` : `${stem}/rows-${String(nth + 1).padStart(3, "0")}.html`,
    buckets
  }))
}

/** The address of a part from another one. A name is never taken for a scheme. */
export const hrefOf = (from: number, to: Part): `./${string}.html` => {
  const [folder, name] = to.file.includes("/") ? to.file.split("/") : ["", to.file]
  const safe = encodeURIComponent((name ?? "").toWellFormed().replace(/\.html$/, ""))
  if (from === 0)
    return folder === "" ? `./${safe}.html` : `./${encodeURIComponent((folder ?? "").toWellFormed())}/${safe}.html`
  return folder === "" ? `./../${safe}.html` : `./${safe}.html`
}

const rangeOf = (rows: ReadonlyArray<number>) => {
  const [first = 0] = rows
  return `rows ${format.count(first + 1)}\u2013${format.count((rows.at(-1) ?? first) + 1)}`
}

/** Leads to the other parts, each named by its rows; undefined when there are none. */
export const navigation = (
  parts: ReadonlyArray<Part>,
  at: number,
  rowsIn: (part: Part) => ReadonlyArray<number>
): Tree.Child => {
  if (parts.length === 1) return undefined
  return h(
    "div",
    { class: "hint parts" },
    h(
      "p",
      {},
      `This report is too large for one file: it is in ${parts.length}, of which this is number ${at + 1}. Keep them together.`
    ),
    h(
      "ul",
      {},
      parts.map((part, nth) => {
        const label = rangeOf(rowsIn(part))
        return h("li", {}, nth === at ? h("strong", {}, label) : h("a", { href: hrefOf(at, part) }, label))
      })
    )
  )
}
