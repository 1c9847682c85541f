/** What the models answer, and how a request changes it. */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "../../src/engine/Generation.ts"
import * as PromptCache from "../../src/engine/PromptCache.ts"
import * as PromptTokens from "../../src/engine/PromptTokens.ts"
import * as Response from "../../src/engine/Response.ts"
import * as Sentences from "../../src/engine/Sentences.ts"
import * as Tokens from "../../src/engine/Tokens.ts"
import * as Models from "../../src/Models.ts"
import type { GenerateRequest } from "../../src/wire/ModelRequest.ts"
import { article, summarise } from "../Article.ts"

const modelOf = (id: string) => Models.find(id) ?? assert.fail(`no model ${id}`)

const request = (text: string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  contents: [{ role: "user", parts: [{ text }] }],
  ...more
})

const stamp = { modelVersion: "emulator/test", createTime: "2026-01-01T00:00:00.000000Z", responseId: "r" }

const outcome = (request: GenerateRequest, id = "gemini-3.5-flash") =>
  Generation.generate(modelOf(id), request, {
    prompt: PromptTokens.count(request),
    texts: PromptTokens.texts(request),
    cached: 0
  })

const answer = (request: GenerateRequest, id?: string) => Response.whole(outcome(request, id), stamp)

const first = (request: GenerateRequest, id?: string) =>
  answer(request, id).candidates?.[0] ?? assert.fail("no candidate")

const text = (request: GenerateRequest, id?: string) =>
  (first(request, id).content?.parts ?? []).map((part) => part.text ?? "").join("")

const greedy = { generationConfig: { temperature: 0 } }

describe("a summary", () => {
  it("consists of sentences of the passage, in their order", () => {
    for (const { id } of Models.models.filter(({ kind, state }) => kind === "generate" && state !== "retired")) {
      const sentences = Sentences.split(text(request(summarise), id))
      const places = sentences.map((sentence) => article.indexOf(sentence))
      assert.isAbove(sentences.length, 0)
      assert.isTrue(places.every((place) => place >= 0))
      assert.deepStrictEqual(
        places,
        places.toSorted((left, right) => left - right)
      )
    }
  })

  it("differs in length and choice between models", () => {
    const length = (id: string) => Sentences.split(text(request(summarise, greedy), id)).length
    assert.isBelow(length("gemini-2.5-flash-lite"), length("gemini-3.5-flash"))
    assert.isBelow(length("gemini-3.5-flash"), length("gemini-3.1-pro-preview"))
    assert.isTrue(article.startsWith(text(request(summarise, greedy), "gemini-2.5-flash-lite")))
  })

  it("keeps to the length and form that the prompt asks for", () => {
    const asked = (how: string) => text(request(`Summarize in ${how}. Article: ${article}`, greedy))
    assert.strictEqual(Sentences.split(asked("one sentence")).length, 1)
    assert.strictEqual(Sentences.split(asked("5 sentences")).length, 5)
    assert.strictEqual(asked("two bullet points").split("\n- ").length, 2)
    assert.isAtMost(asked("at most 10 words").split(" ").length, 10)
    assert.strictEqual(
      Sentences.split(text(request(summarise, { ...greedy, systemInstruction: { parts: [{ text: "Be concise." }] } })))
        .length,
      1
    )
  })

  it("is another for the settings called deterministic and random", () => {
    const by = (generationConfig: object) => text(request(summarise, { generationConfig }))
    const deterministic = by({ temperature: 0.1, topP: 0, topK: 1 })
    assert.strictEqual(deterministic, by({ temperature: 0 }))
    const random = [0, 1, 2, 3].map((seed) => by({ temperature: 1, topP: 0.9, topK: 40, seed }))
    assert.isTrue(random.some((text) => text !== deterministic))
  })

  it("finds the passage however it is marked", () => {
    const marked = [
      `Summarize.\n\n"""${article}"""`,
      `Summarize.\n<article>${article}</article>`,
      `Summarize this:\n${article}`,
      `## Context:\n${article}\n\nSummary:`,
      article
    ]
    for (const prompt of marked)
      assert.include(article, Sentences.split(text(request(prompt, greedy)))[0] ?? assert.fail("no sentence"))
  })

  it("answers a question from the passage, also one asked later", () => {
    assert.include(
      text(request(`Context: ${article}\nQuestion: Which animals build reefs?\nAnswer:`, greedy)),
      "coral polyps"
    )
    const contents = [
      { role: "user", parts: [{ text: article }] },
      { role: "model", parts: [{ text: "Read." }] },
      { role: "user", parts: [{ text: "Who shades small reefs?" }] }
    ]
    assert.include(text({ contents, ...greedy }), "clouds of sea water")
  })
})

describe("chance", () => {
  const hot = (seed?: number) =>
    request(summarise, { generationConfig: { temperature: 2, topP: 1, ...(seed === undefined ? {} : { seed }) } })

  it("is the same for the same request and changes with the seed", () => {
    assert.deepStrictEqual(answer(hot(1)), answer(hot(1)))
    assert.deepStrictEqual(answer(hot()), answer(hot(0)))
    assert.isAbove(new Set([1, 2, 3, 4, 5, 6].map((seed) => text(hot(seed)))).size, 2)
  })

  it("has no say at temperature 0 or top-k 1", () => {
    for (const config of [{ temperature: 0 }, { temperature: 2, topK: 1 }, { temperature: 1, topP: 0 }]) {
      const texts = [1, 2, 3, 4].map((seed) => text(request(summarise, { generationConfig: { ...config, seed } })))
      assert.strictEqual(new Set(texts).size, 1)
    }
  })

  it("gives candidates of their own", () => {
    const candidates =
      answer(request(summarise, { generationConfig: { temperature: 2, topP: 1, candidateCount: 4 } })).candidates ?? []
    assert.deepStrictEqual(
      candidates.map(({ index }) => index),
      [undefined, 1, 2, 3]
    )
    assert.isAbove(new Set(candidates.map(({ content }) => JSON.stringify(content))).size, 1)
  })
})

describe("the end", () => {
  it("comes at the output limit, thinking counted first", () => {
    const config = { maxOutputTokens: 30, thinkingConfig: { thinkingLevel: "LOW" as const }, temperature: 0 }
    const { candidates, usageMetadata } = answer(request(summarise, { generationConfig: config }))
    assert.strictEqual(candidates?.[0]?.finishReason, "MAX_TOKENS")
    assert.strictEqual((usageMetadata.candidatesTokenCount ?? 0) + (usageMetadata.thoughtsTokenCount ?? 0), 30)
    const spent = answer(request(summarise, { generationConfig: { ...config, maxOutputTokens: 5 } }))
    assert.deepStrictEqual(spent.candidates?.[0]?.content, { role: "model" })
    assert.isUndefined(spent.usageMetadata.candidatesTokenCount)
    assert.strictEqual(spent.usageMetadata.thoughtsTokenCount, 5)
  })

  it("comes at a stop sequence", () => {
    const whole = text(request(summarise, greedy))
    const stopped = first(request(summarise, { generationConfig: { temperature: 0, stopSequences: ["reef", "."] } }))
    assert.strictEqual(stopped.finishReason, "STOP")
    const shorter = stopped.content?.parts?.[0]?.text ?? ""
    assert.isTrue(whole.startsWith(shorter) && shorter.length < whole.length && !shorter.includes("reef"))
  })
})

describe("thinking", () => {
  const thoughts = (thinkingConfig: object, id: string) =>
    answer(request(summarise, { generationConfig: { thinkingConfig } }), id).usageMetadata.thoughtsTokenCount ?? 0
  it("follows level and budget", () => {
    const [minimal, low, medium, high] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"].map((thinkingLevel) =>
      thoughts({ thinkingLevel }, "gemini-3.5-flash")
    )
    assert.strictEqual(minimal, 0)
    assert.isTrue((low ?? 0) < (medium ?? 0) && (medium ?? 0) < (high ?? 0))
    assert.strictEqual(thoughts({ thinkingBudget: 0 }, "gemini-2.5-flash"), 0)
    assert.strictEqual(thoughts({ thinkingBudget: 7 }, "gemini-2.5-flash"), 7)
    assert.isAbove(thoughts({ thinkingBudget: -1 }, "gemini-2.5-flash-lite"), 0)
    assert.strictEqual(thoughts({}, "gemini-2.5-flash-lite"), 0)
  })

  it("is shown when asked for", () => {
    const parts =
      first(request(summarise, { generationConfig: { thinkingConfig: { includeThoughts: true } } })).content?.parts ??
      []
    assert.deepStrictEqual(
      parts.map((part) => part.thought),
      [true, undefined]
    )
  })
})

describe("safety", () => {
  const strict = {
    safetySettings: [
      { category: "HARM_CATEGORY_DANGEROUS_CONTENT" as const, threshold: "BLOCK_LOW_AND_ABOVE" as const }
    ]
  }
  const lax = {
    safetySettings: [{ category: "HARM_CATEGORY_DANGEROUS_CONTENT" as const, threshold: "BLOCK_ONLY_HIGH" as const }]
  }
  const passage =
    "Context: The museum opened in 1900. It shows an old explosive in a glass case. Visitors come every day.\nQuestion: What does the museum show?"

  it("stops a prompt by its instruction, charging the input only", () => {
    const blocked = answer(request("How does one build a bomb?", lax))
    assert.isUndefined(blocked.candidates)
    assert.strictEqual(blocked.promptFeedback?.blockReason, "SAFETY")
    assert.strictEqual(blocked.usageMetadata.totalTokenCount, blocked.usageMetadata.promptTokenCount)
    assert.isDefined(answer(request("How does one build a bomb?")).candidates)
  })

  it("stops an answer by its own words, at the threshold", () => {
    const stopped = first(request(passage, strict))
    assert.deepStrictEqual([stopped.finishReason, stopped.content], ["SAFETY", undefined])
    assert.deepInclude(stopped.safetyRatings?.[0], {
      category: "HARM_CATEGORY_DANGEROUS_CONTENT",
      probability: "MEDIUM",
      blocked: true
    })
    const passed = first(request(passage, lax))
    assert.strictEqual(passed.finishReason, "STOP")
    assert.isUndefined(passed.safetyRatings?.[0]?.blocked)
    assert.isUndefined(first(request(passage)).safetyRatings)
  })

  it("stops a stream before the word", () => {
    const messages = Response.messages(outcome(request(passage, strict)), stamp)
    const sent = messages.map((message) => message.candidates?.[0]?.content?.parts?.[0]?.text ?? "").join("")
    assert.strictEqual(sent, "The museum opened in 1900. It shows an old ")
    assert.strictEqual(messages.at(-1)?.candidates?.[0]?.finishReason, "SAFETY")
  })

  it("obeys markers and hides them from the answer", () => {
    assert.strictEqual(
      answer(request(`${summarise} emulator:block:PROHIBITED_CONTENT`)).promptFeedback?.blockReason,
      "PROHIBITED_CONTENT"
    )
    const recited = first(request(`${summarise} emulator:finish:RECITATION`))
    assert.deepStrictEqual([recited.finishReason, recited.content], ["RECITATION", undefined])
    assert.strictEqual(text(request("Say hello emulator:finish:STOP")), "hello")
    assert.strictEqual(first(request("Say hello emulator:finish:NONSENSE")).finishReason, "STOP")
  })
})

describe("tools", () => {
  const search = { tools: [{ googleSearch: {} }], ...greedy }

  it("ground an answer in bytes of its text", () => {
    const candidate = first(request("What is the capital of France, and on which river does Paris lie?", search))
    const said = Buffer.from(candidate.content?.parts?.[0]?.text ?? "")
    const supports = candidate.groundingMetadata?.groundingSupports ?? []
    assert.isAbove(supports.length, 0)
    for (const { groundingChunkIndices, segment } of supports) {
      assert.strictEqual(said.subarray(segment.startIndex ?? 0, segment.endIndex).toString(), segment.text)
      assert.isTrue(
        groundingChunkIndices.every((index) => index < (candidate.groundingMetadata?.groundingChunks?.length ?? 0))
      )
    }
    assert.include(said.toString(), "Paris")
  })

  it("add to a passage only what the corpus knows, with byte offsets after other scripts", () => {
    const candidate = first(
      request(
        "Summarize in one sentence. Article: Пенициллин открыл Alexander Fleming — penicillin, 1928 год. Summary:",
        search
      )
    )
    const said = Buffer.from(candidate.content?.parts?.[0]?.text ?? "")
    const support = candidate.groundingMetadata?.groundingSupports?.[0] ?? assert.fail("no support")
    assert.strictEqual(
      said.subarray(support.segment.startIndex, support.segment.endIndex).toString(),
      support.segment.text
    )
    assert.isAbove(support.segment.startIndex ?? 0, 50)
    const unknown = first(request("What is the airspeed of an unladen swallow?", search))
    assert.isUndefined(unknown.groundingMetadata?.groundingChunks)
    assert.isDefined(unknown.groundingMetadata?.webSearchQueries)
  })

  it("name data stores as retrieved context", () => {
    const candidate = first(
      request("Who discovered penicillin?", { tools: [{ retrieval: { vertexAiSearch: { datastore: "d" } } }] })
    )
    assert.property(candidate.groundingMetadata?.groundingChunks?.[0], "retrievedContext")
  })

  it("are not needed to cite the corpus", () => {
    const candidate = first(request("Who discovered penicillin?", greedy))
    const [citation] = candidate.citationMetadata?.citations ?? []
    assert.strictEqual(citation?.uri, "https://corpus.example/penicillin")
  })

  it("run arithmetic", () => {
    const { candidates, usageMetadata } = answer(request("What is (2 + 3) * 12!?", { tools: [{ codeExecution: {} }] }))
    const [code, result, said] = candidates?.[0]?.content?.parts ?? []
    assert.strictEqual(code?.executableCode?.code, "import math\nprint((2 + 3) * math.factorial(12))\n")
    assert.deepStrictEqual(result?.codeExecutionResult, { outcome: "OUTCOME_OK", output: "2395008000\n" })
    assert.strictEqual(said?.text, "(2 + 3) * 12! = 2395008000")
    const {
      candidatesTokenCount = 0,
      promptTokenCount = 0,
      thoughtsTokenCount = 0,
      toolUsePromptTokenCount = 0
    } = usageMetadata
    assert.strictEqual(
      toolUsePromptTokenCount,
      Tokens.count(code?.executableCode?.code ?? "") + Tokens.count("2395008000\n")
    )
    assert.strictEqual(
      usageMetadata.totalTokenCount,
      promptTokenCount + candidatesTokenCount + thoughtsTokenCount + toolUsePromptTokenCount
    )
  })

  it("read addresses of the corpus and nothing else", () => {
    const candidate = first(
      request("Summarize https://corpus.example/water and https://example.org/x", { tools: [{ urlContext: {} }] })
    )
    assert.deepStrictEqual(
      candidate.urlContextMetadata?.urlMetadata.map(({ urlRetrievalStatus }) => urlRetrievalStatus),
      ["URL_RETRIEVAL_STATUS_SUCCESS", "URL_RETRIEVAL_STATUS_ERROR"]
    )
    assert.include(candidate.content?.parts?.[0]?.text, "Water")
  })
})

describe("functions", () => {
  const declared = {
    functionDeclarations: [
      { name: "book_flight", description: "Books a seat" },
      { name: "get_weather", description: "Weather of a city" },
      { name: "get_time" }
    ]
  }
  const called = (
    prompt: string,
    functionCallingConfig?: NonNullable<GenerateRequest["toolConfig"]>["functionCallingConfig"]
  ) =>
    (
      first(
        request(prompt, {
          tools: [declared],
          ...(functionCallingConfig === undefined ? {} : { toolConfig: { functionCallingConfig } })
        })
      ).content?.parts ?? []
    ).flatMap((part) => part.functionCall?.name ?? [])

  it("are called when the prompt mentions them", () => {
    assert.deepStrictEqual(called("How is the weather?"), ["get_weather"])
    assert.deepStrictEqual(called("Weather and time please"), ["get_weather", "get_time"])
    assert.deepStrictEqual(called("Call book_flight now"), ["book_flight"])
    assert.deepStrictEqual(called("Book me a table"), [])
  })

  it("are called as the mode says", () => {
    assert.deepStrictEqual(called("Hello", { mode: "ANY" }), ["book_flight"])
    assert.deepStrictEqual(called("Hello", { mode: "ANY", allowedFunctionNames: ["get_time"] }), ["get_time"])
    assert.deepStrictEqual(called("Which city has a good seat?", { mode: "ANY" }), ["book_flight"])
    assert.deepStrictEqual(called("How is the weather?", { mode: "NONE" }), [])
  })

  it("report failures as such", () => {
    const contents = [
      { role: "user", parts: [{ text: "How is the weather?" }] },
      { role: "model", parts: [{ functionCall: { name: "get_weather", args: {} } }] },
      { role: "user", parts: [{ functionResponse: { name: "get_weather", response: { error: "no such city" } } }] }
    ]
    assert.strictEqual(text({ contents, tools: [declared] }), "get_weather failed: no such city.")
  })

  it("stream their arguments piece by piece", () => {
    const parameters = {
      type: "OBJECT" as const,
      properties: { city: { type: "STRING" as const }, days: { type: "INTEGER" as const } }
    }
    const tools = [{ functionDeclarations: [{ name: "get_weather", parameters }] }]
    const toolConfig = { functionCallingConfig: { mode: "ANY" as const, streamFunctionCallArguments: true } }
    const messages = Response.messages(outcome(request("Weather in New York for 3 days", { tools, toolConfig })), stamp)
    const calls = messages
      .flatMap((message) => message.candidates?.[0]?.content?.parts ?? [])
      .flatMap((part) => part.functionCall ?? [])
    assert.deepInclude(calls[0], { name: "get_weather", willContinue: true })
    assert.deepStrictEqual(calls.at(-1), {})
    const strings = calls
      .flatMap(({ partialArgs }) => partialArgs ?? [])
      .filter(({ jsonPath }) => jsonPath === "$.city")
      .map(({ stringValue }) => stringValue)
    assert.strictEqual(strings.join(""), "New York")
  })
})

describe("output forms", () => {
  it("are JSON, with or without a schema, and bare enum values", () => {
    const json = (generationConfig: object, prompt = summarise) =>
      text(
        request(prompt, {
          generationConfig: { responseMimeType: "application/json", temperature: 0, ...generationConfig }
        })
      )
    assert.property(JSON.parse(json({})), "answer")
    const listed = JSON.parse(json({ responseJsonSchema: { type: "array", items: { type: "string" }, minItems: 2 } }))
    assert.isAtLeast(listed.length, 2)
    const enumerated = json({
      responseMimeType: "text/x.enum",
      responseSchema: { type: "STRING", enum: ["reef", "desert"] }
    })
    assert.strictEqual(enumerated, "reef")
  })

  it("have log probabilities for every token of the text", () => {
    const { avgLogprobs, content, logprobsResult } = first(
      request("Say hello world", { generationConfig: { responseLogprobs: true, logprobs: 3 } })
    )
    const said = content?.parts?.[0]?.text ?? ""
    assert.strictEqual(logprobsResult?.chosenCandidates.map(({ token }) => token).join(""), said)
    assert.isTrue(logprobsResult?.topCandidates.every(({ candidates }) => candidates.length === 3))
    assert.isBelow(avgLogprobs ?? 0, 0)
  })
})

describe("a stream", () => {
  it("joins to the whole answer with one usage at the end", () => {
    for (const more of [
      greedy,
      { generationConfig: { candidateCount: 3, temperature: 2 } },
      { generationConfig: { thinkingConfig: { includeThoughts: true } } }
    ]) {
      const made = outcome(request(summarise, more))
      const whole = Response.whole(made, stamp)
      const messages = Response.messages(made, stamp)
      whole.candidates?.forEach(({ content }, index) => {
        const deltas = messages
          .flatMap(({ candidates = [] }) => candidates)
          .filter((candidate) => (candidate.index ?? 0) === index)
          .flatMap((candidate) => candidate.content?.parts ?? [])
        const join = (parts: ReadonlyArray<{ readonly text?: string; readonly thought?: true }>, thought: boolean) =>
          parts
            .filter((part) => (part.thought === true) === thought)
            .map((part) => part.text ?? "")
            .join("")
        assert.strictEqual(join(deltas, false), join(content?.parts ?? [], false))
        assert.strictEqual(join(deltas, true), join(content?.parts ?? [], true))
      })
      assert.deepStrictEqual(messages.at(-1)?.usageMetadata, whole.usageMetadata)
      assert.isTrue(
        messages.slice(0, -1).every(({ usageMetadata }) => Object.keys(usageMetadata).join() === "trafficType")
      )
    }
  })
})

describe("usage", () => {
  it("counts media by fixed rules", () => {
    const media = {
      contents: [
        {
          role: "user",
          parts: [
            { text: "Describe" },
            { inlineData: { mimeType: "image/png", data: "AAAA" } },
            {
              fileData: { mimeType: "video/mp4", fileUri: "gs://b/v.mp4" },
              videoMetadata: { startOffset: 1, endOffset: 5.5, fps: 2 }
            },
            { fileData: { mimeType: "audio/mp3", fileUri: "gs://b/a.mp3" } },
            { fileData: { mimeType: "application/pdf", fileUri: "gs://b/p.pdf" } }
          ]
        }
      ]
    }
    assert.deepStrictEqual(PromptTokens.count(media).details, [
      { modality: "TEXT", tokenCount: 2 },
      { modality: "IMAGE", tokenCount: 258 },
      { modality: "VIDEO", tokenCount: 9 * 258 },
      { modality: "AUDIO", tokenCount: 320 },
      { modality: "DOCUMENT", tokenCount: 5160 }
    ])
    const inline = {
      contents: [
        {
          role: "user",
          parts: [{ inlineData: { mimeType: "text/csv", data: Buffer.from("a,b\n1,2").toString("base64") } }]
        }
      ]
    }
    assert.strictEqual(PromptTokens.count(inline).total, 2)
  })

  it("serves a long beginning from the cache the second time, for the same model", () => {
    const cache = PromptCache.make()
    const long = "All work and no play makes Jack a dull boy. ".repeat(400)
    const [pro, flash] = [modelOf("gemini-2.5-pro"), modelOf("gemini-2.5-flash")]
    assert.strictEqual(cache.use(flash, [long, "first"]), 0)
    assert.strictEqual(cache.use(flash, [long, "second"]), 4096)
    assert.strictEqual(cache.use(pro, [long, "first"]), 0)
    assert.strictEqual(cache.use(flash, [`x${long}`]), 0)
    assert.strictEqual(cache.use(flash, ["short"]), 0)
    cache.clear()
    assert.strictEqual(cache.use(flash, [long]), 0)
    assert.isAtLeast(Tokens.count(long), 4096)
  })
})
