/**
 * Makes a name that came from data fit for a message: at most 80 characters, and no control, format or line-separating
 * character that could disturb a terminal (they are written as escapes).
 */
export const printable = (name: string): string =>
  (name.length > 80 ? `${name.slice(0, 79)}…` : name).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
  )
