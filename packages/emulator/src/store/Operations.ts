/**
 * The long-running operations of a server, in memory. The work is done when one is started; it is told after a few looks.
 *
 * Source: google.longrunning.Operation
 *
 * @since 0.1.0
 */
import { isJsonObject, type JsonObject } from "../wire/Decode.ts"

/**
 * How an operation ends: with a response, or with a status that has a numeric google.rpc.Code.
 *
 * @since 0.1.0
 */
export type End =
  | { readonly response: JsonObject }
  | { readonly error: { readonly code: number; readonly message: string } }

/**
 * Whether a value is a status as operations end with it.
 *
 * @since 0.1.0
 */
export const isStatus = (value: unknown): value is { readonly code: number; readonly message: string } =>
  isJsonObject(value) && typeof value["code"] === "number" && typeof value["message"] === "string"

/**
 * An operation. `looks` is how often it is looked at until it has ended: with 1 the first look finds it done. One that waits for something else has a
 * function as its end, which gives undefined while it runs, and perhaps something to do when it is cancelled.
 *
 * @since 0.1.0
 */
export interface Operation {
  readonly name: string
  readonly metadata: JsonObject
  readonly end: End | (() => End | undefined)
  readonly looks: number
  readonly cancel?: () => void
}

const endOf = ({ end, looks }: Operation): End | undefined => {
  if (looks > 0) return undefined
  return typeof end === "function" ? end() : end
}

/**
 * The operations of a server.
 *
 * @since 0.1.0
 */
export interface Operations {
  /** Starts one below a resource, or a location. */
  readonly start: (below: string, operation: Omit<Operation, "name">) => Operation
  /** Looks at one, which brings it nearer to its end. */
  readonly look: (name: string) => Operation | undefined
  /** Waits for one, which ends it, unless it waits for something else. */
  readonly wait: (name: string) => Operation | undefined
  /** Cancels one that runs; an ended one stays as it is. False when it does not exist. */
  readonly cancel: (name: string) => boolean
  readonly remove: (name: string) => boolean
  /** Those directly below a resource, in the order in which they were started. */
  readonly list: (below: string) => ReadonlyArray<Operation>
  readonly clear: () => void
}

/** Operations that are remembered; older ones are forgotten. */
const most = 10_000

/**
 * The operation as it is answered: `done` and the end are left out while it runs.
 *
 * @since 0.1.0
 */
export const body = (operation: Operation): JsonObject => {
  const { metadata, name } = operation
  const end = endOf(operation)
  return { name, metadata, ...(end === undefined ? {} : { done: true, ...end }) }
}

/**
 * Starts without operations.
 *
 * @since 0.1.0
 */
export const make = (): Operations => {
  const operations = new Map<string, Operation>()
  let started = 0
  const keep = (operation: Operation): Operation => {
    operations.set(operation.name, operation)
    return operation
  }
  return {
    start: (below, operation) => {
      const made = keep({ ...operation, name: `${below}/operations/${++started}` })
      const [oldest] = operations.keys()
      if (operations.size > most && oldest !== undefined) operations.delete(oldest)
      return made
    },
    look: (name) => {
      const operation = operations.get(name)
      if (operation === undefined) return undefined
      return operation.looks > 0 ? keep({ ...operation, looks: operation.looks - 1 }) : operation
    },
    wait: (name) => {
      const operation = operations.get(name)
      return operation === undefined ? undefined : keep({ ...operation, looks: 0 })
    },
    cancel: (name) => {
      const operation = operations.get(name)
      if (operation === undefined) return false
      const cancelled = { code: 1, message: "The operation was cancelled." }
      if (endOf(operation) === undefined) {
        operation.cancel?.()
        keep({ ...operation, looks: 0, end: { error: cancelled } })
      }
      return true
    },
    remove: (name) => operations.delete(name),
    list: (below) => [...operations.values()].filter(({ name }) => name.startsWith(`${below}/operations/`)),
    clear: () => {
      operations.clear()
      started = 0
    }
  }
}
