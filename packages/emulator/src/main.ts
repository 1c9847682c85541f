/**
 * Runs an emulator until it is told to stop.
 *
 *     node packages/emulator/src/main.ts --port 8085
 *
 * Prints `listening on http://127.0.0.1:8085` on standard output once it answers. Arguments are read by Node itself: a server that
 * scripts start and stop should start fast and need nothing but `effect`.
 *
 * Exit codes: 0 stopped by SIGINT or SIGTERM, 1 it could not start, 2 wrong usage.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Cause from "effect/Cause"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as Emulator from "./Emulator.ts"

const usage = `A local server that speaks Vertex AI.

Usage: emulator [flags]

  --port N             port to listen on; 0, the default, takes any free one
  --dir DIR            directory for what is kept between runs: objects of Cloud Storage, tables and jobs of BigQuery, tuning
                       jobs and their endpoints, the ledger; it is created when missing
  --host HOST          address to listen on, default 127.0.0.1; others also need --allow-remote
  --allow-remote       let other machines reach the emulator (it has no real authentication)
  --require-credential refuse calls without a bearer token or API key; which one does not matter
  --enforce-regions    offer a model only in the locations where Google offers it
  --latency MS         milliseconds that a call takes, default 0
  --tuning-seconds N   seconds that a tuning job lasts, default 3; decimals are allowed
  --tls-key FILE       PEM file of the private key, for https; needs --tls-cert
  --tls-cert FILE      PEM file of the certificate
  --help               show this text
`

const flags = {
  port: { type: "string", default: "0" },
  dir: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  "allow-remote": { type: "boolean", default: false },
  "require-credential": { type: "boolean", default: false },
  "enforce-regions": { type: "boolean", default: false },
  latency: { type: "string", default: "0" },
  "tuning-seconds": { type: "string", default: "3" },
  "tls-key": { type: "string" },
  "tls-cert": { type: "string" },
  help: { type: "boolean", default: false }
} as const

const integer = (flag: string, text: string, maximum: number): number => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= maximum) return value
  throw new Error(`--${flag} takes a whole number from 0 to ${maximum}, not "${text}".`)
}

const seconds = (flag: string, text: string): number => {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value <= 1_000_000) return value
  throw new Error(`--${flag} takes a number of seconds from 0 to 1000000, not "${text}".`)
}

/** The options, undefined for --help, or what is wrong with the arguments. */
const read = (args: ReadonlyArray<string>) =>
  Result.try({
    try: (): Emulator.Options | undefined => {
      const { values } = parseArgs({ args: [...args], options: flags, strict: true })
      if (values.help) return undefined
      const { "tls-cert": cert, "tls-key": key } = values
      if ((cert === undefined) !== (key === undefined)) throw new Error("--tls-key and --tls-cert go together.")
      return {
        port: integer("port", values.port, 65_535),
        host: values.host,
        allowRemote: values["allow-remote"],
        anonymous: !values["require-credential"],
        enforceRegions: values["enforce-regions"],
        ...(values.dir === undefined ? {} : { directory: values.dir }),
        latency: integer("latency", values.latency, 600_000),
        tuning: { seconds: seconds("tuning-seconds", values["tuning-seconds"]) },
        ...(cert === undefined || key === undefined
          ? {}
          : { tls: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } })
      }
    },
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  })

const serve = (options: Emulator.Options) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { url } = yield* Emulator.start(options)
      process.stdout.write(`listening on ${url}\n`)
      return yield* Effect.never
    })
  )

const run = (options: Emulator.Options): void => {
  const fiber = Effect.runFork(serve(options))
  const stop = () => fiber.interruptUnsafe()
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  fiber.addObserver((exit) => {
    process.off("SIGINT", stop)
    process.off("SIGTERM", stop)
    if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
    const error = Cause.squash(exit.cause)
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}

Result.match(read(process.argv.slice(2)), {
  onFailure: (message) => {
    process.stderr.write(`${message}\n\n${usage}`)
    process.exitCode = 2
  },
  onSuccess: (options) => {
    if (options === undefined) process.stdout.write(usage)
    else run(options)
  }
})
