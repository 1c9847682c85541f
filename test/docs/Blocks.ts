/** Finds the code that the documentation shows. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

export interface Block {
  readonly file: string
  readonly line: number
  readonly code: string
}

const lineOf = (text: string, index: number) => text.slice(0, index).split("\n").length

/** The fenced blocks of a Markdown file in one language. */
export const fenced = (file: string, language: string): ReadonlyArray<Block> => {
  const text = readFileSync(join(root, file), "utf8")
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => ({
    file,
    line: lineOf(text, match.index),
    code: match[1] ?? ""
  }))
}

/** The examples in the doc comments of the packages: after `@example`, or fenced inside the comment. */
export const inComments = (): ReadonlyArray<Block> =>
  globSync("packages/*/src/**/*.ts", { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8")
    return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
      const body = comment[0].replace(/^\/\*\*|\*\/$/g, "").replace(/^[ \t]*\* ?/gm, "")
      const codes = [
        ...[...body.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? ""),
        ...[...body.matchAll(/@example\n(?!```)([\s\S]*?)(?=\n@|$)/g)].map((match) => match[1] ?? "")
      ]
      return codes.map((code) => ({ file, line: lineOf(text, comment.index), code }))
    })
  })
