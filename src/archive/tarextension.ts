import { improper, type TarHeader } from "./tarheader.ts";

/** What extended headers say of the entry behind them; it goes before the entry's own header. */
export interface Extension {
	readonly path?: string;
	readonly target?: string;
	readonly size?: number;
}

/** Bytes that an extended header may have; those of real archives have some hundred. */
export const longestExtension = 1024 * 1024;

/** The type flags of headers that describe the next entry: PAX's `x` and `g`, GNU's `L` and `K` for long names. */
export function isExtension(flag: string): boolean {
	return flag === "x" || flag === "g" || flag === "L" || flag === "K";
}

/**
 * Adds an extended header to what is known of the entry behind it.
 * @throws GoxError `hostile-archive` for what isn't in the format, and for what would be said of every entry.
 */
export function extend(extension: Extension, { flag }: TarHeader, content: Buffer): Extension {
	if (flag === "L") return { ...extension, path: untilNul(content) };
	if (flag === "K") return { ...extension, target: untilNul(content) };
	const records = paxRecords(content);
	const said = {
		...(records.has("path") && { path: records.get("path") }),
		...(records.has("linkpath") && { target: records.get("linkpath") }),
		...(records.has("size") && { size: decimal(records.get("size") ?? "") }),
	} as Extension;
	if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) throw improper("it has a sparse file");
	if (flag === "x") return { ...extension, ...said };
	if (Object.keys(said).length > 0) throw improper("a global header gives every entry the same path or size");
	return extension;
}

/** `LENGTH KEY=VALUE\n`, the length in bytes and of the whole record (POSIX.1-2001, pax interchange format). */
function paxRecords(content: Buffer): ReadonlyMap<string, string> {
	const records = new Map<string, string>();
	for (let at = 0; at < content.length; ) {
		const blank = content.indexOf(0x20, at);
		const length = blank < 0 ? Number.NaN : decimal(content.toString("latin1", at, blank));
		const end = at + length;
		if (!(end <= content.length) || end <= blank + 1 || content[end - 1] !== 0x0a)
			throw improper("an extended header is damaged");
		const record = content.toString("utf8", blank + 1, end - 1);
		const equals = record.indexOf("=");
		if (equals < 1) throw improper("an extended header is damaged");
		records.set(record.slice(0, equals), record.slice(equals + 1));
		at = end;
	}
	return records;
}

function decimal(text: string): number {
	if (!/^\d{1,15}$/.test(text)) throw improper("a number in an extended header is none");
	return Number(text);
}

function untilNul(content: Buffer): string {
	const end = content.indexOf(0);
	return content.toString("utf8", 0, end < 0 ? content.length : end);
}
