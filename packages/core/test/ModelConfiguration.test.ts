import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as SafetySetting from "@genops/core/SafetySetting"
import * as Tool from "@genops/core/Tool"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const issues = (input: unknown) => {
  const result = ModelConfiguration.validate(input)
  return Result.isFailure(result) ? result.failure.issues : []
}

describe("ModelConfiguration.validate", () => {
  it("accepts the settings of the guide", () => {
    const balanced = ModelConfiguration.make("gemini-3.5-flash", {
      name: "balanced",
      systemInstruction: "Always respond in plain-text only.",
      generationConfig: { topK: 20, topP: 0.5, temperature: 0.5 },
      safetySettings: SafetySetting.all("BLOCK_ONLY_HIGH"),
      tools: [Tool.googleSearch()],
      labels: { team: "genops", run: "1" }
    })
    assert.deepStrictEqual(Result.getOrThrow(ModelConfiguration.validate(balanced)), balanced)
  })

  it("reports every problem at once, by path", () => {
    const found = issues({
      name: "x",
      model: "gem ini",
      generationConfig: {
        temperature: 9,
        temprature: 1,
        candidateCount: 0,
        stopSequences: ["a", "b", "c", "d", "e", "f"]
      }
    })
    assert.sameMembers(
      found.map((issue) => issue.path),
      [
        "model",
        "generationConfig.temperature",
        "generationConfig.temprature",
        "generationConfig.candidateCount",
        "generationConfig.stopSequences"
      ]
    )
    assert.include(found.find((issue) => issue.path.endsWith("temprature"))?.reason, "not a known setting")
  })

  for (const [what, settings] of [
    ["NaN", { generationConfig: { temperature: Number.NaN } }],
    ["a fractional token limit", { generationConfig: { maxOutputTokens: 1.5 } }],
    ["two ways of thinking", { generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: "LOW" } } }],
    ["a schema without a JSON answer", { generationConfig: { responseSchema: { type: "OBJECT" } } }],
    [
      "two schemas",
      { generationConfig: { responseMimeType: "application/json", responseSchema: {}, responseJsonSchema: {} } }
    ],
    ["a category twice", { safetySettings: [...SafetySetting.all("OFF"), ...SafetySetting.all("OFF")] }],
    ["an unknown threshold", { safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "SOMETIMES" }] }],
    ["an empty tool", { tools: [{}] }],
    ["a data store and an engine", { tools: [{ retrieval: { vertexAiSearch: { datastore: "d", engine: "e" } } }] }],
    ["an upper-case label", { labels: { Team: "x" } }],
    ["a cache with its own instruction", { cachedContent: "projects/p/c", systemInstruction: "x" }],
    ["two data fields in a part", { systemInstruction: { parts: [{ text: "a", fileData: { fileUri: "gs://b/c" } }] } }]
  ] as const) {
    it(`refuses ${what}`, () => assert.isNotEmpty(issues({ name: "x", model: "gemini-3.5-flash", ...settings })))
  }

  it("refuses what is no object", () => assert.lengthOf(issues(null), 1))
})

describe("ModelConfiguration.fingerprint", () => {
  const base = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { temperature: 0.1, topK: 1 } })

  it("ignores name, labels, key order and undefined fields", () => {
    const same: ModelConfiguration.ModelConfiguration = {
      labels: { a: "b" },
      generationConfig: { topK: 1, temperature: 0.1, topP: undefined },
      model: "gemini-3.5-flash",
      name: "another"
    }
    assert.strictEqual(ModelConfiguration.fingerprint(same), ModelConfiguration.fingerprint(base))
  })

  it("is stable across releases", () =>
    assert.strictEqual(
      ModelConfiguration.fingerprint(base),
      "e6366efaed4f3e6d50693e87a8ead5d97dbfcd5b9ce65bc639e22a85ab9826a5"
    ))

  it("changes with everything that shapes an answer", () => {
    const others: ReadonlyArray<ModelConfiguration.ModelConfiguration> = [
      { ...base, model: "gemini-3.8-flash" },
      { ...base, generationConfig: { temperature: 0.2, topK: 1 } },
      { ...base, systemInstruction: "x" },
      { ...base, tools: [Tool.googleSearch()] },
      { ...base, safetySettings: SafetySetting.all("OFF") },
      { ...base, cachedContent: "c" }
    ]
    const prints = new Set([base, ...others].map(ModelConfiguration.fingerprint))
    assert.strictEqual(prints.size, others.length + 1)
  })
})

describe("Tool", () => {
  it("declares a function from a schema, closed and without nulls", () => {
    const weather = Tool.declare({
      name: "get_weather",
      description: "Reads the weather",
      parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Finite) })
    })
    assert.deepStrictEqual(weather.parametersJsonSchema, {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "number" } },
      required: ["city"],
      additionalProperties: false
    })
    assert.lengthOf(issues({ name: "x", model: "gemini-3.5-flash", tools: [Tool.functions(weather)] }), 0)
  })

  it("keeps the definitions of a recursive schema", () => {
    interface Tree {
      readonly children: ReadonlyArray<Tree>
    }
    const Tree = Schema.Struct({
      children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
    }).annotate({ identifier: "Tree" })
    const schema = Tool.jsonSchema(Tree)
    assert.property(schema, "$defs")
  })
})
