/**
 * Why the store of a durable engine cannot be used. All of these come before anything is run.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Another process has the file open. Two at once would run the same steps twice.
 *
 * @since 0.1.0
 */
export class StoreLocked extends Schema.TaggedError<StoreLocked>()("StoreLocked", {
  place: Schema.String,
  holder: Schema.String
}) {
  override get message() {
    return (
      `${this.place} is in use by ${this.holder}. One process at a time works with a file.` +
      "\n  Wait until it ends, take another file, or use Engine.layerPostgres for several processes. Nothing was run."
    )
  }
}

/**
 * The content is not what was written: bytes were changed or lost by something else than this library.
 *
 * @since 0.1.0
 */
export class StoreDamaged extends Schema.TaggedError<StoreDamaged>()("StoreDamaged", {
  place: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return (
      `${this.place} is damaged: ${this.detail}.\n  Its runs cannot be trusted, so nothing was run and nothing in it was changed.` +
      "\n  Put a copy from before the damage in its place, or move it away and start again with a new file."
    )
  }
}

/**
 * The store was written by a newer version, whose records this one does not know.
 *
 * @since 0.1.0
 */
export class StoreIncompatible extends Schema.TaggedError<StoreIncompatible>()("StoreIncompatible", {
  place: Schema.String,
  found: Schema.String,
  known: Schema.String
}) {
  override get message() {
    return (
      `${this.place} was written by a newer version: it has ${this.found}, this program knows ${this.known}.` +
      "\n  Update genops, or take another store. Nothing was run and nothing in it was changed."
    )
  }
}

/**
 * The store cannot be reached, read or written: no such folder, no permission, a file of another program, a server that does not answer.
 *
 * @since 0.1.0
 */
export class StoreUnusable extends Schema.TaggedError<StoreUnusable>()("StoreUnusable", {
  place: Schema.String,
  reason: Schema.String,
  advice: Schema.String
}) {
  override get message() {
    return `${this.place} cannot be used: ${this.reason}.\n  ${this.advice}`
  }
}

/**
 * @since 0.1.0
 */
export type EngineError = StoreLocked | StoreDamaged | StoreIncompatible | StoreUnusable
