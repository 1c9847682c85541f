/**
 * Tunes a model and uses it, as one durable program: waits for the training data, checks it, sees that the budget holds all of it, tunes
 * once, evaluates base and tuned model on held-out questions, decides by a gate (and a person), and answers with the tuned model.
 *
 *   npm run example -- 05-genai-ops
 *   npm run example -- 05-genai-ops --engine sqlite:.genops/runs.db --run-id first     killed, the same command goes on where it was
 *   npm run example -- 05-genai-ops --engine sqlite:.genops/runs.db --run-id first --history
 */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as Approval from "@genops/pipelines/Approval"
import * as GenOps from "@genops/pipelines/GenOps"
import * as OnFailure from "@genops/pipelines/OnFailure"
import * as PipelineView from "@genops/pipelines/PipelineView"
import * as ResultStore from "@genops/pipelines/ResultStore"
import type * as RunSummary from "@genops/pipelines/RunSummary"
import * as TerminalTable from "@genops/pipelines/TerminalTable"
import * as TerminalText from "@genops/pipelines/TerminalText"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { join } from "node:path"
import * as Data from "./cli/Data.ts"
import * as Durable from "./cli/Durable.ts"
import * as Options from "./cli/Options.ts"
import * as Run from "./cli/Run.ts"
import * as Thresholds from "./cli/Thresholds.ts"
import * as Tuning from "./cli/Tuning.ts"

const data = (name: string) => join(import.meta.dirname, "data", name)

export const template = "{question}\n\nManual: {context}\n\nAnswer:"
export const metrics = ["exact_match", "bleu", "rouge_1", "rouge_l_sum"]

const steps = [
  "wait for data",
  "check data",
  "check money",
  "tune",
  "evaluate base",
  "evaluate tuned",
  "gate",
  "generate 1"
]

export interface Settings extends Tuning.Settings, Durable.Settings {
  readonly dataset: string
  readonly idColumn: string
  readonly template: string
  readonly metric: ReadonlyArray<string>
  readonly gate: ReadonlyArray<string>
  readonly prompt: ReadonlyArray<string>
  readonly approval: boolean
  readonly approve: Option.Option<string>
  readonly reject: Option.Option<string>
  readonly reason: string
  readonly explain: boolean
}

/** What the command came to: a run that ended, or something that was asked of the engine. */
type Result =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Done"; readonly runId: string; readonly outcome: GenOps.Outcome }

/** What a run is asked for: the same flags give the same, so that a run can go on. Its budget can be raised. */
const payloadOf = (settings: Settings) =>
  Effect.gen(function* () {
    const bucket = Tuning.bucketOf(settings)
    const training = Option.getOrElse(settings.trainingData, () => data("support-train.jsonl"))
    const tuning = yield* Tuning.request(settings, yield* Data.uriOf(training, bucket))
    const testData = yield* Data.uriOf(settings.dataset, bucket)
    const gate =
      settings.gate.length > 0
        ? yield* Thresholds.read(settings.gate)
        : { rouge_1: { atLeast: 0.3 }, rouge_l_sum: { notWorseThanBaseline: {} } }
    const payload: GenOps.Payload = {
      runId: Durable.runIdOf(settings),
      candidate: ModelConfiguration.make(settings.model, {
        name: "support",
        systemInstruction: "You are the support desk of Halden home batteries. Answer in two sentences at most.",
        generationConfig: { maxOutputTokens: 256, temperature: 0 }
      }),
      tuning,
      testData,
      idColumn: settings.idColumn,
      template: settings.template,
      metrics: settings.metric.length > 0 ? settings.metric : metrics,
      gate,
      approval: settings.approval,
      prompts: settings.prompt.length > 0 ? settings.prompt : ["My Halden battery shows E52. What should I do?"]
    }
    const upload = Effect.andThen(Data.upload(training, tuning.trainingData), Data.upload(settings.dataset, testData))
    return { payload, upload }
  })

const services = (settings: Settings) =>
  Layer.mergeAll(
    Evaluation.layerLocal({ judge: ModelConfiguration.make("gemini-3.5-flash") }),
    ResultStore.layerDirectory(Option.getOrElse(settings.out, () => join(".genops", "runs"))),
    Tuning.services(settings)
  )

/** Approves or rejects, when a flag says so. */
const decide = (settings: Settings, runId: string) => {
  const { approve, reason, reject } = settings
  if (Option.isSome(approve)) {
    return Approval.approve(GenOps.GenOps, runId, { name: GenOps.approvalName, by: approve.value, reason })
  }
  return Option.isSome(reject)
    ? Approval.reject(GenOps.GenOps, runId, { name: GenOps.approvalName, by: reject.value, reason })
    : Effect.void
}

const program = (settings: Settings) => (budget: Money.Money) => {
  const view = PipelineView.make(
    Option.getOrElse(settings.runId, () => "05-genai-ops"),
    steps
  )
  const { every, tune } = Tuning.pace(settings)
  const pipeline = GenOps.layer({
    budgetUsd: budget,
    every,
    dataWithin: settings.waitForData,
    tune: { ...tune, detach: settings.detach }
  })
  return Effect.gen(function* () {
    const text = yield* Durable.inspected(settings, GenOps.GenOps)
    if (text !== undefined) return { _tag: "Text", text } satisfies Result
    const { payload, upload } = yield* payloadOf(settings)
    yield* upload
    yield* decide(settings, payload.runId)
    const ended = yield* Durable.run(settings, GenOps.GenOps, payload, view)
    const result: Result =
      ended._tag === "Ended"
        ? { _tag: "Done", runId: payload.runId, outcome: ended.value }
        : {
            _tag: "Text",
            text:
              `${payload.runId} waits for a decision on ${ended.decisions.join(", ")}.` +
              `\nTo go on: the same command with --run-id ${payload.runId} --approve NAME, or --reject NAME --reason TEXT`
          }
    return result
  }).pipe(
    settings.explain
      ? OnFailure.explain({
          model: ModelConfiguration.make("gemini-3.5-flash"),
          operation: "tune, evaluate and generate"
        })
      : (self) => self,
    Effect.provide(
      Layer.provideMerge(
        pipeline.pipe(Layer.provide(Durable.observed(view))),
        Layer.provideMerge(Durable.layer(settings.engine), services(settings))
      )
    )
  )
}

const plan = (settings: Settings) => () =>
  Effect.gen(function* () {
    const { payload, upload } = yield* payloadOf(settings)
    yield* upload
    const { parts } = yield* GenOps.plan(payload)
    return parts
  }).pipe(Effect.provide(services(settings)))

type Row = readonly [string, RunSummary.MetricSummary, RunSummary.MetricSummary | undefined]

const number = (value: number | null | undefined) => (value === null || value === undefined ? "" : value.toFixed(3))
const range = ({ interval }: RunSummary.MetricSummary) =>
  interval === null ? "" : `[${number(interval.low)}, ${number(interval.high)}]`

const columns: ReadonlyArray<TerminalTable.Column<Row>> = [
  { heading: "metric", cell: ([name]) => name },
  { heading: "base", cell: ([, base]) => number(base.mean), align: "right" },
  { heading: "95% CI", cell: ([, base]) => range(base) },
  { heading: "tuned", cell: ([, , tuned]) => number(tuned?.mean), align: "right" },
  { heading: "95% CI", cell: ([, , tuned]) => (tuned === undefined ? "" : range(tuned)) },
  { heading: "rows", cell: ([, base]) => String(base.n_valid), align: "right" }
]

const report = (result: Result, width: number) => {
  if (result._tag === "Text") return result.text
  const { answers, approval, evaluation, gate, training, tuned } = result.outcome
  const { base, tuned: its } = evaluation
  const rows = Object.entries(base.metrics).map(([name, summary]): Row => [name, summary, its.metrics[name]])
  return [
    `training   ${training.examples} examples, ${training.tokens.likely} tokens (${training.tokens.basis}), ${training.source}`,
    `tuned      ${tuned.model}, ${tuned.cost === undefined ? "cost unknown" : Money.format(tuned.cost)}`,
    `endpoint   ${tuned.endpoint}`,
    "",
    TerminalTable.render(rows, columns, width),
    "",
    gate.refused === null ? "gate       passed" : `gate       ${gate.refused.message}`,
    ...(approval === null ? [] : [`approval   by ${TerminalText.oneLine(approval.by, 60)}`]),
    ...answers.flatMap(({ prompt, text }) => [
      "",
      `> ${TerminalText.oneLine(prompt, width - 2)}`,
      ...TerminalText.wrap(text, width)
    ])
  ].join("\n")
}

const encode = Schema.encodeSync(Schema.toCodecJson(GenOps.Outcome))

const command = Command.make(
  "05-genai-ops",
  {
    ...Options.flags,
    ...Durable.flags,
    ...Tuning.flags,
    dataset: Flag.String("dataset").pipe(
      Flag.withDescription("Held-out rows with the columns of the template and reference: a file or gs://…"),
      Flag.withDefault(data("support-questions.jsonl"))
    ),
    idColumn: Flag.String("id-column").pipe(
      Flag.withDescription("Column that identifies a row"),
      Flag.withDefault("id")
    ),
    template: Flag.String("template").pipe(Flag.withDescription("Prompt template"), Flag.withDefault(template)),
    metric: Flag.String("metric").pipe(
      Flag.withDescription(`Metric to measure; may be given several times (default: ${metrics.join(", ")})`),
      Flag.atLeast(0)
    ),
    gate: Flag.String("gate").pipe(
      Flag.withDescription(
        'What the tuned model must reach, such as "rouge_1>=0.3" (default: that, and not worse than the base)'
      ),
      Flag.atLeast(0)
    ),
    prompt: Flag.String("prompt").pipe(
      Flag.withDescription("What the tuned model is asked in the end; may be given several times"),
      Flag.atLeast(0)
    ),
    approval: Flag.Boolean("approval").pipe(
      Flag.withDescription("Ask a person after the gate; needs --engine sqlite or postgres"),
      Flag.withDefault(false)
    ),
    approve: Flag.String("approve").pipe(
      Flag.withDescription("Approve the waiting run of --run-id, in this name"),
      Flag.optional
    ),
    reject: Flag.String("reject").pipe(Flag.withDescription("Reject it, in this name"), Flag.optional),
    reason: Flag.String("reason").pipe(Flag.withDescription("Why it is approved or rejected"), Flag.withDefault("")),
    explain: Flag.Boolean("explain").pipe(
      Flag.withDescription("Ask a model for the likely cause when the run fails"),
      Flag.withDefault(false)
    )
  },
  (flags) =>
    Run.durable(flags, {
      name: "05-genai-ops",
      program: program(flags),
      plan: plan(flags),
      embedded: Durable.embedded(flags.engine),
      report,
      json: (result) => (result._tag === "Text" ? result : { runId: result.runId, outcome: encode(result.outcome) }),
      spent: (result) =>
        result._tag === "Text" ? undefined : { usd: result.outcome.spentUsd, uncertain: result.outcome.uncertainUsd },
      failure: (result) => (result._tag === "Text" ? undefined : (result.outcome.gate.refused ?? undefined))
    })
).pipe(Command.withDescription("Tune, evaluate, gate and use a model as one durable program"))

export const main = () => Run.main(command)

if (import.meta.main) main()
