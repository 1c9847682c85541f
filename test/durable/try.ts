import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "effect/sql/SqlClient"
import { mkdtempSync } from "node:fs"
import * as Errand from "./Errand.ts"
import * as Postgres from "./Postgres.ts"
import * as Process from "./Process.ts"
await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const pg = (yield* Postgres.start())!
      for (let n = 0; n < 12; n++)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const path = mkdtempSync("/tmp/frz-")
            const R = yield* pg.makeDatabase
            const url = Redacted.value(R)
            const errands = ["a", "b", "c", "d", "e", "f", "g", "h"].map((runId) => ({
              runId,
              trace: path + "/" + runId,
              pause: 0,
              work: 3000
            }))
            const one = yield* Process.start(url)
            yield* one.isReady
            const other = yield* Process.start(url, errands)
            while (!errands.some((e) => Errand.traceOf(e).some((t) => t.pid === one.pid && t.step === "work")))
              yield* Effect.sleep("20 millis")
            yield* one.signal("SIGSTOP")
            const t = Date.now()
            const done = yield* Effect.timeoutOption(other.ended, "45 seconds")
            yield* one.signal("SIGCONT")
            yield* Effect.sleep("4 seconds")
            const t2 = Date.now()
            const w = yield* Process.start(url, errands)
            yield* w.isReady; const t3 = Date.now() - t2
    while (w.peek().split("RESULT").length < 9) yield* Effect.sleep("10 millis")
    const t4 = Date.now() - t2
    const again = yield* Effect.timeoutOption(w.ended, "40 seconds")
    console.log("ready", t3, "results", t4)
            console.log(n, done._tag, t2 - t, again._tag, Date.now() - t2)
            if (again._tag === "None") console.log("OUT", w.peek())
            if (again._tag === "None") {
              yield* Effect.gen(function* () {
                const sql = yield* SqlClient.SqlClient
                for (let k = 0; k < 2; k++) {
                  console.log("now", new Date().toISOString(), "one", one.pid, "other", other.pid)
                  console.log(yield* sql`select address, healthy, last_heartbeat, now() from genops_runners`)
                  console.log(
                    yield* sql`select pid, state, wait_event_type, wait_event, now()-state_change as age, left(query, 90) q from pg_stat_activity where datname = current_database()`
                  )
                  console.log(yield* sql`select pid, count(*) from pg_locks where locktype='advisory' group by 1`)
                  console.log(
                    yield* sql`select m.id::text, m.entity_id, m.shard_id, m.tag, m.processed, m.last_read, left(m.payload, 60) p, left(r.payload, 60) r from genops_messages m left join genops_replies r on r.id = m.last_reply_id where m.entity_id in (select entity_id from genops_messages where tag='run' and entity_type <> 'Workflow/-/DurableClock' and not processed) order by m.id`
                  )
                  console.log(
                    yield* sql`select execution_id, kind, at, detail from genops_events where kind='begun' order by id`
                  )
                  yield* Effect.sleep("5 seconds")
                }
              }).pipe(Effect.provide(PgClient.layer({ url: R })))
            }
          })
        )
    })
  )
)
