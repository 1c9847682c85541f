/** What Ctrl-C does: it interrupts the program, unless there is work that ends better in order. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Work that ends in order when it is asked to. */
interface Orderly {
  /** Told that it is asked to. */
  readonly onAsked: () => void
  /** Told that nobody waits for the end. */
  readonly onDropped: () => void
}

// As long as a run waits for calls in flight when it is interrupted.
const patience = 10_000

let pressed: ((interrupt: () => void) => void) | undefined

/** Ctrl-C was pressed; `interrupt` interrupts the program. */
export const onSigint = (interrupt: () => void): void => (pressed ?? ((direct) => direct()))(interrupt)

/**
 * Completes when Ctrl-C is pressed before the scope ends. The program is interrupted when it has not ended ten seconds later, and killed when
 * Ctrl-C is pressed again.
 */
export const asked = ({ onAsked, onDropped }: Orderly): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const isAsked = Deferred.makeUnsafe<void>()
        const before = pressed
        let late: NodeJS.Timeout | undefined
        pressed = (interrupt) => {
          if (late !== undefined) {
            onDropped()
            process.exit(130)
          }
          late = setTimeout(interrupt, patience)
          onAsked()
          Deferred.doneUnsafe(isAsked, Effect.void)
        }
        const restore = () => {
          clearTimeout(late)
          pressed = before
        }
        return { isAsked, restore }
      }),
      ({ restore }) => Effect.sync(restore)
    ),
    ({ isAsked }) => Deferred.await(isAsked)
  )
