/** A disk that gets full in the middle of a write, as real ones do. */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"

/** How many bytes there is room for, in files of these names. */
export interface Disk {
  room: number
  readonly isLimited: (path: string) => boolean
}

const noSpace = (method: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method,
    cause: Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })
  })

/** The file system with its files on such a disk. */
export const limited = (fs: FileSystem.FileSystem, disk: Disk): FileSystem.FileSystem => ({
  ...fs,
  open: (path, options) =>
    Effect.map(
      fs.open(path, options),
      (file) =>
        // A proxy, because the methods of a file read its private fields.
        new Proxy(file, {
          get: (target, key) => {
            const value: unknown = Reflect.get(target, key, target)
            if (key !== "writeAll" || !disk.isLimited(path))
              return typeof value === "function" ? value.bind(target) : value
            return (bytes: Uint8Array) =>
              Effect.suspend(() => {
                const fitting = Math.min(bytes.length, disk.room)
                disk.room -= fitting
                const written = target.writeAll(bytes.subarray(0, fitting))
                return fitting === bytes.length ? written : Effect.andThen(written, Effect.fail(noSpace("writeAll")))
              })
          }
        })
    )
})
