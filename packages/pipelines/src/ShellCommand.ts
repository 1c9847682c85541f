/**
 * A command as it is typed into a POSIX shell.
 *
 * @since 0.1.0
 */

/**
 * Writes a command that can be copied. Arguments that a shell would not take as they are stand in single quotes.
 *
 * @since 0.1.0
 */
export const write = (args: ReadonlyArray<string>): string =>
  args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(" ")
