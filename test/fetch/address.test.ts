import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sitesOf } from "../../src/config.ts";
import { fileUnder, isLoopback, parseAddress, shown } from "../../src/fetch/address.ts";
import { failureOf, neverReached } from "../../src/fetch/failure.ts";
import { ReplyHeaders } from "../../src/fetch/reply.ts";
import { defaultMirrors, mirrorsOf } from "../../src/releases/mirrors.ts";
import { testContext } from "../support/context.ts";

describe("an address", () => {
	test.each([
		"https://go.dev/dl",
		"https://joe:secret@example.org:8443/go",
		"http://localhost:8080/dl",
		"http://127.0.0.1/dl",
		"http://127.9.9.9/dl",
		"http://[::1]:80/dl",
		"file:///srv/go",
		" https://go.dev/dl ",
	])("%s is good", (text) => {
		expect(parseAddress(text, "X").href).toBe(new URL(text.trim()).href);
	});

	test.each<[string, string]>([
		["http://example.org/dl", "plain http"],
		["http://127.0.0.1.example.org/dl", "plain http"],
		["http://localhost.example.org/dl", "plain http"],
		["http://0.0.0.0/dl", "plain http"],
		["ftp://example.org", "not ftp:"],
		["data:text/plain,x", "not data:"],
		["example.org/dl", "is not a URL"],
		["", "is not a URL"],
		["https://", "is not a URL"],
		["file://server/go", "three slashes"],
	])("%s is refused", (text, why) => {
		expect(() => parseAddress(text, "GOX_TEST")).toThrow(
			expect.objectContaining({ code: "usage", message: expect.stringContaining(why), hint: expect.any(String) }),
		);
		expect(() => parseAddress(text, "GOX_TEST")).toThrow(/^GOX_TEST: /);
	});

	test("plain http to anybody is allowed when asked for", () => {
		expect(parseAddress("http://example.org/dl", "X", { insecure: true }).href).toBe("http://example.org/dl");
		expect(() => parseAddress("ftp://example.org/dl", "X", { insecure: true })).toThrow();
	});

	test.each([
		"http://joe:s3cret@example.org/dl",
		"ftp://joe:s3cret@example.org",
		"//joe:s3cret@example.org",
		"file://joe:s3cret@h/x",
	])("the password in %s is not in the message", (text) => {
		expect(() => parseAddress(text, "X")).toThrow(expect.objectContaining({ message: expect.not.stringContaining("s3cret") }));
	});

	test("decimal and other spellings of loopback are what the URL standard makes of them", () => {
		expect(isLoopback(new URL("http://2130706433/"))).toBe(true);
		expect(isLoopback(new URL("http://0x7f.1/"))).toBe(true);
		expect(isLoopback(new URL("http://128.0.0.1/"))).toBe(false);
	});
});

describe("an address as it is shown", () => {
	test.each([
		["https://joe:secret@go.dev/dl?mode=json&include=all#top", "https://go.dev/dl?mode=json&include=all"],
		["https://go.dev/a?token=s3cret&x=1", "https://go.dev/a?token=…&x=1"],
		["https://go.dev/a?X-Amz-Signature=s3cret&X-Amz-Credential=s3cret", "https://go.dev/a?X-Amz-Signature=…&X-Amz-Credential=…"],
		["file:///srv/go", "file:///srv/go"],
	])("%s", (url, text) => {
		expect(shown(new URL(url))).toBe(text);
	});

	test("no user name and no password, ever", () => {
		const word = fc.stringMatching(/^[a-z0-9]{8,12}$/);
		fc.assert(
			fc.property(word, word, word, (user, password, path) => {
				const text = shown(new URL(`https://Q${user}:Z${password}@example.org/${path}`));
				expect(text).toBe(`https://example.org/${path}`);
			}),
		);
	});
});

test.each([
	["https://go.dev/dl", "https://go.dev/dl/go1.22.5.tar.gz"],
	["https://go.dev/dl/", "https://go.dev/dl/go1.22.5.tar.gz"],
	["https://go.dev", "https://go.dev/go1.22.5.tar.gz"],
	["https://joe:x@go.dev/dl?token=1", "https://joe:x@go.dev/dl/go1.22.5.tar.gz?token=1"],
	["file:///srv/my%20go/", "file:///srv/my%20go/go1.22.5.tar.gz"],
])("a file under %s", (base, url) => {
	expect(fileUnder(new URL(base), "go1.22.5.tar.gz").href).toBe(url);
});

describe("GOX_MIRRORS", () => {
	const hrefs = (value?: string, insecure = false) =>
		mirrorsOf(sitesOf(testContext({ env: { GOX_MIRRORS: value } })).mirrors, { insecure }).map((url) => url.href);

	test.each([undefined, "", "  "])("%j: the default ones", (value) => {
		expect(hrefs(value)).toEqual(defaultMirrors);
		expect(hrefs(value)[0]).toBe("https://go.dev/dl");
	});

	test("a list, in its order, blanks and empty entries aside", () => {
		expect(hrefs(" file:///srv/go, https://a.example/go ,,http://localhost:1/dl,")).toEqual([
			"file:///srv/go",
			"https://a.example/go",
			"http://localhost:1/dl",
		]);
	});

	test.each([",", " , ", "https://go.dev/dl,go.dev", "http://example.org"])("%j is refused", (value) => {
		expect(() => hrefs(value)).toThrow(
			expect.objectContaining({ code: "usage", message: expect.stringMatching(/^GOX_MIRRORS/) }),
		);
	});

	test("plain http with insecure", () => {
		expect(hrefs("http://example.org/go", true)).toEqual(["http://example.org/go"]);
	});
});

describe("a failure in words", () => {
	const coded = (code: string, more: object = {}) => Object.assign(new Error("underneath"), { code, ...more });
	const words = (error: unknown, proxy?: string) => {
		const failure = failureOf(error, "go.dev", proxy);
		return [("kind" in failure && failure.kind) || failure.code, failure.message];
	};

	test.each<[unknown, string, string]>([
		[coded("ENOTFOUND", { hostname: "go.dev" }), "unreachable", "go.dev: could not find go.dev (ENOTFOUND)"],
		[coded("EAI_AGAIN", { hostname: "go.dev" }), "unreachable", "go.dev: could not find go.dev (EAI_AGAIN)"],
		[coded("ECONNREFUSED"), "unreachable", "go.dev: go.dev refused the connection (ECONNREFUSED)"],
		[coded("ENETUNREACH"), "unreachable", "go.dev: could not connect to go.dev (ENETUNREACH)"],
		[
			new AggregateError([coded("ENETUNREACH"), coded("ETIMEDOUT")]),
			"unreachable",
			"go.dev: could not connect to go.dev (ETIMEDOUT)",
		],
		[coded("UND_ERR_CONNECT_TIMEOUT"), "unreachable", "go.dev: no connection to go.dev in time"],
		[new Error("fetch failed", { cause: coded("ECONNRESET") }), "cut", "go.dev: the connection was cut (ECONNRESET)"],
		[coded("UND_ERR_SOCKET"), "cut", "go.dev: the connection was cut (UND_ERR_SOCKET)"],
		[coded("CERT_HAS_EXPIRED"), "untrusted", "go.dev: its TLS certificate is not trusted: it has expired (CERT_HAS_EXPIRED)"],
		[
			coded("SELF_SIGNED_CERT_IN_CHAIN"),
			"untrusted",
			"go.dev: its TLS certificate is not trusted: an unknown authority signed it (SELF_SIGNED_CERT_IN_CHAIN)",
		],
		["a word", "cut", "go.dev: a word"],
	])("%s: %s", (error, kind, message) => {
		expect(words(error)).toEqual([kind, message]);
	});

	test("behind a proxy, the proxy is what could not be reached", () => {
		expect(words(coded("ECONNREFUSED"), "proxy.corp:3128")[1]).toBe(
			"go.dev: the proxy proxy.corp:3128 refused the connection (ECONNREFUSED)",
		);
		expect(words(coded("ENOTFOUND", { hostname: "proxy.corp" }), "proxy.corp:3128")[1]).toContain("could not find proxy.corp");
	});

	test("what says nothing about the site", () => {
		const kinds = ["ENOTFOUND", "CERT_HAS_EXPIRED", "ECONNRESET"].map((code) => failureOf(coded(code), "go.dev", undefined));
		expect(kinds.map((failure) => "kind" in failure && neverReached(failure as never))).toEqual([true, true, false]);
	});
});

describe("headers", () => {
	test.each([
		["bytes 5-9/10", { start: 5, end: 10, total: 10 }],
		["bytes 5-9/*", { start: 5, end: 10, total: undefined }],
		["bytes */10", { start: undefined, total: 10 }],
		["bytes 5-/10", undefined],
		["items 5-9/10", undefined],
		["", undefined],
	])("Content-Range %j", (text, range) => {
		expect(new ReplyHeaders({ "content-range": text }).range).toEqual(range);
	});

	test.each([
		['"a"', '"a"'],
		['W/"a"', undefined],
		["a", undefined],
		['""', '""'],
	])("ETag %s", (text, tag) => {
		expect(new ReplyHeaders({ etag: text }).strongTag).toBe(tag);
	});

	test.each([
		["7", 7000],
		["Mon, 01 Mar 2027 12:00:05 GMT", 5000],
		["Mon, 01 Mar 2027 11:00:00 GMT", 0],
		["soon", undefined],
		["-1", undefined],
		["", undefined],
	])("Retry-After %j", (text, ms) => {
		expect(new ReplyHeaders({ "retry-after": text }).retryAfterMs(new Date("2027-03-01T12:00:00Z"))).toBe(ms);
	});

	test.each([
		["10", 10],
		["1e3", undefined],
		["-1", undefined],
		["", undefined],
	])("Content-Length %j", (text, length) => {
		expect(new ReplyHeaders({ "content-length": text }).length).toBe(length);
	});

	test("only the fields that came", () => {
		expect(new ReplyHeaders({}).get("constructor")).toBeUndefined();
		expect(new ReplyHeaders({ "set-cookie": ["a", "b"] }).get("set-cookie")).toBe("a");
	});
});
