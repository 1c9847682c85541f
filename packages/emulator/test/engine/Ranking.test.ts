import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Random from "../../src/engine/Random.ts"
import * as Ranking from "../../src/engine/Ranking.ts"
import * as Sampling from "../../src/engine/Sampling.ts"
import * as Sentences from "../../src/engine/Sentences.ts"
import * as Tokens from "../../src/engine/Tokens.ts"
import { article } from "../Article.ts"

describe("Tokens", () => {
  it.prop(
    "count is ceil(code points / 4), and pieces and take agree with it",
    [Schema.String, Schema.Natural],
    ([text, wanted]) => {
      assert.strictEqual(Tokens.count(text), Math.ceil([...text].length / 4))
      assert.strictEqual(Tokens.pieces(text).length, Tokens.count(text))
      assert.strictEqual(Tokens.pieces(text).join(""), text)
      const taken = Tokens.take(text, wanted % 8)
      assert.isTrue(text.startsWith(taken))
      assert.strictEqual(Tokens.count(taken), Math.min(wanted % 8, Tokens.count(text)))
    }
  )

  it("counts what lies outside the basic plane once", () => {
    assert.strictEqual(Tokens.codePoints("a🙂b\ud83d"), 4)
  })
})

describe("Sentences", () => {
  const cases: ReadonlyArray<readonly [text: string, sentences: ReadonlyArray<string>]> = [
    ["", []],
    ["One. Two!  Three?\nFour", ["One.", "Two!", "Three?", "Four"]],
    ["Dr. A. Smith paid 3.50 dollars. He left.", ["Dr. A. Smith paid 3.50 dollars.", "He left."]],
    ["“Is it?” she said. Yes.", ["“Is it?”", "she said.", "Yes."]],
    ["巴黎很美。是吗？", ["巴黎很美。", "是吗？"]],
    ["... --- !!!", []]
  ]
  it.each(cases)("%j", (text, sentences) => {
    assert.deepStrictEqual(Sentences.split(text), sentences)
  })
})

describe("Ranking", () => {
  const sentences = Sentences.split(article)

  it("has a score between 0 and 1 for each sentence", () => {
    for (const rank of [
      Ranking.lead,
      Ranking.centroid,
      Ranking.textRank,
      (list: ReadonlyArray<string>) => Ranking.query(list, "heat wave")
    ]) {
      const scores = rank(sentences)
      assert.strictEqual(scores.length, sentences.length)
      assert.isTrue(scores.every((score) => score >= 0 && score <= 1))
      assert.deepStrictEqual(rank([]), [])
    }
  })

  it("puts a sentence about everything above one about nothing", () => {
    const scores = Ranking.textRank(["Cats chase mice and birds.", "Cats chase mice.", "Birds fear cats.", "It rains."])
    assert.strictEqual(scores.indexOf(1), 0)
    assert.isBelow(scores[3] ?? 1, scores[1] ?? 0)
  })

  it("finds the sentence that a question is about", () => {
    const scores = Ranking.query(sentences, "Which heat wave bleached the Great Barrier Reef?")
    assert.include(sentences[scores.indexOf(1)], "2016")
  })

  it("thins a long text instead of squaring it", () => {
    const many = Array.from({ length: 3000 }, (_, index) => `Sentence ${index} speaks of reefs and corals.`)
    const scores = Ranking.textRank(many)
    assert.strictEqual(scores.length, 3000)
    assert.isAtMost(scores.filter((score) => score > 0).length, 150)
  })
})

describe("Sampling", () => {
  const scores = [0.2, 0.9, 0.5, 0.8]
  const draws = (config: object, seed: number) => {
    const random = Random.make(seed)
    return Array.from({ length: 50 }, () => Sampling.draw(scores, Sampling.settings(config), random))
  }

  it.each([{ temperature: 0 }, { topK: 1, temperature: 2 }, { topP: 0, temperature: 2 }])(
    "takes the best for %j",
    (config) => {
      assert.deepStrictEqual(new Set(draws(config, 1)), new Set([1]))
    }
  )

  it("varies more the hotter it is, and is the same for the same seed", () => {
    assert.deepStrictEqual(draws({ temperature: 2 }, 5), draws({ temperature: 2 }, 5))
    assert.notDeepEqual(draws({ temperature: 2 }, 5), draws({ temperature: 2 }, 6))
    const best = (temperature: number) => draws({ temperature, topP: 1 }, 9).filter((index) => index === 1).length
    assert.isAbove(best(0.2), best(2))
    assert.isBelow(best(2), 50)
  })

  it("never draws below top-k or outside top-p", () => {
    assert.isTrue(draws({ temperature: 2, topK: 2, topP: 1 }, 3).every((index) => index === 1 || index === 3))
    assert.isTrue(draws({ temperature: 2, topP: 0.3 }, 3).every((index) => index === 1))
  })

  it("has nothing to draw from an empty list", () => {
    assert.isUndefined(Sampling.draw([], Sampling.settings({}), Random.make(1)))
  })

  it.prop(
    "choose gives different indices in range",
    [Schema.Array(Schema.Finite), Schema.Natural, Schema.Int],
    ([list, count, seed]) => {
      const chosen = Sampling.choose(list, count % 20, {
        settings: Sampling.settings({ temperature: 2 }),
        random: Random.make(seed),
        redundancy: 0.3,
        alike: () => 0.5
      })
      assert.strictEqual(new Set(chosen).size, chosen.length)
      assert.strictEqual(chosen.length, Math.min(count % 20, list.length))
      assert.isTrue(chosen.every((index) => index >= 0 && index < list.length))
    }
  )

  it("avoids what resembles the chosen", () => {
    const choose = (redundancy: number) =>
      Sampling.choose([1, 0.9, 0.5], 2, {
        settings: Sampling.settings({ temperature: 0 }),
        random: Random.make(1),
        redundancy,
        alike: (left, right) => (left + right === 1 ? 1 : 0)
      })
    assert.deepStrictEqual([...choose(0)], [0, 1])
    assert.deepStrictEqual([...choose(0.6)], [0, 2])
  })
})
