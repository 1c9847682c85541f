/**
 * What the operations of ML Metadata say.
 *
 * Source: google.longrunning.Operation
 *
 * @since 0.1.0
 */
import type { JsonObject } from "../wire/Decode.ts"
import { time } from "./Node.ts"

/**
 * The full type of a message of this service, as `@type` has it.
 *
 * @since 0.1.0
 */
export const typed = (name: string): string => `type.googleapis.com/google.cloud.aiplatform.v1.${name}`

/**
 * The result of an operation that returns nothing.
 *
 * @since 0.1.0
 */
export const empty: JsonObject = { "@type": "type.googleapis.com/google.protobuf.Empty" }

/**
 * The metadata of an operation that starts now.
 *
 * @since 0.1.0
 */
export const metadata = (name: string, now: number): JsonObject => ({
  "@type": typed(name),
  genericMetadata: { createTime: time(now), updateTime: time(now) }
})
