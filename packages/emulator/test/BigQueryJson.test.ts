/**
 * Parts of JSON, by JSONPath, by field and by subscript, of any document, against a few lines that walk through it.
 *
 * GENOPS_SEED repeats a run, GENOPS_TRIALS multiplies the number of trials for long runs.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "@genops/core/statistics/Random"
import * as Emulator from "../src/Emulator.ts"
import * as BigQueryOracle from "./BigQueryOracle.ts"
import * as BigQueryWire from "./BigQueryWire.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? 20_261_128)
const rounds = 40 * Number(process.env["GENOPS_TRIALS"] ?? 1)

const draw = Random.xoshiro128ss(seed)
const below = (n: number) => Random.index(draw(), n)
const pick = <A>(all: readonly [A, ...ReadonlyArray<A>]): A => all[below(all.length)] ?? all[0]

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

const names = [
  "a",
  "b",
  "A",
  "a b",
  "a.b",
  "?",
  "#",
  "$",
  "'",
  "[0]",
  "0",
  "-1",
  "é",
  "\u{1f600}",
  "/",
  "~",
  "a,b",
  ":"
] as const

const document = (depth: number): Json => {
  const kind = below(depth === 0 ? 4 : 8)
  if (kind === 0) return pick([null, true, false])
  if (kind === 1) return pick([0, -7, 1.5, 12345678901, 1e-7])
  if (kind < 4) return pick(["", "x", "é'\"\\\n", "null", "1", "{}"])
  if (kind < 6) return Array.from({ length: below(4) }, () => document(depth - 1))
  return Object.fromEntries(Array.from({ length: below(5) }, () => [pick(names), document(depth - 1)]))
}

type Step = string | number

/** Steps that lead to something more often than chance would have it. */
const steps = (of: Json): ReadonlyArray<Step> => {
  if (below(4) === 0) return []
  const isObject = typeof of === "object" && of !== null
  const keys: ReadonlyArray<Step> = Array.isArray(of) ? [...of.keys()] : isObject ? Object.keys(of) : []
  const [first, ...rest] = keys
  const step = first === undefined || below(5) === 0 ? pick<Step>([pick(names), below(3)]) : pick([first, ...rest])
  return [step, ...steps(at(of, step) ?? null)]
}

const at = (of: Json, step: Step): Json | undefined => {
  if (typeof of !== "object" || of === null) return undefined
  if (Array.isArray(of)) return typeof step === "number" ? of[step] : undefined
  const entry = Object.entries(of).find(([name]) => name === step)
  return entry?.[1]
}

const walk = (of: Json, path: ReadonlyArray<Step>): Json | undefined =>
  path.reduce<Json | undefined>((found, step) => (found === undefined ? undefined : at(found, step)), of)

const value = (of: Json | undefined): string | null =>
  of === undefined || of === null || typeof of === "object" ? null : String(of)

const text = (of: Json | undefined): string | null => (of === undefined ? null : JSON.stringify(of))

/** JSON as a column gives it back, with its keys in order. */
const ordered = (json: string | null): unknown => (json === null ? null : JSON.parse(json))

const literal = (text: string) => BigQueryOracle.literal("STRING", text)

const quoted = (name: string) => `\`${name}\``

layer(Emulator.layer(), { excludeTestServices: true, timeout: "300 seconds" })(`JSON, seed ${seed}`, (it) => {
  it.effect(`finds the parts of ${rounds * 10} documents`, () =>
    Effect.gen(function* () {
      const seen = { there: 0, nowhere: 0 }
      for (let round = 0; round < rounds; round++) {
        const cases = Array.from({ length: 10 }, () => {
          const of = document(3)
          return { of, path: steps(of) }
        })
        const columns = cases.flatMap(({ of, path }) => {
          const written = literal(JSON.stringify(of))
          const jsonPath = literal(
            `$${path.map((step) => (typeof step === "number" ? `[${step}]` : `."${step}"`)).join("")}`
          )
          const chain = path.map((step) =>
            typeof step === "number" ? `[${step}]` : below(2) === 0 ? `[${literal(step)}]` : `.${quoted(step)}`
          )
          return [
            `JSON_VALUE(${written}, ${jsonPath})`,
            `JSON_VALUE(PARSE_JSON(${written}), ${jsonPath})`,
            `JSON_QUERY(${written}, ${jsonPath})`,
            `JSON_QUERY(PARSE_JSON(${written}), ${jsonPath})`,
            `PARSE_JSON(${written})${chain.join("")}`
          ]
        })
        const sql = `SELECT ${columns.map((column, index) => `${column} AS c${index}`).join(",\n")}`
        const [row = []] = yield* BigQueryWire.rows(sql)
        for (const [index, { of, path }] of cases.entries()) {
          const found = walk(of, path)
          seen[found === undefined ? "nowhere" : "there"]++
          const [ofText, ofJson, partOfText, ...parts] = row.slice(index * 5, index * 5 + 5)
          const where = () => columns.slice(index * 5, index * 5 + 5).join("\n")
          assert.deepStrictEqual([ofText, ofJson], [value(found), value(found)], where())
          // A JSON null in a text is NULL, and one of JSON is itself.
          const cells = [partOfText, ...parts].map((cell) => {
            if (cell !== null && typeof cell !== "string") throw new Error("not a scalar")
            return ordered(cell ?? null)
          })
          assert.deepStrictEqual(
            cells,
            [ordered(found === null ? null : text(found)), ordered(text(found)), ordered(text(found))],
            where()
          )
          assert.deepStrictEqual(
            parts.map((cell) => cell === null),
            [found === undefined, found === undefined],
            where()
          )
        }
      }
      assert.isAbove(seen.there, rounds)
      assert.isAbove(seen.nowhere, rounds / 4)
    })
  )

  it.effect("refuses names that its database would take for more than a name", () =>
    Effect.gen(function* () {
      for (const sql of [
        "SELECT JSON_VALUE('{}', '$.\"*\"')",
        "SELECT JSON_VALUE('{}', '$[\\'*\\']')",
        "SELECT JSON_QUERY('{}', '$.a[*]')",
        "SELECT JSON_QUERY('{}', '$.*')",
        "SELECT JSON_QUERY('{}', '$..a')",
        "SELECT JSON '{}'.`*`",
        "SELECT JSON '{}'['*']",
        "SELECT JSON '{}'.`a\\\\b`",
        "SELECT JSON '[1]'[-1]"
      ]) {
        assert.include(yield* BigQueryWire.refusal(sql), "does not support", sql)
      }
    })
  )
})
