/** Objects in the emulated Cloud Storage of a state that a test holds. */
import { assert } from "@effect/vitest"
import type { State } from "../src/State.ts"

/** Writes an object; its bucket is made when it is missing. */
export const put = ({ storage }: State, uri: string, text: string): void => {
  const name = /^gs:\/\/([^/]+)\//.exec(uri)?.[1] ?? ""
  if (storage.objects.bucket(name) === undefined) storage.objects.addBucket({ name, location: "US", created: 0 })
  assert.isTrue(storage.write(uri, text), uri)
}
