/** The frame of a page: one file that loads nothing, and runs only the script whose hash it names. */
import { createHash } from "node:crypto"
import type * as Tree from "../report/browser/tree.ts"
import { escape, render } from "./reportHtml.ts"
import { script } from "./reportScript.ts"
import { style } from "./reportStyle.ts"

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

/** The page up to where its data comes. */
export const open = (title: string, content: ReadonlyArray<Tree.Tree>): string => {
  const policy =
    `default-src 'none'; script-src ${hash(script())}; style-src ${hash(style)}; ` +
    "img-src data:; base-uri 'none'; form-action 'none'"
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>${content.map(render).join("\n")}</main>
`
}

/** Data of the page under an id; base64 has no character that ends an element. */
export const data = (id: string, base64: string): string => `<script type="text/plain" id="${id}">${base64}</script>\n`

/** The end of the page. */
export const close = (): string => `<script>${script()}</script>\n</body>\n</html>\n`
