import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Env } from "../../src/context.ts";
import type { GoxError } from "../../src/errors.ts";
import { removeTree } from "../../src/fs.ts";
import { findGo } from "../../src/go/command.ts";
import { sumdbEvidence } from "../../src/proxy/sumdb.ts";
import { fetchToolchain, listToolchains } from "../../src/proxy/toolchain.ts";
import { parseToolchainVersion } from "../../src/verify/dirhash.ts";
import { vouch } from "../../src/verify/evidence.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { h1Of } from "../support/sumdb/log.ts";
import { recordedAnswers, recordedDirectory, recordedToolchains } from "../support/sumdb/recorded.ts";
import { sumdbFiles, toolchainProxy, writeProxy } from "../support/sumdb/toolchainproxy.ts";
import { zipOf } from "../support/sumdb/zip.ts";

const path = process.env.PATH ?? "";
const go = findGo(testContext({ root: "/nonexistent", env: { PATH: path } }));
const proxy = toolchainProxy();
const { release, platform, version, h1 } = proxy;

describe.skipIf(!go)("the real go command (skipped without Go 1.21 or later)", () => {
	let server: TestServer;
	let root: string;
	let dir: string;
	beforeEach(async () => {
		server = await startServer();
		root = freshRoot();
		dir = join(root, "private");
		mkdirSync(dir);
		for (const [at, content] of proxy.files) server.put(`/${at}`, content);
	});
	afterEach(async () => {
		await server.close();
		removeTree(root);
	});

	const contextWith = (env: Env = {}) => {
		const found = `${dirname(go?.path ?? "")}${delimiter}/usr/bin${delimiter}/bin`;
		return testContext({
			root,
			env: { PATH: found, GOENV: "off", GOSUMDB: proxy.log.signer.verifierKey, GOPROXY: server.origin, ...env },
		});
	};
	const fetch = (env: Env = {}) => fetchToolchain(contextWith(env), release, platform, { dir, only: "go command" });
	const byGox = () => server.requests.filter(({ headers }) => headers["user-agent"] === "gox").map(({ url }) => url);
	const database = proxy.log.signer.name;

	it("downloads, and what it recorded is a full proof: gox asks nothing more", async () => {
		const fetched = await fetch();
		expect(fetched).toMatchObject({ via: "go command", from: server.origin });
		expect(readFileSync(fetched.zip)).toEqual(proxy.zip);
		expect(fetched.zip.startsWith(dir)).toBe(true);
		expect(vouch(h1, fetched.evidence)).toMatchObject([{ kind: "sumdb", where: database, treeSize: 701, recordNumber: 300 }]);
		expect(byGox()).toEqual([]);
	});

	it("starts from the tree that gox has seen, so its recordings lead from there to the newest", async () => {
		const earlier = proxy.log.fork(400);
		for (const [at, content] of sumdbFiles(earlier)) server.put(`/earlier/${at}`, content);
		await sumdbEvidence(contextWith({ GOPROXY: `${server.origin}/earlier` }), release, platform);
		const asked = byGox().length;
		const fetched = await fetch();
		expect(vouch(h1, fetched.evidence)).toMatchObject([{ kind: "sumdb", treeSize: 701 }]);
		expect(byGox()).toHaveLength(asked);
	});

	it("that meets a forked database stops everything", async () => {
		await sumdbEvidence(contextWith(), release, platform);
		for (const [at, content] of sumdbFiles(proxy.log.fork(500).fill(800, "fork"))) server.put(`/${at}`, content);
		const heads = [proxy.log.head(), proxy.log.fork(500).fill(800, "fork").head()];
		const failure = await fetch().catch((error: GoxError) => error);
		expect(failure).toMatchObject({ code: "integrity", message: expect.stringContaining("SECURITY ERROR") });
		for (const line of heads.flatMap((head) => head.trimEnd().split("\n")))
			expect((failure as GoxError).message, "both heads").toContain(line);
	});

	it("refuses another zip than the database knows", async () => {
		const prefix = `golang.org/toolchain@${version}/`;
		server.put(
			`/golang.org/toolchain/@v/${version}.zip`,
			zipOf([
				[`${prefix}VERSION`, "go1.22.5\n"],
				[`${prefix}evil`, "evil"],
			]),
		);
		await expect(fetch()).rejects.toMatchObject({ code: "integrity", message: expect.stringContaining("checksum mismatch") });
	});

	it("refuses an answer about another module, an empty one and a forged one", async () => {
		const lookup = `/sumdb/${database}/lookup/golang.org/toolchain@${version}`;
		const other = proxy.log.answer(proxy.log.lookups()[3] ?? "");
		for (const answer of [
			Buffer.from(other ?? []),
			"",
			`300\nx\n\n${proxy.log.head()}`,
			`300\ngolang.org/toolchain ${version} ${h1Of("evil")}\n\n${proxy.log.head()}`,
		]) {
			server.put(lookup, answer);
			await expect(fetch()).rejects.toMatchObject({ code: "integrity" });
		}
	});

	it.each([
		["that no proxy has", (env: Env) => ({ ...env, GOPROXY: "ORIGIN/none" }), "no-such-release"],
		["where the proxy is down", (env: Env) => ({ ...env, GOPROXY: "http://127.0.0.1:1" }), "network"],
		["where GOPROXY is off", (env: Env) => ({ ...env, GOPROXY: "off" }), "network"],
		["where GOSUMDB is off", (env: Env) => ({ ...env, GOSUMDB: "off" }), "integrity"],
	])("of a release %s fails as such", async (_what, change, code) => {
		const env = Object.fromEntries(
			Object.entries(change({})).map(([name, value]) => [name, value.replace("ORIGIN", server.origin)]),
		);
		await expect(fetch(env)).rejects.toMatchObject({ code });
	});

	it("isn't led astray by the user's flags and patterns", async () => {
		const env = {
			GOFLAGS: "-mod=vendor -insecure",
			GOPRIVATE: "*",
			GONOSUMDB: "*",
			GONOSUMCHECK: "1",
			GOTOOLCHAIN: "go1.99.0",
			GO111MODULE: "off",
		};
		expect(vouch(h1, (await fetch(env)).evidence)).toMatchObject([{ kind: "sumdb" }]);
	});

	it("from a single directory checks nothing, so it is no witness", async () => {
		writeProxy(join(root, "files"), new Map([...proxy.files].filter(([at]) => !at.startsWith("sumdb/"))));
		const fetched = await fetch({ GOPROXY: pathToFileURL(join(root, "files")).href, GOSUMDB: "off" });
		expect(() => vouch(h1, fetched.evidence)).toThrow("nobody vouches");
	});

	it("lists what the proxy knows", async () => {
		const listed = await listToolchains(contextWith(), { dir });
		expect(listed).toEqual([{ release: expect.objectContaining({ name: "go1.22.5" }), platform: "linux-amd64" }]);
	});

	const moduleCache = process.env.GOMODCACHE ?? join(homedir(), "go", "pkg", "mod");
	const download = join(moduleCache, "cache", "download");
	describe.each(recordedToolchains.slice(1, 3))("with $version out of a module cache", (real) => {
		const zip = join(download, "golang.org/toolchain/@v", `${real.version}.zip`);
		const known = parseToolchainVersion(real.version) ?? expect.unreachable();
		const serveReal = () => {
			for (const name of [`${real.version}.info`, `${real.version}.mod`, `${real.version}.zip`]) {
				server.put(`/real/golang.org/toolchain/@v/${name}`, readFileSync(join(download, "golang.org/toolchain/@v", name)));
			}
			server.put("/real/sumdb/sum.golang.org/supported", "");
			for (const [at, answer] of recordedAnswers()) server.put(`/real/sumdb/sum.golang.org/${at}`, Buffer.from(answer));
		};

		describe.skipIf(!existsSync(zip))(`(skipped without ${real.version} there)`, () => {
			it.each(["go command", "goproxy"] as const)("by the %s, from the cache as a file:// proxy", async (only) => {
				serveReal();
				writeProxy(
					join(root, "go/pkg"),
					new Map([["sumdb/sum.golang.org/latest", readFileSync(join(recordedDirectory, "latest"))]]),
				);
				const GOSUMDB = `sum.golang.org ${server.origin}/real/sumdb/sum.golang.org`;
				const context = contextWith({ GOPROXY: pathToFileURL(download).href, GOSUMDB });
				const fetched = await fetchToolchain(context, known.release, known.platform, { dir, only });
				expect(fetched.via).toBe(only);
				expect(vouch(publishedH1(real.version), fetched.evidence)).toMatchObject([{ kind: "sumdb", recordNumber: real.record }]);
				expect(readFileSync(fetched.zip).equals(readFileSync(zip))).toBe(true);
			});

			it("proven by Go's own database, as go recorded it", async () => {
				serveReal();
				const context = contextWith({
					GOPROXY: `${server.origin}/real`,
					GOSUMDB: "sum.golang.org",
					GOMODCACHE: join(root, "mod"),
				});
				writeProxy(
					join(root, "go/pkg"),
					new Map([["sumdb/sum.golang.org/latest", readFileSync(join(recordedDirectory, "latest"))]]),
				);
				const fetched = await fetchToolchain(context, known.release, known.platform, { dir, only: "go command" });
				const published = publishedH1(real.version);
				expect(vouch(published, fetched.evidence)).toMatchObject([
					{ kind: "sumdb", where: "sum.golang.org", treeSize: 66_398_721, recordNumber: real.record, digest: published },
				]);
				expect(byGox()).toEqual([]);
			});
		});
	});
});

function publishedH1(version: string): string {
	const lines = readFileSync(join(recordedDirectory, `lookup/golang.org/toolchain@${version}`), "utf8").split("\n");
	return lines[1]?.split(" ")[2] ?? expect.unreachable(version);
}
