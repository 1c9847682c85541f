/**
 * Uploads: simple ones in one request, resumable ones in several. Bytes are taken in while they come, so that memory holds no more than 256 KiB of
 * an object that is kept in a file.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Request } from "../http/Route.ts"
import type { CloudStorage } from "./CloudStorage.ts"
import * as Condition from "./Condition.ts"
import * as ContentRange from "./ContentRange.ts"
import * as Multipart from "./Multipart.ts"
import * as ObjectStore from "./ObjectStore.ts"
import * as Part from "./Part.ts"
import * as Refusal from "./Refusal.ts"
import type { Session, Target } from "./Session.ts"

type Refused<A> = Result.Result<A, Refusal.Refusal>

/**
 * What came of a request: the object when it is complete, the session when more is to come.
 *
 * @since 0.1.0
 */
export type Done = Refused<ObjectStore.Stored | Session>

/**
 * Takes the bytes of one request. Either `end` is the last call or `cut`, when the rest will not come.
 *
 * @since 0.1.0
 */
export interface Receiver {
  readonly write: (bytes: Buffer) => void
  readonly end: () => Done
  readonly cut: () => void
}

const header = ({ headers }: Request, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === "string" ? value : undefined
}

const Text = Schema.optionalKey(Schema.String)
const Insert = Schema.Struct({ ...ObjectStore.Attributes.fields, name: Text, crc32c: Text, md5Hash: Text })
const decodeInsert = Schema.decodeUnknownResult(Schema.fromJsonString(Insert))

/** The names that the service itself refuses. */
const isName = (name: string): boolean =>
  name !== "" &&
  name !== "." &&
  name !== ".." &&
  Buffer.byteLength(name) <= 1024 &&
  !/[\r\n]/.test(name) &&
  !name.startsWith(".well-known/acme-challenge/")

const targetOf = (storage: CloudStorage, request: Request, json: string, contentType?: string): Refused<Target> => {
  const { parameters, query } = request
  const bucket = parameters["bucket"] ?? ""
  if (storage.objects.bucket(bucket) === undefined) return Result.fail(Refusal.noBucket)
  const decoded = decodeInsert(json.trim() === "" ? "{}" : json)
  if (Result.isFailure(decoded)) return Result.fail(Refusal.invalid(`Parse error: ${decoded.failure.message}`))
  const { crc32c, md5Hash, name: inBody, ...given } = decoded.success
  const name = query.get("name") ?? inBody ?? ""
  if (!isName(name)) return Result.fail(Refusal.invalid("Invalid object name."))
  const encoding = query.get("contentEncoding")
  const attributes = {
    contentType: contentType ?? "application/octet-stream",
    ...(encoding === null ? {} : { contentEncoding: encoding }),
    ...given
  }
  const refusal = Condition.refusal(query, storage.objects.find(bucket, name))
  return refusal === undefined
    ? Result.succeed({ bucket, name, attributes, query, crc32c, md5Hash })
    : Result.fail(refusal)
}

/** Makes a part the object, if the bucket is still there, the preconditions still hold, and the bytes are those that were meant. */
const commit = (
  { objects }: CloudStorage,
  { attributes, bucket, name, query, ...wanted }: Target,
  part: Part.Part,
  componentCount?: number
): Refused<ObjectStore.Stored> => {
  const refused = (refusal: Refusal.Refusal) => {
    part.remove()
    return Result.fail(refusal)
  }
  if (!part.end()) return refused(Refusal.tooLarge(objects.blobs.limit))
  if (objects.bucket(bucket) === undefined) return refused(Refusal.noBucket)
  const refusal = Condition.refusal(query, objects.find(bucket, name))
  if (refusal !== undefined) return refused(refusal)
  const { crc32c, md5Hash } = part.checksum()
  for (const [what, given, real] of [
    ["CRC32C", wanted.crc32c, crc32c],
    ["MD5", wanted.md5Hash, md5Hash]
  ] as const) {
    if (given === undefined || given === real) continue
    return refused(Refusal.invalid(`Provided ${what} hash "${given}" doesn't match calculated ${what} hash "${real}".`))
  }
  // An object that is composed has no MD5.
  const more = componentCount === undefined ? { md5Hash } : { componentCount }
  return Result.succeed(objects.put({ bucket, name, attributes, size: part.kept(), crc32c, ...more }, part.key))
}

const refusing = (refusal: Refusal.Refusal): Receiver => ({
  write: () => {},
  end: () => Result.fail(refusal),
  cut: () => {}
})

/** Takes a whole object. */
const receiving = (storage: CloudStorage, target: Refused<Target>): Receiver => {
  if (Result.isFailure(target)) return refusing(target.failure)
  const part = Part.make(storage.objects.blobs, randomUUID())
  let fits = true
  return {
    write: (bytes) => {
      fits = fits && part.add(bytes)
    },
    end: () => {
      if (fits) return commit(storage, target.success, part)
      part.remove()
      return Result.fail(Refusal.tooLarge(storage.objects.blobs.limit))
    },
    cut: part.remove
  }
}

const receivingMultipart = (storage: CloudStorage, request: Request): Receiver => {
  const malformed = Refusal.invalid("Malformed multipart body.")
  const reader = Multipart.make(header(request, "content-type") ?? "")
  if (reader === undefined) return refusing(malformed)
  let receiver: Receiver | undefined
  return {
    write: (bytes) => {
      const content = reader.write(bytes)
      const head = reader.head()
      if (head === undefined) return
      receiver ??= receiving(storage, targetOf(storage, request, head.metadata, head.contentType))
      receiver.write(content)
    },
    end: () => {
      const rest = reader.end()
      if (rest === undefined || receiver === undefined) {
        receiver?.cut()
        return Result.fail(malformed)
      }
      receiver.write(rest)
      return receiver.end()
    },
    cut: () => receiver?.cut()
  }
}

/** What a request that opens a session may have as its body: the object's metadata. */
const longestMetadata = 1024 * 1024

const opening = (storage: CloudStorage, request: Request): Receiver => {
  const chunks: Array<Buffer> = []
  let size = 0
  return {
    write: (bytes) => {
      size += bytes.length
      if (size <= longestMetadata) chunks.push(bytes)
    },
    end: () => {
      if (size > longestMetadata) return Result.fail(Refusal.invalid("The metadata of the object is too long."))
      const type = header(request, "x-upload-content-type")
      return Result.map(targetOf(storage, request, Buffer.concat(chunks).toString("utf8"), type), storage.sessions.open)
    },
    cut: () => {}
  }
}

/**
 * Inserts an object in one request (`uploadType` multipart or media), or opens a resumable upload.
 *
 * @since 0.1.0
 */
export const insert = (storage: CloudStorage, request: Request): Receiver => {
  switch (request.query.get("uploadType")) {
    case "resumable":
      return opening(storage, request)
    case "multipart":
      return receivingMultipart(storage, request)
    case "media":
      return receiving(storage, targetOf(storage, request, "", header(request, "content-type")))
    default:
      return refusing(Refusal.invalid("Required parameter: uploadType"))
  }
}

/**
 * Takes the next bytes of a resumable upload, or tells how far it is.
 *
 * @since 0.1.0
 */
export const resume = (storage: CloudStorage, request: Request): Receiver => {
  const { query } = request
  const session = storage.sessions.find(query.get("upload_id") ?? "")
  if (session === undefined) return refusing(Refusal.gone)
  const { part, target } = session
  const range = ContentRange.parse(header(request, "content-range"))
  if (range === undefined) return refusing(Refusal.invalid("Failed to parse Content-Range header."))
  if (session.ended !== undefined && "code" in session.ended) return refusing(session.ended)
  const turn = ++session.turn
  const isOurs = () => session.turn === turn && session.ended === undefined
  const { end, start, total } = range
  part.rewind()
  const kept = part.kept()
  if (start !== undefined && start > kept && session.ended === undefined) {
    const message = `Invalid request. According to the Content-Range header, the upload offset is ${start} byte(s), which exceeds already uploaded size of ${kept} byte(s).`
    return refusing(Refusal.invalid(message))
  }
  let [came, fits] = [0, true]
  /** Ends the session with what it says from now on. */
  const ended = (done: Refused<ObjectStore.Stored>): Done => {
    session.ended = Result.isSuccess(done) ? done.success : done.failure
    return done
  }
  return {
    write: (bytes) => {
      // A chunk that was sent again begins with bytes that are there already.
      const fresh = bytes.subarray(Math.max(0, kept - (start ?? 0) - came))
      came += bytes.length
      if (start !== undefined && isOurs()) fits = part.add(fresh) && fits
    },
    end: () => {
      if (session.ended !== undefined) {
        return "code" in session.ended ? Result.fail(session.ended) : Result.succeed(session.ended)
      }
      if (!isOurs()) return Result.fail(Refusal.gone)
      if (!fits) return ended(Result.fail(Refusal.tooLarge(storage.objects.blobs.limit)))
      const isShort = start !== undefined && end !== undefined && came !== end - start + 1
      const size = total === "body" ? part.size() : total
      if (isShort || (size !== undefined && part.size() > size)) {
        part.rewind()
        return Result.fail(Refusal.invalid("The Content-Range header does not describe the body."))
      }
      if (size === part.size()) return ended(commit(storage, target, part))
      part.rewind()
      return Result.succeed(session)
    },
    cut: () => {
      if (isOurs()) part.rewind()
    }
  }
}

/** Bytes that are copied at once. */
const block = 1024 * 1024

/**
 * Makes an object of the bytes of others, one after the other. With a `componentCount` it is composed.
 *
 * @since 0.1.0
 */
export const copy = (
  storage: CloudStorage,
  target: Target,
  sources: ReadonlyArray<ObjectStore.Stored>,
  componentCount?: number
): Refused<ObjectStore.Stored> => {
  const { objects } = storage
  const part = Part.make(objects.blobs, randomUUID())
  for (const stored of sources) {
    const source = objects.open(stored)
    try {
      for (let at = 0; at < source.length; at += block) {
        if (part.add(source.read(at, Math.min(source.length, at + block)))) continue
        part.remove()
        return Result.fail(Refusal.tooLarge(objects.blobs.limit))
      }
    } finally {
      source.close()
    }
  }
  return commit(storage, target, part, componentCount)
}
