/**
 * A workflow of one sensor over a scripted Cloud Storage, under the test clock.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as Await from "../src/Await.ts"
import * as CloudStorage from "../src/CloudStorage.ts"
import * as E from "../src/CloudStorageError.ts"
import * as GsUri from "../src/GsUri.ts"
import * as Step from "../src/Step.ts"
import * as Trial from "./DurableTrial.ts"

export class NotGood extends Schema.TaggedError<NotGood>()("NotGood", { why: Schema.String }) {}

export const minute = 60_000

export const absent = new E.NotFound({ description: "No such object: bucket/train.jsonl" })

export const object = (
  generation: string,
  changes: Partial<CloudStorage.ObjectInfo> = {}
): CloudStorage.ObjectInfo => ({
  bucket: "bucket",
  name: "train.jsonl",
  generation,
  size: 1,
  contentType: "application/jsonl",
  updated: "1970-01-01T00:00:00.000Z",
  metadata: {},
  ...changes
})

/** What there is at a time: objects in a list or one object, or why it cannot be told. */
export type World = (at: number) => CloudStorage.ObjectInfo | ReadonlyArray<CloudStorage.ObjectInfo> | E.Reason

/** Cloud Storage in such a world, and the times at which it was asked. */
export const storage = (world: World) => {
  const looks: Array<number> = []
  const ask = (operation: "metadata" | "list", uri: GsUri.GsUri) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      looks.push(now)
      const found = world(now)
      if ("_tag" in found) {
        return yield* new E.CloudStorageError({ operation, uri: GsUri.format(uri), reason: found })
      }
      return Array.isArray(found) ? found : [found]
    })
  const layer = Layer.mock(CloudStorage.CloudStorage, {
    metadata: (uri) => Effect.map(ask("metadata", uri), ([only]) => only ?? object("0")),
    list: (uri) => Stream.fromIterableEffect(ask("list", uri))
  })
  return { looks, layer }
}

const Failures = Schema.Union([Await.AwaitTimeout, E.CloudStorageError, Step.StepChanged, NotGood])

export type Body<R> = Effect.Effect<Schema.Json, (typeof Failures)["Type"], R>

export const workflow = Trial.make("Wait", Schema.Json, Failures)
export const parking = Trial.make("ParkingWait", Schema.Json, Failures, { suspendOnFailure: true })

/** The program in an engine that keeps everything in memory. */
export const memory = <R>(body: () => Body<R>, which: typeof workflow = workflow) =>
  which.toLayer(() => Effect.suspend(body)).pipe(Layer.provideMerge(WorkflowEngine.layerMemory))

/** How the run stands. */
export const state = (which: typeof workflow = workflow) =>
  Effect.flatMap(which.executionId({ id: Trial.runId }), (id) => Trial.state(which, id))

/** Starts the run, lets the time pass, and tells how it stands. */
export const run = (passing: Duration.Input, which: typeof workflow = workflow) =>
  Effect.gen(function* () {
    yield* which.execute({ id: Trial.runId }, { discard: true })
    yield* TestClock.adjust(passing)
    return yield* state(which)
  })
