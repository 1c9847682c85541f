/** A lock file: one process at a time works on a run. */
import { hostname } from "node:os"
import process from "node:process"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"

const Holder = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, host: Schema.String, token: Schema.String }))
type Holder = typeof Holder.Type

/** Tokens of the locks that this process holds: a lock with its pid and another token is of a dead one that had the same pid. */
const mine = new Set<string>()

const isAlive = ({ host, pid, token }: Holder): boolean => {
  if (host !== hostname()) return true
  if (pid === process.pid) return mine.has(token)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not permitted to signal it: it is there, and of another user.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** The lock is held by somebody else. */
class Held extends Schema.TaggedError<Held>()("Held", { holder: Schema.String }) {}

/**
 * Holds the lock until the scope ends. A lock that a dead process of this machine has left is taken over.
 */
export const acquire = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const self: Holder = { pid: process.pid, host: hostname(), token: crypto.randomUUID() }
    const text = yield* Effect.orDie(Schema.encodeEffect(Holder)(self))

    const aside = `${path}.${self.token}`

    // Linked, not written: the lock is there with its whole content or not at all, whenever this process dies.
    const create = Effect.acquireUseRelease(
      fs.writeFileString(aside, text),
      () => Effect.as(fs.link(aside, path), true),
      () => Effect.ignore(fs.remove(aside))
    ).pipe(Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.succeed(false)))
    const holder = fs.readFileString(path).pipe(
      Effect.map(Option.some),
      // Gone since it was seen.
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(Option.none<string>()))
    )

    /** Moves a dead lock aside. What was moved is looked at: meanwhile somebody else may have put a lock of their own there. */
    const clear = (dead: string) =>
      Effect.gen(function* () {
        yield* fs.rename(path, aside)
        if ((yield* fs.readFileString(aside)) !== dead) yield* Effect.ignore(fs.link(aside, path))
        yield* fs.remove(aside)
      }).pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.void))

    const take: Effect.Effect<void, Held | PlatformError.PlatformError> = Effect.gen(function* () {
      if (yield* create) return
      const found = yield* holder
      if (Option.isNone(found)) return yield* take
      const read = yield* Effect.option(Schema.decodeEffect(Holder)(found.value))
      if (Option.isNone(read)) return yield* new Held({ holder: "a process that does not say which" })
      const { host, pid } = read.value
      if (isAlive(read.value)) return yield* new Held({ holder: `process ${pid} on ${host}` })
      yield* clear(found.value)
      return yield* take
    })

    mine.add(self.token)
    yield* Effect.acquireRelease(
      Effect.tapCause(take, () => Effect.sync(() => mine.delete(self.token))),
      () => {
        mine.delete(self.token)
        return Effect.ignore(fs.remove(path))
      }
    )
  })
