import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { assert, beforeAll, describe, it } from "vitest"
import { gates, history } from "../../packages/pipelines/test/ReportCast.ts"
import * as Fixture from "../../packages/pipelines/test/ReportFixture.ts"
import * as Browser from "./Browser.ts"

const root = join(import.meta.dirname, "../..")

describe("Chromium", () => {
  // Elsewhere these tests are skipped without it; where changes are accepted they must not be.
  it.runIf(process.env["CI"] !== undefined)("is there in CI", () => assert.isDefined(Browser.path))
})

Browser.describeInBrowser("a report", ({ folder, open, write }) => {
  const fixture = Fixture.make({
    rows: 120,
    repeats: 2,
    trouble: 0.02,
    text: (slot, text, nth) => (slot === "response" && nth % 50 === 0 ? `${text} ${"and so on ".repeat(600)}` : text)
  })
  const scoreOf = (row: number, candidate: string) => {
    const scores = fixture.kept.flatMap((cell) =>
      cell.row === row && cell.candidate === candidate ? (cell.scores["summarization_quality"]?.score ?? []) : []
    )
    return scores.length === 0 ? undefined : scores.reduce((sum, one) => sum + one, 0) / scores.length
  }
  const rows = Array.from({ length: 120 }, (_, row) => row)
  const found = (query: string) =>
    rows.filter((row) =>
      fixture.kept.some(
        (cell) =>
          cell.row === row &&
          [cell.prompt, cell.reference, cell.response].some((text) => text?.toLowerCase().includes(query))
      )
    )
  let file = ""
  beforeAll(async () => {
    file = await write("report.html", { ...fixture, history, gates })
  })

  const shown = (page: Page) =>
    page.locator("#body tr.row").evaluateAll((all) => all.map((one) => Number(one.id.slice(4))))
  const status = (page: Page) => page.locator("#status").innerText()
  const printed = async (page: Page) =>
    (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0
  const settled = (page: Page, text: string | RegExp) => page.locator("#status", { hasText: text }).waitFor()

  it("asks for nothing but itself and complains of nothing", async () => {
    const { complaints, navigations, requests } = await open(file)
    assert.deepStrictEqual(requests, [`file://${file}`])
    assert.lengthOf(new Set(navigations.map((url) => url.replace(/#.*/, ""))), 1)
    assert.deepStrictEqual(complaints, [])
  })

  it("has all rows on pages of 50", async () => {
    const { page } = await open(file)
    assert.deepStrictEqual(await shown(page), rows.slice(0, 50))
    assert.strictEqual(await status(page), "1\u201350 of 120 rows")
    await page.getByRole("button", { name: "Next \u2192" }).click()
    await page.getByRole("button", { name: "Next \u2192" }).click()
    assert.deepStrictEqual(await shown(page), rows.slice(100))
    assert.strictEqual(await page.getByRole("button", { name: "Next \u2192" }).getAttribute("aria-disabled"), "true")
  })

  it("sorts by value and by difference, and says so", async () => {
    const { page } = await open(file)
    await page.getByRole("button", { name: "Sort by the value of flash" }).click()
    const scores = (await shown(page)).map((row) => scoreOf(row, "flash") ?? Infinity)
    assert.deepStrictEqual(
      scores,
      scores.toSorted((a, b) => a - b)
    )
    assert.strictEqual(await page.locator("th[aria-sort=ascending]").count(), 1)
    await page.getByRole("button", { name: "Sort by the value of flash" }).click()
    assert.match(await page.locator("th[aria-sort=descending]").innerText(), /flash/)
    assert.strictEqual(
      scoreOf((await shown(page))[0] ?? -1, "flash"),
      Math.max(...rows.map((row) => scoreOf(row, "flash") ?? 0))
    )
    await page.getByRole("button", { name: "Sort by the difference of flash to the baseline" }).click()
    const differences = (await shown(page)).map(
      (row) => (scoreOf(row, "flash") ?? Infinity) - (scoreOf(row, "pro") ?? 0)
    )
    assert.deepStrictEqual(
      differences,
      differences.toSorted((a, b) => a - b)
    )
  })

  it("shows only what differs, what got worse, what failed, or what is below a value", async () => {
    const { page } = await open(file)
    const press = (name: string | RegExp) => page.getByRole("button", { name, exact: false }).click()
    await press("Only regressions")
    const worse = rows.filter((row) =>
      ["flash", "support-v7"].some((one) => (scoreOf(row, one) ?? Infinity) < (scoreOf(row, "pro") ?? -Infinity) - 1e-9)
    )
    await settled(page, `of ${worse.length} rows, 120 in all`)
    await press("Only regressions")
    await press(/^Errors/)
    const failed = rows.filter((row) =>
      fixture.kept.some(
        (cell) =>
          cell.row === row &&
          (cell.error !== undefined || Object.values(cell.scores).some(({ error }) => error !== undefined))
      )
    )
    assert.deepStrictEqual(await shown(page), failed)
    await page.getByRole("button", { name: "Reset" }).click()
    await page.selectOption("#within", { label: "flash" })
    await page.fill("#limit", "2.5")
    const low = rows.filter((row) => (scoreOf(row, "flash") ?? Infinity) < 2.5)
    await settled(page, `of ${low.length} rows, 120 in all`)
    assert.deepStrictEqual(await shown(page), low.slice(0, 50))
    await page.getByRole("button", { name: "Reset" }).click()
    await press("Only different")
    const first = (row: number) =>
      new Set(fixture.kept.filter((cell) => cell.row === row && cell.repeat === 0).map(({ response }) => response))
    await settled(page, `of ${rows.filter((row) => first(row).size > 1).length} rows, 120 in all`)
  })

  it("finds rows by their texts", async () => {
    const { page } = await open(file)
    const hits = found("audit log")
    await page.fill("#query", "AUDIT log")
    await settled(page, new RegExp(`of ${hits.length} rows`))
    assert.deepStrictEqual(await shown(page), hits.slice(0, 50))
    await page.fill("#query", "there is no such text")
    await settled(page, "None of 120 rows")
    await page.press("#query", "Escape")
    await settled(page, "1\u201350 of 120 rows")
  })

  it("opens a row with every answer, its scores and what it took", async () => {
    const { page } = await open(file)
    const cell = fixture.kept.find((one) => one.row === 2 && one.candidate === "pro" && one.repeat === 0)
    await page.locator("#row-2 button.open").click()
    const detail = page.locator("tr.detail-row")
    const text = await detail.innerText()
    for (const part of [
      cell?.prompt,
      cell?.reference,
      cell?.modelVersion,
      cell?.scores["summarization_quality"]?.explanation
    ]) {
      assert.include(text, part ?? "missing in the fixture")
    }
    assert.include(text, (cell?.response ?? "").slice(0, 100))
    assert.include(text, "gemini-3.1-pro-preview")
    assert.match(text, /Tokens\n+\d+ in, \d+ out, \d+ thinking/)
    assert.match(text, /Latency\n+\d/)
    assert.match(text, /Repeat 2: \d/)
    assert.strictEqual(await detail.locator("article").count(), 3)
    await page.getByRole("button", { name: "Close" }).click()
    assert.strictEqual(await detail.count(), 0)
  })

  it("cuts a long answer, and shows all of it when asked", async () => {
    const { page } = await open(file)
    const cell = fixture.kept.find(({ repeat, response = "" }) => response.length > 2000 && repeat === 0)
    await page.locator(`#row-${cell?.row} button.open`).click()
    const more = page.getByRole("button", { name: /^Show all 6,\d{3} characters/ }).first()
    assert.notInclude(await page.locator("tr.detail-row").innerText(), cell?.response ?? "")
    await more.click()
    assert.include(await page.locator("tr.detail-row").innerText(), (cell?.response ?? "").trim())
  })

  it("marks how two answers differ, for any two", async () => {
    const { page } = await open(file)
    const answer = (row: number, candidate: string) =>
      fixture.kept.find((cell) => cell.row === row && cell.candidate === candidate && cell.repeat === 0)?.response
    const row = rows.find(
      (one) =>
        new Set(["pro", "flash", "support-v7"].map((name) => answer(one, name))).size === 3 &&
        answer(one, "flash") !== undefined &&
        answer(one, "support-v7") !== undefined &&
        answer(one, "pro") !== undefined
    )
    await page.locator(`#row-${row} button.open`).click()
    await page.getByRole("button", { name: "Differences" }).click()
    const read = (drop: "ins" | "del") =>
      page.evaluate<string>(`(() => {
        const copy = document.querySelector(".differences .text").cloneNode(true)
        copy.querySelectorAll("${drop}").forEach((one) => one.remove())
        return copy.textContent
      })()`)
    assert.strictEqual(await read("ins"), answer(row ?? 0, "pro"))
    assert.strictEqual(await read("del"), answer(row ?? 0, "flash"))
    await page.getByLabel("Differences from").selectOption({ label: "flash" })
    await page.getByLabel("Differences to").selectOption({ label: "support-v7" })
    assert.strictEqual(await read("ins"), answer(row ?? 0, "flash"))
    assert.strictEqual(await read("del"), answer(row ?? 0, "support-v7"))
    const line = (tag: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector(".differences .text ${tag}")).textDecorationLine`)
    assert.deepStrictEqual([await line("ins"), await line("del")], ["underline", "line-through"])
  })

  it("can be used with the keyboard alone", async () => {
    const { page } = await open(file)
    const focused = () => page.evaluate<string>(`document.activeElement.closest("tr")?.id ?? document.activeElement.id`)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert.strictEqual(await focused(), "row-1")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    assert.strictEqual(await page.locator("#row-1 button.open").getAttribute("aria-expanded"), "true")
    await page.keyboard.press("ArrowRight")
    await page.locator("#row-2.open").waitFor()
    assert.strictEqual(await focused(), "row-2")
    await page.keyboard.press("ArrowLeft")
    await page.locator("#row-1.open").waitFor()
    await page.keyboard.press("Escape")
    assert.strictEqual(await page.locator("tr.detail-row").count(), 0)
    assert.strictEqual(await focused(), "row-1")
    await page.keyboard.press("/")
    assert.strictEqual(await focused(), "query")
    await page.keyboard.type("j/k")
    assert.strictEqual(await page.inputValue("#query"), "j/k")
    await page.keyboard.press("Escape")
    await settled(page, "1\u201350 of 120 rows")
    // Single letters can be switched off: WCAG 2.1.4.
    await page.locator("#rows details:has(#letters) summary").click()
    await page.locator("#letters").uncheck()
    await page.locator("#row-5 button.open").focus()
    await page.keyboard.press("j")
    assert.strictEqual(await focused(), "row-5")
    await page.keyboard.press("ArrowDown")
    assert.strictEqual(await focused(), "row-6")
  })

  it("compares with another baseline when asked, and claims no test for it", async () => {
    const { page } = await open(file)
    const cell = page.locator("[data-pair='1']")
    const before = await cell.innerText()
    assert.isTrue(await page.locator(".summary .better, .summary .worse").first().isVisible())
    await page.selectOption("#baseline", { label: "support-v7" })
    assert.notStrictEqual(await cell.innerText(), before)
    assert.match(await page.locator("[data-pair='2']").innerText(), /baseline/)
    assert.isFalse(await page.locator(".summary .better, .summary .worse").first().isVisible())
    assert.isTrue(await page.getByText("Differences were tested against pro only").isVisible())
    assert.match(await page.locator("#head").innerText(), /support-v7\s*baseline/)
  })

  it("keeps what is looked at in its address", async () => {
    const { page } = await open(file)
    await page.selectOption("#measure", { label: "rouge_l_sum" })
    await page.getByRole("button", { name: "Sort by the value of support-v7" }).click()
    await page.getByRole("button", { name: "Only different" }).click()
    const order = await shown(page)
    await page.locator(`#row-${order[3]} button.open`).click()
    const { hash } = new URL(page.url())
    assert.strictEqual(hash, `#row-${order[3]}&measure=rouge_l_sum&only=different&sort=v2`)
    const again = (await open(file, { hash })).page
    assert.deepStrictEqual(await shown(again), order)
    assert.strictEqual(await again.locator(`#row-${order[3]} button.open`).getAttribute("aria-expanded"), "true")
    assert.strictEqual(await again.locator("#only-different").getAttribute("aria-pressed"), "true")
  })

  it("leads from a failure to its row", async () => {
    const { page } = await open(file)
    const link = page.locator("#failures a").first()
    const href = await link.getAttribute("href")
    await link.click()
    await page.locator(`${href}.open`).waitFor()
    assert.strictEqual((await page.locator("tr.detail-row .problem").count()) > 0, true)
  })

  it("hands out the rows that are looked at as CSV and JSON Lines", async () => {
    const { page } = await open(file)
    await page.fill("#query", "audit log")
    await settled(page, "120 in all")
    const hits = found("audit log")
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()])
      const place = join(folder, download.suggestedFilename())
      await download.saveAs(place)
      return [download.suggestedFilename(), readFileSync(place, "utf8")] as const
    }
    const [csvName, csv] = await saved("Download CSV")
    assert.strictEqual(csvName, "2026-11-22T18-40.csv")
    assert.match(csv, /^\ufeffrun_id,candidate,row,row_id,repeat,prompt,/)
    const [jsonName, json] = await saved("Download JSONL")
    assert.strictEqual(jsonName, "2026-11-22T18-40.jsonl")
    const lines: ReadonlyArray<{ readonly row: number; readonly response?: string }> = json
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const expected = fixture.kept.filter(({ row }) => hits.includes(row))
    assert.deepStrictEqual(
      lines.map(({ response }) => response ?? "").toSorted(),
      expected.map(({ response }) => response ?? "").toSorted()
    )
  })

  it("answers to pointing at a distribution and clicking it", async () => {
    const { page } = await open(file)
    const strip = page.locator("svg[data-measure=rouge_l_sum]")
    const box = await strip.boundingBox()
    if (box === null) return assert.fail("no strip")
    const at = { x: box.width * 0.6, y: box.height * 0.4 }
    await strip.hover({ position: at })
    assert.match(
      await page.locator("figure:has(svg[data-measure=rouge_l_sum]) .pointed").innerText(),
      /^flash, row \d+: 0\.\d+$/
    )
    await strip.click({ position: at })
    assert.strictEqual(await page.locator("#within option:checked").innerText(), "flash")
    assert.strictEqual(await page.locator("#measure option:checked").innerText(), "rouge_l_sum")
    const limit = Number(await page.inputValue("#limit"))
    const mean = (row: number) => {
      const scores = fixture.kept.flatMap((cell) =>
        cell.row === row && cell.candidate === "flash" ? (cell.scores["rouge_l_sum"]?.score ?? []) : []
      )
      return scores.length === 0 ? Infinity : scores.reduce((sum, one) => sum + one, 0) / scores.length
    }
    const low = rows.filter((row) => mean(row) < limit)
    await settled(page, `of ${low.length} rows, 120 in all`)
  })

  it("can hide candidates", async () => {
    const { page } = await open(file)
    await page.getByText("Columns", { exact: true }).click()
    await page.getByRole("checkbox", { name: "flash" }).uncheck()
    assert.notInclude(await page.locator("#head").innerText(), "flash")
    assert.strictEqual(await page.locator("#body tr.row").first().locator("td.answer").count(), 2)
  })

  it("switches between light and dark, whatever the system says", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open(file, { colorScheme })
      const ground = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor")
      const [light, dark] = ["rgb(255, 255, 255)", "rgb(20, 22, 26)"]
      assert.strictEqual(await ground(), colorScheme === "light" ? light : dark)
      await page.getByRole("button", { name: "Theme" }).click()
      assert.strictEqual(await ground(), colorScheme === "light" ? dark : light)
    }
  })

  it("can be read without JavaScript", async () => {
    const { page } = await open(file, { javaScriptEnabled: false })
    assert.strictEqual(await page.locator("#body tr.row").count(), 25)
    assert.match(await page.locator(".verdict").innerText(), /is better than pro|No difference/)
    assert.strictEqual(await page.locator("svg.chart:visible").count(), 7)
    assert.strictEqual(await page.locator("button:visible, select:visible, input:visible").count(), 0)
    assert.isTrue(await page.getByText("All rows, search and filters need JavaScript").isVisible())
    await page.getByText("Data", { exact: true }).first().click()
    assert.isTrue(await page.locator("#trade-off .twin table").isVisible())
  })

  it("prints everything, and the first 100 rows", async () => {
    const { page } = await open(file)
    await page.emulateMedia({ media: "print" })
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`)
    assert.strictEqual(await page.locator("#body tr.row").count(), 100)
    assert.strictEqual(await page.locator("details:not([open])").count(), 0)
    const empty = await page
      .locator("#body tr.row .prompt")
      .evaluateAll((all) => all.filter((one) => one.textContent === "").length)
    assert.strictEqual(empty, 0)
    await page.evaluate(`dispatchEvent(new Event("afterprint"))`)
    assert.strictEqual(await page.locator("#body tr.row").count(), 50)
    assert.isAbove(await page.locator("details:not([open])").count(), 5)
    assert.isAbove(await printed(page), 5)
  })

  it("prints when there are many candidates and metrics", async () => {
    // Chromium once failed to print headings that were repeated and cut.
    const metrics = ["summarization_quality", "groundedness", "verbosity", "bleu", "rouge_1"]
    const { page } = await open(await write("many.html", Fixture.make({ rows: 60, candidates: 7, metrics })))
    assert.isAbove(await printed(page), 5)
  })

  it("fits a narrow screen and one at 400%", async () => {
    // 1280 pixels at 400% are 320.
    for (const width of [320, 640]) {
      const { page } = await open(file, { viewport: { width, height: 800 } })
      await page.locator("#row-1 button.open").click()
      assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), width)
    }
  })

  it("moves nothing for those who do not want it", async () => {
    const behavior = async (reducedMotion: "reduce" | "no-preference") =>
      (await open(file, { reducedMotion })).page.evaluate<string>(
        "getComputedStyle(document.documentElement).scrollBehavior"
      )
    assert.deepStrictEqual([await behavior("no-preference"), await behavior("reduce")], ["smooth", "auto"])
  })

  it("leads to its other parts when it is in several", async () => {
    const large = Fixture.make({ rows: 1100, candidates: 2, metrics: ["rouge_1"], trouble: 0.01 })
    const { page } = await open(await write("large.html", { ...large, mostBytes: 1000 }))
    await settled(page, "1\u201350 of 500 rows")
    await page.getByRole("link", { name: "rows 1,001\u20131,100" }).click()
    await settled(page, "1\u201350 of 100 rows")
    assert.match(page.url(), /\/large\/rows-003\.html$/)
    await page.getByRole("link", { name: "rows 1\u2013500" }).click()
    await settled(page, "1\u201350 of 500 rows")
    assert.match(page.url(), /\/large\.html$/)
  })

  for (const [what, module] of [
    ["the sources as Node runs them", "packages/pipelines/src/Report.ts"],
    ["the build", "packages/pipelines/dist/Report.js"]
  ] as const) {
    it(`works when it was written by ${what}`, async () => {
      if (module.endsWith(".js")) execFileSync("tsc", ["-b", "tsconfig.packages.json"], { cwd: root })
      const path = join(folder, `${what.replaceAll(" ", "-")}.html`)
      execFileSync(process.execPath, [join(import.meta.dirname, "WriteReport.ts"), join(root, module), path], {
        cwd: root
      })
      const { complaints, page } = await open(path)
      await page.locator("#row-3 button.open").click()
      await page.getByRole("button", { name: "Differences" }).click()
      assert.strictEqual(await page.locator(".differences").count(), 1)
      assert.deepStrictEqual(complaints, [])
    })
  }
})
