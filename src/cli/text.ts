/** The lines of a table. Each column but the last is padded to its widest cell. */
export function columns(rows: readonly (readonly string[])[], gap = "  "): string[] {
	const widths: number[] = [];
	for (const row of rows) {
		row.forEach((cell, index) => {
			widths[index] = Math.max(widths[index] ?? 0, width(cell));
		});
	}
	return rows.map((row) =>
		row
			.map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - width(cell))))
			.join(gap)
			.trimEnd(),
	);
}

/** Formats bytes: `66 MB`. Units are decimal, as for disks and downloads. */
export function bytesInWords(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
	if (bytes < 999_500_000) return `${Math.round(bytes / 1e6)} MB`;
	return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Formats milliseconds: `2.3 s`, `140 ms`. */
export function timeInWords(milliseconds: number): string {
	return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function width(cell: string): number {
	return cell.includes("\u001b") ? cell.replace(/\u001b\[\d+m/g, "").length : cell.length;
}

/**
 * Wraps text at spaces into lines of at most `width` characters. The first line starts with `first`, the others with as many
 * spaces. A word longer than a line stays whole.
 */
export function wrapped(text: string, width: number, first: string): string[] {
	const indent = " ".repeat(first.length);
	const lines: string[] = [];
	let line = first;
	let isEmpty = true;
	for (const word of text.split(" ")) {
		if (!isEmpty && line.length + 1 + word.length > width) {
			lines.push(line);
			line = indent;
			isEmpty = true;
		}
		line += isEmpty ? word : ` ${word}`;
		isEmpty = false;
	}
	return [...lines, line];
}
