// A section as text for a terminal.
import { cellText, goalText, verdicts, verdictText } from "./verdict.mjs";

/** The columns of a section's results: the baselines and references first, gox and the peers after them. */
export function columns({ rows }, tools) {
	const present = new Set(Object.values(rows).flatMap((cells) => Object.keys(cells)));
	const names = tools.map(({ name }) => name).filter((name) => present.has(name));
	return [...[...present].filter((name) => !tools.some((tool) => tool.name === name)), ...names];
}

/** Rows as cells of text: title with unit, one a column, goal, verdict. */
export function tableOf(section, result, tools) {
	const heads = columns(result, tools);
	const body = section.rows
		.filter(({ id }) => result.rows[id])
		.map((row) => {
			const cells = result.rows[row.id];
			const found = verdicts(row, cells).filter(({ tool }) => cells[tool]);
			const label = (text, { tool }) => (found.length > 1 ? `${tool}: ${text}` : text);
			return {
				row,
				verdicts: found,
				cells: [
					`${row.title}${row.unit ? `, ${row.unit}` : ""}`,
					...heads.map((name) => cellText(row, cells, name)),
					[...new Set(found.map((verdict) => goalText(row, verdict)))].join("; "),
					found.map((verdict) => label(verdictText(verdict), verdict)).join("; "),
				],
			};
		});
	return { head: ["", ...heads, "goal", "verdict"], body };
}

export function sectionText(section, result, tools) {
	const lines = [
		`== ${section.title} (${result.failed ? `failed: ${result.failed}` : `${result.seconds} s, load ${result.load}`})`,
	];
	for (const note of result.notes ?? []) lines.push(note);
	const { head, body } = tableOf(section, result, tools);
	if (body.length > 0) lines.push(...aligned([head, ...body.map(({ cells }) => cells)]));
	for (const curve of result.curves ?? []) lines.push("", curve.title, ...aligned(curveTable(curve)));
	return lines.join("\n");
}

/** A curve's points: a line for each x, a column for each series. */
export function curveTable({ x, y, series }) {
	const all = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((left, right) => left - right);
	const unit = (axis) => (axis.unit ? `, ${axis.unit}` : "");
	const head = [`${x.label}${unit(x)}`, ...series.map(({ name }) => `${name}${unit(y)}`)];
	const lines = all.map((at) => [
		String(at),
		...series.map(({ points }) => String(points.find(([found]) => found === at)?.[1] ?? "–")),
	]);
	return [head, ...lines];
}

function aligned(rows) {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows.map((row) =>
		row
			.map((cell, column) => cell.padEnd(widths[column]))
			.join("  ")
			.trimEnd(),
	);
}
