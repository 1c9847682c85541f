/** genops with its default settings: retries, rate limiter and metering on, spans made and not exported. */
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Contestant, model, pause, project, prompt, read, settings } from "../Contestant.ts"

type Program<A> = Effect.Effect<A, unknown, Vertex.Services>

const make = (url: string, around: <A>(program: Program<A>) => Program<A>): Contestant => {
  const credentials = Credentials.layerToken(Redacted.make("token"))
  const runtime = ManagedRuntime.make(Vertex.layer({ project, location: "global", baseUrl: url }, credentials))
  const configuration = ModelConfiguration.make(model, { generationConfig: settings })

  const generate = Effect.map(GenerativeModel.generate(configuration, prompt), ({ text }) => read(text))
  const stream = GenerativeModel.stream(configuration, prompt)

  /** Runs a program until `moment`, then interrupts it. */
  const interrupted = async (program: Program<unknown>, moment: Promise<void>, mark: () => void) => {
    const fiber = runtime.runFork(around(program))
    await moment
    mark()
    await Effect.runPromise(Fiber.interrupt(fiber))
  }

  return {
    calls: (count, concurrency) => {
      let succeeded = 0
      const one = Effect.match(generate, {
        onSuccess: () => {
          succeeded += 1
        },
        onFailure: () => undefined
      })
      const all = Effect.forEach(Array.from({ length: count }), () => one, { concurrency, discard: true })
      return runtime.runPromise(around(all)).then(() => succeeded)
    },
    chunks: (streams) => {
      let chunks = 0
      const one = Stream.runForEach(stream, ({ text }) =>
        Effect.sync(() => {
          read(text)
          chunks += 1
        })
      )
      return runtime.runPromise(around(Effect.repeat(one, { times: streams - 1 }))).then(() => chunks)
    },
    abandon: {
      unary: (mark) => interrupted(generate, pause(100), mark),
      stream: (mark) => interrupted(Stream.runDrain(stream), pause(100), mark),
      leave: (mark) =>
        runtime.runPromise(around(Stream.runDrain(Stream.tap(Stream.take(stream, 1), () => Effect.sync(mark)))))
    }
  }
}

export const plain = (url: string): Contestant => make(url, (program) => program)

/** All of it inside a budget that is never reached: each call is reserved at its worst case and settled at what it used. */
export const withinBudget = (url: string): Contestant => make(url, BudgetGuard.within({ usd: "1000000" }))

/** A budget that gives calls up at once, instead of reading on for their true cost. */
export const withinAbortingBudget = (url: string): Contestant =>
  make(url, BudgetGuard.within({ usd: "1000000" }, { onInterrupt: "abort" }))
