/** What every implementation of `Tuning` must show. */
import * as Tuning from "@genops/vertex/Tuning"
import * as TuningJob from "@genops/vertex/TuningJob"
import type * as TuningRequest from "@genops/vertex/TuningRequest"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Sent } from "./Subject.ts"

export interface Subject<E> {
  readonly layer: Layer.Layer<Tuning.Tuning | Sent, E>
  /** Training data with which a job succeeds; undefined where there is none, and then every job fails. */
  readonly trainingData?: string | undefined
  /** Stands in every label, so that suites can share a project. */
  readonly prefix: string
}

export const suite = <E>(name: string, subject: Subject<E>): void => {
  const request = (key: string, more: Partial<TuningRequest.Supervised> = {}): TuningRequest.Supervised => ({
    model: "gemini-2.5-flash",
    trainingData: subject.trainingData ?? "gs://nowhere/train.jsonl",
    epochs: 2,
    labels: { "genops-key": `${subject.prefix}-${key}` },
    ...more
  })
  const find = (key: string) => Tuning.findByLabel("genops-key", `${subject.prefix}-${key}`)
  const idOf = ({ name }: TuningJob.TuningJob) => name.split("/").at(-1) ?? ""

  layer(subject.layer, { excludeTestServices: true, timeout: "120 seconds" })(`Tuning contract: ${name}`, (it) => {
    it.effect("creates a job that is found by its name, its id and its label", () =>
      Effect.gen(function* () {
        assert.lengthOf(yield* find("found"), 0)
        const job = yield* Tuning.create(request("found", { displayName: "a model", adapterSize: 4 }))
        assert.match(job.name, /^projects\/\d+\/locations\/us-central1\/tuningJobs\/\d+$/)
        assert.deepStrictEqual(
          [job.state, job.displayName, job.baseModel, job.tunedModel],
          ["PENDING", "a model", "gemini-2.5-flash", undefined]
        )
        assert.deepStrictEqual((yield* find("found")).map(idOf), [idOf(job)])
        for (const handle of [job.name, idOf(job)]) assert.strictEqual((yield* Tuning.get(handle)).name, job.name)
        const stored = Schema.encodeSync(TuningJob.FromJson)(job)
        assert.deepStrictEqual(Schema.decodeUnknownSync(TuningJob.FromJson)(JSON.parse(JSON.stringify(stored))), job)
      })
    )

    it.effect("tells whose job it is, also of preference optimisation", () =>
      Effect.gen(function* () {
        const asked: ReadonlyArray<TuningRequest.TuningRequest> = [
          request("mine", {
            learningRateMultiplier: 0.5,
            adapterSize: 8,
            lastCheckpointOnly: true,
            displayName: "mine"
          }),
          { ...request("mine"), method: "preference", beta: 0.2, epochs: 3 }
        ]
        for (const one of asked) {
          const { name } = yield* Tuning.create(one)
          const job = yield* Tuning.get(name)
          assert.deepStrictEqual(
            asked.map((other) => TuningJob.isOf(job, other)),
            asked.map((other) => other === one)
          )
          assert.isFalse(TuningJob.isOf(job, { ...one, trainingData: "gs://elsewhere/train.jsonl" }))
        }
      })
    )

    it.effect("lists every page, and finds newest first", () =>
      Effect.gen(function* () {
        const jobs = yield* Effect.forEach([1, 2, 3, 4, 5], () => Tuning.create(request("pages")))
        const wanted = jobs.map(idOf).toReversed()
        const listed = (yield* Stream.runCollect(Tuning.list({ pageSize: 2 }))).map(idOf)
        assert.deepStrictEqual(
          listed.filter((id) => wanted.includes(id)),
          wanted
        )
        assert.deepStrictEqual((yield* find("pages")).map(idOf), wanted)
      })
    )

    it.effect("cancels a job", () =>
      Effect.gen(function* () {
        const job = yield* Tuning.create(request("cancel"))
        yield* Tuning.cancel(job.name)
        assert.include(["CANCELLING", "CANCELLED"], (yield* Tuning.get(job.name)).state)
        const failed = yield* Effect.flip(Tuning.wait(job, { interval: "20 millis", timeout: "1 minute" }))
        assert(failed._tag === "TuningFailed", failed.message)
        assert.deepStrictEqual([failed.state, failed.code], ["CANCELLED", 1])
        // Doing it again changes nothing.
        yield* Tuning.cancel(job.name)
        assert.strictEqual((yield* Tuning.get(job.name)).state, "CANCELLED")
      })
    )

    it.effect("waits for the end", () =>
      Effect.gen(function* () {
        const job = yield* Tuning.create(request("wait"))
        const end = yield* Effect.result(Tuning.wait(job, { interval: "20 millis", timeout: "1 minute" }))
        if (subject.trainingData === undefined) {
          assert(end._tag === "Failure" && end.failure._tag === "TuningFailed")
          assert.deepStrictEqual([end.failure.state, end.failure.code], ["FAILED", 5])
        } else {
          assert(end._tag === "Success")
          assert.match(end.success.tunedModel?.endpoint ?? "", /\/endpoints\/\d+$/)
        }
      })
    )

    it.effect("refuses wrong requests and unknown jobs", () =>
      Effect.gen(function* () {
        const { total } = yield* Sent
        const before = yield* total
        const wrong = yield* Effect.flip(Tuning.create(request("wrong", { epochs: 0, trainingData: "train.jsonl" })))
        assert(wrong._tag === "VertexError" && wrong.reason._tag === "InvalidRequest")
        assert.deepStrictEqual(
          wrong.reason.violations.map(({ field }) => field),
          ["trainingData", "epochs"]
        )
        assert.strictEqual(yield* total, before)
        assert.strictEqual((yield* Effect.flip(Tuning.get("9999"))).reason._tag, "NotFound")
        assert.strictEqual((yield* Effect.flip(Tuning.cancel("9999"))).reason._tag, "NotFound")
      })
    )
  })
}
