/**
 * Storage that waits when the disk is full or out of reach. effect/cluster would give up after a few seconds, and do the step again whose
 * result it could not keep.
 */
import type { PersistenceError } from "effect/cluster/ClusterError"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { isSqlError } from "effect/sql/SqlError"

/** READONLY, IOERR, FULL, CANTOPEN: somebody can mend these while the process waits. */
const mendable = new Set([8, 10, 13, 14])

const complaintOf = (error: unknown): string | undefined => {
  if (!Predicate.isTagged(error, "PersistenceError") || !Predicate.hasProperty(error, "cause")) return undefined
  const cause = isSqlError(error.cause) ? error.cause.reason.cause : undefined
  if (!(cause instanceof Error) || !("errcode" in cause) || typeof cause.errcode !== "number") return undefined
  return mendable.has(cause.errcode & 0xff) ? cause.message : undefined
}

const pauses = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("2 seconds")])

// How often a wait is mentioned.
const mention = 30_000

/** For a storage that no other process writes to: what is written late must not meet what another one wrote meanwhile. */
export const wrap = (place: string, storage: MessageStorage.Encoded): MessageStorage.Encoded => {
  let mentionedAt = -Infinity
  const complain = (complaint: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - mentionedAt < mention) return Effect.void
      mentionedAt = now
      return Effect.logWarning(
        `${place} cannot be written: ${complaint}. What was done is kept in memory until it can.`
      )
    })
  const patiently = <A, E, R>(effect: Effect.Effect<A, E | PersistenceError, R>) =>
    effect.pipe(
      Effect.tapError((error) => {
        const complaint = complaintOf(error)
        return complaint === undefined ? Effect.void : complain(complaint)
      }),
      Effect.retry({ while: (error) => complaintOf(error) !== undefined, schedule: pauses })
    )
  return {
    ...storage,
    saveEnvelope: (options) => patiently(storage.saveEnvelope(options)),
    saveReply: (reply) => patiently(storage.saveReply(reply)),
    clearReplies: (id, options) => patiently(storage.clearReplies(id, options)),
    unprocessedMessages: (shards, now, options) => patiently(storage.unprocessedMessages(shards, now, options))
  }
}
