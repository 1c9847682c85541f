import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as ComparisonMarkdown from "../src/ComparisonMarkdown.ts"
import type { ComparisonSummary } from "../src/ComparisonSummary.ts"
import * as Display from "../src/Display.ts"
import * as GateReport from "../src/GateReport.ts"
import * as GitHubActions from "../src/GitHubActions.ts"
import * as JUnit from "../src/JUnit.ts"
import * as Markdown from "../src/Markdown.ts"
import type * as RunFacts from "../src/RunFacts.ts"
import * as ShellCommand from "../src/ShellCommand.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import * as TerminalReport from "../src/TerminalReport.ts"
import * as Result from "effect/Result"
import { facts, guide, nine, summary } from "./ComparisonFixture.ts"

const three = summary({ seed: 5, candidates: ["flash", "pro", "tuned"], metrics: ["rouge_1", "ter", "verbosity"] })

const plain = (
  of: ComparisonSummary,
  changes: Partial<RunFacts.RunFacts> = {},
  options: TerminalReport.Options = { columns: 200 }
) => TerminalReport.lines(of, facts(of, changes), options).map((line) => TerminalLine.paint(line, Display.plain))

const change = (of: ComparisonSummary, name: string, metric: string, mean: number | null): ComparisonSummary => ({
  ...of,
  candidates: of.candidates.map((one) => {
    const before = one.metrics[metric]
    return one.candidate !== name || before === undefined
      ? one
      : {
          ...one,
          metrics: { ...one.metrics, [metric]: { ...before, mean, interval: mean === null ? null : before.interval } }
        }
  })
})

const order = (lines: ReadonlyArray<string>, names: ReadonlyArray<string>) =>
  lines.flatMap((line) => names.filter((name) => line.startsWith(` ${name} `))).slice(0, names.length)

describe("TerminalReport", () => {
  it("puts the best first, by what is good for the primary metric", () => {
    const means = (metric: string, values: Readonly<Record<string, number | null>>) =>
      Object.entries(values).reduce((of, [name, mean]) => change(of, name, metric, mean), {
        ...three,
        primary_metric: metric
      })
    const names = ["flash", "pro", "tuned"]
    const high = means("rouge_1", { flash: 0.2, pro: 0.4, tuned: 0.3 })
    assert.deepStrictEqual(order(plain(high), names), ["pro", "tuned", "flash"])
    const low = means("ter", { flash: 20, pro: 40, tuned: 30 })
    assert.deepStrictEqual(order(plain(low), names), ["flash", "tuned", "pro"])
    const zero = means("verbosity", { flash: -1, pro: 0.5, tuned: -0.1 })
    assert.deepStrictEqual(order(plain(zero), names), ["tuned", "pro", "flash"])
    const absent = means("rouge_1", { flash: null, pro: 0.4, tuned: 0.3 })
    assert.deepStrictEqual(order(plain(absent), names), ["pro", "tuned", "flash"])
    assert.match(plain(absent).join("\n"), /flash +no score/)
  })

  it("marks what is better, worse or not tested, and explains the marks in words", () => {
    const verdicts = { rouge_1: "better", ter: "worse", verbosity: "not_tested" } as const
    const lines = plain({
      ...three,
      differences: Object.entries(verdicts).map(([metric, verdict]) => ({
        candidate: "tuned",
        metric,
        n: 200,
        mean: 0.1,
        low: 0,
        high: 0.2,
        p: 0.001,
        p_adjusted: 0.003,
        verdict,
        reason: verdict === "not_tested" ? "3 rows in common" : null
      }))
    })
    assert.match(
      lines.find((line) => line.startsWith(" tuned")) ?? "",
      /^ tuned +\S+ \[\S+ \S+\] \* +\S+ \[\S+ \S+\] - +\S+ \[\S+ \S+\] \? /
    )
    assert.include(lines, " * better, - worse than flash, the baseline (paired by prompt, Holm-adjusted p < 0.05)")
    assert.include(lines, " no mark: no difference shown")
    assert.include(lines, " ? not tested: 3 rows in common")
    assert.include(lines, " low is good: ter")
    assert.include(lines, " near 0 is good: verbosity")
  })

  it("makes the best of a column bold, but not where all are the same", () => {
    const styled = { ...Display.plain, color: true }
    const of = change(change(change(three, "flash", "rouge_1", 0.5), "pro", "rouge_1", 0.5), "tuned", "rouge_1", 0.5)
    const same = TerminalReport.lines(of, facts(of), { columns: 200 }).map((line) => TerminalLine.paint(line, styled))
    const bold = "\u001b[1m0.50 ["
    assert.isFalse(same.some((line) => line.includes(bold)))
    const one = change(of, "tuned", "rouge_1", 0.4)
    const lines = TerminalReport.lines(one, facts(one), { columns: 200 }).map((line) =>
      TerminalLine.paint(line, styled)
    )
    assert.lengthOf(
      lines.filter((line) => line.includes(bold)),
      2
    )
  })

  for (const columns of [60, 80, 100, 120, 200]) {
    it(`shows every column of nine metrics and seven candidates once at ${columns} columns`, () => {
      const of = summary({ seed: 3, candidates: guide, metrics: nine })
      const heads = plain(of, {}, { columns }).filter((line) => line.startsWith(" model "))
      const shown = heads.flatMap((line) => line.trim().split(/ {2,}/).slice(1))
      assert.sameMembers(shown, [...nine.map((name) => `${name} [95% CI]`), "vs baseline", "p50", "p95", "$/1k", "err"])
      assert.isTrue(heads[0]?.includes("rouge_l_sum [95% CI]"))
      assert.isTrue(heads[0]?.includes("err"))
    })
  }

  it("says what failed and gives the command that redoes it, and nothing to redo when nothing failed", () => {
    const whole = {
      ...three,
      candidates: three.candidates.map((one) => ({ ...one, n_error: 0, errors: {}, metrics: {} }))
    }
    assert.notInclude(plain(whole).join("\n"), "--run-id")
    const [first, ...rest] = whole.candidates
    const some = {
      ...whole,
      candidates:
        first === undefined ? [] : [{ ...first, n_error: 8, errors: { Unavailable: 6, ContentBlocked: 2 } }, ...rest]
    }
    const text = plain(some).join("\n")
    assert.include(text, "flash: 8 rows without answer: 6 Unavailable, 2 ContentBlocked")
    assert.include(text, "redo the 8 rows that failed:  npm start -- --run-id 2026-11-22T18-40")
  })

  it("says where it was stopped, and how to go on", () => {
    const half = summary({ seed: 5, share: 0.52 })
    const text = plain(half, { stopped: "the budget is used up" }).join("\n")
    assert.include(text, " stopped at 52 %: the budget is used up")
    assert.include(text, "go on:  npm start")
  })

  it("says which candidate could not be used", () => {
    const candidates = three.candidates.map((one, index) =>
      index === 1 ? { ...one, failure: { tag: "NotFound", message: "There is no such model.\n  Look." } } : one
    )
    assert.include(plain({ ...three, candidates }), " pro: could not be used: NotFound: There is no such model.")
  })

  it("warns of few rows and of costs that are not known", () => {
    const few = summary({ seed: 5, rows: 12, repeats: 1 })
    assert.match(plain(few).join("\n"), /few rows: rouge_l_sum has scores of \d+ rows/)
    assert.notInclude(plain(three).join("\n"), "few rows")
    const [first, ...rest] = three.candidates
    const unknown = { ...three, candidates: first === undefined ? [] : [{ ...first, cost_unknown: 3 }, ...rest] }
    assert.include(plain(unknown).join("\n"), "the cost of 3 calls is not known")
  })

  it("holds the table, the first five failures and the paths when it is to be quiet", () => {
    const failures = Array.from({ length: 9 }, (_, index) => ({
      candidate: "flash",
      rowId: `${index}`,
      tag: "Unavailable",
      message: "no\nmore"
    }))
    const lines = plain(three, { failures, gates: [] }, { columns: 100, quiet: true })
    assert.lengthOf(
      lines.filter((line) => line.includes("Unavailable  no")),
      5
    )
    assert.notInclude(lines.join("\n"), "Pareto")
    assert.include(lines.join("\n"), "report.html")
  })

  it("stands a comparison of nothing", () => {
    const nothing = { ...three, candidates: [], differences: [], win_rates: [], trade_off: [] }
    assert.isNotEmpty(plain(nothing))
    assert.include(ComparisonMarkdown.encode(nothing, facts(nothing)), "### Comparison")
    assert.include(JUnit.encode(nothing, facts(nothing)), 'tests="0"')
  })
})

describe("GateReport", () => {
  const [candidate] = three.candidates
  if (candidate === undefined) throw new Error("no candidate")
  const [rouge, ter] = [candidate.metrics["rouge_1"], candidate.metrics["ter"]]
  if (rouge === undefined || ter === undefined) throw new Error("no metric")
  const evidence = {
    summary: { ...candidate, metrics: { rouge_1: { ...rouge, mean: 0.3 }, ter: { ...ter, mean: null } } }
  }
  const of = (thresholds: Parameters<typeof GateReport.of>[0]) => Result.getOrThrow(GateReport.of(thresholds, evidence))

  it("tells what passed, what failed and what cannot be decided", () => {
    const report = of({ rouge_1: { atLeast: 0.5 }, ter: { atMost: 50 }, bleu: { atLeast: 0.1 } })
    assert.deepStrictEqual(
      report.checks.map(({ outcome, threshold }) => [threshold, outcome]),
      [
        ["rouge_1 >= 0.5", "failed"],
        ["ter <= 50", "undecided"],
        ["bleu >= 0.1", "undecided"]
      ]
    )
    assert.isFalse(GateReport.passed(report))
    const passed = of({ rouge_1: { atLeast: 0.2, minRows: 30 } })
    assert.deepStrictEqual(passed.checks, [
      { threshold: "rouge_1 >= 0.2, minRows 30", outcome: "passed", messages: [] }
    ])
    assert.isTrue(GateReport.passed(passed))
  })

  it("does not pass a run that is not complete", () => {
    const half = { summary: { ...evidence.summary, n_total: 10 } }
    const report = Result.getOrThrow(GateReport.of({ rouge_1: { atLeast: 0.2 } }, half))
    assert.deepStrictEqual(
      report.checks.map(({ outcome }) => outcome),
      ["undecided", "passed"]
    )
    assert.isFalse(GateReport.passed(report))
  })

  it("refuses thresholds that mean nothing", () => assert.isTrue(Result.isFailure(GateReport.of({}, evidence))))

  it("becomes a test suite for each candidate, with skipped ones where no gate looks", () => {
    const xml = JUnit.encode(three, facts(three, { gates: [of({ rouge_1: { atLeast: 0.5 }, ter: { atMost: 50 } })] }))
    assert.include(xml, '<testsuites name="support-faq" tests="4" failures="1" errors="1" skipped="2" time="362.000">')
    assert.include(xml, '<testcase classname="flash" name="rouge_1 &gt;= 0.5">')
    assert.match(xml, /<failure message="rouge_1 0\.3 \[[^"]+\] is below 0\.5" type="ThresholdNotMet">/)
    assert.match(xml, /<error message="ter has no mean/)
    assert.include(xml, '<skipped message="no gate looks at this candidate"/>')
  })

  it("becomes annotations", () => {
    const gates = [of({ rouge_1: { atLeast: 0.5 } }), of({ rouge_1: { atLeast: 0.2 } })]
    const failures = Array.from({ length: 20 }, () => ({
      candidate: "flash",
      rowId: "r",
      tag: "Unavailable",
      message: "100 % gone",
      place: { file: "a,b:c.jsonl", line: 17 }
    }))
    const lines = GitHubActions.annotations(facts(three, { gates, failures }))
    assert.lengthOf(lines, 10)
    assert.match(lines[0] ?? "", /^::error title=gate flash::rouge_1 0\.3 /)
    assert.strictEqual(lines[1], "::error file=a%2Cb%3Ac.jsonl,line=17,title=Unavailable::flash row r: 100 %25 gone")
  })
})

describe("ComparisonMarkdown", () => {
  it("is a table, the gates and the failures", () => {
    const text = ComparisonMarkdown.encode(three, facts(three))
    assert.match(
      text,
      /^### Comparison `support-faq`: gate (passed|refused \d of 2)\n\n200 prompts x 3 repeats, 6m02s, \$/
    )
    assert.include(text, "| model | `rouge_1 [95% CI]` | `ter [95% CI]` |")
    assert.include(text, "| --- | --- | --- | --- | ---: |")
    assert.match(text, /\| `tuned` \| \d\.\d\d \[/)
  })

  it("is cut to what GitHub takes", () => {
    const long = "é".repeat(150)
    const gates = Array.from({ length: 2_000 }, () => ({
      candidate: long,
      checks: [{ threshold: long, outcome: "failed" as const, messages: [long] }]
    }))
    const text = ComparisonMarkdown.encode(three, facts(three, { gates }))
    assert.isBelow(text.length, 65_536)
    assert.include(text.slice(-60), "(cut:")
  })

  it.effect("is added to the summary of the job", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* fs.makeTempFileScoped()
      yield* GitHubActions.addSummary(path, "one\n")
      yield* GitHubActions.addSummary(path, "two\n")
      assert.strictEqual(yield* fs.readFileString(path), "one\ntwo\n")
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
  )

  it("writes code that is what it was", () => {
    assert.strictEqual(Markdown.code("a|b"), "`a\\|b`")
    assert.strictEqual(Markdown.code("a`b"), "``a`b``")
    assert.strictEqual(Markdown.code("`"), "`` ` ``")
    assert.strictEqual(Markdown.code(" \u200b "), "(empty)")
  })
})

describe("ShellCommand", () => {
  it("quotes what a shell would not take as it is", () => {
    assert.strictEqual(
      ShellCommand.write([
        "npm",
        "start",
        "--",
        "--run-id",
        "2026-11-22T18-40",
        "--dataset",
        "my data/it's $(x).jsonl",
        ""
      ]),
      "npm start -- --run-id 2026-11-22T18-40 --dataset 'my data/it'\\''s $(x).jsonl' ''"
    )
  })
})

describe("money", () => {
  it("says what is known only", () => {
    const text = plain(three, {
      retries: undefined,
      uncertain: undefined,
      budget: undefined,
      spent: Money.usd("1.88")
    }).join("\n")
    assert.match(text, / \$1\.88 \(judge \$0\.\d+\)\n/)
  })
})
