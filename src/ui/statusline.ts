import type { Context } from "../context.ts";

/** One line at the bottom of a terminal that is drawn again and again; silent elsewhere. */
export interface StatusLine {
	/** Whether anything is ever drawn. */
	readonly live: boolean;
	/** Replaces the line; what doesn't fit is cut. */
	show(text: string): void;
	/** Writes whole lines above it. */
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
