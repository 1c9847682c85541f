/** A Chromium of this machine, and reports to open in it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Report from "@genops/pipelines/Report"
import * as Effect from "effect/Effect"
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, describe } from "vitest"

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = (): string | undefined => {
  const { CHROMIUM_PATH, PATH = "" } = process.env
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== "") return CHROMIUM_PATH
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  return [
    ...places,
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  ].find(isExecutable)
}

/** The program; undefined where there is none. `CHROMIUM_PATH` names it, else it is looked for under its usual names. */
export const path = find()

interface Opened {
  readonly page: Page
  /** Addresses of all requests, the page's own first. */
  readonly requests: ReadonlyArray<string>
  /** Addresses that frames went to. */
  readonly navigations: ReadonlyArray<string>
  /** Errors of the page, and what it said on its console. */
  readonly complaints: ReadonlyArray<string>
}

export interface Subject {
  /** A folder for reports; it is removed in the end. */
  readonly folder: string
  /** Writes a report, and returns its path. */
  readonly write: (name: string, options: Report.Options & { readonly mostBytes?: number }) => Promise<string>
  /** Opens a file and, if it is not told not to, waits until its rows can be used; without a script there is nothing to wait for. */
  readonly open: (file: string, options?: Options) => Promise<Opened>
}

interface Options extends BrowserContextOptions {
  readonly hash?: string
  readonly wait?: boolean
}

/** Tests in the browser, skipped by name where there is none. */
export const describeInBrowser = (name: string, tests: (subject: Subject) => void) =>
  describe.skipIf(path === undefined)(`${name} (in Chromium; CHROMIUM_PATH names one)`, () => {
    const folder = mkdtempSync(join(tmpdir(), "genops-browser-"))
    let browser: Browser | undefined
    beforeAll(async () => {
      const quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run"
      ]
      browser = await chromium.launch({
        ...(path === undefined ? {} : { executablePath: path }),
        args: ["--no-sandbox", "--disable-gpu", ...quiet]
      })
    })
    afterAll(async () => {
      await browser?.close()
      rmSync(folder, { recursive: true })
    })
    tests({
      folder,
      write: (name, options) =>
        Effect.runPromise(
          Report.write(join(folder, name), options).pipe(
            Effect.map(({ path }) => path),
            Effect.provide(NodeServices.layer)
          )
        ),
      open: async (file, { hash = "", wait = true, ...options } = {}) => {
        if (browser === undefined) throw new Error("the browser did not start")
        // Scrolling that takes its time is tested where it is the subject.
        const context = await browser.newContext({
          viewport: { width: 1280, height: 900 },
          reducedMotion: "reduce",
          ...options
        })
        const page = await context.newPage()
        page.setDefaultTimeout(10_000)
        const requests: Array<string> = []
        const navigations: Array<string> = []
        const complaints: Array<string> = []
        context.on("request", (request) => requests.push(request.url()))
        page.on("framenavigated", (frame) => navigations.push(frame.url()))
        page.on("pageerror", ({ message }) => complaints.push(message))
        page.on("console", (message) => complaints.push(message.text()))
        await page.goto(`file://${file}${hash}`)
        if (wait && options.javaScriptEnabled !== false)
          await page.waitForSelector("html[data-ready]", { timeout: 30_000 })
        return { page, requests, navigations, complaints }
      }
    })
  })
