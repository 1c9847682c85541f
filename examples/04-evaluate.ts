/**
 * Evaluates a model on articles that it is to summarise: nine metrics, four of them by a judge, with intervals and costs.
 *
 *   npm run example -- 04-evaluate --run-id first           killed or stopped, the same command goes on where it was
 *   npm run example -- 04-evaluate --gate "rouge_1>=0.3"    ends with exit code 3 when the gate refuses
 */
import * as Dataset from "@genops/core/Dataset"
import * as Metric from "@genops/core/Metric"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as Prompt from "@genops/core/Prompt"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as DatasetFile from "@genops/pipelines/DatasetFile"
import * as Evaluate from "@genops/pipelines/Evaluate"
import * as Gate from "@genops/pipelines/Gate"
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as RunSummary from "@genops/pipelines/RunSummary"
import * as TerminalTable from "@genops/pipelines/TerminalTable"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Experiments from "@genops/vertex/Experiments"
import type * as VertexError from "@genops/vertex/VertexError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import * as Options from "./cli/Options.ts"
import * as Progress from "./cli/Progress.ts"
import * as Run from "./cli/Run.ts"
import * as Thresholds from "./cli/Thresholds.ts"

export const configuration = ModelConfiguration.make("gemini-3.5-flash", {
  name: "flash",
  systemInstruction: "Always respond in plain-text only.",
  generationConfig: { maxOutputTokens: 512, temperature: 0.1, topK: 1, topP: 0 }
})

export const metrics = [
  "summarization_quality",
  "groundedness",
  "verbosity",
  "instruction_following",
  "exact_match",
  "bleu",
  "rouge_1",
  "rouge_2",
  "rouge_l_sum"
]

export const template = "{instruction}. Article: {context}. Summary:"

const articles = join(import.meta.dirname, "data/articles.jsonl")

export interface Settings extends Options.Options {
  readonly dataset: string
  readonly idColumn: Option.Option<string>
  readonly template: string
  readonly runId: Option.Option<string>
  readonly evaluation: "vertex" | "local"
  readonly judge: string
  readonly samples: number
  readonly concurrency: number
  readonly experiment: string
  readonly experimentRun: Option.Option<string>
  readonly gate: ReadonlyArray<string>
}

/** What the run came to, also when a budget ended it early or the gate refused it. */
interface Report {
  readonly runId: string
  readonly place: string
  readonly summary: RunSummary.CandidateSummary
  readonly latency: Evaluate.Outcome["latency"]
  readonly failure:
    | Gate.ThresholdNotMet
    | VertexError.VertexError
    | Experiments.RunNotRecorded
    | Evaluate.RunStopped["reason"]
    | undefined
}

/** Metadata and evaluation are services of regions. */
const region = ({ location }: Settings) => (location === "global" ? "us-central1" : location)

const services = (settings: Settings) => {
  const judge = ModelConfiguration.make(settings.judge, { generationConfig: { maxOutputTokens: 1024 } })
  const { samples: samplingCount } = settings
  // Vertex's service cannot be asked without being paid: a dry run reckons with the local judge.
  const evaluation =
    settings.evaluation === "local" || settings.dryRun
      ? Evaluation.layerLocal({ judge, samplingCount })
      : Evaluation.layer({ judge, samplingCount, location: region(settings) })
  const store = settings.dryRun
    ? ResultStore.layerMemory
    : ResultStore.layerDirectory(Option.getOrElse(settings.out, () => join(".genops", "runs")))
  return Layer.mergeAll(evaluation, store, Experiments.layerIn(region(settings)))
}

/** Logs parameters and metrics as Google's SDK does, so that the console shows them. */
const log = ({ manifest, summary }: Evaluate.Outcome, settings: Settings) => {
  const run = Option.getOrElse(settings.experimentRun, () =>
    manifest.runId.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
  )
  const { dataset } = manifest
  const params = Experiments.params({
    configuration,
    dataset: { hash: dataset.sha256, source: dataset.source, rows: dataset.rows },
    promptTemplate: settings.template,
    metrics,
    judge: { model: settings.judge, samplingCount: settings.samples },
    prices: { asOf: manifest.prices }
  })
  const known = Object.entries(summary.summary_metrics).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const]
  )
  return Experiments.create(settings.experiment).pipe(
    Effect.andThen(
      Experiments.withRun(settings.experiment, run, ({ logMetrics }) => logMetrics(Object.fromEntries(known)), {
        params
      })
    ),
    Effect.andThen(Console.error(`experiment ${settings.experiment}, run ${run}`))
  )
}

/** Rows that the plan looks at; the others are taken to be like them. */
const sampled = 20

/** Says what the whole run will cost, before anything is paid: calls of the first rows are counted, which is free. */
const plan = <A extends object, E, R>(
  settings: Settings,
  budget: Money.Money,
  prompt: Prompt.Prompt,
  dataset: Dataset.Dataset<A, E, R>
) =>
  Effect.gen(function* () {
    const { rows } = yield* Dataset.check(dataset)
    const values = dataset.rows.pipe(
      Stream.take(sampled),
      Stream.map(({ value }) => value)
    )
    const first = Evaluate.run({
      runId: "plan",
      configuration,
      prompt,
      dataset: Dataset.fromStream(values, { source: dataset.source }),
      metrics
    }).pipe(Effect.provide(services({ ...settings, dryRun: true })))
    const { likely, worst } = yield* BudgetGuard.estimate(first)
    const all = (money: Money.Money) =>
      rows <= sampled ? money : Money.percent(Money.times(money, rows), 100 / sampled)
    yield* Console.error(
      `estimate   ${Money.format(all(likely))} likely, ${Money.format(all(worst))} at worst for ${rows} rows` +
        (all(worst) > budget ? "\n! worst case exceeds the budget: the run stops when it no longer fits" : "")
    )
  })

export const program = (settings: Settings) =>
  Effect.gen(function* () {
    const budget = yield* Options.budget(settings)
    const limits = yield* Thresholds.read(settings.gate)
    yield* Effect.fromResult(
      Gate.validate(limits, yield* Effect.forEach(metrics, (name) => Effect.fromResult(Metric.named(name))))
    )
    const prompt = yield* Effect.fromResult(Prompt.make(settings.template))
    const isOwn = settings.dataset === articles
    const id = isOwn ? Option.some("id") : settings.idColumn
    const dataset = yield* DatasetFile.open(settings.dataset, {
      ...(isOwn ? { source: "articles.jsonl" } : {}),
      ...(Option.isSome(id) ? { id: id.value } : {})
    })
    const runId = Option.getOrElse(settings.runId, () => new Date().toISOString().replaceAll(/[:.]/g, "-"))
    yield* Console.error(
      `evaluate   ${configuration.name} (${configuration.model}) on ${dataset.source}, ${metrics.length} metrics\n` +
        `judge      ${settings.judge}, ${settings.samples} samples, ${settings.evaluation === "local" ? "prompted from here" : "Vertex's service"}\n` +
        `run        ${runId}, budget ${Money.format(budget)}`
    )
    if (!settings.dryRun) yield* plan(settings, budget, prompt, dataset)
    const { concurrency } = settings
    const evaluate = (watching: Pick<Evaluate.Options<object>, "onProgress" | "stopWhen"> = {}) =>
      Evaluate.run({
        runId,
        configuration,
        prompt,
        dataset,
        metrics,
        concurrency,
        settings: { evaluation: settings.evaluation, judge: settings.judge, samples: String(settings.samples) },
        ...watching
      })
    const watched = { candidate: configuration.name, model: configuration.model, budget, concurrency }
    const outcome = yield* Effect.result(
      settings.dryRun
        ? evaluate()
        : Progress.watch(runId, (onProgress, stopWhen) =>
            evaluate({ onProgress: Progress.ofEvaluation(watched, onProgress), stopWhen })
          )
    )
    if (Result.isFailure(outcome)) {
      if (outcome.failure._tag !== "RunStopped") return yield* Effect.fail(outcome.failure)
      const { place, reason, summary } = outcome.failure
      yield* Console.error(`stopped early; the same command with --run-id ${runId} goes on`)
      const stopped: Report = { runId, place, summary, latency: undefined, failure: reason }
      return stopped
    }
    const { latency, place, summary } = outcome.success
    const finish = Effect.andThen(
      log(outcome.success, settings),
      settings.gate.length === 0 ? Effect.void : Effect.asVoid(Gate.metrics(limits)(outcome.success))
    )
    const refused = (error: NonNullable<Report["failure"]>) => Effect.succeed(error)
    // The table is shown all the same; the failure decides the exit code.
    const failure = settings.dryRun
      ? undefined
      : yield* finish.pipe(
          Effect.catchTags({ ThresholdNotMet: refused, VertexError: refused, RunNotRecorded: refused }),
          Effect.map((error) => error ?? undefined)
        )
    const report: Report = { runId, place, summary, latency, failure }
    return report
  }).pipe(Effect.provide(services(settings)))

type Row = readonly [string, RunSummary.MetricSummary]

const number = (value: number | null) => (value === null ? "" : value.toFixed(2))

const columns: ReadonlyArray<TerminalTable.Column<Row>> = [
  { heading: "metric", cell: ([name]) => name },
  { heading: "mean", cell: ([, { mean }]) => number(mean), align: "right" },
  {
    heading: "95% CI",
    cell: ([, { interval }]) => (interval === null ? "" : `[${number(interval.low)}, ${number(interval.high)}]`)
  },
  { heading: "std", cell: ([, { std }]) => number(std), align: "right" },
  { heading: "scored", cell: ([, { n_valid }]) => String(n_valid), align: "right" },
  { heading: "not scored", cell: ([, { n_error }]) => String(n_error), align: "right" },
  { heading: "best", cell: ([, { ideal }]) => (ideal === "zero" ? "0" : (ideal ?? "")) }
]

const counts = (errors: Readonly<Record<string, number>>) =>
  Object.entries(errors)
    .map(([tag, count]) => `${count} ${tag}`)
    .join(", ")

const report = ({ latency, place, summary }: Report, width: number) => {
  const { cost_unknown, cost_usd, errors, judge_cost_usd, metrics, n_error, n_total, n_valid, row_count } = summary
  const unscored = Object.entries(metrics).flatMap(([name, { errors, n_error: without }]) =>
    without > n_error ? [`${name} has no score for ${without} rows: ${counts(errors)}`] : []
  )
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)}s`
  return [
    `${summary.candidate}   ${n_total} of ${row_count} rows   ${Money.format(cost_usd)} (judge ${Money.format(judge_cost_usd)})` +
      (latency === undefined ? "" : `   p50 ${seconds(latency.median)}  p95 ${seconds(latency.p95)}`),
    "",
    TerminalTable.render(Object.entries(metrics), columns, width),
    "",
    ...(n_valid < 30 ? ["few rows: an interval of less than 30 is a rough guess"] : []),
    ...(n_error === 0 ? [] : [`${n_error} rows have no answer: ${counts(errors)}`]),
    ...unscored,
    ...(cost_unknown === 0 ? [] : [`the cost of ${cost_unknown} calls is not known, the sum is too low`]),
    `run  ${place}`
  ].join("\n")
}

const encodeSummary = Schema.encodeSync(Schema.toCodecJson(RunSummary.CandidateSummary))

const command = Command.make(
  "04-evaluate",
  {
    ...Options.flags,
    dataset: Flag.Path("dataset").pipe(
      Flag.withDescription(
        "JSON Lines or CSV with the columns that the template names, and reference (default: 29 articles)"
      ),
      Flag.withDefault(articles)
    ),
    idColumn: Flag.String("id-column").pipe(Flag.withDescription("Column that identifies a row"), Flag.optional),
    template: Flag.String("template").pipe(Flag.withDescription("Prompt template"), Flag.withDefault(template)),
    runId: Flag.String("run-id").pipe(
      Flag.withDescription("Name of the run; one that exists goes on (default: the time)"),
      Flag.optional
    ),
    evaluation: Flag.Literals("evaluation", ["local", "vertex"]).pipe(
      Flag.withDescription("Who asks the judge: this process, or Vertex's evaluation service"),
      Flag.withDefault("local")
    ),
    judge: Flag.String("judge").pipe(Flag.withDescription("Judge model"), Flag.withDefault("gemini-3.5-flash")),
    samples: Flag.Int("samples").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 32 }))),
      Flag.withDescription("Judgements for each score"),
      Flag.withDefault(1)
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
      Flag.withDescription("Rows at the same time"),
      Flag.withDefault(8)
    ),
    experiment: Flag.String("experiment").pipe(
      Flag.withDescription("Vertex experiment to log to"),
      Flag.withDefault("eval-experiment-airflow-operator")
    ),
    experimentRun: Flag.String("experiment-run").pipe(
      Flag.withDescription("Run of the experiment (default: the run id)"),
      Flag.optional
    ),
    gate: Flag.String("gate").pipe(
      Flag.withDescription('What a metric must reach, such as "rouge_1>=0.3"; may be given several times'),
      Flag.atLeast(0)
    )
  },
  (flags) =>
    Run.example(flags, {
      name: "04-evaluate",
      program: program(flags),
      report,
      json: ({ place, runId, summary }) => ({ runId, place, summary: encodeSummary(summary) }),
      failure: ({ failure }) => failure
    })
).pipe(Command.withDescription("Evaluate one model by nine metrics on a dataset of articles"))

export const main = () => Run.main(command)

if (import.meta.main) main()
