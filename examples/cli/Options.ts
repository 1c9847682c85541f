/** The flags that every example understands. */
import * as Money from "@genops/core/Money"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Flags that do not fit together, or a value out of bounds. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { description: Schema.String }) {
  override get message() {
    return `${this.description}\n  All flags: --help`
  }
}

export const flags = {
  live: Flag.Boolean("live").pipe(
    Flag.withDescription(
      "Call real Vertex AI with application-default credentials; needs --project. This costs money."
    ),
    Flag.withDefault(false)
  ),
  project: Flag.String("project").pipe(
    Flag.withDescription("Google Cloud project of --live (default: GOOGLE_CLOUD_PROJECT)"),
    Flag.optional
  ),
  location: Flag.String("location").pipe(
    Flag.withDescription("Vertex location, such as global or us-central1"),
    Flag.withDefault("global")
  ),
  endpoint: Flag.String("endpoint").pipe(
    Flag.withDescription("URL of a running emulator, instead of the embedded one"),
    Flag.optional
  ),
  out: Flag.Path("out").pipe(Flag.withDescription("Directory for the results as JSON"), Flag.optional),
  budgetUsd: Flag.String("budget-usd").pipe(
    Flag.withDescription("Most that the run may cost, in US dollars"),
    Flag.withDefault("1.00")
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Print calls, tokens and cost; send nothing that is paid"),
    Flag.withDefault(false)
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print the results as JSON on standard output"),
    Flag.withDefault(false)
  )
}

export interface Options {
  readonly live: boolean
  readonly project: Option.Option<string>
  readonly location: string
  readonly endpoint: Option.Option<string>
  readonly out: Option.Option<string>
  readonly budgetUsd: string
  readonly dryRun: boolean
  readonly json: boolean
}

export const budget = (options: Options) => Effect.fromResult(Money.fromDecimal(options.budgetUsd))
