import { describe, expect, test } from "vitest";
import type { Cell, Curve, Figures, Row } from "../../bench/figures.d.mts";
import { pages } from "../../bench/page.mjs";
import { plot } from "../../bench/plot.mjs";
import { sections } from "../../bench/rows.mjs";
import { cellText, figure, goalText, verdicts, verdictText } from "../../bench/verdict.mjs";

const wall: Row = {
	id: "wall",
	title: "install",
	unit: "s",
	baseline: "curl",
	show: "ratio",
	goals: [
		{ tool: "gox", show: "ratio", limit: 0.5 },
		{ tool: "gox on Node", show: "ratio", limit: 0.5 },
	],
};
const cells: Record<string, Cell> = {
	curl: { min: 2, median: 2.5, runs: 7 },
	gox: { min: 0.9, median: 1, runs: 7 },
	"gox on Node": { min: 1.2, median: 1.5, runs: 7 },
	g: { min: 1.6, median: 1.7, runs: 7 },
	asdf: { note: "does not install it" },
};

describe("verdicts", () => {
	const said = (row: Row, found: Record<string, Cell>) =>
		verdicts(row, found).map((verdict) => `${verdict.tool} ${goalText(row, verdict)}: ${verdictText(verdict)}`);
	const extra = (limit: number): Row => ({
		...wall,
		unit: "ms",
		show: "extra",
		goals: [{ tool: "gox", or: "gox on Node", show: "extra", limit }],
	});
	test.each<[string, Row, Record<string, Cell>, string[]]>([
		[
			"ratios, each form of gox by itself",
			wall,
			cells,
			["gox ≤ 0.5 × curl: met: 0.450", "gox on Node ≤ 0.5 × curl: missed: 0.600 (20.0 % over)"],
		],
		[
			"exactly the limit is met",
			wall,
			{ curl: { min: 2 }, gox: { min: 1 }, "gox on Node": { min: 1 } },
			["gox ≤ 0.5 × curl: met: 0.500", "gox on Node ≤ 0.5 × curl: met: 0.500"],
		],
		[
			"beyond the baseline",
			extra(0.15),
			{ curl: { min: 1 }, gox: { min: 1.25 } },
			["gox ≤ 0.15 ms over curl: missed: 0.250 (66.7 % over)"],
		],
		[
			"the other form stands in",
			extra(0.15),
			{ curl: { min: 1 }, "gox on Node": { min: 1.1 } },
			["gox on Node ≤ 0.15 ms over curl: met: 0.100"],
		],
		["without the baseline", extra(0.15), { gox: { min: 1 } }, ["gox ≤ 0.15 ms over curl: not measured"]],
		[
			"a goal of nothing at all",
			{ ...wall, unit: "", goals: [{ tool: "gox", show: "value", limit: 0 }] },
			{ gox: { min: 1 } },
			["gox ≤ 0: missed: 1.00"],
		],
		[
			"at least",
			{ ...wall, unit: "×", goals: [{ tool: "gox", show: "value", atLeast: 3.5 }] },
			{ gox: { min: 2.8 } },
			["gox ≥ 3.5 ×: missed: 2.80 (20.0 % under)"],
		],
		[
			"a baseline of its own",
			{ ...wall, goals: [{ tool: "gox", show: "ratio", limit: 1.15, baseline: "node -e 0" }] },
			{ curl: { min: 1 }, "node -e 0": { min: 40 }, gox: { min: 44 } },
			["gox ≤ 1.15 × node -e 0: met: 1.10"],
		],
	])("%s", (_title, row, found, expected) => {
		expect(said(row, found)).toEqual(expected);
	});
});

test.each<[string, string]>([
	["gox", "0.900 = 0.450 × (0.400 ×)"],
	["curl", "2.00 (2.50)"],
	["asdf", "does not install it"],
	["mise", "–"],
])("the cell of %s", (tool, text) => {
	expect(cellText(wall, cells, tool)).toBe(text);
});

test.each([
	[0, "0"],
	[0.1124, "0.112"],
	[-0.05, "-0.050"],
	[4.61, "4.61"],
	[46.14, "46.1"],
	[461.4, "461"],
])("%f is printed as %s", (value, text) => {
	expect(figure(value)).toBe(text);
});

const curve: Curve = {
	id: "depth",
	title: 'The shim over "depth" <1 & more>',
	x: { label: "levels", unit: "", log: true },
	y: { label: "extra time", unit: "ms" },
	series: [
		{
			name: "gox",
			points: [
				[1, 0.1],
				[8, 0.12],
				[64, 0.3],
			],
		},
		{
			name: "a<b",
			points: [
				[1, 4],
				[64, 5],
			],
		},
	],
};

/** Every element ended, in the right order, every attribute quoted, no bare `<` or `&` in a text. */
function checkWellFormed(xml: string) {
	const open: string[] = [];
	const rest = xml.replace(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_all, ends, name, _attributes, empty) => {
		if (ends) expect(open.pop()).toBe(name);
		else if (!empty) open.push(name);
		return "";
	});
	expect(open).toEqual([]);
	expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot);)/);
}

describe("a plot", () => {
	test("is well-formed, and says what it shows", () => {
		const svg = plot(curve);
		checkWellFormed(svg);
		expect(svg).toContain("<title>The shim over &quot;depth&quot; &lt;1 &amp; more&gt;</title>");
		for (const text of ["levels", "extra time, ms", "gox", "a&lt;b"]) expect(svg).toContain(`>${text}</text>`);
	});

	test("has a mark for each point, inside its area, higher for more", () => {
		const lines = [...plot(curve).matchAll(/<polyline[^>]*points="([^"]*)"/g)].map(([, points = ""]) =>
			points.split(" ").map((point) => point.split(",").map(Number)),
		);
		expect(lines.map((line) => line.length)).toEqual([3, 2]);
		for (const [left = 0, above = 0] of lines.flat()) {
			expect(left >= 70 && left <= 700 && above >= 20 && above <= 324).toBe(true);
		}
		const [[first, , last] = []] = lines;
		expect(last?.[1]).toBeLessThan(first?.[1] ?? 0);
		// 8 lies halfway from 1 to 64, as its logarithm does.
		expect(lines[0]?.[1]?.[0]).toBeCloseTo(((first?.[0] ?? 0) + (last?.[0] ?? 0)) / 2, 0);
	});

	test("leaves out what a logarithm can't show, and takes a single point", () => {
		const logarithmic = {
			...curve,
			y: { ...curve.y, log: true },
			series: [
				{
					name: "one",
					points: [
						[1, 0],
						[2, 3],
					] as const,
				},
			],
		};
		expect(plot(logarithmic)).not.toMatch(/NaN|Infinity/);
		expect(plot({ ...curve, series: [{ name: "one", points: [[5, 5]] }] })).not.toMatch(/NaN|Infinity/);
	});
});

const figures: Figures = {
	format: 1,
	machine: {
		system: "Linux",
		kernel: "6.1",
		processor: "A processor (x64)",
		cores: 2,
		memory: "8 GiB",
		fileSystem: "tmpfs",
		node: "v22",
	},
	tools: [
		{ name: "gox", release: "1.0" },
		{ name: "gox on Node", release: "1.0" },
		{ name: "g", release: "1.7.0" },
	],
	absent: [{ name: "mise", why: "not found" }],
	sections: {
		install: {
			date: "2026-11-24",
			scale: 1,
			load: 0.1,
			seconds: 60,
			notes: ["install: made up"],
			rows: {
				wall: {
					"curl|tee(sha256sum)|tar xz": { min: 2, median: 2.5, runs: 7 },
					gox: { min: 0.9, median: 1, runs: 7 },
					"gox on Node": { min: 1.2, median: 1.5, runs: 7 },
					g: { min: 0.8, median: 1.7, runs: 7 },
				},
			},
		},
		growth: { date: "2026-11-25", scale: 0.5, load: 0.3, seconds: 60, notes: [], rows: {}, curves: [curve] },
	},
};

describe("the page", () => {
	const made = pages(figures, { "install/wall/gox on Node": "It starts later." });
	const page = made["performance.md"] ?? "";

	test("is the table and the curves, and the plots beside it", () => {
		expect(Object.keys(made)).toEqual(["performance.md", "depth.svg"]);
		expect(page.slice(page.indexOf("## Installing"))).toMatchInlineSnapshot(`
			"## Installing

			install: made up.

			|  | curl\\|tee(sha256sum)\\|tar xz | gox | gox on Node | g | goal | verdict |
			|---|---:|---:|---:|---:|---:|---:|
			| install go1.22.5, s | 2.00 (2.50) | 0.900 = 0.450 × (0.400 ×) | 1.20 = 0.600 × (0.600 ×) | 0.800 = 0.400 × (0.680 ×) | ≤ 0.5 × curl\\|tee(sha256sum)\\|tar xz | gox: met: 0.450; gox on Node: missed: 0.600 (20.0 % over) |

			Goals missed:
			- install go1.22.5, gox on Node: missed: 0.600 (20.0 % over), where ≤ 0.5 × curl|tee(sha256sum)|tar xz is the goal. It starts later.

			## Growth

			### The shim over "depth" <1 & more>

			![The shim over "depth" <1 & more>](../bench/results/depth.svg)

			| levels | gox, ms | a<b, ms |
			|---|---:|---:|
			| 1 | 0.1 | 4 |
			| 8 | 0.12 | – |
			| 64 | 0.3 | 5 |

			## Where gox loses

			- install go1.22.5 (s): g 0.800 = 0.400 × (0.680 ×); gox 0.900 = 0.450 × (0.400 ×), gox on Node 1.20 = 0.600 × (0.600 ×).
			"
		`);
	});

	test("says machine, dates, load and who was left out", () => {
		expect(page).toContain("Measured on 2026-11-24 and 2026-11-25");
		expect(page).toContain("A processor (x64), 2 cores, 8 GiB of memory, Linux, kernel 6.1, working on tmpfs; Node v22");
		expect(page).toContain("Load when a section began: 0.1 to 0.3. Some sections ran at a scale of 0.5");
		expect(page).toContain("Left out: mise (not found).");
	});

	test("says so when no reason is known", () => {
		expect(pages(figures, {})["performance.md"]).toContain("is the goal. The reason isn't known yet.");
	});

	test("is the same each time", () => {
		expect(pages(structuredClone(figures), { "install/wall/gox on Node": "It starts later." })).toEqual(made);
	});
});

test("no two rows of a section have one name, and every goal has a limit", () => {
	for (const { rows } of sections) {
		expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
		for (const goal of rows.flatMap(({ goals = [] }) => goals)) {
			expect(typeof (goal.limit ?? goal.atLeast)).toBe("number");
		}
	}
});
