/** Reads the runs of an engine from the tables of effect/cluster, and keeps a log beside them. */
import { hostname } from "node:os"
import process from "node:process"
import * as Release from "@genops/core/Release"
import * as Snowflake from "effect/cluster/Snowflake"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { StoreUnusable } from "../EngineError.ts"
import * as Migrations from "./engineMigrations.ts"
import * as Reply from "./engineReply.ts"
import * as Run from "./engineRun.ts"
import type { Journal, Store, StoredRun, Trail } from "./engineStore.ts"

const clockType = "Workflow/-/DurableClock"
const typePrefix = "Workflow/"

interface MessageRow {
  readonly id: string
  readonly type: string
  readonly entity: string
  readonly tag: string
  readonly payload: string
  readonly reply_id: string | null
  readonly reply: string | null
}

interface EventRow {
  readonly kind: string
  readonly at: string
  readonly name: string | null
  readonly detail: string | null
}

const Payload = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json))
const Activity = Schema.fromJsonString(Schema.Struct({ name: Schema.String }))
const Sleep = Schema.fromJsonString(Schema.Struct({ name: Schema.String, wakeUp: Schema.Finite }))
const Loss = Schema.fromJsonString(Schema.toCodecJson(Run.Loss))
const Mark = Schema.fromJsonString(Schema.toCodecJson(Run.Mark))

const timeOf = (id: string): number => Snowflake.timestamp(Snowflake.Snowflake(id))
const timeOrNull = (id: string | null) => (id === null ? null : timeOf(id))
const outcomeOf = (reply: string | null) => Option.flatMap(Option.fromNullOr(reply), Reply.fromText)

const runOf = (row: MessageRow): StoredRun => {
  const outcome = outcomeOf(row.reply)
  const isEnded = Option.exists(outcome, ({ _tag }) => _tag !== "Suspended" && _tag !== "Parked")
  const payload = Object.entries(Option.getOrElse(Schema.decodeOption(Payload)(row.payload), () => ({})))
  return {
    workflow: row.type.slice(typePrefix.length),
    executionId: row.entity,
    // effect/cluster adds the run's parent under a name of its own.
    payload: Object.fromEntries(payload.filter(([key]) => !key.startsWith("~effect/"))),
    startedAt: timeOf(row.id),
    endedAt: isEnded ? timeOrNull(row.reply_id) : null,
    outcome
  }
}

const trailOf = (messages: ReadonlyArray<MessageRow>, events: ReadonlyArray<EventRow>): Trail => {
  const decisions = new Map(
    messages.flatMap((row) => {
      if (row.tag !== "deferred") return []
      const { name } = Schema.decodeSync(Activity)(row.payload)
      return [[name, timeOf(row.id)] as const]
    })
  )
  const logged = (kind: string) => events.filter((event) => event.kind === kind)
  return {
    entries: [
      ...messages.flatMap((row): Trail["entries"] => {
        const startedAt = timeOf(row.id)
        const endedAt = timeOrNull(row.reply_id)
        if (row.type === clockType) {
          const { name, wakeUp } = Schema.decodeSync(Sleep)(row.payload)
          return [{ _tag: "Clock", name, startedAt, until: wakeUp, endedAt }]
        }
        if (row.tag !== "activity") return []
        const { name } = Schema.decodeSync(Activity)(row.payload)
        return [{ _tag: "Activity", name, startedAt, endedAt, outcome: outcomeOf(row.reply) }]
      }),
      ...[
        ...new Map(
          logged("awaits")
            .toReversed()
            .map(({ at, name }) => [name ?? "", Number(at)])
        )
      ].map(([name, startedAt]) => ({
        _tag: "Decision" as const,
        name,
        startedAt,
        endedAt: decisions.get(name) ?? null
      }))
    ],
    failures: logged("failed").map(({ at, detail, name }) => ({
      step: name,
      at: Number(at),
      ...Schema.decodeSync(Loss)(detail ?? "")
    })),
    begun: logged("begun").map(({ at }) => Number(at)),
    isCancelled: decisions.has("Workflow/InterruptSignal")
  }
}

const marksOf = (events: ReadonlyArray<EventRow>): Run.Run["marks"] =>
  new Map(
    events.flatMap(({ detail, kind, name }) =>
      kind === "marked" && name !== null ? [[name, Schema.decodeSync(Mark)(detail ?? "")] as const] : []
    )
  )

/** Asks for the outcome of a run; many that are asked for at once are one query. */
class Outcome extends Request.TaggedClass("Outcome")<
  { readonly executionId: string; readonly type: string },
  Option.Option<Reply.Outcome>,
  SqlError
> {}

const mostAtOnce = 1000

/** Milliseconds between two looks at a run that is waited for: at first, and at most. */
const impatient = 25
const mostPatient = 1000

export interface Options {
  readonly place: string
  readonly prefix: string
}

export const make = ({ place, prefix }: Options): Effect.Effect<Store & Journal, never, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { events, messages, replies } = Migrations.tablesOf(prefix)
    const columns = sql.literal(
      "CAST(m.id AS TEXT) AS id, m.entity_type AS type, m.entity_id AS entity, m.tag, m.payload, CAST(r.id AS TEXT) AS reply_id, r.payload AS reply"
    )
    const joined = sql`${sql(messages)} m LEFT JOIN ${sql(replies)} r ON r.id = m.last_reply_id`

    const unusable = (error: SqlError) =>
      new StoreUnusable({
        place,
        reason: Run.reasonOf(error.reason.cause).message,
        advice: "What was recorded is safe. Try again when it can be reached."
      })
    // As the engine does: a connection that broke is no reason to give up.
    const read = <A>(query: Effect.Effect<A, SqlError>): Effect.Effect<A, StoreUnusable> =>
      query.pipe(Effect.retry({ times: 3, schedule: Schedule.exponential("250 millis") }), Effect.mapError(unusable))

    const find: Store["find"] = (workflow, executionId) =>
      read(sql<MessageRow>`SELECT ${columns} FROM ${joined}
        WHERE m.entity_id = ${executionId} AND m.entity_type = ${typePrefix + workflow} AND m.tag = 'run'`).pipe(
        Effect.map(([row]) => Option.map(Option.fromNullishOr(row), runOf))
      )

    const list: Store["list"] = read(sql<MessageRow>`SELECT ${columns} FROM ${joined}
      WHERE m.tag = 'run' AND m.entity_type <> ${clockType} ORDER BY m.id`).pipe(
      Effect.map((rows) => rows.filter(({ type }) => type.startsWith(typePrefix)).map(runOf))
    )

    const eventsOf = (executionId: string) =>
      sql<EventRow>`SELECT kind, CAST(at AS TEXT) AS at, name, detail FROM ${sql(events)}
        WHERE execution_id = ${executionId} ORDER BY id`

    const trail: Store["trail"] = (workflow, executionId) =>
      read(
        Effect.all([
          sql<MessageRow>`SELECT ${columns} FROM ${joined}
            WHERE m.entity_id = ${executionId} AND m.entity_type IN ${sql.in([typePrefix + workflow, clockType])} ORDER BY m.id`,
          eventsOf(executionId)
        ])
      ).pipe(Effect.map(([rows, log]) => trailOf(rows, log)))

    const outcomes = RequestResolver.make<Outcome>((entries) =>
      Effect.gen(function* () {
        const ids = entries.map(({ request }) => request.executionId)
        const rows = yield* sql<Pick<MessageRow, "type" | "entity" | "reply">>`
          SELECT m.entity_type AS type, m.entity_id AS entity, r.payload AS reply FROM ${joined}
          WHERE m.tag = 'run' AND m.entity_id IN ${sql.in(ids)}`
        const replies = new Map(rows.map(({ entity, reply, type }) => [`${type}/${entity}`, reply]))
        for (const entry of entries) {
          const { executionId, type } = entry.request
          entry.completeUnsafe(Exit.succeed(outcomeOf(replies.get(`${type}/${executionId}`) ?? null)))
        }
      })
    ).pipe(RequestResolver.batchN(mostAtOnce))

    /** Sleeps until the next multiple of the pause, so that all who wait look at the same time. */
    const pause = (millis: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(millis - (now % millis)))

    /** Done when the body of a run that is waited for ends in this process. */
    const endings = new Map<string, Deferred.Deferred<void>>()
    const ending = (executionId: string) => {
      const known = endings.get(executionId) ?? Deferred.makeUnsafe<void>()
      endings.set(executionId, known)
      return known
    }

    const settled: Store["settled"] = ({ _tag }, { executionId }) =>
      Effect.gen(function* () {
        const outcome = Effect.request(new Outcome({ executionId, type: typePrefix + _tag }), outcomes)
        let millis = impatient
        while (true) {
          const ended = ending(executionId)
          const found = yield* outcome
          if (Option.exists(found, ({ _tag }) => _tag !== "Suspended")) return
          yield* Effect.raceFirst(pause(millis), Deferred.await(ended))
          // The end of a body is not recorded yet.
          millis = Deferred.isDoneUnsafe(ended) ? impatient : Math.min(millis * 2, mostPatient)
        }
      }).pipe(
        Effect.ensuring(Effect.sync(() => endings.delete(executionId))),
        // The run itself outlives a server that restarts, and so does who waits for it.
        Effect.retry({
          schedule: Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("10 seconds")]).pipe(
            Schedule.upTo({ duration: "5 minutes" })
          )
        }),
        Effect.mapError(unusable)
      )

    const keep = (executionId: string, kind: string, name: string | null, detail: string | null) =>
      Effect.gen(function* () {
        const at = yield* Clock.currentTimeMillis
        yield* sql`INSERT INTO ${sql(events)} ${sql.insert({ execution_id: executionId, kind, at, name, detail })}`
      })
    const once = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A> =>
      effect.pipe(
        Effect.retry(Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")])),
        Effect.orDie
      )

    const thisProcess = JSON.stringify({ release: Release.version, host: hostname(), pid: process.pid })
    /** The runs that this process has at hand: it does not take them up again when it replays them. */
    const mine = new Set<string>()
    const begun: Journal["begun"] = (executionId) =>
      once(
        Effect.gen(function* () {
          if (!mine.has(executionId)) yield* keep(executionId, "begun", null, thisProcess)
          mine.add(executionId)
          const log = yield* eventsOf(executionId)
          return { failures: trailOf([], log).failures, marks: marksOf(log) }
        })
      )
    const left: Journal["left"] = (executionId) =>
      Effect.suspend(() => {
        mine.delete(executionId)
        const ended = endings.get(executionId)
        endings.delete(executionId)
        return ended === undefined ? Effect.void : Deferred.succeed(ended, undefined)
      })
    const failed: Journal["failed"] = (executionId, { step, ...loss }) =>
      once(keep(executionId, "failed", step, Schema.encodeSync(Loss)(loss)))
    const marked: Journal["marked"] = (executionId, step, mark) =>
      once(
        Effect.gen(function* () {
          const detail = Schema.encodeSync(Mark)(mark)
          const at = yield* Clock.currentTimeMillis
          const before = yield* sql`UPDATE ${sql(events)} SET at = ${at}, detail = ${detail}
            WHERE execution_id = ${executionId} AND kind = 'marked' AND name = ${step} RETURNING id`
          if (before.length === 0) yield* keep(executionId, "marked", step, detail)
        })
      )
    const awaits: Journal["awaits"] = (executionId, name) =>
      once(
        Effect.flatMap(eventsOf(executionId), (log) =>
          log.some((event) => event.kind === "awaits" && event.name === name)
            ? Effect.void
            : keep(executionId, "awaits", name, null)
        )
      )

    return { place, find, list, trail, settled, begun, failed, marked, left, awaits }
  })
