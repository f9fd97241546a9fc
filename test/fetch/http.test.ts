import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, type DocumentOptions, getDocument } from "../../src/fetch/client.ts";
import { downloadArchive } from "../../src/fetch/download.ts";
import { certificate, certificateKey } from "../support/certificate.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { startProxy } from "../support/proxy.ts";
import { sha256, startServer, type TestServer } from "../support/server.ts";

let plain: TestServer;
let other: TestServer;
let secure: TestServer;
let trusted: string;

beforeEach(async () => {
	plain = await startServer({ files: new Map([["/a", "plain"]]) });
	other = await startServer({ files: new Map([["/a", "other"]]) });
	secure = await startServer({ files: new Map([["/a", "secure"]]), tls: { key: certificateKey, cert: certificate } });
	trusted = join(freshRoot(), "ca.pem");
	writeFileSync(trusted, certificate);
});

afterEach(async () => {
	vi.unstubAllEnvs();
	await Promise.all([plain.close(), other.close(), secure.close()]);
});

async function get(url: string, env: Record<string, string> = {}, options: DocumentOptions & { documentMs?: number } = {}) {
	const client = new Client(testContext({ env }), { timing: { documentMs: options.documentMs ?? 60_000 } });
	try {
		const { status, bytes, url: from } = await getDocument(client, new URL(url), options);
		return { status, text: bytes.toString(), from: from.href };
	} finally {
		await client.close();
	}
}

async function failure(url: string, env: Record<string, string> = {}, options: DocumentOptions & { documentMs?: number } = {}) {
	return get(url, env, options).then(
		(reply) => expect.fail(`it answered ${JSON.stringify(reply)}`),
		(error: unknown) => error,
	);
}

describe("redirects", { tags: "fault-9" }, () => {
	test("are followed, relative ones and to other origins", async () => {
		plain.fail("/start", { redirect: "/next" });
		plain.fail("/next", { redirect: `${other.origin}/a` });
		expect(await get(`${plain.origin}/start`)).toEqual({ status: 200, text: "other", from: `${other.origin}/a` });
	});

	test("ten, and no more", async () => {
		plain.failAlways("/loop", { redirect: "/loop" });
		expect(await failure(`${plain.origin}/loop`)).toMatchObject({
			kind: "improper",
			message: expect.stringContaining("more than 10 redirects"),
		});
		expect(plain.requests).toHaveLength(11);
	});

	test.each([
		["to plain http", () => `${plain.origin}/a`],
		["to a file", () => pathToFileURL(trusted).href],
	])("from https %s: refused, and nothing is asked", async (_, target) => {
		secure.fail("/start", { redirect: target() });
		const error = await failure(`${secure.origin}/start`, { SSL_CERT_FILE: trusted });
		expect(error).toMatchObject({
			code: "network",
			kind: "improper",
			message: expect.stringContaining("a redirect from https to"),
		});
		expect(plain.requests).toHaveLength(0);
	});

	test.each([
		["to a file", () => pathToFileURL(trusted).href],
		["to plain http at another machine", () => "http://192.0.2.1/a"],
		["to another scheme", () => "ftp://127.0.0.1/a"],
		["to nowhere", () => "http://"],
	])("%s: refused", async (_, target) => {
		plain.fail("/start", { redirect: target() });
		expect(await failure(`${plain.origin}/start`)).toMatchObject({ code: "network", kind: "improper" });
	});

	test("from plain http to https", async () => {
		plain.fail("/start", { redirect: `${secure.origin}/a` });
		expect((await get(`${plain.origin}/start`, { SSL_CERT_FILE: trusted })).text).toBe("secure");
	});
});

describe("credentials", { tags: "fault-9" }, () => {
	const basic = `Basic ${Buffer.from("joe:s3cr@t").toString("base64")}`;
	const withPassword = (origin: string) => origin.replace("//", "//joe:s3cr%40t@");

	test("in the URL are sent to its origin, through redirects within it", async () => {
		plain.fail("/start", { redirect: "/a" });
		const { from } = await get(`${withPassword(plain.origin)}/start`);
		expect(plain.requests.map(({ headers }) => headers.authorization)).toEqual([basic, basic]);
		expect(from).not.toContain("s3cr");
	});

	test("never to another origin, and not back from there either", async () => {
		plain.fail("/start", { redirect: `${other.origin}/back` });
		other.fail("/back", { redirect: `${plain.origin}/a` });
		await get(`${plain.origin}/start`, {}, { headers: { authorization: "Bearer s3cret", cookie: "s3cret" } });
		expect([...plain.requests, ...other.requests].map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
			["Bearer s3cret", "s3cret"],
			[undefined, undefined],
			[undefined, undefined],
		]);
	});

	test("in a redirect's target are not taken", async () => {
		plain.fail("/start", { redirect: `${withPassword(other.origin)}/a` });
		await get(`${plain.origin}/start`);
		expect(other.requests[0]?.headers.authorization).toBeUndefined();
	});

	test("never reach a message", async () => {
		const notes: string[] = [];
		plain.fail("/x.tar.gz", { redirect: `${withPassword("http://192.0.2.1")}/a?X-Signature=s3cret` });
		const mirrors = [
			new URL(withPassword(plain.origin)),
			new URL(withPassword(other.origin)),
			new URL(withPassword("http://192.0.2.1")),
		];
		const error = await downloadArchive(testContext(), { filename: "x.tar.gz", mirrors }, async () => {}, {
			note: (text) => void notes.push(text),
		}).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(Error);
		expect(`${error}\n${notes.join("\n")}`).not.toContain("s3cr");
		expect(notes).toHaveLength(2);
	});
});

describe("TLS", () => {
	test("an unknown authority is refused, with what to do", async () => {
		expect(await failure(`${secure.origin}/a`)).toMatchObject({
			kind: "untrusted",
			message: expect.stringMatching(/certificate is not trusted: it is signed by itself \(DEPTH_ZERO_SELF_SIGNED_CERT\)/),
			hint: expect.stringContaining("SSL_CERT_FILE="),
		});
	});

	test("SSL_CERT_FILE adds one", async () => {
		expect((await get(`${secure.origin}/a`, { SSL_CERT_FILE: trusted })).text).toBe("secure");
	});

	test("beside SSL_CERT_FILE, NODE_EXTRA_CA_CERTS still counts", async () => {
		const unrelated = join(freshRoot(), "ca.pem");
		const { rootCertificates } = await import("node:tls");
		writeFileSync(unrelated, rootCertificates[0] ?? "");
		const env = { SSL_CERT_FILE: unrelated, NODE_EXTRA_CA_CERTS: trusted };
		expect((await get(`${secure.origin}/a`, env)).text).toBe("secure");
	});

	test("an SSL_CERT_FILE that isn't there is passed over; one without a certificate is not", async () => {
		expect((await get(`${plain.origin}/a`, { SSL_CERT_FILE: "/no/such/file" })).text).toBe("plain");
		const empty = join(freshRoot(), "empty.pem");
		writeFileSync(empty, "not a certificate");
		expect(await failure(`${plain.origin}/a`, { SSL_CERT_FILE: empty })).toMatchObject({
			code: "usage",
			hint: "unset SSL_CERT_FILE",
		});
	});

	test("a TLS error is not retried: the next mirror takes over", { tags: "fault-8" }, async () => {
		other.put("/x.tar.gz", "archive");
		const waits: number[] = [];
		const mirrors = [new URL(secure.origin), new URL(other.origin)];
		const wanted = { filename: "x.tar.gz", mirrors, sha256: sha256("archive") };
		const drain = async (bytes: AsyncIterable<Buffer>) => {
			for await (const _ of bytes);
		};
		const timing = { wait: async (ms: number) => void waits.push(ms) };
		expect((await downloadArchive(testContext(), wanted, drain, { timing })).url).toBe(`${other.origin}/x.tar.gz`);
		expect(waits).toEqual([]);
	});

	test("http spoken where https is wanted", async () => {
		expect(await failure(`${plain.origin.replace("http:", "https:")}/a`)).toMatchObject({ kind: "untrusted" });
	});
});

describe("proxies", () => {
	test("https goes through a tunnel, http by its full address, each through its own", async () => {
		const proxy = await startProxy();
		const env = { SSL_CERT_FILE: trusted, HTTPS_PROXY: proxy.origin, HTTP_PROXY: proxy.origin };
		expect((await get(`${secure.origin}/a`, env)).text).toBe("secure");
		expect((await get(`${plain.origin}/a?b=c`, env)).text).toBe("plain");
		expect(proxy.requests.map(({ line }) => line)).toEqual([
			`CONNECT ${new URL(secure.origin).host}`,
			`GET ${plain.origin}/a?b=c`,
		]);
		await proxy.close();
	});

	test("HTTP_PROXY doesn't serve https, nor HTTPS_PROXY http", async () => {
		const proxy = await startProxy();
		await get(`${secure.origin}/a`, { SSL_CERT_FILE: trusted, HTTP_PROXY: proxy.origin });
		await get(`${plain.origin}/a`, { HTTPS_PROXY: proxy.origin });
		expect(proxy.requests).toEqual([]);
		await proxy.close();
	});

	test.each([
		[{ NO_PROXY: "127.0.0.1" }, 0],
		[{ NO_PROXY: "example.org, 127.0.0.1" }, 0],
		[{ NO_PROXY: "*" }, 0],
		[{ no_proxy: "example.org", NO_PROXY: "*" }, 1],
		[{ NO_PROXY: "example.org" }, 1],
		[{}, 1],
	])("%j", async (env, through) => {
		const proxy = await startProxy();
		expect((await get(`${plain.origin}/a`, { http_proxy: proxy.origin, ...env })).text).toBe("plain");
		expect(proxy.requests).toHaveLength(through);
		await proxy.close();
	});

	test("with a password, and without a scheme", { tags: "fault-9" }, async () => {
		const proxy = await startProxy();
		await get(`${plain.origin}/a`, { http_proxy: `${proxy.origin.replace("http://", "joe:pa%3Ass@")}` });
		expect(proxy.requests[0]?.authorization).toBe(`Basic ${Buffer.from("joe:pa:ss").toString("base64")}`);
		await proxy.close();
	});

	test.each([407, 403, 502])("that answers %i", async (status) => {
		const proxy = await startProxy(status);
		const error = await failure(`${secure.origin}/a`, { https_proxy: proxy.origin });
		const host = new URL(proxy.origin).host;
		expect(error).toMatchObject({ kind: "blocked", message: expect.stringContaining(`the proxy ${host} answered ${status}`) });
		await proxy.close();
	});

	test("that wants a password for plain http", async () => {
		const proxy = await startProxy(407);
		expect(await failure(`${plain.origin}/a`, { http_proxy: proxy.origin })).toMatchObject({ kind: "blocked" });
		await proxy.close();
	});

	test("that isn't there is named, without its password", { tags: "fault-9" }, async () => {
		const proxy = await startProxy();
		await proxy.close();
		const error = await failure(`${plain.origin}/a`, { http_proxy: proxy.origin.replace("//", "//joe:s3cret@") });
		expect(error).toMatchObject({
			kind: "unreachable",
			message: expect.stringContaining(`the proxy ${new URL(proxy.origin).host} refused`),
		});
		expect(String(error)).not.toContain("s3cret");
	});

	test("that is no URL", async () => {
		const error = await failure(`${plain.origin}/a`, { http_proxy: "ftp://joe:s3cret@x" });
		expect(error).toMatchObject({ code: "usage", message: expect.stringContaining("http_proxy") });
		expect(String(error)).not.toContain("s3cret");
	});

	test("only the context's environment counts, not the process's", async () => {
		for (const name of ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) vi.stubEnv(name, "http://127.0.0.1:1");
		expect((await get(`${plain.origin}/a`)).text).toBe("plain");
		const proxy = await startProxy();
		vi.stubEnv("NO_PROXY", "*");
		vi.stubEnv("no_proxy", "*");
		await get(`${plain.origin}/a`, { http_proxy: proxy.origin });
		expect(proxy.requests).toHaveLength(1);
		await proxy.close();
	});
});

describe("documents", () => {
	test("any status is an answer", async () => {
		plain.fail("/gone", { status: 410, body: "no more" });
		expect(await get(`${plain.origin}/gone`)).toMatchObject({ status: 410, text: "no more" });
	});

	test("larger than allowed", async () => {
		expect(await failure(`${plain.origin}/a`, {}, { limit: 4 })).toMatchObject({
			message: expect.stringContaining("larger than 4 bytes"),
		});
	});

	test("shorter than announced", async () => {
		plain.fail("/a", { length: 50 });
		expect(await failure(`${plain.origin}/a`)).toMatchObject({ kind: "cut" });
	});

	test("too slow as a whole", async () => {
		plain.fail("/a", { trickle: { bytes: 1, everyMs: 5 }, body: "x".repeat(10_000) });
		expect(await failure(`${plain.origin}/a`, {}, { documentMs: 20 })).toMatchObject({ kind: "slow" });
	});

	test("a file that isn't there, and a directory", async () => {
		expect((await get("file:///no/such/file")).status).toBe(404);
		expect((await get(pathToFileURL(freshRoot()).href)).status).toBe(404);
	});

	test("GOX_OFFLINE", async () => {
		expect(await failure(`${plain.origin}/a`, { GOX_OFFLINE: "1" })).toMatchObject({ code: "offline" });
		expect(plain.requests).toHaveLength(0);
	});
});
