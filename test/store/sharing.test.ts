import { execFileSync, spawnSync } from "node:child_process";
import {
	appendFileSync,
	copyFileSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type FileSharing, TreeWriter } from "../../src/archive/tree.ts";
import { type InstallPlan, installVersion } from "../../src/install/install.ts";
import { uninstallVersion } from "../../src/store/abandoned.ts";
import { installedVersions } from "../../src/store/installed.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { readReceipt } from "../../src/store/receipt.ts";
import {
	asNeighbour,
	NeighbourFiles,
	nearestInstalled,
	type SharingCalls,
	sharingWithNearest,
	systemCalls,
} from "../../src/store/sharing.ts";
import { freedBy } from "../../src/store/space.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { printingProgram } from "../support/fakego.ts";

const platform = "linux-amd64";
let context: TestContext;

beforeEach(() => {
	const root = freshRoot();
	context = { ...testContext({ root, host: platform }), assets: fakeAssets(root, platform) };
});

function release(name: string): Release {
	const parsed = parseRelease(name);
	if (!parsed) throw new Error(name);
	return parsed;
}

const same: Readonly<Record<string, string>> = {
	"src/fmt/print.go": "package fmt\n".repeat(1000),
	"src/os/file.go": "package os\n".repeat(1000),
	"src/run.bash": "#!/bin/bash\n",
	"src/empty.go": "",
};

/** Installs a version whose files but VERSION and bin/go are those of every other. */
async function install(
	name: string,
	{ dedupe = "off", calls, files = same }: { dedupe?: "off" | "clone" | "link"; calls?: SharingCalls; files?: typeof same } = {},
) {
	const plan: InstallPlan = {
		release: release(name),
		platform,
		force: false,
		dedupe: calls ? "off" : dedupe,
		asDefault: "if-none",
		waiting: () => {},
		build: async ({ staging, sharing: given }) => {
			const goroot = join(staging, "go");
			mkdirSync(goroot);
			const sharing = calls ? sharingWithNearest(context, staging, plan, dedupe, calls) : given;
			const tree = new TreeWriter(goroot, false, sharing);
			const add = (path: string, content: string | Uint8Array, executable = false) =>
				tree.addFile({ kind: "file", path, size: content.length, executable }, Buffer.from(content));
			add("VERSION", `${name}\n`);
			add("bin/go", printingProgram(platform, name), true);
			for (const [path, content] of Object.entries(files)) add(path, content, path.endsWith(".bash"));
			taken = (sharing as NeighbourFiles | undefined)?.shared?.files ?? 0;
			return {
				goroot,
				files: tree.files,
				h1: "h1:x",
				source: { kind: "archive", from: "memory" },
				archive: { sha256: "", size: 0 },
				witnesses: [],
				official: true,
			};
		},
	};
	await installVersion(context, plan);
}

let taken = 0;
const at = (version: string, path: string) => join(context.home, "versions", version, path);
const inode = (version: string, path: string) => statSync(at(version, path)).ino;

/** A file system with clones: what FICLONE and clonefile do to names and contents. */
const cloning: SharingCalls = { clone: (from, to) => copyFileSync(from, to), link: linkSync };
/** One without. */
const plain: SharingCalls = {
	clone: () => {
		throw Object.assign(new Error("ENOTSUP"), { code: "ENOTSUP" });
	},
	link: linkSync,
};

describe("which version is the nearest", () => {
	it.each([
		["go1.22.5", ["go1.22.1", "go1.22.6", "go1.23.1"], "go1.22.6"],
		["go1.22.5", ["go1.21.5", "go1.23.5"], undefined],
		["go1.22.5", ["go1.22.5"], undefined],
		["go1.22.5", ["go1.22.5@darwin-arm64", "go1.22.6"], "go1.22.5@darwin-arm64"],
		["go1.23.0", ["go1.23rc1", "go1.23.4"], "go1.23rc1"],
	])("to %s among %j: %s", (name, keys, nearest) => {
		const installed = keys.map((key) => {
			const [bare = "", other] = key.split("@");
			return { release: release(bare), platform: (other ?? platform) as typeof platform, key, goroot: "" };
		});
		expect(nearestInstalled(release(name), platform, installed)?.key).toBe(nearest);
	});
});

describe("by hard links, on request", () => {
	it("equal files lie on the disk once, read-only in both, and the receipt says so", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: plain });
		expect(taken).toBe(3);
		for (const path of ["src/fmt/print.go", "src/os/file.go", "src/run.bash"]) {
			expect(inode("go1.90.2", path)).toBe(inode("go1.90.1", path));
			expect(statSync(at("go1.90.1", path)).mode & 0o777).toBe(path.endsWith(".bash") ? 0o555 : 0o444);
		}
		expect(inode("go1.90.2", "bin/go")).not.toBe(inode("go1.90.1", "bin/go"));
	});

	it("not without the request, and not by the default", async () => {
		await install("go1.90.1");
		for (const dedupe of ["clone", "off"] as const) {
			await install(`go1.90.${dedupe === "off" ? 2 : 3}`, { dedupe, calls: plain });
			expect(taken).toBe(0);
		}
		expect(statSync(at("go1.90.1", "src/fmt/print.go")).mode & 0o777).toBe(0o644);
		expect(statSync(at("go1.90.1", "src/fmt/print.go")).nlink).toBe(1);
	});

	it("a disk that refuses links gets copies", async () => {
		await install("go1.90.1");
		const refusing: SharingCalls = {
			...plain,
			link: () => {
				throw Object.assign(new Error("EPERM"), { code: "EPERM" });
			},
		};
		await install("go1.90.2", { dedupe: "link", calls: refusing });
		expect(taken).toBe(0);
		expect(readFileSync(at("go1.90.2", "src/fmt/print.go"), "utf8")).toBe(same["src/fmt/print.go"]);
	});

	it("an edit that is written in place fails, for whoever isn't root; in a copy it would not", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: plain });
		const files = [at("go1.90.2", "src/fmt/print.go"), at("go1.90.2", "VERSION")];
		const edit = (file: string) => {
			const node = [process.execPath, "-e", 'require("fs").appendFileSync(process.argv[1], "edit\\n")', file];
			// Root without the capability that lets root pass by a file's mode: as any owner of it.
			const [command = "", ...args] = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override", ...node] : node;
			return spawnSync(command, args, { encoding: "utf8" });
		};
		expect(edit(files[0] ?? "").stderr).toMatch(/EACCES|EPERM/);
		expect(edit(files[1] ?? "")).toMatchObject({ status: 0, stderr: "" });
		expect(readFileSync(at("go1.90.1", "src/fmt/print.go"), "utf8")).toBe(same["src/fmt/print.go"]);
	});

	it("an edit that replaces the file, as editors and sed -i do, parts the two", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: plain });
		const file = at("go1.90.2", "src/fmt/print.go");
		writeFileSync(`${file}.new`, "edited\n");
		renameSync(`${file}.new`, file);
		const other = at("go1.90.2", "src/os/file.go");
		execFileSync("sed", ["-i.bak", "s/package/edited/", other]);
		for (const path of ["src/fmt/print.go", "src/os/file.go"]) {
			expect(readFileSync(at("go1.90.2", path), "utf8")).toContain("edited");
			expect(readFileSync(at("go1.90.1", path), "utf8")).toBe(same[path]);
		}
	});

	it("removing one leaves the other whole, modes and all", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: plain });
		const [first] = installedVersions(context).filter(({ key }) => key === "go1.90.1");
		const modes = () =>
			readdirSync(at("go1.90.2", "src"), { recursive: true }).map((name) => lstatSync(at("go1.90.2", `src/${name}`)).mode);
		const before = modes();
		if (first) await uninstallVersion(context, first);
		expect(installedVersions(context).map(({ key }) => key)).toEqual(["go1.90.2"]);
		expect(modes()).toEqual(before);
		for (const [path, content] of Object.entries(same)) expect(readFileSync(at("go1.90.2", path), "utf8")).toBe(content);
		expect(statSync(at("go1.90.2", "src/fmt/print.go")).nlink).toBe(1);
	});

	it("what is shared isn't counted as freed", async () => {
		await install("go1.90.1");
		const alone = freedBy(context, ["go1.90.1"]);
		await install("go1.90.2", { dedupe: "link" });
		const shared = readReceipt(layoutOf(context.home), "go1.90.2")?.shared;
		expect(shared).toMatchObject({ with: "go1.90.1", files: 3 });
		expect(freedBy(context, ["go1.90.1"])).toBeLessThanOrEqual(alone - (shared?.bytes ?? Number.POSITIVE_INFINITY));
		expect(freedBy(context, ["go1.90.1", "go1.90.2"])).toBeGreaterThanOrEqual(alone);
	});
});

describe("by clones", () => {
	it("files are taken over, stay writable, and are each their own", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "clone", calls: cloning });
		expect(taken).toBe(3);
		appendFileSync(at("go1.90.2", "src/fmt/print.go"), "edit\n");
		expect(readFileSync(at("go1.90.1", "src/fmt/print.go"), "utf8")).toBe(same["src/fmt/print.go"]);
		expect(statSync(at("go1.90.2", "src/run.bash")).mode & 0o777).toBe(0o755);
	});

	it("a clone of a file that is read-only because of a link is writable", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: plain });
		await install("go1.90.3", { dedupe: "clone", calls: cloning });
		expect(taken).toBe(3);
		expect(statSync(at("go1.90.3", "src/fmt/print.go")).mode & 0o777).toBe(0o644);
		expect(statSync(at("go1.90.3", "src/run.bash")).mode & 0o777).toBe(0o755);
	});

	it("go first, and links only where they fail", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "link", calls: cloning });
		expect(inode("go1.90.2", "src/fmt/print.go")).not.toBe(inode("go1.90.1", "src/fmt/print.go"));
	});

	it("as this file system really has them, or not: whole versions either way", async () => {
		await install("go1.90.1");
		await install("go1.90.2", { dedupe: "clone", calls: systemCalls });
		for (const [path, content] of Object.entries(same)) expect(readFileSync(at("go1.90.2", path), "utf8")).toBe(content);
		appendFileSync(at("go1.90.1", "src/os/file.go"), "edit\n");
		expect(readFileSync(at("go1.90.2", "src/os/file.go"), "utf8")).toBe(same["src/os/file.go"]);
	});
});

describe("never a file that isn't what its version had", () => {
	it.each(["clone", "link"] as const)("an edited one, the same length, isn't taken over (%s)", async (dedupe) => {
		await install("go1.90.1");
		const path = at("go1.90.1", "src/fmt/print.go");
		writeFileSync(path, readFileSync(path, "utf8").replace("p", "P"));
		await install("go1.90.2", { dedupe, calls: dedupe === "clone" ? cloning : plain });
		expect(taken).toBe(2);
		expect(readFileSync(at("go1.90.2", "src/fmt/print.go"), "utf8")).toBe(same["src/fmt/print.go"]);
	});

	it("nor one that is gone, a link, or no longer executable", async () => {
		await install("go1.90.1");
		renameSync(at("go1.90.1", "src/fmt/print.go"), at("go1.90.1", "src/fmt/moved.go"));
		execFileSync("ln", ["-s", "moved.go", at("go1.90.1", "src/fmt/print.go")]);
		execFileSync("chmod", ["644", at("go1.90.1", "src/run.bash")]);
		await install("go1.90.2", { dedupe: "link", calls: plain });
		expect(taken).toBe(1);
		expect(lstatSync(at("go1.90.2", "src/fmt/print.go")).isFile()).toBe(true);
		expect(statSync(at("go1.90.2", "src/run.bash")).mode & 0o777).toBe(0o755);
	});

	it("and none of an installed tree is replaced that was edited", async () => {
		await install("go1.90.1");
		await install("go1.90.2");
		writeFileSync(at("go1.90.2", "src/fmt/print.go"), (same["src/fmt/print.go"] ?? "").replace("p", "P"));
		const [, older] = installedVersions(context);
		const neighbour = older && asNeighbour(context, older);
		if (!neighbour) throw new Error("no neighbour");
		const sharing = new NeighbourFiles(neighbour, "link", plain);
		for (const [path, sha256] of neighbour.manifest) sharing.replace(path, sha256, at("go1.90.2", path));
		expect(readFileSync(at("go1.90.2", "src/fmt/print.go"), "utf8")).toMatch(/^Package/);
		expect(inode("go1.90.2", "src/os/file.go")).toBe(inode("go1.90.1", "src/os/file.go"));
		expect(sharing.shared?.files).toBe(2);
		const again: FileSharing & { shared?: unknown } = sharing;
		expect(again.shared).toMatchObject({ with: "go1.90.1", how: "link" });
		expect(readdirSync(at("go1.90.2", "src/os"))).toEqual(["file.go"]);
	});
});
