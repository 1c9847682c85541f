/** Why a file could not be used, from what the system says: the message of a `PlatformError` names the operation only. */
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

const noRoom: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/** Why something could not be done with a file. */
export const why = ({ cause, reason }: PlatformError.PlatformError): string => {
  const system = reason.cause ?? cause
  const code = Predicate.hasProperty(system, "code") ? system.code : undefined
  if (noRoom.has(code)) return `there is no room left (${String(code)})`
  if (reason._tag === "NotFound") return "there is no such file or directory"
  if (reason._tag === "PermissionDenied") return "there is no permission"
  return system instanceof Error ? system.message : reason.message
}

/** Why a file that a user has named could not be read. */
export const whyUnreadable = ({ reason }: PlatformError.PlatformError): string =>
  reason._tag === "NotFound"
    ? "there is no such file"
    : reason._tag === "PermissionDenied"
      ? "there is no permission to read it"
      : `it cannot be read (${reason.message})`
