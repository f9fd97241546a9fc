import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { platforms } from "../../src/version/platform.ts";
import { hostPlatform } from "../support/mirror.ts";
import { type ProvenSite, startProvenSite } from "../support/provensite.ts";
import { Sandbox } from "../support/sandbox.ts";

let site: ProvenSite;
/** The same names with other contents, and a database of its own that vouches for them. */
let evil: ProvenSite;
/** Who pins. */
let lead: Sandbox;
/** Who has the files out of version control, and a gox of their own. */
let mate: Sandbox;

beforeAll(async () => {
	const everywhere = (version: string) => platforms.map((platform) => ({ version, platform }));
	site = await startProvenSite([...everywhere("go1.90.1"), { version: "go1.90.2", platform: hostPlatform }]);
	const more = [{ path: "go/src/evil.go", content: "package evil\n" }];
	evil = await startProvenSite([{ version: "go1.90.1", platform: hostPlatform, more }]);
});
afterAll(async () => {
	await site.close();
	await evil.close();
});
beforeEach(() => {
	lead = new Sandbox(site.env);
	mate = new Sandbox(site.env);
	lead.write({ "p/x": "" });
});

const lockFile = (box: Sandbox) => join(box.root, "p/gox.lock");
/** An index and a mirror that agree about other bytes, and no checksum database to contradict them. */
const deceived = () => ({ ...evil.mirror.env, GOSUMDB: "off" });
/** The lead pins with a lock, the mate checks it out. */
async function share(word = "1.90.1"): Promise<void> {
	const { status, stderr } = await lead.gox(["pin", word, "--lock"], { cwd: "p" });
	expect(status, stderr).toBe(0);
	cpSync(join(lead.root, "p"), join(mate.root, "p"), { recursive: true });
}

describe("gox pin --lock", () => {
	it("writes .go-version and, beside it, what every platform's toolchain must be", async () => {
		const { status, stderr, stdout } = await lead.gox(["pin", "1.90.1", "--lock", "--json"], { cwd: "p" });
		expect(status, stderr).toBe(0);
		expect(lead.read("p/.go-version")).toBe("1.90.1\n");
		expect(JSON.parse(stdout)).toMatchObject({ pin: "1.90.1", lock: { path: lockFile(lead), version: "go1.90.1" } });
		const wanted = platforms.map((platform) => {
			const { sha256, h1 } = site.toolchain("go1.90.1", platform);
			return [platform, { sha256, h1 }] as const;
		});
		expect(JSON.parse(lead.read("p/gox.lock"))).toEqual({ lock: 1, version: "go1.90.1", platforms: Object.fromEntries(wanted) });
		const before = lead.read("p/gox.lock");
		await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p" });
		expect(lead.read("p/gox.lock")).toBe(before);
	});

	it("a prefix becomes the release that it means today", async () => {
		await lead.gox(["pin", "1.90", "--lock"], { cwd: "p" });
		expect(lead.read("p/.go-version")).toBe("1.90.2\n");
		expect(Object.keys(JSON.parse(lead.read("p/gox.lock")).platforms)).toEqual([hostPlatform]);
	});

	it("says which h1s are missing where the checksum database can't be asked, and keeps those it had", async () => {
		const { status, stderr } = await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p", env: { GOSUMDB: "off" } });
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("the lock has no h1 for");
		expect(lead.read("p/gox.lock")).not.toContain("h1:");
		await lead.gox(["pin", "1.90.1"], { cwd: "p" });
		const full = lead.read("p/gox.lock");
		expect(full).toContain("h1:");
		await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p", env: { GOSUMDB: "off" } });
		expect(lead.read("p/gox.lock")).toBe(full);
	});

	it("the lock follows a pin without --lock; a pin that is no release is refused", async () => {
		await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p" });
		const moved = await lead.gox(["pin", "1.90.2"], { cwd: "p" });
		expect(moved.stderr).toContain("gox.lock now locks go1.90.2");
		expect(JSON.parse(lead.read("p/gox.lock")).version).toBe("go1.90.2");
		const system = await lead.gox(["pin", "system"], { cwd: "p" });
		expect(system.status).toBe(2);
		expect(lead.read("p/.go-version")).toBe("1.90.2\n");
	});

	it("never replaces what is locked of a release by something else", async () => {
		await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p" });
		const before = lead.read("p/gox.lock");
		const { status, stderr } = await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p", env: deceived() });
		expect(status).toBe(5);
		expect(stderr).toContain("now it is said to be");
		expect(lead.read("p/gox.lock")).toBe(before);
	});
});

describe("an install from a directory with a lock", () => {
	beforeEach(() => share());

	it("of the locked bytes succeeds, from the directory and from below it, by archive and by module", async () => {
		mate.write({ "p/sub/dir/x": "" });
		const below = await mate.gox(["install"], { cwd: "p/sub/dir" });
		expect(below.status, below.stderr).toBe(0);
		expect(below.stderr).toContain("installed go1.90.1");
		const again = await mate.gox(["install"], { cwd: "p" });
		expect(again).toMatchObject({ status: 0 });
		expect((await mate.gox(["uninstall", "1.90.1"])).status).toBe(0);
		const module = await mate.gox(["install", "--source", "proxy"], { cwd: "p" });
		expect(module.status, module.stderr).toBe(0);
		expect(module.stderr).toContain("from the Go module proxy");
	});

	it("refuses another archive, which its own index vouches for, before a byte of it is fetched", async () => {
		const asked = evil.mirror.server.requestsFor(evil.mirror.path("go1.90.1")).length;
		for (const words of [["install"], ["install", "1.90.1"], ["install", "1.90.1", "--force"]]) {
			const { status, stderr } = await mate.gox(words, { cwd: "p", env: deceived() });
			expect(status).toBe(5);
			expect(stderr).toContain(`is not what ${lockFile(mate)} locks`);
			expect(stderr).toContain(evil.toolchain("go1.90.1", hostPlatform).sha256);
			expect(stderr).toContain(site.toolchain("go1.90.1", hostPlatform).sha256);
		}
		expect(evil.mirror.server.requestsFor(evil.mirror.path("go1.90.1"))).toHaveLength(asked);
		expect(mate.names("versions")).toEqual([]);
	});

	it("refuses another module, which its own checksum database vouches for", async () => {
		const { GOPROXY, GOSUMDB } = evil.env;
		const { status, stderr } = await mate.gox(["install", "--source", "proxy"], { cwd: "p", env: { GOPROXY, GOSUMDB } });
		expect(status).toBe(5);
		expect(stderr).toContain(evil.toolchain("go1.90.1", hostPlatform).h1);
		expect(stderr).toContain(`the lock says ${site.toolchain("go1.90.1", hostPlatform).h1}`);
		expect(mate.names("versions")).toEqual([]);
		expect(mate.leftovers()).toEqual([]);
	});

	it("refuses another release, from there and from below, and says what to type", async () => {
		mate.write({ "p/sub/x": "" });
		for (const [cwd, word] of [
			["p", "1.90.2"],
			["p/sub", "1.90"],
			["p", "latest"],
		] as const) {
			const { status, stderr } = await mate.gox(["install", word], { cwd });
			expect(status, stderr).toBe(5);
			expect(stderr).toContain(`${lockFile(mate)} locks go1.90.1, and nothing else is installed from here: not go1.90.2`);
			expect(stderr).toContain("gox pin 1.90.2 --lock");
		}
		expect((await mate.gox(["install", "1.90.1", "1.90.2"], { cwd: "p" })).status).toBe(5);
		expect(mate.names("versions")).toEqual([]);
	});

	it("leaves what GOX_VERSION, a nearer version file or another directory asks for alone", async () => {
		mate.write({ "p/near/.go-version": "1.90.2\n" });
		expect((await mate.gox(["install", "1.90.2"], { cwd: "p/near" })).status).toBe(0);
		expect((await mate.gox(["install", "1.90.2"], { cwd: "p", env: { GOX_VERSION: "1.90.2" } })).status).toBe(0);
		expect((await mate.gox(["exec", "--each", "1.90.2", "--", "go", "version"], { cwd: "p" })).status).toBe(0);
		expect((await mate.gox(["install", "1.90.1"], { env: deceived() })).status).toBe(0);
	});

	it("refuses what was installed elsewhere with other bytes, and names gox verify", async () => {
		expect((await mate.gox(["install", "1.90.1"], { env: deceived() })).status).toBe(0);
		for (const words of [["install"], ["install", "1.90.1"]]) {
			const { status, stderr } = await mate.gox(words, { cwd: "p" });
			expect(status).toBe(5);
			expect(stderr).toContain("what is installed as go1.90.1 has");
			expect(stderr).toContain("gox verify 1.90.1");
		}
		const mended = await mate.gox(["install", "--force"], { cwd: "p" });
		expect(mended.status, mended.stderr).toBe(0);
		expect((await mate.gox(["install"], { cwd: "p" })).status).toBe(0);
	});

	it("refuses an installed version without a receipt: nobody can tell what it is", async () => {
		expect((await mate.gox(["install", "1.90.1"])).status).toBe(0);
		renameSync(join(mate.home, "receipts/go1.90.1.json"), join(mate.root, "receipt"));
		expect((await mate.gox(["install"], { cwd: "p" })).status).toBe(5);
	});

	it("where the lock and .go-version contradict each other is an error that names both", async () => {
		mate.write({ "p/.go-version": "1.90.2\n" });
		const { status, stderr } = await mate.gox(["install"], { cwd: "p" });
		expect(status).toBe(2);
		expect(stderr).toContain(`${lockFile(mate)} locks go1.90.1, but ${join(mate.root, "p/.go-version")} asks for 1.90.2`);
		mate.write({ "p/.go-version": "latest\n" });
		expect((await mate.gox(["install"], { cwd: "p" })).status).toBe(2);
	});

	it("narrows a prefix and a floor to the locked release; a version file that is nearer has the say", async () => {
		mate.write({ "p/.go-version": "1.90\n", "p/near/.go-version": "1.90.2\n" });
		expect((await mate.gox(["install"], { cwd: "p" })).stderr).toContain("installed go1.90.1");
		expect((await mate.gox(["install"], { cwd: "p/near" })).stderr).toContain("installed go1.90.2");
		renameSync(join(mate.root, "p/.go-version"), join(mate.root, "gone"));
		mate.write({ "p/go.mod": "module p\n\ngo 1.21\n" });
		expect((await mate.gox(["install"], { cwd: "p" })).stderr).toContain("gox.lock says what that is: 1.90.1");
		mate.write({ "p/go.mod": "module p\n\ngo 1.91\n" });
		expect((await mate.gox(["install"], { cwd: "p" })).status).toBe(2);
	});

	it("whatever was done to the lock, nothing is installed", async () => {
		const text = readFileSync(lockFile(mate), "utf8");
		const { sha256, h1 } = site.toolchain("go1.90.1", hostPlatform);
		const flipped = (hash: string, at: number) => hash.slice(0, at) + (hash[at] === "0" ? "1" : "0") + hash.slice(at + 1);
		for (const [tampered, exit] of [
			[text.replace(sha256, flipped(sha256, 63)), 5],
			[text.replace(sha256, flipped(sha256, 0)), 5],
			[text.replace(h1, flipped(h1, 20)), 5],
			[text.replace(`"${hostPlatform}"`, '"plan9-amd64"'), 2],
			[text.slice(0, 200), 2],
			["", 2],
			[`<<<<<<< HEAD\n${text}`, 2],
			[
				text
					.replace(/ {4}"(darwin-arm64|linux-amd64|darwin-amd64|linux-arm64)": \{[^}]*\},?\n/g, (entry) =>
						entry.includes(sha256) ? "" : entry,
					)
					.replace(/,\n {2}\}\n\}/, "\n  }\n}"),
				5,
			],
		] as const) {
			writeFileSync(lockFile(mate), tampered);
			const { status, stderr } = await mate.gox(["install"], { cwd: "p" });
			expect(status, `${tampered}\n${stderr}`).toBe(exit);
			expect(stderr).toContain("gox.lock");
			expect(mate.names("versions")).toEqual([]);
		}
	});

	it("holds for what the shim installs by itself", async () => {
		mate.write({ "p/.go-version": "1.90\n", config: "auto_install = yes\n" });
		const env = { GOX_CONFIG: join(mate.root, "config") };
		await mate.gox(["install", "1.90.2"]);
		await mate.gox(["uninstall", "1.90.2"]);
		const refused = await mate.run(join(mate.home, "shims/go"), ["version"], { cwd: "p", env: { ...env, ...deceived() } });
		expect(refused.status).toBe(5);
		expect(refused.stderr).toContain("locks");
		const ran = await mate.run(join(mate.home, "shims/go"), ["version"], { cwd: "p", env });
		expect(ran.stdout, ran.stderr).toContain("go1.90.1");
	});

	it("holds where go -C goes, not where it comes from", async () => {
		mate.write({ "p/.go-version": "1.90.1\n", "q/.go-version": "1.90.2\n", config: "auto_install = yes\n" });
		const env = { GOX_CONFIG: join(mate.root, "config") };
		await mate.gox(["install", "1.90.2"]);
		await mate.gox(["uninstall", "1.90.2"]);
		const other = await mate.run(join(mate.home, "shims/go"), ["-C", "../q", "version"], { cwd: "p", env });
		expect(other.stdout, other.stderr).toContain("go1.90.2");
		const refused = await mate.run(join(mate.home, "shims/go"), ["-C", "../p", "version"], {
			cwd: "q",
			env: { ...env, ...deceived() },
		});
		expect(refused.status).toBe(5);
		expect(refused.stderr).toContain("locks");
	});
});

describe("a lock without h1s", () => {
	it("lets the archive in, and not the module, which it can't tell", async () => {
		await lead.gox(["pin", "1.90.1", "--lock"], { cwd: "p", env: { GOSUMDB: "off" } });
		const module = await lead.gox(["install", "--source", "proxy"], { cwd: "p" });
		expect(module.status).toBe(5);
		expect(module.stderr).toContain("locks only the archive's SHA-256");
		expect((await lead.gox(["install"], { cwd: "p" })).status).toBe(0);
	});
});
