/**
 * Names of objects in Cloud Storage: `gs://bucket/name`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * A bucket and the name of an object in it, or the beginning of names (perhaps empty) where a prefix is asked for.
 *
 * @since 0.1.0
 */
export interface GsUri {
  readonly bucket: string
  readonly name: string
}

/**
 * A text that is not the URI of an object, or that names one which tools could take for another.
 *
 * @since 0.1.0
 */
export class InvalidUri extends Schema.TaggedError<InvalidUri>()("InvalidUri", {
  uri: Schema.String,
  why: Schema.String
}) {
  readonly isRetryable = false
  override get message() {
    return `${JSON.stringify(this.uri.slice(0, 200))} is not usable as a gs:// URI: ${this.why}.\n  Write it as gs://bucket/path/to/object. Nothing was sent.`
  }
}

const bucketName = /^[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9])){1,220}[a-z0-9]$/

// oxlint-disable-next-line no-control-regex -- these are what is refused
const control = /[\u0000-\u001f\u007f]/

/** Why a name is refused. The service itself would take most of these: they are refused because a path or a terminal may read them otherwise. */
const problem = (name: string): string | undefined => {
  if (new TextEncoder().encode(name).length > 1024) return "the name has more than 1,024 bytes"
  if (!name.isWellFormed()) return "the name is not valid Unicode"
  if (control.test(name)) return "the name has a control character"
  if (name.includes("\\")) return "the name has a backslash"
  if (/^[A-Za-z]:/.test(name)) return "the name begins with a drive letter"
  if (name.startsWith(".well-known/acme-challenge/")) return "the name is reserved by Cloud Storage"
  const segments = name.split("/").map((segment) => segment.replaceAll(/%2e/gi, "."))
  if (segments.some((segment) => segment === "." || segment === "..")) return 'a segment of the name is "." or ".."'
  return undefined
}

const read = (uri: string): Result.Result<GsUri, InvalidUri> => {
  const invalid = (why: string) => Result.fail(new InvalidUri({ uri, why }))
  if (!uri.startsWith("gs://")) return invalid("it does not begin with gs://")
  const slash = uri.indexOf("/", 5)
  const bucket = slash < 0 ? uri.slice(5) : uri.slice(5, slash)
  const name = slash < 0 ? "" : uri.slice(slash + 1)
  if (bucket === "") return invalid("it has no bucket")
  if (!bucketName.test(bucket)) {
    return invalid("the bucket is not 3 or more lowercase letters, digits and . _ -, a letter or digit first and last")
  }
  const why = problem(name)
  return why === undefined ? Result.succeed({ bucket, name }) : invalid(why)
}

/**
 * Reads the URI of an object. Nothing is decoded: a `%` is a `%`. Fails with `InvalidUri`, also for `.` and `..` segments (plain or as `%2e`),
 * backslashes, drive letters and control characters, which Cloud Storage itself would allow.
 *
 * @since 0.1.0
 */
export const parse = (uri: string): Result.Result<GsUri, InvalidUri> =>
  Result.flatMap(read(uri), (parsed) =>
    parsed.name === "" ? Result.fail(new InvalidUri({ uri, why: "it names no object" })) : Result.succeed(parsed)
  )

/**
 * Reads the URI of a bucket or of a prefix in it. Fails as `parse` does.
 *
 * @since 0.1.0
 */
export const parsePrefix = read

/**
 * Writes a URI, which `parse` or `parsePrefix` reads again.
 *
 * @since 0.1.0
 */
export const format = ({ bucket, name }: GsUri): string => `gs://${bucket}/${name}`
