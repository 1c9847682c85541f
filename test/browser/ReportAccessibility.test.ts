import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"
import { assert, beforeAll, it } from "vitest"
import { gates, history } from "../../packages/pipelines/test/ReportCast.ts"
import * as Fixture from "../../packages/pipelines/test/ReportFixture.ts"
import * as Browser from "./Browser.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>
}

Browser.describeInBrowser("a report has no violation that axe knows", ({ open, write }) => {
  let file = ""
  beforeAll(async () => {
    const fixture = Fixture.make({ rows: 60, repeats: 2, candidates: 4, trouble: 0.05 })
    file = await write("accessible.html", { ...fixture, history, gates })
  })

  const violations = async (page: Page): Promise<ReadonlyArray<string>> => {
    await page.evaluate(axe)
    const found: { readonly violations: ReadonlyArray<Violation>; readonly passes: ReadonlyArray<unknown> } =
      await page.evaluate(
        `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`
      )
    // It has looked.
    assert.isAbove(found.passes.length, 20)
    return found.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ failureSummary, html }) => `${html.slice(0, 200)} ${failureSummary}`)
          .join(" | ")}`
    )
  }

  for (const colorScheme of ["light", "dark"] as const) {
    it(`in ${colorScheme} colours, with everything open`, async () => {
      const { page } = await open(file, { colorScheme })
      await page.locator("#row-1 button.open").click()
      await page.getByRole("button", { name: "Differences" }).click()
      await page.evaluate(`document.querySelectorAll("details").forEach((details) => (details.open = true))`)
      assert.deepStrictEqual(await violations(page), [])
    })

    it(`in ${colorScheme} colours, narrow, with filters and another baseline`, async () => {
      const { page } = await open(file, { colorScheme, viewport: { width: 320, height: 800 } })
      await page.getByRole("button", { name: "Only regressions" }).click()
      await page.selectOption("#baseline", "1")
      assert.deepStrictEqual(await violations(page), [])
    })
  }

  it("without JavaScript", async () => {
    const { page } = await open(file, { javaScriptEnabled: false })
    // Without a script in the page axe cannot be put into it: its document is shown in a page that has one.
    const content = await page.content()
    const { page: reader } = await open(file)
    await reader.setContent(content.replace(/<script>[\s\S]*<\/script>/, "").replace(/<meta http-equiv[^>]*>/, ""))
    assert.strictEqual(await reader.locator("html.live").count(), 0)
    assert.deepStrictEqual(await violations(reader), [])
  })

  it("but one that it is shown", async () => {
    const { page } = await open(file)
    await page.evaluate(`document.body.insertAdjacentHTML("beforeend", "<img src='data:,'><button></button>")`)
    assert.sameMembers(
      (await violations(page)).map((violation) => violation.split(":")[0]),
      ["button-name", "image-alt", "region"]
    )
  })
})
