/** Least and median of a tool's runs in a row's unit; `note` says why there are none, or what they are. */
export interface Cell {
	readonly min?: number;
	readonly median?: number;
	readonly runs?: number;
	readonly note?: string;
}

/** What the value is held against: itself, what it is beyond the baseline, how many times the baseline. */
export type Show = "value" | "extra" | "ratio";

export interface Goal {
	readonly tool: string;
	/** Stands in where `tool` wasn't measured. */
	readonly or?: string;
	readonly show: Show;
	readonly limit?: number;
	readonly atLeast?: number;
	/** Else the row's. */
	readonly baseline?: string;
}

export interface Row {
	readonly id: string;
	readonly title: string;
	readonly unit: string;
	readonly show: Show;
	readonly baseline?: string;
	readonly goals?: readonly Goal[];
}

export interface Section {
	readonly id: string;
	readonly title: string;
	readonly rows: readonly Row[];
}

export interface Axis {
	readonly label: string;
	readonly unit: string;
	/** Steps are powers of ten. */
	readonly log?: boolean;
}

export interface Curve {
	readonly id: string;
	readonly title: string;
	readonly x: Axis;
	readonly y: Axis;
	readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
}

/** What one section found. */
export interface Result {
	readonly date: string;
	readonly scale: number;
	/** Of the machine, when the section began. */
	readonly load: number;
	readonly seconds: number;
	readonly notes: readonly string[];
	/** Row → tool or baseline → figures. */
	readonly rows: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
	readonly curves?: readonly Curve[];
}

/** bench/results/performance.json. */
export interface Figures {
	readonly format: 1;
	readonly machine: Readonly<Record<string, string | number>>;
	readonly tools: readonly { readonly name: string; readonly release: string }[];
	readonly absent: readonly { readonly name: string; readonly why: string }[];
	readonly sections: Readonly<Record<string, Result>>;
}
