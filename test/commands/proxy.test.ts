import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Client } from "../../src/fetch/client.ts";
import { findGo } from "../../src/go/command.ts";
import { editedGoEnv, parseGoEnv } from "../../src/go/envfile.ts";
import { isPrivate, shownGoproxy } from "../../src/proxy/goproxy.ts";
import { profileOf } from "../../src/proxy/profile.ts";
import { tryProxy } from "../../src/proxy/trial.ts";
import { shWord } from "../../src/shell/shell.ts";
import { headsInMemory } from "../../src/sumdb/heads.ts";
import { parseGosumdb } from "../../src/sumdb/note.ts";
import { command } from "../support/command.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { h1Of, LogSigner, TestLog } from "../support/sumdb/log.ts";
import { sumdbFiles, writeProxy } from "../support/sumdb/toolchainproxy.ts";
import { tried } from "../support/tally.ts";

const signer = new LogSigner("log.example.org");
const gosumdb = signer.verifierKey;
const log = new TestLog(signer).fill(20).add("golang.org/x/text", "v0.3.0", h1Of("text")).fill(20);
const list = "golang.org/x/text/@v/list";
const files = new Map<string, Buffer | string>([[list, "v0.3.0\nv0.4.0\n"], ...sumdbFiles(log)]);

let server: TestServer;
let root: string;
let file: string;

beforeEach(async () => {
	root = freshRoot();
	file = join(root, "goenv");
	server = await startServer();
	for (const site of ["a", "b", "public"]) for (const [path, content] of files) server.put(`/${site}/${path}`, content);
	installGo("go1.90.1", `${at("public")},direct`);
});
afterEach(() => server.close());

const at = (site: string) => `${server.origin}/${site}`;
const withPassword = (address: string) => address.replace("//", "//joe:s3cret@");

/** A Go with a go.env, whose program can't do anything: gox writes the file itself. */
function installGo(version: string, goproxy: string): void {
	const goroot = join(root, "sdk", version);
	mkdirSync(join(goroot, "bin"), { recursive: true });
	writeFileSync(join(goroot, "VERSION"), `${version}\n`);
	writeFileSync(join(goroot, "go.env"), `# Go's own\nGOPROXY=${goproxy}\nGOSUMDB=${gosumdb}\n`);
	writeFileSync(join(goroot, "bin/go"), goProgram(), { mode: 0o755 });
}

/** `go env -w` and `-u` of one setting or more, recorded in `calls`. */
function goProgram(): string {
	return `#!/bin/sh
printf '%s\\n' "$*" >> '${root}/calls'
mode=$2; shift 2
for each in "$@"; do
  name=\${each%%=*}
  { grep -v "^$name=" "$GOENV" 2>/dev/null; test "$mode" = -u || printf '%s\\n' "$each"; } > "$GOENV.new"
  mv "$GOENV.new" "$GOENV"
done
`;
}

interface Options {
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly answers?: readonly string[];
	/** Neither a terminal nor --yes. */
	readonly isUnattended?: boolean;
	readonly checkpoint?: (name: string) => void;
}

/** `use` asks before it writes: agreed to, unless a test answers. */
const gox = (words: readonly string[], { env = {}, ...more }: Options = {}) => {
	const agreed = words[0] === "use" && !more.answers && !more.isUnattended ? ["--yes"] : [];
	const at = words.includes("--") ? words.indexOf("--") : words.length;
	return command(
		{
			root,
			env: { PATH: `${root}/sdk/go1.90.1/bin:/usr/bin:/bin`, GOENV: file, ...env },
			...(more.answers && { answers: more.answers }),
			...(more.checkpoint && { checkpoint: more.checkpoint }),
		},
		"proxy",
		...words.toSpliced(at, 0, ...agreed),
	);
};
const text = () => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const calls = () => (existsSync(join(root, "calls")) ? readFileSync(join(root, "calls"), "utf8").trim().split("\n") : []);
const records = () => readdirSync(join(root, ".gox/backup/proxy"));

describe("gox proxy", () => {
	test("shows what is in force, and who says so", async () => {
		writeFileSync(file, `GOPROXY=${withPassword(at("a"))},direct\nGOPRIVATE=corp.example/*\n`);
		const { status, out, err } = await gox([], { env: { GOSUMDB: "off" } });
		expect(status).toBe(0);
		expect(out.replace(/ +/g, " ").split("\n")).toEqual([
			`GOPROXY ${at("a")},direct # ${file}`,
			"GOSUMDB off # environment",
			`GOPRIVATE corp.example/* # ${file}`,
			"GONOPROXY corp.example/* # GOPRIVATE",
			"GONOSUMDB corp.example/* # GOPRIVATE",
			"",
		]);
		expect(err).toContain("mirror: your own proxy, then each module's repository");
		expect(calls()).toEqual([]);
	});

	test("reads a go env file whole, however large it is", async () => {
		writeFileSync(file, `${"# more\n".repeat(200_000)}GOPROXY=${at("a")}\n`);
		expect((await gox([])).out).toContain(`${at("a")} `);
	});

	test("fails for a go env file that can't be read", async () => {
		mkdirSync(file);
		await expect(gox([])).rejects.toMatchObject({ code: "EISDIR" });
	});

	test("as JSON, without anything set", async () => {
		const { out } = await gox(["--json"]);
		expect(JSON.parse(out)).toMatchObject({
			profile: "public",
			settings: [
				{ name: "GOPROXY", value: `${at("public")},direct`, from: join(realpathSync(root), "sdk/go1.90.1/go.env") },
				{ name: "GOSUMDB" },
				{ name: "GOPRIVATE", value: null, from: null },
				{ name: "GONOPROXY", value: null },
				{ name: "GONOSUMDB", value: null },
			],
			file,
			undo: null,
		});
	});

	test("without any Go, says that nobody says so", async () => {
		const { out, err } = await gox([], { env: { PATH: "/nowhere", GOENV: "off" } });
		expect(out).toMatch(/^GOPROXY +\(not set\)$/m);
		expect(err).toContain("there is no Go here");
		expect(err).toContain("GOENV=off");
	});

	test.each([
		[["nonsense"], /wants show, use, test or undo, not "nonsense"/],
		[["https://joe:s3cret@proxy.example"], /not an address/],
		[["undo", "more"], /one word too many/],
		[["undo"], /nothing to undo/],
		[["use"], /too few words: it is `gox proxy use <profile> \[address\]`/],
		[["use", "https://joe:s3cret@proxy.example"], /wants a profile/],
		[["use", "mirror"], /wants an address/],
		[["use", "mirror", "https://a.example", "https://joe:s3cret@b.example"], /"https:\/\/…@b\.example" is one word too many/],
		[["use", "mirror", "direct"], /a proxy's address, not direct/],
		[["use", "mirror", "http://joe:s3cret@proxy.example"], /plain http/],
		[["use", "mirror", "https://joe:s3cret@a .example"], /no blanks/],
		[["use", "mirror", "ftp://joe:s3cret@a.example"], /by https, http or file/],
		[["use", "public", "https://a.example"], /no address/],
		[["use", "company", "https://a.example", "--private", "https://corp.example"], /no pattern/],
		[["use", "company", "https://a.example", "--private-by-proxy"], /what is private/],
		[["use", "public", "--sumdb", "nonsense"], /--sumdb "nonsense" can't be used/],
		[["test", "--module", "../../x"], /a module's path/],
	] as [string[], RegExp][])("%j is refused", async (words, said) => {
		const { status, failure, err } = await gox(words);
		expect({ status, failure }).toEqual({ status: 2, failure: expect.stringMatching(said) });
		expect(failure + err).not.toContain("s3cret");
		expect(text()).toBeUndefined();
	});
});

describe("gox proxy use", () => {
	test("mirror: the address, then direct; by go env -w", async () => {
		const { status, err } = await gox(["use", "mirror", at("a")]);
		expect(status).toBe(0);
		expect(text()).toBe(`GOPROXY=${at("a")},direct\n`);
		expect(calls()).toEqual([`env -w GOPROXY=${at("a")},direct`]);
		expect(err).toContain("to undo: gox proxy undo");
		expect(server.requests.map(({ url }) => url)).toContain("/a/sumdb/log.example.org/lookup/golang.org/x/text@v0.3.0");
	});

	test("company: the address, then Go's own list; what is private is asked of nobody", async () => {
		await gox(["use", "company", at("a"), "--private", "corp.example/*, *.corp.example"]);
		expect(parseGoEnv(text() ?? "")).toEqual(
			new Map([
				["GOPROXY", `${at("a")},${at("public")},direct`],
				["GOPRIVATE", "corp.example/*,*.corp.example"],
			]),
		);
		await gox(["use", "company", at("b"), "--private-by-proxy"]);
		expect(parseGoEnv(text() ?? "").get("GONOPROXY")).toBe("none");
		// Another proxy than the company's must not be told what is private.
		await gox(["use", "mirror", at("b")]);
		expect(parseGoEnv(text() ?? "")).toEqual(
			new Map([
				["GOPROXY", `${at("b")},direct`],
				["GOPRIVATE", "corp.example/*,*.corp.example"],
			]),
		);
	});

	test("public: takes out what stands in the way of Go's own, and nothing else", async () => {
		writeFileSync(file, "# mine\nGOFLAGS=-modcacherw\nGOPROXY=direct\nGOSUMDB=off\n");
		const { out } = await gox(["use", "public", "--json"]);
		expect(JSON.parse(out)).toMatchObject({
			profile: "public",
			changes: [
				{ name: "GOPROXY", value: null },
				{ name: "GOSUMDB", value: null },
			],
			written: true,
			tests: [{ address: at("public"), list: { verdict: "ok" }, sumdb: { verdict: "ok", via: "the proxy" } }],
		});
		expect(text()).toBe("# mine\nGOFLAGS=-modcacherw\n");
	});

	test("your own list, with its end, is left as it is", async () => {
		await gox(["use", "mirror", `${at("a")}|${at("b")},off`]);
		expect(text()).toBe(`GOPROXY=${at("a")}|${at("b")},off\n`);
	});

	test("a directory of files is a proxy too", async () => {
		writeProxy(join(root, "files"), files);
		const address = pathToFileURL(join(root, "files")).href;
		expect((await gox(["use", "mirror", address])).status).toBe(0);
		expect(text()).toBe(`GOPROXY=${address},direct\n`);
	});

	test("what fails the test is not written, unless it is forced", async () => {
		server.failAlways(`/a/${list}`, { status: 403 });
		const refused = await gox(["use", "mirror", withPassword(at("a"))]);
		expect(refused).toMatchObject({
			status: 4,
			failure: expect.stringContaining(`nothing was written: ${at("a")} can't be used`),
		});
		expect(refused.err).toMatch(/modules +blocked: /);
		expect(refused.failure + refused.err).not.toContain("s3cret");
		expect(text()).toBeUndefined();
		const plainly = await gox(["use", "mirror", at("a"), "--private", "corp.example/*"]);
		expect(plainly.failure).toContain(`gox proxy use mirror ${at("a")} --private 'corp.example/*' --force`);
		expect((await gox(["use", "mirror", at("a"), "--force"])).status).toBe(0);
		expect(text()).toBe(`GOPROXY=${at("a")},direct\n`);
	});

	test("a company's proxy must do; that Go's own is out of reach is only said", async () => {
		server.failAlways(`/public/${list}`, { status: 403 });
		const { status, err } = await gox(["use", "company", at("a")]);
		expect({ status, err }).toEqual({ status: 0, err: expect.stringMatching(/modules +blocked: /) });
		server.failAlways(`/b/${list}`, { status: 403 });
		expect((await gox(["use", "company", at("b")])).failure).toContain(`nothing was written: ${at("b")} can't`);
		expect(text()).toBe(`GOPROXY=${at("a")},${at("public")},direct\n`);
	});

	test("nor is a proxy whose checksum database lies", async () => {
		const fork = new TestLog(signer).fill(20, "evil").add("golang.org/x/text", "v0.3.0", h1Of("evil")).fill(20);
		for (const [path, content] of sumdbFiles(fork)) if (path.includes("/tile/")) server.put(`/a/${path}`, content);
		const { status, err } = await gox(["use", "mirror", at("a")]);
		expect(status).toBe(4);
		expect(err).toMatch(/checks +refused: log\.example\.org \(through the proxy\): /);
		expect(text()).toBeUndefined();
	});

	test("asks a person; a no changes nothing; --yes and --dry-run ask nothing", async () => {
		expect(await gox(["use", "mirror", at("a")], { answers: ["n"] })).toMatchObject({
			status: 0,
			err: expect.stringContaining("nothing was changed"),
		});
		expect(text()).toBe(undefined);
		expect(await gox(["use", "mirror", at("a")], { isUnattended: true })).toMatchObject({
			status: 2,
			failure: expect.stringContaining(`gox proxy use mirror ${shWord(at("a"))} --yes`),
		});
		expect((await gox(["use", "mirror", at("a"), "--dry-run"], { answers: [] })).err).toContain(`GOPROXY=${at("a")},direct`);
		expect(text()).toBeUndefined();
		expect((await gox(["use", "mirror", at("a")], { answers: ["y"] })).status).toBe(0);
		expect((await gox(["use", "mirror", at("b"), "--yes"], { answers: ["n"] })).status).toBe(0);
		expect(text()).toBe(`GOPROXY=${at("b")},direct\n`);
	});

	test("says so where the environment wins, and where nothing is to be done", async () => {
		const env = { GOPROXY: withPassword(at("b")) };
		const { err } = await gox(["use", "mirror", at("a")], { env });
		expect(err).toContain(`GOPROXY=${at("b")} in the environment overrides the file: unset GOPROXY`);
		expect((await gox(["use", "mirror", at("a")])).err).toContain("nothing to change");
		expect(records()).toEqual(["1.json"]);
	});

	test("GOENV=off is refused with the reason", async () => {
		const { status, failure } = await gox(["use", "public"], { env: { GOENV: "off" } });
		expect({ status, failure }).toEqual({
			status: 2,
			failure: expect.stringMatching(/^GOENV=off: Go reads no file[\s\S]*unset GOENV$/),
		});
	});

	test("a password goes straight into the file, for the owner's eyes only, and nowhere else", async () => {
		const { out, err } = await gox(["use", "mirror", withPassword(at("a")), "--verbose", "--json"]);
		expect(text()).toBe(`GOPROXY=${withPassword(at("a"))},direct\n`);
		expect(calls()).toEqual([]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(join(root, ".gox/backup/proxy/1.json")).mode & 0o777).toBe(0o600);
		const shown = await gox(["--json"]);
		const undone = await gox(["undo", "--json"]);
		expect(out + err + shown.out + undone.out + undone.err).not.toContain("s3cret");
	});

	test("without any Go the file is written in Go's form, where Go looks for it", async () => {
		const env = { PATH: "/nowhere", GOENV: undefined, XDG_CONFIG_HOME: join(root, "xdg"), GOSUMDB: gosumdb };
		const { status, err } = await gox(["use", "company", at("a")], { env });
		expect({ status, err }).toEqual({
			status: 0,
			err: expect.stringContaining("there is no Go here whose go.env names the public proxy"),
		});
		const path = process.platform === "darwin" ? "Library/Application Support/go/env" : "xdg/go/env";
		expect(readFileSync(join(root, path), "utf8")).toBe(`GOPROXY=${at("a")},direct\n`);
	});

	test("a link to the file stays one", async () => {
		const real = join(root, "dotfiles/goenv");
		mkdirSync(dirname(real));
		writeFileSync(real, "GOFLAGS=-x\n");
		symlinkSync(real, file);
		await gox(["use", "mirror", at("a")], { env: { PATH: "/nowhere", GOSUMDB: gosumdb } });
		await gox(["undo"], { env: { PATH: "/nowhere" } });
		expect(realpathSync(file)).toBe(real);
		expect(text()).toBe("GOFLAGS=-x\n");
	});

	test("a go that can't write is an error with its words, and leaves nothing to undo", async () => {
		writeFileSync(join(root, "sdk/go1.90.1/bin/go"), "#!/bin/sh\necho 'go: no space left' >&2; exit 1\n");
		const { status, failure } = await gox(["use", "mirror", at("a")]);
		expect({ status, failure }).toEqual({ status: 6, failure: expect.stringContaining('"go: no space left"') });
		expect(records()).toEqual([]);
	});
});

describe("gox proxy undo", () => {
	const odd = "# mine\nGOSUMDB=off\nGOPROXY=direct\nGOFLAGS=-x\nGOPROXY=direct\nnonsense";

	test("restores every byte, one use after the other, unset and absent included", async () => {
		await gox(["use", "mirror", at("a")]);
		await gox(["use", "public"]);
		expect(text()).toBe("");
		expect((await gox(["undo"])).err).toBe(`GOPROXY=${at("a")},direct\n`);
		expect(text()).toBe(`GOPROXY=${at("a")},direct\n`);
		expect((await gox(["undo"])).err).toBe("GOPROXY is unset again\n");
		expect(text()).toBeUndefined();
		expect((await gox(["undo"])).status).toBe(2);
		writeFileSync(file, odd);
		await gox(["use", "mirror", at("b")]);
		expect(text()).not.toBe(odd);
		await gox(["undo"]);
		expect(text()).toBe(odd);
	});

	test("keeps what else was changed since", async () => {
		writeFileSync(file, "GOPROXY=direct\n");
		await gox(["use", "mirror", at("a")]);
		writeFileSync(file, `${text()}GOFLAGS=-x\n`);
		await gox(["undo"]);
		expect(text()).toBe("GOFLAGS=-x\nGOPROXY=direct\n");
	});

	test("refuses when somebody changed the setting since, unless it is forced", async () => {
		writeFileSync(file, "GOPROXY=direct\n");
		await gox(["use", "mirror", at("a")]);
		writeFileSync(file, "GOPROXY=https://joe:s3cret@other.example\n");
		const { status, failure } = await gox(["undo"]);
		expect({ status, failure }).toEqual({
			status: 2,
			failure: expect.stringMatching(/GOPROXY in .* was changed since[\s\S]*undo --force/),
		});
		expect(failure).not.toContain("s3cret");
		expect((await gox(["undo", "--force"])).status).toBe(0);
		expect(text()).toBe("GOPROXY=direct\n");
	});

	test.each(["proxy:recorded", "goenv:written", "proxy:written"])("a use that dies at %s can be undone", async (name) => {
		writeFileSync(file, odd);
		const checkpoint = (passed: string) => {
			if (passed === name) throw new Error("killed");
		};
		await expect(gox(["use", "mirror", withPassword(at("a"))], { checkpoint })).rejects.toThrow("killed");
		if (name !== "goenv:written") {
			expect((await gox(["undo"])).status).toBe(0);
			expect(parseGoEnv(text() ?? "")).toEqual(parseGoEnv(odd));
		} else expect(text()).toBe(odd);
	});
});

describe("gox proxy test", () => {
	test("those in force, or those given; 4 when one is of no use", async () => {
		const { status, out } = await gox(["test"]);
		expect(status).toBe(0);
		expect(out).toMatch(/^http:\S+public\n {2}modules +ok, \d+ ms: 2 versions of golang\.org\/x\/text\n {2}checks +ok, /);
		const given = await gox(["test", at("a"), "http://127.0.0.1:9"]);
		expect(given.status).toBe(4);
		expect(given.out).toMatch(/modules +unreachable: /);
		expect(Math.max(...given.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
		expect(text()).toBeUndefined();
		expect(existsSync(join(root, ".gox"))).toBe(false);
	});

	test("a private module is not looked up; another one by its newest release", async () => {
		server.put("/a/corp.example/!mod/@v/list", "v1.0.0\nv1.10.0\nv1.9.0\nv2.0.0-rc.1\n");
		const one = await gox(["test", at("a"), "--module", "corp.example/Mod", "--json"], { env: { GOPRIVATE: "corp.example" } });
		expect(JSON.parse(one.out)).toMatchObject([{ list: { verdict: "ok", said: "4 versions of corp.example/Mod" }, sumdb: null }]);
		await gox(["test", at("a"), "--module", "corp.example/Mod"]);
		expect(server.requests.at(-1)?.url).toBe("/a/sumdb/log.example.org/lookup/corp.example/!mod@v1.10.0");
	});

	test("GOSUMDB=off is warned about, GOPROXY=direct has nothing to test", async () => {
		expect((await gox(["test"], { env: { GOSUMDB: "off" } })).err).toContain("warning: GOSUMDB=off");
		expect((await gox(["test"], { env: { GOPROXY: "direct" } })).out).toContain("nothing to test");
	});

	test("offline, it says so", async () => {
		const { status, out } = await gox(["test", "--json"], { env: { GOX_OFFLINE: "1" } });
		expect(status).toBe(4);
		expect(JSON.parse(out)).toMatchObject([{ list: { verdict: "offline" }, sumdb: null }]);
	});
});

describe("how an address answers", () => {
	/** Long enough for any machine, unless the answer is one that doesn't come. */
	const patient = { headersMs: 60_000, idleMs: 60_000, backoffMs: [] };
	const ask = async (site: string, timing: Partial<typeof patient> = {}, module = "golang.org/x/text") => {
		const client = new Client(testContext({ root }), { timing: { ...patient, ...timing } });
		const question = { module, version: "v0.3.0", database: parseGosumdb(gosumdb), heads: headsInMemory() };
		return await tryProxy(client, new URL(at(site)), question).finally(() => client.close());
	};

	test.each([
		["has no such module", { status: 404 }, "not there", /404/],
		["says that it is gone", { status: 410 }, "not there", /410/],
		["refuses access", { status: 403 }, "blocked", /403/],
		["wants a password", { status: 401 }, "blocked", /401/],
		["answers with a login page", { html: true }, "web page", /a web page came/],
		["answers with something else", { body: "hello\n" }, "failing", /no list of versions/],
		["is broken", { status: 500 }, "failing", /500/],
		["never answers", { stall: "headers" }, "no answer", /no answer within 60 ms/],
		["stops in the middle", { stall: 3 }, "no answer", /nothing came for/],
		["resets the connection", { reset: true }, "failing", /before an answer came/],
		["redirects to plain http elsewhere", { redirect: "http://192.0.2.1/x" }, "failing", /refused/],
		["lists nothing", { body: "" }, "ok", /lists no version/],
	] as const)("%s", async (_what, fault, verdict, said) => {
		server.failAlways(`/a/${list}`, fault);
		const stall = "stall" in fault && (fault.stall === "headers" ? { headersMs: 60 } : { idleMs: 60 });
		expect((await ask("a", stall || {})).list).toMatchObject({ verdict, said: expect.stringMatching(said) });
	});

	test.each([
		["the proxy passes the database on", undefined, "ok", "the proxy", /^golang\.org\/x\/text v0\.3\.0 is record 20 of 41$/],
		["its database answers with a login page", { html: true }, "web page", "the proxy", /a web page came/],
		["its database is blocked", { status: 403 }, "blocked", "the proxy", /403/],
		["its database doesn't know the module", { status: 404 }, "not there", "the proxy", /404/],
	] as const)("%s", async (_what, fault, verdict, via, said) => {
		server.failAlways("/a/sumdb/log.example.org/lookup/golang.org/x/text@v0.3.0", fault);
		expect((await ask("a")).sumdb).toMatchObject({ verdict, via, said: expect.stringMatching(said) });
	});
});

test("many requests at once are no leak to Node", async () => {
	const warnings: Error[] = [];
	const listen = (warning: Error) => void warnings.push(warning);
	process.on("warning", listen);
	const client = new Client(testContext({ root }));
	await Promise.all(Array.from({ length: 15 }, async () => (await client.get(new URL(`${at("a")}/${list}`))).cancel()));
	await client.close();
	// Node tells of it on the next tick.
	await new Promise((done) => setImmediate(done));
	process.off("warning", listen);
	expect(warnings).toEqual([]);
});

describe("the pieces", () => {
	test.each([
		["corp.example", "corp.example/mod/v2", true],
		["corp.example/*", "corp.example/mod/v2", true],
		["corp.example/*", "corp.example", false],
		["corp.example", "corp.example.org/mod", false],
		["*.corp.example", "git.corp.example/mod", true],
		["*.corp.example", "corp.example/mod", false],
		["a.example, corp.example/team/ ", "corp.example/team/mod", true],
		["c?rp.ex[a-c]mple", "corp.example/mod", true],
		["c?rp.ex[^a-c]mple", "corp.example/mod", false],
		["[", "corp.example", false],
		["none", "corp.example/mod", false],
		["", "corp.example/mod", false],
	])("GOPRIVATE=%s, %s: %s", (patterns, module, wanted) => {
		expect(isPrivate(patterns, module)).toBe(wanted);
	});

	test.each([
		[undefined, "public"],
		["https://p.example,direct", "public"],
		["https://c.example,https://p.example,direct", "company"],
		["https://m.example|https://n.example,direct", "mirror"],
		["direct", "direct"],
		["off", "off"],
		["https://m.example", "own"],
		["direct,https://m.example,direct", "own"],
	])("GOPROXY=%s is %s", (value, wanted) => {
		expect(profileOf(value, "https://p.example,direct")).toBe(wanted);
	});

	test.each([
		["https://joe:p@ss@a.example/x|b.example,direct", "https://a.example/x|b.example,direct"],
		["https://a.example?token=s3cret,off", "https://a.example/?token=…,off"],
		["joe:s3cret@a.example", "https://a.example/"],
		["@@@", "…"],
		["direct", "direct"],
	])("%s is shown as %s", (value, wanted) => {
		expect(shownGoproxy(value)).toBe(wanted);
	});
});

const go = findGo({ ...testContext({ root: freshRoot() }), env: { PATH: process.env.PATH } });

describe.skipIf(!go)("against a real Go (skipped without Go 1.21 or later)", () => {
	const real = (...words: string[]) =>
		execFileSync(go?.path ?? "go", ["env", ...words], {
			env: { HOME: root, GOENV: file, GOTOOLCHAIN: "local", GOFLAGS: "", PATH: "/usr/bin:/bin" },
			cwd: root,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		});

	test("a story: written by go, seen by go, undone to the byte", async () => {
		const before = "# mine\nGOFLAGS=-x\nGOSUMDB=off\n";
		writeFileSync(file, before);
		const env = { PATH: `${dirname(go?.path ?? "")}:/usr/bin:/bin` };
		const { status, err } = await gox(["use", "mirror", at("a"), "--sumdb", gosumdb, "--verbose"], { env });
		expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("env -w") });
		expect(real("GOPROXY", "GOSUMDB")).toBe(`${at("a")},direct\n${gosumdb}\n`);
		await gox(["use", "public", "--force"], { env: { ...env, GOX_OFFLINE: "1" } });
		expect(text()).toBe("# mine\nGOFLAGS=-x\n");
		await gox(["undo"], { env });
		await gox(["undo"], { env });
		expect(text()).toBe(before);
	});

	test("the file is edited as go env -w and -u edit it", async (context) => {
		const line = fc.constantFrom(
			"# note",
			"",
			"nonsense",
			"#GOPROXY=x",
			"GOPROXY=one",
			"GOSUMDB=off",
			"GOFLAGS=-x",
			"GOPROXY=é",
			"GOCACHE=/a=b",
			"GO386=sse2",
		);
		const change = fc.record({
			name: fc.constantFrom("GOPROXY", "GOSUMDB", "GOPRIVATE"),
			value: fc.option(fc.constantFrom("direct", "", "ü#=x"), { nil: undefined }),
		});
		const runs = 40;
		fc.assert(
			fc.property(fc.array(line, { maxLength: 7 }), fc.boolean(), change, (lines, ended, { name, value }) => {
				const given = lines.join("\n") + (ended ? "\n" : "");
				writeFileSync(file, given);
				real(...(value === undefined ? ["-u", name] : ["-w", `${name}=${value}`]));
				const edited = editedGoEnv(Buffer.from(given).toString("latin1"), new Map([[name, value]]));
				expect(Buffer.from(edited, "latin1").toString()).toBe(text());
			}),
			{ numRuns: runs },
		);
		tried(context, runs);
	});
});
