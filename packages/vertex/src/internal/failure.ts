import type * as VertexError from "../VertexError.ts"

/** Why an attempt failed, and whether it may be billed. */
export interface Failure {
  readonly reason: VertexError.Reason
  readonly billed: VertexError.Billed
}
