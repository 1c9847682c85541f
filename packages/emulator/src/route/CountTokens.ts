/**
 * countTokens and computeTokens. Both are free of charge.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Logprobs from "../engine/Logprobs.ts"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Tokens from "../engine/Tokens.ts"
import * as Answer from "../http/Answer.ts"
import * as JsonBody from "../http/JsonBody.ts"
import type { Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import type { Content } from "../wire/Content.ts"
import * as Decode from "../wire/Decode.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as ModelRequest from "../wire/ModelRequest.ts"
import * as ModelPath from "./ModelPath.ts"

/** Instances are the older form of contents: each holds a prompt as text in one of its values. */
const fromInstances = (instances: ReadonlyArray<unknown> | undefined): ReadonlyArray<Content> =>
  (instances ?? []).map((instance) => ({
    role: "user",
    parts: (Decode.isJsonObject(instance) ? Object.values(instance) : [instance]).flatMap((value) =>
      typeof value === "string" ? [{ text: value }] : []
    )
  }))

const missing = Result.fail(
  GoogleError.invalidArgument("Unable to submit request because at least one contents field is required.")
)

const read = <A extends { readonly contents?: ReadonlyArray<Content>; readonly instances?: ReadonlyArray<unknown> }>(
  state: State,
  request: Request,
  decode: Decode.Decode<A>
) =>
  Result.gen(function* () {
    yield* ModelPath.resolve(state, request)
    const body = yield* JsonBody.read(request.body, decode)
    const contents = body.contents ?? fromInstances(body.instances)
    return contents.length === 0 ? yield* missing : { ...body, contents }
  })

const countTokens = (state: State, request: Request): Answer.Answer =>
  Result.match(read(state, request, ModelRequest.decodeCount), {
    onFailure: Answer.error,
    onSuccess: (body) => {
      const { characters, details, total } = PromptTokens.count(body)
      return Answer.json({
        totalTokens: total,
        ...(characters === 0 ? {} : { totalBillableCharacters: characters }),
        promptTokensDetails: details
      })
    }
  })

const tokensInfo = (content: Content) => {
  const tokens = (content.parts ?? []).flatMap((part) => Tokens.pieces(PromptTokens.textOf(part) ?? ""))
  return {
    tokens: tokens.map((token) => Buffer.from(token).toString("base64")),
    tokenIds: tokens.map((token) => String(Logprobs.tokenId(token))),
    role: content.role ?? "user"
  }
}

const computeTokens = (state: State, request: Request): Answer.Answer =>
  Result.match(read(state, request, ModelRequest.decodeCompute), {
    onFailure: Answer.error,
    onSuccess: ({ contents }) => Answer.json({ tokensInfo: contents.map(tokensInfo) })
  })

/**
 * The routes of counting.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => [
  {
    operation: "countTokens",
    method: "POST",
    pattern: ModelPath.verb("countTokens"),
    rpc: "google.cloud.aiplatform.v1.LlmUtilityService.CountTokens",
    handle: (request) => countTokens(state, request)
  },
  {
    operation: "computeTokens",
    method: "POST",
    pattern: ModelPath.verb("computeTokens"),
    rpc: "google.cloud.aiplatform.v1.LlmUtilityService.ComputeTokens",
    handle: (request) => computeTokens(state, request)
  }
]
