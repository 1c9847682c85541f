/**
 * The emulated Cloud Storage: its objects and the uploads under way.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import * as ObjectStore from "./ObjectStore.ts"
import * as Part from "./Part.ts"
import * as Session from "./Session.ts"

/**
 * Objects and uploads. Other services read and write objects by their address, `gs://bucket/name`.
 *
 * @since 0.1.0
 */
export interface CloudStorage {
  readonly objects: ObjectStore.ObjectStore
  readonly sessions: Session.Sessions
  readonly find: (uri: string) => ObjectStore.Stored | undefined
  /** The bytes of an object, which must fit in memory; undefined when there is none. */
  readonly read: (uri: string) => Buffer | undefined
  /** Writes an object as JSON Lines; false when its bucket does not exist, or there is no room. */
  readonly write: (uri: string, text: string) => boolean
  readonly clear: () => void
}

const split = (uri: string): { readonly bucket: string; readonly name: string } => {
  const [, bucket = "", name = ""] = /^gs:\/\/([^/]+)\/([\s\S]+)$/.exec(uri) ?? []
  return { bucket, name }
}

/**
 * Starts in memory, or in a directory with what it holds. Throws when the directory cannot be used.
 *
 * @since 0.1.0
 */
export const make = (directory?: string): CloudStorage => {
  const objects = ObjectStore.make(directory)
  const sessions = Session.make(objects)
  const find = (uri: string) => {
    const { bucket, name } = split(uri)
    return objects.find(bucket, name)
  }
  return {
    objects,
    sessions,
    find,
    read: (uri) => {
      const found = find(uri)
      return found === undefined ? undefined : objects.read(found)
    },
    write: (uri, text) => {
      const { bucket, name } = split(uri)
      if (name === "" || objects.bucket(bucket) === undefined) return false
      const part = Part.make(objects.blobs, randomUUID())
      if (!part.add(Buffer.from(text)) || !part.end()) {
        part.remove()
        return false
      }
      const attributes = { contentType: "application/jsonl" }
      objects.put({ bucket, name, attributes, size: part.kept(), ...part.checksum() }, part.key)
      return true
    },
    clear: () => {
      sessions.clear()
      objects.clear()
    }
  }
}
