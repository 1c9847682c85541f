import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as CandidatesFile from "../src/CandidatesFile.ts"
import { random } from "./ComparisonFixture.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const messageOf = (text: string) => {
  const parsed = CandidatesFile.parse(text, "candidates.yaml")
  return Result.isFailure(parsed) ? parsed.failure.message : "accepted"
}
/** The lines of the message that name problems. */
const problemsOf = (text: string) =>
  messageOf(text)
    .replace(/\n {2}Nothing was sent\.$/, "")
    .split("\n  ")

const good = `
# shared by all
- &shared
  name: balanced
  model: gemini-3.5-flash
  systemInstruction: Always respond in plain-text only.
  generationConfig: { temperature: 0.5, topP: 0.5, topK: 20, maxOutputTokens: 512 }
  safetySettings:
    - { category: HARM_CATEGORY_HARASSMENT, threshold: BLOCK_ONLY_HIGH }
  labels: { team: genops }
- <<: *shared
  name: grounded
  tools: [{ googleSearch: {} }]
- name: cached
  model: projects/acme/locations/us-central1/endpoints/123
  cachedContent: projects/acme/locations/us-central1/cachedContents/7
- model: gemini-3.5-pro
`

describe("CandidatesFile.parse", () => {
  it("reads YAML with what candidates share", () => {
    const candidates = Result.getOrThrow(CandidatesFile.parse(good))
    assert.deepStrictEqual(
      candidates.map(({ name }) => name),
      ["balanced", "grounded", "cached", "gemini-3.5-pro"]
    )
    assert.deepStrictEqual(candidates[1], { ...candidates[0], name: "grounded", tools: [{ googleSearch: {} }] })
    for (const candidate of candidates) assert.isTrue(Result.isSuccess(ModelConfiguration.validate(candidate)))
  })

  it("reads the same as JSON, indented by tabs too, with a byte order mark and with CRLF", () => {
    const candidates = Result.getOrThrow(CandidatesFile.parse(good))
    for (const indent of [0, 2, "\t"]) {
      const json = JSON.stringify(candidates, undefined, indent)
      assert.deepStrictEqual(Result.getOrThrow(CandidatesFile.parse(json)), candidates)
      assert.deepStrictEqual(Result.getOrThrow(CandidatesFile.parse(`\ufeff${json}`)), candidates)
      assert.deepStrictEqual(Result.getOrThrow(CandidatesFile.parse(json.replaceAll("\n", "\r\n"))), candidates)
    }
  })

  it("says where an unknown setting stands and what was meant", () => {
    const text = `${"# line\n".repeat(8)}- name: a\n  model: gemini-3.5-flash\n  generationConfig:\n    temprature: 1\n`
    assert.strictEqual(
      messageOf(text),
      "candidates.yaml:12:5 temprature: is not a setting. Did you mean temperature?\n  Nothing was sent."
    )
  })

  const one = (settings: string) => `- name: a\n  model: gemini-3.5-flash\n  ${settings}\n`
  for (const [what, text, expected] of [
    [
      "an unknown setting of a candidate",
      one("safety: []"),
      "3:3 safety: is not a setting. Did you mean safetySettings?"
    ],
    [
      "an unknown setting in a tool",
      one("tools: [{ googleSerch: {} }]"),
      "3:13 googleSerch: is not a setting. Did you mean googleSearch?"
    ],
    [
      "an unknown setting in a part",
      one("systemInstruction: { parts: [{ text: a, txt: b }] }"),
      "3:43 txt: is not a setting. Did you mean text?"
    ],
    ["a setting like no other", one("zzz: 1"), "3:3 zzz: is not a setting"],
    ["a wrong type", one("generationConfig: { temperature: warm }"), "3:36 temperature: expected a number, got text"],
    ["a number for a list", one("tools: 5"), "3:10 tools: expected a list, got a number"],
    [
      "nothing for a group",
      one("generationConfig:"),
      "3:20 generationConfig: expected a group of settings, got nothing"
    ],
    [
      "a value out of bounds",
      one("generationConfig: { topK: 0.5 }"),
      "3:29 topK: expected a value greater than or equal to 1"
    ],
    [
      "a choice that there is not",
      one("safetySettings: [{ category: HARM_CATEGORY_HARASMENT, threshold: 'OFF' }]"),
      "3:32 category: is none of HARM_CATEGORY_HATE_SPEECH, HARM_CATEGORY_DANGEROUS_CONTENT, HARM_CATEGORY_HARASSMENT and 7 more. Did you mean HARM_CATEGORY_HARASSMENT?"
    ],
    [
      "an item of a list",
      one("tools: [{ urlContext: {} }, {}]"),
      "3:31 tools[1]: a tool names at least one capability"
    ],
    ["a missing model", "- name: a\n", "1:3 model: is missing"],
    ["a name that is a number", "- name: 5\n  model: gemini-3.5-flash\n", "1:9 name: expected text, got a number"],
    ["a model that is none", "- name: a\n  model: gem ini\n", '2:10 model: "gem ini" is not a model name.'],
    ["candidates that are none", "- flash\n- name: b\n  model: g\n", "1:3 expected a group of settings, got text"],
    [
      "a combination that Vertex refuses",
      one("cachedContent: x\n  systemInstruction: y"),
      "1:3 cachedContent already holds"
    ],
    [
      "duplicate names",
      "- name: a\n  model: g\n- name: a\n  model: h\n",
      "3:9 name: the candidate on line 1 has this name already"
    ],
    ["a duplicate key", "- name: a\n  name: b\n  model: g\n", "2:3 name is there twice"],
    ["a mapping", "candidates: []\n", "1:1 expected a list: start each candidate with -"],
    ["an empty list", "[]", "1:1 expected at least one candidate"],
    [
      "a setting after 1,000 others",
      one(Array.from({ length: 1_001 }, (_, index) => `k${index}: 1`).join("\n  ")),
      "1:3 has more than 1000 settings"
    ],
    ["broken YAML", "- name: [a\n  model: g\n", "2:3 Flow sequence"],
    ["broken JSON", '[{"name": "a" "model": "g"}]', "1:11 Block collections are not allowed"],
    ["two documents", "- name: a\n  model: g\n---\n- name: b\n  model: g\n", "3:1 a second document starts here"],
    ["a tag", "- name: !!js/function 'x'\n  model: g\n", "1:9 tags (!) are not supported"],
    ["a known tag", "- name: !!binary aGk=\n  model: g\n", "1:9 tags (!) are not supported"],
    [
      "a problem in what is merged",
      "- &s\n  name: a\n  model: g\n  topp: 1\n- <<: *s\n  name: b\n",
      "4:3 topp: is not a setting"
    ]
  ] as const) {
    it(`refuses ${what}`, () => {
      const [first = ""] = problemsOf(text)
      assert.isTrue(first.startsWith(`candidates.yaml:${expected}`), first)
    })
  }

  for (const [what, text, expected] of [
    ["an empty file", "", "is empty"],
    ["a comment only", "# nothing\n", "is empty"],
    ["an empty document", "---\n", "is empty"],
    ["a bomb of aliases", bomb(), "its aliases (*) multiply the text too often"],
    [
      "a circle of aliases",
      "- &a\n  name: a\n  model: g\n  generationConfig: { responseSchema: { x: *a } }\n",
      "is nested too deeply"
    ],
    ["20,000 levels", "[".repeat(20_000), "is nested too deeply"],
    [
      "100 levels",
      `- name: a\n  model: g\n  generationConfig: { responseSchema: { x: ${"[".repeat(100)}${"]".repeat(100)} } }`,
      "is nested too deeply"
    ]
  ] as const) {
    it(`refuses ${what}`, () =>
      assert.isTrue(messageOf(text).startsWith(`candidates.yaml ${expected}`), messageOf(text).slice(0, 200)))
  }

  it("runs and resolves no tag, and takes no key for a prototype", () => {
    const parsed = CandidatesFile.parse('[{"name": "a", "model": "g", "__proto__": {"polluted": 1}}]')
    assert.include(Result.isFailure(parsed) ? parsed.failure.message : "", "__proto__: is not a setting")
    assert.isFalse("polluted" in {})
  })

  it("takes YAML 1.2's words for what they are, also when the file asks for 1.1", () => {
    const [candidate] = Result.getOrThrow(
      CandidatesFile.parse("%YAML 1.1\n---\n- name: yes\n  model: g\n  systemInstruction: 2024-01-01\n")
    )
    assert.deepStrictEqual(candidate, { name: "yes", model: "g", systemInstruction: "2024-01-01" })
  })

  it("lists the first five problems from the top, and counts the others", () => {
    const settings = Array.from({ length: 9 }, (_, index) => `  wrong${index}: 1\n`).join("")
    const lines = messageOf(`- name: a\n  model: g\n${settings}`).split("\n")
    assert.lengthOf(lines, 7)
    assert.deepStrictEqual(
      lines.slice(0, 5).map((line) => /:(\d+):3 wrong\d/.exec(line)?.[1]),
      ["3", "4", "5", "6", "7"]
    )
    assert.strictEqual(lines[5], "  4 more problems.")
  })

  it("quotes no text of a prompt, and no control character", () => {
    const message = messageOf(
      one(`systemInstruction: { parts: [{ text: { secret: prompt } }] }\n  "\\e[31m\\u202e": 1`)
    )
    assert.notInclude(message, "secret")
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.notMatch(message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  it(`never throws, and always places what it refuses inside the text (GENOPS_SEED=${seed})`, () => {
    const next = random(seed)
    const pieces = [
      "- ",
      "name: a\n",
      "  model: g\n",
      "[",
      "]",
      "{",
      "}",
      ": ",
      "\n",
      "  ",
      "&a ",
      "*a ",
      "<<: ",
      "!x ",
      "'",
      '"',
      "|\n",
      "\t",
      "---\n",
      "% ",
      "\u0000",
      "日"
    ]
    let refused = 0
    for (let count = 0; count < 1_000; count++) {
      const cut = Math.floor(next() * good.length)
      const piece = pieces[Math.floor(next() * pieces.length)] ?? ""
      const text = good.slice(0, cut) + piece + good.slice(cut + Math.floor(next() * 3))
      const parsed = CandidatesFile.parse(text)
      if (Result.isSuccess(parsed)) continue
      refused++
      const { message, problems } = parsed.failure
      assert.isNotEmpty(problems)
      assert.isAtMost(message.split("\n").length, 8)
      const lines = text.split("\n")
      for (const { column, line } of problems) {
        if (line === undefined || column === undefined) continue
        assert.isTrue(
          line >= 1 && line <= lines.length && column <= (lines[line - 1]?.length ?? 0) + 1,
          `${line}:${column} of ${JSON.stringify(text)}`
        )
      }
    }
    assert.isAbove(refused, 100)
  })
})

function bomb() {
  const letters = [..."abcdefgh"]
  return letters
    .map(
      (letter, index) =>
        `${letter}: &${letter} [${Array.from({ length: 10 }, () => (index === 0 ? "x" : `*${letters[index - 1]}`)).join(",")}]`
    )
    .join("\n")
}

describe("CandidatesFile.read", () => {
  const directory = mkdtempSync(join(tmpdir(), "genops-candidates-"))
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  const refusal = (path: string) =>
    CandidatesFile.read(path).pipe(
      Effect.flip,
      Effect.map(({ message }) => message.split("\n")[0]),
      Effect.provide(NodeFileSystem.layer)
    )

  it.effect("reads a file", () =>
    Effect.gen(function* () {
      const candidates = yield* CandidatesFile.read(file("good.yaml", good))
      assert.lengthOf(candidates, 4)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.effect("refuses what cannot be read, and says why", () =>
    Effect.gen(function* () {
      const missing = join(directory, "missing.yaml")
      assert.strictEqual(yield* refusal(missing), `${missing} there is no such file`)
      assert.strictEqual(yield* refusal(directory), `${directory} is a directory, not a file`)
      const binary = file("binary.yaml", new Uint8Array([0xff, 0xfe, 0x00]))
      assert.strictEqual(yield* refusal(binary), `${binary} is not UTF-8 text`)
      const empty = file("empty.yaml", "")
      assert.match((yield* refusal(empty)) ?? "", /empty\.yaml is empty: write a list/)
      const large = file("large.yaml", `${good}#${"x".repeat(CandidatesFile.largest)}`)
      assert.strictEqual(yield* refusal(large), `${large} is larger than 1 MiB`)
      assert.strictEqual(yield* refusal("/dev/zero"), "/dev/zero is larger than 1 MiB")
      const wrong = file("wrong.yaml", "- name: a\n  modle: g\n")
      assert.match((yield* refusal(wrong)) ?? "", /wrong\.yaml:1:3 model: is missing/)
    })
  )
})
