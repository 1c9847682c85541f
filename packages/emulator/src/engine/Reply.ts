/**
 * Decides what to answer, in this order:
 *
 * 1. function calls (`FunctionCalling`)
 * 2. a value for the schema, or JSON `{"answer": …}` without one (`SchemaValue`); for text/x.enum the bare value
 * 3. what a called function answered
 * 4. with codeExecution: the code and the result of the prompt's arithmetic
 * 5. with urlContext: an extract of the corpus document at an address in the prompt
 * 6. sentences of the prompt's passage (`Extract`), and with a grounding tool what the corpus adds
 * 7. an echo that was asked for, the value of an arithmetic expression, or sentences of the corpus (with citations)
 * 8. an honest sentence that there is nothing to draw on (`ShortAnswer`)
 *
 * @since 0.1.0
 */
import type { Candidate, Part } from "../wire/GenerateContentResponse.ts"
import * as Arithmetic from "./Arithmetic.ts"
import type { Ask } from "./Ask.ts"
import * as Corpus from "./Corpus.ts"
import type { Draft } from "./Draft.ts"
import * as Evidence from "./Evidence.ts"
import * as Extract from "./Extract.ts"
import * as FunctionCalling from "./FunctionCalling.ts"
import * as Grounding from "./Grounding.ts"
import type { Random } from "./Random.ts"
import * as SchemaForm from "./SchemaForm.ts"
import * as SchemaValue from "./SchemaValue.ts"
import * as ShortAnswer from "./ShortAnswer.ts"
import type { Task } from "./Task.ts"
import * as Tokens from "./Tokens.ts"

/**
 * What to answer, before it is cut. `describe` gives the metadata that fits the text that was left; `toolUse` the tokens that tools fed back.
 *
 * @since 0.1.0
 */
export interface Reply {
  readonly parts: ReadonlyArray<Part>
  readonly toolUse: number
  readonly describe: (text: string) => Draft["extras"]
}

const plain = (text: string): Reply => ({ parts: [{ text }], toolUse: 0, describe: () => ({}) })

const extract = ({ model, settings, terse }: Ask, task: Task, random: Random): string =>
  Extract.write(Extract.pick(model, task, { settings, random, terse }), task)

const knowledge = (ask: Ask, random: Random): Reply => {
  const { asked, model, settings, task, terse } = ask
  const echoed = ShortAnswer.echo(asked)
  if (echoed !== undefined) return plain(echoed)
  const computed = Arithmetic.find(asked)
  if (computed !== undefined) return plain(`${computed.expression} = ${computed.value}`)
  const hits = Corpus.search(asked, task.sentences ?? (terse ? 1 : Math.ceil(model.sentences / 2)))
  if (hits.length === 0) return plain(ShortAnswer.nothing(task.instruction, settings, random))
  const text = Extract.write(
    hits.map(({ sentence }) => sentence),
    task
  )
  const describe = (text: string) => {
    const citations = Grounding.citations(hits, text)
    return citations.length === 0 ? {} : { citationMetadata: { citations } }
  }
  return { parts: [{ text }], toolUse: 0, describe }
}

const fromPassage = (ask: Ask, random: Random): Reply =>
  ask.task.passage === "" ? knowledge(ask, random) : plain(extract(ask, ask.task, random) || ask.task.passage)

const grounded = (ask: Ask, kind: "retrieval" | "web", random: Random): Reply => {
  const hits = Grounding.search(ask.request.tools ?? [], ask.asked)
  const found = hits.map(({ sentence }) => sentence)
  const own = ask.task.passage === "" ? "" : extract(ask, ask.task, random)
  const text = [own, ...(own === "" ? found : found.slice(0, 1))].filter((part) => part !== "").join(" ")
  const base = text === "" ? fromPassage(ask, random) : plain(text)
  return { ...base, describe: (text) => ({ groundingMetadata: Grounding.metadata(kind, ask.asked, hits, text) }) }
}

const executed = (computed: Arithmetic.Computed): Reply => ({
  parts: [
    { executableCode: { language: "PYTHON", code: computed.code } },
    { codeExecutionResult: { outcome: "OUTCOME_OK", output: `${computed.value}\n` } },
    { text: `${computed.expression} = ${computed.value}` }
  ],
  toolUse: Tokens.count(computed.code) + Tokens.count(`${computed.value}\n`),
  describe: () => ({})
})

const fromUrls = (ask: Ask, random: Random): Reply | undefined => {
  const urls = [...new Set(ask.asked.match(/https?:\/\/[^\s"'<>)]+/g) ?? [])].slice(0, 20)
  if (urls.length === 0) return undefined
  const documents = urls.map((url) => ({ url, document: Corpus.atUri(url) }))
  const passage = documents.flatMap(({ document }) => document?.sentences ?? []).join(" ")
  const urlMetadata = documents.map(({ document, url }) => ({
    retrievedUrl: url,
    urlRetrievalStatus: document === undefined ? "URL_RETRIEVAL_STATUS_ERROR" : "URL_RETRIEVAL_STATUS_SUCCESS"
  }))
  const base = passage === "" ? fromPassage(ask, random) : plain(extract(ask, { ...ask.task, passage }, random))
  return {
    ...base,
    toolUse: Tokens.count(passage),
    describe: (text): Pick<Candidate, "urlContextMetadata"> => ({
      ...base.describe(text),
      urlContextMetadata: { urlMetadata }
    })
  }
}

const withTools = (ask: Ask, random: Random): Reply => {
  const tools = ask.request.tools ?? []
  if (tools.some((tool) => tool.codeExecution !== undefined)) {
    const computed = Arithmetic.find(ask.asked)
    if (computed !== undefined) return executed(computed)
  }
  if (tools.some((tool) => tool.urlContext !== undefined)) {
    const read = fromUrls(ask, random)
    if (read !== undefined) return read
  }
  const kind = Grounding.kind(tools)
  return kind === undefined ? fromPassage(ask, random) : grounded(ask, kind, random)
}

const source = (ask: Ask, summary: string, random: Random): SchemaValue.Source => ({
  evidence: Evidence.gather(
    ask.task.passage === "" ? ask.asked : `${ask.task.instruction}\n${ask.task.passage}`,
    summary
  ),
  settings: ask.settings,
  random
})

const structured = (ask: Ask, random: Random): Reply => {
  const { responseJsonSchema, responseMimeType, responseSchema } = ask.request.generationConfig ?? {}
  const base = withTools(ask, random)
  const summary = base.parts.findLast((part) => part.text !== undefined)?.text ?? ""
  const schema = responseSchema === undefined ? responseJsonSchema : SchemaForm.fromVertex(responseSchema)
  const value = schema === undefined ? { answer: summary } : SchemaValue.make(schema, source(ask, summary, random))
  const text = responseMimeType === "text/x.enum" ? String(value) : JSON.stringify(value)
  return { ...base, parts: [...base.parts.filter((part) => part.text === undefined), { text }] }
}

/**
 * Decides what to answer.
 *
 * @since 0.1.0
 */
export const make = (ask: Ask, random: Random): Reply => {
  const chosen = FunctionCalling.choose(ask.request, ask.asked)
  if (chosen.length > 0) {
    return {
      parts: FunctionCalling.calls(chosen, source(ask, ask.task.instruction, random)),
      toolUse: 0,
      describe: () => ({})
    }
  }
  const mimeType = ask.request.generationConfig?.responseMimeType
  if (mimeType === "application/json" || mimeType === "text/x.enum") return structured(ask, random)
  const reported = FunctionCalling.report(ask.request.contents?.at(-1))
  return reported === undefined ? withTools(ask, random) : plain(reported)
}
