import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Env } from "../../src/context.ts";
import { recordProofs, sumdbEvidence } from "../../src/proxy/sumdb.ts";
import { fetchToolchain, listToolchains } from "../../src/proxy/toolchain.ts";
import { vouch } from "../../src/verify/evidence.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { h1Of, LogSigner } from "../support/sumdb/log.ts";
import { recordedAnswers } from "../support/sumdb/recorded.ts";
import { sumdbFiles, toolchainProxy, writeProxy } from "../support/sumdb/toolchainproxy.ts";

const proxy = toolchainProxy();
const { release, platform, version, h1 } = proxy;
const at = `golang.org/toolchain/@v/${version}`;
const gosumdb = proxy.log.signer.verifierKey;

let server: TestServer;
let root: string;
let dir: string;
beforeEach(async () => {
	server = await startServer();
	root = freshRoot();
	dir = join(root, "private");
	mkdirSync(dir);
	serve("/a", proxy.files);
});
afterEach(() => server.close());

function serve(base: string, files: ReadonlyMap<string, Buffer | string>): void {
	for (const [path, content] of files) server.put(`${base}/${path}`, content);
}

function contextWith(env: Env, cwd = root): TestContext {
	return testContext({ root, cwd, env: { PATH: "", GOSUMDB: gosumdb, GOENV: "off", ...env } });
}
const fetch = (env: Env) => fetchToolchain(contextWith(env), release, platform, { dir });
const asked = () => server.requests.map(({ url, status }) => `${url} ${status}`);

describe("gox's own client", () => {
	it("fetches the zip, and the proof through the same proxy", async () => {
		const fetched = await fetch({ GOPROXY: `${server.origin}/a,direct` });
		expect(fetched).toMatchObject({ via: "goproxy", from: `${server.origin}/a`, version });
		expect(readFileSync(fetched.zip)).toEqual(proxy.zip);
		expect(fetched.zip.startsWith(dir)).toBe(true);
		expect(vouch(h1, fetched.evidence)).toEqual([
			{ kind: "sumdb", where: "log.example.org", digest: h1, treeSize: 701, rootHash: expect.any(String), recordNumber: 300 },
		]);
		expect(asked().slice(0, 4)).toEqual([
			`/a/${at}.info 200`,
			`/a/${at}.zip 200`,
			"/a/sumdb/log.example.org/supported 200",
			`/a/sumdb/log.example.org/lookup/golang.org/toolchain@${version} 200`,
		]);
	});

	it("says with both hashes that another toolchain is not what was published", async () => {
		const { evidence } = await fetch({ GOPROXY: `${server.origin}/a` });
		expect(() => vouch(h1Of("evil"), evidence, release)).toThrow(
			expect.objectContaining({
				code: "integrity",
				message: expect.stringMatching(/go1\.22\.5 is not what was published:[\s\S]*h1:/),
			}),
		);
		expect(() => vouch(h1Of("evil"), evidence, release)).toThrow(h1);
		expect(() => vouch(h1Of("evil"), evidence, release)).toThrow(h1Of("evil"));
	});

	it.each([
		["the next proxy after 404", "none,a", ["none", "a"]],
		["the next proxy after 410", "gone,a", ["gone", "a"]],
		["the next proxy after a failure, behind |", "broken|a", ["broken", "a"]],
	])("asks %s", async (_what, list, wanted) => {
		server.failAlways(`/gone/${at}.info`, { status: 410 });
		server.failAlways(`/broken/${at}.info`, { status: 500 });
		const separator = list.includes("|") ? "|" : ",";
		const goproxy = list
			.split(separator)
			.map((name) => `${server.origin}/${name}`)
			.join(separator);
		expect((await fetch({ GOPROXY: goproxy })).from).toBe(`${server.origin}/a`);
		expect([
			...new Set(
				asked()
					.filter((url) => url.includes(".info"))
					.map((url) => url.split("/")[1]),
			),
		]).toEqual(wanted);
	});

	it.each([
		[
			"every proxy lacks it",
			"none",
			"no-such-release",
			/none has no golang\.org\/toolchain\/@v\/v0\.0\.1-go1\.22\.5\.linux-amd64\.info \(404\)/,
		],
		["a proxy fails, before a comma", "broken", "network", /answered 500/],
		["access is refused", "locked", "network", /answered 403/],
		["the answer is about another version", "liar", "network", /answered about v0\.0\.1-go1\.22\.5\.linux-amd64 with "\{/],
		["the answer is a page", "portal", "network", /with "<html>/],
	])("%s", async (_what, name, code, message) => {
		server.failAlways(`/broken/${at}.info`, { status: 500 });
		server.failAlways(`/locked/${at}.info`, { status: 403 });
		server.put(`/liar/${at}.info`, JSON.stringify({ Version: "v0.0.1-go1.22.6.linux-amd64" }));
		server.put(`/portal/${at}.info`, "<html>Please log in</html>");
		await expect(fetch({ GOPROXY: `${server.origin}/${name},${server.origin}/none` })).rejects.toMatchObject({
			code,
			message: expect.stringMatching(message),
		});
	});

	it.each([
		["direct", /GOPROXY is `direct`, and Go's toolchains can be had from a proxy only/],
		["off", /GOPROXY is `off`/],
		["", /no module proxy is known: GOPROXY is not set/],
	])("GOPROXY=%j is explained", async (goproxy, message) => {
		await expect(fetch({ GOPROXY: goproxy })).rejects.toMatchObject({ code: "network", message: expect.stringMatching(message) });
	});

	it("sends the address's credentials and never shows them", async () => {
		const fetched = await fetch({ GOPROXY: `${server.origin.replace("//", "//user:hunter2@")}/a` });
		expect(server.requests.every(({ headers }) => headers.authorization === `Basic ${btoa("user:hunter2")}`)).toBe(true);
		expect(JSON.stringify(fetched)).not.toContain("hunter2");
		await expect(fetch({ GOPROXY: `${server.origin.replace("//", "//user:hunter2@")}/none` })).rejects.toThrow(
			expect.not.stringContaining("hunter2"),
		);
	});

	it("refuses plain http to another machine", async () => {
		await expect(fetch({ GOPROXY: "http://proxy.example" })).rejects.toMatchObject({ code: "usage" });
	});

	it("resumes a zip that was cut", async () => {
		server.fail(`/a/${at}.zip`, { cutAfter: 1000 });
		expect(readFileSync((await fetch({ GOPROXY: `${server.origin}/a` })).zip)).toEqual(proxy.zip);
	});

	it("reads a directory of files, with no network at all", async () => {
		writeProxy(join(root, "files"), proxy.files);
		const fetched = await fetch({ GOPROXY: pathToFileURL(join(root, "files")).href, GOX_OFFLINE: "1" });
		expect(readFileSync(fetched.zip)).toEqual(proxy.zip);
		expect(vouch(h1, fetched.evidence)).toHaveLength(1);
	});

	it("offline, passes over proxies on other machines", async () => {
		writeProxy(join(root, "files"), proxy.files);
		const goproxy = `${server.origin}/a,${pathToFileURL(join(root, "files")).href}`;
		expect((await fetch({ GOPROXY: goproxy, GOX_OFFLINE: "1" })).from).toBe(pathToFileURL(join(root, "files")).href);
		await expect(fetch({ GOPROXY: `${server.origin}/a`, GOX_OFFLINE: "1" })).rejects.toMatchObject({ code: "offline" });
		expect(server.requests).toEqual([]);
	});

	it("lists the toolchains for the platforms that gox knows", async () => {
		const list = [
			"v0.0.1-go1.23.4.darwin-arm64",
			"v0.0.1-go1.9rc2.windows-amd64",
			"v0.0.1-go1.22.5.linux-amd64 2024-06-27T20:11:12Z",
			"",
			"rubbish",
		];
		server.put("/a/golang.org/toolchain/@v/list", list.join("\n"));
		const listed = await listToolchains(contextWith({ GOPROXY: `${server.origin}/none,${server.origin}/a` }), { dir });
		expect(listed.map((each) => `${each.release.name} ${each.platform}`)).toEqual([
			"go1.23.4 darwin-arm64",
			"go1.22.5 linux-amd64",
		]);
	});
});

describe("the checksum database as evidence", { tags: "fault-15" }, () => {
	const evidence = (env: Env) => sumdbEvidence(contextWith(env), release, platform);
	const noWitness = (reason: RegExp) => ({
		kind: "unavailable",
		witness: "checksum database",
		reason: expect.stringMatching(reason),
	});

	it("at the address in GOSUMDB, the proxies aren't asked", async () => {
		serve(
			"/direct",
			new Map([...sumdbFiles(proxy.log)].map(([path, content]) => [path.replace("sumdb/log.example.org/", ""), content])),
		);
		const found = await evidence({ GOPROXY: `${server.origin}/a`, GOSUMDB: `${gosumdb} ${server.origin}/direct` });
		expect(found).toMatchObject({ kind: "checksum database", h1 });
		expect(server.requests.every(({ url }) => url.startsWith("/direct/"))).toBe(true);
	});

	it.each(["GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY", "GOINSECURE", "GOFLAGS"])(
		"%s exempts nothing",
		async (name) => {
			const value = name === "GOFLAGS" ? "-insecure" : name === "GONOSUMCHECK" ? "1" : "golang.org/*,*";
			expect(await evidence({ GOPROXY: `${server.origin}/a`, [name]: value })).toMatchObject({ kind: "checksum database", h1 });
		},
	);

	it("GOSUMDB=off: nobody vouches, with the reason", async () => {
		const found = await evidence({ GOPROXY: `${server.origin}/a`, GOSUMDB: "off" });
		expect(found).toEqual(noWitness(/disabled by GOSUMDB=off/));
		expect(() => vouch(h1, [found], release)).toThrow(/nobody vouches for go1\.22\.5 .*disabled by GOSUMDB=off/);
		expect(server.requests).toEqual([]);
	});

	it.each([
		[
			"the database has no such record",
			`/a/sumdb/log.example.org/lookup/golang.org/toolchain@${version}`,
			{ status: 404 },
			/has no lookup/,
		],
		["the proxy fails", "/a/sumdb/log.example.org/supported", { status: 500 }, /answered 500/],
		["a tile is missing", "/a/sumdb/log.example.org/tile/8/1/000.p/2", { status: 404 }, /has no tile/],
	])("%s: unavailable", async (_what, path, fault, reason) => {
		server.failAlways(path, fault);
		if (path.includes("/tile/")) server.failAlways("/a/sumdb/log.example.org/tile/8/1/000", { status: 404 });
		expect(await evidence({ GOPROXY: `${server.origin}/a` })).toEqual(noWitness(reason));
	});

	it.each(["<html>\n\nPlease log in</html>", "\n<!DOCTYPE html><title>Hotel</title>"])(
		"a captive portal's page is no answer, and odd: %j",
		async (page) => {
			server.put(`/a/sumdb/log.example.org/lookup/golang.org/toolchain@${version}`, page);
			expect(await evidence({ GOPROXY: `${server.origin}/a` })).toEqual({ ...noWitness(/web page/), odd: true });
		},
	);

	it("a GOROOT's go.env doesn't choose who vouches", async () => {
		mkdirSync(join(root, "go/bin"), { recursive: true });
		writeFileSync(join(root, "go/VERSION"), "go1.22.5\n");
		writeFileSync(join(root, "go/go.env"), `GOPROXY=${server.origin}/a\nGOSUMDB=off\n`);
		writeFileSync(join(root, "go/bin/go"), "#!/bin/sh\n", { mode: 0o755 });
		writeFileSync(join(root, "env"), `GOSUMDB=${gosumdb}\n`);
		server.failAlways("/a/sumdb/sum.golang.org/supported", { status: 500 });
		const PATH = join(root, "go/bin");
		expect(await evidence({ PATH, GOSUMDB: "" })).toEqual(noWitness(/answered 500/));
		expect(await evidence({ PATH, GOSUMDB: "", GOENV: join(root, "env") })).toMatchObject({ kind: "checksum database", h1 });
	});

	it("nor whose proofs a bundle takes along, nor whom a go command asks", async () => {
		const goroot = join(root, "go1.22");
		mkdirSync(join(goroot, "bin"), { recursive: true });
		writeFileSync(join(goroot, "VERSION"), "go1.22.0\n");
		writeFileSync(join(goroot, "go.env"), "GOSUMDB=off\n");
		writeFileSync(join(goroot, "bin/go"), `#!/bin/sh\necho "$GOSUMDB" >${root}/asked\nexit 1\n`, { mode: 0o755 });
		for (const [path, answer] of [["supported", ""] as const, ...recordedAnswers()])
			server.put(`/a/sumdb/sum.golang.org/${path}`, Buffer.from(answer));
		const context = contextWith({
			PATH: `${join(goroot, "bin")}:/usr/bin:/bin`,
			GOSUMDB: "",
			GOPROXY: `${server.origin}/a`,
		});
		const recording = await recordProofs(context, [{ release, platform }], { insecure: false });
		expect(recording).toMatchObject({ database: "sum.golang.org", proofs: [{ recordNumber: 27_869_929 }] });
		expect([...recording.answers.keys()]).toContain(`lookup/golang.org/toolchain@${version}`);
		await fetchToolchain(context, release, platform, { dir }).catch(() => undefined);
		expect(readFileSync(join(root, "asked"), "utf8")).toBe("sum.golang.org\n");
	});

	/** Of a database whose own address is this server's, which can't speak TLS. */
	const local = () => {
		const name = new URL(server.origin).host;
		return { GOSUMDB: new LogSigner(name).verifierKey, direct: new RegExp(`https?://${name}|^${name}`) };
	};

	it.each<[string, string, "asked" | "not asked"]>([
		["no proxy has it", "ORIGIN/none", "asked"],
		["no proxy has it, direct behind", "ORIGIN/none,direct", "asked"],
		["direct comes first", "direct,ORIGIN/a", "asked"],
		["a proxy that may fail fails, direct behind", "ORIGIN/fails|direct", "asked"],
		["the same with another between that hasn't it", "ORIGIN/fails|ORIGIN/none,direct", "asked"],
		["the same with nothing behind", "ORIGIN/fails|ORIGIN/none", "not asked"],
		["a proxy that must not fail fails", "ORIGIN/fails,direct", "not asked"],
	])("directly, as Go does, where %s: %s", async (_what, GOPROXY, wanted) => {
		const { GOSUMDB, direct } = local();
		server.failAlways(`/fails/sumdb/${new URL(server.origin).host}/supported`, { status: 500 });
		const found = await evidence({ GOPROXY: GOPROXY.replaceAll("ORIGIN", server.origin), GOSUMDB });
		if (found.kind !== "unavailable") expect.unreachable();
		if (wanted === "asked") expect(found.reason).toMatch(/TLS|SSL|wrong version|packet length/i);
		else expect(found.reason).toContain("answered 500");
		expect(found.reason).toMatch(direct);
	});

	it("GOPROXY=off: nobody is asked, not even the address in GOSUMDB", async () => {
		const found = await evidence({ GOPROXY: "off", GOSUMDB: `${gosumdb} ${server.origin}/a/sumdb/log.example.org` });
		expect(found).toEqual(noWitness(/GOPROXY is off/));
		expect(server.requests).toEqual([]);
	});

	it("offline, what was proven once is proven again", async () => {
		expect(await evidence({ GOPROXY: `${server.origin}/a`, GOX_OFFLINE: "1" })).toEqual(noWitness(/GOX_OFFLINE/));
		const online = await evidence({ GOPROXY: `${server.origin}/a` });
		expect(await evidence({ GOPROXY: `${server.origin}/a`, GOX_OFFLINE: "1" })).toEqual(online);
	});

	it.each([
		["an empty answer", ""],
		[
			"a forged answer",
			`300\ngolang.org/toolchain ${version} ${h1Of("evil")}\ngolang.org/toolchain ${version}/go.mod ${h1Of("x")}\n\n${proxy.log.head()}`,
		],
	])("%s stops everything", async (_what, answer) => {
		server.put(`/a/sumdb/log.example.org/lookup/golang.org/toolchain@${version}`, answer);
		await expect(evidence({ GOPROXY: `${server.origin}/a` })).rejects.toMatchObject({ code: "integrity" });
		await expect(fetch({ GOPROXY: `${server.origin}/a` })).rejects.toMatchObject({ code: "integrity" });
	});

	it("a log that forked since the last time stops everything, whatever was recorded", async () => {
		await evidence({ GOPROXY: `${server.origin}/a` });
		const forked = proxy.log.fork(500).fill(800, "fork");
		serve("/fork", sumdbFiles(forked));
		await expect(
			sumdbEvidence(
				testContext({ root, env: { PATH: "", GOSUMDB: gosumdb, GOENV: "off", GOPROXY: `${server.origin}/fork` } }),
				release,
				"linux-amd64",
			),
		).resolves.toMatchObject({ proof: { treeSize: 701 } });
		const fresh = { ...contextWith({ GOPROXY: `${server.origin}/fork` }), cacheDir: join(root, "another-cache") };
		await expect(sumdbEvidence(fresh, release, platform)).rejects.toMatchObject({
			code: "integrity",
			message: expect.stringContaining("SECURITY ERROR"),
		});
	});

	it("answers that a go command recorded are enough, and a damaged recording is no obstacle", async () => {
		const recorded = join(root, "go/pkg/mod/cache/download");
		writeProxy(recorded, sumdbFiles(proxy.log));
		expect(await evidence({ GOX_OFFLINE: "1" })).toMatchObject({ kind: "checksum database", h1 });
		writeFileSync(join(recorded, `sumdb/log.example.org/lookup/golang.org/toolchain@${version}`), "damaged");
		const context = { ...contextWith({ GOPROXY: `${server.origin}/a` }), cacheDir: join(root, "another-cache") };
		expect(await sumdbEvidence(context, release, platform)).toMatchObject({ kind: "checksum database", h1 });
	});

	it("a module cache as GOPROXY has answers of older trees, and the tiles of the newest, whose head lies beside it", async () => {
		const name = "sumdb/log.example.org";
		const downloads = join(root, "theirs/pkg/mod/cache/download");
		const old = 690;
		const lookup = `lookup/golang.org/toolchain@${version}`;
		const recorded = [...sumdbFiles(proxy.log)].filter(([path]) => {
			const partial = /tile\/8\/0\/(\d+)\.p\/(\d+)$/.exec(path);
			return path.includes("/tile/") && (!partial || Number(partial[1]) * 256 + Number(partial[2]) === proxy.log.size);
		});
		writeProxy(downloads, new Map([...recorded, [`${name}/${lookup}`, Buffer.from(proxy.log.answer(lookup, old) ?? "")]]));
		const GOPROXY = pathToFileURL(downloads).href;
		writeProxy(join(root, "theirs/pkg"), new Map([[`${name}/latest`, proxy.log.head()]]));
		expect(await evidence({ GOPROXY })).toMatchObject({ h1, proof: { treeSize: proxy.log.size, recordNumber: 300 } });
	});
});

describe("a go.sum", () => {
	const goSum = (lines: string) => writeFileSync(join(root, "go.sum"), lines);
	const nested = () => {
		mkdirSync(join(root, "deep/er"), { recursive: true });
		return join(root, "deep/er");
	};
	const offline = (cwd: string) => {
		writeProxy(join(root, "files"), new Map([...proxy.files].filter(([path]) => !path.startsWith("sumdb/"))));
		const env = { GOPROXY: pathToFileURL(join(root, "files")).href, GOX_OFFLINE: "1" };
		return fetchToolchain(contextWith(env, cwd), release, platform, { dir });
	};

	it("above the working directory is a witness", async () => {
		goSum(`example.org/x v1.0.0 ${h1Of("x")}\ngolang.org/toolchain ${version} ${h1}\n`);
		writeFileSync(join(nested(), "go.sum"), `example.org/x v1.0.0 ${h1Of("x")}\n`);
		const { evidence } = await offline(nested());
		expect(vouch(h1, evidence)).toEqual([{ kind: "go.sum", where: join(root, "go.sum"), digest: h1 }]);
	});

	it.each([
		["another hash", `golang.org/toolchain ${version} ${h1Of("other")}\n`, /is not what was published/],
		[
			"two hashes",
			`golang.org/toolchain ${version} ${h1}\ngolang.org/toolchain ${version} ${h1Of("other")}\n`,
			/is not what was published/,
		],
		["only the go.mod's hash", `golang.org/toolchain ${version}/go.mod ${h1}\n`, /nobody vouches/],
		["another version", `golang.org/toolchain v0.0.1-go1.22.6.linux-amd64 ${h1}\n`, /nobody vouches/],
		["no hash", `golang.org/toolchain ${version} h1:x\n`, /nobody vouches/],
	])("with %s is none", async (_what, lines, message) => {
		goSum(lines);
		const { evidence } = await offline(root);
		expect(() => vouch(h1, evidence)).toThrow(message);
	});
});

describe("the user's module cache", () => {
	it("comes first when it has the zip, and nothing in it changes", async () => {
		const cache = join(root, "modcache");
		writeProxy(join(cache, "cache/download"), proxy.files);
		const before = readdirSync(cache, { recursive: true }).sort();
		const fetched = await fetch({ GOMODCACHE: cache, GOPROXY: "off", GOX_OFFLINE: "1" });
		expect(fetched).toMatchObject({ via: "module cache", from: cache });
		expect(vouch(h1, fetched.evidence)).toHaveLength(1);
		expect(readdirSync(cache, { recursive: true }).sort()).toEqual(before);
		expect(server.requests).toEqual([]);
	});
});

describe("a go command that", () => {
	/** A stand-in for Go 1.22: a shell script in GOROOT/bin/go. */
	const fakeGo = (script: string) => {
		const goroot = join(root, "fakego");
		mkdirSync(join(goroot, "bin"), { recursive: true });
		writeFileSync(join(goroot, "VERSION"), "go1.22.0\n");
		writeFileSync(join(goroot, "bin/go"), `#!/bin/sh\n${script}\n`);
		chmodSync(join(goroot, "bin/go"), 0o755);
		return { PATH: `${join(goroot, "bin")}:/usr/bin:/bin` };
	};

	const byGo = (env: Env) => fetchToolchain(contextWith(env), release, platform, { dir, only: "go command" });

	it("downloads gets the user's settings, and nothing that leads elsewhere", async () => {
		const script = `env > "${root}/env"; echo "$@" > "${root}/args"; pwd > "${root}/pwd"; echo '{"Zip":"/z.zip","Sum":"${h1}"}'`;
		const env = {
			GOFLAGS: "-mod=vendor",
			GOROOT: "/wrong",
			GOTOOLCHAIN: "go1.99",
			GOWORK: "/w",
			GIT_HTTP_USER_AGENT: "x",
			GOAUTH: "netrc",
		};
		const fetched = await fetch({ ...fakeGo(script), ...env, GOPROXY: `${server.origin}/a,direct` });
		expect(fetched).toMatchObject({ via: "go command", zip: "/z.zip", from: `${server.origin}/a,direct` });
		expect(readFileSync(join(root, "args"), "utf8")).toBe(`mod download -json golang.org/toolchain@${version}\n`);
		expect(readFileSync(join(root, "pwd"), "utf8")).toBe(`${join(dir, "module")}\n`);
		const given = readFileSync(join(root, "env"), "utf8").split("\n");
		for (const line of [
			"GOFLAGS=-modcacherw",
			`GOROOT=${root}/fakego`,
			"GOTOOLCHAIN=local",
			"GOWORK=off",
			"GO111MODULE=on",
			"GOAUTH=netrc",
			`GOSUMDB=${gosumdb}`,
			`GOPATH=${dir}/gopath`,
			`GOMODCACHE=${dir}/modcache`,
		]) {
			expect(given).toContain(line);
		}
		expect(given.join("\n")).not.toContain("GIT_HTTP_USER_AGENT");
	});

	it("recorded nothing is itself the witness, but not where it asked nobody", async () => {
		server.failAlways("/a/sumdb/log.example.org/supported", { status: 500 });
		const answer = fakeGo(`echo '{"Zip":"/z.zip","Sum":"${h1}"}'`);
		const fetched = await fetch({ ...answer, GOPROXY: `${server.origin}/a,direct` });
		expect(vouch(h1, fetched.evidence)).toEqual([{ kind: "go command", where: join(root, "fakego/bin/go"), digest: h1 }]);
		expect(() => vouch(h1Of("evil"), fetched.evidence)).toThrow("is not what was published");
		const unproven = await byGo({
			...answer,
			GOPROXY: "file:///nowhere",
			GOX_OFFLINE: undefined,
			GOSUMDB: `${gosumdb} ${server.origin}/none`,
		});
		expect(() => vouch(h1, unproven.evidence)).toThrow("nobody vouches");
	});

	it.each([
		["fails in JSON", `echo '{"Error":"reading x: 404 Not Found"}'; exit 1`, "no-such-release", /404/],
		["fails in JSON, with status 0", `echo '{"Error":"checksum mismatch"}'`, "integrity", /mismatch/],
		["stops for security", `echo "verifying: SECURITY ERROR" >&2; exit 1`, "integrity", /SECURITY ERROR/],
		["can't connect", `echo "dial tcp: connection refused" >&2; exit 1`, "network", /refused/],
		["says nothing", "exit 3", "network", /could not download/],
		["says something else", "echo hello", "network", /it answered hello/],
		["shows a password", `echo 'Get "https://u:hunter2@p.example/x": EOF' >&2; exit 1`, "network", /^(?!.*hunter2).*p\.example/],
	])("%s", async (_what, script, code, message) => {
		await expect(byGo({ ...fakeGo(script), GOPROXY: `${server.origin}/a` })).rejects.toMatchObject({
			code,
			message: expect.stringMatching(message),
		});
	});

	it("never ends is ended", async () => {
		const env = fakeGo("exec sleep 1000");
		const context = contextWith({ ...env, GOPROXY: `${server.origin}/a` });
		await expect(fetchToolchain(context, release, platform, { dir, only: "go command", timeoutMs: 100 })).rejects.toMatchObject({
			code: "network",
		});
		const running = fetchToolchain(context, release, platform, { dir });
		context.interrupt();
		await expect(running).rejects.toMatchObject({ code: "interrupted" });
	});

	it("can't get through is helped by gox's own client, whose failure says less", async () => {
		const env = fakeGo('echo "go: some trouble" >&2; exit 1');
		expect(await fetch({ ...env, GOPROXY: `${server.origin}/a` })).toMatchObject({ via: "goproxy" });
		server.failAlways(`/a/${at}.info`, { status: 500 });
		await expect(fetch({ ...env, GOPROXY: `${server.origin}/a` })).rejects.toThrow("some trouble");
	});

	it.each([
		["the checksum database is off", () => ({ GOPROXY: `${server.origin}/a`, GOSUMDB: "off" })],
		["everything is on this machine", () => ({ GOPROXY: pathToFileURL(join(root, "files")).href })],
	])("is not started where %s", async (_what, env) => {
		writeProxy(join(root, "files"), proxy.files);
		const fetched = await fetch({ ...fakeGo(`touch ${root}/started; exit 1`), ...env() });
		expect(fetched.via).toBe("goproxy");
		expect(existsSync(join(root, "started"))).toBe(false);
	});

	it("is not started offline", async () => {
		const env = fakeGo(`touch ${root}/started; exit 1`);
		await expect(fetch({ ...env, GOPROXY: `${server.origin}/a`, GOX_OFFLINE: "1" })).rejects.toMatchObject({ code: "offline" });
		expect(existsSync(join(root, "started"))).toBe(false);
	});

	it("lists", async () => {
		const env = fakeGo("echo golang.org/toolchain v0.0.1-go1.22.5.linux-amd64 v0.0.1-go1.9rc2.windows-amd64");
		const listed = await listToolchains(contextWith({ ...env, GOPROXY: `${server.origin}/a` }), { dir });
		expect(listed.map(({ release: { name } }) => name)).toEqual(["go1.22.5"]);
	});
});

it("a signer's name may have a path", async () => {
	const pathed = toolchainProxy("go1.21.0", "darwin-arm64", new LogSigner("sums.example.org/team/log"));
	serve("/b", pathed.files);
	const context = contextWith({ GOPROXY: `${server.origin}/b`, GOSUMDB: pathed.log.signer.verifierKey });
	const fetched = await fetchToolchain(context, pathed.release, "darwin-arm64", { dir });
	expect(vouch(pathed.h1, fetched.evidence)).toMatchObject([{ where: "sums.example.org/team/log" }]);
});
