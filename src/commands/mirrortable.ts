import type { MirrorTrial } from "../releases/mirrortrial.ts";
import type { Style } from "../ui/report.ts";
import { columns, timeInWords } from "../ui/table.ts";
import { wrapped } from "../ui/wrap.ts";

/** A table in the proposed order, those left out below, and under each what is to be said about it. */
export function mirrorsInWords(
	trials: readonly MirrorTrial[],
	order: readonly MirrorTrial[],
	{ width, style }: { readonly width: number; readonly style: Style },
): string[] {
	const left = trials.filter((trial) => !order.includes(trial));
	const rows = [...order, ...left].map((trial) => {
		const at = order.indexOf(trial);
		return {
			cells: [
				at < 0 ? "-" : String(at + 1),
				short(trial.address, width - 48),
				trial.latencyMs === null ? "-" : timeInWords(trial.latencyMs),
				trial.bytesPerSecond === null ? "-" : `${(trial.bytesPerSecond / 1e6).toFixed(1)} MB/s`,
				trial.newest === null ? "-" : trial.newest,
				trial.standing === "wrong" ? style.red("WRONG") : trial.hash,
			],
			notes: trial.notes,
		};
	});
	const [head = "", ...lines] = columns([
		["", "mirror", "answers", "speed", "newest", "hash"],
		...rows.map(({ cells }) => cells),
	]);
	return [
		head,
		...lines.flatMap((line, at) => [line, ...(rows[at]?.notes ?? []).flatMap((note) => wrapped(note, width, "     "))]),
	];
}

/** Without the scheme that nearly all have, and with its middle left out where it is too long. */
function short(address: string, width: number): string {
	const text = address.replace(/^https:\/\//, "");
	if (text.length <= width) return text;
	const half = Math.floor((width - 1) / 2);
	return `${text.slice(0, half)}…${text.slice(-half)}`;
}
