import { readBlob } from "./blob.ts";
import { type ByteSource, withFile } from "./bytesource.ts";
import { elfImage } from "./elf.ts";
import type { Image } from "./image.ts";
import { machImage, machSlices } from "./macho.ts";
import { type BuildModules, parseModules } from "./modules.ts";

/** What Go's linker left in a program about its build. */
export interface BuildInfo extends BuildModules {
	/** As it was recorded: `go1.22.5`, `go1.24.0 X:synctest`, `devel go1.27-…`. */
	readonly goVersion: string;
}

/** An executable for one architecture; a universal file has several. */
export interface Slice {
	/** In the words of Go, `darwin`, `arm64`; undefined for a machine or system that Go has no word for. */
	readonly goos: string | undefined;
	readonly goarch: string | undefined;
	/** Undefined for a program that Go didn't build, or whose build information was taken out or is malformed. */
	readonly info: BuildInfo | undefined;
	/** Whether it has the LC_UUID that the loader of macOS 26 wants; undefined for ELF, which has none. */
	readonly uuid: boolean | undefined;
}

/**
 * Reads the build information of an executable without a `go`: what `go version -m` reads, for ELF and Mach-O, every part
 * of a universal file. Some kilobytes are read, of a file of whatever size. Empty for a file that is neither; of hostile
 * files too, nothing but the file system's error is thrown.
 */
export function readExecutable(path: string): readonly Slice[] {
	return withFile(path, slicesOf);
}

/** As `readExecutable`, of bytes from anywhere. */
export function slicesOf(source: ByteSource): readonly Slice[] {
	const magic = Buffer.from(source.read(0, 4)).toString("hex");
	switch (magic) {
		case "7f454c46":
			return sliceOf(source, elfImage(source));
		case "cafebabe":
		case "cafebabf":
			return (machSlices(source) ?? []).flatMap((each) => (isMach(each) ? sliceOf(each, machImage(each)) : []));
		default:
			return isMach(source) ? sliceOf(source, machImage(source)) : [];
	}
}

function isMach(source: ByteSource): boolean {
	return /^(?:feedfac[ef]|c[ef]faedfe)$/.test(Buffer.from(source.read(0, 4)).toString("hex"));
}

function sliceOf(source: ByteSource, image: Image | undefined): readonly Slice[] {
	if (image === undefined) return [];
	const blob = readBlob(source, image);
	const modules = blob && parseModules(blob.modules);
	const info = blob && modules && { goVersion: blob.goVersion, ...modules };
	return [{ goos: image.goos, goarch: image.goarch, info, uuid: image.uuid }];
}
