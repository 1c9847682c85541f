/**
 * Counts a request, checks it against a token and a character budget, and generates only if it fits.
 *
 *   npm run example -- 02-enforce-budgets --max-tokens 20      refuses: nothing is sent, exit code 4
 */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as TerminalText from "@genops/pipelines/TerminalText"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Options from "./cli/Options.ts"
import * as Run from "./cli/Run.ts"

export const configuration = ModelConfiguration.make("gemini-3.5-flash", {
  name: "flash",
  systemInstruction: "Always respond in plain-text only.",
  generationConfig: { maxOutputTokens: 256, temperature: 0.1 }
})

export interface Settings {
  readonly prompt: string
  readonly maxTokens: number
  readonly maxCharacters: number
}

/** The guide's three steps. The refusal is an error: it cannot be overlooked, and the request is never sent. */
export const program = ({ maxCharacters, maxTokens, prompt }: Settings) =>
  Effect.gen(function* () {
    const count = yield* TokenCounter.count(configuration, prompt)
    const characters = count.billableCharacters === undefined ? "" : `, ${count.billableCharacters} billable characters`
    yield* Console.error(`counted  ${count.totalTokens} input tokens${characters}, system instruction included`)
    yield* Console.error(`limits   ${maxTokens} input tokens, ${maxCharacters} billable characters a request`)
    const response = yield* GenerativeModel.generate(configuration, prompt).pipe(
      BudgetGuard.perRequest({ inputTokens: maxTokens, billableCharacters: maxCharacters })
    )
    yield* Console.error("decision the request fits: sent")
    return { count, response, cost: yield* GenerateResponse.cost(response) }
  }).pipe(
    Effect.tapError((error) =>
      error._tag === "BudgetExceeded" ? Console.error("decision the request does not fit: not sent") : Effect.void
    )
  )

type Answer = Effect.Success<ReturnType<typeof program>>

const report = ({ cost, response }: Answer, columns: number) =>
  [
    ...TerminalText.wrap(response.text, columns),
    "",
    `${response.usage?.inputTokens ?? "?"} tokens in, ${response.usage?.outputTokens ?? "?"} out, ` +
      `${response.usage?.thinkingTokens ?? "?"} thinking, ${Money.format(cost)}, ${response.finishReason ?? ""}`
  ].join("\n")

const json = ({ cost, count, response }: Answer) => ({
  count,
  text: response.text,
  finishReason: response.finishReason,
  usage: response.usage,
  costUsd: Money.toDecimal(cost)
})

const limit = (name: string, description: string, value: number) =>
  Flag.Int(name).pipe(
    Flag.withSchema(Schema.Natural),
    Flag.withDescription(`${description} (default: ${value})`),
    Flag.withDefault(value)
  )

const command = Command.make(
  "02-enforce-budgets",
  {
    ...Options.flags,
    prompt: Flag.String("prompt").pipe(
      Flag.withDescription("What to ask"),
      Flag.withDefault("Explain what context caching stores, and how cached tokens are billed.")
    ),
    maxTokens: limit("max-tokens", "Most input tokens of a request", 500),
    maxCharacters: limit("max-characters", "Most billable characters of a request", 1000)
  },
  (flags) => Run.example(flags, { name: "02-enforce-budgets", program: program(flags), report, json })
).pipe(Command.withDescription("Count a request, check it against budgets, and generate only if it fits"))

export const main = () => Run.main(command)

if (import.meta.main) main()
