/**
 * Generates the answers to a request. The same request always has the same answer: without a seed the seed is 0, and every choice is drawn from the seed, the
 * model, the texts of the request and the index of the candidate.
 *
 * Billing follows Vertex: what a filter stops costs its input only.
 *
 * @since 0.1.0
 */
import type { Model } from "../Models.ts"
import type { FinishReason, Part, SafetyRating } from "../wire/GenerateContentResponse.ts"
import type { GenerateRequest } from "../wire/ModelRequest.ts"
import * as Ask from "./Ask.ts"
import * as Draft from "./Draft.ts"
import * as Finish from "./Finish.ts"
import * as Hash from "./Hash.ts"
import * as Logprobs from "./Logprobs.ts"
import type * as PromptTokens from "./PromptTokens.ts"
import * as Random from "./Random.ts"
import * as Reply from "./Reply.ts"
import type { Outcome } from "./Response.ts"
import * as Safety from "./Safety.ts"
import * as Sampling from "./Sampling.ts"
import * as Sentences from "./Sentences.ts"
import * as Thinking from "./Thinking.ts"

/** Finish reasons that leave the answer's content in place. */
const delivered: ReadonlySet<FinishReason> = new Set([
  "STOP",
  "MAX_TOKENS",
  "CONTINUATION",
  "FINISH_REASON_UNSPECIFIED"
])

/** What is left of parts within a number of tokens: texts are cut, anything else fits or ends the answer. */
const cut = (parts: ReadonlyArray<Part>, stops: ReadonlyArray<string>, room: number) => {
  const kept: Array<Part> = []
  let left = room
  for (const part of parts) {
    if (part.text === undefined) {
      if (Draft.tokens([part]) > left) return { parts: kept, reason: "MAX_TOKENS" as const }
      kept.push(part)
    } else {
      const { reason, text } = Finish.cut(part.text, stops, left)
      if (text !== "") kept.push({ ...part, text })
      if (reason === "MAX_TOKENS" || text.length < part.text.length) return { parts: kept, reason }
    }
    left -= Draft.tokens([part])
  }
  return { parts: kept, reason: "STOP" as const }
}

const textOf = (parts: ReadonlyArray<Part>): string => parts.map((part) => part.text ?? "").join("")

/** What a filter stopped: its beginning, up to the first word that it stopped for, else the first half. */
const stopped = (
  parts: ReadonlyArray<Part>,
  finishReason: FinishReason,
  safetyRatings: ReadonlyArray<SafetyRating>
): Draft.Draft => {
  const text = textOf(parts)
  const safe = finishReason === "SAFETY" ? Safety.before(text, safetyRatings) : text
  const sent = safe.length < text.length ? safe : text.slice(0, Math.ceil(text.length / 2))
  return { parts: sent === "" ? [] : [{ text: sent }], finishReason, withheld: true, safetyRatings, extras: {} }
}

const note = (ask: Ask.Ask): Part => {
  const sentences = Sentences.split(ask.task.passage).length
  const about =
    sentences === 0
      ? "The prompt holds no passage, so I look at the request itself."
      : `The passage has ${sentences} sentences; I rank them and keep the best.`
  return { text: `**Extracting**\n\n${about}`, thought: true }
}

/**
 * Generates. `prompt` is the counted request, `texts` are its texts, `cached` the prompt tokens that the server has seen before.
 *
 * @since 0.1.0
 */
export const generate = (
  model: Model,
  request: GenerateRequest,
  {
    cached,
    prompt,
    texts
  }: { readonly prompt: PromptTokens.Counted; readonly texts: ReadonlyArray<string>; readonly cached: number }
): Outcome => {
  const config = request.generationConfig ?? {}
  const ask = Ask.understand(model, request)
  const streamArguments = request.toolConfig?.functionCallingConfig?.streamFunctionCallArguments === true
  const promptFeedback = Safety.stopPrompt(ask.prompt, ask.task.instruction, request.safetySettings)
  if (promptFeedback !== undefined) {
    return { drafts: [], promptFeedback, prompt, cached, thoughts: 0, toolUse: 0, streamArguments }
  }
  const limit = config.maxOutputTokens ?? model.outputTokens
  const textTokens = prompt.details.find(({ modality }) => modality === "TEXT")?.tokenCount ?? 0
  const thoughts = Math.min(limit, Thinking.tokens(model, config.thinkingConfig, textTokens))
  const ordered = Safety.orderedFinish(ask.prompt)
  const greedy = Sampling.isGreedy(ask.settings)
  const seed = Hash.text(texts.join("\n"), Hash.text(`${model.id} ${config.seed ?? 0}`))

  const draft = (index: number) => {
    const reply = Reply.make(ask, Random.make(seed + index))
    const { parts, reason } = cut(reply.parts, config.stopSequences ?? [], limit - thoughts)
    const text = textOf(parts)
    const rated = Safety.rate(text, request.safetySettings)
    const safetyRatings =
      ordered === "SAFETY"
        ? [...rated.filter((one) => one.category !== Safety.orderedRating.category), Safety.orderedRating]
        : rated
    const finishReason = ordered ?? (rated.some((one) => one.blocked === true) ? "SAFETY" : reason)
    if (!delivered.has(finishReason)) return { draft: stopped(parts, finishReason, safetyRatings), toolUse: 0 }
    const thought = config.thinkingConfig?.includeThoughts === true && thoughts > 0 ? [note(ask)] : []
    const extras = {
      ...(config.responseLogprobs === true ? Logprobs.of(text, config.logprobs ?? 1, greedy) : {}),
      ...reply.describe(text)
    }
    return {
      draft: {
        parts: [...thought, ...parts],
        finishReason,
        withheld: false,
        safetyRatings,
        extras
      } satisfies Draft.Draft,
      toolUse: reply.toolUse
    }
  }
  const drafts = Array.from({ length: config.candidateCount ?? 1 }, (_, index) => draft(index))
  return {
    drafts: drafts.map(({ draft }) => draft),
    promptFeedback: undefined,
    prompt,
    cached,
    thoughts: drafts.every(({ draft }) => draft.withheld) ? 0 : thoughts,
    toolUse: Math.max(0, ...drafts.map(({ toolUse }) => toolUse)),
    streamArguments
  }
}
