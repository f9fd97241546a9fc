import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolchainHash, toolchainName, toolchainVersion } from "../../../src/verify/dirhash.ts";
import type { Platform } from "../../../src/version/platform.ts";
import { parseRelease, type Release } from "../../../src/version/release.ts";
import { goEntries, sha256 } from "../archives.ts";
import { LogSigner, TestLog } from "./log.ts";
import { zipOf } from "./zip.ts";

export interface ToolchainProxy {
	readonly release: Release;
	readonly platform: Platform;
	readonly version: string;
	/** The h1 of the toolchain in its zip, which the log has on record. */
	readonly h1: string;
	readonly zip: Buffer;
	readonly log: TestLog;
	/** Everything a module proxy serves about the toolchain, its `/sumdb/NAME/` included, by path without a leading slash. */
	readonly files: Map<string, Buffer | string>;
}

const module = "golang.org/toolchain/@v";

/** A module proxy with one small toolchain, proven by a log of its own. */
export function toolchainProxy(
	name = "go1.22.5",
	platform: Platform = "linux-amd64",
	signer = new LogSigner("log.example.org"),
): ToolchainProxy {
	const release = parseRelease(name);
	if (!release) throw new Error(`${name} is no release`);
	const version = toolchainVersion(release, platform);
	const hash = new ToolchainHash(release, platform);
	const zipped: [string, Buffer][] = [];
	for (const { path, content = "", type = "File" } of goEntries({ version: name, platform })) {
		if (type !== "File") continue;
		const body = Buffer.from(content as Uint8Array);
		const inGoroot = path.replace(/^go\//, "");
		const inModule = toolchainName(inGoroot, release, platform);
		hash.add(inGoroot, sha256(body));
		if (inModule) zipped.push([inModule, body]);
	}
	const zip = zipOf(zipped);
	const h1 = hash.h1();
	const log = new TestLog(signer).fill(300).add("golang.org/toolchain", version, h1, recordOf(version, h1)).fill(400);
	const files = new Map<string, Buffer | string>([
		[`${module}/list`, `${version}\n`],
		[`${module}/${version}.info`, JSON.stringify({ Version: version, Time: "2024-06-27T20:11:12Z" })],
		[`${module}/${version}.mod`, "module golang.org/toolchain\n"],
		[`${module}/${version}.zip`, zip],
	]);
	for (const [path, answer] of sumdbFiles(log)) files.set(path, answer);
	return { release, platform, version, h1, zip, log, files };
}

/** What a proxy serves about a log as it is now. */
export function sumdbFiles(log: TestLog): Map<string, Buffer | string> {
	const files = new Map<string, Buffer | string>([["supported", ""]]);
	const put = (path: string) => {
		const answer = log.answer(path);
		if (answer) files.set(path, Buffer.from(answer));
	};
	for (const path of ["latest", ...log.lookups(), ...log.tiles()]) put(path);
	return new Map([...files].map(([path, content]) => [`sumdb/${log.signer.name}/${path}`, content]));
}

/** Writes what a proxy serves as files, for a `file://` proxy. */
export function writeProxy(directory: string, files: ReadonlyMap<string, Buffer | string>): void {
	for (const [path, content] of files) {
		mkdirSync(dirname(join(directory, path)), { recursive: true });
		writeFileSync(join(directory, path), content);
	}
}

/** The hash of `module golang.org/toolchain\n`, the go.mod of every toolchain. */
const goModH1 = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

function recordOf(version: string, h1: string): string {
	return `golang.org/toolchain ${version} ${h1}\ngolang.org/toolchain ${version}/go.mod ${goModH1}\n`;
}
