import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Usage from "../src/Usage.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
const Metadata = Schema.Struct({
  promptTokenCount: Count,
  candidatesTokenCount: Schema.optionalKey(Count),
  thoughtsTokenCount: Schema.optionalKey(Count),
  toolUsePromptTokenCount: Schema.optionalKey(Count),
  totalTokenCount: Schema.optionalKey(Count)
})

const reason = (metadata: unknown) =>
  Result.match(Usage.fromUsageMetadata(metadata), { onFailure: (e) => e.reason, onSuccess: () => "" })

describe("fromUsageMetadata", () => {
  it("reads the metadata of an answer with thinking and a cache", () => {
    assert.deepStrictEqual(
      Usage.fromUsageMetadata({
        promptTokenCount: 1_210,
        cachedContentTokenCount: 1_000,
        candidatesTokenCount: 180,
        thoughtsTokenCount: 60,
        totalTokenCount: 1_450,
        trafficType: "ON_DEMAND",
        promptTokensDetails: [
          { modality: "TEXT", tokenCount: 1_178 },
          { modality: "AUDIO", tokenCount: 32 }
        ]
      }),
      Result.succeed(
        Usage.make({
          inputTokens: 1_210,
          cachedInputTokens: 1_000,
          audioInputTokens: 32,
          outputTokens: 180,
          thinkingTokens: 60,
          requests: 1
        })
      )
    )
  })

  it("takes absent and null counts for zero: a blocked prompt", () => {
    assert.deepStrictEqual(
      Usage.fromUsageMetadata({ promptTokenCount: 7, candidatesTokenCount: null, totalTokenCount: 7, futureField: {} }),
      Result.succeed(Usage.make({ inputTokens: 7, requests: 1 }))
    )
  })

  it("books tokens that no part explains as thinking", () => {
    assert.deepStrictEqual(
      Usage.fromUsageMetadata({ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 300 }),
      Result.succeed(Usage.make({ inputTokens: 10, outputTokens: 5, thinkingTokens: 285, requests: 1 }))
    )
  })

  it("keeps the parts when the total is too small", () => {
    const usage = Result.getOrThrow(
      Usage.fromUsageMetadata({
        promptTokenCount: 10,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 3,
        totalTokenCount: 1
      })
    )
    assert.strictEqual(Usage.totalTokens(usage), 18)
  })

  it("refuses what cannot be trusted, so that the worst case is booked", () => {
    assert.strictEqual(reason(undefined), "usageMetadata is missing")
    assert.strictEqual(reason(null), "usageMetadata is missing")
    // All chunks of a stream but the last.
    assert.include(reason({ trafficType: "ON_DEMAND" }), "promptTokenCount")
    assert.include(reason({ totalTokenCount: 12 }), "promptTokenCount")
    for (const count of [-1, 1.5, NaN, Infinity, 2 ** 53, "12", true]) {
      assert.include(reason({ promptTokenCount: count }), "promptTokenCount")
      assert.include(reason({ promptTokenCount: 1, thoughtsTokenCount: count }), "thoughtsTokenCount")
      assert.include(reason({ promptTokenCount: 1, totalTokenCount: count }), "totalTokenCount")
    }
    assert.strictEqual(reason({ promptTokenCount: 5, cachedContentTokenCount: 6 }), "6 of 5 prompt tokens are cached")
    assert.strictEqual(
      reason({ promptTokenCount: 5, promptTokensDetails: [{ modality: "AUDIO", tokenCount: 6 }] }),
      "6 of 5 prompt tokens are audio"
    )
    for (const nonsense of ["", 3, [], "promptTokenCount"]) assert.notStrictEqual(reason(nonsense), "")
  })

  it.prop("never books less than the parts or the total", [Metadata], ([metadata]) => {
    const usage = Result.getOrThrow(Usage.fromUsageMetadata(metadata))
    const parts =
      metadata.promptTokenCount +
      (metadata.candidatesTokenCount ?? 0) +
      (metadata.thoughtsTokenCount ?? 0) +
      (metadata.toolUsePromptTokenCount ?? 0)
    assert.strictEqual(Usage.totalTokens(usage), Math.max(parts, metadata.totalTokenCount ?? 0))
  })
})

describe("Usage", () => {
  it.prop("sums count by count", { usages: Schema.Array(Usage.Usage).check(Schema.isMaxLength(8)) }, ({ usages }) => {
    const small = usages.map((usage) => Usage.make({ ...usage, inputTokens: usage.inputTokens % 1_000 }))
    const sum = Usage.ReducerSum.combineAll(small)
    assert.strictEqual(
      sum.inputTokens,
      small.reduce((n, { inputTokens }) => n + inputTokens, 0)
    )
    assert.deepStrictEqual(Usage.plus(sum, Usage.empty), sum)
  })

  it("derives what is billed", () => {
    const usage = Usage.make({
      inputTokens: 10,
      cachedInputTokens: 4,
      outputTokens: 5,
      thinkingTokens: 3,
      toolUseTokens: 2
    })
    assert.strictEqual(Usage.billedInputTokens(usage), 12)
    assert.strictEqual(Usage.billedOutputTokens(usage), 8)
    assert.strictEqual(Usage.totalTokens(usage), 20)
  })

  it("decodes with defaults and refuses counts that are none", () => {
    const decode = Schema.decodeUnknownResult(Usage.Usage)
    assert.deepStrictEqual(decode({ inputTokens: 3 }), Result.succeed(Usage.make({ inputTokens: 3 })))
    assert.isTrue(Result.isFailure(decode({ inputTokens: -3 })))
    assert.throws(() => Usage.make({ outputTokens: Number.NaN }))
  })
})
