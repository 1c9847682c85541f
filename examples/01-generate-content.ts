/**
 * Asks six configurations the same question, all at once, and shows what each answered, used and cost.
 *
 *   npm run example -- 01-generate-content --prompt "What is photosynthesis?"
 */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as SafetySetting from "@genops/core/SafetySetting"
import * as Tool from "@genops/core/Tool"
import * as TerminalTable from "@genops/pipelines/TerminalTable"
import * as TerminalText from "@genops/pipelines/TerminalText"
import * as GenerateResponse from "@genops/vertex/GenerateResponse"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Options from "./cli/Options.ts"
import * as Run from "./cli/Run.ts"

const article = `Summarize in two sentences. Article: Four days after its launch, the lander of Apollo 11 separated from
the command module and began its descent to the Moon. The computer raised alarms because it had more to do than it could finish,
but the engineers in Houston knew that it dropped the less important work first, and let the crew go on. Neil Armstrong saw that
the autopilot was steering into a field of boulders and flew on by hand, with less than a minute of fuel left. On 20 July 1969 he
and Buzz Aldrin landed in the Sea of Tranquility, while Michael Collins stayed in orbit. They collected 21 kilograms of rock, set
up a seismometer and a mirror for lasers, and spent two and a half hours outside. The mirror is still used to measure how far the
Moon is from the Earth.`.replaceAll("\n", " ")

const pro = "gemini-3.1-pro-preview"
const flash = "gemini-3.5-flash"

const configuration = (
  name: string,
  model: string,
  settings: Partial<ModelConfiguration.ModelConfiguration> = {}
): ModelConfiguration.ModelConfiguration =>
  ModelConfiguration.make(model, {
    name,
    systemInstruction: "Always respond in plain-text only.",
    safetySettings: SafetySetting.all("BLOCK_ONLY_HIGH"),
    ...settings,
    generationConfig: { maxOutputTokens: 1024, ...settings.generationConfig }
  })

export const configurations = [
  configuration("pro", pro),
  configuration("flash", flash),
  configuration("deterministic", flash, { generationConfig: { topK: 1, topP: 0, temperature: 0.1 } }),
  configuration("balanced", flash, { generationConfig: { topK: 20, topP: 0.5, temperature: 0.5 } }),
  configuration("random", flash, { generationConfig: { topK: 40, topP: 0.9, temperature: 1 } }),
  configuration("grounded", flash, { tools: [Tool.googleSearch()] })
]

/** Asks all configurations at once. One that fails is a row with its error; the others go on. */
export const program = (prompt: string) =>
  Effect.forEach(
    configurations,
    (configuration) =>
      GenerativeModel.generate(configuration, prompt).pipe(
        Effect.flatMap((response) =>
          Effect.map(Effect.result(GenerateResponse.cost(response)), (cost) => ({ response, cost }))
        ),
        Effect.result,
        Effect.map((outcome) => ({ configuration, outcome }))
      ),
    { concurrency: "unbounded" }
  )

type Row = Effect.Success<ReturnType<typeof program>>[number]

const answered = (row: Row) => Result.getOrUndefined(row.outcome)
const usage = (row: Row) => answered(row)?.response.usage
const cost = ({ outcome }: Row) => Result.getOrUndefined(Result.flatMap(outcome, ({ cost }) => cost))

const columns: ReadonlyArray<TerminalTable.Column<Row>> = [
  { heading: "configuration", cell: ({ configuration }) => configuration.name },
  {
    heading: "answer",
    cell: ({ outcome }) => (Result.isSuccess(outcome) ? outcome.success.response.text : outcome.failure.message),
    flexible: true
  },
  {
    heading: "finish",
    cell: ({ outcome }) =>
      Result.isSuccess(outcome) ? (outcome.success.response.finishReason ?? "") : outcome.failure._tag
  },
  { heading: "in", cell: (row) => String(usage(row)?.inputTokens ?? ""), align: "right" },
  { heading: "out", cell: (row) => String(usage(row)?.outputTokens ?? ""), align: "right" },
  { heading: "think", cell: (row) => String(usage(row)?.thinkingTokens ?? ""), align: "right" },
  {
    heading: "cost",
    cell: (row) => {
      const money = cost(row)
      return money === undefined ? "" : Money.format(money)
    },
    align: "right"
  },
  {
    heading: "ms",
    cell: (row) => answered(row)?.response.call.latencyMs.toFixed(0) ?? "",
    align: "right"
  },
  { heading: "cites", cell: (row) => String(answered(row)?.response.citations.length ?? ""), align: "right" }
]

const report = (rows: ReadonlyArray<Row>, width: number) => {
  const sources = new Map(
    rows.flatMap((row) => answered(row)?.response.citations ?? []).map(({ title, uri }) => [uri, title])
  )
  const cited = [...sources].map(([uri, title]) =>
    TerminalText.oneLine(`cited by the grounded one: ${title}  ${uri}`, width)
  )
  return [TerminalTable.render(rows, columns, width), ...cited].join("\n")
}

const json = (rows: ReadonlyArray<Row>) =>
  rows.map((row) => {
    const { configuration, outcome } = row
    const fingerprint = ModelConfiguration.fingerprint(configuration)
    if (Result.isFailure(outcome)) {
      return { configuration, fingerprint, error: { tag: outcome.failure._tag, message: outcome.failure.message } }
    }
    const { response } = outcome.success
    const money = cost(row)
    return {
      configuration,
      fingerprint,
      text: response.text,
      finishReason: response.finishReason,
      modelVersion: response.modelVersion,
      usage: response.usage,
      costUsd: money === undefined ? null : Money.toDecimal(money),
      latencyMs: response.call.latencyMs,
      citations: response.citations
    }
  })

/** A refused call decides the exit code before a failed one. */
const failure = (rows: ReadonlyArray<Row>) => {
  const failures = rows.flatMap(({ outcome }) => (Result.isFailure(outcome) ? [outcome.failure] : []))
  return failures.find(({ _tag }) => _tag === "BudgetExceeded" || _tag === "PriceUnknown") ?? failures[0]
}

const command = Command.make(
  "01-generate-content",
  {
    ...Options.flags,
    prompt: Flag.String("prompt").pipe(Flag.withDescription("What to ask"), Flag.withDefault(article))
  },
  (flags) => Run.example(flags, { name: "01-generate-content", program: program(flags.prompt), report, json, failure })
).pipe(Command.withDescription("Generate content with six configurations of the same prompt, concurrently"))

export const main = () => Run.main(command)

if (import.meta.main) main()
