/** What experiments and runs keep in the metadata of their contexts, as google-cloud-aiplatform writes and reads it. */
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type { Value, Values } from "../Experiments.ts"
import type { Violation } from "./experimentName.ts"
import type { Draft, Metadata } from "./metadataContext.ts"

/** The kinds of contexts. */
export const experimentSchema = "system.Experiment"
export const runSchema = "system.ExperimentRun"

const schemaVersion = "0.0.1"

/** The keys of a run's metadata. */
export type Section = "_params" | "_metrics"

export const draftOfExperiment = (name: string, description: string | undefined): Draft => ({
  displayName: name,
  description,
  schemaTitle: experimentSchema,
  schemaVersion,
  metadata: { experiment_deleted: false }
})

export const draftOfRun = (name: string, params: Values): Draft => ({
  displayName: name,
  schemaTitle: runSchema,
  schemaVersion,
  metadata: { _params: params, _metrics: {}, _state: "RUNNING" }
})

/** Reads a section; empty when there is none. */
export const section = (metadata: Metadata | undefined, key: Section): { readonly [key: string]: Schema.Json } => {
  const value = metadata?.[key]
  return isJsonObject(value) ? value : {}
}

const isJsonObject = (value: Schema.Json | undefined): value is { readonly [key: string]: Schema.Json } =>
  Predicate.isObject(value) && !Array.isArray(value)

/** Reads the state; empty when there is none. */
export const stateOf = (metadata: Metadata | undefined): string => {
  const state = metadata?.["_state"]
  return typeof state === "string" ? state : ""
}

/** Adds values to a section, over older ones of the same keys; returns the same object when nothing changes. */
export const merge =
  (key: Section, values: Values) =>
  (metadata: Metadata): Metadata => {
    const known = section(metadata, key)
    const isKnown = Object.keys(values).every((name) => Object.hasOwn(known, name) && known[name] === values[name])
    return isKnown ? metadata : { ...metadata, [key]: { ...known, ...values } }
  }

/** Sets the state; returns the same object when nothing changes. */
export const setState =
  (state: string) =>
  (metadata: Metadata): Metadata =>
    stateOf(metadata) === state ? metadata : { ...metadata, _state: state }

/** Google counts 200 KB; the smaller reading of that is safe. */
const most = 200_000

/** Says what is wrong with the metadata of a context. */
export const tooLarge = (metadata: Metadata): ReadonlyArray<Violation> => {
  const size = new TextEncoder().encode(JSON.stringify(metadata)).length
  if (size <= most) return []
  const rule = `parameters and metrics of a run together have at most ${most} bytes as JSON`
  const description = `${rule}, here ${size}. Store large texts elsewhere and log their address and hash`
  return [{ field: "metadata", description }]
}

/** Says what is wrong with parameters or metrics. */
export const violations = (field: string, values: Values): ReadonlyArray<Violation> =>
  Object.entries(values).flatMap(([key, value]) => {
    const description = wrongIn(key, value)
    return description === undefined ? [] : [{ field: `${field}.${key}`, description }]
  })

const wrongIn = (key: string, value: Value): string | undefined => {
  if (key === "") return "a key is empty"
  if (typeof value === "number") {
    return Number.isFinite(value)
      ? undefined
      : `${value} has no place in JSON: leave out a statistic that does not exist`
  }
  if (typeof value === "boolean") return undefined
  if (typeof value !== "string") return "a value is a number, a text or a boolean"
  return value.isWellFormed() ? undefined : "the text holds half of a surrogate pair"
}
