/** Checks answers against their schema and hands them on as they came, unknown fields included. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Malformed } from "../VertexClient.ts"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

export const decoder = <A>(schema: Schema.Codec<A>): ((json: unknown) => Result.Result<A, Malformed>) => {
  const is = Schema.is(schema)
  const decode = Schema.decodeUnknownResult(schema)
  return (json) => {
    if (is(json)) return Result.succeed(json)
    const decoded = decode(json)
    const issue = Result.isFailure(decoded) ? format(decoded.failure.issue).issues[0] : undefined
    const where = (issue?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".")
    return Result.fail({ where: where === "" ? "body" : where, description: issue?.message ?? "it has another shape" })
  }
}
