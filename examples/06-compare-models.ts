/**
 * Compares seven candidates, one of which is tuned first, on the same questions: answers, scores with intervals, costs, latencies; a report
 * to read, files for machines, and rows in Cloud Storage and BigQuery. One durable program, under one budget.
 *
 *   npm start
 *   npm run example -- 06-compare-models --dry-run            says what it will cost, and stops
 *   npm run example -- 06-compare-models --run-id first       stopped or killed, the same command pays only what is missing
 *   npm run example -- 06-compare-models --sql "select run_id, candidate, avg(score) from scores group by all"
 *   npm run example -- 06-compare-models --run-id second --against first
 *   npm run example -- 06-compare-models --candidates candidates.yaml --dataset rows.jsonl --template "{question}"
 */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as BigQueryClient from "@genops/pipelines/BigQueryClient"
import type * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import type * as CompareModels from "@genops/pipelines/CompareModels"
import * as ComparisonSummary from "@genops/pipelines/ComparisonSummary"
import * as Display from "@genops/pipelines/Display"
import * as GitHubActions from "@genops/pipelines/GitHubActions"
import * as ReportEvent from "@genops/pipelines/ReportEvent"
import * as ResultStore from "@genops/pipelines/ResultStore"
import type * as RunFacts from "@genops/pipelines/RunFacts"
import * as Runs from "@genops/pipelines/Runs"
import * as ShellCommand from "@genops/pipelines/ShellCommand"
import * as TerminalLine from "@genops/pipelines/TerminalLine"
import * as TerminalPlan from "@genops/pipelines/TerminalPlan"
import * as TerminalReport from "@genops/pipelines/TerminalReport"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { basename, extname, join } from "node:path"
import * as Candidates from "./cli/CompareCandidates.ts"
import * as Flags from "./cli/CompareFlags.ts"
import * as Files from "./cli/CompareFiles.ts"
import * as Gates from "./cli/CompareGates.ts"
import * as Query from "./cli/CompareQuery.ts"
import * as Views from "./cli/CompareView.ts"
import * as Comparison from "./cli/CompareWorkflow.ts"
import * as Data from "./cli/Data.ts"
import * as Durable from "./cli/Durable.ts"
import * as Options from "./cli/Options.ts"
import * as Run from "./cli/Run.ts"
import { Target } from "./cli/Target.ts"
import * as Tuning from "./cli/Tuning.ts"

const name = "06-compare-models"

/** A comparison that ended, or was ended early, or a text that was asked of the engine. */
type Ended =
  | { readonly _tag: "Text"; readonly text: string }
  | {
      readonly _tag: "Compared"
      readonly runId: string
      readonly summary: ComparisonSummary.ComparisonSummary
      readonly facts: RunFacts.RunFacts
      readonly loaded: Comparison.Outcome["loaded"]
      readonly failure: unknown
    }

const rootOf = ({ out }: Flags.Settings) => Option.getOrElse(out, () => join(".genops", "runs"))
const titleOf = ({ dataset }: Flags.Settings) => basename(dataset, extname(dataset))

const display = ({ noColor }: Flags.Settings, isTerminal: boolean) =>
  Display.detect({ env: process.env, isTerminal, noColor })

const columnsOf = ({ columns }: { readonly columns?: number }) => Math.max(60, Math.min(columns || 100, 160))

/** What the run is asked for, checked as far as it can be without the service, and the upload that it needs. */
const payloadOf = (settings: Flags.Settings, runId: string) =>
  Effect.gen(function* () {
    const candidates = yield* Candidates.read(settings.candidates)
    const bucket = Tuning.bucketOf(settings)
    const baseline = Candidates.baseline(candidates, settings.baseline)
    const id = settings.dataset === Flags.questions ? Option.some("id") : settings.idColumn
    const warehouse = Option.getOrElse(settings.bigqueryDataset, () => (settings.live ? undefined : "genops"))
    if (Option.isSome(settings.bigqueryDataset) && bucket === undefined) {
      return yield* new Options.UsageError({
        description: "--bigquery-dataset needs --bucket, which it is loaded from."
      })
    }
    const training = Option.getOrElse(settings.trainingData, () => Flags.data("support-train.jsonl"))
    const needsTuning = Candidates.needTuning(candidates)
    const tuning = needsTuning
      ? {
          ...(yield* Tuning.request(settings, yield* Data.uriOf(training, bucket))),
          model: settings.model
        }
      : undefined
    const payload: Comparison.Payload = {
      runId,
      candidates,
      dataset: settings.dataset,
      template: settings.template,
      metrics: settings.metric.length > 0 ? settings.metric : Flags.metrics,
      repeats: settings.repeats,
      judge: settings.judge,
      ...(Option.isSome(id) ? { idColumn: id.value } : {}),
      ...(Option.isSome(baseline) ? { baseline: baseline.value } : {}),
      ...(tuning === undefined ? {} : { tuning }),
      ...(warehouse === undefined || bucket === undefined
        ? {}
        : { warehouse: { prefix: `gs://${bucket}/comparisons`, dataset: warehouse } })
    }
    const gates = yield* Gates.read(
      settings.gate,
      candidates.map(({ name }) => name),
      payload.metrics
    )
    const upload = Effect.gen(function* () {
      if (tuning !== undefined) yield* Data.upload(training, tuning.trainingData)
      if (payload.warehouse !== undefined) yield* Data.ensureBucket(bucket ?? "")
    })
    return { payload, gates, upload }
  }).pipe(
    Effect.catchTag("UnknownMetric", ({ message }) => Effect.fail(new Options.UsageError({ description: message })))
  )

const bigQuery = Layer.unwrap(
  Effect.map(Target, ({ project, url }) =>
    BigQueryClient.layer({ projectId: project, ...(url === undefined ? {} : { apiEndpoint: url, anonymous: true }) })
  )
)

const services = (settings: Flags.Settings) =>
  Layer.mergeAll(
    Evaluation.layerLocal({
      judge: ModelConfiguration.make(settings.judge, { generationConfig: { maxOutputTokens: 1024 } }),
      samplingCount: 1
    }),
    settings.dryRun ? ResultStore.layerMemory : ResultStore.layerDirectory(rootOf(settings)),
    Tuning.services(settings),
    bigQuery
  )

/** The plan as people read it. */
const planText = ({ comparison, training }: Comparison.Plan, settings: Flags.Settings, budget: Money.Money) => {
  const others =
    training === null
      ? []
      : [{ label: "tuning", note: `${training.examples} examples`, price: training.cost ?? undefined }]
  const shown = display(settings, process.stderr.isTTY === true)
  const columns = columnsOf(process.stderr)
  return TerminalPlan.lines(comparison, { name: titleOf(settings), budget, others, columns })
    .map((line) => TerminalLine.paint(line, shown))
    .join("\n")
}

const event = (event: ReportEvent.ReportEvent) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => Console.log(ReportEvent.encode(event, now)))

/** Makes the plan, which also finds what cannot work, and shows it. */
const planned = (payload: Comparison.Payload, settings: Flags.Settings, budget: Money.Money) =>
  Effect.gen(function* () {
    const plan = yield* Comparison.plan(payload, settings.concurrency)
    if (settings.reporter === "json") yield* event({ type: "plan", plan: plan.comparison })
    if (!settings.quiet) yield* Console.error(planText(plan, settings, budget))
    return plan
  }).pipe(
    Effect.catchTags({
      InvalidComparison: ({ message }) => Effect.fail(new Options.UsageError({ description: message })),
      UnknownMetric: ({ message }) => Effect.fail(new Options.UsageError({ description: message })),
      PromptNotFilled: ({ message }) => Effect.fail(new Options.UsageError({ description: message }))
    })
  )

/** The command that goes on with a run: the flags of this process, and its name. */
const commandOf = (runId: string, ...more: ReadonlyArray<string>) => {
  const given = process.argv.slice(2)
  const at = given.indexOf("--run-id")
  const flags = at < 0 ? given : given.toSpliced(at, 2)
  return ShellCommand.write(["npm", "run", "example", "--", name, ...flags, "--run-id", runId, ...more])
}

const failureOf = <E>(result: Result.Result<unknown, E>): E | undefined =>
  Option.getOrUndefined(Result.getFailure(result))

const program = (settings: Flags.Settings, runId: string) => (budget: Money.Money) => {
  const views = Views.make(runId, titleOf(settings), Comparison.steps, settings)
  let stopped: CompareModels.ComparisonStopped | undefined
  let books: BudgetGuard.Spending | undefined
  const { every, tune } = Tuning.pace(settings)
  const pipeline = Comparison.layer({
    budget,
    concurrency: settings.concurrency,
    dataWithin: settings.waitForData,
    every,
    tune: { ...tune, detach: settings.detach },
    onProgress: views.update,
    stopping: views.stopping,
    onStopped: (reason) => Effect.sync(() => void (stopped = reason)),
    onEnd: (spending) => Effect.sync(() => void (books = spending))
  })
  return Effect.gen(function* () {
    const text = yield* Durable.inspected(settings, Comparison.Comparison)
    if (text !== undefined) return { _tag: "Text", text } satisfies Ended
    const started = yield* Clock.currentTimeMillis
    const { gates, payload, upload } = yield* payloadOf(settings, runId)
    yield* upload
    yield* planned(payload, settings, budget)
    const outcome = yield* Effect.result(Durable.run(settings, Comparison.Comparison, payload, views.view))
    if (Result.isFailure(outcome) && stopped === undefined) return yield* Effect.fail(outcome.failure)
    const done = Result.isSuccess(outcome) && outcome.success._tag === "Ended" ? outcome.success.value : undefined
    const summary = done?.summary ?? stopped?.summary
    if (summary === undefined) return { _tag: "Text", text: `${runId} waits for a decision` } satisfies Ended
    const { refused, reports } = yield* Gates.check(gates, summary)
    const found = yield* Files.failures(runId, 100)
    const facts: RunFacts.RunFacts = {
      name: titleOf(settings),
      elapsedMs: (yield* Clock.currentTimeMillis) - started,
      spent: done?.spentUsd ?? books?.spent.usd ?? Money.zero,
      budget,
      retries: undefined,
      uncertain: done?.uncertainUsd ?? books?.uncertain.usd,
      stopped: stopped?.reason.message.split("\n")[0],
      gates: reports,
      failures: [...found],
      artifacts: [],
      resume: stopped !== undefined || found.length > 0 ? commandOf(runId) : undefined
    }
    const history = yield* Runs.history(Comparison.Comparison, runId)
    const written = yield* Effect.result(Files.write(join(rootOf(settings), runId), runId, summary, facts, history))
    if (Result.isFailure(written)) {
      const { cause, message } = written.failure
      yield* Console.error(`! the report is not written: ${cause instanceof Error ? cause.message : message}`)
    }
    const ended: Ended = {
      _tag: "Compared",
      runId,
      summary,
      facts: { ...facts, artifacts: Result.isSuccess(written) ? written.success : [] },
      loaded: done?.loaded ?? null,
      failure: stopped?.reason ?? failureOf(outcome) ?? failureOf(written) ?? refused
    }
    return ended
  }).pipe(
    Effect.provide(
      Layer.provideMerge(
        pipeline.pipe(Layer.provide(Durable.observed(views.view))),
        Layer.provideMerge(Durable.layer(settings.engine), services(settings))
      )
    )
  )
}

const plan = (settings: Flags.Settings, runId: string) => (budget: Money.Money) =>
  Effect.gen(function* () {
    const { payload, upload } = yield* payloadOf(settings, runId)
    yield* upload
    const { comparison, training } = yield* planned(payload, settings, budget)
    const { likely, worst } = comparison
    return { ...(training?.cost ? { tuning: training.cost } : {}), comparison: { likely, worst } }
  }).pipe(Effect.provide(services(settings)))

/** Commands that show more of the same run. */
const next = (ended: Ended & { readonly _tag: "Compared" }) => [
  "",
  " next:",
  `   ${commandOf(ended.runId, "--reporter", "json")}`,
  `   ${ShellCommand.write(["npm", "run", "example", "--", name, "--dry-run", "--repeats", "3"])}`
]

const report = (settings: Flags.Settings) => (ended: Ended, columns: number) => {
  if (ended._tag === "Text") return ended.text
  const { facts, loaded, summary } = ended
  if (settings.reporter === "json") {
    const now = Date.now()
    const events: ReadonlyArray<ReportEvent.ReportEvent> = [
      ...facts.failures.map((failure) => ({ type: "failure", failure }) as const),
      { type: "end", summary, facts }
    ]
    return events.map((one) => ReportEvent.encode(one, now)).join("\n")
  }
  const shown = display(settings, process.stdout.isTTY === true)
  const { quiet } = settings
  return [
    ...TerminalReport.lines(summary, facts, { columns, quiet }).map((line) => TerminalLine.paint(line, shown)),
    loaded === null
      ? " tables  not loaded"
      : ` tables  ${loaded.dataset}.cells (${loaded.cells} rows), ${loaded.dataset}.summaries (${loaded.summaries} rows) in BigQuery`,
    ...(quiet ? [] : next(ended)),
    ...(process.env["GITHUB_ACTIONS"] === "true" ? GitHubActions.annotations(facts) : [])
  ].join("\n")
}

const encode = Schema.encodeSync(Schema.toCodecJson(ComparisonSummary.ComparisonSummary))

const command = Command.make(name, Flags.flags, (flags) => {
  if (Query.isAsked(flags)) return Query.run(flags, rootOf(flags))
  const runId = Durable.runIdOf(flags)
  const isName = /^[\w][\w.-]*$/.test(runId)
  return Run.durable(flags, {
    name,
    program: program(flags, runId),
    plan: plan(flags, runId),
    // What was tuned lives as long as the run: it can be gone on with by another process.
    embedded: {
      ...Durable.embedded(flags.engine),
      tuningSeconds: 1,
      ...(flags.engine === "memory" && !flags.dryRun && isName
        ? { directory: join(rootOf(flags), runId, "emulator") }
        : {})
    },
    whenWorst: "stopped",
    report: report(flags),
    json: (ended) =>
      ended._tag === "Text"
        ? ended
        : { runId: ended.runId, summary: encode(ended.summary), loaded: ended.loaded, stopped: ended.facts.stopped },
    spent: (ended) =>
      ended._tag === "Text" ? undefined : { usd: ended.facts.spent, uncertain: ended.facts.uncertain ?? Money.zero },
    failure: (ended) => (ended._tag === "Text" ? undefined : ended.failure)
  })
}).pipe(Command.withDescription("Compare models and configurations, one of them tuned first, as one durable program"))

export const main = () => Run.main(command)

if (import.meta.main) main()
