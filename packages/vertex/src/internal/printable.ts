const credential =
  /\bya29\.[\w.-]+|\bAIza[\w-]{20,}|\bAQ\.[\w-]{20,}|\b1\/\/[\w-]{20,}|\bBearer\s+[\w.~+/=-]+|(?<=[?&](?:key|access_token)=)[^&\s"']+/gi
// C0, C1, line separators, and the marks that reorder text on a terminal.
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0020\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** Makes foreign text safe to print in one line. */
export const printable = (text: string): string =>
  // Redacted before it is cut: a credential on the border would otherwise leave its beginning behind.
  text.slice(0, 8_000).toWellFormed().replace(unprintable, " ").replace(credential, "<redacted>").slice(0, 2_000).trim()
