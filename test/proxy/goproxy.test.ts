import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { NetworkError } from "../../src/fetch/failure.ts";
import { findGo, goFailure } from "../../src/go/command.ts";
import { goSettings } from "../../src/go/settings.ts";
import { eachProxy } from "../../src/proxy/client.ts";
import { parseGoproxy, underProxy } from "../../src/proxy/goproxy.ts";
import { escapeModule } from "../../src/sumdb/record.ts";
import { freshRoot, testContext } from "../support/context.ts";

describe("GOPROXY", () => {
	const shape = (text: string) =>
		parseGoproxy(text).map((entry) => (entry.kind === "proxy" ? `${entry.url.href} ${entry.next}` : entry.kind));
	it.each([
		["https://a.example", ["https://a.example/ on absence"]],
		["https://a.example,direct", ["https://a.example/ on absence", "direct"]],
		["https://a.example/x|https://b.example,off", ["https://a.example/x on failure", "https://b.example/ on absence", "off"]],
		[" https://a.example , , |file:///srv/go ", ["https://a.example/ on absence", "file:///srv/go on absence"]],
		["a.example/go", ["https://a.example/go on absence"]],
		["direct,https://never.example", ["direct"]],
		["off|https://never.example", ["off"]],
		["http://127.0.0.1:8080", ["http://127.0.0.1:8080/ on absence"]],
	])("%j", (text, wanted) => expect(shape(text)).toEqual(wanted));

	it.each(["", ",", " | ", "http://a.example", "ftp://a.example", "file://host/x", "/srv/go", "word", "https://"])(
		"%j is refused",
		(text) => {
			expect(() => parseGoproxy(text)).toThrow(expect.objectContaining({ code: "usage" }));
		},
	);

	it("allows plain http to others only when told to", () => {
		expect(parseGoproxy("http://a.example", { insecure: true })).toHaveLength(1);
	});

	it("never shows a password when it complains", () => {
		expect(() => parseGoproxy("http://user:hunter2@a.example")).toThrow(expect.not.stringContaining("hunter2"));
	});

	it("is read or refused, never anything else", () => {
		const words = fc.stringMatching(/^[a-z:/.,| @-]*$/);
		fc.assert(
			fc.property(words, (text) => {
				try {
					expect(parseGoproxy(text).length).toBeGreaterThan(0);
				} catch (error) {
					expect(error).toMatchObject({ code: "usage" });
				}
			}),
		);
	});
});

describe("addresses under a proxy", () => {
	it.each([
		["https://a.example", "x/@v/list", "https://a.example/x/@v/list"],
		["https://a.example/go/", "x", "https://a.example/go/x"],
		["https://u:p@a.example/go?token=t", "x", "https://u:p@a.example/go/x?token=t"],
		["file:///srv/my%20go", "x", "file:///srv/my%20go/x"],
	])("%s and %s", (base, path, wanted) => expect(underProxy(new URL(base), path).href).toBe(wanted));

	it.each([
		["golang.org/toolchain", "golang.org/toolchain"],
		["github.com/Azure/azure-SDK", "github.com/!azure/azure-!s!d!k"],
	])("%s is escaped as %s", (path, escaped) => expect(escapeModule(path)).toBe(escaped));
});

describe("proxies in turn", () => {
	const absent = () => new GoxError("no-such-release", "absent");
	const down = () => new NetworkError("busy", "proxy", "down");
	const forged = () => new GoxError("integrity", "forged");
	const offline = () => new GoxError("offline", "offline");
	const ask = async (goproxy: string, answers: Record<string, () => GoxError>) => {
		const asked: string[] = [];
		const verdict = await eachProxy(parseGoproxy(goproxy), async ({ hostname }) => {
			asked.push(hostname);
			const failure = answers[hostname];
			if (failure) throw failure();
			return `got it from ${hostname}`;
		}).catch((error: GoxError) => error.message);
		return `${asked.join(" ")}: ${verdict}`;
	};
	it.each([
		["a.b,b.b", {}, "a.b: got it from a.b"],
		["a.b,b.b", { "a.b": absent }, "a.b b.b: got it from b.b"],
		["a.b,b.b", { "a.b": down }, "a.b: proxy: down"],
		["a.b|b.b", { "a.b": down }, "a.b b.b: got it from b.b"],
		["a.b|b.b", { "a.b": absent }, "a.b b.b: got it from b.b"],
		["a.b|b.b", { "a.b": forged }, "a.b: forged"],
		["a.b|b.b,c.b", { "a.b": down, "b.b": absent, "c.b": absent }, "a.b b.b c.b: proxy: down"],
		["a.b,b.b", { "a.b": absent, "b.b": absent }, "a.b b.b: absent"],
		["a.b,b.b", { "a.b": offline }, "a.b b.b: got it from b.b"],
		["a.b,direct", { "a.b": absent }, "a.b: absent"],
		["direct", {}, ": no module proxy to ask: GOPROXY is `direct`, and Go's toolchains can be had from a proxy only"],
		["off", {}, ": no module proxy to ask: GOPROXY is `off`"],
	])("%s with %j: %s", async (goproxy, answers, wanted) => expect(await ask(goproxy, answers)).toBe(wanted));
});

describe("Go's settings", () => {
	const root = freshRoot();
	const goroot = join(root, "goroot");
	mkdirSync(goroot);
	writeFileSync(join(goroot, "go.env"), "# defaults\nGOPROXY=https://default.example,direct\nGOSUMDB=sum.golang.org\n");
	for (const directory of [".config/go", "xdg/go", "Library/Application Support/go"])
		mkdirSync(join(root, directory), { recursive: true });
	writeFileSync(join(root, ".config/go/env"), "GOPROXY=https://user.example\nGOPATH=/data/go:/other\nbroken\n=x\n#GOSUMDB=no\n");
	writeFileSync(join(root, "xdg/go/env"), "GOPROXY=https://xdg.example\r\n");
	writeFileSync(join(root, "Library/Application Support/go/env"), "GOPROXY=https://mac.example");

	it.each([
		["the environment wins", { GOPROXY: "https://env.example" }, "linux-amd64", "https://env.example"],
		["then the user's file", {}, "linux-amd64", "https://user.example"],
		["an empty variable is none", { GOPROXY: "" }, "linux-amd64", "https://user.example"],
		["under XDG_CONFIG_HOME", { XDG_CONFIG_HOME: join(root, "xdg") }, "linux-amd64", "https://xdg.example"],
		["under Application Support on macOS", {}, "darwin-arm64", "https://mac.example"],
		["at GOENV", { GOENV: join(root, "xdg/go/env") }, "linux-amd64", "https://xdg.example"],
		["GOENV=off: the Go's own", { GOENV: "off" }, "linux-amd64", "https://default.example,direct"],
		["GOENV missing: the Go's own", { GOENV: join(root, "none") }, "linux-amd64", "https://default.example,direct"],
		["GOENV a directory: the Go's own", { GOENV: root }, "linux-amd64", "https://default.example,direct"],
	] as const)("%s", (_what, env, host, wanted) => {
		expect(goSettings(testContext({ root, env, host }), goroot).get("GOPROXY")).toBe(wanted);
	});

	it("without any Go there is no default", () => {
		expect(goSettings(testContext({ root, env: { GOENV: "off" } }), undefined).get("GOPROXY")).toBeUndefined();
	});

	it.each([
		[{ GOENV: "off" }, join(root, "go/pkg/mod")],
		[{ GOENV: "off", GOPATH: "/a:/b" }, "/a/pkg/mod"],
		[{ GOENV: "off", GOPATH: "/a", GOMODCACHE: "/c" }, "/c"],
		[{}, "/data/go/pkg/mod"],
	])("the module cache with %j is %s", (env, wanted) => {
		expect(goSettings(testContext({ root, env, host: "linux-amd64" }), undefined).moduleCache).toBe(wanted);
	});
});

describe("a go on this machine", () => {
	const root = freshRoot();
	const go = (at: string, version: string, program = "#!/bin/sh\n") => {
		mkdirSync(join(root, at, "bin"), { recursive: true });
		writeFileSync(join(root, at, "VERSION"), `${version}\ntime 2024-06-27T20:11:12Z\n`);
		writeFileSync(join(root, at, "bin/go"), program);
		chmodSync(join(root, at, "bin/go"), 0o755);
		return join(root, at, "bin");
	};
	const old = go("old", "go1.20.14");
	const good = go("good", "go1.21.0");
	const devel = go("devel", "devel go1.23-abcdef Mon Jan 1");
	const rc = go("rc", "go1.22rc1");
	const shim = go("shim", "go1.22.5", "#!/bin/sh\n# gox-shim-marker\n");
	mkdirSync(join(root, "linked"));
	symlinkSync(join(good, "go"), join(root, "linked/go"));
	mkdirSync(join(root, "plain"));
	writeFileSync(join(root, "plain/go"), "not executable");
	const found = (path: string) =>
		findGo(testContext({ root: join(root, "empty"), env: { PATH: path } }))?.goroot?.slice(root.length + 1);

	it.each([
		["the first that is recent enough", `${old}:${good}:${rc}`, "good"],
		["never gox's own shim", `${shim}:${good}`, "good"],
		["a development version", devel, "devel"],
		["a release candidate", rc, "rc"],
		["through a symlink", join(root, "linked"), "good"],
		["not what isn't executable", `${join(root, "plain")}:${good}`, "good"],
		["not relative entries", `good/bin:.::${good}`, "good"],
		["none", `${old}:${shim}`, undefined],
	])("on PATH: %s", (_what, path, wanted) => expect(found(path)).toBe(wanted));

	it("the newest that gox installed comes before PATH", () => {
		const home = join(root, "home");
		for (const name of ["go1.20.14", "go1.9.7", "go1.21.10", "go1.21.9"]) go(`home/versions/${name}`, name);
		go("home/versions/go1.99.0@darwin-arm64", "go1.99.0");
		mkdirSync(join(home, "versions/go1.98.0"));
		const context = testContext({ root, env: { GOX_HOME: home, PATH: good } });
		expect(findGo(context)?.version).toBe("go1.21.10");
	});
});

describe("a go command's failure", () => {
	it.each([
		["verifying module: checksum mismatch\n\tdownloaded: h1:x\n\tsum.golang.org: h1:y\n\nSECURITY ERROR\n", "integrity"],
		["golang.org/toolchain@v: verifying module: checksum missing from sumdb response", "integrity"],
		["SECURITY ERROR\ngo.sum database server misbehavior detected!", "integrity"],
		["reading tree note: invalid signature for key x+1", "integrity"],
		["verifying module: checksum database disabled by GOSUMDB=off", "integrity"],
		["downloaded inconsistent tile", "integrity"],
		["x: verifying go.mod: x/go.mod: reading https://p.example/sumdb/s/lookup/x: 404 Not Found", "integrity"],
		["x: verifying module: x: Get https://s.example/lookup/x: dial tcp: no such host", "network"],
		["reading https://p.example/golang.org/toolchain/@v/x.info: 404 Not Found", "no-such-release"],
		["reading https://p.example/golang.org/toolchain/@v/x.info: 410 Gone", "no-such-release"],
		["invalid version: unknown revision", "no-such-release"],
		["stat /srv/go/golang.org/toolchain/@v/x.info: no such file or directory", "no-such-release"],
		["dial tcp: lookup p.example: server misbehaving", "network"],
		['exec: "git": executable file not found in $PATH', "network"],
		['Get "https://p.example/x": context deadline exceeded', "network"],
		["module lookup disabled by GOPROXY=off", "network"],
		["reading https://p.example/x: 500 Internal Server Error", "network"],
		["reading https://p.example/x: 403 Forbidden\n\tserver response: blocked by policy", "network"],
	])("%j is %s", (text, code) => {
		expect(goFailure(text, "golang.org/toolchain@v", "/usr/bin/go").code).toBe(code);
	});

	it("keeps passwords out of the message", () => {
		const { message } = goFailure('Get "https://user:hunter2@p.example/x": EOF, //tok%40en@q.example', "m", "go");
		expect(message).toContain("https://p.example/x");
		expect(message).not.toMatch(/hunter2|tok/);
	});
});
