/**
 * Why a run was ended early that was asked to.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The run was ended because its `stopWhen` completed: somebody has asked for it, or its time was up.
 *
 * @since 0.1.0
 */
export class StopRequested extends Schema.TaggedError<StopRequested>()("StopRequested", {}) {
  override get message() {
    return "The run was stopped on request."
  }
}
