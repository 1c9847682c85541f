/**
 * Applies an update to a resource, whole or by a mask.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Draft, Kind } from "./Node.ts"

const fieldsOf: { readonly [K in Kind]: ReadonlyArray<keyof Draft> } = {
  artifacts: ["displayName", "labels", "schemaTitle", "schemaVersion", "metadata", "description", "uri", "state"],
  contexts: ["displayName", "labels", "schemaTitle", "schemaVersion", "metadata", "description"],
  executions: ["displayName", "labels", "schemaTitle", "schemaVersion", "metadata", "description", "state"]
}

const camel = (path: string): string => path.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/**
 * Returns the updated draft, or the path that cannot be updated.
 *
 * Without a mask every field of the update that is set replaces the stored one, metadata as a whole; `*` is the same for all fields.
 * A path may be in camel or snake case, and may go one level into metadata or labels (`metadata.rows`).
 *
 * Source: https://google.aip.dev/134
 *
 * @since 0.1.0
 */
export const apply = (kind: Kind, stored: Draft, update: Draft, mask: string): Result.Result<Draft, string> => {
  const known = fieldsOf[kind]
  const paths = mask
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "")
  if (paths.length === 0) {
    const set = known.filter((field) => update[field] !== undefined)
    return Result.succeed(set.reduce((draft, field) => ({ ...draft, [field]: update[field] }), stored))
  }
  let draft = stored
  for (const path of paths.includes("*") ? known : paths) {
    const [head = "", ...rest] = path.split(".")
    const field = known.find((field) => field === camel(head))
    if (field === "metadata" || field === "labels") {
      const key = rest.join(".")
      draft = { ...draft, [field]: key === "" ? update[field] : { ...draft[field], [key]: update[field]?.[key] } }
    } else if (field !== undefined && rest.length === 0) draft = { ...draft, [field]: update[field] }
    // The etag is a condition, not a field to write.
    else if (head !== "etag" && head !== "name") return Result.fail(path)
  }
  return Result.succeed(draft)
}
