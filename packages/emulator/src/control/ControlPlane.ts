/**
 * The routes by which a test steers and reads the emulator. They all lie under `/_emulator/`, where Google has nothing.
 *
 * - `GET /_emulator/health`: `{"status":"ok"}` once the server answers.
 * - `GET /_emulator/requests`: `{"counts", "recent", "ledger", "jobs"}`: counts by operation, the last 200 calls, the tokens billed by model, and every
 *   remote job ever created with its labels, its time and the tokens that it is billed for. With a directory it survives kill -9.
 * - `GET /_emulator/faults`: the rules in force with how often each matched and applied.
 * - `POST /_emulator/faults`: replaces the rules; an empty body or an empty list clears them.
 * - `DELETE /_emulator/faults`: clears them.
 * - `GET /_emulator/tuning`: how tuning jobs behave that are created now.
 * - `POST /_emulator/tuning`: changes it for jobs created from now on, and for lists; what is left out is as the server was started.
 *   `{"seconds": 60, "states": ["QUEUED", "PENDING", "RUNNING", "PAUSED", "RUNNING"], "end": "SUCCEEDED", "listLagSeconds": {"from": 0, "to": 5},
 *   "listLagCalls": 2, "listPageSize": 10}`, see `Settings`.
 * - `POST /_emulator/reset`: forgets everything that a request left behind: counts, ledger, rules, caches, metadata, operations.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Answer from "../http/Answer.ts"
import type { Route } from "../http/Route.ts"
import { Settings } from "../tuning/Settings.ts"
import type { TuningJobs } from "../tuning/TuningJobs.ts"
import * as GoogleError from "../wire/GoogleError.ts"
import * as Fault from "./Fault.ts"
import type { Ledger } from "./Ledger.ts"

const strict = { onExcessProperty: "error", errors: "all" } as const
const decodeRules = Schema.decodeUnknownResult(Schema.fromJsonString(Fault.Rules), strict)
const decodeSettings = Schema.decodeUnknownResult(Schema.fromJsonString(Settings), strict)

/**
 * Makes the routes of the control plane.
 *
 * @since 0.1.0
 */
export const routes = (options: {
  readonly ledger: Ledger
  readonly faults: Fault.Faults
  readonly tuning: Pick<TuningJobs, "settings" | "set">
  readonly reset: () => void
}): ReadonlyArray<Route> => {
  const route = (method: Route["method"], name: string, handle: Route["handle"]): Route => ({
    operation: name,
    method,
    pattern: new RegExp(`^/_emulator/${name}/?$`),
    rpc: name,
    handle
  })
  const faults = () => Answer.json({ rules: options.faults.snapshot() })
  return [
    route("GET", "health", () => Answer.json({ status: "ok" })),
    route("GET", "requests", () => Answer.json(options.ledger.snapshot())),
    route("GET", "faults", faults),
    route("POST", "faults", ({ body }) => {
      const text = body.toString("utf8")
      const rules = decodeRules(text.trim() === "" ? `{"rules":[]}` : text)
      if (Result.isFailure(rules)) {
        return Answer.error(GoogleError.invalidArgument(`The fault rules cannot be used.\n${rules.failure.message}`))
      }
      options.faults.set(rules.success.rules)
      return faults()
    }),
    route("DELETE", "faults", () => {
      options.faults.set([])
      return faults()
    }),
    route("GET", "tuning", () => Answer.json(options.tuning.settings())),
    route("POST", "tuning", ({ body }) => {
      const text = body.toString("utf8")
      const settings = decodeSettings(text.trim() === "" ? "{}" : text)
      if (Result.isFailure(settings)) {
        const message = `The settings of tuning cannot be used.\n${settings.failure.message}`
        return Answer.error(GoogleError.invalidArgument(message))
      }
      options.tuning.set(settings.success)
      return Answer.json(options.tuning.settings())
    }),
    route("POST", "reset", () => {
      options.reset()
      return Answer.json({})
    })
  ]
}
