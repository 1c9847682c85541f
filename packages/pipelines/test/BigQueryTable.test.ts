/** Names and layouts of tables, for any input. */
import * as Random from "@genops/core/statistics/Random"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as BigQueryTable from "../src/BigQueryTable.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? 20_261_128)

const draw = Random.xoshiro128ss(seed)
const below = (n: number) => Random.index(draw(), n)
const pick = <A>(all: ReadonlyArray<A>, otherwise: A): A => all[below(all.length)] ?? otherwise

const letters = [..."abcXYZ_"]
const others = [..."0189", ..."-. `'\"\\;/*\n\u0000$@", "é", "\u212a", "\u{1f600}", "\ud800"]

/** Text that is a name more often than chance would have it. */
const text = () => {
  const length = below(9)
  const from = below(3) === 0 ? [...letters, ...others] : [...letters, "0", "9"]
  return Array.from({ length }, () => pick(from, "a")).join("")
}

const isPlain = (name: string) =>
  name !== "" && [...name].every((one, at) => letters.includes(one) || (at > 0 && "0189".includes(one)))

const types = ["BOOL", "DATE", "FLOAT64", "INT64", "JSON", "STRING", "TIMESTAMP"] as const
const modes = [undefined, "NULLABLE", "REPEATED", "REQUIRED"] as const

const field = (name: string, depth: number): BigQueryTable.Field => {
  const mode = pick(modes, undefined)
  const rest = mode === undefined ? {} : { mode }
  return depth > 0 && below(4) === 0
    ? { name, type: "STRUCT", fields: fields(depth - 1), ...rest }
    : { name, type: pick(types, "BOOL"), ...rest }
}

const fields = (depth = 2): ReadonlyArray<BigQueryTable.Field> =>
  Array.from({ length: 1 + below(4) }, (_, index) => field(`f${index}`, depth))

const table = (of: ReadonlyArray<BigQueryTable.Field>): BigQueryTable.Table => ({
  dataset: "d",
  table: "t",
  fields: of
})

describe(`tables of BigQuery, seed ${seed}`, () => {
  it("takes names of letters, digits and _ only, wherever they stand", () => {
    const seen = { taken: 0, refused: 0 }
    for (let round = 0; round < 20_000; round++) {
      const name = text()
      const plain = isPlain(name)
      seen[plain ? "taken" : "refused"]++
      const inner: BigQueryTable.Field = { name: "s", type: "STRUCT", fields: [{ name, type: "BOOL" }] }
      const results: ReadonlyArray<Result.Result<unknown, Error>> = [
        BigQueryTable.checkDataset(name),
        BigQueryTable.checkName({ dataset: name, table: "t" }),
        BigQueryTable.checkName({ dataset: "d", table: name }),
        BigQueryTable.check(table([{ name, type: "BOOL" }])),
        BigQueryTable.check(table([inner]))
      ]
      for (const result of results) {
        assert.strictEqual(Result.isSuccess(result), plain, JSON.stringify(name))
        if (Result.isFailure(result)) assert.isBelow(result.failure.message.split("\n").length, 9)
      }
    }
    assert.isAbove(seen.taken, 1000)
    assert.isAbove(seen.refused, 1000)
  })

  it("finds no difference between a table and itself, and exactly the field that was changed", () => {
    for (let round = 0; round < 2000; round++) {
      const wanted = table(fields())
      assert.deepStrictEqual(BigQueryTable.differences(wanted, wanted), [])
      assert.deepStrictEqual(BigQueryTable.differences(wanted, table(wanted.fields.toReversed())), [])
      const at = below(wanted.fields.length)
      const one = wanted.fields[at]
      if (one === undefined) continue
      const shown = `${one.type} ${one.mode ?? "NULLABLE"}`
      const without = table(wanted.fields.filter((field) => field !== one))
      const missing = BigQueryTable.differences(wanted, without)
      assert.deepStrictEqual(missing, [{ field: one.name, wanted: shown, found: null }])
      assert.deepStrictEqual(BigQueryTable.addable(wanted, missing), one.mode === "REQUIRED" ? [] : [one])
      // The other way round it is a field that nobody asked for.
      assert.deepStrictEqual(
        BigQueryTable.differences(without, wanted),
        one.mode === "REQUIRED" ? [{ field: one.name, wanted: null, found: shown }] : []
      )
      const type = one.type === "BYTES" ? "TIME" : "BYTES"
      const changed = table(wanted.fields.map((field) => (field === one ? { name: one.name, type } : field)))
      assert.deepStrictEqual(BigQueryTable.differences(wanted, changed), [
        { field: one.name, wanted: shown, found: `${type} NULLABLE` }
      ])
      assert.deepStrictEqual(BigQueryTable.addable(wanted, BigQueryTable.differences(wanted, changed)), [])
    }
  })

  it("refuses columns that differ in case only, and a layout by columns that are not there", () => {
    const of = (more: object) => BigQueryTable.check({ ...table([{ name: "day", type: "DATE" }]), ...more })
    assert.isTrue(Result.isSuccess(of({ partition: { field: "day" }, cluster: ["day"] })))
    for (const more of [{ partition: { field: "dya" } }, { cluster: ["day", "x"] }]) {
      assert.isTrue(Result.isFailure(of(more)))
    }
    assert.isTrue(
      Result.isFailure(
        of({
          fields: [
            { name: "day", type: "DATE" },
            { name: "DAY", type: "DATE" }
          ]
        })
      )
    )
  })
})
