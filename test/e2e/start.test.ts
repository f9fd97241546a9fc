import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../support/sandbox.ts";

// What the built program has loaded by the time it ends: its own files, and Node's own modules.
const program = `
const entry = process.argv[1];
process.on("exit", () => require("node:fs").writeSync(3, JSON.stringify({
	files: Object.keys(require.cache),
	native: process.moduleLoadList.filter((name) => name.startsWith("NativeModule ")).map((name) => name.slice(13)),
})));
require(entry);
`;

let box: Sandbox;
beforeAll(() => {
	box = new Sandbox({ GOX_OFFLINE: "1" });
});

function loadedBy(args: readonly string[], { entry, env } = box): { files: string[]; native: string[] } {
	const apart = 'exec "$@" 3>&1 >/dev/null 2>/dev/null';
	const report = execFileSync("/bin/sh", ["-c", apart, "sh", process.execPath, "-e", program, entry, ...args], {
		env: env as NodeJS.ProcessEnv,
		encoding: "utf8",
	});
	const { files, native } = JSON.parse(report) as { files: string[]; native: string[] };
	return { files: files.map((file) => basename(file)), native };
}

const heavy = /^(?:agent|undici|openpgp|yauzl|proper-lockfile|tar)-/;

describe("a small command loads no more than it needs", () => {
	it("--version: the entry alone, and nothing of Node's that wasn't there", () => {
		expect(loadedBy(["--version"]).files.filter((file) => !/^(?:gox|chunk-\w+)\.js$/.test(file))).toEqual([]);
	});

	it.each([[["list"]], [["list", "--json"]], [["config"]], [["alias"]], [["--help"]]])(
		"%j: nothing that downloads or proves",
		(args) => {
			const { files, native } = loadedBy(args);
			expect(files.filter((file) => heavy.test(file))).toEqual([]);
			expect(native.filter((name) => ["tls", "http", "https", "zlib", "child_process"].includes(name))).toEqual([]);
		},
	);

	it("and a command that asks the network loads what does", () => {
		const asking = new Sandbox({ GOX_INDEX: "http://127.0.0.1:9/" });
		const { files, native } = loadedBy(["list", "--remote"], asking);
		expect(files.some((file) => file.startsWith("agent-"))).toBe(true);
		expect(native).toContain("tls");
	});
});
