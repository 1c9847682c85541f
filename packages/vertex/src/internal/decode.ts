/** Checks answers against their schema and hands them on as they came, unknown fields included. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Malformed } from "../VertexClient.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Answers after which a schema is compiled. That costs as much as checking a few hundred, and makes the check ten times faster. */
const untilCompiled = 100

export const decoder = <A>(schema: Schema.Codec<A>): ((json: unknown) => Result.Result<A, Malformed>) => {
  const decode = Schema.decodeUnknownResult(schema)
  let is = Schema.is(schema)
  let checked = 0

  const compile = async () => {
    const { enable } = await import("effect/schema/SchemaJITCompiler")
    enable(schema.ast)
    is = Schema.is(schema)
  }

  return (json) => {
    // Where code cannot be made at run time, the schema goes on as it is.
    if (++checked === untilCompiled) compile().catch(() => undefined)
    if (is(json)) return Result.succeed(json)
    const decoded = decode(json)
    const issue = Result.isFailure(decoded) ? format(decoded.failure.issue).issues[0] : undefined
    const where = (issue?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".")
    return Result.fail({ where: where === "" ? "body" : where, description: issue?.message ?? "it has another shape" })
  }
}
