/** The engine in PostgreSQL: the suites of all engines, what is refused before anything is run, and several runners. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert } from "@effect/vitest"
import * as Engine from "@genops/pipelines/Engine"
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as Workflow from "effect/workflow/Workflow"
import { describe, it } from "@effect/vitest"
import type { Subject } from "../../packages/pipelines/test/EngineSubject.ts"
import { looks } from "../../packages/pipelines/test/EngineView.ts"
import * as RunsContract from "../../packages/pipelines/test/RunsContract.ts"
import * as StepContract from "../../packages/pipelines/test/StepContract.ts"
import * as Postgres from "./Postgres.ts"
import * as PostgresServer from "./PostgresServer.ts"

const subject: Subject<Postgres.Postgres> = {
  name: "PostgreSQL",
  isDurable: true,
  store: Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) =>
    Effect.map(makeDatabase, (url) => Engine.layerPostgres({ url }))
  )
}

const Count = Workflow.make("Count", {
  payload: { runId: Schema.String },
  success: Schema.Int,
  error: Step.StepChanged,
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

PostgresServer.describeWhereAvailable("PostgreSQL", () => {
  const { provide } = PostgresServer.make()
  RunsContract.suite(subject, provide)
  StepContract.suite(subject, provide)

  const test = (what: string, body: Effect.Effect<void, unknown, Postgres.Postgres>) =>
    it.live(what, () => Effect.scoped(provide(body)))
  const errorOf = (url: string) =>
    Effect.flip(Effect.scoped(Layer.build(Engine.layerPostgres({ url: Redacted.make(url) }))))

  describe("the engine in PostgreSQL", () => {
    const secret = "hunter2"
    for (const [what, urlOf, message] of [
      [
        "a wrong password",
        (port: number) => `postgres://postgres:${secret}@127.0.0.1:${port}/postgres`,
        /^postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres cannot be used: password authentication failed for user "postgres"\.\n {2}Look at the user and the password in the URL\. Nothing was run\.$/
      ],
      [
        "a database that is not there",
        (port: number) => `postgres://postgres:correct%20horse@127.0.0.1:${port}/${secret}s`,
        /database "hunter2s" does not exist/
      ],
      [
        "a server that is not there",
        () => `postgres://postgres:${secret}@127.0.0.1:1/postgres`,
        /ECONNREFUSED.*\n {2}Look at the URL, and whether the server runs and can be reached from here\./
      ],
      ["another server", () => `mysql://root:${secret}@127.0.0.1/mysql`, /Unsupported connection URL protocol/],
      ["no URL", () => `${secret} of mine`, /^The PostgreSQL URL cannot be used: Invalid URL/]
    ] as const) {
      test(
        `refuses ${what}, and keeps the password to itself`,
        Effect.gen(function* () {
          const { port } = yield* Postgres.Postgres
          const error = yield* errorOf(urlOf(port))
          assert.strictEqual(error._tag, "StoreUnusable")
          assert.match(error.message, message)
          if (!what.includes("database")) assert.notInclude(JSON.stringify(error) + String(error.stack), secret)
        })
      )
    }

    test(
      "refuses a name for its tables that is none",
      Effect.gen(function* () {
        const url = Redacted.make("postgres://127.0.0.1/postgres")
        const error = yield* Effect.flip(
          Effect.scoped(Layer.build(Engine.layerPostgres({ url, namespace: 'x"; DROP TABLE y' })))
        )
        assert.include(error.message, "lower-case letters, digits and _")
      })
    )

    test(
      "refuses a user who may not make the tables, and takes one who finds them",
      Effect.gen(function* () {
        const { makeDatabase } = yield* Postgres.Postgres
        const url = yield* makeDatabase
        const sql = <A, E>(run: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
          Effect.provide(Effect.flatMap(SqlClient.SqlClient, run), PgClient.layer({ url }))
        yield* sql((sql) => sql`CREATE ROLE clerk LOGIN PASSWORD 'ink'`)
        const clerk = Redacted.value(url).replace(/\/\/.*@/, "//clerk:ink@")
        const error = yield* errorOf(clerk)
        assert.match(
          error.message,
          /permission denied for schema public\.\n {2}The user must be allowed to create tables/
        )
        yield* Effect.scoped(Layer.build(Engine.layerPostgres({ url })))
        yield* sql((sql) => sql`GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk`)
        yield* sql((sql) => sql`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO clerk`)
        yield* Effect.scoped(Layer.build(Engine.layerPostgres({ url: Redacted.make(clerk) })))
      })
    )

    test(
      "refuses tables of a newer version",
      Effect.gen(function* () {
        const url = yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase)
        yield* Effect.scoped(Layer.build(Engine.layerPostgres({ url })))
        yield* Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`INSERT INTO genops_migrations (migration_id, name) VALUES (99, 'newer')`
        ).pipe(Effect.provide(PgClient.layer({ url })))
        const error = yield* errorOf(Redacted.value(url))
        assert.strictEqual(error._tag, "StoreIncompatible")
        assert.include(error.message, "it has messages 99, this program knows messages 3")
      })
    )

    test(
      "keeps the runs of another namespace apart",
      Effect.gen(function* () {
        const url = yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase)
        const counted = (namespace: string, value: number) =>
          Effect.provide(
            Runs.run(Count, { runId: "run" }),
            Layer.provideMerge(
              Count.toLayer(() => Effect.succeed(value)),
              Engine.layerPostgres({ url, namespace })
            )
          )
        const counts = yield* Effect.all([counted("first", 1), counted("second", 2)], { concurrency: 2 })
        assert.deepStrictEqual(counts, [1, 2])
      })
    )

    test(
      "gives its result to callers on several runners that begin at the same time on an empty database",
      Effect.gen(function* () {
        const url = yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase)
        let ran = 0
        const body = Step.make({ name: "count", success: Schema.Int, execute: Effect.sync(() => ++ran) })
        const runner = Effect.forEach(["a", "b", "c", "d", "e", "f"], (runId) => Runs.run(Count, { runId }), {
          concurrency: "unbounded"
        }).pipe(
          Effect.provide(
            Layer.provideMerge(
              Count.toLayer(() => body),
              Layer.fresh(Engine.layerPostgres({ url }))
            )
          )
        )
        const results = yield* Effect.all([runner, runner, runner], { concurrency: 3 })
        assert.deepStrictEqual(results[0]?.toSorted(), [1, 2, 3, 4, 5, 6])
        assert.deepStrictEqual([results[1], results[2], ran], [results[0], results[0], 6])
      })
    )

    test(
      "takes up no run when it shall only look",
      Effect.gen(function* () {
        const url = yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase)
        yield* looks((options) => Engine.layerPostgres({ url, ...options }))
      })
    )

    test(
      "cancels and resumes runs of other runners",
      Effect.gen(function* () {
        const url = yield* Effect.flatMap(Postgres.Postgres, ({ makeDatabase }) => makeDatabase)
        let broken = true
        const body = Effect.gen(function* () {
          yield* Step.make({
            name: "try",
            success: Schema.Null,
            execute: Effect.suspend(() => (broken ? Effect.die(new Error("broken")) : Effect.succeed(null)))
          })
          yield* Step.sleep({ name: "long", duration: "1 hour" })
          return 1
        })
        const runner = Layer.fresh(
          Layer.provideMerge(
            Count.toLayer(() => body),
            Engine.layerPostgres({ url })
          )
        )
        const ids = ["a", "b", "c", "d"]
        const states = Effect.forEach(ids, (id) => Effect.map(Runs.inspect(Count, id), ({ state }) => state._tag))
        const all = (tag: Runs.State["_tag"]) =>
          Effect.repeat(Effect.delay(states, "100 millis"), { until: (tags) => tags.every((found) => found === tag) })
        const first = Effect.gen(function* () {
          yield* Effect.forEach(ids, (runId) => Runs.start(Count, { runId }), { discard: true })
          yield* all("Cancelled")
        })
        const second = Effect.gen(function* () {
          yield* Effect.sleep("1 second")
          yield* all("Parked")
          broken = false
          yield* Effect.forEach(ids, (id) => Runs.resume(Count, id))
          yield* all("Waiting")
          yield* Effect.forEach(ids, (id) => Runs.cancel(Count, id))
          yield* all("Cancelled")
        })
        yield* Effect.all([Effect.provide(first, runner), Effect.provide(second, runner)], { concurrency: 2 })
      })
    )
  })
})
