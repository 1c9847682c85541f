/**
 * Resumable uploads: sessions that take an object's bytes in order, one request after the other.
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import * as Checksum from "./Checksum.ts"
import type { Attributes, ObjectStore, Stored } from "./ObjectStore.ts"

/**
 * What a session was opened for: the object, and the query with its preconditions.
 *
 * @since 0.1.0
 */
export interface Target {
  readonly bucket: string
  readonly name: string
  readonly attributes: Attributes
  readonly query: URLSearchParams
}

/**
 * An upload: `received` bytes so far; `stored` once it has ended.
 *
 * @since 0.1.0
 */
export interface Session {
  readonly id: string
  readonly target: Target
  readonly sum: ReturnType<typeof Checksum.make>
  received: number
  stored?: Stored
}

/**
 * The sessions of a server.
 *
 * @since 0.1.0
 */
export interface Sessions {
  readonly open: (target: Target) => Session
  readonly find: (id: string) => Session | undefined
  readonly drop: (session: Session) => void
  readonly clear: () => void
}

/** Sessions kept, ended ones too; the oldest goes first. */
const most = 1000

/**
 * Starts without sessions. Those that are dropped take their bytes with them.
 *
 * @since 0.1.0
 */
export const make = ({ blobs }: ObjectStore): Sessions => {
  const sessions = new Map<string, Session>()
  const drop = (session: Session) => {
    sessions.delete(session.id)
    if (session.stored === undefined) blobs.remove(session.id)
  }
  return {
    open: (target) => {
      const [oldest] = sessions.values()
      if (oldest !== undefined && sessions.size >= most) drop(oldest)
      const session = { id: randomUUID(), target, sum: Checksum.make(), received: 0 }
      sessions.set(session.id, session)
      return session
    },
    find: (id) => sessions.get(id),
    drop,
    clear: () => {
      for (const session of sessions.values()) drop(session)
    }
  }
}
