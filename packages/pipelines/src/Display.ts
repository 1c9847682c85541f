/**
 * What a terminal, a file or a pipe can show, found out from its environment.
 *
 * @since 0.1.0
 */

/**
 * What may be written to a stream.
 *
 * **Details**
 *
 * - `color`: styles. Without it not one escape sequence is written, except by an animated window.
 * - `animate`: text that is drawn again in place.
 * - `unicode`: lines and marks that are not ASCII.
 * - `links`: hyperlinks (OSC 8).
 * - `github`: a GitHub runner reads along and takes some lines for commands.
 * - `person`: somebody seems to look at it while it goes on.
 *
 * @since 0.1.0
 */
export interface Display {
  readonly color: boolean
  readonly animate: boolean
  readonly unicode: boolean
  readonly links: boolean
  readonly github: boolean
  readonly person: boolean
}

/**
 * The size of a terminal in character cells.
 *
 * @since 0.1.0
 */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/**
 * Text without any escape sequence: files, pipes, tests.
 *
 * @since 0.1.0
 */
export const plain: Display = {
  color: false,
  animate: false,
  unicode: true,
  links: false,
  github: false,
  person: false
}

/**
 * What is known of a stream: the environment of the process, whether the stream is a terminal, and what flags ask for.
 *
 * @since 0.1.0
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
  /** `--no-color` was given. */
  readonly noColor?: boolean
}

/**
 * Tells what a stream can show.
 *
 * **Details**
 *
 * - `--no-color` and `NO_COLOR` (any value but the empty one, https://no-color.org) win over everything.
 * - `TERM=dumb` takes colours, animation and all but ASCII.
 * - `FORCE_COLOR` (but `0` and `false`) gives colours to what is no terminal, and in CI.
 * - `CI` is treated as no terminal even if it is one.
 *
 * @since 0.1.0
 */
export const detect = ({ env, isTerminal, noColor = false }: Surroundings): Display => {
  const dumb = env["TERM"] === "dumb"
  const person = isTerminal && !isSet(env["CI"])
  const color = !noColor && !isPresent(env["NO_COLOR"]) && !dumb && (person || isSet(env["FORCE_COLOR"]))
  const animate = person && !dumb
  const links = color && animate && hasLinks(env)
  return { color, animate, unicode: !dumb, links, github: isSet(env["GITHUB_ACTIONS"]), person }
}

const isPresent = (value: string | undefined) => value !== undefined && value !== ""

const isSet = (value: string | undefined) => isPresent(value) && value !== "0" && value?.toLowerCase() !== "false"

/** Terminals that are known to have them, by the variables that they set. Others may print the codes as text. */
const hasLinks = (env: Surroundings["env"]) =>
  ["iTerm.app", "WezTerm", "vscode", "ghostty"].includes(env["TERM_PROGRAM"] ?? "") ||
  Number(env["VTE_VERSION"]) >= 5000 ||
  isPresent(env["WT_SESSION"]) ||
  isPresent(env["KITTY_WINDOW_ID"])
