import type { Cell, Row, Show } from "./figures.d.mts";

type Cells = Readonly<Record<string, Cell>>;

export interface Verdict {
	readonly tool: string;
	readonly value: number | undefined;
	readonly limit: number;
	readonly atLeast: boolean;
	readonly show: Show;
	readonly baseline?: string;
	/** Undefined where it wasn't measured. */
	readonly met: boolean | undefined;
}

export function measured(
	show: Show,
	cell: Cell | undefined,
	baseline: Cell | undefined,
	statistic?: "min" | "median",
): number | undefined;
export function verdicts(row: Row, cells: Cells): Verdict[];
export function figure(value: number): string;
export function cellText(row: Row, cells: Cells, tool: string): string;
export function goalText(row: Row, verdict: Verdict): string;
export function verdictText(verdict: Verdict): string;
