/** Durable runs on the command line: which engine keeps them, and what can be done with them. */
import * as Engine from "@genops/pipelines/Engine"
import * as Display from "@genops/pipelines/Display"
import * as LiveWindow from "@genops/pipelines/LiveWindow"
import type * as PipelineView from "@genops/pipelines/PipelineView"
import * as PipelineWindow from "@genops/pipelines/PipelineWindow"
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as TerminalLine from "@genops/pipelines/TerminalLine"
import * as TerminalTable from "@genops/pipelines/TerminalTable"
import * as Tune from "@genops/pipelines/Tune"
import * as Clock from "effect/Clock"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import { dirname, join } from "node:path"
import { type Options, UsageError } from "./Options.ts"

export const flags = {
  engine: Flag.String("engine").pipe(
    Flag.withDescription("What keeps the run: memory, sqlite:FILE, or postgres:URL"),
    Flag.withDefault("memory")
  ),
  runId: Flag.String("run-id").pipe(
    Flag.withDescription("Name of the run; one that exists goes on (default: the time)"),
    Flag.optional
  ),
  list: Flag.Boolean("list").pipe(Flag.withDescription("List the runs of the engine"), Flag.withDefault(false)),
  history: Flag.Boolean("history").pipe(
    Flag.withDescription("Show what the run of --run-id did: steps, times, attempts, money"),
    Flag.withDefault(false)
  ),
  cancel: Flag.Boolean("cancel").pipe(
    Flag.withDescription("Cancel the run of --run-id, and its remote job"),
    Flag.withDefault(false)
  )
}

export interface Settings extends Options {
  readonly engine: string
  readonly runId: Option.Option<string>
  readonly list: boolean
  readonly history: boolean
  readonly cancel: boolean
  readonly noColor?: boolean
}

type Kind =
  | { readonly _tag: "Memory" }
  | { readonly _tag: "Sqlite"; readonly filename: string }
  | { readonly _tag: "Postgres"; readonly url: string }

/** Reads `memory`, `sqlite:FILE` and `postgres:URL` (or the URL itself). */
const kindOf = (text: string): Effect.Effect<Kind, UsageError> => {
  const [, name = "", rest = ""] = /^(\w+):?(.*)$/s.exec(text) ?? []
  if (text === "memory") return Effect.succeed({ _tag: "Memory" })
  if (name === "sqlite" && rest !== "") return Effect.succeed({ _tag: "Sqlite", filename: rest })
  if (/^postgres(ql)?$/.test(name) && rest !== "") {
    const url = rest.startsWith("//") ? text : rest
    if (URL.canParse(url)) return Effect.succeed({ _tag: "Postgres", url })
  }
  // The text may hold a password.
  return Effect.fail(new UsageError({ description: "--engine takes memory, sqlite:FILE or postgres:URL." }))
}

/** Where the embedded emulator keeps its jobs and objects, so that they live as long as the runs. */
export const embedded = (engine: string): { readonly directory?: string; readonly tuningSeconds: number } => {
  const filename = /^sqlite:(.+)$/s.exec(engine)?.[1]
  const tuningSeconds = 3
  if (engine === "memory") return { tuningSeconds }
  return { directory: join(filename === undefined ? ".genops" : dirname(filename), "emulator"), tuningSeconds }
}

const engineOf = (kind: Kind) => {
  switch (kind._tag) {
    case "Memory":
      return Engine.layerMemory
    case "Sqlite":
      return Engine.layerSqlite({ filename: kind.filename })
    case "Postgres":
      return Engine.layerPostgres({ url: Redacted.make(kind.url) })
  }
}

export const layer = (engine: string) => Layer.unwrap(Effect.map(kindOf(engine), engineOf))

export const runIdOf = ({ runId }: Settings) =>
  Option.getOrElse(runId, () => new Date().toISOString().replaceAll(/[:.]/g, "-"))

const named = ({ runId }: Settings, flag: string) =>
  Effect.fromOption(runId).pipe(Effect.mapError(() => new UsageError({ description: `${flag} needs --run-id.` })))

const stateOf = ({ state }: Runs.Run): string => {
  switch (state._tag) {
    case "Waiting": {
      const decisions = state.decisions.length === 0 ? "" : ` for a decision on ${state.decisions.join(", ")}`
      return `waiting${decisions}${state.until === null ? "" : ` until ${new Date(state.until).toISOString()}`}`
    }
    case "Parked":
    case "Failed":
      return `${state._tag.toLowerCase()}: ${state.tag}`
    default:
      return state._tag.toLowerCase()
  }
}

const runColumns: ReadonlyArray<TerminalTable.Column<Runs.Run>> = [
  { heading: "run", cell: ({ runId }) => runId },
  { heading: "pipeline", cell: ({ workflow }) => workflow },
  { heading: "started", cell: ({ startedAt }) => new Date(startedAt).toISOString() },
  { heading: "state", cell: stateOf, flexible: true }
]

/** What the run did, as the window shows it. */
const history = (workflow: Runs.Named, runId: string) =>
  Effect.gen(function* () {
    const entries = yield* Runs.history(workflow, runId)
    const now = yield* Clock.currentTimeMillis
    const display = Display.detect({ env: process.env, isTerminal: process.stdout.isTTY })
    const wide = Math.max(0, ...entries.map(({ name }) => name.length))
    return entries
      .map((entry) => TerminalLine.paint(PipelineWindow.entryLine(entry, { notes: new Map(), now }, wide), display))
      .join("\n")
  })

/**
 * Does what a flag asks of an engine instead of running: undefined when none does. The text is for standard output.
 */
export const inspected = (settings: Settings, workflow: Parameters<typeof Runs.cancel>[0]) =>
  Effect.gen(function* () {
    if (settings.list) {
      const runs = yield* Runs.list
      return runs.length === 0 ? "no runs" : TerminalTable.render(runs, runColumns, process.stdout.columns ?? 100)
    }
    if (settings.history) return yield* history(workflow, yield* named(settings, "--history"))
    if (settings.cancel) {
      const runId = yield* named(settings, "--cancel")
      yield* Runs.cancel(workflow, runId)
      // Its compensations are done by the engine of this process.
      const ended = yield* Effect.map(Runs.list, (runs) => runs.find((run) => run.runId === runId)).pipe(
        Effect.repeat({ while: (run) => run?.endedAt === null, schedule: Schedule.spaced("200 millis"), times: 50 })
      )
      return `${runId} ${ended === undefined ? "cancelled" : stateOf(ended)}`
    }
    return undefined
  })

/** How a run was left: with its result, or waiting for somebody's decision. */
export type Ended<A> =
  | { readonly _tag: "Ended"; readonly value: A }
  | { readonly _tag: "Undecided"; readonly decisions: ReadonlyArray<string> }

/** Runs a pipeline to its end and shows its steps; says how to go on when it stops before. */
export const run = <Tag extends string, P extends Runs.Payload, Success extends Schema.Top, Error extends Schema.Top>(
  settings: Settings,
  workflow: Runs.Pipeline<Tag, P, Success, Error>,
  payload: P["~type.make.in"] & { readonly runId: string },
  view: PipelineView.PipelineView
) =>
  Effect.gen(function* () {
    const { stderr, stdout } = process
    const { noColor = false } = settings
    const display = Display.detect({ env: process.env, isTerminal: stderr.isTTY, noColor })
    const runId = payload.runId
    const kept = settings.engine !== "memory"
    yield* Console.error(
      `run        ${runId}, kept in ${kept ? settings.engine.replace(/:\/\/[^@]*@/, "://") : "memory"}`
    )
    // The parts of a step, such as the looks of a sensor, are in --history.
    const known = Effect.flatMap(Runs.history(workflow, runId), (entries) =>
      view.history(entries.filter(({ name }) => !name.includes("/")))
    )
    const follow = known.pipe(Effect.ignore, Effect.repeat(Schedule.spaced("1 second")))
    const again = (error: unknown) =>
      Predicate.isTagged(error, "RunParked") && kept
        ? Console.error(`the same command with --run-id ${runId} goes on`)
        : Effect.void
    // A file belongs to one process: whoever decides needs it, so this one does not keep it while nobody has decided.
    const undecided = Effect.map(Runs.inspect(workflow, runId), ({ state }) =>
      state._tag === "Waiting" ? state.decisions : []
    ).pipe(
      Effect.orElseSucceed((): ReadonlyArray<string> => []),
      Effect.repeat({ until: (decisions) => decisions.length > 0, schedule: Schedule.spaced("500 millis") }),
      Effect.map((decisions): Ended<Success["Type"]> => ({ _tag: "Undecided", decisions }))
    )
    return yield* Runs.run(workflow, payload).pipe(
      Effect.map((value): Ended<Success["Type"]> => ({ _tag: "Ended", value })),
      Effect.raceFirst(settings.engine.startsWith("sqlite:") ? undecided : Effect.never),
      Effect.raceFirst(Effect.andThen(follow, Effect.never)),
      Effect.ensuring(Effect.ignore(known)),
      Effect.tapError(again),
      LiveWindow.show(view, { display, output: stderr, stdout })
    )
  })

/** What a workflow tells a view: provide it to the layer that registers the workflow. */
export const observed = (view: PipelineView.PipelineView) =>
  Layer.mergeAll(
    Layer.succeed(Step.Observer, view.observer),
    Layer.succeed(Tune.Observer, (step, { job, state }) =>
      view.note(step, { text: `${state}  job ${job.split("/").at(-1) ?? job}` })
    )
  )
