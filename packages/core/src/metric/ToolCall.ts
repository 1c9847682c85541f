/**
 * The four tool-call metrics of Vertex AI's Gen AI evaluation service: `tool_call_valid`, `tool_name_match`,
 * `tool_parameter_key_match`, `tool_parameter_kv_match`. Only the first tool call of a text is looked at.
 *
 * Source: Google's published Python for these metrics (GoogleCloudPlatform/generative-ai,
 * gemini/evaluation/evaluate_with_your_python_code.ipynb). What `use_strict_string_match` switches off is not documented;
 * values are compared as JSON here, which is the strict reading.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { type Absent, absent } from "./Absent.ts"
import * as JsonText from "./JsonText.ts"

/**
 * Each in [0, 1].
 *
 * - `tool_call_valid`: both first calls have a name
 * - `tool_name_match`: the names are equal, case-sensitively
 * - `tool_parameter_key_match`: shared parameter names over all parameter names, 1 when there are none
 * - `tool_parameter_kv_match`: parameters with equal values over all parameter names, 1 when there are none
 *
 * The two parameter metrics do not ask for equal tool names.
 *
 * @since 0.1.0
 */
export interface ToolCallScore {
  readonly tool_call_valid: number
  readonly tool_name_match: number
  readonly tool_parameter_key_match: number
  readonly tool_parameter_kv_match: number
}

const all = (score: 0 | 1): ToolCallScore => ({
  tool_call_valid: score,
  tool_name_match: score,
  tool_parameter_key_match: score,
  tool_parameter_kv_match: score
})

type JsonObject = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The first call of `{"tool_calls": [...]}`: `"None"` without calls, `"Malformed"` when the text or the call is no object. */
const firstCall = (text: string): JsonObject | "None" | "Malformed" => {
  const value = JsonText.parse(text)?.value
  if (!isObject(value)) return "Malformed"
  const calls = value["tool_calls"]
  if (calls === undefined || calls === null || (Array.isArray(calls) && calls.length === 0)) return "None"
  const first: unknown = Array.isArray(calls) ? calls[0] : undefined
  return isObject(first) ? first : "Malformed"
}

const parametersOf = (call: JsonObject): ReadonlyMap<string, unknown> =>
  new Map(isObject(call["arguments"]) ? Object.entries(call["arguments"]) : [])

/**
 * Compares the first tool calls of two texts of the form `{"content": "...", "tool_calls": [{"name": "...", "arguments": {}}]}`.
 *
 * A reference without calls expects none: all four are 1 if the prediction has none either, else 0. A prediction that is no such
 * text, or lacks the expected call, scores 0. `arguments` that are missing or no object count as empty. A reference that is no
 * such text makes the scores absent with reason `InvalidReference`.
 *
 * @since 0.1.0
 */
export const score = (prediction: string, reference: string): Result.Result<ToolCallScore, Absent> => {
  const expected = firstCall(reference)
  if (expected === "Malformed") {
    return absent(
      "tool_call",
      "InvalidReference",
      `the reference is no JSON object with a list of tool_calls: ${reference.slice(0, 120)}`
    )
  }
  const actual = firstCall(prediction)
  if (expected === "None") return Result.succeed(all(actual === "None" ? 1 : 0))
  if (actual === "None" || actual === "Malformed") return Result.succeed(all(0))
  const wanted = parametersOf(expected)
  const given = parametersOf(actual)
  const names = new Set([...wanted.keys(), ...given.keys()])
  const shared = [...wanted.keys()].filter((name) => given.has(name))
  const equal = shared.filter((name) => JsonText.equals(wanted.get(name), given.get(name)))
  return Result.succeed({
    tool_call_valid: Object.hasOwn(actual, "name") && Object.hasOwn(expected, "name") ? 1 : 0,
    tool_name_match: JsonText.equals(actual["name"], expected["name"]) ? 1 : 0,
    tool_parameter_key_match: names.size === 0 ? 1 : shared.length / names.size,
    tool_parameter_kv_match: names.size === 0 ? 1 : equal.length / names.size
  })
}
