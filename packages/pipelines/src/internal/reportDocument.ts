/** A page of the report, put together: sections, rows, data, script. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Report from "../Report.ts"
import type * as Tree from "../report/browser/tree.ts"
import * as Failures from "./reportFailures.ts"
import { bucketOf, type Gathered, rowsOf } from "./reportGather.ts"
import { h, pack } from "./reportHtml.ts"
import * as Index from "./reportIndex.ts"
import * as Measured from "./reportMeasured.ts"
import * as Page from "./reportPage.ts"
import * as Parts from "./reportParts.ts"
import * as Payload from "./reportPayload.ts"
import * as Rows from "./reportRows.ts"
import * as Strips from "./reportStrips.ts"
import * as Summary from "./reportSummary.ts"
import * as Timeline from "./reportTimeline.ts"
import * as TradeOff from "./reportTradeOff.ts"
import * as WinRates from "./reportWinRates.ts"

/** A part as text, piece by piece: of the texts, two buckets are in memory at a time. */
export const page = <E>(
  options: Report.Facts,
  gathered: Gathered<E>,
  parts: ReadonlyArray<Parts.Part>,
  at: number
): Stream.Stream<string, E> => {
  const { cells, failures, foreign, measures, pairs, pen, redact, spool } = gathered
  const { history = [], manifest, resume, summary } = options
  const { buckets } = parts[at] ?? { buckets: [] }
  const [primary] = measures
  const rowsIn = (buckets: ReadonlyArray<number>) =>
    buckets.flatMap((bucket) =>
      Array.from({ length: Payload.chunkRows }, (_, nth) => bucket * Payload.chunkRows + nth).filter(
        (row) => cells.idOf(row) !== undefined
      )
    )
  const rows = rowsIn(buckets)
  const index = (same: string) => Index.make({ runId: manifest.runId, cells, summary, measures, pairs, rows, same })

  const groups = (): ReadonlyArray<Failures.Group> =>
    failures.map((failure) => {
      const { row } = failure.first
      const home = parts.findIndex((part) => part.buckets.includes(bucketOf(row)))
      const part = parts[home]
      return {
        ...failure,
        href: part === undefined || home === at ? `#row-${row}` : `${Parts.hrefOf(at, part)}#row-${row}`
      }
    })

  const whole = (rowsSection: Tree.Tree): ReadonlyArray<Tree.Child> => [
    Summary.head(options, primary),
    Summary.draw(summary, measures, pairs),
    primary === undefined || primary.unit === "ms"
      ? undefined
      : h(
          "div",
          // A matrix of many needs the whole width.
          { class: summary.candidates.length > 4 ? "overview stacked" : "overview" },
          TradeOff.draw(pen, summary, primary),
          WinRates.draw(summary, cells.metrics)
        ),
    Strips.draw(pen, cells, measures),
    rowsSection,
    Timeline.draw(pen, history),
    Failures.draw(summary, groups(), resume),
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
    const note = Parts.navigation(parts, at, (part) => rowsIn(part.buckets))
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
