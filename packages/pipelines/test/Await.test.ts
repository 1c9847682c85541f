import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as Await from "../src/Await.ts"
import * as CloudStorage from "../src/CloudStorage.ts"
import * as E from "../src/CloudStorageError.ts"
import * as Step from "../src/Step.ts"
import {
  absent,
  memory,
  minute,
  NotGood,
  object,
  parking,
  run,
  state,
  storage,
  type World,
  workflow
} from "./AwaitTrial.ts"
import * as Trial from "./DurableTrial.ts"

const uri = "gs://bucket/train.jsonl"
const pace = { name: "wait", upTo: "1 hour" } as const
const after =
  (at: number, then: ReturnType<World> = object("7")): World =>
  (now) =>
    now < at ? absent : then

const generation = ({ generation }: CloudStorage.ObjectInfo) => generation

describe("Await.object", () => {
  it.effect("returns an object that is there, with its generation", () => {
    const { layer, looks } = storage(() => object("7", { metadata: { run: "1" } }))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(0), { value: { ...object("7", { metadata: { run: "1" } }) } })
      assert.deepStrictEqual(looks, [0])
    }).pipe(
      Effect.provide(memory(() => Effect.map(Await.object(uri, pace), (found) => ({ ...found })))),
      Effect.provide(layer)
    )
  })

  it.effect("looks every minute, and holds nothing between two looks", () => {
    const { layer, looks } = storage(after(3 * minute))
    return Effect.gen(function* () {
      assert.strictEqual(yield* run("150 seconds"), "Suspended")
      assert.deepStrictEqual(looks, [0, minute, 2 * minute])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* state(), { value: "7" })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(looks, [0, minute, 2 * minute, 3 * minute])
    }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
  })

  it.effect("backs off to the longest interval", () => {
    const { layer, looks } = storage(() => absent)
    const backoff = { factor: 2, upTo: "5 minutes" } as const
    return Effect.gen(function* () {
      yield* run("20 minutes")
      assert.deepStrictEqual(
        looks.map((at) => at / minute),
        [0, 1, 3, 7, 12, 17]
      )
    }).pipe(
      Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, backoff }), generation))),
      Effect.provide(layer)
    )
  })

  it.effect("fails after the time-out, with a last look at its end", () => {
    const { layer, looks } = storage(() => absent)
    return Effect.gen(function* () {
      assert.strictEqual(yield* run("149 seconds"), "Suspended")
      yield* TestClock.adjust("1 second")
      const error = yield* state()
      assert(error instanceof Await.AwaitTimeout)
      assert.deepStrictEqual(looks, [0, minute, 2 * minute, 150_000])
      assert.deepStrictEqual(
        [error.step, error.uri, error.looks, error.last],
        ["wait", uri, 4, "there is no such object"]
      )
      assert.strictEqual(Duration.toSeconds(error.waited), 150)
      assert.strictEqual(
        error.message,
        [
          'gs://bucket/train.jsonl was waited for in vain for 2m 30s (step "wait").',
          "  The last of 4 looks: there is no such object.",
          "  Nothing was paid. To wait longer: upTo; to go on without it: softFail."
        ].join("\n")
      )
    }).pipe(
      Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, upTo: "150 seconds" }), generation))),
      Effect.provide(layer)
    )
  })

  for (const [world, expected] of [
    [() => absent, "None"],
    [() => object("7"), "Some"]
  ] as ReadonlyArray<readonly [World, string]>) {
    it.effect(`with softFail gives ${expected}`, () => {
      const { layer } = storage(world)
      const body = () => Effect.map(Await.object(uri, { ...pace, softFail: true }), ({ _tag }) => _tag)
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* run("1 hour"), { value: expected })
      }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
    })
  }

  describe("failures of Cloud Storage", () => {
    const passing: ReadonlyArray<E.Reason> = [
      absent,
      new E.Unavailable({ description: "503" }),
      new E.Corrupted({ description: "crc" }),
      new E.Changed({ generation: "1" })
    ]
    for (const reason of passing) {
      it.effect(`outlives ${reason._tag}`, () => {
        const { layer, looks } = storage((at) => (at < 2 * minute ? reason : object("7")))
        return Effect.gen(function* () {
          assert.deepStrictEqual(yield* run("1 hour"), { value: "7" })
          assert.lengthOf(looks, 3)
        }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
      })
    }

    it.effect("outlives them only until the time-out, and says what it was", () => {
      const { layer } = storage(() => new E.Unavailable({ description: "503" }))
      return Effect.gen(function* () {
        const error = yield* run("1 hour")
        assert(error instanceof Await.AwaitTimeout)
        assert.strictEqual(error.last, "Cloud Storage could not be asked (Unavailable)")
      }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
    })

    const ending: ReadonlyArray<E.Reason> = [
      new E.NotFound({ description: "The specified bucket does not exist." }),
      new E.PermissionDenied({ description: "no" }),
      new E.Unauthenticated({ description: "no" }),
      new E.Failed({ status: 400, description: "no" })
    ]
    for (const reason of ending) {
      it.effect(`ends at once for ${reason._tag}: ${reason.message.split("\n")[0]}`, () => {
        const { layer, looks } = storage(() => reason)
        return Effect.gen(function* () {
          const error = yield* run(0)
          assert(error instanceof E.CloudStorageError)
          assert.deepStrictEqual(error.reason, reason)
          assert.lengthOf(looks, 1)
        }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
      })
    }

    it.effect("takes an object whose name speaks of a bucket for absent only", () => {
      const { layer } = storage(() => new E.NotFound({ description: "No such object: bucket/bucket.jsonl" }))
      return Effect.gen(function* () {
        assert.strictEqual(yield* run("2 minutes"), "Suspended")
      }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
    })

    it.effect("ends at once for a URI that is none", () => {
      const { layer, looks } = storage(() => absent)
      return Effect.gen(function* () {
        const error = yield* run(0)
        assert(error instanceof E.CloudStorageError)
        assert.strictEqual(error.reason._tag, "InvalidUri")
        assert.deepStrictEqual(looks, [])
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.object("s3://x/y", pace), generation))),
        Effect.provide(layer)
      )
    })
  })

  describe("check", () => {
    it.effect("says not yet", () => {
      const { layer, looks } = storage((at) => object("7", { size: at }))
      const check = ({ size }: CloudStorage.ObjectInfo) => Effect.succeed(size >= 2 * minute)
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* run("1 hour"), { value: 2 * minute })
        assert.lengthOf(looks, 3)
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, check }), ({ size }) => size))),
        Effect.provide(layer)
      )
    })

    it.effect("is told of when it never said yes", () => {
      const { layer } = storage(() => object("7"))
      const check = () => Effect.succeed(false)
      return Effect.gen(function* () {
        const error = yield* run("1 hour")
        assert(error instanceof Await.AwaitTimeout)
        assert.strictEqual(error.last, "it is there, but the check said: not yet")
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, check }), generation))),
        Effect.provide(layer)
      )
    })

    it.effect("ends the wait with its own failure, typed and recorded", () => {
      const { layer, looks } = storage(() => object("7"))
      const check = () => Effect.fail(new NotGood({ why: "roles" }))
      return Effect.gen(function* () {
        const error = yield* run(0)
        assert(error instanceof NotGood)
        assert.strictEqual(error.why, "roles")
        assert.lengthOf(looks, 1)
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, check, error: NotGood }), generation))),
        Effect.provide(layer)
      )
    })

    it.effect("may find the object replaced, and is asked again", () => {
      const { layer, looks } = storage(() => object("7"))
      const reason = new E.Changed({ generation: "6", current: "7" })
      const check = () =>
        looks.length === 1
          ? Effect.fail(new E.CloudStorageError({ operation: "read", uri, reason }))
          : Effect.succeed(true)
      return Effect.gen(function* () {
        assert.strictEqual(yield* run(0), "Suspended")
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* state(), { value: "7" })
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.object(uri, { ...pace, check }), generation))),
        Effect.provide(layer)
      )
    })
  })
})

describe("Await.prefix", () => {
  const shard = (index: number) => object("1", { name: `shards/${index}.jsonl` })
  const shards = (count: number) => Array.from({ length: count }, (_, index) => shard(index))
  const names = (found: ReadonlyArray<CloudStorage.ObjectInfo>) => found.map(({ name }) => name)

  it.effect("waits for as many objects as asked, and gives those that are there", () => {
    const { layer, looks } = storage((at) => shards(at / minute))
    const options = { ...pace, atLeast: 2 }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("1 hour"), { value: ["shards/0.jsonl", "shards/1.jsonl"] })
      assert.lengthOf(looks, 3)
    }).pipe(
      Effect.provide(memory(() => Effect.map(Await.prefix("gs://bucket/shards/", options), names))),
      Effect.provide(layer)
    )
  })

  it.effect("waits for one unless told otherwise, and says how many there were", () => {
    const { layer } = storage(() => [])
    return Effect.gen(function* () {
      const error = yield* run("1 hour")
      assert(error instanceof Await.AwaitTimeout)
      assert.deepStrictEqual([error.last, error.uri], ["there are 0 of 1 objects", "gs://bucket/"])
    }).pipe(Effect.provide(memory(() => Effect.map(Await.prefix("gs://bucket/", pace), names))), Effect.provide(layer))
  })

  it.effect("with softFail gives None", () => {
    const { layer } = storage(() => [])
    const body = () => Effect.map(Await.prefix("gs://bucket/", { ...pace, softFail: true }), ({ _tag }) => _tag)
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("1 hour"), { value: "None" })
    }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
  })

  it.effect("keeps the first 1,000", () => {
    const { layer } = storage(() => shards(1_500))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* run(0), { value: 1_000 })
    }).pipe(
      Effect.provide(
        memory(() => Effect.map(Await.prefix("gs://bucket/", { ...pace, atLeast: 1_000 }), ({ length }) => length))
      ),
      Effect.provide(layer)
    )
  })

  it.effect("counts only what fits the glob, in a real store", () => {
    const options = { ...pace, glob: "in/*.jsonl", atLeast: 2 }
    return Effect.gen(function* () {
      yield* CloudStorage.write("gs://bucket/in/a.jsonl", "")
      yield* CloudStorage.write("gs://bucket/in/b.csv", "")
      assert.strictEqual(yield* run("10 minutes"), "Suspended")
      yield* CloudStorage.write("gs://bucket/in/c.jsonl", "")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* state(), { value: ["in/a.jsonl", "in/c.jsonl"] })
    }).pipe(
      Effect.provide(memory(() => Effect.map(Await.prefix("gs://bucket/in/", options), names))),
      Effect.provide(CloudStorage.layerMemory)
    )
  })

  it("takes 1 to 1,000 objects", () => {
    for (const atLeast of [0, -1, 1.5, Number.NaN, 1_001]) {
      assert.throws(() => Await.prefix("gs://bucket/", { ...pace, atLeast }), RangeError)
    }
  })
})

describe("Await.updated", () => {
  const updated = (at: number) => object(String(at), { updated: new Date(at).toISOString() })

  const cases: ReadonlyArray<readonly [string, Await.UpdatedOptions["since"], World, ReadonlyArray<number>]> = [
    ["another generation", "0", (at) => updated(at < 2 * minute ? 0 : 2 * minute), [0, 1, 2]],
    ["a later moment", DateTime.makeUnsafe(minute), (at) => updated(at), [0, 1, 2]],
    ["the start of the wait", undefined, (at) => updated(at < 2 * minute ? 0 : at), [0, 1, 2]],
    ["none at all", "0", after(minute, updated(minute)), [0, 1]]
  ]
  for (const [name, since, world, expected] of cases) {
    it.effect(`waits for what is newer than ${name}`, () => {
      const { layer, looks } = storage(world)
      return Effect.gen(function* () {
        assert.deepStrictEqual(yield* run("1 hour"), { value: String((expected.at(-1) ?? 0) * minute) })
        assert.deepStrictEqual(
          looks.map((at) => at / minute),
          expected
        )
      }).pipe(
        Effect.provide(memory(() => Effect.map(Await.updated(uri, { ...pace, since }), generation))),
        Effect.provide(layer)
      )
    })
  }

  it.effect("says what there is when the time is over; with softFail gives None", () => {
    const { layer } = storage(() => updated(0))
    const soft = () =>
      Effect.map(Await.updated(uri, { ...pace, name: "soft", since: "0", softFail: true }), ({ _tag }) => _tag)
    const body = () => Effect.andThen(soft(), Effect.map(Await.updated(uri, { ...pace, since: "0" }), generation))
    return Effect.gen(function* () {
      const error = yield* run("2 hours")
      assert(error instanceof Await.AwaitTimeout)
      assert.strictEqual(error.last, "there is generation 0 of 1970-01-01T00:00:00.000Z, which is not new")
    }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
  })
})

describe("a wait among others", () => {
  it.effect("does not keep the other from being found", () => {
    const { layer, looks } = storage((at) => (at < 3 * minute ? absent : object(String(at / minute))))
    const at = (name: string, every: Duration.Input, from: number) =>
      Effect.map(
        Await.object(uri, {
          ...pace,
          name,
          every,
          check: ({ generation }) => Effect.succeed(Number(generation) >= from)
        }),
        generation
      )
    const body = () => Effect.all([at("a", "1 minute", 0), at("b", "7 minutes", 5)], { concurrency: "unbounded" })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("1 hour"), { value: ["3", "7"] })
      // Woken for one, the run looks for both.
      assert.deepStrictEqual(
        looks.map((at) => at / minute),
        [0, 0, 1, 1, 2, 2, 3, 3, 7]
      )
    }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
  })

  it.effect("needs a name of its own: another object under the same name is StepChanged", () => {
    const { layer } = storage(() => object("7"))
    const body = () =>
      Effect.andThen(Await.object(uri, pace), Effect.map(Await.object("gs://bucket/other", pace), generation))
    return Effect.gen(function* () {
      const error = yield* run(0)
      assert(error instanceof Step.StepChanged)
      assert.strictEqual(error.step, "wait/start")
    }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
  })

  it.effect("may change its pace while it goes on, but not what it waits for", () => {
    const { layer, looks } = storage(() => absent)
    let options: Await.Pace = { upTo: "1 hour" }
    let asked = uri
    const body = () => Effect.map(Await.object(asked, { name: "wait", ...options }), generation)
    return Effect.gen(function* () {
      yield* run("90 seconds")
      options = { upTo: "4 minutes", every: "30 seconds" }
      yield* TestClock.adjust("90 seconds")
      assert.deepStrictEqual(
        looks.map((at) => at / minute),
        [0, 1, 2, 2.5, 3]
      )
      asked = "gs://bucket/other.jsonl"
      yield* TestClock.adjust("30 seconds")
      assert.instanceOf(yield* state(), Step.StepChanged)
    }).pipe(Effect.provide(memory(body)), Effect.provide(layer))
  })
})

describe("a clock that is set back", () => {
  it.effect("neither makes a wait spin nor loses its wake-up", () => {
    const { layer, looks } = storage(() => absent)
    return Effect.gen(function* () {
      yield* run("150 seconds")
      assert.lengthOf(looks, 3)
      yield* TestClock.setTime(minute / 2)
      yield* workflow.resume(yield* workflow.executionId({ id: Trial.runId }))
      assert.strictEqual(yield* state(), "Suspended")
      // The looks at 1 and 2 minutes were slept for before: each is made up for once.
      assert.lengthOf(looks, 6)
      yield* TestClock.adjust("1 hour")
      assert.instanceOf(yield* state(), Await.AwaitTimeout)
    }).pipe(Effect.provide(memory(() => Effect.map(Await.object(uri, pace), generation))), Effect.provide(layer))
  })
})

describe("a run that parks on failure", () => {
  it.effect("waits in vain, and looks once more when it is resumed", () => {
    let there = false
    const { layer, looks } = storage(() => (there ? object("7") : absent))
    const body = () => Effect.map(Await.object(uri, { ...pace, upTo: "2 minutes" }), generation)
    return Effect.gen(function* () {
      assert.strictEqual(yield* run("1 hour", parking), "Suspended")
      assert.lengthOf(looks, 3)
      const id = yield* parking.executionId({ id: Trial.runId })
      yield* parking.resume(id)
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* state(parking), "Suspended")
      there = true
      yield* parking.resume(id)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* state(parking), { value: "7" })
      assert.lengthOf(looks, 5)
    }).pipe(Effect.provide(memory(body, parking)), Effect.provide(layer))
  })
})

describe("the death of the process", () => {
  // This engine wakes a run within a second of its time.
  const minutes = (times: ReadonlyArray<number>) => times.map((at) => Math.floor(at / minute))

  const process = (world: World, options: Await.Pace = { upTo: "1 hour" }) => {
    const { layer, looks } = storage(world)
    const program = workflow.toLayer(() => Effect.map(Await.object(uri, { name: "wait", ...options }), generation))
    const engine = program.pipe(Layer.provide(layer), Layer.provideMerge(Trial.process))
    return {
      looks,
      within: <A, E, R>(life: Effect.Effect<A, E, R>) => Effect.scoped(Effect.provide(life, engine, { local: true }))
    }
  }

  it.effect("is survived: the wait goes on where it was, and asks nobody to start it again", () => {
    const { looks, within } = process(after(20 * minute))
    return Effect.gen(function* () {
      yield* within(run("150 seconds"))
      assert.deepStrictEqual(minutes(looks), [0, 1, 2])
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(looks, 3)
      yield* within(TestClock.adjust("2 minutes"))
      const first = (looks[3] ?? 0) - 12.5 * minute
      assert.isTrue(first >= 0 && first < 2_000, `looked ${first} ms after the restart`)
      assert.deepStrictEqual(minutes(looks.slice(4)), [13, 14])
      assert.deepStrictEqual(yield* within(Effect.andThen(TestClock.adjust("10 minutes"), state())), { value: "7" })
    }).pipe(Effect.provide(Trial.records))
  })

  it.effect("does not start the time-out again", () => {
    const { looks, within } = process(() => absent, { upTo: "10 minutes" })
    return Effect.gen(function* () {
      yield* within(run("9 minutes"))
      yield* TestClock.adjust("30 seconds")
      const error = yield* within(Effect.andThen(TestClock.adjust("35 seconds"), state()))
      assert(error instanceof Await.AwaitTimeout)
      assert.strictEqual(Duration.toMinutes(error.waited), 10)
      assert.isAtMost(looks.at(-1) ?? 0, 10 * minute + 2_000)
    }).pipe(Effect.provide(Trial.records))
  })

  it.effect("leaves what was found: nothing is looked at again", () => {
    const { looks, within } = process(() => object("7"))
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* within(run("10 seconds")), { value: "7" })
      assert.deepStrictEqual(yield* within(Effect.andThen(TestClock.adjust("1 minute"), state())), { value: "7" })
      assert.lengthOf(looks, 1)
    }).pipe(Effect.provide(Trial.records))
  })

  it.effect("a wait of 100 looks leaves two records and a timer for each look", () => {
    const { looks, within } = process(after(100 * minute), { upTo: "1 day" })
    return Effect.gen(function* () {
      yield* within(run("3 hours"))
      assert.lengthOf(looks, 101)
      const { journal } = yield* MessageStorage.MemoryDriver
      const kinds = journal.map((message) => (message._tag === "Request" ? message.tag : message._tag))
      const count = (kind: string) => kinds.filter((one) => one === kind).length
      assert.deepStrictEqual([count("activity"), count("deferred")], [2, 100])
    }).pipe(Effect.provide(Trial.records))
  })
})
