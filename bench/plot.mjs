// A curve as an SVG: lines over two axes, readable on a light and on a dark page.

const width = 720;
const height = 380;
const area = { left: 70, right: 20, top: 20, bottom: 56 };
/** Told apart also without colour: by the mark at each point, and by the legend's order. */
const colours = ["#2f81f7", "#d29922", "#3fb950", "#db61a2", "#a371f7", "#f85149"];

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text) => text.replace(/[&<>"]/g, (found) => escapes[found]);
const short = (value) => String(Number(value.toPrecision(3)));
const place = (value) => value.toFixed(1);

/** Round steps of one, two or five, at most six of them, from nothing to at least `most`. */
function linearTicks(most) {
	const rough = most / 5;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
	return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(6)));
}

/** Powers of ten around all values. */
function logTicks(least, most) {
	const low = Math.floor(Math.log10(least) + 1e-9);
	const high = Math.max(low + 1, Math.ceil(Math.log10(most) - 1e-9));
	return Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
}

/** A scale from values to a span of pixels, with its ticks. A logarithmic one leaves out what isn't above nothing. */
function scaleOf(values, log, from, to) {
	const positive = values.filter((value) => value > 0);
	const ticks = log ? logTicks(Math.min(...positive), Math.max(...positive)) : linearTicks(Math.max(...positive));
	const [first, last] = [ticks[0], ticks.at(-1)];
	const share = log
		? (value) => Math.log10(value / first) / Math.log10(last / first)
		: (value) => (value - first) / (last - first);
	return { ticks, shows: (value) => !log || value > 0, at: (value) => from + (to - from) * share(value) };
}

const name = ({ label, unit }) => (unit ? `${label}, ${unit}` : label);

/**
 * @param {{ title: string, x: object, y: object, series: { name: string, points: [number, number][] }[] }} curve axes
 * have a `label`, a `unit`, and `log` where the steps are powers of ten
 * @returns {string} a whole SVG document
 */
export function plot({ title, x, y, series }) {
	const points = series.flatMap((one) => one.points);
	const bottom = height - area.bottom;
	const right = width - area.right;
	const across = scaleOf(
		points.map(([value]) => value),
		x.log,
		area.left,
		right,
	);
	const up = scaleOf(
		points.map(([, value]) => value),
		y.log,
		bottom,
		area.top,
	);
	const parts = [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 22 * series.length}" role="img" aria-label="${escaped(title)}">`,
		"<style>text{font:13px system-ui,sans-serif;fill:#57606a}.grid{stroke:#8c959f;stroke-opacity:.35}.axis{stroke:#8c959f}.line{fill:none;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}</style>",
		`<title>${escaped(title)}</title>`,
	];
	for (const tick of up.ticks) {
		const at = place(up.at(tick));
		parts.push(`<line class="grid" x1="${area.left}" y1="${at}" x2="${right}" y2="${at}"/>`);
		parts.push(`<text x="${area.left - 8}" y="${place(up.at(tick) + 4)}" text-anchor="end">${short(tick)}</text>`);
	}
	for (const tick of across.ticks) {
		const at = place(across.at(tick));
		parts.push(`<line class="axis" x1="${at}" y1="${bottom}" x2="${at}" y2="${bottom + 5}"/>`);
		parts.push(`<text x="${at}" y="${bottom + 20}" text-anchor="middle">${short(tick)}</text>`);
	}
	parts.push(`<line class="axis" x1="${area.left}" y1="${bottom}" x2="${right}" y2="${bottom}"/>`);
	parts.push(`<text x="${(area.left + right) / 2}" y="${bottom + 42}" text-anchor="middle">${escaped(name(x))}</text>`);
	parts.push(
		`<text transform="translate(16 ${(area.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(name(y))}</text>`,
	);
	series.forEach((one, index) => {
		const colour = colours[index % colours.length];
		const shown = one.points.filter(([left, above]) => across.shows(left) && up.shows(above));
		const spots = shown.map(([left, above]) => [place(across.at(left)), place(up.at(above))]);
		parts.push(`<polyline class="line" stroke="${colour}" points="${spots.map((spot) => spot.join(",")).join(" ")}"/>`);
		for (const [left, above] of spots) parts.push(mark(index, left, above, colour));
		const line = height + 22 * index;
		parts.push(mark(index, place(area.left + 5), place(line), colour));
		parts.push(`<text x="${area.left + 18}" y="${line + 4}">${escaped(one.name)}</text>`);
	});
	return `${parts.join("\n")}\n</svg>\n`;
}

/** A disc, a square, a diamond or a ring. */
function mark(index, left, above, colour) {
	const square = `<rect x="-3.5" y="-3.5" width="7" height="7" fill="${colour}"`;
	switch (index % 4) {
		case 0:
			return `<circle cx="${left}" cy="${above}" r="4" fill="${colour}"/>`;
		case 1:
			return `${square} transform="translate(${left} ${above})"/>`;
		case 2:
			return `${square} transform="translate(${left} ${above}) rotate(45)"/>`;
		default:
			return `<circle cx="${left}" cy="${above}" r="3.5" fill="none" stroke="${colour}" stroke-width="2"/>`;
	}
}
