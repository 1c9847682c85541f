/**
 * A cached content as it arrives.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/projects.locations.cachedContents
 *
 * @since 0.1.0
 */
import * as Content from "./Content.ts"
import * as Decode from "./Decode.ts"
import * as Tool from "./Tool.ts"

/**
 * Reads a cached content. Output-only fields are accepted and ignored, as Google does.
 *
 * @since 0.1.0
 */
export const decode = Decode.message(
  "CachedContent",
  {
    name: Decode.string,
    model: Decode.string,
    displayName: Decode.string,
    contents: Decode.list(Content.decode),
    systemInstruction: Content.decode,
    tools: Decode.list(Tool.decode),
    toolConfig: Tool.decodeConfig,
    ttl: Decode.duration,
    expireTime: Decode.string,
    encryptionSpec: Decode.message("EncryptionSpec", { kmsKeyName: Decode.string })
  },
  { ignored: ["createTime", "updateTime", "usageMetadata"] }
)

/**
 * A cached content as read.
 *
 * @since 0.1.0
 */
export type CachedContent = NonNullable<ReturnType<typeof decode>>
