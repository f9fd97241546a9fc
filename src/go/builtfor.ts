import { readFileSync } from "node:fs";
import { GoxError } from "../errors.ts";
import { naming, readHead } from "../fs.ts";
import type { Platform } from "../version/platform.ts";

/** What an executable's own header says it is for. */
export interface Executable {
	readonly format: "ELF" | "Mach-O" | "universal Mach-O";
	/** The platforms it runs on natively; empty for a machine that isn't one of ours. */
	readonly platforms: readonly Platform[];
	/** In words, for messages: `Mach-O x86_64`. */
	readonly words: string;
}

const elfMachines: ReadonlyMap<number, readonly [string, Platform | undefined]> = new Map([
	[3, ["i386", undefined]],
	[40, ["ARM", undefined]],
	[62, ["x86-64", "linux-amd64"]],
	[183, ["aarch64", "linux-arm64"]],
]);
const machMachines: ReadonlyMap<number, readonly [string, Platform | undefined]> = new Map([
	[7, ["i386", undefined]],
	[0x01000007, ["x86_64", "darwin-amd64"]],
	[0x0100000c, ["arm64", "darwin-arm64"]],
]);

/**
 * Reads the machine type from the first bytes of an executable: ELF (e_ident, e_type, e_machine),
 * Mach-O 64-bit (<mach-o/loader.h>) and universal files (<mach-o/fat.h>). Undefined for anything else.
 */
export function executableOf(header: Uint8Array): Executable | undefined {
	const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
	if (view.byteLength < 20) return undefined;
	const magic = view.getUint32(0, false);
	if (magic === 0x7f454c46) return elfMachine(view);
	if (magic === 0xcffaedfe || magic === 0xcefaedfe) return thinMachO(view);
	if (magic === 0xcafebabe || magic === 0xcafebabf) return universalMachO(view, magic === 0xcafebabf ? 32 : 20);
	return undefined;
}

/**
 * Refuses a GOROOT whose bin/go is not an executable for the platform.
 * @throws GoxError `integrity`, naming both machines.
 */
export function checkBuiltFor(executable: string, platform: Platform): void {
	const found = executableAt(executable);
	if (found?.platforms.includes(platform) && found.format !== "universal Mach-O") return;
	throw new GoxError("integrity", `bin/go is ${found ? `${found.words}, not for ${platform}` : "neither ELF nor Mach-O"}`);
}

/** The machine of an executable on disk, or undefined when it is no ELF or Mach-O file. */
export function executableAt(path: string): Executable | undefined {
	return executableOf(headerOf(path));
}

/** The first bytes of a file, enough for `machineOf`; none of what isn't a regular file. */
export function headerOf(path: string): Uint8Array {
	return readHead(path, 4096) ?? new Uint8Array();
}

function elfMachine(view: DataView): Executable {
	const little = view.getUint8(5) === 1;
	const wide = view.getUint8(4) === 2;
	const type = view.getUint16(16, little);
	const code = view.getUint16(18, little);
	const [name, platform] = elfMachines.get(code) ?? [`machine ${code}`, undefined];
	// ELFOSABI_NONE and ELFOSABI_LINUX; FreeBSD's Go has 9. ET_EXEC or ET_DYN (position-independent).
	const abi = view.getUint8(7);
	const runs = wide && little && (abi === 0 || abi === 3) && (type === 2 || type === 3);
	return {
		format: "ELF",
		platforms: runs && platform ? [platform] : [],
		words: `ELF ${name}${runs ? "" : ` (type ${type}, ABI ${abi})`}`,
	};
}

function thinMachO(view: DataView): Executable {
	const code = view.getUint32(4, true);
	const [name, platform] = machMachines.get(code) ?? [`cpu ${code}`, undefined];
	const isExecutable = view.getUint32(12, true) === 2;
	return {
		format: "Mach-O",
		platforms: isExecutable && platform ? [platform] : [],
		words: `Mach-O ${name}${isExecutable ? "" : " (no executable)"}`,
	};
}

function universalMachO(view: DataView, recordSize: number): Executable | undefined {
	const count = view.getUint32(4, false);
	// 0xcafebabe also begins a Java class, where these bytes are its version (45 and up).
	if (count === 0 || count > 16) return undefined;
	const known: (readonly [string, Platform | undefined])[] = [];
	for (let index = 0; index < count && 8 + (index + 1) * recordSize <= view.byteLength; index++) {
		const code = view.getUint32(8 + index * recordSize, false);
		known.push(machMachines.get(code) ?? [`cpu ${code}`, undefined]);
	}
	return {
		format: "universal Mach-O",
		platforms: known.flatMap(([, platform]) => platform ?? []),
		words: `universal Mach-O (${known.map(([name]) => name).join(", ")})`,
	};
}

/** Every gox shim carries this text, native or sh, so that shims know each other by content (docs/selection.md). */
const marker = "gox-shim-marker";
/** Bytes; those that gox builds have a fifth of it, and no real cmd/go is as small. */
const largestShim = 1 << 19;

/**
 * Whether a program is a shim, of this gox or another one.
 * @param size the file's, in bytes: a large one is not read.
 * Throws the file system's error when the file can't be read.
 */
export function carriesShimMarker(path: string, size: number): boolean {
	return size < largestShim && naming(path, () => readFileSync(path)).includes(marker);
}
