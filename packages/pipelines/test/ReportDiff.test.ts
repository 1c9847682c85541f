import { assert, describe, it } from "@effect/vitest"
import * as Random from "@genops/core/statistics/Random"
import * as Diff from "../src/report/browser/diff.ts"

const { diff, edits } = Diff.make()

type Parts = ReadonlyArray<Diff.Part> | undefined
const without = (parts: Parts, kind: Diff.Part["kind"]) =>
  (parts ?? [])
    .filter((part) => part.kind !== kind)
    .map(({ text }) => text)
    .join("")

/** Length of the longest common subsequence, by the table that everybody knows. */
const common = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  let before = Array.from({ length: b.length + 1 }, () => 0)
  for (const word of a) {
    const now = [0]
    for (let j = 0; j < b.length; j++) {
      now.push(word === b[j] ? (before[j] ?? 0) + 1 : Math.max(before[j + 1] ?? 0, now[j] ?? 0))
    }
    before = now
  }
  return before[b.length] ?? 0
}

const cases = (seed: number, times: number, letters: string, longest: number) => {
  const next = Random.xoshiro128ss(seed)
  const text = () =>
    Array.from({ length: Random.index(next(), longest) }, () => letters[Random.index(next(), letters.length)] ?? "")
  return Array.from({ length: times }, () => [text(), text()] as const)
}

describe("the differences of two texts", () => {
  const seed = Number(process.env["GENOPS_SEED"] ?? 20261122)

  it(`give back both texts, seed ${seed}`, () => {
    for (const [a, b] of cases(seed, 2000, "ab .,\n\u4e2d\u{1f600}", 60)) {
      const [from, to] = [a.join(""), b.join("")]
      const parts = diff(from, to)
      assert.strictEqual(without(parts, "insert"), from)
      assert.strictEqual(without(parts, "delete"), to)
      assert.isTrue((parts ?? []).every(({ text }) => text !== ""))
    }
  })

  it(`change as few words as possible, seed ${seed}`, () => {
    for (const [a, b] of cases(seed, 1500, "abcd", 30)) {
      const changed = (edits(a, b, 2000) ?? []).filter(({ kind }) => kind !== "equal").length
      assert.strictEqual(changed, a.length + b.length - 2 * common(a, b), `${a.join("")} -> ${b.join("")}`)
    }
  })

  it("are words, not letters", () => {
    assert.deepStrictEqual(diff("Open Settings, then Billing.", "Open Settings, then Members."), [
      { kind: "equal", text: "Open Settings, then " },
      { kind: "delete", text: "Billing" },
      { kind: "insert", text: "Members" },
      { kind: "equal", text: "." }
    ])
  })

  it("take what is short between two changes with them", () => {
    assert.deepStrictEqual(diff("the quick and brown fox", "the lively and clever fox"), [
      { kind: "equal", text: "the " },
      { kind: "delete", text: "quick and brown" },
      { kind: "insert", text: "lively and clever" },
      { kind: "equal", text: " fox" }
    ])
  })

  it("are none between equal and empty texts", () => {
    assert.deepStrictEqual(diff("", ""), [])
    assert.deepStrictEqual(diff("same", "same"), [{ kind: "equal", text: "same" }])
    assert.deepStrictEqual(diff("", "new"), [{ kind: "insert", text: "new" }])
  })

  it("are not searched for beyond a number of changed words", () => {
    const words = (start: number) => Array.from({ length: 1500 }, (_, nth) => `w${start + nth}`).join(" ")
    assert.isUndefined(diff(words(0), words(5000)))
    assert.isDefined(diff(words(0), words(0).replace("w700", "other")))
  })
})
