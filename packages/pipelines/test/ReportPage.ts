/** Reads a report as text: what it carries, and what stands in it without a script. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { gunzipSync } from "node:zlib"
import type * as Data from "../src/report/browser/data.ts"
import * as Pack from "../src/report/browser/pack.ts"
import * as Report from "../src/Report.ts"

export const html = <E, R>(options: Report.Options<E, R>): Effect.Effect<string, E, R> =>
  Effect.map(Stream.runCollect(Report.html(options)), (pieces) => Array.from(pieces).join(""))

const inflated = (page: string, id: string): string => {
  const found = new RegExp(`<script type="text/plain" id="${id}">([^<]*)</script>`).exec(page)?.[1]
  if (found === undefined) throw new Error(`the page has no ${id}`)
  return gunzipSync(Buffer.from(found, "base64")).toString("utf8")
}

export const index = (page: string): Data.Index => JSON.parse(inflated(page, "index"))

export const chunk = (page: string, number: number): ReadonlyArray<Data.RowText> =>
  Pack.make().unpack(JSON.parse(inflated(page, `chunk-${number}`)))

/** Everything that is in a page, also what it carries compressed. */
export const everything = (page: string): string =>
  [
    page,
    ...Array.from(page.matchAll(/<script type="text\/plain" id="([^"]+)">/g), ([, id]) => inflated(page, id ?? ""))
  ].join("\n")

export const section = (page: string, id: string): string =>
  new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? ""

/** The text of markup, as it is read. */
export const text = (markup: string): string =>
  markup
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")

export const sha256 = (content: string): string => `'sha256-${createHash("sha256").update(content).digest("base64")}'`
