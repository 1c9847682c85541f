/**
 * Lets one emulator at a time use a directory. A lock whose process has died, also by kill -9, is taken over.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { join } from "node:path"

/**
 * The directory is in use by another emulator, of process `pid`; `file` is its lock.
 *
 * @since 0.1.0
 */
export interface InUse {
  readonly pid: number
  readonly file: string
}

/** Locks that this process holds: its own number says nothing about whether another emulator in it is still there. */
const held = new Set<string>()

/**
 * A living process: its number, and on Linux also when it was started, because numbers are used again. A process that has died and that nobody has
 * asked after yet is still listed there.
 */
const identity = (pid: number): string | undefined => {
  try {
    const stat = Fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return state === "Z" || state === "X" ? undefined : `${pid} ${fields[18]}`
  } catch {
    if (process.platform === "linux") return undefined
  }
  try {
    process.kill(pid, 0)
    return `${pid} `
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM" ? `${pid} ` : undefined
  }
}

const holder = (file: string): number | undefined => {
  try {
    const text = Fs.readFileSync(file, "utf8")
    const pid = Number(text.split(" ")[0])
    if (pid === process.pid) return held.has(file) ? pid : undefined
    return identity(pid) === text ? pid : undefined
  } catch {
    return undefined
  }
}

/**
 * Takes the lock of a directory, which is made when it is missing. Gives the function that lets it go, or who has it. Throws when the directory cannot be
 * used.
 *
 * @since 0.1.0
 */
export const take = (directory: string): (() => void) | InUse => {
  Fs.mkdirSync(directory, { recursive: true })
  const file = join(Fs.realpathSync(directory), "emulator.lock")
  const pid = holder(file)
  if (pid !== undefined) return { pid, file }
  Fs.rmSync(file, { force: true })
  try {
    Fs.writeFileSync(file, identity(process.pid) ?? `${process.pid} `, { flag: "wx" })
  } catch (error) {
    const winner = holder(file)
    if (winner !== undefined) return { pid: winner, file }
    throw error
  }
  held.add(file)
  return () => {
    held.delete(file)
    Fs.rmSync(file, { force: true })
  }
}
