// The page on performance, out of the figures of a run. Pure: the same figures make the same page.
import { plot } from "./plot.mjs";
import { sections } from "./rows.mjs";
import { curveTable, tableOf } from "./text.mjs";
import { cellText, goalText, verdictText } from "./verdict.mjs";

/**
 * @param {object} document what `npm run bench` writes
 * @param {Record<string, string>} reasons "section/row" or "section/row/tool" → why a goal is missed
 * @returns {Record<string, string>} file name below docs/ → text
 */
export function pages(document, reasons) {
	const done = sections.filter(({ id }) => document.sections[id]);
	const curves = done.flatMap(({ id }) => document.sections[id].curves ?? []);
	const text = [
		"<!-- Made by `npm run bench:docs` from bench/results/performance.json. Not to be edited. -->",
		"# Performance",
		...method(document, done),
		...done.flatMap((section) => sectionPage(section, document, reasons)),
		...slower(document, done),
	];
	const plots = Object.fromEntries(curves.map((curve) => [`${curve.id}.svg`, plot(curve)]));
	return { "performance.md": `${text.join("\n\n")}\n`, ...plots };
}

function method({ machine, tools, absent, sections: results }, done) {
	const dates = [...new Set(done.map(({ id }) => results[id].date))].sort();
	const loads = done.map(({ id }) => results[id].load);
	const scales = [...new Set(done.map(({ id }) => results[id].scale))].filter((scale) => scale !== 1);
	const peers = tools.map(({ name, release }) => `${name} ${release}`).join(", ");
	return [
		`Measured on ${dates.join(" and ")} by \`npm run bench\` on: ${machine.processor}, ${machine.cores} cores, ${machine.memory} of memory, ${machine.system}, kernel ${machine.kernel}, working on ${machine.fileSystem}; Node ${machine.node}. Load when a section began: ${Math.min(...loads)} to ${Math.max(...loads)}.${scales.length > 0 ? ` Some sections ran at a scale of ${scales.join(" and ")}: fewer rounds than usual.` : ""}`,
		`Tools: ${peers}.${absent.length > 0 ? ` Left out: ${absent.map(({ name, why }) => `${name} (${why})`).join(", ")}.` : ""}`,
		[
			"How:",
			"- All tools and the baseline of a row run round-robin, a run each a round; the first round is a warm-up and isn't counted.",
			"- A figure is the least of all runs, in parentheses the median. Goals are held against the least: what else the machine does only ever adds.",
			"- “+” is what comes on top of the row's baseline; “×” is how many times the baseline, of the same rounds.",
			"- Processes are started and timed by a small C program (`bench/race.c`), CPU time with all their children, memory as the greatest of one process.",
			"- Each tool has a home of its own and nothing else on PATH. Everything is fetched from a mirror on loopback that serves out of memory. Nothing is removed while a clock runs.",
			"- “gox” is the self-contained program, “gox on Node” the same on Node. The shims and the hook are native and the same for both.",
			"- To run it again: `npm run build && npm run build:standalone -- --platform host && npm run bench && npm run bench:docs`, with the peers on PATH or in `$GOX_BENCH_PEERS/bin`.",
		].join("\n"),
	];
}

function sectionPage(section, { sections: results, tools }, reasons) {
	const result = results[section.id];
	const { head, body } = tableOf(section, result, tools);
	const parts = [`## ${section.title}`];
	if (result.notes.length > 0) parts.push(result.notes.map((note) => `${note}.`).join("\n"));
	if (body.length > 0) parts.push(markdownTable([head, ...body.map(({ cells }) => cells)]));
	const missed = body.flatMap(({ row, verdicts }) =>
		verdicts.filter(({ met }) => met === false).map((verdict) => ({ row, verdict })),
	);
	if (missed.length > 0) {
		const line = ({ row, verdict }) => {
			const key = `${section.id}/${row.id}`;
			const why = reasons[`${key}/${verdict.tool}`] ?? reasons[key] ?? "The reason isn't known yet.";
			return `- ${row.title}, ${verdict.tool}: ${verdictText(verdict)}, where ${goalText(row, verdict)} is the goal. ${why}`;
		};
		parts.push(`Goals missed:\n${missed.map(line).join("\n")}`);
	}
	for (const curve of result.curves ?? []) {
		parts.push(`### ${curve.title}`, `![${curve.title}](../bench/results/${curve.id}.svg)`, markdownTable(curveTable(curve)));
	}
	return parts;
}

/** Every row in which another version manager is faster, or needs less, than gox. */
function slower({ sections: results, tools }, done) {
	const own = new Set(["gox", "gox on Node"]);
	const lines = done.flatMap((section) =>
		section.rows.flatMap((row) => {
			const cells = results[section.id].rows[row.id] ?? {};
			const mine = Math.min(...[...own].map((name) => cells[name]?.min ?? Number.POSITIVE_INFINITY));
			const ahead = tools.filter(({ name }) => !own.has(name) && (cells[name]?.min ?? Number.POSITIVE_INFINITY) < mine);
			if (ahead.length === 0 || !Number.isFinite(mine)) return [];
			const said = ahead.map(({ name }) => `${name} ${cellText(row, cells, name)}`);
			const gox = [...own].filter((name) => cells[name]).map((name) => `${name} ${cellText(row, cells, name)}`);
			const unit = row.unit ? ` (${row.unit})` : "";
			return [`- ${row.title}${unit}: ${said.join(", ")}; ${gox.join(", ")}.`];
		}),
	);
	if (lines.length === 0) return ["## Where gox loses", "In no row that was measured."];
	return ["## Where gox loses", lines.join("\n")];
}

function markdownTable(rows) {
	const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
	const [head, ...body] = rows;
	return [line(head), `|${head.map((_, at) => (at === 0 ? "---" : "---:")).join("|")}|`, ...body.map(line)].join("\n");
}
