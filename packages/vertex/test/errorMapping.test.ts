import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { fromErrorObject, fromResponse } from "../src/internal/errorMapping.ts"
import { nearest } from "@genops/core/NearMatch"
import type * as VertexError from "../src/VertexError.ts"
import fixtures from "./fixtures/errors/vertex.json" with { type: "json" }

const knownModels = ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-3.5-flash"]
const resource = "publishers/google/models/gemini-1.5-flash"

const respond = (status: number, body: string, headers: Record<string, string> = {}) =>
  fromResponse({ status, headers, body, resource, knownModels })
const envelope = (error: object) => JSON.stringify({ error })
const retryInfo = (retryDelay: unknown) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay })

type Row = readonly [tag: VertexError.Reason["_tag"], billed: VertexError.Billed, retryable: boolean, details?: object]

/** What each true body must become. */
const expected: Readonly<Record<string, Row>> = {
  "invalid-unknown-field": [
    "InvalidRequest",
    "no",
    false,
    {
      violations: [
        {
          field: "generation_config",
          description:
            "Invalid JSON payload received. Unknown name \"temprature\" at 'generation_config': Cannot find field."
        }
      ]
    }
  ],
  "invalid-enum": ["InvalidRequest", "no", false],
  "input-too-long": ["InvalidRequest", "no", false, { violations: [] }],
  "cache-too-small": ["InvalidRequest", "no", false],
  "failed-precondition": ["InvalidRequest", "no", false],
  unauthenticated: ["Unauthenticated", "no", false],
  "iam-denied": ["PermissionDenied", "no", false, { reason: "IAM_PERMISSION_DENIED" }],
  "service-disabled": ["PermissionDenied", "no", false, { reason: "SERVICE_DISABLED" }],
  "model-not-found": ["NotFound", "no", false, { suggestions: ["gemini-2.5-flash", "gemini-3.5-flash"], resource }],
  "resource-not-found": ["NotFound", "no", false],
  "already-exists": ["Conflict", "no", false, { kind: "AlreadyExists" }],
  "aborted-etag": ["Conflict", "no", false, { kind: "Aborted" }],
  "dsq-429": ["ResourceExhausted", "no", true, { quotas: [], retryAfter: undefined }],
  "quota-429": ["ResourceExhausted", "no", true, { quotas: [], retryAfter: undefined }],
  "quota-429-details": [
    "ResourceExhausted",
    "no",
    true,
    {
      retryAfter: Duration.millis(12_500),
      quotas: [
        {
          metric: "aiplatform.googleapis.com/evaluation_requests",
          limit: "EvaluationRequestsPerMinutePerProjectPerRegion",
          value: "1000"
        }
      ]
    }
  ],
  cancelled: ["Cancelled", "unknown", false],
  internal: ["Internal", "unknown", true],
  unknown: ["Internal", "unknown", true],
  unavailable: ["Unavailable", "unknown", true],
  overloaded: ["Unavailable", "unknown", true],
  deadline: ["DeadlineExceeded", "unknown", true, { phase: "server" }],
  "html-502": ["Unavailable", "unknown", true, { description: "Error 502 (Server Error)!!1" }],
  "html-404": ["NotFound", "no", false, { description: "Error 404 (Not Found)!!1" }]
}

describe("errorMapping.fromResponse, true bodies", () => {
  it("has an expectation for each", () => {
    assert.deepStrictEqual(fixtures.map(({ id }) => id).toSorted(), Object.keys(expected).toSorted())
  })

  for (const { body, headers, id, status } of fixtures) {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    it(id, () => {
      const [tag, billed, retryable, details = {}] = expected[id]!
      const { billed: actual, reason } = fromResponse({ status, headers, body: text, resource, knownModels })
      assert.strictEqual(reason._tag, tag)
      assert.strictEqual(actual, billed)
      assert.strictEqual(reason.isRetryable, retryable)
      for (const [key, value] of Object.entries(details)) {
        assert.deepStrictEqual(Reflect.get(reason, key), value, key)
      }
      if (typeof body !== "string") assert.include(reason.message, body.error.message)
    })

    it(`${id} inside an array, as streaming sends it`, () => {
      const plain = fromResponse({ status, headers, body: text, resource, knownModels })
      if (typeof body === "string") return
      assert.deepStrictEqual(fromResponse({ status, headers, body: `[${text}]`, resource, knownModels }), plain)
    })
  }
})

describe("errorMapping.fromResponse, other answers", () => {
  it("an empty, broken or foreign body keeps the status", () => {
    for (const body of ["", "null", "[]", "{", "[[[", "42", "<html>", '{"error":null}', '{"error":{"details":"x"}}']) {
      assert.strictEqual(respond(503, body).reason._tag, "Unavailable", body)
      assert.strictEqual(respond(400, body).reason._tag, "InvalidRequest", body)
      assert.strictEqual(respond(418, body).reason._tag, "Unknown", body)
    }
  })

  it("a status without a meaning is unknown, with its body", () => {
    const { billed, reason } = respond(501, envelope({ message: "not here" }))
    assert.deepStrictEqual([reason._tag, billed], ["Unknown", "unknown"])
    assert.include(reason.message, "HTTP 501")
    assert.include(reason.message, "not here")
  })

  it("a redirect is refused and not billed", () => {
    const { billed, reason } = respond(307, "", { location: "http://elsewhere.example/\u001b[31m" })
    assert.isTrue(reason._tag === "Transport" && reason.kind === "redirect" && !reason.isRetryable)
    assert.strictEqual(billed, "no")
    assert.include(reason.message, "http://elsewhere.example/ [31m")
  })

  it("408 is worth another try; 413 is a wrong request; a wrong API key is no wrong request", () => {
    assert.strictEqual(respond(408, "").reason._tag, "Unavailable")
    assert.strictEqual(respond(413, "").reason._tag, "InvalidRequest")
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }]
    assert.strictEqual(respond(400, envelope({ details })).reason._tag, "Unauthenticated")
  })

  const wait = (headers: Record<string, string>, ...details: ReadonlyArray<object>) =>
    respond(429, envelope({ details }), headers).reason.retryAfter

  it("Retry-After: seconds, or a date after the answer's own", () => {
    const date = "Tue, 24 Nov 2026 10:00:00 GMT"
    assert.deepStrictEqual(wait({ "retry-after": "39" }), Duration.seconds(39))
    assert.deepStrictEqual(wait({ "retry-after": "1000000000" }), Duration.seconds(1e9))
    assert.deepStrictEqual(wait({ "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", date }), Duration.seconds(30))
  })

  it("Retry-After: junk, zero, the past and dates without a reference say nothing", () => {
    const date = "Tue, 24 Nov 2026 10:00:00 GMT"
    for (const junk of [
      "0",
      "-5",
      "banana",
      "1e9",
      "1.5",
      "",
      "Infinity",
      "39s",
      "Tue, 24 Nov 2026 09:00:00 GMT",
      "-5 Nov"
    ]) {
      assert.isUndefined(wait({ "retry-after": junk, date }), junk)
    }
    assert.isUndefined(wait({ "retry-after": "Tue, 24 Nov 2026 10:00:30 GMT" }))
  })

  it("RetryInfo: the longer of both is taken, junk ignored", () => {
    assert.deepStrictEqual(wait({}, retryInfo("39s")), Duration.seconds(39))
    assert.deepStrictEqual(wait({ "retry-after": "60" }, retryInfo("39s")), Duration.seconds(60))
    assert.deepStrictEqual(wait({ "retry-after": "10" }, retryInfo("39s")), Duration.seconds(39))
    for (const junk of ["-1s", "1e3s", "s", "39", 39, null, {}, "0s"])
      assert.isUndefined(wait({}, retryInfo(junk)), String(junk))
  })

  it("a quota is read from ErrorInfo where QuotaFailure is missing", () => {
    const metadata = { quota_metric: "m", quota_limit: "PerMinute", quota_limit_value: "5" }
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", metadata }]
    const { reason } = respond(429, envelope({ details }))
    assert.isTrue(reason._tag === "ResourceExhausted")
    assert.deepStrictEqual(Reflect.get(reason, "quotas"), [{ metric: "m", limit: "PerMinute", value: "5" }])
  })

  it("foreign text is bounded, printable, and holds no credential", () => {
    const secrets = ["AIzaSyA1234567890abcdefghijklmnopqrstuv", "ya29.a0AfB_secret-token", "hunter2hunter2"]
    const nasty = `\u001b]0;title\u0007 line\n\u2028 \u202Eabc ${secrets[0]} ${secrets[1]} Bearer ${secrets[2]} ?key=${secrets[2]}&`
    for (const status of [400, 403, 404, 429, 418, 500, 503]) {
      for (const body of [nasty, envelope({ message: nasty + "x".repeat(100_000) }), `<p>${nasty}</p>`]) {
        const { message } = respond(status, body).reason
        assert.isBelow(message.length, 2_600)
        // oxlint-disable-next-line no-control-regex
        assert.notMatch(message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
        for (const secret of secrets) assert.notInclude(message, secret)
      }
    }
  })

  it("a credential on the border of what is kept leaves nothing behind", () => {
    const secrets = [
      "AIzaSyA1234567890abcdefghijklmnopqrstuv",
      "AQ.Ab8RN6Kexample_of_a_new_key_0123456789",
      "1//0gRefreshTokenExample_0123456789abcdef"
    ]
    for (const secret of secrets) {
      for (let before = 1_955; before <= 2_005; before++) {
        const text = `${"x".repeat(before)} ${secret}`
        for (const body of [text, envelope({ message: text })]) {
          assert.notInclude(JSON.stringify(respond(400, body).reason), secret.slice(0, 6))
        }
      }
    }
  })

  const status = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 300, maximum: 599 })))
  it.prop("any JSON becomes a reason", [status, Arbitrary.schema(Schema.Json)], ([status, body]) => {
    for (const text of [
      JSON.stringify(body),
      JSON.stringify({ error: body }),
      JSON.stringify({ error: { details: [body] } })
    ]) {
      assert.isString(respond(status, text).reason.message)
    }
    assert.strictEqual(fromErrorObject(body).billed, "unknown")
  })
})

describe("errorMapping.fromErrorObject", () => {
  const tagOf = (value: unknown) => fromErrorObject(value).reason._tag

  it("reads RPC codes, HTTP codes and names, wrapped or bare", () => {
    assert.strictEqual(tagOf({ code: 8, message: "busy" }), "ResourceExhausted")
    assert.strictEqual(tagOf({ code: 429, status: "RESOURCE_EXHAUSTED" }), "ResourceExhausted")
    assert.strictEqual(tagOf({ error: { code: 503, message: "x", status: "UNAVAILABLE" } }), "Unavailable")
    assert.strictEqual(tagOf({ status: "PERMISSION_DENIED" }), "PermissionDenied")
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16].map((code) => tagOf({ code })),
      [
        "Cancelled",
        "Internal",
        "InvalidRequest",
        "DeadlineExceeded",
        "NotFound",
        "Conflict",
        "PermissionDenied",
        "InvalidRequest",
        "Conflict",
        "InvalidRequest",
        "Unknown",
        "Internal",
        "Unavailable",
        "Internal",
        "Unauthenticated"
      ]
    )
    const aborted = fromErrorObject({ code: 10 }).reason
    assert.isTrue(aborted._tag === "Conflict" && aborted.kind === "Aborted")
  })

  it("work that had begun may be billed, whatever went wrong", () => {
    for (const code of [3, 8, 13]) assert.strictEqual(fromErrorObject({ code }).billed, "unknown")
  })

  it("nonsense is an internal fault", () => {
    for (const value of [null, undefined, 3, "text", [], {}, { code: "x" }, { code: 99 }]) {
      assert.strictEqual(tagOf(value), "Internal", JSON.stringify(value))
    }
  })
})

describe("nearest", () => {
  it("finds typing errors and keeps away from everything else", () => {
    assert.deepStrictEqual(nearest("gemini-2.5-flahs", knownModels), [
      "gemini-2.5-flash",
      "gemini-3.5-flash",
      "gemini-2.5-pro"
    ])
    assert.deepStrictEqual(nearest("gemini-2.5-pro", ["gemini-2.5-pro"]), [])
    assert.deepStrictEqual(nearest("claude-sonnet-5", knownModels), [])
    assert.deepStrictEqual(nearest("x".repeat(10_000), knownModels), [])
  })
})
