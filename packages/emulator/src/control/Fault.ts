/**
 * Faults that a test can order: what goes wrong, for which calls, and how often.
 *
 * A rule is for some operations and either gives one `effect` (always, the first `times` times, or with a `probability` drawn
 * from a `seed`) or an exact `sequence` of effects, one for each matching call, null meaning "answer normally". `skip` lets the first
 * matching calls pass. The first rule that has an effect for a call decides.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Hash from "../engine/Hash.ts"
import * as Random from "../engine/Random.ts"

const Latency = Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })))
const Count = Schema.Natural

const effect = <const T extends string, const F extends Schema.Struct.Fields>(type: T, fields: F) =>
  Schema.Struct({ type: Schema.Literal(type), latency: Latency, ...fields })

/**
 * What goes wrong. Every effect may also have a `latency` in milliseconds, waited before anything is written.
 *
 * - `latency`: nothing but the wait.
 * - `status`: this answer instead, the work is not done and nothing is billed. `error` picks the body where a status has several:
 *   `quota` (429 with RetryInfo, delay `retryDelay`), `overloaded` (503). 502 is an HTML page. `retryAfter` adds the header, in seconds.
 * - `drop`: the connection is cut, `before-headers` (nothing done, nothing billed) or `after-headers` (done and billed).
 * - `afterBytes`, of `status` and of `drop` before the headers: in the middle of an upload, after so many bytes of its body (all of them when it is
 *   shorter). Those of a resumable upload stay, in multiples of 256 KiB; nothing else is stored. For calls that are no uploads it means nothing.
 * - `truncate`: the body ends after `bytes` (default: half of it) and the connection is cut. Done and billed.
 * - `malformed`: the body is not JSON, status and length look right. Done and billed.
 * - `stall`: headers and the first half of the body are sent, then nothing more. Done and billed.
 * - `stream-error`: after `events` messages (default 1) an error with `status` (default 503) follows, as an event (`data`) or as bare JSON (`bare`). Done and billed.
 * - `no-finish`: a stream ends cleanly without its last message. Done and billed.
 * - `lose-answer`: the work is done and billed, then the answer is lost (Temporal calls it ExecuteAndTimeout): the connection is `cut` before any
 *   byte, the default, nothing ever comes (`silence`), or an error stands in its place (408, 429, 499, 500, 502, 503, 504).
 *
 * @since 0.1.0
 */
export const Effect = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("latency"),
    latency: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 600_000 }))
  }),
  effect("status", {
    status: Schema.Literals([400, 401, 403, 404, 408, 409, 410, 412, 429, 499, 500, 502, 503, 504]),
    error: Schema.optionalKey(Schema.Literals(["overloaded", "quota"])),
    retryDelay: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d{1,9}(\.\d{1,9})?s$/))),
    retryAfter: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String])),
    afterBytes: Schema.optionalKey(Count)
  }),
  effect("drop", { when: Schema.Literals(["before-headers", "after-headers"]), afterBytes: Schema.optionalKey(Count) }),
  effect("truncate", { bytes: Schema.optionalKey(Count) }),
  effect("malformed", {}),
  effect("stall", {}),
  effect("stream-error", {
    shape: Schema.Literals(["data", "bare"]),
    status: Schema.optionalKey(Schema.Literals([429, 500, 503, 504])),
    events: Schema.optionalKey(Count)
  }),
  effect("no-finish", {}),
  effect("lose-answer", {
    instead: Schema.optionalKey(Schema.Literals(["cut", "silence", 408, 429, 499, 500, 502, 503, 504]))
  })
])

/**
 * What goes wrong.
 *
 * @since 0.1.0
 */
export type Effect = typeof Effect.Type

/**
 * A rule: for which operations, when, and what. `operation` is a name from the counts, a list of them, or `*` for every Google route.
 *
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  operation: Schema.Union([Schema.String, Schema.Array(Schema.String)]),
  model: Schema.optionalKey(Schema.String),
  skip: Schema.optionalKey(Count),
  effect: Schema.optionalKey(Effect),
  times: Schema.optionalKey(Count),
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  seed: Schema.optionalKey(Schema.Int),
  sequence: Schema.optionalKey(Schema.Array(Schema.NullOr(Effect)))
}).check(
  Schema.makeFilter((rule) => {
    if ((rule.effect === undefined) === (rule.sequence === undefined))
      return "a rule has either an effect or a sequence"
    if (rule.sequence !== undefined && (rule.times !== undefined || rule.probability !== undefined)) {
      return "a sequence takes neither times nor probability"
    }
    const streams = [rule.effect, ...(rule.sequence ?? [])].some(
      (item) => item?.type === "stream-error" || item?.type === "no-finish"
    )
    if (
      streams &&
      (typeof rule.operation === "string" ? [rule.operation] : rule.operation).some(
        (name) => name !== "streamGenerateContent"
      )
    ) {
      return "stream-error and no-finish are for the operation streamGenerateContent only"
    }
    if (rule.seed !== undefined && rule.probability === undefined) return "a seed needs a probability"
    return undefined
  })
)

/**
 * A rule: for which operations, when, and what.
 *
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * The body of `POST /_emulator/faults`: the rules that hold from now on, in order of precedence. An empty list clears them.
 *
 * @since 0.1.0
 */
export const Rules = Schema.Struct({ rules: Schema.Array(Rule) })

/**
 * The rules in force.
 *
 * @since 0.1.0
 */
export interface Faults {
  readonly set: (rules: ReadonlyArray<Rule>) => void
  /** Each rule with the number of calls it matched and the number it had an effect on. */
  readonly snapshot: () => ReadonlyArray<Rule & { readonly matched: number; readonly applied: number }>
  /** Decides what happens to a call; every matching rule up to the deciding one counts it. */
  readonly next: (operation: string, model: string | undefined) => Effect | undefined
}

/**
 * Starts without rules.
 *
 * @since 0.1.0
 */
export const make = (): Faults => {
  let active: Array<{ readonly rule: Rule; matched: number; applied: number; readonly random: Random.Random }> = []
  const decide = (entry: (typeof active)[number]): Effect | undefined => {
    const { rule } = entry
    const turn = entry.matched++ - (rule.skip ?? 0)
    if (turn < 0) return undefined
    if (rule.sequence !== undefined) return rule.sequence[turn] ?? undefined
    if (rule.times !== undefined && entry.applied >= rule.times) return undefined
    return rule.probability === undefined || entry.random() < rule.probability ? rule.effect : undefined
  }
  return {
    set: (rules) => {
      active = rules.map((rule) => ({
        rule,
        matched: 0,
        applied: 0,
        random: Random.make(Hash.text(String(rule.seed ?? 0)))
      }))
    },
    snapshot: () => active.map(({ applied, matched, rule }) => ({ ...rule, matched, applied })),
    next: (operation, model) => {
      for (const entry of active) {
        const names = entry.rule.operation
        const fits = typeof names === "string" ? names === "*" || names === operation : names.includes(operation)
        if (!fits || (entry.rule.model !== undefined && entry.rule.model !== model)) continue
        const effect = decide(entry)
        if (effect === undefined) continue
        entry.applied++
        return effect
      }
      return undefined
    }
  }
}
