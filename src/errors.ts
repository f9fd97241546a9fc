/**
 * Every way gox can fail on purpose, and the exit code of each (design §8).
 * A message says what happened and to what; a hint is a command that can be pasted.
 */
export const exitCodes = {
	internal: 1,
	usage: 2,
	"not-a-version": 2,
	"bad-version-file": 2,
	"bad-home": 2,
	"bad-config": 2,
	"no-such-release": 3,
	"no-such-platform": 3,
	"not-installed": 3,
	"no-go": 3,
	network: 4,
	offline: 4,
	"bad-index": 4,
	integrity: 5,
	"hostile-archive": 5,
	"file-system": 6,
	locked: 7,
	"not-executable": 126,
	"command-not-found": 127,
	interrupted: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

export interface ErrorDetail {
	/** What to type next; one command a line. */
	readonly hint?: string;
	/** What was underneath; shown with GOX_LOG=debug. */
	readonly cause?: unknown;
}

/** A failure that gox foresaw. Anything else that is thrown is an internal error (exit 1). */
export class GoxError extends Error {
	readonly code: ErrorCode;
	readonly hint: string | undefined;

	constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
		super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
		this.name = "GoxError";
		this.code = code;
		this.hint = detail.hint;
	}

	/** The process's exit status for this failure. */
	get exit(): number {
		return exitCodes[this.code];
	}
}

/** The `code` of a Node system error (`ENOENT`, `ECONNRESET` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
	if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
	return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Text from outside made fit for one line of a terminal: control characters, bidirectional
 * marks and quotes are escaped as JSON does, and more than `limit` characters are cut.
 */
export function quote(text: string, limit = 60): string {
	const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
	const escaped = JSON.stringify(cut).slice(1, -1);
	return `"${escaped.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}
