/** A database of PostgreSQL with the tables of an engine. The driver is loaded only here, as not everybody needs it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as EngineError from "../EngineError.ts"
import * as Migrations from "./engineMigrations.ts"
import * as Run from "./engineRun.ts"

export interface Options {
  readonly url: Redacted.Redacted
  readonly prefix: string
}

/** The URL without what may be secret. */
export const placeOf = (url: Redacted.Redacted): string =>
  Result.match(
    Result.try(() => new URL(Redacted.value(url))),
    {
      onFailure: () => "The PostgreSQL URL",
      onSuccess: ({ host, pathname, protocol, username }) =>
        `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`
    }
  )

const load = Effect.tryPromise({
  try: () => import("@effect/sql-pg/PgClient"),
  catch: (cause) =>
    new EngineError.StoreUnusable({
      place: "Engine.layerPostgres",
      reason: `the driver cannot be loaded: ${Run.reasonOf(cause).message}`,
      advice: "Install it: npm install @effect/sql-pg@4"
    })
})

const adviceFor = ({ reason }: SqlError): string => {
  switch (reason._tag) {
    case "AuthenticationError":
      return "Look at the user and the password in the URL."
    case "AuthorizationError":
      return "The user must be allowed to create tables in the database, or find them there."
    default:
      return "Look at the URL, and whether the server runs and can be reached from here."
  }
}

const unusable = (place: string) => (error: SqlError) =>
  new EngineError.StoreUnusable({
    place,
    reason: Run.reasonOf(error.reason.cause).message,
    advice: `${adviceFor(error)} Nothing was run.`
  })

const prepare = (place: string, prefix: string) =>
  Effect.gen(function* () {
    if (yield* Migrations.arePending(place, prefix)) yield* Migrations.run(prefix)
  }).pipe(
    Effect.catchTags({
      SqlError: (error) => Effect.fail(unusable(place)(error)),
      MigrationError: (error) =>
        Effect.fail(
          new EngineError.StoreUnusable({ place, reason: Run.reasonOf(error).message, advice: "Nothing was run." })
        )
    })
  )

// A process that freezes in the middle of a transaction must not keep the rows from the others that take over from it.
const startupParameters = { idle_in_transaction_session_timeout: "5000" }

export const layer = ({ prefix, url }: Options): Layer.Layer<SqlClient.SqlClient, EngineError.EngineError> =>
  Layer.unwrap(
    Effect.map(load, (PgClient) => {
      const place = placeOf(url)
      const client = PgClient.make({
        url,
        applicationName: "genops",
        connectTimeout: "10 seconds",
        startupParameters
      })
      return Layer.provideMerge(
        Layer.effectDiscard(prepare(place, prefix)),
        PgClient.layerFrom(Effect.mapError(client, unusable(place)))
      )
    })
  )
