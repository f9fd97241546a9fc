import { type ByteSource, elfImage, Fields, type Image, machImage, machSlices, withFile } from "./executable.ts";

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

const magic = Buffer.from("\xff Go buildinf:", "latin1");
const alignment = 16;
const headerSize = 32;
/** Bytes of a data segment that are searched: the linker puts the build information near the start. */
const searched = 16 << 20;
/** Bytes of a text: several times what the largest programs have. */
const longest = 4 << 20;

/** The two texts that Go's linker leaves in a program. */
export interface Blob {
	readonly goVersion: string;
	/** Lines as `go version -m` prints them, unparsed; empty for a program built without modules. */
	readonly modules: string;
}

/**
 * Finds and decodes the build information (debug/buildinfo of Go's standard library): since Go 1.18 the texts follow the
 * header with their lengths, before that the header has pointers to them. Undefined where there is none.
 */
export function readBlob(source: ByteSource, image: Image): Blob | undefined {
	const span = image.section ?? image.data;
	if (span === undefined || !(span.size > 0)) return undefined;
	const memory = (address: number, size: number) => readMemory(source, image, address, size);
	const at = findMagic(memory, span.address, Math.min(span.size, searched));
	const header = at === undefined ? undefined : memory(at, headerSize);
	if (at === undefined || header?.length !== headerSize) return undefined;
	const texts = (header[15] ?? 0) & 2 ? inlineTexts(memory, at + headerSize) : pointedTexts(memory, header);
	if (texts === undefined || texts[0].length === 0) return undefined;
	return { goVersion: texts[0].toString("utf8"), modules: unframed(texts[1]).toString("utf8") };
}

type Memory = (address: number, size: number) => Uint8Array;

function readMemory(source: ByteSource, { segments }: Image, address: number, size: number): Uint8Array {
	const segment = segments.find((each) => each.address <= address && address < each.address + each.fileSize);
	if (segment === undefined) return new Uint8Array();
	const within = address - segment.address;
	return source.read(segment.offset + within, Math.min(size, segment.fileSize - within));
}

/** By and by: it begins on a multiple of 16, so it never lies across the end of a chunk. */
function findMagic(memory: Memory, address: number, size: number): number | undefined {
	const end = address + size;
	let chunkSize = 1 << 16;
	for (let start = aligned(address); start < end; start += chunkSize, chunkSize = 1 << 20) {
		const chunk = Buffer.from(memory(start, Math.min(chunkSize, end - start)));
		if (chunk.length === 0) return undefined;
		for (let at = chunk.indexOf(magic); at >= 0; at = chunk.indexOf(magic, aligned(at + 1))) {
			if (at % alignment === 0) return start + at;
		}
	}
	return undefined;
}

function aligned(address: number): number {
	return Math.ceil(address / alignment) * alignment;
}

function inlineTexts(memory: Memory, address: number): readonly [Buffer, Buffer] | undefined {
	const version = inlineText(memory, address);
	const modules = version && inlineText(memory, version.end);
	return version && modules && [version.text, modules.text];
}

/** A length as encoding/binary.Uvarint has it, and so many bytes. */
function inlineText(memory: Memory, address: number): { readonly text: Buffer; readonly end: number } | undefined {
	let length = 0;
	for (const [index, byte] of memory(address, 10).entries()) {
		length += (byte & 0x7f) * 2 ** (7 * index);
		if (byte >= 0x80) continue;
		const start = address + index + 1;
		const text = textAt(memory, start, length);
		return text && { text, end: start + length };
	}
	return undefined;
}

function pointedTexts(memory: Memory, header: Uint8Array): readonly [Buffer, Buffer] | undefined {
	const size = header[14];
	if (size !== 4 && size !== 8) return undefined;
	const little = ((header[15] ?? 0) & 1) === 0;
	const goString = (at: number) => {
		const words = new Fields(memory(new Fields(header, little, size === 8).word(at), 2 * size), little, size === 8);
		return textAt(memory, words.word(0), words.word(size)) ?? Buffer.alloc(0);
	};
	return [goString(16), goString(16 + size)];
}

function textAt(memory: Memory, address: number, length: number): Buffer | undefined {
	if (!(length <= longest)) return undefined;
	const text = memory(address, length);
	return text.length === length ? Buffer.from(text) : undefined;
}

/** Without the 16 bytes before and behind that cmd/go marks the lines with (its modload.infoStart and infoEnd). */
function unframed(text: Buffer): Buffer {
	return text.length >= 33 && text.at(-17) === 10 ? text.subarray(16, -16) : Buffer.alloc(0);
}

/** A module of a build: its path, version (`(devel)` for a working directory) and checksum, and what replaced it. */
export interface GoModule {
	readonly path: string;
	readonly version: string;
	readonly sum: string;
	readonly replace?: GoModule | undefined;
}

/** What a build was made of, as runtime/debug.BuildInfo has it. */
export interface BuildModules {
	/** The main package's import path; empty where it isn't known. */
	readonly path: string;
	readonly main: GoModule | undefined;
	readonly deps: readonly GoModule[];
	/** `-tags`, `CGO_ENABLED`, `GOARCH` …, in the order they were recorded; none before Go 1.18. */
	readonly settings: readonly (readonly [key: string, value: string])[];
}

/** Reads the lines that `go version -m` prints, without their first tab. Undefined for what Go's own parser refuses. */
export function parseModules(text: string): BuildModules | undefined {
	let path = "";
	let main: GoModule | undefined;
	const deps: GoModule[] = [];
	const settings: (readonly [string, string])[] = [];
	let replaceable: "main" | "dep" | undefined;
	for (const line of text.split("\n").slice(0, -1)) {
		const [word = ""] = line.split("\t", 1);
		const rest = line.slice(word.length + 1);
		if (word.length === line.length) continue;
		if (word === "path") path = rest;
		else if (word === "mod" || word === "dep") {
			const module = moduleOf(rest.split("\t"));
			if (module === undefined) return undefined;
			if (word === "mod") main = module;
			else deps.push(module);
			replaceable = word === "mod" ? "main" : "dep";
		} else if (word === "=>") {
			const fields = rest.split("\t");
			const replace = fields.length === 3 ? moduleOf(fields) : undefined;
			if (replace === undefined || replaceable === undefined) return undefined;
			const last = deps.at(-1);
			if (replaceable === "main" && main) main = { ...main, replace };
			else if (last) deps[deps.length - 1] = { ...last, replace };
			replaceable = undefined;
		} else if (word === "build") {
			const setting = settingOf(rest);
			if (setting === undefined) return undefined;
			settings.push(setting);
		}
	}
	return { path, main, deps, settings };
}

function moduleOf(fields: readonly string[]): GoModule | undefined {
	const [path, version, sum = ""] = fields;
	return path === undefined || version === undefined || fields.length > 3 ? undefined : { path, version, sum };
}

/** Go quotes a key or a value that has blanks or quotes in it. */
function settingOf(text: string): readonly [string, string] | undefined {
	const quoted = /^["`]/.test(text) ? quotedPrefix(text) : undefined;
	const end = quoted?.length ?? text.indexOf("=");
	if (end <= 0 || text[end] !== "=") return undefined;
	const key = quoted === undefined ? text.slice(0, end) : unquote(quoted);
	if (key === undefined || (quoted === undefined && /[ \t\r"`]/.test(key))) return undefined;
	const raw = text.slice(end + 1);
	const value = /^["`]/.test(raw) ? unquote(raw) : /[ \t\r"`]/.test(raw) ? undefined : raw;
	return value === undefined ? undefined : [key, value];
}

const simple: Readonly<Record<string, string>> = {
	a: "\u0007",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	'"': '"',
};

const literal = /^(?:`[^`]*`|"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*")/;

/** The Go string literal that a text begins with, quotes included (strconv.QuotedPrefix); undefined where there is none. */
export function quotedPrefix(text: string): string | undefined {
	return literal.exec(text)?.[0];
}

/** What a Go string literal means (strconv.Unquote, for `"` and backquotes); undefined for anything else. */
export function unquote(text: string): string | undefined {
	if (quotedPrefix(text) !== text) return undefined;
	if (text.startsWith("`")) return text.slice(1, -1).replaceAll("\r", "");
	const parts: Buffer[] = [];
	for (const [piece] of text.slice(1, -1).matchAll(/[^\\]+|\\(?:[xuU][0-9a-fA-F]+|[0-7]{3}|.)/gs)) {
		const bytes = piece.startsWith("\\") ? escaped(piece.slice(1)) : Buffer.from(piece);
		if (bytes === undefined) return undefined;
		parts.push(bytes);
	}
	return Buffer.concat(parts).toString("utf8");
}

/** `\x` and octal escapes are bytes, `\u` and `\U` characters and whatever hexadecimal digits follow. */
function escaped(text: string): Buffer | undefined {
	const known = simple[text];
	if (known !== undefined) return Buffer.from(known);
	if (/^[0-7]/.test(text)) return Buffer.from([Number.parseInt(text, 8)]);
	const digits = { x: 2, u: 4, U: 8 }[text[0] ?? ""] ?? 0;
	const value = Number.parseInt(text.slice(1, 1 + digits), 16);
	const rest = Buffer.from(text.slice(1 + digits));
	if (text[0] === "x") return Buffer.concat([Buffer.from([value]), rest]);
	if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return undefined;
	return Buffer.concat([Buffer.from(String.fromCodePoint(value)), rest]);
}
