/**
 * Tokens of what is not text, by fixed rules, because the emulator looks neither at pictures nor at sounds.
 *
 * - picture (`image/*`): 258
 * - video (`video/*`): 258 for each frame looked at (66 at MEDIA_RESOLUTION_LOW), `fps` frames a second (default 1)
 * - sound (`audio/*`): 32 a second
 * - document (`application/pdf`): 258 a page; inline, the pages that the file declares (at least 1), by reference 20 pages
 * - text (`text/*`, JSON, XML, CSV): inline, its text like any other; by reference 258 as a document
 * - anything else: 258 as a document
 *
 * A length in seconds comes from `videoMetadata` (`endOffset - startOffset`); without one a video or a sound counts as 10 seconds.
 *
 * @since 0.1.0
 */
import type { Part } from "../wire/Content.ts"
import type { Modality } from "../wire/GenerateContentResponse.ts"

const flat = 258
const unknownSeconds = 10
const unknownPages = 20

const isText = (mimeType: string): boolean => /^text\/|[/+](?:json|xml|csv)$/i.test(mimeType)

/**
 * The text inside an inline part with a textual MIME type; undefined for every other part.
 *
 * @since 0.1.0
 */
export const inlineText = (part: Part): string | undefined =>
  part.inlineData !== undefined && isText(part.inlineData.mimeType ?? "")
    ? Buffer.from(part.inlineData.data ?? "", "base64").toString("utf8")
    : undefined

const modalityOf = (mimeType: string): Modality => {
  const kind = mimeType.slice(0, mimeType.indexOf("/")).toLowerCase()
  return kind === "image" ? "IMAGE" : kind === "video" ? "VIDEO" : kind === "audio" ? "AUDIO" : "DOCUMENT"
}

const seconds = (part: Part): number => {
  const { endOffset, startOffset = 0 } = part.videoMetadata ?? {}
  return endOffset === undefined ? unknownSeconds : Math.max(0, endOffset - startOffset)
}

const pages = (data: string): number =>
  Buffer.from(data, "base64")
    .toString("latin1")
    .match(/\/Type\s*\/Page\b/g)?.length ?? 1

/**
 * Counts an inline or referenced part that is not text; undefined for a part without media.
 *
 * @since 0.1.0
 */
export const count = (
  part: Part,
  lowResolution: boolean
): { readonly modality: Modality; readonly tokens: number } | undefined => {
  const media = part.inlineData ?? part.fileData
  if (media === undefined) return undefined
  const modality = modalityOf(media.mimeType ?? "")
  switch (modality) {
    case "VIDEO": {
      const frames = Math.ceil(seconds(part) * (part.videoMetadata?.fps ?? 1))
      const level = part.mediaResolution?.level
      const low = level === undefined ? lowResolution : level === "MEDIA_RESOLUTION_LOW"
      return { modality, tokens: frames * (low ? 66 : flat) }
    }
    case "AUDIO":
      return { modality, tokens: Math.ceil(seconds(part) * 32) }
    case "DOCUMENT": {
      if (media.mimeType !== "application/pdf") return { modality, tokens: flat }
      return {
        modality,
        tokens: flat * (part.inlineData === undefined ? unknownPages : pages(part.inlineData.data ?? ""))
      }
    }
    default:
      return { modality, tokens: flat }
  }
}
