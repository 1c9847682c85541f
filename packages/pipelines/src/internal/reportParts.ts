/** The pages of a report: mostly one; of a report that is too large for one file, the first with all charts, the others with rows. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Report from "../Report.ts"
import type * as Tree from "../report/browser/tree.ts"
import type * as Failures from "./reportFailures.ts"
import * as FailuresSection from "./reportFailures.ts"
import { bucketOf, type Gathered, rowsOf } from "./reportGather.ts"
import { format, h, pack } from "./reportHtml.ts"
import * as Index from "./reportIndex.ts"
import * as Measured from "./reportMeasured.ts"
import * as Page from "./reportPage.ts"
import * as Payload from "./reportPayload.ts"
import * as Rows from "./reportRows.ts"
import * as Strips from "./reportStrips.ts"
import * as Summary from "./reportSummary.ts"
import * as Timeline from "./reportTimeline.ts"
import * as TradeOff from "./reportTradeOff.ts"
import * as WinRates from "./reportWinRates.ts"

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
const hrefOf = (from: number, to: Part): `./${string}.html` => {
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

const navigation = (
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

/** A page as text, piece by piece: of the rows, one bucket is in memory at a time. */
export const page = <E>(
  options: Report.Facts,
  gathered: Gathered<E>,
  parts: ReadonlyArray<Part>,
  at: number
): Stream.Stream<string, E> => {
  const { cells, failures, foreign, measures, pairs, pen, redact, spool } = gathered
  const { history = [], manifest, resume, summary } = options
  const { buckets } = parts[at] ?? { buckets: [] }
  const [primary] = measures
  const rowsIn = (part: Part) =>
    part.buckets.flatMap((bucket) =>
      Array.from({ length: Payload.chunkRows }, (_, nth) => bucket * Payload.chunkRows + nth).filter(
        (row) => cells.idOf(row) !== undefined
      )
    )
  const rows = rowsIn({ file: "", buckets })
  const index = (same: string) => Index.make({ runId: manifest.runId, cells, summary, measures, pairs, rows, same })

  const groups = (): ReadonlyArray<Failures.Group> =>
    failures.map((failure) => {
      const { row } = failure.first
      const home = parts.findIndex((part) => part.buckets.includes(bucketOf(row)))
      const part = parts[home]
      return { ...failure, href: part === undefined || home === at ? `#row-${row}` : `${hrefOf(at, part)}#row-${row}` }
    })

  const whole = (rowsSection: Tree.Tree): ReadonlyArray<Tree.Child> => [
    Summary.head(options, primary),
    Summary.draw(summary, measures, pairs),
    primary === undefined || primary.unit === "ms"
      ? undefined
      : h(
          "div", // A matrix of many needs the whole width.
          { class: summary.candidates.length > 4 ? "overview stacked" : "overview" },
          TradeOff.draw(pen, summary, primary),
          WinRates.draw(summary, cells.metrics)
        ),
    Strips.draw(pen, cells, measures),
    rowsSection,
    Timeline.draw(pen, history),
    FailuresSection.draw(summary, groups(), resume),
    Measured.draw({
      manifest,
      summary,
      versions: (name) => cells.answeredAs(cells.candidates.indexOf(name)),
      redact,
      foreign
    })
  ]

  const start = Effect.gen(function* () {
    const [bucket] = buckets
    const texts = bucket === undefined ? [] : yield* rowsOf(spool, bucket)
    const first = index("")
    const failed = rows.filter((_, position) =>
      first.states.some((states) => /[ueb]/.test(states[position] ?? "-"))
    ).length
    const note = navigation(parts, at, rowsIn)
    const rowsSection = Rows.draw(first, texts, failed, note)
    const content = at === 0 ? whole(rowsSection) : [Summary.head(options, primary), rowsSection]
    const title = `${options.title ?? manifest.runId}${at === 0 ? "" : `, part ${at + 1}`}`
    return Page.open(title, h("div", {}, content).children)
  })
  /** A chunk as it stands in the page, and which of its rows have equal answers. */
  const chunk = (bucket: number) =>
    Effect.gen(function* () {
      const texts = yield* rowsOf(spool, bucket)
      const same = texts.map((text) => (Payload.isSame(text) ? "1" : "0")).join("")
      return { same, data: Page.data(`chunk-${bucket}`, yield* Payload.encode(pack(texts))) }
    })
  return Stream.suspend(() => {
    let same = ""
    const chunks = Stream.fromIterable(buckets).pipe(
      // One is compressed while the next one is put together.
      Stream.mapEffect(chunk, { concurrency: 2 }),
      Stream.map((one) => {
        same += one.same
        return one.data
      })
    )
    const end = Effect.suspend(() => Payload.encode(index(same)))
    return Stream.fromEffect(start).pipe(
      Stream.concat(chunks),
      Stream.concat(Stream.map(Stream.fromEffect(end), (data) => Page.data("index", data) + Page.close()))
    )
  })
}
