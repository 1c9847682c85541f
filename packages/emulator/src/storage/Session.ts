/**
 * Resumable uploads: sessions that take an object's bytes in order, one request after the other.
 *
 * Sessions end with the server. One that is not used for a week is dropped, as in the service, and takes its bytes with it.
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import type { Attributes, ObjectStore, Stored } from "./ObjectStore.ts"
import * as Part from "./Part.ts"
import type { Refusal } from "./Refusal.ts"

/**
 * What an upload is for: the object, the query with its preconditions, and the checksums that the bytes must have.
 *
 * @since 0.1.0
 */
export interface Target {
  readonly bucket: string
  readonly name: string
  readonly attributes: Attributes
  readonly query: URLSearchParams
  readonly crc32c?: string | undefined
  readonly md5Hash?: string | undefined
}

/**
 * An upload under way. `ended` is what came of it: asked again, it says the same. `turn` is the number of the request that may add bytes: those of an
 * earlier one, still on their way when the client resumed, are not taken.
 *
 * @since 0.1.0
 */
export interface Session {
  readonly id: string
  readonly target: Target
  readonly part: Part.Part
  turn: number
  used: number
  ended?: Stored | Refusal
}

/**
 * The sessions of a server.
 *
 * @since 0.1.0
 */
export interface Sessions {
  readonly open: (target: Target) => Session
  /** Finds a session, which counts as a use of it. */
  readonly find: (id: string) => Session | undefined
  readonly drop: (session: Session) => void
  readonly clear: () => void
}

/** Sessions kept, ended ones too; the one unused for longest goes first. */
const most = 1000

const week = 7 * 24 * 3_600_000

/**
 * Starts without sessions. Unused ones are dropped after `lifetime` milliseconds, default a week.
 *
 * @since 0.1.0
 */
export const make = ({ blobs }: ObjectStore, lifetime = week): Sessions => {
  // In the order of their last use.
  const sessions = new Map<string, Session>()
  const drop = (session: Session) => {
    sessions.delete(session.id)
    session.turn = Number.NaN
    if (session.ended === undefined) session.part.remove()
  }
  const sweep = (now: number) => {
    for (const session of sessions.values()) {
      if (now - session.used < lifetime && sessions.size < most) return
      drop(session)
    }
  }
  return {
    open: (target) => {
      const now = Date.now()
      sweep(now)
      const id = randomUUID()
      const session: Session = { id, target, part: Part.make(blobs, id), turn: 0, used: now }
      sessions.set(id, session)
      return session
    },
    find: (id) => {
      sweep(Date.now())
      const session = sessions.get(id)
      if (session === undefined) return undefined
      session.used = Date.now()
      sessions.delete(id)
      sessions.set(id, session)
      return session
    },
    drop,
    clear: () => {
      for (const session of sessions.values()) drop(session)
    }
  }
}
