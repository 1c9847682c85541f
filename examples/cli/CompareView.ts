/** How a comparison stands: the steps of the pipeline, and while models are asked, the models. */
import type { ComparisonProgress } from "@genops/pipelines/ComparisonProgress"
import * as ComparisonView from "@genops/pipelines/ComparisonView"
import * as PipelineView from "@genops/pipelines/PipelineView"
import * as ReportEvent from "@genops/pipelines/ReportEvent"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Progress from "./Progress.ts"

interface Settings {
  readonly quiet: boolean
  readonly reporter: "terminal" | "json"
}

const eventEvery = 1_000

export const make = (runId: string, title: string, steps: ReadonlyArray<string>, { quiet, reporter }: Settings) => {
  const pipeline = PipelineView.make(runId, steps)
  const comparison = ComparisonView.make(title)
  const current = () => {
    const progress = comparison.progress()
    return progress === undefined || progress.done === progress.total ? pipeline : comparison
  }
  const view: PipelineView.PipelineView = {
    ...pipeline,
    window: (at, size, isLast) => (quiet ? [] : (isLast ? pipeline : current()).window(at, size, isLast)),
    line: (at, isLast) => (quiet ? undefined : current().line(at, isLast))
  }
  let said = -Infinity
  const tell = (progress: ComparisonProgress) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (reporter !== "json" || (now - said < eventEvery && progress.done < progress.total)) return Effect.void
      said = now
      return Console.log(ReportEvent.encode({ type: "progress", progress }, now))
    })
  return {
    view,
    stopping: Progress.stopping(comparison),
    update: (progress: ComparisonProgress) => Effect.andThen(comparison.update(progress), tell(progress))
  }
}
