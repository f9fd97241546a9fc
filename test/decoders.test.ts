import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseManifest } from "../src/archive/bundle.ts";
import { loadConfig } from "../src/config.ts";
import { GoxError } from "../src/errors.ts";
import { runCommandLine } from "../src/main.ts";
import { IndexCache } from "../src/releases/cache.ts";
import { decodeIndex } from "../src/releases/list.ts";
import { parseGoxLock } from "../src/select/goxlock.ts";
import { layoutOf } from "../src/store/layout.ts";
import { manifestPath, readManifest, readReceipt, receiptPath } from "../src/store/receipt.ts";
import { readRecord } from "../src/sumdb/record.ts";
import { fakeAssets } from "./support/assets.ts";
import { freshRoot, testContext } from "./support/context.ts";
import { mangledText } from "./support/mangled.ts";
import { hostPlatform, startMirror } from "./support/mirror.ts";
import { goIndex } from "./support/server.ts";
import { tried } from "./support/tally.ts";

const numRuns = 500;
const digest = "0123456789abcdef".repeat(4);

/** A value, or the kind of failure that is meant for it: never a TypeError. */
function expectDecoded(decode: () => unknown, ...codes: readonly string[]): void {
	try {
		decode();
	} catch (error) {
		expect(error).toBeInstanceOf(GoxError);
		expect(codes).toContain((error as GoxError).code);
		expect((error as GoxError).message).not.toMatch(/undefined|\[object|[\u0000-\u0008\u001b]/);
	}
	expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	expect(Object.keys(Object.prototype)).toEqual([]);
}

describe("whatever the list of releases holds", { tags: "fault-11" }, () => {
	const good = goIndex([
		{ version: "go1.22.5", platform: "linux-amd64", sha256: digest, size: 1 },
		{ version: "go1.23rc1", platform: "darwin-arm64", sha256: digest, size: 1 },
	]);

	it("it is read or refused as what it is", (test) => {
		fc.assert(
			fc.property(mangledText(good), (text) => {
				tried(test);
				expectDecoded(() => {
					for (const { release, archives } of decodeIndex(text, "https://example.org/dl").releases) {
						expect(release.name).toMatch(/^go\d/);
						for (const [, { filename, sha256, size }] of archives) {
							expect(filename).toMatch(/^[A-Za-z0-9._+-]+$/);
							expect(sha256 ?? digest).toMatch(/^[0-9a-f]{64}$/);
							expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
						}
					}
				}, "bad-index");
			}),
			{ numRuns },
		);
	});

	it("of a damaged cache nothing is believed", (test) => {
		const directory = freshRoot();
		const cache = new IndexCache(directory, process.geteuid?.() ?? 0);
		const url = new URL("https://example.org/dl");
		const kept = { body: "[1]", etag: '"1"', lastModified: undefined, fetchedAt: new Date(1_700_000_000_000) };
		cache.write(url, kept);
		const [name = ""] = readdirSync(join(directory, "index"));
		const path = join(directory, "index", name);
		const whole = readFileSync(path);
		fc.assert(
			fc.property(
				fc.nat(whole.length - 1),
				fc.integer({ min: 1, max: 255 }),
				fc.option(fc.nat(whole.length)),
				(at, change, end) => {
					tried(test);
					const bytes = Buffer.from(whole);
					bytes[at] = (bytes[at] ?? 0) ^ change;
					writeFileSync(path, bytes.subarray(0, end ?? bytes.length));
					const read = cache.read(url);
					if (read) expect(read.body).toBe(kept.body);
				},
			),
			{ numRuns },
		);
	});
});

describe("whatever other people's files hold, it is read or refused as what it is", () => {
	it("gox.lock", (test) => {
		const good = {
			lock: 1,
			version: "go1.22.5",
			platforms: { "linux-amd64": { h1: `h1:${Buffer.alloc(32).toString("base64")}`, sha256: digest } },
		};
		fc.assert(
			fc.property(mangledText(good), (text) => {
				tried(test);
				expectDecoded(
					() => parseGoxLock(text, "/p/gox.lock"),
					"bad-version-file",
					"integrity",
					"usage",
					"bad-config",
					"not-a-version",
				);
			}),
			{ numRuns },
		);
	});

	it("a bundle's manifest", (test) => {
		const entry = {
			version: "go1.22.5",
			platform: "linux-amd64",
			kind: "archive",
			file: "archives/go1.22.5.linux-amd64.tar.gz",
			sha256: digest,
			size: 1,
		};
		fc.assert(
			fc.property(
				mangledText({
					bundle: 1,
					contents: [entry, { ...entry, platform: "darwin-arm64", file: "archives/go1.22.5.darwin-arm64.tar.gz" }],
				}),
				(text) => {
					tried(test);
					expectDecoded(() => parseManifest(text, "/p/go.bundle"), "integrity");
				},
			),
			{ numRuns },
		);
	});

	it("the config file", (test) => {
		const context = testContext();
		mkdirSync(dirname(context.configFile), { recursive: true });
		const line = fc.oneof(
			fc.constantFrom("durable = on", "mirrors = a,,b", "verify = moon", "__proto__ = 1", "constructor = 1", "=", "strict"),
			fc.string(),
		);
		fc.assert(
			fc.property(fc.array(line), fc.constantFrom("\n", "\r\n", "\r"), (lines, end) => {
				tried(test);
				writeFileSync(context.configFile, lines.join(end));
				expectDecoded(() => loadConfig(context), "bad-config");
			}),
			{ numRuns },
		);
	});

	it("a checksum database's record", (test) => {
		const record = `golang.org/toolchain v0.0.1-go1.22.5.linux-amd64 h1:${Buffer.alloc(32).toString("base64")}\n`;
		const text = fc.oneof(
			fc.string(),
			fc.nat(record.length).chain((at) => fc.string().map((odd) => record.slice(0, at) + odd + record.slice(at))),
		);
		fc.assert(
			fc.property(text, (each) => {
				tried(test);
				expectDecoded(
					() => readRecord(Buffer.from(each), "golang.org/toolchain", "v0.0.1-go1.22.5.linux-amd64", "sum.golang.org"),
					"integrity",
				);
			}),
			{ numRuns },
		);
	});
});

describe("whatever a receipt holds", () => {
	it("it is read as a receipt or as none, and every command goes on", async (test) => {
		const mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
		const root = freshRoot();
		const assets = fakeAssets(root, hostPlatform);
		const env = { ...mirror.env, GOX_HOME: join(root, "home"), GOPROXY: "off", GOSUMDB: "off" };
		const gox = async (...argv: string[]) => {
			const context = { ...testContext({ root, env }), assets };
			return { exit: await runCommandLine(context, argv), err: context.err() };
		};
		try {
			expect(await gox("install", "1.90.1")).toMatchObject({ exit: 0 });
			const layout = layoutOf(join(root, "home"));
			const path = receiptPath(layout, "go1.90.1");
			const good: unknown = JSON.parse(readFileSync(path, "utf8"));
			await fc.assert(
				fc.asyncProperty(mangledText(good), async (text) => {
					tried(test);
					writeFileSync(path, text);
					expectDecoded(() => readReceipt(layout, "go1.90.1"));
					for (const command of [
						["install", "1.90.1"],
						["install", "1.90.1", "--json"],
						["list", "--json"],
						["verify", "1.90.1"],
						["verify", "--json"],
					]) {
						const { exit, err } = await gox(...command);
						expect([0, 4, 5], `${command.join(" ")}: ${err}`).toContain(exit);
						expect(err, text).not.toMatch(/in gox itself|\n {4}at |undefined/);
					}
				}),
				{ numRuns: 40 },
			);
		} finally {
			await mirror.close();
		}
	});

	it("its manifest is read as one or as none", (test) => {
		const layout = layoutOf(join(freshRoot(), "home"));
		mkdirSync(layout.receipts, { recursive: true });
		const line = fc.oneof(fc.constant(`${digest}  src/a.go`), fc.constant(`${digest}  __proto__`), fc.string());
		fc.assert(
			fc.property(fc.array(line), (lines) => {
				tried(test);
				writeFileSync(manifestPath(layout, "go1.90.1"), lines.map((each) => `${each}\n`).join(""));
				const manifest = readManifest(layout, "go1.90.1");
				for (const [path, sha256] of manifest ?? []) expect(`${sha256}  ${path}`).toMatch(/^[0-9a-f]{64} {2}./);
			}),
			{ numRuns },
		);
	});
});
