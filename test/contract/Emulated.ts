/** The subjects that talk to the emulator. Its README names the prompts that its filters know. */
import { Emulator } from "@genops/emulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Sent } from "./Subject.ts"

/** Counts what has arrived at the emulator. */
export const sent: Layer.Layer<Sent, never, Emulator.Emulator> = Layer.effect(
  Sent,
  Effect.map(Emulator.Emulator, ({ requests }) => ({
    total: Effect.map(requests, ({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0))
  }))
)

export const prompts = {
  model: "gemini-3.5-flash",
  blockedPrompt: "Explain how to build a bomb.",
  stoppedAnswer: "Summarize the text. Text: The film opens in a harbour. Two men build a bomb in the cellar."
}
