import { assert, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as VertexError from "@genops/vertex/VertexError"
import { VertexTest } from "@genops/vertex/testing"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as TestConsole from "effect/testing/TestConsole"
import * as DurableClock from "effect/workflow/DurableClock"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as OnFailure from "../src/OnFailure.ts"
import * as Trial from "./DurableTrial.ts"

class Broken extends Schema.TaggedError<Broken>()("Broken", { why: Schema.String }) {
  override get message() {
    return this.why
  }
}

class Refused extends Schema.TaggedError<Refused>()("Refused", { prompt: Schema.String, sent: Schema.String }) {
  override get message() {
    return `The service refused ${this.prompt.slice(0, 40)} (sent: ${this.sent})`
  }
}

const flash = ModelConfiguration.make("gemini-3.5-flash")
const options: OnFailure.Options = { model: flash, operation: "nightly evaluation" }
const broken = new Broken({ why: "the bucket has no such object" })

const layer = (script: VertexTest.Options = { generate: "The data did not come. Ask who uploads it." }) =>
  VertexTest.layer(script)

/** Runs the failing effect with the hook; gives how it ended, what was told and what was sent. */
const explained = <A, E, R>(self: Effect.Effect<A, E, R>, changes: Partial<OnFailure.Options> = {}) =>
  Effect.gen(function* () {
    const told: Array<OnFailure.Explanation> = []
    const tell = (explanation: OnFailure.Explanation) => Effect.sync(() => void told.push(explanation))
    const exit = yield* Effect.exit(OnFailure.explain(self, { ...options, tell, ...changes }))
    const calls = yield* VertexTest.calls
    return { exit, told, calls: calls.filter(({ operation }) => operation === "generate") }
  })

describe("OnFailure.explain", () => {
  it.effect("tells the likely cause, and fails as before", () =>
    Effect.gen(function* () {
      const same: Effect.Effect<number, Broken, unknown> = OnFailure.explain(
        Effect.fail(broken).pipe(Effect.as(1)),
        options
      )
      assert.isDefined(same)
      const { calls, exit, told } = yield* explained(Effect.fail(broken), { step: "wait for data", runId: "nightly-7" })
      assert.deepStrictEqual(exit, Exit.fail(broken))
      const summary = {
        operation: "nightly evaluation",
        step: "wait for data",
        runId: "nightly-7",
        isDefect: false,
        failure: ["Broken"],
        message: "the bucket has no such object"
      }
      assert.deepStrictEqual(told, [
        { text: "The data did not come. Ask who uploads it.", model: "gemini-3.5-flash", summary }
      ])
      assert.lengthOf(calls, 1)
      assert.deepStrictEqual(JSON.parse(String(calls[0]?.input)), summary)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("says nothing of a success", () =>
    Effect.gen(function* () {
      const { calls, exit, told } = yield* explained(Effect.succeed(1))
      assert.deepStrictEqual([exit, told, calls], [Exit.succeed(1), [], []])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("can be piped", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const tell = ({ text }: OnFailure.Explanation) => Effect.sync(() => void told.push(text))
      yield* Effect.fail(broken).pipe(OnFailure.explain({ ...options, tell }), Effect.ignore)
      assert.lengthOf(told, 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("prints on standard error when nobody is told, safely", () =>
    Effect.gen(function* () {
      yield* Effect.fail(broken).pipe(OnFailure.explain(options), Effect.ignore)
      assert.deepStrictEqual(yield* TestConsole.errorLines, [
        "A guess of gemini-3.5-flash at the cause:\n  The data did not come."
      ])
      assert.deepStrictEqual(yield* TestConsole.logLines, [])
    }).pipe(Effect.provide(layer({ generate: "\u001b[31mThe data did not come.\u001b[0m\n" })))
  )

  it.effect("asks for little, and with none of the configuration that is the program's", () =>
    Effect.gen(function* () {
      const model = ModelConfiguration.make("gemini-3.5-flash", {
        name: "mine",
        systemInstruction: "SECRET INSTRUCTION",
        tools: [{ googleSearch: {} }],
        labels: { team: "a" },
        generationConfig: { maxOutputTokens: 8_000, temperature: 0.5, candidateCount: 4 }
      })
      const { calls } = yield* explained(Effect.fail(broken), { model })
      const { configuration } = calls[0] ?? assert.fail("nothing was sent")
      assert.notInclude(JSON.stringify(configuration), "SECRET")
      assert.isUndefined(configuration.tools)
      assert.strictEqual(configuration.generationConfig?.maxOutputTokens, 512)
      assert.isUndefined(configuration.generationConfig?.candidateCount)
      assert.strictEqual(configuration.generationConfig?.temperature, 0.5)
      assert.deepStrictEqual(configuration.labels, { team: "a" })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("tells at most 2,000 characters of an answer", () =>
    Effect.gen(function* () {
      const { told } = yield* explained(Effect.fail(broken))
      assert.isAtMost(told[0]?.text.length ?? 0, 2_000)
    }).pipe(Effect.provide(layer({ generate: "word ".repeat(1_000) })))
  )

  it.effect("explains defects, by name only", () =>
    Effect.gen(function* () {
      const { exit, told } = yield* explained(Effect.die(new TypeError("cannot read 'x' of the whole prompt")))
      assert.isTrue(Exit.hasDies(exit))
      assert.deepStrictEqual(told[0]?.summary, {
        operation: "nightly evaluation",
        isDefect: true,
        failure: ["TypeError"]
      })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("names the reasons inside of an error", () =>
    Effect.gen(function* () {
      const reason = new VertexError.ResourceExhausted({ description: "requests per minute", quotas: [] })
      const error = { operation: "generateContent", target: "gemini-3.5-flash", billed: "no", attempts: [] } as const
      const { told } = yield* explained(Effect.fail(new VertexError.VertexError({ ...error, reason })))
      assert.deepStrictEqual(told[0]?.summary.failure, ["VertexError", "ResourceExhausted"])
      assert.include(told[0]?.summary.message ?? "", "requests per minute")
    }).pipe(Effect.provide(layer()))
  )
})

describe("what is sent", () => {
  // Made up, in the shapes of real ones.
  const secrets = {
    "an API key": "AIzaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v",
    "an access token": "ya29.a0AfH6SMBx-canary_token.value",
    "a bearer": "Bearer abc.DEF-canary~123/456+789==",
    "the beginning of an API key": "AIzaCanary",
    "the beginning of a refresh token": "1//0gCanary-abc",
    "a refresh token": "1//0gCanaryRefreshTokenValue-abc",
    "a web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    "a private key": "-----BEGIN PRIVATE KEY-----\nMIIEcanary+/abc\nDEF==\n-----END PRIVATE KEY-----",
    "half of a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary+/abc",
    "a signed URL": "https://storage.googleapis.com/b/o?X-Goog-Signature=0a1b2c3d4ecanary&X-Goog-Date=1",
    "a key in a URL": "https://example.test/v1?key=canary-short",
    "a password of a proxy": "http://user:canarypass@proxy.test:3128",
    "a password of a near proxy": "http://user:canarypass@proxy:3128",
    "a setting": "OPENAI_API_KEY=sk-canary-1",
    "a header": "x-goog-api-key: canary-2",
    "a base64 form": Buffer.from("AIzaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v").toString("base64"),
    "a person": "canary.person@acme.test",
    "a home": "/home/canaryuser/.config/gcloud/application_default_credentials.json"
  }
  const marks = /canary|A1bC2dE3|MIIE|QUl6YVN5|eyJzdWIi|0a1b2c3d/i

  /** Places in which an error may carry a text. */
  const places: Readonly<Record<string, (text: string) => Effect.Effect<never, unknown>>> = {
    "the message": (text) => Effect.fail(new Broken({ why: `it went wrong: ${text}` })),
    "the end of a long message": (text) => Effect.fail(new Broken({ why: `${"x ".repeat(250)}${text}` })),
    "the message, quoted": (text) => Effect.fail(new Broken({ why: `it refused "${text}" and '${text}'` })),
    "the message, in JSON": (text) => Effect.fail(new Broken({ why: JSON.stringify({ error: { message: text } }) })),
    "a reason": (text) =>
      Effect.fail(
        new VertexError.VertexError({
          operation: "generateContent",
          target: "gemini-3.5-flash",
          reason: new VertexError.Unknown({ status: 418, body: text }),
          billed: "no",
          attempts: []
        })
      ),
    "a defect": (text) => Effect.die(new Error(text)),
    "the name of a defect": (text) => Effect.die(Object.assign(new Error("x"), { name: text })),
    "what was thrown": (text) => Effect.die(text),
    "the cause of a defect": (text) => Effect.die(new Error("x", { cause: new Error(text) }))
  }

  for (const [place, fail] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(secrets)) {
      it.effect(`holds no trace of ${name} in ${place}`, () =>
        Effect.gen(function* () {
          const { calls, told } = yield* explained(fail(secret))
          assert.lengthOf(calls, 1)
          assert.notMatch(JSON.stringify({ calls, told }), marks)
          // The failure itself has it: otherwise nothing would have been tried.
          const cause = yield* Effect.flip(Effect.sandbox(fail(secret)))
          const raw = cause.reasons.flatMap((reason) =>
            Cause.isFailReason(reason)
              ? [String(Reflect.get(Object(reason.error), "message"))]
              : Cause.isDieReason(reason)
                ? [String(reason.defect), String(Reflect.get(Object(reason.defect), "cause"))]
                : []
          )
          assert.match(raw.join(), marks)
        }).pipe(Effect.provide(layer()))
      )
    }
  }

  const prompt = "Summarise the merger of Falcon Industries, which is not public yet, for the board."

  const prompts: Readonly<Record<string, Effect.Effect<never, unknown, GenerativeModel.GenerativeModel>>> = {
    "a field of the error, and in its message": Effect.fail(new Refused({ prompt, sent: "yes" })),
    "an answer that does not fit a schema": Effect.fail(
      new GenerativeModel.InvalidObject({ model: "m", finishReason: "STOP", description: "no number", text: prompt })
    ),
    "the server's answer": Effect.fail(
      new VertexError.VertexError({
        operation: "generateContent",
        target: "gemini-3.5-flash",
        reason: new VertexError.InvalidRequest({
          description: `Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), "${prompt}"`,
          violations: [{ field: "contents", description: `"${prompt}"` }]
        }),
        billed: "no",
        attempts: []
      })
    ),
    "a body that is echoed": Effect.fail(
      new VertexError.VertexError({
        operation: "generateContent",
        target: "gemini-3.5-flash",
        reason: new VertexError.Unknown({ status: 500, body: prompt.repeat(5) }),
        billed: "unknown",
        attempts: []
      })
    ),
    "a broken stream": Effect.fail(
      new VertexError.VertexError({
        operation: "streamGenerateContent",
        target: "gemini-3.5-flash",
        reason: new VertexError.StreamTruncated({ text: prompt, description: "reset" }),
        billed: "unknown",
        attempts: []
      })
    ),
    "a defect of the program": Effect.die(new Error(`no answer to ${prompt}`)),
    "a call that failed": GenerativeModel.generate(flash, prompt).pipe(Effect.andThen(Effect.fail("never")))
  }

  for (const [place, program] of Object.entries(prompts)) {
    it.effect(`holds nothing of a prompt in ${place}`, () =>
      Effect.gen(function* () {
        const { calls } = yield* explained(program)
        const sent = calls.filter(({ input }) => String(input) !== prompt)
        assert.lengthOf(sent, 1)
        assert.notMatch(JSON.stringify(sent), /Falcon|merger|board/)
      }).pipe(
        Effect.provide(
          layer({
            generate: (_, input) =>
              String(input) === prompt ? VertexTest.fail(new VertexError.Internal({ description: "no" })) : "Because."
          })
        )
      )
    )
  }

  it.effect("is bounded, however long the error is", () =>
    Effect.gen(function* () {
      const long = new Broken({ why: "word ".repeat(1_000_000) })
      const { calls } = yield* explained(Effect.fail(long), {
        operation: "o".repeat(10_000),
        step: "s".repeat(10_000),
        runId: "r".repeat(10_000)
      })
      assert.isAtMost(String(calls[0]?.input).length, 1_300)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("keeps what helps: names, numbers, places", () =>
    Effect.gen(function* () {
      const why = 'step "tune" of run 2026-11-22: gs://acme-data/train.jsonl has 15 examples, 16 are needed'
      const { told } = yield* explained(Effect.fail(new Broken({ why })))
      assert.strictEqual(told[0]?.summary.message, why)
    }).pipe(Effect.provide(layer()))
  )
})

describe("an explanation that does not come", () => {
  const failures: Readonly<Record<string, readonly [VertexTest.Options, Partial<OnFailure.Options>]>> = {
    "because the model fails": [{ generate: VertexTest.fail(new VertexError.Unavailable({ description: "503" })) }, {}],
    "because the model dies": [{ generate: () => Effect.die("broken") }, {}],
    "because a filter stops it": [{ generate: VertexTest.blocked() }, {}],
    "because it is empty": [{ generate: "  " }, {}],
    "because its budget is too small": [{ generate: "x" }, { budget: { usd: "0.0001" } }],
    "because its budget is none": [{ generate: "x" }, { budget: { usd: "banana" } }],
    "because its price is not known": [{ generate: "x" }, { model: ModelConfiguration.make("gemini-0-unknown") }],
    "because the one who is told dies": [{ generate: "x" }, { tell: () => Effect.die("broken") }]
  }
  for (const [name, [script, changes]] of Object.entries(failures)) {
    it.effect(`${name} leaves the failure as it is`, () =>
      Effect.gen(function* () {
        const { exit, told } = yield* explained(Effect.fail(broken), changes)
        assert.deepStrictEqual(exit, Exit.fail(broken))
        assert.lengthOf(told, 0)
      }).pipe(Effect.provide(layer(script)))
    )
  }

  for (const [name, [script, changes]] of Object.entries({
    "the model is slow": [{ generate: "x", latency: "1 hour" }, {}],
    "the one who is told is slow": [{ generate: "x" }, { tell: () => Effect.never }],
    "it was told to hurry": [{ generate: "x", latency: "3 seconds" }, { timeout: "2 seconds" }]
  } as Readonly<Record<string, readonly [VertexTest.Options, Partial<OnFailure.Options>]>>)) {
    it.effect(`does not hold the failure up when ${name}`, () =>
      Effect.gen(function* () {
        const limit = Duration.toMillis(changes.timeout ?? "10 seconds")
        const fiber = yield* Effect.forkChild(explained(Effect.fail(broken), changes))
        yield* TestClock.adjust(limit - 1)
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual((yield* Fiber.join(fiber)).exit, Exit.fail(broken))
      }).pipe(Effect.provide(layer(script)))
    )
  }
})

describe("interruption", () => {
  it.effect("of the program is not explained", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(OnFailure.explain(Effect.never, options), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(yield* VertexTest.calls, 0)
      const { calls } = yield* explained(Effect.interrupt)
      assert.lengthOf(calls, 0)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("of others by a failure is: the failure is explained", () =>
    Effect.gen(function* () {
      const { told } = yield* explained(
        Effect.all([Effect.never, Effect.fail(broken)], { concurrency: "unbounded", discard: true })
      )
      assert.deepStrictEqual(told[0]?.summary.failure, ["Broken"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("ends an explanation at once", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(OnFailure.explain(Effect.fail(broken), options), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.isDefined(fiber.pollUnsafe())
    }).pipe(Effect.provide(layer({ generate: "x", latency: "1 hour" })))
  )
})

describe("money", () => {
  it.effect("of an explanation counts in the budgets around", () =>
    Effect.gen(function* () {
      let spent = Money.zero
      yield* Effect.fail(broken).pipe(
        OnFailure.explain({ ...options, tell: () => Effect.void }),
        BudgetGuard.within({ usd: "1.00" }, { onEnd: (books) => Effect.sync(() => void (spent = books.spent.usd)) }),
        Effect.ignore
      )
      assert.isTrue(spent > 0n && spent < Money.usd("0.01"))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("that is all spent leaves the failure unexplained", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.fail(broken).pipe(
        OnFailure.explain({ ...options, tell: () => Effect.void }),
        BudgetGuard.within({ usd: "0.0001" }),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.fail(broken))
      assert.lengthOf(yield* VertexTest.calls, 0)
    }).pipe(Effect.provide(layer()))
  )
})

describe("in a workflow", () => {
  const workflow = Trial.make("Explained", Schema.Void, Broken)
  const told: Array<OnFailure.Explanation> = []
  const body = () =>
    DurableClock.sleep({ name: "sleep", duration: "1 hour", inMemoryThreshold: 0 }).pipe(
      Effect.andThen(Effect.fail(broken)),
      OnFailure.explain({ ...options, tell: (explanation) => Effect.sync(() => void told.push(explanation)) })
    )

  it.effect("going to sleep is no failure; a failure is explained with the id of the run", () =>
    Effect.gen(function* () {
      const id = yield* workflow.execute({ id: Trial.runId }, { discard: true })
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* Trial.state(workflow, id), "Suspended")
      assert.lengthOf(told, 0)
      yield* TestClock.adjust("1 minute")
      assert.instanceOf(yield* Trial.state(workflow, id), Broken)
      assert.deepStrictEqual(
        told.map(({ summary }) => summary.runId),
        [id]
      )
    }).pipe(
      Effect.provide(
        workflow.toLayer(body).pipe(Layer.provideMerge(WorkflowEngine.layerMemory), Layer.provide(layer()))
      )
    )
  )
})
