/**
 * Draws one row in full: prompt, reference, every answer with its scores and what it took, and the differences of two answers.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Diff } from "./diff.ts"
import type { Format } from "./format.ts"
import type { RowTable } from "./rowTable.ts"
import type { H, Tree } from "./tree.ts"
import type { View, Views } from "./view.ts"

/**
 * Makes the drawing. Texts are cut at 2,000 characters unless their key is among those that are `whole`.
 *
 * @since 0.1.0
 */
export const make = (parts: {
  readonly diff: Diff["diff"]
  readonly format: Format
  readonly h: H
  readonly rowTable: RowTable
  readonly views: Views
}) => {
  const { diff, format, h, rowTable, views } = parts
  const most = 2000

  const long = (text: string, key: string, whole: ReadonlySet<string>): ReadonlyArray<Tree> => {
    if (text.length <= most || whole.has(key)) return [h("div", { class: "text", dir: "auto" }, text)]
    // Not within a surrogate pair.
    const cut = text.slice(0, /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most)
    const label = `Show all ${format.count(text.length)} characters`
    return [
      h("div", { class: "text", dir: "auto" }, `${cut}\u2026`),
      h("button", { type: "button", class: "quiet", "data-act": "whole", "data-key": key }, label)
    ]
  }

  const block = (title: string, text: string | undefined, key: string, whole: ReadonlySet<string>) =>
    text === undefined ? undefined : h("div", { class: "block" }, h("h4", {}, title), ...long(text, key, whole))

  const fact = (name: string, value: string | undefined) =>
    value === undefined ? undefined : h("div", {}, h("dt", {}, name), h("dd", {}, h("bdi", {}, value)))

  const money = (decimal: string | null | undefined) =>
    decimal === undefined ? undefined : decimal === null ? "not known" : format.usd(Number(decimal))

  const facts = (cell: Data.CellText): Tree => {
    const { tokens } = cell
    const tokenText =
      tokens === undefined
        ? undefined
        : `${format.count(tokens.input)} in${tokens.cached > 0 ? ` (${format.count(tokens.cached)} cached)` : ""}, ` +
          `${format.count(tokens.output)} out${tokens.thinking > 0 ? `, ${format.count(tokens.thinking)} thinking` : ""}`
    const judge = Number(cell.spent.judgeUsd)
    return h(
      "dl",
      { class: "facts" },
      fact("Tokens", tokenText),
      fact("Cost", money(cell.costUsd)),
      judge > 0 ? fact("Judges", format.usd(judge)) : undefined,
      cell.spent.unknown > 0 ? fact("Cost not known", `${cell.spent.unknown} calls`) : undefined,
      cell.latencyMs === undefined ? undefined : fact("Latency", format.duration(cell.latencyMs)),
      fact("Attempts", cell.attempts > 1 ? String(cell.attempts) : undefined),
      fact("Finish reason", cell.finishReason),
      fact("Model version", cell.modelVersion),
      fact("Safety", cell.safety?.join(", ")),
      fact("Sources", cell.sources?.join("; "))
    )
  }

  const scoreOf = ({ scores }: Data.CellText, metric: string) =>
    Object.hasOwn(scores, metric) ? scores[metric] : undefined

  const scoreText = (measure: Data.Measure, score: Data.CellScore) => {
    if (score.choice === undefined) return format.fixed(score.score, measure.cellDecimals)
    return score.choice === "CANDIDATE" ? "won" : score.choice === "BASELINE" ? "lost" : "tie"
  }

  const scores = (index: Data.Index, cell: Data.CellText): Tree | undefined => {
    const lines = index.measures.flatMap((measure) => {
      const score = scoreOf(cell, measure.name)
      if (score === undefined) return []
      const samples =
        score.samples === undefined || score.samples.length < 2 ? "" : `Samples: ${score.samples.join(", ")}. `
      const failed = score.failedSamples === undefined ? "" : `${score.failedSamples.length} failed. `
      const by = score.judge === undefined ? "" : `Judge: ${score.judge}. `
      const cost = typeof score.costUsd === "string" ? `${format.usd(Number(score.costUsd))}.` : ""
      const small = `${samples}${failed}${by}${cost}`
      return [
        h(
          "li",
          {},
          h(
            "div",
            { class: "score" },
            h("bdi", {}, measure.name),
            score.error === undefined ? undefined : h("span", { class: "badge" }, score.error.tag),
            h("span", { class: "value" }, scoreText(measure, score))
          ),
          score.explanation === undefined ? undefined : h("p", { class: "words", dir: "auto" }, score.explanation),
          score.error?.message === undefined ? undefined : h("p", { class: "words", dir: "auto" }, score.error.message),
          small === "" ? undefined : h("small", {}, small)
        )
      ]
    })
    return lines.length === 0 ? undefined : h("ul", { class: "scores" }, lines)
  }

  const answer = (
    index: Data.Index,
    cell: Data.CellText,
    whole: ReadonlySet<string>
  ): ReadonlyArray<Tree | undefined> => [
    ...(cell.response === undefined ? [] : long(cell.response, `answer-${cell.candidate}-${cell.repeat}`, whole)),
    cell.error === undefined
      ? undefined
      : h(
          "div",
          { class: "problem" },
          h("span", { class: "badge" }, cell.error.tag),
          h("p", { dir: "auto" }, cell.error.message ?? ""),
          cell.error.billed === undefined ? undefined : h("small", {}, `billed: ${cell.error.billed}`)
        ),
    block("Prompt", cell.prompt, `prompt-${cell.candidate}-${cell.repeat}`, whole),
    scores(index, cell),
    facts(cell)
  ]

  const repeatTitle = (index: Data.Index, view: View, cell: Data.CellText) => {
    const measure = index.measures[view.measure]
    const score = measure === undefined ? undefined : scoreOf(cell, measure.name)
    const value = measure === undefined || score === undefined ? "" : `: ${scoreText(measure, score)}`
    return `Repeat ${cell.repeat + 1}${value}`
  }

  const select = (index: Data.Index, act: string, label: string, chosen: number) =>
    h(
      "select",
      { "data-act": act, "aria-label": label },
      index.candidates.map((name, candidate) => h("option", { value: candidate, selected: candidate === chosen }, name))
    )

  const differences = (index: Data.Index, text: Data.RowText, pair: readonly [number, number]): Tree => {
    const [from, to] = pair.map((candidate) => text.cells.find((cell) => cell.candidate === candidate)?.response)
    const found = from === undefined || to === undefined || from === to ? undefined : diff(from, to)
    const nothing =
      from === undefined || to === undefined
        ? "One of the two has no answer."
        : from === to
          ? "The two answers are the same."
          : "More than 2,000 words differ: the two answers have too little in common to mark it."
    return h(
      "div",
      { class: "differences" },
      h(
        "p",
        { class: "legend" },
        "From ",
        select(index, "pair-from", "Differences from", pair[0]),
        " to ",
        select(index, "pair-to", "Differences to", pair[1]),
        index.repeats > 1 ? " (first repeat)" : "",
        ": ",
        h("del", {}, "only in the first"),
        " ",
        h("ins", {}, "only in the second")
      ),
      found === undefined
        ? h("p", { class: "muted" }, nothing)
        : h(
            "div",
            { class: "text", dir: "auto" },
            found.map(({ kind, text }) => (kind === "equal" ? text : h(kind === "insert" ? "ins" : "del", {}, text)))
          )
    )
  }

  /** A row in full; `text` is undefined while it is being read. */
  const draw = (index: Data.Index, view: View, text: Data.RowText | undefined, whole: ReadonlySet<string>): Tree => {
    const shown = views.shown(index, view)
    if (text === undefined) return h("div", { class: "detail" }, h("p", { class: "muted" }, "Reading\u2026"))
    const pair = view.pair ?? [view.baseline, shown.find((candidate) => candidate !== view.baseline) ?? view.baseline]
    const button = (act: string, label: string, shortcut: string) =>
      h("button", { type: "button", class: "quiet", "data-act": act, title: `${label} (${shortcut})` }, label)
    return h(
      "div",
      { class: "detail", role: "region", "aria-label": `Row ${text.id}` },
      h(
        "div",
        { class: "bar-top" },
        h("h3", {}, "Row ", h("bdi", {}, text.id)),
        h(
          "span",
          { class: "buttons" },
          button("previous", "Previous", "left arrow"),
          button("next", "Next", "right arrow"),
          index.candidates.length > 1
            ? h(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  "data-act": "differences",
                  "aria-pressed": String(view.pair !== undefined)
                },
                "Differences"
              )
            : undefined,
          button("close", "Close", "Esc")
        )
      ),
      h(
        "div",
        { class: "given" },
        block("Prompt", text.prompt, "prompt", whole),
        block("Reference", text.reference, "reference", whole)
      ),
      view.pair === undefined ? undefined : differences(index, text, pair),
      h(
        "div",
        { class: "answers" },
        shown.map((candidate) => {
          const cells = text.cells.filter((cell) => cell.candidate === candidate)
          return h(
            "article",
            {},
            h(
              "h4",
              { class: "who" },
              ...rowTable.name(index, candidate),
              candidate === view.baseline ? h("small", {}, "baseline") : undefined
            ),
            cells.length === 0 ? h("p", { class: "muted" }, "Not tried.") : undefined,
            cells.map((cell, nth) =>
              nth === 0
                ? answer(index, cell, whole)
                : h(
                    "details",
                    { class: "repeat" },
                    h("summary", {}, repeatTitle(index, view, cell)),
                    answer(index, cell, whole)
                  )
            )
          )
        })
      )
    )
  }

  return { draw }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type RowDetail = ReturnType<typeof make>
