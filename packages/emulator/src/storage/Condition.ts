/**
 * The preconditions of a call: which generation of an object it may touch.
 *
 * Source: https://cloud.google.com/storage/docs/request-preconditions
 *
 * @since 0.1.0
 */
import * as Refusal from "./Refusal.ts"
import type { Stored } from "./ObjectStore.ts"

const number = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  return text === null || text === "" ? undefined : /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN
}

/**
 * Says why the object does not meet the call's preconditions; undefined when it does. An object that is not there has generation 0. `prefix` is
 * `ifSource` for the source of a copy. To a reading the conditions that end in NotMatch say "only if it is new to me".
 *
 * @since 0.1.0
 */
export const refusal = (
  query: URLSearchParams,
  object: Stored | undefined,
  prefix: "if" | "ifSource" = "if",
  isReading = false
): Refusal.Refusal | undefined => {
  const of = (name: string) => number(query, `${prefix}${name}`)
  const conditions = [
    [of("GenerationMatch"), object?.generation ?? 0, true],
    [of("GenerationNotMatch"), object?.generation ?? 0, false],
    [of("MetagenerationMatch"), object?.metageneration, true],
    [of("MetagenerationNotMatch"), object?.metageneration, false]
  ] as const
  if (conditions.some(([wanted]) => Number.isNaN(wanted))) return Refusal.invalid("A precondition is not a number.")
  const broken = conditions.find(([wanted, actual, same]) => wanted !== undefined && (wanted === actual) !== same)
  if (broken === undefined) return undefined
  return isReading && !broken[2] ? Refusal.notModified : Refusal.conditionNotMet
}

/**
 * Whether the call names this generation, or none.
 *
 * @since 0.1.0
 */
export const isNamed = (query: URLSearchParams, { generation }: Stored, parameter = "generation"): boolean => {
  const named = number(query, parameter)
  return named === undefined || named === generation
}
