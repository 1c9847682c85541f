/**
 * The emulated Cloud Storage: its objects and the uploads under way.
 *
 * @since 0.1.0
 */
import * as ObjectStore from "./ObjectStore.ts"
import * as Session from "./Session.ts"

/**
 * Objects and uploads.
 *
 * @since 0.1.0
 */
export interface CloudStorage {
  readonly objects: ObjectStore.ObjectStore
  readonly sessions: Session.Sessions
  readonly clear: () => void
}

/**
 * Starts in memory, or in a directory with what it holds.
 *
 * @since 0.1.0
 */
export const make = (directory?: string): CloudStorage => {
  const objects = ObjectStore.make(directory)
  const sessions = Session.make(objects)
  return {
    objects,
    sessions,
    clear: () => {
      sessions.clear()
      objects.clear()
    }
  }
}
