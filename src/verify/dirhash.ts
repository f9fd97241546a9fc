import * as crypto from "node:crypto";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { GoxError, quote } from "../errors.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";

/**
 * The `h1:` hash over the files of a module (golang.org/x/mod/sumdb/dirhash.Hash1): SHA-256 of the lines
 * `sha256hex  name`, sorted by name as bytes, in base64. Files are added in any order, as they are written.
 */
export class DirHash {
	readonly #files = new Map<string, string>();

	/**
	 * @param name with `/` between its elements, the module's prefix included
	 * @param sha256 of the file's content, 64 lower-case hexadecimal digits
	 * @throws GoxError `integrity` for a name with a newline, or two files of one name.
	 */
	add(name: string, sha256: string): void {
		if (name.includes("\n")) throw new GoxError("integrity", `a file name with a newline can't be hashed: ${quote(name)}`);
		if (!/^[0-9a-f]{64}$/.test(sha256)) throw new GoxError("internal", `${quote(sha256)} is not a SHA-256 in hexadecimal`);
		if (this.#files.has(name)) throw new GoxError("integrity", `two files are called ${quote(name)}`);
		this.#files.set(name, sha256);
	}

	get size(): number {
		return this.#files.size;
	}

	/** `h1:` and base64; more files may be added afterwards. */
	h1(): string {
		let lines = "";
		for (const name of sortedByBytes([...this.#files.keys()])) lines += `${this.#files.get(name)}  ${name}\n`;
		return `h1:${createHash("sha256").update(lines).digest("base64")}`;
	}
}

/** UTF-16 order, JavaScript's own, puts astral characters before U+E000; Go sorts the UTF-8 bytes. */
function sortedByBytes(names: string[]): string[] {
	if (names.every(isAscii)) return names.sort();
	return names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function isAscii(text: string): boolean {
	return !/[^\u0000-\u007f]/.test(text);
}

/** SHA-256 of a file's bytes in lower-case hex. File-system errors are thrown as they come. */
export async function sha256OfFile(path: string): Promise<string> {
	const hash = crypto.createHash("sha256");
	for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
	return hash.digest("hex");
}

/** SHA-256 of bytes in memory in lower-case hex: for a small file, without the cost of a stream. */
export function sha256Of(bytes: Uint8Array): string {
	return crypto.hash("sha256", bytes);
}

/** The module that Go's toolchains are published as. */
export const toolchainModule = "golang.org/toolchain";

/** Directories of an official archive that the toolchain module leaves out (cmd/distpack). */
export const leftOutOfModule = ["api", "doc", "misc", "test"] as const;

/** The version of the toolchain module that is a release for a platform: `v0.0.1-go1.22.5.linux-amd64`. */
export function toolchainVersion(release: Release, platform: Platform): string {
	return `v0.0.1-${release.name}.${platform}`;
}

/** What every name in the module's zip begins with: `golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64/`. */
export function toolchainPrefix(release: Release, platform: Platform): string {
	return `${toolchainModule}@${toolchainVersion(release, platform)}/`;
}

/** The inverse of `toolchainVersion`; undefined for other platforms and anything else that a proxy may list. */
export function parseToolchainVersion(version: string): { release: Release; platform: Platform } | undefined {
	const found = /^v0\.0\.1-(go\d[0-9a-z.]*)\.([a-z0-9]+-[a-z0-9]+)$/.exec(version);
	const release = found?.[1] ? parseRelease(found[1]) : undefined;
	const platform = platforms.find((known) => known === found?.[2]);
	if (!release || !platform || toolchainVersion(release, platform) !== version) return undefined;
	return { release, platform };
}

/** Whether the toolchain module has the file of an official archive. */
export function isInModule(path: string): boolean {
	return !leftOutOfModule.some((directory) => path.startsWith(`${directory}/`));
}

/** Whether a file of an archive or a GOROOT would pass for a go.mod, which is called so in the module. */
export function passesForGoMod(path: string): boolean {
	return isInModule(path) && /(^|\/)_go\.mod$/.test(path);
}

/**
 * The name in the toolchain module of a file of an official archive, or undefined where the module leaves
 * it out: `api/ doc/ misc/ test/` are dropped, and every `go.mod` is called `_go.mod` (cmd/distpack).
 * @param path relative to GOROOT, with `/`
 */
export function toolchainName(path: string, release: Release, platform: Platform): string | undefined {
	return isInModule(path) ? toolchainPrefix(release, platform) + nameInModule(path) : undefined;
}

function nameInModule(path: string): string {
	if (!path.endsWith("go.mod")) return path;
	const directory = path.slice(0, -"go.mod".length);
	return directory === "" || directory.endsWith("/") ? `${directory}_go.mod` : path;
}

/** The toolchain module's `h1:` as it follows from a GOROOT's files, gathered while they are written or read. */
export class ToolchainHash {
	readonly #hash = new DirHash();
	readonly #prefix: string;

	constructor(release: Release, platform: Platform) {
		this.#prefix = toolchainPrefix(release, platform);
	}

	/**
	 * @param path relative to GOROOT, as the official archive has it
	 * @param sha256 of the content, lower-case hexadecimal
	 * @throws GoxError `integrity` for a _go.mod: no release has one, and the hash would be that of a tree with a go.mod.
	 */
	add(path: string, sha256: string): void {
		if (passesForGoMod(path)) throw new GoxError("integrity", `${quote(path)} would pass for a go.mod`);
		if (isInModule(path)) this.#hash.add(this.#prefix + nameInModule(path), sha256);
	}

	h1(): string {
		return this.#hash.h1();
	}
}

/** The `h1:` of the toolchain module that a GOROOT's files make up. */
export function toolchainHash(
	files: Iterable<readonly [path: string, sha256: string]>,
	release: Release,
	platform: Platform,
): string {
	const hash = new ToolchainHash(release, platform);
	for (const [path, sha256] of files) hash.add(path, sha256);
	return hash.h1();
}
