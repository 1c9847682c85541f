/** The flags of a comparison. */
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import * as Query from "./CompareQuery.ts"
import * as Durable from "./Durable.ts"
import * as Options from "./Options.ts"
import * as Tuning from "./Tuning.ts"

export const data = (file: string) => join(import.meta.dirname, "../data", file)
export const questions = data("support-questions.jsonl")

const template = "{question}\n\nManual: {context}\n\nAnswer:"

/** The first one is the metric of the trade-off with cost. */
export const metrics = [
  "rouge_1",
  "rouge_2",
  "rouge_l_sum",
  "bleu",
  "exact_match",
  "groundedness",
  "verbosity",
  "instruction_following"
]

export interface Settings extends Tuning.Settings, Durable.Settings, Query.Settings {
  readonly dataset: string
  readonly idColumn: Option.Option<string>
  readonly template: string
  readonly candidates: Option.Option<string>
  readonly baseline: Option.Option<string>
  readonly metric: ReadonlyArray<string>
  readonly repeats: number
  readonly concurrency: number
  readonly judge: string
  readonly gate: ReadonlyArray<string>
  readonly bigqueryDataset: Option.Option<string>
  readonly quiet: boolean
  readonly reporter: "terminal" | "json"
  readonly noColor: boolean
}

const natural = (most: number) => Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })))

export const flags = {
  ...Options.flags,
  ...Durable.flags,
  ...Tuning.flags,
  ...Query.flags,
  budgetUsd: Flag.String("budget-usd").pipe(
    Flag.withDescription("Hard limit of what the run may cost, in US dollars"),
    Flag.withDefault("5.00")
  ),
  epochs: Flag.Int("epochs").pipe(
    natural(100),
    Flag.withDescription("Times that the training data is learned from"),
    Flag.withDefault(1)
  ),
  dataset: Flag.String("dataset").pipe(
    Flag.withDescription("Rows with the columns of the template, and reference: JSON Lines or CSV, a file or gs://…"),
    Flag.withDefault(questions)
  ),
  idColumn: Flag.String("id-column").pipe(Flag.withDescription("Column that identifies a row"), Flag.optional),
  template: Flag.String("template").pipe(Flag.withDescription("Prompt template"), Flag.withDefault(template)),
  candidates: Flag.Path("candidates").pipe(
    Flag.withDescription('YAML or JSON list of who is compared; model "tuned" is tuned first (default: seven)'),
    Flag.optional
  ),
  baseline: Flag.String("baseline").pipe(
    Flag.withDescription("Candidate that the others are compared with (default: flash, or the first)"),
    Flag.optional
  ),
  metric: Flag.String("metric").pipe(
    Flag.withDescription("Metric to measure, the most important first; may be given several times (default: eight)"),
    Flag.atLeast(0)
  ),
  repeats: Flag.Int("repeats").pipe(
    natural(100),
    Flag.withDescription("Times that each row is asked"),
    Flag.withDefault(1)
  ),
  concurrency: Flag.Int("concurrency").pipe(
    natural(1000),
    Flag.withDescription("Answers made at the same time"),
    Flag.withDefault(32)
  ),
  judge: Flag.String("judge").pipe(Flag.withDescription("Judge model"), Flag.withDefault("gemini-3.1-flash-lite")),
  gate: Flag.String("gate").pipe(
    Flag.withDescription('What all but the baseline must reach, as "rouge_1>=0.3"; one of them, as "tuned:bleu>=0.1"'),
    Flag.atLeast(0)
  ),
  bigqueryDataset: Flag.String("bigquery-dataset").pipe(
    Flag.withDescription("Dataset that results are loaded into (default on the emulator: genops)"),
    Flag.optional
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("Show only the table, the first failures and the paths"),
    Flag.withDefault(false)
  ),
  reporter: Flag.Literals("reporter", ["terminal", "json"]).pipe(
    Flag.withDescription("json: events as JSON Lines on standard output, nothing else there"),
    Flag.withDefault("terminal")
  ),
  noColor: Flag.Boolean("no-color").pipe(Flag.withDescription("No colours"), Flag.withDefault(false))
}
