// What a row says: figures against their baseline, and whether each goal is met. Pure.

/** Of two cells: the value itself, what it is beyond the baseline, or how many times it; undefined where one is missing. */
export function measured(show, cell, baseline, statistic = "min") {
	const value = cell?.[statistic];
	if (typeof value !== "number") return undefined;
	if (show === "value") return value;
	const base = baseline?.[statistic];
	if (typeof base !== "number") return undefined;
	return show === "extra" ? value - base : value / base;
}

/**
 * @param {object} row of rows.mjs
 * @param {Record<string, object>} cells of that row: tool or baseline → {min, median} or {note}
 * @returns {{ tool: string, value: number | undefined, limit: number, atLeast: boolean, show: string, baseline?: string, met: boolean | undefined }[]}
 * `met` is undefined where it wasn't measured.
 */
export function verdicts(row, cells) {
	return (row.goals ?? []).map((goal) => {
		const tool = cells[goal.tool] === undefined && goal.or ? goal.or : goal.tool;
		const baseline = goal.baseline ?? row.baseline;
		const value = measured(goal.show, cells[tool], cells[baseline]);
		const atLeast = goal.atLeast !== undefined;
		const limit = atLeast ? goal.atLeast : goal.limit;
		const met = value === undefined ? undefined : atLeast ? value >= limit : value <= limit;
		return { tool, value, limit, atLeast, show: goal.show, ...(baseline && { baseline }), met };
	});
}

/** Two figures that count, never fewer digits than the whole number has: 0.112, 4.6, 128. */
export function figure(value) {
	if (value === 0) return "0";
	const size = Math.abs(value);
	if (size >= 100) return value.toFixed(0);
	if (size >= 10) return value.toFixed(1);
	if (size >= 1) return value.toFixed(2);
	return value.toFixed(3);
}

/** A cell as text: what the row shows of the least, and in parentheses of the median; a ratio with its least before it. */
export function cellText(row, cells, tool) {
	const cell = cells[tool];
	if (!cell) return "–";
	if (cell.note && cell.min === undefined) return cell.note;
	const base = row.baseline === tool ? undefined : cells[row.baseline];
	const show = row.baseline === tool ? "value" : row.show;
	const least = measured(show, cell, base);
	const middle = measured(show, cell, base, "median");
	if (least === undefined) return "–";
	const sign = (value) =>
		show === "extra" && value >= 0 ? `+${figure(value)}` : show === "ratio" ? `${figure(value)} ×` : figure(value);
	const shown = cell.runs === 1 ? sign(least) : `${sign(least)} (${sign(middle)})`;
	const text = show === "ratio" ? `${figure(cell.min)} = ${shown}` : shown;
	return cell.note ? `${text} ${cell.note}` : text;
}

/** "≤ 0.5 × curl|…", "≤ 8 ms over /bin/true". */
export function goalText(row, verdict) {
	const relation = verdict.atLeast ? "≥" : "≤";
	if (verdict.show === "ratio") return `${relation} ${verdict.limit} × ${verdict.baseline}`;
	const unit = row.unit === "" || row.unit === "times" ? "" : ` ${row.unit}`;
	return `${relation} ${verdict.limit}${unit}${verdict.show === "extra" ? ` over ${verdict.baseline}` : ""}`;
}

/** "met", "missed: 0.61", "not measured". */
export function verdictText(verdict) {
	if (verdict.met === undefined) return "not measured";
	const value = figure(verdict.value);
	if (verdict.met) return `met: ${value}`;
	const apart =
		verdict.limit === 0
			? ""
			: ` (${figure(Math.abs(verdict.value / verdict.limit - 1) * 100)} % ${verdict.atLeast ? "under" : "over"})`;
	return `missed: ${value}${apart}`;
}
