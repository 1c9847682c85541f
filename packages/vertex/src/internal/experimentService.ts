/** Experiments and runs over a metadata store: names, kinds, merging and the race for an etag. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Experiment, Experiments, Run, RunHandle, Values } from "../Experiments.ts"
import * as VertexError from "../VertexError.ts"
import * as experimentMetadata from "./experimentMetadata.ts"
import * as experimentName from "./experimentName.ts"
import { type Context, type Draft, type Filter, idOf, isSame, type Metadata } from "./metadataContext.ts"
import type { MetadataStore } from "./metadataStore.ts"

type Answer<A> = Effect.Effect<A, VertexError.VertexError>
type Change = (metadata: Metadata) => Metadata

const failure = (operation: string, target: string, reason: VertexError.Reason) =>
  new VertexError.VertexError({ operation, target, reason, billed: "no", attempts: [] })

/** Refuses before anything is sent. */
const refuseIf = (
  operation: string,
  target: string,
  description: string,
  violations: ReadonlyArray<experimentName.Violation>
): Answer<void> =>
  violations.length === 0
    ? Effect.void
    : Effect.fail(failure(operation, target, new VertexError.InvalidRequest({ description, violations })))

const notFound = (operation: string, id: string, what: string, { schemaTitle = "no kind" }: Context) => {
  const description = `the context of this name is of the kind ${schemaTitle}, not ${what}`
  return Effect.fail(failure(operation, id, new VertexError.NotFound({ resource: id, description, suggestions: [] })))
}

const conflict = (operation: string, id: string, description: string) =>
  Effect.fail(failure(operation, id, new VertexError.Conflict({ kind: "AlreadyExists", description })))

const isConflict = ({ reason }: VertexError.VertexError, kind: VertexError.Conflict["kind"]) =>
  reason._tag === "Conflict" && reason.kind === kind

const experimentOf = (context: Context): Experiment => ({
  name: idOf(context.name),
  resource: context.name,
  description: context.description ?? "",
  createTime: context.createTime,
  updateTime: context.updateTime
})

const runOf = (experiment: string, context: Context): Run => ({
  experiment,
  name: nameOfRun(experiment, context),
  resource: context.name,
  state: experimentMetadata.stateOf(context.metadata),
  params: experimentMetadata.section(context.metadata, "_params"),
  metrics: experimentMetadata.section(context.metadata, "_metrics"),
  createTime: context.createTime,
  updateTime: context.updateTime
})

/** A run that another tool linked to the experiment may have an id of another form. */
const nameOfRun = (experiment: string, { displayName, name }: Context): string => {
  const id = idOf(name)
  return id.startsWith(`${experiment}-`) ? id.slice(experiment.length + 1) : (displayName ?? id)
}

/** Whether a change is already there. To be asked of what was just read: an older reading does not know what others wrote. */
const isDone = ({ metadata = {} }: Context, change: Change): boolean => change(metadata) === metadata

/** Retries after the first attempt to write, as many as Google's SDK makes. */
const retries = 5

/** Makes the service. Stores are regional: `location` is refused at each call when it is no region. */
export const make = (
  store: MetadataStore,
  { location, project }: { readonly location: string; readonly project: string | undefined }
): Experiments["Service"] => {
  const misplaced: ReadonlyArray<experimentName.Violation> = [
    ...(project === undefined ? [{ field: "project", description: "experiments belong to a project" }] : []),
    ...(/^[a-z]+(-[a-z]+)+[0-9]+$/.test(location)
      ? []
      : [
          {
            field: "location",
            description: `"${location}" has no ML Metadata, only regions have: Experiments.layerIn("us-central1")`
          }
        ])
  ]
  const check = (operation: string, experiment: string, run?: string): Answer<void> =>
    refuseIf(operation, run === undefined ? experiment : `${experiment}/${run}`, "nothing was sent", [
      ...misplaced,
      ...experimentName.violations(experiment, run)
    ])

  const checkSize = (operation: string, id: string, metadata: Metadata) =>
    refuseIf(operation, id, "it is too large, and nothing was sent", experimentMetadata.tooLarge(metadata))

  const getExperiment = (operation: string, name: string): Answer<Context> =>
    Effect.flatMap(store.get(operation, name), (context) =>
      context.schemaTitle === experimentMetadata.experimentSchema
        ? Effect.succeed(context)
        : notFound(operation, name, "an experiment", context)
    )

  const getRun = (operation: string, experiment: string, run: string): Answer<Context> => {
    const id = experimentName.idOfRun(experiment, run)
    return Effect.flatMap(store.get(operation, id), (context) =>
      context.schemaTitle === experimentMetadata.runSchema
        ? Effect.succeed(context)
        : notFound(operation, id, "an experiment run", context)
    )
  }

  /** Creates a context, or reads the one that is there already, be it from an earlier attempt of this very call. */
  const createOrGet = (operation: string, id: string, draft: Draft) =>
    store.create(operation, id, draft).pipe(
      Effect.map((context) => ({ context, isNew: true })),
      Effect.catch((error) =>
        isConflict(error, "AlreadyExists")
          ? Effect.map(store.get(operation, id), (context) => ({ context, isNew: false }))
          : Effect.fail(error)
      )
    )

  /** Writes a change; when somebody else wrote meanwhile, reads what they wrote and changes that. */
  const write = (operation: string, context: Context, change: Change, retried = 0): Answer<Context> => {
    const id = idOf(context.name)
    const metadata = change(context.metadata ?? {})
    return Effect.andThen(checkSize(operation, id, metadata), store.update(operation, { ...context, metadata })).pipe(
      Effect.catch((error) => {
        if (retried >= retries || !isConflict(error, "Aborted")) return Effect.fail(error)
        return Effect.flatMap(Random.next, (random) => {
          // The first time at once; then apart from the others that were too late.
          const wait = retried === 0 ? 0 : random * 50 * 2 ** retried
          const fresh = store.get(operation, id)
          return Effect.flatMap(wait === 0 ? fresh : Effect.delay(fresh, wait), (fresh) =>
            // An attempt may have been written although its answer was lost.
            isDone(fresh, change) ? Effect.succeed(fresh) : write(operation, fresh, change, retried + 1)
          )
        })
      })
    )
  }

  /** A run in hand. It remembers the last etag, so that a write needs no reading unless somebody else writes, too. */
  const handleOf = (experiment: string, name: string, context: Context) => {
    const target = `${experiment}/${name}`
    const turn = Semaphore.makeUnsafe(1)
    let latest = context
    const apply = (operation: string, change: Change): Answer<Context> =>
      turn.withPermit(
        Effect.suspend(() =>
          Effect.map(write(operation, latest, change), (written) => {
            latest = written
            return written
          })
        )
      )
    const log = (operation: string, key: experimentMetadata.Section, values: Values): Answer<void> =>
      Effect.suspend(() => {
        const violations = experimentMetadata.violations(key.slice(1), values)
        return Effect.andThen(
          refuseIf(operation, target, "nothing was sent", violations),
          Effect.asVoid(apply(operation, experimentMetadata.merge(key, values)))
        )
      })
    const handle: RunHandle = {
      experiment,
      name,
      resource: context.name,
      logParams: (params) => log("experiments.logParams", "_params", params),
      logMetrics: (metrics) => log("experiments.logMetrics", "_metrics", metrics),
      end: (state = "COMPLETE") =>
        Effect.map(apply("experiments.endRun", experimentMetadata.setState(state)), (context) =>
          runOf(experiment, context)
        )
    }
    return { handle, apply }
  }

  const isRunOf = (experiment: Context, name: string, { displayName, parentContexts = [], schemaTitle }: Context) =>
    schemaTitle === experimentMetadata.runSchema &&
    // "a-b" has a run "c" and "a" a run "b-c": one id, two runs.
    (parentContexts.length === 0
      ? displayName === name
      : parentContexts.some((parent) => isSame(parent, experiment.name)))

  const startRun = Effect.fnUntraced(function* (experiment: string, run: string, params: Values) {
    const operation = "experiments.startRun"
    const target = `${experiment}/${run}`
    const id = experimentName.idOfRun(experiment, run)
    yield* check(operation, experiment, run)
    yield* refuseIf(operation, target, "nothing was sent", experimentMetadata.violations("params", params))
    const draft = experimentMetadata.draftOfRun(run, params)
    yield* checkSize(operation, target, draft.metadata)
    const parent = yield* getExperiment(operation, experiment)
    const { context, isNew } = yield* createOrGet(operation, id, draft)
    if (!isNew && !isRunOf(parent, run, context)) {
      const taken = `${context.schemaTitle} ${JSON.stringify(context.displayName ?? "")}`
      return yield* conflict(operation, id, `the id of this run is taken by ${taken}. Choose another name.`)
    }
    yield* store.link(operation, parent, context)
    const { apply, handle } = handleOf(experiment, run, context)
    if (!isNew) {
      const logged = experimentMetadata.merge("_params", params)
      const running = experimentMetadata.setState("RUNNING")
      const goOn: Change = (metadata) => running(logged(metadata))
      if (!isDone(context, goOn)) yield* apply(operation, goOn)
    }
    return handle
  })

  const pages = (operation: string, filter: Filter): Stream.Stream<Context, VertexError.VertexError> =>
    Stream.paginate<string | undefined, Context, VertexError.VertexError>(undefined, (token) =>
      Effect.flatMap(store.list(operation, filter, token), ({ contexts = [], nextPageToken }) => {
        const next = nextPageToken === undefined || nextPageToken === "" ? undefined : nextPageToken
        if (next !== undefined && next === token) {
          const description = "the list answers the same page again"
          const reason = new VertexError.MalformedResponse({ where: "nextPageToken", description })
          return Effect.fail(failure(operation, filter.schemaTitle, reason))
        }
        return Effect.succeed([contexts, Option.fromUndefinedOr(next)] as const)
      })
    )

  const runsOf = (operation: string, experiment: Context) =>
    pages(operation, { schemaTitle: experimentMetadata.runSchema, parent: experiment.name })

  /** A kind was seen under this id: that it is gone now is what was asked for. */
  const remove = (operation: string, id: string): Answer<void> =>
    Effect.catchReason(store.remove(operation, id), "VertexError", "NotFound", () => Effect.void)

  const deleteExperiment = Effect.fnUntraced(function* (experiment: string) {
    const operation = "experiments.delete"
    yield* check(operation, experiment)
    const context = yield* getExperiment(operation, experiment)
    // Ids first, runs after: a page token may not outlive a deletion.
    const runs = yield* runsOf(operation, context).pipe(
      Stream.filter(({ parentContexts = [] }) => parentContexts.length < 2),
      Stream.map(({ name }) => idOf(name)),
      Stream.runCollect
    )
    yield* Effect.forEach(runs, (id) => remove(operation, id), { concurrency: 8, discard: true })
    yield* remove(operation, experiment)
  })

  return {
    create: Effect.fnUntraced(function* (experiment, options = {}) {
      const operation = "experiments.create"
      yield* check(operation, experiment)
      yield* store.ready(operation)
      const draft = experimentMetadata.draftOfExperiment(experiment, options.description)
      const { context } = yield* createOrGet(operation, experiment, draft)
      if (context.schemaTitle === experimentMetadata.experimentSchema) return experimentOf(context)
      const taken = `a context of the kind ${context.schemaTitle ?? "(none)"}`
      return yield* conflict(operation, experiment, `the name is taken by ${taken}. Choose another name.`)
    }),
    get: (experiment) =>
      Effect.andThen(
        check("experiments.get", experiment),
        Effect.map(getExperiment("experiments.get", experiment), experimentOf)
      ),
    list: Stream.unwrap(
      Effect.as(
        refuseIf("experiments.list", location, "nothing was sent", misplaced),
        pages("experiments.list", { schemaTitle: experimentMetadata.experimentSchema })
      )
    ).pipe(Stream.map(experimentOf)),
    delete: deleteExperiment,
    startRun: (experiment, run, options = {}) => startRun(experiment, run, options.params ?? {}),
    getRun: (experiment, run) =>
      Effect.andThen(
        check("experiments.getRun", experiment, run),
        Effect.map(getRun("experiments.getRun", experiment, run), (context) => runOf(experiment, context))
      ),
    listRuns: (experiment) =>
      Stream.unwrap(
        Effect.andThen(
          check("experiments.listRuns", experiment),
          Effect.map(getExperiment("experiments.listRuns", experiment), (context) =>
            runsOf("experiments.listRuns", context)
          )
        )
      ).pipe(Stream.map((context) => runOf(experiment, context))),
    deleteRun: Effect.fnUntraced(function* (experiment, run) {
      const operation = "experiments.deleteRun"
      yield* check(operation, experiment, run)
      const context = yield* getRun(operation, experiment, run)
      yield* remove(operation, idOf(context.name))
    })
  }
}
