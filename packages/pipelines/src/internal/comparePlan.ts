/** What a comparison will do, cost and take, found out without a paid call. */
import type * as Dataset from "@genops/core/Dataset"
import * as Metric from "@genops/core/Metric"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import type * as Prompt from "@genops/core/Prompt"
import * as Evaluation from "@genops/vertex/Evaluation"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Estimate from "../Estimate.ts"
import * as ResultStore from "../ResultStore.ts"
import * as RunManifest from "../RunManifest.ts"
import { scaled } from "./compareMoney.ts"
import * as Manifest from "./evaluateManifest.ts"
import * as Row from "./evaluateRow.ts"
import * as Table from "./evaluateTable.ts"

/**
 * What a candidate will do and cost. Judges are among the money, not among the tokens.
 *
 * @since 0.1.0
 */
export interface CandidatePlan {
  readonly candidate: string
  readonly model: string
  readonly calls: number
  readonly judgeCalls: number
  /** Counted for the sampled rows, and in proportion for the others. */
  readonly inputTokens: number
  /** The most output, thinking included. */
  readonly outputTokens: number
  readonly likely: Money.Money
  readonly worst: Money.Money
  /** Models whose price is not known: their calls are not in the money. */
  readonly priceUnknown: ReadonlyArray<string>
  /** A guess of how long a cell takes. */
  readonly cellMs: number
}

/**
 * What a comparison will do and cost.
 *
 * **Details**
 *
 * - `calls` and `judgeCalls` are those that are left of the run; `resumed` cells are done already.
 * - Rows are asked of CountTokens up to `sampledRows`, spread over the dataset; the others are taken to be like them.
 * - `likely` takes an answer to use a quarter of what it may, `worst` all of it, and a judge to read that much. A call that is sent again
 *   because an attempt failed is in neither: an attempt that may have been billed comes on top, in budgets too.
 * - `durationMs` is a rough guess: from earlier cells of the run where there are some, or else 0.8 seconds and 10 milliseconds for each token of
 *   a likely answer.
 * - `unplanned` metrics are scored by a service that cannot be asked what it will cost.
 *
 * @since 0.1.0
 */
export interface Plan {
  readonly rows: number
  readonly repeats: number
  readonly calls: number
  readonly judgeCalls: number
  readonly resumed: number
  readonly dataset: { readonly source: string; readonly sha256: string; readonly invalid: number }
  readonly sampledRows: number
  readonly likely: Money.Money
  readonly worst: Money.Money
  readonly priceUnknown: ReadonlyArray<string>
  readonly durationMs: number
  readonly concurrency: number
  readonly unplanned: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
  readonly candidates: ReadonlyArray<CandidatePlan>
}

export interface Settings<A, E, R> extends Manifest.Plan<A, E, R> {
  readonly prompt: Prompt.Prompt
  readonly candidates: ReadonlyArray<
    Manifest.Candidate & { readonly configuration: ModelConfiguration.ModelConfiguration }
  >
  readonly concurrency: { readonly total: number; readonly perKey?: number | ((model: string) => number) }
}

const mostSampled = 20

// How many tokens are counted at a time.
const atOnce = 8

// As estimates have it.
const likelyShare = 0.25

interface Sample {
  readonly prompt: string
  readonly instance: Row.Prepared["instance"]
  /** Bytes of what a judge may read of it. */
  readonly size: number
}

/** Rows spread evenly over the dataset. */
const sample = <A extends object, E, R>(
  { columns, dataset, prompt }: Pick<Settings<A, E, R>, "dataset" | "prompt" | "columns">,
  rows: number
): Effect.Effect<ReadonlyArray<Sample>, E, R> => {
  const count = Math.min(rows, mostSampled)
  const wanted = new Set(Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count)))
  let row = 0
  const taken = dataset.events.pipe(
    Stream.filter((event): event is Dataset.Row<A> => event._tag === "Row" && wanted.has(row++)),
    Stream.take(count),
    Stream.map(({ id, value }) => Row.prepare(id, value, prompt, columns)),
    Stream.runCollect
  )
  return Effect.map(taken, (all) =>
    all.flatMap((prepared) =>
      Result.isSuccess(prepared) && prepared.success.prompt !== undefined
        ? [sampleOf(prepared.success.prompt, prepared.success.instance)]
        : []
    )
  )
}

const sampleOf = (prompt: string, instance: Sample["instance"]): Sample => ({
  prompt,
  instance,
  size: Buffer.byteLength(JSON.stringify(instance))
})

/** A long row, a middling one and a short one: judges are asked in several ways about each. */
const fewOf = (rows: ReadonlyArray<Sample>): ReadonlyArray<Sample> => {
  const sorted = rows.toSorted((a, b) => b.size - a.size)
  const picked = new Set([0, sorted.length >> 1, sorted.length - 1])
  return sorted.filter((_, i) => picked.has(i))
}

interface Cost {
  /** What went wrong with counting. */
  readonly problem: string | undefined
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly likely: Money.Money
  readonly worst: Money.Money
  readonly priceUnknown: ReadonlyArray<string>
}

const costOf = ({
  calls,
  exit,
  likely,
  models,
  worst
}: Estimate.Estimate<unknown, GenerativeModel.GenerateError>): Cost => ({
  problem: Option.getOrUndefined(Option.map(Exit.findErrorOption(exit), ({ message }) => message.split("\n")[0] ?? "")),
  calls,
  likely,
  worst,
  inputTokens: models.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
  outputTokens: models.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
  priceUnknown: models.flatMap(({ model, priceUnknown }) => (priceUnknown === undefined ? [] : [model]))
})

/** The same for another number of rows. `heavier` is how much more these have to read than the sampled ones, as a fraction. */
const forRows = (cost: Cost, rows: number, sampled: number, heavier: readonly [number, number] = [1, 1]): Cost => {
  const [more, than] = heavier[0] > heavier[1] ? heavier : [1, 1]
  const count = (of: number) => (sampled === 0 ? 0 : Math.round((of * rows) / sampled))
  const money = (of: Money.Money) => (sampled === 0 ? Money.zero : scaled(of, rows, sampled))
  return {
    problem: cost.problem,
    calls: count(cost.calls),
    inputTokens: count(cost.inputTokens),
    outputTokens: count(cost.outputTokens),
    likely: money(cost.likely),
    worst: scaled(money(cost.worst), more, than),
    priceUnknown: rows === 0 ? [] : cost.priceUnknown
  }
}

/** Tokens of the answer to be judged, and of the baseline's answer for pairwise metrics. */
type Lengths = readonly [answer: number, baseline: number]

/** A text of about so many tokens. */
const textOf = (tokens: number) => "word ".repeat(Math.max(1, tokens))

// Counting longer texts is slow; what they cost follows from these two lengths.
const [long, longest] = [1024, 2048]

/** What judging answers of some lengths costs. The evaluation is asked with a model that sends nothing. */
const judgingOf = (metrics: ReadonlyArray<Metric.Metric>, rows: ReadonlyArray<Sample>, [answer, baseline]: Lengths) =>
  Effect.gen(function* () {
    const evaluation = yield* Evaluation.Evaluation
    const texts = { response: textOf(answer), baselineResponse: textOf(baseline) }
    const all = rows.flatMap(({ instance, prompt }) =>
      metrics.map((metric) => Effect.exit(evaluation.score(metric, { ...instance, prompt, ...texts })))
    )
    return costOf(yield* Estimate.estimate(Effect.all(all, { discard: true, concurrency: atOnce })))
  })

/** The same for answers of any length. */
const judging = (metrics: ReadonlyArray<Metric.Metric>, rows: ReadonlyArray<Sample>, lengths: Lengths) =>
  Effect.gen(function* () {
    const most = Math.max(...lengths)
    if (most <= longest) return yield* judgingOf(metrics, rows, lengths)
    const upTo = (limit: number, round: (tokens: number) => number): Lengths => [
      round((lengths[0] * limit) / most),
      round((lengths[1] * limit) / most)
    ]
    const shorter = yield* judgingOf(metrics, rows, upTo(long, Math.floor))
    const longer = yield* judgingOf(metrics, rows, upTo(longest, Math.ceil))
    const grown = (of: (cost: Cost) => Money.Money) =>
      Money.plus(of(longer), scaled(Money.minusOrZero(of(longer), of(shorter)), most - longest, longest - long))
    return { ...longer, likely: grown(({ likely }) => likely), worst: grown(({ worst }) => worst) }
  })

/** How the cells of an earlier session stand. */
const earlier = <A extends object, E, R>(settings: Settings<A, E, R>, prepared: Manifest.Prepared) =>
  Effect.gen(function* () {
    const { manifest, metrics, versions } = prepared
    const { runId } = manifest
    const { repeats = 1, seed, confidence, dataset } = manifest
    const tables = settings.candidates.map(({ fingerprint, name }) => {
      const own = manifest.baseline === name ? metrics.filter(({ _tag }) => _tag !== "Pairwise") : metrics
      const table = {
        candidate: name,
        fingerprint,
        rows: dataset.rows,
        repeats,
        metrics: own,
        versions,
        seed,
        confidence
      }
      return [name, Table.make(table)] as const
    })
    const byName = new Map(tables)
    const store = yield* ResultStore.ResultStore
    const found = yield* Effect.result(store.read(runId))
    if (Result.isFailure(found)) {
      return found.failure._tag === "RunNotFound" ? byName : yield* Effect.fail(found.failure)
    }
    const differences = RunManifest.differences(found.success.manifest, manifest)
    if (differences.length > 0) return yield* new RunManifest.RunMismatch({ runId, differences })
    yield* Stream.runForEach(found.success.kept, ({ cell }) => Effect.sync(() => byName.get(cell.candidate)?.put(cell)))
    return byName
  })

/** Plans a comparison. */
export const make = <A extends object, E, R>(settings: Settings<A, E, R>) =>
  Effect.gen(function* () {
    const prepared = yield* Manifest.prepare(settings)
    const { manifest, metrics } = prepared
    const { dataset, repeats = 1 } = manifest
    const tables = yield* earlier(settings, prepared)
    const rows = yield* sample(settings, dataset.rows)
    const few = fewOf(rows)
    const sizeOf = (samples: ReadonlyArray<Sample>) => samples.reduce((sum, { size }) => sum + size, 0)
    const heavier = [sizeOf(rows) * few.length, sizeOf(few) * rows.length] as const
    const judged = metrics.filter(Metric.isJudged)
    const judgings = new Map<string, Cost>()
    /** What judging costs depends on the size of the answer, not on whose it is. */
    const judgingOnce = (own: ReadonlyArray<Metric.Metric>, lengths: Lengths) =>
      Effect.gen(function* () {
        const key = [own.length, ...lengths].join(" ")
        const known = judgings.get(key) ?? (yield* judging(own, few, lengths))
        judgings.set(key, known)
        return known
      })
    const answered = yield* Effect.forEach(settings.candidates, ({ configuration, name }) =>
      Effect.map(
        Estimate.estimate(
          Effect.forEach(rows, ({ prompt }) => GenerativeModel.generate(configuration, prompt), {
            discard: true,
            concurrency: atOnce
          })
        ),
        (estimate) => {
          const answers = costOf(estimate)
          return { configuration, name, answers, perAnswer: answers.outputTokens / Math.max(1, rows.length) }
        }
      )
    )
    const ofBaseline = answered.find(({ name }) => name === manifest.baseline)?.perAnswer ?? 0
    const candidates = yield* Effect.forEach(answered, ({ answers, configuration, name, perAnswer }) =>
      Effect.gen(function* () {
        const table = tables.get(name)
        const { answered = 0, finished = 0 } = table?.counts() ?? {}
        const left = dataset.rows * repeats - answered
        const own = judged.filter(({ _tag }) => name !== manifest.baseline || _tag !== "Pairwise")
        const likelyTokens = Math.ceil(perAnswer * likelyShare)
        const likely = yield* judgingOnce(own, [likelyTokens, Math.ceil(ofBaseline * likelyShare)])
        const worst = yield* judgingOnce(own, [perAnswer, ofBaseline])
        const unscored = dataset.rows * repeats - finished
        const generation = forRows(answers, left, rows.length)
        const judges = forRows({ ...likely, worst: worst.worst }, unscored, few.length, heavier)
        const calls = own.length === 0 ? 0 : own.length * answerMs(likelyTokens)
        const plan: CandidatePlan = {
          candidate: name,
          model: configuration.model,
          calls: left,
          judgeCalls: judges.calls,
          inputTokens: generation.inputTokens,
          outputTokens: generation.outputTokens,
          likely: Money.plus(generation.likely, judges.likely),
          worst: Money.plus(generation.worst, judges.worst),
          priceUnknown: [...new Set([...generation.priceUnknown, ...judges.priceUnknown])],
          cellMs: (table?.typicalLatency() ?? answerMs(likelyTokens)) + calls
        }
        return { plan, unscored, problem: answers.problem }
      })
    )
    const plans = candidates.map(({ plan }) => plan)
    const sum = (of: (plan: CandidatePlan) => number) => plans.reduce((total, plan) => total + of(plan), 0)
    const cells = settings.candidates.length * dataset.rows * repeats
    const unplanned = metrics.filter(({ _tag }) => _tag === "Service").map(({ name }) => name)
    const plan: Plan = {
      rows: dataset.rows,
      repeats,
      calls: sum(({ calls }) => calls),
      judgeCalls: sum(({ judgeCalls }) => judgeCalls),
      resumed: cells - candidates.reduce((total, { unscored }) => total + unscored, 0),
      dataset: { source: dataset.source, sha256: dataset.sha256, invalid: dataset.invalid },
      sampledRows: rows.length,
      likely: Money.ReducerSum.combineAll(plans.map(({ likely }) => likely)),
      worst: Money.ReducerSum.combineAll(plans.map(({ worst }) => worst)),
      priceUnknown: [...new Set(plans.flatMap(({ priceUnknown }) => priceUnknown))],
      durationMs: durationOf(candidates, settings),
      concurrency: settings.concurrency.total,
      unplanned,
      warnings: [
        ...(rows.length < dataset.rows
          ? [`${rows.length} of ${dataset.rows} rows were counted; the others are taken to be like them`]
          : []),
        ...candidates.flatMap(({ plan, problem }) => (problem === undefined ? [] : [`${plan.candidate}: ${problem}`])),
        ...(unplanned.length > 0 ? [`what ${unplanned.join(", ")} will cost is not known beforehand`] : [])
      ],
      candidates: plans
    }
    return plan
  })

/** A guess of how long a call takes. */
const answerMs = (tokens: number) => 800 + 10 * tokens

/** All work at the concurrency of all, but no model faster than at its own. */
const durationOf = <A, E, R>(
  candidates: ReadonlyArray<{ readonly plan: CandidatePlan; readonly unscored: number }>,
  { concurrency: { perKey, total } }: Settings<A, E, R>
): number => {
  const byModel = new Map<string, number>()
  for (const { plan, unscored } of candidates) {
    byModel.set(plan.model, (byModel.get(plan.model) ?? 0) + unscored * plan.cellMs)
  }
  const alone = [...byModel].map(
    ([model, work]) => work / Math.min(total, typeof perKey === "function" ? perKey(model) : (perKey ?? total))
  )
  const together = [...byModel.values()].reduce((sum, work) => sum + work, 0) / total
  return Math.round(Math.max(together, ...alone))
}
