/**
 * Datasets in files: JSON Lines or CSV by the file's extension, read in chunks through effect's FileSystem.
 *
 * @since 0.1.0
 */
import * as Dataset from "@genops/core/Dataset"
import { DatasetError } from "@genops/core/DatasetError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FileFailure from "./internal/fileFailure.ts"

/**
 * The extensions that `open` understands, in any case.
 *
 * @since 0.1.0
 */
export const extensions = [".jsonl", ".ndjson", ".csv"] as const

/**
 * How to read the rows of a file; `source` is its path unless given. `delimiter` concerns CSV only.
 *
 * @since 0.1.0
 */
export interface Options extends Omit<Dataset.CsvOptions, "source"> {
  readonly source?: string
}

/**
 * Opens a file as a dataset. The file is looked at now and read each time the dataset runs, 64 KiB at a time; one that is
 * missing, a directory or not readable fails with a `DatasetError` of kind `Unreadable`, now or when it is read, and one with
 * another extension with `UnsupportedFormat`. What is inside is checked as it is read: see `Dataset.fromJsonl`, `Dataset.fromCsv`.
 *
 * @example
 * import * as DatasetFile from "@genops/pipelines/DatasetFile"
 * import * as Dataset from "@genops/core/Dataset"
 * import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
 * import * as Effect from "effect/Effect"
 *
 * const report = DatasetFile.open("prompts.jsonl", { id: "id" }).pipe(
 *   Effect.flatMap(Dataset.check),
 *   Effect.provide(NodeFileSystem.layer)
 * )
 *
 * @since 0.1.0
 */
export function open(
  path: string,
  options?: Options & { readonly schema?: undefined }
): Effect.Effect<Dataset.Dataset<Dataset.JsonRow>, DatasetError, FileSystem.FileSystem>
export function open<A>(
  path: string,
  options: Options & { readonly schema: Schema.ConstraintDecoder<A> }
): Effect.Effect<Dataset.Dataset<A>, DatasetError, FileSystem.FileSystem>
export function open(
  path: string,
  options: Options & { readonly schema?: Schema.ConstraintDecoder<unknown> | undefined } = {}
): Effect.Effect<Dataset.Dataset<unknown>, DatasetError, FileSystem.FileSystem> {
  return Effect.gen(function* () {
    const source = options.source ?? path
    const extension = extensions.find((extension) => path.toLowerCase().endsWith(extension))
    if (extension === undefined) {
      const reason = `the name does not end in ${extensions.slice(0, -1).join(", ")} or ${extensions.at(-1)}`
      return yield* new DatasetError({ kind: "UnsupportedFormat", source, reason })
    }
    const unreadable = (reason: string) => new DatasetError({ kind: "Unreadable", source, reason })
    const fileSystem = yield* FileSystem.FileSystem
    const { type } = yield* Effect.mapError(fileSystem.stat(path), (error) =>
      unreadable(FileFailure.whyUnreadable(error))
    )
    if (type === "Directory") return yield* unreadable("is a directory, not a file")
    const bytes = Stream.mapError(fileSystem.stream(path), (error) => unreadable(FileFailure.whyUnreadable(error)))
    const { schema, ...rest } = { ...options, source }
    if (schema === undefined)
      return extension === ".csv" ? Dataset.fromCsv(bytes, rest) : Dataset.fromJsonl(bytes, rest)
    const typed = { ...rest, schema }
    return extension === ".csv" ? Dataset.fromCsv(bytes, typed) : Dataset.fromJsonl(bytes, typed)
  })
}
