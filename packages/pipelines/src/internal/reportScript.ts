/** The script of the page: the source texts of the functions in `report/browser`, put together. Nothing is bundled or generated. */
import * as Controls from "../report/browser/controls.ts"
import * as Diff from "../report/browser/diff.ts"
import * as Dom from "../report/browser/dom.ts"
import * as Format from "../report/browser/format.ts"
import * as Keyboard from "../report/browser/keyboard.ts"
import * as Pack from "../report/browser/pack.ts"
import * as PairView from "../report/browser/pairView.ts"
import * as Payload from "../report/browser/payload.ts"
import * as RowDetail from "../report/browser/rowDetail.ts"
import * as RowLines from "../report/browser/rowLines.ts"
import * as RowTable from "../report/browser/rowTable.ts"
import { start } from "../report/browser/start.ts"
import * as Strips from "../report/browser/strips.ts"
import * as Tree from "../report/browser/tree.ts"
import * as View from "../report/browser/view.ts"

/**
 * The text of a function without indentation, whole-line comments, and the blanks that types leave behind: they would only make the report
 * larger. No text in those files has two blanks in a row.
 */
const source = (made: { toString(): string }): string =>
  made
    .toString()
    .replace(/^\s*\/\*\*?[\s\S]*?\*\/\s*$/gm, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/[ \t]+$/gm, "")
    .replace(/^\s+/gm, "")
    .replace(/ {2,}/g, " ")

/**
 * The script. What each part is made from is passed to it by name, so the order is the only thing to get right.
 *
 * `__name` is what esbuild and its users (tsx) put into functions to keep their names.
 */
export const script = (): string => `"use strict"
const __name = (made) => made
document.documentElement.classList.add("live")
const { h } = (${source(Tree.make)})()
const format = (${source(Format.make)})()
const { diff } = (${source(Diff.make)})()
const views = (${source(View.make)})()
const rowLines = (${source(RowLines.make)})()
const keyboard = (${source(Keyboard.make)})()
const dom = (${source(Dom.make)})(window)
const { unpack } = (${source(Pack.make)})()
const payload = (${source(Payload.make)})({ unpack, window })
const strips = (${source(Strips.make)})({ format })
const pairView = (${source(PairView.make)})({ format, h })
const rowTable = (${source(RowTable.make)})({ format, h, views })
const rowDetail = (${source(RowDetail.make)})({ diff, format, h, rowTable, views })
const controls = (${source(Controls.make)})({ dom, h, pairView, window })
const start = ${source(start)}
start({ window, controls, dom, h, keyboard, payload, rowDetail, rowLines, rowTable, strips, views })
`
