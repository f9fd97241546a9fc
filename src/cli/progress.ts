import type { Context } from "../context.ts";
import { bytesInWords } from "./text.ts";

/** The progress of several downloads, on one line of a terminal. Without a terminal nothing is shown. */
export interface Progress {
	/** @param total in bytes; 0 if unknown */
	update(name: string, received: number, total: number): void;
	/** Removes a finished download from the line. */
	remove(name: string): void;
	/** Writes messages above the line. */
	interleave(write: () => void): void;
	/** Clears the line. */
	end(): void;
}

/** Milliseconds between two updates of the line. */
const interval = 100;

export function progressOn(context: Context, silent: boolean): Progress {
	const line = statusLineOn(context, silent);
	if (!line.live) return { update: () => {}, remove: () => {}, interleave: line.interleave, end: () => {} };
	const parts = new Map<string, { received: number; total: number }>();
	let shownAt = 0;
	return {
		update: (name, received, total) => {
			parts.set(name, { received, total });
			const now = performance.now();
			if (now - shownAt < interval) return;
			shownAt = now;
			line.show([...parts].map(([each, part]) => partText(each, part.received, part.total, parts.size)).join("   "));
		},
		remove: (name) => {
			parts.delete(name);
			line.clear();
		},
		interleave: line.interleave,
		end: line.clear,
	};
}

function partText(name: string, received: number, total: number, among: number): string {
	if (total === 0) return `${name} ${bytesInWords(received)}`;
	const share = Math.min(1, received / total);
	const percent = `${Math.floor(share * 100)}%`.padStart(4);
	if (among > 1) return `${name}${percent}`;
	const filled = Math.round(share * 24);
	return `${name} [${"=".repeat(filled)}${" ".repeat(24 - filled)}]${percent} of ${bytesInWords(total)}`;
}

/** One line at the bottom of a terminal that is redrawn. Without a terminal nothing is shown. */
export interface StatusLine {
	/** Whether there is a terminal to draw on. */
	readonly live: boolean;
	/** Replaces the line. Text that doesn't fit is cut off. */
	show(text: string): void;
	/** Writes whole lines above the line. */
	interleave(write: () => void): void;
	clear(): void;
}

export function statusLineOn({ stderr, env }: Context, silent: boolean): StatusLine {
	if (silent || !stderr.isTTY || env.TERM === "dumb")
		return { live: false, show: () => {}, interleave: (write) => write(), clear: () => {} };
	let shown = false;
	const clear = () => {
		if (shown) stderr.write("\r\u001b[K");
		shown = false;
	};
	return {
		live: true,
		show: (text) => {
			stderr.write(`\r\u001b[K${text.slice(0, Math.max(0, stderr.columns - 1))}`);
			shown = true;
		},
		interleave: (write) => {
			clear();
			write();
		},
		clear,
	};
}
