/**
 * Where an answer ends: at a stop sequence, at the output limit, or by itself.
 *
 * @since 0.1.0
 */
import * as Tokens from "./Tokens.ts"

/**
 * Cuts a text before the earliest stop sequence, then to `tokens` tokens.
 *
 * @since 0.1.0
 */
export const cut = (
  text: string,
  stopSequences: ReadonlyArray<string>,
  tokens: number
): { readonly text: string; readonly reason: "MAX_TOKENS" | "STOP" } => {
  let end = text.length
  for (const stop of stopSequences) {
    const at = stop === "" ? -1 : text.indexOf(stop)
    if (at >= 0 && at < end) end = at
  }
  const stopped = text.slice(0, end)
  const taken = Tokens.take(stopped, tokens)
  return { text: taken, reason: taken.length < stopped.length ? "MAX_TOKENS" : "STOP" }
}
