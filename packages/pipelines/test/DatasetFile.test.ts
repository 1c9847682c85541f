import * as Dataset from "@genops/core/Dataset"
import * as DatasetFile from "@genops/pipelines/DatasetFile"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** Writes a file into a directory that is removed after the test, and gives its path. */
const file = Effect.fnUntraced(function* (name: string, content: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = `${yield* fileSystem.makeTempDirectoryScoped()}/${name}`
  yield* fileSystem.writeFileString(path, content)
  return path
})

describe("open", () => {
  layer(NodeFileSystem.layer)((it) => {
    it.effect.each(["rows.jsonl", "rows.NDJSON"])("reads %s", (name) =>
      Effect.gen(function* () {
        const dataset = yield* DatasetFile.open(yield* file(name, '{"a":1}\n{"a":2}\n'))
        const { report, rows } = yield* Dataset.collect(dataset)
        assert.deepStrictEqual(
          rows.map(({ value }) => value),
          [{ a: 1 }, { a: 2 }]
        )
        assert.strictEqual(report.source, dataset.source)
        assert.isTrue(dataset.source.endsWith(name))
      })
    )

    it.effect("reads CSV with a schema, a delimiter and a name of its own", () =>
      Effect.gen(function* () {
        const schema = Schema.Struct({ a: Schema.FiniteFromString, b: Schema.String })
        const path = yield* file("rows.csv", "a;b\n1;x\n\n2;y\n")
        const dataset = yield* DatasetFile.open(path, { schema, delimiter: ";", source: "training" })
        const rows = yield* Stream.runCollect(dataset.rows)
        assert.deepStrictEqual(
          rows.map(({ line, value }) => [line, value.a, value.b]),
          [
            [2, 1, "x"],
            [4, 2, "y"]
          ]
        )
        assert.strictEqual(dataset.source, "training")
      })
    )

    it.effect("reads a file of many chunks to its last row", () =>
      Effect.gen(function* () {
        const row = (index: number) => `{"index":${index},"text":"${"ö€😀".repeat(20)}"}`
        const path = yield* file("rows.jsonl", Array.from({ length: 5_000 }, (_, index) => row(index)).join("\r\n"))
        const { report, rows } = yield* Dataset.collect(yield* DatasetFile.open(path))
        assert.deepStrictEqual([report.rows, report.lines, rows.at(-1)?.line], [5_000, 5_000, 5_000])
        assert.isAbove(report.bytes, 10 * 65_536)
      })
    )

    it.effect("names the file, the line and the column of a problem", () =>
      Effect.gen(function* () {
        const path = yield* file("rows.jsonl", '{"a":1}\n{"a":}\n')
        const error = yield* Effect.flip(Dataset.check(yield* DatasetFile.open(path)))
        assert.isTrue(error.message.startsWith(`${path}:2:6  expected a JSON value, got }.`))
      })
    )

    it.effect("refuses another extension and names those it reads", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(DatasetFile.open("data/rows.xlsx"))
        assert.strictEqual(
          error.message,
          "data/rows.xlsx  the name does not end in .jsonl, .ndjson or .csv.\n  Convert the dataset to JSON Lines or CSV."
        )
      })
    )

    it.effect("refuses a missing file and a directory", () =>
      Effect.gen(function* () {
        const fileSystem = yield* FileSystem.FileSystem
        const directory = `${yield* fileSystem.makeTempDirectoryScoped()}/rows.csv`
        yield* fileSystem.makeDirectory(directory)
        const missing = yield* Effect.flip(DatasetFile.open(`${directory}/none.csv`))
        assert.deepStrictEqual([missing.kind, missing.reason], ["Unreadable", "there is no such file"])
        const refused = yield* Effect.flip(DatasetFile.open(directory))
        assert.deepStrictEqual([refused.kind, refused.reason], ["Unreadable", "is a directory, not a file"])
      })
    )

    it.effect("tells of a file that vanished between opening and reading", () =>
      Effect.gen(function* () {
        const fileSystem = yield* FileSystem.FileSystem
        const path = yield* file("rows.jsonl", "{}\n")
        const dataset = yield* DatasetFile.open(path)
        yield* fileSystem.remove(path)
        const error = yield* Effect.flip(Dataset.check(dataset))
        assert.strictEqual(error.message, `${path}  there is no such file.\n  Check the path and the permissions.`)
      })
    )

    // A process that runs as root may read everything, so the refusal comes from the service.
    it.effect.each([
      ["PermissionDenied", "there is no permission to read it"],
      ["Busy", "it cannot be read (Busy: FileSystem.stat)"]
    ] as const)("tells of %s", ([_tag, reason]) =>
      Effect.gen(function* () {
        const failure = PlatformError.systemError({ _tag, module: "FileSystem", method: "stat" })
        const refusing = FileSystem.layerNoop({ stat: () => Effect.fail(failure) })
        const error = yield* Effect.flip(DatasetFile.open("rows.csv").pipe(Effect.provide(refusing)))
        assert.deepStrictEqual([error.kind, error.reason], ["Unreadable", reason])
      })
    )
  })
})
