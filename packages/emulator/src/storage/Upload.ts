/**
 * Uploads: simple ones in one request, resumable ones in several.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Request } from "../http/Route.ts"
import * as Checksum from "./Checksum.ts"
import type { CloudStorage } from "./CloudStorage.ts"
import * as Condition from "./Condition.ts"
import * as Multipart from "./Multipart.ts"
import * as ObjectStore from "./ObjectStore.ts"
import * as Refusal from "./Refusal.ts"
import type { Session, Target } from "./Session.ts"

type Refused<A> = Result.Result<A, Refusal.Refusal>

const header = ({ headers }: Request, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value : undefined
}

const Insert = Schema.Struct({ ...ObjectStore.Attributes.fields, name: Schema.optionalKey(Schema.String) })
const decodeInsert = Schema.decodeUnknownResult(Schema.fromJsonString(Insert))

/** The names that the service itself refuses. */
const isName = (name: string): boolean =>
  name !== "" &&
  name !== "." &&
  name !== ".." &&
  Buffer.byteLength(name) <= 1024 &&
  !/[\r\n]/.test(name) &&
  !name.startsWith(".well-known/acme-challenge/")

const target = (storage: CloudStorage, request: Request, json: string, contentType?: string): Refused<Target> => {
  const { parameters, query } = request
  const bucket = parameters["bucket"] ?? ""
  if (storage.objects.bucket(bucket) === undefined) return Result.fail(Refusal.noBucket)
  const decoded = decodeInsert(json.trim() === "" ? "{}" : json)
  if (Result.isFailure(decoded)) return Result.fail(Refusal.invalid(`Parse error: ${decoded.failure.message}`))
  const { name: inBody, ...given } = decoded.success
  const name = query.get("name") ?? inBody ?? ""
  if (!isName(name)) return Result.fail(Refusal.invalid("Invalid object name."))
  const encoding = query.get("contentEncoding")
  const attributes = {
    contentType: contentType ?? "application/octet-stream",
    ...(encoding === null ? {} : { contentEncoding: encoding }),
    ...given
  }
  const refusal = Condition.refusal(query, storage.objects.find(bucket, name))
  return refusal === undefined ? Result.succeed({ bucket, name, attributes, query }) : Result.fail(refusal)
}

/**
 * Stores bytes as a new generation.
 *
 * @since 0.1.0
 */
export const store = (
  { objects, sessions }: CloudStorage,
  target: Target,
  content: Uint8Array
): Refused<ObjectStore.Stored> => {
  const session = sessions.open(target)
  if (!objects.blobs.append(session.id, content)) {
    sessions.drop(session)
    return Result.fail(Refusal.tooLarge(objects.blobs.limit))
  }
  const sum = Checksum.make()
  sum.add(content)
  const { attributes, bucket, name } = target
  const stored = objects.put({ bucket, name, attributes, size: content.length, ...sum.end() }, session.id)
  session.stored = stored
  sessions.drop(session)
  return Result.succeed(stored)
}

/**
 * Inserts an object in one request (`uploadType` multipart or media), or opens a resumable upload.
 *
 * @since 0.1.0
 */
export const insert = (storage: CloudStorage, request: Request): Refused<ObjectStore.Stored | Session> => {
  const { body, query } = request
  const type = header(request, "content-type") ?? ""
  switch (query.get("uploadType")) {
    case "resumable":
      return Result.map(
        target(storage, request, body.toString("utf8"), header(request, "x-upload-content-type")),
        storage.sessions.open
      )
    case "multipart": {
      const parts = Multipart.read(body, type)
      if (parts === undefined) return Result.fail(Refusal.invalid("Malformed multipart body."))
      const { content, contentType, metadata } = parts
      return Result.flatMap(target(storage, request, metadata, contentType), (target) =>
        store(storage, target, content)
      )
    }
    case "media":
      return Result.flatMap(target(storage, request, "", type === "" ? undefined : type), (target) =>
        store(storage, target, body)
      )
    default:
      return Result.fail(Refusal.invalid("Required parameter: uploadType"))
  }
}

interface Range {
  /** Where the body begins; undefined for a question about the state. */
  readonly start: number | undefined
  /** Bytes of the whole object; undefined when more is to come, "body" when this body is the rest. */
  readonly total: number | "body" | undefined
}

/** `bytes 0-9/20`, `bytes 0-9/*`, `bytes 0-*\/*`, `bytes *\/20`, `bytes *\/*`, or no header for everything in one body. */
const rangeOf = (text: string | undefined): Range | undefined => {
  if (text === undefined) return { start: 0, total: "body" }
  const found = /^bytes (?:\*|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(text.trim())
  if (found === null) return undefined
  const [, start, end, total] = found
  return {
    start: start === undefined ? undefined : Number(start),
    total: total === "*" ? (end === "*" ? "body" : undefined) : Number(total)
  }
}

/**
 * Takes the next bytes of a resumable upload, or tells how far it is: the session when more is to come, the object at the end.
 *
 * @since 0.1.0
 */
export const resume = (storage: CloudStorage, request: Request): Refused<ObjectStore.Stored | Session> => {
  const { objects, sessions } = storage
  const session = sessions.find(request.query.get("upload_id") ?? "")
  if (session === undefined) return Result.fail(Refusal.gone)
  if (session.stored !== undefined) return Result.succeed(session.stored)
  const range = rangeOf(header(request, "content-range"))
  if (range === undefined) return Result.fail(Refusal.invalid("Failed to parse Content-Range header."))
  const { start, total } = range
  if (start !== undefined) {
    if (start > session.received) return Result.fail(Refusal.invalid(`Expected byte ${session.received} next.`))
    // A chunk that was sent again begins with bytes that are there already.
    const fresh = request.body.subarray(session.received - start)
    if (!objects.blobs.append(session.id, fresh)) return Result.fail(Refusal.tooLarge(objects.blobs.limit))
    session.sum.add(fresh)
    session.received += fresh.length
  }
  const size = total === "body" ? session.received : total
  if (size === undefined || session.received < size) return Result.succeed(session)
  if (session.received > size) return Result.fail(Refusal.invalid("More bytes were sent than announced."))
  const { attributes, bucket, name, query } = session.target
  if (objects.bucket(bucket) === undefined) return Result.fail(Refusal.noBucket)
  const refusal = Condition.refusal(query, objects.find(bucket, name))
  if (refusal !== undefined) return Result.fail(refusal)
  session.stored = objects.put({ bucket, name, attributes, size, ...session.sum.end() }, session.id)
  return Result.succeed(session.stored)
}
