/**
 * Grounds an answer in the built-in corpus: which sentences of the answer come from which document, in byte offsets.
 *
 * Tools that ground: googleSearch, googleSearchRetrieval, enterpriseWebSearch, parallelAiSearch and exaAiSearch report `web` chunks, retrieval reports
 * `retrievedContext`. `excludeDomains` with `corpus.example` leaves nothing to find.
 *
 * @since 0.1.0
 */
import type { Citation, GroundingMetadata } from "../wire/GenerateContentResponse.ts"
import type { Tool } from "../wire/Tool.ts"
import * as Corpus from "./Corpus.ts"
import * as Words from "./Words.ts"

/**
 * What kind of grounding a request asks for; undefined for none.
 *
 * @since 0.1.0
 */
export const kind = (tools: ReadonlyArray<Tool>): "retrieval" | "web" | undefined => {
  if (tools.some((tool) => tool.retrieval !== undefined)) return "retrieval"
  const searches = tools.some(
    (tool) =>
      (tool.googleSearch ??
        tool.googleSearchRetrieval ??
        tool.enterpriseWebSearch ??
        tool.parallelAiSearch ??
        tool.exaAiSearch) !== undefined
  )
  return searches ? "web" : undefined
}

/**
 * Finds up to three sentences for a prompt that the tools allow.
 *
 * @since 0.1.0
 */
export const search = (tools: ReadonlyArray<Tool>, query: string): ReadonlyArray<Corpus.Hit> => {
  const excluded = tools.flatMap((tool) => [
    ...(tool.googleSearch?.excludeDomains ?? []),
    ...(tool.enterpriseWebSearch?.excludeDomains ?? [])
  ])
  return excluded.includes("corpus.example") ? [] : Corpus.search(query, 3)
}

/** Where a sentence stands in a text, in bytes; undefined when it is not there as it is. */
const segment = (text: string, sentence: string) => {
  const at = text.indexOf(sentence)
  if (at < 0) return undefined
  const startIndex = Buffer.byteLength(text.slice(0, at))
  return {
    ...(startIndex === 0 ? {} : { startIndex }),
    endIndex: startIndex + Buffer.byteLength(sentence)
  }
}

/**
 * The metadata for an answer's text: queries always, chunks and supports for the hits whose sentence stands in the text.
 *
 * @since 0.1.0
 */
export const metadata = (
  kind: "retrieval" | "web",
  query: string,
  hits: ReadonlyArray<Corpus.Hit>,
  text: string
): GroundingMetadata => {
  const queries = [Words.content(query).slice(0, 8).join(" ")]
  const used = hits.filter(({ sentence }) => text.includes(sentence))
  const documents = [...new Set(used.map(({ document }) => document))]
  const supports = used.flatMap(({ document, sentence }) => {
    const found = segment(text, sentence)
    return found === undefined
      ? []
      : [{ segment: { ...found, text: sentence }, groundingChunkIndices: [documents.indexOf(document)] }]
  })
  const chunks = documents.map((document) =>
    kind === "web"
      ? { web: { uri: document.uri, title: "corpus.example", domain: "corpus.example" } }
      : {
          retrievedContext: { uri: document.uri, title: document.title, text: document.sentences.join(" ") }
        }
  )
  return {
    ...(kind === "web"
      ? {
          webSearchQueries: queries,
          searchEntryPoint: { renderedContent: `<div class="container">${queries.join(" ")}</div>` }
        }
      : { retrievalQueries: queries }),
    ...(chunks.length === 0 ? {} : { groundingChunks: chunks, groundingSupports: supports }),
    retrievalMetadata: {}
  }
}

/**
 * Citations for an answer that repeats sentences of the corpus without a tool having looked them up.
 *
 * @since 0.1.0
 */
export const citations = (hits: ReadonlyArray<Corpus.Hit>, text: string): ReadonlyArray<Citation> =>
  hits.flatMap(({ document, sentence }) => {
    const found = segment(text, sentence)
    return found === undefined ? [] : [{ ...found, uri: document.uri, title: document.title }]
  })
