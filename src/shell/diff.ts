/** The change as a unified diff with three lines of context, as `diff -u` and patch have it; empty when nothing changed. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
	if (before === after) return "";
	const hunks = hunksOf(changes(linesOf(before ?? ""), linesOf(after ?? "")));
	const from = before === undefined ? "/dev/null" : path;
	const to = after === undefined ? "/dev/null" : path;
	return `--- ${from}\n+++ ${to}\n${hunks.map(render).join("")}`;
}

export interface Line {
	readonly mark: " " | "-" | "+";
	/** With its newline, if it has one. */
	readonly text: string;
}

const context = 3;

/** The lines, each with its newline if it has one. */
export function linesOf(text: string): string[] {
	return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The longest common subsequence, between the common start and the common end. */
export function changes(before: readonly string[], after: readonly string[]): Line[] {
	const shorter = Math.min(before.length, after.length);
	let head = 0;
	while (head < shorter && before[head] === after[head]) head++;
	let tail = 0;
	while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
	const old = before.slice(head, before.length - tail);
	const young = after.slice(head, after.length - tail);
	const kept = (texts: readonly string[]): Line[] => texts.map((text) => ({ mark: " ", text }));
	return [...kept(before.slice(0, head)), ...middle(old, young), ...kept(before.slice(before.length - tail))];
}

function middle(old: readonly string[], young: readonly string[]): Line[] {
	const width = young.length + 1;
	const common = new Uint32Array((old.length + 1) * width);
	const at = (i: number, j: number) => common[i * width + j] ?? 0;
	for (let i = old.length - 1; i >= 0; i--) {
		for (let j = young.length - 1; j >= 0; j--)
			common[i * width + j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
	}
	const lines: Line[] = [];
	for (let i = 0, j = 0; i < old.length || j < young.length; ) {
		const [left, right] = [old[i], young[j]];
		if (left !== undefined && left === right) {
			lines.push({ mark: " ", text: left });
			i++;
			j++;
		} else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
			lines.push({ mark: "-", text: left });
			i++;
		} else {
			lines.push({ mark: "+", text: right ?? "" });
			j++;
		}
	}
	return lines;
}

interface Hunk {
	readonly lines: readonly Line[];
	/** How many old and new lines come before it. */
	readonly skipped: readonly [before: number, after: number];
}

function hunksOf(lines: readonly Line[]): Hunk[] {
	const changed = lines.flatMap((line, index) => (line.mark === " " ? [] : [index]));
	const hunks: Hunk[] = [];
	for (let i = 0; i < changed.length; ) {
		let last = i;
		while ((changed[last + 1] ?? Number.POSITIVE_INFINITY) - (changed[last] ?? 0) <= 2 * context) last++;
		const start = Math.max(0, (changed[i] ?? 0) - context);
		const head = lines.slice(0, start);
		hunks.push({
			lines: lines.slice(start, (changed[last] ?? 0) + context + 1),
			skipped: [head.filter(({ mark }) => mark !== "+").length, head.filter(({ mark }) => mark !== "-").length],
		});
		i = last + 1;
	}
	return hunks;
}

function render({ lines, skipped }: Hunk): string {
	const range = (skippedLines: number, count: number) => `${count === 0 ? skippedLines : skippedLines + 1},${count}`;
	const before = range(skipped[0], lines.filter(({ mark }) => mark !== "+").length);
	const after = range(skipped[1], lines.filter(({ mark }) => mark !== "-").length);
	const body = lines.map(({ mark, text }) => mark + (text.endsWith("\n") ? text : `${text}\n\\ No newline at end of file\n`));
	return `@@ -${before} +${after} @@\n${body.join("")}`;
}
