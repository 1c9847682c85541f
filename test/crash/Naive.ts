/** The control: a pipeline that creates its job in a step, as one would who believes that a recorded step is done once. */
import * as Step from "@genops/pipelines/Step"
import * as Tuning from "@genops/vertex/Tuning"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import * as Scene from "./Scene.ts"

export const Naive = Workflow.make("Naive", {
  payload: { runId: Schema.String },
  success: Schema.String,
  error: Step.StepChanged,
  idempotencyKey: ({ runId }) => runId
}).annotate(Workflow.SuspendOnFailure, true)

export const layer = Naive.toLayer(() =>
  Step.make({
    name: "create",
    success: Schema.String,
    execute: Tuning.create({ model: Scene.model, ...Scene.payload.tuning }).pipe(
      Effect.map(({ name }) => name),
      Effect.orDie
    )
  })
)
