/**
 * A durable program under the test clock, in engines that keep their records in memory: one for the life of the test, and one whose
 * processes can end and begin again over the same records.
 */
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import type * as WorkflowEngine from "effect/workflow/WorkflowEngine"

/** A program of one wait. What it returns and fails with is told as JSON. */
export const make = <Success extends Schema.Top, Error extends Schema.Top>(
  name: string,
  success: Success,
  error: Error,
  options: { readonly suspendOnFailure?: boolean } = {}
) =>
  Workflow.make(name, { payload: { id: Schema.String }, idempotencyKey: ({ id }) => id, success, error }).annotate(
    Workflow.SuspendOnFailure,
    options.suspendOnFailure ?? false
  )

const config = ShardingConfig.layer({ entityMessagePollInterval: "1 second" })

/** The records of an engine, which outlive its processes. */
export const records = MessageStorage.layerMemory.pipe(Layer.provide(config))

/** A process of the engine over its records. */
export const process: Layer.Layer<WorkflowEngine.WorkflowEngine, never, MessageStorage.MessageStorage> =
  ClusterWorkflowEngine.layer.pipe(
    Layer.provide(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(config)
  )

export const runId = "run"

/** How the run stands, `Suspended` or `Running`, or what it returned or failed with. */
export const state = <
  Name extends string,
  P extends Workflow.AnyStructSchema,
  A extends Schema.Top,
  E extends Schema.Top
>(
  workflow: Workflow.Workflow<Name, P, A, E>,
  id: string
) =>
  // The time was moved on, and what it woke may not be at rest.
  Effect.yieldNow.pipe(
    Effect.andThen(workflow.poll(id)),
    Effect.repeat({ until: Option.isSome, times: 100 }),
    Effect.map((result) => {
      if (Option.isNone(result)) return "Running"
      if (result.value._tag === "Suspended") return "Suspended"
      return Exit.match(result.value.exit, { onSuccess: (value) => ({ value }), onFailure: Cause.squash })
    })
  )
