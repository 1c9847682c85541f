/** What went wrong, grouped by the tag of the error: how often, for whom, an example, and what to do. */
import type * as ComparisonSummary from "../ComparisonSummary.ts"
import type * as Data from "../report/browser/data.ts"
import type * as Tree from "../report/browser/tree.ts"
import type { Failure } from "./reportCells.ts"
import { format, h, rowTable, section } from "./reportHtml.ts"

/** What to do about an error, by its tag. */
const advice: Readonly<Record<string, string>> = {
  Absent: "The metric has no value for this row, whatever is tried again. See the message.",
  BudgetExceeded: "The budget did not allow the call; nothing was sent. Raise the budget, then resume.",
  Cancelled: "Interrupted. Resume the run.",
  ContentBlocked:
    "Stopped by a safety filter; the prompt was billed. Look at the rows, or at safetySettings of the candidate.",
  DeadlineExceeded: "No answer in time, and it may have been billed. Resume; lower maxOutputTokens if it stays.",
  Internal: "An error of the service. Resume the run.",
  InvalidRequest:
    "Vertex AI refuses the request as it is. Correct the candidate's configuration: resuming will not help.",
  JudgeFailed: "The judge's answer could not be read as a score. Resume to ask again; see the message if it stays.",
  MalformedResponse: "The answer could not be read. Resume the run.",
  MetricInputMissing: "The row lacks what the metric needs. Correct the dataset: resuming will not help.",
  MetricUnsupported: "The evaluation service cannot compute this metric here. Choose another metric or location.",
  NotFinite: "The metric gave no finite number. See the message.",
  NotFound: "The model or endpoint does not exist in this location. Correct the candidate's configuration.",
  NotReached: "The run was stopped before. Resume it.",
  PermissionDenied: "The account may not use this. Grant the role that the message names, then resume.",
  PriceUnknown:
    "Without a price no budget can be kept; nothing was sent. Add the model to the price table, then resume.",
  ResourceExhausted: "The quota was used up. Resume later, or with a lower concurrency.",
  Transport: "The connection broke. Resume the run.",
  Unauthenticated: "Credentials are missing or expired. Sign in again, then resume.",
  Unavailable: "The service was overloaded. Resume the run."
}

/** A group with the message of its first case. */
export interface Group extends Failure {
  readonly message: string | undefined
  readonly id: string
  readonly href: Tree.Attributes["href"]
}

/** Where the first case of a failure is among the texts of its row. */
export const messageOf = ({ first, metric }: Failure, row: Data.RowText | undefined): string | undefined => {
  const cell = row?.cells.find(({ candidate, repeat }) => candidate === first.candidate && repeat === first.repeat)
  if (metric === "") return cell?.error?.message
  return cell !== undefined && Object.hasOwn(cell.scores, metric) ? cell.scores[metric]?.error?.message : undefined
}

const groupTree = (names: ReadonlyArray<string>, group: Group): Tree.Tree => {
  const count = group.byCandidate.reduce((sum, one) => sum + one, 0)
  return h(
    "article",
    { class: "failure" },
    h(
      "h3",
      {},
      h("span", { class: "badge" }, group.tag),
      ` ${format.count(count)} ${group.metric === "" ? (count === 1 ? "answer" : "answers") : count === 1 ? "score" : "scores"}`,
      group.metric === "" ? undefined : [" of ", h("bdi", {}, group.metric)]
    ),
    h(
      "p",
      { class: "by" },
      group.byCandidate.map((failed, nth) =>
        failed === 0
          ? undefined
          : h("span", {}, rowTable.glyph(nth), h("bdi", {}, names[nth] ?? ""), `: ${format.count(failed)}`)
      )
    ),
    h("p", {}, advice[group.tag] ?? "See the message of the first case."),
    h(
      "p",
      { class: "example" },
      "First: ",
      h("a", { href: group.href }, "row ", h("bdi", {}, group.id)),
      group.message === undefined ? undefined : [" \u2013 ", h("span", { dir: "auto" }, group.message.slice(0, 600))]
    )
  )
}

/** The section; `resume` is the command that tries again what failed. */
export const draw = (
  summary: ComparisonSummary.ComparisonSummary,
  groups: ReadonlyArray<Group>,
  resume: string | undefined
): Tree.Tree => {
  const names = summary.candidates.map(({ candidate }) => candidate)
  const unusable = summary.candidates.flatMap(({ candidate, failure }) =>
    failure === undefined ? [] : [{ candidate, failure }]
  )
  if (groups.length === 0 && unusable.length === 0) {
    return section("failures", "Failures", h("p", { class: "muted" }, "None: every answer and every score is there."))
  }
  return section(
    "failures",
    "Failures",
    h("p", { class: "hint" }, "What failed is left out of means, and never counts as a wrong answer."),
    unusable.map(({ candidate, failure }) =>
      h(
        "article",
        { class: "failure" },
        h("h3", {}, h("span", { class: "badge" }, failure.tag), " ", h("bdi", {}, candidate), " could not be used"),
        h("p", { class: "example" }, failure.message)
      )
    ),
    groups.map((group) => groupTree(names, group)),
    resume === undefined ? undefined : h("p", { class: "resume" }, "Try what failed again: ", h("code", {}, resume))
  )
}
