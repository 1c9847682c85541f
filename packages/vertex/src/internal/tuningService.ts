/** Tuning over a store of jobs: what is refused before sending, pages, and waiting. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { Tuning } from "../Tuning.ts"
import * as TuningFailed from "../TuningFailed.ts"
import * as TuningJob from "../TuningJob.ts"
import { TuningUnfinished } from "../TuningUnfinished.ts"
import * as VertexError from "../VertexError.ts"
import * as tuningRequest from "./tuningRequest.ts"
import type { TuningStore } from "./tuningStore.ts"

type Answer<A> = Effect.Effect<A, VertexError.VertexError>

const fullName = /^projects\/[A-Za-z0-9][\w.:-]*\/locations\/[a-z][a-z0-9-]*\/tuningJobs\/[A-Za-z0-9_-]+$/

/** Outages of the service that a wait of hours outlives, each as long as an interval at least. */
const outages = 5

/** Makes the service. A place outside the regions is refused at each call, with nothing sent. */
export const make = (
  store: TuningStore,
  { location, project }: { readonly project: string | undefined; readonly location: string }
): Tuning["Service"] => {
  const parent = `projects/${project ?? ""}/locations/${location}`

  const refuse = (
    operation: string,
    target: string,
    description: string,
    violations: ReadonlyArray<tuningRequest.Violation> = []
  ) => {
    const reason = new VertexError.InvalidRequest({ description, violations })
    return Effect.fail(new VertexError.VertexError({ operation, target, reason, billed: "no", attempts: [] }))
  }

  const checkPlace = (operation: string): Answer<void> => {
    if (project === undefined) return refuse(operation, location, "tuning needs a project; express mode has none")
    return ["global", "us", "eu"].includes(location)
      ? refuse(operation, parent, `tuning exists in regions only, not in ${location}: use layerIn("us-central1")`)
      : Effect.void
  }

  /** A full name decides by itself where it is; an id is looked for here. */
  const named = <A, E>(operation: string, name: string, use: (name: string) => Effect.Effect<A, E>) => {
    if (fullName.test(name)) return use(name)
    if (/^[A-Za-z0-9_-]{1,128}$/.test(name)) {
      return Effect.andThen(
        checkPlace(operation),
        Effect.suspend(() => use(`${parent}/tuningJobs/${name}`))
      )
    }
    const shown = JSON.stringify(name.slice(0, 120))
    return refuse(operation, parent, `${shown} names no job. Write projects/…/locations/…/tuningJobs/ID.`)
  }

  const get = (name: string) =>
    named("tuningJobs.get", name, (name) => Effect.map(store.get(name), (body) => new TuningJob.TuningJob(body)))

  const cancel = (name: string) => named("tuningJobs.cancel", name, store.cancel)

  const list: Tuning["Service"]["list"] = ({ filter, pageSize = 100 } = {}) =>
    Stream.paginate<string | undefined, TuningJob.TuningJob, VertexError.VertexError>(undefined, (pageToken) =>
      Effect.gen(function* () {
        yield* checkPlace("tuningJobs.list")
        const { nextPageToken = "", tuningJobs = [] } = yield* store.list({ filter, pageSize, pageToken })
        if (nextPageToken !== "" && nextPageToken === pageToken) {
          const description = "the list answers the same page again"
          const reason = new VertexError.MalformedResponse({ where: "nextPageToken", description })
          const failed = { operation: "tuningJobs.list", target: parent, billed: "no", attempts: [] } as const
          return yield* Effect.fail(new VertexError.VertexError({ ...failed, reason }))
        }
        const jobs = tuningJobs.map((body) => new TuningJob.TuningJob(body))
        return [jobs, nextPageToken === "" ? Option.none<string>() : Option.some(nextPageToken)] as const
      })
    )

  return {
    location,
    create: Effect.fnUntraced(function* (request) {
      const operation = "tuningJobs.create"
      yield* checkPlace(operation)
      const violations = tuningRequest.violations(request)
      if (violations.length > 0) yield* refuse(operation, parent, "nothing was sent", violations)
      return new TuningJob.TuningJob(yield* store.create(tuningRequest.bodyOf(request)))
    }),
    get,
    list,
    findByLabel: Effect.fnUntraced(function* (key, value) {
      const violations = [...tuningRequest.labelViolations([[key, value]])]
      if (violations.length > 0) yield* refuse("tuningJobs.list", parent, "nothing was sent", violations)
      const found = yield* list().pipe(
        Stream.filter(({ labels }) => Object.hasOwn(labels, key) && labels[key] === value),
        Stream.runCollect
      )
      return found.toSorted((one, other) => created(other) - created(one))
    }),
    cancel,
    wait: Effect.fnUntraced(function* (job, options = {}) {
      const { cancelOnInterrupt = false, interval = "1 minute", timeout } = options
      const name = typeof job === "string" ? job : job.name
      const started = yield* Clock.currentTimeMillis
      const pace = Schedule.spaced(interval)
      let state = typeof job === "string" ? "" : job.state
      const look = get(name).pipe(
        Effect.retry({ while: (error) => error.isRetryable, schedule: pace, times: outages }),
        Effect.tap((seen) =>
          Effect.sync(() => {
            state = seen.state
          })
        )
      )
      const ended = Effect.repeat(look, { until: ({ isTerminal }) => isTerminal, schedule: pace }).pipe(
        Effect.onInterrupt(() => (cancelOnInterrupt ? Effect.ignore(cancel(name)) : Effect.void))
      )
      const bounded =
        timeout === undefined
          ? ended
          : Effect.timeoutOrElse(ended, {
              duration: timeout,
              orElse: () =>
                Effect.flatMap(Clock.currentTimeMillis, (now) => {
                  const waited = Duration.format(Duration.millis(now - started))
                  return Effect.fail(new TuningUnfinished({ job: name, state, waited }))
                })
            })
      return yield* Effect.fromResult(TuningFailed.check(yield* bounded))
    })
  }
}

const created = ({ createTime = "" }: TuningJob.TuningJob): number => Date.parse(createTime) || 0
