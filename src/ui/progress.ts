import type { Context } from "../context.ts";
import { bytesInWords } from "./table.ts";

/** Shows how far several downloads are, on one line of a terminal; silent elsewhere. */
export interface Progress {
	/** @param total bytes, 0 where unknown. */
	update(name: string, received: number, total: number): void;
	/** One of them is finished: its part of the line goes. */
	remove(name: string): void;
	/** Writes a line of talk above the progress line. */
	interleave(write: () => void): void;
	/** Ends the line. */
	end(): void;
}

/** Milliseconds between two drawings: what an eye can follow. */
const interval = 100;

export function progressOn(context: Context, silent: boolean): Progress {
	const { stderr } = context;
	if (silent || !stderr.isTTY || context.env.TERM === "dumb")
		return { update: () => {}, remove: () => {}, interleave: (write) => write(), end: () => {} };
	const parts = new Map<string, { received: number; total: number }>();
	let drawnAt = 0;
	let shown = false;
	const clear = () => {
		if (shown) stderr.write("\r\u001b[K");
		shown = false;
	};
	const draw = () => {
		const text = [...parts].map(([name, part]) => partText(name, part.received, part.total, parts.size)).join("   ");
		stderr.write(`\r\u001b[K${text.slice(0, Math.max(0, stderr.columns - 1))}`);
		shown = true;
	};
	return {
		update: (name, received, total) => {
			parts.set(name, { received, total });
			const now = performance.now();
			if (now - drawnAt < interval) return;
			drawnAt = now;
			draw();
		},
		remove: (name) => {
			parts.delete(name);
			clear();
		},
		interleave: (write) => {
			clear();
			write();
		},
		end: clear,
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
