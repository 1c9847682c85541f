import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Redacted from "effect/Redacted"
import * as Engine from "@genops/pipelines/Engine"
import * as Runs from "@genops/pipelines/Runs"
import * as Step from "@genops/pipelines/Step"
import * as Workflow from "effect/workflow/Workflow"
import * as SqlClient from "effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "../../test/durable/Postgres.ts"
const Steps = Workflow.make("Steps", { payload: { runId: Schema.String, count: Schema.Int, concurrency: Schema.Int }, success: Schema.Int, error: Step.StepChanged, idempotencyKey: ({ runId }) => runId }).annotate(Workflow.SuspendOnFailure, true)
const Live = Steps.toLayer(({ concurrency, count }) => Effect.map(Effect.forEach(Array.from({ length: count }, (_, i) => i), (i) => Step.make({ name: `step/${i}`, success: Schema.Int, execute: Effect.succeed(i) }), { concurrency }), (r) => r.length))
await Effect.runPromise(Effect.scoped(Effect.gen(function*(){
  const pg = (yield* Postgres.start({ fsync: true }))!; const url = yield* pg.makeDatabase
  const sql = <A>(f: (sql: SqlClient.SqlClient) => Effect.Effect<A, any>) => Effect.provide(Effect.flatMap(SqlClient.SqlClient, f), PgClient.layer({ url }))
  yield* Effect.gen(function*(){
    for (let i = 0; i < 3; i++) { const t = performance.now(); yield* Runs.run(Steps, { runId: "w" + i, count: 1000, concurrency: 1 }); console.log(((performance.now() - t)/1000).toFixed(2)) }
    yield* sql((sql) => sql`ALTER SYSTEM SET log_statement = 'all'`)
    yield* sql((sql) => sql`select pg_reload_conf()`)
  }).pipe(Effect.provide(Layer.provideMerge(Live, Engine.layerPostgres({ url }))))
  yield* Effect.gen(function*(){ yield* Effect.sleep("2 seconds"); console.log("BEGIN"); yield* Runs.run(Steps, { runId: "x", count: 3, concurrency: 1 }) ; console.log("END")
  }).pipe(Effect.provide(Layer.provideMerge(Live, Engine.layerPostgres({ url }))))
})))
