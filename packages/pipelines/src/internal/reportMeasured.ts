/** How the numbers came about: what would be needed to check or repeat them. */
import * as Money from "@genops/core/Money"
import type * as Schema from "effect/Schema"
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Tree from "../report/browser/tree.ts"
import type * as RunManifest from "../RunManifest.ts"
import { date, format, h, rowTable, section } from "./reportHtml.ts"
import type { Redact } from "./reportPayload.ts"

const fact = (name: string, ...value: ReadonlyArray<Tree.Child>): Tree.Tree =>
  h("div", {}, h("dt", {}, name), h("dd", {}, ...value))

/** Settings as JSON; texts in them are redacted like all others, long ones cut. */
const json = (value: Schema.Json, redact: Redact): string =>
  JSON.stringify(
    value,
    (key, part: unknown) => {
      if (typeof part !== "string" || key === "model" || key === "name") return part
      if (redact === undefined) return /^[\w./:-]{1,64}$/.test(part) ? part : "(left out)"
      const text = redact(part)
      return text.length > 4000 ? `${text.slice(0, 4000)}\u2026` : text
    },
    2
  )

const candidates = ({ manifest, redact, summary, versions }: Measured) =>
  manifest.candidates.map(({ configuration, fingerprint, name }) =>
    h(
      "details",
      {},
      h(
        "summary",
        {},
        rowTable.glyph(
          Math.max(
            0,
            summary.candidates.findIndex(({ candidate }) => candidate === name)
          )
        ),
        " ",
        h("bdi", {}, name),
        h(
          "small",
          {},
          ` answered as ${versions(name).join(", ") || "(no version said)"}, fingerprint ${fingerprint.slice(0, 12)}`
        )
      ),
      h("div", { class: "text code" }, json(configuration, redact))
    )
  )

const interval = (summary: ComparisonSummary.ComparisonSummary): string => {
  const methods = new Set(
    summary.candidates.flatMap(({ metrics }) =>
      Object.values(metrics).flatMap(({ interval }) => (interval === null ? [] : [interval.method]))
    )
  )
  const words = {
    bootstrap: "percentile bootstrap over rows, 10,000 resamples",
    t: "Student's t (more than 2,000 rows)",
    wilson: "Wilson's (metrics of 0 or 1)"
  }
  return [...methods].map((method) => words[method]).join("; ") || "none could be computed"
}

export interface Measured {
  readonly manifest: RunManifest.RunManifest
  readonly summary: ComparisonSummary.ComparisonSummary
  /** The versions that answered, by candidate. */
  readonly versions: (candidate: string) => ReadonlyArray<string>
  readonly redact: Redact
  /** Cells that are not of this run's rows and candidates. */
  readonly foreign: number
}

export const draw = (measured: Measured): Tree.Tree => {
  const { foreign, manifest, redact, summary } = measured
  const sum = (count: (one: ComparisonSummary.Candidate) => Money.Money) =>
    Money.format(Money.ReducerSum.combineAll(summary.candidates.map(count)))
  const unknown = summary.candidates.reduce((all, { cost_unknown }) => all + cost_unknown, 0)
  const { dataset, prompt } = manifest
  const tested = summary.differences.filter(({ verdict }) => verdict !== "not_tested").length
  return section(
    "measured",
    "How this was measured",
    h(
      "dl",
      { class: "facts wide" },
      fact("Run", h("bdi", {}, manifest.runId), `, started ${date(manifest.startedAt)}`),
      fact(
        "Dataset",
        h("bdi", {}, dataset.source),
        `, ${format.count(dataset.rows)} rows${dataset.invalid > 0 ? `, ${format.count(dataset.invalid)} invalid ones left out` : ""}, sha256 `,
        h("code", {}, dataset.sha256)
      ),
      fact(
        "Means and intervals",
        `Repeats of a row are averaged first. ${format.percent(summary.confidence)}: ${interval(summary)}. Seed ${manifest.seed}.`
      ),
      fact(
        "Differences",
        `Paired by row against ${summary.baseline}: bootstrap; exact permutation up to 16 rows, Student's t above 2,000. p-values are corrected by Holm over all ${tested} tests.`
      ),
      fact("Win rates", "Row by row, ties half, rows without both scores left out; Wilson's interval."),
      fact(
        "Money",
        `${sum(({ cost_usd }) => cost_usd)}, of which judges ${sum(({ judge_cost_usd }) => judge_cost_usd)}. Prices of ${manifest.prices}. `,
        unknown === 0
          ? "The cost of every call is known."
          : `The cost of ${format.count(unknown)} calls is not known: the sums are too low.`
      ),
      fact(
        "Versions",
        Object.entries(manifest.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(", ") || "not recorded"
      ),
      Object.keys(manifest.settings).length === 0
        ? undefined
        : fact(
            "Settings",
            Object.entries(manifest.settings)
              .map(([name, value]) => `${name}: ${value}`)
              .join("; ")
          ),
      foreign === 0
        ? undefined
        : fact("Not shown", `${format.count(foreign)} cells that belong to no row or candidate of this run.`),
      redact === undefined
        ? fact("Texts", "Prompts, references, answers and explanations were left out of this report.")
        : undefined
    ),
    h("h3", {}, "Candidates"),
    candidates(measured),
    prompt === null || redact === undefined
      ? undefined
      : [h("h3", {}, "Prompt"), h("div", { class: "text code", dir: "auto" }, redact(prompt))],
    h("h3", {}, "Metrics"),
    manifest.metrics.map(({ definition, name }) =>
      h("details", {}, h("summary", {}, h("bdi", {}, name)), h("div", { class: "text code" }, json(definition, redact)))
    )
  )
}
