/**
 * Why an emulator could not start.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The emulator could not start.
 *
 * @since 0.1.0
 */
export class EmulatorError extends Schema.TaggedError<EmulatorError>()("EmulatorError", {
  reason: Schema.Literals([
    "AddressInUse",
    "AddressNotAvailable",
    "DirectoryInUse",
    "DirectoryUnusable",
    "InvalidOptions",
    "NotLoopback"
  ]),
  detail: Schema.String
}) {
  override get message() {
    switch (this.reason) {
      case "AddressInUse":
        return `The emulator cannot listen on ${this.detail}: something else does already. Choose another port, or 0 for any free one.`
      case "AddressNotAvailable":
        return `The emulator cannot listen on ${this.detail}. Use 127.0.0.1, or an address of this machine.`
      case "NotLoopback":
        return `The emulator does not listen on ${this.detail}: other machines could reach it, and it has no real authentication. Use 127.0.0.1, or allow it with allowRemote (--allow-remote).`
      case "DirectoryInUse":
        return `Another emulator keeps its state in this directory: ${this.detail}. Stop it, or choose another directory.`
      case "DirectoryUnusable":
        return `The emulator cannot keep its state in this directory: ${this.detail}`
      case "InvalidOptions":
        return `The emulator cannot start with these options: ${this.detail}`
    }
  }
}
