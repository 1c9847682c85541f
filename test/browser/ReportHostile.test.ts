import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Fixture from "../../packages/pipelines/test/ReportFixture.ts"
import { history } from "../../packages/pipelines/test/ReportCast.ts"
import * as Browser from "./Browser.ts"
import { payloads } from "./Hostile.ts"

/** Every slot of the fixture; a new one must be hostile too. */
const slots = [
  "candidate", "command", "criteria", "error", "explanation", "finish", "id", "instruction", "judge", "metric", "model", "path",
  "prompt", "reference", "response", "tag", "title", "version"
] // prettier-ignore

/** What a page of ours is made of, its frame included. */
const allowed = new Set(
  (
    "html head meta title style script body main header section article h1 h2 h3 h4 p div span small strong em bdi a button input select " +
    "option label details summary dl dt dd ul li figure figcaption table caption thead tbody tr th td code ins del " +
    "svg g path text line circle rect desc defs pattern"
  ).split(" ")
)

Browser.describeInBrowser("a report of hostile texts", ({ folder, open, write }) => {
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? "")
    response.end("stolen()")
  })
  let spy = ""
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    spy = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
  })
  afterAll(() => void server.close())

  const hostile = (payload: string) => {
    const seen = new Set<string>()
    const fixture = Fixture.make({
      rows: 12,
      trouble: 0.3,
      text: (slot, text) => {
        seen.add(slot)
        return `${payload}${text}${payload}`
      }
    })
    const gates = [
      { candidate: payload, checks: [{ threshold: payload, outcome: "failed" as const, messages: [payload] }] }
    ]
    const steps = history.map((entry) => ({ ...entry, name: payload + entry.name, error: payload }))
    return { options: { ...fixture, gates, history: steps }, seen }
  }

  /** Looks at everything that the page can show. */
  const use = async (page: Page) => {
    await page.evaluate(`document.querySelectorAll("details").forEach((details) => (details.open = true))`)
    await page.locator("#body button.open").first().click()
    await page.locator("[data-act=differences]").click()
    await page.locator("[data-act=next]").click()
    await page.locator("#only-errors").click()
    await page.fill("#query", "onerror")
    await page.waitForURL(/q=onerror/)
    await page.locator(".strip .chart").first().hover()
    await page.selectOption("#baseline", "1")
    await page.locator("#failures a").first().click()
  }

  /** What a page has that no page of ours may have. */
  const foreign = async (page: Page): Promise<ReadonlyArray<string>> => {
    const elements: ReadonlyArray<{
      readonly tag: string
      readonly attributes: ReadonlyArray<readonly [string, string]>
    }> = await page.evaluate(
      `Array.from(document.querySelectorAll("*"), ({ attributes, tagName }) => ({
          tag: tagName.toLowerCase(),
          attributes: Array.from(attributes, ({ name, value }) => [name, value])
        }))`
    )
    return elements.flatMap(({ attributes, tag }) => [
      ...(allowed.has(tag) ? [] : [tag]),
      ...attributes
        .filter(
          ([name, value]) =>
            /^on|^style$|^src|^action|^xlink/.test(name) || (name === "href" && !/^#row-\d+$/.test(value))
        )
        .map(([name, value]) => `${tag} ${name}=${value}`)
    ])
  }

  it("has every slot filled", () => assert.deepStrictEqual([...hostile("x").seen].toSorted(), slots))

  describe("does nothing but show them", () => {
    it("are forty", () => assert.lengthOf(new Set(payloads("http://spy")), 40))

    for (let nth = 0; nth < 40; nth++) {
      it(`text ${nth + 1} in every slot`, async () => {
        const payload = payloads(spy)[nth] ?? ""
        const file = await write(`hostile-${nth}.html`, hostile(payload).options)
        const { complaints, navigations, page, requests } = await open(file)
        let dialogs = 0
        page.on("dialog", (dialog) => {
          dialogs++
          void dialog.dismiss()
        })
        await page.evaluate(`globalThis.stolen = () => console.log("STOLEN")`)
        await use(page)
        assert.deepStrictEqual(await foreign(page), [])
        // Nothing was sent, nothing ran, and the page is still the page; it goes to places in itself only.
        assert.deepStrictEqual(
          requests.filter((url) => !url.startsWith("file://")),
          []
        )
        assert.lengthOf(requests, 1)
        assert.deepStrictEqual([...new Set(navigations.map((url) => url.replace(/#.*/, "")))], [`file://${file}`])
        assert.deepStrictEqual(complaints, [])
        assert.strictEqual(dialogs, 0)
        assert.deepStrictEqual(asked, [])
        // They are there, as text.
        const shown = await page.evaluate<string>("document.body.textContent")
        assert.include(
          shown.replace(/\s+/g, ""),
          payload.toWellFormed().replaceAll("\0", "\ufffd").replace(/\s+/g, "").slice(0, 12)
        )
        await page.context().close()
      })
    }
  })

  describe("would do something if texts were taken for markup", () => {
    const broken = async (payload: string, name: string, policy: boolean) => {
      const file = await write("control.html", hostile(payload).options)
      const page = readFileSync(file, "utf8")
      const plain = "element.append(...tree.children.map(build))"
      assert.include(page, plain)
      const markup =
        'element.append(...tree.children.filter((one)=>typeof one !== "string").map(build)); for (const one of tree.children) if (typeof one === "string") element.insertAdjacentHTML("beforeend", one)'
      const changed = page.replace(plain, markup)
      const script = /<script>([\s\S]*)<\/script>/.exec(changed)?.[1] ?? ""
      const { createHash } = await import("node:crypto")
      const hash = createHash("sha256").update(script).digest("base64")
      const control = join(folder, name)
      writeFileSync(
        control,
        policy
          ? changed.replace(/script-src 'sha256-[^']*'/, `script-src 'sha256-${hash}'`)
          : changed.replace(/<meta http-equiv="Content[^>]*>/, "")
      )
      return control
    }

    it("with the policy the page is left all the same", async () => {
      const file = await broken(`<meta http-equiv="refresh" content="0;url=${spy}/meta">`, "refresh.html", true)
      const { navigations, page } = await open(file, { wait: false })
      await page.waitForURL(`${spy}/meta`)
      assert.include(navigations, `${spy}/meta`)
      assert.include(asked.splice(0), "/meta")
    })

    it("without the policy scripts run", async () => {
      const file = await broken("<img src=x onerror=\"console.log('STOLEN')\">", "script.html", false)
      const { complaints, page } = await open(file)
      await page.waitForTimeout(300)
      assert.include(complaints, "STOLEN")
    })
  })
})
